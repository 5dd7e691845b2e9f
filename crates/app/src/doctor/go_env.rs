//! Whether go, as the caller has it, is pointed here, and what goes past Larder all the same.

use std::collections::BTreeMap;
use std::net::IpAddr;

use go_module::{ProxyList, ProxySource};
use go_tool::go_env::shown;
use go_tool::{CallerEnv, Go};
use secret::{SafeUrl, Secret};

use super::line::{Check, DoctorLine};
use crate::app::App;
use crate::go_env::{self, EnvReport};

/// The settings that decide it.
const KEYS: [&str; 3] = ["GOPROXY", "GONOPROXY", "GOFLAGS"];

/// Where go asks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pointed {
    Here,
    /// At Larder's port, with a token that is not in force.
    Stale,
    Elsewhere,
}

/// Asks the caller's go, and looks at the caller's go env file.
pub(super) async fn check(app: &App, caller: &CallerEnv) -> Vec<DoctorLine> {
    let asking = caller.clone();
    let found = tokio::task::spawn_blocking(move || Go::of_caller(&asking));
    let Ok(Ok(go)) = found.await else {
        let found = "not known, as there is no go command that could be asked";
        let line = DoctorLine::warning(Check::GoEnv, found);
        return vec![line.mend("install go: https://go.dev/doc/install")];
    };
    let (report, values) = tokio::join!(go_env::show(app, caller.clone()), go.env(&KEYS));
    let report = match report {
        Ok(report) => report,
        Err(failure) => return vec![DoctorLine::of_failure(Check::GoEnv, &failure)],
    };
    let values = match values {
        Ok(values) => values,
        Err(error) => {
            let line = DoctorLine::broken(Check::GoEnv, error.to_string());
            return vec![line.mend("go env GOPROXY GONOPROXY GOFLAGS")];
        }
    };
    let settings = app.settings();
    let serving = app.serving().ok().map(|serving| serving.port());
    let ports = [serving, settings.port];
    let ports: Vec<u16> = ports.into_iter().flatten().collect();
    let profile = settings.in_effect(&app.profile_in_use());
    let seen = Seen {
        pointed: pointed(value(&values, "GOPROXY"), &ports, &app.tokens().module()),
        answers: serving.is_some() || app.go_env().hold().lasts(),
        is_paused: app.go_env().paused().is_some(),
        expected: profile.map_or_else(Vec::new, |profile| profile.private.clone()),
        values,
        report,
    };
    seen.lines()
}

fn value<'a>(values: &'a BTreeMap<String, String>, key: &str) -> &'a str {
    values.get(key).map_or("", String::as_str)
}

fn pointed(list: &str, ports: &[u16], token: &Secret) -> Pointed {
    let Ok(list) = ProxyList::parse(list) else {
        return Pointed::Elsewhere;
    };
    let first = list.entries.first().map(|entry| &entry.source);
    let Some(ProxySource::Url(url)) = first else {
        return Pointed::Elsewhere;
    };
    let Ok(url) = SafeUrl::parse(url) else {
        return Pointed::Elsewhere;
    };
    let url = url.as_url();
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let here = host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback());
    let at_port = url
        .port_or_known_default()
        .is_some_and(|port| ports.contains(&port));
    let given = url.path_segments().and_then(|mut path| path.next());
    match given {
        _ if !here || !at_port => Pointed::Elsewhere,
        Some(given) if Secret::new(given) == *token => Pointed::Here,
        _ => Pointed::Stale,
    }
}

struct Seen {
    pointed: Pointed,
    /// Whether there is somebody at Larder's address.
    answers: bool,
    /// Whether go env is given back for a time.
    is_paused: bool,
    /// Patterns that may go past Larder: the private ones of the profile.
    expected: Vec<String>,
    values: BTreeMap<String, String>,
    report: EnvReport,
}

