//! The report of a run, for a person.

use std::collections::BTreeMap;
use std::path::Path;

use analysis::{Change, Severity};
use collector::{DeviceReport, Finished, Outcome, PushReport, Replayed, RunReport};
use sinks::lake::Written;

use super::findings::{found, table};
use super::lines::{Columns, at_most, count, one_line, path, size};
use super::screen::Screen;

/// Lines of a list that a terminal can take; the rest is in `run.json`.
const LIST_LIMIT: usize = 20;
/// Findings that the end of a run shows.
const FINDINGS_LIMIT: usize = 10;
/// Names of devices that a line can take.
const NAMES_LIMIT: usize = 5;

/// What `collect` prints.
pub(crate) fn render_run(
    finished: &Finished,
    output_dir: &Path,
    lake: &Path,
    screen: Screen,
) -> String {
    let (report, folder) = (&finished.report, finished.folder.path());
    let mut text = vec![
        headline(report),
        String::new(),
        totals(&[(report.runner_name.clone(), report)], screen),
    ];
    text.extend(troubles(report));
    text.extend(filtered_to_nothing(report));
    text.extend(looks_bad(finished, screen));
    text.push(String::new());
    if finished.report_error.is_none() {
        text.push(format!(
            "Report   {}",
            path(&folder.join(sinks::REPORT_FILE))
        ));
    }
    let mut replies = format!("Replies  {}", path(folder));
    if finished.is_latest {
        replies += &format!("  ({} points there)", path(&output_dir.join("latest")));
    }
    text.push(replies);
    if report.files.is_empty() {
        text.push(format!("Lake     {} (nothing from this run)", path(lake)));
    }
    for file in &report.files {
        text.push(format!(
            "Lake     {}  {} rows, {}",
            path(&file.path),
            count(file.rows),
            size(file.bytes)
        ));
    }
    text.extend(report.push.as_ref().map(pushed));
    text.join("\n")
}

/// What the Pushgateway took.
fn pushed(push: &PushReport) -> String {
    let devices = if push.pushed == 1 {
        "device"
    } else {
        "devices"
    };
    let mut line = format!(
        "Pushed   {}  {} {devices}",
        push.gateway,
        count(push.pushed)
    );
    if push.failed > 0 {
        line += &format!(", {} failed", count(push.failed));
    }
    if !push.deleted.is_empty() {
        line += &format!(", {} removed", count(push.deleted.len()));
    }
    line
}

/// How the run went, in one line.
fn headline(report: &RunReport) -> String {
    let (all, delivered) = (report.devices.len(), report.count(Outcome::Delivered));
    let degraded = report.count(Outcome::Degraded);
    let mut line = format!(
        "{} of {} devices delivered in {:.1} s",
        count(delivered),
        count(all),
        report.seconds
    );
    if degraded > 0 {
        line += &format!(", {} more in part", count(degraded));
    }
    if report.interrupted {
        line += "; the run was stopped before the rest had answered";
    }
    line
}

/// One line a shard.
pub(super) fn totals(shards: &[(String, &RunReport)], screen: Screen) -> String {
    let header = [
        "Shard",
        "Devices",
        "Interfaces",
        "Lanes",
        "Rows",
        "Replies",
        "Lake",
        "Seconds",
    ];
    let rows = shards.iter().map(|(name, report)| {
        let devices = report.devices.values();
        vec![
            name.clone(),
            format!(
                "{}/{}",
                report.count(Outcome::Delivered),
                report.devices.len()
            ),
            count(devices.clone().map(|device| device.interfaces).sum()),
            count(devices.clone().map(|device| device.lanes).sum()),
            count(report.files.iter().map(|file| file.rows).sum()),
            size(
                devices
                    .map(|device| u64::try_from(device.bytes).unwrap_or(u64::MAX))
                    .sum(),
            ),
            size(report.files.iter().map(|file| file.bytes).sum()),
            format!("{:.1}", report.seconds),
        ]
    });
    let columns = Columns {
        header: &header,
        right: &[1, 2, 3, 4, 5, 6, 7],
        drop: &[6, 5, 4, 2],
    };
    columns.table(screen, rows)
}

/// The devices that did not deliver everything, and why.
pub(super) fn troubles(report: &RunReport) -> Vec<String> {
    let mut text = Vec::new();
    for (outcome, title) in [
        (Outcome::Failed, "Failed"),
        (Outcome::Degraded, "Delivered in part"),
    ] {
        let devices = report.devices.iter();
        let lines = by_cause(devices.filter(|(_, device)| device.outcome == outcome));
        if !lines.is_empty() {
            text.extend([String::new(), format!("{title}:")]);
            text.extend(at_most(LIST_LIMIT, lines, sinks::REPORT_FILE));
        }
    }
    text
}

