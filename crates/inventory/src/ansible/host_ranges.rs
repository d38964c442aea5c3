//! Expands host ranges of an inventory: `leaf[01:32]`, `pod[a:f]-spine[1:9:2]`, `leaf-01:830`, `[2001:db8::7]:830`.

use std::net::Ipv6Addr;

/// How many hosts one pattern may stand for.
const MOST_HOSTS: usize = 1_000_000;
/// How long the names of one pattern may be together: a million names of a hundred bytes.
const MOST_BYTES: usize = 100_000_000;
/// How many digits a number of a range may have, leading zeros counted: no host name is longer.
const MOST_DIGITS: usize = 255;
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The hosts of a pattern, in order, and the port after its colon.
///
/// # Errors
///
/// What is wrong with a range, as the end of a sentence that has named the pattern.
pub(super) fn expand(pattern: &str) -> Result<(Vec<String>, Option<u16>), String> {
    let (name, port) = address(pattern).unwrap_or((pattern, None));
    if name.trim_end().ends_with(':') && port.is_none() && name.parse::<Ipv6Addr>().is_err() {
        return Err("a name does not end in a colon; a port comes after it".to_owned());
    }
    Ok((names(name)?, port))
}

/// Expands a pattern to all its names. The last range varies fastest.
fn names(pattern: &str) -> Result<Vec<String>, String> {
    // The text before each range, and what the range counts out.
    let mut ranges: Vec<(&str, Vec<String>)> = Vec::new();
    let (mut rest, mut count, mut longest) = (pattern, 1_usize, 0_usize);
    while let Some((head, behind)) = rest.split_once('[') {
        let Some((range, tail)) = behind.split_once(']') else {
            return Err("the range has no `]`".to_owned());
        };
        let parts = sequence(range)?;
        count = count.saturating_mul(parts.len());
        if count > MOST_HOSTS {
            return Err("stands for more than a million hosts".to_owned());
        }
        longest += head.len() + parts.iter().map(String::len).max().unwrap_or(0);
        ranges.push((head, parts));
        rest = tail;
    }
    longest += rest.len();
    if longest.saturating_mul(count) > MOST_BYTES {
        return Err(format!(
            "stands for names of more than {} MB together",
            MOST_BYTES / 1_000_000
        ));
    }
    let name = |mut at: usize| {
        let (mut name, mut below) = (String::with_capacity(longest), count);
        for (head, parts) in &ranges {
            below = below.checked_div(parts.len()).unwrap_or(1);
            name.push_str(head);
            name.push_str(parts.get(at / below).map_or("", String::as_str));
            at %= below;
        }
        name + rest
    };
    Ok((0..count).map(name).collect())
}

/// What stands between the brackets, counted out.
fn sequence(range: &str) -> Result<Vec<String>, String> {
    let parts: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match parts.as_slice() {
        [begin, end] => (*begin, *end, "1"),
        [begin, end, step] => (*begin, *end, *step),
        _ => {
            return Err(format!(
                "the range is written `[begin:end]` or `[begin:end:step]`; found `[{range}]`"
            ));
        }
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err("the range has no end".to_owned());
    }
    let step = step
        .parse::<usize>()
        .ok()
        .filter(|step| *step > 0)
        .ok_or_else(|| {
            format!("the step of the range must be a number from 1 up; found `{step}`")
        })?;
    let backwards = || Err(format!("the range begins after it ends: `[{range}]`"));
    if let (Some(first), Some(last)) = (letter(begin), letter(end)) {
        if first > last {
            return backwards();
        }
        let letters = LETTERS.chars().skip(first).take(last - first + 1);
        return Ok(letters.step_by(step).map(String::from).collect());
    }
    let number = |text: &str| {
        text.parse::<u64>()
            .ok()
            .filter(|_| text.len() <= MOST_DIGITS && is_number(text))
            .ok_or_else(|| {
                format!("the range must run between two numbers or two letters; found `[{range}]`")
            })
    };
    let (first, last) = (number(begin)?, number(end)?);
    let is_padded = begin.len() > 1 && begin.starts_with('0');
    if is_padded && begin.len() != end.len() {
        return Err(format!(
            "begin and end of the range must be of equal length when the first has a leading zero; found `[{range}]`"
        ));
    }
    if first > last {
        return backwards();
    }
    if usize::try_from(last - first).unwrap_or(usize::MAX) / step >= MOST_HOSTS {
        return Err("stands for more than a million hosts".to_owned());
    }
    let width = if is_padded { begin.len() } else { 0 };
    Ok((first..=last)
        .step_by(step)
        .map(|number| format!("{number:0width$}"))
        .collect())
}

fn letter(text: &str) -> Option<usize> {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => LETTERS.find(letter),
        _ => None,
    }
}

/// A host, by name or address and perhaps with ranges, and its port; `None` if it is no such thing.
pub(super) fn address(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if is_number(port) => {
            if let Some(inner) = host
                .strip_prefix('[')
                .and_then(|host| host.strip_suffix(']'))
            {
                (inner, Some(port.parse().ok()?))
            } else if has_colon_outside_brackets(host) {
                (text, None)
            } else {
                (host, Some(port.parse().ok()?))
            }
        }
        _ => (text, None),
    };
    (host.parse::<Ipv6Addr>().is_ok() || is_host_name(host)).then_some((host, port))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_colon_outside_brackets(text: &str) -> bool {
    let mut inside = false;
    for letter in text.chars() {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            ':' if !inside => return true,
            _ => {}
        }
    }
    false
}

