//! go env: pointed at Larder for a person, kept up to date, and given back.
//!
//! Whose file it is, which go reads it and what a shell sets over it are the caller's affair, and come with the question
//! ([`CallerEnv`]). Who writes is always the process that holds the lock on the data folder, so there is one writer.
//! `file` has the steps at a file; `found` and `takeover` say what becomes of what go had been told; `wishes` says what
//! Larder wants; `kept` is what is on disk to undo all of it; `own` knows Larder's address.
//!
//! Where nobody holds the port while Larder does not run ([`PortHold`]), go env is given back when Larder ends.

mod file;
mod found;
mod hold;
mod kept;
mod own;
mod report;
mod show;
mod takeover;
mod trouble;
mod wishes;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use delivery::ChecksumDb;
use go_module::ProxyList;
use go_tool::go_env::EnvLocation;
use go_tool::{CallerEnv, Defaults, Go};
use jiff::Timestamp;
use secret::Secret;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use self::found::{KEYS, Said};
use self::kept::Kept;
use self::own::Own;
use self::takeover::Takeover;
use self::wishes::Ground;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::settings::{Choice, Settings};
use crate::trust;

pub use self::hold::PortHold;
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
    turn: Mutex<()>,
    hold: std::sync::Mutex<PortHold>,
}

impl GoEnv {
    /// Who holds the port, as far as this process was told.
    pub(crate) fn hold(&self) -> PortHold {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of who holds the port.
    pub(crate) fn set_hold(&self, hold: PortHold) {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner) = hold;
    }
}

