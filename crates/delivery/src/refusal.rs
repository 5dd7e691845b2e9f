//! What is said of a file that is not what it should be.

use std::fmt;

use jiff::Timestamp;

/// A file that is not the one for which the checksum database vouches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// `module@version` and kind.
    pub asked: String,
    /// The module's path.
    pub module: String,
    /// The upstream's name.
    pub upstream: String,
    /// The hash of what came.
    pub got: String,
    /// The hash in the record.
    pub want: String,
    /// The database's name.
    pub database: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            asked,
            module,
            upstream,
            got,
            want,
            database,
        } = self;
        write!(
            f,
            "{asked} from {upstream} is not what the checksum database vouches for, and was not kept\n\
             \t{upstream}: {got}\n\
             \t{database}: {want}\n\
             It was changed after its release, or somebody tampers with it: ask whoever runs {upstream}.\n\
             If you know why, and trust it: larder trust allow {module} --until DATE --because TEXT"
        )
    }
}

/// A file outside every database that is not the one that was seen first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// `module@version` and kind.
    pub asked: String,
    /// `module@version`.
    pub version: String,
    /// The upstream's name.
    pub upstream: String,
    /// The hash of what came.
    pub got: String,
    /// The hash that was seen first.
    pub first: String,
    /// When that was.
    pub seen_at: Timestamp,
    /// From where.
    pub seen_from: String,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            asked,
            version,
            upstream,
            got,
            first,
            seen_at,
            seen_from,
        } = self;
        write!(
            f,
            "{asked} from {upstream} is not what it was when Larder saw it first, and was not kept\n\
             \tnow: {got}\n\
             \tfirst ({seen_from}, {}): {first}\n\
             No checksum database covers it. If it was changed on purpose: larder trust forget {version}",
            seen_at.strftime("%Y-%m-%d")
        )
    }
}
