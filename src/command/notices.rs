//! `larder notices`: what needs attention, and putting it away.

use app::command::{NoticesDismiss, NoticesList};
use app::{Notice, Places};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;

use super::ask;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{self, CAUTION, ERROR, FAINT, STRONG};
use crate::trouble::Trouble;

/// How many `larder status` shows.
const AT_A_GLANCE: usize = 5;

/// Show what needs attention, and put it away
///
/// A notice says that a module is not what it should be, or that the checksum database can't be trusted. It stays, over
/// restarts too, until somebody has put it away; should the same happen again, there is a new one.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = "\
Examples:
  larder notices                  All of them, the newest first
  larder notices dismiss 3        Put one away
  larder notices dismiss --all    Put all of them away
  larder notices --json | jq -r .[].subject"
)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: Option<What>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    Dismiss(Dismiss),
}

/// Put a notice away, or all of them
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder notices dismiss 3        Put one away
  larder notices dismiss --all    Put all of them away")]
struct Dismiss {
    /// The number of the notice, as `larder notices` shows it
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Option<u64>,
    /// All of them
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        Some(What::Dismiss(Dismiss { id, .. })) => dismiss(id, &places).await,
        None => list(options.json, &places).await,
    }
}

async fn list(json: bool, places: &Places) -> Result<Exit, Trouble> {
    let notices = ask(places, async |client| client.call(NoticesList {}).await).await?;
    if json {
        output::print_json(&notices)?;
    } else if notices.is_empty() {
        output::tell("Nothing needs attention.\n");
    } else {
        let zone = TimeZone::system();
        let shown = notices.iter().rev().map(|notice| render(notice, &zone));
        output::print(&shown.collect::<String>())?;
    }
    Ok(Exit::Done)
}

async fn dismiss(id: Option<u64>, places: &Places) -> Result<Exit, Trouble> {
    let dismissed = ask(places, async |client| {
        client.call(NoticesDismiss { id }).await
    })
    .await?;
    output::print(&match dismissed.notices {
        0 => "There was nothing to put away.\n".to_owned(),
        count => format!("Put away {}.\n", human::count(count, "notice", "notices")),
    })?;
    Ok(Exit::Done)
}

/// What `larder status` begins with; nothing where nothing needs attention.
pub(super) fn at_a_glance(notices: &[Notice], zone: &TimeZone) -> String {
    if notices.is_empty() {
        return String::new();
    }
    let mut text = format!("{ERROR}Needs attention:{ERROR:#}\n");
    for notice in notices.iter().rev().take(AT_A_GLANCE) {
        text += &render(notice, zone);
    }
    let rest = notices.len().saturating_sub(AT_A_GLANCE);
    if rest > 0 {
        text += &format!("  and {rest} more: larder notices\n");
    }
    text += "  Put away what you have dealt with: larder notices dismiss NUMBER\n";
    text
}

fn render(notice: &Notice, zone: &TimeZone) -> String {
    let times = match notice.times {
        0 | 1 => String::new(),
        times => format!(", {times} times"),
    };
    format!(
        "  {CAUTION}{:<3}{CAUTION:#}{STRONG}{}{STRONG:#}  {FAINT}{}{times}{FAINT:#}\n{}",
        notice.id,
        plain(&notice.subject),
        human::minute(notice.at, zone),
        human::wrapped(&notice.text, 5)
    )
}

/// Notices for tests, the kinds by their names in JSON.
#[cfg(test)]
pub(super) fn some(count: u64) -> Vec<Notice> {
    const HASHES: [&str; 2] = [
        "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=",
    ];
    let notice = |id| Notice {
        id,
        at: "2026-03-01T08:30:00Z".parse().unwrap(),
        kind: serde_json::from_value("mismatch".into()).unwrap(),
        subject: format!("example.com/hello{id}@v1.0.0 (zip)"),
        text: format!(
            "example.com/hello{id}@v1.0.0 (zip) from proxy.example.com is not what the checksum database vouches for, and was not kept\n\tproxy.example.com: {}\n\tsum.example.com: {}\nIt was changed after its release\u{7}.",
            HASHES[0], HASHES[1]
        ),
        times: id,
    };
    (1..=count).map(notice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glance(count: u64) -> String {
        let text = at_a_glance(&some(count), &TimeZone::UTC);
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn a_notice_shows_both_hashes_and_how_to_put_it_away() {
        insta::assert_snapshot!(glance(2));
    }

    #[test]
    fn five_are_shown_and_the_rest_counted() {
        assert_eq!(glance(0), "");
        let shown = |count| glance(count).matches("was not kept").count();
        assert_eq!((shown(5), shown(7)), (5, 5));
        assert!(!glance(5).contains("more"));
        let text = glance(7);
        assert!(text.contains("and 2 more: larder notices\n"), "{text}");
        assert!(
            text.contains("hello7@") && !text.contains("hello2@"),
            "the newest are shown: {text}"
        );
    }
}
