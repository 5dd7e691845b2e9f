//! The upstreams of the profile in force, what they say of credentials and of the time, and the checksum database.

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use delivery::{DatabaseError, Delivery, DeliveryError};
use futures_util::future::join_all;
use go_tool::Go;
use tokio::process::Command;
use tokio::time::timeout;
use upstream::{Probe, Shown, Upstream, UpstreamError, UpstreamKind};

use super::line::{Check, DoctorLine};
use crate::app::App;

/// What one upstream may take; it may have to ask a keyring first.
const UPSTREAM_DEADLINE: Duration = Duration::from_secs(10);
/// What the database may take, all proofs included.
pub(super) const DATABASE_DEADLINE: Duration = Duration::from_secs(20);
/// What is longer than this is slow.
const SLOW: Duration = Duration::from_secs(2);
/// How far the clock may be off before signatures and certificates are in question.
const CLOCK_OFF: Duration = Duration::from_secs(5 * 60);
/// How far it may be off before nothing works.
const CLOCK_WRONG: Duration = Duration::from_secs(60 * 60);

/// What came of asking one upstream.
struct Asked {
    name: String,
    /// What a person may look at it with.
    url: Option<String>,
    answer: Result<Probe, Option<UpstreamError>>,
    /// When it answered.
    at: SystemTime,
}

/// The upstreams, the credentials they want, and this computer's clock against theirs.
pub(super) async fn upstreams(app: &App) -> Vec<DoctorLine> {
    let delivery = match timeout(super::GO_DEADLINE, app.delivery()).await {
        Ok(Ok(delivery)) => delivery,
        Ok(Err(failure)) => return vec![DoctorLine::of_failure(Check::Upstream, &failure)],
        Err(_) => {
            let found = "the profile could not be built in time: go does not tell its defaults";
            let line = DoctorLine::broken(Check::Upstream, found);
            return vec![line.mend("go env GOPROXY GOSUMDB")];
        }
    };
    let profile = delivery.profile();
    let upstreams = profile.routes().upstreams();
    if upstreams.is_empty() {
        let found = format!("the profile {} asks nobody (off)", profile.name());
        return vec![DoctorLine::warning(Check::Upstream, found).mend("larder profile list")];
    }
    let is_only = upstreams.len() == 1;
    let (direct, proxies): (Vec<_>, Vec<_>) = upstreams
        .into_iter()
        .partition(|upstream| upstream.kind() == UpstreamKind::Direct);
    let asking = join_all(proxies.into_iter().map(ask));
    let version_control = async {
        match direct.is_empty() {
            true => None,
            false => Some(version_control(is_only).await),
        }
    };
    let (asked, version_control) = tokio::join!(asking, version_control);
    let mut lines: Vec<DoctorLine> = asked.iter().map(upstream_line).collect();
    lines.extend(version_control);
    lines.extend(credentials(&asked));
    lines.push(clock(&asked));
    lines
}

async fn ask(upstream: &Upstream) -> Asked {
    let answer = timeout(UPSTREAM_DEADLINE, upstream.probe()).await;
    Asked {
        name: upstream.name().to_owned(),
        url: upstream.url().map(ToString::to_string),
        answer: match answer {
            Ok(answer) => answer.map_err(Some),
            Err(_) => Err(None),
        },
        at: SystemTime::now(),
    }
}

fn upstream_line(asked: &Asked) -> DoctorLine {
    let name = &asked.name;
    let look = |line: DoctorLine| match &asked.url {
        Some(url) if url.starts_with("http") => line.mend(format!("curl -v {url}")),
        Some(url) => line.mend(format!("ls {}", url.trim_start_matches("file://"))),
        None => line,
    };
    let probe = match &asked.answer {
        Ok(probe) => probe,
        Err(error) => {
            let why = match error {
                Some(error) => error.to_string(),
                None => format!("no answer within {} s", UPSTREAM_DEADLINE.as_secs()),
            };
            return look(DoctorLine::broken(
                Check::Upstream,
                format!("{name}: {why}"),
            ));
        }
    };
    let status = probe
        .status
        .map_or_else(String::new, |status| format!(" (HTTP {status})"));
    let took = probe.took.as_millis();
    if !probe.authorised {
        let found = format!("{name} is there, {took} ms, and does not let you in{status}");
        return DoctorLine::warning(Check::Upstream, found).mend(login(asked));
    }
    let found = format!("{name} answers in {took} ms{status}");
    if probe.took > SLOW {
        return look(DoctorLine::warning(
            Check::Upstream,
            found + ": that is slow",
        ));
    }
    DoctorLine::ok(Check::Upstream, found)
}

