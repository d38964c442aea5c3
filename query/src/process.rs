//! The process: arguments, threads, the limit of time and what it ends with.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use tokio::runtime::Runtime;

use crate::arguments::Arguments;
use crate::error::{Error, Result};
use crate::{ask, printer};

/// The planner works by recursion. Pages of a stack that nobody touches cost nothing.
const STACK_BYTES: usize = 512 << 20;

/// The same, for each of the threads that evaluate conditions.
const STACK_BYTES_OF_A_WORKER: usize = 64 << 20;

/// How long a stopped query may take to clean up behind itself.
const MOMENT: Duration = Duration::from_secs(2);

/// Runs `lanewatch-query` with the arguments of this process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not errors; clap knows where each goes.
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let planner = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || main_of(&arguments));
    match planner.map(std::thread::JoinHandle::join) {
        Ok(Ok(status)) => ExitCode::from(status),
        Ok(Err(_)) => ExitCode::FAILURE, // a panic, which has said so
        Err(error) => {
            printer::error(&format!("the system refuses a thread: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The exit status.
fn main_of(arguments: &Arguments) -> u8 {
    let mut text = String::new();
    let answered = ask::statement(arguments).and_then(|statement| {
        text = statement;
        in_time(arguments, &text)
    });
    match answered {
        Ok(()) => 0,
        Err(Error::NobodyReads) => 0,
        Err(error) => {
            let snippet = match &error {
                Error::Statement {
                    place: Some(place), ..
                } => place.snippet(&text),
                _ => None,
            };
            let snippet = snippet.map_or_else(String::new, |snippet| format!("\n{snippet}"));
            printer::error(&format!("{error}{snippet}"));
            error.exit_status()
        }
    }
}

/// The threads that read and reckon.
///
/// # Errors
///
/// If the system refuses them.
pub fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK_BYTES_OF_A_WORKER)
        .enable_all()
        .build()
        .map_err(|error| Error::Failed(format!("the system refuses threads: {error}")))
}

/// Answers unless the time is over or somebody stops us; then nothing half-written is left.
fn in_time(arguments: &Arguments, text: &str) -> Result<()> {
    let runtime = runtime()?;
    let answered = runtime.block_on(async {
        tokio::select! {
            answered = ask::answer(arguments, text) => answered,
            () = tokio::time::sleep(arguments.timeout) => Err(Error::Failed(format!(
                "no answer within {:?}: ask for fewer days (a condition on dt, --since, --until) or give it more time with --timeout",
                arguments.timeout
            ))),
            () = stopped() => Err(Error::Stopped),
        }
    });
    // What still runs on its threads is given a moment to end, for only then are its temporary files gone.
    runtime.shutdown_timeout(MOMENT);
    answered
}

/// Ends when somebody presses Ctrl-C or the system asks us to stop.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    if interrupted.await.is_err() {
        std::future::pending().await
    }
}
