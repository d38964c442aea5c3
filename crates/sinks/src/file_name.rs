//! Any name as a file name, reversibly.
//!
//! Device and runner names come from inventories: `leaf-01`, `10.0.0.1`, but also `lab/leaf 1`. Letters, digits, `-`, `_` and
//! `.` stay; every other byte becomes `%XX`, and so does a leading dot, so that no name is hidden or climbs out of its folder.

use std::fmt::Write as _;

/// `name` as a file name.
pub fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => encoded.push(char::from(byte)),
            b'.' if at > 0 => encoded.push('.'),
            // Writing to a String cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

/// The name that [`encode`] turned into `file_name`; none if it did not.
pub fn decode(file_name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(file_name.len());
    let mut rest = file_name.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (
                char::from(rest.next()?).to_digit(16)?,
                char::from(rest.next()?).to_digit(16)?,
            );
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_comes_back() {
        for name in [
            "leaf-01_a.example.net",
            "lab/leaf 1",
            "..",
            ".hidden",
            "50%",
            "größe",
            "a%2Fb",
            "",
            "10.0.0.1",
            "fe80::1",
        ] {
            let encoded = encode(name);
            assert_eq!(decode(&encoded).as_deref(), Some(name), "{encoded}");
            assert!(
                !encoded.contains('/') && !encoded.starts_with('.'),
                "{encoded}"
            );
        }
    }

    #[test]
    fn usual_names_stay_readable() {
        assert_eq!(
            encode("dcf-glen8-evo.lab.example.net"),
            "dcf-glen8-evo.lab.example.net"
        );
    }

    #[test]
    fn what_was_never_encoded_is_refused() {
        for name in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decode(name), None, "{name}");
        }
    }
}