fn login(asked: &Asked) -> String {
    format!("larder login {}", asked.url.as_ref().unwrap_or(&asked.name))
}

fn credentials(asked: &[Asked]) -> Vec<DoctorLine> {
    let refusing: Vec<DoctorLine> = asked
        .iter()
        .filter_map(|asked| Some((asked, asked.answer.as_ref().ok()?)))
        .filter(|(_, probe)| !probe.authorised)
        .map(|(asked, probe)| {
            let (found, mend) = refusal(asked, probe);
            let name = &asked.name;
            DoctorLine::broken(Check::Credentials, format!("{name} {found}")).mend(mend)
        })
        .collect();
    match refusing.is_empty() {
        true => vec![DoctorLine::ok(
            Check::Credentials,
            "no upstream that answers wants others than it is shown",
        )],
        false => refusing,
    }
}

/// Why an upstream does not let this person in, and what to do.
fn refusal(asked: &Asked, probe: &Probe) -> (String, String) {
    let refuses_anybody = probe.status != Some(401);
    let found = match &probe.shown {
        Shown::NotHad { reason } => {
            let found = format!("wants credentials, and those for it could not be had: {reason}");
            return (found, "larder credentials".to_owned());
        }
        Shown::Nothing if refuses_anybody => {
            "refuses this computer (403); there are no credentials for it that it could be shown"
        }
        Shown::Credentials if refuses_anybody => {
            "refuses what it is shown: whoever that is has no access (403)"
        }
        Shown::Nothing => "wants credentials, and there are none for it (401)",
        Shown::Credentials => {
            "refuses the credentials that it is shown: they are wrong, or out of date (401)"
        }
    };
    (found.to_owned(), login(asked))
}

/// The clock against that of the upstream that it is nearest to: one upstream may well be wrong.
fn clock(asked: &[Asked]) -> DoctorLine {
    let off = asked.iter().filter_map(|asked| {
        let theirs = asked.answer.as_ref().ok()?.date?;
        let (behind, off) = match theirs.duration_since(asked.at) {
            Ok(off) => (true, off),
            Err(error) => (false, error.duration()),
        };
        Some((off, behind, &asked.name))
    });
    let Some((off, behind, name)) = off.min() else {
        let found = "could not be compared: no upstream has told its time";
        return DoctorLine::ok(Check::Clock, found);
    };
    let seconds = off.as_secs();
    let found = match seconds {
        0..60 => format!("right within {} s, by {name}", seconds + 1),
        _ => format!(
            "{} min {}, by {name}",
            seconds / 60,
            if behind { "behind" } else { "ahead" }
        ),
    };
    let line = if off > CLOCK_WRONG {
        DoctorLine::broken(Check::Clock, found)
    } else if off > CLOCK_OFF {
        DoctorLine::warning(Check::Clock, found)
    } else {
        return DoctorLine::ok(Check::Clock, found);
    };
    line.mend("sudo timedatectl set-ntp true")
}

/// Whether version control can be asked: it takes `go`, and `git`.
pub(crate) async fn version_control(is_only: bool) -> DoctorLine {
    let missing = |what: String, mend: &str| {
        let found = format!("direct: {what}");
        let line = match is_only {
            true => DoctorLine::broken(Check::Upstream, found),
            false => DoctorLine::warning(Check::Upstream, found),
        };
        line.mend(mend)
    };
    let finding =
        tokio::task::spawn_blocking(|| Go::find(std::env::var_os("PATH").as_deref()).is_ok());
    if !finding.await.unwrap_or(false) {
        return missing(
            "Larder finds no go command in its PATH".to_owned(),
            "install it: https://go.dev/doc/install",
        );
    }
    let git = Command::new("git")
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match timeout(UPSTREAM_DEADLINE, git).await {
        Ok(Ok(said)) if said.status.success() => {
            let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
            DoctorLine::ok(Check::Upstream, format!("direct: {said}"))
        }
        Ok(Ok(said)) => missing(format!("git fails: {}", said.status), "git --version"),
        Ok(Err(error)) => missing(
            format!("git can't be run: {error}"),
            "install git: https://git-scm.com",
        ),
        Err(_) => missing("git does not answer".to_owned(), "git --version"),
    }
}

