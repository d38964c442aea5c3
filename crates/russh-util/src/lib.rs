//! How russh starts its tasks, and its clock.
//!
//! It takes the place of the crate of the same name, for one reason: that one puts a task into a second one that tells a channel
//! how the first ended, and what the compiler makes of it has room for the first one twice, before and after it begins.
//! The task of a session is 15.5 KB, so that each open session had 15.5 KB that were never used again, a quarter of all its memory, and
//! copied them when it began. Tokio's own handle tells how a task ended.

pub mod runtime;
pub mod time;
