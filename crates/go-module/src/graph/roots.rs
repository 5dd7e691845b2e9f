//! Where a walk begins: the main modules, with what they exclude and replace.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::walk::Source;
use crate::go_mod::{GoMod, PathVersion, Replace, Replacement};
use crate::go_work::GoWork;
use crate::{GoVersion, ModuleVersion, Version};

/// The main modules: one, or those of a workspace; or a module version seen as if it were one.
#[derive(Clone, Debug)]
pub struct Roots {
    pub(super) kind: Kind,
    /// The main modules' own paths.
    pub(super) mains: HashSet<Arc<str>>,
    /// The newest go line among them, and of the go.work file.
    pub(super) go: Option<GoVersion>,
    exclude: HashSet<PathVersion>,
    /// The first that fits counts: those of go.work, then those of the main modules.
    replace: Vec<Sources>,
}

/// What stands for a path, at one version or at each.
type Sources = HashMap<(Arc<str>, Option<Version>), Source>;

/// The rules of the walk.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// One main module.
    Module {
        /// What it requires.
        require: Vec<PathVersion>,
        /// Whether its go line prunes.
        prunes: bool,
    },
    /// A workspace: what each of its main modules requires, and whether that one's go line prunes.
    Workspace(Vec<(Vec<PathVersion>, bool)>),
    /// A module version, seen from itself.
    Version(ModuleVersion),
}

/// A folder that stands for a module (`replace ... => ../folder`). Its go.mod counts, if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Folder {
    /// What `path` is relative to: the folder of the main module that names it, as [`Roots::workspace`] was told; empty
    /// for the only main module and for the go.work file.
    pub base: String,
    /// The folder as it is written there; may be absolute.
    pub path: String,
}

impl Roots {
    /// A project of one module.
    #[must_use]
    pub fn module(go_mod: GoMod) -> Self {
        let mut roots = Self::empty();
        let (require, prunes) = roots.add(&go_mod);
        roots.replace.push(sources("", &go_mod.replace));
        Self {
            kind: Kind::Module { require, prunes },
            ..roots
        }
    }

    /// A workspace: the go.work file, and the go.mod of each folder that it uses, with the folder as it stands there.
    #[must_use]
    pub fn workspace(go_work: &GoWork, modules: &[(String, GoMod)]) -> Self {
        let mut roots = Self::empty();
        roots.go = go_work.go.clone();
        roots.replace.push(sources("", &go_work.replace));
        let mut mains = Vec::new();
        for (folder, go_mod) in modules {
            mains.push(roots.add(go_mod));
            roots.replace.push(sources(folder, &go_mod.replace));
        }
        Self {
            kind: Kind::Workspace(mains),
            ..roots
        }
    }

    /// The same with at least these versions required: of a workspace, by those of its main modules that require the path at
    /// all.
    #[must_use]
    pub fn upgraded(&self, to: &[ModuleVersion]) -> Self {
        let to: HashMap<&str, &Version> = to
            .iter()
            .map(|module| (module.path.as_str(), &module.version))
            .collect();
        let raise = |required: &mut Vec<PathVersion>| {
            for module in required {
                if let Some(&version) = to.get(&*module.path)
                    && module.version < *version
                {
                    module.version = version.clone();
                }
            }
        };
        let mut upgraded = self.clone();
        match &mut upgraded.kind {
            Kind::Module { require, .. } => {
                raise(require);
                let known: HashSet<&str> = require.iter().map(|module| &*module.path).collect();
                let new: Vec<PathVersion> = to
                    .iter()
                    .filter(|(path, _)| !known.contains(*path) && !self.mains.contains(**path))
                    .map(|(path, version)| PathVersion {
                        path: Arc::from(*path),
                        version: (*version).clone(),
                    })
                    .collect();
                require.extend(new);
            }
            Kind::Workspace(mains) => mains.iter_mut().for_each(|(require, _)| raise(require)),
            Kind::Version(_) => {}
        }
        upgraded
    }

    pub(super) fn version(module: ModuleVersion) -> Self {
        Self {
            kind: Kind::Version(module),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            kind: Kind::Workspace(Vec::new()),
            mains: HashSet::new(),
            go: None,
            exclude: HashSet::new(),
            replace: Vec::new(),
        }
    }

    /// Takes a main module in; what it requires, and whether its go line prunes.
    fn add(&mut self, go_mod: &GoMod) -> (Vec<PathVersion>, bool) {
        self.mains
            .extend(go_mod.module.as_deref().map(Arc::<str>::from));
        self.exclude.extend(go_mod.exclude.iter().cloned());
        self.go = self.go.take().max(go_mod.go.clone());
        let require = go_mod
            .require
            .iter()
            .map(|require| require.module.clone())
            .collect();
        let prunes = go_mod.go.as_ref().is_some_and(GoVersion::prunes);
        (require, prunes)
    }

    pub(super) fn excludes(&self, module: &PathVersion) -> bool {
        self.exclude.contains(module)
    }

    /// Where the go.mod (and the packages) of a required module version come from.
    pub(super) fn source(&self, module: &PathVersion) -> Source {
        let exact = (Arc::clone(&module.path), Some(module.version.clone()));
        let each = (Arc::clone(&module.path), None);
        self.replace
            .iter()
            .find_map(|replace| replace.get(&exact).or_else(|| replace.get(&each)))
            .cloned()
            .unwrap_or_else(|| Source::of(module))
    }
}

/// Replacements as a table; of two for one, the last one counts (`go` refuses such a file).
fn sources(base: &str, replace: &[Replace]) -> Sources {
    let source = |new: &Replacement| match new {
        Replacement::Module(module) => Source::of(module),
        Replacement::Folder(path) => Source::Folder(Folder {
            base: base.to_owned(),
            path: path.clone(),
        }),
    };
    replace
        .iter()
        .map(|replace| {
            let old = (Arc::clone(&replace.old_path), replace.old_version.clone());
            (old, source(&replace.new))
        })
        .collect()
}
