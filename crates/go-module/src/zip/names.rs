//! What the entries of a module zip may be called (`zip.CheckZip` and `collisionChecker`, x/mod `zip/zip.go`).

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use super::directory::Entry;
use super::{MAX_ENTRIES, MAX_GO_MOD, MAX_LICENSE, ZipError};
use crate::ModuleVersion;
use crate::path::check_file_path;
use crate::unicode::fold;

/// Checks the names of all entries, and the sizes of those that have a limit of their own.
pub(super) fn check(entries: &[Entry<'_>], module: &ModuleVersion) -> Result<(), ZipError> {
    let prefix = format!("{module}/");
    let mut tree = Tree::default();
    for entry in entries {
        let name = entry
            .name
            .strip_prefix(&prefix)
            .ok_or_else(|| ZipError::Prefix {
                name: entry.name.to_owned(),
                prefix: prefix.clone(),
            })?;
        if entry.is_folder() && entry.unpacked > 0 {
            return Err(ZipError::FolderWithContents(entry.name.to_owned()));
        }
        if name.is_empty() {
            continue;
        }
        let path = name.strip_suffix('/').unwrap_or(name);
        check_file_path(path).map_err(|error| ZipError::Path {
            name: entry.name.to_owned(),
            reason: error.reason,
        })?;
        tree.add(path, entry.is_folder())?;
        if !entry.is_folder() {
            check_special(name, entry.unpacked)?;
        }
    }
    Ok(())
}

/// go.mod is at the root or nowhere, in lower case; it and LICENSE have limits.
fn check_special(name: &str, size: u64) -> Result<(), ZipError> {
    let base = name.rsplit('/').next().unwrap_or(name);
    if base.eq_ignore_ascii_case("go.mod") {
        if base != name {
            return Err(ZipError::GoModNested(name.to_owned()));
        }
        if name != "go.mod" {
            return Err(ZipError::GoModCase(name.to_owned()));
        }
        if size > MAX_GO_MOD {
            return Err(ZipError::GoModTooLarge(size));
        }
    }
    if name == "LICENSE" && size > MAX_LICENSE {
        return Err(ZipError::LicenseTooLarge(size));
    }
    Ok(())
}

/// The files and folders seen so far, by the folder that they are in and their folded name. A map from whole paths, as
/// Go has it, takes time in the square of a path's depth.
#[derive(Default)]
struct Tree<'a> {
    nodes: HashMap<(u32, Cow<'a, str>), Node<'a>>,
}

struct Node<'a> {
    /// The path up to this element, as it was first seen.
    path: &'a str,
    is_folder: bool,
    id: u32,
}

impl<'a> Tree<'a> {
    /// Adds a file or folder, and the folders that it lies in.
    fn add(&mut self, path: &'a str, is_folder: bool) -> Result<(), ZipError> {
        let mut folder = 0;
        let mut begin = 0;
        loop {
            let end = path[begin..]
                .find('/')
                .map_or(path.len(), |len| begin + len);
            let is_folder = is_folder || end < path.len();
            folder = self.add_element(folder, &path[..end], begin, is_folder)?;
            if end == path.len() {
                return Ok(());
            }
            begin = end + 1;
        }
    }

    /// Adds the element of `path` that begins at `begin`, and gives back its id.
    fn add_element(
        &mut self,
        folder: u32,
        path: &'a str,
        begin: usize,
        is_folder: bool,
    ) -> Result<u32, ZipError> {
        let id = self.nodes.len() as u32 + 1;
        match self.nodes.entry((folder, folded(&path[begin..]))) {
            Slot::Vacant(_) if u64::from(id) > MAX_ENTRIES => Err(ZipError::TooManyEntries),
            Slot::Vacant(slot) => Ok(slot
                .insert(Node {
                    path,
                    is_folder,
                    id,
                })
                .id),
            Slot::Occupied(slot) => {
                let seen = slot.get();
                if seen.path != path {
                    return Err(ZipError::CaseTwins {
                        first: seen.path.to_owned(),
                        second: path.to_owned(),
                    });
                }
                match (seen.is_folder, is_folder) {
                    (true, true) => Ok(seen.id),
                    (false, false) => Err(ZipError::Duplicate(path.to_owned())),
                    (true, false) | (false, true) => Err(ZipError::FileAndFolder(path.to_owned())),
                }
            }
        }
    }
}

/// One text for all that differ in case only (`strToFold`).
fn folded(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(fold).collect())
}
