//! The words of the original system's newest version: its keys, units and values, and what they are called here.
//!
//! Its documents are told by these keys. Values pass through the same rules as those of the documented form, so that both give the
//! same rows.

use std::borrow::Cow;

/// Who wrote a document, as its keys and units say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The documented form: ours, and that of the scripts when they were described.
    #[default]
    Documented,
    /// The original system's newest version.
    Original,
}

impl Dialect {
    /// The original's, if one of the two is.
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Documented => other,
            Self::Original => self,
        }
    }

    /// Whether it is the original's.
    pub fn is_original(self) -> bool {
        self == Self::Original
    }
}

/// What a key's value is, if that is another than under our name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The same.
    Same,
    /// The model, in capitals and behind a vendor.
    Profile,
    /// A fibre type, by either set of words.
    Fiber,
    /// Which fact decided a fibre type or a wavelength.
    Rule,
    /// A time, in seconds or in parts of them.
    Time,
}

/// Its keys of rows and of documents around them, our columns, and what the value is. `interface` and its like are older.
pub(super) const KEYS: &[(&str, &str, Meaning)] = &[
    ("origin_hostname", "hostname", Meaning::Same),
    ("device_profile", "model", Meaning::Profile),
    ("origin_name", "device_serial", Meaning::Same),
    ("inventory_instance", "device", Meaning::Same),
    ("os_version", "version", Meaning::Same),
    ("fec_ccw_error_rate", "fec_ccw_rate", Meaning::Same),
    ("fec_nccw_error_rate", "fec_nccw_rate", Meaning::Same),
    ("media_type", "cable_type", Meaning::Same),
    ("juniper_version", "revision", Meaning::Same),
];

/// Keys that only its documents have.
pub(super) const SIGNS: &[&str] = &[
    "origin_hostname",
    "device_profile",
    "origin_name",
    "inventory_instance",
    "fec_ccw_error_rate",
    "fec_nccw_error_rate",
    "collection_time",
    "media_type",
    "juniper_version",
];

/// UTC seconds, of a time in seconds, milliseconds, microseconds or nanoseconds: 10¹¹ seconds are in the year 5138, and 10¹¹
/// milliseconds in 1973.
pub(crate) fn seconds(mut time: i64) -> i64 {
    while time >= 100_000_000_000 {
        time /= 1000;
    }
    time
}

const SINGLE_MODE: &str = "FIBER_TYPE_SINGLE_MODE";
const MULTI_MODE: &str = "FIBER_TYPE_MULTI_MODE";

/// Our word for its word for a fibre type; any other text is what it is.
pub(crate) fn our_fiber(fiber: &str) -> &str {
    match fiber {
        SINGLE_MODE => "SM",
        MULTI_MODE => "MM",
        other if other.starts_with("FIBER_TYPE_") => "Unknown",
        other => other,
    }
}

/// Its word for a fibre type of ours; any other text is what it is.
pub fn fiber(fiber: &str) -> &str {
    match fiber {
        "SM" => SINGLE_MODE,
        "MM" => MULTI_MODE,
        other => other,
    }
}

const VENDOR: &str = "JUNIPER_";

/// Its profile of a model: `qfx5240-64od` is `JUNIPER_QFX5240-64OD`.
pub fn profile(model: &str) -> String {
    format!("{VENDOR}{}", model.to_uppercase())
}

/// The model of a profile, in the small letters of Junos.
pub(crate) fn model(profile: &str) -> Cow<'_, str> {
    match profile.strip_prefix(VENDOR) {
        Some(model) => Cow::Owned(model.to_lowercase()),
        None => Cow::Borrowed(profile),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_words_become_ours_and_ours_its() {
        for (ours, its) in [("SM", SINGLE_MODE), ("MM", MULTI_MODE)] {
            assert_eq!((our_fiber(its), fiber(ours)), (ours, its));
            assert_eq!(our_fiber(ours), ours);
        }
        assert_eq!(our_fiber("FIBER_TYPE_UNSPECIFIED"), "Unknown");
        assert_eq!(fiber("Unknown"), "Unknown");
        assert_eq!(profile("qfx5240-64od"), "JUNIPER_QFX5240-64OD");
        assert_eq!(model("JUNIPER_QFX5240-64OD"), "qfx5240-64od");
        assert_eq!(model("qfx5240-64od"), "qfx5240-64od");
    }

    #[test]
    fn a_time_is_in_seconds_whatever_it_was_written_in() {
        for time in [
            1_770_132_645,
            1_770_132_645_123,
            1_770_132_645_123_456,
            1_770_132_645_123_456_789,
        ] {
            assert_eq!(seconds(time), 1_770_132_645, "{time}");
        }
        assert_eq!((seconds(0), seconds(-5)), (0, -5));
        assert_eq!(seconds(i64::MAX), 9_223_372_036);
    }
}
