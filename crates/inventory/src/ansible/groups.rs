//! The graph of groups and hosts: membership, depth and the precedence of group variables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::spelling::{Likeness, Spelling};
use super::variables::{Variable, VariableSet};
use crate::problem::Problem;
use crate::yaml::{Node, Value};

/// The group of all hosts, and that of those in no other.
pub(super) const ALL: usize = 0;
const UNGROUPED: usize = 1;

/// A group. Groups and hosts are named by their place in [`Graph`], which is the order in which they were first met.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) variables: VariableSet,
    pub(super) hosts: Vec<usize>,
    pub(super) children: Vec<usize>,
    pub(super) parents: Vec<usize>,
    members: HashSet<usize>,
    is_declared: bool,
    /// `ansible_group_priority`: among groups of one depth, the higher wins.
    priority: i64,
    /// How many groups the longest way to `all` has.
    depth: usize,
}

/// A host as the inventory's files have it.
#[derive(Debug)]
pub(super) struct HostEntry {
    pub(super) name: String,
    /// Where it was first named.
    pub(super) file: Arc<Path>,
    pub(super) line: u64,
    pub(super) variables: VariableSet,
    pub(super) groups: Vec<usize>,
    /// Another file that names it too, and the line there.
    again: Option<(Arc<Path>, u64)>,
}

/// How many hosts a warning names that is about many.
const MOST_NAMED: usize = 3;

/// All groups and hosts.
#[derive(Debug)]
pub(super) struct Graph {
    /// What was given with `-i`.
    pub(super) sources: Vec<PathBuf>,
    pub(super) groups: Vec<Group>,
    pub(super) hosts: Vec<HostEntry>,
    group_places: HashMap<String, usize>,
    host_places: HashMap<String, usize>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    spelling: Spelling,
}

impl Default for Graph {
    fn default() -> Self {
        let mut graph = Self {
            sources: Vec::new(),
            groups: Vec::new(),
            hosts: Vec::new(),
            group_places: HashMap::new(),
            host_places: HashMap::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            spelling: Spelling::default(),
        };
        let (all, ungrouped) = (graph.group("all"), graph.group("ungrouped"));
        graph.child(all, ungrouped);
        graph
    }
}

impl Graph {
    /// The group of this name, made if there is none.
    pub(super) fn group(&mut self, name: &str) -> usize {
        let place = self.mention(name);
        if let Some(group) = self.groups.get_mut(place) {
            group.is_declared = true;
        }
        place
    }

    /// The same for a group that is only named, and must be declared somewhere else.
    pub(super) fn mention(&mut self, name: &str) -> usize {
        if let Some(place) = self.group_places.get(name) {
            return *place;
        }
        let place = self.groups.len();
        self.group_places.insert(name.to_owned(), place);
        self.groups.push(Group {
            name: name.to_owned(),
            priority: 1,
            ..Group::default()
        });
        place
    }

    pub(super) fn is_declared(&self, name: &str) -> bool {
        self.find_group(name)
            .and_then(|place| self.groups.get(place))
            .is_some_and(|group| group.is_declared)
    }

    /// The names of the groups that are declared.
    pub(super) fn declared(&self) -> impl Iterator<Item = &str> {
        self.groups
            .iter()
            .filter(|group| group.is_declared)
            .map(|group| group.name.as_str())
    }

    pub(super) fn find_group(&self, name: &str) -> Option<usize> {
        self.group_places.get(name).copied()
    }

    pub(super) fn find_host(&self, name: &str) -> Option<usize> {
        self.host_places.get(name).copied()
    }

    /// The host of this name, made if there is none, as a member of the group.
    pub(super) fn host(
        &mut self,
        group: usize,
        name: &str,
        file: &Arc<Path>,
        line: u64,
        port: Option<u16>,
    ) -> usize {
        let place = match self.host_places.get(name) {
            Some(place) => {
                if let Some(host) = self.hosts.get_mut(*place)
                    && host.again.is_none()
                    && host.file != *file
                {
                    host.again = Some((Arc::clone(file), line));
                }
                *place
            }
            None => {
                let place = self.hosts.len();
                self.host_places.insert(name.to_owned(), place);
                let mut variables = VariableSet::new();
                if let Some(port) = port {
                    let variable = Variable {
                        written: None,
                        file: Arc::clone(file),
                        line,
                        node: Node {
                            line,
                            value: Value::Integer(port.into()),
                        },
                    };
                    variables.insert("ansible_port".to_owned(), variable);
                }
                self.hosts.push(HostEntry {
                    name: name.to_owned(),
                    file: Arc::clone(file),
                    line,
                    variables,
                    groups: Vec::new(),
                    again: None,
                });
                place
            }
        };
        if let (Some(group_entry), Some(host)) =
            (self.groups.get_mut(group), self.hosts.get_mut(place))
            && group_entry.members.insert(place)
        {
            group_entry.hosts.push(place);
            host.groups.push(group);
        }
        place
    }

