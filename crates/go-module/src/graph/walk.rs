//! The walk through the graph: it names the go.mod files that it needs, and is given them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::roots::{Folder, Kind, Roots};
use crate::go_mod::{self, GoMod, GoModError, PathVersion};
use crate::{GoVersion, ModuleVersion, Version};

/// Where a module's go.mod and packages come from, once replacements were looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A module version, to be downloaded.
    Module(ModuleVersion),
    /// A folder of the project.
    Folder(Folder),
    /// Nowhere: nothing stands for it, and its path is none that could be downloaded.
    Nowhere(PathVersion),
}

impl Source {
    pub(super) fn of(module: &PathVersion) -> Self {
        match module.module() {
            Some(version) => Self::Module(version),
            None => Self::Nowhere(module.clone()),
        }
    }
}

/// One line of the build list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// What is required.
    pub module: PathVersion,
    /// Where it comes from.
    pub source: Source,
}

/// A module version without a go.mod that could be read: what it requires is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Miss {
    /// What is required.
    pub module: PathVersion,
    /// Where it should come from.
    pub source: Source,
}

/// Why a go.mod that was brought is of no use. The walk goes on without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalkError {
    /// It is none.
    #[error("the go.mod of {what} can't be read: {source}")]
    GoMod {
        /// Of what it should be.
        what: String,
        /// What is wrong with it.
        #[source]
        source: Box<GoModError>,
    },
    /// It does not say whose it is.
    #[error("the go.mod of {0} has no module line")]
    NoModule(ModuleVersion),
}

/// A walk through the module graph.
///
/// [`Walk::wanted`] names what to bring; [`Walk::give`] and [`Walk::missing`] bring it, in any order. When
/// [`Walk::is_done`], the rest tells what was found.
#[derive(Clone, Debug)]
pub struct Walk {
    roots: Roots,
    /// What one main module requires: as its go.mod has it, raised to what is selected where that is more.
    required: Vec<PathVersion>,
    files: HashMap<Source, File>,
    /// Sources that were found to be needed and are not yet named.
    wanted: BTreeSet<Source>,
    /// Steps that wait for a file.
    waiting: HashMap<Source, Vec<Step>>,
    queue: VecDeque<Step>,
    graph: Graph,
}

/// What is known of a file.
#[derive(Clone, Debug)]
enum File {
    Awaited,
    Known(Arc<Summary>),
    Missing,
}

/// What matters of a go.mod.
#[derive(Debug)]
struct Summary {
    module: Option<String>,
    go: Option<GoVersion>,
    require: Vec<PathVersion>,
}

impl Summary {
    fn prunes(&self) -> bool {
        self.go.as_ref().is_some_and(GoVersion::prunes)
    }
}

/// How far a module version is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Depth {
    /// Its own requirements, and theirs where its go line does not prune.
    Pruned,
    /// All that it requires, however far.
    Unpruned,
    /// Its own requirements and theirs: as of a main module.
    Main,
}

type Step = (PathVersion, Depth);

/// The graph, as far as it was walked from the present roots.
#[derive(Clone, Debug, Default)]
struct Graph {
    seen: HashSet<Step>,
    /// The requirements of each module version that was looked into; `None` where its go.mod is missing.
    requires: HashMap<PathVersion, Option<Vec<PathVersion>>>,
    selected: BTreeMap<Arc<str>, Version>,
    /// In a workspace: what was looked into again since more was selected than a main module requires.
    deep: HashSet<PathVersion>,
}

impl Graph {
    /// What is selected of a path.
    fn selection(&self, path: &Arc<str>) -> Option<PathVersion> {
        let version = self.selected.get(path)?.clone();
        Some(PathVersion {
            path: Arc::clone(path),
            version,
        })
    }
}

impl Walk {
    /// A walk from main modules.
    #[must_use]
    pub fn new(roots: Roots) -> Self {
        let required = match &roots.kind {
            Kind::Module { require, .. } => not_excluded(&roots, require),
            Kind::Workspace(_) | Kind::Version(_) => Vec::new(),
        };
        let mut walk = Self {
            roots,
            required,
            files: HashMap::new(),
            wanted: BTreeSet::new(),
            waiting: HashMap::new(),
            queue: VecDeque::new(),
            graph: Graph::default(),
        };
        walk.start();
        walk
    }

