//! Questions to the index: how much is kept, what, and what is incomplete.

use std::future::Future;

use go_module::{FileKind, ModulePath, ModuleVersion, Version};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool};

use super::Index;
use crate::database::{Fault, fault};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::layout::Tree;

/// How much the cache holds. Sidecars and answers are not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Versions with at least one file, counted once a tree.
    pub versions: u64,
    /// Their files.
    pub files: u64,
    /// The files' bytes.
    pub bytes: u64,
    /// Bytes of the files of checksum databases, in all trees; not part of `bytes`.
    pub database_bytes: u64,
    /// Versions, files and bytes by tree, the shared one first.
    pub by_tree: Vec<TreeUsage>,
    /// False while a rebuild of the index is due: then the numbers may be off.
    pub complete: bool,
}

/// How much one tree holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeUsage {
    /// The tree.
    pub tree: Tree,
    /// Versions with at least one file.
    pub versions: u64,
    /// Their files.
    pub files: u64,
    /// The files' bytes.
    pub bytes: u64,
}

/// A version that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    /// The tree it is in.
    pub tree: Tree,
    /// The module.
    pub path: ModulePath,
    /// The version.
    pub version: Version,
    /// Which files are kept, and their lengths in bytes.
    pub files: Vec<(FileKind, u64)>,
    /// The upstream it came from.
    pub origin: String,
    /// When its first file was kept.
    pub kept_at: Timestamp,
    /// When it was last asked for, where it was since it was kept.
    pub last_used: Option<Timestamp>,
}

impl ListedVersion {
    /// Where a list goes on after this one.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            tree: self.tree.to_string(),
            path: self.path.as_str().to_owned(),
            version: self.version.as_str().to_owned(),
        }
    }
}

/// A position in the list of versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    tree: String,
    path: String,
    version: String,
}

impl Cursor {
    /// Before the first version of a realm.
    pub(crate) fn of_realms() -> Self {
        // The tree `modules` sorts before all of them, as a test shows.
        Self {
            tree: "realms/".to_owned(),
            ..Self::default()
        }
    }
}

impl Index {
    /// Asks the database; once more when the file proves damaged and was made anew, or was replaced meanwhile.
    pub(super) async fn query<T, F, A>(&self, ask: A) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
        A: Fn(SqlitePool) -> F,
    {
        let opened = self.shared.current();
        match ask(opened.pool.clone()).await {
            Ok(answer) => return Ok(answer),
            Err(error) => match fault(&error) {
                Fault::Damaged => self.shared.replace(&opened, "it proved damaged").await?,
                Fault::PoolClosed => {
                    // Waits for whoever replaces it.
                    drop(self.shared.replacing.lock().await);
                }
                Fault::Newer | Fault::Full | Fault::ReadOnly | Fault::Other => {
                    return Err(self.shared.error(error));
                }
            },
        }
        let opened = self.shared.current();
        ask(opened.pool.clone())
            .await
            .map_err(|error| self.shared.error(error))
    }

    pub(crate) async fn usage(&self) -> Result<Usage, StoreError> {
        let rows: Vec<(String, i64, i64, i64)> = self
            .query(|pool| async move {
                sqlx::query_as(
                    "SELECT tree, count(*), count(info) + count(gomod) + count(zip),
                            sum(coalesce(info, 0) + coalesce(gomod, 0) + coalesce(zip, 0))
                     FROM versions GROUP BY tree ORDER BY tree",
                )
                .fetch_all(&pool)
                .await
            })
            .await?;
        let mut usage = Usage {
            complete: !self.is_stale(),
            ..Usage::default()
        };
        for (tree, versions, files, bytes) in rows {
            let Ok(tree) = tree.parse() else { continue };
            let of_tree = TreeUsage {
                tree,
                versions: versions.unsigned_abs(),
                files: files.unsigned_abs(),
                bytes: bytes.unsigned_abs(),
            };
            usage.versions += of_tree.versions;
            usage.files += of_tree.files;
            usage.bytes += of_tree.bytes;
            usage.by_tree.push(of_tree);
        }
        Ok(usage)
    }

