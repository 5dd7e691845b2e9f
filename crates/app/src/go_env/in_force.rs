//! What is in force for go: Larder's address, the profile, Go's own defaults.

use std::sync::Arc;

use delivery::ChecksumDb;
use go_module::ProxyList;
use go_tool::{Defaults, Go};
use jiff::Timestamp;
use secret::Secret;

use super::found::{KEYS, Said};
use super::hold::PortHold;
use super::own::Own;
use super::wishes::Ground;
use super::{in_background, trouble};
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::settings::{ProfileSettings, Settings};
use crate::trust;

/// The port that go is to ask.
///
/// # Errors
/// `not-running` where nobody listens there, and nobody holds it.
pub(super) fn port_for_go(app: &App, hold: PortHold) -> Result<u16, Failure> {
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
pub(super) fn port(app: &App) -> Option<u16> {
    let serving = app.serving().map(|serving| serving.port());
    serving.ok().or(app.settings().port)
}

/// Whether this run is at the port of every run. Before the first one is remembered, any is.
pub(super) fn is_at_home(app: &App) -> bool {
    let remembered = app.settings().port;
    app.go_env().hold() == PortHold::Socket
        || remembered.is_none_or(|remembered| port(app) == Some(remembered))
}

/// What a hold comes to for this run's port: what is started at login holds the remembered one.
pub(super) fn counts(app: &App, hold: PortHold) -> PortHold {
    match hold {
        PortHold::Autostart if !is_at_home(app) => PortHold::Nobody,
        PortHold::Nobody | PortHold::Autostart | PortHold::Socket => hold,
    }
}

pub(super) fn own(app: &App) -> Own {
    let ports = [port(app), app.settings().port];
    Own {
        ports: ports.into_iter().flatten().collect(),
        token: app.tokens().module(),
    }
}

pub(super) fn is_larders(own: &Own, list: &str) -> bool {
    ProxyList::parse(list).is_ok_and(|list| own.others(&list).len() < list.entries.len())
}

/// What is in force for go, with Go's own where the profile says nothing.
pub(super) async fn ground(
    app: &App,
    port: u16,
    held: bool,
    defaults: Defaults,
) -> Result<Ground, Failure> {
    let unknown = || Failure::new(Code::Internal, "the profile in use is not in the settings");
    let name = app.profile_in_use();
    let profile = app.settings().in_effect(&name).ok_or_else(unknown)?;
    ground_of(app, port, held, defaults, profile).await
}

/// The same as if this profile, as it is in effect, was in use.
pub(super) async fn ground_of(
    app: &App,
    port: u16,
    held: bool,
    defaults: Defaults,
    mut profile: ProfileSettings,
) -> Result<Ground, Failure> {
    let settings: Arc<Settings> = app.settings();
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
        offline: app.is_offline(),
    })
}

/// What go goes by for the caller, and what it would by itself.
pub(super) async fn ask(go: &Go) -> Result<Said, Failure> {
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

pub(super) fn defaults_of(said: &Said) -> Defaults {
    Defaults {
        goproxy: said.proxy_default.clone(),
        gosumdb: said.database_default.clone(),
    }
}

/// Go's own list and database, as this process finds them.
pub(super) async fn go_defaults(app: &App) -> Result<Defaults, Failure> {
    if let Ok(serving) = app.serving() {
        return Ok(serving.go_defaults().await?.clone());
    }
    let finding = in_background(|| Go::find(None).map_err(|error| trouble::of_go(&error)));
    let go = finding.await?;
    go.defaults().await.map_err(|error| trouble::of_go(&error))
}
