//! Whether the go command took what was written, and who wins where it did not.

use std::path::{Path, PathBuf};

use secret::Secret;

use super::file::EnvFile;
use super::location::EnvLocation;
use super::write::{Wish, Wishes};
use crate::caller::CallerEnv;
use crate::error::GoError;
use crate::find::Go;

/// A setting that the go command reads otherwise than was wished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The setting.
    pub key: String,
    /// What was wished for.
    pub wish: Wish,
    /// What the go command goes by; empty where it has nothing. To show it, use [`super::shown()`].
    pub found: Secret,
    /// Who has the say.
    pub winner: Winner,
}

/// Who has the say over a setting, instead of the go env file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Winner {
    /// The variable of that name in the caller's environment: [`super::overrides()`] says where it may come from.
    Environment,
    /// GOENV=off: the file is not read.
    GoenvOff,
    /// The go command reads another env file.
    OtherFile(PathBuf),
    /// The file does not say it (any more): it was not written yet, or changed by somebody else.
    File,
    /// The go command at this path by itself: a wrapper that sets variables, or its `$GOROOT/go.env`.
    Installation(PathBuf),
}

/// Asks the go command, as the caller would run it, for the settings that were wished for; gives those that differ.
///
/// A wish to have no line for a key is met when neither the file nor the environment sets it: what go goes by then is its
/// own default.
///
/// # Errors
/// When the go command can't be run or its answer is not understood. A file that can't be read counts as empty: that is
/// how go takes it.
pub async fn read_back(
    go: &Go,
    location: &EnvLocation,
    caller: &CallerEnv,
    wishes: &Wishes,
) -> Result<Vec<Difference>, GoError> {
    let mut names: Vec<&str> = wishes.iter().map(|(key, _)| key).collect();
    names.push("GOENV");
    let settings = go.clone().for_caller(caller).env(&names).await?;
    let read = |name: &str| settings.get(name).map_or("", String::as_str);
    let reading = location.clone();
    let bytes = tokio::task::spawn_blocking(move || reading.read()).await;
    let file = EnvFile::new(match bytes {
        Ok(Ok(Some(bytes))) => bytes,
        Ok(Ok(None) | Err(_)) | Err(_) => Vec::new(),
    });

    let mut differences = Vec::new();
    for (key, wish) in wishes.iter() {
        let winner = if caller.get(key).is_some() || caller.is_unreadable(key) {
            Winner::Environment
        } else if caller.get("GOENV") == Some("off") {
            Winner::GoenvOff
        } else if Path::new(read("GOENV")) != location.named() {
            Winner::OtherFile(read("GOENV").into())
        } else if !is_met(wish, file.get(key)) {
            Winner::File
        } else {
            Winner::Installation(go.path().to_owned())
        };
        let met = match wish {
            Wish::Set(value) => read(key) == value.expose(),
            // What go reads is its default then, whatever that is.
            Wish::Unset => match winner {
                Winner::Environment | Winner::File | Winner::OtherFile(_) => false,
                Winner::GoenvOff | Winner::Installation(_) => true,
            },
        };
        if !met {
            differences.push(Difference {
                key: key.to_owned(),
                wish: wish.clone(),
                found: Secret::new(read(key)),
                winner,
            });
        }
    }
    Ok(differences)
}

fn is_met(wish: &Wish, value: Option<&[u8]>) -> bool {
    match wish {
        Wish::Set(wished) => value == Some(wished.expose().as_bytes()),
        Wish::Unset => value.is_none(),
    }
}
