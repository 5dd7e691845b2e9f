//! `cache-modules` and `cache-versions`: what is kept, added up by module, and one module's versions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Filter, Keep, Keeps, ListedVersion};
use ts_rs::TS;

use super::Call;
use super::projects::short_names;
use super::room::PERSON;
use crate::app::App;
use crate::failure::Failure;

/// Asks what is kept, by module.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct CacheModules {
    /// What the path is to contain, in whatever case; all where there is none.
    #[serde(default)]
    pub text: Option<String>,
}

/// What is kept, by module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptModules {
    /// Ordered by path.
    pub modules: Vec<CachedModule>,
    /// When that was used, or kept, which was used longest ago, among all that is kept.
    pub oldest: Option<Timestamp>,
}

/// A module of which something is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CachedModule {
    /// Its path.
    pub module: String,
    /// How many of its versions are kept.
    pub versions: u64,
    /// The bytes of their files.
    pub bytes: u64,
    /// When one of them was last asked for, where one was since it was kept.
    pub last_used: Option<Timestamp>,
    /// When the newest of them was kept.
    pub kept_at: Timestamp,
    /// Whether a person has pinned all of these versions.
    pub pinned: bool,
    /// What was stocked and needs one of them, by its name.
    pub stocked_by: Vec<String>,
    /// Whether it is private in the profile in use.
    pub private: bool,
    /// The trees that these versions are in.
    pub trees: Vec<String>,
}

impl Call for CacheModules {
    const NAME: &'static str = "cache-modules";
    type Answer = KeptModules;

    async fn run(self, app: &App) -> Result<KeptModules, Failure> {
        // What was just removed, or put back, is to be seen.
        app.store().flush_index().await?;
        let stays = Stays::of(app).await?;
        let settings = app.settings();
        let profile = settings.in_effect(&app.profile_in_use());
        let private = profile.map(|profile| profile.private_patterns());
        let is_private = |path: &str| private.as_ref().is_some_and(|all| all.matches(path));
        let text = self.text.unwrap_or_default().to_lowercase();
        let mut oldest = None;
        let mut modules: BTreeMap<String, Sum> = BTreeMap::new();
        for found in app.store().list(&Filter::all()).await? {
            let at = found.last_used.max(Some(found.kept_at));
            oldest = oldest.min(at).or(at);
            let path = found.path.as_str();
            if !text.is_empty() && !path.to_lowercase().contains(&text) {
                continue;
            }
            if !modules.contains_key(path) {
                let sum = Sum::new(path, is_private(path), found.kept_at);
                modules.insert(path.to_owned(), sum);
            }
            if let Some(sum) = modules.get_mut(path) {
                sum.add(&found, &stays);
            }
        }
        Ok(KeptModules {
            modules: modules.into_values().map(Sum::module).collect(),
            oldest,
        })
    }
}

/// A module, being added up.
struct Sum {
    module: CachedModule,
    /// A version in several trees is one.
    versions: BTreeSet<String>,
    stocked_by: BTreeSet<usize>,
    names: Vec<String>,
}

impl Sum {
    fn new(path: &str, private: bool, kept_at: Timestamp) -> Self {
        Self {
            module: CachedModule {
                module: path.to_owned(),
                versions: 0,
                bytes: 0,
                last_used: None,
                kept_at,
                pinned: true,
                stocked_by: Vec::new(),
                private,
                trees: Vec::new(),
            },
            versions: BTreeSet::new(),
            stocked_by: BTreeSet::new(),
            names: Vec::new(),
        }
    }

    fn add(&mut self, found: &ListedVersion, stays: &Stays) {
        let module = &mut self.module;
        self.versions.insert(found.version.as_str().to_owned());
        module.bytes += bytes(found);
        module.last_used = module.last_used.max(found.last_used);
        module.kept_at = module.kept_at.max(found.kept_at);
        module.pinned &= stays.is_pinned(found);
        for at in stays.needed_by(found) {
            if self.stocked_by.insert(at) {
                self.names.push(stays.stocked[at].0.clone());
            }
        }
        let tree = found.tree.to_string();
        if !module.trees.contains(&tree) {
            module.trees.push(tree);
        }
    }

