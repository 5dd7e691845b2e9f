//! The index made anew from the files: a walk tells the writer which versions there are, and it looks at each.

use tokio_util::sync::CancellationToken;

use crate::error::StoreError;
use crate::index::Change;
use crate::layout::Tree;
use crate::progress::{self, OnProgress};
use crate::store::Store;

/// Versions told to the writer at once.
const CHUNK: usize = 256;

impl Store {
    /// Brings the index in line with the files. When a version was last used is kept where the index still knows it;
    /// what is committed or cleared meanwhile is right at the end all the same.
    ///
    /// # Errors
    /// [`StoreError::Cancelled`] by the token: the index is as it was, and [`Store::needs_rebuild`] too.
    pub async fn rebuild_index(
        &self,
        on_progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), StoreError> {
        let _turn = self.care_turn().await?;
        self.rebuild_in_turn(on_progress, cancel).await
    }

    /// The same, for who has the turn already.
    pub(crate) async fn rebuild_in_turn(
        &self,
        on_progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), StoreError> {
        let index = self.index();
        let begun = index.ask(Change::WalkBegins).await??;
        let total = index.usage().await?.versions;
        let (store, sender) = (self.clone(), index.sender());
        progress::run(total, on_progress, cancel, move |steps| {
            for tree in store.files().trees()? {
                let mut chunk: Vec<(Tree, _)> = Vec::new();
                store.files().walk(&tree, |met| {
                    steps.check()?;
                    let Some(place) = met.place else {
                        return Ok(());
                    };
                    // Files come in the order of their names: those of one version nearly always in a row.
                    if chunk.last().is_some_and(|(_, last)| *last == place.version) {
                        return Ok(());
                    }
                    if chunk.len() == CHUNK {
                        let full = std::mem::take(&mut chunk);
                        sender
                            .blocking_send(Change::Look(full))
                            .map_err(|_| StoreError::Closed)?;
                    }
                    chunk.push((tree.clone(), place.version));
                    steps.done(0);
                    Ok(())
                })?;
                sender
                    .blocking_send(Change::Look(chunk))
                    .map_err(|_| StoreError::Closed)?;
            }
            Ok(())
        })
        .await?;
        index.ask(|reply| Change::WalkEnds(begun, reply)).await?
    }
}
