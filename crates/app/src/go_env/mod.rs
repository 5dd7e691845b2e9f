//! go env: pointed at Larder for a person, kept up to date, and given back.
//!
//! Whose file it is, which go reads it and what a shell sets over it are the caller's affair, and come with the question
//! ([`CallerEnv`]). Who writes is always the process that holds the lock on the data folder, so there is one writer.
//! `file` has the steps at a file; `found` and `takeover` say what becomes of what go had been told; `wishes` says what
//! Larder wants; `kept` is what is on disk to undo all of it; `own` knows Larder's address; `pause` gives all of it back
//! for a time.
//!
//! Where nobody holds the port while Larder does not run ([`PortHold`]), go env is given back when Larder ends.

mod file;
mod found;
mod hold;
mod in_force;
mod kept;
mod net;
mod own;
mod pause;
mod report;
mod show;
mod takeover;
mod trouble;
mod wishes;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use go_module::ProxyList;
use go_tool::go_env::EnvLocation;
use go_tool::{CallerEnv, Go};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;

use self::found::Said;
use self::in_force::{
    ask, counts, defaults_of, go_defaults, ground, is_at_home, is_larders, own, port, port_for_go,
};
use self::kept::Kept;
use self::takeover::Takeover;
use crate::app::App;
use crate::changes::Topic;
use crate::failure::Failure;
use crate::settings::{Choice, Settings};

pub use self::hold::PortHold;
pub(crate) use self::net::why_no_safety_net;
pub(crate) use self::pause::{Paused, pause, points_here, resume};
pub use self::report::{
    EnvGivenBack, EnvOffReport, EnvOnReport, EnvReport, EnvSetting, EnvWinner, EnvWish,
    GivenBackHow, GoCommand, TakenOver,
};

/// What this process knows of go env, and whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct GoEnv {
    /// Held by who points go at Larder: one at a time.
    asked: Mutex<()>,
    /// Held by who writes a go env file.
    turn: Arc<Mutex<()>>,
    hold: std::sync::Mutex<PortHold>,
    paused: std::sync::Mutex<Option<Arc<Paused>>>,
}

/// The right to write go env files. It goes along into what blocks: that ends even where nobody waits for it any more.
type Turn = OwnedMutexGuard<()>;

impl GoEnv {
    pub(crate) fn new(paused: Option<Paused>) -> Self {
        Self {
            paused: std::sync::Mutex::new(paused.map(Arc::new)),
            ..Self::default()
        }
    }

