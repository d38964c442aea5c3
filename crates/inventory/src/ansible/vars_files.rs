//! Reads `group_vars/` and `host_vars/`: files, or folders of files, that are named after a group or a host.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::groups::{Graph, shared_path};
use super::variables::{Layer, set_of};
use crate::problem::Problem;
use crate::vault;
use crate::yaml::Document;

/// What the name of such a file may end in, in the order in which they are looked for; the first that is there counts.
const ENDINGS: &[&str] = &["", ".yml", ".yaml", ".json"];
/// How deep folders may be nested.
const DEEPEST: usize = 32;

/// One `group_vars` or `host_vars` folder. Its names are read once, so that ten thousand hosts cost one look at the disk.
#[derive(Debug, Default)]
pub(super) struct Folder {
    entries: BTreeMap<String, bool>,
    path: PathBuf,
    read: HashMap<String, Vec<Arc<Layer>>>,
}

impl Folder {
    /// The folder, empty if it is not there.
    pub(super) fn open(graph: &mut Graph, path: PathBuf) -> Self {
        let mut entries = BTreeMap::new();
        match std::fs::read_dir(&path) {
            Ok(found) => {
                for entry in found.flatten() {
                    let is_folder = entry.path().is_dir();
                    entries.insert(entry.file_name().to_string_lossy().into_owned(), is_folder);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                graph.warning(
                    &path,
                    0,
                    "this is no folder, so no variables are read from it",
                );
            }
            Err(error) => graph.problem(&path, 0, format!("cannot be read: {error}")),
        }
        Self {
            entries,
            path,
            read: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The variables of one group or host, the strongest first.
    pub(super) fn layers(&mut self, graph: &mut Graph, name: &str) -> Vec<Arc<Layer>> {
        if self.is_empty() {
            return Vec::new();
        }
        if let Some(layers) = self.read.get(name) {
            return layers.clone();
        }
        let mut files = Vec::new();
        for ending in ENDINGS {
            let entry = format!("{name}{ending}");
            let Some(is_folder) = self.entries.get(&entry) else {
                continue;
            };
            let path = self.path.join(&entry);
            if *is_folder {
                find_below(graph, &path, 0, &mut files);
            } else {
                files.push(path);
            }
            break;
        }
        let mut layers: Vec<_> = files
            .iter()
            .filter_map(|file| read(graph, file))
            .map(Arc::new)
            .collect();
        layers.reverse();
        self.read.insert(name.to_owned(), layers.clone());
        layers
    }
}

/// The files of a folder and of those in it, in the order of their names: hidden ones, backups and other endings are left out.
fn find_below(graph: &mut Graph, folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) if depth < DEEPEST => entries,
        Ok(_) => {
            graph.problem(
                folder,
                0,
                format!("folders of variables are nested more than {DEEPEST} deep here"),
            );
            return;
        }
        Err(error) => {
            graph.problem(folder, 0, format!("cannot be read: {error}"));
            return;
        }
    };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names {
        let text = name.to_string_lossy();
        if text.starts_with('.') || text.ends_with('~') {
            continue;
        }
        let path = folder.join(&name);
        let ending = path
            .extension()
            .map(|ending| format!(".{}", ending.to_string_lossy()));
        if path.is_dir() {
            if ending.is_none() {
                find_below(graph, &path, depth + 1, files);
            }
        } else if ending.is_none_or(|ending| ENDINGS.contains(&ending.as_str())) {
            files.push(path);
        }
    }
}

fn read(graph: &mut Graph, path: &Path) -> Option<Layer> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            graph.problems.push(Problem::at(
                path,
                0,
                format!("the variables cannot be read: {error}"),
            ));
            return None;
        }
    };
    let file = shared_path(path);
    if vault::is_encrypted(&text) {
        let opened = OnceLock::new();
        return Some(Layer::Vaulted { file, text, opened });
    }
    match Document::parse(&text) {
        Err(error) => graph.problem(
            path,
            error.line,
            format!("this is not YAML: {}", error.message),
        ),
        Ok(document) => {
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
            let line = document.node.line;
            match set_of(&file, document.node) {
                Ok(variables) => {
                    for (name, variable) in &variables {
                        graph.check_spelling(name, &file, variable.line);
                    }
                    return Some(Layer::Plain(variables));
                }
                Err(found) => graph.problem(
                    path,
                    line,
                    format!("a file of variables is a mapping, as `name: value`; found {found}"),
                ),
            }
        }
    }
    None
}
