//! The one table of what can be asked: name, request and answer of each Call and Job, and the Feeds.
//!
//! A command is a plain struct; its type says what comes back. Hosts ask through a client that runs it in this
//! process or sends it to the instance; either way the same `run` is what happens.

mod activity;
mod bundle;
mod cache;
mod cache_modules;
mod cache_remove;
mod changes;
mod credentials;
mod credentials_goauth;
mod doctor;
mod env;
mod explain;
mod first_sight;
mod goproxy;
mod import;
mod metrics;
mod mirror;
mod nodes;
mod notices;
mod notifications;
mod offline;
mod overview;
mod pause;
mod pools;
mod preferences;
mod profile;
mod projects;
mod room;
mod service;
mod state;
mod status;
mod stock;
mod stop;
mod token;
mod traces;
mod trust;
mod upstream_test;
mod use_profile;
mod verify;
mod vulndb;

use std::future::Future;

use futures_util::stream::{BoxStream, Stream, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ts_rs::TS;

pub use activity::{ActivityEntries, ActivityFeed, ActivityPage, ActivityStory, CountFetches};
pub use bundle::{BundleExport, BundleImport};
pub use cache::{
    CacheClear, CacheList, CacheSize, CacheVerify, Cleared, DamagedFile, ListedFile, ListedModule,
    Size, TreeSize, Verified,
};
pub(crate) use cache::{filter, rebuild_index};
pub use cache_modules::{CacheModules, CacheVersions, CachedModule, CachedVersion, KeptModules};
pub use cache_remove::{CacheItem, CacheRemove, CacheRemoved, CacheRestored, CacheUndo};
pub use changes::ChangesFeed;
pub use credentials::{
    Carried, CredentialsImport, CredentialsList, CredentialsUnlock, HelperOf, Imported,
    KeptCredentials, LoggedOut, Login, LoginTarget, Logout, Target, Unlocked,
};
pub use credentials_goauth::{GoAuth, GoAuthAnswer};
pub use doctor::{Diagnosis, Doctor, Examine};
pub use env::{EnvOff, EnvOn, EnvShow};
pub use explain::{Explain, Explained, ExplainedFile, PrivateBy, RuleBy, Standing};
pub use first_sight::{Forgotten, TrustAcknowledge, TrustForget};
pub use goproxy::{Goproxy, ProxyAddress};
pub use import::Import;
pub use metrics::{MetricsReport, MetricsSet, MetricsShow};
pub use mirror::{BesideShown, MirrorReports, Mirrored};
pub use nodes::{
    NodeDoes, NodeEject, NodeRestore, NodeShown, Nodes, NodesShown, PoolFrom, PoolShown,
};
pub use notices::{Dismissed, NoticesDismiss, NoticesList};
pub use notifications::NotificationsFeed;
pub use offline::{MissedForget, MissedItem, MissedList, OfflineReport, SetOffline};
pub use overview::{
    AskedAfter, Mark, Overview, OverviewGo, OverviewProject, OverviewRoom, OverviewShow,
    OverviewUpstream,
};
pub use pause::{Pause, Paused, Resume, Resumed};
pub(crate) use pools::idle as idle_pool;
pub use pools::{PoolList, PoolPut, PoolRemove, PoolRemoved, PoolSaid, PoolSet};
pub use preferences::{
    Preferences, PreferencesChange, PreferencesShow, SetPreferences, TellChange,
};
pub use profile::{
    BesideView, Defaulted, DraftNext, DraftRule, DraftUpstream, Exported, ProfileAdd,
    ProfileChange, ProfileCheck, ProfileChecked, ProfileComplaint, ProfileDraft, ProfileDrafted,
    ProfileEdit, ProfileExport, ProfileImport, ProfileList, ProfileMend, ProfileRemove,
    ProfileSave, ProfileShow, ProfileView, Profiles, Put, Removed, RuleText, RuleView, Typed,
};
pub use projects::{KnownProject, ProjectFacts, ProjectFound, Projects};
pub use room::{
    CacheQuota, MustStay, Pin, PinList, Pins, QuotaForeseen, QuotaPreview, QuotaReport, Unpin,
    Unpinned,
};
pub use service::{PortHeld, PortIsHeld};
pub use state::{State, StateOffline, StateProfile, StateReport, WelcomeDone};
pub use status::{ActiveProfile, CacheStatus, PoolStatus, Status, StatusReport};
pub(crate) use stock::read_project;
pub use stock::{Ready, Stock, StockForget, StockList, StockMissed, StockStarter, StockWatch};
pub use stop::{Stop, Stopping};
pub use token::{RotateToken, Rotated};
pub use traces::{TracesReport, TracesSet, TracesShow};
pub use trust::{ActiveGrant, Granted, TrustAllow, TrustList, TrustRevoke};
pub use upstream_test::{TestUpstream, UpstreamStage, UpstreamTest};
pub use use_profile::{InForce, UseProfile};
pub use verify::{Finding, Party, Said, Verdict, Verify, VerifyItem};
pub use vulndb::{
    KeptVulndb, VulndbImport, VulndbImported, VulndbRefresh, VulndbRefreshed, VulndbShow,
    VulndbView,
};

pub use crate::bundle::Exported as BundleReport;
pub use crate::fetches::{FetchBar, FetchTotals, Fetches};
pub use crate::import::{ImportReport, LeftOut};
pub use crate::story::{AtOnce, Step, Story};

use crate::app::App;
use crate::failure::{Code, Failure};
use crate::job::{JobId, Reporter};

/// A request and an answer.
pub trait Call: Serialize + DeserializeOwned + TS + Send + 'static {
    /// Its name in the control API.
    const NAME: &'static str;
    /// What comes back.
    type Answer: Serialize + DeserializeOwned + TS + Send + 'static;

    /// Carries it out.
    ///
    /// # Errors
    /// A [`Failure`], for a person.
    fn run(self, app: &App) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;
}

