//! What the replies say of a module that tells its fibre and its wavelength, and how its texts are taken apart.

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

/// A word without the speed that it begins with: `100GBASE` and `10G` of `10GLR`.
pub(super) fn without_speed(word: &str) -> &str {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
    ["GBASE", "BASE", "GE", "G"]
        .iter()
        .find_map(|speed| word.strip_prefix(speed))
        .unwrap_or(word)
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
