//! The versions in the order of their use: in which they go when room is made.

use go_module::{ModulePath, ModuleVersion, Version};
use jiff::Timestamp;

use super::Index;
use crate::error::StoreError;
use crate::layout::Tree;

/// A version, and when it was last used or a file of it kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastUse {
    pub(crate) at: Timestamp,
    pub(crate) tree: Tree,
    pub(crate) version: ModuleVersion,
    /// The bytes of its files.
    pub(crate) bytes: u64,
    /// How many these are.
    pub(crate) files: u64,
}

impl Index {
    /// At most `limit` versions after `after`, that used longest ago first; of several of one moment, by tree, path and
    /// version text.
    pub(crate) async fn by_use(
        &self,
        after: Option<&LastUse>,
        limit: usize,
    ) -> Result<Vec<LastUse>, StoreError> {
        let mut from = after.map_or(
            (i64::MIN, String::new(), String::new(), String::new()),
            |last| {
                (
                    last.at.as_millisecond(),
                    last.tree.to_string(),
                    last.version.path.as_str().to_owned(),
                    last.version.version.as_str().to_owned(),
                )
            },
        );
        let limit_rows = i64::try_from(limit).unwrap_or(i64::MAX);
        loop {
            let rows: Vec<UseRow> = self
                .query(|pool| {
                    let from = from.clone();
                    async move {
                        sqlx::query_as(
                            "SELECT max(kept_at, newest_at, coalesce(last_used, 0)) AS at, tree, path, version,
                                    coalesce(info, 0) + coalesce(gomod, 0) + coalesce(zip, 0),
                                    (info IS NOT NULL) + (gomod IS NOT NULL) + (zip IS NOT NULL)
                             FROM versions
                             WHERE max(kept_at, newest_at, coalesce(last_used, 0)) >= ?1
                               AND (max(kept_at, newest_at, coalesce(last_used, 0)), tree, path, version) > (?1, ?2, ?3, ?4)
                             ORDER BY at, tree, path, version LIMIT ?5",
                        )
                        .bind(from.0)
                        .bind(from.1)
                        .bind(from.2)
                        .bind(from.3)
                        .bind(limit_rows)
                        .fetch_all(&pool)
                        .await
                    }
                })
                .await?;
            let Some(last) = rows.last() else {
                return Ok(Vec::new());
            };
            from = (last.0, last.1.clone(), last.2.clone(), last.3.clone());
            // A row that reads like no version of ours is passed over; the next walk drops it.
            let read: Vec<LastUse> = rows.iter().filter_map(last_use).collect();
            if !read.is_empty() {
                return Ok(read);
            }
        }
    }
}

/// When, tree, path, version, bytes, files.
type UseRow = (i64, String, String, String, i64, i64);

fn last_use((at, tree, path, version, bytes, files): &UseRow) -> Option<LastUse> {
    let (path, version) = (ModulePath::parse(path).ok()?, Version::parse(version).ok()?);
    Some(LastUse {
        at: Timestamp::from_millisecond(*at).ok()?,
        tree: tree.parse().ok()?,
        version: ModuleVersion::new(path, version).ok()?,
        bytes: bytes.unsigned_abs(),
        files: files.unsigned_abs(),
    })
}
