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