    /// A walk from one module version, seen as if nobody required it: all that must be there for it to be used. It is itself
    /// part of the graph and of the build list.
    #[must_use]
    pub fn of(module: ModuleVersion) -> Self {
        Self::new(Roots::version(module))
    }

    /// The module versions whose go.mod is needed next; each is named once.
    pub fn wanted(&mut self) -> Vec<ModuleVersion> {
        let named = |source: &Source| match source {
            Source::Module(module) => Some(module.clone()),
            Source::Folder(_) | Source::Nowhere(_) => None,
        };
        let modules = self.wanted.iter().filter_map(named).collect();
        self.wanted
            .retain(|source| !matches!(source, Source::Module(_)));
        modules
    }

    /// The folders whose go.mod is needed next; each is named once.
    pub fn wanted_folders(&mut self) -> Vec<Folder> {
        let named = |source: &Source| match source {
            Source::Folder(folder) => Some(folder.clone()),
            Source::Module(_) | Source::Nowhere(_) => None,
        };
        let folders = self.wanted.iter().filter_map(named).collect();
        self.wanted
            .retain(|source| !matches!(source, Source::Folder(_)));
        folders
    }

    /// Brings the go.mod of a module version.
    ///
    /// # Errors
    /// Where it can't be read; it then counts as missing.
    pub fn give(&mut self, module: ModuleVersion, go_mod: &[u8]) -> Result<(), WalkError> {
        let summary = summary(module.to_string(), go_mod).and_then(|summary| {
            let named = summary.module.is_some();
            named
                .then_some(summary)
                .ok_or_else(|| WalkError::NoModule(module.clone()))
        });
        self.bring(Source::Module(module), summary)
    }

    /// Brings the go.mod of a folder that stands for a module.
    ///
    /// # Errors
    /// As [`Walk::give`].
    pub fn give_folder(&mut self, folder: Folder, go_mod: &[u8]) -> Result<(), WalkError> {
        let summary = summary(folder.path.clone(), go_mod);
        self.bring(Source::Folder(folder), summary)
    }

    /// Says that the go.mod of a module version can't be had: its branch ends there.
    pub fn missing(&mut self, module: ModuleVersion) {
        self.found(Source::Module(module), File::Missing);
    }

    /// Says that a folder has no go.mod.
    pub fn missing_folder(&mut self, folder: Folder) {
        self.found(Source::Folder(folder), File::Missing);
    }

