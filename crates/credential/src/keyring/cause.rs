//! Why the keyring gave nothing, by cause.

use std::error::Error as _;
use std::time::Duration;

use keyring_core::Error;

use crate::origin::Origin;

/// What to do where there is no keyring, or none that opens: the same for all of these causes.
const CHOICES: &str = "Larder reads netrc where you allow it (and never writes it), and keeps \
     credentials in a file encrypted with a passphrase where you ask for that";

/// Why the OS keyring could not do what was asked. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// No keyring: no session bus, or no Secret Service on it.
    #[error(
        "there is no keyring to be reached: {reason}. Start one (gnome-keyring, KWallet, KeePassXC); without: {CHOICES}"
    )]
    None {
        /// What was missing.
        reason: String,
    },
    /// It is locked, or has no default collection, and nobody could be asked to unlock or make one.
    #[error(
        "the keyring is locked, or was never set up, and could not ask anybody to unlock it. Unlock it (log in to the desktop) and try again; without: {CHOICES}"
    )]
    Locked,
    /// The prompt to unlock it was dismissed, or the system does not let Larder in.
    #[error(
        "the keyring did not let Larder in: the question to unlock it was dismissed. Try again and answer it; without: {CHOICES}"
    )]
    Denied,
    /// It did not answer in time; most often it waits for a person to unlock it.
    #[error("the keyring gave no answer within {} s; is it waiting for you to unlock it? Answer its question and try again; without: {CHOICES}", after.as_secs_f64())]
    Deadline {
        /// How long it was given.
        after: Duration,
    },
    /// More than one entry answers to the name of Larder's.
    #[error(
        "the keyring holds more than one entry of larder for {origin}; remove those that are not wanted with the keyring's own program"
    )]
    Ambiguous {
        /// Whose entry was asked for.
        origin: Origin,
    },
    /// The entry is there, and is not what Larder writes.
    #[error(
        "the keyring's entry of larder for {origin} is not one that Larder wrote; log in again to replace it"
    )]
    Foreign {
        /// Whose entry was asked for.
        origin: Origin,
    },
    /// Any other failure.
    #[error("the keyring failed: {reason}. Try again; without it: {CHOICES}")]
    Failed {
        /// What the keyring said.
        reason: String,
    },
}

impl KeyringError {
    /// The thread that talks to the keyring ended.
    pub(super) fn stopped() -> Self {
        Self::Failed {
            reason: "its thread ended before the answer came".to_owned(),
        }
    }

    /// Why no connection was made. What is not known better is "none": nothing was there to be asked.
    pub(super) fn of_connecting(error: &Error) -> Self {
        match known(error) {
            Some(known) => known,
            None => Self::None {
                reason: reason(error),
            },
        }
    }

    /// Why the entry of this origin was not had.
    pub(super) fn of(error: &Error, origin: &Origin) -> Self {
        let origin = || origin.clone();
        if let Some(known) = known(error) {
            return known;
        }
        match error {
            Error::Ambiguous(_) => Self::Ambiguous { origin: origin() },
            Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => {
                Self::Foreign { origin: origin() }
            }
            Error::NoStorageAccess(_) => Self::Denied,
            Error::NoDefaultStore => Self::None {
                reason: reason(error),
            },
            // The enum is the keyring crate's, and may grow.
            _ => Self::Failed {
                reason: reason(error),
            },
        }
    }
}

/// What the crate's error says, with its causes, and without the bytes some of its variants hold.
fn reason(error: &Error) -> String {
    let mut reason = match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "an entry can't be read".to_owned(),
        error => error.to_string(),
    };
    let mut cause = error.source();
    while let Some(because) = cause {
        let because_text = because.to_string();
        if !reason.contains(&because_text) {
            reason = format!("{reason}: {because_text}");
        }
        cause = because.source();
    }
    reason
}

/// What the Secret Service and the bus have said, where that is one of the typed causes.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn known(error: &Error) -> Option<KeyringError> {
    use secret_service::Error as Service;
    let none = |reason: &str| {
        Some(KeyringError::None {
            reason: reason.to_owned(),
        })
    };
    match super::platform::secret_service(error)? {
        Service::Unavailable => none("no session bus was found"),
        Service::Locked | Service::NoResult => Some(KeyringError::Locked),
        Service::Prompt => Some(KeyringError::Denied),
        Service::Zbus(zbus::Error::InputOutput(error) | zbus::Error::Connection(error, _)) => {
            none(&format!("the session bus can't be reached ({error})"))
        }
        Service::Zbus(zbus::Error::FDO(error)) => of_bus(error),
        Service::ZbusFdo(error) => of_bus(error),
        Service::Zbus(zbus::Error::MethodError(name, ..)) => match name.as_str() {
            "org.freedesktop.Secret.Error.IsLocked" => Some(KeyringError::Locked),
            "org.freedesktop.DBus.Error.ServiceUnknown"
            | "org.freedesktop.DBus.Error.NameHasNoOwner" => {
                none("no Secret Service is on the session bus")
            }
            name if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => {
                none("the session bus could not start a Secret Service")
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(all(unix, not(target_vendor = "apple")))]
fn of_bus(error: &zbus::fdo::Error) -> Option<KeyringError> {
    use zbus::fdo::Error as Bus;
    let reason = match error {
        Bus::ServiceUnknown(_) | Bus::NameHasNoOwner(_) => {
            "no Secret Service is on the session bus"
        }
        Bus::SpawnExecFailed(_)
        | Bus::SpawnChildExited(_)
        | Bus::SpawnChildSignaled(_)
        | Bus::SpawnFailed(_) => "the session bus could not start a Secret Service",
        Bus::AccessDenied(_) | Bus::AuthFailed(_) => return Some(KeyringError::Denied),
        Bus::NoReply(_) | Bus::Timeout(_) | Bus::TimedOut(_) => "the session bus gave no answer",
        _ => return None,
    };
    Some(KeyringError::None {
        reason: reason.to_owned(),
    })
}

/// What the platform has said, where that is one of the typed causes.
#[cfg(target_vendor = "apple")]
fn known(_: &Error) -> Option<KeyringError> {
    None
}
