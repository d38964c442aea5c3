//! Forward error correction as arithmetic: what the counters of an interface say about its link.
//!
//! [`code`] holds the codes and how often a codeword is lost at a bit error ratio; [`ber`] goes the other way, from what was
//! counted to the ratio, so that the device's own figure can be held against it; [`counters`] makes growth of two samples and
//! tells a cleared counter from a wrapped one. Everything here is a formula on numbers that were read elsewhere.
//!
//! Bit errors are taken as independent. Bursts (decision feedback, a loose connector) put more codewords into the tail than
//! these formulas say, so a ratio from the histogram is sound and a loss computed from it is a lower bound.

mod ber;
mod code;
mod counters;

pub use ber::{Estimate, from_corrected, from_histogram};
pub use code::Code;
pub use counters::{Change, Interval, change, interval};