/// Labels of letters, digits, `-`, `_` and ranges with dots between.
fn is_host_name(text: &str) -> bool {
    let (mut starts, mut last) = (true, '.');
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let mut after = rest.get(letter.len_utf8()..).unwrap_or_default();
        match letter {
            '.' if starts || matches!(last, '-' | '_') => return false,
            '.' => starts = true,
            '[' => {
                let Some((range, tail)) = after.split_once(']') else {
                    return false;
                };
                if !is_range(range) {
                    return false;
                }
                after = tail;
                starts = false;
            }
            '-' if starts => return false,
            letter if letter == '-' || letter == '_' || letter.is_alphanumeric() => starts = false,
            _ => return false,
        }
        last = letter;
        rest = after;
    }
    !starts && !matches!(last, '-' | '_')
}

fn is_range(range: &str) -> bool {
    let parts: Vec<&str> = range.split(':').collect();
    let is_letter =
        |text: &str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let runs =
        |begin, end| (is_letter(begin) && is_letter(end)) || (is_number(begin) && is_number(end));
    match parts.as_slice() {
        [begin, end] => runs(begin, end),
        [begin, end, step] => runs(begin, end) && is_number(step),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expanded(pattern: &str) -> String {
        match expand(pattern) {
            Ok((hosts, port)) => format!(
                "{}{}",
                hosts.join(" "),
                port.map_or_else(String::new, |port| format!(" :{port}"))
            ),
            Err(message) => message,
        }
    }

    #[test]
    fn patterns_are_counted_out() {
        let shown: Vec<_> = [
            "leaf-01",
            "leaf[08:11]",
            "leaf[8:11]",
            "p[a:c]s[1:2]",
            "x[1:9:4].lab",
            "x[:2]",
            "leaf[1:2]:830",
            "[2001:db8::7]:22",
            "2001:db8::7",
            "y[X:Z]",
            "fe80:22",
        ]
        .into_iter()
        .map(|pattern| format!("{pattern} = {}", expanded(pattern)))
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        leaf-01 = leaf-01
        leaf[08:11] = leaf08 leaf09 leaf10 leaf11
        leaf[8:11] = leaf8 leaf9 leaf10 leaf11
        p[a:c]s[1:2] = pas1 pas2 pbs1 pbs2 pcs1 pcs2
        x[1:9:4].lab = x1.lab x5.lab x9.lab
        x[:2] = x0 x1 x2
        leaf[1:2]:830 = leaf1 leaf2 :830
        [2001:db8::7]:22 = 2001:db8::7 :22
        2001:db8::7 = 2001:db8::7
        y[X:Z] = yX yY yZ
        fe80:22 = fe80 :22
        ");
    }

    #[test]
    fn what_is_wrong_with_a_range_is_said() {
        let shown: Vec<_> = [
            "leaf[01:9]",
            "leaf[9:1]",
            "leaf[1:3",
            "leaf[1]",
            "leaf[1:]",
            "leaf[a:7]",
            "leaf[1:9:0]",
            "leaf[0:99999999]",
            "l[0:9999][0:9999]",
            "leaf:",
            "l[0:9999][x",
        ]
        .into_iter()
        .map(|pattern| format!("{pattern}: {}", expanded(pattern)))
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        leaf[01:9]: begin and end of the range must be of equal length when the first has a leading zero; found `[01:9]`
        leaf[9:1]: the range begins after it ends: `[9:1]`
        leaf[1:3: the range has no `]`
        leaf[1]: the range is written `[begin:end]` or `[begin:end:step]`; found `[1]`
        leaf[1:]: the range has no end
        leaf[a:7]: the range must run between two numbers or two letters; found `[a:7]`
        leaf[1:9:0]: the step of the range must be a number from 1 up; found `0`
        leaf[0:99999999]: stands for more than a million hosts
        l[0:9999][0:9999]: stands for more than a million hosts
        leaf:: a name does not end in a colon; a port comes after it
        l[0:9999][x: the range has no `]`
        ");
    }

    #[test]
    fn a_short_pattern_cannot_stand_for_more_than_memory_holds() {
        // As many levels of ranges as would exhaust the stack, a long name many times over, and more zeros than a number is padded with.
        let (many, _) = expand(&"[1:1]".repeat(50_000)).unwrap();
        assert_eq!(many, ["1".repeat(50_000)]);
        for (long, told) in [
            (
                format!("{}[0:999999]", "a".repeat(60_000)),
                "more than 100 MB",
            ),
            (
                format!("[0:999999]{}", "a".repeat(60_000)),
                "more than 100 MB",
            ),
            (
                format!("a[{0}1:{0}2]", "0".repeat(70_000)),
                "must run between two numbers",
            ),
        ] {
            let message = expand(&long).unwrap_err();
            assert!(message.contains(told), "{}", &message[..100]);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(pattern in "[a-c\\[\\]:0-3.é-]{0,14}") {
            drop(expand(&pattern));
        }

        #[test]
        fn a_range_of_numbers_has_as_many_hosts_as_it_says(first in 0_u64..500, more in 0_u64..500, step in 1_u64..9) {
            let (hosts, _) = expand(&format!("n[{first}:{}:{step}]", first + more)).unwrap();
            prop_assert_eq!(hosts.len() as u64, more / step + 1);
        }
    }
}
