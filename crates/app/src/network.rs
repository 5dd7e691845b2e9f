//! What follows when Larder goes offline or comes back: go env is brought in line.

use std::sync::Arc;

use delivery::Offline;
use tokio::sync::watch;

use crate::app::WeakApp;
use crate::go_env;

/// Follows the delivery for as long as modules are served.
pub(crate) async fn follow(app: WeakApp, mut changes: watch::Receiver<Option<Arc<Offline>>>) {
    while changes.changed().await.is_ok() {
        let Some(app) = app.upgrade() else { return };
        // The safety net stands only while online: behind it `go` would wait for the network after all.
        go_env::renew(&app).await;
    }
}
