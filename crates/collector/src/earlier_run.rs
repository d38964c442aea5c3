//! What earlier runs of the same runner know of the devices of this one.

use std::collections::BTreeMap;
use std::path::Path;

use analysis::Before;
use sinks::{REPORT_FILE, RunFolder, RunIdentity};

use super::report::{DeviceReport, Outcome, RunReport};

/// How many runs are looked at for devices that did not deliver everything in the newest ones.
const LOOK_BACK: usize = 10;

/// Each device of the report as the newest earlier run has it in which it delivered everything under the same interface filter:
/// another filter, or an RPC that was refused, sees other ports. A run that cannot be read is passed over.
pub fn earlier_devices(
    folder: &RunFolder,
    output_dir: &Path,
    report: &RunReport,
) -> BTreeMap<String, DeviceReport> {
    let identity = RunIdentity {
        runner_name: report.runner_name.clone(),
        run_id: report.run_id.clone(),
        run_timestamp: report.run_timestamp,
    };
    let devices = report.devices.iter();
    let wanted = devices.map(|(name, device)| (name.clone(), device.interface_filter.clone()));
    earlier_of(folder, output_dir, &identity, wanted.collect())
}

/// The same of these devices, each with its interface filter.
pub(super) fn earlier_of(
    folder: &RunFolder,
    output_dir: &Path,
    identity: &RunIdentity,
    mut wanted: BTreeMap<String, Option<String>>,
) -> BTreeMap<String, DeviceReport> {
    let runs = folder
        .earlier(output_dir, identity)
        .unwrap_or_else(|error| {
            tracing::warn!("findings are not compared with those of the run before: {error}");
            Vec::new()
        });
    let mut found = BTreeMap::new();
    for run in runs.iter().take(LOOK_BACK) {
        if wanted.is_empty() {
            break;
        }
        let Ok(earlier) = RunReport::read(&run.join(REPORT_FILE)) else {
            continue;
        };
        for (name, device) in earlier.devices {
            let is_comparable = device.outcome == Outcome::Delivered
                && wanted.get(&name) == Some(&device.interface_filter);
            if is_comparable {
                wanted.remove(&name);
                found.insert(name, device);
            }
        }
    }
    found
}

/// Tells dark ports that lost their light from idle ones, by what the run before knows.
pub(super) fn settle_findings(report: &mut RunReport, earlier: &BTreeMap<String, DeviceReport>) {
    for (name, device) in &mut report.devices {
        if let Some(before) = earlier.get(name).map(before) {
            analysis::settle(&mut device.findings, before);
        }
    }
}

/// What the run before knows of a device.
pub(super) fn before(earlier: &DeviceReport) -> Before<'_> {
    Before {
        findings: &earlier.findings,
        lit: &earlier.lit,
    }
}

#[cfg(test)]
mod tests {
    use analysis::{Finding, Kind, Severity};

    use super::*;

    fn report(second: i64, devices: &[(&str, Outcome, Severity)]) -> RunReport {
        let device = |outcome: Outcome, severity: Severity| DeviceReport {
            outcome,
            findings: vec![Finding {
                interface: "et-0/0/1".to_owned(),
                lane: None,
                kind: Kind::RxDark,
                severity,
                why: "dark".to_owned(),
                beyond: None,
                rx_power_dbm: None,
            }],
            ..DeviceReport::default()
        };
        RunReport {
            runner_name: "r1".to_owned(),
            run_id: format!("{second:08x}"),
            run_timestamp: second,
            devices: devices
                .iter()
                .map(|(name, outcome, severity)| ((*name).to_owned(), device(*outcome, *severity)))
                .collect(),
            ..RunReport::default()
        }
    }

    /// Makes the folder of a run with its report.
    fn run(output: &Path, report: &RunReport) -> RunFolder {
        let identity = RunIdentity {
            runner_name: report.runner_name.clone(),
            run_id: report.run_id.clone(),
            run_timestamp: report.run_timestamp,
        };
        let folder = RunFolder::create(output, &identity).unwrap();
        folder
            .save_report(&serde_json::to_vec(report).unwrap())
            .unwrap();
        folder
    }

    #[test]
    fn a_device_is_held_against_the_newest_run_in_which_it_delivered() {
        use Outcome::{Delivered, Failed};
        let output = tempfile::tempdir().unwrap();
        let alarm = Severity::Alarm;
        let oldest = [("a", Delivered, alarm), ("b", Delivered, alarm)];
        run(output.path(), &report(1_800_000_000, &oldest));
        let newest = [
            ("a", Delivered, Severity::Info),
            ("b", Failed, Severity::Info),
        ];
        run(output.path(), &report(1_800_000_060, &newest));
        let own = [
            ("a", Delivered, Severity::Info),
            ("b", Delivered, Severity::Info),
            ("c", Delivered, Severity::Info),
        ];
        let mut own = report(1_800_000_120, &own);
        let folder = run(output.path(), &own);
        let later = [("a", Delivered, alarm), ("c", Delivered, alarm)];
        run(output.path(), &report(1_800_000_180, &later));
        let earlier = earlier_devices(&folder, output.path(), &own);
        settle_findings(&mut own, &earlier);
        let severity = |name: &str| own.devices[name].findings[0].severity;
        assert_eq!(
            severity("a"),
            Severity::Info,
            "the newest run before has it as information"
        );
        assert_eq!(
            severity("b"),
            alarm,
            "an alarm stays one beyond a run in which the device failed"
        );
        assert_eq!(
            severity("c"),
            Severity::Info,
            "a later run is no run before"
        );
        own.devices.get_mut("b").unwrap().interface_filter = Some("et-*".to_owned());
        let earlier = earlier_devices(&folder, output.path(), &own);
        assert!(
            !earlier.contains_key("b"),
            "another filter sees other ports"
        );
    }
}
