//! `profile`: where modules come from, what vouches for them and what is private; listed, shown, changed and shared.

mod change;
mod check;
mod draft;
mod mend;
mod put;
mod read;
#[cfg(test)]
mod read_tests;
mod save;
mod share;
#[cfg(test)]
mod tests;
mod typed;
mod view;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::settings::{Choice, Settings};

pub use change::{Defaulted, ProfileChange};
pub use draft::{DraftNext, DraftRule, DraftUpstream, ProfileDraft};
pub use mend::ProfileMend;
pub use put::{ProfileAdd, ProfileEdit, ProfileImport, ProfileRemove, Put, Removed};
pub use read::ProfileComplaint;
pub(super) use read::written;
pub use save::{ProfileCheck, ProfileChecked, ProfileDrafted, ProfileSave};
pub use share::{Exported, ProfileExport};
pub(super) use typed::one_address;
pub use typed::{RuleText, Typed};
pub use view::{BesideView, ProfileView, RuleView};

/// Asks which profiles there are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct ProfileList {}

/// The profiles there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Profiles {
    /// Which one is to be in force, as the settings say it.
    pub choice: Choice,
    /// Each of them, `public` first.
    pub profiles: Vec<ProfileView>,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
}

impl Call for ProfileList {
    const NAME: &'static str = "profile-list";
    type Answer = Profiles;

    async fn run(self, app: &App) -> Result<Profiles, Failure> {
        let settings = on_disk(app).await?;
        let in_force = in_force(app);
        let views = settings
            .profiles
            .iter()
            .map(|profile| ProfileView::of(profile, in_force.as_deref(), &settings.active));
        Ok(Profiles {
            profiles: views.collect(),
            notes: notes(app, &settings),
            choice: settings.active,
        })
    }
}

/// Asks for one profile.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProfileShow {
    /// Its name.
    pub name: String,
}

impl Call for ProfileShow {
    const NAME: &'static str = "profile-show";
    type Answer = ProfileView;

    async fn run(self, app: &App) -> Result<ProfileView, Failure> {
        let settings = on_disk(app).await?;
        let profile = settings.known(&self.name)?;
        let in_force = in_force(app);
        Ok(ProfileView::of(
            profile,
            in_force.as_deref(),
            &settings.active,
        ))
    }
}

/// The settings as the file has them now: that is what any change begins with.
async fn on_disk(app: &App) -> Result<Settings, Failure> {
    let path = app.places().settings();
    tokio::task::spawn_blocking(move || Settings::read(&path))
        .await
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?
}

/// The profile by which modules are delivered now, where they are.
fn in_force(app: &App) -> Option<String> {
    let serving = app.serving().ok()?;
    Some(serving.chosen().name)
}

/// What stands between the file and what is in force.
fn notes(app: &App, on_disk: &Settings) -> Vec<String> {
    let Ok(serving) = app.serving() else {
        return Vec::new();
    };
    let now = app.settings();
    let differs = now.profiles != on_disk.profiles || now.active != on_disk.active;
    let differs = differs.then(|| {
        format!(
            "settings.toml was changed since Larder read it; that is in force once you say: {}",
            command_for(&on_disk.active)
        )
    });
    let overridden = serving.overrides().told().map(str::to_owned);
    differs.into_iter().chain(overridden).collect()
}

/// How a choice is made on the command line.
fn command_for(choice: &Choice) -> String {
    match choice {
        Choice::Named(name) => format!("larder use {name}"),
        Choice::FirstThatAnswers(names) => format!("larder use --auto {}", names.join(",")),
    }
}
