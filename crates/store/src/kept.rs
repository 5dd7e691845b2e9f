//! A file that is kept, and how it is found: one look-up of a path in the trees that a request may see.

use std::fs::File;
use std::io::{Read, Seek};

use go_module::{FileKind, H1, ModuleVersion};
use jiff::Timestamp;
use sha2::{Digest, Sha256 as Hasher};

use crate::damage::{Damage, DamageReason};
use crate::disk::{Entry, Folder, Identity};
use crate::error::StoreError;
use crate::files::Files;
use crate::layout::{Place, Tree, check_fits, file_name, sidecar_name};
use crate::sidecar::{Found, Sha256, Sidecar, SidecarError};

/// A kept file, open, and what its sidecar says.
#[derive(Debug)]
pub struct Kept {
    /// The tree it is in.
    pub tree: Tree,
    /// Its length in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes: the ETag.
    pub sha256: Sha256,
    /// The name of the upstream that it came from.
    pub origin: String,
    /// When it was committed.
    pub kept_at: Timestamp,
    /// Go's own hash of it, where one was noted.
    pub h1: Option<H1>,
    /// The file, open for reading at its start. It stays readable when the cache is cleared meanwhile.
    pub file: File,
}

/// How much a look relies on what was checked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A file whose state has not changed since it was checked is believed.
    Checked,
    /// Every byte is read again.
    Nothing,
}

/// What a look at a file's place shows.
pub(crate) enum Look {
    Absent,
    Good(Kept),
    Bad(DamageReason),
}

impl Files {
    /// The file from the first of the trees that has it whole. A damaged one is set aside and counts as absent; the
    /// version is then returned beside, for the index.
    pub(crate) fn find(
        &self,
        trees: &[Tree],
        version: &ModuleVersion,
        kind: FileKind,
        mut set_aside: impl FnMut(&Tree),
    ) -> Result<Option<Kept>, StoreError> {
        check_fits(version)?;
        if let [_] | [] = trees {
            return self.find_once(trees, version, kind, &mut set_aside);
        }
        let before = *self.moves();
        if let Some(kept) = self.find_once(trees, version, kind, &mut set_aside)? {
            return Ok(Some(kept));
        }
        // A file that went meanwhile from a tree further back to one further ahead was seen in neither: look again, while
        // none can move.
        let moves = self.moves();
        if *moves == before {
            return Ok(None);
        }
        self.find_once(trees, version, kind, &mut set_aside)
    }

    fn find_once(
        &self,
        trees: &[Tree],
        version: &ModuleVersion,
        kind: FileKind,
        set_aside: &mut impl FnMut(&Tree),
    ) -> Result<Option<Kept>, StoreError> {
        for tree in trees {
            let Some(folder) = self.versions(tree, version)? else {
                continue;
            };
            match self.look(tree, &folder, version, kind, Trust::Checked)? {
                Look::Good(kept) => return Ok(Some(kept)),
                Look::Absent => continue,
                Look::Bad(_) => {}
            }
            // A commit may have been half-way between sidecar and file: look again while none can be.
            let _lock = self.lock(tree, version, kind);
            match self.look(tree, &folder, version, kind, Trust::Checked)? {
                Look::Good(kept) => return Ok(Some(kept)),
                Look::Absent => {}
                Look::Bad(reason) => {
                    let name = file_name(&version.version, kind);
                    let path = folder.path().join(&name);
                    let place = Place {
                        version: version.clone(),
                        kind,
                        is_sidecar: false,
                    };
                    let damage = Damage::of(
                        tree,
                        &place,
                        path.strip_prefix(self.tree_path(tree)).unwrap_or(&path),
                        reason,
                    );
                    self.report_and_set_aside(&folder, &name, damage);
                    set_aside(tree);
                }
            }
        }
        Ok(None)
    }

    /// Opens a file and holds it against its sidecar.
    pub(crate) fn look(
        &self,
        tree: &Tree,
        folder: &Folder,
        version: &ModuleVersion,
        kind: FileKind,
        trust: Trust,
    ) -> Result<Look, StoreError> {
        let name = file_name(&version.version, kind);
        let mut file = match folder.open(&name)? {
            Entry::Absent => return Ok(Look::Absent),
            Entry::Other => return Ok(Look::Bad(DamageReason::NotAFile)),
            Entry::File(file) => file,
        };
        let sidecar = match Sidecar::read(folder, &sidecar_name(&name))? {
            Found::Sidecar(sidecar) => sidecar,
            Found::Absent => return Ok(Look::Bad(DamageReason::SidecarMissing)),
            // A newer Larder can read it: it is left alone, and fetched anew by this one.
            Found::Unreadable(SidecarError::Newer(_)) if trust == Trust::Checked => {
                return Ok(Look::Absent);
            }
            Found::Unreadable(error) => {
                return Ok(Look::Bad(DamageReason::SidecarUnreadable(
                    error.to_string(),
                )));
            }
        };
        let identity = match Identity::of(&file) {
            Ok(identity) => identity,
            Err(error) => return Ok(Look::Bad(DamageReason::Unreadable(error.to_string()))),
        };
        if identity.size() != sidecar.size {
            return Ok(Look::Bad(DamageReason::SizeDiffers {
                expected: sidecar.size,
                found: identity.size(),
            }));
        }
        if trust == Trust::Nothing || !self.is_checked(identity, sidecar.sha256) {
            match hash(&mut file) {
                Ok(found) if found == sidecar.sha256 => self.mark_checked(identity, found),
                Ok(found) => {
                    return Ok(Look::Bad(DamageReason::HashDiffers {
                        expected: sidecar.sha256,
                        found,
                    }));
                }
                Err(error) => return Ok(Look::Bad(DamageReason::Unreadable(error.to_string()))),
            }
        }
        Ok(Look::Good(Kept {
            tree: tree.clone(),
            size: sidecar.size,
            sha256: sidecar.sha256,
            origin: sidecar.origin,
            kept_at: sidecar.kept_at,
            h1: sidecar.h1,
            file,
        }))
    }

    /// Sets a file aside, whatever its sidecar says of it.
    pub(crate) fn take_out(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
    ) -> Result<(), StoreError> {
        check_fits(version)?;
        let Some(folder) = self.versions(tree, version)? else {
            return Ok(());
        };
        let _lock = self.lock(tree, version, kind);
        self.set_aside(&folder, &file_name(&version.version, kind))
    }

    /// Notes Go's own hash of a file in its sidecar; says whether the file is there.
    pub(crate) fn set_h1(
        &self,
        tree: &Tree,
        version: &ModuleVersion,
        kind: FileKind,
        h1: H1,
    ) -> Result<bool, StoreError> {
        check_fits(version)?;
        let Some(folder) = self.versions(tree, version)? else {
            return Ok(false);
        };
        let name = sidecar_name(&file_name(&version.version, kind));
        let _lock = self.lock(tree, version, kind);
        let mut sidecar = match Sidecar::read(&folder, &name)? {
            Found::Sidecar(sidecar) => sidecar,
            Found::Absent | Found::Unreadable(_) => return Ok(false),
        };
        sidecar.h1 = Some(h1);
        let mut temporary = self.temporary()?;
        temporary.write(&sidecar.render())?;
        temporary.sync()?;
        temporary.place(&folder, &name)?;
        Ok(true)
    }
}

/// The SHA-256 of a file, which is at its start before and after.
fn hash(file: &mut File) -> std::io::Result<Sha256> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 64 * 1024];
    file.rewind()?;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.rewind()?;
    Ok(Sha256(hasher.finalize().into()))
}
