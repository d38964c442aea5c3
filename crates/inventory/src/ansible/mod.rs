//! Reads an inventory as Ansible does: its hosts, its groups and the variables of each host.
//!
//! ```text
//!  -i … ─► sources ─► {yaml,ini,json}_inventory ─► groups ─┐
//!  group_vars/, host_vars/ ─► vars_files ──────────────────┼─► layers of variables ─► resolver: templates, vault ─► values
//!  -e … ─► extra_vars ─────────────────────────────────────┘        └─► json_output: as they are written
//! ```
//!
//! A host's variables are not merged: they lie in layers, the stronger before the weaker, and most layers are shared by many hosts.
//! Strongest first: extra variables; `host_vars` beside the playbook, then beside the inventory, then the host's own in the inventory;
//! `group_vars` of its groups beside the playbook, then beside the inventory; those of `all`; then the groups' own in the inventory, and
//! `all`'s. Among groups the deeper wins, then the higher `ansible_group_priority`, then the later name. What is not read (plugins,
//! scripts, TOML) is refused with the way round, never left out.

mod connection_variables;
mod extra_vars;
mod groups;
mod host_ranges;
mod ini_inventory;
mod json_inventory;
mod json_output;
mod limit;
mod python_literal;
mod resolver;
mod sources;
mod spelling;
mod templates;
mod variables;
mod vars_files;
mod yaml_inventory;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use connection_variables::CONNECTION_VARIABLES;
use groups::Graph;
pub use resolver::ResolvedValue;
use variables::Layer;
pub use variables::Variable;

use crate::problem::{Problem, Problems};
use crate::vault::{Vault, VaultSources};

/// What an inventory is read from.
#[derive(Debug, Clone, Default)]
pub struct InventorySources {
    /// Files, folders, or lists of hosts with commas; several are read as one inventory.
    pub inventories: Vec<PathBuf>,
    /// Where the playbook lies, whose `group_vars` and `host_vars` count too; the current folder if none is named, as in Ansible.
    pub playbook_dir: Option<PathBuf>,
    /// `key=value …`, `@file`, or a mapping in JSON or YAML.
    pub extra_vars: Vec<String>,
    /// Which hosts are meant.
    pub limit: Option<String>,
    /// Where vault passwords come from; none by default.
    pub vault: VaultSources,
}

/// The hosts of an inventory and their variables. A clone shares the same data.
#[derive(Debug, Clone)]
pub struct Inventory {
    contents: Arc<Contents>,
}

/// What an inventory holds. It does not change once it is read; vault values are opened in it as they are needed.
#[derive(Debug)]
struct Contents {
    graph: Graph,
    hosts: Vec<HostLayers>,
    /// The hosts that `--limit` leaves, by name.
    selected: Vec<usize>,
    extra: Arc<Layer>,
    vault: Vault,
    templates: templates::Templates,
    playbook_dir: PathBuf,
    warnings: Vec<Problem>,
}

/// Where a host's variables lie, the strongest first.
#[derive(Debug)]
struct HostLayers {
    own: Vec<Arc<Layer>>,
    shared: Arc<[GroupLayer]>,
}

/// A layer that the hosts of a group have in common, and the group.
#[derive(Debug)]
struct GroupLayer {
    group: usize,
    layer: Arc<Layer>,
}

/// Who sets a host's variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetBy<'a> {
    /// `-e` on the command line.
    ExtraVars,
    /// The host itself.
    Host,
    /// The group of this name, from which the host has it.
    Group(&'a str),
}

/// One host of an inventory and its variables.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    contents: &'a Arc<Contents>,
    place: usize,
}

const NO_INVENTORY: &str = "no inventory is named: give `--inventory FILE` (`-i`), set LANEWATCH_INVENTORY, or write `inventory = \"FILE\"` into lanewatch.toml";
const NO_HOSTS: &str = "the inventory names no hosts; put them under `all: hosts:`, each as `name: {ansible_host: address}`";

impl Inventory {
    /// Reads all sources as one inventory.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in all of them.
    pub fn read(from: &InventorySources) -> Result<Self, Problems> {
        if from.inventories.is_empty() {
            return Err(Problem::new(NO_INVENTORY).into());
        }
        // First, as with Ansible: whatever else is wrong may come of it.
        let missing = from.vault.missing();
        if !missing.is_empty() {
            let missing = missing.iter().map(|file| {
                Problem::new(format!(
                    "the vault password file {} is not there",
                    file.display()
                ))
            });
            return Err(Problems(missing.collect()));
        }
        let vault = from.vault.vault();
        let mut graph = Graph::default();
        graph.sources.clone_from(&from.inventories);
        if let Some(folder) = from
            .playbook_dir
            .as_deref()
            .filter(|folder| !folder.is_dir())
        {
            graph.problems.push(Problem::new(format!(
                "the playbook folder {} (`--playbook-dir`) does not exist or is no folder",
                folder.display()
            )));
        }
        for source in &from.inventories {
            sources::read(&mut graph, source, &vault);
        }
        let playbook_dir = from.playbook_dir.as_deref().unwrap_or(Path::new("."));
        Self::assemble(graph, vault, from, |graph| {
            VariablePrecedence::open(graph, &from.inventories, playbook_dir)
        })
    }

