//! The catalogue: which RPCs a device is asked, in which order, and who reads the replies.
//!
//! `rpc_commands.yml` as the first users wrote it, with a few keys more; the built-in one is the same file. An entry's operation is
//! built here, as text, so that nothing further along puts XML together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use records::junos::Parser;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::problem::{Problem, Problems, did_you_mean};
use super::yaml;

/// The catalogue that is built in.
const BUILT_IN: &str = include_str!("../../../../rpc_commands.yml");

/// Bytes of an RPC's name, which the names of its files hold together with the device's.
const LONGEST_NAME: usize = 64;

/// The RPCs of a run, in the order in which they are asked.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    pub(crate) commands: Vec<Command>,
}

/// One RPC.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    /// What its files are called.
    pub(crate) name: String,
    /// The operation's element.
    rpc: String,
    arguments: BTreeMap<String, Argument>,
    /// The element that takes the interface filter.
    interfaces: Option<String>,
    /// Whether it is asked once, or once for each PIC with transceivers.
    pub(crate) per: Per,
    /// Who reads the reply.
    pub(crate) parser: &'static Parser,
}

/// How often an RPC is asked in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Per {
    /// Once.
    #[default]
    Device,
    /// Once for each FPC and PIC that the chassis inventory shows to hold transceivers.
    Pic,
}

impl Command {
    /// The operation for a device: `<get-…>…</get-…>`. The device filters interfaces itself where the filter is one name or glob.
    pub(crate) fn operation(&self, interface: Option<&str>) -> String {
        let filter = self
            .interfaces
            .as_deref()
            .zip(interface)
            .map(|(element, name)| (element, Argument::Text(name.to_owned())));
        self.build(filter.into_iter())
    }

    /// The operation for one PIC.
    pub(crate) fn operation_for_pic(&self, fpc: u32, pic: u32) -> String {
        self.build(
            [
                ("fpc-slot", Argument::Text(fpc.to_string())),
                ("pic-slot", Argument::Text(pic.to_string())),
            ]
            .into_iter(),
        )
    }

    fn build<'a>(&'a self, more: impl Iterator<Item = (&'a str, Argument)>) -> String {
        let mut children = String::new();
        let own = self
            .arguments
            .iter()
            .map(|(name, argument)| (name.as_str(), argument.clone()));
        for (name, argument) in own.chain(more) {
            match argument {
                Argument::Flag(false) => {}
                Argument::Flag(true) => children.push_str(&format!("<{name}/>")),
                Argument::Integer(number) => {
                    children.push_str(&format!("<{name}>{number}</{name}>"));
                }
                Argument::Text(text) => {
                    children.push_str(&format!("<{name}>{}</{name}>", escape(&text)))
                }
            }
        }
        let rpc = &self.rpc;
        if children.is_empty() {
            format!("<{rpc}/>")
        } else {
            format!("<{rpc}>{children}</{rpc}>")
        }
    }
}

impl Catalogue {
    /// The built-in catalogue, or the one of a file. PIC detail is part of every collection: where a file does not name it, it is
    /// asked as the built-in catalogue does.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, Problems> {
        let built_in = Self::parse(Path::new("rpc_commands.yml (built in)"), BUILT_IN)?;
        let Some(file) = file else {
            return Ok(built_in);
        };
        let text = std::fs::read_to_string(file).map_err(|error| {
            Problem::new(format!(
                "cannot read the catalogue {}: {error}",
                file.display()
            ))
        })?;
        let mut catalogue = Self::parse(file, &text)?;
        if !catalogue
            .commands
            .iter()
            .any(|command| command.per == Per::Pic)
        {
            catalogue.commands.extend(
                built_in
                    .commands
                    .into_iter()
                    .filter(|command| command.per == Per::Pic),
            );
        }
        Ok(catalogue)
    }

    fn parse(file: &Path, text: &str) -> Result<Self, Problems> {
        // The two shapes are told apart by their first word, so that a mistake inside an entry is named with its line.
        let bare = text
            .lines()
            .find(|line| !line.trim().is_empty() && !line.starts_with(['#', '%']))
            .is_some_and(|line| line.trim_start().starts_with('-') && line.trim() != "---");
        let entries = if bare {
            serde_saphyr::from_str(text)
        } else {
            serde_saphyr::from_str(text).map(|File { rpc_commands }| rpc_commands)
        };
        let entries: Vec<Entry> = entries.map_err(|error| {
            Problem::new(format!(
                "{} is no catalogue: {}",
                file.display(),
                yaml::explain(&error)
            ))
        })?;
        let (mut commands, mut problems, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
        for entry in entries {
            let line = entry.name.referenced.line();
            let name = &entry.name.value;
            if !names.insert(name.clone()) {
                let message = format!(
                    "the name `{name}` is given to two RPCs; their files would be the same"
                );
                problems.push(Problem::at(file, line, message));
            }
            match entry.resolve() {
                Ok(command) => commands.push(command),
                Err((line, message)) => problems.push(Problem::at(file, line, message)),
            }
        }
        if commands.is_empty() && problems.is_empty() {
            problems.push(Problem::at(
                file,
                0,
                "the catalogue names no RPC; list them under `rpc_commands:`",
            ));
        }
        // PIC detail is asked for the PICs of the inventory, so after it; within that, the order stays.
        commands.sort_by_key(|command| command.per == Per::Pic);
        if problems.is_empty() {
            Ok(Self { commands })
        } else {
            Err(Problems(problems))
        }
    }
}