/// The checksum database of the profile in force.
pub(super) async fn database(app: &App) -> Vec<DoctorLine> {
    let check = Check::ChecksumDatabase;
    let delivery: &Delivery = match app.delivery().await {
        Ok(delivery) => delivery,
        Err(failure) => return vec![DoctorLine::of_failure(check, &failure)],
    };
    let name = delivery.profile().database_name().to_owned();
    vec![match delivery.ask_database().await {
        Ok(None) => DoctorLine::ok(
            check,
            "off in this profile: modules are held to what was seen first",
        ),
        Ok(Some(probe)) => {
            let found = format!(
                "{name}, {} records, through {}, {} ms",
                probe.records,
                probe.through,
                probe.took.as_millis()
            );
            if probe.took > SLOW {
                DoctorLine::warning(check, found + ": that is slow")
                    .mend("larder doctor, once more")
            } else {
                DoctorLine::ok(check, found)
            }
        }
        Err(error) => {
            let line = DoctorLine::broken(check, error.to_string());
            match error {
                DeliveryError::Database(
                    DatabaseError::Fork { .. } | DatabaseError::Refused { .. },
                ) => line.mend("larder notices"),
                _ => line.mend("what is known of it already holds; try again once it can be reached: larder doctor"),
            }
        }
    }]
}

#[cfg(test)]
mod tests {
    use super::super::line::Health;
    use super::*;

    fn asked(probe: Probe) -> Asked {
        Asked {
            name: "proxy.corp.example".to_owned(),
            url: Some("https://proxy.corp.example".to_owned()),
            answer: Ok(probe),
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000),
        }
    }

    fn answers() -> Probe {
        Probe {
            took: Duration::from_millis(34),
            authorised: true,
            shown: Shown::Nothing,
            status: Some(200),
            protocol: Some("HTTP/2"),
            date: None,
        }
    }

    fn at(seconds: u64) -> Asked {
        asked(Probe {
            date: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
            ..answers()
        })
    }

    #[test]
    fn a_clock_is_right_off_or_wrong() {
        for (theirs, health, shown) in [
            (1_000_000, Health::Ok, "right within 1 s"),
            (1_000_299, Health::Ok, "4 min behind"),
            (1_000_301, Health::Warning, "5 min behind"),
            (999_000, Health::Warning, "16 min ahead"),
            (996_000, Health::Broken, "66 min ahead"),
        ] {
            let line = clock(&[at(theirs)]);
            assert_eq!(line.health, health, "{line:?}");
            assert!(line.found.starts_with(shown), "{line:?}");
        }
        let line = clock(&[at(0), at(1_000_010)]);
        assert_eq!(line.health, Health::Ok, "one that is wrong is outvoted");
        let line = clock(&[asked(answers())]);
        assert!(line.found.contains("no upstream"), "{line:?}");
    }

    #[test]
    fn an_upstream_is_well_slow_closed_or_gone() {
        assert_eq!(
            upstream_line(&asked(answers())),
            DoctorLine::ok(
                Check::Upstream,
                "proxy.corp.example answers in 34 ms (HTTP 200)"
            )
        );
        let slow = upstream_line(&asked(Probe {
            took: Duration::from_secs(3),
            ..answers()
        }));
        assert_eq!(slow.health, Health::Warning);
        assert_eq!(slow.mend, ["curl -v https://proxy.corp.example"]);
        let closed = asked(Probe {
            authorised: false,
            status: Some(401),
            ..answers()
        });
        assert_eq!(upstream_line(&closed).health, Health::Warning);
        let line = credentials(&[closed]).remove(0);
        assert_eq!(line.health, Health::Broken);
        assert_eq!(line.mend, ["larder login https://proxy.corp.example"]);
        let not_had = || Shown::NotHad {
            reason: "the keyring is locked".to_owned(),
        };
        for (status, shown, says) in [
            (401, Shown::Nothing, "there are none for it (401)"),
            (401, Shown::Credentials, "they are wrong, or out of date"),
            (401, not_had(), "the keyring is locked"),
            (403, Shown::Nothing, "refuses this computer (403)"),
            (403, Shown::Credentials, "has no access (403)"),
            (403, not_had(), "the keyring is locked"),
        ] {
            let refused = asked(Probe {
                authorised: false,
                status: Some(status),
                shown,
                ..answers()
            });
            let line = credentials(&[refused]).remove(0);
            assert!(line.found.contains(says), "{line:?}");
            assert_eq!(line.mend.len(), 1, "{line:?}");
        }
        let gone = Asked {
            answer: Err(None),
            ..asked(answers())
        };
        let line = upstream_line(&gone);
        assert_eq!(line.health, Health::Broken);
        assert!(line.found.contains("within 10 s"), "{line:?}");
        assert_eq!(credentials(&[gone])[0].health, Health::Ok);
    }
}