    fn module(self) -> CachedModule {
        CachedModule {
            versions: self.versions.len() as u64,
            stocked_by: self.names,
            ..self.module
        }
    }
}

/// What must stay, and for whom.
struct Stays {
    pinned: Keeps,
    /// By the name of what was stocked.
    stocked: Vec<(String, Keeps)>,
}

impl Stays {
    async fn of(app: &App) -> Result<Self, Failure> {
        let (person, stocked): (Vec<Keep>, Vec<Keep>) = app
            .store()
            .keeps()
            .await?
            .into_iter()
            .partition(|keep| keep.owner == PERSON);
        let names = owner_names(stocked.iter().map(|keep| keep.owner.as_str()));
        let stocked = stocked
            .into_iter()
            .map(|keep| std::iter::once(keep).collect());
        Ok(Self {
            pinned: person.into_iter().collect(),
            stocked: names.into_iter().zip(stocked).collect(),
        })
    }

    fn is_pinned(&self, found: &ListedVersion) -> bool {
        self.pinned.cover_named(&found.path, &found.version)
    }

    fn needed_by(&self, found: &ListedVersion) -> impl Iterator<Item = usize> {
        let all = self.stocked.iter().enumerate();
        all.filter(|(_, (_, keeps))| keeps.cover_named(&found.path, &found.version))
            .map(|(at, _)| at)
    }
}

/// What a person calls the owners of what must stay.
pub(super) fn owner_names<'a>(owners: impl Iterator<Item = &'a str>) -> Vec<String> {
    let full = owners.map(|owner| owner.split_once(':').map_or(owner, |(_, name)| name));
    short_names(full.map(str::to_owned).collect())
}

fn bytes(found: &ListedVersion) -> u64 {
    found.files.iter().map(|(_, bytes)| bytes).sum()
}

/// Asks which versions of a module are kept.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CacheVersions {
    /// Its path.
    pub module: String,
}

/// A version that is kept, in one tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CachedVersion {
    /// The version.
    pub version: String,
    /// The bytes of its files.
    pub bytes: u64,
    /// When it was last asked for, where it was since it was kept.
    pub last_used: Option<Timestamp>,
    /// When the first of its files was kept.
    pub kept_at: Timestamp,
    /// The upstream it came from.
    pub origin: String,
    /// The tree it is in.
    pub tree: String,
    /// Whether a person has pinned it.
    pub pinned: bool,
    /// What was stocked and needs it, by its name.
    pub needed_by: Vec<String>,
}

impl Call for CacheVersions {
    const NAME: &'static str = "cache-versions";
    /// The newest first.
    type Answer = Vec<CachedVersion>;

    async fn run(self, app: &App) -> Result<Vec<CachedVersion>, Failure> {
        let filter = super::cache::filter(Some(&self.module))?;
        app.store().flush_index().await?;
        let stays = Stays::of(app).await?;
        let mut listed = app.store().list(&filter).await?;
        // The filter is about the modules below it, too.
        listed.retain(|found| found.path.as_str() == self.module);
        listed.sort_by(|one, other| other.version.cmp(&one.version));
        let versions = listed.into_iter().map(|found| CachedVersion {
            bytes: bytes(&found),
            pinned: stays.is_pinned(&found),
            needed_by: stays
                .needed_by(&found)
                .map(|at| stays.stocked[at].0.clone())
                .collect(),
            version: found.version.to_string(),
            last_used: found.last_used,
            kept_at: found.kept_at,
            origin: found.origin,
            tree: found.tree.to_string(),
        });
        Ok(versions.collect())
    }
}
