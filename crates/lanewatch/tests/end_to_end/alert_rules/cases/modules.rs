//! Modules, and lanes against each other or a week ago.

use super::{Case, INTERFACE, INTERFACE_WARNING, LANE_WARNING, NOTHING, SWAPPED, UNWATCHED};

pub(super) const CASES: &[Case] = &[
    Case {
        alert: "JunosLaneUneven",
        labels: r#"device="d",interface="et-0/0/1",lane="3",severity="info""#,
        fires: &[
            (
                r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "-2x2000",
            ),
            (
                r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="1"}"#,
                "-2.2x2000",
            ),
            (
                r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="2"}"#,
                "-1.9x2000",
            ),
            (
                r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="3"}"#,
                "-6x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "all are as weak",
                    &[
                        (
                            r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                            "-6x2000",
                        ),
                        (
                            r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="1"}"#,
                            "-6x2000",
                        ),
                        (
                            r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="2"}"#,
                            "-6x2000",
                        ),
                    ],
                ),
                (
                    "they are channels with far ends of their own",
                    &[
                        (
                            r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="3"}"#,
                            "",
                        ),
                        (
                            r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1:3",lane="3"}"#,
                            "-6x2000",
                        ),
                    ],
                ),
            ],
        ],
        at: 90,
        ..NOTHING
    },
    Case {
        alert: "JunosModuleTemperatureWarning",
        labels: INTERFACE_WARNING,
        fires: &[
            (
                r#"junos_optics_temperature_celsius{device="d",interface="et-0/0/1"}"#,
                "72x2000",
            ),
            (
                r#"junos_optics_temperature_threshold_celsius{device="d",interface="et-0/0/1",limit="high",severity="warning"}"#,
                "70x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "it is cool",
                    &[(
                        r#"junos_optics_temperature_celsius{device="d",interface="et-0/0/1"}"#,
                        "60x2000",
                    )],
                ),
                (
                    "the module has no limits",
                    &[(
                        r#"junos_optics_temperature_threshold_celsius{device="d",interface="et-0/0/1",limit="high",severity="warning"}"#,
                        "",
                    )],
                ),
            ],
        ],
        also: &[(
            "its port is broken out",
            &[
                (
                    r#"junos_optics_temperature_celsius{device="d",interface="et-0/0/1"}"#,
                    "",
                ),
                (
                    r#"junos_optics_temperature_celsius{device="d",interface="et-0/0/1:0"}"#,
                    "72x2000",
                ),
                (
                    r#"junos_optics_temperature_celsius{device="d",interface="et-0/0/1:1"}"#,
                    "72x2000",
                ),
            ],
            INTERFACE_WARNING,
        )],
        at: 30,
        ..NOTHING
    },
    Case {
        alert: "JunosModuleTemperatureAlarm",
        labels: INTERFACE,
        fires: &[
            (
                r#"junos_optics_temperature_celsius{device="d",interface="et-0/0/1"}"#,
                "78x2000",
            ),
            (
                r#"junos_optics_temperature_threshold_celsius{device="d",interface="et-0/0/1",limit="high",severity="alarm"}"#,
                "75x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[(
                "it is warm",
                &[(
                    r#"junos_optics_temperature_celsius{device="d",interface="et-0/0/1"}"#,
                    "72x2000",
                )],
            )],
        ],
        at: 30,
        ..NOTHING
    },
    Case {
        alert: "JunosLaneRxPowerDrift",
        labels: r#"device="d",interface="et-0/0/1",lane="0",severity="info""#,
        fires: &[
            (
                r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "-5x100 -8x2000",
            ),
            (
                r#"junos_optics_info{device="d",interface="et-0/0/1",serial_number="A"}"#,
                "1x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "it is as it was",
                    &[(
                        r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                        "-8x2000",
                    )],
                ),
                (
                    "it varies with the day",
                    &[(
                        r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                        "-5-0.2x11 -7.4+0.2x11 -5-0.2x11 -7.4+0.2x11 -5-0.2x11 -7.4+0.2x11 -5-0.2x11 -7.4+0.2x11 -5-0.2x11 -7.4+0.2x11 -5-0.2x11 -7.4+0.2x11 -5-0.2x11 -7.4+0.2x11 -5-0.2x11 -7.4+0.2x11 -5-0.2x11 -7.4+0.2x11",
                    )],
                ),
                SWAPPED,
            ],
        ],
        at: 200,
        step: "1h",
        ..NOTHING
    },
    Case {
        alert: "JunosLaserBiasCreep",
        labels: LANE_WARNING,
        fires: &[
            (
                r#"junos_optics_tx_bias_current_milliamps{device="d",interface="et-0/0/1",lane="0"}"#,
                "40x100 46x2000",
            ),
            (
                r#"junos_optics_tx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "1x2000",
            ),
            (
                r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "-5x2000",
            ),
            (
                r#"junos_optics_info{device="d",interface="et-0/0/1",serial_number="A"}"#,
                "1x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "it is as it was",
                    &[(
                        r#"junos_optics_tx_bias_current_milliamps{device="d",interface="et-0/0/1",lane="0"}"#,
                        "46x2000",
                    )],
                ),
                (
                    "it sends more light",
                    &[(
                        r#"junos_optics_tx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                        "1x100 2x2000",
                    )],
                ),
                SWAPPED,
            ],
        ],
        at: 200,
        step: "1h",
        ..NOTHING
    },
];