/// Long work with progress and cancel.
pub trait Job: Serialize + DeserializeOwned + TS + Send + 'static {
    /// Its name in the control API.
    const NAME: &'static str;
    /// What it ends with.
    type Answer: Serialize + DeserializeOwned + TS + Send + 'static;

    /// Carries it out, telling how far it is, and ending early where it is cancelled.
    ///
    /// # Errors
    /// A [`Failure`], for a person.
    fn run(
        self,
        app: App,
        reporter: Reporter,
    ) -> impl Future<Output = Result<Self::Answer, Failure>> + Send + 'static;
}

/// Items with a number each, to be followed from any of them on.
pub trait Feed: 'static {
    /// Its name in the control API.
    const NAME: &'static str;
    /// One of them; its number is its `seq`.
    type Item: Serialize + DeserializeOwned + TS + Send + 'static;

    /// The items after number `after`, and those to come, oldest first; never an empty batch. It ends after an error.
    fn follow(
        app: &App,
        after: i64,
    ) -> impl Stream<Item = Result<Vec<Self::Item>, Failure>> + Send + 'static;
}

macro_rules! table {
    (calls: $($call:ty),+; jobs: $($job:ty),+; feeds: $($feed:ty),+;) => {
        /// The names of all calls.
        pub const CALLS: &[&str] = &[$(<$call as Call>::NAME),+];
        /// The names of all jobs.
        pub const JOBS: &[&str] = &[$(<$job as Job>::NAME),+];
        /// The names of all feeds.
        pub const FEEDS: &[&str] = &[$(<$feed as Feed>::NAME),+];

        /// Carries out the call of this name, as the control API receives it.
        ///
        /// # Errors
        /// `protocol` where there is none of this name or the request is of another form; else the call's own.
        pub async fn call(app: &App, name: &str, request: Value) -> Result<Value, Failure> {
            match name {
                $(<$call as Call>::NAME => to_value(read::<$call>(request)?.run(app).await?),)+
                _ => Err(unknown(name)),
            }
        }

        /// Starts the job of this name, as the control API receives it.
        ///
        /// # Errors
        /// `protocol` where there is none of this name or the request is of another form; `bad-input` where too
        /// many are under way.
        pub fn start(app: &App, name: &str, request: Value) -> Result<JobId, Failure> {
            match name {
                $(<$job as Job>::NAME => start_job(app, read::<$job>(request)?),)+
                _ => Err(unknown(name)),
            }
        }

        /// Follows the feed of this name, as the control API gives it.
        ///
        /// # Errors
        /// `protocol` where there is none of this name.
        pub fn follow(app: &App, name: &str, after: i64) -> Result<BoxStream<'static, Result<Vec<Value>, Failure>>, Failure> {
            match name {
                $(<$feed as Feed>::NAME => Ok(values(<$feed as Feed>::follow(app, after))),)+
                _ => Err(unknown(name)),
            }
        }

        /// Shows each type of the table, for the window's types.
        #[cfg(test)]
        pub(crate) fn each(shown: &mut impl Shown) {
            $(shown.call::<$call>();)+
            $(shown.job::<$job>();)+
            $(shown.feed::<$feed>();)+
        }
    };
}

