//! The secrets of an instance: one reads modules and nothing else, one controls, and where a person wants it, one reads the
//! metrics and nothing else. Persistent, 0600.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use data_encoding::BASE32_NOPAD;
use secret::Secret;

use crate::failure::{Code, Failure};
use crate::whole_file;

/// How many random bytes a token has; in base32 that is 32 characters, one word for any shell.
const BYTES: usize = 20;
/// How many characters a token has.
const CHARACTERS: usize = 32;

/// The tokens in force. They can be rotated while running: the old module token is refused from then on.
#[derive(Debug)]
pub struct Tokens {
    data: PathBuf,
    module: RwLock<Secret>,
    control: Secret,
    metrics: RwLock<Option<Secret>>,
}

impl Tokens {
    /// Reads the first two, making what is missing; and the one of the metrics, where they are served under it.
    ///
    /// # Errors
    /// `disk` where a token can't be read or written, or stands in a file that is not a token.
    pub(crate) fn open(data: &Path, for_metrics: bool) -> Result<Self, Failure> {
        let module = RwLock::new(read_or_make(&data.join("token.module"))?);
        let control = read_or_make(&data.join("token.control"))?;
        let tokens = Self {
            data: data.to_owned(),
            module,
            control,
            metrics: RwLock::default(),
        };
        if for_metrics {
            tokens.open_metrics()?;
        }
        Ok(tokens)
    }

    /// Reads the token of the metrics, or makes it.
    ///
    /// # Errors
    /// As [`Tokens::open`].
    pub(crate) fn open_metrics(&self) -> Result<(), Failure> {
        let token = read_or_make(&Self::metrics_file(&self.data))?;
        *self.metrics.write().unwrap_or_else(PoisonError::into_inner) = Some(token);
        Ok(())
    }

    /// Where the token of the metrics stands.
    pub(crate) fn metrics_file(data: &Path) -> PathBuf {
        data.join("token.metrics")
    }

    /// Whether this is the token of the metrics, in constant time.
    pub fn is_metrics(&self, given: &str) -> bool {
        let token = self.metrics.read().unwrap_or_else(PoisonError::into_inner);
        token.as_ref() == Some(&Secret::new(given))
    }

    /// The control token of the instance whose data folder this is, for its clients.
    ///
    /// # Errors
    /// `disk` where it can't be read.
    pub fn read_control(data: &Path) -> Result<Secret, Failure> {
        let path = data.join("token.control");
        read(&path)?
            .ok_or_else(|| Failure::new(Code::Disk, format!("{} is missing", path.display())))
    }

    /// Whether this is the module token, in constant time.
    pub fn is_module(&self, given: &str) -> bool {
        *self.module.read().unwrap_or_else(PoisonError::into_inner) == Secret::new(given)
    }

    /// Whether this is the control token, in constant time.
    pub fn is_control(&self, given: &str) -> bool {
        self.control == Secret::new(given)
    }

    /// The module token, for the URL that `go` is given.
    pub fn module(&self) -> Secret {
        self.module
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Makes a new module token; the old one is refused from now on.
    ///
    /// # Errors
    /// `disk` where it can't be written; the old one then stays in force.
    pub fn rotate(&self) -> Result<(), Failure> {
        let new = make(&self.data.join("token.module"))?;
        *self.module.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

fn read_or_make(path: &Path) -> Result<Secret, Failure> {
    match read(path)? {
        Some(token) => Ok(token),
        None => make(path),
    }
}

fn read(path: &Path) -> Result<Option<Secret>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let token = text.trim();
            if token.len() != CHARACTERS
                || !token
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            {
                return Err(Failure::new(
                    Code::Disk,
                    format!("{} does not hold a token", path.display()),
                )
                .hint("remove that file; a new token is made at the next start"));
            }
            Ok(Some(Secret::new(token)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(
            Code::Disk,
            format!("{} can't be read: {error}", path.display()),
        )),
    }
}

/// A token of the same kind that is kept nowhere.
///
/// # Errors
/// `internal` where the system gives no random bytes.
pub fn fresh_token() -> Result<Secret, Failure> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(
            Code::Internal,
            format!("the system gives no random bytes: {error}"),
        )
    })?;
    Ok(Secret::new(
        BASE32_NOPAD.encode(&bytes).to_ascii_lowercase(),
    ))
}

fn make(path: &Path) -> Result<Secret, Failure> {
    let token = fresh_token()?;
    whole_file::write(path, format!("{}\n", token.expose()).as_bytes(), 0o600).map_err(
        |error| {
            Failure::new(
                Code::Disk,
                format!("{} can't be written: {error}", path.display()),
            )
        },
    )?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn tokens_last_differ_and_are_private() {
        let data = tempfile::tempdir().unwrap();
        let first = Tokens::open(data.path(), false).unwrap();
        let again = Tokens::open(data.path(), false).unwrap();
        assert!(again.is_module(first.module().expose()));
        assert!(!again.is_control(first.module().expose()));
        for name in ["token.module", "token.control"] {
            assert_eq!(
                fs::metadata(data.path().join(name))
                    .unwrap()
                    .permissions()
                    .mode()
                    & 0o777,
                0o600
            );
        }
        assert!(!format!("{first:?}").contains(first.module().expose()));
    }

    #[test]
    fn a_rotated_token_is_refused_and_the_new_one_lasts() {
        let data = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(data.path(), false).unwrap();
        let old = tokens.module();
        tokens.rotate().unwrap();
        assert!(!tokens.is_module(old.expose()));
        assert!(
            Tokens::open(data.path(), false)
                .unwrap()
                .is_module(tokens.module().expose())
        );
    }

    #[test]
    fn the_token_of_the_metrics_is_made_where_it_is_wanted_and_opens_nothing_else() {
        let data = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(data.path(), false).unwrap();
        let file = Tokens::metrics_file(data.path());
        assert!(!file.exists() && !tokens.is_metrics(""));
        tokens.open_metrics().unwrap();
        let token = fs::read_to_string(&file).unwrap();
        let token = token.trim();
        assert!(tokens.is_metrics(token));
        assert!(!tokens.is_module(token) && !tokens.is_control(token));
        assert!(!tokens.is_metrics(tokens.module().expose()));
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(Tokens::open(data.path(), true).unwrap().is_metrics(token));
    }

    #[test]
    fn a_file_that_is_no_token_is_named() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("token.module"), "short").unwrap();
        assert!(
            Tokens::open(data.path(), false)
                .unwrap_err()
                .message
                .contains("token.module")
        );
    }
}
