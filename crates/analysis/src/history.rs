//! Holds the findings of a run against those of the run before: what is new, what is still there, what is gone, and whether a dark port
//! is one that lost its light.

use std::collections::BTreeSet;

use crate::finding::{Finding, Key, Kind, Severity};
use crate::threshold_findings::IDLE;

/// What the run before knows of a device.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// Its findings.
    pub findings: &'a [Finding],
    /// The interfaces that received light, by name.
    pub lit: &'a [String],
}

/// Raises a dark port from information to an alarm where it had light in the run before, or was an alarm there already.
pub fn settle(findings: &mut [Finding], before: Before<'_>) {
    for finding in findings {
        if finding.kind != Kind::RxDark || finding.severity != Severity::Info {
            continue;
        }
        let had_light = before.lit.contains(&finding.interface);
        let key = finding.key();
        let was_alarm = before
            .findings
            .iter()
            .any(|earlier| earlier.severity == Severity::Alarm && earlier.key() == key);
        if had_light || was_alarm {
            finding.severity = Severity::Alarm;
        }
        if had_light || was_alarm {
            let why = finding.why.strip_suffix(IDLE).unwrap_or(&finding.why);
            let when = if had_light {
                "the run before"
            } else {
                "an earlier run"
            };
            finding.why = format!("{why}; it had light in {when}");
        }
    }
}

/// A finding, held against the run before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The run before has none of this key, or a milder one.
    New,
    /// The run before has it as well.
    Still,
}

/// The change of each finding, in their order. Without a run before, all are new.
pub fn changes(findings: &[Finding], before: &[Finding]) -> Vec<Change> {
    let known: BTreeSet<(Key, Severity)> = before
        .iter()
        .map(|finding| (finding.key(), finding.severity))
        .collect();
    let change = |finding: &Finding| {
        let key = finding.key();
        let is_known = Severity::ALL
            .into_iter()
            .filter(|severity| *severity >= finding.severity)
            .any(|severity| known.contains(&(key.clone(), severity)));
        match is_known {
            true => Change::Still,
            false => Change::New,
        }
    };
    findings.iter().map(change).collect()
}

/// The findings of the run before that this run does not have.
pub fn gone<'b>(findings: &[Finding], before: &'b [Finding]) -> Vec<&'b Finding> {
    let now: BTreeSet<Key> = findings.iter().map(Finding::key).collect();
    before
        .iter()
        .filter(|finding| !now.contains(&finding.key()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(interface: &str, kind: Kind, severity: Severity) -> Finding {
        Finding {
            interface: interface.to_owned(),
            lane: None,
            kind,
            severity,
            why: "no light".to_owned(),
            beyond: None,
            rx_power_dbm: None,
        }
    }

    #[test]
    fn a_dark_port_is_an_alarm_where_it_had_light_and_stays_one() {
        let idle = finding("et-0/0/1", Kind::RxDark, Severity::Info);
        let settled = |lit: &[&str], earlier: &[Finding]| {
            let lit: Vec<_> = lit.iter().map(|name| (*name).to_owned()).collect();
            let mut findings = [idle.clone()];
            let before = Before {
                findings: earlier,
                lit: &lit,
            };
            settle(&mut findings, before);
            findings[0].severity
        };
        assert_eq!(settled(&[], &[]), Severity::Info);
        assert_eq!(
            settled(&["et-0/0/2"], std::slice::from_ref(&idle)),
            Severity::Info
        );
        assert_eq!(settled(&["et-0/0/1"], &[]), Severity::Alarm);
        let alarm = finding("et-0/0/1", Kind::RxDark, Severity::Alarm);
        assert_eq!(settled(&[], &[alarm]), Severity::Alarm);
    }

    #[test]
    fn new_still_and_gone_go_by_the_key_and_a_finding_that_gets_worse_is_new() {
        let a = finding("a", Kind::RxPower, Severity::Warning);
        let b = finding("b", Kind::RxPower, Severity::Warning);
        let worse = finding("a", Kind::RxPower, Severity::Alarm);
        let other = finding("a", Kind::TxPower, Severity::Warning);
        assert_eq!(
            changes(
                &[worse.clone(), b.clone(), other.clone()],
                &[a.clone(), b.clone()]
            ),
            [Change::New, Change::Still, Change::New]
        );
        assert_eq!(changes(std::slice::from_ref(&a), &[worse]), [Change::Still]);
        assert_eq!(
            gone(std::slice::from_ref(&a), &[a.clone(), b.clone()]),
            [&b]
        );
        assert_eq!(changes(&[other], &[]), [Change::New]);
    }
}
