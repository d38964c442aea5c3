//! Variables with file and line, in layers; a stronger layer overrides a weaker one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::problem::Problem;
use crate::vault::Vault;
use crate::yaml::{Document, Node, Value};

/// The value of a variable and where it was set.
#[derive(Debug, Clone)]
pub struct Variable {
    /// The file that sets it, or `--extra-vars`.
    pub file: Arc<Path>,
    /// The line of its name in that file, from 1; 0 for a variable that comes from no file.
    pub line: u64,
    /// The value as it is written, templates unresolved and vault values encrypted.
    pub node: Node,
    /// The text of a value that stands in an INI file and that Python takes for something else than text (`1_000`).
    pub written: Option<Arc<str>>,
}

/// Variables that were set at one place, by name.
pub(super) type VariableSet = BTreeMap<String, Variable>;

/// A set of variables, perhaps still encrypted.
#[derive(Debug)]
pub(super) enum Layer {
    Plain(VariableSet),
    /// A file that is encrypted as a whole: decrypted when it is first looked into, and only then.
    Vaulted {
        file: Arc<Path>,
        text: String,
        opened: OnceLock<Result<VariableSet, Problem>>,
    },
}

impl Layer {
    /// Its variables.
    ///
    /// # Errors
    ///
    /// The file cannot be decrypted, or holds no variables.
    pub(super) fn variables(&self, vault: &Vault) -> Result<&VariableSet, &Problem> {
        match self {
            Self::Plain(variables) => Ok(variables),
            Self::Vaulted { file, text, opened } => {
                opened.get_or_init(|| open(file, text, vault)).as_ref()
            }
        }
    }

    /// Whether its variables come out of a vault.
    pub(super) fn is_vaulted(&self) -> bool {
        matches!(self, Self::Vaulted { .. })
    }
}

fn open(file: &Arc<Path>, text: &str, vault: &Vault) -> Result<VariableSet, Problem> {
    let plain = vault
        .decrypt(text)
        .map_err(|error| Problem::at(&**file, 0, error.to_string()))?;
    let text = str::from_utf8(&plain)
        .map_err(|_| Problem::at(&**file, 0, "what was decrypted is no text"))?;
    let document = Document::parse(text).map_err(|error| {
        Problem::at(
            &**file,
            0,
            format!(
                "what was decrypted is not YAML: {} (line {})",
                error.message, error.line
            ),
        )
    })?;
    let node = document.node.into_secret();
    set_of(file, node).map_err(|found| {
        Problem::at(
            &**file,
            0,
            format!("what was decrypted must be variables, as `name: value`; found {found}"),
        )
    })
}

/// The variables of a document.
///
/// # Errors
///
/// What kind of thing was found instead.
pub(super) fn set_of(file: &Arc<Path>, node: Node) -> Result<VariableSet, &'static str> {
    match node.value {
        Value::Null => Ok(VariableSet::new()),
        Value::Map(entries) => Ok(entries
            .into_iter()
            .map(|(key, node)| {
                let variable = Variable {
                    written: None,
                    file: Arc::clone(file),
                    line: key.line,
                    node,
                };
                (key.name, variable)
            })
            .collect()),
        _ => Err(node.kind()),
    }
}
