//! What is kept, as the index knows it.

use go_module::{FileKind, ModuleVersion};

use crate::database_files::count;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::index::{Change, Cursor, ListedVersion, Usage};
use crate::layout::Tree;
use crate::store::{Store, blocking};

impl Store {
    /// How much is kept. The bytes of checksum databases are counted on the disk, and may be some seconds old.
    pub async fn usage(&self) -> Result<Usage, StoreError> {
        let mut usage = self.index().usage().await?;
        let store = self.clone();
        usage.database_bytes =
            blocking(move || Ok(store.database_size().get(|| count(store.files())))).await?;
        Ok(usage)
    }

    /// What is kept, ordered by tree, path and version text.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<ListedVersion>, StoreError> {
        self.index()
            .list(filter, &Cursor::default(), usize::MAX)
            .await
    }

    /// At most `limit` versions of [`Store::list`], from the beginning or after a [`ListedVersion::cursor`].
    pub async fn list_page(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, StoreError> {
        let start = Cursor::default();
        self.index()
            .list(filter, after.unwrap_or(&start), limit)
            .await
    }

    /// At most `limit` versions in realms, from the beginning or after a [`ListedVersion::cursor`]; in the order of
    /// [`Store::list`], where the realms come last. What leaves a realm on the way is passed over, what is added may be.
    pub async fn in_realms(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, StoreError> {
        let start = Cursor::of_realms();
        self.index()
            .list(&Filter::all(), after.unwrap_or(&start), limit)
            .await
    }

    /// At most `limit` versions that have a file but lack `.info` or `.mod`, and what they lack.
    pub async fn incomplete(
        &self,
        limit: usize,
    ) -> Result<Vec<(Tree, ModuleVersion, Vec<FileKind>)>, StoreError> {
        self.index().incomplete(limit).await
    }

    /// Whether the index may differ from the files: it is new, or the last process ended without closing it, or it fell
    /// behind. [`Store::rebuild_index`] puts it right.
    pub fn needs_rebuild(&self) -> bool {
        self.index().is_stale()
    }

    /// Ends as soon as [`Store::needs_rebuild`]. Who rebuilds in a loop rests a while after an error: a full disk lets no
    /// index be written.
    pub async fn until_needs_rebuild(&self) {
        self.index().until_stale().await;
    }

    /// Waits until the index holds everything committed and used so far.
    pub async fn flush_index(&self) -> Result<(), StoreError> {
        self.index().ask(Change::Flush).await
    }
}
