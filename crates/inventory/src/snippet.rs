//! Shows the line of a problem with a mark below it, and redacts secrets in it.
//!
//! Whoever reads a terminal, a ticket or a log of CI must not learn a password because the line above it was misspelt. So what stands
//! behind a key that sounds like a secret is replaced, on the same line and on the lines below that belong to it.

use super::secret_names::tells_secret;

/// Words in a key whose value nobody may see, unless it names a file or a command.
const SECRET: &[&str] = &[
    "pass",
    "password",
    "passphrase",
    "secret",
    "token",
    "vault",
    "credential",
    "community",
    "privatekey",
];
/// Ends of keys that say where a secret is, not what it is.
const NAMES_ONE: &[&str] = &["file", "command", "path"];
/// What is shown in place of a secret.
const HIDDEN: &str = "…";
/// Letters of a line that are shown; what is longer is cut.
const LONGEST: usize = 160;

/// Line `number` of a text, from 1, with `found` marked, or all of the line if it is not to be seen there.
pub(super) fn snippet(text: &str, number: usize, found: Option<&str>) -> Option<String> {
    let lines: Vec<&str> = text.lines().take(number).collect();
    let line = lines.get(number.checked_sub(1)?)?;
    let shown = hide(&lines)?;
    let shown: String = shown
        .chars()
        .take(LONGEST)
        .map(|letter| if letter == '\t' { ' ' } else { letter })
        .collect();
    let whole = shown.trim();
    let marked = found
        .filter(|found| !found.is_empty() && line.contains(found))
        .unwrap_or(whole);
    let (at, marked) = match shown.find(marked) {
        Some(at) => (at, marked),
        None => (shown.find(whole)?, whole),
    };
    let before = shown.get(..at)?.chars().count();
    let marks = "^".repeat(marked.chars().count().max(1));
    let margin = " ".repeat(number.to_string().len());
    Some(format!(
        "  {number} | {}\n  {margin} | {}{marks}",
        shown.trim_end(),
        " ".repeat(before)
    ))
}

/// The last of these lines as it can be shown; none if it is empty or belongs to a secret altogether.
fn hide(lines: &[&str]) -> Option<String> {
    let (line, above) = lines.split_last()?;
    if line.trim().is_empty() {
        return None;
    }
    // The keys that the line is below of, by indentation, the nearest first.
    let mut indent = indentation(line);
    for line in above.iter().rev().filter(|line| !line.trim().is_empty()) {
        if indentation(line) < indent {
            indent = indentation(line);
            if secret_key_end(line).is_some() {
                return None;
            }
        }
    }
    if let Some(end) = secret_key_end(line) {
        let shown = line.get(..end).filter(|shown| !tells_secret(shown))?;
        return Some(format!("{shown} {HIDDEN}"));
    }
    if tells_secret(line) {
        return None;
    }
    // A remark may hold anything, an old password among it.
    let remark = line.find(" #").filter(|at| !line[..*at].trim().is_empty());
    Some(remark.map_or(*line, |at| &line[..at]).to_owned())
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Where the first key that sounds like a secret ends, its colon or equals sign included.
fn secret_key_end(line: &str) -> Option<usize> {
    let ends = line
        .char_indices()
        .filter(|(_, letter)| matches!(letter, ':' | '='));
    ends.map(|(at, _)| at).find_map(|at| {
        let before = line.get(..at)?.trim_end().trim_end_matches(['"', '\'']);
        let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
        let start = before
            .rfind(|letter| !is_part(letter))
            .map_or(0, |at| at + 1);
        sounds_secret(before.get(start..)?).then_some(at + 1)
    })
}

/// Whether the value of a key may be a secret. A misspelt key is a reason to be here, so a word that is almost one of [`SECRET`] is one.
fn sounds_secret(key: &str) -> bool {
    let key = key.to_lowercase().replace('-', "_");
    let is_close = |part: &str, word: &str| {
        let distance = if word.len() > 5 { 2 } else { 1 };
        part.contains(word) || strsim::osa_distance(part, word) <= distance
    };
    let joined = key.replace('_', "");
    let mut parts = key.split('_').chain([joined.as_str()]);
    parts.any(|part| SECRET.iter().any(|word| is_close(part, word)))
        && !NAMES_ONE.iter().any(|end| key.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_marked_where_it_stands() {
        let text = "all:\n  hosts:\n    größe: {ansible_port: 83O}\n";
        insta::assert_snapshot!(snippet(text, 3, Some("83O")).unwrap(), @"
        3 |     größe: {ansible_port: 83O}
          |                           ^^^
        ");
        insta::assert_snapshot!(snippet(text, 2, None).unwrap(), @"
        2 |   hosts:
          |   ^^^^^^
        ");
        assert_eq!(snippet(text, 9, None), None);
        assert_eq!(snippet("a:\n\n", 2, None), None);
    }

    #[test]
    fn no_secret_is_shown_on_its_line_nor_below_it() {
        for (text, line) in [
            ("    ansible_password: TOPSECRET\n", 1),
            (
                "    a: {ansible_port: 1, ansible_ssh_pass: TOPSECRET, b: TOPSECRET}\n",
                1,
            ),
            ("leaf-01 ansible_port=x ansible_password=TOPSECRET\n", 1),
            ("    \"ansible_password\": TOPSECRET\n", 1),
            ("become_pass : TOPSECRET\n", 1),
            ("api-token = 'TOPSECRET'\n", 1),
            ("  ansible_password: |\n    TOPSECRET\n", 2),
            (
                "  ansible_password: !vault |\n    $ANSIBLE\n\n    TOPSECRET: x\n",
                4,
            ),
            ("ansible_password:\n  deep:\n    TOPSECRET: 1\n", 3),
            ("vault_user: TOPSECRET\n", 1),
            ("ansible_pasword: TOPSECRET\n", 1),
            ("ansible_ssh_pas: TOPSECRET\n", 1),
            ("ansiblepasswort: TOPSECRET\n", 1),
            ("ansible_port: 1 # was TOPSECRET\n", 1),
            ("sercet: TOPSECRET\n", 1),
        ] {
            let shown = snippet(text, line, Some("TOPSECRET")).unwrap_or_default();
            assert!(!shown.contains("TOPSECRET"), "{text}: {shown}");
        }
    }

    #[test]
    fn what_only_names_a_secret_is_shown() {
        for text in [
            "ansible_ssh_private_key_file: /x",
            "password_command: pass show x",
            "  port: 1",
        ] {
            assert!(snippet(text, 1, None).unwrap().contains(text), "{text}");
        }
    }

    #[test]
    fn a_long_line_is_cut() {
        let shown = snippet(&"x".repeat(10_000), 1, None).unwrap();
        assert!(shown.len() < 400, "{shown}");
    }
}
