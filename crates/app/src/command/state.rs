//! `state`: what tray and window show at all times. Nothing that waits for a network or a child is asked on the way.

use delivery::OfflineMode;
use go_module::{ProxyList, ProxySource};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secret::SafeUrl;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::attention::attention;
use crate::changes::Topic;
use crate::degraded::{Degraded, degraded};
use crate::failure::Failure;
use crate::go_env;
use crate::job::JobState;
use crate::mood::{Facts, Mood};
use crate::settings::{PUBLIC, ProfileSettings, shown};

/// Says in the lasting state that the welcome was answered.
const WELCOMED: &str = "welcomed";

/// Asks how Larder is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct State {}

/// The welcome was answered: it is not shown again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct WelcomeDone {}

/// How Larder is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct StateReport {
    /// In one word.
    pub mood: Mood,
    /// Whether go asks here.
    pub points_here: bool,
    /// The profile in force.
    pub profile: String,
    /// Why it is that one, where Larder chose it by itself, as the rest of a sentence.
    pub automatic: Option<String>,
    /// All profiles, `public` first.
    pub profiles: Vec<StateProfile>,
    /// How it is with the network.
    pub offline: StateOffline,
    /// What is out of order.
    pub degraded: Option<Degraded>,
    /// Since when Larder is paused.
    pub paused_since: Option<Timestamp>,
    /// How many different things were missed while offline.
    pub missed: u64,
    /// Bytes that are kept.
    pub kept_bytes: u64,
    /// Module versions that are kept.
    pub kept_versions: u64,
    /// How many things need a hand.
    pub to_mend: u64,
    /// All of it in a line, in English.
    pub status: String,
    /// Whether the welcome was answered.
    pub welcomed: bool,
    /// Larder's version.
    pub version: String,
    /// The port; none before the first start.
    pub port: Option<u16>,
    /// Work under way.
    pub jobs: Vec<JobState>,
}

/// A profile that can be put in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StateProfile {
    /// Its name.
    pub name: String,
    /// Its upstreams in order, as shown; none where they are go's own and not known yet.
    pub upstreams: Vec<String>,
    /// Whether it has private modules, or is otherwise a person's own.
    pub private: bool,
    /// Whether it is in force.
    pub in_use: bool,
}

/// How it is with the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StateOffline {
    /// Who says whether Larder is offline.
    pub mode: OfflineMode,
    /// Since when it is; none where it is not.
    pub since: Option<Timestamp>,
    /// Why Larder thinks so.
    pub why: Option<String>,
    /// Whether a person said so.
    pub by_hand: bool,
}

impl Call for State {
    const NAME: &'static str = "state";
    type Answer = StateReport;

    async fn run(self, app: &App) -> Result<StateReport, Failure> {
        report(app).await
    }
}

impl Call for WelcomeDone {
    const NAME: &'static str = "welcome-done";
    type Answer = StateReport;

    async fn run(self, app: &App) -> Result<StateReport, Failure> {
        app.store().set_value(WELCOMED, &Value::Bool(true)).await?;
        app.changes().tell(&[Topic::State]);
        report(app).await
    }
}

/// How Larder is.
pub(crate) async fn report(app: &App) -> Result<StateReport, Failure> {
    let settings = app.settings();
    let serving = app.serving().ok();
    let offline = serving.and_then(|serving| serving.delivery().offline().borrow().clone());
    let paused_since = app.go_env().paused().map(|paused| paused.since);
    let degraded = degraded(app);
    let mood = Mood::of(Facts {
        paused: paused_since.is_some(),
        offline: offline.is_some(),
        trouble: degraded.is_some(),
    });
    let usage = app.store().usage().await?;
    let profile = app.profile_in_use();
    let mut report = StateReport {
        mood,
        points_here: go_env::points_here(app).await,
        automatic: serving.and_then(|serving| serving.chosen().why),
        profiles: profiles(app, &profile),
        profile,
        offline: StateOffline {
            mode: settings.offline,
            since: offline.as_ref().map(|offline| offline.since),
            why: offline.as_ref().and_then(|offline| offline.why.clone()),
            by_hand: settings.offline == OfflineMode::On,
        },
        degraded,
        paused_since,
        missed: app.store().missed_count().await?,
        kept_bytes: usage.bytes,
        kept_versions: usage.versions,
        to_mend: attention(app).await?.len() as u64,
        status: String::new(),
        welcomed: app.store().get_value(WELCOMED).await?.is_some(),
        version: crate::VERSION.to_owned(),
        port: serving.map(|serving| serving.port()).or(settings.port),
        jobs: app.jobs().under_way(),
    };
    report.status = status(&report, Timestamp::now(), &TimeZone::system());
    Ok(report)
}

