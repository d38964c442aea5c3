//! Evaluates Jinja2 templates in values with minijinja, the way Ansible evaluates them.
//!
//! A value that is one expression and nothing else keeps the expression's type (`"{{ 830 }}"` is a number); anything else is text. What
//! is set nowhere is an error, not empty text. Variables are looked up when a template reads them, through [`Scope`].

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value as Jinja};

use super::Contents;
use crate::problem::{Problem, did_you_mean};
use crate::secret_names::is_secret_name;
use crate::yaml::{Key, Node, Value};

mod filters;
mod names;

/// How many references may follow one another.
const MOST_REFERENCES: usize = 64;
/// How many variables may be looked up for one value: a loop over ten thousand hosts has room, references that double at each step do not.
const MOST_LOOKUPS: usize = 100_000;
/// How much one template may do, in the engine's own measure: about a step, or 64 bytes of what it makes.
const FUEL: u64 = 2_000_000;
/// How deep lists and mappings may be nested in what a template makes.
const DEEPEST: usize = 100;

/// What `omit` stands for while a template is evaluated: a text that nobody writes.
const OMIT: &str = "\u{e000}omit\u{e000}";

/// The template engine, with the filters and functions that inventories use.
pub(super) struct Templates {
    environment: Environment<'static>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Templates")
    }
}

/// The way of references that led to a value, and what was met on it.
#[derive(Debug, Default)]
pub(super) struct ReferencePath {
    path: Mutex<Vec<(usize, String)>>,
    lookups: AtomicUsize,
    missing: Mutex<Vec<String>>,
    problem: Mutex<Option<Problem>>,
    secret: AtomicBool,
}

impl ReferencePath {
    /// Goes on to a variable.
    ///
    /// # Errors
    ///
    /// It is on the way already, the way is too long, or too many variables were looked up on all ways.
    pub(super) fn enter(&self, host: usize, name: &str) -> Result<(), String> {
        if self.lookups.fetch_add(1, Ordering::Relaxed) == MOST_LOOKUPS {
            return Err(format!(
                "`{name}` is one of more than {MOST_LOOKUPS} variables that a single value refers to: references that double at each step?"
            ));
        }
        let mut path = lock(&self.path);
        if let Some(at) = path
            .iter()
            .position(|(known, step)| *known == host && step == name)
        {
            let circle: Vec<&str> = path
                .iter()
                .skip(at)
                .map(|(_, step)| step.as_str())
                .chain([name])
                .collect();
            return Err(format!("`{name}` refers to itself: {}", circle.join(" → ")));
        }
        if path.len() == MOST_REFERENCES {
            return Err(format!(
                "`{name}` is reached through more than {MOST_REFERENCES} references"
            ));
        }
        path.push((host, name.to_owned()));
        Ok(())
    }

    pub(super) fn leave(&self) {
        lock(&self.path).pop();
    }

    pub(super) fn sees_secret(&self) {
        self.secret.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_secret(&self) -> bool {
        self.secret.load(Ordering::Relaxed)
    }

    /// What was wrong in a value that was referred to.
    pub(super) fn take_problem(&self) -> Option<Problem> {
        lock(&self.problem).take()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a template of a host sees.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    contents: Arc<Contents>,
    host: usize,
    references: Arc<ReferencePath>,
}

impl Templates {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        // Within a text Ansible writes nothing for null, where Jinja writes `None`.
        environment.set_formatter(|out, state, value| match value.is_none() {
            true => Ok(()),
            false => minijinja::escape_formatter(out, state, value),
        });
        environment.set_recursion_limit(100);
        environment.set_fuel(Some(FUEL));
        filters::add(&mut environment);
        Self { environment }
    }

    /// The value of a text with templates in it. A value that is `omit` is null, which counts as not set; entries that are, are left out.
    ///
    /// # Errors
    ///
    /// Why there is none, as the end of a sentence that has named the variable.
    pub(super) fn evaluate(&self, text: &str, scope: &Scope) -> Result<Value, String> {
        let context = Jinja::from_object(scope.clone());
        let text = &names::without_collection(text);
        let text = &with_backslashes(text);
        let result = match expression(text) {
            Some(expression) => self
                .environment
                .compile_expression_owned(expression.to_owned())
                .and_then(|compiled| {
                    let value = compiled.eval(context)?;
                    if value.is_undefined() {
                        Err(Error::from(ErrorKind::UndefinedError))
                    } else {
                        from_jinja(&value, 0)
                    }
                }),
            // One line break at the end is the template's, not the text's; the engine takes it off, and Ansible does not.
            None => self
                .environment
                .render_str(text, context)
                .map(|mut rendered| {
                    if text.ends_with('\n') && !rendered.ends_with('\n') {
                        rendered.push('\n');
                    }
                    Value::Text(rendered)
                }),
        };
        let value = result.map_err(|error| {
            let name = error
                .detail()
                .is_none()
                .then(|| names::unknown(text, &self.environment, error.kind()));
            explain(&error, name.flatten().as_deref(), scope)
        })?;
        match value {
            Value::Text(text) if text == OMIT => Ok(Value::Null),
            Value::Text(text) if text.contains(OMIT) => {
                Err("`omit` leaves out a whole value, and here it is a part of one".to_owned())
            }
            value => Ok(value),
        }
    }
}

/// What went wrong, with the name of what is missing where something is.
fn explain(error: &Error, name: Option<&str>, scope: &Scope) -> String {
    let missing = lock(&scope.references.missing).pop();
    match (error.kind(), missing) {
        (ErrorKind::UndefinedError, Some(name)) => {
            let known = scope.contents.layers(scope.host).filter_map(|layer| layer.variables(&scope.contents.vault).ok()).flat_map(|layer| layer.keys());
            let hint = did_you_mean(&name, known.map(String::as_str));
            format!("the template refers to `{name}`, which is set nowhere{hint}")
        }
        (ErrorKind::UndefinedError, None) => "the template refers to an entry that is not there".to_owned(),
        (ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest | ErrorKind::UnknownMethod, _) => {
            let what = error.detail().or(name).unwrap_or("a name that the engine does not tell");
            format!("the template uses what is not supported here ({what}); docs/inventory.md lists what is. Use that, or write the value itself, as `ansible HOST -m debug -a var=NAME` shows it")
        }
        (ErrorKind::OutOfFuel, _) => format!("the template does or makes too much and was given up after {} million steps; make its loops shorter", FUEL / 1_000_000),
        // The engine's words may hold a part of the values.
        _ if scope.references.has_secret() => "the template cannot be evaluated; what the engine says is withheld, for a secret takes part".to_owned(),
        _ => format!("the template cannot be evaluated: {}", error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)),
    }
}

