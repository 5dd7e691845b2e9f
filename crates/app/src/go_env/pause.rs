//! Paused: all go env files are given back, which they were is remembered, and nothing points go at Larder until a person
//! resumes; then they are pointed here again.
//!
//! What is remembered is on disk before the first file is given back, and is forgotten after the last one is pointed here
//! again. So whatever is cut off in between, a start finds Larder paused, and gives back what is left.

use std::path::{Path, PathBuf};

use go_tool::go_env::EnvLocation;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Store;

use super::kept::Kept;
use super::{EnvGivenBack, PortHold, Turn, counts, file, go_defaults, ground, in_background};
use super::{in_turn, own, port_for_go, trouble};
use crate::app::App;
use crate::failure::{Code, Failure};

/// Where it is in the lasting state.
const KEY: &str = "paused";

/// That Larder is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paused {
    /// Since when.
    pub(crate) since: Timestamp,
    /// What pointed at Larder, and does again afterwards.
    pub(super) files: Vec<Pointed>,
}

/// A go env file that pointed at Larder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pointed {
    pub(super) location: EnvLocation,
    /// The program that GOAUTH names, where one is to be named.
    larder: Option<PathBuf>,
}

impl Paused {
    /// What is remembered of an earlier run.
    ///
    /// # Errors
    /// `disk` where it can't be read: then it is not known whether go is to be left alone.
    pub(crate) async fn read(store: &Store) -> Result<Option<Self>, Failure> {
        let read = |value| {
            serde_json::from_value(value).map_err(|error| {
                Failure::new(
                    Code::Disk,
                    format!("what was paused can't be read from the state: {error}"),
                )
            })
        };
        store.get_value(KEY).await?.map(read).transpose()
    }

    async fn write(&self, store: &Store) -> Result<(), Failure> {
        let value = serde_json::to_value(self)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        Ok(store.set_value(KEY, &value).await?)
    }
}

/// Gives go env back, everywhere, until [`resume`]; tells what became of each file. Where Larder is paused, what is left
/// over is given back.
///
/// # Errors
/// `disk` where a file can't be written: nothing is changed then.
pub(crate) async fn pause(app: &App) -> Result<Vec<EnvGivenBack>, Failure> {
    let _one_at_a_time = app.go_env().asked.lock().await;
    let turn = app.go_env().turn().await;
    let data = app.places().data.clone();
    let (turn, files) = in_turn(turn, move || pointed(&data)).await?;
    if app.go_env().paused().is_none() {
        let paused = Paused {
            since: Timestamp::now(),
            files,
        };
        paused.write(app.store()).await?;
        app.go_env().set_paused(Some(paused));
        tracing::info!("paused");
    }
    let given = give_all_back(app, turn).await;
    super::tell_changed(app);
    given
}

/// The files that point at Larder, each of which can be written.
fn pointed(data: &Path) -> Result<Vec<Pointed>, Failure> {
    let mut files = Vec::new();
    for kept in Kept::all(data)? {
        let stands = kept.record.still_stands();
        if !stands.map_err(|error| trouble::of_file(&error))? {
            continue;
        }
        let location = kept.record.location().clone();
        let writable = location.check_writable();
        writable.map_err(|error| trouble::of_file(&error))?;
        files.push(Pointed {
            location,
            larder: kept.larder,
        });
    }
    Ok(files)
}

/// What a start does that finds Larder paused: gives back what a run that was killed has left.
pub(super) async fn begin(app: &App) {
    let turn = app.go_env().turn().await;
    match give_all_back(app, turn).await {
        Ok(given) => {
            for given in given {
                tracing::info!(
                    "{} was given back, as Larder is paused",
                    given.file.display()
                );
            }
        }
        Err(failure) => tracing::warn!("go env is not given back: {failure}"),
    }
}

async fn give_all_back(app: &App, turn: Turn) -> Result<Vec<EnvGivenBack>, Failure> {
    let data = app.places().data.clone();
    let giving = in_turn(turn, move || {
        let given = Kept::all(&data)?.into_iter().map(file::give_back);
        // Each, even where one can't be.
        let (given, failed): (Vec<_>, Vec<_>) = given.partition(Result::is_ok);
        match failed.into_iter().find_map(Result::err) {
            Some(failure) => Err(failure),
            None => Ok(given.into_iter().flatten().collect()),
        }
    });
    giving.await.map(|(_turn, given)| given)
}

