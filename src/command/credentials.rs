//! `larder credentials`: what is kept for upstreams and where, never the secrets; unlocked, and taken over.

use app::command::{
    Carried, CredentialsImport, CredentialsList, CredentialsUnlock, Imported, KeptCredentials,
};
use app::{Code, EncryptedFileState, Failure, ListedCredential, Places};
use clap::{Args, Subcommand};

use super::ask;
use super::ask_secret::{at_terminal, from_stdin};
use crate::exit::Exit;
use crate::human;
use crate::output::{self, CAUTION, STRONG};
use crate::table::{Cell, Columns, Side};
use crate::trouble::Trouble;

/// No column but the last is wider.
const WIDEST: usize = 64;

/// Show what is kept for upstreams, and where; never a secret
///
/// Larder looks for what an upstream wants to be shown in this order: its helper command, the keyring, the encrypted file,
/// and netrc, if settings.toml lets it be read.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = "\
Examples:
  larder credentials                              All of it
  larder credentials --json | jq -r .kept[].origin
  larder credentials import --netrc               Take over what netrc has for your upstreams
  larder credentials import --profile company     Take a password out of the URLs of a profile
  larder credentials unlock                       Open the encrypted file, once after each start"
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
    Import(Import),
    Unlock(Unlock),
}

/// Take credentials over from where they lie in the open
///
/// They are kept in the keyring from then on. A netrc is left as it is; the URLs of a profile are cleaned.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder credentials import --netrc               What netrc has for the upstreams of your profiles
  larder credentials import --profile company     User and password in the URLs of a profile")]
struct Import {
    /// What netrc has for the upstreams of the profiles
    #[arg(long, required_unless_present = "profile", conflicts_with = "profile")]
    netrc: bool,
    /// The user info in the upstream URLs of this profile, which settings.toml then holds no more
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// Open the encrypted file with its passphrase, for as long as Larder runs
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder credentials unlock                         Asks for the passphrase, without showing it
  larder credentials unlock --stdin <passphrase     For scripts, from a file that only you can read")]
struct Unlock {
    /// Take the passphrase from the first line of standard input
    #[arg(long)]
    stdin: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        Some(What::Import(options)) => import(options, &places).await,
        Some(What::Unlock(options)) => unlock(&options, &places).await,
        None => list(options.json, &places).await,
    }
}

async fn list(json: bool, places: &Places) -> Result<Exit, Trouble> {
    let kept = ask(places, async |client| client.call(CredentialsList {}).await).await?;
    if json {
        output::print_json(&kept)?;
        return Ok(Exit::Done);
    }
    let text = render(&kept);
    if text.is_empty() {
        output::tell("Nothing is kept for any upstream. Keep something: larder login UPSTREAM\n");
    } else {
        output::print(&text)?;
    }
    for trouble in &kept.troubles {
        let trouble = human::plain(trouble);
        output::tell(&format!("{CAUTION}warning:{CAUTION:#} {trouble}\n"));
    }
    Ok(Exit::Done)
}

async fn import(options: Import, places: &Places) -> Result<Exit, Trouble> {
    let request = match options.profile {
        Some(name) => CredentialsImport::Profile(name),
        None => CredentialsImport::Netrc,
    };
    let done = ask(places, async |client| client.call(request.clone()).await).await?;
    output::print(&told(&done))?;
    Ok(Exit::Done)
}

fn told(done: &Imported) -> String {
    let mut text = format!(
        "{} kept now:\n",
        human::count(done.kept.len() as u64, "credential is", "credentials are")
    );
    text += &table(done.kept.iter().map(|one| (one, "")));
    text += if done.settings_cleaned {
        "Its URLs in settings.toml hold no user and password any more.\n"
    } else {
        "netrc is as it was; what Larder keeps is used in its stead.\n"
    };
    text
}

async fn unlock(options: &Unlock, places: &Places) -> Result<Exit, Trouble> {
    let kept = ask(places, async |client| client.call(CredentialsList {}).await).await?;
    if kept.encrypted_file == EncryptedFileState::Absent {
        return Err(Failure::new(Code::NotFound, "there is no encrypted file")
            .hint("make it: larder login UPSTREAM --encrypted-file")
            .into());
    }
    let passphrase = match options.stdin {
        true => from_stdin().await?,
        false => at_terminal("Passphrase of the encrypted file: ", true).await?,
    };
    let request = CredentialsUnlock {
        passphrase: Carried::new(passphrase),
    };
    let done = ask(places, async |client| client.call(request.clone()).await).await?;
    output::print(&format!(
        "The encrypted file is open until Larder ends: {} in it.\n",
        human::count(done.credentials as u64, "credential", "credentials")
    ))?;
    Ok(Exit::Done)
}

fn render(kept: &KeptCredentials) -> String {
    let mut text = String::new();
    let unread = if kept.netrc_is_read {
        ""
    } else {
        "not read: netrc = true below [credentials] lets Larder read it"
    };
    let own = kept.kept.iter().map(|one| (one, ""));
    let all: Vec<_> = own
        .chain(kept.netrc.iter().map(|one| (one, unread)))
        .collect();
    if !all.is_empty() {
        text += &table(all);
    }
    for helper in &kept.helpers {
        text += &format!(
            "{STRONG}{}{STRONG:#} is asked of the helper command {}\n",
            human::plain(helper.origin.as_str()),
            human::plain(&helper.program)
        );
    }
    text
}

fn table<'a>(all: impl IntoIterator<Item = (&'a ListedCredential, &'a str)>) -> String {
    let heads = ["UPSTREAM", "WHAT", "USER", "KEPT IN", ""].map(|head| Cell::styled(head, STRONG));
    let line = |(one, note): (&ListedCredential, &str)| -> [Cell; 5] {
        [
            one.origin.as_str().into(),
            one.kind.to_string().into(),
            one.user.clone().unwrap_or_default().into(),
            one.kept_in.to_string().into(),
            note.into(),
        ]
    };
    let lines: Vec<[Cell; 5]> = std::iter::once(heads)
        .chain(all.into_iter().map(line))
        .collect();
    Columns::new([Side::Left; 5], WIDEST).render(&lines)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn some() -> KeptCredentials {
        serde_json::from_value(json!({
            "kept": [
                {"origin": "https://proxy.corp.example", "kind": "basic", "user": "ann", "kept_in": "keyring"},
                {"origin": "https://athens.corp.example:8443", "kind": "bearer", "user": null, "kept_in": "encrypted-file"},
            ],
            "helpers": [{"origin": "https://sso.corp.example", "program": "/opt/corp/bin/token"}],
            "netrc": [{"origin": "https://git.corp.example", "kind": "basic", "user": "ann", "kept_in": "netrc"}],
            "netrc_is_read": false,
            "encrypted_file": "open",
            "troubles": [],
        }))
        .unwrap()
    }

    #[test]
    fn a_table_of_what_is_kept_where() {
        let text = anstream::adapter::strip_str(&render(&some())).to_string();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_was_taken_over_is_told() {
        let done = Imported {
            kept: some().kept,
            settings_cleaned: true,
        };
        let text = anstream::adapter::strip_str(&told(&done)).to_string();
        assert!(text.starts_with("2 credentials are kept now:\n"), "{text}");
        assert!(text.contains("no user and password any more"), "{text}");
    }
}
