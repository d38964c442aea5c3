//! One interface: its lanes against the limits of the module, its FEC and its link.

use super::panel::{DEVICE, Dashboard, GREEN, Kind, Panel, RED, Row, SHARD, Variable, YELLOW};

/// One interface of the device.
const INTERFACE: Variable = Variable {
    name: "interface",
    label: "Interface",
    query: "label_values({device=\"$device\", __name__=~\"junos_interface_up|junos_optics_temperature_celsius\"}, interface)",
    regex: "",
    many: false,
    is_hidden: false,
};

/// Its port: the limits and facts of a module carry the port's name, also where it is broken out.
const PORT: Variable = Variable {
    name: "port",
    label: "Port",
    query: "label_values({device=\"$device\", interface=\"$interface\", __name__=~\"junos_interface_up|junos_optics_temperature_celsius\"}, interface)",
    regex: "/^([^:]+)/",
    many: false,
    is_hidden: true,
};

const AT: &str = "device=\"$device\", interface=\"$interface\"";
const AT_PORT: &str = "device=\"$device\", interface=\"$port\"";

/// Adds the four limits of the module as dashed lines.
fn with_limits(mut panel: Panel, family: &str) -> Panel {
    for (limit, severity, legend) in [
        ("high", "alarm", "high alarm"),
        ("high", "warning", "high warning"),
        ("low", "warning", "low warning"),
        ("low", "alarm", "low alarm"),
    ] {
        panel = panel.limit(
            format!("max({family}{{{AT_PORT}, limit=\"{limit}\", severity=\"{severity}\"}})"),
            legend,
        );
    }
    panel
}

fn lanes(
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    family: &str,
) -> Panel {
    Panel::new(Kind::Lines { log: false }, title, description, unit)
        .query(format!("max by (lane) ({family}{{{AT}}})"), "lane {{lane}}")
}

/// Codewords a second with each number of symbol errors.
fn histogram() -> Panel {
    const LEGENDS: [&str; 16] = [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
    ];
    let panel = Panel::new(
        Kind::HeatMap,
        "FEC histogram",
        "Codewords a second by how many of their symbols were wrong. KP4 corrects 15; what comes near is the tail.",
        "cps",
    );
    LEGENDS.iter().fold(panel, |panel, bin| {
        panel.query(
            format!("max(rate(junos_interface_histogram_bin_{bin}{{{AT}}}[$__rate_interval]))"),
            bin,
        )
    })
}