/// Points the files at Larder again that did before; gives their names. Where Larder is not paused, there are none.
///
/// # Errors
/// `not-running` where go would find nobody at Larder's address; `disk` where a file can't be written, `go`. Larder is still
/// paused then, and nothing points here.
pub(crate) async fn resume(app: &App, hold: PortHold) -> Result<Vec<PathBuf>, Failure> {
    let _one_at_a_time = app.go_env().asked.lock().await;
    let Some(paused) = app.go_env().paused() else {
        return Ok(Vec::new());
    };
    let hold = counts(app, hold).max(app.go_env().hold());
    let names = again(app, hold, &paused.files)
        .await
        .map_err(|failure| Failure {
            message: format!("Larder is still paused: {}", failure.message),
            ..failure
        })?;
    forget(app).await?;
    Ok(names)
}

/// The same for who points another file at Larder, which is done already. What can't be pointed here again is told.
pub(super) async fn resume_others(
    app: &App,
    done: &EnvLocation,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    let Some(paused) = app.go_env().paused() else {
        return Ok(());
    };
    notes.push("Larder was paused, and is not any more".to_owned());
    let is_other = |file: &&Pointed| file.location.named() != done.named();
    for other in paused.files.iter().filter(is_other) {
        let file = other.location.named().display();
        match again(app, app.go_env().hold(), std::slice::from_ref(other)).await {
            Ok(_) => notes.push(format!(
                "{file} points at Larder again too, as before the pause"
            )),
            Err(failure) => notes.push(format!("{file} is left as it is: {failure}")),
        }
    }
    forget(app).await
}

/// What somebody gives back while Larder is paused is not pointed here again afterwards; says whether it would have been.
/// All, where no location is given.
pub(super) async fn leave_alone(
    app: &App,
    location: Option<&EnvLocation>,
) -> Result<bool, Failure> {
    let Some(paused) = app.go_env().paused() else {
        return Ok(false);
    };
    let mut left = Paused::clone(&paused);
    left.files
        .retain(|file| location.is_some_and(|given| given.named() != file.location.named()));
    if left == *paused {
        return Ok(false);
    }
    left.write(app.store()).await?;
    app.go_env().set_paused(Some(left));
    Ok(true)
}

/// Points these files at Larder: all of them or none.
async fn again(app: &App, hold: PortHold, files: &[Pointed]) -> Result<Vec<PathBuf>, Failure> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let port = port_for_go(app, hold)?;
    app.go_env().set_hold(hold);
    let defaults = go_defaults(app).await?;
    let turn = app.go_env().turn().await;
    let ground = ground(app, port, hold.lasts(), defaults).await?;
    let (data, own, files) = (app.places().data.clone(), own(app), files.to_vec());
    let pointing = in_turn(turn, move || {
        let mut names = Vec::new();
        for Pointed { location, larder } in files {
            let larder = larder.as_deref();
            let stays = hold.lasts();
            let pointed = file::point_at_larder(&data, &location, &ground, &own, larder, stays);
            names.push(location.named().to_owned());
            if let Err(failure) = pointed {
                for kept in Kept::all(&data)? {
                    if names
                        .iter()
                        .any(|name| name == kept.record.location().named())
                    {
                        file::give_back(kept)?;
                    }
                }
                return Err(failure);
            }
        }
        Ok(names)
    });
    pointing.await.map(|(_turn, names)| names)
}

/// Larder is not paused any more.
async fn forget(app: &App) -> Result<(), Failure> {
    app.store().remove_value(KEY).await?;
    app.go_env().set_paused(None);
    tracing::info!("resumed");
    // What changed meanwhile.
    super::renew(app).await;
    super::tell_changed(app);
    Ok(())
}

/// Whether go, started where this process was, asks Larder: as its environment and the go env file have it. Quick, and
/// without asking `go`: what another file or a wrapper says is not seen.
pub(crate) async fn points_here(app: &App) -> bool {
    let (data, own) = (app.places().data.clone(), own(app));
    let looking = in_background(move || {
        let caller = go_tool::CallerEnv::of_process();
        if let Some(list) = caller.get("GOPROXY") {
            return Ok(super::is_larders(&own, list));
        }
        for kept in Kept::all(&data)? {
            let stands = kept.record.still_stands();
            if stands.map_err(|error| trouble::of_file(&error))? {
                return Ok(true);
            }
        }
        let location = EnvLocation::of(&caller).map_err(|error| trouble::of_file(&error))?;
        let bytes = location.read().map_err(|error| trouble::of_file(&error))?;
        let file = go_tool::go_env::EnvFile::new(bytes.unwrap_or_default());
        let list = file.get_text("GOPROXY").unwrap_or_default();
        Ok(super::is_larders(&own, &list))
    });
    looking.await.unwrap_or_else(|failure: Failure| {
        tracing::debug!("whether go points here is not known: {failure}");
        false
    })
}
