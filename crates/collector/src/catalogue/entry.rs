//! One entry of `rpc_commands:` → a [`Command`].

use std::collections::BTreeMap;

use inventory::did_you_mean;
use inventory::yaml::{Node, Value};
use records::parsers::{self, Parser};
use records::tables::DATASETS;
use records::{ReplyName, ReplyReader};

use super::command::{Argument, Command, Per};
use super::mapping;
use super::yaml_reader::{Keys, YamlReader};

/// Bytes of an RPC's name, which the names of its files hold together with the device's.
const LONGEST_NAME: usize = 64;

/// The original system's name for `args`: what it hands to Ansible's `junos_rpc`.
const ITS_ARGUMENTS: &str = "rpc_args";

const KEYS: &[&str] = &[
    "name",
    "rpc",
    "parser",
    "mapping",
    "description",
    "args",
    ITS_ARGUMENTS,
    "interfaces",
    "per",
];

/// The command, unless something is wrong with it; and the line on which its name stands.
pub(super) fn read(yaml: &mut YamlReader<'_>, node: &Node) -> Option<(u64, Command)> {
    let before = yaml.problems.len();
    let keys = yaml.keys(node, "an RPC of the catalogue", KEYS)?;
    let name = required(yaml, &keys, "name", "an RPC of the catalogue");
    let what = name
        .as_deref()
        .map_or_else(|| "this RPC".to_owned(), |name| format!("`{name}`"));
    let rpc = required(yaml, &keys, "rpc", &what);
    let arguments = match (keys.get("args"), keys.get(ITS_ARGUMENTS)) {
        (Some(_), Some(node)) => {
            let message =
                format!("{what} has `args` and `{ITS_ARGUMENTS}`, two names for the same");
            yaml.problem(node.line, message);
            BTreeMap::new()
        }
        (Some(node), None) => arguments(yaml, &what, "args", node),
        // As `junos_rpc` does, which makes hyphens of underscores.
        (None, Some(node)) => arguments(yaml, &what, ITS_ARGUMENTS, node)
            .into_iter()
            .map(|(name, argument)| (name.replace('_', "-"), argument))
            .collect(),
        (None, None) => BTreeMap::new(),
    };
    let interfaces = keys
        .get("interfaces")
        .and_then(|node| yaml.text(node, &format!("`interfaces` of {what}")));
    let words = [("device", Per::Device), ("pic", Per::Pic)];
    let per = keys
        .get("per")
        .and_then(|node| yaml.word(node, &format!("`per` of {what}"), &words));
    let bad = arguments
        .keys()
        .chain(&interfaces)
        .chain(&rpc)
        .find(|name| !is_element_name(name));
    if let Some(bad) = bad {
        let message = format!(
            "`{bad}` of {what} cannot be the name of an XML element: letters, digits, `-`, `_` and `.` can"
        );
        yaml.problem(keys.line_of("rpc"), message);
    }
    let name = name?;
    if !is_element_name(&name) || name.len() > LONGEST_NAME {
        let message = format!(
            "`{name}` cannot be part of a file name: up to {LONGEST_NAME} letters, digits, `-`, `_` and `.` can"
        );
        yaml.problem(keys.line_of("name"), message);
    }
    if ReplyName::parse(&name).pic.is_some() {
        let message = format!(
            "`{name}` ends as the files of an RPC that is asked of each PIC do, with two numbers (`pic_detail_0_1`), and could not be told from one; choose another name"
        );
        yaml.problem(keys.line_of("name"), message);
    }
    let (reader, mapping) = reader(yaml, &keys, &name)?;
    let command = Command {
        rpc: rpc?,
        name,
        arguments,
        interfaces,
        per: per.unwrap_or_default(),
        reader,
        mapping,
    };
    (yaml.problems.len() == before).then_some((keys.line_of("name"), command))
}

