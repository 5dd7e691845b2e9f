//! Files of a checksum database, in the layout of Go's `cache/download/sumdb`, below a tree.

use std::io::Read;
use std::sync::Arc;

use go_module::Request;

use crate::disk::{Entry, Folder, check_name};
use crate::error::StoreError;
use crate::files::{Files, again_if_vanished};
use crate::layout::{SUMDB, Tree};
use crate::store::Store;
use crate::walk::remove_empty_up;

/// The one file that is empty and means something.
const SUPPORTED: &str = "supported";

/// The files that a tree keeps of one checksum database: `supported`, `lookup/…`, `tile/…`. A clone is cheap.
///
/// All methods block on the disk. Paths are relative, with `/` between their elements, and checked element by element; no
/// symbolic link is followed.
#[derive(Debug, Clone)]
pub struct DatabaseFiles {
    files: Arc<Files>,
    /// The folders from the cache folder down to the database's, and how many of them are the tree's.
    way: Arc<[String]>,
    tree: Tree,
}

impl Store {
    /// The files that a tree keeps of the database of that name (`host[:port][/path]`, in lower case, as in requests for
    /// `sumdb/<name>/…`). Makes nothing.
    ///
    /// # Errors
    /// [`StoreError::BadId`] for a name that no request can have.
    pub fn database_files(&self, tree: &Tree, name: &str) -> Result<DatabaseFiles, StoreError> {
        check_database_name(name)?;
        let way = tree.elements().chain([SUMDB]).chain(name.split('/'));
        Ok(DatabaseFiles {
            files: self.files().clone(),
            way: way.map(str::to_owned).collect(),
            tree: tree.clone(),
        })
    }
}

impl DatabaseFiles {
    /// A file's bytes; `None` where there is none. An empty file counts as none, but for `supported`: it is what a power
    /// cut may leave of a [`DatabaseFiles::write`]. So does one of more than `cap` bytes, which nobody wrote who knows
    /// what belongs there.
    pub fn read(&self, path: &str, cap: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let (folders, name) = split(path)?;
        let Some(folder) = self.folder(&folders)? else {
            return Ok(None);
        };
        let Entry::File(file) = folder.open(name)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.take(cap.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|cause| StoreError::io("read", &folder.path().join(name), cause))?;
        let is_none = bytes.len() as u64 > cap || (bytes.is_empty() && path != SUPPORTED);
        Ok((!is_none).then_some(bytes))
    }

    /// Writes a file whole, in the place of what was there, by a temporary file and a rename. There is no fsync: a power
    /// cut may take the file back or leave it empty or torn. That is enough for what proves itself each time it is read
    /// (tiles against a signed head, records against their tiles), and for nothing else.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let (folders, name) = split(path)?;
        again_if_vanished(|| {
            let mut temporary = self.files.temporary()?;
            temporary.write(bytes)?;
            let names = self.way.iter().map(String::as_str);
            let folder = self
                .files
                .cache_or_create()?
                .descend_or_create(names.chain(folders.iter().copied()))?;
            temporary.place(&folder, name)
        })
    }

    /// The names of the files in a folder such as `tile/8/0/x001/234.p`, sorted; none where there is no such folder.
    pub fn names(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let (mut folders, last) = split(folder)?;
        folders.push(last);
        match self.folder(&folders)? {
            Some(folder) => folder.file_names(),
            None => Ok(Vec::new()),
        }
    }

    /// Removes a file, and the folders that it leaves empty; says whether there was one.
    pub fn remove(&self, path: &str) -> Result<bool, StoreError> {
        let (folders, name) = split(path)?;
        let Some(folder) = self.folder(&folders)? else {
            return Ok(false);
        };
        let removed = folder.remove(name)?;
        remove_empty_up(folder.path(), &self.files.tree_path(&self.tree));
        Ok(removed)
    }

    fn folder(&self, below: &[&str]) -> Result<Option<Folder>, StoreError> {
        let Some(cache) = self.files.cache()? else {
            return Ok(None);
        };
        let names = self.way.iter().map(String::as_str);
        cache.descend(names.chain(below.iter().copied()))
    }
}

/// Refuses what is no name of a checksum database: the rule is that of requests.
pub(crate) fn check_database_name(name: &str) -> Result<(), StoreError> {
    match Request::parse(&format!("/{SUMDB}/{name}/{SUPPORTED}")) {
        Ok(Request::SumDb { name: read, .. }) if read == name => Ok(()),
        Ok(_) | Err(_) => Err(StoreError::BadId {
            what: "name of a checksum database",
            text: name.to_owned(),
            rule: "it is host[:port][/path], in lower case",
        }),
    }
}

/// Cuts a path into its folders and its last element, each of them printable ASCII that stays in its folder.
fn split(path: &str) -> Result<(Vec<&str>, &str), StoreError> {
    let mut elements: Vec<&str> = path.split('/').collect();
    for element in &elements {
        check_name(element)?;
        if !element
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        {
            return Err(StoreError::BadName {
                name: (*element).to_owned(),
            });
        }
    }
    let name = elements.pop().unwrap_or_default();
    Ok((elements, name))
}

/// How many bytes the files of all checksum databases have.
pub(crate) fn count(files: &Files) -> Result<u64, StoreError> {
    let mut bytes = 0;
    for tree in files.trees()? {
        files.walk_databases(&tree, |met| {
            if met.is_file {
                bytes += met.path.symlink_metadata().map_or(0, |meta| meta.len());
            }
            Ok(())
        })?;
    }
    Ok(bytes)
}
