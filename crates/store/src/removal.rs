//! Removal by name, which can be taken back: files go aside as they are, and back again or away for good.
//!
//! Aside is a folder of its own among the files on their way, so that a start, which empties those, ends what was left of
//! it. Who reads a file just then reads it to its end.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use go_module::{FileKind, ModulePath, ModuleVersion, Version};

use crate::disk::{Entry, Folder};
use crate::error::StoreError;
use crate::files::{Files, again_if_vanished, remove_whatever};
use crate::filter::Filter;
use crate::index::Change;
use crate::keeps::{Keep, Keeps};
use crate::layout::{Region, Tree, file_name, sidecar_name};
use crate::store::{Store, blocking};
use crate::walk::remove_empty_up;

/// A module, or one version of it.
pub type Named = (ModulePath, Option<Version>);

/// What came of a wish to remove.
#[derive(Debug)]
pub enum Removing {
    /// They are aside.
    Done(Removal),
    /// Nothing was moved: these must stay, each with the owners that want it.
    MustStay(Vec<(ModuleVersion, Vec<String>)>),
}

/// Versions that are aside, to be put back ([`Store::put_back`]) or let go ([`Store::let_go`]).
#[derive(Debug)]
pub struct Removal {
    folder: PathBuf,
    name: String,
    /// Each file, in the order of the names that they have aside.
    files: Vec<(Tree, ModuleVersion, FileKind)>,
    /// How many versions, counted once a tree.
    pub versions: u64,
    /// The bytes of their files.
    pub bytes: u64,
}

impl Store {
    /// Moves what is kept of these aside, all of it or nothing.
    ///
    /// # Errors
    /// What a disk can do; all is then where it was, unless the disk refuses that too.
    pub async fn remove(&self, named: &[Named]) -> Result<Removing, StoreError> {
        self.flush_index().await?;
        let mut wanted: HashMap<&ModulePath, Vec<Option<&Version>>> = HashMap::new();
        for (path, version) in named {
            wanted.entry(path).or_default().push(version.as_ref());
        }
        let is_wanted = |path: &ModulePath, version: &Version| {
            let of_path = wanted.get(path).map_or(&[][..], Vec::as_slice);
            of_path
                .iter()
                .any(|wanted| wanted.is_none_or(|it| it == version))
        };
        let mut chosen = Vec::new();
        for found in self.list(&Filter::all()).await? {
            if is_wanted(&found.path, &found.version)
                && let Ok(version) = ModuleVersion::new(found.path, found.version)
            {
                chosen.push((found.tree, version));
            }
        }
        // Until they are aside, nobody says of one of them that it must stay.
        let _keeping = self.keeping().lock().await;
        let stay = must_stay(self.keeps().await?, &chosen);
        if !stay.is_empty() {
            return Ok(Removing::MustStay(stay));
        }
        let (store, moving) = (self.clone(), chosen.clone());
        let removal = blocking(move || store.move_aside(&moving)).await;
        self.index().send(Change::Look(chosen)).await?;
        self.flush_index().await?;
        removal.map(Removing::Done)
    }

    /// Puts back what is aside, but for what has come anew meanwhile; says how many versions are there again.
    ///
    /// # Errors
    /// What a disk can do. What is not back then is gone.
    pub async fn put_back(&self, removal: Removal) -> Result<u64, StoreError> {
        let store = self.clone();
        let versions = blocking(move || {
            let _open = store.hold_open()?;
            let put = store.move_back(&removal);
            remove_whatever(&removal.folder)?;
            put?;
            Ok(removal.versions)
        })
        .await;
        self.flush_index().await?;
        versions
    }

    /// Lets go for good of what is aside.
    ///
    /// # Errors
    /// What a disk can do; the next start tries again.
    pub async fn let_go(&self, removal: Removal) -> Result<(), StoreError> {
        blocking(move || remove_whatever(&removal.folder)).await
    }

    fn move_aside(&self, chosen: &[(Tree, ModuleVersion)]) -> Result<Removal, StoreError> {
        let _open = self.hold_open()?;
        let (name, aside) = self.files().folder_aside()?;
        let mut removal = Removal {
            folder: aside.path().to_owned(),
            name,
            files: Vec::new(),
            versions: 0,
            bytes: 0,
        };
        for (tree, version) in chosen {
            if let Err(error) = self
                .files()
                .version_aside(tree, version, &aside, &mut removal)
            {
                if let Err(worse) = self.move_back(&removal) {
                    tracing::warn!(%worse, "what was to be removed could not be put back");
                }
                remove_whatever(&removal.folder)?;
                return Err(error);
            }
        }
        Ok(removal)
    }

