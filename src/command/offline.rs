//! `larder offline`: who says whether Larder is offline, and how it is.

use app::command::{OfflineReport, SetOffline};
use app::{OfflineMode, Places};
use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use super::ask;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{self, CAUTION, FAINT, GOOD, STRONG};
use crate::trouble::Trouble;

/// Say whether Larder is offline, or let it notice
///
/// Offline, what is kept is given at once, however old; lists name only what can be delivered whole; and what is not there is
/// told within milliseconds, asking nobody. Left to itself (auto), Larder is offline while there is no way to any upstream of
/// the profile, and looks in the background whether there is one again. One upstream that is down among others is no reason.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder offline            How it is
  larder offline on         Offline from now on: before the network becomes slow or expensive
  larder offline auto       Let Larder notice by itself
  larder offline off        Never: an outage is an error")]
pub(crate) struct Options {
    /// Who says so from now on
    #[arg(value_enum)]
    mode: Option<Mode>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// Offline until told otherwise
    On,
    /// Never offline
    Off,
    /// As Larder notices by itself
    Auto,
}

impl From<Mode> for OfflineMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::On => Self::On,
            Mode::Off => Self::Off,
            Mode::Auto => Self::Auto,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let request = SetOffline {
        mode: options.mode.map(OfflineMode::from),
    };
    let report = ask(&places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&report)?;
    } else {
        output::print(&render(&report, &TimeZone::system()))?;
    }
    Ok(Exit::Done)
}

fn render(report: &OfflineReport, zone: &TimeZone) -> String {
    let by = match report.mode {
        OfflineMode::Auto => "Larder notices by itself",
        OfflineMode::On => "told to be, until larder offline auto",
        OfflineMode::Off => "never offline, until larder offline auto",
    };
    let mut text = match (&report.offline, report.serving) {
        (Some(offline), _) => {
            format!(
                "{CAUTION}○{CAUTION:#} {STRONG}Offline{STRONG:#} since {}\n",
                human::moment(offline.since, zone)
            )
        }
        (None, true) => format!("{GOOD}●{GOOD:#} {STRONG}Online{STRONG:#}\n"),
        (None, false) => format!("{FAINT}○{FAINT:#} {STRONG}Larder is not running{STRONG:#}\n"),
    };
    let mut entry = |name: &str, value: &str| {
        text += &format!("  {FAINT}{name:<7}{FAINT:#}  {}\n", plain(value));
    };
    entry("mode", &format!("{}: {by}", report.mode.word()));
    if let Some(why) = report
        .offline
        .as_ref()
        .and_then(|offline| offline.why.as_ref())
    {
        entry("why", why);
    }
    if report.missed > 0 {
        entry("missed", &missed(report.missed));
    }
    text
}

/// How much was missed, and what to do about it.
pub(super) fn missed(count: u64) -> String {
    format!(
        "{} asked for and not there; larder stock --missed fetches it when you are back",
        human::count(count, "thing", "things")
    )
}

#[cfg(test)]
mod tests {
    use app::Offline;

    use super::*;

    #[test]
    fn rendered() {
        let offline = |why: Option<&str>| Offline {
            since: "2026-03-01T08:57:00Z".parse().unwrap(),
            why: why.map(str::to_owned),
        };
        let report = |mode, serving, offline, missed| OfflineReport {
            mode,
            serving,
            offline,
            missed,
        };
        let why = "proxy.corp.example: could not be reached: name look-up: no such host";
        let texts = [
            report(OfflineMode::Auto, true, None, 0),
            report(OfflineMode::Auto, true, Some(offline(Some(why))), 12),
            report(OfflineMode::On, true, Some(offline(None)), 1),
            report(OfflineMode::Off, false, None, 0),
        ]
        .map(|report| render(&report, &TimeZone::UTC));
        insta::assert_snapshot!(anstream::adapter::strip_str(&texts.concat()));
    }
}
