//! The clock of the library's time limits.

pub use std::time::Instant;
