//! `larder status`: how things are, at a glance.

use std::time::Duration;

use app::MirrorReport;
use app::Places;
use app::command::{BesideShown, Status, StatusReport};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{ask, notices, offline};
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{self, CAUTION, FAINT, GOOD, STRONG};
use crate::trouble::Trouble;

/// Show whether Larder runs, what it asks, and what it keeps
///
/// The exit code is 3 where it is not running; what the cache holds is shown all the same.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder status                   At a glance
  larder status --json            For scripts
  larder status >/dev/null || larder serve")]
pub(crate) struct Options {
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let report = ask(&places, async |client| client.call(Status {}).await).await?;
    if options.json {
        output::print_json(&report)?;
    } else {
        output::print(&render(&report, Timestamp::now(), &TimeZone::system()))?;
    }
    Ok(if report.serving {
        Exit::Done
    } else {
        Exit::NotRunning
    })
}

fn render(report: &StatusReport, now: Timestamp, zone: &TimeZone) -> String {
    let version = &report.version;
    let mut text = notices::at_a_glance(&report.notices, zone);
    text += &if report.serving {
        format!("{GOOD}●{GOOD:#} {STRONG}Larder {version} is running{STRONG:#}\n")
    } else {
        format!("{FAINT}○{FAINT:#} {STRONG}Larder {version} is not running{STRONG:#}\n")
    };
    let mut entry = |name: &str, value: &str| {
        text += &format!("  {FAINT}{name:<12}{FAINT:#}  {}\n", plain(value));
    };
    if let Some(address) = &report.address {
        entry("address", address);
    }
    if let Some(since) = report.since {
        let up = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        entry(
            "up since",
            &format!("{} ({})", human::moment(since, zone), human::duration(up)),
        );
        entry("process", &report.pid.to_string());
    }
    if let Some(profile) = &report.profile {
        entry(
            "profile",
            &match &profile.automatic {
                Some(why) => format!("{}, chosen automatically: {why}", profile.name),
                None => profile.name.clone(),
            },
        );
        if profile.upstreams.is_empty() {
            entry("upstreams", "none");
        }
        for (at, upstream) in profile.upstreams.iter().enumerate() {
            entry(if at == 0 { "upstreams" } else { "" }, upstream);
        }
        for (at, pool) in report.pools.iter().enumerate() {
            let label = if at == 0 { "pools" } else { "" };
            entry(label, &format!("{}: {}", pool.upstream, pool.said));
        }
        entry("checksum db", &profile.checksum_db);
        if let Some(canary) = &profile.canary {
            entry("canary", &beside(canary));
        }
        if let Some(mirror) = &profile.mirror {
            let report = report.mirrors.iter().find(|it| it.name == mirror.name);
            entry("mirror", &format!("{}{}", beside(mirror), compared(report)));
        }
    }
    if let Some(go) = go(report, zone) {
        entry("go", &go);
    }
    if let Some(offline) = &report.network.offline {
        let why = offline.why.as_deref().unwrap_or("as told");
        let since = human::moment(offline.since, zone);
        entry("network", &format!("offline since {since}: {why}"));
    }
    if report.network.missed > 0 {
        entry("missed", &offline::missed(report.network.missed));
    }
    let cache = &report.cache;
    let kept = format!(
        "{} in {}, {}",
        human::count(cache.versions, "module version", "module versions"),
        human::count(cache.files, "file", "files"),
        human::bytes(cache.bytes)
    );
    entry("cache", &kept);
    entry("", &cache.folder);
    entry("room", &human::room(&report.room));
    for (at, active) in report.grants.iter().enumerate() {
        let label = if at == 0 { "unverified" } else { "" };
        let grant = &active.grant;
        let left = human::duration(Duration::from_secs(active.seconds_left));
        entry(
            label,
            &format!(
                "{} until {} ({left} left): {}",
                grant.pattern,
                human::minute(grant.until, zone),
                grant.because
            ),
        );
    }
    for (at, job) in report.jobs.iter().enumerate() {
        let progress = match job.progress.total {
            0 => String::new(),
            total => format!(", {} of {total}", job.progress.done),
        };
        entry(
            if at == 0 { "under way" } else { "" },
            &format!("{}{progress}", job.name),
        );
    }
    for warning in &report.warnings {
        text += &format!("{CAUTION}warning:{CAUTION:#} {}\n", plain(warning));
    }
    if !report.serving {
        text += "Start it: larder serve\n";
    }
    text
}

/// A canary or a mirror, and how it is.
fn beside(shown: &BesideShown) -> String {
    let trouble = shown.trouble.as_ref();
    let trouble = trouble.map_or_else(String::new, |trouble| format!(", which {trouble}"));
    format!(
        "{}, {} % of the public modules{trouble}",
        shown.name, shown.share
    )
}

/// What became of what a mirror was asked.
fn compared(report: Option<&MirrorReport>) -> String {
    let Some(report) = report else {
        return String::new();
    };
    let different = match report.different {
        0 => String::new(),
        more => format!(", {more} otherwise (larder mirror report)"),
    };
    format!(
        "; it answered {} alike{different}",
        human::count(report.same, "request", "requests")
    )
}

