//! Which checksum database a profile names, in the forms of `GOSUMDB`.

use std::fmt;

/// `GOSUMDB`: `off`, a name, `name+hash+key`, or either followed by a URL (cmd/go/internal/modfetch/sumdb.go, `dbDial`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChecksumDb {
    /// None: `/sumdb/` is 404.
    Off,
    /// The database of this name.
    Named {
        /// Its name, as it stands in `/sumdb/<name>/…`.
        name: String,
        /// `name+hash+key`, where the value gave one.
        key: Option<String>,
        /// Where it is to be reached, where the value says so.
        url: Option<String>,
    },
}

/// A GOSUMDB value that Go would refuse as well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumDbError {
    /// Nothing in it.
    #[error(
        "the checksum database value is empty; give `off`, a name, or name+hash+key, and after it a URL if it is not reached by its name"
    )]
    Empty,
    /// More than a name and a URL.
    #[error(
        "the checksum database value has {0} words; it takes a name (or name+hash+key) and at most one URL"
    )]
    TooManyWords(usize),
}

impl ChecksumDb {
    /// Reads a GOSUMDB value.
    ///
    /// # Errors
    /// [`ChecksumDbError`] where Go would refuse it too.
    pub fn parse(value: &str) -> Result<Self, ChecksumDbError> {
        let words: Vec<&str> = value.split_whitespace().collect();
        match words.as_slice() {
            [] => Err(ChecksumDbError::Empty),
            ["off"] => Ok(Self::Off),
            [key] => Ok(Self::named(key, None)),
            [key, url] => Ok(Self::named(key, Some((*url).to_owned()))),
            more => Err(ChecksumDbError::TooManyWords(more.len())),
        }
    }

    fn named(key: &str, url: Option<String>) -> Self {
        let (name, has_key) = match key.split_once('+') {
            Some((name, _)) => (name, true),
            None => (key, false),
        };
        Self::Named {
            name: name.to_owned(),
            key: has_key.then(|| key.to_owned()),
            url,
        }
    }

    /// Whether `/sumdb/<name>/…` is this one.
    pub fn is(&self, asked: &str) -> bool {
        match self {
            Self::Off => false,
            Self::Named { name, .. } => name == asked,
        }
    }
}

impl fmt::Display for ChecksumDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Named { name, .. } => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_gosumdb_is_read() {
        let named = |name: &str, key: Option<&str>, url: Option<&str>| ChecksumDb::Named {
            name: name.into(),
            key: key.map(Into::into),
            url: url.map(Into::into),
        };
        assert_eq!(ChecksumDb::parse("off"), Ok(ChecksumDb::Off));
        assert_eq!(
            ChecksumDb::parse("sums.example.com"),
            Ok(named("sums.example.com", None, None))
        );
        assert_eq!(
            ChecksumDb::parse("sums.example.com+0123abcd+AbCd"),
            Ok(named(
                "sums.example.com",
                Some("sums.example.com+0123abcd+AbCd"),
                None
            ))
        );
        assert_eq!(
            ChecksumDb::parse(" sums.example.com  https://mirror.example.com/db "),
            Ok(named(
                "sums.example.com",
                None,
                Some("https://mirror.example.com/db")
            ))
        );
        assert_eq!(ChecksumDb::parse(" "), Err(ChecksumDbError::Empty));
        assert_eq!(
            ChecksumDb::parse("a b c"),
            Err(ChecksumDbError::TooManyWords(3))
        );
    }

    #[test]
    fn only_the_named_database_is_served() {
        assert!(
            ChecksumDb::parse("sums.example.com")
                .unwrap()
                .is("sums.example.com")
        );
        assert!(
            !ChecksumDb::parse("sums.example.com")
                .unwrap()
                .is("other.example.com")
        );
        assert!(!ChecksumDb::Off.is("off"));
    }
}