impl Seen {
    fn lines(&self) -> Vec<DoctorLine> {
        let mut lines = match self.pointed {
            Pointed::Here if self.answers => Vec::new(),
            Pointed::Here => vec![
                DoctorLine::broken(
                    Check::GoEnv,
                    "go is pointed at Larder, which does not run, and nothing holds its port",
                )
                .mend("larder serve")
                .mend("or have the port held from login: larder service install"),
            ],
            Pointed::Stale => vec![
                DoctorLine::broken(
                    Check::GoEnv,
                    "go is pointed at Larder's port, with a token that is not in force",
                )
                .mend("larder env on"),
            ],
            Pointed::Elsewhere => vec![self.elsewhere()],
        };
        lines.extend(self.problems());
        if self.pointed == Pointed::Here {
            lines.extend(self.past_larder());
        }
        if lines.is_empty() {
            lines.push(DoctorLine::ok(Check::GoEnv, "go is pointed at Larder"));
        }
        lines
    }

    fn elsewhere(&self) -> DoctorLine {
        let proxy = shown("GOPROXY", value(&self.values, "GOPROXY"));
        let setting = self.report.settings.iter().find(|it| it.key == "GOPROXY");
        let overridden = setting.filter(|setting| setting.shell.is_some());
        if self.is_paused && overridden.is_none() {
            let found = format!("go asks {proxy}, as Larder is paused");
            return DoctorLine::warning(Check::GoEnv, found).mend("larder resume");
        }
        let Some(setting) = overridden else {
            let found = format!("go asks {proxy}, and not Larder");
            return DoctorLine::warning(Check::GoEnv, found).mend("larder env on");
        };
        let from = match setting.shell_from.as_slice() {
            [] => String::new(),
            from => format!(" (likely from {})", from.join(", ")),
        };
        let found = format!("go asks {proxy}, as your shell sets GOPROXY{from}");
        if self.report.on {
            DoctorLine::broken(Check::GoEnv, found).mend("unset GOPROXY")
        } else {
            let line = DoctorLine::warning(Check::GoEnv, found);
            line.mend("unset GOPROXY").mend("larder env on")
        }
    }

    fn problems(&self) -> Vec<DoctorLine> {
        let problems = self.report.problems.iter();
        let line = |failure| DoctorLine {
            health: super::Health::Warning,
            ..DoctorLine::of_failure(Check::GoEnv, failure)
        };
        problems.map(line).collect()
    }

