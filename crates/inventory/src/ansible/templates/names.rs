//! The names in a template: those of Ansible's own collection without its prefix, and those that the engine does not know.

use std::borrow::Cow;

use minijinja::{Environment, ErrorKind, Value};
use regex::Regex;

const OWN: [&str; 2] = ["ansible.builtin.", "ansible.legacy."];

/// The text with `ansible.builtin.split` as `split`, in the expressions of a template: both are the same thing. A quoted name that begins
/// so is one of a filter (`map('ansible.builtin.extract')`) or of a lookup.
pub(super) fn without_collection(text: &str) -> Cow<'_, str> {
    if !OWN.iter().any(|own| text.contains(own)) {
        return Cow::Borrowed(text);
    }
    let (mut written, mut rest) = (String::new(), text);
    let (mut is_expression, mut quote, mut before) = (false, None, ' ');
    while let Some(letter) = rest.chars().next() {
        let opens = quote.is_none() && (rest.starts_with("{{") || rest.starts_with("{%"));
        let closes = quote.is_none() && (rest.starts_with("}}") || rest.starts_with("%}"));
        is_expression = (is_expression || opens) && !closes;
        let begins = match quote {
            None => !(before.is_alphanumeric() || matches!(before, '_' | '.')),
            Some(open) => before == open,
        };
        let own = OWN.iter().find_map(|own| rest.strip_prefix(own));
        if let Some(behind) = own.filter(|_| is_expression && begins) {
            rest = behind;
            before = '.';
            continue;
        }
        match quote {
            None if is_expression && matches!(letter, '"' | '\'') => quote = Some(letter),
            Some(open) if letter == open => quote = None,
            _ => {}
        }
        written.push(letter);
        before = letter;
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    Cow::Owned(written)
}

/// The first filter or test that is handed on by its name (`map('extract', …)`) and that the engine does not know.
pub(super) fn unknown(
    text: &str,
    environment: &Environment<'_>,
    kind: ErrorKind,
) -> Option<String> {
    let calls = match kind {
        ErrorKind::UnknownFilter => r#"\bmap\(\s*['"]([\w.]+)['"]"#,
        ErrorKind::UnknownTest => {
            r#"\b(?:(?:select|reject)\(\s*|(?:select|reject)attr\([^,()]*,\s*)['"]([\w.]+)['"]"#
        }
        _ => return None,
    };
    let calls = Regex::new(calls).ok()?;
    let mut state = environment.empty_state();
    let mut names = calls.captures_iter(text).filter_map(|call| call.get(1));
    let name = names.find(|name| {
        let result = match kind {
            ErrorKind::UnknownFilter => state.apply_filter(name.as_str(), &[Value::from(())]).err(),
            _ => state.perform_test(name.as_str(), &[Value::from(())]).err(),
        };
        result.is_some_and(|error| error.kind() == kind)
    })?;
    let what = match kind {
        ErrorKind::UnknownFilter => "filter",
        _ => "test",
    };
    Some(format!("{what} {}", name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_expressions_lose_their_collection() {
        for (text, expected) in [
            (
                "{{ a | ansible.builtin.split('/') }}",
                "{{ a | split('/') }}",
            ),
            (
                "{{ a is ansible.builtin.match('x') }}",
                "{{ a is match('x') }}",
            ),
            (
                "{{ lookup('ansible.builtin.env', 'X') }}",
                "{{ lookup('env', 'X') }}",
            ),
            ("ansible.builtin.ssh {{ a }}", "ansible.builtin.ssh {{ a }}"),
            (
                "{{ 'see ansible.builtin.ssh' }}",
                "{{ 'see ansible.builtin.ssh' }}",
            ),
            ("{{ my.ansible.builtin.x }}", "{{ my.ansible.builtin.x }}"),
        ] {
            assert_eq!(without_collection(text), expected);
        }
    }
}
