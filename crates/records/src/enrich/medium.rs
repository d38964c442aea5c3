//! The medium that a cable type, an optic type or a part number names: `100GBASE LR4`, `SFP-1GE-T`, `QSFP28-100G-CU3M`.

use super::fibre_tables::{CABLES, MEDIA};
use crate::model::FiberType;

/// What a text says that a module speaks over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Fibre that is plugged in.
    Fibre(FiberType),
    /// Copper, or a cable whose ends are the modules: neither a fibre nor a wavelength of its own.
    Cable,
}

/// A medium as it is named.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Medium {
    pub(super) kind: Kind,
    /// Without speed and lanes: `LR` of `100GBASE-LR4`.
    pub(super) name: &'static str,
    /// What stands behind the name: the lanes, and for several wavelengths a point (`4.2`).
    pub(super) lanes: String,
    /// Gbit/s, where the text names a speed.
    pub(super) speed: Option<f64>,
    /// True when both directions share a fibre, on two wavelengths.
    pub(super) is_bidirectional: bool,
}

/// Names that are media only behind a speed: alone they are product families (`EX-SFP-…`) or anything else.
const ONLY_BEHIND_A_SPEED: [&str; 3] = ["EX", "T", "TX"];

/// Words that say that both directions share a fibre.
const BIDIRECTIONAL: [&str; 4] = ["BIDI", "BD", "BXU", "BXD"];

/// The first medium that the text names.
pub(super) fn medium(text: &str) -> Option<Medium> {
    let upper = text.to_ascii_uppercase();
    let words: Vec<&str> = upper
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let speeds: Vec<_> = words.iter().map(|word| with_speed(word)).collect();
    let is_bidirectional = words.iter().any(|word| BIDIRECTIONAL.contains(word));
    words.iter().enumerate().find_map(|(at, word)| {
        let (own_speed, rest) = speeds[at];
        let behind_speed = own_speed.is_some()
            || at > 0 && matches!(speeds[at - 1], (Some(_), "") | (None, "BASE"));
        let (kind, name, lanes) = named(rest.strip_prefix("BASE").unwrap_or(rest))?;
        if ONLY_BEHIND_A_SPEED.contains(&name) && !behind_speed {
            return None;
        }
        let speed = own_speed.or_else(|| speeds.iter().find_map(|(speed, _)| *speed));
        debug_assert!(word.len() >= name.len());
        Some(Medium {
            kind,
            name,
            lanes: lanes.to_owned(),
            speed,
            is_bidirectional: is_bidirectional || name == "BX",
        })
    })
}

/// The medium of one word, and what stands behind its name.
fn named(word: &str) -> Option<(Kind, &'static str, &str)> {
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if let Some((medium, fibre)) = MEDIA.iter().find(|(medium, _)| *medium == name) {
        return Some((Kind::Fibre(*fibre), medium, &word[name.len()..]));
    }
    // `CU3M` and `DAC1M`: the length of the cable stands behind.
    let without_length = word.strip_suffix('M').unwrap_or(word);
    let name = without_length.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    CABLES
        .iter()
        .find(|cable| **cable == name)
        .map(|cable| (Kind::Cable, *cable, &word[name.len()..]))
}

/// The speed that a word begins with in Gbit/s, and the rest: `100GBASE`, `10GE`, `40G`, `1000` of `1000LX`.
fn with_speed(word: &str) -> (Option<f64>, &str) {
    let digits = word
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(word.len());
    let (number, rest) = word.split_at(digits);
    let Ok(number) = number.parse::<f64>() else {
        return (None, word);
    };
    let giga = ["GBASE", "GIGE", "GE", "G"];
    if let Some(rest) = giga.iter().find_map(|unit| rest.strip_prefix(unit)) {
        return (Some(number), rest);
    }
    match number {
        // In Mbit/s, as in `1000BASE-T` and `GIGE 1000SX`; other numbers are no speeds.
        10.0 | 100.0 | 1000.0 | 2500.0 => (Some(number / 1000.0), rest),
        _ => (None, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medium_is_told_with_its_speed_and_its_lanes() {
        for (text, name, lanes, speed) in [
            ("100GBASE LR4", "LR", "4", Some(100.0)),
            ("GIGE 1000LH", "LH", "", Some(1.0)),
            ("SFP+-10G-SR", "SR", "", Some(10.0)),
            ("QDD-400G-SR4.2", "SR", "4.2", Some(400.0)),
            ("10GLR", "LR", "", Some(10.0)),
            ("SFP-1GE-EX", "EX", "", Some(1.0)),
            ("EX-SFP-10GE-ER", "ER", "", Some(10.0)),
            ("10GBASE-T", "T", "", Some(10.0)),
            ("QSFP28-100G-CU3M", "CU", "3M", Some(100.0)),
        ] {
            let found = medium(text).expect(text);
            assert_eq!(
                (found.name, found.lanes.as_str(), found.speed),
                (name, lanes, speed),
                "{text}"
            );
        }
    }

    #[test]
    fn a_product_family_is_no_medium() {
        for text in [
            "EX-4300-48T",
            "SRX-MP",
            "QFX-QSFP",
            "JNP-FPC-16C",
            "unknown cable",
            "EX",
            "NON-JNPR",
        ] {
            assert_eq!(medium(text), None, "{text}");
        }
        for (text, kind) in [
            ("EX-SFP-10GE-SR", Kind::Fibre(FiberType::MultiMode)),
            ("QFX-SFP-10GE-LR", Kind::Fibre(FiberType::SingleMode)),
            ("SRX-SFP-1GE-SX", Kind::Fibre(FiberType::MultiMode)),
            ("EX-SFP-1GE-T", Kind::Cable),
            ("JNP-100G-AOC-5M", Kind::Cable),
            ("EX-QSFP-40GE-DAC-50CM", Kind::Cable),
            ("100GBASE CR4", Kind::Cable),
            ("SFP-10GE-DAC-3M", Kind::Cable),
        ] {
            assert_eq!(medium(text).map(|medium| medium.kind), Some(kind), "{text}");
        }
    }
}
