//! Which checksum database a profile names, in the forms of `GOSUMDB`.

use std::fmt;

use checksum_db::{VerifierKey, known_key};

/// What Go takes for another place of its own database (`dbDial`, cmd/go `internal/modfetch/sumdb.go`).
const MIRROR: (&str, &str) = ("sum.golang.google.cn", "sum.golang.org");

/// `GOSUMDB`: `off`, a name, `name+hash+key`, or either followed by a URL (cmd/go/internal/modfetch/sumdb.go, `dbDial`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChecksumDb {
    /// None: `/sumdb/` is 404.
    Off,
    /// The database of this name.
    Named {
        /// Its name, as it stands in `/sumdb/<name>/…`.
        name: String,
        /// `name+hash+key`, as the value gave it or as Go knows it.
        key: String,
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
    /// A name alone, and not one of which Go knows the key.
    #[error(
        "the key of the checksum database {0} is not known; give it as name+hash+key, the way the database publishes it"
    )]
    UnknownKey(String),
    /// A key that is none.
    #[error(transparent)]
    Key(#[from] checksum_db::Error),
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
            [mirror] if *mirror == MIRROR.0 => {
                Self::named(MIRROR.1, Some(format!("https://{}", MIRROR.0)))
            }
            [key] => Self::named(key, None),
            [key, url] => Self::named(key, Some((*url).to_owned())),
            more => Err(ChecksumDbError::TooManyWords(more.len())),
        }
    }

    fn named(key: &str, url: Option<String>) -> Result<Self, ChecksumDbError> {
        let key = match known_key(key) {
            Some(known) => known,
            None if key.contains('+') => key,
            None => return Err(ChecksumDbError::UnknownKey(key.to_owned())),
        };
        let name = key.parse::<VerifierKey>()?.name().to_owned();
        let key = key.to_owned();
        Ok(Self::Named { name, key, url })
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

    const KEY: &str = "sums.example.com+6032d79d+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn every_form_of_gosumdb_is_read() {
        let named = |name: &str, key: &str, url: Option<&str>| ChecksumDb::Named {
            name: name.into(),
            key: key.into(),
            url: url.map(Into::into),
        };
        let gos = known_key("sum.golang.org").unwrap();
        assert_eq!(ChecksumDb::parse("off"), Ok(ChecksumDb::Off));
        assert_eq!(
            ChecksumDb::parse("sum.golang.org"),
            Ok(named("sum.golang.org", gos, None))
        );
        assert_eq!(
            ChecksumDb::parse("sum.golang.google.cn"),
            Ok(named(
                "sum.golang.org",
                gos,
                Some("https://sum.golang.google.cn")
            ))
        );
        assert_eq!(
            ChecksumDb::parse(KEY),
            Ok(named("sums.example.com", KEY, None))
        );
        assert_eq!(
            ChecksumDb::parse(&format!(" {KEY}  https://mirror.example.com/db ")),
            Ok(named(
                "sums.example.com",
                KEY,
                Some("https://mirror.example.com/db")
            ))
        );
    }

    #[test]
    fn what_go_refuses_is_refused() {
        assert_eq!(ChecksumDb::parse(" "), Err(ChecksumDbError::Empty));
        assert_eq!(
            ChecksumDb::parse("a b c"),
            Err(ChecksumDbError::TooManyWords(3))
        );
        assert_eq!(
            ChecksumDb::parse("sums.example.com"),
            Err(ChecksumDbError::UnknownKey("sums.example.com".into()))
        );
        assert!(matches!(
            ChecksumDb::parse("sums.example.com+0123abcd+AbCd"),
            Err(ChecksumDbError::Key(_))
        ));
    }
}
