//! `preferences`: what the window's screen of settings shows and changes, each at once and alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::settings::{Language, Settings, Shade, Tell};

/// Asks for them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct PreferencesShow {}

/// How a person wants it, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Preferences {
    /// Which language the window speaks.
    pub language: Language,
    /// How light the window is.
    pub appearance: Shade,
    /// Which icon the tray shows on Linux.
    pub tray_icon: Shade,
    /// Whether Larder starts at login.
    pub start_at_login: bool,
    /// The port of every run; none before the first start.
    pub port: Option<u16>,
    /// How long lists, latest and branches are given without asking, in seconds.
    pub fresh_for_secs: u64,
    /// How many modules are fetched from version control at once, at most.
    pub direct_at_once: u64,
    /// Whether notifications name private modules.
    pub private_names: bool,
    /// What is told by notifications.
    pub tell: Tell,
    /// Of what is above, the names of what this run does not go by yet: the next one does.
    pub at_next_start: Vec<String>,
    /// The settings file.
    pub settings_file: String,
    /// What can't be rebuilt.
    pub data_folder: String,
    /// What can.
    pub cache_folder: String,
    /// The log files.
    pub log_folder: String,
    /// Larder's version.
    pub version: String,
}

/// Changes some of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct SetPreferences {
    /// Which, and to what.
    pub change: PreferencesChange,
}

/// What is to be changed; what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields)]
pub struct PreferencesChange {
    /// Which language the window speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// How light the window is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appearance: Option<Shade>,
    /// Which icon the tray shows on Linux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tray_icon: Option<Shade>,
    /// Whether Larder starts at login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_at_login: Option<bool>,
    /// The port of every run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How long what changes is given without asking, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh_for_secs: Option<u64>,
    /// How many modules are fetched from version control at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct_at_once: Option<u64>,
    /// Whether notifications name private modules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_names: Option<bool>,
    /// What is told by notifications.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tell: Option<TellChange>,
}

/// Which switches of what is told are to be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields)]
pub struct TellChange {
    /// That another profile is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switched: Option<bool>,
    /// That Larder is offline, and back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offline: Option<bool>,
    /// That an upstream asks to sign in, or refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<bool>,
    /// That a hash does not agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<bool>,
    /// That the disk is nearly full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<bool>,
}

impl Call for PreferencesShow {
    const NAME: &'static str = "preferences";
    type Answer = Preferences;

    async fn run(self, app: &App) -> Result<Preferences, Failure> {
        Ok(preferences(app))
    }
}

impl Call for SetPreferences {
    const NAME: &'static str = "set-preferences";
    type Answer = Preferences;

    async fn run(self, app: &App) -> Result<Preferences, Failure> {
        let change = self.change;
        if change.port == Some(0) {
            return Err(Failure::new(
                Code::BadInput,
                "0 is no port: a number from 1 to 65535 is",
            ));
        }
        let login = change
            .start_at_login
            .filter(|wanted| *wanted != app.settings().window.start_at_login);
        if let Some(wanted) = login {
            // The host first: what it can't do is not written down as done.
            app.start_at_login(wanted).await?;
        }
        let changing = app.change_settings(move |path| {
            Settings::set_preferences(path, |settings| change.apply(settings))
        });
        if let Err(failure) = changing.await {
            if let Some(wanted) = login {
                app.start_at_login(!wanted).await?;
            }
            return Err(failure);
        }
        Ok(preferences(app))
    }
}

impl PreferencesChange {
    fn apply(self, settings: &mut Settings) {
        fn set<T>(place: &mut T, wanted: Option<T>) {
            if let Some(wanted) = wanted {
                *place = wanted;
            }
        }
        let window = &mut settings.window;
        set(&mut window.language, self.language);
        set(&mut window.appearance, self.appearance);
        set(&mut window.tray_icon, self.tray_icon);
        set(&mut window.start_at_login, self.start_at_login);
        set(&mut window.private_names, self.private_names);
        let tell = self.tell.unwrap_or_default();
        set(&mut window.tell.switched, tell.switched);
        set(&mut window.tell.offline, tell.offline);
        set(&mut window.tell.sign_in, tell.sign_in);
        set(&mut window.tell.hash, tell.hash);
        set(&mut window.tell.disk, tell.disk);
        set(&mut settings.port, self.port.map(Some));
        set(
            &mut settings.fresh_for,
            self.fresh_for_secs.map(Duration::from_secs),
        );
        let at_once = self
            .direct_at_once
            .map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        set(&mut settings.direct_at_once, at_once);
    }
}

fn preferences(app: &App) -> Preferences {
    let settings = app.settings();
    let window = settings.window;
    let begun = app.settings_of_start();
    let mut at_next_start = Vec::new();
    if let Ok(serving) = app.serving() {
        let differs = [
            (
                "port",
                settings.port.is_some_and(|port| port != serving.port()),
            ),
            ("fresh_for_secs", settings.fresh_for != begun.fresh_for),
            (
                "direct_at_once",
                settings.direct_at_once != begun.direct_at_once,
            ),
        ];
        let differs = differs.into_iter().filter(|(_, differs)| *differs);
        at_next_start.extend(differs.map(|(name, _)| name.to_owned()));
    }
    let places = app.places();
    let shown = |path: &std::path::Path| path.display().to_string();
    Preferences {
        language: window.language,
        appearance: window.appearance,
        tray_icon: window.tray_icon,
        start_at_login: window.start_at_login,
        port: settings.port,
        fresh_for_secs: settings.fresh_for.as_secs(),
        direct_at_once: settings.direct_at_once as u64,
        private_names: window.private_names,
        tell: window.tell,
        at_next_start,
        settings_file: shown(&places.settings()),
        data_folder: shown(&places.data),
        cache_folder: shown(&places.cache),
        log_folder: shown(&places.logs),
        version: crate::VERSION.to_owned(),
    }
}