    /// Reads one inventory that is held in memory. The ending of the file's name says the form, as for a file: `.yaml`, `.yml` and
    /// `.json`, none for YAML or INI, any other for INI. No file is read, so `group_vars` and `host_vars` do not count.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in it. Problems and variables name `file`, which need not exist.
    pub fn parse(file: &Path, text: &str, vault: Vault) -> Result<Self, Problems> {
        let mut graph = Graph::default();
        sources::parse(&mut graph, file, text, &vault);
        let from = InventorySources {
            inventories: vec![file.to_owned()],
            ..InventorySources::default()
        };
        Self::assemble(graph, vault, &from, VariablePrecedence::without_files)
    }

    fn assemble(
        mut graph: Graph,
        vault: Vault,
        from: &InventorySources,
        layers: impl FnOnce(&mut Graph) -> VariablePrecedence,
    ) -> Result<Self, Problems> {
        // One of several files may hold variables alone; all together must name somebody.
        if graph.hosts.is_empty() && graph.problems.is_empty() {
            let empty = from
                .inventories
                .iter()
                .map(|file| Problem::at(file, 0, NO_HOSTS));
            graph.problems.extend(empty);
        }
        graph.settle();
        let (extra, problems) = extra_vars::read(&from.extra_vars, &vault);
        graph.problems.extend(problems);
        for (name, variable) in &extra {
            graph.check_spelling(name, &variable.file, variable.line);
        }
        let mut hosts = Vec::new();
        // A circle of groups has no depths to rank by.
        if graph.problems.is_empty() {
            hosts = layers(&mut graph).of_hosts(&mut graph);
        }
        let mut selected: Vec<usize> = (0..graph.hosts.len()).collect();
        if let Some(limit) = from.limit.as_deref().filter(|_| graph.problems.is_empty()) {
            match limit::select(&mut graph, limit) {
                Ok(hosts) => selected = hosts,
                Err(problems) => graph.problems.extend(problems),
            }
        }
        selected.sort_by(|a, b| {
            graph
                .hosts
                .get(*a)
                .map(|host| &host.name)
                .cmp(&graph.hosts.get(*b).map(|host| &host.name))
        });
        graph
            .problems
            .extend(open_vaults(&selected, &hosts, &vault));
        if !graph.problems.is_empty() {
            return Err(Problems(std::mem::take(&mut graph.problems)));
        }
        let contents = Contents {
            warnings: std::mem::take(&mut graph.warnings),
            graph,
            hosts,
            selected,
            extra: Arc::new(Layer::Plain(extra)),
            vault,
            templates: templates::Templates::new(),
            playbook_dir: from
                .playbook_dir
                .clone()
                .unwrap_or_else(|| PathBuf::from(".")),
        };
        Ok(Self {
            contents: Arc::new(contents),
        })
    }

    /// The hosts that are meant, by name.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = Host<'_>> {
        self.contents.selected.iter().map(|place| Host {
            contents: &self.contents,
            place: *place,
        })
    }

    /// The names of the hosts that the limit leaves out, in order.
    pub fn names_left_out(&self) -> impl Iterator<Item = &str> {
        let meant: HashSet<usize> = self.contents.selected.iter().copied().collect();
        let all = self.contents.graph.hosts.iter().enumerate();
        let left_out = all.filter(move |(place, _)| !meant.contains(place));
        let mut names: Vec<&str> = left_out.map(|(_, host)| host.name.as_str()).collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// The host of this name, if it is among those that are meant.
    pub fn host(&self, name: &str) -> Option<Host<'_>> {
        self.hosts().find(|host| host.name() == name)
    }

    /// The names of all variables that are set for hosts that are meant.
    pub fn variable_names(&self) -> BTreeSet<&str> {
        let contents: &Contents = &self.contents;
        let mut seen = HashSet::new();
        let mut names = BTreeSet::new();
        for place in &contents.selected {
            for layer in contents.layers(*place) {
                if seen.insert(Arc::as_ptr(layer))
                    && let Ok(variables) = layer.variables(&contents.vault)
                {
                    names.extend(variables.keys().map(String::as_str));
                }
            }
        }
        names
    }

    /// What works, but should be known.
    pub fn warnings(&self) -> &[Problem] {
        &self.contents.warnings
    }
}

