//! The columns of `intf-counters`: one row for each interface of the statistics reply.
//!
//! The 48 columns of the FEC histogram are generated: 16 sums, then 16 live, then 16 harvest.

use super::{Histogram, InterfaceCounters};
use crate::column::Role::{Counter, Gauge, Label, State, Time};
use crate::column::{Column, Columns, Fill, PortPart, StateFill, Value, instant};

type C = Column<InterfaceCounters>;

/// First the documented columns in their documented order, then those that have been added since.
pub const INTERFACE_COUNTERS_COLUMNS: Columns<InterfaceCounters> = &[
    DOCUMENTED,
    BINS_TOTAL,
    BINS_LIVE,
    BINS_HARVEST,
    DOCUMENTED_AFTER_BINS,
    ADDED,
    OPTIC_FEC,
    TIME,
];

/// One column for each bin; the suffix tells the three families apart.
macro_rules! bins {
    ($part:ident, $suffix:literal, $meaning:literal: $($bin:literal)*) => {
        &[$(C::int64(concat!("histogram_bin_", $bin, $suffix), "{codeword}", Counter, concat!($meaning, $bin), |r| {
            histogram(r).and_then(|histogram| histogram.$part[$bin]).into()
        })),*]
    };
}

const DOCUMENTED: &[C] = &[
    C::text(
        "if_name",
        Label,
        "Interface name as the device writes it",
        |r| (&*r.statistics.name).into(),
    )
    .filled(Fill::InterfaceName)
    .always(),
    C::text("device", Label, "Device name in the inventory", |r| {
        r.facts.device.as_str().into()
    })
    .filled(Fill::Device)
    .always(),
    C::text(
        "hostname",
        Label,
        "Name that the device gives itself",
        |r| (&r.facts.hostname).into(),
    )
    .filled(Fill::Document),
    C::text("model", Label, "Hardware model of the device", |r| {
        (&r.facts.model).into()
    })
    .filled(Fill::Document),
    C::text("admin_status", State, "up or down, as configured", |r| {
        (&r.statistics.admin_status).into()
    }),
    C::text("oper_status", State, "up or down, as it is", |r| {
        (&r.statistics.oper_status).into()
    }),
    C::int64("speed_bps", "bit/s", Gauge, "Speed of the interface", |r| {
        r.statistics.speed_bps.into()
    }),
    C::int64(
        "fec_ccw",
        "{codeword}",
        Counter,
        "Corrected codewords since the counters were cleared",
        |r| r.statistics.fec.ccw.into(),
    ),
    C::int64(
        "fec_nccw",
        "{codeword}",
        Counter,
        "Uncorrected codewords since the counters were cleared",
        |r| r.statistics.fec.nccw.into(),
    ),
    C::float(
        "fec_ccw_rate",
        "{error}/s",
        Gauge,
        "Corrected errors a second, by the device",
        |r| r.statistics.fec.ccw_rate.into(),
    ),
    C::float(
        "fec_nccw_rate",
        "{error}/s",
        Gauge,
        "Uncorrected errors a second, by the device",
        |r| r.statistics.fec.nccw_rate.into(),
    ),
    C::text(
        "pre_fec_ber",
        Gauge,
        "Bit error ratio before correction, as the device writes it",
        |r| (&r.statistics.fec.pre_fec_ber).into(),
    ),
];

