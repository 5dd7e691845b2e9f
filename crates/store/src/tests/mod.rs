//! Tests of the store as a whole, on a temporary folder.

mod activity;
mod care;
mod checksum_data;
mod cycle;
mod database_files;
mod disk;
mod filling;
mod first_sight;
mod index;
mod keeps;
mod kill;
mod layout;
mod missed;
mod moving;
mod pins;
mod planted;
mod privilege;
mod removal;
mod room;
mod state;
mod statistics;

use std::io::Read;
use std::path::{Path, PathBuf};

use go_module::{FileKind, ModuleVersion};
use tokio_util::sync::CancellationToken;

use crate::{Kept, Places, Progress, Store, Tree, VerifyReport};

/// A home that goes with the test.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn places(&self) -> Places {
        Places {
            cache: self.cache(),
            data: self.folder.path().join("data"),
        }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// A file below the cache folder.
    fn at(&self, path: &str) -> PathBuf {
        self.cache().join(path)
    }

    async fn open(&self) -> Store {
        Store::open(self.places()).await.unwrap()
    }
}

fn version(text: &str) -> ModuleVersion {
    ModuleVersion::parse(text).unwrap()
}

fn realm() -> Tree {
    "realms/corp-0badcafe".parse().unwrap()
}

/// Keeps a file.
fn keep(store: &Store, tree: &Tree, of: &str, kind: FileKind, bytes: &[u8]) -> Kept {
    let mut draft = store.draft(tree.clone(), &version(of), kind).unwrap();
    draft.append(bytes).unwrap();
    draft.commit("proxy.example.com").unwrap()
}

/// The bytes of a file of the shared tree, as found.
fn found(store: &Store, of: &str, kind: FileKind) -> Option<Vec<u8>> {
    let kept = store
        .find_blocking(&[Tree::Modules], &version(of), kind)
        .unwrap();
    kept.map(bytes)
}

fn bytes(mut kept: Kept) -> Vec<u8> {
    let mut bytes = Vec::new();
    kept.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, kept.size);
    bytes
}

async fn verify(store: &Store, repair: bool) -> VerifyReport {
    store
        .verify(&quiet, repair, &CancellationToken::new())
        .await
        .unwrap()
}

async fn rebuild(store: &Store) {
    store
        .rebuild_index(&quiet, &CancellationToken::new())
        .await
        .unwrap();
}

fn quiet(_: Progress) {}

/// All files below a folder, by their paths relative to it.
fn files_below(top: &Path) -> Vec<String> {
    let relative = |path: &Path| path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
    crate::walk::entries_below(top, |_| true)
        .map(|entry| relative(&entry.unwrap().0))
        .collect()
}
