//! A reader of both text formats, written from their descriptions and apart from the encoders.

use std::collections::BTreeMap;

/// What a text says.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// Kind, unit and help by the family's name.
    pub(crate) families: BTreeMap<String, Described>,
    /// In order: the sample's name, its labels, its value.
    pub(crate) samples: Vec<(String, BTreeMap<String, String>, f64)>,
    pub(crate) has_end: bool,
}

#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Described {
    pub(crate) kind: String,
    pub(crate) unit: Option<String>,
    pub(crate) help: String,
}

/// Reads the whole, or says what is wrong with it.
pub(crate) fn read(text: &str) -> Result<Read, String> {
    let mut read = Read::default();
    let mut family = String::new();
    let whole = text.strip_suffix('\n').ok_or("no line feed at the end")?;
    for line in whole.split('\n') {
        let wrong = |what: &str| format!("{what}: {line}");
        if read.has_end {
            return Err(wrong("a line behind the end"));
        }
        if line == "# EOF" {
            read.has_end = true;
        } else if let Some(comment) = line.strip_prefix("# ") {
            let (word, rest) = comment.split_once(' ').ok_or(wrong("a comment"))?;
            let (name, text) = rest.split_once(' ').ok_or(wrong("a comment"))?;
            if name != family {
                if read.families.contains_key(name) {
                    return Err(wrong("a family in two pieces"));
                }
                name.clone_into(&mut family);
            }
            let described = read.families.entry(name.to_owned()).or_default();
            match word {
                "TYPE" => text.clone_into(&mut described.kind),
                "UNIT" => described.unit = Some(text.to_owned()),
                "HELP" => described.help = unescape(text)?,
                _ => return Err(wrong("an unknown comment")),
            }
        } else {
            let sample = sample(line).map_err(|what| wrong(&what))?;
            let suffix = sample.0.strip_prefix(family.as_str());
            if !matches!(suffix, Some("" | "_total" | "_info")) {
                return Err(wrong("a sample outside its family"));
            }
            read.samples.push(sample);
        }
    }
    Ok(read)
}

fn sample(line: &str) -> Result<(String, BTreeMap<String, String>, f64), String> {
    let name: String = line
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        .collect();
    let mut rest = line.strip_prefix(&name).unwrap_or_default();
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, value) = rest.split_once("=\"").ok_or("a label without a value")?;
            let is_name = |letter: char| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
            };
            if label.is_empty() || !label.chars().all(is_name) {
                return Err(format!("a label called {label}"));
            }
            let mut end = None;
            let mut is_escaped = false;
            for (at, letter) in value.char_indices() {
                match letter {
                    '"' if !is_escaped => {
                        end = Some(at);
                        break;
                    }
                    letter => is_escaped = letter == '\\' && !is_escaped,
                }
            }
            let end = end.ok_or("a value without an end")?;
            if labels
                .insert(label.to_owned(), unescape(&value[..end])?)
                .is_some()
            {
                return Err(format!("{label} twice"));
            }
            rest = &value[end + 1..];
            match rest.strip_prefix(',') {
                Some(next) => rest = next,
                None => break,
            }
        }
        rest = rest.strip_prefix('}').ok_or("labels without an end")?;
    }
    let number = rest.strip_prefix(' ').ok_or("no blank before the value")?;
    let number = number
        .parse()
        .map_err(|_| format!("{number} is no number"))?;
    Ok((name, labels, number))
}

fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.push(match letters.next() {
                Some('n') => '\n',
                Some(letter @ ('\\' | '"')) => letter,
                other => return Err(format!("an unknown escape: {other:?}")),
            }),
            '\n' => return Err("a line feed".to_owned()),
            letter => plain.push(letter),
        }
    }
    Ok(plain)
}
