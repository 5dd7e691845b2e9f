//! Clearing: versions that a filter names go, with their sidecars, their modules' answers and their rows in the index.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use go_module::ModulePath;
use tokio_util::sync::CancellationToken;

use crate::error::StoreError;
use crate::files::{Files, remove_whatever};
use crate::filter::Filter;
use crate::index::Change;
use crate::layout::{Region, Tree, file_name, sidecar_name};
use crate::progress::{self, OnProgress, Steps};
use crate::store::Store;
use crate::walk::{entries_below, folders_in, remove_empty_up};

/// What was cleared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Versions, counted once a tree.
    pub versions: u64,
    /// Their files.
    pub files: u64,
    /// The files' bytes, and with [`Filter::all`] those of checksum databases.
    pub bytes: u64,
    /// Kept answers of upstreams.
    pub answers: u64,
}

impl Store {
    /// Removes what the filter names: files and sidecars; the answers of a module when the filter is about all its
    /// versions; with [`Filter::all`] also the files of checksum databases and what was set aside as damaged. Who reads a
    /// file just then reads it to its end. Dropping the future ends the work early; what was removed stays removed.
    pub async fn clear(
        &self,
        filter: &Filter,
        on_progress: OnProgress<'_>,
    ) -> Result<Cleared, StoreError> {
        let _turn = self.care_turn().await?;
        let total = self.index().usage().await?.files;
        let (store, filter, sender) = (self.clone(), filter.clone(), self.index().sender());
        let cleared = progress::run(
            total,
            on_progress,
            &CancellationToken::new(),
            move |steps| {
                let mut cleared = Cleared::default();
                for tree in store.files().trees()? {
                    store
                        .files()
                        .clear_tree(&tree, &filter, steps, &mut cleared, |version| {
                            sender
                                .blocking_send(Change::Look(vec![(tree.clone(), version)]))
                                .map_err(|_| StoreError::Closed)
                        })?;
                }
                cleared.answers = store.files().clear_answers(&filter, steps)?;
                if filter.is_all() {
                    cleared.bytes += store.files().clear_rest(steps)?;
                    store.database_size().forget();
                    store.rest_size().forget();
                }
                Ok(cleared)
            },
        )
        .await?;
        self.index().ask(Change::Flush).await?;
        Ok(cleared)
    }
}

impl Files {
    fn clear_tree(
        &self,
        tree: &Tree,
        filter: &Filter,
        steps: &Steps,
        cleared: &mut Cleared,
        changed: impl Fn(go_module::ModuleVersion) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let top = self.tree_path(tree);
        // The folder that the walk is in, and its versions of which a file went.
        let mut here = PathBuf::new();
        let mut versions = HashSet::new();
        self.walk(tree, |met| {
            steps.check()?;
            let parent = met.path.parent().unwrap_or(&top);
            if parent != here {
                leave(&mut versions, cleared, &changed)?;
                remove_empty_up(&here, &top);
                here = parent.to_owned();
            }
            let Some(place) = met.place else {
                return Ok(());
            };
            let version = place.version;
            if !filter.matches(&version.path, &version.version) {
                return Ok(());
            }
            let Some(folder) = self.versions(tree, &version)? else {
                return Ok(());
            };
            let name = file_name(&version.version, place.kind);
            let _lock = self.lock(tree, &version, place.kind);
            let bytes = folder
                .path()
                .join(&name)
                .symlink_metadata()
                .map_or(0, |meta| meta.len());
            // The file first: a sidecar alone is harmless, a file alone is not.
            if folder.remove(&name)? {
                cleared.files += 1;
                cleared.bytes += bytes;
                steps.done(bytes);
                versions.insert(version);
            }
            folder.remove(&sidecar_name(&name))?;
            Ok(())
        })?;
        leave(&mut versions, cleared, &changed)?;
        remove_empty_up(&here, &top);
        Ok(())
    }

    /// Removes the answers about modules whose versions all match.
    fn clear_answers(&self, filter: &Filter, steps: &Steps) -> Result<u64, StoreError> {
        let top = self.path().join(Region::Answers.name());
        let mut removed = 0;
        for upstream in folders_in(&top)? {
            let top = top.join(upstream);
            let mut here = PathBuf::new();
            for entry in entries_below(&top, |_| true) {
                let (path, _) = entry?;
                steps.check()?;
                let parent = path.parent().unwrap_or(&top);
                if parent != here {
                    remove_empty_up(&here, &top);
                    here = parent.to_owned();
                }
                let module = path.strip_prefix(&top).ok().and_then(answered_module);
                if filter.is_all() || module.is_some_and(|module| filter.matches_all_of(&module)) {
                    remove_whatever(&path)?;
                    removed += 1;
                }
            }
            remove_empty_up(&here, &top);
        }
        Ok(removed)
    }

    /// What belongs to no version and goes only with everything else; returns the bytes that checksum databases had.
    fn clear_rest(&self, steps: &Steps) -> Result<u64, StoreError> {
        let mut bytes = 0;
        for tree in self.trees()? {
            let top = self.tree_path(&tree);
            let mut here = PathBuf::new();
            // One by one: a folder that is written to meanwhile could not be removed as a whole.
            self.walk_databases(&tree, |met| {
                steps.check()?;
                let parent = met.path.parent().unwrap_or(&top);
                if parent != here {
                    remove_empty_up(&here, &top);
                    here = parent.to_owned();
                }
                if met.is_file {
                    bytes += met.path.symlink_metadata().map_or(0, |meta| meta.len());
                }
                remove_whatever(&met.path)
            })?;
            remove_empty_up(&here, &top);
        }
        remove_whatever(&self.path().join(Region::Damaged.name()))?;
        Ok(bytes)
    }
}

fn leave(
    versions: &mut HashSet<go_module::ModuleVersion>,
    cleared: &mut Cleared,
    changed: impl Fn(go_module::ModuleVersion) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for version in versions.drain() {
        cleared.versions += 1;
        changed(version)?;
    }
    Ok(())
}

/// The module that an answer is about, from its place below the upstream's folder.
fn answered_module(relative: &Path) -> Option<ModulePath> {
    let text = relative.to_str()?;
    let (module, _) = text.split_once("/@")?;
    ModulePath::from_escaped(module).ok()
}
