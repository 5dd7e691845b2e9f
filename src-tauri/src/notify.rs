//! The notifications of the engine, handed to the desktop. When there are any and what they say is the engine's.

use std::sync::Arc;

use app::command::NotificationsFeed;
use app::{Failure, Notification as Told};
use futures_util::StreamExt;
use notify_rust::{Notification, NotificationHandle};
use server::Client;
use tauri::AppHandle;
use tokio::sync::Semaphore;

use crate::engine::{Engine, Standing};
use crate::window;

/// How many notifications a click is waited for at once; of more, a click does nothing.
const CLICKS: usize = 8;
/// Names this program's entry among the desktop's programs.
const ENTRY: &str = "larder";

/// Hands them on until the program ends.
pub(crate) async fn follow(handle: AppHandle, engine: Engine) {
    let clicks = Arc::new(Semaphore::new(CLICKS));
    let mut standing = engine.standing();
    loop {
        let now = standing.borrow_and_update().clone();
        let following = async {
            if let Standing::There(client) = now
                && let Err(failure) = follow_client(&client, &handle, &clicks).await
            {
                tracing::debug!("notifications are not followed: {failure}");
            }
            std::future::pending::<()>().await
        };
        tokio::select! {
            changed = standing.changed() => if changed.is_err() { return },
            () = following => {}
        }
    }
}

async fn follow_client(
    client: &Client,
    handle: &AppHandle,
    clicks: &Arc<Semaphore>,
) -> Result<(), Failure> {
    let mut notifications = client.follow::<NotificationsFeed>(0);
    while let Some(told) = notifications.next().await {
        show(told?, handle, clicks).await;
    }
    Ok(())
}

/// Shows it; a click opens the window where it says. Without anybody to show it, that is no trouble: what needs a hand
/// stands in the window too.
async fn show(told: Told, handle: &AppHandle, clicks: &Arc<Semaphore>) {
    let mut notification = of(&told.title, &told.body);
    notification.action("default", "Open");
    let shown = match notification.show_async().await {
        Ok(shown) => shown,
        Err(error) => {
            tracing::debug!("nobody shows notifications: {error}");
            return;
        }
    };
    let Ok(permit) = Arc::clone(clicks).try_acquire_owned() else {
        return;
    };
    let handle = handle.clone();
    tauri::async_runtime::spawn_blocking(move || {
        wait_for_click(shown, || window::open(&handle, Some(&told.route)));
        drop(permit);
    });
}

fn wait_for_click(shown: NotificationHandle, clicked: impl FnOnce()) {
    let mut clicked = Some(clicked);
    shown.wait_for_action(|action| {
        if action == "default"
            && let Some(clicked) = clicked.take()
        {
            clicked();
        }
    });
}

/// Says that something a person wanted of the tray could not be done.
pub(crate) async fn tell_failed(failure: &Failure) {
    let hint = failure
        .hints
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    if let Err(error) = of(&failure.message, hint).show_async().await {
        tracing::debug!("nobody shows notifications: {error}");
    }
}

/// Says that go env could not be given back, and how a person does it.
pub(crate) async fn tell_not_given_back(why: &Failure) {
    let body = format!("{}. Give it back with: larder env off", why.message);
    let shown = of("go env still points at Larder", &body)
        .show_async()
        .await;
    if let Err(error) = shown {
        tracing::debug!("nobody shows notifications: {error}");
    }
}

fn of(title: &str, body: &str) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Larder")
        .icon(ENTRY)
        .summary(title)
        .body(body);
    notification.hint(notify_rust::Hint::DesktopEntry(ENTRY.to_owned()));
    notification
}
