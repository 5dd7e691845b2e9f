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
        let keyring = Keyring::new(DEADLINE);
        vec![line(keyring.probe().and_then(|()| keyring.is_locked()))]
    })
    .await
}

/// `found` says whether it is locked.
fn line(found: Result<bool, KeyringError>) -> DoctorLine {
    let warning = |found: String| DoctorLine::warning(Check::Keyring, found);
    let unlock = "log in to the desktop, or unlock it in its own program, then larder doctor";
    let error = match found {
        Ok(false) => return DoctorLine::ok(Check::Keyring, "there, for credentials to be kept in"),
        Ok(true) => {
            let found = "it is locked: what is kept in it can't be read until you unlock it";
            return warning(found.to_owned()).mend(unlock);
        }
        Err(error) => error,
    };
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
        KeyringError::Locked => {
            warning("it was never set up, or is locked".to_owned()).mend(unlock)
        }
        error @ (KeyringError::Denied
        | KeyringError::Ambiguous { .. }
        | KeyringError::Foreign { .. }
        | KeyringError::Failed { .. }) => warning(error.to_string())
            .mend("without it: larder login --encrypted-file, or netrc = true below [credentials]"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Health;
    use super::*;

    #[test]
    fn whatever_is_wrong_with_it_is_a_warning_with_a_mend() {
        assert_eq!(line(Ok(false)).health, Health::Ok);
        let reason = || "why not".to_owned();
        for (found, says) in [
            (Ok(true), "locked"),
            (Err(KeyringError::Locked), "never set up"),
            (Err(KeyringError::None { reason: reason() }), "why not"),
            (
                Err(KeyringError::Deadline { after: DEADLINE }),
                "within 5 s",
            ),
            (Err(KeyringError::Denied), "keyring"),
            (Err(KeyringError::Failed { reason: reason() }), "why not"),
        ] {
            let line = line(found);
            assert_eq!(line.health, Health::Warning, "{line:?}");
            assert!(line.found.contains(says), "{line:?}");
            assert_eq!(line.mend.len(), 1, "{line:?}");
        }
    }
}