impl<'a> Host<'a> {
    /// Its name in the inventory.
    pub fn name(self) -> &'a str {
        self.contents
            .graph
            .hosts
            .get(self.place)
            .map_or("", |host| host.name.as_str())
    }

    /// Where it was first named: file and line.
    pub fn named_at(self) -> (&'a Path, u64) {
        match self.contents.graph.hosts.get(self.place) {
            Some(host) => (&host.file, host.line),
            None => (Path::new(""), 0),
        }
    }

    /// A variable as it is written at the strongest of the places that set it.
    pub fn variable(self, name: &str) -> Option<&'a Variable> {
        // The layers of hosts that are meant were opened when the inventory was read.
        self.contents
            .lookup(self.place, name)
            .ok()
            .flatten()
            .map(|(variable, _)| variable)
    }

    /// Who sets the variable that [`Host::variable`] finds.
    pub fn set_by(self, name: &str) -> Option<SetBy<'a>> {
        let contents: &'a Contents = self.contents;
        let has = |layer: &Layer| {
            layer
                .variables(&contents.vault)
                .is_ok_and(|variables| variables.contains_key(name))
        };
        if has(&contents.extra) {
            return Some(SetBy::ExtraVars);
        }
        let layers = contents.hosts.get(self.place)?;
        if layers.own.iter().any(|layer| has(layer)) {
            return Some(SetBy::Host);
        }
        let group = layers
            .shared
            .iter()
            .find(|shared| has(&shared.layer))?
            .group;
        let group = contents.graph.groups.get(group)?;
        Some(SetBy::Group(&group.name))
    }

    /// All variables as they are written, by name.
    pub fn variables(self) -> BTreeMap<&'a str, &'a Variable> {
        let mut variables = BTreeMap::new();
        for layer in self.contents.layers(self.place) {
            if let Ok(layer) = layer.variables(&self.contents.vault) {
                for (name, variable) in layer {
                    variables.entry(name.as_str()).or_insert(variable);
                }
            }
        }
        variables
    }

    /// The groups it is in, with those above, by name; `all` is left out.
    pub fn group_names(self) -> Vec<&'a str> {
        self.contents.group_names(self.place)
    }
}

impl Contents {
    /// The layers of a host's variables, the strongest first.
    fn layers(&self, host: usize) -> impl Iterator<Item = &Arc<Layer>> {
        let layers = self.hosts.get(host);
        let own = layers.into_iter().flat_map(|layers| &layers.own);
        let shared = layers
            .into_iter()
            .flat_map(|layers| layers.shared.iter().map(|shared| &shared.layer));
        std::iter::once(&self.extra).chain(own).chain(shared)
    }

    /// A variable, and whether it comes out of a vaulted file.
    ///
    /// # Errors
    ///
    /// A layer that might hold it cannot be opened.
    fn lookup(&self, host: usize, name: &str) -> Result<Option<(&Variable, bool)>, &Problem> {
        for layer in self.layers(host) {
            if let Some(variable) = layer.variables(&self.vault)?.get(name) {
                return Ok(Some((variable, layer.is_vaulted())));
            }
        }
        Ok(None)
    }

    fn group_names(&self, host: usize) -> Vec<&str> {
        let groups = self
            .graph
            .hosts
            .get(host)
            .map_or(&[][..], |host| &host.groups);
        let ranked = self.graph.ranked(groups);
        let mut names: Vec<&str> = ranked
            .iter()
            .filter_map(|group| self.graph.groups.get(*group))
            .map(|group| group.name.as_str())
            .collect();
        names.sort_unstable();
        names
    }
}

/// Opens the vaulted files that hosts which are meant look into, each once; what cannot be opened is a problem, told once.
fn open_vaults(selected: &[usize], hosts: &[HostLayers], vault: &Vault) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let layers = selected
        .iter()
        .filter_map(|host| hosts.get(*host))
        .flat_map(|layers| {
            let shared = layers.shared.iter().map(|shared| &shared.layer);
            layers.own.iter().chain(shared)
        });
    layers
        .filter(|layer| layer.is_vaulted() && seen.insert(Arc::as_ptr(layer)))
        .filter_map(|layer| layer.variables(vault).err().cloned())
        .collect()
}

/// The layers of groups, and of hosts, on the way to each host's list.
struct VariablePrecedence {
    /// Each pair of `group_vars` and `host_vars` once.
    folders: Vec<(vars_files::Folder, vars_files::Folder)>,
    /// Their places by strength: beside the playbook, then beside the inventories, the last of them first.
    strongest_first: Vec<usize>,
    /// The groups' own, by place.
    of_groups: Vec<Arc<Layer>>,
    chains: HashMap<Vec<usize>, Arc<[GroupLayer]>>,
}

