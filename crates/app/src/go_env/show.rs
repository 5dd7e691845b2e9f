//! How go env stands for a caller: what Larder wants, what the file says, what the shell says over it, and who wins.

use go_tool::go_env::{
    Difference, EnvFile, EnvLocation, Override, Winner, Wish, Wishes, overrides, read_back, shown,
};
use go_tool::{CallerEnv, Go, Installation, installations};

use super::found::KEYS;
use super::in_force::{ask, defaults_of, go_defaults, ground, port};
use super::kept::Kept;
use super::report::{EnvReport, EnvSetting, EnvWinner, EnvWish, GoCommand};
use super::wishes::{Wanted, wanted};
use super::{file, in_background, trouble};
use crate::app::App;
use crate::failure::Failure;

/// What was looked at in one go.
struct Seen {
    location: EnvLocation,
    kept: Option<Kept>,
    file: EnvFile,
    overrides: Vec<Override>,
    installations: Vec<Installation>,
    go: Result<Go, Failure>,
    problems: Vec<Failure>,
}

/// How go env stands for the caller.
///
/// # Errors
/// `bad-input` or `disk` where the caller's go env file can't be found or read.
pub(super) async fn show(app: &App, caller: CallerEnv) -> Result<EnvReport, Failure> {
    let (data, asking) = (app.places().data.clone(), caller.clone());
    let seen = in_background(move || look(&data, &asking)).await?;
    let mut problems = seen.problems;
    let mut notes = Vec::new();
    if app.go_env().paused().is_some() {
        notes.push(
            "Larder is paused, and go env is as it was before: larder resume points go here again"
                .to_owned(),
        );
    }
    let is_on = match &seen.kept {
        Some(kept) => {
            let stands = kept.record.still_stands();
            stands.map_err(|error| trouble::of_file(&error))?
        }
        None => false,
    };

    let says = seen.file.get_text("GOPROXY").unwrap_or_default();
    if seen.kept.is_none() && super::is_larders(&super::own(app), &says) {
        notes.push(
            "this file points at Larder, which has no record of what it was before (go-env in its data folder is gone): larder env off takes out what is Larder's, larder env on begins anew"
                .to_owned(),
        );
    }

    let mut defaults = Err(());
    match &seen.go {
        Ok(go) => match ask(go).await {
            Ok(said) => defaults = Ok(defaults_of(&said)),
            Err(failure) => problems.push(failure),
        },
        Err(failure) => {
            problems.push(failure.clone());
            defaults = go_defaults(app).await.map_err(drop);
        }
    }
    let mut wants = None;
    if let (Ok(defaults), Some(port)) = (defaults, port(app)) {
        let stays = seen.kept.as_ref().map(|kept| kept.stays);
        let held = stays.unwrap_or(app.go_env().hold().lasts());
        let ground = ground(app, port, held, defaults).await?;
        wants = Some(match &seen.kept {
            Some(kept) => file::wanted_of(kept, &ground).map_err(|e| trouble::of_file(&e))?,
            None => wanted(&ground, &file::stranger(&seen.file)),
        });
    }
    let wishes = wants.as_ref().map(|wants| &wants.wishes);
    let differences = match (&seen.go, wishes) {
        (Ok(go), Some(wishes)) => {
            let asked = read_back(go, &seen.location, &caller, wishes).await;
            asked
                .map_err(|error| problems.push(trouble::of_go(&error)))
                .ok()
        }
        _ => None,
    };
    let settings = KEYS.into_iter().filter_map(|key| {
        let looked = Looked {
            key,
            is_on,
            file: &seen.file,
            shell: seen.overrides.iter().find(|over| over.key == key),
            wishes,
            differences: differences.as_deref(),
        };
        looked.setting()
    });
    let settings: Vec<EnvSetting> = settings.collect();

    let mut no_safety_net = Some("it is not known yet what Larder wants".to_owned());
    if let Some(Wanted {
        net, notes: more, ..
    }) = &wants
    {
        no_safety_net = net.err().map(str::to_owned);
        notes.extend(more.iter().cloned());
    }
    let told = |found: &Installation| GoCommand {
        path: found.path.clone(),
        version: found.version.clone().unwrap_or_else(|what| what),
    };
    let path = seen
        .go
        .as_ref()
        .map(|go| go.path().to_owned())
        .unwrap_or_default();
    let (its_own, others): (Vec<_>, Vec<_>) = seen
        .installations
        .iter()
        .partition(|found| found.path == path);
    Ok(EnvReport {
        file: seen.location.named().to_owned(),
        link_to: seen
            .location
            .is_link()
            .then(|| seen.location.file().to_owned()),
        on: is_on,
        stays: is_on && seen.kept.as_ref().is_some_and(|kept| kept.stays),
        hold: app.go_env().hold(),
        profile: app.profile_in_use(),
        settings,
        no_safety_net,
        go: its_own.first().map(|found| told(found)).or_else(|| {
            seen.go.as_ref().ok().map(|go| GoCommand {
                path: go.path().to_owned(),
                version: go.version().to_owned(),
            })
        }),
        other_go: others.into_iter().map(told).collect(),
        restore_script: seen.kept.as_ref().filter(|_| is_on).map(Kept::script),
        notes,
        problems,
    })
}

