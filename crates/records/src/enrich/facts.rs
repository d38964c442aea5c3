//! What the replies say of a module that tells its fibre and its wavelength, and how its texts are taken apart.

use super::fibre_tables::OPTICAL_CABLE;
use super::medium::{Kind, medium};
use crate::value::absence;

/// What the replies say of a module, as far as they do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ModuleFacts<'a> {
    pub(crate) fiber_mode: Option<&'a str>,
    pub(crate) cable_type: Option<&'a str>,
    pub(crate) wavelength: Option<&'a str>,
    pub(crate) vendor_part_number: Option<&'a str>,
    pub(crate) chassis_part_number: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
}

impl ModuleFacts<'_> {
    /// The texts that may name a medium, in the order in which they are believed.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        [
            self.cable_type,
            self.vendor_part_number,
            self.chassis_part_number,
            self.description,
        ]
        .into_iter()
        .flatten()
    }

    /// True when the first text that names a medium names copper or a cable that is one with its ends.
    pub(super) fn is_cable(&self) -> bool {
        let named = self.texts().find_map(medium);
        named.is_some_and(|medium| medium.kind == Kind::Cable)
    }

    /// True when that names copper: a cable without light in it.
    pub(super) fn is_copper(&self) -> bool {
        let named = self.texts().find_map(medium);
        named.is_some_and(|medium| medium.kind == Kind::Cable && medium.name != OPTICAL_CABLE)
    }
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
