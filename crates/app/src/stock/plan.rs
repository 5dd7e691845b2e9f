//! What is needed, and for what: the graph's files, the zips of the build, what upgrades would bring.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use go_module::go_mod::{self, GoMod, PathVersion};
use go_module::graph::{Roots, Source, Walk};
use go_module::{FileKind, GoVersion, ModulePath, ModuleVersion, Version};

use super::newest::{asked_for_go_mod, newest};
use super::project::Project;
use super::reach::Reach;
use super::report::{Lack, Purpose};
use super::toolchain;

/// How many lists are asked for at once.
const AT_ONCE: usize = 16;

/// What is needed of a module version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// For what; what both need is counted as work.
    pub(super) purpose: Purpose,
    /// Its zip too, beside `.info` and `.mod`.
    pub(super) zip: bool,
}

/// All that is needed.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Module versions.
    pub(super) needs: BTreeMap<ModuleVersion, Need>,
    /// Toolchains among them, of which the work counts one.
    pub(super) toolchains: BTreeSet<ModuleVersion>,
    /// Lists that could be had.
    pub(super) lists: BTreeSet<ModulePath>,
    /// What is known to be missing by now.
    pub(super) lacks: Vec<Lack>,
}

/// What is known of a module from its list and its newest go.mod.
struct Outlook {
    path: ModulePath,
    /// The newest version, retracted or not, whose go.mod says what is retracted.
    newest: Option<Version>,
    /// The newest that `go` would take.
    allowed: Option<Version>,
    /// Whose go.mod is asked for besides.
    besides: Option<Version>,
}

impl Plan {
    /// What a project needs.
    pub(crate) async fn of_project(reach: &Reach, project: &Project, local: Option<&str>) -> Self {
        let mut plan = Self::default();
        let mut selected: BTreeMap<ModulePath, Version> = BTreeMap::new();
        let mut paths = BTreeSet::new();
        let mut go = project.toolchain.clone();
        for (at, roots) in &project.roots {
            let walk = plan.walk(reach, at, roots, Purpose::Work).await;
            go = go.max(walk.go().cloned());
            plan.build(&walk, Purpose::Work);
            for chosen in walk.selected() {
                let Some(module) = chosen.module.module() else {
                    continue;
                };
                paths.insert(module.path.clone());
                match chosen.source {
                    Source::Module(actual) if actual == module => {
                        let highest = selected
                            .entry(module.path)
                            .or_insert_with(|| actual.version.clone());
                        *highest = highest.clone().max(actual.version);
                    }
                    // What stands for all versions is never asked after; what stands for one may be.
                    Source::Module(actual) => {
                        paths.insert(actual.path);
                    }
                    Source::Folder(_) | Source::Nowhere(_) => {}
                }
            }
            if project.is_untidy {
                plan.settle(reach, at, roots, &walk, Purpose::Work, true)
                    .await;
            }
        }
        for module in &project.sums {
            plan.need(module.clone(), Purpose::Work, true);
        }
        plan.toolchain(reach, go.as_ref(), local).await;
        let outlooks = plan.look_ahead(reach, paths, &project.exclude).await;
        plan.upgrade(reach, project, &selected, &outlooks).await;
        plan
    }

    /// What one module version needs, to be installed or to be required by a new project.
    pub(crate) async fn of_module(
        reach: &Reach,
        module: &ModuleVersion,
        local: Option<&str>,
    ) -> Self {
        let mut plan = Self::default();
        let walk = reach.walk_of(module.clone()).await;
        plan.misses(reach, &walk, Purpose::Work).await;
        plan.build(&walk, Purpose::Work);
        plan.toolchain(reach, walk.go(), local).await;
        plan.look_ahead(reach, BTreeSet::from([module.path.clone()]), &[])
            .await;
        plan
    }

    /// The versions that must stay.
    pub(crate) fn versions(&self) -> Vec<ModuleVersion> {
        self.needs.keys().cloned().collect()
    }

    fn need(&mut self, module: ModuleVersion, purpose: Purpose, zip: bool) {
        let need = self.needs.entry(module).or_insert(Need { purpose, zip });
        need.purpose = need.purpose.min(purpose);
        need.zip |= zip;
    }

    fn lack(&mut self, purpose: Purpose, what: impl ToString, reason: impl Into<String>) {
        let lack = Lack {
            purpose,
            what: what.to_string(),
            reason: reason.into(),
        };
        if !self.lacks.contains(&lack) {
            self.lacks.push(lack);
        }
    }

