//! Which light a module is made for, and which fact says so.
//!
//! The rules are tried in order: the wavelength that PIC detail gives; a wavelength written out in a part number or an optic
//! type (`SFP-CWDM-1470-JN`); the nominal one of a medium that has exactly one (`10GBASE-SR`). A module of several wavelengths
//! has none here.

use super::facts::{ModuleFacts, wavelength_nm};
use super::fibre_tables::{NAMED_NM, NOMINAL_NM, SINGLE_MODE_NM};
use super::medium::{Kind, medium};
use crate::model::WavelengthRule;
use crate::value::absence;

/// The wavelength in nm and the rule that gave it.
pub(crate) fn wavelength(facts: &ModuleFacts<'_>) -> (Option<f64>, WavelengthRule) {
    if facts.is_cable() {
        return (None, WavelengthRule::Nothing);
    }
    // The first text that names a medium decides, also when the medium has no one wavelength.
    let of_medium = facts.texts().find_map(nominal).flatten();
    let rules = [
        (
            facts.wavelength.and_then(wavelength_nm),
            WavelengthRule::Wavelength,
        ),
        // A text that names several wavelengths says that there is not one.
        (several(facts.wavelength), WavelengthRule::Nothing),
        (
            facts.texts().find_map(written_out),
            WavelengthRule::PartNumber,
        ),
        (of_medium, WavelengthRule::Medium),
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

/// A word that is one of the wavelengths which part numbers write out, or one of the dense grid (`1550.12`), when there is no
/// second.
fn written_out(text: &str) -> Option<f64> {
    let named = |word: &str| {
        let upper = word.trim_matches('.').to_ascii_uppercase();
        let digits = upper.strip_suffix("NM").unwrap_or(&upper);
        let on_the_dense_grid = || {
            let nm = digits.contains('.').then(|| wavelength_nm(digits))??;
            SINGLE_MODE_NM.contains(&nm).then_some(nm)
        };
        NAMED_NM
            .iter()
            .find(|(name, _)| *name == digits)
            .map(|(_, nm)| *nm)
            .or_else(on_the_dense_grid)
    };
    let mut found = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .filter_map(named);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// The nominal wavelength of the medium in the text, if it names one of fibre; none where it has several, or may be tuned.
fn nominal(text: &str) -> Option<Option<f64>> {
    let medium = medium(text).filter(|medium| medium.kind != Kind::Cable)?;
    let found = NOMINAL_NM.iter().find(|nominal| {
        nominal.medium == medium.name
            && (nominal.lanes.is_empty() || nominal.lanes.contains(&medium.lanes.as_str()))
            && (nominal.speeds.is_empty()
                || medium
                    .speed
                    .is_some_and(|speed| nominal.speeds.contains(&speed)))
    });
    // Two wavelengths share the fibre: `SR4.2`, `SR BiDi`.
    let is_one = !medium.has_several_wavelengths && !medium.lanes.contains('.');
    Some(found.filter(|_| is_one).map(|nominal| nominal.nm))
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
    fn a_wavelength_of_the_dense_grid_is_not_rounded_to_a_window() {
        for (text, nm) in [
            ("SFP-DWDM-1550.12", Some(1550.12)),
            ("XFP-10G-1550.12NM", Some(1550.12)),
            ("SFP+-10G-CWDM-1550", Some(1550.0)),
            ("SFP-1310.", Some(1310.0)),
            ("SFP-BX-1310.5/1490", None),
            ("REV 12.3", None),
        ] {
            assert_eq!(written_out(text), nm, "{text}");
        }
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
            assert_eq!(
                written_out(text).or(nominal(text).flatten()),
                None,
                "{text}"
            );
        }
        for (text, nm) in [
            ("GIGE 1000SX", 850.0),
            ("400GBASE DR4", 1310.0),
            ("10GBASE-LR", 1310.0),
        ] {
            assert_eq!(nominal(text), Some(Some(nm)), "{text}");
        }
    }

    #[test]
    fn the_speed_decides_what_a_medium_means() {
        for (text, nm) in [
            ("10GBASE ER", Some(1550.0)),
            ("25GBASE ER", Some(1310.0)),
            ("50GBASE ER", Some(1310.0)),
            ("100GBASE ER1", Some(1310.0)),
            ("40GBASE ER4", None),
            ("100GBASE ER4", None),
            ("10GBASE ZR", Some(1550.0)),
            ("100GBASE ZR", None),
            ("400GBASE ZR", None),
            ("GIGE 1000EX", None),
            ("GIGE 1000ZX", Some(1550.0)),
            ("400GBASE SR4.2", None),
            ("100GBASE SR1.2", None),
            ("40GBASE SR BiDi", None),
            ("QSFP-40G-SR-BD", None),
            ("400GBASE SR8", Some(850.0)),
            ("25GBASE LR", Some(1310.0)),
            ("100GBASE LR4", None),
            ("200GBASE DR4", Some(1310.0)),
            ("50GBASE FR", Some(1310.0)),
            ("400GBASE FR4", None),
            ("4X10GBASE LR", Some(1310.0)),
            ("4X10GBASE ER", Some(1550.0)),
            ("10GBASE ZR TUNABLE", None),
            ("SFP+-10G-ZR-DWDM", None),
            ("QSFP-40/100-SRBD", None),
            ("XFP-10G-LW", Some(1310.0)),
            ("XFP-10G-EW", Some(1550.0)),
            ("GIGE 100FX PHY", Some(1310.0)),
            ("10GBASE BX10U", None),
            ("OSFP-800G-2XFR4", None),
            ("QSFP-100GBASE-ER4L", None),
        ] {
            assert_eq!(nominal(text), Some(nm), "{text}");
        }
        assert_eq!(nominal("EX-4300-48T"), None);
    }

    #[test]
    fn copper_has_no_wavelength_whatever_its_eeprom_says() {
        let copper = ModuleFacts {
            wavelength: Some("850 nm"),
            cable_type: Some("100GBASE CR4"),
            description: Some("QSFP-100GBASE-SR4"),
            ..ModuleFacts::default()
        };
        assert_eq!(wavelength(&copper), (None, WavelengthRule::Nothing));
    }
}
