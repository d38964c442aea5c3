//! `cargo xtask fuzz`: bytes that nobody would send, for everything that reads bytes.
//!
//! The targets are the binaries of `fuzz/`, a workspace of its own, because all that they link is compiled with the fuzzer's
//! instrumentation. The flags for that are given to the stable compiler here, so neither a nightly toolchain nor `cargo-fuzz`
//! has to be there; a C++ compiler has to, for libFuzzer itself.
//!
//! A target is a reader. Each parser that has fixtures is one: the program `reply` run with its name. The other readers have a program
//! each.
//!
//! A target starts from three sources. What earlier runs on this machine found worth keeping, in the target folder, where
//! new finds go too; inputs kept in `fuzz/corpus/<target>/`, those that once showed a defect among them; and files of this repository:
//! for a parser the replies of `fixtures/junos/<parser>/`, whose words are its dictionary, for others what [`SEEDS`] names. Two targets run at a time, and give way to whatever else wants
//! the processor: the gate runs them beside the tests that mostly wait.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::process;
use crate::workspace::{Workspace, linted};

/// How long a target runs when a developer does not say.
const USUAL: Duration = Duration::from_secs(60);

/// How many targets run at the same time.
const AT_A_TIME: usize = 2;

/// The longest input that is tried: a few interfaces with all that they can hold.
const MOST_BYTES: usize = 65_536;

/// Where the parsers' fixtures are, a folder for each parser, and the folder among them that is no parser's.
const FIXTURES: &str = "fixtures/junos";
const WHOLE_DEVICES: &str = "join";

/// The program that reads replies, and the variable that names the parser to it.
const REPLY: &str = "reply";
const PARSER: &str = "LANEWATCH_FUZZ_PARSER";

/// For targets that are no parsers: a folder with files that they read, and how the files' names end.
const SEEDS: &[(&str, &str, &str)] = &[
    ("ini_inventory", INVENTORIES, ".ini"),
    ("json_documents", FIXTURES, "records.json"),
    ("yaml", "fixtures/mappings", ".yaml"),
    ("yaml_inventory", INVENTORIES, ".yaml"),
];

/// Where inventories of the tests are.
const INVENTORIES: &str = "crates/lanewatch/tests/end_to_end/inventories";

/// What makes the compiler report coverage to libFuzzer, as `cargo-fuzz` gives it.
const INSTRUMENTATION: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// Why the targets could not be run or did not hold.
pub(crate) enum Failure {
    /// A tool is missing on this machine.
    Missing(String),
    /// They do not build, or one of them found a defect.
    Found(String),
}

/// `cargo xtask fuzz [--seconds N] [TARGET…]`.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> ExitCode {
    let (seconds, wanted) = match read(arguments) {
        Ok(read) => read,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    match all(workspace, seconds, &wanted, &AtomicBool::new(false)) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(Failure::Missing(message) | Failure::Found(message)) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: &[String]) -> Result<(Duration, Vec<String>), String> {
    let (mut time, mut targets) = (USUAL, Vec::new());
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--seconds" {
            let seconds = arguments.next().map(String::as_str).unwrap_or_default();
            time = match seconds.parse() {
                Ok(seconds @ 1..) => Duration::from_secs(seconds),
                _ => {
                    return Err(format!(
                        "--seconds takes a whole number from 1 on; found {seconds:?}."
                    ));
                }
            };
        } else if argument.starts_with('-') {
            return Err(format!(
                "`cargo xtask fuzz` knows --seconds N and names of targets; found {argument:?}."
            ));
        } else {
            targets.push(argument.clone());
        }
    }
    Ok((time, targets))
}

