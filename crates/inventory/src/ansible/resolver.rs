//! Resolves the value of a variable: evaluates templates and decrypts vault values, on demand.
//!
//! References are followed through the host's other variables. Text that comes out of a vault stays in a type that cannot print itself
//! as long as it is only referred to; where a template works on it (`{{ vault_a ~ vault_b }}`), the template engine holds copies that are
//! not wiped, and the result is a secret again.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::templates::{ReferencePath, Scope};
use super::{Contents, Host, Variable};
use crate::problem::Problem;
use crate::secret_names::is_secret_name;
use crate::vault;
use crate::yaml::{Node, Value, is_template};

/// A variable's value as it is used.
#[derive(Debug, Clone)]
pub struct ResolvedValue {
    /// The value: no templates and no vault values are left in it.
    pub value: Value,
    /// Whether a vault or a secret has a part in it: then it is not to be shown.
    pub is_secret: bool,
    /// Whether it is written in the inventory as it is, neither encrypted nor taken from elsewhere.
    pub is_plain_text: bool,
}

impl ResolvedValue {
    /// The value as text, if it is a scalar that is no secret.
    pub fn text(&self) -> Option<String> {
        Node::from_value(self.value.clone()).text()
    }

    /// The value as a secret, if it is a scalar.
    pub fn secret(&self) -> Option<SecretString> {
        match &self.value {
            Value::Secret(secret) => Some((**secret).clone()),
            _ => self.text().map(SecretString::from),
        }
    }

    /// What kind of thing it is, as the middle of a sentence.
    pub fn kind(&self) -> &'static str {
        Node::from_value(self.value.clone()).kind()
    }
}

impl Host<'_> {
    /// The value of a variable, `None` if it is set nowhere.
    ///
    /// # Errors
    ///
    /// A template that cannot be evaluated, a reference to what is set nowhere or to itself, a vault value that cannot be opened: with
    /// the place where the value stands, and the host.
    pub fn resolve(self, name: &str) -> Result<Option<ResolvedValue>, Problem> {
        let Some((variable, from_vault)) = self
            .contents
            .lookup(self.place, name)
            .map_err(Clone::clone)?
        else {
            return Ok(None);
        };
        let references = Arc::new(ReferencePath::default());
        let resolved = self.contents.value(self.place, name, variable, &references);
        let value = resolved.map_err(|problem| problem.of_host(self.name()))?;
        let is_secret = from_vault || references.has_secret();
        Ok(Some(ResolvedValue {
            is_plain_text: !is_secret
                && match &variable.node.value {
                    Value::Text(text) => !is_template(text),
                    Value::Literal(_) => true,
                    _ => false,
                },
            is_secret,
            value: if references.has_secret() {
                Node::from_value(value).into_secret_text().value
            } else {
                value
            },
        }))
    }
}

impl Contents {
    /// The value of a host's variable.
    pub(super) fn value(
        self: &Arc<Self>,
        host: usize,
        name: &str,
        variable: &Variable,
        references: &Arc<ReferencePath>,
    ) -> Result<Value, Problem> {
        let at = |message: String| {
            Problem::at(
                &*variable.file,
                variable.node.line.max(variable.line),
                message,
            )
        };
        references.enter(host, name).map_err(at)?;
        let value = self
            .evaluate(host, name, &variable.node, references)
            .map_err(|error| match error {
                Failure::Here(message) => at(message),
                Failure::Elsewhere(problem) => problem,
            });
        references.leave();
        value
    }

    fn evaluate(
        self: &Arc<Self>,
        host: usize,
        name: &str,
        node: &Node,
        references: &Arc<ReferencePath>,
    ) -> Result<Value, Failure> {
        Ok(match &node.value {
            Value::Text(text) if vault::is_encrypted(text) => {
                return Err(Failure::Here(format!(
                    "`{name}` is a vault value without its tag: write `{name}: !vault |` and the value below it"
                )));
            }
            Value::Text(text) if is_template(text) => {
                if let Some(referred) = reference(text)
                    && let Some((variable, from_vault)) = self
                        .lookup(host, referred)
                        .map_err(|problem| Failure::Elsewhere(problem.clone()))?
                {
                    if from_vault || is_secret_name(referred) {
                        references.sees_secret();
                    }
                    return self
                        .value(host, referred, variable, references)
                        .map_err(Failure::Elsewhere);
                }
                let scope = Scope::new(Arc::clone(self), host, Arc::clone(references));
                self.templates.evaluate(text, &scope).map_err(|message| {
                    match references.take_problem() {
                        Some(problem) => Failure::Elsewhere(problem),
                        None => Failure::Here(format!("`{name}`: {message}")),
                    }
                })?
            }
            Value::Vaulted(text) => {
                references.sees_secret();
                let plain = self
                    .vault
                    .decrypt(text)
                    .map_err(|error| Failure::Here(format!("`{name}`: {error}")))?;
                let text = str::from_utf8(&plain).map_err(|_| {
                    Failure::Here(format!("`{name}`: what was decrypted is no text"))
                })?;
                Value::Secret(Arc::new(SecretString::from(text)))
            }
            Value::Secret(secret) => {
                references.sees_secret();
                Value::Secret(Arc::clone(secret))
            }
            Value::List(nodes) => {
                let values = nodes.iter().map(|node| {
                    Ok(Node {
                        line: node.line,
                        value: self.evaluate(host, name, node, references)?,
                    })
                });
                Value::List(values.collect::<Result<_, Failure>>()?)
            }
            Value::Map(entries) => {
                let values = entries.iter().map(|(key, node)| {
                    Ok((
                        key.clone(),
                        Node {
                            line: node.line,
                            value: self.evaluate(host, name, node, references)?,
                        },
                    ))
                });
                Value::Map(values.collect::<Result<_, Failure>>()?)
            }
            other => other.clone(),
        })
    }
}

/// Why a value cannot be had: what is wrong in it, or in one that it refers to.
enum Failure {
    Here(String),
    Elsewhere(Problem),
}

impl Node {
    /// All text in it as secrets: a result in which a secret took part.
    pub(super) fn into_secret_text(self) -> Self {
        let value = match self.value {
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, node)| (key, node.into_secret_text()))
                    .collect(),
            ),
            Value::List(nodes) => {
                Value::List(nodes.into_iter().map(Self::into_secret_text).collect())
            }
            Value::Text(text) | Value::Literal(text) => {
                Value::Secret(Arc::new(SecretString::from(text)))
            }
            other => other,
        };
        Self { value, ..self }
    }

    /// The text, secret or not.
    pub(super) fn exposed(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Literal(text) => Some(text),
            Value::Secret(secret) => Some(secret.expose_secret()),
            _ => None,
        }
    }
}

/// The name, if the template is nothing but a reference to a variable.
fn reference(text: &str) -> Option<&str> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let name = text.strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let is_name = name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
    (is_name && !matches!(name, "true" | "false" | "none" | "True" | "False" | "None"))
        .then_some(name)
}
