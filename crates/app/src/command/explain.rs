//! `explain`: where a module would come from, what would vouch for it and where it is kept, and why; nobody is asked.

mod kept;

use std::sync::Arc;

use delivery::{Cover, Profile, Route};
use go_module::{FileKind, ModulePath, ModuleVersion, Patterns, Version, VersionError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Tree;
use ts_rs::TS;
use upstream::Upstream;

use super::Call;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::nodes;
use crate::profile;
use crate::settings::{RuleTarget, Settings};
use crate::trust;

pub use kept::{ExplainedFile, Standing};

/// Asks about a module, or one version of it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Explain {
    /// `MODULE`, or `MODULE@VERSION`.
    pub module: String,
}

/// Where a module comes from, what vouches for it and where it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Explained {
    /// Its path.
    pub module: String,
    /// The version, or the query for one.
    pub version: Option<String>,
    /// The profile that decides.
    pub profile: String,
    /// Why it is this profile, where Larder chose it by itself.
    pub automatic: Option<String>,
    /// Whether modules are delivered by it now.
    pub serving: bool,
    /// Why it is private, where it is.
    pub private: Option<PrivateBy>,
    /// The rule that sends it where it goes; none for the profile's own lists.
    pub rule: Option<RuleBy>,
    /// The upstreams it may come from, in the order in which they are asked; none: from nowhere.
    pub upstreams: Vec<String>,
    /// Why these.
    pub upstreams_because: String,
    /// How those of them do that are several nodes, a line each.
    #[serde(default)]
    pub pools: Vec<String>,
    /// The canary that is asked before them.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub canary: Option<String>,
    /// The mirror that is asked as well, without being waited for.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub mirror: Option<String>,
    /// The profile's checksum database, if it has one.
    pub database: Option<String>,
    /// Whether that vouches for it.
    pub covered: bool,
    /// Why it does, or not.
    pub database_because: String,
    /// Whether Larder answers `go`'s questions to the database about it.
    pub sumdb: bool,
    /// Why it does, or not.
    pub sumdb_because: String,
    /// The trees of the cache in which its `.zip` and `.mod` are looked for.
    pub trees: Vec<String>,
    /// Those in which its `.info` is, for which no database vouches.
    pub info_trees: Vec<String>,
    /// What is kept of it there.
    pub kept: Vec<ExplainedFile>,
    /// Trees that have some of it as well, and are not open to it.
    pub elsewhere: Vec<String>,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
}

/// What makes a path private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PrivateBy {
    /// The pattern.
    pub pattern: String,
    /// The profile that has it.
    pub profile: String,
}

/// The rule that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleBy {
    /// Its number, counted from 1.
    pub number: usize,
    /// The pattern that matches.
    pub pattern: String,
    /// The profile whose upstreams it leads to; none where it has its own.
    pub to: Option<String>,
    /// Whether it is for private paths.
    pub private: bool,
}

impl Call for Explain {
    const NAME: &'static str = "explain";
    type Answer = Explained;

    async fn run(self, app: &App) -> Result<Explained, Failure> {
        let asked = Asked::read(&self.module)?;
        let settings = app.settings();
        let mut notes = Vec::new();
        let (profile, automatic) = in_force(app, &settings, &mut notes).await?;
        let path = asked.path.as_str();
        let route = profile.route(path);
        let trees = |kind| profile.trees(path, kind);
        let private = private_by(&settings, profile.name(), &route, path);
        let rule = rule_by(&settings, &profile, &route, path);
        let kept = kept::of(app.store(), &profile, &asked).await?;
        if let Some(Wanted::Query(_)) = asked.version {
            notes.push("which version that is changes: it is asked of the upstreams, in their order, and the answer kept for a while".to_owned());
        }
        let idle = settings.idle_pools().into_iter();
        notes.extend(idle.map(|pool| super::idle_pool(&pool.name())));
        let names = route.chain.into_iter().flat_map(|chain| chain.upstreams());
        let (covered, database_because) = covered(&profile, &route, path);
        let (sumdb, sumdb_because) = sumdb(&profile, &route);
        Ok(Explained {
            module: path.to_owned(),
            version: asked.version.as_ref().map(ToString::to_string),
            profile: profile.name().to_owned(),
            automatic,
            serving: app.serving().is_ok(),
            upstreams: names.map(|upstream| upstream.name().to_owned()).collect(),
            upstreams_because: upstreams_because(&profile, &route, rule.as_ref()),
            pools: pools(&route),
            canary: route.canary.map(|canary| canary.name().to_owned()),
            mirror: profile
                .mirror_for(path)
                .map(|mirror| mirror.name().to_owned()),
            private,
            rule,
            database: profile
                .database()
                .map(|database| database.name().to_owned()),
            covered,
            database_because,
            sumdb,
            sumdb_because,
            trees: names_of(&trees(FileKind::Zip)),
            info_trees: names_of(&trees(FileKind::Info)),
            elsewhere: names_of(&kept.elsewhere),
            kept: kept.files,
            notes,
        })
    }
}

