//! `cargo xtask repeat COMPONENT`: the tests of a component many times in a row beside busy loops.
//!
//! What passes once on an idle machine may still rest on a lucky moment. Each run is one `cargo test`; the first that fails ends it.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::components::{Availability, COMPONENTS, Component, Size};
use crate::gate;
use crate::libtest::Tally;
use crate::workspace::Workspace;

/// The name for the tests that need no component.
const PLAIN: &str = "plain";

/// How often, when it is not said, and beside how many busy loops.
const TIMES: u32 = 20;
const BUSY: u32 = 6;

#[derive(Debug, PartialEq)]
struct Wanted<'a> {
    names: Vec<&'a str>,
    times: u32,
    busy: u32,
}

/// `cargo xtask repeat [--times N] [--busy N] COMPONENT…`.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> ExitCode {
    let wanted = match read(arguments) {
        Ok(wanted) => wanted,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let ended = AtomicBool::new(false);
    let result = std::thread::scope(|scope| {
        for _ in 0..wanted.busy {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let result = wanted
            .names
            .iter()
            .try_for_each(|name| repeat(workspace, name, &wanted));
        ended.store(true, Ordering::Relaxed);
        result
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn repeat(workspace: &Workspace, name: &str, wanted: &Wanted<'_>) -> Result<(), String> {
    let component = component(name);
    if let Some(component) = component
        && let Availability::Missing(what) = (component.prepare)(workspace)
    {
        return Err(format!("{name} is missing: {what}"));
    }
    let (times, busy) = (wanted.times, wanted.busy);
    let (mut tally, mut longest) = (Tally::default(), Duration::ZERO);
    for turn in 1..=times {
        let began = Instant::now();
        let result = match component {
            Some(component) => gate::component_tests(workspace, Size::Short, component, &mut tally),
            None => gate::plain_tests(workspace, &mut tally),
        };
        let took = began.elapsed();
        let result =
            result.map_err(|message| format!("{name}, run {turn} of {times}: {message}"))?;
        println!(
            "{name}, run {turn} of {times}: {result}, {:.1} s",
            took.as_secs_f64()
        );
        longest = longest.max(took);
    }
    let longest = longest.as_secs_f64();
    println!("{name}: {times} runs beside {busy} busy loops passed, the longest in {longest:.1} s");
    Ok(())
}

fn read(arguments: &[String]) -> Result<Wanted<'_>, String> {
    let mut wanted = Wanted {
        names: Vec::new(),
        times: TIMES,
        busy: BUSY,
    };
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().unwrap_or_default();
            let number = value.parse::<u32>();
            number.map_err(|_| format!("{argument} takes a whole number; found {value:?}."))
        };
        match argument {
            "--times" => wanted.times = number()?.max(1),
            "--busy" => wanted.busy = number()?,
            PLAIN => wanted.names.push(PLAIN),
            "all" => wanted.names = names(),
            name if component(name).is_some() => wanted.names.push(name),
            unknown => return Err(format!("there is no component {unknown:?}. {}", known())),
        }
    }
    if wanted.names.is_empty() {
        return Err(format!("which component? {}", known()));
    }
    Ok(wanted)
}

/// The component of this name: `s3` is the one whose tests are called `with_s3::`.
fn component(name: &str) -> Option<&'static Component> {
    COMPONENTS.iter().find(|component| short(component) == name)
}

fn short(component: &Component) -> &'static str {
    let tests = component.tests.trim_end_matches(':');
    tests.strip_prefix("with_").unwrap_or(tests)
}

fn names() -> Vec<&'static str> {
    std::iter::once(PLAIN)
        .chain(COMPONENTS.iter().map(short))
        .collect()
}

fn known() -> String {
    let names = names().join(", ");
    format!("There are {names}, and `all`; {PLAIN} are the tests that need no component.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Result<(Vec<String>, u32, u32), String> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let wanted = read(&arguments)?;
        let names = wanted.names.iter().map(|&name| name.to_owned()).collect();
        Ok((names, wanted.times, wanted.busy))
    }

    #[test]
    fn a_component_is_named_as_its_tests_are() {
        assert_eq!(read_line("s3"), Ok((vec!["s3".to_owned()], 20, 6)));
        let (names, times, busy) = read_line("--times 3 plain query --busy 0").unwrap();
        assert_eq!(
            (names.join(" ").as_str(), times, busy),
            ("plain query", 3, 0)
        );
        assert_eq!(read_line("all").unwrap().0.len(), COMPONENTS.len() + 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_what_there_is() {
        assert!(
            read_line("")
                .unwrap_err()
                .starts_with("which component? There are plain")
        );
        assert!(
            read_line("s4")
                .unwrap_err()
                .contains("there is no component \"s4\"")
        );
        assert_eq!(
            read_line("s3 --times x").unwrap_err(),
            "--times takes a whole number; found \"x\"."
        );
    }
}
