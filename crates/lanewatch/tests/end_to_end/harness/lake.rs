//! Lakes for tests, made by `lake write` from documents of the test's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Ran, files_below, program, run};

/// A Tuesday, some seconds before an hour ends.
pub(crate) const RUN: i64 = 1_770_134_390;

/// Writes the documents of so many devices, each with so many ports of four lanes; values follow from names and `seed`.
pub(crate) fn write_documents(folder: &Path, devices: usize, ports: usize, seed: usize) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    for device in 0..devices {
        let (mut interfaces, mut lanes, mut statistics) =
            (Vec::new(), Vec::new(), serde_json::Map::new());
        for port in 0..ports {
            let name = format!("et-0/0/{port}");
            let number = seed * 7919 + device * 131 + port;
            interfaces.push(serde_json::json!({
                "if_name": name, "temperature": 40.0 + (number % 97) as f64 / 10.0, "vendor": "ACME",
            }));
            for lane in 0..4 {
                let rx = -2.0 - ((number * 4 + lane) % 1013) as f64 / 100.0;
                // One in seven is dark.
                let dark = (number + lane).is_multiple_of(7);
                lanes.push(if dark {
                    serde_json::json!({"if_name": name, "lane": lane, "rx_power_state": "no_light"})
                } else {
                    serde_json::json!({"if_name": name, "lane": lane, "rx_power": rx, "tx_power": -1.25, "tx_bias": 7.5})
                });
            }
            statistics.insert(
                name,
                serde_json::json!({"oper_status": "up", "fec_ccw": number * 1000, "fec_nccw": number % 3}),
            );
        }
        let write = |rpc: &str, json: serde_json::Value| {
            let path = folder.join(format!("device-{device:03}_{rpc}_metrics.json"));
            std::fs::write(path, json.to_string()).unwrap();
        };
        write(
            "optics_diagnostics",
            serde_json::json!({"interfaces": interfaces, "lanes": lanes}),
        );
        write(
            "interface_statistics",
            serde_json::Value::Object(statistics),
        );
    }
    folder.to_owned()
}

/// What writes documents into the lake `lake` below `folder`, as a run of this runner that begins now.
pub(crate) fn write_command(folder: &Path, documents: &Path, runner: &str) -> Command {
    let documents = documents.to_str().unwrap();
    let write = ["lake", "write", "--metrics-dir", documents];
    let place = ["--base-dir", "lake", "--runner-name", runner];
    program(folder, &[write, place].concat())
}

/// Writes one run of a runner into the lake `lake` below `folder`.
pub(crate) fn write_run(folder: &Path, documents: &Path, runner: &str, run_timestamp: i64) -> Ran {
    let mut write = write_command(folder, documents, runner);
    run(write.args(["--run-timestamp", &run_timestamp.to_string()])).expect(0)
}

/// Compares the lake in `lake` with the remote lake `to`.
pub(crate) const fn verify(to: &str) -> [&str; 7] {
    ["lake", "verify", "--lake", "lake", "--remote", "--to", to]
}

/// The same, and reads the remote's bytes.
pub(crate) const fn read_back(to: &str) -> [&str; 8] {
    [
        "lake",
        "verify",
        "--lake",
        "lake",
        "--remote",
        "--to",
        to,
        "--read-back",
    ]
}

/// A Parquet file with so many numbers of four bytes in it: between the pages and the footer there may be anything.
pub(crate) fn big_parquet(folder: &Path, numbers: u32) -> Vec<u8> {
    let documents = write_documents(&folder.join("of_one"), 1, 2, 1);
    let apart = folder.join("apart");
    std::fs::create_dir_all(&apart).unwrap();
    write_run(&apart, &documents, "big", RUN);
    let small = std::fs::read(files_below(&apart.join("lake")).remove(0)).unwrap();
    let (rest, end) = small.split_at(small.len() - 8);
    let footer = u32::from_le_bytes(end[..4].try_into().unwrap());
    let (pages, footer) = rest.split_at(rest.len() - usize::try_from(footer).unwrap());
    let noise = (0..numbers).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes());
    let mut bytes = pages.to_vec();
    bytes.extend(noise);
    bytes.extend_from_slice(footer);
    bytes.extend_from_slice(end);
    bytes
}
