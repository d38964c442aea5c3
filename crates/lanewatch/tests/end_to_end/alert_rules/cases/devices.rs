//! Devices and their collection.

use super::{Case, DEVICE_WORKED_ON, NOTHING};

pub(super) const CASES: &[Case] = &[
    Case {
        alert: "JunosMetricsAbsent",
        labels: r#"severity="critical""#,
        fires: &[(r#"junos_up{device="d"}"#, "")],
        quiet: &[&[
            (
                "a device is there",
                &[(r#"junos_up{device="d"}"#, "1x2000")],
            ),
            (
                "a device is there and down",
                &[(r#"junos_up{device="d"}"#, "0x2000")],
            ),
        ]],
        at: 15,
        ..NOTHING
    },
    Case {
        alert: "JunosDeviceUnreachable",
        labels: r#"device="d",severity="warning",shard="s""#,
        fires: &[(r#"junos_up{device="d"}"#, "1x5 0x2000")],
        quiet: &[&[
            ("it answers", &[(r#"junos_up{device="d"}"#, "1x2000")]),
            (
                "it did not answer once",
                &[(r#"junos_up{device="d"}"#, "1x10 0 0 0 1x2000")],
            ),
            (
                "another collector reaches it",
                &[(r#"junos_up{device="d",job="b"}"#, "1x2000")],
            ),
            DEVICE_WORKED_ON,
        ]],
        also: &[
            (
                "what the inventory says is not known",
                &[(r#"junos_device_info{device="d",shard="s",groups="g"}"#, "")],
                r#"device="d",severity="warning""#,
            ),
            (
                "it has moved from one shard to another",
                &[(r#"junos_device_info{device="d",shard="a"}"#, "0x2000")],
                r#"device="d",severity="warning",shard="s""#,
            ),
            (
                "one of its interfaces is worked on",
                &[(
                    r#"junos_maintenance{device="d",interface="et-0/0/1",reason="x"}"#,
                    "1x2000",
                )],
                r#"device="d",severity="warning",shard="s""#,
            ),
            (
                "the work on it is over",
                &[
                    (r#"junos_maintenance{device="d",reason="x"}"#, "1x2000"),
                    (
                        r#"junos_maintenance_end_timestamp_seconds{device="d"}"#,
                        "60x2000",
                    ),
                ],
                r#"device="d",severity="warning",shard="s""#,
            ),
        ],
        at: 15,
        ..NOTHING
    },
    Case {
        alert: "JunosShardUnreachable",
        labels: r#"severity="critical",shard="s""#,
        fires: &[
            (r#"junos_up{device="a"}"#, "0x2000"),
            (r#"junos_up{device="b"}"#, "0x2000"),
            (r#"junos_up{device="c"}"#, "0x2000"),
            (r#"junos_up{device="e"}"#, "0x2000"),
            (r#"junos_device_info{device="a",shard="s"}"#, "1x2000"),
            (r#"junos_device_info{device="b",shard="s"}"#, "1x2000"),
            (r#"junos_device_info{device="c",shard="s"}"#, "1x2000"),
            (r#"junos_device_info{device="e",shard="s"}"#, "1x2000"),
        ],
        quiet: &[&[
            (
                "most answer",
                &[
                    (r#"junos_up{device="b"}"#, "1x2000"),
                    (r#"junos_up{device="c"}"#, "1x2000"),
                    (r#"junos_up{device="e"}"#, "1x2000"),
                ],
            ),
            (
                "it is a small shard",
                &[
                    (r#"junos_device_info{device="e",shard="s"}"#, "1x2000"),
                    (r#"junos_up{device="e"}"#, ""),
                ],
            ),
            (
                "they are worked on",
                &[
                    (r#"junos_maintenance{device="a",reason="x"}"#, "1x2000"),
                    (r#"junos_maintenance{device="b",reason="x"}"#, "1x2000"),
                    (r#"junos_maintenance{device="c",reason="x"}"#, "1x2000"),
                ],
            ),
        ]],
        at: 10,
        ..NOTHING
    },
    Case {
        alert: "JunosDataStale",
        labels: r#"device="d",severity="warning",shard="s""#,
        fires: &[(
            r#"junos_last_delivery_timestamp_seconds{device="d"}"#,
            "0x2000",
        )],
        quiet: &[&[
            (
                "it delivers each time",
                &[(
                    r#"junos_last_delivery_timestamp_seconds{device="d"}"#,
                    "0+60x2000",
                )],
            ),
            (
                "it is not collected more often",
                &[(
                    r#"junos_collection_interval_seconds{device="d"}"#,
                    "600x2000",
                )],
            ),
            (
                "it was collected a few times, and how often is not known",
                &[(r#"junos_collection_interval_seconds{device="d"}"#, "")],
            ),
            DEVICE_WORKED_ON,
        ]],
        at: 10,
        ..NOTHING
    },
    Case {
        alert: "JunosDataStale",
        labels: r#"device="d",severity="warning",shard="s""#,
        fires: &[
            (
                r#"junos_last_delivery_timestamp_seconds{device="d"}"#,
                "0x2000",
            ),
            (r#"junos_collection_interval_seconds{device="d"}"#, ""),
        ],
        quiet: &[&[(
            "it was collected an hour ago",
            &[(
                r#"junos_last_delivery_timestamp_seconds{device="d"}"#,
                "7200x2000",
            )],
        )]],
        at: 200,
        ..NOTHING
    },
    Case {
        alert: "JunosShardStale",
        labels: r#"severity="critical",shard="s""#,
        fires: &[
            (
                r#"junos_last_delivery_timestamp_seconds{device="a"}"#,
                "0x2000",
            ),
            (
                r#"junos_last_delivery_timestamp_seconds{device="b"}"#,
                "0x2000",
            ),
            (
                r#"junos_last_delivery_timestamp_seconds{device="c"}"#,
                "0x2000",
            ),
            (
                r#"junos_last_delivery_timestamp_seconds{device="d"}"#,
                "0x2000",
            ),
            (
                r#"junos_last_delivery_timestamp_seconds{device="e"}"#,
                "0x2000",
            ),
            (
                r#"junos_collection_interval_seconds{device="a"}"#,
                "60x2000",
            ),
            (
                r#"junos_collection_interval_seconds{device="b"}"#,
                "60x2000",
            ),
            (
                r#"junos_collection_interval_seconds{device="c"}"#,
                "60x2000",
            ),
            (
                r#"junos_collection_interval_seconds{device="e"}"#,
                "60x2000",
            ),
            (r#"junos_device_info{device="a",shard="s"}"#, "1x2000"),
            (r#"junos_device_info{device="b",shard="s"}"#, "1x2000"),
            (r#"junos_device_info{device="c",shard="s"}"#, "1x2000"),
            (r#"junos_device_info{device="e",shard="s"}"#, "1x2000"),
        ],
        quiet: &[&[
            (
                "some deliver",
                &[
                    (
                        r#"junos_last_delivery_timestamp_seconds{device="a"}"#,
                        "0+60x2000",
                    ),
                    (
                        r#"junos_last_delivery_timestamp_seconds{device="b"}"#,
                        "0+60x2000",
                    ),
                ],
            ),
            (
                "one of five is worked on",
                &[(r#"junos_maintenance{device="a",reason="x"}"#, "1x2000")],
            ),
        ]],
        at: 10,
        ..NOTHING
    },
    Case {
        alert: "JunosRpcFailing",
        labels: r#"device="d",rpc="pic_detail",severity="info""#,
        fires: &[
            (
                r#"junos_rpc_success{device="d",rpc="pic_detail"}"#,
                "0x2000",
            ),
            (
                r#"junos_rpc_last_success_timestamp_seconds{device="d",rpc="pic_detail"}"#,
                "0x2000",
            ),
        ],
        quiet: &[&[
            (
                "it answered",
                &[(
                    r#"junos_rpc_last_success_timestamp_seconds{device="d",rpc="pic_detail"}"#,
                    "0+60x2000",
                )],
            ),
            (
                "the device does not answer",
                &[(r#"junos_up{device="d"}"#, "0x2000")],
            ),
            DEVICE_WORKED_ON,
        ]],
        also: &[
            (
                "it never answered",
                &[(
                    r#"junos_rpc_last_success_timestamp_seconds{device="d",rpc="pic_detail"}"#,
                    "",
                )],
                r#"device="d",rpc="pic_detail",severity="info""#,
            ),
            (
                "how often it is collected is not known",
                &[(r#"junos_collection_interval_seconds{device="d"}"#, "")],
                r#"device="d",rpc="pic_detail",severity="info""#,
            ),
        ],
        at: 60,
        ..NOTHING
    },
    Case {
        alert: "JunosFindingAlarm",
        labels: r#"device="d",kind="device-flag",severity="warning""#,
        fires: &[(
            r#"junos_findings{device="d",kind="device-flag",severity="alarm"}"#,
            "2x2000",
        )],
        quiet: &[&[
            (
                "it is a warning",
                &[
                    (
                        r#"junos_findings{device="d",kind="device-flag",severity="alarm"}"#,
                        "",
                    ),
                    (
                        r#"junos_findings{device="d",kind="device-flag",severity="warning"}"#,
                        "2x2000",
                    ),
                ],
            ),
            (
                "another rule tells it lane by lane",
                &[
                    (
                        r#"junos_findings{device="d",kind="device-flag",severity="alarm"}"#,
                        "",
                    ),
                    (
                        r#"junos_findings{device="d",kind="rx-power",severity="alarm"}"#,
                        "2x2000",
                    ),
                    (
                        r#"junos_optics_rx_power_threshold_dbm{device="d",interface="et-0/0/1",limit="low",severity="alarm"}"#,
                        "-12x2000",
                    ),
                ],
            ),
            DEVICE_WORKED_ON,
        ]],
        also: &[(
            "the limits are not among the series",
            &[
                (
                    r#"junos_findings{device="d",kind="device-flag",severity="alarm"}"#,
                    "",
                ),
                (
                    r#"junos_findings{device="d",kind="rx-power",severity="alarm"}"#,
                    "2x2000",
                ),
            ],
            r#"device="d",kind="rx-power",severity="warning""#,
        )],
        at: 30,
        ..NOTHING
    },
];