    /// What go does without asking Larder, though it is pointed here. The patterns name modules: they are counted.
    fn past_larder(&self) -> Vec<DoctorLine> {
        let mut lines = Vec::new();
        let mut flags = value(&self.values, "GOFLAGS").split_whitespace();
        if flags.any(|flag| matches!(flag, "-mod=vendor" | "--mod=vendor")) {
            let found = "GOFLAGS has -mod=vendor: go builds from vendor folders, and asks nobody";
            lines.push(DoctorLine::warning(Check::GoEnv, found).mend("go env GOFLAGS"));
        }
        let past = value(&self.values, "GONOPROXY")
            .split(',')
            .map(str::trim)
            .filter(|pattern| !matches!(*pattern, "" | "none"))
            .filter(|pattern| self.expected.iter().all(|expected| expected != pattern))
            .count();
        if past > 0 {
            let found = format!(
                "GONOPROXY has {past} {} that go fetches by itself, past Larder",
                if past == 1 { "pattern" } else { "patterns" }
            );
            lines.push(DoctorLine::warning(Check::GoEnv, found).mend("go env GONOPROXY"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::line::Health;
    use super::*;
    use crate::go_env::{EnvSetting, EnvWinner, PortHold};

    #[test]
    fn larder_is_known_by_its_port_and_its_token() {
        for (list, expected) in [
            ("http://127.0.0.1:4677/t0ken", Pointed::Here),
            (
                "http://localhost:4677/t0ken|https://a.example",
                Pointed::Here,
            ),
            ("http://[::1]:4677/t0ken/", Pointed::Here),
            ("http://127.0.0.1:4677/old", Pointed::Stale),
            ("http://127.0.0.1:4677", Pointed::Stale),
            ("http://127.0.0.1:4678/t0ken", Pointed::Elsewhere),
            (
                "https://a.example,http://127.0.0.1:4677/t0ken",
                Pointed::Elsewhere,
            ),
            ("http://a.example:4677/t0ken", Pointed::Elsewhere),
            ("direct", Pointed::Elsewhere),
            ("", Pointed::Elsewhere),
        ] {
            assert_eq!(
                pointed(list, &[4677], &Secret::new("t0ken")),
                expected,
                "{list}"
            );
        }
    }

    fn seen(pointed: Pointed, answers: bool, values: &[(&str, &str)]) -> Seen {
        Seen {
            pointed,
            answers,
            is_paused: false,
            expected: vec!["corp.example/*".to_owned()],
            values: values
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            report: EnvReport {
                file: PathBuf::from("/home/ann/.config/go/env"),
                link_to: None,
                on: false,
                stays: false,
                hold: PortHold::Nobody,
                profile: "public".to_owned(),
                settings: Vec::new(),
                no_safety_net: None,
                go: None,
                other_go: Vec::new(),
                restore_script: None,
                notes: Vec::new(),
                problems: Vec::new(),
            },
        }
    }

    fn only(seen: &Seen) -> DoctorLine {
        let mut lines = seen.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.remove(0)
    }

    #[test]
    fn pointed_here_it_is_well_unless_nobody_answers_or_something_goes_past() {
        let well = [("GONOPROXY", "corp.example/*"), ("GOFLAGS", "-modcacherw")];
        assert_eq!(only(&seen(Pointed::Here, true, &well)).health, Health::Ok);
        let nobody = only(&seen(Pointed::Here, false, &well));
        assert_eq!(nobody.health, Health::Broken);
        assert_eq!(nobody.mend[0], "larder serve");
        let stale = only(&seen(Pointed::Stale, true, &well));
        assert_eq!(stale.health, Health::Broken);
        let vendor = only(&seen(Pointed::Here, true, &[("GOFLAGS", "-x -mod=vendor")]));
        assert_eq!(vendor.health, Health::Warning);
        let past = [("GONOPROXY", "corp.example/*,x.example/secret")];
        let past = only(&seen(Pointed::Here, true, &past));
        assert_eq!(past.health, Health::Warning);
        assert!(
            past.found.starts_with("GONOPROXY has 1 pattern "),
            "{past:?}"
        );
        assert!(!past.found.contains("secret"), "{past:?}");
    }

    #[test]
    fn a_shell_that_says_otherwise_breaks_what_was_switched_on() {
        let values = [("GOPROXY", "https://ann:hunter2@a.example")];
        let mut elsewhere = seen(Pointed::Elsewhere, true, &values);
        let plain = only(&elsewhere);
        assert_eq!(plain.health, Health::Warning);
        assert_eq!(plain.mend, ["larder env on"]);
        assert!(!plain.found.contains("hunter2"), "{plain:?}");
        elsewhere.is_paused = true;
        assert_eq!(only(&elsewhere).mend, ["larder resume"]);
        elsewhere.is_paused = false;
        elsewhere.report.settings.push(EnvSetting {
            key: "GOPROXY".to_owned(),
            wants: None,
            file: None,
            shell: Some("https://a.example".to_owned()),
            shell_from: vec!["/home/ann/.zshrc:3".to_owned()],
            wins: EnvWinner::Shell,
        });
        let overridden = only(&elsewhere);
        assert_eq!(overridden.health, Health::Warning);
        assert!(
            overridden.found.contains("/home/ann/.zshrc:3"),
            "{overridden:?}"
        );
        elsewhere.report.on = true;
        let overridden = only(&elsewhere);
        assert_eq!(overridden.health, Health::Broken);
        assert_eq!(overridden.mend, ["unset GOPROXY"]);
    }
}
