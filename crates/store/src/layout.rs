//! Where things are below the cache folder, and how a file's place is read back into the version it belongs to.

use std::fmt;
use std::path::{Component, Path};
use std::str::FromStr;

use go_module::{FileKind, ModulePath, ModuleVersion, Version};
use sha2::{Digest, Sha256 as Hasher};

use crate::disk::check_name;
use crate::error::StoreError;

/// What follows a file's name in the name of its sidecar.
pub(crate) const SIDECAR_SUFFIX: &str = ".larder";
/// The folder of a module that holds its versions.
pub(crate) const VERSIONS: &str = "@v";
/// The folder of a tree that holds checksum database records: no module path begins like this, its first element has a dot.
pub(crate) const SUMDB: &str = "sumdb";

/// The regions of the cache folder.
///
/// ```text
/// cache/
///   index.sqlite          the index, rebuilt from the files when lost
///   first-sight           which state the pins of this cache are in
///   modules/ realms/      the trees
///   answers/              what upstreams said about lists, latest and queries
///   damaged/              what proved damaged and was set aside
///   tmp/                  what is being written
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    /// Versions that Go's own checksum database vouched for, in the layout of Go's `cache/download`, so that the folder
    /// can stand behind `GOPROXY=file://`. Escaped paths and versions, as on the wire: file systems that fold case keep
    /// `!azure` and `azure` apart.
    ///
    /// ```text
    /// modules/
    ///   github.com/!azure/azure-sdk/@v/
    ///     v1.2.3.info  v1.2.3.info.larder
    ///     v1.2.3.mod   v1.2.3.mod.larder
    ///     v1.2.3.zip   v1.2.3.zip.larder      the sidecar: SHA-256, size, origin, when kept
    ///   sumdb/<name>/...                      supported, lookup, tile
    /// ```
    Modules,
    /// The same layout for all else, a folder a realm.
    ///
    /// ```text
    /// realms/
    ///   proxy-corp-example-1f0c9a3e/
    ///     corp.example/lib/@v/v0.1.0.zip ...
    /// ```
    Realms,
    /// Mutable answers, a folder an upstream: each file is a line of JSON, then the body.
    ///
    /// ```text
    /// answers/
    ///   proxy-corp-example-1f0c9a3e/
    ///     corp.example/lib/@v/list
    ///     corp.example/lib/@v/main.info
    ///     corp.example/lib/@latest
    /// ```
    Answers,
    /// Files that proved damaged, flat, oldest first by name; only the newest few are kept.
    ///
    /// ```text
    /// damaged/
    ///   1730000000000-000001-v1.2.3.zip
    /// ```
    Damaged,
    /// Files being written; emptied at open.
    ///
    /// ```text
    /// tmp/
    ///   4242-17
    /// ```
    Temporary,
}

impl Region {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Modules,
        Self::Realms,
        Self::Answers,
        Self::Damaged,
        Self::Temporary,
    ];

    /// The folder's name below the cache folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Modules => "modules",
            Self::Realms => "realms",
            Self::Answers => "answers",
            Self::Damaged => "damaged",
            Self::Temporary => "tmp",
        }
    }
}

/// A folder of versions, and at the same time a claim about them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tree {
    /// Vouched for by Go's own checksum database; shared by all profiles that use it.
    Modules,
    /// All else, kept apart by where it came from.
    Realm(RealmId),
}

impl Tree {
    /// The names of the folders from the cache folder down to the tree's.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &str> + Clone {
        let (region, realm) = match self {
            Self::Modules => (Region::Modules, None),
            Self::Realm(id) => (Region::Realms, Some(id.as_str())),
        };
        std::iter::once(region.name()).chain(realm)
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modules => f.write_str("modules"),
            Self::Realm(id) => write!(f, "realms/{id}"),
        }
    }
}

