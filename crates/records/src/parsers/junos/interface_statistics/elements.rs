//! What the elements of an interface in the statistics reply are, by their names.

use crate::model::{BINS, Traffic};
use crate::note::ReplyNotes;
use crate::value::{Reading, counter, index};
use crate::xml::{Cursor, Damage, Element};

/// What an element is, by its name; where it must stand to count is the business of who reads it.
#[derive(Debug, Clone, Copy)]
pub(super) enum StatisticsElement {
    Interface,
    Name,
    Description,
    AdminStatus,
    OperStatus,
    Speed,
    Flapped,
    Traffic,
    /// By its place in [`COUNTERS`].
    Counter(usize),
    Pcs,
    PcsBitErrors,
    PcsErroredBlocks,
    FecStatistics,
    /// The FEC of the optic itself, which is not that of the Ethernet port.
    OpticFecMode,
    OpticFecStatistics,
    Fec(FecElement),
    /// Among the FEC statistics it is the mode, beside them that of the optic's own FEC, which is another one.
    SomeFecMode,
    /// Stands beside the FEC statistics, or in them.
    HistogramStatistics,
    Histogram(HistogramElement),
    /// Of FEC, optics or bit errors, and not known.
    Unknown,
    NotRead,
}

/// Words in the names of elements that measure what these records are about.
const MEASURED: [&str; 9] = [
    "fec", "ber", "optic", "optics", "pcs", "prbs", "bert", "otn", "degrade",
];

/// Element, field and place of a traffic counter or rate.
pub(super) type Counter = (
    &'static str,
    &'static str,
    fn(&mut Traffic) -> &mut Option<i64>,
);

pub(super) const COUNTERS: [Counter; 8] = [
    ("input-bps", "input_bps", |traffic| &mut traffic.input_bps),
    ("output-bps", "output_bps", |traffic| {
        &mut traffic.output_bps
    }),
    ("input-pps", "input_pps", |traffic| &mut traffic.input_pps),
    ("output-pps", "output_pps", |traffic| {
        &mut traffic.output_pps
    }),
    ("input-bytes", "input_bytes", |traffic| {
        &mut traffic.input_bytes
    }),
    ("output-bytes", "output_bytes", |traffic| {
        &mut traffic.output_bytes
    }),
    ("input-packets", "input_packets", |traffic| {
        &mut traffic.input_packets
    }),
    ("output-packets", "output_packets", |traffic| {
        &mut traffic.output_packets
    }),
];

impl StatisticsElement {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "physical-interface" => Self::Interface,
            "name" => Self::Name,
            "description" => Self::Description,
            "admin-status" => Self::AdminStatus,
            "oper-status" => Self::OperStatus,
            "speed" => Self::Speed,
            "interface-flapped" => Self::Flapped,
            "traffic-statistics" => Self::Traffic,
            "ethernet-pcs-statistics" => Self::Pcs,
            "bit-error-seconds" => Self::PcsBitErrors,
            "errored-blocks-seconds" => Self::PcsErroredBlocks,
            "ethernet-fec-statistics" | "ethernet-fec-mode" => Self::FecStatistics,
            "fec-mode" => Self::SomeFecMode,
            "optic-fec-mode" | "optics-fec-mode" => Self::OpticFecMode,
            "optic-fec-statistics" | "optics-fec-statistics" => Self::OpticFecStatistics,
            // What code it is, in numbers; the mode says it.
            "fec_codeword_size" | "fec_codeword_rate" => Self::NotRead,
            "ethernet-fechistogram-statistics" => Self::HistogramStatistics,
            _ => {
                if let Some(counter) = COUNTERS.iter().position(|(element, ..)| *element == name) {
                    Self::Counter(counter)
                } else if let Some(name) = FecElement::parse(name) {
                    Self::Fec(name)
                } else if let Some(name) = HistogramElement::parse(name) {
                    Self::Histogram(name)
                } else if name.split(['-', '_']).any(|word| MEASURED.contains(&word)) {
                    Self::Unknown
                } else {
                    Self::NotRead
                }
            }
        }
    }
}

/// What an element of the FEC statistics holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum FecElement {
    Ccw,
    Nccw,
    CcwRate,
    NccwRate,
    PreFecBer,
    Mode,
}

impl FecElement {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "fec_ccw_count" | "fec-ccw-count" | "fec-ccw" | "fec_ccw" => Self::Ccw,
            "fec_nccw_count" | "fec-nccw-count" | "fec-nccw" | "fec_nccw" => Self::Nccw,
            "fec_ccw_error_rate" | "fec-ccw-error-rate" | "fec-ccw-rate" | "fec_ccw_rate" => {
                Self::CcwRate
            }
            "fec_nccw_error_rate" | "fec-nccw-error-rate" | "fec-nccw-rate" | "fec_nccw_rate" => {
                Self::NccwRate
            }
            "pre-fec-ber" | "pre_fec_ber" => Self::PreFecBer,
            "enabled_fec_mode" | "enabled-fec-mode" => Self::Mode,
            _ => return None,
        })
    }
}

/// What an element of a histogram holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum HistogramElement {
    Number,
    Live,
    Harvest,
    /// `histogram-bin-N` and its parts; without the bin where N is none.
    Flat(Option<usize>, Part),
}

/// What of a bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    Total,
    Live,
    Harvest,
    NotKept,
}

impl HistogramElement {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "bin-num" | "bin_num" => return Some(Self::Number),
            "sym-live-err" | "sym_live_err" => return Some(Self::Live),
            "sym-harvest-err" | "sym_harvest_err" => return Some(Self::Harvest),
            _ => {}
        }
        let rest = name
            .strip_prefix("histogram-bin-")
            .or_else(|| name.strip_prefix("histogram_bin_"))?;
        let (digits, part) = rest.split_once(['-', '_']).unwrap_or((rest, ""));
        let part = match part {
            "" => Part::Total,
            "live" => Part::Live,
            "harvest" => Part::Harvest,
            _ => Part::NotKept,
        };
        Some(Self::Flat(bin(digits), part))
    }
}

/// The number of a bin, if there can be such a one.
pub(super) fn bin(digits: &str) -> Option<usize> {
    index(digits)
        .map(|bin| bin as usize)
        .filter(|bin| *bin < BINS)
}

/// A count, or why there is none.
pub(super) fn counted<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    field: &'static str,
    notes: &mut ReplyNotes<'_>,
) -> Result<Reading<i64>, Damage> {
    let text = cursor.text(element)?;
    let reading = counter(&text);
    if reading == Reading::Invalid {
        notes.unreadable(field, &text, "a whole number of at most 63 bits");
    }
    Ok(reading)
}
