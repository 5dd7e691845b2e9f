//! A walk over the files of the trees, in the order of their names, following no link.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::error::StoreError;
use crate::files::Files;
use crate::layout::{Place, Region, SUMDB, Tree, place};

/// What a walk meets that is not a folder.
pub(crate) struct Met {
    /// Its full path.
    pub(crate) path: PathBuf,
    /// Its path below the tree's folder.
    pub(crate) relative: PathBuf,
    /// The version that it belongs to by its name; `None` for what Larder did not put there.
    pub(crate) place: Option<Place>,
    /// Whether it is a regular file.
    pub(crate) is_file: bool,
}

impl Files {
    /// The folder of a tree, as a path.
    pub(crate) fn tree_path(&self, tree: &Tree) -> PathBuf {
        tree.elements()
            .fold(self.path().to_owned(), |path, element| path.join(element))
    }

    /// The trees that have a folder.
    pub(crate) fn trees(&self) -> Result<Vec<Tree>, StoreError> {
        let mut trees = vec![Tree::Modules];
        for name in folders_in(&self.path().join(Region::Realms.name()))? {
            if let Some(id) = name.to_str().and_then(|name| name.parse().ok()) {
                trees.push(Tree::Realm(id));
            }
        }
        Ok(trees)
    }

    /// Shows all files of a tree, but for those of checksum databases.
    pub(crate) fn walk(
        &self,
        tree: &Tree,
        visit: impl FnMut(Met) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.walk_some(tree, |entry| !is_database_folder(entry), visit)
    }

    /// Shows all that a tree keeps of checksum databases.
    pub(crate) fn walk_databases(
        &self,
        tree: &Tree,
        visit: impl FnMut(Met) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        // From the top, so that a link in the place of the tree is not followed.
        let enter = |entry: &DirEntry| match entry.depth() {
            0 => entry.file_type().is_dir(),
            1 => is_database_folder(entry),
            _ => true,
        };
        self.walk_some(tree, enter, visit)
    }

    fn walk_some(
        &self,
        tree: &Tree,
        enter: impl Fn(&DirEntry) -> bool,
        mut visit: impl FnMut(Met) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let top = self.tree_path(tree);
        for entry in entries_below(&top, enter) {
            let (path, is_file) = entry?;
            let relative = path.strip_prefix(&top).unwrap_or(&path).to_owned();
            let place = place(&relative);
            visit(Met {
                path,
                relative,
                place,
                is_file,
            })?;
        }
        Ok(())
    }
}

/// Whether an entry of a tree is the folder of checksum databases. A link or a file of that name is foreign.
fn is_database_folder(entry: &DirEntry) -> bool {
    entry.depth() == 1 && entry.file_name() == SUMDB && entry.file_type().is_dir()
}

/// All below a folder that is no folder itself: its path and whether it is a regular file. What goes away meanwhile is
/// passed over, and a missing folder has nothing in it.
pub(crate) fn entries_below(
    top: &Path,
    enter: impl Fn(&DirEntry) -> bool,
) -> impl Iterator<Item = Result<(PathBuf, bool), StoreError>> {
    WalkDir::new(top)
        .follow_root_links(false)
        // Sorted means that each folder is read to its end before it is shown: what is removed on the way disturbs nothing.
        .sort_by_file_name()
        .into_iter()
        .filter_entry(enter)
        .filter_map(|entry| match entry {
            Ok(entry) if entry.file_type().is_dir() => None,
            Ok(entry) => Some(Ok((entry.path().to_owned(), entry.file_type().is_file()))),
            Err(error) => {
                let path = error.path().unwrap_or(Path::new("")).to_owned();
                let cause = std::io::Error::from(error);
                let is_gone = cause.kind() == std::io::ErrorKind::NotFound;
                (!is_gone).then(|| Err(StoreError::io("list", &path, cause)))
            }
        })
}

/// The names of the folders in a folder; links to folders are none.
pub(crate) fn folders_in(path: &Path) -> Result<Vec<std::ffi::OsString>, StoreError> {
    let failed = |cause| StoreError::io("list", path, cause);
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => {
            return Err(StoreError::NotAFolder {
                path: path.to_owned(),
            });
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    }
    let listed = std::fs::read_dir(path).map_err(failed)?;
    let mut names = Vec::new();
    for entry in listed {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            names.push(entry.file_name());
        }
    }
    names.sort();
    Ok(names)
}

/// Removes a folder and those above it, up to `top`, as far as they are empty.
pub(crate) fn remove_empty_up(folder: &Path, top: &Path) {
    let mut folder = folder;
    while folder != top && folder.starts_with(top) && std::fs::remove_dir(folder).is_ok() {
        match folder.parent() {
            Some(parent) => folder = parent,
            None => return,
        }
    }
}
