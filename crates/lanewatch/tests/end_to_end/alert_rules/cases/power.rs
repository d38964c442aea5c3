//! Power beyond the limits of the module.

use super::{Case, INTERFACE_WARNING, LANE, LANE_WARNING, NOTHING, UNWATCHED};

pub(super) const CASES: &[Case] = &[
    Case {
        alert: "JunosLaneRxPowerAlarm",
        labels: LANE,
        fires: &[
            (
                r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "-15x2000",
            ),
            (
                r#"junos_optics_rx_power_threshold_dbm{device="d",interface="et-0/0/1",limit="low",severity="alarm"}"#,
                "-12x2000",
            ),
            (
                r#"junos_optics_rx_power_threshold_dbm{device="d",interface="et-0/0/1",limit="high",severity="alarm"}"#,
                "5x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "it is within its limits",
                    &[(
                        r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                        "-5x2000",
                    )],
                ),
                (
                    "the module has no limits",
                    &[
                        (
                            r#"junos_optics_rx_power_threshold_dbm{device="d",interface="et-0/0/1",limit="low",severity="alarm"}"#,
                            "",
                        ),
                        (
                            r#"junos_optics_rx_power_threshold_dbm{device="d",interface="et-0/0/1",limit="high",severity="alarm"}"#,
                            "",
                        ),
                    ],
                ),
                (
                    "it was so for a moment",
                    &[(
                        r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                        "-5x8 -15x2000",
                    )],
                ),
            ],
        ],
        also: &[
            (
                "it is too strong",
                &[(
                    r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                    "7x2000",
                )],
                LANE,
            ),
            (
                "nobody knows whether the interface is enabled",
                &[(
                    r#"junos_interface_admin_up{device="d",interface="et-0/0/1"}"#,
                    "",
                )],
                LANE,
            ),
            (
                "another interface is worked on",
                &[(
                    r#"junos_maintenance{device="d",interface="et-0/0/2",reason="x"}"#,
                    "1x2000",
                )],
                LANE,
            ),
            (
                "the work on the interface is over",
                &[
                    (
                        r#"junos_maintenance{device="d",interface="et-0/0/1",reason="x"}"#,
                        "1x2000",
                    ),
                    (
                        r#"junos_maintenance_end_timestamp_seconds{device="d",interface="et-0/0/1"}"#,
                        "60x2000",
                    ),
                ],
                LANE,
            ),
            (
                "it is a channel, and the limits are those of its port",
                &[
                    (
                        r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                        "",
                    ),
                    (
                        r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1:3",lane="0"}"#,
                        "-15x2000",
                    ),
                ],
                r#"device="d",interface="et-0/0/1:3",lane="0",severity="critical""#,
            ),
            (
                "two collectors say so",
                &[
                    (
                        r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0",job="b"}"#,
                        "-15x2000",
                    ),
                    (
                        r#"junos_optics_rx_power_threshold_dbm{device="d",interface="et-0/0/1",limit="low",severity="alarm",job="b"}"#,
                        "-12x2000",
                    ),
                ],
                LANE,
            ),
        ],
        at: 12,
        ..NOTHING
    },
    Case {
        alert: "JunosLaneTxPowerAlarm",
        labels: LANE,
        fires: &[
            (
                r#"junos_optics_tx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "-15x2000",
            ),
            (
                r#"junos_optics_tx_power_threshold_dbm{device="d",interface="et-0/0/1",limit="low",severity="alarm"}"#,
                "-12x2000",
            ),
            (
                r#"junos_optics_tx_power_threshold_dbm{device="d",interface="et-0/0/1",limit="high",severity="alarm"}"#,
                "5x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[(
                "it is within its limits",
                &[(
                    r#"junos_optics_tx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                    "-5x2000",
                )],
            )],
        ],
        also: &[(
            "it is too strong",
            &[(
                r#"junos_optics_tx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "7x2000",
            )],
            LANE,
        )],
        at: 12,
        ..NOTHING
    },
    Case {
        alert: "JunosLaneRxPowerWarning",
        labels: LANE_WARNING,
        fires: &[(
            r#"junos_optics_rx_power_margin_db{device="d",interface="et-0/0/1",lane="0",limit="low"}"#,
            "-1x2000",
        )],
        quiet: &[
            UNWATCHED,
            &[(
                "it is within its limits",
                &[(
                    r#"junos_optics_rx_power_margin_db{device="d",interface="et-0/0/1",lane="0",limit="low"}"#,
                    "1x2000",
                )],
            )],
        ],
        also: &[(
            "lanes have no series of their own",
            &[
                (
                    r#"junos_optics_rx_power_margin_db{device="d",interface="et-0/0/1",lane="0",limit="low"}"#,
                    "",
                ),
                (
                    r#"junos_optics_rx_power_margin_db{device="d",interface="et-0/0/1",limit="high"}"#,
                    "-1x2000",
                ),
            ],
            INTERFACE_WARNING,
        )],
        at: 40,
        ..NOTHING
    },
    Case {
        alert: "JunosLaneTxPowerWarning",
        labels: LANE_WARNING,
        fires: &[(
            r#"junos_optics_tx_power_margin_db{device="d",interface="et-0/0/1",lane="0",limit="low"}"#,
            "-1x2000",
        )],
        quiet: &[
            UNWATCHED,
            &[(
                "it is within its limits",
                &[(
                    r#"junos_optics_tx_power_margin_db{device="d",interface="et-0/0/1",lane="0",limit="low"}"#,
                    "1x2000",
                )],
            )],
        ],
        at: 40,
        ..NOTHING
    },
];
