//! What every parser and every mapping promises of any bytes at all, checked by the fuzz targets.
//!
//! No panic. What was read can be joined, made into tables and written as JSON. No number is infinite or NaN. And the memory
//! that reading takes at its highest is bounded by a small multiple of the reply: a device, or whoever stands between,
//! must not be able to fill the collector's memory with a reply that fits into it.

use std::sync::Arc;

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
    let read = |snapshot: &mut Snapshot| ReplyReader::Mapping(Arc::clone(mapping)).parse(reply, 1, snapshot);
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