fn look(data: &std::path::Path, caller: &CallerEnv) -> Result<Seen, Failure> {
    let of_file = |error| trouble::of_file(&error);
    let location = EnvLocation::of(caller).map_err(of_file)?;
    let bytes = location.read().map_err(of_file)?;
    let writable = location.check_writable();
    Ok(Seen {
        kept: Kept::of(data, &location)?,
        file: EnvFile::new(bytes.unwrap_or_default()),
        overrides: overrides(caller, &KEYS),
        installations: installations(caller),
        go: Go::of_caller(caller).map_err(|error| trouble::of_go(&error)),
        problems: writable
            .err()
            .map(|error| trouble::of_file(&error))
            .into_iter()
            .collect(),
        location,
    })
}

/// What is known of one setting.
struct Looked<'a> {
    key: &'a str,
    is_on: bool,
    file: &'a EnvFile,
    shell: Option<&'a Override>,
    wishes: Option<&'a Wishes>,
    /// `None` where go could not be asked.
    differences: Option<&'a [Difference]>,
}

impl Looked<'_> {
    /// The setting, unless nobody says anything of it.
    fn setting(&self) -> Option<EnvSetting> {
        let file = self
            .file
            .get_text(self.key)
            .map(|text| shown(self.key, &text));
        let wish = self.wishes.and_then(|wishes| wishes.get(self.key));
        let wants = self.wishes.map(|_| match wish {
            Some(Wish::Set(value)) => EnvWish::Value(shown(self.key, value.expose())),
            Some(Wish::Unset) => EnvWish::NoLine,
            None => EnvWish::Nothing,
        });
        let is_silent = !matches!(wants, Some(EnvWish::Value(_)));
        if is_silent && file.is_none() && self.shell.is_none() {
            return None;
        }
        Some(EnvSetting {
            key: self.key.to_owned(),
            wants,
            wins: self.wins(wish),
            file,
            shell: self.shell.map(|over| over.value.clone()),
            shell_from: self
                .shell
                .iter()
                .flat_map(|over| over.from.iter().map(ToString::to_string))
                .collect(),
        })
    }

    fn wins(&self, wish: Option<&Wish>) -> EnvWinner {
        let of_file = |is_met: bool| match self.file.get(self.key) {
            _ if is_met && self.is_on => EnvWinner::Larder,
            Some(_) => EnvWinner::File,
            None => EnvWinner::Default,
        };
        if self.shell.is_some() {
            return EnvWinner::Shell;
        }
        let Some(wish) = wish else {
            return of_file(false);
        };
        let found = self
            .differences
            .map(|all| all.iter().find(|one| one.key == self.key));
        match found.map(|difference| difference.map(|difference| &difference.winner)) {
            Some(Some(Winner::Environment)) => EnvWinner::Shell,
            Some(Some(Winner::OtherFile(path))) => EnvWinner::OtherFile(path.clone()),
            Some(Some(Winner::Installation(path))) => EnvWinner::Installation(path.clone()),
            Some(Some(Winner::File | Winner::GoenvOff)) => of_file(false),
            Some(None) => of_file(true),
            None => of_file(match wish {
                Wish::Set(value) => self.file.get(self.key) == Some(value.expose().as_bytes()),
                Wish::Unset => self.file.get(self.key).is_none(),
            }),
        }
    }
}
