//! A row of the index, made by looking at the files of one version.

use go_module::{FileKind, ModuleVersion};
use serde::Serialize;

use crate::disk::Entry;
use crate::error::StoreError;
use crate::files::Files;
use crate::layout::{Tree, file_name, sidecar_name};
use crate::sidecar::{Found, Sidecar};

/// What the index holds of a version. Serialised, it is what the writer hands to `json_each`: one statement takes any
/// number of rows, and the SQL stays one fixed text.
#[derive(Debug, Default, Serialize)]
pub(super) struct Row {
    pub(super) tree: String,
    pub(super) path: String,
    pub(super) version: String,
    info: Option<u64>,
    gomod: Option<u64>,
    zip: Option<u64>,
    origin: String,
    kept_at: i64,
    newest_at: i64,
}

impl Row {
    fn of(tree: &Tree, version: &ModuleVersion) -> Self {
        Self {
            tree: tree.to_string(),
            path: version.path.as_str().to_owned(),
            version: version.version.as_str().to_owned(),
            ..Self::default()
        }
    }

    /// Whether no file of the version is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.info.is_none() && self.gomod.is_none() && self.zip.is_none()
    }

    /// Looks at the files. Where that is not possible, nothing is kept as far as the index goes: one version that
    /// somebody put a link into must not keep the others out.
    pub(super) fn look(files: &Files, tree: &Tree, version: &ModuleVersion) -> Self {
        Self::try_look(files, tree, version).unwrap_or_else(|error| {
            tracing::warn!(%tree, %version, %error, "a version is left out of the index");
            Self::of(tree, version)
        })
    }

    /// Reads the sidecars, and of the files only their lengths.
    fn try_look(files: &Files, tree: &Tree, version: &ModuleVersion) -> Result<Self, StoreError> {
        let mut row = Self::of(tree, version);
        let Some(folder) = files.versions(tree, version)? else {
            return Ok(row);
        };
        for kind in FileKind::ALL {
            let name = file_name(&version.version, kind);
            let Entry::File(file) = folder.open(&name)? else {
                continue;
            };
            let Found::Sidecar(sidecar) = Sidecar::read(&folder, &sidecar_name(&name))? else {
                continue;
            };
            let meta = file
                .metadata()
                .map_err(|cause| StoreError::io("inspect", &folder.path().join(&name), cause))?;
            if meta.len() != sidecar.size {
                continue;
            }
            match kind {
                FileKind::Info => row.info = Some(sidecar.size),
                FileKind::Mod => row.gomod = Some(sidecar.size),
                FileKind::Zip => row.zip = Some(sidecar.size),
            }
            // The version was kept when its first file was; the zip, last in `ALL`, says best where it came from.
            let kept_at = sidecar.kept_at.as_millisecond();
            row.kept_at = if row.kept_at == 0 {
                kept_at
            } else {
                row.kept_at.min(kept_at)
            };
            row.newest_at = row.newest_at.max(kept_at);
            row.origin = sidecar.origin;
        }
        Ok(row)
    }
}
