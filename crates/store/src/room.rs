//! Room: how much the cache may take, and which versions go when it takes more.
//!
//! Those go first that were used longest ago. What somebody wants to stay (see [`Keep`](crate::Keep)), what was used since
//! a moment that the caller names, and what the caller says is under way stay whatever the limits say. All files of a
//! version go together. The records and tiles of checksum databases are counted, and stay: a tile serves many versions, a
//! record is a few hundred bytes, and with both at hand a version that comes back is verified without asking anybody.

use std::path::Path;

use go_module::{FileKind, ModuleVersion};
use jiff::Timestamp;

use crate::disk::{Entry, Folder};
use crate::error::StoreError;
use crate::files::Files;
use crate::index::{Change, LastUse};
use crate::keeps::Keeps;
use crate::layout::{Region, Tree, file_name, sidecar_name};
use crate::sidecar::{Found, Sidecar};
use crate::store::{Store, blocking};
use crate::walk::{entries_below, remove_empty_up};

/// What a sidecar is taken to have, in bytes: to look at each would take as long as to read it.
const SIDECAR: u64 = 256;
/// Versions asked of the index at once.
const PAGE: usize = 500;
/// Versions that go between two looks at what must stay.
const BATCH: usize = 32;

/// How much the cache may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of the cache; without it, it may grow as long as the disk has room.
    pub quota: Option<u64>,
    /// The least bytes that are to stay free on the disk.
    pub reserve: u64,
    /// What was kept or used since then stays: somebody may be about to ask for the rest of it.
    pub spare_since: Timestamp,
}

/// How much the cache takes, and what is left on its disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// The files of versions, in bytes.
    pub versions: u64,
    /// What is kept of checksum databases, in bytes.
    pub databases: u64,
    /// All else but files on their way, in bytes: sidecars, answers of upstreams, clones of repositories, what was damaged.
    pub rest: u64,
    /// What is free on the disk for this user, in bytes; nothing where the system does not say.
    pub free: Option<u64>,
    /// What the disk can hold in all, in bytes.
    pub disk: Option<u64>,
}

impl Room {
    /// What counts for the quota.
    pub fn used(&self) -> u64 {
        self.versions + self.databases + self.rest
    }
}

/// A version that went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Victim {
    /// The tree it was in.
    pub tree: Tree,
    /// The version.
    pub version: ModuleVersion,
    /// The bytes of its files.
    pub bytes: u64,
    /// When it was last used, or kept.
    pub last_used: Timestamp,
}

/// What would go if room was made now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leaving {
    /// How it is.
    pub before: Room,
    /// How many versions would go, counted once a tree.
    pub versions: u64,
    /// The bytes of their files.
    pub bytes: u64,
    /// How many bytes more should go; nothing else may.
    pub short_by: u64,
}

/// What came of making room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomMade {
    /// How it was.
    pub before: Room,
    /// How it is.
    pub after: Room,
    /// What went, that used longest ago first.
    pub victims: Vec<Victim>,
    /// How many bytes more should have gone; nothing else may.
    pub short_by: u64,
}

impl Limits {
    /// How many bytes must go. Once something must, more goes than must: to nine tenths of the quota, and to a tenth above
    /// the reserve, so that not every file that comes makes another go.
    pub fn to_free(&self, room: &Room) -> u64 {
        let over = |quota: u64| match room.used() > quota {
            true => room.used() - (quota - quota / 10),
            false => 0,
        };
        let quota = self.quota.map_or(0, over);
        quota.max(self.missing_on_disk(room, self.reserve / 10))
    }

    /// How many bytes the cache is above the limits, without any margin.
    pub fn over(&self, room: &Room) -> u64 {
        let quota = self.quota.unwrap_or(u64::MAX);
        let above = room.used().saturating_sub(quota);
        above.max(self.missing_on_disk(room, 0))
    }

    fn missing_on_disk(&self, room: &Room, margin: u64) -> u64 {
        match room.free {
            Some(free) if free < self.reserve => self.reserve + margin - free,
            Some(_) | None => 0,
        }
    }
}

impl Store {
    /// How much the cache takes, and what is left on its disk. What belongs to no version may be some seconds old.
    pub async fn room(&self) -> Result<Room, StoreError> {
        let usage = self.usage().await?;
        let store = self.clone();
        let (rest, disk) = blocking(move || {
            let rest = store.rest_size().get(|| count_rest(store.files().path()));
            Ok((rest, rustix::fs::statvfs(store.files().path()).ok()))
        })
        .await?;
        Ok(Room {
            versions: usage.bytes,
            databases: usage.database_bytes,
            rest: rest + usage.files * SIDECAR,
            free: disk
                .as_ref()
                .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
            disk: disk
                .as_ref()
                .map(|disk| disk.f_blocks.saturating_mul(disk.f_frsize)),
        })
    }

