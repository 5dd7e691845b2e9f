//! `larder trust`: what is let through without the checksum database. Narrow, for a reason, and gone at its date.

use std::time::Duration;

use app::command::{
    ActiveGrant, Forgotten, Granted, TrustAcknowledge, TrustAllow, TrustForget, TrustList,
    TrustRevoke,
};
use app::{Places, parse_until};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;

use super::ask;
use crate::exit::Exit;
use crate::human;
use crate::output::{self, STRONG};
use crate::table::{Cell, Columns, Side};
use crate::trouble::Trouble;

/// No column but the last is wider.
const WIDEST: usize = 64;

/// Let modules through that the checksum database does not vouch for
///
/// Larder holds every public module against the checksum database and refuses what disagrees. Where that can't be
/// waited for, a grant lets some paths through: for a reason, until a date, and never longer than 90 days. `larder
/// status` shows it as long as it holds.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder trust allow example.com/tool --until $(date -d 14days +%F) --because \"tags moved, ticket 4711\"
  larder trust list                           What is let through, why, and how long
  larder trust revoke example.com/tool        No longer")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Allow(Allow),
    Revoke(Revoke),
    List(List),
    Forget(Forget),
    Acknowledge(Acknowledge),
}

/// Let modules through unverified, until a date
///
/// What is kept of them meanwhile stays apart from what is verified. A second grant for the same pattern takes the
/// place of the first.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder trust allow example.com/tool --until $(date -d 14days +%F) --because \"tags moved, ticket 4711\"
  larder trust allow '*.corp.example' --until $(date -d 60days +%F) --because \"not public yet\"

What never is in the database belongs into settings.toml instead: `private` or `no-checksum-database` of the profile.")]
struct Allow {
    /// Which modules: one glob as in GONOSUMDB, with its host written out
    pattern: String,
    /// The last day, as YYYY-MM-DD; at most 90 days away
    #[arg(long, value_name = "DATE")]
    until: String,
    /// Why, in a sentence of at most 200 characters
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// Let modules through no longer
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder trust revoke example.com/tool")]
struct Revoke {
    /// The pattern of the grant, as `larder trust list` shows it
    pattern: String,
}

/// List what is let through, why, and how long
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder trust list                                 All of it
  larder trust list --json | jq -r .[].pattern      For scripts")]
struct List {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Take a private or excepted module as new, though it was another when it was seen first
///
/// Where no checksum database speaks for a module, Larder remembers the hash it saw first and refuses a change. This
/// forgets the hash, and what is kept of the module; what comes next is taken.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder trust forget corp.example/lib@v1.2.0      One version that was released anew
  larder trust forget 'corp.example/*'             All of a host")]
struct Forget {
    /// Which modules: globs as in GOPRIVATE, with `@` and a glob for the version if need be
    pattern: String,
}

/// Take note of it that the hashes which were seen first are lost
///
/// `larder status` tells of the loss until then. It happens where state.sqlite was removed or replaced.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder status              Whether they are lost, and since when
  larder trust acknowledge   I know; go on")]
struct Acknowledge {}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::List(options) => options.json,
            What::Allow(_) | What::Revoke(_) | What::Forget(_) | What::Acknowledge(_) => false,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        What::Allow(options) => allow(options, &places).await,
        What::Revoke(options) => revoke(&options.pattern, &places).await,
        What::List(options) => list(&options, &places).await,
        What::Forget(options) => forget(&options.pattern, &places).await,
        What::Acknowledge(Acknowledge {}) => acknowledge(&places).await,
    }
}

async fn allow(options: Allow, places: &Places) -> Result<Exit, Trouble> {
    let zone = TimeZone::system();
    let request = TrustAllow {
        until: parse_until(&options.until, &zone)?,
        pattern: options.pattern,
        because: options.because,
    };
    let granted = ask(places, async |client| client.call(request.clone()).await).await?;
    output::print(&told(&granted, &zone))?;
    Ok(Exit::Done)
}

fn told(granted: &Granted, zone: &TimeZone) -> String {
    let grant = &granted.grant;
    let pattern = human::plain(&grant.pattern);
    let before = granted
        .replaced
        .as_ref()
        .map_or_else(String::new, |before| {
            format!(
                ", in the place of a grant until {}",
                human::minute(before.until, zone)
            )
        });
    format!(
        "{STRONG}{pattern}{STRONG:#} is let through unverified until {}{before}.\n\
         Take it back: larder trust revoke '{pattern}'\n",
        human::minute(grant.until, zone)
    )
}

