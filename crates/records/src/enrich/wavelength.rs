//! Which light a module is made for, and which fact says so.
//!
//! The rules are tried in order: the wavelength that PIC detail gives; a wavelength written out in a part number or an optic
//! type (`SFP-CWDM-1470-JN`); the nominal one of a medium that has exactly one (`10GBASE-SR`). A module of several wavelengths
//! has none here.

use super::fibre::{Facts, without_speed};
use super::fibre_tables::{NAMED_NM, NOMINAL_NM};
use crate::value::absence;

/// The fact that gave the wavelength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WavelengthRule {
    /// `wavelength` of PIC detail.
    Wavelength,
    /// A number in a part number, a cable type or the optic type of the chassis inventory.
    PartNumber,
    /// The medium, by its standard.
    Medium,
    /// None of them.
    #[default]
    Nothing,
}

impl WavelengthRule {
    /// What a column that holds it says of itself.
    pub const MEANING: &'static str =
        "Which fact gave wavelength_nm: wavelength (the text), part_number, medium, or nothing";

    /// The word used in JSON and in the lake.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wavelength => "wavelength",
            Self::PartNumber => "part_number",
            Self::Medium => "medium",
            Self::Nothing => "nothing",
        }
    }
}

/// The wavelength in nm and the rule that gave it.
pub(crate) fn wavelength(facts: &Facts<'_>) -> (Option<f64>, WavelengthRule) {
    let texts = [
        facts.cable_type,
        facts.vendor_part_number,
        facts.chassis_part_number,
        facts.description,
    ];
    let of_texts = |from: fn(&str) -> Option<f64>| texts.into_iter().flatten().find_map(from);
    let rules = [
        (
            facts.wavelength.and_then(wavelength_nm),
            WavelengthRule::Wavelength,
        ),
        // A text that names several wavelengths says that there is not one.
        (several(facts.wavelength), WavelengthRule::Nothing),
        (of_texts(written_out), WavelengthRule::PartNumber),
        (of_texts(nominal), WavelengthRule::Medium),
    ];
    for (nm, rule) in rules {
        if let Some(nm) = nm {
            return if rule == WavelengthRule::Nothing {
                (None, rule)
            } else {
                (Some(nm), rule)
            };
        }
    }
    (None, WavelengthRule::Nothing)
}

/// Something when the device gives a wavelength that is not one number.
fn several(text: Option<&str>) -> Option<f64> {
    text.filter(|text| absence(text.trim()).is_none())
        .map(|_| f64::NAN)
}

/// The wavelength in nm, when the text names exactly one: `1310 nm`, `1310nm`, `1310.00 nm`.
pub(crate) fn wavelength_nm(text: &str) -> Option<f64> {
    if absence(text.trim()).is_some() {
        return None;
    }
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.strip_suffix("nm").unwrap_or(&lower).trim();
    if digits.is_empty()
        || !digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return None;
    }
    // Outside of what glass carries, the text means something else.
    digits
        .parse()
        .ok()
        .filter(|nm| (400.0..=2000.0).contains(nm))
}

/// A word that is one of the wavelengths which part numbers write out, when there is no second.
fn written_out(text: &str) -> Option<f64> {
    let named = |word: &str| {
        let upper = word.to_ascii_uppercase();
        let digits = upper.strip_suffix("NM").unwrap_or(&upper);
        NAMED_NM
            .iter()
            .find(|(name, _)| *name == digits)
            .map(|(_, nm)| *nm)
    };
    let mut found = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(named);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// The nominal wavelength of the first medium in the text that has one.
fn nominal(text: &str) -> Option<f64> {
    let upper = text.to_ascii_uppercase();
    upper
        .split(|c: char| !c.is_ascii_alphanumeric())
        .find_map(|word| {
            let medium = without_speed(word);
            NOMINAL_NM
                .iter()
                .find(|(name, _)| *name == medium)
                .map(|(_, nm)| *nm)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wavelength_is_one_number_of_nanometres_or_none() {
        for (text, nm) in [
            ("1470 nm", 1470.0),
            ("1310nm", 1310.0),
            ("850.5", 850.5),
            ("1310 NM", 1310.0),
        ] {
            assert_eq!(wavelength_nm(text), Some(nm), "{text}");
        }
        for text in [
            "n/a",
            "",
            "1271-1331 nm",
            "1295.56, 1300.05 nm",
            "0 nm",
            "1.3 um",
        ] {
            assert_eq!(wavelength_nm(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_fact_that_knows_decides() {
        let all = Facts {
            wavelength: Some("1471 nm"),
            vendor_part_number: Some("SFP-CWDM-1470-JN"),
            description: Some("SFP+-10G-SR"),
            ..Facts::default()
        };
        assert_eq!(wavelength(&all), (Some(1471.0), WavelengthRule::Wavelength));
        let silent = Facts {
            wavelength: Some("n/a"),
            ..all
        };
        assert_eq!(
            wavelength(&silent),
            (Some(1470.0), WavelengthRule::PartNumber)
        );
        let medium = Facts {
            vendor_part_number: Some("NON-JNPR"),
            ..silent
        };
        assert_eq!(wavelength(&medium), (Some(850.0), WavelengthRule::Medium));
        assert_eq!(
            wavelength(&Facts::default()),
            (None, WavelengthRule::Nothing)
        );
    }

    #[test]
    fn several_wavelengths_are_none() {
        let several = Facts {
            wavelength: Some("1271-1331 nm"),
            cable_type: Some("100GBASE SR4"),
            ..Facts::default()
        };
        assert_eq!(wavelength(&several), (None, WavelengthRule::Nothing));
        for text in [
            "100GBASE-LR4",
            "QSFP-100G-CWDM4",
            "400G-FR4",
            "SFP-BX-1310-1490",
        ] {
            assert_eq!(written_out(text).or(nominal(text)), None, "{text}");
        }
        for (text, nm) in [
            ("GIGE 1000SX", 850.0),
            ("400GBASE DR4", 1310.0),
            ("10GBASE-LR", 1310.0),
        ] {
            assert_eq!(nominal(text), Some(nm), "{text}");
        }
    }
}
