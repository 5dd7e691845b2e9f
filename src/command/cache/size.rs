//! `larder cache size`: how much is kept.

use app::Places;
use app::command::{CacheSize, Size};
use clap::Args;

use super::super::ask;
use super::Which;
use crate::exit::Exit;
use crate::human;
use crate::output::{self, FAINT, STRONG};
use crate::table::{Cell, Columns, Side};
use crate::trouble::Trouble;

/// No column is wider.
const WIDEST: usize = 64;

/// Show how much room the kept modules take
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder cache size                          All of it, by tree
  larder cache size 'github.com/acme/*'      What acme's modules take
  larder cache size --json | jq .bytes       For scripts")]
pub(super) struct Options {
    #[command(flatten)]
    which: Which,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: Options, places: &Places) -> Result<Exit, Trouble> {
    let pattern = options.which.pattern;
    let size = ask(places, async |client| {
        client
            .call(CacheSize {
                pattern: pattern.clone(),
            })
            .await
    })
    .await?;
    if options.json {
        output::print_json(&size)?;
    } else {
        output::print(&render(&size))?;
    }
    Ok(Exit::Done)
}

fn render(size: &Size) -> String {
    let line = |name: Cell, versions: u64, files: u64, bytes: u64| {
        [
            name,
            versions.to_string().into(),
            files.to_string().into(),
            human::bytes(bytes).into(),
        ]
    };
    let mut lines =
        vec![["TREE", "VERSIONS", "FILES", "SIZE"].map(|head| Cell::styled(head, STRONG))];
    for tree in &size.trees {
        lines.push(line(
            Cell::styled(&tree.tree, FAINT),
            tree.versions,
            tree.files,
            tree.bytes,
        ));
    }
    lines.push(line("all".into(), size.versions, size.files, size.bytes));
    Columns::new([Side::Left, Side::Right, Side::Right, Side::Right], WIDEST).render(&lines)
}

#[cfg(test)]
mod tests {
    use app::command::TreeSize;

    use super::*;

    fn shown(size: &Size) -> String {
        anstream::adapter::strip_str(&render(size)).to_string()
    }

    #[test]
    fn by_tree_and_in_all() {
        let tree = |tree: &str, versions, files, bytes| TreeSize {
            tree: tree.to_owned(),
            versions,
            files,
            bytes,
        };
        let trees = vec![
            tree("modules", 1200, 3598, 2_500_000_000),
            tree("realms/proxy.corp.example-0123abcd", 3, 9, 70_000),
        ];
        insta::assert_snapshot!(shown(&Size {
            versions: 1203,
            files: 3607,
            bytes: 2_500_070_000,
            trees
        }));
    }

    #[test]
    fn nothing() {
        insta::assert_snapshot!(shown(&Size::default()));
    }
}
