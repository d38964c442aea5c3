//! Which interfaces a run is about: the `interface_filter` of an inventory.
//!
//! A comma-separated list of names and patterns (`*` any run of characters, `?` one). A name selects its channels
//! too: whoever asks for `et-0/0/32` means the port, however it is broken out today. Chassis and PIC data are not
//! filtered: they are small, and they describe the device.

use std::str::FromStr;

use wildmatch::WildMatch;

use crate::error::Error;

/// A parsed, non-empty list of interface names and patterns.
#[derive(Debug, Clone, PartialEq)]
pub struct InterfaceFilter {
    entries: Vec<WildMatch>,
}

// Patterns are texts, and equal to themselves.
impl Eq for InterfaceFilter {}

impl FromStr for InterfaceFilter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut entries = Vec::new();
        for entry in text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
        {
            let strange = |c: &char| !(c.is_ascii_alphanumeric() || "-/:._*?".contains(*c));
            if let Some(character) = entry.chars().find(strange) {
                return Err(Error::FilterEntry {
                    entry: entry.to_owned(),
                    character,
                });
            }
            entries.push(WildMatch::new(entry));
        }
        if entries.is_empty() {
            Err(Error::EmptyFilter(text.to_owned()))
        } else {
            Ok(Self { entries })
        }
    }
}

impl InterfaceFilter {
    /// True when the interface, or the port that it is a channel of, is on the list.
    pub fn selects(&self, interface: &str) -> bool {
        let port = interface.split(':').next().unwrap_or(interface);
        self.entries
            .iter()
            .any(|entry| entry.matches(interface) || entry.matches(port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> InterfaceFilter {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_selects_itself_and_its_channels() {
        let f = filter(" et-0/0/32 ,et-0/0/1:2,");
        assert!(f.selects("et-0/0/32") && f.selects("et-0/0/32:3") && f.selects("et-0/0/1:2"));
        assert!(
            !f.selects("et-0/0/3")
                && !f.selects("et-0/0/1:1")
                && !f.selects("et-0/0/1")
                && !f.selects("et-0/0/320")
        );
    }

    #[test]
    fn patterns_select_families() {
        assert!(filter("et-0/0/*").selects("et-0/0/7:1"));
        assert!(filter("*-0/?/1").selects("xe-0/3/1"));
        assert!(!filter("et-0/0/?").selects("et-0/0/12"));
        assert!(filter("*").selects("irb"));
        assert!(
            !filter("et-0/0/1?").selects("et-0/0/1"),
            "`?` is one character"
        );
        // Many stars cost no more than the product of the two lengths.
        let stars = filter(&"*a".repeat(40));
        assert!(!stars.selects(&"a".repeat(4_000).replace('a', "b")));
    }

    #[test]
    fn a_filter_that_cannot_mean_anything_is_refused() {
        assert!(matches!(
            " , ".parse::<InterfaceFilter>(),
            Err(Error::EmptyFilter(_))
        ));
        let error = "et-0/0/1 et-0/0/2".parse::<InterfaceFilter>().unwrap_err();
        assert!(error.to_string().contains("' '"), "{error}");
    }
}
