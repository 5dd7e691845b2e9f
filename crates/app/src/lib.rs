//! What a person can ask for: settings and profiles, activity, commands, and the instance they run in.
//!
//! An [`App`] is Larder in this process: it holds the lock on the data folder, the store, the tokens and the activity
//! log. [`App::begin_serving`] adds the delivery of modules. What can be asked of it is declared once, in
//! [`command`]: a *Call* is a request and an answer, a *Job* has an id, progress and cancel and outlives its client,
//! a *Feed* gives items with a sequence number and can be resumed. Hosts (CLI, tray, control API) only ever use these.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod activity;
mod app;
mod asked_by;
mod attention;
mod automatic;
mod bundle;
mod care;
mod changes;
pub mod command;
mod credentials;
mod degraded;
mod direct;
pub mod doctor;
mod failure;
mod fetches;
mod go_env;
mod import;
mod instance;
mod job;
mod last_look;
mod lock;
mod logging;
mod metrics;
pub mod mood;
mod network;
mod nodes;
mod notices;
mod notify;
mod places;
mod profile;
mod removal;
mod room;
mod serving;
mod settings;
pub mod stock;
mod story;
mod surroundings;
mod token;
mod traces;
mod trust;
#[cfg(test)]
mod types;
mod vulndb;
mod way;
mod whole_file;

pub use activity::{Activity, Item as ActivityItem};
pub use app::{App, AtLogin};
pub use asked_by::By;
pub use attention::{Attention, Mend};
pub use changes::{Change, Changes, Topic};
pub use credential::{
    KeptIn as CredentialKeptIn, Kind as CredentialKind, Listed as ListedCredential, Origin,
};
pub use credentials::EncryptedFileState;
pub use degraded::Degraded;
pub use delivery::{MirrorDifference, MirrorReport, Offline, OfflineMode, Share};
pub use failure::{Code, Failure};
pub use go_env::{
    EnvGivenBack, EnvOffReport, EnvOnReport, EnvReport, EnvSetting, EnvWinner, EnvWish,
    GivenBackHow, GoCommand, PortHold, TakenOver,
};
pub use go_tool::CallerEnv;
pub use instance::Instance;
pub use job::{JobId, JobState, Jobs, Progress, Reporter};
pub use logging::{Log, LogFormat, start_log};
pub use metrics::MetricsPort;
pub use mood::Mood;
pub use notices::{Notice, Notices};
pub use notify::{Cause, Notification};
pub use places::Places;
pub use profile::ServeOptions;
pub use room::RoomReport;
pub use secret::Secret;
pub use serving::Serving;
pub use settings::{
    Beside, Choice, CredentialSettings, DatabaseChoice, DatabaseChoiceError, HttpProxy,
    HttpProxyError, Language, MetricsSettings, PUBLIC, PoolSettings, ProfileSettings, ProxyWish,
    Quota, RedirectOrigin, RedirectOriginError, RuleSettings, RuleTarget, Settings, Shade, Tell,
    TracesSettings, UpstreamList, WindowSettings, Written,
};
pub use token::{Tokens, fresh_token};
pub use trust::{Grant, parse_until};
pub use vulndb::{
    VULNDB_IS_OLD_AFTER, VulndbAbout, VulndbCopy, find_govulncheck, no_vulndb, open_vulndb,
};
pub use whole_file::write_private;

/// Larder's version, as `larder --version` and `X-Larder-Version` say it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
