//! `larder mirror`: what a mirror answered, beside what the upstreams did.

use app::Places;
use app::command::{MirrorReports, Mirrored};
use app::{MirrorDifference, MirrorReport};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;

use super::ask;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{self, CAUTION, FAINT, STRONG};
use crate::trouble::Trouble;

/// How many differences are shown, the newest.
const SHOWN: usize = 20;

/// See what a mirror answered otherwise than the upstreams
///
/// A profile may have a mirror: another upstream that is asked what an upstream has answered. Nobody waits for it, and of
/// what it answers nothing is kept; whether it is the same is counted.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder profile edit company --mirror https://other.corp.example   Have one
  larder mirror report                                              How it answers
  larder profile edit company --default mirror                      Have none")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Report(Report),
}

/// Show how often a mirror answered otherwise, and where
///
/// Since Larder was started. Lists are compared by their versions, .info by version and time, .mod and .zip byte by byte.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder mirror report            At a glance, with the newest differences
  larder mirror report --json | jq -r '.reports[].differences[].request'")]
struct Report {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::Report(report) => report.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let What::Report(report) = options.what;
    let mirrored = ask(&places, async |client| client.call(MirrorReports {}).await).await?;
    if report.json {
        output::print_json(&mirrored)?;
    } else {
        output::print(&render(&mirrored, &TimeZone::system()))?;
    }
    Ok(Exit::Done)
}

fn render(mirrored: &Mirrored, zone: &TimeZone) -> String {
    let mut text = match &mirrored.mirror {
        Some(mirror) => format!(
            "{STRONG}{}{STRONG:#} is asked what the upstreams answered, for {} % of the public modules\n",
            plain(&mirror.name),
            mirror.share
        ),
        None => "The profile in force has no mirror.\n".to_owned(),
    };
    for report in &mirrored.reports {
        text += &one(report, zone);
    }
    text
}

fn one(report: &MirrorReport, zone: &TimeZone) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#}\n", plain(&report.name));
    let mut entry = |name: &str, value: &str| {
        text += &format!("  {FAINT}{name:<12}{FAINT:#}  {}\n", plain(value));
    };
    entry("alike", &human::count(report.same, "request", "requests"));
    entry(
        "otherwise",
        &human::count(report.different, "request", "requests"),
    );
    if report.failed > 0 {
        let why = report.last_failure.as_deref().unwrap_or_default();
        let times = human::count(report.failed, "request", "requests");
        entry("no answer", &format!("{times}, the last one: {why}"));
    }
    if report.left_out > 0 {
        let times = human::count(report.left_out, "request", "requests");
        entry("not asked", &format!("{times}, for it was behind"));
    }
    let all = report.differences.iter().rev();
    for difference in all.take(SHOWN) {
        text += &line(difference, zone);
    }
    text
}

fn line(difference: &MirrorDifference, zone: &TimeZone) -> String {
    let MirrorDifference { at, times, .. } = difference;
    let times = match times {
        1 => String::new(),
        more => format!(" ({more} times)"),
    };
    format!(
        "  {}  {CAUTION}{}{CAUTION:#}{times}\n      {}: {}\n      the mirror: {}\n",
        human::moment(*at, zone),
        plain(&difference.request),
        plain(&difference.upstream),
        plain(&difference.said),
        plain(&difference.mirror_said)
    )
}

#[cfg(test)]
mod tests {
    use app::command::BesideShown;

    use super::*;

    #[test]
    fn what_differs_is_shown_newest_first() {
        let difference = |request: &str, times| MirrorDifference {
            at: "2026-03-01T12:00:00Z".parse().unwrap(),
            request: request.to_owned(),
            upstream: "proxy.corp.example".to_owned(),
            said: "not there (404)".to_owned(),
            mirror_said: "12 B, 0123456789ab…".to_owned(),
            times,
        };
        let mirrored = Mirrored {
            mirror: Some(BesideShown {
                name: "other.corp.example".to_owned(),
                share: "12.5".parse().unwrap(),
                trouble: None,
            }),
            reports: vec![MirrorReport {
                name: "other.corp.example".to_owned(),
                same: 1,
                different: 4,
                failed: 2,
                left_out: 7,
                last_failure: Some("status 500: broken".to_owned()),
                differences: vec![
                    difference("example.com/a/@v/list", 3),
                    difference("example.com/b/@v/v1.0.0.mod", 1),
                ],
            }],
        };
        let text = render(&mirrored, &TimeZone::UTC);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
        let none = render(&Mirrored::default(), &TimeZone::UTC);
        assert_eq!(none, "The profile in force has no mirror.\n");
    }
}