/// The text with each backslash in a quoted part of an expression doubled, as Ansible does it: `'\\1'` is the first group of
/// `regex_replace`, not the letter of that number.
fn with_backslashes(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let (mut written, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("{{") {
        written.push_str(before);
        written.push_str("{{");
        rest = after;
        let mut quote = None;
        while let Some(letter) = rest.chars().next() {
            if quote.is_none() && rest.starts_with("}}") {
                break;
            }
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            written.push(letter);
            match quote {
                None if matches!(letter, '"' | '\'') => quote = Some(letter),
                Some(open) if letter == open => quote = None,
                Some(_) if letter == '\\' => {
                    written.push('\\');
                    // A quote behind a backslash does not end the text: Jinja has seen it before Ansible doubles.
                    if let Some(escaped) = rest.chars().next().filter(|next| Some(*next) == quote) {
                        written.push('\\');
                        written.push(escaped);
                        rest = rest.get(escaped.len_utf8()..).unwrap_or_default();
                    } else if let Some(more) = rest.strip_prefix('\\') {
                        written.push_str("\\\\");
                        rest = more;
                    }
                }
                _ => {}
            }
        }
    }
    written.push_str(rest);
    Cow::Owned(written)
}

/// The expression, if the text is `{{ expression }}` and nothing else but a line break at the end.
fn expression(text: &str) -> Option<&str> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    let inner = inner.strip_suffix('-').unwrap_or(inner);
    let (mut quote, mut escaped, mut before) = (None, false, ' ');
    for letter in inner.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            // Braces may end a mapping that ends another; an opening pair or a closing one outside of a mapping may not.
            None if before == '{' && matches!(letter, '{' | '%' | '#') => return None,
            None if before == '}' && letter == '}' && inner.matches('{').count() < 2 => {
                return None;
            }
            None => {}
        }
        before = letter;
    }
    Some(inner)
}

impl Scope {
    pub(super) fn new(
        contents: Arc<Contents>,
        host: usize,
        references: Arc<ReferencePath>,
    ) -> Self {
        Self {
            contents,
            host,
            references,
        }
    }