/// Builds the targets once and runs those that are wanted (all, if none is named), each for so long. Answers with the table of
/// what they did. When `ended` becomes true, what runs is stopped and nothing else is begun.
pub(crate) fn all(
    workspace: &Workspace,
    time: Duration,
    wanted: &[String],
    ended: &AtomicBool,
) -> Result<String, Failure> {
    let targets = targets(workspace).map_err(Failure::Found)?;
    if let Some(unknown) = wanted
        .iter()
        .find(|name| !targets.iter().any(|target| target.name == **name))
    {
        let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        return Err(Failure::Found(format!(
            "there is no fuzz target {unknown:?}: there are {}.",
            names.join(", ")
        )));
    }
    let mut chosen: Vec<&Target> = targets
        .iter()
        .filter(|target| wanted.is_empty() || wanted.contains(&target.name))
        .collect();
    // The long ones first: the short ones fill what is left beside the last of them.
    chosen.sort_by_key(|target| !target.is_parser());
    let folder = build(workspace, &chosen)?;

    let queue = Mutex::new(chosen.into_iter());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    let next = queue.lock().ok().and_then(|mut queue| queue.next());
                    let Some(target) = next else { break };
                    let time = share(target, time);
                    println!("    fuzzing {}: {} s", target.name, time.as_secs());
                    let result = one(workspace, &folder, target, time, ended);
                    if let Ok(mut results) = results.lock() {
                        results.push((target.name.as_str(), result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(name, _)| *name);
    summary(&results)
}

/// How long a target runs: a parser the whole time; the small readers, which are through sooner, a quarter.
fn share(target: &Target, time: Duration) -> Duration {
    if target.is_parser() {
        time
    } else {
        (time / 4).max(Duration::from_secs(1))
    }
}

/// A reader of bytes from outside.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    name: String,
    /// The program that runs it.
    program: String,
}

impl Target {
    fn is_parser(&self) -> bool {
        self.program == REPLY
    }
}

/// The targets: the programs of `fuzz/src/bin`, and in the place of `reply` each parser that has fixtures.
fn targets(workspace: &Workspace) -> Result<Vec<Target>, String> {
    let names = |folder: &str| {
        let folder = workspace.root.join(folder);
        let entries =
            fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let paths = entries.flatten().map(|entry| entry.path());
        let names = paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
        Ok::<Vec<String>, String>(names.collect())
    };
    let parsers = names(FIXTURES)?
        .into_iter()
        .filter(|name| name != WHOLE_DEVICES);
    let parsers = parsers.map(|name| Target {
        name,
        program: REPLY.to_owned(),
    });
    let others = names("fuzz/src/bin")?
        .into_iter()
        .filter(|name| name != REPLY);
    let others = others.map(|name| Target {
        program: name.clone(),
        name,
    });
    let mut targets: Vec<Target> = parsers.chain(others).collect();
    targets.sort();
    Ok(targets)
}

/// Builds the targets; answers with the folder that they are in.
fn build(workspace: &Workspace, targets: &[&Target]) -> Result<PathBuf, Failure> {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    if !process::succeeds(Command::new(&compiler).arg("--version")) {
        return Err(Failure::Missing(format!(
            "`{compiler} --version` does not run: libFuzzer needs a C++ compiler (Debian: g++)."
        )));
    }
    let host = host().map_err(Failure::Found)?;
    let target_folder = workspace.target.join("fuzz");
    let mut command = giving_way(workspace.cargo());
    // Naming the host as the target keeps the instrumentation out of build scripts and macros.
    command
        .args([
            "build",
            "--quiet",
            "--release",
            "--manifest-path",
            "fuzz/Cargo.toml",
        ])
        .args(["--target", &host, "--target-dir"])
        .arg(&target_folder)
        .env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTATION.join("\u{1f}"));
    let programs: BTreeSet<&str> = targets
        .iter()
        .map(|target| target.program.as_str())
        .collect();
    for program in programs {
        command.args(["--bin", program]);
    }
    linted(&mut command);
    process::run(&mut command)
        .map_err(|message| Failure::Found(format!("{message}: see above.")))?;
    Ok(target_folder.join(host).join("release"))
}

/// The machine that the compiler compiles for by itself.
fn host() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = process::capture(Command::new(rustc).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "`rustc -vV` does not say which machine this is.".to_owned())
}

