//! `larder cache list`: the module versions that are kept.

use app::Places;
use app::command::{CacheList, ListedModule};
use clap::Args;
use jiff::tz::TimeZone;

use super::super::ask;
use super::Which;
use crate::exit::Exit;
use crate::human;
use crate::output::{self, FAINT, STRONG};
use crate::table::{Cell, Columns, Side};
use crate::trouble::Trouble;

/// No column but the last is wider.
const WIDEST: usize = 64;

/// List the module versions that are kept
///
/// FILES says which of a version's files are there: go builds with `mod` and `zip`, and `go mod download` wants
/// `info` too.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder cache list                              All of them
  larder cache list github.com/acme              Those of acme
  larder cache list 'example.com/m@v1.*'         Versions of one module
  larder cache list --json | jq -r .[].module    For scripts")]
pub(super) struct Options {
    #[command(flatten)]
    which: Which,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: Options, places: &Places) -> Result<Exit, Trouble> {
    let pattern = options.which.pattern;
    let listed = ask(places, async |client| {
        client
            .call(CacheList {
                pattern: pattern.clone(),
            })
            .await
    })
    .await?;
    if options.json {
        output::print_json(&listed)?;
    } else if listed.is_empty() {
        output::tell("Nothing of that is kept.\n");
    } else {
        output::print(&render(&listed, &TimeZone::system()))?;
    }
    Ok(Exit::Done)
}

fn render(listed: &[ListedModule], zone: &TimeZone) -> String {
    let heads = [
        "MODULE",
        "SIZE",
        "FILES",
        "KEPT",
        "LAST USED",
        "TREE",
        "FROM",
    ];
    let lines: Vec<[Cell; 7]> = std::iter::once(heads.map(|head| Cell::styled(head, STRONG)))
        .chain(listed.iter().map(|kept| line(kept, zone)))
        .collect();
    let mut sides = [Side::Left; 7];
    sides[1] = Side::Right;
    Columns::new(sides, WIDEST).render(&lines)
}

fn line(kept: &ListedModule, zone: &TimeZone) -> [Cell; 7] {
    let files: Vec<&str> = kept.files.iter().map(|file| file.kind.as_str()).collect();
    [
        format!("{}@{}", kept.module, kept.version).into(),
        human::bytes(kept.bytes).into(),
        files.join(" ").into(),
        human::minute(kept.kept_at, zone).into(),
        kept.last_used.map_or_else(
            || Cell::styled("-", FAINT),
            |at| human::minute(at, zone).into(),
        ),
        Cell::styled(&kept.tree, FAINT),
        Cell::styled(&kept.origin, FAINT),
    ]
}

#[cfg(test)]
mod tests {
    use app::command::ListedFile;

    use super::*;

    #[test]
    fn a_table() {
        let one = ListedModule {
            module: "example.com/hello".to_owned(),
            version: "v1.2.3".to_owned(),
            tree: "modules".to_owned(),
            files: ["info", "mod", "zip"]
                .map(|kind| ListedFile {
                    kind: kind.to_owned(),
                    bytes: 1,
                })
                .to_vec(),
            bytes: 4_200_000,
            origin: "proxy.example.com".to_owned(),
            kept_at: "2026-03-01T12:00:00Z".parse().unwrap(),
            last_used: Some("2026-03-02T08:30:59Z".parse().unwrap()),
        };
        let other = ListedModule {
            module: "corp.example/much/longer/name".to_owned(),
            files: vec![ListedFile {
                kind: "mod".to_owned(),
                bytes: 99,
            }],
            bytes: 99,
            last_used: None,
            tree: "realms/proxy.corp.example-0123abcd".to_owned(),
            ..one.clone()
        };
        let text = render(&[one, other], &TimeZone::UTC);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }
}