impl FromStr for Tree {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        match text.strip_prefix("realms/") {
            Some(id) => Ok(Self::Realm(id.parse()?)),
            None if text == "modules" => Ok(Self::Modules),
            None => Err(StoreError::BadId {
                what: "tree",
                text: text.to_owned(),
                rule: "it is `modules`, or `realms/` and a realm's id",
            }),
        }
    }
}

/// The folder name of a realm or an upstream: readable, and safe on every file system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RealmId(String);

impl RealmId {
    /// The longest id, in bytes.
    pub const MAX: usize = 100;
    /// How much of the origin stays readable, in bytes.
    const READABLE: usize = 48;

    /// The id for an origin (`https://proxy.corp.example/path`): a readable slug and the first 8 hex digits of the
    /// origin's SHA-256, so that two origins with one slug stay apart. The caller leaves user info out.
    pub fn for_origin(origin: &str) -> Self {
        let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
        let mut slug = String::new();
        for c in rest.chars() {
            match c.to_ascii_lowercase() {
                c @ ('a'..='z' | '0'..='9') => slug.push(c),
                _ if slug.is_empty() || slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
            if slug.len() == Self::READABLE {
                break;
            }
        }
        let slug = slug.trim_end_matches('-');
        let digest = Hasher::digest(origin.as_bytes());
        let hex = data_encoding::HEXLOWER.encode(&digest[..4]);
        Self(if slug.is_empty() {
            hex
        } else {
            format!("{slug}-{hex}")
        })
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RealmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RealmId {
    type Err = StoreError;

    /// Takes small letters, digits, `-`, `_` and `.`, at most [`RealmId::MAX`] of them, not beginning with a dot.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let fits = text.len() <= Self::MAX
            && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'));
        if !fits {
            return Err(StoreError::BadId {
                what: "realm or upstream id",
                text: text.to_owned(),
                rule: "it is at most 100 small letters, digits, `-`, `_` and `.`, and begins with a letter or digit",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

/// The name of a version's file below the `@v` folder.
pub(crate) fn file_name(version: &Version, kind: FileKind) -> String {
    format!("{}.{}", version.escaped(), kind.extension())
}

/// The name of the sidecar beside a file.
pub(crate) fn sidecar_name(file: &str) -> String {
    format!("{file}{SIDECAR_SUFFIX}")
}

/// Refuses a version whose names no file system takes, before a byte of it is fetched.
pub(crate) fn check_fits(version: &ModuleVersion) -> Result<(), StoreError> {
    version.path.escaped().split('/').try_for_each(check_name)?;
    // The longest name that belongs to a version; all kinds stand or fall together.
    check_name(&sidecar_name(&format!(
        "{}.info",
        version.version.escaped()
    )))
}

/// What a place below a tree belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) version: ModuleVersion,
    pub(crate) kind: FileKind,
    pub(crate) is_sidecar: bool,
}

/// Reads a path relative to its tree; `None` for what Larder did not put there.
pub(crate) fn place(relative: &Path) -> Option<Place> {
    let (module, name) = split(relative)?;
    let (name, is_sidecar) = match name.strip_suffix(SIDECAR_SUFFIX) {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (version, extension) = name.rsplit_once('.')?;
    let kind = FileKind::from_extension(extension)?;
    let path = ModulePath::from_escaped(&module).ok()?;
    let version = Version::from_escaped(version).ok()?;
    let version = ModuleVersion::new(path, version).ok()?;
    Some(Place {
        version,
        kind,
        is_sidecar,
    })
}

/// Cuts `a/b/@v/name` into `a/b` and `name`.
fn split(relative: &Path) -> Option<(String, &str)> {
    let mut elements = Vec::new();
    for component in relative.components() {
        match component {
            Component::Normal(name) => elements.push(name.to_str()?),
            Component::Prefix(_)
            | Component::RootDir
            | Component::CurDir
            | Component::ParentDir => return None,
        }
    }
    match elements.as_slice() {
        [module @ .., VERSIONS, name] if !module.is_empty() => Some((module.join("/"), name)),
        _ => None,
    }
}