/// What is asked about.
struct Asked {
    path: ModulePath,
    version: Option<Wanted>,
}

enum Wanted {
    Version(ModuleVersion),
    Query(String),
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(module) => module.version.fmt(f),
            Self::Query(query) => f.write_str(query),
        }
    }
}

impl Asked {
    fn read(text: &str) -> Result<Self, Failure> {
        let hint = "write it as github.com/acme/tool or github.com/acme/tool@v1.2.3";
        let (path, version) = match text.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (text, None),
        };
        let path = ModulePath::parse(path)
            .map_err(|error| Failure::new(Code::BadInput, error.to_string()).hint(hint))?;
        let read = |text: &str| -> Result<Wanted, VersionError> {
            match Version::parse(text) {
                Ok(version) => Ok(Wanted::Version(ModuleVersion::new(path.clone(), version)?)),
                Err(_) => {
                    let query = go_module::Query::parse(text)?;
                    Ok(Wanted::Query(query.as_str().to_owned()))
                }
            }
        };
        let version = version
            .map(read)
            .transpose()
            .map_err(|error| Failure::new(Code::BadInput, error.to_string()).hint(hint))?;
        Ok(Self { path, version })
    }
}

/// The profile that decides, and why it is that one where Larder chose it.
async fn in_force(
    app: &App,
    settings: &Settings,
    notes: &mut Vec<String>,
) -> Result<(Arc<Profile>, Option<String>), Failure> {
    if let Ok(serving) = app.serving() {
        notes.extend(serving.overrides().told().map(str::to_owned));
        return Ok((serving.delivery().profile(), serving.chosen().why));
    }
    let name = &settings.active.candidates()[0];
    if settings.active.is_automatic() {
        notes.push(format!(
            "Larder is not running, and will choose its profile when it does ({}); this is how it is with {name}",
            settings.active
        ));
    }
    let around = app.around().await?;
    let overrides = profile::Overrides::default();
    let allowed = trust::allowed(app.store()).await?;
    let built = profile::build(&around, settings, name, &overrides, allowed).await?;
    Ok((Arc::new(built), None))
}

/// The first pattern of a list that matches.
fn matching<'a>(patterns: impl IntoIterator<Item = &'a str>, path: &str) -> Option<String> {
    let mut patterns = patterns.into_iter();
    let found = patterns.find(|pattern| Patterns::parse(pattern).matches(path));
    found.map(str::to_owned)
}

fn private_by(settings: &Settings, name: &str, route: &Route<'_>, path: &str) -> Option<PrivateBy> {
    if !route.private {
        return None;
    }
    let profile = settings.profile(route.private_in.unwrap_or(name))?;
    let patterns = profile.all_private().map(String::as_str);
    Some(PrivateBy {
        pattern: matching(patterns, path)?,
        profile: profile.name.clone(),
    })
}

fn rule_by(
    settings: &Settings,
    profile: &Profile,
    route: &Route<'_>,
    path: &str,
) -> Option<RuleBy> {
    let at = route.rule?;
    let rule = profile.routes().rules.get(at)?;
    let said = settings.profile(profile.name());
    let said = said.and_then(|said| said.rules.get(at));
    let to = said.and_then(|said| match &said.target {
        RuleTarget::Profile(name) => Some(name.clone()),
        RuleTarget::Upstreams(_) => None,
    });
    Some(RuleBy {
        number: at + 1,
        pattern: matching(rule.patterns.globs(), path)?,
        to,
        private: rule.private,
    })
}