/// The file as written; the list may also stand alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rpc_commands: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    rpc: String,
    parser: Spanned<String>,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    args: BTreeMap<String, Argument>,
    #[serde(default)]
    interfaces: Option<String>,
    #[serde(default)]
    per: Per,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "an argument is `true`, a whole number, or text (put other numbers in quotes)"
)]
enum Argument {
    Flag(bool),
    Integer(i64),
    Text(String),
}

impl Entry {
    /// The command, or what is wrong and on which line.
    fn resolve(self) -> Result<Command, (u64, String)> {
        let (name, line) = (self.name.value, self.name.referenced.line());
        let (parser_name, parser_line) = (self.parser.value, self.parser.referenced.line());
        let parser = records::junos::parser(&parser_name).ok_or_else(|| {
            let known: Vec<_> = records::junos::PARSERS
                .iter()
                .map(|parser| parser.name)
                .collect();
            let hint = did_you_mean(
                parser_name.trim_start_matches("juniper/"),
                known.iter().copied(),
            );
            let known = known.join(", ");
            let message =
                format!("unknown parser `{parser_name}` of `{name}`: there are {known}{hint}");
            (parser_line, message)
        })?;
        let bad = self
            .args
            .keys()
            .chain(&self.interfaces)
            .chain([&self.rpc])
            .find(|name| !is_element_name(name));
        if let Some(bad) = bad {
            return Err((
                line,
                format!(
                    "`{bad}` of `{name}` cannot be the name of an XML element: letters, digits, `-`, `_` and `.` can"
                ),
            ));
        }
        if !is_element_name(&name) || name.len() > LONGEST_NAME {
            return Err((
                line,
                format!(
                    "`{name}` cannot be part of a file name: up to {LONGEST_NAME} letters, digits, `-`, `_` and `.` can"
                ),
            ));
        }
        Ok(Command {
            name,
            rpc: self.rpc,
            arguments: self.args,
            interfaces: self.interfaces,
            per: self.per,
            parser,
        })
    }
}

/// Whether this is a plain XML name: what keeps an operation one operation.
fn is_element_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Catalogue, Problems> {
        Catalogue::parse(Path::new("c.yml"), text)
    }

    fn operations(catalogue: &Catalogue, interface: Option<&str>) -> Vec<String> {
        catalogue
            .commands
            .iter()
            .map(|command| command.operation(interface))
            .collect()
    }

    #[test]
    fn the_built_in_catalogue_asks_four_rpcs_and_then_pic_detail() {
        let catalogue = Catalogue::read(None).unwrap();
        assert_eq!(
            operations(&catalogue, Some("et-0/0/*")),
            [
                "<get-system-information/>",
                "<get-chassis-inventory/>",
                "<get-interface-optics-diagnostics-information/>",
                "<get-interface-information><extensive/></get-interface-information>",
                "<get-pic-detail/>",
            ]
        );
        let last = catalogue.commands.last().unwrap();
        assert_eq!(last.per, Per::Pic);
        assert_eq!(
            last.operation_for_pic(0, 1),
            "<get-pic-detail><fpc-slot>0</fpc-slot><pic-slot>1</pic-slot></get-pic-detail>"
        );
    }

    #[test]
    fn a_device_filters_itself_only_where_the_catalogue_says_how() {
        let catalogue =
            parse("- {name: s, rpc: r, parser: system_information, interfaces: interface-name}\n")
                .unwrap();
        assert_eq!(
            operations(&catalogue, Some("et-0/0/*")),
            ["<r><interface-name>et-0/0/*</interface-name></r>"]
        );
        assert_eq!(operations(&catalogue, None), ["<r/>"]);
    }

    #[test]
    fn a_bare_list_is_a_catalogue_too() {
        let catalogue =
            parse("- {name: s, rpc: get-system-information, parser: system_information}\n")
                .unwrap();
        assert_eq!(operations(&catalogue, None), ["<get-system-information/>"]);
    }

    #[test]
    fn a_text_cannot_end_its_element() {
        let catalogue =
            parse("- {name: s, rpc: r, parser: system_information, args: {a: '</a><b/>'}}\n")
                .unwrap();
        assert_eq!(
            operations(&catalogue, None),
            ["<r><a>&lt;/a&gt;&lt;b/&gt;</a></r>"]
        );
    }

    #[test]
    fn a_number_is_an_argument_too() {
        let catalogue = parse(
            "- {name: s, rpc: r, parser: system_information, args: {fpc-slot: 0, x: '0.10'}}\n",
        )
        .unwrap();
        assert_eq!(
            operations(&catalogue, None),
            ["<r><fpc-slot>0</fpc-slot><x>0.10</x></r>"]
        );
        let fraction = parse("- {name: s, rpc: r, parser: system_information, args: {x: 0.10}}\n");
        let problem = fraction.unwrap_err().to_string();
        assert!(problem.contains("put other numbers in quotes"), "{problem}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, expected) in [
            ("rpc_commands: []\n", "names no RPC"),
            (
                "- {name: s, rpc: r, parser: system_infomation}\n",
                "c.yml:1: unknown parser `system_infomation` of `s`",
            ),
            (
                "- {name: s, rpc: 'a><b', parser: system_information}\n",
                "`a><b` of `s` cannot be the name of an XML element",
            ),
            (
                "- {name: s/t, rpc: r, parser: system_information}\n",
                "`s/t` cannot be part of a file name",
            ),
            (
                "- {name: s, rpc: r, parser: pic_detail}\n- {name: s, rpc: q, parser: pic_detail}\n",
                "given to two RPCs",
            ),
        ] {
            let problem = parse(text).unwrap_err().to_string();
            assert!(
                problem.starts_with("c.yml:") && problem.contains(expected),
                "{text}: {problem}"
            );
        }
    }
}
