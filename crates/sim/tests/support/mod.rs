//! What the tests of a running fleet share: logging in, and a reader of XML that owes nothing to the simulator's writer.
#![allow(dead_code, reason = "each test binary takes what it needs")]

use std::path::Path;

use netconf::{
    Options,
    ssh::{self, Connection, Credentials, Endpoint, HostKeyPolicy, Method, Target},
};
use quick_xml::{Reader, events::Event};
use sim::{Fleet, RunningDevice};

/// A UTC second on a whole hour.
pub(crate) const START: i64 = 1_764_000_000;

/// A session with a device, by the fleet's key and against its known hosts.
pub(crate) async fn connect(fleet: &Fleet, device: &RunningDevice) -> Connection {
    let method = Method::KeyFile {
        path: fleet.user_key().to_owned(),
        passphrase: None,
    };
    try_connect(fleet, device, method).await.unwrap()
}

/// A session, or why there is none.
pub(crate) async fn try_connect(
    fleet: &Fleet,
    device: &RunningDevice,
    method: Method,
) -> Result<Connection, netconf::Error> {
    try_connect_with(fleet, device, method, &Options::default()).await
}

/// The same with other settings than the usual ones.
pub(crate) async fn try_connect_with(
    fleet: &Fleet,
    device: &RunningDevice,
    method: Method,
    options: &Options,
) -> Result<Connection, netconf::Error> {
    let endpoint = Endpoint {
        host: device.address.ip().to_string(),
        port: device.address.port(),
    };
    let credentials = Credentials {
        user: fleet.user().to_owned(),
        methods: vec![method],
    };
    let host_keys = HostKeyPolicy::Strict {
        known_hosts: fleet.known_hosts().to_owned().into(),
    };
    let target = Target::new(endpoint, credentials, host_keys);
    ssh::connect(&target, options).await
}

/// The reply to an operation, as text.
pub(crate) async fn ask(connection: &mut Connection, operation: &str) -> String {
    String::from_utf8(connection.request(operation).await.unwrap().bytes).unwrap()
}

/// Every leaf of a reply: its path of local names, and its text. Fails on text that is not well-formed.
pub(crate) fn leaves(xml: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(xml);
    let mut path: Vec<String> = Vec::new();
    let mut leaves = Vec::new();
    let mut text = String::new();
    let mut roots = 0;
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) => {
                roots += usize::from(path.is_empty());
                assert!(
                    start.attributes().all(|attribute| attribute.is_ok()),
                    "attributes of {start:?}"
                );
                path.push(local(start.name().as_ref()));
                text.clear();
            }
            Event::Text(more) => text.push_str(&more),
            Event::End(_) => {
                leaves.push((path.join("/"), text.trim().to_owned()));
                text.clear();
                path.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty(), "unclosed: {path:?}");
    assert_eq!(roots, 1, "one root");
    leaves
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

/// The leaves of each physical interface, with paths from there: `(name, leaves)`.
pub(crate) fn interfaces(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut interfaces = Vec::new();
    let mut own = Vec::new();
    for (path, text) in leaves(xml) {
        let Some((_, inside)) = path.split_once("/physical-interface") else {
            continue;
        };
        match inside.strip_prefix('/') {
            Some(inside) => own.push((inside.to_owned(), text)),
            None => {
                let name = values(&own, "name")
                    .first()
                    .copied()
                    .expect("a name")
                    .to_owned();
                interfaces.push((name, std::mem::take(&mut own)));
            }
        }
    }
    interfaces
}

/// The texts of all leaves at `path`.
pub(crate) fn values<'a>(leaves: &'a [(String, String)], path: &str) -> Vec<&'a str> {
    let found = leaves.iter().filter(|(at, _)| at == path);
    found.map(|(_, text)| text.as_str()).collect()
}

/// The ledger's lines.
pub(crate) fn ledger(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
