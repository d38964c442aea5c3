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
    /// True when there is not one wavelength: both directions share a fibre, several are put on it, or the laser is tuned.
    pub(super) has_several_wavelengths: bool,
}

/// Names that are media only behind a speed: alone they are product families (`EX-SFP-…`) or anything else.
const ONLY_BEHIND_A_SPEED: [&str; 9] = ["EX", "T", "TX", "FX", "SW", "LW", "EW", "KR", "KX"];

/// Words that say that there is more than one wavelength.
const SEVERAL_WAVELENGTHS: [&str; 10] = [
    "BIDI", "BD", "BXU", "BXD", "CWDM", "DWDM", "SWDM", "TUNABLE", "TUN", "TDWDM",
];

/// Words that name the fibre itself.
const SINGLE_MODE: [&str; 3] = ["SM", "SMF", "SINGLEMODE"];
const MULTI_MODE: [&str; 3] = ["MM", "MMF", "MULTIMODE"];

/// How the words of SONET and SDH begin, where a short reach (`SR1`) is on single-mode fibre.
const SONET: [&str; 5] = ["OC3", "OC12", "OC48", "OC192", "STM"];

/// The first medium that the text names.
pub(super) fn medium(text: &str) -> Option<Medium> {
    let upper = text.to_ascii_uppercase();
    let words: Vec<&str> = upper
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let speeds: Vec<_> = words.iter().map(|word| with_speed(word)).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let has_several_wavelengths = words.iter().any(|word| {
        let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
        SEVERAL_WAVELENGTHS.contains(&name)
    });
    let is_sonet = words.iter().any(|word| {
        let number = word.trim_start_matches(|c: char| c.is_ascii_digit());
        SONET.iter().any(|name| number.starts_with(name))
    });
    let is_contradicted = |kind| match kind {
        Kind::Fibre(FiberType::MultiMode) => is_sonet || has(&SINGLE_MODE),
        Kind::Fibre(FiberType::SingleMode) => has(&MULTI_MODE),
        _ => false,
    };
    let found = words.iter().enumerate().find_map(|(at, word)| {
        let (own_speed, rest) = speeds[at];
        let behind_speed = own_speed.is_some()
            || at > 0 && matches!(speeds[at - 1], (Some(_), "") | (None, "BASE"));
        let (kind, name, lanes) = named(rest.strip_prefix("BASE").unwrap_or(rest))?;
        // `10G-T-DWDM-ZR`: not twisted pair but a laser that is tuned.
        if name == "T" && has_several_wavelengths {
            return None;
        }
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
            has_several_wavelengths: has_several_wavelengths || matches!(name, "BX" | "SRBD"),
        })
    });
    found.filter(|medium| !is_contradicted(medium.kind))
}

/// The medium of one word, and what stands behind its name.
fn named(word: &str) -> Option<(Kind, &'static str, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let name = word.trim_end_matches(is_number);
    if name == "LX" && word.ends_with('4') {
        // 10GBASE-LX4 and its like go over both kinds of fibre.
        return None;
    }
    if let Some((medium, fibre)) = MEDIA.iter().find(|(medium, _)| *medium == name) {
        return Some((Kind::Fibre(*fibre), medium, &word[name.len()..]));
    }
    // `LR4L` (lite), `BX10U` (upstream), `LX40K` (kilometres): a letter behind the number.
    let name = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let lanes = name.len()..;
    let name = name.trim_end_matches(is_number);
    if name.len() < lanes.start
        && ["L", "F", "T", "U", "D", "K", "KM"].contains(&&word[lanes.start..])
        && let Some((medium, fibre)) = MEDIA.iter().find(|(medium, _)| *medium == name)
    {
        return Some((Kind::Fibre(*fibre), medium, &word[name.len()..lanes.start]));
    }
    // `CU3M`, `DAC50CM`: the length of the cable stands behind.
    let without_length = word.strip_suffix('M').unwrap_or(word);
    let without_length = without_length.strip_suffix('C').unwrap_or(without_length);
    let name = without_length.trim_end_matches(is_number);
    let name = if name == without_length {
        word.trim_end_matches(is_number)
    } else {
        name
    };
    CABLES
        .iter()
        .find(|cable| **cable == name)
        .map(|cable| (Kind::Cable, *cable, &word[name.len()..]))
}

/// The speed that a word begins with in Gbit/s, and the rest: `100GBASE`, `10GE`, `40G`, `1000` of `1000LX`, that of each of
/// several in `4X10GLR`.
fn with_speed(word: &str) -> (Option<f64>, &str) {
    let digits = word
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(word.len());
    let (number, rest) = word.split_at(digits);
    let Ok(number) = number.parse::<f64>() else {
        return (None, word);
    };
    if let Some(each) = rest.strip_prefix('X').filter(|each| each.len() > 1) {
        return with_speed(each);
    }
    if let Some(rest) = rest.strip_prefix("FE") {
        return (Some(0.1), rest);
    }
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
            ("4X10GBASE LR", "LR", "", Some(10.0)),
            ("4X100GLR", "LR", "", Some(100.0)),
            ("OSFP-800G-2XFR4", "FR", "4", Some(800.0)),
            ("QSFP-100GBASE-ER4L", "ER", "4", Some(100.0)),
            ("QSFP56-DD-400GBASE-LR4-10", "LR", "4", Some(400.0)),
            ("OSFP-800G-DR8-2-P", "DR", "8", Some(800.0)),
            ("EX-SFP-1GE-LX40K", "LX", "40", Some(1.0)),
            ("SFPP-10GBASE-BX10U", "BX", "10", Some(10.0)),
            ("100GBASE CU 3M", "CU", "", Some(100.0)),
            ("800G-AOC 10M", "AOC", "", Some(800.0)),
            ("GIGE 100FX PHY", "FX", "", Some(0.1)),
            ("SFP+-10G-T-DWDM-ZR", "DWDM", "", Some(10.0)),
            ("SFP-1FE-FX", "FX", "", Some(0.1)),
            ("XFP-10G-LW", "LW", "", Some(10.0)),
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
            "10G SFP-SW",
            "FX2",
            "QSFP-40GE-LX4",
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
            ("QSFP+-40G-ACU10M", Kind::Cable),
            ("QSFP+-40G-CU50CM", Kind::Cable),
            ("SFP+-10G-ACU5M", Kind::Cable),
            ("100GBASE KR4", Kind::Cable),
            ("10G PDAC", Kind::Cable),
            ("QSFP-40/100-SRBD", Kind::Fibre(FiberType::MultiMode)),
        ] {
            assert_eq!(medium(text).map(|medium| medium.kind), Some(kind), "{text}");
        }
    }

    #[test]
    fn a_text_that_contradicts_itself_names_no_medium() {
        for text in [
            "QSFP-100G-SM-SR",
            "SFP-1OC48-SR",
            "10GBASE SR SMF",
            "XFP-STM64-SR1",
        ] {
            assert_eq!(medium(text), None, "{text}");
        }
        let long = medium("OC192 LR2").map(|medium| medium.kind);
        assert_eq!(long, Some(Kind::Fibre(FiberType::SingleMode)));
    }
}
