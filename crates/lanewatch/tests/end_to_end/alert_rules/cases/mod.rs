//! When each alert fires and when it is quiet, as series in promtool's notation.
//!
//! A case says what makes its alert fire. What keeps it quiet is a change of exactly these series, so that each reason is shown by a
//! case that fires without it.

mod darkness;
mod devices;
mod links;
mod modules;
mod power;

/// A series and its values; without values it is taken away.
pub(super) type Series = (&'static str, &'static str);

/// A name and the series that change.
pub(super) type Change = (&'static str, &'static [Series]);

/// One alert.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) alert: &'static str,
    /// The labels of what fires, beside its name.
    pub(super) labels: &'static str,
    /// What makes it fire, beside [`AROUND`].
    pub(super) fires: &'static [Series],
    /// With these changes it is quiet.
    pub(super) quiet: &'static [&'static [Change]],
    /// With these it fires too, with these labels.
    pub(super) also: &'static [(&'static str, &'static [Series], &'static str)],
    /// When it is looked at, in steps.
    pub(super) at: u32,
    /// The time from one sample, and one evaluation, to the next.
    pub(super) step: &'static str,
}

const NOTHING: Case = Case {
    alert: "",
    labels: "",
    fires: &[],
    quiet: &[],
    also: &[],
    at: 0,
    step: "1m",
};

/// What is there in each case: a device that answers, and an interface that is enabled.
pub(super) const AROUND: &[Series] = &[
    (r#"junos_up{device="d"}"#, "1x2000"),
    (
        r#"junos_device_info{device="d",shard="s",groups="g"}"#,
        "1x2000",
    ),
    (
        r#"junos_collection_interval_seconds{device="d"}"#,
        "60x2000",
    ),
    (
        r#"junos_interface_admin_up{device="d",interface="et-0/0/1"}"#,
        "1x2000",
    ),
];

const DEVICE_WORKED_ON: Change = (
    "the device is worked on",
    &[(r#"junos_maintenance{device="d",reason="x"}"#, "1x2000")],
);

/// What keeps each alert of an interface quiet.
const UNWATCHED: &[Change] = &[
    (
        "the interface is disabled",
        &[(
            r#"junos_interface_admin_up{device="d",interface="et-0/0/1"}"#,
            "0x2000",
        )],
    ),
    DEVICE_WORKED_ON,
    (
        "the interface is worked on",
        &[(
            r#"junos_maintenance{device="d",interface="et-0/0/1",reason="x"}"#,
            "1x2000",
        )],
    ),
    (
        "the device does not answer",
        &[(r#"junos_up{device="d"}"#, "0x2000")],
    ),
];

const SWAPPED: Change = (
    "the module was changed",
    &[
        (
            r#"junos_optics_info{device="d",interface="et-0/0/1",serial_number="A"}"#,
            "1x100 _x2000",
        ),
        (
            r#"junos_optics_info{device="d",interface="et-0/0/1",serial_number="B"}"#,
            "_x100 1x2000",
        ),
    ],
);

const TRAINING: Change = (
    "the link trains after a flap",
    &[(
        r#"junos_interface_last_flap_seconds{device="d",interface="et-0/0/1"}"#,
        "100x2000",
    )],
);

const LANE: &str = r#"device="d",interface="et-0/0/1",lane="0",severity="critical""#;
const LANE_WARNING: &str = r#"device="d",interface="et-0/0/1",lane="0",severity="warning""#;
const INTERFACE: &str = r#"device="d",interface="et-0/0/1",severity="critical""#;
const INTERFACE_WARNING: &str = r#"device="d",interface="et-0/0/1",severity="warning""#;

/// All cases.
pub(super) fn cases() -> impl Iterator<Item = &'static Case> {
    let groups = [
        devices::CASES,
        power::CASES,
        darkness::CASES,
        modules::CASES,
        links::CASES,
    ];
    groups.into_iter().flatten()
}
