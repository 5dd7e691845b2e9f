//! What is kept of one module, or from one upstream, by the files and by the index.

use std::collections::BTreeMap;

use go_module::{FileKind, ModulePath, ModuleVersion, Version};

use crate::error::StoreError;
use crate::files::{Files, again_if_vanished};
use crate::index::ListedVersion;
use crate::layout::{SIDECAR_SUFFIX, Tree};
use crate::store::Store;

impl Store {
    /// The versions of a module that have files in these trees, and which; by the names of the files alone, which is quick
    /// and not yet proof. Blocking.
    ///
    /// # Errors
    /// [`StoreError`] where a folder can't be listed.
    pub fn versions_of_blocking(
        &self,
        trees: &[Tree],
        path: &ModulePath,
    ) -> Result<BTreeMap<Version, Vec<FileKind>>, StoreError> {
        again_if_vanished(|| self.files().versions_of(trees, path))
    }

    /// At most `limit` versions with an `.info` that came from the upstream of this name, those kept last first; as far as
    /// the index knows.
    ///
    /// # Errors
    /// [`StoreError`] where the index can't be read.
    pub async fn of_origin(
        &self,
        origin: &str,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, StoreError> {
        self.index().of_origin(origin, limit).await
    }
}

impl Files {
    fn versions_of(
        &self,
        trees: &[Tree],
        path: &ModulePath,
    ) -> Result<BTreeMap<Version, Vec<FileKind>>, StoreError> {
        let mut versions: BTreeMap<Version, Vec<FileKind>> = BTreeMap::new();
        for tree in trees {
            let Some(folder) = self.module(tree, path)? else {
                continue;
            };
            for name in folder.file_names()? {
                if name.ends_with(SIDECAR_SUFFIX) {
                    continue;
                }
                let Some((version, extension)) = name.rsplit_once('.') else {
                    continue;
                };
                let (Some(kind), Ok(version)) = (
                    FileKind::from_extension(extension),
                    Version::from_escaped(version),
                ) else {
                    continue;
                };
                if ModuleVersion::new(path.clone(), version.clone()).is_err() {
                    continue;
                }
                let kinds = versions.entry(version).or_default();
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        Ok(versions)
    }
}
