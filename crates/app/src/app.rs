//! Larder in this process: the lock, the store, the tokens, the activity log; and, where it serves, the delivery.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use store::Store;

use crate::activity::Activity;
use crate::command;
use crate::failure::{Code, Failure};
use crate::instance::Instance;
use crate::job::Jobs;
use crate::lock::Lock;
use crate::places::Places;
use crate::profile::ServeOptions;
use crate::serving::Serving;
use crate::settings::Settings;
use crate::token::Tokens;

/// Larder in this process; cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    places: Places,
    settings: Settings,
    store: Store,
    tokens: Tokens,
    activity: Activity,
    jobs: Jobs,
    serving: OnceLock<Serving>,
    lock: Mutex<Option<Lock>>,
}

impl App {
    /// Becomes the instance: takes the lock, reads settings and tokens, opens the store.
    /// Returns `None` where another process is the instance.
    ///
    /// # Errors
    /// `disk` or `bad-settings`; nothing is changed then.
    pub async fn open(places: Places) -> Result<Option<Self>, Failure> {
        places.prepare()?;
        let Some(lock) = Lock::try_take(&places.data)? else {
            return Ok(None);
        };
        // What an instance that was killed announced must lead nobody to whoever holds its port now.
        Instance::withdraw(&places);
        let settings = Settings::read(&places.settings())?;
        let tokens = Tokens::open(&places.data)?;
        let store = Store::open(store::Places {
            cache: places.cache.clone(),
            data: places.data.clone(),
        })
        .await?;
        let activity = Activity::new(store.clone());
        Ok(Some(Self(Arc::new(Inner {
            places,
            settings,
            store,
            tokens,
            activity,
            jobs: Jobs::default(),
            serving: OnceLock::new(),
            lock: Mutex::new(Some(lock)),
        }))))
    }

    /// Begins to deliver modules, at a port that the caller listens at already, and says so to other programs.
    /// An index that lags behind the files is rebuilt in the background.
    ///
    /// # Errors
    /// `bad-input` or `go` where no list of upstreams can be had; `disk` where the address can't be announced.
    pub async fn begin_serving(&self, options: ServeOptions) -> Result<&Serving, Failure> {
        let serving = Serving::begin(self, options).await?;
        serving.spawn(care_for_index(
            self.0.store.clone(),
            Arc::downgrade(&self.0),
        ));
        let instance = Instance {
            port: serving.port(),
            pid: std::process::id(),
            version: crate::VERSION.to_owned(),
            since: serving.since(),
        };
        if self.0.serving.set(serving).is_err() {
            return Err(Failure::new(Code::Internal, "this process serves already"));
        }
        instance.announce(&self.0.places)?;
        self.serving()
    }

    /// The delivery of modules.
    ///
    /// # Errors
    /// `not-running` where this process does not serve.
    pub fn serving(&self) -> Result<&Serving, Failure> {
        self.0.serving.get().ok_or_else(|| {
            Failure::new(Code::NotRunning, "Larder is not running").hint("start it: larder serve")
        })
    }

    /// The folders.
    pub fn places(&self) -> &Places {
        &self.0.places
    }

    /// The settings, as read at the start.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// What happened.
    pub fn activity(&self) -> &Activity {
        &self.0.activity
    }

    /// Long work.
    pub fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    /// What a person should know, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.0.settings.warnings.clone();
        if let Some(serving) = self.0.serving.get() {
            warnings.extend(serving.warnings().iter().cloned());
        }
        warnings
    }

    pub(crate) fn forget_hot(&self) {
        if let Some(serving) = self.0.serving.get() {
            serving.delivery().forget();
        }
    }

    /// Ends all work, writes down what there is to write, and lets go of the lock. What was begun in the background
    /// is taken up at the next start.
    pub async fn close(&self) {
        if let Some(serving) = self.0.serving.get() {
            Instance::withdraw(&self.0.places);
            serving.stop().await;
        }
        self.0.jobs.stop().await;
        self.0.store.clone().close().await;
        self.0
            .lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

/// How long the index is left alone after it was rebuilt: on a full disk that fails again at once.
const REBUILD_REST: Duration = Duration::from_secs(60);

/// Rebuilds the index whenever it may differ from the files: after an end that was not clean, or when it fell behind.
async fn care_for_index(store: Store, app: Weak<Inner>) {
    loop {
        store.until_needs_rebuild().await;
        let Some(app) = app.upgrade() else { return };
        tracing::info!("the index of the cache is brought in line with the files");
        let rebuilt = store.clone();
        let Ok(id) = app.jobs.start("index-rebuild", |reporter| {
            command::rebuild_index(rebuilt, reporter)
        }) else {
            return;
        };
        let Ok(mut job) = app.jobs.watch(id) else {
            return;
        };
        drop(app);
        if let Ok(state) = job.wait_for(|state| state.end.is_some()).await
            && let Some(Err(failure)) = &state.end
        {
            tracing::warn!("the index could not be rebuilt: {failure}");
        }
        tokio::time::sleep(REBUILD_REST).await;
    }
}