/// Whether go asks here, where there is something to say of it.
fn go(report: &StatusReport, zone: &TimeZone) -> Option<String> {
    if let Some(since) = report.paused_since {
        let since = human::moment(since, zone);
        return Some(format!(
            "paused since {since}: go env is as it was before (larder resume)"
        ));
    }
    if !report.serving {
        return None;
    }
    Some(if report.points_here {
        "asks here".to_owned()
    } else {
        "does not ask here (larder env on)".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use app::command::{ActiveGrant, ActiveProfile, CacheStatus, OfflineReport, PoolStatus};
    use app::{Grant, JobId, JobState, Offline, OfflineMode, Progress};

    use super::*;

    fn shown(report: &StatusReport) -> String {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let text = render(report, now, &TimeZone::UTC);
        anstream::adapter::strip_str(&text).to_string()
    }

    fn idle() -> StatusReport {
        StatusReport {
            version: "1.2.3".to_owned(),
            notices: Vec::new(),
            serving: false,
            pid: 77,
            address: None,
            since: None,
            profile: None,
            paused_since: None,
            points_here: false,
            network: OfflineReport {
                mode: OfflineMode::Auto,
                serving: false,
                offline: None,
                missed: 0,
            },
            cache: CacheStatus {
                folder: "/home/ann/.cache/larder".to_owned(),
                versions: 1,
                files: 3,
                bytes: 5_000_000,
            },
            room: app::RoomReport {
                quota: Some(10_000_000_000),
                used: 6_200_000,
                ..app::RoomReport::default()
            },
            grants: Vec::new(),
            pools: Vec::new(),
            mirrors: Vec::new(),
            jobs: Vec::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn running() {
        let report = StatusReport {
            notices: notices::some(2),
            serving: true,
            address: Some("http://127.0.0.1:4677".to_owned()),
            points_here: true,
            since: Some("2026-03-01T08:57:00Z".parse().unwrap()),
            profile: Some(ActiveProfile {
                name: "public".to_owned(),
                automatic: None,
                upstreams: vec!["proxy.example.com".to_owned(), "direct".to_owned()],
                checksum_db: "sum.example.com".to_owned(),
                canary: Some(BesideShown {
                    name: "next.example.com".to_owned(),
                    share: "5".parse().unwrap(),
                    trouble: Some("does not answer".to_owned()),
                }),
                mirror: Some(BesideShown {
                    name: "other.example.com".to_owned(),
                    share: "100".parse().unwrap(),
                    trouble: None,
                }),
            }),
            pools: vec![PoolStatus {
                upstream: "proxy.example.com".to_owned(),
                nodes: 3,
                answering: 2,
                said: "2 of 3 nodes answer; n2.example.com is ejected: connection refused"
                    .to_owned(),
            }],
            mirrors: vec![MirrorReport {
                name: "other.example.com".to_owned(),
                same: 40,
                different: 2,
                ..MirrorReport::default()
            }],
            network: OfflineReport {
                serving: true,
                offline: Some(Offline {
                    since: "2026-03-01T10:00:00Z".parse().unwrap(),
                    why: Some("proxy.example.com: could not be reached".to_owned()),
                }),
                missed: 3,
                ..idle().network
            },
            grants: ["example.com/broken", "*.corp.example"]
                .map(|pattern| ActiveGrant {
                    grant: Grant {
                        pattern: pattern.to_owned(),
                        until: "2026-03-03T23:59:59Z".parse().unwrap(),
                        because: "tags were moved, ticket 4711".to_owned(),
                        made_at: "2026-03-01T08:00:00Z".parse().unwrap(),
                    },
                    seconds_left: 216_000,
                })
                .to_vec(),
            jobs: vec![JobState {
                id: JobId(1),
                name: "cache-verify".to_owned(),
                progress: Progress {
                    done: 12,
                    total: 40,
                    bytes: 0,
                },
                partial: None,
                end: None,
            }],
            warnings: vec!["settings.toml:2:1: Larder knows no setting `prot`".to_owned()],
            ..idle()
        };
        insta::assert_snapshot!(shown(&report));
    }

    #[test]
    fn whether_go_asks_here() {
        let said = |report: &StatusReport| go(report, &TimeZone::UTC);
        let running = StatusReport {
            serving: true,
            ..idle()
        };
        assert_eq!(said(&running).unwrap(), "does not ask here (larder env on)");
        let paused = StatusReport {
            paused_since: Some("2026-03-01T10:00:00Z".parse().unwrap()),
            ..idle()
        };
        assert_eq!(
            said(&paused).unwrap(),
            "paused since 2026-03-01 10:00:00: go env is as it was before (larder resume)"
        );
        assert_eq!(said(&idle()), None);
    }

    #[test]
    fn not_running() {
        insta::assert_snapshot!(shown(&idle()));
    }
}
