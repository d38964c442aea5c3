//! Inventories of a test's own making, and reading the simulator's.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// One host of an inventory; everything else it needs goes into `variables`.
#[derive(Debug)]
pub(crate) struct Host<'a> {
    pub(crate) name: &'a str,
    pub(crate) port: u16,
    pub(crate) variables: &'a [(&'a str, &'a str)],
}

/// Writes an inventory of hosts on this machine.
pub(crate) fn write_inventory(path: &Path, hosts: &[Host<'_>]) -> PathBuf {
    let mut text = "all:\n  hosts:\n".to_owned();
    for Host {
        name,
        port,
        variables,
    } in hosts
    {
        writeln!(
            text,
            "    {name}:\n      ansible_host: 127.0.0.1\n      ansible_port: {port}"
        )
        .unwrap();
        for (key, value) in *variables {
            writeln!(text, "      {key}: \"{value}\"").unwrap();
        }
    }
    fs::write(path, text).unwrap();
    path.to_owned()
}

/// Writes an inventory of one device, `silent-01`, whose connections are accepted and never answered while the listener lives.
pub(crate) fn write_silent_device(path: &Path) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = Host {
        name: "silent-01",
        port: listener.local_addr().unwrap().port(),
        variables: &[
            ("ansible_password", "x"),
            ("lanewatch_host_keys", "accept-new"),
        ],
    };
    write_inventory(path, &[host]);
    listener
}

/// A port on which nobody listens.
pub(crate) fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// The values of a variable wherever it stands in an inventory, in order.
pub(crate) fn values(inventory: &Path, variable: &str) -> Vec<String> {
    let text = fs::read_to_string(inventory).unwrap();
    let key = format!("{variable}:");
    let after = text.split(&key).skip(1);
    let value = |rest: &str| {
        let end = rest.find([',', '}', '\n', '#']).unwrap_or(rest.len());
        rest[..end].trim().trim_matches(['"', '\'']).to_owned()
    };
    after.map(value).collect()
}
