//! Reads extra variables (`-e`), which override all others.

use std::path::Path;
use std::sync::Arc;

use super::groups::shared_path;
use super::python_literal;
use super::variables::{Variable, VariableSet, set_of};
use crate::problem::Problem;
use crate::vault::{self, Vault};
use crate::yaml::{Document, Node, Value};

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
    let words = words(argument)
        .ok_or_else(|| Problem::new("a quote or a template in `-e` is opened and not closed"))?;
    let mut variables = VariableSet::new();
    let mut last = None;
    for word in words.iter().map(|word| word.trim()) {
        let word = with_escapes(word);
        let (name, value) =
            name_and_value(&word).ok_or_else(|| no_variable(&word, last.as_deref()))?;
        // Ansible leaves all values of this form text.
        let variable = Variable {
            written: None,
            file: Arc::clone(&command_line),
            line: 0,
            node: Node::from_value(Value::Text(unquoted(value).to_owned())),
        };
        variables.insert(name.to_owned(), variable);
        last = Some(name.to_owned());
    }
    Ok(variables)
}

/// A line's words as Ansible parts them: at blanks and line breaks, unless these stand in quotes or in a template. Nothing is taken out
/// of a word, so that a template keeps its quotes. `None` where a quote or a template is not closed.
fn words(line: &str) -> Option<Vec<String>> {
    const PAIRS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut depths) = (None, [0_usize; PAIRS.len()]);
    let mut lines = line.split('\n').peekable();
    while let Some(line) = lines.next() {
        let mut goes_on = false;
        for (at, token) in line.split(' ').enumerate() {
            let is_open = quote.is_some() || depths.iter().any(|depth| *depth > 0);
            match words.last_mut() {
                _ if token == "\\" && quote.is_none() => {
                    goes_on = true;
                    continue;
                }
                Some(last) if token.is_empty() && at > 0 => last.push(' '),
                Some(last) if is_open => {
                    last.push_str(if at > 0 { " " } else { "" });
                    last.push_str(token);
                }
                _ if token.is_empty() => {}
                _ => words.push(token.to_owned()),
            }
            quote = quote_behind(token, quote);
            for (depth, (open, close)) in depths.iter_mut().zip(PAIRS) {
                *depth = (*depth + token.matches(open).count())
                    .saturating_sub(token.matches(close).count());
            }
        }
        if let Some(last) = words
            .last_mut()
            .filter(|_| lines.peek().is_some() && !goes_on)
        {
            last.push('\n');
        }
    }
    (quote.is_none() && depths.iter().all(|depth| *depth == 0)).then_some(words)
}

/// The quote that is open behind a token.
fn quote_behind(token: &str, mut quote: Option<char>) -> Option<char> {
    let mut before = ' ';
    for letter in token.chars() {
        if matches!(letter, '"' | '\'') && before != '\\' {
            match quote {
                None => quote = Some(letter),
                Some(open) if open == letter => quote = None,
                Some(_) => {}
            }
        }
        before = letter;
    }
    quote
}

/// A word's name and value, at its first equals sign that has no backslash before it.
fn name_and_value(word: &str) -> Option<(&str, &str)> {
    let mut signs = word.match_indices('=').map(|(at, _)| at);
    let at = signs.find(|at| {
        word.get(..*at)
            .is_some_and(|before| !before.ends_with('\\'))
    })?;
    let (name, value) = (word.get(..at)?.trim(), word.get(at + 1..)?.trim());
    (!name.is_empty()).then_some((name, value))
}

/// The value without the quotes around the whole of it.
fn unquoted(value: &str) -> &str {
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner
        .filter(|inner| !inner.ends_with('\\'))
        .unwrap_or(value)
}

/// The word with the escapes of Python's texts in it for what they are, but for octal ones and line breaks, which stay as all others do.
fn with_escapes(word: &str) -> String {
    let (mut text, mut rest) = (String::new(), word);
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let is_escape =
            !after.starts_with(|letter: char| letter == '\n' || letter.is_ascii_digit());
        rest = match is_escape
            .then(|| python_literal::escape(after, &mut text))
            .flatten()
        {
            Some(rest) => rest,
            None => {
                text.push('\\');
                after
            }
        };
    }
    text + rest
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read_and_the_later_wins() {
        let arguments = [
            "a=1 b='two words' c={{ x | default(1) }} d=#7",
            "g={{ x[\"y\"] ~ 'a  b' }}   h=\"it's {{ z }}\" i=a\\tb\\q j='a'b k=x=y",
            "l='open",
            "m={{ open",
            "n={% if x %}a{% endif %} o=a\\=b p='a\nb' \\\nq=1 r=''",
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
        g = "{{ x[\"y\"] ~ 'a  b' }}"
        h = "it's {{ z }}"
        i = "a\tb\\q"
        j = "'a'b"
        k = "x=y"
        n = "{% if x %}a{% endif %}"
        o = "a\\=b"
        p = "a\nb"
        q = "1"
        r = ""
        a quote or a template in `-e` is opened and not closed
        a quote or a template in `-e` is opened and not closed
        `-e` takes `name=value`, `@file` or a mapping in JSON; found `f:`
        `-e /etc/vars.yml` looks like a file: write `-e @/etc/vars.yml`
        cannot read the extra variables /nowhere.yml: No such file or directory (os error 2)
        --extra-vars:1: extra variables are a mapping, as `name: value`; found a list
        "##);
    }
}