async fn revoke(pattern: &str, places: &Places) -> Result<Exit, Trouble> {
    let request = TrustRevoke {
        pattern: pattern.to_owned(),
    };
    let grant = ask(places, async |client| client.call(request.clone()).await).await?;
    output::print(&format!(
        "{} is verified again.\n",
        human::plain(&grant.pattern)
    ))?;
    Ok(Exit::Done)
}

async fn list(options: &List, places: &Places) -> Result<Exit, Trouble> {
    let grants = ask(places, async |client| client.call(TrustList {}).await).await?;
    if options.json {
        output::print_json(&grants)?;
    } else if grants.is_empty() {
        output::tell("Nothing is let through unverified.\n");
    } else {
        output::print(&render(&grants, &TimeZone::system()))?;
    }
    Ok(Exit::Done)
}

async fn forget(pattern: &str, places: &Places) -> Result<Exit, Trouble> {
    let request = TrustForget {
        pattern: pattern.to_owned(),
    };
    let Forgotten { hashes, files } =
        ask(places, async |client| client.call(request.clone()).await).await?;
    output::print(&format!(
        "{} forgotten, {} removed from the cache: what comes next is taken as new.\n",
        human::count(hashes, "hash", "hashes"),
        human::count(files, "file", "files"),
    ))?;
    Ok(Exit::Done)
}

async fn acknowledge(places: &Places) -> Result<Exit, Trouble> {
    ask(places, async |client| {
        client.call(TrustAcknowledge {}).await
    })
    .await?;
    output::print("Noted. From now on hashes that are seen first count as ever.\n")?;
    Ok(Exit::Done)
}

fn render(grants: &[ActiveGrant], zone: &TimeZone) -> String {
    let heads = ["PATTERN", "UNTIL", "LEFT", "BECAUSE"].map(|head| Cell::styled(head, STRONG));
    let line = |active: &ActiveGrant| -> [Cell; 4] {
        let grant = &active.grant;
        [
            grant.pattern.as_str().into(),
            human::minute(grant.until, zone).into(),
            human::duration(Duration::from_secs(active.seconds_left)).into(),
            grant.because.as_str().into(),
        ]
    };
    let lines: Vec<[Cell; 4]> = std::iter::once(heads)
        .chain(grants.iter().map(line))
        .collect();
    Columns::new([Side::Left; 4], WIDEST).render(&lines)
}

#[cfg(test)]
mod tests {
    use app::Grant;

    use super::*;

    fn grant(pattern: &str, until: &str) -> Grant {
        Grant {
            pattern: pattern.to_owned(),
            until: until.parse().unwrap(),
            because: "tags were moved, ticket 4711".to_owned(),
            made_at: "2026-03-01T08:00:00Z".parse().unwrap(),
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_table() {
        let grants = [
            ActiveGrant {
                grant: grant("example.com/tool", "2026-03-03T23:59:59Z"),
                seconds_left: 216_000,
            },
            ActiveGrant {
                grant: grant("*.corp.example", "2026-05-30T23:59:59Z"),
                seconds_left: 59,
            },
        ];
        insta::assert_snapshot!(plain(&render(&grants, &TimeZone::UTC)), @r"
        PATTERN           UNTIL             LEFT      BECAUSE
        example.com/tool  2026-03-03 23:59  2 d 12 h  tags were moved, ticket 4711
        *.corp.example    2026-05-30 23:59  59 s      tags were moved, ticket 4711
        ");
    }

    #[test]
    fn what_was_granted_is_told_with_the_way_back() {
        let granted = Granted {
            grant: grant("*.corp.example", "2026-05-30T23:59:59Z"),
            replaced: Some(grant("*.corp.example", "2026-03-03T23:59:59Z")),
        };
        insta::assert_snapshot!(plain(&told(&granted, &TimeZone::UTC)), @r"
        *.corp.example is let through unverified until 2026-05-30 23:59, in the place of a grant until 2026-03-03 23:59.
        Take it back: larder trust revoke '*.corp.example'
        ");
    }
}
