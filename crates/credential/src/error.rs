//! What can go wrong with credentials, by the place it went wrong in.

use crate::credential::Unfit;
use crate::encrypted_file::EncryptedFileError;
use crate::helper::HelperError;
use crate::keyring::KeyringError;
use crate::netrc::NetrcError;
use crate::origin::OriginError;

/// Why no credential could be had or kept. None of the causes holds a secret. It can be cloned, as all who wait for one
/// answer get it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// No origin a credential could belong to.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// A user, password or token that can't be sent.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The OS keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The encrypted file.
    #[error(transparent)]
    EncryptedFile(#[from] EncryptedFileError),
    /// `.netrc`.
    #[error(transparent)]
    Netrc(#[from] NetrcError),
    /// A helper command.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// The runtime ends while a place is asked.
    #[error("Larder is stopping, so no credential is looked up any more; ask again when it runs")]
    Stopping,
}
