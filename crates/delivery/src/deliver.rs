//! The story of a request: what is at hand, what is kept, the flight under way, a new flight.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use go_module::{FileKind, ModuleVersion, Request};
use store::{Kept, Store};
use tokio::sync::{mpsc, watch};
use upstream::TraceContext;

use crate::adopt::{self, Adopted};
use crate::alarm::Alarm;
use crate::answer::{Answer, Content, Lifetime};
use crate::body::{Body, read_at};
use crate::bring::{self, Brought};
use crate::changing;
use crate::complete;
use crate::counts::Counted;
use crate::database::{self, DatabaseProbe, Trust};
use crate::error::DeliveryError;
use crate::event::{Event, Kind, Source, Tally};
use crate::fetch::{self, Asked, FlownFor};
use crate::flight::Boarding;
use crate::hot::{self, Life};
use crate::mirror::{self, MirrorReport};
use crate::offline::{self, Offline, OfflineMode};
use crate::profile::Profile;
use crate::routes::Cover;
use crate::shared::{Options, Shared};
use crate::story::{Step, StepKind, Trace};
use crate::take_in::{self, Records, TakenIn};
use crate::told;

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The parsed request.
    pub request: Request,
    /// `Disable-Module-Fetch: true`: nothing may be fetched for this.
    pub kept_only: bool,
    /// Ids of the Larders that this request has come through.
    pub hops: Vec<String>,
    /// The trace that the client says it belongs to.
    pub trace: Option<TraceContext>,
}

impl Ask {
    /// A plain request, straight from a client.
    pub fn new(request: Request) -> Self {
        Self {
            request,
            kept_only: false,
            hops: Vec::new(),
            trace: None,
        }
    }
}

/// What the checksum database says of a module version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// The `h1:` of its zip.
    pub zip: String,
    /// The `h1:` of its go.mod file.
    pub go_mod: String,
}

/// Delivers modules; cheap to clone.
#[derive(Clone)]
pub struct Delivery(Arc<Shared>);

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Delivery({})", self.profile().name())
    }
}

impl Delivery {
    /// Begins delivering, and completing what an earlier run left. Must be called on a runtime.
    /// Events go to `events`, alarms to `alarms`; a receiver that can't keep up misses some.
    pub fn start(
        store: Store,
        profile: Profile,
        options: Options,
        events: mpsc::Sender<Event>,
        alarms: mpsc::Sender<Alarm>,
    ) -> Self {
        let (shared, waiting) = Shared::new(store, profile, options, events, alarms);
        let completing = complete::run(Arc::downgrade(&shared), waiting.landed);
        let learning = database::keep_learning(Arc::downgrade(&shared));
        let looking = offline::keep_looking(Arc::downgrade(&shared));
        let comparing = mirror::run(Arc::downgrade(&shared), waiting.copies);
        let stop = shared.stop.clone();
        shared.tasks.spawn(async move {
            tokio::select! {
                _ = async { tokio::join!(completing, learning, looking, comparing) } => {}
                () = stop.cancelled() => {}
            }
        });
        Self(shared)
    }

    /// The profile in force.
    pub fn profile(&self) -> Arc<Profile> {
        self.0.profile()
    }

    /// Puts another profile in force, for requests from now on.
    pub fn set_profile(&self, profile: Profile) {
        self.0.set_profile(profile);
    }

    /// Who says whether Larder is offline, from now on.
    pub fn set_offline_mode(&self, mode: OfflineMode) {
        self.0.connection.set_mode(mode);
    }

    /// Who says whether Larder is offline.
    pub fn offline_mode(&self) -> OfflineMode {
        self.0.connection.mode()
    }

    /// Whether Larder is offline, as far as it is known; changes with it.
    pub fn offline(&self) -> watch::Receiver<Option<Arc<Offline>>> {
        self.0.connection.changes()
    }

    /// What mirrors answered so far, beside what was answered here.
    pub fn mirrors(&self) -> Vec<MirrorReport> {
        self.0.mirrors.reports()
    }

    /// Changes whenever a mirror answers otherwise than the upstream did.
    pub fn mirror_news(&self) -> watch::Receiver<u64> {
        self.0.mirrors.news()
    }

    /// Whether a version can be delivered whole from what is kept, whatever the network.
    ///
    /// # Errors
    /// What lacks, as the end of a sentence.
    pub async fn can_deliver(&self, module: &ModuleVersion) -> Result<(), String> {
        offline::check(&self.0, &self.profile(), module).await
    }