    /// Whether all that was named has been brought, and nothing more is needed.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.wanted.is_empty() && self.waiting.is_empty()
    }

    /// The selected version of each module but the main ones, by path, and where it comes from: what `go list -m all`
    /// prints.
    #[must_use]
    pub fn selected(&self) -> Vec<Selected> {
        let selected = self.graph.selected.iter();
        selected
            .filter(|(path, _)| !self.roots.mains.contains(*path))
            .map(|(path, version)| {
                let module = PathVersion {
                    path: Arc::clone(path),
                    version: version.clone(),
                };
                let source = self.roots.source(&module);
                Selected { module, source }
            })
            .collect()
    }

    /// The module versions that make up the build, by path: those of [`Walk::selected`] that something has to be
    /// downloaded for, each as its replacement where it has one.
    #[must_use]
    pub fn build_list(&self) -> Vec<ModuleVersion> {
        let sources = self.selected().into_iter().map(|selected| selected.source);
        let modules: BTreeSet<ModuleVersion> = sources
            .filter_map(|source| match source {
                Source::Module(module) => Some(module),
                Source::Folder(_) | Source::Nowhere(_) => None,
            })
            .collect();
        modules.into_iter().collect()
    }

    /// All module versions that something in the graph requires, in order, each as its replacement where it has one: whatever
    /// part of the graph turns out to count, what it selects is among them.
    #[must_use]
    pub fn mentioned(&self) -> Vec<ModuleVersion> {
        let required = self.graph.requires.values().flatten().flatten();
        let mentioned = required.chain(&self.required).filter_map(|module| {
            let is_main = self.roots.mains.contains(&module.path);
            match self.roots.source(module) {
                Source::Module(actual) if !is_main => Some(actual),
                Source::Module(_) | Source::Folder(_) | Source::Nowhere(_) => None,
            }
        });
        let modules: BTreeSet<ModuleVersion> = mentioned.collect();
        modules.into_iter().collect()
    }

    /// All module versions whose go.mod was looked at, in order. A build needs each of these files.
    #[must_use]
    pub fn graph(&self) -> Vec<ModuleVersion> {
        let modules: BTreeSet<ModuleVersion> = self
            .files
            .keys()
            .filter_map(|source| match source {
                Source::Module(module) => Some(module.clone()),
                Source::Folder(_) | Source::Nowhere(_) => None,
            })
            .collect();
        modules.into_iter().collect()
    }

    /// What is required and has no go.mod that could be read, in order.
    #[must_use]
    pub fn misses(&self) -> Vec<Miss> {
        let misses: BTreeSet<Miss> = self
            .graph
            .requires
            .iter()
            .filter(|(_, requires)| requires.is_none())
            .map(|(module, _)| Miss {
                module: module.clone(),
                source: self.roots.source(module),
            })
            .collect();
        misses.into_iter().collect()
    }

    /// The newest go line of all files that were looked at: an older `go` refuses them, or switches its toolchain.
    #[must_use]
    pub fn go(&self) -> Option<&GoVersion> {
        let known = self.files.values().filter_map(|file| match file {
            File::Known(summary) => summary.go.as_ref(),
            File::Awaited | File::Missing => None,
        });
        known.chain(&self.roots.go).max()
    }

    fn bring(
        &mut self,
        source: Source,
        summary: Result<Summary, WalkError>,
    ) -> Result<(), WalkError> {
        let (file, result) = match summary {
            Ok(summary) => (File::Known(Arc::new(summary)), Ok(())),
            Err(error) => (File::Missing, Err(error)),
        };
        self.found(source, file);
        result
    }

    fn found(&mut self, source: Source, file: File) {
        if !matches!(self.files.get(&source), None | Some(File::Awaited)) {
            return;
        }
        self.wanted.remove(&source);
        let steps = self.waiting.remove(&source).unwrap_or_default();
        self.files.insert(source, file);
        self.queue.extend(steps);
        self.run();
    }

    /// Begins at the present roots, with an empty graph.
    fn start(&mut self) {
        self.graph = Graph::default();
        match self.roots.kind.clone() {
            Kind::Module { prunes, .. } => {
                let depth = if prunes {
                    Depth::Pruned
                } else {
                    Depth::Unpruned
                };
                for module in self.required.clone() {
                    self.require(&module);
                    self.enter(module, depth);
                }
            }
            Kind::Workspace(mains) => {
                for (require, prunes) in mains {
                    let depth = if prunes {
                        Depth::Pruned
                    } else {
                        Depth::Unpruned
                    };
                    for module in not_excluded(&self.roots, &require) {
                        self.require(&module);
                        self.enter(module, depth);
                    }
                }
            }
            Kind::Version(module) => {
                let module = PathVersion::from(&module);
                self.require(&module);
                self.enter(module, Depth::Main);
            }
        }
        self.run();
    }

    /// Takes all steps that can be taken.
    fn run(&mut self) {
        loop {
            while let Some((module, depth)) = self.queue.pop_front() {
                self.step(module, depth);
            }
            // Only what all files say can tell whether a root has to be raised.
            if !self.waiting.is_empty() || !self.deepen() {
                break;
            }
        }
        if self.waiting.is_empty() && self.raise_roots() {
            self.start();
        }
    }

    /// Notes that something requires this version.
    fn require(&mut self, module: &PathVersion) {
        let selected = self
            .graph
            .selected
            .entry(Arc::clone(&module.path))
            .or_insert_with(|| module.version.clone());
        if *selected < module.version {
            *selected = module.version.clone();
        }
    }

    fn enter(&mut self, module: PathVersion, depth: Depth) {
        if self.graph.seen.insert((module.clone(), depth)) {
            self.queue.push_back((module, depth));
        }
    }

    fn step(&mut self, module: PathVersion, depth: Depth) {
        let source = self.roots.source(&module);
        let summary = match self.files.get(&source) {
            None if matches!(source, Source::Nowhere(_)) => None,
            None => {
                self.files.insert(source.clone(), File::Awaited);
                self.wanted.insert(source.clone());
                self.waiting
                    .entry(source)
                    .or_default()
                    .push((module, depth));
                return;
            }
            Some(File::Awaited) => {
                self.waiting
                    .entry(source)
                    .or_default()
                    .push((module, depth));
                return;
            }
            Some(File::Missing) => None,
            Some(File::Known(summary)) => Some(Arc::clone(summary)),
        };
        let Some(summary) = summary.filter(|summary| belongs(summary, &module, &source)) else {
            self.graph.requires.insert(module, None);
            return;
        };
        let requires = not_excluded(&self.roots, &summary.require);
        for required in &requires {
            self.require(required);
        }
        if depth != Depth::Pruned || !summary.prunes() {
            let next = if depth == Depth::Unpruned || !summary.prunes() {
                Depth::Unpruned
            } else {
                Depth::Pruned
            };
            for required in &requires {
                self.enter(required.clone(), next);
            }
        }
        self.graph.requires.insert(module, Some(requires));
    }

    /// In a workspace, what is selected may be more than what a main module requires, and its packages may then need what
    /// only the newer go.mod names: that one is looked into as if it were a main module's. Whether there was any.
    fn deepen(&mut self) -> bool {
        let Kind::Workspace(mains) = &self.roots.kind else {
            return false;
        };
        let mut found: BTreeSet<PathVersion> = BTreeSet::new();
        for (require, _) in mains {
            found.extend(self.raised(&not_excluded(&self.roots, require)));
        }
        let paths: BTreeSet<&Arc<str>> = self.graph.deep.iter().map(|deep| &deep.path).collect();
        for path in paths {
            let Some(module) = self.graph.selection(path) else {
                continue;
            };
            if !self.graph.deep.contains(&module) {
                found.insert(module);
            } else if let Some(Some(requires)) = self.graph.requires.get(&module) {
                found.extend(self.raised(requires));
            }
        }
        for module in &found {
            self.graph.deep.insert(module.clone());
            self.enter(module.clone(), Depth::Main);
        }
        !found.is_empty()
    }

    /// Of what is selected higher than it is required: what was not yet looked into deeply.
    fn raised(&self, requires: &[PathVersion]) -> Vec<PathVersion> {
        let is_main = |required: &&PathVersion| self.roots.mains.contains(&required.path);
        let others = requires.iter().filter(|required| !is_main(required));
        others
            .filter_map(|required| {
                let selected = self.graph.selection(&required.path)?;
                let more = required.version < selected.version;
                (more && !self.graph.deep.contains(&selected)).then_some(selected)
            })
            .collect()
    }

    /// Where a pruned graph selects more than the main module requires, `go` writes that into its go.mod, and the graph is
    /// another one (`updatePrunedRoots`). Whether that was so.
    fn raise_roots(&mut self) -> bool {
        if !matches!(self.roots.kind, Kind::Module { prunes: true, .. }) {
            return false;
        }
        let mut raised = false;
        let mut paths = HashSet::new();
        let mut required = Vec::new();
        for module in &self.required {
            if self.roots.mains.contains(&module.path) || !paths.insert(Arc::clone(&module.path)) {
                continue;
            }
            let version = self.graph.selected.get(&module.path);
            let version = version.unwrap_or(&module.version).clone();
            raised |= version != module.version;
            required.push(PathVersion {
                path: Arc::clone(&module.path),
                version,
            });
        }
        if raised {
            self.required = required;
        }
        raised
    }
}

fn not_excluded(roots: &Roots, require: &[PathVersion]) -> Vec<PathVersion> {
    let kept = require.iter().filter(|module| !roots.excludes(module));
    kept.cloned().collect()
}

/// Whether a go.mod may stand for a requirement: it says the path that is required, or the one that it was found under
/// (`goModSummary`). A folder's may say what it likes.
fn belongs(summary: &Summary, module: &PathVersion, source: &Source) -> bool {
    let Source::Module(actual) = source else {
        return true;
    };
    let named = summary.module.as_deref();
    named == Some(&module.path) || named == Some(actual.path.as_str())
}

fn summary(what: String, go_mod: &[u8]) -> Result<Summary, WalkError> {
    let GoMod {
        module,
        go,
        require,
        ..
    } = go_mod::parse_lax(go_mod).map_err(|error| WalkError::GoMod {
        what,
        source: Box::new(error),
    })?;
    Ok(Summary {
        module,
        go,
        require: require.into_iter().map(|require| require.module).collect(),
    })
}