    /// Puts a group below another. That the groups form no circle is checked where the files are all read.
    pub(super) fn child(&mut self, parent: usize, child: usize) {
        if let Some(group) = self.groups.get_mut(parent)
            && !group.children.contains(&child)
        {
            group.children.push(child);
            if let Some(group) = self.groups.get_mut(child) {
                group.parents.push(parent);
            }
        }
    }

    /// Sets a group's variable. `ansible_group_priority` is no variable but the group's rank.
    pub(super) fn set_group_variable(&mut self, group: usize, name: &str, variable: Variable) {
        self.check_spelling(name, &variable.file, variable.line);
        let Some(entry) = self.groups.get_mut(group) else {
            return;
        };
        if name != "ansible_group_priority" {
            entry.variables.insert(name.to_owned(), variable);
            return;
        }
        match variable
            .node
            .text()
            .and_then(|text| text.trim().parse().ok())
        {
            Some(priority) => entry.priority = priority,
            None => {
                let found = variable
                    .node
                    .text()
                    .unwrap_or_else(|| variable.node.kind().to_owned());
                self.problems.push(Problem::at(
                    &*variable.file,
                    variable.line,
                    format!("`ansible_group_priority` must be a whole number; found `{found}`"),
                ));
            }
        }
    }

    pub(super) fn set_host_variable(&mut self, host: usize, name: &str, variable: Variable) {
        self.check_spelling(name, &variable.file, variable.line);
        if let Some(host) = self.hosts.get_mut(host) {
            host.variables.insert(name.to_owned(), variable);
        }
    }

    /// A name that is almost one which means something is a problem.
    pub(super) fn check_spelling(&mut self, name: &str, file: &Path, line: u64) {
        match self.spelling.correct(name) {
            Some(Likeness::Misspelt(near)) => {
                let message = format!("unknown variable `{name}`; did you mean `{near}`?");
                self.problems.push(Problem::at(file, line, message));
            }
            Some(Likeness::Longer(near)) => {
                let message =
                    format!("`{name}` is taken for a variable of your own; did you mean `{near}`?");
                self.warnings.push(Problem::at(file, line, message));
            }
            None => {}
        }
    }

    pub(super) fn problem(&mut self, file: &Path, line: u64, message: impl Into<String>) {
        self.problems.push(Problem::at(file, line, message));
    }

    pub(super) fn warning(&mut self, file: &Path, line: u64, message: impl Into<String>) {
        self.warnings.push(Problem::at(file, line, message));
    }

    /// What holds once all files are read: each group is below `all`, each host in a group, and every group knows its depth.
    pub(super) fn settle(&mut self) {
        for place in 1..self.groups.len() {
            if self
                .groups
                .get(place)
                .is_some_and(|group| group.parents.is_empty())
            {
                self.child(ALL, place);
            }
        }
        for place in 0..self.hosts.len() {
            let groups = self
                .hosts
                .get(place)
                .map(|host| host.groups.clone())
                .unwrap_or_default();
            let is_grouped = groups
                .iter()
                .any(|group| *group != ALL && *group != UNGROUPED);
            if is_grouped && groups.contains(&UNGROUPED) {
                if let Some(group) = self.groups.get_mut(UNGROUPED) {
                    group.hosts.retain(|host| *host != place);
                    group.members.remove(&place);
                }
                if let Some(host) = self.hosts.get_mut(place) {
                    host.groups.retain(|group| *group != UNGROUPED);
                }
            } else if !is_grouped
                && let (Some(group), Some(host)) =
                    (self.groups.get_mut(UNGROUPED), self.hosts.get_mut(place))
                && group.members.insert(place)
            {
                group.hosts.push(place);
                host.groups.push(UNGROUPED);
            }
        }
        self.measure();
        self.find_shared_hosts();
        let conflicts: Vec<_> = self
            .hosts
            .iter()
            .filter(|host| self.group_places.contains_key(&host.name))
            .map(|host| (Arc::clone(&host.file), host.line, host.name.clone()))
            .collect();
        for (file, line, name) in conflicts {
            self.warning(&file, line, format!("`{name}` is the name of a host and of a group: patterns such as `--limit {name}` mean the group"));
        }
    }

