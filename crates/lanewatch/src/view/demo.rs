//! The report of the demo: two runs of three shards side by side, and what to try next.

use std::collections::BTreeMap;
use std::path::Path;

use collector::RunReport;

use super::findings::{found, severity};
use super::lines::{Columns, dbm, path};
use super::run::{totals, troubles};
use super::screen::Screen;

/// One shard of the demo, collected twice.
#[derive(Debug)]
pub(crate) struct DemoShard {
    pub(crate) name: String,
    pub(crate) first: RunReport,
    pub(crate) second: RunReport,
    /// Received power in the first run, by device, interface and lane.
    pub(crate) power_then: BTreeMap<(String, String, u32), f64>,
}

/// What `demo` prints. `program` is how the user called it, so that the commands work when pasted.
pub(crate) fn render_demo(
    shards: &[DemoShard],
    on_purpose: &str,
    folder: &Path,
    program: &str,
    screen: Screen,
) -> String {
    let runs: Vec<_> = shards
        .iter()
        .flat_map(|shard| {
            [
                (format!("{}, run 1", shard.name), &shard.first),
                (format!("{}, run 2", shard.name), &shard.second),
            ]
        })
        .collect();
    let devices: usize = shards.iter().map(|shard| shard.second.devices.len()).sum();
    let minutes = shards.first().map_or(0, |shard| {
        (shard.second.run_timestamp - shard.first.run_timestamp) / 60
    });
    let mut text = vec![
        format!(
            "{devices} simulated devices in {} shards, each shard with its own runner, over real SSH and NETCONF; two runs, {minutes} simulated minutes apart.",
            shards.len()
        ),
        on_purpose.to_owned(),
        String::new(),
        totals(&runs, screen),
        String::new(),
        "Looks bad, in run 2:".to_owned(),
        looks_bad(shards, screen),
    ];
    for shard in shards {
        text.extend(troubles(&shard.second));
    }
    text.extend(files(folder));
    text.extend(try_next(folder, program));
    text.join("\n")
}

fn looks_bad(shards: &[DemoShard], screen: Screen) -> String {
    let rows = shards.iter().flat_map(|shard| {
        let all = found(&shard.second, &shard.first.devices);
        all.into_iter().map(|found| {
            let (device, finding) = (found.device, found.finding);
            let lane = finding
                .lane
                .map(|lane| (device.to_owned(), finding.interface.clone(), lane));
            let then = lane.and_then(|lane| shard.power_then.get(&lane)).copied();
            vec![
                severity(finding).to_owned(),
                device.to_owned(),
                finding.interface.clone(),
                finding.lane_text(),
                dbm(then),
                dbm(finding.rx_power_dbm),
                finding.why.clone(),
            ]
        })
    });
    let columns = Columns {
        header: &[
            "",
            "Device",
            "Interface",
            "Lane",
            "RX then",
            "RX now",
            "Why",
        ],
        right: &[3, 4, 5],
        drop: &[4, 5],
    };
    columns.table(screen, rows)
}

fn files(folder: &Path) -> Vec<String> {
    let lines = [
        (
            "output/",
            "a folder a run: raw replies, JSON documents, run.json",
        ),
        (
            "lake/",
            "dt=…/hr=…/{intf-dom,lane-dom,intf-counters}/….parquet",
        ),
        ("inventory-shard*.yaml", "an Ansible inventory a shard"),
        ("sim/ledger.jsonl", "what the devices say they sent"),
    ];
    let mut text = vec![
        String::new(),
        format!("Everything is under {}:", path(folder)),
    ];
    text.extend(lines.map(|(name, meaning)| format!("  {name:<22}  {meaning}")));
    text
}

fn try_next(folder: &Path, program: &str) -> Vec<String> {
    let (program, folder) = (quote(program), path(folder));
    let at = |name: &str| quote(&format!("{folder}/{name}"));
    vec![
        String::new(),
        "Try next:".to_owned(),
        format!(
            "  # the report of the newest run, as a program reads it\n  python3 -m json.tool {} | head -n 40",
            at("output/latest/run.json")
        ),
        format!(
            "  # read its raw replies again: the same documents, the same rows, no device\n  {program} replay {} --output-dir {} --lake {}",
            at("output/latest"),
            at("replay/output"),
            at("replay/lake")
        ),
        format!(
            "  # four devices of other models, for as long as one collection takes\n  {program} sim --devices 4 --folder {0} -- {program} collect -i {1} --output-dir {2} --lake {3}",
            at("try"),
            at("try/inventory.yaml"),
            at("try/output"),
            at("try/lake")
        ),
    ]
}

/// A word that a shell takes as one.
fn quote(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(
            quote("target/release/lanewatch"),
            "target/release/lanewatch"
        );
        assert_eq!(quote("my demo's folder"), r"'my demo'\''s folder'");
    }
}
