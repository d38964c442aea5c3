//! `-e`: variables from the command line, which stand above all others.

use std::path::Path;
use std::sync::Arc;

use super::groups::shared_path;
use super::python;
use super::variables::{Variable, VariableSet, set_of};
use crate::config::problem::Problem;
use crate::config::vault::{self, Vault};
use crate::config::yaml::{Document, Node, Value};

/// The variables of all `-e`, the later over the earlier: `key=value …`, JSON or YAML in brackets, or `@file`.
pub(super) fn read(arguments: &[String], vault: &Vault) -> (VariableSet, Vec<Problem>) {
    let (mut variables, mut problems) = (VariableSet::new(), Vec::new());
    for argument in arguments
        .iter()
        .map(|argument| argument.trim())
        .filter(|argument| !argument.is_empty())
    {
        match read_one(argument, vault) {
            Ok(mut more) => variables.append(&mut more),
            Err(problem) => problems.push(problem),
        }
    }
    (variables, problems)
}

fn read_one(argument: &str, vault: &Vault) -> Result<VariableSet, Problem> {
    let command_line = shared_path(Path::new("--extra-vars"));
    if let Some(path) = argument.strip_prefix('@') {
        let path = Path::new(path);
        let text = std::fs::read_to_string(path).map_err(|error| {
            Problem::new(format!(
                "cannot read the extra variables {}: {error}",
                path.display()
            ))
        })?;
        if vault::is_encrypted(&text) {
            let plain = vault
                .decrypt(&text)
                .map_err(|error| Problem::at(path, 0, error.to_string()))?;
            let plain = str::from_utf8(&plain)
                .map_err(|_| Problem::at(path, 0, "what was decrypted is no text"))?;
            return parse(&shared_path(path), plain, true);
        }
        return parse(&shared_path(path), &text, false);
    }
    if argument.starts_with(['{', '[']) {
        return parse(&command_line, argument, false);
    }
    if argument.starts_with(['/', '.']) {
        return Err(Problem::new(format!(
            "`-e {argument}` looks like a file: write `-e @{argument}`"
        )));
    }
    let words = python::shell_words(argument, python::Hash::Letter)
        .ok_or_else(|| Problem::new("a quote in `-e` is opened and not closed"))?;
    let mut variables = VariableSet::new();
    let mut last = None;
    for word in with_whole_templates(words) {
        let (name, value) = word
            .split_once('=')
            .filter(|(name, _)| !name.trim().is_empty())
            .ok_or_else(|| no_variable(&word, last.as_deref()))?;
        last = Some(name.trim().to_owned());
        // Ansible leaves all values of this form text.
        let variable = Variable {
            file: Arc::clone(&command_line),
            line: 0,
            node: Node::from_value(Value::Text(value.to_owned())),
        };
        variables.insert(name.trim().to_owned(), variable);
    }
    Ok(variables)
}

fn parse(file: &Arc<Path>, text: &str, is_secret: bool) -> Result<VariableSet, Problem> {
    let document = Document::parse(text).map_err(|error| {
        Problem::at(
            &**file,
            error.line,
            format!("this is not YAML: {}", error.message),
        )
    })?;
    let node = if is_secret {
        document.node.into_secret()
    } else {
        document.node
    };
    let line = node.line;
    set_of(file, node).map_err(|found| {
        Problem::at(
            &**file,
            line,
            format!("extra variables are a mapping, as `name: value`; found {found}"),
        )
    })
}

/// A word that sets nothing. Behind another variable it is most likely the rest of a value with spaces, a password perhaps.
fn no_variable(word: &str, last: Option<&str>) -> Problem {
    Problem::new(match last {
        None => format!("`-e` takes `name=value`, `@file` or a mapping in JSON; found `{word}`"),
        Some(last) => format!(
            "`-e` takes `name=value`, and a word behind `{last}=…` sets nothing: a value with spaces in it goes in quotes"
        ),
    })
}

/// The words with those put together again that a template's spaces have parted: `a={{ b }}` is one.
fn with_whole_templates(words: Vec<String>) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    for word in words {
        match whole.last_mut() {
            Some(last) if last.matches("{{").count() > last.matches("}}").count() => {
                last.push(' ');
                last.push_str(&word);
            }
            _ => whole.push(word),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read_and_the_later_wins() {
        let arguments = [
            "a=1 b='two words' c={{ x | default(1) }} d=#7",
            "{\"a\": 2, \"e\": [1, true]}",
            "",
            "f: 7",
            "/etc/vars.yml",
            "@/nowhere.yml",
            "[1]",
        ];
        let arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        let (variables, problems) = read(&arguments, &Vault::default());
        let shown: Vec<String> = variables
            .iter()
            .map(|(name, variable)| format!("{name} = {:?}", variable.node.value))
            .chain(problems.iter().map(ToString::to_string))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r##"
        a = 2
        b = "two words"
        c = "{{ x | default(1) }}"
        d = "#7"
        e = [Node { line: 1, value: 1 }, Node { line: 1, value: true }]
        `-e` takes `name=value`, `@file` or a mapping in JSON; found `f:`
        `-e /etc/vars.yml` looks like a file: write `-e @/etc/vars.yml`
        cannot read the extra variables /nowhere.yml: No such file or directory (os error 2)
        --extra-vars:1: extra variables are a mapping, as `name: value`; found a list
        "##);
    }
}
