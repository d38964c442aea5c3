//! Reads inventory sources (`-i`): a file in one of three forms, a folder of such files, or a list of hosts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::groups::{Graph, shared_path};
use super::{host_ranges, ini_inventory, json_inventory, yaml_inventory};
use crate::problem::Problem;
use crate::vault::{self, Vault};
use crate::yaml::{Document, Value};

/// Endings of the names of files that a folder may hold beside inventories, as Ansible leaves them out.
const IGNORED_ENDINGS: &[&str] = &[
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
];
/// Folders beside inventories that are no inventories.
const IGNORED_NAMES: &[&str] = &["host_vars", "group_vars", "vars_plugins"];
/// Endings that say that a file is YAML; one without an ending may be YAML or INI.
const YAML_ENDINGS: &[&str] = &["yaml", "yml", "json"];
/// How deep folders may be nested.
const DEEPEST: usize = 32;

/// Reads one source into the graph.
pub(super) fn read(graph: &mut Graph, source: &Path, vault: &Vault) {
    if source.is_dir() {
        folder(graph, source, vault, 0);
    } else if let Some(hosts) = host_list(source) {
        let file: Arc<Path> = shared_path(Path::new("the list given with `-i`"));
        let group = graph.group("ungrouped");
        for host in hosts
            .split(',')
            .map(str::trim)
            .filter(|host| !host.is_empty())
        {
            let (name, port) = host_ranges::address(host)
                .filter(|(name, _)| !name.contains('['))
                .unwrap_or((host, None));
            graph.host(group, name, &file, 0, port);
        }
    } else {
        read_file(graph, source, vault);
    }
}

/// The hosts, if the source is a list of them (`leaf-01,leaf-02` or `leaf-01,`) and not the name of a file.
pub(super) fn host_list(source: &Path) -> Option<&str> {
    source
        .to_str()
        .filter(|text| text.contains(',') && !source.exists())
}

fn folder(graph: &mut Graph, path: &Path, vault: &Vault, depth: usize) {
    let names = std::fs::read_dir(path).and_then(|entries| {
        entries
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<Result<Vec<_>, _>>()
    });
    let mut names = match names {
        Ok(names) if depth < DEEPEST => names,
        Ok(_) => {
            graph.problem(
                path,
                0,
                format!("folders of inventories are nested more than {DEEPEST} deep here"),
            );
            return;
        }
        Err(error) => {
            graph.problems.push(Problem::new(format!(
                "cannot read the folder of inventories {}: {error}",
                path.display()
            )));
            return;
        }
    };
    names.sort();
    for name in names {
        let text = name.to_string_lossy();
        let is_ignored = text.starts_with('.')
            || IGNORED_NAMES.contains(&text.as_ref())
            || IGNORED_ENDINGS.iter().any(|ending| text.ends_with(ending));
        if is_ignored {
            continue;
        }
        let path = path.join(&name);
        if path.is_dir() {
            folder(graph, &path, vault, depth + 1);
        } else {
            read_file(graph, &path, vault);
        }
    }
}

fn read_file(graph: &mut Graph, path: &Path, vault: &Vault) {
    let text = match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => {
            graph.problem(path, 0, "this is no text in UTF-8, so no inventory; in a folder of inventories, move it elsewhere");
            return;
        }
        Err(error) => {
            graph.problems.push(Problem::new(format!(
                "cannot read the inventory {}: {error}; name a file with `-i`",
                path.display()
            )));
            return;
        }
    };
    parse(graph, path, &text, vault);
}

/// Reads the text of one source into the graph. The name says which form it has.
pub(super) fn parse(graph: &mut Graph, path: &Path, text: &str, vault: &Vault) {
    let file = shared_path(path);
    if text.starts_with("#!") {
        graph.problem(
            path,
            1,
            refusal(
                graph,
                "an inventory script, and running it is not supported",
                path,
            ),
        );
    } else if vault::is_encrypted(text) {
        match vault
            .decrypt(text)
            .map_err(|error| error.to_string())
            .and_then(|plain| {
                String::from_utf8(plain.to_vec())
                    .map_err(|_| "what was decrypted is no text".to_owned())
            }) {
            Ok(plain) => read_text(graph, path, &file, &plain, true),
            Err(message) => graph.problem(path, 0, message),
        }
    } else {
        read_text(graph, path, &file, text, false);
    }
}

fn read_text(graph: &mut Graph, path: &Path, file: &Arc<Path>, text: &str, is_secret: bool) {
    let ending = path.extension().and_then(|ending| ending.to_str());
    match ending {
        Some("toml") => {
            graph.problem(
                path,
                0,
                refusal(graph, "an inventory in TOML, which is not read", path),
            );
            return;
        }
        Some(ending) if !YAML_ENDINGS.contains(&ending) => {
            ini_inventory::read(graph, file, text);
            return;
        }
        _ => {}
    }
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(_) if ending.is_none() && looks_like_ini(text) => {
            ini_inventory::read(graph, file, text);
            return;
        }
        Err(error) => {
            graph.problem(
                path,
                error.line,
                format!("this is not YAML: {}", error.message),
            );
            return;
        }
    };
    if ending.is_none() && !matches!(document.node.value, Value::Map(_) | Value::Null) {
        ini_inventory::read(graph, file, text);
        return;
    }
    for key in document.duplicates {
        graph.warning(
            path,
            key.line,
            format!(
                "`{}` is given twice in one mapping; the later one is taken",
                key.name
            ),
        );
    }
    let node = if is_secret {
        document.node.into_secret()
    } else {
        document.node
    };
    if let Some((key, _)) = node.entries().and_then(|entries| {
        entries
            .iter()
            .find(|(key, node)| key.name == "plugin" && node.text().is_some())
    }) {
        let line = key.line;
        graph.problem(
            path,
            line,
            refusal(
                graph,
                "the configuration of an inventory plugin, which only Ansible can run",
                path,
            ),
        );
    } else if json_inventory::is_listing(&node) {
        json_inventory::read(graph, file, node);
    } else {
        yaml_inventory::read(graph, file, &node);
    }
}

/// A first line that is a section or a host, and no key of a mapping.
fn looks_like_ini(text: &str) -> bool {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    lines
        .next()
        .is_some_and(|line| line != "---" && !line.ends_with(':') && !line.starts_with(['{', '-']))
}

/// What to do about a source that Ansible reads and we do not. A plugin may work on what the other sources give, so that all of them
/// are written out together.
fn refusal(graph: &Graph, what: &str, path: &Path) -> String {
    let listing = PathBuf::from(path.file_stem().unwrap_or_default()).with_extension("json");
    match graph.sources.as_slice() {
        [] => write_out(what, &[path.to_owned()], &listing, "that file"),
        [one] if one == path => write_out(what, &graph.sources, &listing, "that file"),
        all => write_out(what, all, Path::new("hosts.json"), "that file alone"),
    }
}

fn write_out(what: &str, sources: &[PathBuf], listing: &Path, then: &str) -> String {
    let named: Vec<_> = sources
        .iter()
        .map(|source| format!("-i {}", source.display()))
        .collect();
    format!(
        "this is {what}; let Ansible write it out (`ansible-inventory {} --list > {}`) and give {then} with `-i`",
        named.join(" "),
        listing.display()
    )
}