/// The line of the tray.
fn status(report: &StateReport, now: Timestamp, zone: &TimeZone) -> String {
    let kept = format!("{} kept", shown(report.kept_bytes));
    let profile = &report.profile;
    match (report.mood, &report.degraded, report.offline.since) {
        (Mood::Paused, ..) => "Paused · go env given back".to_owned(),
        (Mood::Offline, _, Some(since)) => {
            format!("Offline since {} · {kept}", moment(since, now, zone))
        }
        (Mood::Offline, _, None) => format!("Offline · {kept}"),
        (Mood::Degraded, Some(Degraded { upstream, reason }), _) => {
            format!("Degraded · {upstream} {reason}")
        }
        (Mood::Degraded, None, _) => format!("Degraded · {profile}"),
        (Mood::Serving, ..) if !report.points_here => {
            "Running, but go does not ask here".to_owned()
        }
        (Mood::Serving, ..) => format!("Serving · {profile} · {kept}"),
    }
}

/// A time of today, else with its day.
fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = if at.date() == now.date() {
        "%H:%M"
    } else {
        "%-d %b %H:%M"
    };
    at.strftime(form).to_string()
}

fn profiles(app: &App, in_use: &str) -> Vec<StateProfile> {
    let settings = app.settings();
    let in_force = app
        .serving()
        .ok()
        .map(|serving| serving.delivery().profile());
    let profile = |said: &ProfileSettings| {
        let is_in_use = said.name == in_use;
        let upstreams = match (&in_force, &said.upstreams) {
            (Some(in_force), _) if is_in_use => {
                let upstreams = in_force.routes().chain().upstreams();
                upstreams
                    .map(|upstream| upstream.name().to_owned())
                    .collect()
            }
            (_, Some(list)) => names(list.value()),
            (_, None) => default_names(app),
        };
        StateProfile {
            upstreams,
            private: said.all_private().next().is_some() || said.name != PUBLIC,
            in_use: is_in_use,
            name: said.name.clone(),
        }
    };
    settings.profiles.iter().map(profile).collect()
}

/// The names of go's own upstreams, where they are known already.
fn default_names(app: &App) -> Vec<String> {
    let serving = app.serving().ok();
    let known = serving.and_then(|serving| serving.around().known_defaults());
    let list = known.and_then(|defaults| ProxyList::parse(&defaults.goproxy).ok());
    list.map_or_else(Vec::new, |list| names(&list))
}

/// What stands in a list, as shown: no user info.
fn names(list: &ProxyList) -> Vec<String> {
    let names = list.entries.iter().map(|entry| match &entry.source {
        ProxySource::Direct => "direct".to_owned(),
        ProxySource::Off => "off".to_owned(),
        ProxySource::Url(url) => match SafeUrl::parse(url) {
            Ok(url) => upstream::name(&url),
            Err(_) => "?".to_owned(),
        },
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> StateReport {
        StateReport {
            mood: Mood::Serving,
            points_here: true,
            profile: "company".to_owned(),
            automatic: None,
            profiles: Vec::new(),
            offline: StateOffline {
                mode: OfflineMode::Auto,
                since: None,
                why: None,
                by_hand: false,
            },
            degraded: None,
            paused_since: None,
            missed: 0,
            kept_bytes: 6_200_000_000,
            kept_versions: 1842,
            to_mend: 0,
            status: String::new(),
            welcomed: true,
            version: "1.2.3".to_owned(),
            port: Some(4677),
            jobs: Vec::new(),
        }
    }

    fn line(report: &StateReport) -> String {
        let now = "2026-03-01T12:40:00Z".parse().unwrap();
        status(report, now, &TimeZone::UTC)
    }

    #[test]
    fn the_line_of_the_tray() {
        assert_eq!(line(&some()), "Serving · company · 6.2 GB kept");
        let elsewhere = StateReport {
            points_here: false,
            ..some()
        };
        assert_eq!(line(&elsewhere), "Running, but go does not ask here");
        let degraded = StateReport {
            mood: Mood::Degraded,
            degraded: Some(Degraded {
                upstream: "proxy.corp.example".to_owned(),
                reason: "is slow".to_owned(),
            }),
            ..some()
        };
        assert_eq!(line(&degraded), "Degraded · proxy.corp.example is slow");
        let offline = |since: &str| {
            let since = since.parse().unwrap();
            let report = StateReport {
                mood: Mood::Offline,
                points_here: false,
                offline: StateOffline {
                    since: Some(since),
                    ..some().offline
                },
                ..some()
            };
            line(&report)
        };
        assert_eq!(
            offline("2026-03-01T12:31:59Z"),
            "Offline since 12:31 · 6.2 GB kept"
        );
        assert_eq!(
            offline("2026-02-28T23:05:00Z"),
            "Offline since 28 Feb 23:05 · 6.2 GB kept"
        );
        let paused = StateReport {
            mood: Mood::Paused,
            points_here: false,
            ..some()
        };
        assert_eq!(line(&paused), "Paused · go env given back");
    }

    #[test]
    fn what_stands_in_a_list_is_named_without_its_password() {
        let list = ProxyList::parse("https://me:hunter2@proxy.corp.example/go|direct,off").unwrap();
        assert_eq!(names(&list), ["proxy.corp.example/go", "direct"]);
    }
}
