//! The interface name that stands for a location in `transceivers` and `pic_detail`.
//!
//! It is the name that the device itself uses: the un-channelised interface where it reports one, else the name of a
//! channel without the channel. The optics reply is asked before the statistics, and interfaces that cannot hold a module
//! (`pfe-0/0/0`) are never asked. Where the device reports nothing at a location, `et-F/P/N` stands in, and says so.

use std::collections::BTreeMap;

use crate::model::NameSource;
use crate::note::{Note, shortened};
use crate::port::{PortLocation, PortName};

/// Names by location.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortNames {
    /// The name, and whether it is that of a channel, so that a whole port's can still take its place.
    names: BTreeMap<PortLocation, (String, bool)>,
}

impl PortNames {
    /// Hears an interface that the device reports. Of several for one location the first stays, but a whole port's name
    /// takes the place of a channel's.
    pub(crate) fn hear(&mut self, interface: &str) {
        let Some(name) = PortName::parse(interface).filter(PortName::can_hold_a_module) else {
            return;
        };
        let is_channel = name.channel.is_some();
        match self.names.get_mut(&name.location) {
            Some(known) if known.1 && !is_channel => *known = (name.base.to_owned(), false),
            Some(_) => {}
            None => {
                _ = self
                    .names
                    .insert(name.location, (name.base.to_owned(), is_channel))
            }
        }
    }

    /// The name for a location, and where it comes from.
    pub fn name(&self, location: PortLocation) -> (String, NameSource) {
        match self.names.get(&location) {
            Some((name, _)) => (name.clone(), NameSource::Device),
            None => {
                let PortLocation { fpc, pic, port } = location;
                (format!("et-{fpc}/{pic}/{port}"), NameSource::Derived)
            }
        }
    }
}

/// The note of a name that no interface has. Interfaces without a port (`irb`, `ae0`) are in no table either, and need none.
pub(crate) fn odd_name(rpc: &'static str, name: &str) -> Option<Note> {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "-/:._*".contains(c);
    let is_odd = name.is_empty() || !name.chars().all(is_usual);
    is_odd.then(|| Note {
        rpc: rpc.into(),
        interface: None,
        lane: None,
        field: "name".into(),
        found: shortened(name),
        expected: "the name of an interface: it is left out of the tables".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_interface_has_is_told() {
        for usual in [
            "irb",
            "ae0.100",
            "et-0/0/1:2",
            "vtep.32768",
            "lo0",
            "esi",
            ".local.",
            "*",
        ] {
            assert_eq!(odd_name("x", usual), None, "{usual}");
        }
        for odd in ["=cmd|' /C calc'!A0", "et-0/0/1\u{1b}[2J", "et-0/0/\u{661}"] {
            assert_eq!(odd_name("x", odd).unwrap().found, odd);
        }
    }

    #[test]
    fn a_location_has_the_name_that_the_device_uses() {
        let mut names = PortNames::default();
        for interface in [
            "pfe-0/0/1",
            "xe-0/0/1:0",
            "xe-0/0/1:1",
            "et-0/0/2:0",
            "et-0/0/2",
            "ge-0/0/3",
            "irb",
        ] {
            names.hear(interface);
        }
        let name = |port| {
            names.name(PortLocation {
                fpc: 0,
                pic: 0,
                port,
            })
        };
        assert_eq!(name(1), ("xe-0/0/1".to_owned(), NameSource::Device));
        assert_eq!(name(2), ("et-0/0/2".to_owned(), NameSource::Device));
        assert_eq!(name(3), ("ge-0/0/3".to_owned(), NameSource::Device));
        assert_eq!(name(4), ("et-0/0/4".to_owned(), NameSource::Derived));
    }
}
