//! `lanewatch` with a panic in its middle, for the tests that look for secrets: `REHEARSE_PANIC=device` panics in each device's task
//! while its session is open, `REHEARSE_PANIC=answer` where a command has its answer and has not printed it.

use std::fmt;
use std::process::ExitCode;

use collector::panic_report::{Place, rehearse_with};

fn main() -> ExitCode {
    rehearse_with(panic_where_asked);
    lanewatch::main()
}

/// The words of the panic are all that is at hand.
#[expect(clippy::panic, reason = "this is what is tried")]
fn panic_where_asked(place: Place, held: &dyn fmt::Debug) {
    let wanted = match place {
        Place::Device => "device",
        Place::Answer => "answer",
    };
    if std::env::var_os("REHEARSE_PANIC").is_some_and(|asked| asked == wanted) {
        panic!("rehearsed, with {held:?} at hand");
    }
}
