//! Why the checksum database gave no answer that could be taken.

use std::sync::Arc;

use store::StoreError;
use upstream::ChainError;

/// Why nothing is known of a module from the checksum database. Cheap to clone: all who wait get the same.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It has no such module.
    #[error(
        "the checksum database {name} does not have {what}: {cause}\nIf it is a private module, add its path to the profile's private patterns"
    )]
    NotThere {
        /// The database.
        name: String,
        /// What it was asked for.
        what: String,
        /// What it said.
        cause: Arc<ChainError>,
    },
    /// It could not be asked.
    #[error(
        "the checksum database {name} could not be asked, so nothing can be verified now: {cause}"
    )]
    Unreachable {
        /// The database.
        name: String,
        /// Why not.
        cause: Arc<ChainError>,
    },
    /// What it, or whoever passes it on, said is refused.
    #[error("what was given as the checksum database {name} is refused: {cause}")]
    Refused {
        /// The database.
        name: String,
        /// Why.
        cause: Arc<checksum_db::Error>,
    },
    /// It has two histories.
    #[error(
        "the checksum database {name} has signed two histories that disagree ({older} and {newer} records). This must never happen; nothing it says is taken until it is known which one is true. Both signed heads are kept as evidence in {evidence}"
    )]
    Fork {
        /// The database.
        name: String,
        /// The size of one tree.
        older: u64,
        /// The size of the other.
        newer: u64,
        /// Where both signed heads are kept.
        evidence: String,
    },
    /// It may not be asked now, and nothing that is kept answers.
    #[error("{what} of the checksum database {name} is not kept, and it is not to be asked now")]
    NotKept {
        /// The database.
        name: String,
        /// What was wanted.
        what: String,
    },
    /// The folder where it is kept failed us.
    #[error("what is kept of the checksum database can't be used: {0}")]
    Store(Arc<StoreError>),
    /// Larder is stopping.
    #[error("Larder is stopping; ask again once it has started")]
    Stopping,
}

impl From<StoreError> for DatabaseError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl DatabaseError {
    /// What an upstream said when asked for something of the database.
    pub(crate) fn of(name: &str, what: &str, cause: ChainError) -> Self {
        let (name, cause) = (name.to_owned(), Arc::new(cause));
        if cause.is_not_found() {
            let what = what.to_owned();
            Self::NotThere { name, what, cause }
        } else {
            Self::Unreachable { name, cause }
        }
    }
}
