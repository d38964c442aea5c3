//! Replies that were damaged on their way: nothing panics, and what stands before the damage is still found.

use std::sync::LazyLock;

use proptest::prelude::*;
use records::junos::Parser;
use records::{Snapshot, enrich, json, table};

static REPLIES: LazyLock<Vec<(&'static Parser, Vec<u8>)>> = LazyLock::new(|| {
    let replies = crate::support::cases()
        .into_iter()
        .flat_map(|(_, replies)| replies);
    replies
        .map(|(parser, path)| (parser, std::fs::read(path).unwrap()))
        .collect()
});

fn parse(parser: &Parser, reply: &[u8]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let outcome = parser.parse(reply, crate::support::ARRIVED, &mut snapshot);
    // Whatever was read can be joined and written.
    let records = enrich::join(snapshot.clone(), &crate::support::context());
    assert_eq!(table::tables(&records).len(), 3);
    for (_, document) in json::documents(&records) {
        serde_json::from_slice::<serde_json::Value>(&document).unwrap();
    }
    assert_eq!(outcome.complete, outcome.damage.is_none());
    snapshot
}

/// How many interfaces end before this byte.
fn complete_before(reply: &[u8], at: usize) -> usize {
    String::from_utf8_lossy(&reply[..at])
        .matches("physical-interface>")
        .count()
        / 2
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_costs_nothing_that_stands_before_it(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        length in 1_usize..200,
        flip in prop::option::of(1_u8..=255),
    ) {
        let (parser, whole) = &REPLIES[which.index(REPLIES.len())];
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
        let sound = parse(parser, whole);
        let found = parse(parser, &damaged);
        let before = complete_before(whole, start);
        let optics = before.min(sound.optics.len());
        // Unnamed interfaces end before the damage too, but are no records; take what both agree to be complete.
        let optics = optics.min(sound.optics.iter().filter(|o| ends_before(whole, &o.name, start)).count());
        prop_assert!(found.optics.len() >= optics);
        prop_assert_eq!(&found.optics[..optics], &sound.optics[..optics]);
        let counters = sound.statistics.iter().filter(|s| ends_before(whole, &s.name, start)).count().min(before);
        prop_assert!(found.statistics.len() >= counters);
        prop_assert_eq!(&found.statistics[..counters], &sound.statistics[..counters]);
    }

    #[test]
    fn any_bytes_at_all_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), which in 0_usize..5) {
        parse(&records::junos::PARSERS[which], &bytes);
    }
}

/// True when the interface's element ends before this byte.
fn ends_before(reply: &[u8], name: &str, at: usize) -> bool {
    let text = String::from_utf8_lossy(&reply[..at]);
    text.find(name)
        .is_some_and(|start| text[start..].contains("physical-interface>"))
}

#[test]
fn a_reply_cut_in_half_keeps_the_complete_interfaces_and_fails() {
    for (parser, reply) in REPLIES
        .iter()
        .filter(|(parser, _)| parser.name == "interface_statistics")
    {
        let mut snapshot = Snapshot::default();
        let outcome = parser.parse(
            &reply[..reply.len() / 2],
            crate::support::ARRIVED,
            &mut snapshot,
        );
        assert!(!outcome.complete && outcome.failure().is_some());
    }
}
