//! A `mapping:` as written → a compiled one.
//!
//! ```yaml
//! mapping:
//!   items: environment-information/environment-item    # which elements are rows
//!   key: name                                          # what tells them apart; a list where it takes several
//!   fields:
//!     name: {meaning: Part of the chassis}             # without `path`, the field's name with `-` for `_`
//!     temperature: {path: temperature/@celsius, type: float, unit: Cel, role: gauge, meaning: Its temperature}
//! ```

use std::sync::Arc;

use inventory::did_you_mean;
use inventory::yaml::{Key, Node, Value};
use records::mapping::{
    COMMON_COLUMNS, FieldPath, FieldType, ItemPath, MappedField, Mapping, UNITS, Unit,
};
use records::table::Role;

use super::yaml_reader::YamlReader;

const KEYS: &[&str] = &["items", "key", "fields"];
const FIELD_KEYS: &[&str] = &["path", "type", "unit", "role", "meaning"];
const ROLES: &[(&str, Role)] = &[
    ("label", Role::Label),
    ("gauge", Role::Gauge),
    ("counter", Role::Counter),
];

/// More fields than any reply is worth; it bounds the width of a table.
const MOST_FIELDS: usize = 500;

/// The mapping, unless something is wrong with it.
pub(super) fn compile(yaml: &mut YamlReader<'_>, name: &str, node: &Node) -> Option<Arc<Mapping>> {
    let before = yaml.problems.len();
    let what = format!("the mapping of `{name}`");
    let keys = yaml.keys(node, &what, KEYS)?;
    let items = match keys.get("items") {
        None => {
            yaml.problem(keys.line, format!("{what} lacks `items`: the path of the elements that are rows, such as fpc-information/fpc"));
            None
        }
        Some(node) => yaml
            .text(node, &format!("`items` of {what}"))
            .and_then(|text| match ItemPath::parse(&text) {
                Ok(path) => Some(path),
                Err(why) => {
                    yaml.problem_with(node.line, &text, format!("`items` of {what}: {why}"));
                    None
                }
            }),
    };
    let mut fields = Vec::new();
    match keys.get("fields") {
        None => yaml.problem(
            keys.line,
            format!("{what} lacks `fields`: the columns of its table, by name"),
        ),
        Some(node) => {
            for (key, node) in yaml
                .entries(node, &format!("`fields` of {what}"))
                .unwrap_or_default()
            {
                fields.extend(field(yaml, name, key, node, items.as_ref()));
            }
            if fields.len() > MOST_FIELDS {
                yaml.problem(
                    node.line,
                    format!(
                        "{what} has {} fields; {MOST_FIELDS} are the most",
                        fields.len()
                    ),
                );
            }
        }
    }
    let mut key_count = 0;
    match keys.get("key") {
        None => yaml.problem(
            keys.line,
            format!(
                "{what} lacks `key`: the field, or the list of fields, that tells its items apart"
            ),
        ),
        Some(node) => {
            for (line, key) in yaml.texts(node, &format!("`key` of {what}")) {
                match fields.iter().position(|field| field.name == key) {
                    Some(at) if at < key_count => {
                        yaml.problem(line, format!("`key` of {what} names `{key}` twice"))
                    }
                    Some(at) => {
                        let mut field = fields.remove(at);
                        if field.field_type == FieldType::Float {
                            yaml.problem(line, format!("`{key}`, a float, cannot be a key of {what}: fractions are no names"));
                        }
                        field.role = Role::Label;
                        fields.insert(key_count, field);
                        key_count += 1;
                    }
                    // A field that was refused has been told already.
                    None if yaml.problems.len() > before
                        && is_written(keys.get("fields"), &key) => {}
                    None => {
                        let known: Vec<_> =
                            fields.iter().map(|field| field.name.as_str()).collect();
                        let hint = did_you_mean(&key, known.iter().copied());
                        let message = format!(
                            "`key` of {what} names `{key}`, which is none of its fields: there are {}{hint}",
                            known.join(", ")
                        );
                        yaml.problem_with(line, &key, message);
                    }
                }
            }
        }
    }
    let items = items.filter(|_| yaml.problems.len() == before)?;
    Some(Arc::new(Mapping::new(name, items, key_count, fields)))
}

fn is_written(fields: Option<&Node>, name: &str) -> bool {
    matches!(fields, Some(Node { value: Value::Map(entries), .. }) if entries.iter().any(|(key, _)| key.name == name))
}

