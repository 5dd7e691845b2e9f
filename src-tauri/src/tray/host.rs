//! Whether the desktop shows tray icons: whether somebody on its bus watches for them.

use gtk::gio;
use tokio::sync::watch;

/// The name of whoever shows tray icons.
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Whether tray icons are shown; clones see the same.
#[derive(Clone, Debug)]
pub(crate) struct TrayHost(watch::Receiver<bool>);

impl TrayHost {
    /// Looks from now on; on the main thread.
    pub(crate) fn watch() -> Self {
        let (comes, there) = watch::channel(false);
        let goes = comes.clone();
        // Watched as long as the program lasts.
        let _ = gio::bus_watch_name(
            gio::BusType::Session,
            WATCHER,
            gio::BusNameWatcherFlags::NONE,
            move |_, _, _| {
                comes.send_replace(true);
            },
            move |_, _| {
                goes.send_replace(false);
            },
        );
        Self(there)
    }

    /// Whether they are shown now.
    pub(crate) fn is_there(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until they are.
    pub(crate) async fn comes(&self) {
        let mut there = self.0.clone();
        if there.wait_for(|there| *there).await.is_err() {
            // Nobody looks any more: the program is ending.
            std::future::pending().await
        }
    }
}