impl VariablePrecedence {
    fn open(graph: &mut Graph, inventories: &[PathBuf], playbook_dir: &Path) -> Self {
        let (mut folders, mut places): (Vec<_>, HashMap<PathBuf, usize>) =
            (Vec::new(), HashMap::new());
        let mut open = |graph: &mut Graph, folder: &Path| {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            *places.entry(canonical).or_insert_with(|| {
                let [group_vars, host_vars] = ["group_vars", "host_vars"].map(|name| {
                    if folder == Path::new(".") {
                        PathBuf::from(name)
                    } else {
                        folder.join(name)
                    }
                });
                folders.push((
                    vars_files::Folder::open(graph, group_vars),
                    vars_files::Folder::open(graph, host_vars),
                ));
                folders.len() - 1
            })
        };
        let mut beside_inventory = Vec::new();
        for source in inventories
            .iter()
            .filter(|source| sources::host_list(source).is_none())
        {
            let folder = if source.is_dir() {
                Some(source.as_path())
            } else {
                source.parent()
            };
            if let Some(folder) = folder {
                let place = open(graph, folder);
                // A folder that is named again counts where it comes last.
                beside_inventory.retain(|known| *known != place);
                beside_inventory.push(place);
            }
        }
        let beside_playbook = open(graph, playbook_dir);
        let strongest_first = std::iter::once(beside_playbook)
            .chain(beside_inventory.into_iter().rev())
            .collect();
        Self {
            folders,
            strongest_first,
            ..Self::without_files(graph)
        }
    }

    /// Only what the inventory itself sets.
    fn without_files(graph: &mut Graph) -> Self {
        let of_groups = graph
            .groups
            .iter_mut()
            .map(|group| Arc::new(Layer::Plain(std::mem::take(&mut group.variables))))
            .collect();
        Self {
            folders: Vec::new(),
            strongest_first: Vec::new(),
            of_groups,
            chains: HashMap::new(),
        }
    }

    fn of_hosts(mut self, graph: &mut Graph) -> Vec<HostLayers> {
        (0..graph.hosts.len())
            .map(|place| {
                let Some(host) = graph.hosts.get_mut(place) else {
                    return HostLayers {
                        own: Vec::new(),
                        shared: Arc::from([]),
                    };
                };
                let (name, groups) = (host.name.clone(), host.groups.clone());
                let variables = std::mem::take(&mut host.variables);
                let mut own = Vec::new();
                for folder in &self.strongest_first {
                    if let Some((_, host_vars)) = self.folders.get_mut(*folder) {
                        own.extend(host_vars.layers(graph, &name));
                    }
                }
                if !variables.is_empty() {
                    own.push(Arc::new(Layer::Plain(variables)));
                }
                HostLayers {
                    own: once_each(own),
                    shared: self.chain(graph, groups),
                }
            })
            .collect()
    }

    /// The layers of a host's groups, made once for all hosts in the same groups.
    fn chain(&mut self, graph: &mut Graph, groups: Vec<usize>) -> Arc<[GroupLayer]> {
        if let Some(chain) = self.chains.get(&groups) {
            return Arc::clone(chain);
        }
        let mut ranked = graph.ranked(&groups);
        ranked.reverse();
        let mut chain = Vec::new();
        for wanted in [ranked.as_slice(), &[groups::ALL]] {
            for folder in &self.strongest_first {
                let Some((group_vars, _)) = self.folders.get_mut(*folder) else {
                    continue;
                };
                for group in wanted {
                    let name = graph
                        .groups
                        .get(*group)
                        .map(|group| group.name.clone())
                        .unwrap_or_default();
                    chain.extend(
                        group_vars
                            .layers(graph, &name)
                            .into_iter()
                            .map(|layer| (*group, layer)),
                    );
                }
            }
        }
        chain.extend(
            ranked
                .iter()
                .chain(&[groups::ALL])
                .filter_map(|group| Some((*group, Arc::clone(self.of_groups.get(*group)?)))),
        );
        let mut seen = HashSet::new();
        let chain: Arc<[_]> = chain
            .into_iter()
            .filter(|(_, layer)| seen.insert(Arc::as_ptr(layer)))
            .map(|(group, layer)| GroupLayer { group, layer })
            .collect();
        self.chains.insert(groups, Arc::clone(&chain));
        chain
    }
}

/// The layers without those that came before: a folder may lie beside the inventory and the playbook alike.
fn once_each(layers: Vec<Arc<Layer>>) -> Vec<Arc<Layer>> {
    let mut seen = HashSet::new();
    layers
        .into_iter()
        .filter(|layer| seen.insert(Arc::as_ptr(layer)))
        .collect()
}

#[cfg(test)]
mod tests;
