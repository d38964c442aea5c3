//! Running other programs and saying in one sentence what went wrong with them.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the command with its output shown as it comes. The error names the command and how it ended.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let status = command.stdin(Stdio::null()).status();
    let status =
        status.map_err(|error| format!("`{}` could not be started: {error}", line_of(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` failed ({status})", line_of(command)))
    }
}

/// The same for no longer than `most`; then it is ended, and the error says so.
pub(crate) fn run_within(command: &mut Command, most: Duration) -> Result<(), String> {
    let name = line_of(command);
    let child = command.stdin(Stdio::null()).spawn();
    let mut child = child.map_err(|error| format!("`{name}` could not be started: {error}"))?;
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("`{name}` failed ({status})")),
            Ok(None) if began.elapsed() < most => std::thread::sleep(Duration::from_millis(50)),
            Ok(None) => {
                // It may have ended in this moment.
                child.kill().ok();
                child.wait().ok();
                let seconds = most.as_secs();
                return Err(format!("`{name}` has not ended after {seconds} s"));
            }
            Err(error) => return Err(format!("`{name}` could not be waited for: {error}")),
        }
    }
}

/// Runs the command and gives its standard output; what it says on standard error is shown.
pub(crate) fn capture(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    let output =
        output.map_err(|error| format!("`{}` could not be started: {error}", line_of(command)))?;
    if !output.status.success() {
        return Err(format!("`{}` failed ({})", line_of(command), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the command runs and succeeds; nothing of it is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs the command with its output shown as it comes, and hands each line of its standard output to `seen` as well.
pub(crate) fn run_watched(command: &mut Command, mut seen: impl FnMut(&str)) -> Result<(), String> {
    let name = line_of(command);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| format!("`{name}` could not be started: {error}"))?;
    if let Some(stdout) = child.stdout.take() {
        // By bytes: a test may print what is not UTF-8, and that must not end the reading.
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            seen(text.trim_end());
            line.clear();
        }
    }
    let status = child
        .wait()
        .map_err(|error| format!("`{name}` could not be waited for: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{name}` failed ({status})"))
    }
}

/// The command as one would type it, the program by its last name alone.
fn line_of(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut line = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_as_typed() {
        let error = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error, "`sh -c exit 3` failed (exit status: 3)");
    }

    #[test]
    fn a_command_that_does_not_end_is_ended() {
        let sleep = || Command::new("sleep");
        let error = run_within(sleep().arg("60"), Duration::from_millis(200)).unwrap_err();
        assert_eq!(error, "`sleep 60` has not ended after 0 s");
        assert_eq!(
            run_within(sleep().arg("0"), Duration::from_secs(60)),
            Ok(())
        );
    }

    #[test]
    fn every_line_is_seen_even_those_that_are_not_utf8() {
        let mut lines = Vec::new();
        run_watched(Command::new("printf").arg("a\\n\\377\\nb\\n"), |line| {
            lines.push(line.to_owned())
        })
        .unwrap();
        assert_eq!(lines, ["a", "\u{fffd}", "b"]);
    }
}