/// A line a device and its error; from three devices on that fail for one reason, a line for them all, the largest number first.
fn by_cause<'r>(devices: impl Iterator<Item = (&'r String, &'r DeviceReport)>) -> Vec<String> {
    let mut causes: BTreeMap<String, Vec<(&String, &str)>> = BTreeMap::new();
    for (name, device) in devices {
        let why = device.error.as_deref().unwrap_or("no reason given");
        let cause = cause(why, &device.address);
        causes.entry(cause).or_default().push((name, why));
    }
    let mut causes: Vec<_> = causes.into_iter().collect();
    causes.sort_by_key(|(_, devices)| std::cmp::Reverse(devices.len().max(2)));
    let mut lines = Vec::new();
    let mut single = Vec::new();
    for (cause, devices) in &causes {
        if let [_, _, _, ..] = devices.as_slice() {
            let names = devices
                .iter()
                .take(NAMES_LIMIT)
                .map(|(name, _)| name.as_str());
            let mut names = names.collect::<Vec<_>>().join(", ");
            if devices.len() > NAMES_LIMIT {
                names += ", …";
            }
            lines.push(format!(
                "  {} devices: {cause} ({names})",
                count(devices.len())
            ));
        } else {
            single.extend(devices.iter().copied());
        }
    }
    single.sort_unstable();
    lines.extend(single.iter().map(|(name, why)| format!("  {name}: {why}")));
    lines
}

/// An error without what is one device's or one moment's own: its address, and after how many seconds it came (`, after 0.10 s`).
pub(crate) fn cause(error: &str, address: &str) -> String {
    let mut cause = match address {
        "" => error.to_owned(),
        address => {
            let own = error.strip_prefix(&format!("{address}: "));
            own.unwrap_or(error).replace(address, "its address")
        }
    };
    let mut from = 0;
    while let Some(at) = cause[from..].find(AFTER).map(|at| from + at) {
        let rest = &cause[at + AFTER.len()..];
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        match number.strip_prefix(" s") {
            Some(behind)
                if number.len() < rest.len() && !behind.starts_with(char::is_alphanumeric) =>
            {
                let end = cause.len() - behind.len();
                cause.replace_range(at..end, "");
                from = at;
            }
            _ => from = at + AFTER.len(),
        }
    }
    cause
}

/// What stands before the time of an error.
const AFTER: &str = ", after ";

/// The devices of which the interface filter left nothing, by filter.
fn filtered_to_nothing(report: &RunReport) -> Vec<String> {
    let mut filters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let devices = report
        .devices
        .iter()
        .filter(|(_, device)| device.is_filtered_to_nothing());
    for (name, device) in devices {
        let filter = device.interface_filter.as_deref().unwrap_or_default();
        filters.entry(filter).or_default().push(name);
    }
    let line = |(filter, names): (&str, Vec<&str>)| {
        let of_devices = match names.as_slice() {
            [one] => format!("of {one}"),
            [first, second] => format!("of {first} and {second}"),
            several => format!("of {} devices", count(several.len())),
        };
        format!(
            "The interface filter `{}` leaves no interface {of_devices}.",
            one_line(filter)
        )
    };
    let lines: Vec<_> = filters.into_iter().map(line).collect();
    match lines.is_empty() {
        true => lines,
        false => [String::new()].into_iter().chain(lines).collect(),
    }
}

/// The worst findings that the run before does not have, and how many there are besides.
fn looks_bad(finished: &Finished, screen: Screen) -> Vec<String> {
    let report = &finished.report;
    let all = found(report, &finished.earlier);
    let (idle, bad): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|found| found.finding.severity == Severity::Info);
    let mut text = vec![String::new()];
    if bad.is_empty() {
        match (report.count(Outcome::Delivered), report.devices.len()) {
            (delivered, all) if delivered == all => text.push("No lane looks bad.".to_owned()),
            (0, _) => return Vec::new(), // nothing was read whole
            _ => text.push("No lane of the devices that delivered looks bad.".to_owned()),
        }
    } else {
        let (still, new): (Vec<_>, Vec<_>) = bad
            .into_iter()
            .partition(|found| found.change == Some(Change::Still));
        let shown = new.get(..new.len().min(FINDINGS_LIMIT)).unwrap_or_default();
        let beyond = new.len() - shown.len();
        if new.is_empty() {
            text.push("Nothing looks bad that did not in the run before.".to_owned());
        } else {
            let since = match finished.earlier.is_empty() {
                true => "Looks bad:",
                false => "Looks bad, new since the run before:",
            };
            text.extend([since.to_owned(), table(shown, false, screen)]);
        }
        let more = [
            (beyond, "more that are new"),
            (still.len(), "that the run before has as well"),
        ];
        let more = more.iter().filter(|(number, _)| *number > 0);
        let more: Vec<_> = more
            .map(|(number, which)| format!("{} {which}", count(*number)))
            .collect();
        if !more.is_empty() {
            text.push(format!(
                "And {}; `lanewatch findings` shows all.",
                more.join(", ")
            ));
        }
    }
    if !idle.is_empty() {
        let (ports, are, them) = match idle.len() {
            1 => ("1 port".to_owned(), "is", "it"),
            more => (format!("{} ports", count(more)), "are", "them"),
        };
        text.push(format!(
            "{ports} with a module {are} dark and idle (`lanewatch findings` names {them})."
        ));
    }
    text
}