    /// Walks, and notes what could not be looked into.
    async fn walk(&mut self, reach: &Reach, at: &Path, roots: &Roots, purpose: Purpose) -> Walk {
        let walk = reach
            .walk(roots.clone(), |folder| Project::read_folder(at, folder))
            .await;
        self.misses(reach, &walk, purpose).await;
        walk
    }

    async fn misses(&mut self, reach: &Reach, walk: &Walk, purpose: Purpose) {
        for miss in walk.misses() {
            match miss.source {
                // It is needed, and told of where it is looked for.
                Source::Module(module) => {
                    if let Ok(_other) = reach.go_mod(&module).await {
                        let reason = "its go.mod says that it is another module";
                        self.lack(purpose, &miss.module, reason);
                    }
                }
                Source::Folder(folder) => {
                    let reason = format!(
                        "the folder that stands for it, {}, has no go.mod that could be read",
                        folder.path
                    );
                    self.lack(purpose, &miss.module, reason);
                }
                Source::Nowhere(_) => {
                    let reason =
                        "nothing stands for it, and its path is none that could be downloaded";
                    self.lack(purpose, &miss.module, reason);
                }
            }
        }
    }

    /// The files that a graph looks at, and the zips of its build list. `go list -m all` looks at the go.mod of all of it.
    fn build(&mut self, walk: &Walk, purpose: Purpose) {
        for module in walk.graph() {
            self.need(module, purpose, false);
        }
        for module in walk.build_list() {
            self.need(module, purpose, true);
        }
    }

    /// What a build list becomes once it is written into go.mod, as `go mod tidy` and `go get` do with what is imported. Not all
    /// of the list is, and what is left out may have raised what is not: so of what is in the list already, each version counts that
    /// may be selected then. `go mod tidy` also loads what the tests of dependencies import, which only their own go.mod
    /// files name; `with_tests` has that too.
    async fn settle(
        &mut self,
        reach: &Reach,
        at: &Path,
        roots: &Roots,
        walk: &Walk,
        purpose: Purpose,
        with_tests: bool,
    ) {
        let list = walk.build_list();
        let settled = self.walk(reach, at, &roots.upgraded(&list), purpose).await;
        for module in settled.graph() {
            self.need(module, purpose, false);
        }
        let now: BTreeMap<&ModulePath, &Version> = list
            .iter()
            .map(|module| (&module.path, &module.version))
            .collect();
        for module in settled.mentioned() {
            let counts = match now.get(&module.path) {
                Some(now) => module.version >= **now,
                None => with_tests,
            };
            if counts {
                self.need(module, purpose, true);
            }
        }
    }

    /// The toolchain that `go` would switch to.
    async fn toolchain(&mut self, reach: &Reach, go: Option<&GoVersion>, local: Option<&str>) {
        let Some(toolchain) = toolchain::needed(go, local) else {
            return;
        };
        let path = toolchain.module.path.clone();
        self.need(toolchain.witness, Purpose::Work, false);
        self.toolchains.insert(toolchain.module.clone());
        self.need(toolchain.module, Purpose::Work, true);
        self.list(reach, &path).await;
    }

    async fn list(&mut self, reach: &Reach, path: &ModulePath) {
        match reach.list(path).await {
            Ok(_) => {
                self.lists.insert(path.clone());
            }
            Err(reason) => self.lack(Purpose::Upgrade, format!("the versions of {path}"), reason),
        }
    }

    /// Which versions there are of each path, and which is the newest.
    async fn look_ahead(
        &mut self,
        reach: &Reach,
        paths: BTreeSet<ModulePath>,
        exclude: &[PathVersion],
    ) -> Vec<Outlook> {
        let looked: Vec<_> = stream::iter(paths)
            .map(|path| outlook(reach, path, exclude))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut outlooks = Vec::new();
        for looked in looked {
            match looked {
                Ok(outlook) => {
                    self.lists.insert(outlook.path.clone());
                    let versions = [&outlook.newest, &outlook.allowed, &outlook.besides];
                    for version in versions.into_iter().flatten() {
                        if let Ok(module) =
                            ModuleVersion::new(outlook.path.clone(), version.clone())
                        {
                            self.need(module, Purpose::Upgrade, false);
                        }
                    }
                    outlooks.push(outlook);
                }
                Err((path, reason)) => {
                    self.lack(Purpose::Upgrade, format!("the versions of {path}"), reason);
                }
            }
        }
        outlooks.sort_by(|a, b| a.path.cmp(&b.path));
        outlooks
    }

