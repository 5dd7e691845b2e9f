//! `larder vulndb`: the kept copy of the Go vulnerability database.

use std::path::{Path, PathBuf};

use app::command::{KeptVulndb, VulndbImport, VulndbRefresh, VulndbShow, VulndbView};
use app::{Code, Failure, Places};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;

use super::{ask, with_client};
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::job;
use crate::output::{self, FAINT};
use crate::trouble::Trouble;

/// Keep a copy of the Go vulnerability database, for `larder vulncheck`
///
/// A copy is taken in by hand, or fetched from where `vulnerability-database` in settings.toml points: there is no such
/// place unless you name one. While Larder runs, it asks there once a day; else, and in between, `larder vulndb refresh`
/// does. These commands work whether Larder runs or not.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder vulndb import vulndb.zip      Take in a copy
  larder vulndb refresh                Fetch what was changed since
  larder vulndb show                   How old it is")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Import(Import),
    Refresh(Refresh),
    Show(Show),
}

/// Take in a copy from a folder or a zip, in the place of the one that is kept
///
/// It must be in the database's own layout: an ID folder with an entry each, and index/{db,modules,vulns}.json. All of
/// it is checked before it takes the other one's place; what does not agree with its index, or points elsewhere, is
/// refused. What is kept is a zip in the same layout: `larder vulndb show` says where, for another computer to take in.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder vulndb import vulndb.zip
  larder vulndb import /media/stick/vulndb")]
struct Import {
    /// The folder or the zip
    #[arg(value_name = "FOLDER|ZIP")]
    from: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Fetch what was changed since, from the source in settings.toml
///
/// The source is set by hand: vulnerability-database = \"https://…\" in settings.toml, where the database's HTTP API is
/// served. Only entries that were changed are fetched; a copy that does not say when they were (one made from its
/// repository) is fetched whole. The kept copy stays as it is until the new one is whole and checked.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder vulndb refresh
  larder vulndb refresh --json | jq .fetched")]
struct Refresh {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Show what is kept, how old it is, and where it is refreshed from
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder vulndb show
  larder vulndb show --json | jq -r .kept.as_of")]
struct Show {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::Import(options) => options.json,
            What::Refresh(options) => options.json,
            What::Show(options) => options.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        What::Import(options) => import(&options, &places).await,
        What::Refresh(options) => refresh(&options, &places).await,
        What::Show(options) => show(&options, &places).await,
    }
}

async fn import(options: &Import, places: &Places) -> Result<Exit, Trouble> {
    let from = whole(&options.from)?;
    let taken = with_client(places, async |client| {
        job::carry_out(client, VulndbImport { from: from.clone() }, "taking it in").await
    })
    .await?;
    if options.json {
        output::print_json(&taken)?;
    } else {
        let mut text = format!("Taken in: {}.\n", counted(&taken.kept));
        if taken.passed_over > 0 {
            let files = human::count(taken.passed_over, "file", "files");
            text += &format!("{files} of another kind passed over.\n");
        }
        output::print(&text)?;
    }
    Ok(Exit::Done)
}

async fn refresh(options: &Refresh, places: &Places) -> Result<Exit, Trouble> {
    let refreshed = with_client(places, async |client| {
        job::carry_out(client, VulndbRefresh {}, "fetching").await
    })
    .await?;
    if options.json {
        output::print_json(&refreshed)?;
    } else {
        let fetched = match refreshed.fetched {
            0 => "nothing had been changed".to_owned(),
            entries => format!("{} fetched", human::count(entries, "entry", "entries")),
        };
        let counted = counted(&refreshed.kept);
        output::print(&format!("Up to date, {fetched}: {counted}.\n"))?;
    }
    Ok(Exit::Done)
}

async fn show(options: &Show, places: &Places) -> Result<Exit, Trouble> {
    let view = ask(places, async |client| client.call(VulndbShow {}).await).await?;
    if options.json {
        output::print_json(&view)?;
    } else {
        output::print(&render(&view, &TimeZone::system()))?;
    }
    Ok(Exit::Done)
}

/// The path from the root: the instance that reads it stands elsewhere.
fn whole(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| {
        let message = format!("{} can't be looked for: {error}", path.display());
        Failure::new(Code::BadInput, message)
    })
}

fn counted(kept: &KeptVulndb) -> String {
    format!(
        "{} about {}",
        human::count(kept.about.entries, "entry", "entries"),
        human::count(kept.about.modules, "module", "modules")
    )
}

fn render(view: &VulndbView, zone: &TimeZone) -> String {
    let mut text = String::new();
    match &view.kept {
        None => text += "No copy is kept. Take one in: larder vulndb import FOLDER|ZIP\n",
        Some(kept) => {
            let about = &kept.about;
            let changed = about.modified.map_or_else(
                || "it does not say when".to_owned(),
                |modified| human::minute(modified, zone),
            );
            let line = |name: &str, value: &str| format!("{FAINT}{name:<16}{FAINT:#}{value}\n");
            text += &line(
                "Kept",
                &format!("{}, {}", counted(kept), human::bytes(kept.bytes)),
            );
            text += &line("As of", &human::minute(about.as_of, zone));
            text += &line("Changed last", &changed);
            text += &line("From", &plain(&about.from));
            text += &line("File", &plain(&kept.path.display().to_string()));
        }
    }
    let source = view.source.as_deref().map_or_else(
        || "nowhere (vulnerability-database in settings.toml)".to_owned(),
        plain,
    );
    text += &format!("{FAINT}{:<16}{FAINT:#}{source}\n", "Refreshed from");
    text
}

#[cfg(test)]
mod tests {
    use app::VulndbAbout;

    use super::*;

    fn shown(view: &VulndbView) -> String {
        anstream::adapter::strip_str(&render(view, &TimeZone::UTC)).to_string()
    }

    #[test]
    fn a_copy_with_and_without_dates_and_none() {
        let about = VulndbAbout {
            from: "/media/stick\u{1b}[2J/vulndb.zip".to_owned(),
            taken_in: "2026-03-02T10:00:00Z".parse().unwrap(),
            as_of: "2026-03-01T08:30:00Z".parse().unwrap(),
            modified: Some("2026-03-01T08:30:00Z".parse().unwrap()),
            entries: 4291,
            modules: 1,
        };
        let kept = KeptVulndb {
            about: about.clone(),
            path: "/home/me/.local/share/larder/vulndb.zip".into(),
            bytes: 3 << 20,
        };
        let dated = VulndbView {
            kept: Some(kept.clone()),
            source: Some("https://vulndb.corp.example/".to_owned()),
        };
        let undated = VulndbView {
            kept: Some(KeptVulndb {
                about: VulndbAbout {
                    modified: None,
                    ..about
                },
                ..kept
            }),
            source: None,
        };
        let views = [dated, undated, VulndbView::default()];
        insta::assert_snapshot!(views.map(|view| shown(&view)).join("---\n"));
    }
}
