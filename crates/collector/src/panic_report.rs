//! What is said of a panic: a defect of ours, told with its place and never with a secret.
//!
//! A panic's words are shown if they are a text of the program. Words that were put together when it happened may hold anything,
//! a password that could not be parsed among it, so they are not shown: the place is enough to find the defect. Nor is the memory of
//! the process left behind as a core file: it holds passwords.
//!
//! A test program can have a panic at the places that hold secrets ([`rehearse_with`]). The application never does.

use std::any::Any;
use std::fmt;
use std::panic::{Location, PanicHookInfo};
use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::task::JoinError;

/// What stands for words that may hold a secret.
const WITHHELD: &str = "its words are not shown, they might hold a secret";

/// What a test program does at a [`Place`], with all that a careless message would hold.
pub type Rehearsal = fn(Place, &dyn fmt::Debug);

static REHEARSAL: OnceLock<Rehearsal> = OnceLock::new();

/// A place where secrets are at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a device's task, with the session open and its credentials in memory.
    Device,
    /// Where a command has its answer and has not printed it.
    Answer,
}

/// For test programs: calls the function at each [`Place`] from now on. Only the first call counts.
pub fn rehearse_with(rehearsal: Rehearsal) {
    REHEARSAL.get_or_init(|| rehearsal);
}

/// Calls the function of a test program, if there is one.
pub fn rehearse(place: Place, held: &dyn fmt::Debug) {
    if let Some(rehearsal) = REHEARSAL.get() {
        rehearsal(place, held);
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
            told.starts_with("error: a defect of Lanewatch at ")
                && told.contains("panic_report.rs:")
        );
    }
}
