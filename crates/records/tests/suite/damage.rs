//! Replies that were damaged on their way: nothing panics, and everything that is still whole is found, as it was.
//!
//! What is whole is decided on the bytes: an element of which the damage touched nothing. What it holds is decided by reading
//! that element alone.

use std::ops::Range;
use std::sync::LazyLock;

use proptest::prelude::*;
use records::parsers::Parser;
use records::{Snapshot, enrich, json, tables};

/// A fixture's reply, and where its independent parts stand.
struct Reply {
    parser: &'static Parser,
    bytes: Vec<u8>,
    parts: Vec<Range<usize>>,
}

static REPLIES: LazyLock<Vec<Reply>> = LazyLock::new(|| {
    let replies = crate::support::cases()
        .into_iter()
        .flat_map(|(_, replies)| replies);
    let reply = |(parser, path): (&'static Parser, _)| {
        let bytes = std::fs::read(path).unwrap();
        // Damage costs the interface, the line card or the FPC that holds it. System information has no parts.
        let parts = match parser.name {
            "optics_diagnostics" | "interface_statistics" => parts(&bytes, "physical-interface"),
            "chassis_inventory" => parts(&bytes, "chassis-module"),
            "pic_detail" => parts(&bytes, "fpc"),
            _ => Vec::new(),
        };
        Reply {
            parser,
            bytes,
            parts,
        }
    };
    replies.map(reply).collect()
});

/// Where every element of this name that is whole stands, its tags included. They do not nest.
fn parts(reply: &[u8], name: &str) -> Vec<Range<usize>> {
    let text = String::from_utf8_lossy(reply);
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = text[from..].find(&format!("{name}>")) {
        let end_of_start = from + at + name.len() + 1;
        from = end_of_start;
        let Some(start) = text[..end_of_start].rfind('<') else {
            continue;
        };
        let tag = &text[start + 1..end_of_start - 1];
        // A prefix may stand before the name; an end tag or a longer name is another thing.
        if !matches!(tag.strip_suffix(name), Some(prefix) if prefix.is_empty() || prefix.ends_with(':') && !prefix.starts_with('/'))
        {
            continue;
        }
        let end = format!("</{tag}>");
        if let Some(length) = text[end_of_start..].find(&end) {
            let end_at = end_of_start + length + end.len();
            // An element that begins inside has lost the end of this one.
            if !text[end_of_start..end_at].contains(&format!("<{tag}>")) {
                found.push(start..end_at);
                from = end_at;
            }
        }
    }
    found
}

fn parse(parser: &Parser, reply: &[u8]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let outcome = parser.parse(reply, crate::support::ARRIVED, &mut snapshot);
    // Whatever was read can be joined and written.
    let records = enrich::join(snapshot.clone(), &crate::support::context());
    assert_eq!(tables::tables(&records).len(), 3);
    for (_, document) in json::documents(&records) {
        serde_json::from_slice::<serde_json::Value>(&document).unwrap();
    }
    assert_eq!(outcome.complete, outcome.damage.is_none());
    snapshot
}

/// Everything that a snapshot holds of parts, as texts; which routing engine spoke stands outside of them.
fn holdings(snapshot: Snapshot) -> Vec<String> {
    let optics = snapshot.optics.into_iter().map(|mut record| {
        record.routing_engine = None;
        format!("{record:?}")
    });
    let statistics = snapshot.statistics.into_iter().map(|mut record| {
        record.routing_engine = None;
        format!("{record:?}")
    });
    let modules = snapshot
        .chassis_inventory
        .into_iter()
        .flat_map(|chassis| chassis.transceivers)
        .map(|mut record| {
            record.routing_engine = None;
            record.chassis = 0;
            format!("{record:?}")
        });
    let ports = snapshot.pic_ports.into_iter().map(|mut record| {
        record.routing_engine = None;
        format!("{record:?}")
    });
    optics
        .chain(statistics)
        .chain(modules)
        .chain(ports)
        .collect()
}

/// Says what is missing of the parts that the damage at `hit` left whole.
fn missing(reply: &Reply, damaged: &[u8], hit: &Range<usize>) -> Result<(), String> {
    let mut found = holdings(parse(reply.parser, damaged));
    for part in &reply.parts {
        if part.start < hit.end && hit.start < part.end {
            continue;
        }
        for expected in holdings(parse(reply.parser, &reply.bytes[part.clone()])) {
            match found.iter().position(|record| *record == expected) {
                Some(at) => _ = found.swap_remove(at),
                None => {
                    return Err(format!(
                        "{}: lost {expected}\nof {found:#?}",
                        reply.parser.name
                    ));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn every_fixture_without_new_damage_holds_its_whole_parts() {
    let mut parts = 0;
    for reply in REPLIES.iter() {
        missing(reply, &reply.bytes, &(0..0)).unwrap();
        parts += reply.parts.len();
    }
    assert!(parts > 100, "only {parts} parts were found in the fixtures");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_costs_nothing_that_is_still_whole(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        length in prop_oneof![1_usize..40, 1_usize..4_000],
        flip in prop::option::of(1_u8..=255),
    ) {
        let reply = &REPLIES[which.index(REPLIES.len())];
        let whole = &reply.bytes;
        let start = place.index(whole.len());
        let end = (start + length).min(whole.len());
        let damaged = match flip {
            Some(bits) => {
                let mut bytes = whole.clone();
                bytes[start..end].iter_mut().for_each(|byte| *byte ^= bits);
                bytes
            }
            None => [&whole[..start], &whole[end..]].concat(),
        };
        if let Err(lost) = missing(reply, &damaged, &(start..end)) {
            prop_assert!(false, "bytes {start} to {end}, {flip:?}: {lost}");
        }
    }

    #[test]
    fn any_bytes_at_all_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), which in 0_usize..5) {
        parse(&records::parsers::junos::PARSERS[which], &bytes);
    }
}

#[test]
fn a_reply_cut_in_half_fails() {
    for reply in REPLIES
        .iter()
        .filter(|reply| reply.parser.name == "interface_statistics")
    {
        let mut snapshot = Snapshot::default();
        let half = &reply.bytes[..reply.bytes.len() / 2];
        let outcome = reply
            .parser
            .parse(half, crate::support::ARRIVED, &mut snapshot);
        assert!(!outcome.complete && outcome.failure().is_some());
    }
}
