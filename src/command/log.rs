//! `larder log`: what go asked for, where it came from, and how it ended.

use std::pin::pin;
use std::time::Duration;

use app::command::{ActivityPage, ActivityStory};
use app::{ActivityItem, Code, Failure, Places};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use futures_util::StreamExt;
use jiff::tz::TimeZone;
use server::{Client, EndSignals};

use super::ask;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{self, CAUTION, ERROR, FAINT, PLAIN, STRONG};
use crate::table::{Cell, Columns, Side};
use crate::trouble::Trouble;

/// No column is wider, so that one long module path doesn't push all else off the screen.
const WIDEST: usize = 60;
/// How long to wait before an instance that is gone is looked for again.
const LOOK: Duration = Duration::from_millis(500);
/// How many entries that came together are printed together.
const TOGETHER: usize = 256;

/// Show what go asked for, and where it came from
///
/// One line an entry: when, the module, the file, where it came from (the cache, an upstream by name, `revalidated`
/// where an upstream said that what was kept still holds, `stale` where it could not be asked), bytes, time taken, how
/// it ended, and how often. What Larder fetched of its own accord is marked `background`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder log                    The newest entries
  larder log -f                 And what comes, until Ctrl-C, also over restarts of Larder
  larder log --story 1234       What was done for one entry, step by step, and how long it took
  larder log --story example.com/m@v1.2.3
                                The same for the newest entry that has these words
  larder log -n 1000 --json | jq -r 'select(.outcome != \"delivered\") | .path'
                                What could not be delivered lately")]
pub(crate) struct Options {
    /// Go on with what comes; where Larder isn't running, wait for it
    #[arg(long, short)]
    follow: bool,
    /// How many of the newest entries to begin with, 10000 at most
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = up_to_most())]
    lines: usize,
    /// Tell the story of one entry: of this number (`seq` in --json), else of the newest that has these words
    #[arg(long, value_name = "ENTRY", conflicts_with_all = ["follow", "lines"])]
    story: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    if let Some(entry) = &options.story {
        return tell_story(entry, options.json, &places).await;
    }
    // One more than nothing, where only the place to go on from is wanted.
    let wanted = options.lines.max(options.follow.into());
    let newest = ask(&places, async |client| client.activity_last(wanted).await).await?;
    let shown = newest.len().saturating_sub(options.lines);
    let mut printer = Printer::new(options.json);
    printer.print(newest.get(shown..).unwrap_or_default())?;
    if !options.follow {
        return Ok(Exit::Done);
    }
    let mut signals = EndSignals::take()?;
    let seen = newest.last().map_or(0, |item| item.seq);
    tokio::select! {
        trouble = follow(&places, &mut printer, seen) => Err(trouble),
        () = signals.next() => Ok(Exit::Interrupted),
    }
}

/// Prints the story of one entry.
async fn tell_story(entry: &str, json: bool, places: &Places) -> Result<Exit, Trouble> {
    let story = ask(places, async |client| {
        let seq = match entry.parse() {
            Ok(seq) => seq,
            Err(_) => newest_with(client, entry).await?,
        };
        client.call(ActivityStory { seq }).await
    })
    .await?;
    if json {
        output::print_json(&story)?;
    } else {
        let lines = story.text.lines().map(|line| plain(line) + "\n");
        output::print(&lines.collect::<String>())?;
    }
    Ok(Exit::Done)
}

/// The number of the newest entry that has these words.
async fn newest_with(client: &Client, words: &str) -> Result<i64, Failure> {
    let page = ActivityPage {
        limit: 1,
        text: Some(words.to_owned()),
        ..ActivityPage::default()
    };
    let found = client.call(page).await?;
    found.items.first().map(|item| item.seq).ok_or_else(|| {
        let message = format!("no entry of the activity log has {words:?}");
        Failure::new(Code::NotFound, message).hint("what there is: larder log")
    })
}

/// As many as an instance gives at once.
fn up_to_most() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(0..=10_000)
}