    /// What the newest versions of what is imported would bring: each by itself (`go get X@latest`), and all together
    /// (`go get -u ./...`).
    async fn upgrade(
        &mut self,
        reach: &Reach,
        project: &Project,
        selected: &BTreeMap<ModulePath, Version>,
        outlooks: &[Outlook],
    ) {
        let is_tool = |path: &ModulePath| {
            project.tools.iter().any(|tool| {
                let rest = tool.strip_prefix(path.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let mut together = Vec::new();
        let reached = outlooks
            .iter()
            .filter(|it| project.direct.contains(&it.path) || is_tool(&it.path));
        for outlook in reached {
            let (Some(now), Some(best)) = (selected.get(&outlook.path), &outlook.allowed) else {
                continue;
            };
            let Ok(best) = ModuleVersion::new(outlook.path.clone(), best.max(now).clone()) else {
                continue;
            };
            // A list offers it only where its own graph is known.
            let own = reach.walk_of(best.clone()).await;
            for module in own.graph() {
                self.need(module, Purpose::Upgrade, false);
            }
            if best.version > *now {
                self.upgrade_to(reach, project, std::slice::from_ref(&best))
                    .await;
                together.push(best);
            }
        }
        if together.len() > 1 {
            self.upgrade_to(reach, project, &together).await;
        }
    }

    async fn upgrade_to(&mut self, reach: &Reach, project: &Project, to: &[ModuleVersion]) {
        for (at, roots) in &project.roots {
            let upgraded = roots.upgraded(to);
            let walk = self.walk(reach, at, &upgraded, Purpose::Upgrade).await;
            self.build(&walk, Purpose::Upgrade);
            self.settle(reach, at, &upgraded, &walk, Purpose::Upgrade, false)
                .await;
        }
    }
}

async fn outlook(
    reach: &Reach,
    path: ModulePath,
    exclude: &[PathVersion],
) -> Result<Outlook, (ModulePath, String)> {
    let versions = match reach.list(&path).await {
        Ok(versions) => versions,
        Err(reason) => return Err((path, reason)),
    };
    let besides = asked_for_go_mod(&versions).cloned();
    let has_go_mod = match &besides {
        Some(version) => has_own_go_mod(reach, &path, version).await,
        None => false,
    };
    let newest_of_all = match newest(&versions, has_go_mod, |_| true) {
        Some(version) => Some(version.clone()),
        // Only where a list has nothing that could be taken does go ask for the latest.
        None => reach.latest(&path).await.ok(),
    };
    let newest_go_mod = match &newest_of_all {
        Some(version) => go_mod_of(reach, &path, version).await,
        None => None,
    };
    let is_allowed = |version: &Version| {
        let excluded = PathVersion {
            path: Arc::from(path.as_str()),
            version: version.clone(),
        };
        let retracted = newest_go_mod
            .as_ref()
            .is_some_and(|it| it.retracts(version));
        !retracted && !exclude.contains(&excluded)
    };
    let allowed = newest(&versions, has_go_mod, is_allowed).cloned();
    let allowed = allowed.or_else(|| newest_of_all.clone().filter(is_allowed));
    Ok(Outlook {
        newest: newest_of_all,
        allowed,
        besides,
        path,
    })
}

async fn go_mod_of(reach: &Reach, path: &ModulePath, version: &Version) -> Option<GoMod> {
    let module = ModuleVersion::new(path.clone(), version.clone()).ok()?;
    go_mod::parse_lax(&reach.go_mod(&module).await.ok()?).ok()
}

/// Whether a version has a go.mod of its own, and not the one line that stands for none.
async fn has_own_go_mod(reach: &Reach, path: &ModulePath, version: &Version) -> bool {
    let Ok(module) = ModuleVersion::new(path.clone(), version.clone()) else {
        return false;
    };
    let made = format!("module {path}\n");
    let go_mod = reach.go_mod(&module).await;
    go_mod.is_ok_and(|bytes| bytes != made.as_bytes())
}

/// Which files of a version are needed.
pub(super) fn kinds(need: Need) -> &'static [FileKind] {
    if need.zip {
        &[FileKind::Info, FileKind::Mod, FileKind::Zip]
    } else {
        &[FileKind::Info, FileKind::Mod]
    }
}
