//! The interface filter of a host: which one counts, who has set it, and what of it the device itself can apply.

use inventory::{SetBy, Variable};
use records::InterfaceFilter;

use super::device_plan::FilterSource;
use super::host_variables::{HostVariables, Names};

pub(super) const INTERFACE_FILTER: Names = &["interface_filter"];

/// What is wrong with the filter of the setting.
pub(super) fn mistake(interfaces: &str) -> Option<String> {
    let is_set = !interfaces.trim().is_empty();
    let error = interfaces
        .parse::<InterfaceFilter>()
        .err()
        .filter(|_| is_set)?;
    Some(format!(
        "the setting `interfaces` (`--interfaces`): {error}"
    ))
}

/// Host over group over command line: the inventory has merged the first two.
pub(super) fn interface_filter(
    host: &mut HostVariables<'_>,
    interfaces: Option<&str>,
) -> Option<(String, InterfaceFilter)> {
    let written = host
        .text(INTERFACE_FILTER)
        .or_else(|| interfaces.map(str::to_owned))?;
    if written.trim().is_empty() {
        return None;
    }
    match written.parse::<InterfaceFilter>() {
        Ok(filter) => Some((written, filter)),
        Err(_) if host.is_secret(INTERFACE_FILTER) => {
            host.unusable_value(INTERFACE_FILTER, "");
            None
        }
        Err(error) => {
            let variable = host.first(INTERFACE_FILTER);
            let problem = host.problem_at(variable, error.to_string());
            host.problems.push(problem.marking(&written));
            None
        }
    }
}

/// An empty filter has a source too: a host may say so that it wants none of its group's.
pub(super) fn filter_source(host: &HostVariables<'_>, interfaces: Option<&str>) -> FilterSource {
    let found = INTERFACE_FILTER
        .iter()
        .find_map(|name| host.host.set_by(name).zip(host.host.variable(name)));
    match found {
        Some((set_by, Variable { file, line, .. })) => {
            let place = match line {
                0 => file.display().to_string(),
                line => format!("{}:{line}", file.display()),
            };
            match set_by {
                SetBy::ExtraVars => FilterSource::ExtraVars,
                SetBy::Host => FilterSource::Host(place),
                SetBy::Group(name) => FilterSource::Group {
                    name: name.to_owned(),
                    place,
                },
            }
        }
        None if interfaces.is_some() => FilterSource::Setting,
        None => FilterSource::Nobody,
    }
}

/// A filter as Junos takes it in `<interface-name>`: one name or pattern, or nothing. A port's name selects its channels too, so it
/// becomes a pattern; what that selects too much, the filter takes out afterwards.
pub(super) fn device_pattern(written: &str) -> Option<String> {
    let mut entries = written
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    let (entry, more) = (entries.next()?, entries.next());
    match entry {
        _ if more.is_some() || entry.contains('?') => None,
        _ if entry.contains(['*', ':']) => Some(entry.to_owned()),
        _ => Some(format!("{entry}*")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_no_filter_is_blamed_itself() {
        let said = mistake("et-0/0/1,[[").unwrap();
        assert!(
            said.starts_with("the setting `interfaces` (`--interfaces`): ") && said.contains("[["),
            "{said}"
        );
        assert_eq!((mistake("et-0/0/*"), mistake(" ")), (None, None));
    }

    #[test]
    fn the_device_filters_where_one_pattern_says_it_all() {
        for (filter, pattern) in [
            ("et-0/0/1", Some("et-0/0/1*")),
            ("et-0/0/1:2", Some("et-0/0/1:2")),
            ("xe-*", Some("xe-*")),
            ("et-0/0/1,et-0/0/2", None),
            ("et-0/0/?", None),
        ] {
            assert_eq!(device_pattern(filter).as_deref(), pattern, "{filter}");
        }
    }
}