fn required(yaml: &mut YamlReader<'_>, keys: &Keys<'_>, key: &str, what: &str) -> Option<String> {
    match keys.get(key) {
        Some(node) => yaml.text(node, &format!("`{key}` of {what}")),
        None => {
            yaml.problem(keys.line, format!("{what} lacks `{key}`"));
            None
        }
    }
}

fn reader(
    yaml: &mut YamlReader<'_>,
    keys: &Keys<'_>,
    name: &str,
) -> Option<(ReplyReader, Option<String>)> {
    match (keys.get("parser"), keys.get("mapping")) {
        (Some(_), Some(node)) => {
            yaml.problem(
                node.line,
                format!("`{name}` has a `parser` and a `mapping`; one of them reads its reply"),
            );
            None
        }
        (None, None) => {
            yaml.problem(
                keys.line,
                format!("`{name}` lacks a `parser` or a `mapping`: nobody reads its reply"),
            );
            None
        }
        (Some(node), None) => Some((ReplyReader::BuiltIn(parser(yaml, node, name)?), None)),
        (None, Some(node)) => {
            let is_taken = DATASETS.iter().any(|dataset| dataset.name == name)
                || parsers::find(name).is_some();
            if is_taken || !mapping::is_column_name(name) {
                let why = if is_taken {
                    "it is the name of a built-in one"
                } else {
                    "small letters, digits and `_` are expected, a letter first"
                };
                yaml.problem(keys.line_of("name"), format!("`{name}` cannot be the name of a mapping, which is that of its table: {why}"));
            }
            let mapping = mapping::compile(yaml, name, node)?;
            Some((ReplyReader::Mapping(mapping), Some(node.to_line())))
        }
    }
}

fn parser(yaml: &mut YamlReader<'_>, node: &Node, name: &str) -> Option<&'static Parser> {
    let written = yaml.text(node, &format!("`parser` of `{name}`"))?;
    let parser = parsers::find(&written);
    if parser.is_none() {
        let known: Vec<_> = parsers::all().map(|parser| parser.name).collect();
        let hint = did_you_mean(
            written
                .trim_start_matches("juniper/")
                .trim_start_matches("junos/"),
            known.iter().copied(),
        );
        let known = known.join(", ");
        yaml.problem_with(
            node.line,
            &written,
            format!("unknown parser `{written}` of `{name}`: there are {known}{hint}"),
        );
    }
    parser
}

fn arguments(
    yaml: &mut YamlReader<'_>,
    what: &str,
    key: &str,
    node: &Node,
) -> BTreeMap<String, Argument> {
    let entries = yaml
        .entries(node, &format!("`{key}` of {what}"))
        .unwrap_or_default();
    let mut arguments = BTreeMap::new();
    for (key, node) in entries {
        let argument = match &node.value {
            Value::List(items) => {
                let items = items
                    .iter()
                    .map(|item| argument(yaml, what, &key.name, item));
                items
                    .collect::<Vec<_>>()
                    .into_iter()
                    .collect::<Option<_>>()
                    .map(Argument::Several)
            }
            _ => argument(yaml, what, &key.name, node),
        };
        if let Some(argument) = argument {
            arguments.insert(key.name.clone(), argument);
        }
    }
    arguments
}

fn argument(yaml: &mut YamlReader<'_>, what: &str, name: &str, node: &Node) -> Option<Argument> {
    match &node.value {
        Value::Bool(flag) => Some(Argument::Flag(*flag)),
        Value::Integer(number) => Some(Argument::Text(number.to_string())),
        Value::Text(text) => Some(Argument::Text(text.clone())),
        _ => {
            let message = format!(
                "the argument `{name}` of {what} is {}; `true`, a whole number, text or a list of them were expected (put other numbers in quotes)",
                node.kind()
            );
            yaml.problem(node.line, message);
            None
        }
    }
}

/// Whether this is a plain XML name: what keeps an operation one operation.
fn is_element_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
}