const BINS_TOTAL: &[C] = bins!(total, "", "Codewords, live and harvest, with this many symbol errors: ": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
const BINS_LIVE: &[C] = bins!(live, "_live", "Live codewords with this many symbol errors: ": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
const BINS_HARVEST: &[C] = bins!(harvest, "_harvest", "Harvested codewords with this many symbol errors: ": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);

const DOCUMENTED_AFTER_BINS: &[C] = &[
    C::int64("input_bps", "bit/s", Gauge, "Traffic received", |r| {
        r.statistics.traffic.input_bps.into()
    }),
    C::int64("output_bps", "bit/s", Gauge, "Traffic sent", |r| {
        r.statistics.traffic.output_bps.into()
    }),
    C::int64(
        "input_pps",
        "{packet}/s",
        Gauge,
        "Packets received a second",
        |r| r.statistics.traffic.input_pps.into(),
    ),
    C::int64(
        "output_pps",
        "{packet}/s",
        Gauge,
        "Packets sent a second",
        |r| r.statistics.traffic.output_pps.into(),
    ),
    C::int64(
        "timestamp",
        "s",
        Time,
        "UTC second at which the statistics reply arrived",
        |r| Value::Integer(r.statistics.timestamp),
    )
    .filled(Fill::Timestamp)
    .always(),
    C::int64(
        "run_timestamp",
        "s",
        Time,
        "UTC second at which the run began",
        |r| Value::Integer(r.facts.run_timestamp),
    )
    .filled(Fill::RunTimestamp)
    .always(),
    C::text("runner_name", Label, "Runner that made the run", |r| {
        r.facts.runner_name.as_str().into()
    })
    .filled(Fill::Runner)
    .always(),
];

const ADDED: &[C] = &[
    C::text("fec_mode", Label, "FEC mode that is on", |r| {
        (&r.statistics.fec.mode).into()
    }),
    C::text(
        "fec_state",
        State,
        "Why the codeword counters are there or not",
        |r| r.statistics.fec.state.as_str().into(),
    )
    .filled(StateFill::of_counters(|name| {
        matches!(name, "fec_ccw" | "fec_nccw")
    })),
    C::float(
        "pre_fec_ber_value",
        "1",
        Gauge,
        "Bit error ratio before correction",
        |r| r.statistics.fec.pre_fec_ber_value.into(),
    )
    .filled(Fill::NumberIn("pre_fec_ber")),
    C::int64(
        "input_bytes",
        "By",
        Counter,
        "Bytes received since the counters were cleared",
        |r| r.statistics.traffic.input_bytes.into(),
    ),
    C::int64(
        "output_bytes",
        "By",
        Counter,
        "Bytes sent since the counters were cleared",
        |r| r.statistics.traffic.output_bytes.into(),
    ),
    C::int64(
        "input_packets",
        "{packet}",
        Counter,
        "Packets received since the counters were cleared",
        |r| r.statistics.traffic.input_packets.into(),
    ),
    C::int64(
        "output_packets",
        "{packet}",
        Counter,
        "Packets sent since the counters were cleared",
        |r| r.statistics.traffic.output_packets.into(),
    ),
    C::int64(
        "pcs_bit_error_seconds",
        "s",
        Counter,
        "Seconds with a bit error at the PCS",
        |r| r.statistics.pcs_bit_error_seconds.into(),
    ),
    C::int64(
        "pcs_errored_blocks_seconds",
        "s",
        Counter,
        "Seconds with an errored block at the PCS",
        |r| r.statistics.pcs_errored_blocks_seconds.into(),
    ),
    C::int64(
        "interface_flapped_seconds",
        "s",
        Gauge,
        "Seconds since the interface last went up or down",
        |r| r.statistics.flapped_seconds.into(),
    ),
    C::text(
        "description",
        Label,
        "Configured description of the interface",
        |r| (&r.statistics.description).into(),
    ),
    C::int32("fpc", Label, "FPC slot", |r| {
        r.location.map(|l| l.fpc).into()
    })
    .filled(Fill::Port(PortPart::Fpc)),
    C::int32("pic", Label, "PIC slot", |r| {
        r.location.map(|l| l.pic).into()
    })
    .filled(Fill::Port(PortPart::Pic)),
    C::int32("port", Label, "Port number on the PIC", |r| {
        r.location.map(|l| l.port).into()
    })
    .filled(Fill::Port(PortPart::Port)),
    C::int32("channel", Label, "Channel of a broken-out port", |r| {
        r.channel.into()
    })
    .filled(Fill::Port(PortPart::Channel)),
    C::text(
        "routing_engine",
        Label,
        "Routing engine, node or member that answered",
        |r| (&r.statistics.routing_engine).into(),
    ),
    C::text(
        "pre_fec_ber_state",
        State,
        "Why pre_fec_ber is there or not",
        |r| r.statistics.fec.pre_fec_ber_state.as_str().into(),
    )
    .filled(StateFill::of_one(
        |name| name == "pre_fec_ber",
        Some(crate::State::NotPresent),
    )),
    C::text(
        "histogram_state",
        State,
        "Why the histogram is there or not",
        |r| r.statistics.histogram_state.as_str().into(),
    )
    .filled(StateFill::of_counters(|name| {
        name.starts_with("histogram_bin_")
    })),
];

const TIME: &[C] = &[C::time(|r| instant(r.statistics.timestamp))];

const OPTIC_FEC: &[C] = &[
    C::text(
        "optic_fec_mode",
        Label,
        "Mode of the optic's own FEC",
        |r| (&r.statistics.optic_fec.mode).into(),
    ),
    C::int64(
        "optic_fec_corrected",
        "{error}",
        Counter,
        "Errors that the optic's own FEC corrected",
        |r| r.statistics.optic_fec.corrected.into(),
    ),
    C::int64(
        "optic_fec_uncorrected",
        "{codeword}",
        Counter,
        "Words that the optic's own FEC could not correct",
        |r| r.statistics.optic_fec.uncorrected.into(),
    ),
    C::float(
        "optic_fec_corrected_rate",
        "{error}/s",
        Gauge,
        "Errors a second that the optic's own FEC corrects",
        |r| r.statistics.optic_fec.corrected_rate.into(),
    ),
    C::float(
        "optic_fec_uncorrected_rate",
        "{codeword}/s",
        Gauge,
        "Words a second that the optic's own FEC cannot correct",
        |r| r.statistics.optic_fec.uncorrected_rate.into(),
    ),
    C::float(
        "optic_fec_corrected_ratio",
        "1",
        Gauge,
        "Ratio of errors that the optic's own FEC corrects",
        |r| r.statistics.optic_fec.corrected_ratio.into(),
    ),
];

fn histogram(row: &InterfaceCounters) -> Option<&Histogram> {
    row.statistics.histogram.as_deref()
}
