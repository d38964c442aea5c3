//! `get-interface-information`: status, traffic and FEC of a physical interface. Logical interfaces are left out.

use std::borrow::Cow;
use std::sync::Arc;

use crate::value::State;

/// Bins of the FEC histogram: codewords with 0 to 15 symbol errors.
pub const BINS: usize = 16;

/// Traffic rates and counters. Brief replies hold no counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// bit/s received.
    pub input_bps: Option<i64>,
    /// bit/s sent.
    pub output_bps: Option<i64>,
    /// Packets a second received.
    pub input_pps: Option<i64>,
    /// Packets a second sent.
    pub output_pps: Option<i64>,
    /// Bytes received since the counters were cleared.
    pub input_bytes: Option<i64>,
    /// Bytes sent.
    pub output_bytes: Option<i64>,
    /// Packets received.
    pub input_packets: Option<i64>,
    /// Packets sent.
    pub output_packets: Option<i64>,
}

/// Forward error correction.
#[derive(Debug, Clone, PartialEq)]
pub struct Fec {
    /// `enabled_fec_mode`, such as `FEC91`.
    pub mode: Option<Cow<'static, str>>,
    /// Corrected codewords.
    pub ccw: Option<i64>,
    /// Uncorrected codewords.
    pub nccw: Option<i64>,
    /// Corrected errors a second.
    pub ccw_rate: Option<f64>,
    /// Uncorrected errors a second.
    pub nccw_rate: Option<f64>,
    /// Bit error ratio before correction, as the device wrote it.
    pub pre_fec_ber: Option<String>,
    /// The same as a number.
    pub pre_fec_ber_value: Option<f64>,
    /// Why `pre_fec_ber` is there or not.
    pub pre_fec_ber_state: State,
    /// `ok` when a codeword counter was there; `not_present` when the device sends none; else why it could not be
    /// used.
    pub state: State,
}

/// The forward error correction of the optic itself, which coherent modules have beside that of the port.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpticFec {
    /// `fec-mode`, such as `CFEC`.
    pub mode: Option<String>,
    /// Corrected errors.
    pub corrected: Option<i64>,
    /// Words that could not be corrected.
    pub uncorrected: Option<i64>,
    /// Corrected errors a second.
    pub corrected_rate: Option<f64>,
    /// Uncorrected words a second.
    pub uncorrected_rate: Option<f64>,
    /// Corrected errors among all bits.
    pub corrected_ratio: Option<f64>,
}

/// The FEC histogram: codewords by number of symbol errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Live plus harvest; live alone where the device sends no harvest; or as sent, where it sends only the sum.
    pub total: [Option<i64>; BINS],
    /// `sym-live-err`.
    pub live: [Option<i64>; BINS],
    /// `sym-harvest-err`.
    pub harvest: [Option<i64>; BINS],
}

/// A physical interface in the statistics reply.
#[derive(Debug, Clone, PartialEq)]
pub struct InterfaceStatistics {
    /// The interface's name.
    pub name: Arc<str>,
    /// The routing engine (node, member) that answered, where the reply names one.
    pub routing_engine: Option<Arc<str>>,
    /// The configured description.
    pub description: Option<String>,
    /// `up` or `down`.
    pub admin_status: Option<Cow<'static, str>>,
    /// `up` or `down`.
    pub oper_status: Option<Cow<'static, str>>,
    /// Speed in bit/s; absent for `Auto`, `Unlimited`, `Unspecified`.
    pub speed_bps: Option<i64>,
    /// Seconds since the interface last went up or down; absent when it never did.
    pub flapped_seconds: Option<i64>,
    /// Traffic of the physical interface.
    pub traffic: Traffic,
    /// `ethernet-pcs-statistics/bit-error-seconds`.
    pub pcs_bit_error_seconds: Option<i64>,
    /// `ethernet-pcs-statistics/errored-blocks-seconds`.
    pub pcs_errored_blocks_seconds: Option<i64>,
    /// Forward error correction.
    pub fec: Fec,
    /// That of the optic itself.
    pub optic_fec: OpticFec,
    /// The FEC histogram, where the device sends one.
    pub histogram: Option<Box<Histogram>>,
    /// Why `histogram` is there or not.
    pub histogram_state: State,
    /// UTC second at which the reply arrived.
    pub timestamp: i64,
}
