//! Light or dark: what the desktop prefers, now and when that changes.

use std::env;

use gtk::prelude::*;
use tokio::sync::watch;

/// What the desktop looks like; clones see the same.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    dark: watch::Receiver<bool>,
    /// Whether the panel is dark whatever the rest is.
    has_dark_panel: bool,
}

impl Look {
    /// Looks, on the main thread, once the toolkit is there.
    pub(crate) fn find() -> Self {
        let desktop = env::var("XDG_CURRENT_DESKTOP").unwrap_or_default();
        let has_dark_panel = is_of_gnome(&desktop);
        let Some(settings) = gtk::Settings::default() else {
            let (_, dark) = watch::channel(false);
            return Self {
                dark,
                has_dark_panel,
            };
        };
        let (told, dark) = watch::channel(prefers_dark(&settings));
        let told_too = told.clone();
        settings.connect_gtk_theme_name_notify(move |settings| {
            told.send_replace(prefers_dark(settings));
        });
        settings.connect_gtk_application_prefer_dark_theme_notify(move |settings| {
            told_too.send_replace(prefers_dark(settings));
        });
        Self {
            dark,
            has_dark_panel,
        }
    }

    /// Whether windows are dark.
    pub(crate) fn is_dark(&self) -> bool {
        *self.dark.borrow()
    }

    /// Whether the panel is taken to be dark: its colour can't be asked for.
    pub(crate) fn has_dark_panel(&self) -> bool {
        self.has_dark_panel || self.is_dark()
    }

    /// Changes of it.
    pub(crate) fn changes(&self) -> watch::Receiver<bool> {
        self.dark.clone()
    }
}

fn prefers_dark(settings: &gtk::Settings) -> bool {
    let theme = settings.gtk_theme_name();
    settings.is_gtk_application_prefer_dark_theme()
        || theme.is_some_and(|name| name.to_ascii_lowercase().ends_with("-dark"))
}

/// GNOME's panel is dark, in the light look too.
fn is_of_gnome(desktop: &str) -> bool {
    desktop
        .split(':')
        .any(|name| name.eq_ignore_ascii_case("gnome"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gnome_is_known_by_its_name_among_others() {
        assert!(is_of_gnome("ubuntu:GNOME") && is_of_gnome("GNOME"));
        assert!(!is_of_gnome("KDE") && !is_of_gnome("") && !is_of_gnome("X-Gnomeish"));
    }
}