    /// A page of the list: at most `limit` versions after `after`, ordered by tree, path and version text.
    pub(crate) async fn list(
        &self,
        filter: &Filter,
        after: &Cursor,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, StoreError> {
        const PAGE: i64 = 1000;
        let mut listed = Vec::new();
        let mut after = after.clone();
        loop {
            let from = after.clone();
            let rows = self
                .query(|pool| {
                    let from = from.clone();
                    async move {
                        sqlx::query(
                            "SELECT tree, path, version, info, gomod, zip, origin, kept_at, last_used FROM versions
                             WHERE (tree, path, version) > (?1, ?2, ?3) ORDER BY tree, path, version LIMIT ?4",
                        )
                        .bind(from.tree)
                        .bind(from.path)
                        .bind(from.version)
                        .bind(PAGE)
                        .fetch_all(&pool)
                        .await
                    }
                })
                .await?;
            let last = (rows.len() as i64) < PAGE;
            for row in &rows {
                after = cursor(row).map_err(|error| self.shared.error(error))?;
                // A row that reads like no version of ours is left out; the next walk drops it.
                let Some(version) =
                    listed_version(row).map_err(|error| self.shared.error(error))?
                else {
                    continue;
                };
                if filter.matches(&version.path, &version.version) {
                    listed.push(version);
                    if listed.len() == limit {
                        return Ok(listed);
                    }
                }
            }
            if last {
                return Ok(listed);
            }
        }
    }

    /// Versions with an `.info` that came from an upstream, those kept last first.
    pub(crate) async fn of_origin(
        &self,
        origin: &str,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self
            .query(|pool| async move {
                sqlx::query(
                    "SELECT tree, path, version, info, gomod, zip, origin, kept_at, last_used FROM versions
                     WHERE origin = ?1 AND info IS NOT NULL ORDER BY kept_at DESC LIMIT ?2",
                )
                .bind(origin)
                .bind(limit)
                .fetch_all(&pool)
                .await
            })
            .await?;
        let versions = rows
            .iter()
            .map(listed_version)
            .collect::<Result<Vec<_>, _>>();
        let versions = versions.map_err(|error| self.shared.error(error))?;
        Ok(versions.into_iter().flatten().collect())
    }

    /// Versions that have one file or more, but lack `.info` or `.mod`: these, and what they lack.
    pub(crate) async fn incomplete(
        &self,
        limit: usize,
    ) -> Result<Vec<(Tree, ModuleVersion, Vec<FileKind>)>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<(String, String, String, bool, bool)> = self
            .query(|pool| async move {
                sqlx::query_as(
                    "SELECT tree, path, version, info IS NULL, gomod IS NULL FROM versions
                     WHERE info IS NULL OR gomod IS NULL ORDER BY tree, path, version LIMIT ?1",
                )
                .bind(limit)
                .fetch_all(&pool)
                .await
            })
            .await?;
        let incomplete = rows
            .into_iter()
            .filter_map(|(tree, path, version, info, gomod)| {
                let version = ModuleVersion::new(
                    ModulePath::parse(&path).ok()?,
                    Version::parse(&version).ok()?,
                )
                .ok()?;
                let missing = [(info, FileKind::Info), (gomod, FileKind::Mod)];
                let missing = missing
                    .into_iter()
                    .filter_map(|(is_missing, kind)| is_missing.then_some(kind));
                Some((tree.parse().ok()?, version, missing.collect()))
            });
        Ok(incomplete.collect())
    }
}

fn cursor(row: &SqliteRow) -> Result<Cursor, sqlx::Error> {
    Ok(Cursor {
        tree: row.try_get(0)?,
        path: row.try_get(1)?,
        version: row.try_get(2)?,
    })
}

fn listed_version(row: &SqliteRow) -> Result<Option<ListedVersion>, sqlx::Error> {
    let Cursor {
        tree,
        path,
        version,
    } = cursor(row)?;
    let (Ok(tree), Ok(path), Ok(version)) = (
        tree.parse(),
        ModulePath::parse(&path),
        Version::parse(&version),
    ) else {
        return Ok(None);
    };
    let mut files = Vec::new();
    for (column, kind) in [(3, FileKind::Info), (4, FileKind::Mod), (5, FileKind::Zip)] {
        if let Some(size) = row.try_get::<Option<i64>, _>(column)? {
            files.push((kind, size.unsigned_abs()));
        }
    }
    let time = |millis: i64| Timestamp::from_millisecond(millis).unwrap_or_default();
    Ok(Some(ListedVersion {
        tree,
        path,
        version,
        files,
        origin: row.try_get(6)?,
        kept_at: time(row.try_get(7)?),
        last_used: row.try_get::<Option<i64>, _>(8)?.map(time),
    }))
}
