//! Planned work on a device, as the inventory says it: `lanewatch_maintenance: {until, reason, interfaces}`.
//!
//! Alert rules are quiet while it lasts. A mistake in it is told before a device is contacted: work that nobody knows of wakes people
//! up.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use inventory::yaml::{Node, Value};
use inventory::{SECRET, did_you_mean, tells_secret};
use records::InterfaceFilter;
use secrecy::ExposeSecret as _;

use super::host_variables::{HostVariables, Names};

const MAINTENANCE: Names = &["lanewatch_maintenance"];
const KEYS: [&str; 3] = ["until", "reason", "interfaces"];
/// Whole numbers from here on are taken for UTC seconds: smaller ones are a day or a time that was written without its signs.
const FIRST_SECOND: i64 = 1_000_000_000;
const FORMS: &str = "`2026-12-01 22:00` (UTC), `2026-12-01T22:00:00+01:00`, `2026-12-01` (the whole day) or UTC seconds";

/// Planned work on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// UTC second at which it ends; none: when the variable is taken away.
    pub until: Option<i64>,
    /// Why, in words; may be empty.
    pub reason: String,
    /// The interfaces that are worked on, as written and as read; none: the whole device.
    pub interfaces: Option<(String, InterfaceFilter)>,
}

impl Maintenance {
    /// Whether it lasts at this UTC second.
    pub fn lasts_at(&self, now: i64) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The host's variable. What is wrong with it is a problem of the host.
pub(super) fn maintenance(host: &mut HostVariables<'_>) -> Option<Maintenance> {
    let resolved = host.resolve(MAINTENANCE)?;
    let entries = match &resolved.value {
        Value::Map(entries) if entries.is_empty() => return None,
        Value::Map(entries) => entries,
        Value::Bool(false) => return None,
        _ => {
            let found = resolved.kind();
            wrong(
                host,
                &format!(
                    "must be a mapping with `until`, `reason` and `interfaces`; found {found}"
                ),
            );
            return None;
        }
    };
    let mut found = Maintenance {
        until: None,
        reason: String::new(),
        interfaces: None,
    };
    let mut is_good = true;
    for (key, node) in entries {
        if matches!(node.value, Value::Null) {
            continue;
        }
        let read = match key.name.as_str() {
            "until" => until(node).map(|second| found.until = Some(second)),
            "reason" => exposed(node)
                .map(|text| {
                    let is_secret = resolved.is_secret || tells_secret(&text);
                    found.reason = if is_secret { SECRET.to_owned() } else { text };
                })
                .ok_or_else(|| format!("`reason` must be text; found {}", node.kind())),
            "interfaces" => interfaces(node).map(|read| found.interfaces = Some(read)),
            other => {
                let hint = did_you_mean(other, KEYS);
                Err(format!(
                    "has no key `{other}`{hint}; its keys are `until`, `reason` and `interfaces`"
                ))
            }
        };
        if let Err(why) = read {
            // The words may quote the value.
            let told = match resolved.is_secret {
                true => format!("`{}` cannot be used as it is", key.name),
                false => why,
            };
            wrong(host, &told);
            is_good = false;
        }
    }
    is_good.then_some(found)
}

fn wrong(host: &mut HostVariables<'_>, why: &str) {
    let variable = host.first(MAINTENANCE);
    host.problem(variable, format!("`lanewatch_maintenance`: {why}"));
}

/// A scalar's text. What comes out of a vault counts too: when work ends is no secret.
fn exposed(node: &Node) -> Option<String> {
    match &node.value {
        Value::Secret(secret) => Some(secret.expose_secret().to_owned()),
        _ => node.text(),
    }
}

fn until(node: &Node) -> Result<i64, String> {
    let wrong = |found: &str| format!("`until` must be a time: {FORMS}; found {found}");
    let text = exposed(node).ok_or_else(|| wrong(node.kind()))?;
    second(&text).ok_or_else(|| wrong(&format!("`{text}`")))
}

/// A list of names and patterns, or the same as text with commas.
fn interfaces(node: &Node) -> Result<(String, InterfaceFilter), String> {
    let wrong = || {
        let found = node.kind();
        format!("`interfaces` must be a list of names and patterns; found {found}")
    };
    let written = match &node.value {
        Value::List(nodes) => {
            let names = nodes.iter().map(exposed);
            let names: Option<Vec<_>> = names.collect();
            names.ok_or_else(wrong)?.join(",")
        }
        _ => exposed(node).ok_or_else(wrong)?,
    };
    let filter = written.parse::<InterfaceFilter>();
    match filter {
        Ok(filter) => Ok((written, filter)),
        Err(error) => Err(format!("`interfaces`: {error}")),
    }
}

/// The UTC second of a time; of a day alone, its end. A time without a zone is UTC.
fn second(text: &str) -> Option<i64> {
    let text = text.trim();
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) => first_second(day.succ_opt()?),
        Err(_) => utc_second(text),
    }
}

fn first_second(day: NaiveDate) -> Option<i64> {
    Some(day.and_time(NaiveTime::MIN).and_utc().timestamp())
}

/// The UTC second of a time; of a day alone, its first. A time without a zone is UTC.
pub fn utc_second(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().filter(|second| *second >= FIRST_SECOND);
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return first_second(day);
    }
    let text = text.replacen(['T', 't'], " ", 1);
    let zoned = match text.strip_suffix(['Z', 'z']) {
        Some(time) => format!("{time}+00:00"),
        None => text.clone(),
    };
    let with_zone = ["%Y-%m-%d %H:%M:%S%.f %:z", "%Y-%m-%d %H:%M %:z"];
    let found = with_zone
        .iter()
        .find_map(|form| DateTime::parse_from_str(&zoned, form).ok());
    if let Some(found) = found {
        return Some(found.timestamp());
    }
    let without_zone = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let mut found = without_zone.iter();
    let found = found.find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())?;
    Some(found.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_utc_unless_it_names_a_zone_and_a_day_ends_with_itself() {
        let evening = 1_796_162_400; // 2026-12-01 22:00:00 UTC
        for (text, expected) in [
            ("2026-12-01 22:00", Some(evening)),
            ("2026-12-01T22:00:00Z", Some(evening)),
            ("2026-12-01T22:00:00.25Z", Some(evening)),
            ("2026-12-01 23:00+01:00", Some(evening)),
            ("2026-12-01T17:00:00 -05:00", Some(evening)),
            ("1796162400", Some(evening)),
            ("2026-12-01", Some(evening + 2 * 3600)),
            ("20261201", None),
            ("22:00", None),
            ("2026-12-32", None),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(second(text), expected, "{text}");
        }
    }
}