    /// Verifies a kept file that stands in a realm of its path, and moves it among what is verified: for files from before
    /// the profile in force verified them. What lies outside the database has its hash remembered instead.
    ///
    /// # Errors
    /// [`DeliveryError::Unverified`] where the database could not be asked, or does not have it: it stays where it is.
    pub async fn adopt(
        &self,
        module: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Adopted, DeliveryError> {
        adopt::adopt(&self.0, &self.profile(), module, kind).await
    }

    /// Takes in a file that is on this computer already, verified as if an upstream had given it: what the database covers is
    /// held against its record, all else against what was seen first. What can't be verified is not taken.
    ///
    /// # Errors
    /// [`DeliveryError::Unverified`] where no record could be had, [`DeliveryError::Mismatch`] or
    /// [`DeliveryError::Changed`] where it is another file, [`DeliveryError::PrivateNowhere`], [`DeliveryError::Store`].
    pub async fn take_in(
        &self,
        found: take_in::Found,
        records: &Records,
    ) -> Result<TakenIn, DeliveryError> {
        take_in::take_in(&self.0, &self.profile(), found, records).await
    }

    /// Sees to it that a file of a module version is kept: fetches it where it is not, and returns when it is on the disk.
    ///
    /// # Errors
    /// As [`Delivery::deliver`].
    pub async fn bring(
        &self,
        module: &ModuleVersion,
        kind: FileKind,
    ) -> Result<Brought, DeliveryError> {
        bring::bring(&self.0, module, kind).await
    }

    /// The part of the profile's checksum database that vouches for these modules, all of them covered by it: their records
    /// under one head, and the tiles that prove them.
    ///
    /// # Errors
    /// [`DeliveryError::Database`] where it has two histories, or the folder where it is kept fails.
    pub async fn extract(
        &self,
        modules: &[ModuleVersion],
    ) -> Result<database::Extract, DeliveryError> {
        Ok(database::extract(&self.0, &self.profile(), modules).await?)
    }

    /// What the profile's checksum database says of a module version, proven; from what is kept, else asked.
    ///
    /// # Errors
    /// [`DeliveryError::OutsideDatabase`] where it is not to be asked about this path; [`DeliveryError::Database`].
    pub async fn vouch(&self, module: &ModuleVersion) -> Result<Vouched, DeliveryError> {
        self.vouched(module, Trust::Ask).await
    }

    /// The same from what is kept alone, for those who know that the database is out of reach.
    ///
    /// # Errors
    /// As [`Delivery::vouch`]; [`DatabaseError::NotKept`](crate::DatabaseError::NotKept) where it is not kept.
    pub async fn vouch_from_kept(&self, module: &ModuleVersion) -> Result<Vouched, DeliveryError> {
        self.vouched(module, Trust::Kept).await
    }

    async fn vouched(
        &self,
        module: &ModuleVersion,
        trust: Trust,
    ) -> Result<Vouched, DeliveryError> {
        let profile = self.profile();
        let cover = profile.route(module.path.as_str()).cover;
        if cover != Cover::Database {
            return Err(DeliveryError::OutsideDatabase {
                path: module.path.to_string(),
                database: profile.database_name().to_owned(),
                cover,
            });
        }
        let record = database::vouch(&self.0, &profile, module, trust).await?;
        Ok(Vouched {
            zip: record.zip().to_string(),
            go_mod: record.go_mod().to_string(),
        })
    }

    /// Asks the profile's checksum database for its newest head, and proves it; none where the profile has no database.
    ///
    /// # Errors
    /// [`DeliveryError::Database`] where it can't be asked, or what it says is refused.
    pub async fn ask_database(&self) -> Result<Option<DatabaseProbe>, DeliveryError> {
        let profile = self.profile();
        let Some(database) = profile.database() else {
            return Ok(None);
        };
        Ok(Some(database::probe(&self.0, database).await?))
    }

    /// Forgets what is at hand in memory: after files were removed from the cache.
    pub fn forget(&self) {
        self.0.hot.clear();
        self.0.landed.clear();
        self.0.negatives.clear();
        self.0.deliverable.forget();
        self.0.logs.forget();
    }

    /// What was answered so far, counted.
    pub fn counted(&self) -> Counted {
        self.0.events.counts().read()
    }

    /// How many files are on their way into the cache.
    pub fn under_way(&self) -> usize {
        self.0.flights.count()
    }

    /// Whether a file of this version is on its way into the cache.
    pub fn is_under_way(&self, module: &ModuleVersion) -> bool {
        self.0.flights.is_under_way(module)
    }

    /// Forgets which files are kept, and those at hand in memory: after some went to make room.
    pub fn forget_kept(&self) {
        self.0.hot.clear();
        self.0.landed.clear();
    }

    /// Ends flights and background work. What is being committed is committed; the rest leaves nothing behind.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Has requests told with their place in a trace, from now on, or no longer.
    pub fn set_traced(&self, traced: bool) {
        self.0.set_traced(traced);
    }

    /// Whether requests are told with their place in a trace.
    pub fn is_traced(&self) -> bool {
        self.0.is_traced()
    }

    /// The hot path: a small body at hand, by the path it is asked at (without the leading slash), for a client that says
    /// that its request belongs to this trace.
    pub fn at_hand(&self, path: &str, trace: Option<&TraceContext>) -> Option<Answer> {
        let hot = &self.0.hot;
        let profile = self.0.profile();
        let found = hot.get(profile.id(), path)?;
        let (lifetime, etag) = match &found.life {
            Life::Committed {
                tree,
                module,
                kind,
                etag,
                noted,
            } => {
                if hot.is_due(noted) {
                    self.0.store.touch(tree, module, *kind);
                }
                (Lifetime::Immutable, Some(Arc::clone(etag)))
            }
            Life::FreshUntil(_) => (Lifetime::Fresh(self.0.options.answers.fresh_for), None),
        };
        let length = Some(found.bytes.len() as u64);
        let content = Content::Small(found.bytes.clone());
        let tally = Tally::of_hit(
            self.0.events.clone(),
            found.request.clone(),
            profile,
            self.0.traced(trace),
        );
        let found_so = Found {
            etag,
            ..Found::new(Source::Cache, length, content, lifetime)
        };
        Some(found_so.answer(Kind::of(&found.request), tally))
    }

    /// Delivers what is asked for.
    ///
    /// # Errors
    /// [`DeliveryError`], typed by cause; the event of it has been told.
    pub async fn deliver(&self, ask: Ask) -> Result<Answer, DeliveryError> {
        if let Some(answer) = self.at_hand(&ask.request.url_path(), ask.trace.as_ref()) {
            return Ok(answer);
        }
        let profile = self.profile();
        let mut tally = Tally::new(
            self.0.events.clone(),
            ask.request.clone(),
            Arc::clone(&profile),
            false,
            self.0.traced(ask.trace.as_ref()),
        );
        let offline = self.0.offline(&profile);
        let mut delivered = self
            .find_or_fetch(&profile, &ask, offline.as_ref(), &mut tally)
            .await;
        if offline.is_none()
            && let Err(error) = &delivered
            && let Some(offline) = offline::consider(&self.0, &profile, error).await
        {
            delivered = self
                .find_or_fetch(&profile, &ask, Some(&offline), &mut tally)
                .await;
        }
        match delivered {
            Ok(found) => Ok(found.answer(Kind::of(&ask.request), tally)),
            Err(error) => {
                tally.fail(&error);
                Err(error)
            }
        }
    }

    /// What is kept; else, where Larder is not offline, what the upstreams give.
    async fn find_or_fetch(
        &self,
        profile: &Arc<Profile>,
        ask: &Ask,
        offline: Option<&Arc<Offline>>,
        tally: &mut Tally,
    ) -> Result<Found, DeliveryError> {
        match &ask.request {
            Request::File(module, kind) => {
                self.file(profile, module, *kind, ask, offline, tally).await
            }
            Request::List(_) | Request::Latest(_) | Request::Query { .. } => {
                self.changing(profile, ask, offline, tally.trace()).await
            }
            Request::SumDb { name, rest } => {
                self.checksum_db(profile, name, rest, ask, offline, tally.trace())
                    .await
            }
        }
    }

    async fn file(
        &self,
        profile: &Arc<Profile>,
        module: &ModuleVersion,
        kind: FileKind,
        ask: &Ask,
        offline: Option<&Arc<Offline>>,
        tally: &mut Tally,
    ) -> Result<Found, DeliveryError> {
        let looked = Instant::now();
        match self.0.find(profile, module, kind).await {
            Ok(Some(kept)) => return self.kept(profile, module, kind, kept).await,
            Ok(None) => {}
            // What the cache can't give, an upstream may.
            Err(error) if !ask.kept_only => tracing::warn!(%module, "{error}"),
            Err(error) => return Err(error),
        }
        if ask.kept_only {
            let said = "not kept, and the request forbids fetching (Disable-Module-Fetch: true)";
            tally.trace().note(looked, Step::new(StepKind::Cache, said));
            return Err(DeliveryError::NotKept);
        }
        if let Some(offline) = offline {
            profile.way(module.path.as_str())?;
            tally
                .trace()
                .note(looked, told::offline("not kept", offline));
            return Err(DeliveryError::not_kept_offline(&ask.request, offline));
        }
        if let Some(error) = self.0.negatives.get(profile.id(), &ask.request.url_path()) {
            tally.trace().note(looked, told::remembered(&error));
            return Err(error);
        }
        let asked = Asked {
            module,
            kind,
            flown_for: FlownFor::Client { hops: &ask.hops },
            looked,
        };
        let joined = fetch::flight(&self.0, profile, asked, tally);
        Ok(match joined.takeoff().await? {
            Boarding::Whole { bytes, source } => Found::new(
                source,
                Some(bytes.len() as u64),
                Content::Small(bytes),
                Lifetime::Immutable,
            ),
            Boarding::Growing {
                length,
                source,
                chunks,
            } => Found::new(
                source,
                length,
                Content::Stream(Body::Stream(chunks)),
                Lifetime::Immutable,
            ),
        })
    }

    /// A kept file; a small one is at hand from now on.
    async fn kept(
        &self,
        profile: &Profile,
        module: &ModuleVersion,
        kind: FileKind,
        kept: Kept,
    ) -> Result<Found, DeliveryError> {
        self.0.store.touch(&kept.tree, module, kind);
        let file = Arc::new(kept.file);
        if kept.size > hot::LARGEST {
            let etag = kept.sha256.to_string().into();
            return Ok(Found {
                etag: Some(etag),
                ..Found::new(
                    Source::Cache,
                    Some(kept.size),
                    Content::File(file, kept.size),
                    Lifetime::Immutable,
                )
            });
        }
        let bytes = if kept.size == 0 {
            Bytes::new()
        } else {
            read_at(file, 0, kept.size).await?
        };
        let etag = self.0.keep_hot(
            profile.id(),
            &kept.tree,
            module,
            kind,
            bytes.clone(),
            &kept.sha256,
        );
        Ok(Found {
            etag: Some(etag),
            ..Found::new(
                Source::Cache,
                Some(kept.size),
                Content::Small(bytes),
                Lifetime::Immutable,
            )
        })
    }

    /// A list, latest or a branch.
    async fn changing(
        &self,
        profile: &Arc<Profile>,
        ask: &Ask,
        offline: Option<&Arc<Offline>>,
        trace: &Trace,
    ) -> Result<Found, DeliveryError> {
        let looked = Instant::now();
        let (bytes, source) = match offline {
            Some(offline) => {
                let answered = offline::answer(&self.0, profile, &ask.request, offline).await;
                let step = match &answered {
                    Ok(_) => told::kept_is_enough(offline),
                    Err(_) => told::offline("nothing that can be delivered is kept", offline),
                };
                trace.note(looked, step);
                answered?
            }
            None if ask.kept_only => changing::kept_only(&self.0, profile, &ask.request).await?,
            None => changing::answer(&self.0, profile, &ask.request, &ask.hops, trace).await?,
        };
        let lifetime = match offline {
            // It is another as soon as there is a network.
            Some(_) => Lifetime::Now,
            None => Lifetime::Fresh(self.0.options.answers.fresh_for),
        };
        Ok(Found::new(
            source,
            Some(bytes.len() as u64),
            Content::Small(bytes),
            lifetime,
        ))
    }

    /// The profile's checksum database, proven.
    async fn checksum_db(
        &self,
        profile: &Arc<Profile>,
        name: &str,
        rest: &str,
        ask: &Ask,
        offline: Option<&Arc<Offline>>,
        trace: &Trace,
    ) -> Result<Found, DeliveryError> {
        let begun = Instant::now();
        let trust = if ask.kept_only || offline.is_some() {
            Trust::Kept
        } else {
            Trust::Ask
        };
        let served = database::serve(&self.0, profile, &ask.request, name, rest, trust).await;
        if let Some(step) = told::database(name, &served) {
            trace.note(begun, step);
        }
        let (bytes, source) = served?;
        let length = Some(bytes.len() as u64);
        Ok(Found::new(
            source,
            length,
            Content::Small(bytes),
            Lifetime::Now,
        ))
    }
}

/// An answer whose request need not be repeated.
struct Found {
    source: Source,
    length: Option<u64>,
    etag: Option<Arc<str>>,
    lifetime: Lifetime,
    content: Content,
}

impl Found {
    fn new(source: Source, length: Option<u64>, content: Content, lifetime: Lifetime) -> Self {
        Self {
            source,
            length,
            etag: None,
            lifetime,
            content,
        }
    }

    fn answer(self, kind: Kind, mut tally: Tally) -> Answer {
        tally.source(self.source.clone());
        Answer {
            kind,
            source: self.source,
            length: self.length,
            etag: self.etag,
            lifetime: self.lifetime,
            content: self.content,
            tally,
        }
    }
}
