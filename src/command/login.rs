//! `larder login`: a password or token for an upstream is asked for, and kept in the keyring.

use app::command::{Carried, Login, LoginTarget, Target};
use app::{
    Code, CredentialKeptIn, CredentialKind, EncryptedFileState, Failure, ListedCredential, Places,
    Secret,
};
use clap::Args;

use super::ask;
use super::ask_secret::{at_terminal, from_stdin};
use crate::exit::Exit;
use crate::human;
use crate::output::{self, STRONG};
use crate::trouble::Trouble;

/// Keep a password or token for an upstream
///
/// It is asked for without being shown, and kept in the keyring of the desktop: never in a file of Larder's, never on a
/// command line. The next request to that upstream shows it, and no request to any other does.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder login https://proxy.corp.example                  Asks for user and password
  larder login company --user ann                          The upstream of a profile; asks for the password
  larder login https://proxy.corp.example --token          Asks for a bearer token
  pass corp/proxy | larder login company --user ann --stdin
  larder login company --encrypted-file                    Where there is no keyring: a file with a passphrase

Short-lived tokens are better had from a helper command: see [credentials.helpers] in settings.toml.")]
pub(crate) struct Options {
    /// Which upstream: its URL, or the name of a profile with one upstream
    upstream: String,
    /// The user's name; asked for where it is not given
    #[arg(long, value_name = "NAME", conflicts_with = "token")]
    user: Option<String>,
    /// It is a bearer token, without a user
    #[arg(long)]
    token: bool,
    /// Take the password or token from the first line of standard input
    #[arg(long)]
    stdin: bool,
    /// Keep it in a file that a passphrase encrypts, in place of the keyring
    #[arg(long)]
    encrypted_file: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    if options.stdin && options.user.is_none() && !options.token {
        return Err(Failure::new(
            Code::BadInput,
            "standard input holds a password or a token: which one, and whose?",
        )
        .hint("say --user NAME for a password, or --token")
        .into());
    }
    let question = LoginTarget {
        upstream: options.upstream.clone(),
    };
    let target = ask(&places, async |client| client.call(question.clone()).await).await?;
    let (user, secret) = credential(&options, &target).await?;
    let in_file = options.encrypted_file || target.in_file;
    let passphrase = match (in_file, target.file) {
        (false, _) | (true, EncryptedFileState::Open) => None,
        (true, EncryptedFileState::Locked) => {
            Some(at_terminal("Passphrase of the encrypted file: ", true).await?)
        }
        (true, EncryptedFileState::Absent) => Some(new_passphrase().await?),
    };
    let request = Login {
        origin: target.origin,
        user,
        secret: Carried::new(secret),
        in_file,
        passphrase: passphrase.map(Carried::new),
    };
    let listed = ask(&places, async |client| client.call(request.clone()).await).await?;
    output::print(&told(&listed))?;
    Ok(Exit::Done)
}

async fn credential(
    options: &Options,
    target: &Target,
) -> Result<(Option<String>, Secret), Trouble> {
    let origin = human::plain(target.origin.as_str());
    let user = match &options.user {
        _ if options.token => None,
        Some(user) => Some(user.clone()),
        None => {
            let user = at_terminal(&format!("User for {origin}: "), false).await?;
            Some(user.expose().to_owned())
        }
    };
    let secret = match &user {
        _ if options.stdin => from_stdin().await?,
        Some(user) => {
            let question = format!("Password of {} for {origin}: ", human::plain(user));
            at_terminal(&question, true).await?
        }
        None => at_terminal(&format!("Token for {origin}: "), true).await?,
    };
    Ok((user, secret))
}

async fn new_passphrase() -> Result<Secret, Trouble> {
    output::tell(
        "The encrypted file is made now. Its passphrase can't be had back; larder asks for it after each start.\n",
    );
    let first = at_terminal("New passphrase: ", true).await?;
    if at_terminal("The same once more: ", true).await? != first {
        return Err(Failure::new(
            Code::BadInput,
            "the two passphrases are not the same; nothing was kept",
        )
        .into());
    }
    Ok(first)
}

fn told(listed: &ListedCredential) -> String {
    let origin = human::plain(listed.origin.as_str());
    let what = match (listed.kind, &listed.user) {
        (CredentialKind::Basic, Some(user)) => format!("The password of {}", human::plain(user)),
        (CredentialKind::Basic, None) => "The password".to_owned(),
        (CredentialKind::Bearer, _) => "The token".to_owned(),
    };
    let place = match listed.kept_in {
        CredentialKeptIn::Keyring => "the keyring",
        CredentialKeptIn::EncryptedFile => "the encrypted file",
        CredentialKeptIn::Netrc => "netrc",
        CredentialKeptIn::Helper => "the helper command",
    };
    format!(
        "{what} for {STRONG}{origin}{STRONG:#} is kept in {place}.\nTake it out: larder logout {origin}\n"
    )
}
