//! Profiles added, changed, taken in from a file and removed: checked first, then on disk and in force at once.

use std::path::Path;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::change::ProfileChange;
use super::check;
use super::typed::{Typed, check_new_name};
use super::view::ProfileView;
use super::{in_force, on_disk};
use crate::app::App;
use crate::command::Call;
use crate::failure::{Code, Failure};
use crate::profile::{self, Overrides};
use crate::settings::{self, PUBLIC, ProfileSettings, PublicHosts, Settings};

/// Adds a profile.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProfileAdd {
    /// Its name.
    pub name: String,
    /// What it has.
    pub change: ProfileChange,
}

/// Changes a profile.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProfileEdit {
    /// Its name.
    pub name: String,
    /// What is to be different.
    pub change: ProfileChange,
}

/// Takes in a profile that was exported.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProfileImport {
    /// The name of the file, for complaints.
    pub file: String,
    /// What it holds.
    pub text: Typed,
    /// What the profile is to be called, if not as in the file.
    pub name: Option<String>,
    /// Whether it may take the place of one that there is.
    pub replace: bool,
}

/// A profile is there, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Put {
    /// The profile.
    pub profile: ProfileView,
    /// Whether there was none of its name before.
    pub is_new: bool,
    /// Whether anything is different now.
    pub changed: bool,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
}

impl Call for ProfileAdd {
    const NAME: &'static str = "profile-add";
    type Answer = Put;

    async fn run(self, app: &App) -> Result<Put, Failure> {
        let Self { name, change } = self;
        put(app, None, move |before| {
            if before.profile(&name).is_some() {
                return Err(taken(&name).hint(format!("change it: larder profile edit {name}")));
            }
            check_new_name(&name)?;
            change.applied(&ProfileSettings::new(&name), &before.profiles)
        })
        .await
    }
}

impl Call for ProfileEdit {
    const NAME: &'static str = "profile-edit";
    type Answer = Put;

    async fn run(self, app: &App) -> Result<Put, Failure> {
        let Self { name, change } = self;
        put(app, None, move |before| {
            let profile = before.known(&name)?;
            if change.is_empty() {
                let message = "nothing was said that is to be different";
                return Err(Failure::new(Code::BadInput, message)
                    .hint("see what can be: larder profile edit --help"));
            }
            change.applied(profile, &before.profiles)
        })
        .await
    }
}

impl Call for ProfileImport {
    const NAME: &'static str = "profile-import";
    type Answer = Put;

    async fn run(self, app: &App) -> Result<Put, Failure> {
        let read = settings::read_shared(Path::new(&self.file), &self.text.0)?;
        let profile = ProfileSettings {
            name: self.name.unwrap_or(read.name),
            ..read
        };
        let replace = self.replace;
        put(app, None, move |before| {
            if before.profile(&profile.name).is_none() {
                check_new_name(&profile.name)?;
            } else if !replace {
                return Err(taken(&profile.name)
                    .hint("take it in under another name: --name NAME")
                    .hint("or in the place of the one there is: --replace"));
            }
            check::leads_somewhere(&profile, &before.profiles)?;
            Ok(profile.clone())
        })
        .await
    }
}

pub(super) fn taken(name: &str) -> Failure {
    Failure::new(Code::BadInput, format!("there is a profile {name} already"))
}

/// Removes a profile; `public` is then as go has it, and stays.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProfileRemove {
    /// Its name.
    pub name: String,
}

/// It is removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Removed {
    /// Its name.
    pub name: String,
    /// Whether it is still there, as go has it: `public`.
    pub stays: bool,
}

impl Call for ProfileRemove {
    const NAME: &'static str = "profile-remove";
    type Answer = Removed;

    async fn run(self, app: &App) -> Result<Removed, Failure> {
        let stays = self.name == PUBLIC;
        let public = if stays {
            app.around()
                .await?
                .public_hosts()
                .await?
                .unwrap_or_default()
        } else {
            PublicHosts::default()
        };
        let name = self.name.clone();
        let changing = app.change_settings(move |path| {
            if name == PUBLIC {
                let before = Settings::read(path)?;
                let after = before.with(&ProfileSettings::new(PUBLIC));
                check::keep_private(&before, &after, &public)?;
            }
            Settings::remove_profile(path, &name)
        });
        changing.await?;
        Ok(Removed {
            name: self.name,
            stays,
        })
    }
}

