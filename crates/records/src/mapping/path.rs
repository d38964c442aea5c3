//! Where rows and values stand: element names from the outside in.

/// The path of the items: `fpc-information/fpc/pic`. The first name is the payload's element, the last the row's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemPath {
    pub(super) names: Vec<String>,
}

impl ItemPath {
    /// Reads a path.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let names: Vec<_> = text.trim_matches('/').split('/').collect();
        match names.iter().find(|name| !is_name(name)) {
            None => Ok(Self {
                names: names.into_iter().map(str::to_owned).collect(),
            }),
            Some(bad) => Err(wrong_name(text, bad)),
        }
    }

    /// How many elements of the path stand around a row.
    pub fn depth(&self) -> usize {
        self.names.len() - 1
    }
}

/// The path of a value, seen from its row: `name`, `temperature/@celsius`, `@style`, `../slot`, or `.` for the row's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath {
    /// How many elements up from the row it begins: one for each `..`.
    up: usize,
    pub(super) steps: Vec<String>,
    pub(super) attribute: Option<String>,
}

impl FieldPath {
    /// Reads a path.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut path = Self {
            up: 0,
            steps: Vec::new(),
            attribute: None,
        };
        if text == "." {
            return Ok(path);
        }
        for step in text.split('/') {
            if path.attribute.is_some() {
                return Err(format!(
                    "`{text}` goes on after its attribute; an attribute is the end of a path"
                ));
            }
            match step.strip_prefix('@') {
                Some(name) if is_name(name) => path.attribute = Some(name.to_owned()),
                None if step == ".." && path.steps.is_empty() => path.up += 1,
                None if step == ".." => {
                    return Err(format!(
                        "`{text}` turns back in the middle; `..` may stand at its beginning only"
                    ));
                }
                None if is_name(step) => path.steps.push(step.to_owned()),
                _ => return Err(wrong_name(text, step)),
            }
        }
        if path.steps.is_empty() && path.attribute.is_none() {
            return Err(format!("`{text}` names no element and no attribute"));
        }
        Ok(path)
    }

    /// How many elements above the row it begins.
    pub fn levels_up(&self) -> usize {
        self.up
    }
}

/// Whether this is a local name: prefixes are not part of a path, for every namespace is accepted.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.'))
}

fn wrong_name(path: &str, name: &str) -> String {
    let hint = match name {
        "" => "; one `/` stands between two names".to_owned(),
        "*" => "; there are no wildcards".to_owned(),
        _ => match name.split_once(':') {
            Some((_, local)) => format!("; write `{local}`, names count without their prefix"),
            None => String::new(),
        },
    };
    format!("`{name}` in the path `{path}` cannot be the name of an element{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_where_they_begin_and_end() {
        let path = FieldPath::parse("../../fpc/@style").unwrap();
        assert_eq!(
            (path.levels_up(), path.steps.as_slice()),
            (2, &["fpc".to_owned()][..])
        );
        assert_eq!(path.attribute.as_deref(), Some("style"));
        assert_eq!(FieldPath::parse(".").unwrap().steps, [""; 0]);
        assert_eq!(ItemPath::parse("/a/b/").unwrap().depth(), 1);
    }

    #[test]
    fn what_is_no_path_is_told_why() {
        for (text, why) in [
            ("", "one `/`"),
            ("a//b", "one `/`"),
            ("junos:name", "write `name`"),
            ("a/*/b", "no wildcards"),
            ("a/../b", "in the middle"),
            ("..", "names no element"),
            ("a/@b/c", "goes on after its attribute"),
            ("a b", "cannot be the name"),
        ] {
            let error = FieldPath::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(ItemPath::parse("a/@b").is_err());
    }
}