    /// The bytes of what is there and must stay.
    pub async fn kept_bytes(&self) -> Result<u64, StoreError> {
        let keeps: Keeps = self.keeps().await?.into_iter().collect();
        if keeps.is_empty() {
            return Ok(0);
        }
        Ok(self.covered(&keeps).await?.1)
    }

    /// How many versions are there of those that must stay, counted once a tree, and their bytes.
    pub async fn covered(&self, keeps: &Keeps) -> Result<(u64, u64), StoreError> {
        self.flush_index().await?;
        let (mut versions, mut bytes) = (0, 0);
        let mut after = None;
        loop {
            let page = self.index().by_use(after.as_ref(), PAGE).await?;
            for found in page.iter().filter(|found| keeps.cover(&found.version)) {
                versions += 1;
                bytes += found.bytes;
            }
            match page.last() {
                Some(last) => after = Some(last.clone()),
                None => return Ok((versions, bytes)),
            }
        }
    }

    /// Lets versions go until the cache is within its limits, or nothing more may go. `is_under_way` says of a version
    /// whether a file of it is on its way. Who reads a file just then reads it to its end. Dropping the future ends the
    /// work early; a kill at any moment leaves the files that are left whole.
    ///
    /// # Errors
    /// What a disk can do; what went until then stays gone.
    pub async fn make_room(
        &self,
        limits: &Limits,
        is_under_way: &(dyn Fn(&ModuleVersion) -> bool + Send + Sync),
    ) -> Result<RoomMade, StoreError> {
        let _turn = self.care_turn().await?;
        self.flush_index().await?;
        let before = self.room().await?;
        let mut made = RoomMade {
            before,
            after: before,
            ..RoomMade::default()
        };
        let goal = limits.to_free(&before);
        if goal == 0 {
            return Ok(made);
        }
        let spare_since = limits.spare_since;
        let (mut keeps, mut keeps_of) = (Keeps::default(), None);
        let (mut after, mut freed) = (None, 0);
        'pages: while freed < goal {
            let page = self.index().by_use(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            for batch in page.chunks(BATCH) {
                // From the look at what must stay until the batch is gone, nobody changes it.
                let change = self.keeping().lock().await;
                if keeps_of != Some(*change) {
                    keeps = self.keeps().await?.into_iter().collect();
                    keeps_of = Some(*change);
                }
                let next = next_to_go(batch, goal - freed.min(goal), spare_since, |version| {
                    !keeps.cover(version) && !is_under_way(version)
                });
                let Next {
                    chosen,
                    bytes,
                    is_last,
                } = next;
                let hoped = freed + bytes;
                let store = self.clone();
                let victims = blocking(move || store.remove_all(&chosen, spare_since)).await?;
                drop(change);
                freed += victims.iter().map(|victim| victim.bytes).sum::<u64>();
                let gone = victims
                    .iter()
                    .map(|victim| (victim.tree.clone(), victim.version.clone()));
                self.index().send(Change::Look(gone.collect())).await?;
                made.victims.extend(victims);
                if is_last && freed >= hoped {
                    break 'pages;
                }
            }
        }
        self.flush_index().await?;
        made.after = self.room().await?;
        made.short_by = limits.over(&made.after);
        Ok(made)
    }