    /// Hosts that several files name are one host with the variables of all, which is a mistake where the files are shards: one warning
    /// for each pair of files.
    fn find_shared_hosts(&mut self) {
        let mut pairs: BTreeMap<(&Path, &Path), Vec<&HostEntry>> = BTreeMap::new();
        for host in &self.hosts {
            if let Some((again, _)) = &host.again {
                pairs.entry((&host.file, again)).or_default().push(host);
            }
        }
        let mut found = Vec::new();
        for ((first, second), hosts) in pairs {
            let same = |file: &Path| file.canonicalize().ok();
            if same(first).is_some_and(|file| same(second) == Some(file)) {
                continue; // the same file given twice
            }
            let named = hosts.iter().take(MOST_NAMED);
            let mut names = named
                .map(|host| format!("`{}`", host.name))
                .collect::<Vec<_>>()
                .join(", ");
            let more = hosts.len().saturating_sub(MOST_NAMED);
            if more > 0 {
                names += &format!(" … and {more} more");
            }
            let (is, each) = match hosts.len() {
                1 => ("is", "it is one device"),
                _ => ("are", "each is one device"),
            };
            let Some(host) = hosts.first() else { continue };
            let at = match host.line {
                0 => String::new(),
                line => format!(":{line}"),
            };
            let line = host.again.as_ref().map_or(0, |(_, line)| *line);
            found.push(Problem::at(
                second,
                line,
                format!(
                    "{names} {is} in {}{at} too; {each} with the variables of both files, and runners that read one file each collect it twice",
                    first.display()
                ),
            ));
        }
        self.warnings.extend(found);
    }

    /// The depth of each group below `all`. A group that is its own ancestor is a problem.
    fn measure(&mut self) {
        // A way without a circle is no longer than the number of groups.
        let mut changed = BTreeSet::from([ALL]);
        for _ in 0..=self.groups.len() {
            let mut next = BTreeSet::new();
            for place in changed {
                let Some((depth, children)) = self
                    .groups
                    .get(place)
                    .map(|group| (group.depth, group.children.clone()))
                else {
                    continue;
                };
                for child in children {
                    if let Some(group) = self.groups.get_mut(child)
                        && group.depth <= depth
                    {
                        group.depth = depth + 1;
                        next.insert(child);
                    }
                }
            }
            if next.is_empty() {
                self.find_circles();
                return;
            }
            changed = next;
        }
        self.find_circles();
    }

    fn find_circles(&mut self) {
        let in_circle: Vec<_> = (0..self.groups.len())
            .filter(|place| {
                self.descendants(*place)
                    .skip(1)
                    .any(|below| below == *place)
                    || self
                        .groups
                        .get(*place)
                        .is_some_and(|group| group.children.contains(place))
            })
            .filter_map(|place| {
                self.groups
                    .get(place)
                    .map(|group| format!("`{}`", group.name))
            })
            .collect();
        if !in_circle.is_empty() {
            self.problems.push(Problem::new(format!(
                "the groups {} contain one another in a circle; take one of their `children` out",
                in_circle.join(", ")
            )));
        }
    }

    /// A group and all below it, in Ansible's order: level by level, each once. A group that is below itself comes a second time.
    fn descendants(&self, group: usize) -> impl Iterator<Item = usize> + use<> {
        let mut ordered = vec![group];
        let mut seen = HashSet::new();
        let mut level = vec![group];
        while !level.is_empty() {
            let mut next = Vec::new();
            for child in level
                .iter()
                .filter_map(|place| self.groups.get(*place))
                .flat_map(|group| &group.children)
            {
                if seen.insert(*child) {
                    ordered.push(*child);
                    next.push(*child);
                }
            }
            level = next;
        }
        ordered.into_iter()
    }

    /// The hosts of a group and of all below it, each once.
    pub(super) fn hosts_below(&self, group: usize) -> Vec<usize> {
        let mut seen = HashSet::new();
        let groups = self
            .descendants(group)
            .filter_map(|place| self.groups.get(place));
        groups
            .flat_map(|group| &group.hosts)
            .copied()
            .filter(|host| seen.insert(*host))
            .collect()
    }

    /// The groups that a host of these groups is in, with those above, `all` left out: the weakest first.
    pub(super) fn ranked(&self, groups: &[usize]) -> Vec<usize> {
        let mut all: BTreeSet<usize> = BTreeSet::new();
        let mut rest = groups.to_vec();
        while let Some(group) = rest.pop() {
            if all.insert(group)
                && let Some(group) = self.groups.get(group)
            {
                rest.extend(&group.parents);
            }
        }
        all.remove(&ALL);
        let mut ranked: Vec<usize> = all.into_iter().collect();
        ranked.sort_by_key(|place| {
            self.groups
                .get(*place)
                .map(|group| (group.depth, group.priority, group.name.as_str()))
        });
        ranked
    }
}

/// A file that an inventory was read from, as messages name it.
pub(super) fn shared_path(path: &Path) -> Arc<Path> {
    Arc::from(PathBuf::from(path))
}
