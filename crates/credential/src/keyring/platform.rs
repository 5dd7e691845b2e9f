//! The keyring of this platform.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::Result;
use keyring_core::api::CredentialStore;

/// Connects to it.
#[cfg(all(unix, not(target_vendor = "apple")))]
pub(super) fn connect() -> Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

/// Connects to it.
#[cfg(target_os = "macos")]
pub(super) fn connect() -> Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

/// Whether what entries are kept in is locked.
#[cfg(all(unix, not(target_vendor = "apple")))]
pub(super) fn is_locked() -> Result<bool> {
    use keyring_core::Error;
    use secret_service::EncryptionType;
    use secret_service::blocking::SecretService;
    let failure = |error: secret_service::Error| Error::PlatformFailure(Box::new(error));
    // Nothing secret is asked for.
    let service = SecretService::connect(EncryptionType::Plain).map_err(failure)?;
    let collection = service.get_default_collection().map_err(failure)?;
    collection.is_locked().map_err(failure)
}

/// The keychain asks by itself when it is needed.
#[cfg(target_os = "macos")]
pub(super) fn is_locked() -> Result<bool> {
    Ok(false)
}

/// What an entry is made with: a name to show, where the keyring has such.
pub(super) fn modifiers(label: &str) -> HashMap<&str, &str> {
    if cfg!(target_vendor = "apple") {
        HashMap::new()
    } else {
        HashMap::from([("label", label)])
    }
}

/// Why the Secret Service failed, where the cause says more than the keyring crate's own error.
#[cfg(all(unix, not(target_vendor = "apple")))]
pub(super) fn secret_service(error: &keyring_core::Error) -> Option<&secret_service::Error> {
    use keyring_core::Error;
    match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.downcast_ref(),
        _ => None,
    }
}
