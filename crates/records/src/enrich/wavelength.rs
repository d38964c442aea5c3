//! Which light a module is made for, and which fact says so.
//!
//! The rules are tried in order: the wavelength that PIC detail gives; a wavelength written out in a part number or an optic
//! type (`SFP-CWDM-1470-JN`); the nominal one of a medium that has exactly one (`10GBASE-SR`). A module of several wavelengths
//! has none here.

use super::facts::{ModuleFacts, wavelength_nm, without_speed};
use super::fibre_tables::{NAMED_NM, NOMINAL_NM};
use crate::model::WavelengthRule;
use crate::value::absence;

/// The wavelength in nm and the rule that gave it.
pub(crate) fn wavelength(facts: &ModuleFacts<'_>) -> (Option<f64>, WavelengthRule) {
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
        let all = ModuleFacts {
            wavelength: Some("1471 nm"),
            vendor_part_number: Some("SFP-CWDM-1470-JN"),
            description: Some("SFP+-10G-SR"),
            ..ModuleFacts::default()
        };
        assert_eq!(wavelength(&all), (Some(1471.0), WavelengthRule::Wavelength));
        let silent = ModuleFacts {
            wavelength: Some("n/a"),
            ..all
        };
        assert_eq!(
            wavelength(&silent),
            (Some(1470.0), WavelengthRule::PartNumber)
        );
        let medium = ModuleFacts {
            vendor_part_number: Some("NON-JNPR"),
            ..silent
        };
        assert_eq!(wavelength(&medium), (Some(850.0), WavelengthRule::Medium));
        assert_eq!(
            wavelength(&ModuleFacts::default()),
            (None, WavelengthRule::Nothing)
        );
    }

    #[test]
    fn several_wavelengths_are_none() {
        let several = ModuleFacts {
            wavelength: Some("1271-1331 nm"),
            cable_type: Some("100GBASE SR4"),
            ..ModuleFacts::default()
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