    fn move_back(&self, removal: &Removal) -> Result<(), StoreError> {
        let mut failed = None;
        for (number, (tree, version, kind)) in removal.files.iter().enumerate() {
            let number = number.to_string();
            let back = again_if_vanished(|| {
                self.files()
                    .file_back(&removal.name, &number, tree, version, *kind)
            });
            match back {
                Ok(()) => self.index().kept(tree, version),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Which of these must stay, and for whom.
fn must_stay(
    keeps: Vec<Keep>,
    chosen: &[(Tree, ModuleVersion)],
) -> Vec<(ModuleVersion, Vec<String>)> {
    let mut stay: HashMap<&ModuleVersion, Vec<String>> = HashMap::new();
    for keep in keeps {
        let owner = keep.owner.clone();
        let keeps: Keeps = std::iter::once(keep).collect();
        for (_, version) in chosen.iter().filter(|(_, version)| keeps.cover(version)) {
            let owners = stay.entry(version).or_default();
            // A version may be in several trees.
            if owners.last() != Some(&owner) {
                owners.push(owner.clone());
            }
        }
    }
    let mut stay: Vec<_> = stay
        .into_iter()
        .map(|(version, owners)| (version.clone(), owners))
        .collect();
    stay.sort_unstable();
    stay
}

impl Files {
    /// A new folder for what is aside, and its name.
    fn folder_aside(&self) -> Result<(String, Folder), StoreError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}-removed", std::process::id());
        let temporary = self
            .cache_or_create()?
            .child_or_create(Region::Temporary.name())?;
        let folder = temporary.child_or_create(&name)?;
        Ok((name, folder))
    }

    /// Moves the files of a version aside, with their sidecars.
    fn version_aside(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
        aside: &Folder,
        removal: &mut Removal,
    ) -> Result<(), StoreError> {
        let Some(folder) = self.versions(tree, version)? else {
            return Ok(());
        };
        let before = removal.files.len();
        for kind in FileKind::ALL {
            let name = file_name(&version.version, kind);
            let _lock = self.lock(tree, version, kind);
            let Entry::File(file) = folder.open(&name)? else {
                continue;
            };
            let bytes = file.metadata().map_or(0, |meta| meta.len());
            let number = removal.files.len().to_string();
            // The file first: a sidecar alone is harmless, a file alone is not.
            folder.rename(&name, aside, &number)?;
            removal.files.push((tree.clone(), version.clone(), kind));
            removal.bytes += bytes;
            move_if_there(&folder, &sidecar_name(&name), aside, &sidecar_name(&number))?;
        }
        removal.versions += u64::from(removal.files.len() > before);
        remove_empty_up(folder.path(), &self.tree_path(tree));
        Ok(())
    }

    /// Moves a file back, unless there is one in its place.
    fn file_back(
        &self,
        aside: &str,
        number: &str,
        tree: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
    ) -> Result<(), StoreError> {
        let temporary = match self.cache()? {
            Some(cache) => cache.child(Region::Temporary.name())?,
            None => None,
        };
        let gone = || {
            StoreError::io(
                "put back",
                &self.path().join(aside),
                ErrorKind::NotFound.into(),
            )
        };
        let aside = match temporary {
            Some(temporary) => temporary.child(aside)?.ok_or_else(gone)?,
            None => return Err(gone()),
        };
        let name = file_name(&version.version, kind);
        let _lock = self.lock(tree, version, kind);
        let folder = self.versions_or_create(tree, version)?;
        if !matches!(folder.open(&name)?, Entry::Absent) {
            return Ok(());
        }
        move_if_there(&aside, &sidecar_name(number), &folder, &sidecar_name(&name))?;
        aside.rename(number, &folder, &name)
    }
}

fn move_if_there(from: &Folder, name: &str, to: &Folder, to_name: &str) -> Result<(), StoreError> {
    match from.open(name)? {
        Entry::File(_) => from.rename(name, to, to_name),
        Entry::Absent | Entry::Other => Ok(()),
    }
}
