//! Findings for a person: the worst first, many of one kind as one line, and what changed since the run before.

use std::collections::{BTreeMap, BTreeSet};

use analysis::{Change, Finding, Kind, Severity};
use collector::{DeviceReport, RunReport};
use serde_json::{Value, json};

use super::lines::{Columns, count, dbm, one_line};
use super::screen::{ALARM, Screen, WARNING};

/// From so many findings of one kind and severity on, one line stands for all of them.
const GROUP_FROM: usize = 6;
/// Names of devices that a line can take.
const NAMES_LIMIT: usize = 5;

/// A finding of a device.
#[derive(Debug, Clone)]
pub(crate) struct Found<'r> {
    pub(crate) device: &'r str,
    pub(crate) finding: &'r Finding,
    /// None where there is no run before to hold it against.
    pub(crate) change: Option<Change>,
}

/// All findings of a run, the worst first, each held against the devices of earlier runs.
pub(crate) fn found<'r>(
    report: &'r RunReport,
    earlier: &BTreeMap<String, DeviceReport>,
) -> Vec<Found<'r>> {
    let mut all = Vec::new();
    for (device, now) in &report.devices {
        let changes = earlier
            .get(device)
            .map(|before| analysis::changes(&now.findings, &before.findings));
        for (at, finding) in now.findings.iter().enumerate() {
            let change = changes
                .as_ref()
                .and_then(|changes| changes.get(at).copied());
            all.push(Found {
                device,
                finding,
                change,
            });
        }
    }
    all.sort_by(|a, b| {
        let by_rank = a.finding.rank(b.finding);
        by_rank
            .then_with(|| (a.device, &a.finding.interface).cmp(&(b.device, &b.finding.interface)))
    });
    all
}

/// What the run before had and this one does not, of devices that delivered: device and finding.
pub(crate) fn gone<'e>(
    report: &RunReport,
    earlier: &'e BTreeMap<String, DeviceReport>,
) -> Vec<(&'e str, &'e Finding)> {
    let mut gone = Vec::new();
    for (name, before) in earlier {
        let now = report.devices.get(name);
        let now = now.filter(|now| now.outcome == collector::Outcome::Delivered);
        if let Some(now) = now {
            let of_device = analysis::gone(&now.findings, &before.findings);
            gone.extend(
                of_device
                    .into_iter()
                    .map(|finding| (name.as_str(), finding)),
            );
        }
    }
    gone
}

