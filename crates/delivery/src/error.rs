//! Why a request could not be delivered: typed causes, worded for the person at the terminal.

use std::sync::Arc;

use go_module::{ModuleVersion, Request};
use jiff::tz::TimeZone;
use store::StoreError;
use upstream::{ChainError, UpstreamError};

use crate::database::DatabaseError;
use crate::event::Outcome;
use crate::offline::Offline;
use crate::refusal::{Changed, Mismatch};
use crate::routes::Cover;

/// Why there is no answer. Cheap to clone: all who wait for one flight get the same.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Every upstream that may be asked says it is not there; 404 or 410 as they said.
    #[error("{0}")]
    NotFound(Arc<ChainError>),
    /// The same, remembered from a moment ago.
    #[error("{reason}\n(remembered: asked less than {} s ago)", ttl.as_secs())]
    StillNotFound {
        /// What the upstream said.
        reason: String,
        /// Whether it said 410 Gone.
        gone: bool,
        /// How long negative answers are remembered.
        ttl: std::time::Duration,
    },
    /// The client asked for kept files only, and this one isn't kept.
    #[error("not in Larder's cache, and the request forbids fetching (Disable-Module-Fetch: true)")]
    NotKept,
    /// Larder is offline, and this is not kept.
    #[error("{asked} can't be had offline: {reason}\n{}", told(offline))]
    Offline {
        /// What was asked for.
        asked: String,
        /// What lacks.
        reason: String,
        /// Since when, and why.
        offline: Arc<Offline>,
    },
    /// The upstream wants credentials, or others.
    #[error("{0}")]
    Refused(Arc<ChainError>),
    /// An upstream could not be reached, broke off, or answered with its own trouble.
    #[error("{0}")]
    Outage(Arc<ChainError>),
    /// What came is not what was asked for; nothing of it was kept.
    #[error(
        "{upstream} answered {asked} with something else: {reason}\nNothing of it was kept; ask again, or look at that address with a browser"
    )]
    Malformed {
        /// `module@version` and kind.
        asked: String,
        /// The upstream's name.
        upstream: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The cache folder failed us.
    #[error("Larder's cache folder failed: {0}")]
    Store(Arc<StoreError>),
    /// A kept file could not be read to its end.
    #[error("a kept file can't be read: {0}")]
    Read(Arc<std::io::Error>),
    /// The file is not the one that the checksum database vouches for; nothing of it was kept.
    #[error("{0}")]
    Mismatch(Box<Mismatch>),
    /// The file is not the one that was seen first; nothing of it was kept.
    #[error("{0}")]
    Changed(Box<Changed>),
    /// The file could not be verified; nothing of it was kept.
    #[error("{asked} was not kept: {cause}")]
    Unverified {
        /// `module@version` and kind.
        asked: String,
        /// Why not.
        cause: DatabaseError,
    },
    /// The checksum database can't be asked, or has no such thing.
    #[error("{0}")]
    Database(DatabaseError),
    /// The database is asked about a path that lies outside it.
    #[error("{}", outside(path, database, *cover))]
    OutsideDatabase {
        /// The path.
        path: String,
        /// The database's name.
        database: String,
        /// Why it lies outside.
        cover: Cover,
    },
    /// A private path that may go nowhere.
    #[error("{path} is private in the profile {}", nowhere(profile, private_in.as_deref()))]
    PrivateNowhere {
        /// The path.
        path: String,
        /// The name of the profile in force.
        profile: String,
        /// The other profile that alone makes it private.
        private_in: Option<String>,
    },
    /// This checksum database is not the one of the profile in force.
    #[error("checksum database {asked} is not served here; this profile's is {ours}")]
    OtherChecksumDb {
        /// Which one was asked for.
        asked: String,
        /// Which one the profile names, or `off`.
        ours: String,
    },
    /// Larder is stopping.
    #[error("Larder is stopping; ask again once it has started")]
    Stopping,
}

/// How it goes on that a path is private and comes from nowhere.
fn nowhere(profile: &str, private_in: Option<&str>) -> String {
    match private_in {
        None => format!(
            "{profile}, and no rule says where private modules come from: nobody was asked. Name their upstream in settings.toml (`private-upstreams`, or a rule with `private = true`)"
        ),
        Some(other) => format!(
            "{other}, and by that in all; {profile}, which is in force, does not say where it comes from: nobody was asked. Use the other one (larder use {other}), or give it a place here (larder profile edit {profile} --private-rule 'PATTERN -> LIST'), or say that it is not private here (--not-private PATTERN)"
        ),
    }
}

impl DeliveryError {
    /// A body that is not what was asked for.
    pub(crate) fn malformed(
        module: &ModuleVersion,
        kind: go_module::FileKind,
        upstream: &str,
        reason: String,
    ) -> Self {
        Self::Malformed {
            asked: format!("{module} ({})", kind.extension()),
            upstream: upstream.to_owned(),
            reason,
        }
    }