/// Runs one target; what it did, or what it found and how to see it again.
fn one(
    workspace: &Workspace,
    binaries: &Path,
    target: &Target,
    time: Duration,
    ended: &AtomicBool,
) -> Result<Figures, String> {
    let Target { name, program } = target;
    let program = binaries.join(program);
    let work = workspace.target.join("fuzz").join("work").join(name);
    let (found, seeds) = (work.join("corpus"), work.join("seeds"));
    _ = fs::remove_dir_all(&seeds);
    for folder in [&found, &seeds] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let words = seed(workspace, target, &seeds).map_err(|error| format!("the seeds: {error}"))?;
    let dictionary = work.join("words.dict");

    let mut command = giving_way(Command::new(&program));
    if target.is_parser() {
        command.env(PARSER, name);
    }
    if !words.is_empty() {
        fs::write(&dictionary, words)
            .map_err(|error| format!("{}: {error}", dictionary.display()))?;
        command.arg(format!("-dict={}", dictionary.display()));
    }
    command
        .arg(format!("-max_total_time={}", time.as_secs()))
        .arg(format!("-max_len={MOST_BYTES}"))
        .arg(format!("-artifact_prefix={}/", work.display()))
        .args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"])
        .arg(&found)
        .arg(&seeds);
    let kept = workspace.root.join("fuzz/corpus").join(name);
    if kept.is_dir() {
        command.arg(kept);
    }
    let log = work.join("log");
    let status = until(&mut command, &log, ended).map_err(|error| format!("{name}: {error}"))?;
    let log = fs::read(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let log = String::from_utf8_lossy(&log);
    if status.success() {
        return Ok(Figures::read(&log));
    }
    let lines: Vec<&str> = log.lines().collect();
    let told = |line: &&str| line.contains("panicked at") || line.contains("ERROR:");
    // A panic's message stands in the line after its place.
    let at = lines.iter().position(told);
    let said = at.map_or(lines.len().saturating_sub(3)..lines.len(), |at| {
        at..lines.len().min(at + 3)
    });
    let said = &lines[said];
    let artifact = log
        .lines()
        .find_map(|line| line.split_once("Test unit written to "))
        .map_or("none was written", |(_, path)| path.trim());
    let variable = if target.is_parser() {
        format!("{PARSER}={name} ")
    } else {
        String::new()
    };
    Err(format!(
        "{name} found a defect ({}):\n    {}\n    the input: {artifact}\n    again: {variable}{} {artifact}\n    Keep the input in \
         fuzz/corpus/{name}/ when it is mended.",
        status,
        said.join("\n    "),
        program.display(),
    ))
}

/// Runs the command, what it says in the file `log`, until it ends by itself or `ended` becomes true.
fn until(command: &mut Command, log: &Path, ended: &AtomicBool) -> std::io::Result<ExitStatus> {
    let log = fs::File::create(log)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if ended.load(Ordering::Relaxed) {
            child.kill()?;
            return child.wait();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The command, run so that others come first; where there is no `nice`, as it is.
fn giving_way(command: Command) -> Command {
    if !process::succeeds(Command::new("nice").arg("true")) {
        return command;
    }
    let mut nice = Command::new("nice");
    nice.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => nice.env(name, value),
            None => nice.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        nice.current_dir(folder);
    }
    nice
}

/// Copies the files that the target starts from to `seeds`; answers with the dictionary of a parser, the words of its replies.
fn seed(workspace: &Workspace, target: &Target, seeds: &Path) -> std::io::Result<String> {
    let own = format!("{FIXTURES}/{}", target.name);
    let (folder, end) = match SEEDS.iter().find(|(name, ..)| *name == target.name) {
        Some((_, folder, end)) => (*folder, *end),
        None if target.is_parser() => (own.as_str(), "reply.xml"),
        None => return Ok(String::new()),
    };
    let mut words = BTreeSet::new();
    let mut folders = vec![workspace.root.join(folder)];
    let mut number = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(end) {
                let bytes = fs::read(&path)?;
                if target.is_parser() {
                    words.extend(tags(&String::from_utf8_lossy(&bytes)));
                }
                fs::write(seeds.join(number.to_string()), bytes)?;
                number += 1;
            }
        }
    }
    let lines = words
        .into_iter()
        .map(|word| format!("\"{}\"\n", word.replace('\\', "\\\\").replace('"', "\\\"")));
    Ok(lines.collect())
}

