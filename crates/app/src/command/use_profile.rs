//! `use`: another profile in force, at once; requests under way end by the one they began with.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use super::status::ActiveProfile;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::profile::{self, Overrides};
use crate::settings::{Choice, Settings};

/// Puts a profile in force, and reads the settings anew.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct UseProfile {
    /// Which one.
    pub choice: Choice,
}

/// What is in force now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InForce {
    /// Whether modules are delivered by it now; else from the next start on.
    pub serving: bool,
    /// What was asked for.
    pub choice: Choice,
    /// The profile; none where it will be chosen at the next start.
    pub profile: Option<ActiveProfile>,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
}

impl Call for UseProfile {
    const NAME: &'static str = "use";
    type Answer = InForce;

    async fn run(self, app: &App) -> Result<InForce, Failure> {
        let choice = self.choice;
        // From the wire it may be anything.
        let names = choice.candidates().to_vec();
        let choice = Choice::among(names).map_err(|reason| {
            Failure::new(Code::BadInput, reason).hint("see which there are: larder profile list")
        })?;
        let was = app.settings().active.clone();
        let wanted = choice.clone();
        let changing = app.change_settings(move |path| Settings::use_profile(path, &wanted));
        let settings = changing.await?;
        let mut notes = Vec::new();
        let profile = match app.serving() {
            Ok(serving) => {
                if choice.is_automatic() && was == choice {
                    app.choose_anew().await?;
                }
                notes.extend(serving.overrides().told().map(str::to_owned));
                Some(ActiveProfile::of(serving))
            }
            Err(_) => to_be(app, &settings, &mut notes).await?,
        };
        if let Some(profile) = &profile {
            notes.extend(private_elsewhere(&settings, &profile.name));
        }
        Ok(InForce {
            serving: app.serving().is_ok(),
            choice,
            profile,
            notes,
        })
    }
}

/// The profile as the next start will have it, if that is known.
async fn to_be(
    app: &App,
    settings: &Settings,
    notes: &mut Vec<String>,
) -> Result<Option<ActiveProfile>, Failure> {
    let Choice::Named(name) = &settings.active else {
        return Ok(None);
    };
    let around = app.around().await?;
    let built = profile::build(&around, settings, name, &Overrides::default(), Vec::new()).await;
    match built {
        Ok(profile) => Ok(Some(ActiveProfile::made_of(&profile, None))),
        Err(failure) if failure.code == Code::Go => {
            notes.push(format!(
                "it has go's own defaults, and what they are is not known: {failure}"
            ));
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// What is private by another profile alone, and has no place in this one: who switches may not think of it.
fn private_elsewhere(settings: &Settings, name: &str) -> Vec<String> {
    let candidates = settings.active.candidates();
    let notes = settings.private_elsewhere(name).into_iter();
    // Of those that Larder chooses among, who switches has thought.
    let notes = notes.filter(|(other, _)| !candidates.iter().any(|known| known == other));
    let notes = notes.map(|(other, patterns)| {
        let patterns: Vec<&str> = patterns.into_iter().map(String::as_str).collect();
        format!(
            "{} is private in profile {other}, and so in all: here it comes from nowhere, unless you give it a place (larder profile edit {name} --private-rule '{} -> LIST') or say that it is not private here (--not-private)",
            patterns.join(", "),
            patterns[0]
        )
    });
    notes.collect()
}
