//! `cache-remove` and `cache-undo`: what a person removes by name, and has back while it is not gone for good.

use go_module::{ModulePath, ModuleVersion, Version};
use serde::{Deserialize, Serialize};
use store::{Named, Removing};
use ts_rs::TS;

use super::Call;
use super::cache_modules::owner_names;
use super::room::PERSON;
use crate::app::App;
use crate::changes::Topic;
use crate::failure::{Code, Failure};

/// How many of those that must stay are named.
const NAMED: usize = 3;

/// Removes modules, or versions of them; what must stay is refused, and then all is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct CacheRemove {
    /// What.
    pub items: Vec<CacheItem>,
}

/// A module, or a version of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CacheItem {
    /// Its path.
    pub module: String,
    /// The version; all of them where there is none.
    pub version: Option<String>,
}

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CacheRemoved {
    /// What puts it back for the next moments; nothing where nothing of it was kept.
    pub undo: Option<u64>,
    /// How many versions, counted once a tree.
    pub versions: u64,
    /// The bytes of their files.
    pub bytes: u64,
}

impl Call for CacheRemove {
    const NAME: &'static str = "cache-remove";
    type Answer = CacheRemoved;

    async fn run(self, app: &App) -> Result<CacheRemoved, Failure> {
        let named: Vec<Named> = self.items.iter().map(read).collect::<Result<_, _>>()?;
        let removing = app.store().remove(&named).await;
        // Even where it failed half-way: what is gone from the disk must not be served from memory.
        changed(app);
        let removal = match removing? {
            Removing::Done(removal) => removal,
            Removing::MustStay(stay) => return Err(must_stay(&stay)),
        };
        let (versions, bytes) = (removal.versions, removal.bytes);
        let number = app.removals().add(removal);
        Ok(CacheRemoved {
            undo: (versions > 0).then_some(number),
            versions,
            bytes,
        })
    }
}

fn read(item: &CacheItem) -> Result<Named, Failure> {
    let bad = |error: &dyn std::fmt::Display| Failure::new(Code::BadInput, error.to_string());
    let path = ModulePath::parse(&item.module).map_err(|error| bad(&error))?;
    let version = item.version.as_deref().map(Version::parse);
    let version = version.transpose().map_err(|error| bad(&error))?;
    Ok((path, version))
}

fn must_stay(stay: &[(ModuleVersion, Vec<String>)]) -> Failure {
    let (mut reasons, mut hints) = (Vec::new(), Vec::new());
    for (version, owners) in stay.iter().take(NAMED) {
        let is_pinned = owners.iter().any(|owner| owner == PERSON);
        let others = owners.iter().filter(|owner| *owner != PERSON);
        let others = owner_names(others.map(String::as_str)).join(", ");
        reasons.push(match (is_pinned, others.as_str()) {
            (true, "") => format!("{version} is pinned"),
            (true, others) => format!("{version} is pinned, and stocked for {others}"),
            (false, others) => format!("{version} is stocked for {others}"),
        });
    }
    if stay.len() > NAMED {
        reasons.push(format!("{} more must stay", stay.len() - NAMED));
    }
    let owners = || stay.iter().flat_map(|(_, owners)| owners);
    if owners().any(|owner| owner == PERSON) {
        hints.push("unpin what is to go first".to_owned());
    }
    if owners().any(|owner| owner != PERSON) {
        hints.push("forget what was stocked, and what it needs may go".to_owned());
    }
    Failure {
        hints,
        ..Failure::new(
            Code::BadInput,
            format!("nothing was removed: {}", reasons.join("; ")),
        )
    }
}

/// What is kept is another than it was.
fn changed(app: &App) {
    app.deliveries().iter().for_each(delivery::Delivery::forget);
    app.last_look().numbers_changed();
    app.changes().tell(&[Topic::Cache, Topic::State]);
}

/// Puts back what was removed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CacheUndo {
    /// As the removal said it.
    pub undo: u64,
}

/// It is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CacheRestored {
    /// How many versions, counted once a tree.
    pub versions: u64,
}

impl Call for CacheUndo {
    const NAME: &'static str = "cache-undo";
    type Answer = CacheRestored;

    async fn run(self, app: &App) -> Result<CacheRestored, Failure> {
        let removal = app.removals().take(self.undo).ok_or_else(|| {
            Failure::new(
                Code::NotFound,
                "this can't be undone any more: what was removed is gone",
            )
            .hint("it is fetched again when go asks for it")
        })?;
        let restored = app.store().put_back(removal).await;
        changed(app);
        Ok(CacheRestored {
            versions: restored?,
        })
    }
}