/// The tags of a reply without their attributes, `<name>` and `</name>`.
fn tags(reply: &str) -> impl Iterator<Item = String> {
    reply.split('<').skip(1).filter_map(|rest| {
        let name: &str = rest.split(['>', ' ', '\n']).next()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '/');
        (!name.is_empty() && name.chars().all(plain)).then(|| format!("<{name}>"))
    })
}

/// What a target did, from the end of its log.
#[derive(Debug, PartialEq)]
struct Figures {
    executions: String,
    a_second: String,
    corpus: String,
}

impl Figures {
    fn read(log: &str) -> Self {
        let stat = |name: &str| {
            let mut lines = log.lines().filter_map(|line| line.strip_prefix(name));
            lines
                .next_back()
                .map_or("?", |value| value.trim_start_matches(':').trim())
                .to_owned()
        };
        let mut corpus = log.lines().filter_map(|line| line.split_once(" corp: "));
        Self {
            executions: stat("stat::number_of_executed_units"),
            a_second: stat("stat::average_exec_per_sec"),
            corpus: corpus
                .next_back()
                .and_then(|(_, rest)| rest.split('/').next())
                .unwrap_or("?")
                .to_owned(),
        }
    }
}

fn summary(results: &[(&str, Result<Figures, String>)]) -> Result<String, Failure> {
    let defects: Vec<&str> = results
        .iter()
        .filter_map(|(_, result)| result.as_ref().err().map(String::as_str))
        .collect();
    if !defects.is_empty() {
        return Err(Failure::Found(defects.join("\n")));
    }
    let mut table = format!(
        "{:<22} {:>12} {:>9} {:>7}",
        "target", "inputs", "a second", "corpus"
    );
    for (name, result) in results {
        if let Ok(Figures {
            executions,
            a_second,
            corpus,
        }) = result
        {
            table += &format!("\n{name:<22} {executions:>12} {a_second:>9} {corpus:>7}");
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_takes_a_time_and_targets_in_any_order() {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(read(&[]).unwrap(), (USUAL, vec![]));
        assert_eq!(
            read(&words(&["values", "--seconds", "7", "pic_detail"])).unwrap(),
            (Duration::from_secs(7), words(&["values", "pic_detail"]))
        );
        assert!(
            read(&words(&["--seconds", "0"]))
                .unwrap_err()
                .contains("from 1 on")
        );
        assert!(
            read(&words(&["--second"]))
                .unwrap_err()
                .contains("--second")
        );
    }

    #[test]
    fn each_parser_with_fixtures_is_a_target_and_each_program_but_theirs() {
        let workspace = Workspace {
            root: Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
            target: PathBuf::new(),
            members: Vec::new(),
        };
        let targets = targets(&workspace).unwrap();
        let program = |name: &str| {
            let mut found = targets.iter().filter(|target| target.name == name);
            found.next().map(|target| target.program.as_str())
        };
        assert_eq!(program("pic_detail"), Some("reply"));
        assert_eq!(program("values"), Some("values"));
        assert_eq!((program("reply"), program("join")), (None, None));
        for (name, folder, _) in SEEDS {
            assert!(program(name).is_some(), "{name}");
            assert!(workspace.root.join(folder).is_dir(), "{folder}");
        }
    }

    #[test]
    fn the_dictionary_holds_each_tag_without_its_attributes() {
        let found: BTreeSet<_> = tags("<a xmlns='u'>\n<b:c>1</b:c><!-- x --></a>").collect();
        let expected = ["</a>", "</b:c>", "<a>", "<b:c>"].map(str::to_owned);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn figures_come_from_the_end_of_the_log() {
        let log = "#2\tINITED cov: 1 ft: 1 corp: 1/1b exec/s: 0 rss: 40Mb\n#9\tDONE cov: 9 ft: 9 corp: 17/3Kb lim: 4\n\
                   stat::number_of_executed_units: 1234\nstat::average_exec_per_sec:     617\n";
        let expected = Figures {
            executions: "1234".to_owned(),
            a_second: "617".to_owned(),
            corpus: "17".to_owned(),
        };
        assert_eq!(Figures::read(log), expected);
    }
}
