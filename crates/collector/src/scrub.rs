//! Replies without what must not leave the house: secrets and serial numbers, and names and addresses if asked for.
//!
//! A value is replaced by one of the same length and the same kinds of characters, and by the same one everywhere, so that joins
//! still join and lengths still tell. What stands for a value is drawn anew for each recording: nobody can compute it back.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt as _;

/// Elements that hold a secret or a serial number, by local name.
const SECRETS: &[&str] = &[
    "authentication-key",
    "community",
    "community-name",
    "encrypted-password",
    "key",
    "member-serial-number",
    "password",
    "plain-text-password",
    "pre-shared-key",
    "private-key",
    "secret",
    "serial-number",
    "sfp-vendor-sn",
    "vendor-serial-number",
    "xcvr-vendor-sn",
];

/// Elements that hold the name or the address of a device or of something that is connected to it.
const NAMES: &[&str] = &[
    "current-physical-address",
    "hardware-physical-address",
    "host-name",
    "ifa-broadcast",
    "ifa-destination",
    "ifa-local",
    "link-address",
];

/// The reply in which `description` is what somebody wrote of an interface; elsewhere it is a part's.
const INTERFACES: &str = "<interface-information";

/// Words in the place of a value that say that there is none.
const NO_VALUES: &[&str] = &["BUILTIN", "NON-JNPR", "N/A", "n/a", "Unknown", "None", "-"];

/// A value shorter than this is replaced in its own element only: elsewhere it may be a word.
const SHORTEST_ANYWHERE: usize = 6;

/// What stands for what.
#[derive(Debug, Default)]
pub struct Scrubber {
    with_names: bool,
    replaced: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl Scrubber {
    /// A scrubber that has learnt nothing yet. `with_names` says whether it replaces names, addresses and descriptions as well.
    pub fn new(with_names: bool) -> Self {
        Self {
            with_names,
            ..Self::default()
        }
    }

    /// Learns the values of a reply. All replies are looked at before the first is changed.
    pub fn learn(&mut self, reply: &str) {
        for range in self.values(reply) {
            self.learn_value(&reply[range]);
        }
    }

    /// Learns one value: a device's name or address, which the replies may repeat.
    pub fn learn_value(&mut self, value: &str) {
        if value.is_empty() || NO_VALUES.contains(&value) || self.replaced.contains_key(value) {
            return;
        }
        let mut random = rand::rng();
        // A value of one or two characters may have no other than itself left.
        for _ in 0..100 {
            let other: String = value
                .chars()
                .map(|letter| other(letter, &mut random))
                .collect();
            if other != value && self.taken.insert(other.clone()) {
                self.replaced.insert(value.to_owned(), other);
                return;
            }
        }
        self.replaced
            .insert(value.to_owned(), "x".repeat(value.len()));
    }

    /// What stands for a value, itself if it is not known.
    pub fn stand_in<'v>(&'v self, value: &'v str) -> &'v str {
        self.replaced.get(value).map_or(value, String::as_str)
    }

    /// The reply with every known value replaced.
    pub fn reply(&self, reply: &str) -> String {
        let mut scrubbed = String::with_capacity(reply.len());
        let mut done = 0;
        for range in self.values(reply) {
            scrubbed.push_str(&reply[done..range.start]);
            scrubbed.push_str(self.stand_in(&reply[range.clone()]));
            done = range.end;
        }
        scrubbed.push_str(&reply[done..]);
        self.text(&scrubbed)
    }

    /// Any text with every known value replaced that is long enough to be no word.
    pub fn text(&self, text: &str) -> String {
        // The longest first: one value may be part of another.
        let mut values: Vec<_> = self
            .replaced
            .iter()
            .filter(|(value, _)| value.len() >= SHORTEST_ANYWHERE)
            .collect();
        values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        let mut text = text.to_owned();
        for (value, other) in values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), other);
            }
        }
        text
    }

    /// Where the texts of the elements stand that hold a value to be replaced, without the space around them.
    fn values(&self, reply: &str) -> Vec<std::ops::Range<usize>> {
        let of_interfaces = reply.contains(INTERFACES);
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(open) = reply[at..].find('<').map(|open| at + open + 1) {
            let Some(close) = reply[open..].find('>').map(|close| open + close) else {
                break;
            };
            let tag = &reply[open..close];
            at = close + 1;
            if tag.starts_with(['/', '!', '?']) || tag.ends_with('/') {
                continue;
            }
            let name = tag.split(char::is_whitespace).next().unwrap_or_default();
            let name = name.rsplit(':').next().unwrap_or_default();
            let is_named = self.with_names
                && (NAMES.contains(&name) || (of_interfaces && name == "description"));
            if !SECRETS.contains(&name) && !is_named {
                continue;
            }
            let end = reply[at..].find('<').map_or(reply.len(), |end| at + end);
            let text = &reply[at..end];
            let start = at + (text.len() - text.trim_start().len());
            if !text.trim().is_empty() {
                found.push(start..start + text.trim().len());
            }
        }
        found
    }
}

