//! The crate as a whole: the text of all fixtures, every format read back by readers of their own, and hostile names.
#![cfg(test)]

mod derived;
mod fleet;
mod formats;
mod golden;
mod partial;
mod remote_write;
mod rule;
mod text_reader;
