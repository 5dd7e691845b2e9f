//! The lock on the data folder: it decides who is the instance, and the system lets go of it whatever ends us.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::failure::{Code, Failure};

/// Held for as long as this process is the instance.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or returns `None` where another process holds it.
    pub(crate) fn try_take(data: &Path) -> Result<Option<Self>, Failure> {
        let path = data.join("lock");
        let trouble = |error: std::io::Error| {
            Failure::new(
                Code::Disk,
                format!("the lock {} can't be used: {error}", path.display()),
            )
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(trouble)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(trouble(error)),
        }
    }

    /// Whether some process holds the lock, this one included. It looks by sharing the lock for an instant, so two
    /// who look don't see each other.
    pub(crate) fn is_held(data: &Path) -> Result<bool, Failure> {
        let path = data.join("lock");
        let trouble = |error: std::io::Error| {
            Failure::new(
                Code::Disk,
                format!("the lock {} can't be used: {error}", path.display()),
            )
        };
        match File::open(&path) {
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(error)) => Err(trouble(error)),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(trouble(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let data = tempfile::tempdir().unwrap();
        let held = Lock::try_take(data.path()).unwrap();
        assert!(held.is_some());
        assert!(Lock::try_take(data.path()).unwrap().is_none());
        assert!(Lock::is_held(data.path()).unwrap());
        drop(held);
        assert!(!Lock::is_held(data.path()).unwrap());
        assert!(Lock::try_take(data.path()).unwrap().is_some());
    }

    #[test]
    fn nobody_holds_what_is_not_there() {
        assert!(!Lock::is_held(&tempfile::tempdir().unwrap().path().join("none")).unwrap());
    }
}