/// Another character of the same kind and length; what is neither letter nor digit stays.
fn other(letter: char, random: &mut impl rand::Rng) -> char {
    let mut within = |first: u8, count: u8| char::from(first + random.random_range(0..count));
    match letter {
        'A'..='Z' => within(b'A', 26),
        'a'..='z' => within(b'a', 26),
        '0'..='9' => within(b'0', 10),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHASSIS: &str = "<rpc-reply><j:chassis-inventory xmlns:j='u'><chassis><j:serial-number junos:x=\"1\">\n JN12AB3456 \n</j:serial-number>\
        <description>MX480</description><serial-number>BUILTIN</serial-number><serial-number/><part-number>750-1</part-number></chassis>";
    const OTHER: &str = "<interface-information><description>to ACME JN12AB3456</description><secret>s3</secret><s3/></interface-information>";

    #[test]
    fn a_value_is_replaced_by_the_same_one_of_its_kind_everywhere() {
        let mut scrubber = Scrubber::new(false);
        scrubber.learn(CHASSIS);
        scrubber.learn(OTHER);
        let (chassis, other) = (scrubber.reply(CHASSIS), scrubber.reply(OTHER));
        let serial = scrubber.stand_in("JN12AB3456").to_owned();
        assert_ne!(serial, "JN12AB3456");
        for (found, sent) in serial.chars().zip("JN12AB3456".chars()) {
            assert_eq!(
                (found.is_ascii_uppercase(), found.is_ascii_digit()),
                (sent.is_ascii_uppercase(), sent.is_ascii_digit())
            );
        }
        assert_eq!(chassis, CHASSIS.replace("JN12AB3456", &serial));
        assert!(other.contains(&format!("to ACME {serial}")), "{other}");
        assert!(
            !other.contains("<secret>s3<") && other.contains("<s3/>"),
            "a short value is replaced in its place only: {other}"
        );
        assert_eq!((chassis.len(), other.len()), (CHASSIS.len(), OTHER.len()));
    }

    #[test]
    fn names_and_addresses_go_when_asked_for_and_parts_keep_their_description() {
        let mut scrubber = Scrubber::new(true);
        let reply = format!(
            "{OTHER}<host-name>leaf-01.example</host-name><ifa-local>192.0.2.17/31</ifa-local>"
        );
        scrubber.learn(&reply);
        scrubber.learn(CHASSIS);
        let scrubbed = scrubber.reply(&reply);
        assert!(
            !scrubbed.contains("ACME")
                && !scrubbed.contains("leaf-01")
                && !scrubbed.contains("192.0.2.17"),
            "{scrubbed}"
        );
        assert!(scrubber.reply(CHASSIS).contains("<description>MX480<"));
        assert_eq!(
            scrubber.text("connect to leaf-01.example"),
            format!("connect to {}", scrubber.stand_in("leaf-01.example"))
        );
    }

    #[test]
    fn broken_replies_are_scrubbed_as_far_as_they_go() {
        let mut scrubber = Scrubber::new(true);
        for reply in [
            "<serial-number>ABC123456",
            "<serial-number",
            "<",
            "",
            "<serial-number>é1</serial-number>",
        ] {
            scrubber.learn(reply);
            assert_eq!(scrubber.reply(reply).len(), reply.len(), "{reply}");
        }
        assert!(
            !scrubber
                .reply("<serial-number>ABC123456")
                .contains("ABC123456")
        );
    }
}
