//! The tray icon and its menu: they follow how Larder is, whoever changed it, and hand a click on.

mod face;
mod host;
mod icon;
mod menu;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use app::command::{ChangesFeed, PreferencesShow, State};
use app::mood::Shown;
use app::{Failure, Mood, Shade, Topic};
use futures_util::StreamExt;
use server::Client;
use tauri::AppHandle;
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tokio::time::sleep_until;

pub(crate) use self::host::TrayHost;
pub(crate) use self::menu::{Click, Menu};

use self::face::Face;
use self::icon::Icon;
use crate::engine::{Engine, Standing};
use crate::look::Look;

/// Its name, also of its picture's file.
const ID: &str = "larder";

/// The tray icon, its menu, and what they show.
pub(crate) struct Tray {
    handle: AppHandle,
    icon: TrayIcon,
    menu: Arc<Menu>,
    look: Look,
    /// The state now, and the one that is shown: it has held for a moment.
    mood: Mood,
    shown: Shown,
    /// What a person wants of the icon: on a light panel, on a dark one, or as Larder thinks best.
    on_dark: Option<bool>,
    drawn: Icon,
}

/// Puts the icon into the tray; on the main thread.
///
/// # Errors
/// Where the toolkit refuses.
pub(crate) fn put(handle: &AppHandle, look: Look, folder: &Path) -> tauri::Result<Tray> {
    let menu = Arc::new(Menu::new(handle)?);
    let drawn = Icon {
        mood: Mood::Serving,
        on_dark: look.has_dark_panel(),
        large: is_large(handle),
    };
    let icon = TrayIconBuilder::with_id(ID)
        .icon(drawn.image()?)
        .menu(menu.native())
        .temp_dir_path(folder)
        .build(handle)?;
    Ok(Tray {
        handle: handle.clone(),
        icon,
        menu,
        look,
        mood: Mood::Serving,
        shown: Shown::new(Mood::Serving),
        on_dark: None,
        drawn,
    })
}

/// Whether the first screen has twice the pixels.
fn is_large(handle: &AppHandle) -> bool {
    let monitor = handle.primary_monitor().ok().flatten();
    monitor.is_some_and(|monitor| monitor.scale_factor() > 1.0)
}

impl Tray {
    /// The menu, to know what a click means.
    pub(crate) fn menu(&self) -> Arc<Menu> {
        Arc::clone(&self.menu)
    }

    /// Follows how Larder is, until the program ends.
    pub(crate) async fn follow(mut self, engine: Engine) {
        let mut standing = engine.standing();
        loop {
            let now = standing.borrow_and_update().clone();
            let shown = async {
                match now {
                    Standing::Starting => self.say(Face::starting()),
                    Standing::Failed(failure) => self.say(Face::failed(&failure)),
                    Standing::There(client) => {
                        if let Err(failure) = self.follow_client(&client).await {
                            tracing::debug!("the tray asks anew: {failure}");
                        }
                    }
                }
                // Until the standing changes there is nothing more to be shown.
                std::future::pending::<()>().await
            };
            tokio::select! {
                changed = standing.changed() => if changed.is_err() { return },
                () = shown => {}
            }
        }
    }

    /// Shows how this instance is, until it ends.
    async fn follow_client(&mut self, client: &Client) -> Result<(), Failure> {
        let mut changes = client.follow::<ChangesFeed>(0);
        let mut dark = self.look.changes();
        self.on_dark = wanted(client).await?;
        self.say(Face::of(&client.call(State {}).await?));
        loop {
            tokio::select! {
                change = changes.next() => match change {
                    Some(change) => {
                        let topics = change?.topics;
                        if topics.contains(&Topic::Settings) {
                            self.on_dark = wanted(client).await?;
                        }
                        if topics.into_iter().any(concerns) {
                            self.say(Face::of(&client.call(State {}).await?));
                        }
                    }
                    None => return Ok(()),
                },
                () = held(self.shown.due()) => self.draw(),
                Ok(()) = dark.changed() => self.draw(),
            }
        }
    }

    /// Shows this face; the icon follows when its state has held.
    fn say(&mut self, face: Face) {
        self.mood = face.mood;
        self.draw();
        let (menu, handle) = (Arc::clone(&self.menu), self.handle.clone());
        // There and nowhere else is the menu changed, so that nobody waits for anybody.
        let told = self.handle.run_on_main_thread(move || {
            if let Err(error) = menu.show(&handle, &face) {
                tracing::warn!("the menu can't be changed: {error}");
            }
        });
        if told.is_err() {
            tracing::debug!("the menu is gone");
        }
    }

    /// Draws the icon, where another one is to be seen now.
    fn draw(&mut self) {
        let icon = Icon {
            mood: self.shown.see(self.mood, Instant::now()),
            on_dark: self.on_dark.unwrap_or_else(|| self.look.has_dark_panel()),
            large: self.drawn.large,
        };
        if icon == self.drawn {
            return;
        }
        self.drawn = icon;
        let changed = icon
            .image()
            .and_then(|image| self.icon.set_icon(Some(image)));
        if let Err(error) = changed {
            tracing::warn!("the tray icon can't be changed: {error}");
        }
    }
}

/// Waits until a state has held; for ever, where none is on its way.
async fn held(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

/// Whether it may show in the menu.
fn concerns(topic: Topic) -> bool {
    matches!(
        topic,
        Topic::State
            | Topic::Profiles
            | Topic::Settings
            | Topic::GoEnv
            | Topic::Cache
            | Topic::Stock
    )
}

/// Whether the settings say that the icon stands on a dark panel.
async fn wanted(client: &Client) -> Result<Option<bool>, Failure> {
    let preferences = client.call(PreferencesShow {}).await?;
    Ok(match preferences.tray_icon {
        Shade::Auto => None,
        // Named after the glyph: a light one is for a dark panel.
        Shade::Light => Some(true),
        Shade::Dark => Some(false),
    })
}
