//! Whether there is an OS keyring to keep credentials in.

use std::time::Duration;

use credential::{Keyring, KeyringError};

use super::in_background;
use super::line::{Check, DoctorLine};

/// What it may take to be reached; nothing is unlocked.
const DEADLINE: Duration = Duration::from_secs(5);

/// Reaches for the keyring of whoever runs this process.
pub(super) async fn check() -> Vec<DoctorLine> {
    in_background(Check::Keyring, || {
        vec![line(Keyring::new(DEADLINE).probe())]
    })
    .await
}

fn line(probed: Result<(), KeyringError>) -> DoctorLine {
    let error = match probed {
        Ok(()) => return DoctorLine::ok(Check::Keyring, "there, for credentials to be kept in"),
        Err(error) => error,
    };
    let warning = |found: String| DoctorLine::warning(Check::Keyring, found);
    match error {
        KeyringError::None { reason } => warning(format!(
            "none can be reached, so no credentials are kept in it: {reason}"
        ))
        .mend("log in to the desktop, or start one: gnome-keyring-daemon --start --components=secrets"),
        KeyringError::Deadline { after } => warning(format!(
            "it gave no answer within {} s: is it waiting for you to unlock it?",
            after.as_secs()
        ))
        .mend("answer its question, then larder doctor"),
        error @ (KeyringError::Locked
        | KeyringError::Denied
        | KeyringError::Ambiguous { .. }
        | KeyringError::Foreign { .. }
        | KeyringError::Failed { .. }) => warning(error.to_string()),
    }
}
