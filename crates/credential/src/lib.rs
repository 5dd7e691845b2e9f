//! What Larder presents to an upstream.
//!
//! A [`Credential`] belongs to one [`Origin`] and can be had for no other. It comes from a helper command
//! ([`HelperCommand`]), the OS keyring ([`Keyring`]), a file that a passphrase encrypts ([`EncryptedFile`]), or `.netrc`
//! ([`Netrc`]), which is only read. [`Credentials`] asks them in that order and remembers what it found; whoever sends
//! requests uses nothing else. [`goauth`] is the other way round: what `go` asks Larder, as one of its `GOAUTH` commands.
//!
//! No secret is in an error, in what is listed, or in anything that can be printed.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod credential;
mod credentials;
mod encrypted_file;
mod error;
pub mod goauth;
mod helper;
mod keep;
mod keyring;
mod netrc;
mod origin;

pub use credential::{Credential, Kind, Unfit};
pub use credentials::{Credentials, Sources};
pub use encrypted_file::{EncryptedFile, EncryptedFileError};
pub use error::CredentialError;
pub use helper::{Fault, HelperCommand, HelperError};
pub use keep::{Keep, KeptIn, Listed};
pub use keyring::{Keyring, KeyringError};
pub use netrc::{Netrc, NetrcError};
pub use origin::{Origin, OriginError};
