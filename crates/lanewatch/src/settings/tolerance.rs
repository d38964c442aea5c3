//! How many devices of a run may fail: a number of them, or a share.

use super::value::{Accepts, Value};

/// How many devices may fail before a run counts as failed: a share of them or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tolerance {
    /// So many devices.
    Devices(usize),
    /// So many thousandths of all devices.
    Thousandths(usize),
}

impl Tolerance {
    /// No device.
    pub(super) const NONE: Self = Self::Devices(0);

    /// The number of devices, of so many, that may fail; a part of a device is none.
    pub(crate) fn of(self, devices: usize) -> usize {
        match self {
            Self::Devices(number) => number,
            Self::Thousandths(share) => devices.saturating_mul(share) / 1000,
        }
    }
}

impl Value for Tolerance {
    const ACCEPTS: Accepts = Accepts::text(
        "a number of devices such as `3`, or a share below `100%` such as `1%` or `0.5%`",
    );

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some(share) = text.strip_suffix('%') else {
            return text.parse().ok().map(Self::Devices);
        };
        let (whole, tenth) = share.trim().split_once('.').unwrap_or((share.trim(), "0"));
        let is_digit = tenth.len() == 1;
        let tenth: usize = tenth.parse().ok().filter(|_| is_digit)?;
        let thousandths = whole
            .parse::<usize>()
            .ok()?
            .checked_mul(10)?
            .checked_add(tenth)?;
        (thousandths < 1000).then_some(Self::Thousandths(thousandths))
    }

    fn show(&self) -> Option<String> {
        Some(match self {
            Self::Devices(number) => number.to_string(),
            Self::Thousandths(share) if share.is_multiple_of(10) => format!("{}%", share / 10),
            Self::Thousandths(share) => format!("{}.{}%", share / 10, share % 10),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_is_a_number_or_a_share_and_is_rounded_down() {
        for (text, of_1000, of_50) in [
            ("0", 0, 0),
            ("3", 3, 3),
            ("1%", 10, 0),
            ("0.5%", 5, 0),
            ("99.9%", 999, 49),
        ] {
            let tolerance = Tolerance::parse(text).unwrap();
            assert_eq!(
                (tolerance.of(1000), tolerance.of(50)),
                (of_1000, of_50),
                "{text}"
            );
            assert_eq!(tolerance.show().as_deref(), Some(text));
        }
        for text in ["", "-1", "100%", "1.25%", "%", "x%", "1.-%", "1.%"] {
            assert_eq!(Tolerance::parse(text), None, "{text}");
        }
    }
}