/// The table of findings. Many of one kind are one line, unless all are asked for.
pub(super) fn table(all: &[Found<'_>], is_whole: bool, screen: Screen) -> String {
    let rows = groups(all, is_whole)
        .into_iter()
        .map(|group| match group.as_slice() {
            [one] => vec![
                severity(one.finding).to_owned(),
                change(one.change).to_owned(),
                one_line(one.device),
                one_line(&one.finding.interface),
                one.finding.lane_text(),
                dbm(one.finding.rx_power_dbm),
                one_line(&one.finding.why),
            ],
            several => of_several(several),
        });
    if all.iter().all(|found| found.change.is_none()) {
        let rows = rows.map(|mut row| {
            row.remove(1);
            row
        });
        let columns = Columns {
            header: &["", "Device", "Interface", "Lane", "RX dBm", "Why"],
            right: &[3, 4],
            drop: &[4],
        };
        return columns.table(screen, rows);
    }
    let columns = Columns {
        header: &["", "", "Device", "Interface", "Lane", "RX dBm", "Why"],
        right: &[4, 5],
        drop: &[5, 1],
    };
    columns.table(screen, rows)
}

/// One line for many findings of one kind.
fn of_several(group: &[&Found<'_>]) -> Vec<String> {
    let devices: BTreeSet<_> = group.iter().map(|found| found.device).collect();
    let ports: BTreeSet<_> = group
        .iter()
        .map(|found| (found.device, found.finding.interface.as_str()))
        .collect();
    let new = group
        .iter()
        .filter(|found| found.change == Some(Change::New))
        .count();
    let device = match devices.len() {
        1 => devices.first().copied().unwrap_or_default().to_owned(),
        several => format!("{} devices", count(several)),
    };
    let (first, kind) = match group.first() {
        Some(found) => (severity(found.finding), found.finding.kind),
        None => ("", Kind::Unclassified),
    };
    vec![
        first.to_owned(),
        match new {
            0 => String::new(),
            new => format!("{} new", count(new)),
        },
        device,
        format!("{} interfaces", count(ports.len())),
        "–".to_owned(),
        "–".to_owned(),
        format!(
            "{} times {}: {}",
            count(group.len()),
            kind.name(),
            kind.meaning()
        ),
    ]
}

/// Findings in their order, those of one kind and severity together where there are many.
fn groups<'a, 'r>(all: &'a [Found<'r>], is_whole: bool) -> Vec<Vec<&'a Found<'r>>> {
    let mut counts: BTreeMap<(Severity, Kind), usize> = BTreeMap::new();
    for found in all {
        *counts
            .entry((found.finding.severity, found.finding.kind))
            .or_default() += 1;
    }
    let mut groups: Vec<Vec<&Found<'_>>> = Vec::new();
    let mut grouped: BTreeMap<(Severity, Kind), usize> = BTreeMap::new();
    for found in all {
        let key = (found.finding.severity, found.finding.kind);
        let is_many = counts.get(&key).is_some_and(|count| *count >= GROUP_FROM);
        match grouped.get(&key).and_then(|at| groups.get_mut(*at)) {
            Some(group) if is_many && !is_whole => group.push(found),
            _ => {
                grouped.insert(key, groups.len());
                groups.push(vec![found]);
            }
        }
    }
    groups
}

/// The devices that did not deliver everything, with what became of them.
fn unread(report: &RunReport) -> Vec<(&str, collector::Outcome)> {
    let devices = report
        .devices
        .iter()
        .map(|(name, device)| (name.as_str(), device.outcome));
    devices
        .filter(|(_, outcome)| *outcome != collector::Outcome::Delivered)
        .collect()
}

/// What `findings` prints.
pub(crate) fn render_findings(
    report: &RunReport,
    all: &[Found<'_>],
    gone: &[(&str, &Finding)],
    is_whole: bool,
    screen: Screen,
) -> String {
    let of = |severity| {
        all.iter()
            .filter(|found| found.finding.severity == severity)
            .count()
    };
    let new = all
        .iter()
        .filter(|found| found.change == Some(Change::New))
        .count();
    let plural = |number: usize, word: &str| match number {
        1 => format!("1 {word}"),
        number => format!("{} {word}s", count(number)),
    };
    let mut head = format!(
        "{}, {}, {} to know, in the run {} of {}",
        plural(of(Severity::Alarm), "alarm"),
        plural(of(Severity::Warning), "warning"),
        count(of(Severity::Info)),
        report.run_id,
        report.runner_name
    );
    if all.iter().any(|found| found.change.is_some()) || !gone.is_empty() {
        head += &format!(
            "; since the run before: {} new, {} gone",
            count(new),
            count(gone.len())
        );
    }
    head.push('.');
    let unread = unread(report);
    if !unread.is_empty() {
        let names: Vec<_> = unread
            .iter()
            .take(NAMES_LIMIT)
            .map(|(name, _)| *name)
            .collect();
        let more = if unread.len() > NAMES_LIMIT {
            ", …"
        } else {
            ""
        };
        head += &format!(
            "\n{} of {} devices failed or delivered in part, and may have more: {}{more}.",
            count(unread.len()),
            count(report.devices.len()),
            names.join(", ")
        );
    }
    if all.is_empty() {
        return head;
    }
    format!("{head}\n\n{}", table(all, is_whole, screen))
}

/// The same as JSON: an object a finding, and what is gone.
pub(crate) fn findings_as_json(
    report: &RunReport,
    all: &[Found<'_>],
    gone: &[(&str, &Finding)],
) -> String {
    let object = |device: &str, finding: &Finding, change: Option<&str>| {
        let mut object = json!(finding);
        if let Value::Object(fields) = &mut object {
            fields.insert("device".to_owned(), json!(device));
            fields.insert("change".to_owned(), json!(change));
        }
        object
    };
    let found = all.iter().map(|found| {
        let change = found.change.map(|change| match change {
            Change::New => "new",
            Change::Still => "still",
        });
        object(found.device, found.finding, change)
    });
    let found: Vec<_> = found.collect();
    let gone = gone
        .iter()
        .map(|(device, finding)| object(device, finding, Some("gone")));
    let gone: Vec<_> = gone.collect();
    let document = json!({
        "run_id": report.run_id,
        "runner_name": report.runner_name,
        "run_timestamp": report.run_timestamp,
        "not_delivered": unread(report).into_iter().collect::<BTreeMap<_, _>>(),
        "findings": found,
        "gone": gone,
    });
    format!("{document:#}")
}

/// The same as CSV (RFC 4180), a line a finding.
pub(crate) fn findings_as_csv(all: &[Found<'_>], gone: &[(&str, &Finding)]) -> String {
    let mut text = "severity,change,device,interface,lane,kind,rx_power_dbm,beyond,why".to_owned();
    let found = all
        .iter()
        .map(|found| (found.device, found.finding, change(found.change)));
    let gone = gone
        .iter()
        .map(|(device, finding)| (*device, *finding, "gone"));
    for (device, finding, change) in found.chain(gone) {
        let number =
            |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        let cells = [
            finding.severity.name().to_owned(),
            change.to_owned(),
            as_text(device),
            as_text(&finding.interface),
            finding
                .lane
                .map(|lane| lane.to_string())
                .unwrap_or_default(),
            finding.kind.name().to_owned(),
            number(finding.rx_power_dbm),
            number(finding.beyond),
            as_text(&finding.why),
        ];
        text += "\n";
        text += &cells.map(|cell| quoted(&cell)).join(",");
    }
    text
}

/// A device's words. A spreadsheet takes what begins like a formula for one, and would run it: an apostrophe in front keeps it a text.
fn as_text(words: &str) -> String {
    match words.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{words}"),
        false => words.to_owned(),
    }
}

/// A cell, in quotes where it needs them.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// The word for how bad it is.
pub(super) const fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Alarm => ALARM,
        Severity::Warning => WARNING,
        Severity::Info => "info",
    }
}

/// The word for the change; none where there is no run before.
const fn change(change: Option<Change>) -> &'static str {
    match change {
        Some(Change::New) => "new",
        Some(Change::Still) => "still",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::screen::screens_of_snapshots;
    use super::*;

    fn finding(interface: &str, severity: Severity, kind: Kind, beyond: Option<f64>) -> Finding {
        Finding {
            interface: interface.to_owned(),
            lane: (kind == Kind::RxPower).then_some(2),
            kind,
            severity,
            why: match kind {
                Kind::RxDark => {
                    "no light received; nothing says that the port is in use".to_owned()
                }
                _ => "received power -7.29 dBm, below the alarm threshold of -6.90 dBm".to_owned(),
            },
            beyond,
            rx_power_dbm: beyond.map(|beyond| -6.9 - beyond),
        }
    }

    /// A device with a failing lane, a lane that is worse, and 40 idle ports; and the same before, without the second and with another.
    fn runs() -> (RunReport, BTreeMap<String, DeviceReport>) {
        let idle = (0..40).map(|port| {
            finding(
                &format!("et-0/0/{port}"),
                Severity::Info,
                Kind::RxDark,
                None,
            )
        });
        let still = finding("et-0/0/50", Severity::Alarm, Kind::RxPower, Some(0.39));
        let new = finding("et-0/0/51", Severity::Alarm, Kind::RxPower, Some(2.0));
        let gone = finding("et-0/0/52", Severity::Warning, Kind::TxPower, Some(1.0));
        let device = |findings: Vec<Finding>| DeviceReport {
            outcome: collector::Outcome::Delivered,
            findings,
            ..DeviceReport::default()
        };
        let now = idle.clone().chain([still.clone(), new]).collect();
        let before = idle.chain([still, gone]).collect();
        let report = RunReport {
            run_id: "0badcafe".to_owned(),
            runner_name: "shard1".to_owned(),
            devices: [("leaf-01".to_owned(), device(now))].into(),
            ..RunReport::default()
        };
        (report, [("leaf-01".to_owned(), device(before))].into())
    }

    #[test]
    fn the_worst_comes_first_and_idle_ports_are_one_line() {
        let (report, earlier) = runs();
        let (all, gone) = (found(&report, &earlier), gone(&report, &earlier));
        for (screen, _, of_screen) in screens_of_snapshots() {
            let text = render_findings(&report, &all, &gone, false, screen);
            let name = format!("findings_{of_screen}");
            insta::assert_snapshot!(name, screen.shown(&text).replace('\u{1b}', "<ESC>"));
        }
        let whole = render_findings(&report, &all, &gone, true, Screen::default());
        assert_eq!(
            whole
                .matches("nothing says that the port is in use")
                .count(),
            40
        );
    }

    #[test]
    fn programs_get_every_finding_and_what_is_gone() {
        let (report, earlier) = runs();
        let (all, gone) = (found(&report, &earlier), gone(&report, &earlier));
        let json: Value = serde_json::from_str(&findings_as_json(&report, &all, &gone)).unwrap();
        assert_eq!(json["findings"].as_array().unwrap().len(), 42);
        assert_eq!(json["findings"][0]["interface"], "et-0/0/51");
        assert_eq!(json["findings"][0]["change"], "new");
        assert_eq!(json["findings"][1]["change"], "still");
        assert_eq!(json["gone"][0]["kind"], "tx-power");
        let csv = findings_as_csv(&all, &gone);
        assert_eq!(csv.lines().count(), 44);
        let second = csv.lines().nth(1).unwrap();
        assert!(
            second.starts_with("alarm,new,leaf-01,et-0/0/51,2,rx-power,-8.9,2,\"received power"),
            "{second}"
        );
    }

    #[test]
    fn devices_that_did_not_deliver_are_named() {
        let (mut report, earlier) = runs();
        for (name, outcome) in [
            ("leaf-02", collector::Outcome::Failed),
            ("leaf-03", collector::Outcome::Degraded),
        ] {
            let device = DeviceReport {
                outcome,
                ..DeviceReport::default()
            };
            report.devices.insert(name.to_owned(), device);
        }
        let text = render_findings(&report, &[], &[], false, Screen::default());
        insta::assert_snapshot!(text, @"
        0 alarms, 0 warnings, 0 to know, in the run 0badcafe of shard1.
        2 of 3 devices failed or delivered in part, and may have more: leaf-02, leaf-03.
        ");
        let all = found(&report, &earlier);
        let json: Value = serde_json::from_str(&findings_as_json(&report, &all, &[])).unwrap();
        assert_eq!(json["not_delivered"].as_object().unwrap().len(), 2);
        assert_eq!(json["not_delivered"]["leaf-02"], "failed");
    }

    #[test]
    fn a_devices_words_are_no_formula_and_no_second_line() {
        let (mut report, _) = runs();
        let device = report.devices.get_mut("leaf-01").unwrap();
        device.findings = ["=cmd|' /C calc'!A0", "+1", "-1", "@a", "et-0/0/1\n\nalarm"]
            .map(|interface| finding(interface, Severity::Alarm, Kind::RxDark, None))
            .to_vec();
        let all = found(&report, &BTreeMap::new());
        let csv = findings_as_csv(&all, &[]);
        for cell in ["'=cmd|' /C calc'!A0", "'+1", "'-1", "'@a"] {
            assert!(csv.contains(&format!(",{cell},")), "{csv}");
        }
        let text = render_findings(&report, &all, &[], true, Screen::default());
        let rows = text.lines().filter(|line| line.contains(ALARM));
        assert_eq!(rows.count(), 5, "{text}");
    }

    #[test]
    fn without_a_run_before_nothing_is_called_new() {
        let (report, _) = runs();
        let all = found(&report, &BTreeMap::new());
        let text = render_findings(&report, &all, &[], false, Screen::default());
        assert!(!text.contains("new"), "{text}");
    }
}