    /// A variable that is set by nobody but known of every host.
    fn magic(&self, name: &str) -> Option<Jinja> {
        let graph = &self.contents.graph;
        let host = graph.hosts.get(self.host)?;
        Some(match name {
            "inventory_hostname" => Jinja::from(host.name.as_str()),
            "inventory_hostname_short" => {
                Jinja::from(host.name.split('.').next().unwrap_or_default())
            }
            "inventory_file" => Jinja::from(
                host.file
                    .canonicalize()
                    .unwrap_or_else(|_| host.file.to_path_buf())
                    .display()
                    .to_string(),
            ),
            "inventory_dir" => {
                let file = host
                    .file
                    .canonicalize()
                    .unwrap_or_else(|_| host.file.to_path_buf());
                Jinja::from(
                    file.parent()
                        .map(|folder| folder.display().to_string())
                        .unwrap_or_default(),
                )
            }
            "playbook_dir" => {
                let folder = &self.contents.playbook_dir;
                Jinja::from(
                    folder
                        .canonicalize()
                        .unwrap_or_else(|_| folder.clone())
                        .display()
                        .to_string(),
                )
            }
            "group_names" => Jinja::from(
                self.contents
                    .group_names(self.host)
                    .into_iter()
                    .map(Jinja::from)
                    .collect::<Vec<_>>(),
            ),
            "groups" => Jinja::from_pairs((0..graph.groups.len()).filter_map(|place| {
                let group = graph.groups.get(place)?;
                let names = graph
                    .hosts_below(place)
                    .into_iter()
                    .filter_map(|host| graph.hosts.get(host))
                    .map(|host| Jinja::from(host.name.as_str()));
                Some((group.name.clone(), Jinja::from(names.collect::<Vec<_>>())))
            })),
            "omit" => Jinja::from(OMIT),
            "vars" => Jinja::from_object(self.clone()),
            "hostvars" => Jinja::from_object(HostVars(self.clone())),
            _ => return None,
        })
    }

    fn variable(&self, name: &str) -> Option<Jinja> {
        let failed = |problem: Problem| {
            *lock(&self.references.problem) = Some(problem);
            Some(Jinja::from(Error::new(
                ErrorKind::InvalidOperation,
                "a value that it refers to cannot be had",
            )))
        };
        let (variable, from_vault) = match self.contents.lookup(self.host, name) {
            Ok(found) => found?,
            Err(problem) => return failed(problem.clone()),
        };
        if from_vault || is_secret_name(name) {
            self.references.sees_secret();
        }
        match self
            .contents
            .value(self.host, name, variable, &self.references)
        {
            Ok(value) => Some(to_jinja(&Node::from_value(value))),
            Err(problem) => failed(problem),
        }
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let name = key.as_str()?;
        let found = self.magic(name).or_else(|| self.variable(name));
        if found.is_none() && !filters::FUNCTIONS.contains(&name) {
            lock(&self.references.missing).push(name.to_owned());
        }
        found
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// `hostvars`: what the templates of other hosts see.
#[derive(Debug)]
struct HostVars(Scope);

impl Object for HostVars {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let host = self.0.contents.graph.find_host(key.as_str()?)?;
        Some(Jinja::from_object(Scope {
            host,
            ..self.0.clone()
        }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self
            .0
            .contents
            .graph
            .hosts
            .iter()
            .map(|host| Jinja::from(host.name.as_str()));
        Enumerator::Values(names.collect())
    }
}

/// A value as the engine takes it.
fn to_jinja(node: &Node) -> Jinja {
    if let Some(text) = node.exposed() {
        return Jinja::from(text);
    }
    match &node.value {
        Value::Map(entries) => Jinja::from_pairs(
            entries
                .iter()
                .map(|(key, node)| (key.name.clone(), to_jinja(node))),
        ),
        Value::List(nodes) => Jinja::from(nodes.iter().map(to_jinja).collect::<Vec<_>>()),
        // Most are small, and filters count with those.
        Value::Integer(number) => match i64::try_from(*number) {
            Ok(small) => Jinja::from(small),
            Err(_) => Jinja::from(*number),
        },
        Value::Float(number) => Jinja::from(*number),
        Value::Bool(value) => Jinja::from(*value),
        _ => Jinja::from(()),
    }
}

/// What the engine made, as a value.
fn from_jinja(value: &Jinja, depth: usize) -> Result<Value, Error> {
    if depth > DEEPEST {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "the result is nested too deep",
        ));
    }
    Ok(match value.kind() {
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => match i128::try_from(value.clone()) {
            Ok(number) if value.is_integer() => Value::Integer(number),
            _ => f64::try_from(value.clone())
                .map_or_else(|_| Value::Text(value.to_string()), Value::Float),
        },
        ValueKind::Map => {
            let mut entries = Vec::new();
            for key in value.try_iter()? {
                let entry = value.get_item(&key)?;
                if entry.as_str() == Some(OMIT) {
                    continue;
                }
                let entry = Node::from_value(from_jinja(&entry, depth + 1)?);
                let name = key.to_string();
                entries.push((
                    Key {
                        line: 0,
                        name,
                        is_plain: false,
                    },
                    entry,
                ));
            }
            Value::Map(entries)
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let nodes = value
                .try_iter()?
                .filter(|value| value.as_str() != Some(OMIT))
                .map(|value| from_jinja(&value, depth + 1).map(Node::from_value));
            Value::List(nodes.collect::<Result<_, _>>()?)
        }
        ValueKind::Invalid => {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "a value that it refers to cannot be had",
            ));
        }
        _ => Value::Text(value.to_string()),
    })
}
