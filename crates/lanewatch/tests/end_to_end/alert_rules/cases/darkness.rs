//! Lanes and lasers that go dark.

use super::{Case, INTERFACE, LANE, NOTHING, UNWATCHED};

pub(super) const CASES: &[Case] = &[
    Case {
        alert: "JunosLaneDark",
        labels: LANE,
        fires: &[
            (
                r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "-5x30 _x2000",
            ),
            (
                r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="rx_power",state="no_light"}"#,
                "_x30 1x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "there is light",
                    &[
                        (
                            r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                            "-5x2000",
                        ),
                        (
                            r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="rx_power",state="no_light"}"#,
                            "",
                        ),
                    ],
                ),
                (
                    "it was dark ever since",
                    &[
                        (
                            r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                            "",
                        ),
                        (
                            r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="rx_power",state="no_light"}"#,
                            "1x2000",
                        ),
                    ],
                ),
                (
                    "the module does not measure it",
                    &[
                        (
                            r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="rx_power",state="no_light"}"#,
                            "",
                        ),
                        (
                            r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="rx_power",state="not_supported"}"#,
                            "_x30 1x2000",
                        ),
                    ],
                ),
                (
                    "one lane of a port without series of lanes was dark ever since",
                    &[
                        (
                            r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                            "",
                        ),
                        (
                            r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="rx_power",state="no_light"}"#,
                            "",
                        ),
                        (
                            r#"junos_optics_rx_power_margin_db{device="d",interface="et-0/0/1",limit="low"}"#,
                            "3x2000",
                        ),
                        (
                            r#"junos_optics_lane_state{device="d",interface="et-0/0/1",quantity="rx_power",state="no_light"}"#,
                            "1x2000",
                        ),
                    ],
                ),
            ],
        ],
        also: &[(
            "all lanes of a port without series of lanes went dark",
            &[
                (
                    r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                    "",
                ),
                (
                    r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="rx_power",state="no_light"}"#,
                    "",
                ),
                (
                    r#"junos_optics_rx_power_margin_db{device="d",interface="et-0/0/1",limit="low"}"#,
                    "3x30 _x2000",
                ),
                (
                    r#"junos_optics_lane_state{device="d",interface="et-0/0/1",quantity="rx_power",state="no_light"}"#,
                    "_x30 1x2000",
                ),
            ],
            INTERFACE,
        )],
        at: 50,
        ..NOTHING
    },
    Case {
        alert: "JunosLaneDark",
        labels: LANE,
        fires: &[
            (
                r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "-5x8 _x2000",
            ),
            (
                r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="rx_power",state="no_light"}"#,
                "_x8 1x2000",
            ),
        ],
        quiet: &[&[(
            "light is back after more than a day",
            &[
                (
                    r#"junos_optics_rx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                    "-5x8 _x430 -5x2000",
                ),
                (
                    r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="rx_power",state="no_light"}"#,
                    "_x8 1x430",
                ),
            ],
        )]],
        at: 450,
        step: "4m",
        ..NOTHING
    },
    Case {
        alert: "JunosLaserDark",
        labels: LANE,
        fires: &[
            (
                r#"junos_optics_tx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                "1x30 _x2000",
            ),
            (
                r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="tx_power",state="no_light"}"#,
                "_x30 1x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "it never sent",
                    &[
                        (
                            r#"junos_optics_tx_power_dbm{device="d",interface="et-0/0/1",lane="0"}"#,
                            "",
                        ),
                        (
                            r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="tx_power",state="no_light"}"#,
                            "1x2000",
                        ),
                    ],
                ),
                (
                    "the module does not measure it",
                    &[
                        (
                            r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="tx_power",state="no_light"}"#,
                            "",
                        ),
                        (
                            r#"junos_optics_lane_state{device="d",interface="et-0/0/1",lane="0",quantity="tx_power",state="not_supported"}"#,
                            "_x30 1x2000",
                        ),
                    ],
                ),
            ],
        ],
        at: 50,
        ..NOTHING
    },
];
