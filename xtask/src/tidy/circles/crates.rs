//! The modules of a crate, and which file a path leads to.

use std::collections::BTreeMap;

use super::super::checkout::Checkout;
use super::super::tokens::tokens;
use super::graph::{File, Graph};
use super::source::{Path, Source};

/// Imports that lead to imports: more steps than any real source has.
const MOST_STEPS: usize = 64;

/// A crate: the files and modules that its root declares, directly or by way of others.
#[derive(Debug)]
pub(super) struct Crate {
    /// The paths of the files, from the root of the checkout.
    pub(super) files: Vec<String>,
    modules: Vec<Module>,
}

#[derive(Debug)]
struct Module {
    file: File,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    source: Source,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A module as such: nothing in it is used yet.
    Module(usize),
    /// Something that is defined in this module.
    Item(usize),
}

impl Crate {
    /// Reads the crate that begins with the file `root`.
    pub(super) fn read(checkout: &Checkout, root: &str) -> Result<Self, String> {
        let mut this = Self {
            files: Vec::new(),
            modules: Vec::new(),
        };
        let text = checkout.file(root).map_or("", |file| &file.text);
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        this.file(checkout, root, text, folder, None)?;
        Ok(this)
    }

    /// Adds a file and the modules below it. `folder` is where the files of its modules are.
    fn file(
        &mut self,
        checkout: &Checkout,
        path: &str,
        text: &str,
        folder: &str,
        parent: Option<usize>,
    ) -> Result<usize, String> {
        let source = Source::read(&tokens(path, text)?);
        self.files.push(path.to_owned());
        self.module(checkout, source, self.files.len() - 1, folder, parent)
    }

    fn module(
        &mut self,
        checkout: &Checkout,
        mut source: Source,
        file: File,
        folder: &str,
        parent: Option<usize>,
    ) -> Result<usize, String> {
        let inline = std::mem::take(&mut source.inline);
        let names = source.files.clone();
        let this = self.modules.len();
        let children = BTreeMap::new();
        self.modules.push(Module {
            file,
            parent,
            children,
            source,
        });
        for (name, source) in inline {
            let child = self.module(
                checkout,
                source,
                file,
                &format!("{folder}/{name}"),
                Some(this),
            )?;
            self.modules[this].children.insert(name, child);
        }
        for name in names {
            let inside = format!("{folder}/{name}");
            let places = [format!("{inside}.rs"), format!("{inside}/mod.rs")];
            // A module whose file is made at build time has nothing to be read.
            let Some(found) = places.iter().find_map(|path| checkout.file(path)) else {
                continue;
            };
            let child = self.file(checkout, &found.path, &found.text, &inside, Some(this))?;
            self.modules[this].children.insert(name, child);
        }
        Ok(this)
    }

    /// Which file uses which.
    pub(super) fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for (at, module) in self.modules.iter().enumerate() {
            let source = &module.source;
            // A name that is only handed on is used by whoever imports it from here.
            let used = |name: &str, public: bool| !public || source.words.contains(name);
            let imports = source
                .imports
                .iter()
                .filter(|(name, import)| used(name, import.public))
                .map(|(_, import)| &import.path);
            for path in imports.chain(&source.mentions) {
                if let Some(Target::Item(of)) = self.resolve(at, path, MOST_STEPS) {
                    self.add(&mut graph, at, of, path);
                }
            }
            for word in &source.words {
                if let Some((glob, of)) = self.by_glob(at, word) {
                    self.add(&mut graph, at, of, glob);
                }
            }
        }
        graph
    }

    /// Notes a use, unless it is of a module around: a module may stand on what its own parents define, as it may see their private items.
    fn add(&self, graph: &mut Graph, from: usize, to: usize, path: &Path) {
        let parent = |of: &usize| self.modules[*of].parent;
        if !std::iter::successors(Some(from), parent).any(|around| around == to) {
            let (from, to) = (self.modules[from].file, self.modules[to].file);
            graph.add(from, to, path.line, &path.names);
        }
    }

    /// The import of everything that a name comes from, and the module that defines it.
    fn by_glob(&self, at: usize, name: &str) -> Option<(&Path, usize)> {
        let Module {
            children, source, ..
        } = &self.modules[at];
        if source.items.contains(name)
            || source.imports.contains_key(name)
            || children.contains_key(name)
        {
            return None;
        }
        source.globs.iter().find_map(|glob| {
            let Some(Target::Module(other)) = self.resolve(at, glob, MOST_STEPS) else {
                return None;
            };
            match self.named(other, name, MOST_STEPS)? {
                Target::Item(of) => Some((glob, of)),
                Target::Module(_) => None,
            }
        })
    }

    /// Where a path leads that is written in the module `from`; `None` for what other crates define.
    fn resolve(&self, from: usize, path: &Path, steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let mut names = path.names.iter().map(String::as_str).peekable();
        let mut at = match *names.peek()? {
            "crate" => names.next().map(|_| Target::Module(0))?,
            "self" => names.next().map(|_| Target::Module(from))?,
            "super" => Target::Module(from),
            _ => self.named(from, names.next()?, steps)?,
        };
        for name in names {
            at = match at {
                Target::Item(_) => return Some(at),
                Target::Module(module) if name == "super" => {
                    Target::Module(self.modules[module].parent?)
                }
                Target::Module(module) if self.imports(module, name) => {
                    self.named(module, name, steps)?
                }
                // What nothing else explains is made by a macro of that module.
                Target::Module(module) => self
                    .named(module, name, steps)
                    .unwrap_or(Target::Item(module)),
            };
        }
        Some(at)
    }

    /// Whether the module has the name from a `use`, be it another crate's.
    fn imports(&self, module: usize, name: &str) -> bool {
        self.modules[module].source.imports.contains_key(name)
    }

    /// What a name stands for in a module.
    fn named(&self, at: usize, name: &str, steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let module = &self.modules[at];
        if let Some(&child) = module.children.get(name) {
            return Some(Target::Module(child));
        }
        if module.source.items.contains(name) {
            return Some(Target::Item(at));
        }
        if let Some(import) = module.source.imports.get(name) {
            // `use json;` names what it imports: another crate.
            let own = import.path.names.len() == 1
                && import.path.names.first().is_some_and(|own| own == name);
            return if own {
                None
            } else {
                self.resolve(at, &import.path, steps)
            };
        }
        module.source.globs.iter().find_map(|glob| {
            let Some(Target::Module(other)) = self.resolve(at, glob, steps) else {
                return None;
            };
            if other == at {
                None
            } else {
                self.named(other, name, steps)
            }
        })
    }
}
