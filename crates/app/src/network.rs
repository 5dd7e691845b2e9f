//! What follows when Larder goes offline or comes back: it is noted for the picture of the day, and go env is brought in line.

use std::sync::Arc;

use delivery::Offline;
use jiff::Timestamp;
use store::{Store, StoreError};
use tokio::sync::watch;

use crate::app::WeakApp;
use crate::go_env;

/// Follows the delivery for as long as modules are served.
pub(crate) async fn follow(
    app: WeakApp,
    store: Store,
    mut changes: watch::Receiver<Option<Arc<Offline>>>,
) {
    // What a killed process left open ended when it did.
    said(store.close_offline().await);
    let begun = changes.borrow_and_update().clone();
    note(&store, begun.as_deref()).await;
    while changes.changed().await.is_ok() {
        let now = changes.borrow_and_update().clone();
        note(&store, now.as_deref()).await;
        let Some(app) = app.upgrade() else { return };
        // The safety net stands only while online: behind it `go` would wait for the network after all.
        go_env::renew(&app).await;
    }
}

/// Notes that serving has ended, and with it what is known of the network.
pub(crate) async fn end(store: &Store) {
    said(store.offline_ended(Timestamp::now()).await);
}

async fn note(store: &Store, offline: Option<&Offline>) {
    said(match offline {
        Some(offline) => store.offline_began(offline.since).await,
        None => store.offline_ended(Timestamp::now()).await,
    });
}

fn said(noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::warn!("whether there is a network can't be noted: {error}");
    }
}
