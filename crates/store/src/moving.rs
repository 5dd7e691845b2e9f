//! A kept file goes from one tree to another, as when a checksum database came to vouch for it.

use std::io::ErrorKind;
use std::slice::from_ref;

use go_module::{FileKind, H1, ModuleVersion};

use crate::disk::{Entry, Folder, Identity};
use crate::error::StoreError;
use crate::files::again_if_vanished;
use crate::kept::Kept;
use crate::layout::{Tree, file_name, sidecar_name};
use crate::sidecar::Sidecar;
use crate::store::Store;
use crate::walk::remove_empty_up;

impl Store {
    /// Takes a kept file and its sidecar to another tree, and notes the `h1:` hash where one is given; `false` where the
    /// source is not there (or proved damaged, and was set aside). Where the other tree has the file already, the source
    /// is removed, and the hash is noted only if the two have the same bytes. Blocks on the disk.
    ///
    /// The new sidecar is on the disk before the file takes its new name by one rename: after a kill at any moment the
    /// file is whole in one of the trees, and whoever looks into both meanwhile finds it.
    ///
    /// # Errors
    /// Those of [`Store::find`] and of [`Draft::commit`](crate::Draft::commit). Then the file is where it was.
    pub fn move_to(
        &self,
        from: &Tree,
        to: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
        h1: Option<H1>,
    ) -> Result<bool, StoreError> {
        let _open = self.hold_open()?;
        let is_moved = again_if_vanished(|| {
            let Some(kept) = self.find_blocking(from_ref(from), version, kind)? else {
                return Ok(false);
            };
            if from == to {
                return match h1 {
                    Some(h1) => self.set_h1(to, version, kind, h1),
                    None => Ok(true),
                };
            }
            match self.find_blocking(from_ref(to), version, kind)? {
                Some(there) => self.give_way(&kept, &there, version, kind, h1)?,
                None => self.take_over(&kept, to, version, kind, h1)?,
            }
            Ok(true)
        })?;
        if is_moved && from != to {
            self.index().kept(to, version);
            self.index().gone(from, version);
        }
        Ok(is_moved)
    }

    /// Removes a file that the other tree has, too.
    fn give_way(
        &self,
        kept: &Kept,
        there: &Kept,
        version: &ModuleVersion,
        kind: FileKind,
        h1: Option<H1>,
    ) -> Result<(), StoreError> {
        if let Some(h1) = h1.filter(|_| there.sha256 == kept.sha256)
            && there.h1 != Some(h1)
        {
            self.set_h1(&there.tree, version, kind, h1)?;
        }
        let files = self.files();
        let mut moves = files.moving();
        let _locks = files.lock_both([&kept.tree, &there.tree], version, kind);
        let name = file_name(&version.version, kind);
        let source = self.still_there(kept, version, &name)?;
        // What stands there may have been cleared since.
        let target = files.versions(&there.tree, version)?;
        if !target.is_some_and(|target| matches!(target.open(&name), Ok(Entry::File(_)))) {
            return Err(changed_meanwhile(&source, &name));
        }
        // The file first: a sidecar alone is harmless, a file alone is not.
        source.remove(&name)?;
        *moves += 1;
        self.tidy(&kept.tree, &source, &name);
        Ok(())
    }

    /// Puts a file where the other tree has none, or one that this Larder cannot read.
    fn take_over(
        &self,
        kept: &Kept,
        to: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
        h1: Option<H1>,
    ) -> Result<(), StoreError> {
        let files = self.files();
        let mut sidecar = Sidecar::new(kept.sha256, kept.size, &kept.origin, kept.kept_at);
        sidecar.h1 = h1.or(kept.h1);
        let mut beside = files.temporary()?;
        beside.write(&sidecar.render())?;
        beside.sync()?;

        let mut moves = files.moving();
        let _locks = files.lock_both([&kept.tree, to], version, kind);
        let name = file_name(&version.version, kind);
        let source = self.still_there(kept, version, &name)?;
        let target = files.versions_or_create(to, version)?;
        // The rename changes the state by which a checked file is known, not a byte of it.
        let is_checked =
            Identity::of(&kept.file).is_ok_and(|now| files.is_checked(now, kept.sha256));
        beside.place(&target, &sidecar_name(&name))?;
        source.rename(&name, &target, &name)?;
        *moves += 1;
        if let (true, Ok(now)) = (is_checked, Identity::of(&kept.file)) {
            files.mark_checked(now, kept.sha256);
        }
        self.tidy(&kept.tree, &source, &name);
        Ok(())
    }

    /// The folder of a file, where the name still leads to the file that was found.
    fn still_there(
        &self,
        kept: &Kept,
        version: &ModuleVersion,
        name: &str,
    ) -> Result<Folder, StoreError> {
        let gone = || {
            StoreError::io(
                "move",
                &self.files().tree_path(&kept.tree),
                ErrorKind::NotFound.into(),
            )
        };
        let folder = self
            .files()
            .versions(&kept.tree, version)?
            .ok_or_else(gone)?;
        let Entry::File(file) = folder.open(name)? else {
            return Err(changed_meanwhile(&folder, name));
        };
        let of = |file| {
            Identity::of(file)
                .map_err(|cause| StoreError::io("inspect", &folder.path().join(name), cause))
        };
        if of(&file)? != of(&kept.file)? {
            return Err(changed_meanwhile(&folder, name));
        }
        Ok(folder)
    }

    /// Removes what the file left behind. A failure costs nothing but the room.
    fn tidy(&self, tree: &Tree, source: &Folder, name: &str) {
        if let Err(error) = source.remove(&sidecar_name(name)) {
            tracing::debug!(%error, "the sidecar of a moved file stays behind");
        }
        remove_empty_up(source.path(), &self.files().tree_path(tree));
    }
}

/// Somebody else changed one of the two places: to be looked at again.
fn changed_meanwhile(folder: &Folder, name: &str) -> StoreError {
    StoreError::io(
        "move",
        &folder.path().join(name),
        ErrorKind::NotFound.into(),
    )
}
