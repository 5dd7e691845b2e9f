//! `larder cache clear`: makes room.

use std::io;

use app::command::{CacheClear, CacheSize, Cleared, Size};
use app::{Code, Failure, Places};
use clap::Args;
use server::Client;

use super::super::with_client;
use super::Which;
use crate::exit::Exit;
use crate::human;
use crate::job;
use crate::output::{self, STRONG};
use crate::signals::unless_interrupted;
use crate::trouble::Trouble;

/// Remove what is kept
///
/// What was removed is fetched again when it is asked for. Without a pattern it asks first, and where nobody can be
/// asked, it wants --yes.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder cache clear github.com/acme           Remove acme's modules
  larder cache clear 'example.com/m@v1.2.*'    Remove versions of one module
  larder cache clear --yes                     Remove everything")]
pub(super) struct Options {
    #[command(flatten)]
    which: Which,
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: Options, places: &Places) -> Result<Exit, Trouble> {
    let Options {
        which: Which { pattern },
        yes,
        json,
    } = options;
    let must_ask = pattern.is_none() && !yes;
    if must_ask && !output::can_ask() {
        return Err(unasked().into());
    }
    let cleared = with_client(places, async |client| {
        if must_ask && !unless_interrupted(agreed(client, places)).await? {
            return Ok(None);
        }
        job::carry_out(client, CacheClear { pattern }, "removing")
            .await
            .map(Some)
    })
    .await?;
    match cleared {
        None => output::print("Nothing was removed.\n")?,
        Some(cleared) if json => output::print_json(&cleared)?,
        Some(cleared) => output::print(&render(&cleared))?,
    }
    Ok(Exit::Done)
}

fn unasked() -> Failure {
    Failure::new(
        Code::BadInput,
        "this would remove everything that is kept, and there is nobody to ask",
    )
    .hint("say that it is meant: larder cache clear --yes")
    .hint("or say which modules: larder cache clear github.com/acme")
}

async fn agreed(client: &Client, places: &Places) -> Result<bool, Trouble> {
    let Size {
        versions, bytes, ..
    } = client.call(CacheSize { pattern: None }).await?;
    let versions = human::count(versions, "module version", "module versions");
    let question = format!(
        "Remove all {versions} ({}) from {}? [y/N] ",
        human::bytes(bytes),
        human::plain(&places.cache.display().to_string())
    );
    output::tell(&format!("{STRONG}{question}{STRONG:#}"));
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    })
    .await
    .map_err(|error| Failure::new(Code::Internal, error.to_string()))?
    .map_err(|error| Failure::new(Code::Internal, format!("the answer can't be read: {error}")))?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

fn render(cleared: &Cleared) -> String {
    if cleared.files == 0 {
        return "There was nothing of that to remove.\n".to_owned();
    }
    format!(
        "Removed {} in {}, {}.\n",
        human::count(cleared.versions, "module version", "module versions"),
        human::count(cleared.files, "file", "files"),
        human::bytes(cleared.bytes)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for (answer, yes) in [
            ("y\n", true),
            (" YES \n", true),
            ("", false),
            ("\n", false),
            ("no\n", false),
            ("yep\n", false),
        ] {
            assert_eq!(is_yes(answer), yes, "{answer:?}");
        }
    }

    #[test]
    fn what_was_removed() {
        let some = Cleared {
            versions: 1,
            files: 3,
            bytes: 2048,
        };
        assert_eq!(
            render(&some),
            "Removed 1 module version in 3 files, 2.0 KiB.\n"
        );
        assert_eq!(
            render(&Cleared::default()),
            "There was nothing of that to remove.\n"
        );
    }
}