/// Prints what comes after entry `seen`, from one instance after the other. It holds no lock while there is none.
async fn follow(places: &Places, printer: &mut Printer, mut seen: i64) -> Trouble {
    let mut told = None;
    loop {
        let gone = match Client::running(places).await {
            Ok(client) => {
                told = None;
                match follow_one(&client, printer, &mut seen).await {
                    Ok(()) => None,
                    Err(Trouble::Failure(failure)) => Some(failure),
                    Err(output) => return output,
                }
            }
            Err(failure) => Some(failure),
        };
        // The end of the instance is nothing to speak of if the next one is there already.
        if let Some(failure) = gone.filter(|failure| told.as_ref() != Some(failure)) {
            output::tell(&waiting(&failure));
            told = Some(failure);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Prints what comes from this instance, until it ends.
async fn follow_one(client: &Client, printer: &mut Printer, seen: &mut i64) -> Result<(), Trouble> {
    let newest = client
        .activity_last(1)
        .await?
        .last()
        .map_or(0, |item| item.seq);
    if newest < *seen {
        // Its state was begun anew, and with it the numbers.
        *seen = 0;
    }
    let mut items = pin!(client.activity_follow(*seen).ready_chunks(TOGETHER));
    while let Some(together) = items.next().await {
        let (mut came, mut end) = (Vec::with_capacity(together.len()), None);
        for item in together {
            match item {
                Ok(item) => came.push(item),
                Err(failure) => end = Some(failure),
            }
        }
        printer.print(&came)?;
        if let Some(last) = came.last() {
            *seen = last.seq;
        }
        if let Some(failure) = end {
            return Err(failure.into());
        }
    }
    Ok(())
}

fn waiting(failure: &Failure) -> String {
    let why = match failure.code {
        Code::NotRunning => "Larder is not running".to_owned(),
        _ => plain(&failure.message),
    };
    format!("{FAINT}{why}; waiting for it.{FAINT:#}\n")
}

/// Prints entries as they come, each column as wide as any so far.
struct Printer {
    json: bool,
    zone: TimeZone,
    columns: Columns<8>,
}

impl Printer {
    fn new(json: bool) -> Self {
        let [left, right] = [Side::Left, Side::Right];
        let columns = Columns::new([left, left, left, left, right, right, left, left], WIDEST);
        Self {
            json,
            zone: TimeZone::system(),
            columns,
        }
    }

    fn print(&mut self, items: &[ActivityItem]) -> Result<(), Trouble> {
        let text = if self.json {
            as_json(items)?
        } else {
            self.render(items)
        };
        Ok(output::print(&text)?)
    }

    fn render(&mut self, items: &[ActivityItem]) -> String {
        let lines: Vec<[Cell; 8]> = items.iter().map(|item| cells(item, &self.zone)).collect();
        self.columns.fit(&lines);
        let mut text = String::new();
        for (item, cells) in items.iter().zip(&lines) {
            text += &self.columns.line(cells);
            if let Some(detail) = &item.detail {
                text += &format!("    {}\n", plain(detail));
            }
        }
        text
    }
}

fn as_json(items: &[ActivityItem]) -> std::io::Result<String> {
    let mut text = String::new();
    for item in items {
        text += &serde_json::to_string(item)?;
        text.push('\n');
    }
    Ok(text)
}

fn cells(item: &ActivityItem, zone: &TimeZone) -> [Cell; 8] {
    let mut note = if item.times > 1 {
        format!("×{}", item.times)
    } else {
        String::new()
    };
    if item.background {
        note += if note.is_empty() {
            "background"
        } else {
            " background"
        };
    }
    [
        Cell::styled(&human::moment(item.at, zone), FAINT),
        Cell::styled(&what(item), STRONG),
        (&item.kind).into(),
        source(item).into(),
        if item.bytes == 0 {
            Cell::styled("-", FAINT)
        } else {
            human::bytes(item.bytes).into()
        },
        human::millis(item.millis).into(),
        Cell::styled(
            &item.outcome,
            match item.outcome.as_str() {
                "failed" | "refused" => ERROR,
                "not-found" | "left" => CAUTION,
                _ => PLAIN,
            },
        ),
        Cell::styled(&note, FAINT),
    ]
}

fn what(item: &ActivityItem) -> String {
    match (&item.module, &item.version) {
        (Some(module), Some(version)) => format!("{module}@{version}"),
        (Some(module), None) => module.clone(),
        (None, _) => item.path.clone(),
    }
}

fn source(item: &ActivityItem) -> &str {
    match (item.source.as_str(), &item.upstream) {
        ("upstream", Some(upstream)) => upstream,
        ("none", Some(upstream)) => upstream,
        ("none", None) => "-",
        (source, _) => source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> ActivityItem {
        ActivityItem {
            seq: 7,
            at: "2026-03-01T12:00:00Z".parse().unwrap(),
            module: Some("example.com/hello".to_owned()),
            version: Some("v1.2.3".to_owned()),
            kind: "zip".to_owned(),
            source: "upstream".to_owned(),
            upstream: Some("proxy.example.com".to_owned()),
            bytes: 1_234_567,
            millis: 87,
            micros: 87_400,
            outcome: "delivered".to_owned(),
            times: 1,
            background: false,
            detail: None,
            path: "example.com/hello/@v/v1.2.3.zip".to_owned(),
        }
    }

    fn printer() -> Printer {
        Printer {
            zone: TimeZone::UTC,
            ..Printer::new(false)
        }
    }

    #[test]
    fn entries_of_all_kinds() {
        let from = |source: &str, upstream: Option<&str>| ActivityItem {
            source: source.to_owned(),
            upstream: upstream.map(str::to_owned),
            ..item()
        };
        let hit = ActivityItem {
            times: 12,
            bytes: 80,
            kind: "mod".to_owned(),
            ..from("cache", None)
        };
        let brought = ActivityItem {
            background: true,
            kind: "info".to_owned(),
            ..item()
        };
        let list = ActivityItem {
            version: None,
            kind: "list".to_owned(),
            ..from("revalidated", Some("proxy.example.com"))
        };
        let stale = ActivityItem {
            detail: Some("proxy.example.com could not be reached".to_owned()),
            ..from("stale", Some("proxy.example.com"))
        };
        let lookup = ActivityItem {
            module: None,
            version: None,
            kind: "checksum-db".to_owned(),
            path: "sumdb/sum.example.com/lookup/example.com/hello@v1.2.3".to_owned(),
            ..from("cache", None)
        };
        let failed = ActivityItem {
            bytes: 0,
            millis: 15_200,
            outcome: "failed".to_owned(),
            detail: Some("the upstream answered 502:\n\u{1b}[31mbad gateway".to_owned()),
            ..from("none", None)
        };
        let text = printer().render(&[item(), hit, brought, list, stale, lookup, failed]);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }

    #[test]
    fn columns_stay_where_they_are_while_more_comes() {
        let mut printer = printer();
        let first = printer.render(&[item()]);
        let mut short = item();
        short.module = Some("a.example/b".to_owned());
        assert_eq!(first.find("zip"), printer.render(&[short]).find("zip"));
    }

    #[test]
    fn json_is_an_object_a_line() {
        let text = as_json(&[item(), item()]).unwrap();
        assert_eq!(text.lines().count(), 2);
        let read: ActivityItem = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(read, item());
    }
}
