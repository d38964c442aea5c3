//! What every parser and every mapping promises of any bytes at all, checked by the fuzz targets.
//!
//! No panic. What was read can be joined, made into tables and written as JSON. No number is infinite or NaN. And the memory
//! that reading takes at its highest is bounded by a small multiple of the reply: a device, or whoever stands between,
//! must not be able to fill the collector's memory with a reply that fits into it.

use std::path::Path;
use std::sync::Arc;

use inventory::vault::Vault;
use inventory::{Host, Inventory};
use peak_alloc::PeakAlloc;
use records::mapping::Mapping;
use records::model::{INTERFACE_COUNTERS_COLUMNS, INTERFACE_DOM_COLUMNS, LANE_DOM_COLUMNS};
use records::table::{Columns, Value};
use records::{Context, Outcome, ReplyReader, Snapshot, enrich, json, parsers, tables};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The most bytes that may be held for each byte of a reply. The densest inputs that are known, lists of ports or interfaces that are
/// nothing but a name, take 32: a list that doubles its room holds three times what is in it for a moment. A device's own replies
/// take less than one.
const BYTES_A_BYTE: usize = 48;

/// What is held whatever the reply's length.
const BYTES_ALWAYS: usize = 16_384;

/// The same for a mapping: a row of eight fields keeps their texts until all of them are known.
const BYTES_A_BYTE_MAPPED: usize = 128;

/// Reads the bytes as a reply by a parser and checks everything that the crate promises.
pub fn parses_any_bytes(parser: &str, reply: &[u8]) {
    let parser = parsers::find(parser).expect("a parser of this name");
    let read = |snapshot: &mut Snapshot| parser.parse(reply, 1, snapshot);
    keeps_its_promises(reply, BYTES_A_BYTE, read);
}

/// Reads the bytes as a reply by a mapping and checks everything that the crate promises.
pub fn maps_any_bytes(mapping: &Arc<Mapping>, reply: &[u8]) {
    let read = |snapshot: &mut Snapshot| {
        ReplyReader::Mapping(Arc::clone(mapping)).parse(reply, 1, snapshot)
    };
    keeps_its_promises(reply, BYTES_A_BYTE_MAPPED, read);
}

fn keeps_its_promises(
    reply: &[u8],
    bytes_a_byte: usize,
    read: impl FnOnce(&mut Snapshot) -> Outcome,
) {
    let mut snapshot = Snapshot::default();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let outcome = read(&mut snapshot);
    let held = MEMORY.peak_usage().saturating_sub(before);
    assert!(
        held <= BYTES_ALWAYS + bytes_a_byte * reply.len(),
        "reading {} bytes held {held}",
        reply.len()
    );
    assert_eq!(outcome.complete, outcome.damage.is_none());
    if !outcome.complete {
        assert!(outcome.failure().is_some(), "damage without a failure");
    }

    let records = enrich::join(snapshot, &Context::default());
    finite(INTERFACE_DOM_COLUMNS, &records.interfaces);
    finite(LANE_DOM_COLUMNS, &records.lanes);
    finite(INTERFACE_COUNTERS_COLUMNS, &records.counters);
    // Making tables and documents takes a hundred times as long as reading does: one input in eight is enough of it.
    if !reply.len().is_multiple_of(8) {
        return;
    }
    assert!(tables::tables(&records).len() >= tables::DATASETS.len());
    for (name, document) in json::documents(&records) {
        assert!(document.starts_with(b"{"), "{name}");
        assert!(std::str::from_utf8(&document).is_ok(), "{name}");
    }
}

fn finite<R>(columns: Columns<R>, rows: &[R]) {
    for row in rows {
        for column in columns.iter().copied().flatten() {
            if let Value::Float(value) = (column.get)(row) {
                assert!(value.is_finite(), "{} is {value}", column.spec.name);
            }
        }
    }
}

/// How many hosts the ranges of an input may stand for, line by line: a range of a few bytes that means a million hosts is right, and takes
/// the memory and the time of a million hosts.
const MOST_HOSTS: u64 = 1_000;

/// How many hosts of an inventory are looked at.
const SHOWN_HOSTS: usize = 8;

/// Reads the text as an inventory whose file has this name, and uses what it gives as the commands do.
pub fn reads_any_inventory(file: &str, text: &str) {
    let hosts: u64 = text
        .lines()
        .map(hosts_of_ranges)
        .fold(0, u64::saturating_add);
    if hosts > MOST_HOSTS.saturating_add(text.lines().count() as u64) {
        return;
    }
    match Inventory::parse(Path::new(file), text, Vault::default()) {
        Ok(inventory) => {
            assert!(inventory.hosts().len() > 0, "an inventory without hosts");
            for host in inventory.hosts().take(SHOWN_HOSTS) {
                assert!(host.to_json().is_object());
                for name in host.variables().into_keys() {
                    resolves_any_variable(host, name);
                }
            }
        }
        Err(problems) => {
            for problem in &problems.0 {
                assert!(!problem.message.is_empty());
                let shown = problem.with_snippet(|_| Some(text.to_owned()));
                assert!(shown.starts_with(&problem.to_string()), "{shown}");
            }
        }
    }
}

/// Evaluates a variable: it has a value, or there is a sentence that says why not.
pub fn resolves_any_variable(host: Host<'_>, name: &str) {
    match host.resolve(name) {
        Ok(value) => assert!(value.is_some_and(|value| !value.is_secret || value.text().is_none())),
        Err(problem) => assert!(problem.message.contains('`'), "{problem}"),
    }
}

/// How many hosts the ranges of a line stand for, at most: all of its ranges taken for those of one pattern.
fn hosts_of_ranges(line: &str) -> u64 {
    let ranges = line
        .split('[')
        .skip(1)
        .filter_map(|rest| rest.split(']').next());
    let counts = ranges.map(|range| {
        let mut ends = range.split(':');
        let number = |text: Option<&str>| match text.map(str::trim) {
            Some("") => Some(0),
            Some(text) => text.parse::<u64>().ok(),
            None => None,
        };
        match (number(ends.next()), number(ends.next())) {
            (Some(first), Some(last)) => last.saturating_sub(first).saturating_add(1),
            _ if range.contains(':') => 52,
            _ => 1,
        }
    });
    counts.fold(1, u64::saturating_mul)
}
