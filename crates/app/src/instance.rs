//! Where the running instance says its address, for the commands that look for it.

use std::fs;
use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure};
use crate::lock::Lock;
use crate::places::Places;
use crate::whole_file;

/// What `instance.json` in the runtime folder holds. The lock says whether it is alive; this only says where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The port it listens at, on 127.0.0.1.
    pub port: u16,
    /// Its process id, for a person's eyes.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// Since when it is up.
    pub since: Timestamp,
}

impl Instance {
    /// Says where this process listens.
    ///
    /// # Errors
    /// `disk` where it can't be written.
    pub fn announce(&self, places: &Places) -> Result<(), Failure> {
        let path = places.runtime.join("instance.json");
        let text = serde_json::to_vec(self)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        whole_file::write(&path, &text, 0o600).map_err(|error| {
            Failure::new(
                Code::Disk,
                format!("{} can't be written: {error}", path.display()),
            )
        })
    }

    /// Takes the announcement back.
    pub fn withdraw(places: &Places) {
        let path = places.runtime.join("instance.json");
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("{} can't be removed: {error}", path.display());
        }
    }

    /// Whether a process holds the lock of these places: the instance, or a command that does without one.
    ///
    /// # Errors
    /// `disk` where the lock can't be looked at.
    pub fn is_alive(places: &Places) -> Result<bool, Failure> {
        Lock::is_held(&places.data)
    }

    /// What was announced last; `None` where nothing (readable) is.
    pub fn announced(places: &Places) -> Option<Self> {
        serde_json::from_slice(&fs::read(places.runtime.join("instance.json")).ok()?).ok()
    }
}
