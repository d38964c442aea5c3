//! What is said of a panic: a defect of ours, told with its place and never with a secret.
//!
//! A panic's words are shown if they are a text of the program. Words that were put together when it happened may hold anything,
//! a password that could not be parsed among it, so they are not shown: the place is enough to find the defect. Nor is the memory of
//! the process left behind as a core file: it holds passwords.
//!
//! What cannot happen cannot be tried, so a defect can be rehearsed: with `LANEWATCH_REHEARSE_DEFECT=device` each device's task panics
//! while its session is open, with `answer` the command does when it has its answer. The words of either are all that is at hand.

use std::any::Any;
use std::fmt;
use std::panic::{Location, PanicHookInfo};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::task::JoinError;

/// What stands for words that may hold a secret.
const WITHHELD: &str = "its words are not shown, they might hold a secret";

/// The variable that asks for a rehearsal.
pub const REHEARSAL: &str = "LANEWATCH_REHEARSE_DEFECT";

/// Where a defect can be rehearsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a device's task, with the session open and its credentials in memory.
    Device,
    /// Where a command has its answer and has not printed it.
    Answer,
}

/// Panics if that is asked for here, with all in its words that a careless message would hold.
#[expect(clippy::panic, reason = "this is what is rehearsed")]
pub fn rehearse(place: Place, held: &dyn fmt::Debug) {
    let wanted = match place {
        Place::Device => "device",
        Place::Answer => "answer",
    };
    if std::env::var_os(REHEARSAL).is_some_and(|asked| asked == wanted) {
        panic!("rehearsed, with {held:?} at hand");
    }
}

/// Sees to it that neither this process nor those it starts leave a core file, until somebody raises the limit again.
pub fn leave_no_core() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Core);
    let none = Rlimit {
        current: Some(0),
        maximum,
    };
    // Less is always granted.
    setrlimit(Resource::Core, none).ok();
}

/// The words of a panic, as far as they are the program's own.
pub(crate) fn words(payload: &(dyn Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or(WITHHELD)
}

/// Why a task did not end by itself.
pub fn of_task(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => words(&*panic).to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Says of each panic where it was, from now on.
pub fn tell() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let words = panic.payload().downcast_ref::<&'static str>().copied();
        let line = sentence(panic.location(), words.unwrap_or(WITHHELD));
        // Where nobody reads there is nobody to tell.
        drop(std::io::Write::write_all(
            &mut std::io::stderr().lock(),
            line.as_bytes(),
        ));
    }));
}

fn sentence(place: Option<&Location<'_>>, words: &str) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    format!("error: a defect of Lanewatch at {place} ({words}); please report it\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_the_program_itself_are_shown() {
        let password = "sesame";
        for (panic, shown) in [
            (
                std::panic::catch_unwind(|| panic!("made to panic")),
                "made to panic",
            ),
            (
                std::panic::catch_unwind(|| panic!("not {password}")),
                WITHHELD,
            ),
            (
                std::panic::catch_unwind(|| assert_eq!(password.parse::<u16>(), Ok(1))),
                WITHHELD,
            ),
        ] {
            assert_eq!(words(&*panic.unwrap_err()), shown);
        }
    }

    #[test]
    fn a_panic_is_told_with_its_place() {
        let told = sentence(Some(Location::caller()), WITHHELD);
        assert!(
            told.starts_with("error: a defect of Lanewatch at ") && told.contains("defect.rs:")
        );
    }
}
