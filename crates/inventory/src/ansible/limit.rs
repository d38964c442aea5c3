//! Selects hosts by the patterns of `--limit`.
//!
//! `xai:&qfx*:!spare` is all of `xai` that is also in a group or under a name that matches `qfx*`, without `spare`. Names and globs mean
//! groups and hosts, `~` begins a regular expression, `@` names a file of patterns, `leaf[0:3]` is the first four of `leaf`.

use std::collections::HashSet;

use regex::Regex;

use super::groups::Graph;
use super::host_ranges;
use crate::problem::{Problem, did_you_mean};

/// The hosts that the patterns leave, in the order in which they are named.
///
/// # Errors
///
/// All patterns that cannot be read or match nothing.
pub(super) fn select(graph: &mut Graph, limit: &str) -> Result<Vec<usize>, Vec<Problem>> {
    let (mut patterns, mut problems) = (Vec::new(), Vec::new());
    for pattern in split(limit) {
        match pattern.strip_prefix('@') {
            None => patterns.push(pattern),
            Some(file) => match std::fs::read_to_string(file) {
                Ok(text) => patterns.extend(
                    text.lines()
                        .map(str::trim)
                        .filter(|line| !line.is_empty())
                        .map(str::to_owned),
                ),
                Err(error) => problems.push(Problem::new(format!(
                    "cannot read the file of `--limit @{file}`: {error}"
                ))),
            },
        }
    }
    let is_regular = |pattern: &&String| !pattern.starts_with(['!', '&']);
    let mut hosts = Vec::new();
    if !patterns.iter().any(|pattern| is_regular(&pattern)) {
        hosts = graph.hosts_below(super::groups::ALL);
    }
    let ordered = [None, Some('&'), Some('!')].into_iter().flat_map(|sign| {
        patterns.iter().filter(move |pattern| {
            pattern.chars().next().filter(|first| "&!".contains(*first)) == sign
        })
    });
    for pattern in ordered.cloned().collect::<Vec<_>>() {
        let (sign, bare) = match pattern.split_at_checked(1) {
            Some((sign @ ("&" | "!"), bare)) => (sign, bare),
            _ => ("", pattern.as_str()),
        };
        let found = match matching(graph, bare) {
            Ok(found) => found,
            Err(message) => {
                problems.push(Problem::new(format!("`--limit {pattern}`: {message}")));
                continue;
            }
        };
        let Some(found) = found else {
            let names: Vec<&str> = graph
                .declared()
                .chain(graph.hosts.iter().map(|host| host.name.as_str()))
                .collect();
            let hint = did_you_mean(bare, names.iter().copied());
            let hint = counted(bare, &names).unwrap_or(hint);
            let message = format!("`--limit {pattern}` matches no host and no group{hint}");
            if sign == "!" {
                graph.warnings.push(Problem::new(message));
            } else {
                problems.push(Problem::new(message));
            }
            continue;
        };
        match sign {
            "&" => {
                let found: HashSet<usize> = found.into_iter().collect();
                hosts.retain(|host| found.contains(host));
            }
            "!" => {
                let found: HashSet<usize> = found.into_iter().collect();
                hosts.retain(|host| !found.contains(host));
            }
            _ => {
                let known: HashSet<usize> = hosts.iter().copied().collect();
                hosts.extend(found.into_iter().filter(|host| !known.contains(host)));
            }
        }
    }
    if problems.is_empty() && hosts.is_empty() {
        problems.push(Problem::new(format!("`--limit {limit}` leaves no host")));
    }
    if problems.is_empty() {
        Ok(hosts)
    } else {
        Err(problems)
    }
}

/// The patterns of a limit: commas part them, and where there is none and it is no host, colons outside of brackets do.
fn split(limit: &str) -> Vec<String> {
    let limit = limit.trim();
    if limit.contains(',') || host_ranges::address(limit).is_some() {
        return limit
            .split(',')
            .map(str::trim)
            .filter(|pattern| !pattern.is_empty())
            .map(str::to_owned)
            .collect();
    }
    let (mut patterns, mut current, mut inside) = (Vec::new(), String::new(), false);
    for letter in limit.chars() {
        match letter {
            ':' if !inside => patterns.push(std::mem::take(&mut current)),
            letter if !inside && letter.is_whitespace() => {
                patterns.push(std::mem::take(&mut current))
            }
            letter => {
                inside = (inside || letter == '[') && letter != ']';
                current.push(letter);
            }
        }
    }
    patterns.push(current);
    patterns.retain(|pattern| !pattern.is_empty());
    patterns
}

