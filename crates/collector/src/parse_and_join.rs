//! From a device's replies to everything that is delivered of it: parse each reply, join the records, make documents and rows. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use records::json::Dialect;
use records::{Arrival, Context, DeviceError, ReplyName, ReplyReader, Snapshot, tables};

use super::delivery::DeviceOutput;
use super::report::{DeviceReport, RpcOutcome, RpcReport};

/// Reads one reply into the snapshot and says how it went.
pub(super) fn read_reply(
    reader: &ReplyReader,
    name: &ReplyName,
    bytes: &[u8],
    arrived: i64,
    snapshot: &mut Snapshot,
) -> RpcReport {
    let arrival = Arrival {
        at: arrived,
        pic: name.pic,
    };
    let outcome = reader.parse(bytes, arrival, snapshot);
    // Damage first: a message of the device must not hide that the reply was cut.
    let mut errors: Vec<_> = outcome.damaged().into_iter().collect();
    errors.extend(outcome.errors.iter().map(in_words));
    let failure = outcome.failure();
    if errors.is_empty() {
        errors.extend(failure.clone());
    }
    RpcReport {
        outcome: if failure.is_none() {
            RpcOutcome::Ok
        } else {
            RpcOutcome::Failed
        },
        parser: reader.name().to_owned(),
        arrived,
        bytes: bytes.len(),
        found: outcome.found,
        unread: outcome
            .unread
            .iter()
            .map(|(name, count)| (name.to_owned(), count))
            .collect(),
        errors,
        ..RpcReport::default()
    }
}

/// Reads a `pic_detail` document in place of the replies that it was made of; says who wrote it.
pub(super) fn read_pic_detail_document(
    bytes: &[u8],
    arrived: i64,
    snapshot: &mut Snapshot,
) -> (RpcReport, Dialect) {
    let read = records::json::read::pic_detail(bytes, arrived);
    let mut report = RpcReport {
        outcome: RpcOutcome::Ok,
        parser: "pic_detail".to_owned(),
        arrived,
        bytes: bytes.len(),
        ..RpcReport::default()
    };
    let mut dialect = Dialect::Documented;
    match read {
        Ok((ports, of_document)) => {
            dialect = of_document;
            report.found = ports.len();
            snapshot.pic_ports.extend(ports);
            snapshot.arrivals.set("pic_detail", arrived);
        }
        Err(why) => {
            report.outcome = RpcOutcome::Failed;
            report.errors.push(why);
        }
    }
    (report, dialect)
}

/// The device's own words, behind the error's tag (RFC 6241) where it has one: the tag is what one looks up.
fn in_words(error: &DeviceError) -> String {
    match &error.tag {
        Some(tag) => format!("{tag}: {error}"),
        None => error.to_string(),
    }
}

/// Joins what the replies said into documents and rows; counts, notes and findings go into the report.
pub(super) fn join(
    snapshot: Snapshot,
    context: &Context,
    report: &mut DeviceReport,
) -> DeviceOutput {
    let records = records::enrich::join(snapshot, context);
    let documents = records::json::documents(&records);
    let tables = tables::tables(&records);
    for table in &tables {
        report
            .rows
            .insert(table.dataset.name.clone(), table.batch.num_rows());
    }
    let with_optics = records
        .interfaces
        .iter()
        .filter(|interface| interface.location.is_some())
        .map(|interface| (interface.location, interface.channel));
    let with_counters = records
        .counters
        .iter()
        .filter(|counters| counters.location.is_some())
        .map(|counters| (counters.location, counters.channel));
    report.interfaces = with_optics
        .chain(with_counters)
        .collect::<BTreeSet<_>>()
        .len();
    report.lanes = records
        .lanes
        .iter()
        .filter(|lane| lane.location.is_some())
        .count();
    report
        .notes
        .extend(records.notes.as_slice().iter().map(ToString::to_string));
    if records.notes.dropped() > 0 {
        report.notes.push(format!(
            "and {} more of the same kind",
            records.notes.dropped()
        ));
    }
    if report.is_filtered_to_nothing()
        && let Some(filter) = &report.interface_filter
    {
        let note = format!(
            "the interface filter `{filter}` leaves no interface with readings or counters"
        );
        report.notes.push(note);
    }
    let with_optics = records
        .interfaces
        .iter()
        .map(|row| (&row.optics.name, row.location));
    let with_counters = records
        .counters
        .iter()
        .map(|row| (&row.statistics.name, row.location));
    let names = with_optics.chain(with_counters);
    let names: BTreeSet<_> = names
        .filter_map(|(name, location)| location.map(|_| Arc::clone(name)))
        .collect();
    report.findings = analysis::judge(&records);
    report.lit = analysis::lit(&records);
    DeviceOutput {
        device: context.device.clone(),
        documents: documents
            .into_iter()
            .map(|(rpc, json)| (rpc.into_owned(), json))
            .collect(),
        tables,
        facts: Some(Arc::clone(&records.facts)),
        interfaces: names.into_iter().collect(),
        health: None,
    }
}
