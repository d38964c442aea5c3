//! `lanewatch-query`: SQL over the lake, with DataFusion.
//!
//! ```text
//!  arguments ─► ask ─► session     a DataFusion session within its bounds
//!                      catalogue   tables from the one list of columns, views, tables of mappings
//!                        table ─► lake     the folders that a condition on dt and hr leaves
//!                      statement   text ─► a plan that only reads; refusal makes sentences of errors
//!                      answer      batches ─► table, CSV, JSON lines, Parquet
//!                      explain     what was read and what was skipped
//! ```
//!
//! `lanewatch query` hands over to this program, so that nobody compiles a query engine who does not ask. It reads, and
//! changes nothing: neither the lake, nor anything else but the file that it is told to write.

mod answer;
mod arguments;
mod ask;
mod catalogue;
mod error;
mod explain;
mod lake;
mod place;
mod printer;
mod quantity;
mod refusal;
mod session;
mod statement;
mod table;
mod views;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use arguments::Arguments;
use error::{Error, Result};

/// Batches come and go by the thousand and from several threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The planner works by recursion. Pages of a stack that nobody touches cost nothing.
const STACK_BYTES: usize = 512 << 20;

/// The same, for each of the threads that evaluate conditions.
const STACK_BYTES_OF_A_WORKER: usize = 64 << 20;

/// How long a stopped query may take to clean up behind itself.
const MOMENT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
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

/// Answers unless the time is over or somebody stops us; then nothing half-written is left.
fn in_time(arguments: &Arguments, text: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK_BYTES_OF_A_WORKER)
        .enable_all()
        .build()
        .map_err(|error| Error::Failed(format!("the system refuses threads: {error}")))?;
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
