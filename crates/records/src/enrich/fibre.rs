//! Single-mode or multi-mode, and which fact decided.
//!
//! The rules are tried in order and the first that knows decides: the fibre mode that PIC detail gives, the cable type,
//! the wavelength, the part number, and last the optic type in the chassis inventory. What none of them knows is
//! `Unknown`, which is a better answer than a guess. Copper, and cables whose ends are the modules, have no fibre.

use super::facts::{ModuleFacts, wavelength_nm};
use super::fibre_tables::{MULTI_MODE_NM, PART_NUMBERS, SINGLE_MODE_NM};
use super::medium::{Kind, medium};
use crate::model::{FiberRule, FiberType};

/// The fibre type and the rule that decided it.
pub(crate) fn fibre(facts: &ModuleFacts<'_>) -> (FiberType, FiberRule) {
    if facts.is_cable() {
        return (FiberType::Unknown, FiberRule::Nothing);
    }
    let part = |text: Option<&str>| {
        text.and_then(|text| from_part_number(text).or_else(|| from_media(text)))
    };
    let rules = [
        (facts.fiber_mode.and_then(from_mode), FiberRule::FiberMode),
        (facts.cable_type.and_then(from_media), FiberRule::CableType),
        (
            facts.wavelength.and_then(wavelength_nm).and_then(from_nm),
            FiberRule::Wavelength,
        ),
        (
            part(facts.vendor_part_number).or_else(|| part(facts.chassis_part_number)),
            FiberRule::PartNumber,
        ),
        (
            facts.description.and_then(from_media),
            FiberRule::Description,
        ),
    ];
    let decided = rules
        .into_iter()
        .find_map(|(fiber, rule)| fiber.map(|fiber| (fiber, rule)));
    decided.unwrap_or_default()
}

/// True for a word that names a fibre mode.
pub(crate) fn is_mode(text: &str) -> bool {
    from_mode(text).is_some()
}

fn from_mode(text: &str) -> Option<FiberType> {
    let mode: String = text
        .chars()
        .filter(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_lowercase();
    match mode.as_str() {
        "sm" | "smf" | "single" | "singlemode" => Some(FiberType::SingleMode),
        "mm" | "mmf" | "multi" | "multimode" => Some(FiberType::MultiMode),
        _ => None,
    }
}

/// The fibre of the medium in a cable type, an optic type or a part number.
fn from_media(text: &str) -> Option<FiberType> {
    match medium(text)?.kind {
        Kind::Fibre(fibre) => Some(fibre),
        Kind::Cable => None,
    }
}

fn from_nm(nm: f64) -> Option<FiberType> {
    if MULTI_MODE_NM.contains(&nm) {
        Some(FiberType::MultiMode)
    } else if SINGLE_MODE_NM.contains(&nm) {
        Some(FiberType::SingleMode)
    } else {
        None
    }
}

fn from_part_number(text: &str) -> Option<FiberType> {
    PART_NUMBERS
        .iter()
        .find(|(start, _)| text.starts_with(start))
        .map(|(_, fiber)| *fiber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fact_that_knows_decides() {
        let all = ModuleFacts {
            fiber_mode: Some("SM"),
            cable_type: Some("100GBASE SR4"),
            wavelength: Some("850 nm"),
            vendor_part_number: Some("740-031980"),
            chassis_part_number: None,
            description: Some("SFP+-10G-SR"),
        };
        assert_eq!(fibre(&all), (FiberType::SingleMode, FiberRule::FiberMode));
        let no_mode = ModuleFacts {
            fiber_mode: Some("n/a"),
            ..all
        };
        assert_eq!(
            fibre(&no_mode),
            (FiberType::MultiMode, FiberRule::CableType)
        );
        let no_cable = ModuleFacts {
            cable_type: Some("unknown cable"),
            wavelength: Some("1310nm"),
            ..no_mode
        };
        assert_eq!(
            fibre(&no_cable),
            (FiberType::SingleMode, FiberRule::Wavelength)
        );
        let no_light = ModuleFacts {
            wavelength: None,
            ..no_cable
        };
        assert_eq!(
            fibre(&no_light),
            (FiberType::MultiMode, FiberRule::PartNumber)
        );
        let description = ModuleFacts {
            vendor_part_number: Some("NON-JNPR"),
            ..no_light
        };
        assert_eq!(
            fibre(&description),
            (FiberType::MultiMode, FiberRule::Description)
        );
        assert_eq!(
            fibre(&ModuleFacts::default()),
            (FiberType::Unknown, FiberRule::Nothing)
        );
    }

    #[test]
    fn cable_types_and_optic_types_are_recognised_by_their_medium() {
        for text in [
            "GIGE 1000LH",
            "100GBASE-LR4",
            "QSFP-100G-CWDM4",
            "400GBASE DR4",
            "SFP-CWDM-1470-JN",
            "10GLR",
        ] {
            assert_eq!(from_media(text), Some(FiberType::SingleMode), "{text}");
        }
        for text in [
            "GIGE 1000SX",
            "QSFP-100GBASE-SR4",
            "SFP+-10G-SR",
            "100GBASE SR10",
            "40G-ESR4",
        ] {
            assert_eq!(from_media(text), Some(FiberType::MultiMode), "{text}");
        }
        for text in [
            "100GBASE CR4",
            "unknown cable",
            "10GBASE-T",
            "QSFP28-100G-AOC-3M",
            "GIGE 1000T",
        ] {
            assert_eq!(from_media(text), None, "{text}");
        }
    }
}