fn upstreams_because(profile: &Profile, route: &Route<'_>, rule: Option<&RuleBy>) -> String {
    let name = profile.name();
    match (rule, route.private, route.chain) {
        (
            Some(RuleBy {
                number,
                pattern,
                to,
                ..
            }),
            ..,
        ) => {
            let to = match to {
                Some(to) => format!("to those of profile {to}"),
                None => "there".to_owned(),
            };
            format!("rule {number} of profile {name} sends {pattern} {to}")
        }
        (None, true, Some(_)) => {
            format!("it is private, and these are the private upstreams of profile {name}")
        }
        (None, true, None) if route.private_in.is_some() => {
            let other = route.private_in.unwrap_or_default();
            format!(
                "it is private in profile {other} and so in all, and profile {name} says nothing of it: nobody is asked, and go is told so (403)"
            )
        }
        (None, true, None) => format!(
            "it is private, and profile {name} names no place for private modules: nobody is asked, and go is told so (403)"
        ),
        (None, false, _) => format!("no rule is for it: these are the upstreams of profile {name}"),
    }
}

/// How the upstreams of a path do that are several nodes.
fn pools(route: &Route<'_>) -> Vec<String> {
    let listed = route.chain.into_iter().flat_map(|chain| chain.upstreams());
    let reports = route
        .canary
        .into_iter()
        .chain(listed)
        .filter_map(Upstream::pool);
    reports
        .map(|report| format!("{}: {}", report.upstream, nodes::line(&report)))
        .collect()
}

/// Whether the database vouches for a path, and why or why not.
fn covered(profile: &Profile, route: &Route<'_>, path: &str) -> (bool, String) {
    let name = profile.name();
    let because = match route.cover {
        Cover::Database if route.private => {
            "a toolchain is always verified, whatever the patterns say".to_owned()
        }
        Cover::Database => format!(
            "it is public, and nothing excepts it: only what {} vouches for is delivered",
            profile.database_name()
        ),
        Cover::Off => format!("profile {name} has no checksum database; what is seen first is remembered and must stay the same"),
        Cover::Private => "it is private: its name is told to no database; what is seen first is remembered and must stay the same".to_owned(),
        Cover::Excepted => {
            let pattern = matching(profile.routes().no_database.globs(), path);
            format!(
                "{} is outside the database in profile {name} (no-checksum-database); what is seen first is remembered and must stay the same",
                pattern.unwrap_or_default()
            )
        }
        Cover::Allowed => {
            let now = Timestamp::now();
            let mut allowed = profile.routes().allowed.iter();
            let grant = allowed.find(|it| it.until > now && it.patterns.matches(path));
            let until = grant.map_or(String::new(), |grant| {
                format!(" for {} until {}", grant.patterns, grant.until.strftime("%Y-%m-%d"))
            });
            format!("it is let through unverified{until} (larder trust list)")
        }
    };
    (route.cover == Cover::Database, because)
}

/// Whether `/sumdb/…` answers for a path, and why or why not.
fn sumdb(profile: &Profile, route: &Route<'_>) -> (bool, String) {
    let Some(database) = profile.database() else {
        let because = "the profile has no checksum database (404): go asks the one of its own GOSUMDB itself, if it has one";
        return (false, because.to_owned());
    };
    let name = database.name();
    match route.cover {
        Cover::Database => (true, format!("as {name} itself would, proven")),
        Cover::Allowed => (
            true,
            format!("what is in {name} is public; whether it is heeded is for go to say"),
        ),
        Cover::Private => (
            false,
            "refused (403): a private name is told to nobody".to_owned(),
        ),
        Cover::Excepted => (
            false,
            "refused (403): it is outside the database".to_owned(),
        ),
        Cover::Off => (false, String::new()),
    }
}

fn names_of(trees: &[Tree]) -> Vec<String> {
    trees.iter().map(ToString::to_string).collect()
}
