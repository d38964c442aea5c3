//! Running the program and looking at what it said.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any command of these tests takes on a busy machine; a command that hangs fails its test instead of the run.
const LIMIT: Duration = Duration::from_secs(360);

/// Variables of others that settings come from.
const OF_OTHERS: &[&str] = &["SEMAPHORE_RUNNER_NAME", "CLUSTER_NAME", "XDG_CONFIG_HOME"];

/// What a command left.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit status, none if a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program, to be run in `folder`: relative defaults land there, and nothing of the user's home is seen.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    command_in(
        folder,
        Path::new(env!("CARGO_BIN_EXE_lanewatch")),
        arguments,
    )
}

/// The same program with a panic where the variable `REHEARSE_PANIC` asks for one.
pub(crate) fn panicking(folder: &Path, arguments: &[&str]) -> Command {
    command_in(folder, &panicking_program(), arguments)
}

/// The example `rehearse_panic`, which `cargo test` builds beside the program unless it is told to build this test alone.
pub(crate) fn panicking_program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_lanewatch"));
    let example = program.with_file_name("examples").join("rehearse_panic");
    assert!(
        example.is_file(),
        "{} is not built: `cargo build --release -p lanewatch --example rehearse_panic`",
        example.display()
    );
    example
}

fn command_in(folder: &Path, program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder);
    let of_ours = |name: &str| name.starts_with("LANEWATCH_");
    let variables = std::env::vars().map(|(name, _)| name);
    for name in variables.filter(|name| of_ours(name) || OF_OTHERS.contains(&name.as_str())) {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end in `folder`.
pub(crate) fn lanewatch(folder: &Path, arguments: &[&str]) -> Ran {
    run(&mut program(folder, arguments))
}

/// Runs a command to its end, or kills it when its time is over and fails the test.
pub(crate) fn run(command: &mut Command) -> Ran {
    let began = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = child
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > LIMIT {
            stop(&mut child);
            panic!(
                "{command:?} did not end within {LIMIT:?}:\n{}{}",
                stdout.join().unwrap(),
                stderr.join().unwrap()
            );
        }
        thread::sleep(Duration::from_millis(10));
    };
    Ran {
        status: status.code(),
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    }
}

/// Ends a child and waits until it is gone.
pub(crate) fn stop(child: &mut Child) {
    child.kill().ok(); // an error means that it has ended
    child.wait().unwrap();
}

/// Sends a child a signal, by its name without `SIG`.
pub(crate) fn signal(child: &Child, name: &str) {
    let mut kill = Command::new("kill");
    run(kill.args(["-s", name, &child.id().to_string()])).expect(0);
}

/// A pipe's whole text, read on a thread of its own so that neither pipe fills up.
fn read(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes).unwrap();
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Ran {
    /// Fails the test, showing everything, unless the command ended with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(
            self.status,
            Some(status),
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails the test unless all of these stand in one line of what was said.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) -> &Self {
        let mut lines = self.stdout.lines().chain(self.stderr.lines());
        let found = lines.any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(
            found,
            "no line says {parts:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// What was said on standard error, but for warnings.
    pub(crate) fn complaint(&self) -> String {
        let lines = self
            .stderr
            .lines()
            .filter(|line| !line.starts_with("warning: "));
        lines.collect::<Vec<_>>().join("\n")
    }
}