    /// What [`Store::make_room`] would let go within these limits; nothing is touched.
    ///
    /// # Errors
    /// Where the index or the state can't be read.
    pub async fn leaving(
        &self,
        limits: &Limits,
        is_under_way: &(dyn Fn(&ModuleVersion) -> bool + Send + Sync),
    ) -> Result<Leaving, StoreError> {
        self.flush_index().await?;
        let mut leaving = Leaving {
            before: self.room().await?,
            ..Leaving::default()
        };
        let goal = limits.to_free(&leaving.before);
        let keeps: Keeps = self.keeps().await?.into_iter().collect();
        let may_go = |version: &ModuleVersion| !keeps.cover(version) && !is_under_way(version);
        let (mut after, mut files) = (None, 0);
        while leaving.bytes < goal {
            let page = self.index().by_use(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            let left = goal - leaving.bytes;
            let next = next_to_go(&page, left, limits.spare_since, may_go);
            leaving.versions += next.chosen.len() as u64;
            leaving.bytes += next.bytes;
            files += next.chosen.iter().map(|gone| gone.files).sum::<u64>();
            if next.is_last {
                break;
            }
        }
        let mut then = leaving.before;
        then.versions = then.versions.saturating_sub(leaving.bytes);
        then.rest = then.rest.saturating_sub(files * SIDECAR);
        then.free = then.free.map(|free| free + leaving.bytes);
        leaving.short_by = limits.over(&then);
        Ok(leaving)
    }

    /// Removes the files of versions; blocking.
    fn remove_all(
        &self,
        chosen: &[LastUse],
        spare_since: Timestamp,
    ) -> Result<Vec<Victim>, StoreError> {
        let mut victims = Vec::new();
        for found in chosen {
            let bytes = self
                .files()
                .remove_version(&found.tree, &found.version, spare_since)?;
            if bytes > 0 {
                victims.push(Victim {
                    tree: found.tree.clone(),
                    version: found.version.clone(),
                    bytes,
                    last_used: found.at,
                });
            } else {
                // The index knew what the disk does not, or the other way about.
                self.index().gone(&found.tree, &found.version);
            }
        }
        Ok(victims)
    }
}

/// Which of some versions, that used longest ago first, go next.
struct Next {
    chosen: Vec<LastUse>,
    /// Their bytes.
    bytes: u64,
    /// Whether none after these is to go: it is enough, or the rest was used too lately.
    is_last: bool,
}

fn next_to_go(
    versions: &[LastUse],
    goal: u64,
    spare_since: Timestamp,
    may_go: impl Fn(&ModuleVersion) -> bool,
) -> Next {
    let (mut chosen, mut bytes) = (Vec::new(), 0);
    for found in versions {
        if found.at > spare_since || bytes >= goal {
            break;
        }
        if may_go(&found.version) {
            bytes += found.bytes;
            chosen.push(found.clone());
        }
    }
    let is_last = bytes >= goal || versions.iter().any(|found| found.at > spare_since);
    Next {
        chosen,
        bytes,
        is_last,
    }
}

impl Files {
    /// Removes the files of a version, but those kept since a moment; returns their bytes. The zip goes first: what is
    /// left after a kill is worth most by the byte.
    fn remove_version(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
        spare_since: Timestamp,
    ) -> Result<u64, StoreError> {
        let Some(folder) = self.versions(tree, version)? else {
            return Ok(0);
        };
        let mut bytes = 0;
        for kind in [FileKind::Zip, FileKind::Mod, FileKind::Info] {
            let name = file_name(&version.version, kind);
            let _lock = self.lock(tree, version, kind);
            if kept_since(&folder, &name, spare_since)? {
                continue;
            }
            let length = match folder.open(&name)? {
                Entry::File(file) => file.metadata().map_or(0, |meta| meta.len()),
                Entry::Absent | Entry::Other => 0,
            };
            // The file first: a sidecar alone is harmless, a file alone is not.
            if folder.remove(&name)? {
                bytes += length;
            }
            folder.remove(&sidecar_name(&name))?;
        }
        remove_empty_up(folder.path(), &self.tree_path(tree));
        Ok(bytes)
    }
}

fn kept_since(folder: &Folder, name: &str, since: Timestamp) -> Result<bool, StoreError> {
    Ok(match Sidecar::read(folder, &sidecar_name(name))? {
        Found::Sidecar(sidecar) => sidecar.kept_at > since,
        Found::Absent | Found::Unreadable(_) => false,
    })
}

/// The bytes of what stands beside the trees, but for files on their way.
fn count_rest(cache: &Path) -> Result<u64, StoreError> {
    let trees = [Region::Modules, Region::Realms, Region::Temporary].map(Region::name);
    let beside = entries_below(cache, |entry| {
        entry.depth() != 1 || !trees.iter().any(|tree| entry.file_name() == *tree)
    });
    let mut bytes = 0;
    for entry in beside {
        let (path, is_file) = entry?;
        if is_file {
            bytes += path.symlink_metadata().map_or(0, |meta| meta.len());
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(quota: Option<u64>, reserve: u64) -> Limits {
        Limits {
            quota,
            reserve,
            spare_since: Timestamp::UNIX_EPOCH,
        }
    }

    fn room(versions: u64, free: u64) -> Room {
        Room {
            versions,
            databases: 10,
            rest: 20,
            free: Some(free),
            disk: None,
        }
    }

    #[test]
    fn room_is_made_only_above_the_limits_and_then_some_more() {
        let quota = limits(Some(1000), 0);
        assert_eq!(quota.to_free(&room(970, 0)), 0, "all that counts is 1000");
        assert_eq!(quota.to_free(&room(971, 0)), 101);
        assert_eq!(quota.over(&room(971, 0)), 1);
        assert_eq!(limits(None, 0).to_free(&room(u64::MAX / 2, 0)), 0);
        let reserve = limits(None, 1000);
        assert_eq!(reserve.to_free(&room(5, 1000)), 0);
        assert_eq!(reserve.to_free(&room(5, 999)), 101);
        assert_eq!(reserve.over(&room(5, 999)), 1);
        let unknown = Room {
            free: None,
            ..room(5, 0)
        };
        assert_eq!(reserve.to_free(&unknown), 0);
        assert_eq!(limits(Some(1000), 1000).to_free(&room(1970, 990)), 1100);
    }
}
