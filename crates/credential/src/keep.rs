//! The trait of a place that keeps credentials, and what such a place tells of them.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::credential::{Credential, Kind};
use crate::error::CredentialError;
use crate::origin::Origin;

/// A place that keeps credentials and can be written to: the OS keyring, or the encrypted file.
///
/// Every method blocks (a disk, a bus, a person who is asked to unlock), for the place's deadline at most: call them off
/// the async runtime's own threads, `tokio::task::spawn_blocking` for one.
pub trait Keep: Send + Sync {
    /// Which place this is.
    fn kept_in(&self) -> KeptIn;

    /// What is kept for this origin.
    ///
    /// # Errors
    /// [`CredentialError`] where the place can't be asked; that nothing is kept is no error.
    fn get(&self, origin: &Origin) -> Result<Option<Credential>, CredentialError>;

    /// Keeps a credential for the origin it belongs to, in place of the one before.
    ///
    /// # Errors
    /// [`CredentialError`] where the place can't be written; what was kept before is then still there.
    fn set(&self, credential: &Credential) -> Result<(), CredentialError>;

    /// Removes what is kept for this origin, and tells whether there was anything.
    ///
    /// # Errors
    /// [`CredentialError`] where the place can't be written.
    fn remove(&self, origin: &Origin) -> Result<bool, CredentialError>;

    /// What is kept for those origins, without the secrets. A keyring has no list of what is Larder's in it, so whoever
    /// keeps credentials there also remembers for which origins; those without one are left out.
    ///
    /// # Errors
    /// [`CredentialError`] where the place can't be asked.
    fn list(&self, known: &[Origin]) -> Result<Vec<Listed>, CredentialError> {
        let mut listed = Vec::new();
        for origin in known {
            if let Some(credential) = self.get(origin)? {
                listed.push(Listed::of(&credential, self.kept_in()));
            }
        }
        Ok(listed)
    }
}

/// Where a credential comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum KeptIn {
    /// The OS keyring.
    Keyring,
    /// The file that a passphrase encrypts.
    EncryptedFile,
    /// `.netrc`, which Larder only reads.
    Netrc,
    /// A helper command, asked anew when its answer runs out.
    Helper,
}

/// What may be told of a credential: never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "ListedCredential")]
pub struct Listed {
    /// Whom it is for.
    #[ts(type = "string")]
    pub origin: Origin,
    /// A user and password, or a token.
    pub kind: Kind,
    /// The user's name, where it is not the secret itself.
    pub user: Option<String>,
    /// Where it comes from.
    pub kept_in: KeptIn,
}

impl Listed {
    /// What may be told of this credential.
    pub fn of(credential: &Credential, kept_in: KeptIn) -> Self {
        Self {
            origin: credential.origin().clone(),
            kind: credential.kind(),
            user: credential.user().map(str::to_owned),
            kept_in,
        }
    }
}

impl fmt::Display for KeptIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyring => "keyring",
            Self::EncryptedFile => "encrypted file",
            Self::Netrc => "netrc",
            Self::Helper => "helper command",
        })
    }
}
