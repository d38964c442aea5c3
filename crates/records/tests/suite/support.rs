//! Shared by the tests: where the fixtures are, and a device's records made of a folder of replies.

use std::path::{Path, PathBuf};

use records::parsers::{self, Parser};
use records::{Context, DeviceRecords, Outcome, Snapshot, enrich};

/// The second at which every fixture arrived.
pub(crate) const ARRIVED: i64 = 1_770_132_650;

/// True where what is missing must fail and not be skipped.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Relative: Cargo runs tests in the folder of their package. A path compiled in would be that of another clone where a
/// target folder is shared.
fn fixtures() -> PathBuf {
    PathBuf::from("../../fixtures/junos")
}

/// Every case: its folder, and its replies by parser.
pub(crate) fn cases() -> Vec<(PathBuf, Vec<(&'static Parser, PathBuf)>)> {
    let mut cases = Vec::new();
    for group in folders(&fixtures()) {
        for case in folders(&group) {
            let group = group.file_name().unwrap().to_str().unwrap();
            let replies = if group == "join" {
                replies_of_a_device(&case)
            } else {
                one_reply(group, &case)
            };
            assert!(!replies.is_empty(), "{} holds no reply", case.display());
            cases.push((case, replies));
        }
    }
    assert!(!cases.is_empty(), "no fixtures found");
    cases
}

fn one_reply(rpc: &str, case: &Path) -> Vec<(&'static Parser, PathBuf)> {
    let parser =
        parsers::find(rpc).unwrap_or_else(|| panic!("no parser for the fixtures in {rpc}"));
    vec![(parser, case.join("reply.xml"))]
}

/// `<rpc>.xml`, or `<rpc>_<anything>.xml` where an RPC has several replies.
fn replies_of_a_device(case: &Path) -> Vec<(&'static Parser, PathBuf)> {
    let mut replies = Vec::new();
    for path in entries(case)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "xml"))
    {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let parser = parsers::junos::PARSERS
            .iter()
            .find(|parser| stem.starts_with(parser.name));
        replies.push((
            parser.unwrap_or_else(|| panic!("no parser for {stem}")),
            path,
        ));
    }
    replies
}

fn folders(path: &Path) -> Vec<PathBuf> {
    entries(path)
        .into_iter()
        .filter(|path| path.is_dir())
        .collect()
}

pub(crate) fn entries(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

pub(crate) fn context() -> Context {
    Context {
        device: "leaf1".to_owned(),
        runner_name: "runner01".to_owned(),
        run_timestamp: 1_770_132_645,
        interface_filter: None,
    }
}

pub(crate) fn records(
    replies: &[(&'static Parser, PathBuf)],
) -> (Vec<(&'static str, Outcome)>, DeviceRecords) {
    let mut snapshot = Snapshot::default();
    let outcomes = replies
        .iter()
        .map(|(parser, path)| {
            let reply = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (parser.name, parser.parse(&reply, ARRIVED, &mut snapshot))
        })
        .collect();
    (outcomes, enrich::join(snapshot, &context()))
}