fn lines(log: bool, title: &'static str, description: &'static str, unit: &'static str) -> Panel {
    Panel::new(Kind::Lines { log }, title, description, unit)
}

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        file: "interface",
        title: "Lanewatch: interface",
        description: "One interface: each lane against the limits of the module, the FEC histogram, and the bit error ratio with its limit.",
        variables: vec![SHARD, DEVICE, INTERFACE, PORT],
        annotations: Vec::new(),
        rows: vec![
            Row {
                title: "Light",
                panels: vec![
                    with_limits(
                        lanes("Received power", "The received power of each lane, and the limits of the module.", "dBm", "junos_optics_rx_power_dbm"),
                        "junos_optics_rx_power_threshold_dbm",
                    ),
                    with_limits(
                        lanes("Transmitted power", "The transmitted power of each lane, and the limits of the module.", "dBm", "junos_optics_tx_power_dbm"),
                        "junos_optics_tx_power_threshold_dbm",
                    ),
                    with_limits(
                        lanes("Laser bias", "The current of each laser, and the limits of the module.", "mamp", "junos_optics_tx_bias_current_milliamps"),
                        "junos_optics_tx_bias_current_threshold_milliamps",
                    ),
                    with_limits(
                        lines(false, "Module temperature", "The temperature of the module, and its limits.", "celsius")
                            .query("max(junos_optics_temperature_celsius{device=\"$device\", interface=~\"$port(:.*)?\"})", "module"),
                        "junos_optics_temperature_threshold_celsius",
                    ),
                ],
            },
            Row {
                title: "FEC",
                panels: vec![
                    histogram(),
                    lines(
                        true,
                        "Bit error ratio before correction",
                        "As the device says it and by the histogram, with the limit of the FEC mode. Beyond the limit frames are lost.",
                        "sci",
                    )
                    .query(format!("max(junos_interface_pre_fec_ber{{{AT}}})"), "the device")
                    .query(format!("max(interface:junos_fec_bins_ber:rate15m{{{AT}}})"), "by the histogram")
                    .limit(format!("max(junos_interface_pre_fec_ber_limit{{{AT}}})"), "limit"),
                    lines(true, "Codewords", "Codewords a second that FEC corrected, and that it could not correct.", "cps")
                        .query(format!("max(rate(junos_interface_fec_ccw{{{AT}}}[$__rate_interval]))"), "corrected")
                        .query(format!("max(rate(junos_interface_fec_nccw{{{AT}}}[$__rate_interval]))"), "lost"),
                    lines(
                        false,
                        "Time with lost codewords",
                        "The share of time in collection intervals in which FEC lost a codeword.",
                        "percentunit",
                    )
                    .query(format!("max(interface:junos_fec_errored_intervals:ratio5m{{{AT}}})"), "5 minutes")
                    .query(format!("max(interface:junos_fec_errored_intervals:ratio30m{{{AT}}})"), "30 minutes")
                    .query(format!("max(interface:junos_fec_errored_intervals:ratio1h{{{AT}}})"), "1 hour")
                    .query(format!("max(interface:junos_fec_errored_intervals:ratio6h{{{AT}}})"), "6 hours"),
                    lines(
                        false,
                        "Codewords with 8 and more symbol errors",
                        "How many came in the 15 minutes before.",
                        "short",
                    )
                    .query(format!("max(interface:junos_fec_tail_codewords:increase15m{{{AT}}})"), "codewords"),
                    lines(
                        false,
                        "Distance to the warning limits",
                        "Of each lane's received power; negative is beyond a limit.",
                        "dB",
                    )
                    .query(format!("min by (lane) (junos_optics_rx_power_margin_db{{{AT}}})"), "lane {{lane}}"),
                ],
            },
            Row {
                title: "Link and module",
                panels: vec![
                    Panel::new(Kind::Timeline, "Link", "Whether the interface is enabled and up.", "short")
                        .query(format!("max(junos_interface_admin_up{{{AT}}})"), "enabled")
                        .query(format!("max(junos_interface_up{{{AT}}})"), "up")
                        .colours(RED, &[(1.0, GREEN)])
                        .words(&[(0.0, "no"), (1.0, "yes")]),
                    lines(false, "Time since the last flap", "Seconds since the interface last went up or down.", "s")
                        .query(format!("min(junos_interface_last_flap_seconds{{{AT}}})"), "since"),
                    lines(false, "Traffic", "Traffic received and sent.", "bps")
                        .query(format!("max(junos_interface_input_bits_per_second{{{AT}}})"), "received")
                        .query(format!("max(junos_interface_output_bits_per_second{{{AT}}})"), "sent"),
                    Panel::new(
                        Kind::Timeline,
                        "Quantities that are not measured",
                        "Why a quantity of a lane has no value: no light, not supported, not present or invalid.",
                        "short",
                    )
                    .query(
                        format!("max by (lane, quantity, state) (junos_optics_lane_state{{{AT}}})"),
                        "lane {{lane}}: {{quantity}} {{state}}",
                    )
                    .colours(YELLOW, &[])
                    .words(&[(1.0, "not measured")]),
                    Panel::new(
                        Kind::Table {
                            value: "plugged in",
                            descending: true,
                            link: None,
                        },
                        "Module",
                        "What is known of the module in the port, with 1.",
                        "short",
                    )
                    .query(
                        format!(
                            "max by (vendor, part_number, serial_number, description, cable_type, fiber_type, wavelength, firmware_version) \
                             (junos_optics_info{{{AT_PORT}}})"
                        ),
                        "",
                    )
                    .wide(24),
                ],
            },
        ],
    }
}