/// Points the caller's go at Larder.
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

    let finding = {
        let caller = caller.clone();
        spawn_blocking(move || {
            let location = EnvLocation::of(&caller).map_err(|e| trouble::of_file(&e))?;
            let writable = location.check_writable();
            writable.map_err(|error| trouble::of_file(&error))?;
            let go = Go::of_caller(&caller).map_err(|error| trouble::of_go(&error))?;
            Ok::<_, Failure>((location, go))
        })
    };
    let (location, go) = finding.await.map_err(|error| trouble::of_task(&error))??;
    let said = ask(&go).await?;
    let (taken_over, left_out) = take_over(app, &location, &caller, &said).await?;

    let ground = ground(app, port, hold.lasts(), defaults_of(&said)).await?;
    // Go that does not know GOAUTH has no value for it.
    let larder = larder.filter(|_| !said.value("GOAUTH").is_empty());
    let changed = {
        let _turn = app.go_env().turn.lock().await;
        let (data, own) = (app.places().data.clone(), own(app));
        let writing = spawn_blocking(move || {
            let larder = larder.as_deref();
            file::point_at_larder(&data, &location, &ground, &own, larder, hold.lasts())
        });
        writing.await.map_err(|error| trouble::of_task(&error))??
    };
    let mut report = show::show(app, caller).await?;
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
    let _turn = app.go_env().turn.lock().await;
    let (data, own) = (app.places().data.clone(), own(app));
    let giving = spawn_blocking(move || {
        let mut notes = Vec::new();
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
            files.push(EnvGivenBack {
                file: location.named().to_owned(),
                how: GivenBackHow::Nothing,
                restored: Vec::new(),
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
    giving.await.map_err(|error| trouble::of_task(&error))?
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
    // A run at another port than the remembered one is an exception, and what stays is left alone by it.
    if is_at_home(app)
        && let Err(failure) = keep_in_mind(app, hold).await
    {
        tracing::warn!("it can't be noted who holds the port: {failure}");
    }
    renew(app).await;
}

/// What a run that has served does: gives back what is not to stay.
pub(crate) async fn end(app: &App) {
    let _turn = app.go_env().turn.lock().await;
    let data = app.places().data.clone();
    let giving = spawn_blocking(move || {
        let all = match Kept::all(&data) {
            Ok(all) => all,
            Err(failure) => return tracing::warn!("go env is not given back: {failure}"),
        };
        for kept in all.into_iter().filter(|kept| !kept.stays) {
            match file::give_back(kept) {
                Ok(given) => tracing::info!("{} was given back", given.file.display()),
                Err(failure) => tracing::warn!("go env is not given back: {failure}"),
            }
        }
    });
    if let Err(error) = giving.await {
        tracing::warn!("go env is not given back: {error}");
    }
}

/// Brings go env up to date with what is in force: port, token, profile, grants. What somebody has changed by hand is
/// left alone.
pub(crate) async fn renew(app: &App) {
    if let Err(failure) = try_renew(app).await {
        tracing::warn!("go env is not up to date: {failure}");
    }
}

async fn try_renew(app: &App) -> Result<(), Failure> {
    let _turn = app.go_env().turn.lock().await;
    let (data, serves, at_home) = (
        app.places().data.clone(),
        app.serving().is_ok(),
        is_at_home(app),
    );
    let all = in_background(move || Kept::all(&data)).await?;
    let all: Vec<Kept> = all
        .into_iter()
        // What a run that was killed has left is nobody's to point anywhere, until there is one again.
        .filter(|kept| if kept.stays { at_home } else { serves })
        .collect();
    if all.is_empty() {
        return Ok(());
    }
    let defaults = go_defaults(app).await?;
    for kept in all {
        let Some(port) = port(app) else { return Ok(()) };
        let ground = ground(app, port, kept.stays, defaults.clone()).await?;
        let file = kept.record.location().named().to_owned();
        let by_hand = in_background(move || file::bring_up_to_date(kept, &ground)).await?;
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
    let _turn = app.go_env().turn.lock().await;
    let data = app.places().data.clone();
    in_background(move || {
        for mut kept in Kept::all(&data)? {
            if kept.stays != hold.lasts() {
                kept.stays = hold.lasts();
                kept.store()?;
            }
        }
        Ok(())
    })
    .await
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

/// The port that go is to ask.
///
/// # Errors
/// `not-running` where nobody listens there, and nobody holds it.
fn port_for_go(app: &App, hold: PortHold) -> Result<u16, Failure> {
    let listened_at = app.serving().is_ok() || hold == PortHold::Socket;
    port(app).filter(|_| listened_at).ok_or_else(|| {
        Failure::new(
            Code::NotRunning,
            "Larder is not running, and nothing holds its port: go would find nobody there; nothing was changed",
        )
        .hint("start it, then try again: larder serve")
        .hint("or have its port held from login: larder service install")
    })
}

/// The port of this run, else the one of the next.
fn port(app: &App) -> Option<u16> {
    let serving = app.serving().map(|serving| serving.port());
    serving.ok().or(app.settings().port)
}

/// Whether this run is at the port of every run. Before the first one is remembered, any is.
fn is_at_home(app: &App) -> bool {
    let remembered = app.settings().port;
    app.go_env().hold() == PortHold::Socket
        || remembered.is_none_or(|remembered| port(app) == Some(remembered))
}

/// What a hold comes to for this run's port: what is started at login holds the remembered one.
fn counts(app: &App, hold: PortHold) -> PortHold {
    match hold {
        PortHold::Autostart if !is_at_home(app) => PortHold::Nobody,
        PortHold::Nobody | PortHold::Autostart | PortHold::Socket => hold,
    }
}

fn own(app: &App) -> Own {
    let ports = [port(app), app.settings().port];
    Own {
        ports: ports.into_iter().flatten().collect(),
        token: app.tokens().module(),
    }
}

fn is_larders(own: &Own, list: &str) -> bool {
    ProxyList::parse(list).is_ok_and(|list| own.others(&list).len() < list.entries.len())
}

/// What is in force for go, with Go's own where the profile says nothing.
async fn ground(app: &App, port: u16, held: bool, defaults: Defaults) -> Result<Ground, Failure> {
    let settings: Arc<Settings> = app.settings();
    let unknown = || Failure::new(Code::Internal, "the profile in use is not in the settings");
    let name = app.profile_in_use();
    let mut profile = settings.in_effect(&name).ok_or_else(unknown)?;
    if profile.private_upstreams.is_none() && settings.active.is_automatic() {
        // They come through Larder while another of the choice is in force, and must not go round it now.
        let candidates = settings.active.candidates().iter();
        let mut others = candidates.filter_map(|name| settings.profile(name));
        profile.private_upstreams = others.find_map(|other| other.private_upstreams.clone());
    }
    let run = app.serving().ok().map(|serving| serving.overrides());
    let list = run
        .and_then(|run| run.upstreams())
        .or(profile.upstreams.as_ref());
    let database = run
        .and_then(|run| run.database())
        .or(profile.checksum_db.as_ref());
    let odd = |what: &str, error: &dyn std::fmt::Display| {
        Failure::new(Code::Go, format!("go's own {what} can't be used: {error}"))
    };
    let own_list =
        || ProxyList::parse(&defaults.goproxy).map_err(|error| odd("list of proxies", &error));
    let go_database =
        ChecksumDb::parse(&defaults.gosumdb).map_err(|error| odd("checksum database", &error))?;
    let now = Timestamp::now();
    let grants = trust::grants(app.store()).await?;
    let token = app.tokens().module();
    Ok(Ground {
        address: Secret::new(format!("http://127.0.0.1:{port}/{}", token.expose())),
        list: match list {
            Some(list) => list.value().clone(),
            None => own_list()?,
        },
        database: database.map_or_else(|| go_database.clone(), |choice| choice.value().clone()),
        profile,
        go_database,
        granted: grants
            .active(now)
            .map(|grant| grant.pattern.clone())
            .collect(),
        held,
    })
}

/// What go goes by for the caller, and what it would by itself.
async fn ask(go: &Go) -> Result<Said, Failure> {
    let values = go
        .env(&KEYS)
        .await
        .map_err(|error| trouble::of_go(&error))?;
    let defaults = go
        .defaults()
        .await
        .map_err(|error| trouble::of_go(&error))?;
    Ok(Said {
        values,
        proxy_default: defaults.goproxy,
        database_default: defaults.gosumdb,
    })
}

fn defaults_of(said: &Said) -> Defaults {
    Defaults {
        goproxy: said.proxy_default.clone(),
        gosumdb: said.database_default.clone(),
    }
}

/// Go's own list and database, as this process finds them.
async fn go_defaults(app: &App) -> Result<Defaults, Failure> {
    if let Ok(serving) = app.serving() {
        return Ok(serving.go_defaults().await?.clone());
    }
    let finding = in_background(|| Go::find(None).map_err(|error| trouble::of_go(&error)));
    let go = finding.await?;
    go.defaults().await.map_err(|error| trouble::of_go(&error))
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    spawn_blocking(work)
        .await
        .map_err(|error| trouble::of_task(&error))?
}
