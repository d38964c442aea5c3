//! FEC and links.

use super::{Case, INTERFACE, INTERFACE_WARNING, NOTHING, TRAINING, UNWATCHED};

pub(super) const CASES: &[Case] = &[
    Case {
        alert: "JunosPreFecBerCritical",
        labels: INTERFACE,
        fires: &[
            (
                r#"junos_interface_pre_fec_ber{device="d",interface="et-0/0/1"}"#,
                "0.001x2000",
            ),
            (
                r#"junos_interface_pre_fec_ber_limit{device="d",interface="et-0/0/1",fec="FEC119"}"#,
                "0.00024x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "it is within the limit",
                    &[(
                        r#"junos_interface_pre_fec_ber{device="d",interface="et-0/0/1"}"#,
                        "0.0001x2000",
                    )],
                ),
                (
                    "the FEC mode has no limit",
                    &[(
                        r#"junos_interface_pre_fec_ber_limit{device="d",interface="et-0/0/1",fec="FEC119"}"#,
                        "",
                    )],
                ),
            ],
        ],
        at: 12,
        ..NOTHING
    },
    Case {
        alert: "JunosPreFecBerTrend",
        labels: INTERFACE_WARNING,
        fires: &[
            (
                r#"junos_interface_pre_fec_ber{device="d",interface="et-0/0/1"}"#,
                "0.00001+0.0000002x2000",
            ),
            (
                r#"junos_interface_pre_fec_ber_limit{device="d",interface="et-0/0/1",fec="FEC119"}"#,
                "0.00024x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "it does not rise",
                    &[(
                        r#"junos_interface_pre_fec_ber{device="d",interface="et-0/0/1"}"#,
                        "0.00008x2000",
                    )],
                ),
                (
                    "it is noise",
                    &[(
                        r#"junos_interface_pre_fec_ber{device="d",interface="et-0/0/1"}"#,
                        "0.00000001+0.0000000002x2000",
                    )],
                ),
                (
                    "it is known for an hour",
                    &[(
                        r#"junos_interface_pre_fec_ber{device="d",interface="et-0/0/1"}"#,
                        "_x380 0.00001+0.0000002x2000",
                    )],
                ),
            ],
        ],
        at: 450,
        ..NOTHING
    },
    Case {
        alert: "JunosFecErroredIntervalsFast",
        labels: INTERFACE,
        fires: &[
            (
                r#"junos_interface_fec_nccw{device="d",interface="et-0/0/1"}"#,
                "0+1x2000",
            ),
            (
                r#"junos_interface_last_flap_seconds{device="d",interface="et-0/0/1"}"#,
                "1000+60x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "nothing is lost",
                    &[(
                        r#"junos_interface_fec_nccw{device="d",interface="et-0/0/1"}"#,
                        "7x2000",
                    )],
                ),
                (
                    "a codeword was lost once",
                    &[(
                        r#"junos_interface_fec_nccw{device="d",interface="et-0/0/1"}"#,
                        "7x62 8x2000",
                    )],
                ),
                (
                    "the counter was cleared again and again",
                    &[(
                        r#"junos_interface_fec_nccw{device="d",interface="et-0/0/1"}"#,
                        "60-1x60",
                    )],
                ),
                (
                    "it is over",
                    &[(
                        r#"junos_interface_fec_nccw{device="d",interface="et-0/0/1"}"#,
                        "0+1x55 56x2000",
                    )],
                ),
                TRAINING,
            ],
        ],
        also: &[(
            "it is collected every ten minutes",
            &[
                (
                    r#"junos_collection_interval_seconds{device="d"}"#,
                    "600x2000",
                ),
                (
                    r#"junos_interface_fec_nccw{device="d",interface="et-0/0/1"}"#,
                    "1x9 2x9 3x9 4x9 5x9 6x9 7x2000",
                ),
            ],
            INTERFACE,
        )],
        at: 63,
        ..NOTHING
    },
    Case {
        alert: "JunosFecErroredIntervalsSlow",
        labels: INTERFACE_WARNING,
        fires: &[
            (
                r#"junos_collection_interval_seconds{device="d"}"#,
                "240x2000",
            ),
            (
                r#"junos_interface_fec_nccw{device="d",interface="et-0/0/1"}"#,
                "0+1x2000",
            ),
            (
                r#"junos_interface_last_flap_seconds{device="d",interface="et-0/0/1"}"#,
                "1000+240x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "nothing is lost",
                    &[(
                        r#"junos_interface_fec_nccw{device="d",interface="et-0/0/1"}"#,
                        "7x2000",
                    )],
                ),
                (
                    "codewords were lost in two intervals of six hours",
                    &[(
                        r#"junos_interface_fec_nccw{device="d",interface="et-0/0/1"}"#,
                        "0x97 1 2x2000",
                    )],
                ),
                TRAINING,
            ],
        ],
        at: 102,
        step: "4m",
        ..NOTHING
    },
    Case {
        alert: "JunosFecTailGrowing",
        labels: INTERFACE_WARNING,
        fires: &[
            (
                r#"junos_interface_histogram_bin_8{device="d",interface="et-0/0/1"}"#,
                "0+1x2000",
            ),
            (
                r#"junos_interface_histogram_bin_9{device="d",interface="et-0/0/1"}"#,
                "0x2000",
            ),
            (
                r#"junos_interface_histogram_bin_10{device="d",interface="et-0/0/1"}"#,
                "0x2000",
            ),
            (
                r#"junos_interface_histogram_bin_11{device="d",interface="et-0/0/1"}"#,
                "0x2000",
            ),
            (
                r#"junos_interface_histogram_bin_12{device="d",interface="et-0/0/1"}"#,
                "0x2000",
            ),
            (
                r#"junos_interface_histogram_bin_13{device="d",interface="et-0/0/1"}"#,
                "0x2000",
            ),
            (
                r#"junos_interface_histogram_bin_14{device="d",interface="et-0/0/1"}"#,
                "0x2000",
            ),
            (
                r#"junos_interface_histogram_bin_15{device="d",interface="et-0/0/1"}"#,
                "0x2000",
            ),
        ],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "none is added",
                    &[(
                        r#"junos_interface_histogram_bin_8{device="d",interface="et-0/0/1"}"#,
                        "9x2000",
                    )],
                ),
                TRAINING,
            ],
        ],
        also: &[(
            "the errors are in the last bin",
            &[
                (
                    r#"junos_interface_histogram_bin_8{device="d",interface="et-0/0/1"}"#,
                    "0x2000",
                ),
                (
                    r#"junos_interface_histogram_bin_15{device="d",interface="et-0/0/1"}"#,
                    "0+1x2000",
                ),
            ],
            INTERFACE_WARNING,
        )],
        at: 60,
        ..NOTHING
    },
    Case {
        alert: "JunosInterfaceFlapping",
        labels: INTERFACE_WARNING,
        fires: &[(
            r#"junos_interface_last_flap_seconds{device="d",interface="et-0/0/1"}"#,
            "0+60x14 0+60x14 0+60x14 0+60x2000",
        )],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "it is stable",
                    &[(
                        r#"junos_interface_last_flap_seconds{device="d",interface="et-0/0/1"}"#,
                        "0+60x2000",
                    )],
                ),
                (
                    "it flapped twice",
                    &[(
                        r#"junos_interface_last_flap_seconds{device="d",interface="et-0/0/1"}"#,
                        "0+60x14 0+60x14 0+60x2000",
                    )],
                ),
            ],
        ],
        at: 55,
        ..NOTHING
    },
    Case {
        alert: "JunosLinkDown",
        labels: INTERFACE_WARNING,
        fires: &[(
            r#"junos_interface_up{device="d",interface="et-0/0/1"}"#,
            "1x30 0x2000",
        )],
        quiet: &[
            UNWATCHED,
            &[
                (
                    "it is up",
                    &[(
                        r#"junos_interface_up{device="d",interface="et-0/0/1"}"#,
                        "1x2000",
                    )],
                ),
                (
                    "it never came up",
                    &[(
                        r#"junos_interface_up{device="d",interface="et-0/0/1"}"#,
                        "0x2000",
                    )],
                ),
            ],
        ],
        at: 40,
        ..NOTHING
    },
    Case {
        alert: "JunosLinkDown",
        labels: INTERFACE_WARNING,
        fires: &[(
            r#"junos_interface_up{device="d",interface="et-0/0/1"}"#,
            "1x8 0x2000",
        )],
        quiet: &[&[(
            "it is up again after more than a day",
            &[(
                r#"junos_interface_up{device="d",interface="et-0/0/1"}"#,
                "1x8 0x430 1x2000",
            )],
        )]],
        at: 450,
        step: "4m",
        ..NOTHING
    },
];