/// The hosts of one pattern, `None` if neither a group nor a host matches.
fn matching(graph: &Graph, pattern: &str) -> Result<Option<Vec<usize>>, String> {
    if let Some(host) = graph.find_host(pattern)
        && graph.find_group(pattern).is_none()
    {
        return Ok(Some(vec![host]));
    }
    let (name, subscript) = subscript(pattern);
    let matcher = Matcher::new(name)?;
    let groups: Vec<usize> = (0..graph.groups.len())
        .filter(|place| {
            graph
                .groups
                .get(*place)
                .is_some_and(|group| matcher.matches(&group.name))
        })
        .collect();
    let mut seen = HashSet::new();
    let mut hosts: Vec<usize> = groups
        .iter()
        .flat_map(|group| graph.hosts_below(*group))
        .filter(|host| seen.insert(*host))
        .collect();
    if groups.is_empty() || name.starts_with('~') || name.contains(['.', '?', '*', '[']) {
        let named = graph
            .hosts
            .iter()
            .enumerate()
            .filter(|(_, host)| matcher.matches(&host.name))
            .map(|(place, _)| place);
        hosts.extend(named.filter(|host| seen.insert(*host)));
    }
    if hosts.is_empty() && groups.is_empty() {
        return Ok(None);
    }
    Ok(Some(match subscript {
        None => hosts,
        Some((first, last)) => {
            let length = i64::try_from(hosts.len()).unwrap_or(i64::MAX);
            let place = |at: i64| if at < 0 { at + length } else { at };
            let (first, last) = (place(first), place(last).min(length - 1));
            if first < 0 || first >= length || last < first {
                return Err(format!(
                    "there are {length} hosts to choose from, counted from 0"
                ));
            }
            let skipped = usize::try_from(first).unwrap_or(0);
            let count = usize::try_from(last - first + 1).unwrap_or(0);
            hosts.into_iter().skip(skipped).take(count).collect()
        }
    }))
}

/// What to say of `leaf-0[12]`, which was meant as a glob.
fn counted(pattern: &str, names: &[&str]) -> Option<String> {
    let (name, Some(_)) = subscript(pattern) else {
        return None;
    };
    let glob = Matcher::new(pattern).ok()?;
    let number = pattern.strip_prefix(name)?;
    names.iter().any(|name| glob.matches(name)).then(|| {
        format!(": `{number}` counts among the hosts of `{name}`, as in Ansible; `~{pattern}$` is a regular expression")
    })
}

/// `leaf[0]`, `leaf[-1]`, `leaf[0:3]` and `leaf[2:]`: the pattern before the bracket, and first and last place, both counted in.
fn subscript(pattern: &str) -> (&str, Option<(i64, i64)>) {
    let parsed = || {
        let (name, inner) = pattern.strip_suffix(']')?.rsplit_once('[')?;
        if name.is_empty() || pattern.starts_with('~') {
            return None;
        }
        let places = match inner.split_once(':') {
            None => {
                let place = inner.parse().ok()?;
                (place, place)
            }
            Some((first, "")) => (first.parse::<u32>().ok()?.into(), -1),
            Some((first, last)) => (
                first.parse::<u32>().ok()?.into(),
                last.parse::<u32>().ok()?.into(),
            ),
        };
        Some((name, places))
    };
    parsed().map_or((pattern, None), |(name, places)| (name, Some(places)))
}

/// A name, a glob or a regular expression.
struct Matcher(Regex);

impl Matcher {
    fn new(pattern: &str) -> Result<Self, String> {
        let expression = match pattern.strip_prefix('~') {
            // As Python's `match`: from the beginning, not up to the end.
            Some(expression) => format!("^(?:{expression})"),
            None => from_glob(pattern),
        };
        Regex::new(&expression).map(Self).map_err(|_| {
            "this is no regular expression (look-around and references back are not supported)"
                .to_owned()
        })
    }

    fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// A shell pattern as a regular expression: `*`, `?`, `[abc]`, `[!abc]`.
fn from_glob(pattern: &str) -> String {
    let mut expression = "^(?s:".to_owned();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        match letter {
            '*' => expression += ".*",
            '?' => expression += ".",
            '[' => {
                let skipped = usize::from(rest.starts_with('!'));
                let first = rest
                    .get(skipped..)
                    .map_or(0, |rest| usize::from(rest.starts_with(']')));
                match rest.get(skipped + first..).and_then(|tail| tail.find(']')) {
                    Some(end) => {
                        let inner = rest.get(skipped..skipped + first + end).unwrap_or_default();
                        let escaped = inner
                            .replace('\\', "\\\\")
                            .replace('[', "\\[")
                            .replace(']', "\\]")
                            .replace('^', "\\^")
                            .replace('&', "\\&")
                            .replace('~', "\\~");
                        expression += if skipped == 1 { "[^" } else { "[" };
                        expression += &escaped;
                        expression += "]";
                        rest = rest.get(skipped + first + end + 1..).unwrap_or_default();
                    }
                    None => expression += "\\[",
                }
            }
            letter => expression += &regex::escape(letter.encode_utf8(&mut [0; 4])),
        }
    }
    expression + ")$"
}
