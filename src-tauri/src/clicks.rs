//! What a click in the tray's menu does. Each is one question to the engine; what comes of it the menu hears as
//! everybody does.

use std::path::PathBuf;
use std::sync::Arc;

use app::command::{Pause, Resume, SetOffline, Stock, StockList, UseProfile};
use app::stock::{Remembered, Subject};
use app::{By, Choice, Failure, OfflineMode};
use tauri::AppHandle;

use crate::engine::Engine;
use crate::folder;
use crate::tray::{Click, Menu};
use crate::window;

/// Hands on what is clicked from now on.
pub(crate) fn follow(handle: &AppHandle, menu: Arc<Menu>, engine: Engine) {
    handle.on_menu_event(move |handle, event| {
        if let Err(error) = menu.check() {
            tracing::warn!("the menu can't be changed: {error}");
        }
        let Some(click) = menu.click(event.id().as_ref()) else {
            return;
        };
        match click {
            Click::Open => window::open(handle, None),
            Click::AllProfiles => window::open(handle, Some("/upstreams")),
            Click::Missing => window::open(handle, Some("/stock")),
            Click::Quit => handle.exit(0),
            Click::Profile(_) | Click::Offline(_) | Click::Pause(_) | Click::Stock => {
                let (handle, engine) = (handle.clone(), engine.clone());
                tauri::async_runtime::spawn(async move {
                    if let Err(failure) = By::Tray.asks(ask(&handle, &engine, click)).await {
                        tracing::warn!("the tray could not do it: {failure}");
                        crate::notify::tell_failed(&failure).await;
                    }
                });
            }
        }
    });
}

async fn ask(handle: &AppHandle, engine: &Engine, click: Click) -> Result<(), Failure> {
    let client = engine.client().await?;
    match click {
        Click::Profile(name) => {
            let choice = Choice::Named(name);
            client.call(UseProfile { choice }).await.map(drop)
        }
        Click::Offline(on) => {
            let mode = if on {
                OfflineMode::On
            } else {
                OfflineMode::Auto
            };
            client.call(SetOffline { mode: Some(mode) }).await.map(drop)
        }
        Click::Pause(true) => client.call(Pause {}).await.map(drop),
        Click::Pause(false) => client.call(Resume::default()).await.map(drop),
        Click::Stock => {
            let last = last(client.call(StockList {}).await?);
            if let Some(folder) = folder::choose(handle, "Stock a folder", last).await? {
                let subjects = vec![Subject::Project(folder)];
                client.start(Stock { subjects }).await?;
                window::open(handle, Some("/stock"));
            }
            Ok(())
        }
        Click::Open | Click::AllProfiles | Click::Missing | Click::Quit => Ok(()),
    }
}

/// The project that was stocked last: the dialog opens there.
fn last(mut stocked: Vec<Remembered>) -> Option<PathBuf> {
    stocked.sort_by_key(|project| std::cmp::Reverse(project.at()));
    stocked
        .into_iter()
        .find_map(|project| match project.subject {
            Subject::Project(folder) => Some(folder),
            Subject::Module(_) => None,
        })
}
