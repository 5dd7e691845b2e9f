//! Keeps: which versions stay when room is made, and who wants them. Lasting, and about versions that may come later too.

use std::collections::HashSet;

use go_module::{ModulePath, ModuleVersion, Version};
use serde_json::{Value, json};
use sqlx::Row;

use crate::error::StoreError;
use crate::filter::Filter;
use crate::state::State;
use crate::store::Store;

/// What one owner wants to stay. Nothing of it need be there.
#[derive(Debug, Clone, Default)]
pub struct Keep {
    /// Who wants it: `person`, or `project:` and the absolute path of a project's folder.
    pub owner: String,
    /// Versions by name, ordered by path and version.
    pub versions: Vec<ModuleVersion>,
    /// Patterns, ordered by their text: they stand for what they match now and later.
    pub patterns: Vec<Filter>,
}

/// All that must stay, made to be asked of many versions.
#[derive(Debug, Clone, Default)]
pub struct Keeps {
    versions: HashSet<ModuleVersion>,
    patterns: Vec<Filter>,
}

impl Keeps {
    /// Whether nobody wants anything to stay.
    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty() && self.patterns.is_empty()
    }

    /// Whether somebody wants this version to stay.
    pub fn cover(&self, version: &ModuleVersion) -> bool {
        self.versions.contains(version) || self.match_patterns(&version.path, &version.version)
    }

    /// The same of a version by its parts.
    pub fn cover_named(&self, path: &ModulePath, version: &Version) -> bool {
        let named = || ModuleVersion::new(path.clone(), version.clone());
        let is_named = !self.versions.is_empty()
            && named().is_ok_and(|version| self.versions.contains(&version));
        is_named || self.match_patterns(path, version)
    }

    fn match_patterns(&self, path: &ModulePath, version: &Version) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| pattern.matches(path, version))
    }
}

impl FromIterator<Keep> for Keeps {
    fn from_iter<T: IntoIterator<Item = Keep>>(keeps: T) -> Self {
        let mut all = Self::default();
        for keep in keeps {
            all.versions.extend(keep.versions);
            all.patterns.extend(keep.patterns);
        }
        all
    }
}

impl Store {
    /// Says which versions an owner wants to stay, in the place of those it named before; its patterns are left alone.
    /// What is named need not be there yet. All of it is on the disk when this returns, or nothing is changed; and from
    /// then on nothing of it goes when room is made.
    pub async fn keep(&self, owner: &str, versions: &[ModuleVersion]) -> Result<(), StoreError> {
        let mut changes = self.keeping().lock().await;
        *changes += 1;
        self.state().keep(owner, versions).await
    }

    /// Adds a pattern to what an owner wants to stay; says whether it is new.
    pub async fn keep_pattern(&self, owner: &str, pattern: &Filter) -> Result<bool, StoreError> {
        let mut changes = self.keeping().lock().await;
        *changes += 1;
        self.state().keep_pattern(owner, pattern).await
    }

    /// Takes a pattern back, by its text; says whether the owner had it.
    pub async fn release_pattern(&self, owner: &str, pattern: &Filter) -> Result<bool, StoreError> {
        let mut changes = self.keeping().lock().await;
        *changes += 1;
        self.state().release_pattern(owner, pattern).await
    }

    /// Forgets all that an owner wants to stay; says whether there was anything.
    pub async fn release(&self, owner: &str) -> Result<bool, StoreError> {
        let mut changes = self.keeping().lock().await;
        *changes += 1;
        self.state().release(owner).await
    }

    /// What is wanted to stay, ordered by owner.
    pub async fn keeps(&self) -> Result<Vec<Keep>, StoreError> {
        self.state().keeps().await
    }
}

impl State {
    async fn keep(&self, owner: &str, versions: &[ModuleVersion]) -> Result<(), StoreError> {
        let names = Value::from_iter(versions.iter().map(|version| json!(version.to_string())));
        let pool = self.pool().await?;
        let replaced = async {
            let mut transaction = pool.begin().await?;
            sqlx::query("DELETE FROM keeps WHERE owner = ?1 AND NOT is_pattern")
                .bind(owner.to_owned())
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "INSERT OR IGNORE INTO keeps (owner, is_pattern, what) SELECT ?1, 0, value FROM json_each(?2)",
            )
            .bind(owner.to_owned())
            .bind(names.to_string())
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await
        };
        replaced.await.map_err(|error| self.error(error))
    }

    async fn keep_pattern(&self, owner: &str, pattern: &Filter) -> Result<bool, StoreError> {
        let added =
            sqlx::query("INSERT OR IGNORE INTO keeps (owner, is_pattern, what) VALUES (?1, 1, ?2)")
                .bind(owner.to_owned())
                .bind(pattern.to_string())
                .execute(&self.pool().await?)
                .await
                .map_err(|error| self.error(error))?;
        Ok(added.rows_affected() > 0)
    }

    async fn release_pattern(&self, owner: &str, pattern: &Filter) -> Result<bool, StoreError> {
        let removed =
            sqlx::query("DELETE FROM keeps WHERE (owner, is_pattern, what) = (?1, 1, ?2)")
                .bind(owner.to_owned())
                .bind(pattern.to_string())
                .execute(&self.pool().await?)
                .await
                .map_err(|error| self.error(error))?;
        Ok(removed.rows_affected() > 0)
    }

    async fn release(&self, owner: &str) -> Result<bool, StoreError> {
        let removed = sqlx::query("DELETE FROM keeps WHERE owner = ?1")
            .bind(owner.to_owned())
            .execute(&self.pool().await?)
            .await
            .map_err(|error| self.error(error))?;
        Ok(removed.rows_affected() > 0)
    }

    async fn keeps(&self) -> Result<Vec<Keep>, StoreError> {
        let rows = sqlx::query(
            "SELECT owner, is_pattern, what FROM keeps ORDER BY owner, is_pattern, what",
        )
        .fetch_all(&self.pool().await?)
        .await
        .map_err(|error| self.error(error))?;
        let mut keeps: Vec<Keep> = Vec::new();
        for row in &rows {
            let read = (|| {
                let (owner, is_pattern): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
                let what: String = row.try_get(2)?;
                if keeps.last().is_none_or(|last| last.owner != owner) {
                    keeps.push(Keep {
                        owner,
                        ..Keep::default()
                    });
                }
                let Some(keep) = keeps.last_mut() else {
                    return Ok(());
                };
                // One that says nothing is an error: passed over, what it meant would go.
                if is_pattern {
                    keep.patterns.push(read_pattern(&what).map_err(unreadable)?);
                } else {
                    let version = ModuleVersion::parse(&what).map_err(unreadable)?;
                    keep.versions.push(version);
                }
                Ok(())
            })();
            read.map_err(|error| self.error(error))?;
        }
        for keep in &mut keeps {
            keep.versions.sort_unstable();
        }
        Ok(keeps)
    }
}

/// The inverse of a filter's text.
fn read_pattern(text: &str) -> Result<Filter, StoreError> {
    if text == Filter::all().to_string() {
        return Ok(Filter::all());
    }
    Filter::parse(text)
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: "what".to_owned(),
        source: Box::new(error),
    }
}