/// Writes down the profile that `plan` makes of the settings, in the place of the one that was called `was` where that is
/// said, and puts it in force where it is the one in force.
pub(super) async fn put(
    app: &App,
    was: Option<String>,
    plan: impl Fn(&Settings) -> Result<ProfileSettings, Failure> + Send + 'static,
) -> Result<Put, Failure> {
    let before = on_disk(app).await?;
    let profile = plan(&before)?;
    let was = was.filter(|was| *was != profile.name);
    // What is said of the old name is said of the new one.
    let has_moved = was.is_some();
    let before = renamed(before, was.as_deref(), &profile.name);
    let public = app.around().await?.public_hosts().await?;
    let mut notes = notes(&profile);
    if public.is_none() {
        notes.push("go was not found, so nobody looked whether private paths lead to its own default upstreams, which are public".to_owned());
    }
    let public = public.unwrap_or_default();
    let after = before.with(&profile);
    check::keep_private(&before, &after, &public)?;
    check_usable(app, &after, &profile.name).await?;

    let changing = app.change_settings(move |path| {
        // Perhaps somebody has changed the file meanwhile.
        let before = Settings::read(path)?;
        let profile = plan(&before)?;
        let is_there = before.profile(&profile.name).is_some();
        let before = renamed(before, was.as_deref(), &profile.name);
        check::keep_private(&before, &before.with(&profile), &public)?;
        match &was {
            Some(was) => Settings::replace_renamed(path, was, &profile),
            None if is_there => Settings::replace_profile(path, &profile),
            None => Settings::add_profile(path, &profile),
        }
    });
    let settings = changing.await?;
    let name = &profile.name;
    let now = settings.known(name)?;
    Ok(Put {
        profile: ProfileView::of(now, in_force(app).as_deref(), &settings.active),
        is_new: before.profile(name).is_none(),
        changed: has_moved || before.profile(name) != Some(now),
        notes,
    })
}

/// The settings as they are once the profile that was called `was` has this name.
pub(super) fn renamed(settings: Settings, was: Option<&str>, name: &str) -> Settings {
    match was {
        Some(was) => settings.renamed(was, name),
        None => settings,
    }
}

/// Makes the profile as if it was to be put in force: a URL may be good enough for the settings and no good to be asked.
async fn check_usable(app: &App, settings: &Settings, name: &str) -> Result<(), Failure> {
    let around = app.around().await?;
    let built = profile::build(&around, settings, name, &Overrides::default(), Vec::new()).await;
    match built {
        Ok(_) => Ok(()),
        // Without a go its defaults are not known; that is no fault of the profile.
        Err(failure) if failure.code == Code::Go => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// What a person may not have meant.
fn notes(profile: &ProfileSettings) -> Vec<String> {
    let mut notes = Vec::new();
    if !profile.private.is_empty() && profile.private_upstreams.is_none() {
        let is_for = |pattern: &String| {
            let mut rules = profile.rules.iter().filter(|rule| rule.private);
            rules.any(|rule| rule.patterns.contains(pattern))
        };
        let nowhere: Vec<&str> = profile
            .private
            .iter()
            .filter(|pattern| !is_for(pattern))
            .map(String::as_str)
            .collect();
        if !nowhere.is_empty() {
            notes.push(format!(
                "{} is private and comes from nowhere: there are no private upstreams",
                nowhere.join(", ")
            ));
        }
    }
    let own = profile.private_patterns();
    notes.extend(profile.all_private().filter_map(|pattern| {
        let base = pattern.trim_end_matches('/').strip_suffix("/*")?;
        let is_plain = !base.contains(['*', '?', '[', '\\']);
        (is_plain && !own.matches(base)).then(|| {
            format!("{pattern} is not for {base} itself; {base} as a pattern is for both, as go reads it")
        })
    }));
    if super::share::holds_secrets(profile) {
        notes.push(format!(
            "a URL holds a user name, a password or a query, which stands in settings.toml in plain text; a password goes to where it is safe by: larder credentials import --profile {}",
            profile.name
        ));
    }
    notes
}