    /// Whether it is to be said once more when the same is asked again soon: what was refused, and not for an outage.
    pub(crate) fn stands(&self) -> bool {
        match self {
            Self::Mismatch(_) | Self::Changed(_) => true,
            Self::Unverified { cause, .. } => match cause {
                DatabaseError::NotThere { .. }
                | DatabaseError::Refused { .. }
                | DatabaseError::Fork { .. } => true,
                DatabaseError::Unreachable { .. }
                | DatabaseError::NotKept { .. }
                | DatabaseError::Store(_)
                | DatabaseError::Stopping => false,
            },
            Self::NotFound(_)
            | Self::StillNotFound { .. }
            | Self::NotKept
            | Self::Offline { .. }
            | Self::Refused(_)
            | Self::Outage(_)
            | Self::Malformed { .. }
            | Self::Store(_)
            | Self::Read(_)
            | Self::Database(_)
            | Self::OutsideDatabase { .. }
            | Self::PrivateNowhere { .. }
            | Self::OtherChecksumDb { .. }
            | Self::Stopping => false,
        }
    }

    /// That something is not kept, and Larder is offline.
    pub(crate) fn offline(request: &Request, offline: &Arc<Offline>, reason: String) -> Self {
        let asked = match request {
            Request::File(module, kind) => format!("{module} ({})", kind.extension()),
            Request::List(path) => format!("the list of {path}"),
            Request::Latest(path) => format!("the latest version of {path}"),
            Request::Query { path, query } => format!("{path}@{query}"),
            Request::SumDb { .. } => request.url_path(),
        };
        Self::Offline {
            asked,
            reason,
            offline: Arc::clone(offline),
        }
    }

    /// The same of a file.
    pub(crate) fn not_kept_offline(request: &Request, offline: &Arc<Offline>) -> Self {
        Self::offline(request, offline, "it is not in Larder's cache".to_owned())
    }

    pub(crate) fn store(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }

    /// The upstream whose answer or silence it was.
    pub(crate) fn upstream(&self) -> Option<&str> {
        match self {
            Self::NotFound(chain)
            | Self::Refused(chain)
            | Self::Outage(chain)
            | Self::Database(
                DatabaseError::NotThere { cause: chain, .. }
                | DatabaseError::Unreachable { cause: chain, .. },
            ) => Some(&*chain.upstream).filter(|_| chain.cause != UpstreamError::Off),
            Self::Malformed { upstream, .. } => Some(upstream),
            Self::Mismatch(mismatch) => Some(&mismatch.upstream),
            Self::Changed(changed) => Some(&changed.upstream),
            Self::StillNotFound { .. }
            | Self::NotKept
            | Self::Offline { .. }
            | Self::Store(_)
            | Self::Read(_)
            | Self::Unverified { .. }
            | Self::Database(_)
            | Self::OutsideDatabase { .. }
            | Self::PrivateNowhere { .. }
            | Self::OtherChecksumDb { .. }
            | Self::Stopping => None,
        }
    }

    /// How the log calls this end.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::NotFound(_)
            | Self::StillNotFound { .. }
            | Self::NotKept
            | Self::OtherChecksumDb { .. }
            | Self::Database(DatabaseError::NotThere { .. } | DatabaseError::NotKept { .. }) => {
                Outcome::NotFound
            }
            Self::Offline { .. } => Outcome::Missing,
            Self::Refused(_) | Self::OutsideDatabase { .. } | Self::PrivateNowhere { .. } => {
                Outcome::Refused
            }
            Self::Mismatch(_) | Self::Changed(_) | Self::Unverified { .. } => Outcome::Unverified,
            Self::Database(
                DatabaseError::Unreachable { .. }
                | DatabaseError::Refused { .. }
                | DatabaseError::Fork { .. }
                | DatabaseError::Store(_)
                | DatabaseError::Stopping,
            ) => Outcome::Failed,
            Self::Outage(_)
            | Self::Malformed { .. }
            | Self::Store(_)
            | Self::Read(_)
            | Self::Stopping => Outcome::Failed,
        }
    }
}

fn told(offline: &Offline) -> String {
    let since = offline.since.to_zoned(TimeZone::system()).strftime("%H:%M");
    match &offline.why {
        Some(why) => format!(
            "Larder is offline since {since}: {why}\nit is noted: larder stock --missed fetches it when you are back"
        ),
        None => format!(
            "Larder was told to be offline at {since}; larder offline auto lets it fetch again"
        ),
    }
}

fn outside(path: &str, database: &str, cover: Cover) -> String {
    let why = match cover {
        Cover::Private => "is private in this profile",
        Cover::Excepted => "is excepted from the checksum database in this profile",
        Cover::Off => "is outside any checksum database: this profile has none",
        Cover::Allowed => "is let through unverified for a time",
        Cover::Database => "is covered",
    };
    format!(
        "{path} {why}, so {database} was not asked about it. Say the same to go: go env -w GONOSUMDB={path} (GOPRIVATE would make go pass Larder by)"
    )
}

impl From<DatabaseError> for DeliveryError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Stopping => Self::Stopping,
            error => Self::Database(error),
        }
    }
}

impl From<ChainError> for DeliveryError {
    fn from(error: ChainError) -> Self {
        let error = Arc::new(error);
        if error.is_not_found() {
            Self::NotFound(error)
        } else if error.is_refused() {
            Self::Refused(error)
        } else {
            Self::Outage(error)
        }
    }
}

/// The reason of a body that an upstream gave and that fails its check, as the chain knows it.
pub(crate) fn malformed(request: &Request, reason: impl std::fmt::Display) -> UpstreamError {
    UpstreamError::Malformed {
        reason: format!("{}: {reason}", request.url_path()),
    }
}
