//! `larder pin`, `larder unpin`: what stays when room is made.

use app::Places;
use app::command::{MustStay, Pin, PinList, Pins, Unpin};
use clap::Args;

use super::ask;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{self, CAUTION, FAINT, STRONG};
use crate::table::{Cell, Columns, Side};
use crate::trouble::Trouble;

/// No column but the last is wider.
const WIDEST: usize = 64;

/// Let modules stay in the cache, whatever its quota
///
/// What a pattern matches is not removed to make room, neither what is kept now nor what comes later. Nothing is
/// fetched for it. Without a pattern it lists what is pinned, and what stocked projects need.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder pin example.com/tool@v1.2.3       One version
  larder pin 'github.com/acme/*'           All of acme's, also what comes later
  larder pin                               What stays, and how much it takes")]
pub(crate) struct Options {
    /// Which modules: globs as in GOPRIVATE, with `@` and a glob for the version if need be
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// Let pinned modules go again when room is needed
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder unpin example.com/tool@v1.2.3     As it was pinned
  larder unpin 'github.com/acme/*'         A pattern, as it was pinned")]
pub(crate) struct UnpinOptions {
    /// The patterns, as `larder pin` shows them
    #[arg(value_name = "PATTERN", required = true)]
    patterns: Vec<String>,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let patterns = options.patterns;
    let pins = ask(&places, async |client| {
        if patterns.is_empty() {
            return client.call(PinList {}).await;
        }
        let patterns = patterns.clone();
        client.call(Pin { patterns }).await
    })
    .await?;
    if options.json {
        output::print_json(&pins)?;
    } else if pins.pins.is_empty() {
        output::tell("Nothing is pinned.\n");
    } else {
        output::print(&render(&pins))?;
    }
    Ok(Exit::Done)
}

pub(crate) async fn run_unpin(options: UnpinOptions, places: Places) -> Result<Exit, Trouble> {
    let patterns = options.patterns;
    let unpinned = ask(&places, async |client| {
        let patterns = patterns.clone();
        client.call(Unpin { patterns }).await
    })
    .await?;
    let patterns = human::count(unpinned.patterns, "pattern is", "patterns are");
    output::print(&format!("{patterns} no longer pinned.\n"))?;
    Ok(Exit::Done)
}

fn render(pins: &Pins) -> String {
    let heads = ["WHAT STAYS", "KEPT", "SIZE", "FOR"].map(|head| Cell::styled(head, STRONG));
    let lines: Vec<[Cell; 4]> = std::iter::once(heads)
        .chain(pins.pins.iter().map(line))
        .collect();
    let sides = [Side::Left, Side::Right, Side::Right, Side::Left];
    let mut text = Columns::new(sides, WIDEST).render(&lines);
    for warning in &pins.warnings {
        text += &format!("{CAUTION}warning:{CAUTION:#} {}\n", plain(warning));
    }
    text
}

fn line(stays: &MustStay) -> [Cell; 4] {
    let what = match &stays.pattern {
        Some(pattern) => pattern.clone(),
        None => human::count(stays.named, "module version", "module versions"),
    };
    [
        what.into(),
        stays.versions.to_string().into(),
        human::bytes(stays.bytes).into(),
        Cell::styled(&stays.owner, FAINT),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table() {
        let pins = Pins {
            pins: vec![
                MustStay {
                    owner: "person".to_owned(),
                    pattern: Some("github.com/acme/*".to_owned()),
                    named: 0,
                    versions: 12,
                    bytes: 4_000_000,
                },
                MustStay {
                    owner: "project:/home/ann/shop".to_owned(),
                    pattern: None,
                    named: 214,
                    versions: 213,
                    bytes: 90_000_000,
                },
            ],
            warnings: vec!["the quota of the cache is less than what must stay".to_owned()],
        };
        let text = render(&pins);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }
}