    async fn turn(&self) -> Turn {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// Who holds the port, as far as this process was told.
    pub(crate) fn hold(&self) -> PortHold {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That Larder is paused, if it is.
    pub(crate) fn paused(&self) -> Option<Arc<Paused>> {
        let paused = self.paused.lock();
        paused.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_paused(&self, paused: Option<Paused>) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = paused.map(Arc::new);
    }

    /// Takes note of who holds the port.
    pub(crate) fn set_hold(&self, hold: PortHold) {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner) = hold;
    }
}

/// Points the caller's go at Larder. Where Larder is paused, it is so no longer.
///
/// # Errors
/// `not-running` where go would find nobody at Larder's address; `bad-input`, `disk` or `go` for what stands in the way.
/// Nothing is changed then.
pub(crate) async fn on(
    app: &App,
    caller: CallerEnv,
    larder: Option<PathBuf>,
    hold: PortHold,
) -> Result<EnvOnReport, Failure> {
    let _one_at_a_time = app.go_env().asked.lock().await;
    let hold = counts(app, hold).max(app.go_env().hold());
    let port = port_for_go(app, hold)?;
    app.go_env().set_hold(hold);

    let asking = caller.clone();
    let finding = in_background(move || {
        let location = EnvLocation::of(&asking).map_err(|error| trouble::of_file(&error))?;
        let writable = location.check_writable();
        writable.map_err(|error| trouble::of_file(&error))?;
        let go = Go::of_caller(&asking).map_err(|error| trouble::of_go(&error))?;
        Ok((location, go))
    });
    let (location, go) = finding.await?;
    let said = ask(&go).await?;
    let (taken_over, left_out) = take_over(app, &location, &caller, &said).await?;

    // Go that does not know GOAUTH has no value for it.
    let larder = larder.filter(|_| !said.value("GOAUTH").is_empty());
    let turn = app.go_env().turn().await;
    let ground = ground(app, port, hold.lasts(), defaults_of(&said)).await?;
    let (data, own, place) = (app.places().data.clone(), own(app), location.clone());
    let writing = in_turn(turn, move || {
        let larder = larder.as_deref();
        file::point_at_larder(&data, &place, &ground, &own, larder, hold.lasts())
    });
    let (turn, changed) = writing.await?;
    drop(turn);
    let mut resumed = Vec::new();
    pause::resume_others(app, &location, &mut resumed).await?;
    tell_changed(app);
    let mut report = show::show(app, caller).await?;
    report.notes.extend(resumed);
    report.notes.extend(left_out);
    Ok(EnvOnReport {
        changed,
        taken_over,
        report,
    })
}

/// Gives the caller's go env file back; all of them where the caller's can't be found.
///
/// # Errors
/// `disk` where one can't be written.
pub(crate) async fn off(app: &App, caller: CallerEnv) -> Result<EnvOffReport, Failure> {
    let _one_at_a_time = app.go_env().asked.lock().await;
    let mut notes = Vec::new();
    let asking = caller.clone();
    let place = in_background(move || Ok(EnvLocation::of(&asking).ok())).await?;
    if pause::leave_alone(app, place.as_ref()).await? {
        let note = "Larder is paused, and go env is as it was; after larder resume it stays so";
        notes.push(note.to_owned());
    }
    let turn = app.go_env().turn().await;
    let (data, own) = (app.places().data.clone(), own(app));
    let giving = in_turn(turn, move || {
        let all = Kept::all(&data)?;
        let location = EnvLocation::of(&caller);
        let (mine, others): (Vec<Kept>, Vec<Kept>) = match &location {
            Ok(location) => all
                .into_iter()
                .partition(|kept| kept.record.location().named() == location.named()),
            Err(error) if all.is_empty() => return Err(trouble::of_file(error)),
            Err(error) => {
                notes.push(format!(
                    "all that Larder has written is given back, as {error}"
                ));
                (all, Vec::new())
            }
        };
        let mut files = Vec::new();
        for kept in mine {
            files.push(file::give_back(kept)?);
        }
        if let (Ok(location), true) = (&location, files.is_empty()) {
            let larder = std::env::current_exe().ok();
            let left = file::take_out_leftovers(location, &own, larder.as_deref());
            let left = left.map_err(|error| trouble::of_file(&error))?;
            files.push(EnvGivenBack {
                file: location.named().to_owned(),
                how: match left.is_empty() {
                    true => GivenBackHow::Nothing,
                    false => GivenBackHow::Leftovers,
                },
                restored: left,
                kept_by_others: Vec::new(),
            });
        }
        if caller
            .get("GOPROXY")
            .is_some_and(|list| is_larders(&own, list))
        {
            notes
                .push("GOPROXY is set to Larder's address in this shell: unset GOPROXY".to_owned());
        }
        let elsewhere = others.iter().map(|kept| kept.record.location().named());
        Ok(EnvOffReport {
            files,
            elsewhere: elsewhere.map(Path::to_owned).collect(),
            notes,
        })
    });
    let given = giving.await.map(|(_turn, report)| report);
    tell_changed(app);
    given
}

/// How go env stands for the caller.
///
/// # Errors
/// `bad-input` or `disk` where the caller's go env file can't be found or read.
pub(crate) async fn show(app: &App, caller: CallerEnv) -> Result<EnvReport, Failure> {
    show::show(app, caller).await
}

/// Takes note of who holds the port from now on, and has go env follow it.
///
/// # Errors
/// `disk`.
pub(crate) async fn port_is_held(app: &App, hold: PortHold) -> Result<(), Failure> {
    let hold = counts(app, hold);
    app.go_env().set_hold(hold);
    tell_changed(app);
    keep_in_mind(app, hold).await?;
    if hold.lasts() || app.serving().is_ok() {
        renew(app).await;
    } else {
        // Nobody is there, and nobody holds the place.
        end(app).await;
    }
    Ok(())
}

/// What a run that begins to serve does: go env that points at Larder follows the port and the token of this run.
pub(crate) async fn begin(app: &App) {
    let hold = counts(app, app.go_env().hold());
    app.go_env().set_hold(hold);
    if app.go_env().paused().is_some() {
        pause::begin(app).await;
    }
    // A run at another port than the remembered one is an exception, and what stays is left alone by it.
    if is_at_home(app)
        && let Err(failure) = keep_in_mind(app, hold).await
    {
        tracing::warn!("it can't be noted who holds the port: {failure}");
    }
    renew(app).await;
}

/// What a run that has served does: gives back what is not to stay. Gives why not, where that fails.
pub(crate) async fn end(app: &App) -> Option<Failure> {
    let turn = app.go_env().turn().await;
    let data = app.places().data.clone();
    let giving = in_turn(turn, move || {
        let mut failed = None;
        for kept in Kept::all(&data)?.into_iter().filter(|kept| !kept.stays) {
            match file::give_back(kept) {
                Ok(given) => tracing::info!("{} was given back", given.file.display()),
                Err(failure) => failed = Some(failure),
            }
        }
        failed.map_or(Ok(()), Err)
    });
    let failure = giving.await.err()?;
    tracing::warn!("go env is not given back: {failure}");
    Some(failure)
}

/// Brings go env up to date with what is in force: port, token, profile, grants. What somebody has changed by hand is
/// left alone. While Larder is paused, nothing is.
pub(crate) async fn renew(app: &App) {
    if let Err(failure) = try_renew(app).await {
        tracing::warn!("go env is not up to date: {failure}");
    }
}

async fn try_renew(app: &App) -> Result<(), Failure> {
    let turn = app.go_env().turn().await;
    if app.go_env().paused().is_some() {
        return Ok(());
    }
    let (data, serves, at_home) = (
        app.places().data.clone(),
        app.serving().is_ok(),
        is_at_home(app),
    );
    let (mut turn, all) = in_turn(turn, move || Kept::all(&data)).await?;
    let all: Vec<Kept> = all
        .into_iter()
        // What a run that was killed has left is nobody's to point anywhere, until there is one again.
        .filter(|kept| if kept.stays { at_home } else { serves })
        .collect();
    if all.is_empty() {
        return Ok(());
    }
    tell_changed(app);
    let defaults = go_defaults(app).await?;
    for kept in all {
        let Some(port) = port(app) else { return Ok(()) };
        let ground = ground(app, port, kept.stays, defaults.clone()).await?;
        let file = kept.record.location().named().to_owned();
        let work = in_turn(turn, move || file::bring_up_to_date(kept, &ground));
        let by_hand;
        (turn, by_hand) = work.await?;
        if !by_hand.is_empty() {
            tracing::warn!(
                "{} was changed by hand ({}), and is left as it is; larder env on sets it anew",
                file.display(),
                by_hand.join(", ")
            );
        }
    }
    Ok(())
}

/// Writes down, for what points at Larder, whether it is to stay.
async fn keep_in_mind(app: &App, hold: PortHold) -> Result<(), Failure> {
    let turn = app.go_env().turn().await;
    let data = app.places().data.clone();
    let noting = in_turn(turn, move || {
        for mut kept in Kept::all(&data)? {
            if kept.stays != hold.lasts() {
                kept.stays = hold.lasts();
                kept.store()?;
            }
        }
        Ok(())
    });
    noting.await.map(drop)
}

/// Tells that go env is another one now.
fn tell_changed(app: &App) {
    app.last_look().go_changed();
    app.changes().tell(&[Topic::State, Topic::GoEnv]);
}

/// Takes what go was told over into a profile, and puts that in use; also gives what is left out.
async fn take_over(
    app: &App,
    location: &EnvLocation,
    caller: &CallerEnv,
    said: &Said,
) -> Result<(Option<TakenOver>, Vec<String>), Failure> {
    let (data, location, caller) = (app.places().data.clone(), location.clone(), caller.clone());
    let ours = in_background(move || {
        let kept = Kept::of(&data, &location)?;
        file::ours(kept.as_ref(), &caller).map_err(|error| trouble::of_file(&error))
    })
    .await?;
    let found = found::found(said, &own(app), &ours)?;
    let default = ProxyList::parse(&said.proxy_default).ok();
    let Some(takeover) = takeover::takeover(&found, &app.settings(), default.as_ref()) else {
        return Ok((None, found.left_out));
    };
    let taken_over = TakenOver {
        profile: takeover.name().to_owned(),
        new: matches!(takeover, Takeover::Add(_)),
    };
    let changed = app.change_settings(move |path| match takeover {
        Takeover::Use(name) => Settings::use_profile(path, &Choice::Named(name)),
        Takeover::Add(profile) => {
            Settings::add_profile(path, &profile)?;
            Settings::use_profile(path, &Choice::Named(profile.name))
        }
        Takeover::Replace(profile) => Settings::replace_profile(path, &profile),
    });
    changed.await?;
    Ok((Some(taken_over), found.left_out))
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    spawn_blocking(work)
        .await
        .map_err(|error| trouble::of_task(&error))?
}

async fn in_turn<T: Send + 'static>(
    turn: Turn,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<(Turn, T), Failure> {
    in_background(move || work().map(|done| (turn, done))).await
}