fn field(
    yaml: &mut YamlReader<'_>,
    mapping: &str,
    key: &Key,
    node: &Node,
    items: Option<&ItemPath>,
) -> Option<MappedField> {
    let before = yaml.problems.len();
    let name = &key.name;
    let what = format!("the field `{name}` of `{mapping}`");
    if !is_column_name(name) {
        let message = format!(
            "`{name}` of `{mapping}` cannot be the name of a field: small letters, digits and `_`, a letter first"
        );
        yaml.problem_with(key.line, name, message);
    }
    if COMMON_COLUMNS.contains(&name.as_str()) {
        let message = format!(
            "`{name}` of `{mapping}` is a column that every table has already; call the field otherwise"
        );
        yaml.problem_with(key.line, name, message);
    }
    let keys = yaml.keys(node, &what, FIELD_KEYS)?;
    let kind = match keys.get("type") {
        Some(node) => yaml.word(node, &format!("`type` of {what}"), &FieldType::ALL)?,
        None => FieldType::Text,
    };
    let is_number = matches!(
        kind,
        FieldType::Integer | FieldType::Float | FieldType::Duration
    );
    let role = match keys.get("role") {
        Some(node) => {
            let role = yaml.word(node, &format!("`role` of {what}"), ROLES)?;
            if kind == FieldType::Text && role != Role::Label {
                yaml.problem(node.line, format!("{what} is text, which can only be a label; give it a `type` that is a number or a truth value"));
            }
            if kind == FieldType::Boolean && role == Role::Counter {
                yaml.problem(node.line, format!("{what} is a truth value, which does not count; it can be a label or a gauge"));
            }
            role
        }
        None if kind == FieldType::Text => Role::Label,
        None => Role::Gauge,
    };
    let unit = match keys.get("unit") {
        Some(node) => {
            let unit = unit(yaml, node, &what);
            if !is_number {
                yaml.problem(node.line, format!("{what} has a unit but is no number; say `type: integer` or `type: float`, or take the unit away"));
            } else if kind == FieldType::Duration && unit.is_some_and(|unit| unit.code != "s") {
                yaml.problem(
                    node.line,
                    format!("{what} is a duration, which is in seconds (`s`)"),
                );
            }
            unit
        }
        None if kind == FieldType::Duration => Unit::of_code("s"),
        None => None,
    };
    let meaning = match keys.get("meaning") {
        Some(node) => yaml.text(node, &format!("`meaning` of {what}"))?,
        None => {
            yaml.problem(key.line, format!("{what} lacks `meaning`: one sentence that stands in the table's schema and in the metrics' help"));
            String::new()
        }
    };
    let written = match keys.get("path") {
        Some(node) => yaml.texts(node, &format!("`path` of {what}")),
        None => vec![(key.line, name.replace('_', "-"))],
    };
    let mut paths = Vec::new();
    for (line, text) in written {
        match FieldPath::parse(&text) {
            Ok(path) => {
                let depth = items.map_or(usize::MAX, ItemPath::depth);
                if path.levels_up() > depth {
                    let message = format!(
                        "`{text}`, path of {what}, goes up {} elements; `items` has {depth} above the row",
                        path.levels_up()
                    );
                    yaml.problem_with(line, &text, message);
                }
                paths.push(path);
            }
            Err(why) => yaml.problem_with(line, &text, format!("path of {what}: {why}")),
        }
    }
    (yaml.problems.len() == before).then(|| MappedField {
        name: name.clone(),
        paths,
        field_type: kind,
        unit,
        role,
        meaning,
    })
}

fn unit(yaml: &mut YamlReader<'_>, node: &Node, what: &str) -> Option<&'static Unit> {
    let code = yaml.text(node, &format!("`unit` of {what}"))?;
    let unit = Unit::of_code(&code);
    if unit.is_none() {
        let spelled = UNITS.iter().find(|unit| {
            unit.code.eq_ignore_ascii_case(&code) || unit.suffix == code.to_lowercase()
        });
        let hint = match spelled {
            Some(unit) => format!("; did you mean `{}`?", unit.code),
            None => did_you_mean(&code, UNITS.iter().map(|unit| unit.code)),
        };
        let known: Vec<_> = UNITS.iter().map(|unit| unit.code).collect();
        yaml.problem_with(
            node.line,
            &code,
            format!(
                "{what} has the unknown unit `{code}`: there are {}{hint}",
                known.join(", ")
            ),
        );
    }
    unit
}

/// A name that is a column, a key of JSON and a part of a Prometheus name as it stands.
pub(super) fn is_column_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