table! {
    calls:
        Status,
        State,
        WelcomeDone,
        OverviewShow,
        PreferencesShow,
        SetPreferences,
        Pause,
        Resume,
        Stop,
        SetOffline,
        MissedList,
        MissedForget,
        Goproxy,
        RotateToken,
        CacheList,
        CacheSize,
        TrustAllow,
        TrustRevoke,
        TrustList,
        TrustForget,
        TrustAcknowledge,
        NoticesList,
        NoticesDismiss,
        EnvOn,
        EnvOff,
        EnvShow,
        PortIsHeld,
        Doctor,
        LoginTarget,
        Login,
        Logout,
        CredentialsList,
        CredentialsUnlock,
        CredentialsImport,
        GoAuth,
        ProfileList,
        ProfileShow,
        ProfileAdd,
        ProfileEdit,
        ProfileRemove,
        ProfileExport,
        ProfileImport,
        ProfileDrafted,
        ProfileCheck,
        ProfileSave,
        UseProfile,
        Explain,
        MirrorReports,
        Nodes,
        NodeEject,
        NodeRestore,
        PoolList,
        PoolSet,
        PoolRemove,
        CacheQuota,
        Pin,
        Unpin,
        PinList,
        StockList,
        StockWatch,
        StockForget,
        StockStarter,
        Projects,
        ProjectFacts,
        CacheModules,
        CacheVersions,
        CacheRemove,
        CacheUndo,
        QuotaPreview,
        VulndbShow,
        MetricsShow,
        MetricsSet,
        TracesShow,
        TracesSet,
        ActivityPage,
        ActivityStory,
        CountFetches;
    jobs:
        CacheVerify,
        CacheClear,
        Import,
        BundleExport,
        BundleImport,
        Verify,
        Stock,
        StockMissed,
        Ready,
        Examine,
        TestUpstream,
        VulndbImport,
        VulndbRefresh;
    feeds:
        ActivityFeed,
        ChangesFeed,
        NotificationsFeed;
}

/// To whom the types of the table are shown.
#[cfg(test)]
pub(crate) trait Shown {
    fn call<C: Call>(&mut self);
    fn job<J: Job>(&mut self);
    fn feed<F: Feed>(&mut self);
}

/// Starts a job in this process.
///
/// # Errors
/// `bad-input` where too many are under way.
pub fn start_job<J: Job>(app: &App, job: J) -> Result<JobId, Failure> {
    let running = app.clone();
    app.jobs().start(J::NAME, move |reporter| async move {
        to_value(job.run(running, reporter).await?)
    })
}

fn read<T: DeserializeOwned>(request: Value) -> Result<T, Failure> {
    serde_json::from_value(request).map_err(|error| {
        Failure::new(
            Code::Protocol,
            format!("the request is not of the form this instance knows: {error}"),
        )
    })
}

fn values<T: Serialize + Send + 'static>(
    batches: impl Stream<Item = Result<Vec<T>, Failure>> + Send + 'static,
) -> BoxStream<'static, Result<Vec<Value>, Failure>> {
    batches
        .map(|batch| batch?.into_iter().map(to_value).collect())
        .boxed()
}

fn to_value<T: Serialize>(answer: T) -> Result<Value, Failure> {
    serde_json::to_value(answer).map_err(|error| Failure::new(Code::Internal, error.to_string()))
}

fn unknown(name: &str) -> Failure {
    Failure::new(Code::Protocol, format!("this instance knows no command {name:?}"))
        .hint("the program and the running instance may be of different versions: run `larder stop`, then start it again")
}