/// What `replay` prints.
pub(crate) fn render_replay(devices: &[Replayed], files: &[Written], output: &Path) -> String {
    let mut text = vec![format!(
        "{} devices read again; documents in {}",
        count(devices.len()),
        path(output)
    )];
    for replayed in devices {
        if let Some(error) = &replayed.report.error {
            text.push(format!("  {}: {error}", replayed.device));
        }
    }
    for file in files {
        text.push(format!(
            "Lake  {}  {} rows, {}",
            path(&file.path),
            count(file.rows),
            size(file.bytes)
        ));
    }
    text.join("\n")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use analysis::{Finding, Kind};
    use sinks::RunFolder;

    use super::super::screen::screens_of_snapshots;
    use super::*;

    use collector::LakeFile;

    #[test]
    fn a_cause_has_neither_address_nor_time() {
        for (error, expected) in [
            (
                "10.0.0.1:830: connect, after 10.02 s: no TCP connection within 10 s",
                "connect: no TCP connection within 10 s",
            ),
            (
                "10.0.0.1:830: login, after 3 s: refused, after 0.1 s",
                "login: refused",
            ),
            (
                "via 10.0.0.1:830, after a while, after s",
                "via its address, after a while, after s",
            ),
            ("no reason, after 5 sessions", "no reason, after 5 sessions"),
        ] {
            assert_eq!(cause(error, "10.0.0.1:830"), expected, "{error}");
        }
        assert_eq!(cause("x, after 1.5 s: y", ""), "x: y");
    }

    fn device(outcome: Outcome, error: Option<&str>, findings: Vec<Finding>) -> DeviceReport {
        DeviceReport {
            outcome,
            error: error.map(str::to_owned),
            bytes: 1_234_567,
            interfaces: 32,
            lanes: 128,
            findings,
            ..DeviceReport::default()
        }
    }

    fn finding(severity: Severity, lane: Option<u32>, why: &str) -> Finding {
        Finding {
            interface: "et-0/0/12".to_owned(),
            lane,
            kind: Kind::RxPower,
            severity,
            beyond: None,
            why: why.to_owned(),
            rx_power_dbm: lane.map(|_| -7.294),
        }
    }

    fn report(devices: Vec<(&str, DeviceReport)>) -> RunReport {
        RunReport {
            runner_name: "shard1".to_owned(),
            seconds: 1.26,
            files: vec![LakeFile {
                dataset: "lane-dom".to_owned(),
                path: "/lake/dt=2026-02-03/hr=15/lane-dom/x.parquet".into(),
                rows: 128,
                bytes: 20_480,
            }],
            devices: devices
                .into_iter()
                .map(|(name, device)| (name.to_owned(), device))
                .collect(),
            ..RunReport::default()
        }
    }

    fn rendered(report: &RunReport) -> String {
        rendered_on(Screen::default(), report)
    }

    fn rendered_on(screen: Screen, report: &RunReport) -> String {
        let root = tempfile::tempdir().unwrap();
        let output = root.path().join("output");
        let finished = Finished {
            report: report.clone(),
            folder: RunFolder::at(&output.join("20260203_153045_shard1")).unwrap(),
            earlier: Arc::default(),
            is_latest: true,
            report_error: None,
            metrics_error: None,
            warnings: Vec::new(),
        };
        let text = render_run(&finished, &output, Path::new("/lake"), screen);
        text.replace(root.path().to_str().unwrap(), "")
    }

    #[test]
    fn a_run_fits_every_screen() {
        let why = "received power -7.29 dBm is below the low alarm threshold of -6.00 dBm; the low warning threshold is -5.00 dBm";
        let findings = vec![
            finding(Severity::Alarm, Some(2), why),
            finding(Severity::Warning, None, "pre-FEC BER 1.2e-4"),
        ];
        let failed = device(
            Outcome::Failed,
            Some("192.0.2.3:830: cannot connect"),
            Vec::new(),
        );
        let report = report(vec![
            (
                "rack17-leaf-01.dc3",
                device(Outcome::Delivered, None, findings),
            ),
            ("rack17-leaf-02.dc3", failed),
        ]);
        for (screen, width, of_screen) in screens_of_snapshots() {
            let text = rendered_on(screen, &report);
            let tables = text
                .lines()
                .filter(|line| !line.contains("  /") && !line.starts_with("  "));
            for line in tables {
                assert!(
                    console::measure_text_width(line) <= width,
                    "{width}: {line}"
                );
            }
            let name = format!("run_{of_screen}");
            insta::assert_snapshot!(name, screen.shown(&text).replace('\u{1b}', "<ESC>"));
        }
    }

    #[test]
    fn a_run_with_every_outcome_reads_well() {
        let findings = vec![
            finding(Severity::Warning, None, "pre-FEC BER 1.2e-4"),
            finding(Severity::Alarm, Some(2), "received power -7.29 dBm"),
        ];
        let text = rendered(&report(vec![
            ("leaf-01", device(Outcome::Delivered, None, findings)),
            (
                "leaf-02",
                device(
                    Outcome::Degraded,
                    Some("pic_detail_0_0: permission denied"),
                    Vec::new(),
                ),
            ),
            (
                "leaf-03",
                device(
                    Outcome::Failed,
                    Some("192.0.2.3:830: cannot connect"),
                    Vec::new(),
                ),
            ),
        ]));
        insta::assert_snapshot!(text, @"
        1 of 3 devices delivered in 1.3 s, 1 more in part

         Shard    Devices   Interfaces   Lanes   Rows   Replies      Lake   Seconds
        ────────────────────────────────────────────────────────────────────────────
         shard1       1/3           96     384    128    3.7 MB   20.5 kB       1.3

        Failed:
          leaf-03: 192.0.2.3:830: cannot connect

        Delivered in part:
          leaf-02: pic_detail_0_0: permission denied

        Looks bad:
                   Device    Interface   Lane   RX dBm   Why
        ──────────────────────────────────────────────────────────────────────────
         ALARM     leaf-01   et-0/0/12      2    -7.29   received power -7.29 dBm
         warning   leaf-01   et-0/0/12    all        –   pre-FEC BER 1.2e-4

        Report   /output/20260203_153045_shard1/run.json
        Replies  /output/20260203_153045_shard1  (/output/latest points there)
        Lake     /lake/dt=2026-02-03/hr=15/lane-dom/x.parquet  128 rows, 20.5 kB
        ");
    }

    #[test]
    fn a_quiet_run_says_so() {
        let text = rendered(&report(vec![(
            "leaf-01",
            device(Outcome::Delivered, None, Vec::new()),
        )]));
        assert!(text.contains("No lane looks bad."), "{text}");
        assert!(!text.contains("Failed"), "{text}");
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let failed = (0..25).map(|number| {
            let why = format!("gone for reason {number}");
            device(Outcome::Failed, Some(&why), Vec::new())
        });
        let names: Vec<_> = (0..25).map(|number| format!("leaf-{number:02}")).collect();
        let text = rendered(&report(
            names.iter().map(String::as_str).zip(failed).collect(),
        ));
        assert!(
            text.contains("leaf-19") && !text.contains("leaf-20"),
            "{text}"
        );
        assert!(text.contains("… and 5 more in run.json"), "{text}");
    }

    #[test]
    fn devices_that_fail_for_one_reason_are_one_line() {
        let failed = (1..=7).map(|number| {
            let address = format!("192.0.2.{number}:830");
            let error = match number {
                3 => format!("{address}: the host key is unknown"),
                _ => format!("{address}: connection refused"),
            };
            let failed = device(Outcome::Failed, Some(&error), Vec::new());
            DeviceReport { address, ..failed }
        });
        let names: Vec<_> = (1..=7).map(|number| format!("leaf-{number:02}")).collect();
        let report = report(names.iter().map(String::as_str).zip(failed).collect());
        insta::assert_snapshot!(troubles(&report).join("\n"), @"

        Failed:
          6 devices: connection refused (leaf-01, leaf-02, leaf-04, leaf-05, leaf-06, …)
          leaf-03: 192.0.2.3:830: the host key is unknown
        ");
    }
}
