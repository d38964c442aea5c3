//! The vendors and their parsers, by the names that a catalogue uses: `{vendor}/{name}`.
//!
//! A vendor is a folder with a list of parsers, and its line in [`VENDORS`]. A name without a vendor means
//! [`DEFAULT_VENDOR`]; the parsers of any other vendor have it in their own names too.

pub mod junos;
mod parser;

pub(crate) use parser::reply_text;
pub use parser::{Arrival, Parser};

/// The vendor that a name without one means.
pub const DEFAULT_VENDOR: &str = "junos";

/// The name that older catalogues have for [`DEFAULT_VENDOR`].
const FORMER_NAME: &str = "juniper";

/// The parsers of one vendor.
#[derive(Debug)]
pub struct Vendor {
    /// Its name before the slash, in lower case.
    pub name: &'static str,
    /// Its parsers, sorted by name.
    pub parsers: &'static [Parser],
}

/// Every vendor, sorted by name.
pub static VENDORS: &[Vendor] = &[Vendor {
    name: "junos",
    parsers: junos::PARSERS,
}];

/// Every parser of every vendor.
pub fn all() -> impl Iterator<Item = &'static Parser> {
    VENDORS.iter().flat_map(|vendor| vendor.parsers)
}

/// The name of a vendor's parser without the vendor; `None` where the vendor should stand before it and does not.
fn local_name(vendor: &Vendor, parser: &Parser) -> Option<&'static str> {
    if vendor.name == DEFAULT_VENDOR {
        return Some(parser.name);
    }
    parser.name.strip_prefix(vendor.name)?.strip_prefix('/')
}

/// The parser of this name: `{vendor}/{name}`, or the bare name of one of [`DEFAULT_VENDOR`].
pub fn find(name: &str) -> Option<&'static Parser> {
    let (vendor, name) = match name.split_once('/') {
        Some((FORMER_NAME, name)) => (DEFAULT_VENDOR, name),
        Some(parts) => parts,
        None => (DEFAULT_VENDOR, name),
    };
    let vendor = VENDORS.iter().find(|known| known.name == vendor)?;
    vendor
        .parsers
        .iter()
        .find(|parser| local_name(vendor, parser) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Snapshot;

    #[test]
    fn the_lists_are_sorted_and_every_name_finds_its_parser() {
        assert!(VENDORS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for vendor in VENDORS {
            let names: Vec<_> = vendor.parsers.iter().map(|parser| parser.name).collect();
            assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
            for parser in vendor.parsers {
                let local = local_name(vendor, parser).expect("the vendor before the name");
                assert!(!local.is_empty() && !local.contains('/'), "{local}");
                let full = format!("{}/{local}", vendor.name);
                assert_eq!(find(&full).unwrap().name, parser.name);
            }
        }
        for known in all() {
            assert_eq!(find(known.name).unwrap().name, known.name);
        }
        for name in ["pic_detail", "junos/pic_detail", "juniper/pic_detail"] {
            assert_eq!(find(name).unwrap().name, "pic_detail", "{name}");
        }
        for name in [
            "optics",
            "pic_detail/junos",
            "nobody/pic_detail",
            "/pic_detail",
            "junos/junos/pic_detail",
        ] {
            assert!(find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_cost_their_text_and_nothing_else() {
        let mut snapshot = Snapshot::default();
        let reply = b"<system-information><host-name>caf\xe9</host-name><os-version>1</os-version></system-information>";
        let outcome = find("system_information")
            .unwrap()
            .parse(reply, 7, &mut snapshot);
        assert!(outcome.complete);
        assert_eq!(
            snapshot.system_information.unwrap().version.as_deref(),
            Some("1")
        );
        assert_eq!(snapshot.notes.len(), 1);
    }
}
