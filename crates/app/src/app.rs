//! Larder in this process: the lock, the store, the tokens, the activity log; and, where it serves, the delivery.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use delivery::Delivery;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use store::{FirstSight, Store};
use tokio::sync::{Notify, OnceCell, watch};

use crate::activity::Activity;
use crate::asked_by::By;
use crate::automatic;
use crate::care;
use crate::changes::{Changes, Topic};
use crate::credentials::Credentials;
use crate::degraded;
use crate::failure::{Code, Failure};
use crate::go_env::{self, GoEnv, PortHold};
use crate::instance::Instance;
use crate::job::Jobs;
use crate::last_look::LastLook;
use crate::lock::Lock;
use crate::metrics::{self, MetricsPort};
use crate::network;
use crate::nodes;
use crate::notices::Notices;
use crate::notify::{self, Fact, Notify as Notifications};
use crate::places::Places;
use crate::profile::ServeOptions;
use crate::removal::Removals;
use crate::room;
use crate::serving::Serving;
use crate::settings::Settings;
use crate::stock;
use crate::surroundings::Surroundings;
use crate::token::Tokens;
use crate::vulndb;
use crate::whole_file;

/// Larder in this process; cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

/// How a host has Larder started at login, or no longer.
pub struct AtLogin(Box<dyn Fn(bool) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>);

impl AtLogin {
    /// By this: it is handed whether Larder is to be started.
    pub fn new<F>(how: impl Fn(bool) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self(Box::new(move |wanted| how(wanted).boxed()))
    }
}

impl std::fmt::Debug for AtLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AtLogin")
    }
}

/// A handle to it that keeps nothing alive.
#[derive(Clone, Debug)]
pub(crate) struct WeakApp(Weak<Inner>);

impl WeakApp {
    pub(crate) fn upgrade(&self) -> Option<App> {
        self.0.upgrade().map(App)
    }
}

#[derive(Debug)]
struct Inner {
    places: Places,
    settings: watch::Sender<Arc<Settings>>,
    /// As they were when this process began.
    settings_of_start: Arc<Settings>,
    /// Held while settings are changed and put in force, so that the last word on disk is the one in force.
    changing: tokio::sync::Mutex<()>,
    store: Store,
    changes: Changes,
    tokens: Tokens,
    activity: Activity,
    jobs: Jobs,
    notices: Notices,
    notifications: Notifications,
    last_look: LastLook,
    at_login: OnceLock<AtLogin>,
    credentials: Arc<Credentials>,
    go_env: GoEnv,
    vulndb_turn: vulndb::Turn,
    stocked: stock::Projects,
    removals: Removals,
    serving: OnceLock<Serving>,
    /// What commands deliver with where this process does not serve.
    quiet: OnceCell<Serving>,
    /// Told when the room in the cache is to be looked at anew.
    look_at_room: Arc<Notify>,
    /// Whether the cache is over its limits, and nothing more of it may go.
    room_is_short: AtomicBool,
    /// How it is with the port of the metrics.
    metrics_port: watch::Sender<MetricsPort>,
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
        let tokens = Tokens::open(&places.data, settings.metrics.token)?;
        let store = Store::open(store::Places {
            cache: places.cache.clone(),
            data: places.data.clone(),
        })
        .await?;
        let changes = Changes::default();
        let activity = Activity::new(store.clone(), changes.clone());
        let notices = Notices::new(store.clone(), changes.clone());
        let stocked = stock::Projects::new(store.clone(), changes.clone());
        let credentials = Credentials::open(store.clone(), &places.data, changes.clone()).await?;
        let go_env = GoEnv::new(go_env::Paused::read(&store).await?);
        let removals = Removals::new(store.clone());
        credentials.follow(&settings);
        let settings = Arc::new(settings);
        Ok(Some(Self(Arc::new(Inner {
            places,
            settings_of_start: Arc::clone(&settings),
            settings: watch::Sender::new(settings),
            changing: tokio::sync::Mutex::default(),
            store,
            tokens,
            activity,
            jobs: Jobs::new(changes.clone()),
            changes,
            notices,
            notifications: Notifications::default(),
            last_look: LastLook::default(),
            at_login: OnceLock::new(),
            credentials: Arc::new(credentials),
            go_env,
            vulndb_turn: vulndb::Turn::default(),
            stocked,
            removals,
            serving: OnceLock::new(),
            quiet: OnceCell::new(),
            look_at_room: Arc::default(),
            room_is_short: AtomicBool::default(),
            metrics_port: watch::Sender::default(),
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
        serving.spawn(care::index(self.0.store.clone(), self.downgrade()));
        serving.spawn(care::grants(self.0.store.clone(), self.downgrade()));
        let delivery = serving.delivery().clone();
        serving.spawn(care::kept(self.0.store.clone(), delivery, self.downgrade()));
        let look_at_room = Arc::clone(&self.0.look_at_room);
        let store = self.0.store.clone();
        serving.spawn(room::keep(store, look_at_room, self.downgrade()));
        let (choices, trouble) = (serving.choices(), self.activity().trouble());
        serving.spawn(vulndb::keep_fresh(self.downgrade()));
        serving.spawn(automatic::keep(self.downgrade(), choices, trouble));
        serving.spawn(stock::keep_watched(self.downgrade()));
        let instance = Instance {
            port: serving.port(),
            pid: std::process::id(),
            version: crate::VERSION.to_owned(),
            since: serving.since(),
        };
        serving.spawn(network::follow(
            self.downgrade(),
            self.0.store.clone(),
            serving.delivery().offline(),
        ));
        self.tell_of_changes(&serving);
        if self.0.serving.set(serving).is_err() {
            return Err(Failure::new(Code::Internal, "this process serves already"));
        }
        // Not before: they begin with what is served, and would end at once.
        let serving = self.serving()?;
        serving.spawn(degraded::keep_looking(self.downgrade()));
        serving.spawn(notify::listen(self.downgrade()));
        instance.announce(&self.0.places)?;
        go_env::begin(self).await;
        self.serving()
    }

    /// What changes by itself is told to who follows.
    fn tell_of_changes(&self, serving: &Serving) {
        let changes = || self.0.changes.clone();
        serving.spawn(changes().follow(self.0.activity.news(), &[Topic::Activity]));
        serving.spawn(changes().follow(self.0.store.grown(), &[Topic::Cache]));
        serving.spawn(changes().pass_on(serving.delivery().offline(), &[Topic::State]));
        let of_profiles = &[Topic::State, Topic::Profiles];
        serving.spawn(changes().pass_on(serving.choices(), of_profiles));
        let nodes = serving.around().pools();
        let of_nodes = &[Topic::Nodes, Topic::State, Topic::Notices];
        serving.spawn(changes().follow(nodes.changes(), of_nodes));
        serving.spawn(nodes::log(nodes.happenings()));
        let of_mirrors = &[Topic::Notices, Topic::State];
        serving.spawn(changes().follow(serving.delivery().mirror_news(), of_mirrors));
        let health = serving.around().health().turns();
        serving.spawn(changes().pass_on(health, &[Topic::State]));
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

    /// The delivery that a command uses: that of this process where it serves, else one that nobody can reach from outside,
    /// for as long as this process is the instance.
    ///
    /// # Errors
    /// Those of [`App::begin_serving`].
    pub(crate) async fn delivery(&self) -> Result<&Delivery, Failure> {
        if let Some(serving) = self.0.serving.get() {
            return Ok(serving.delivery());
        }
        let begin = || Serving::begin(self, ServeOptions::default());
        let quiet = self.0.quiet.get_or_try_init(begin).await?;
        Ok(quiet.delivery())
    }

    /// Whether modules are delivered offline now.
    pub(crate) fn is_offline(&self) -> bool {
        let serving = self.0.serving.get();
        serving.is_some_and(|serving| serving.delivery().offline().borrow().is_some())
    }

    /// What is around: as it was found when this process began to deliver, else looked at now.
    pub(crate) async fn around(&self) -> Result<Arc<Surroundings>, Failure> {
        match self.0.serving.get().or(self.0.quiet.get()) {
            Some(serving) => Ok(Arc::clone(serving.around())),
            None => {
                let around = Surroundings::look(self, &self.settings(), 0).await?;
                Ok(Arc::new(around))
            }
        }
    }

    /// The folders.
    pub fn places(&self) -> &Places {
        &self.0.places
    }

    /// The settings that hold now.
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.0.settings.borrow())
    }

    /// Changes with them.
    pub fn settings_changes(&self) -> watch::Receiver<Arc<Settings>> {
        self.0.settings.subscribe()
    }

    /// Changes `settings.toml`, and puts in force what it then says; go env follows. `change` is handed the file's path, writes the whole
    /// file or nothing, and gives the settings that hold from then on.
    ///
    /// # Errors
    /// Those of `change`, and of building the profile; nothing is changed then.
    pub(crate) async fn change_settings(
        &self,
        change: impl FnOnce(&Path) -> Result<Settings, Failure> + Send + 'static,
    ) -> Result<Arc<Settings>, Failure> {
        let (was_offline, before) = (self.is_offline(), self.chosen_now());
        let settings = self.change_settings_alone(change).await?;
        self.hear_of_switch(before);
        notify::told_offline(self, was_offline).await;
        go_env::renew(self).await;
        Ok(settings)
    }

    async fn change_settings_alone(
        &self,
        change: impl FnOnce(&Path) -> Result<Settings, Failure> + Send + 'static,
    ) -> Result<Arc<Settings>, Failure> {
        let _turn = self.0.changing.lock().await;
        let path = self.0.places.settings();
        let changing = tokio::task::spawn_blocking(move || {
            let before = whole_file::read(&path)?;
            let settings = change(&path)?;
            Ok::<_, Failure>((path, before, settings))
        });
        let done = changing.await;
        let (path, before, settings) =
            done.map_err(|error| Failure::new(Code::Internal, error.to_string()))??;
        if let Err(failure) = self.put_in_force(&settings).await {
            // What can't be put in force is not left behind to fail the next start.
            whole_file::put_back(&path, before.as_deref())?;
            return Err(failure);
        }
        self.0.credentials.follow(&settings);
        let settings = Arc::new(settings);
        self.0.settings.send_replace(Arc::clone(&settings));
        self.last_look().numbers_changed();
        let topics = [Topic::Settings, Topic::Profiles, Topic::State, Topic::Cache];
        self.0.changes.tell(&topics);
        Ok(settings)
    }

    /// Puts the profile in force anew, with what has been allowed since.
    pub(crate) async fn renew_profile(&self) -> Result<(), Failure> {
        {
            let _turn = self.0.changing.lock().await;
            self.put_in_force(&self.settings()).await?;
        }
        self.0.changes.tell(&[Topic::Profiles, Topic::State]);
        go_env::renew(self).await;
        Ok(())
    }

    /// Looks whether another profile of an automatic choice is to be in force, and if so, switches.
    pub(crate) async fn look_around(&self, is_troubled: bool) -> Result<(), Failure> {
        let (serving, before) = (self.serving()?, self.settings());
        let Some(chosen) = serving.look_around(&before, is_troubled).await? else {
            return Ok(());
        };
        {
            let _turn = self.0.changing.lock().await;
            let settings = self.settings();
            if settings.active != chosen.among {
                // A person was quicker.
                return Ok(());
            }
            let before = self.chosen_now();
            serving.switch(&settings, &self.0.store, chosen).await?;
            self.hear_of_switch(before);
        }
        go_env::renew(self).await;
        Ok(())
    }

    /// Chooses among the profiles of an automatic choice as at the start, whatever was chosen before.
    pub(crate) async fn choose_anew(&self) -> Result<(), Failure> {
        {
            let _turn = self.0.changing.lock().await;
            let settings = self.settings();
            let serving = self.serving()?;
            let chosen = serving.choose(&settings).await?;
            let before = self.chosen_now();
            serving.switch(&settings, &self.0.store, chosen).await?;
            self.hear_of_switch(before);
        }
        go_env::renew(self).await;
        Ok(())
    }

    /// The profile by which modules are delivered; where they are not, the one of the settings that is liked most.
    pub(crate) fn profile_in_use(&self) -> String {
        let active = &self.settings().active;
        match self.serving() {
            Ok(serving) if serving.chosen().among == *active => serving.chosen().name,
            _ => active.candidates()[0].clone(),
        }
    }

    /// The profile in force, where modules are delivered.
    fn chosen_now(&self) -> Option<String> {
        Some(self.0.serving.get()?.chosen().name)
    }

    fn hear_of_switch(&self, before: Option<String>) {
        let Some(now) = self.0.serving.get().map(Serving::chosen) else {
            return;
        };
        if before.is_some_and(|before| before != now.name) {
            self.hear(&Fact::Switched {
                profile: now.name,
                by: By::now(),
                why: now.why,
            });
        }
    }

    /// Something happened that a person may be told of.
    pub(crate) fn hear(&self, fact: &Fact) {
        self.0.notifications.hear(&self.settings(), fact);
    }

    /// What a person is told who does not look.
    pub(crate) fn notify(&self) -> &Notifications {
        &self.0.notifications
    }

    /// What takes a moment to find out, as it was seen last.
    pub(crate) fn last_look(&self) -> &LastLook {
        &self.0.last_look
    }

    /// The settings that this process began with.
    pub(crate) fn settings_of_start(&self) -> &Settings {
        &self.0.settings_of_start
    }

    /// Says how this host has Larder started at login; to be said before serving begins. Where no host says it, the wish is
    /// written down and nothing else is done.
    pub fn starts_at_login_by(&self, how: AtLogin) {
        // The first word counts.
        let _ = self.0.at_login.set(how);
    }

    /// Has Larder started at login, or no longer.
    pub(crate) async fn start_at_login(&self, wanted: bool) -> Result<(), Failure> {
        match self.0.at_login.get() {
            Some(how) => (how.0)(wanted).await,
            None => Ok(()),
        }
    }

    async fn put_in_force(&self, settings: &Settings) -> Result<(), Failure> {
        for serving in self.0.serving.get().into_iter().chain(self.0.quiet.get()) {
            serving.put_in_force(settings, &self.0.store).await?;
        }
        Ok(())
    }

    /// The tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// What happened.
    pub fn activity(&self) -> &Activity {
        &self.0.activity
    }

    /// What changed, for who shows something of it.
    pub fn changes(&self) -> &Changes {
        &self.0.changes
    }

    /// Long work.
    pub fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    /// What a person must hear of and has not put away.
    pub fn notices(&self) -> &Notices {
        &self.0.notices
    }

    pub(crate) fn credentials(&self) -> &Arc<Credentials> {
        &self.0.credentials
    }

    /// What was stocked.
    pub(crate) fn stocked(&self) -> &stock::Projects {
        &self.0.stocked
    }

    /// What was removed from the cache and can be put back.
    pub(crate) fn removals(&self) -> &Removals {
        &self.0.removals
    }

    pub(crate) fn go_env(&self) -> &GoEnv {
        &self.0.go_env
    }

    /// The turn to write the copy of the vulnerability database.
    pub(crate) fn vulndb_turn(&self) -> &vulndb::Turn {
        &self.0.vulndb_turn
    }

    /// Takes note of who holds the port of this run when it has ended; to be said before serving begins.
    pub fn port_is_held_by(&self, hold: PortHold) {
        self.0.go_env.set_hold(hold);
    }

    /// A handle that keeps nothing alive.
    pub(crate) fn downgrade(&self) -> WeakApp {
        WeakApp(Arc::downgrade(&self.0))
    }

    /// What a person should know, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.settings().warnings.clone();
        if let FirstSight::Lost { since } = self.0.store.first_sight() {
            warnings.push(format!(
                "the hashes that Larder saw first are lost since {} (state.sqlite was removed or replaced): what it keeps of private and excepted modules has its hash remembered anew, and whether that is what it was before nobody knows; larder trust acknowledge takes note of it",
                since.strftime("%Y-%m-%d")
            ));
        }
        if let Some(serving) = self.0.serving.get() {
            warnings.extend(serving.warnings());
        }
        warnings.extend(self.0.metrics_port.borrow().trouble());
        warnings
    }

    /// Told when the room in the cache is to be looked at anew: other limits, or less that must stay.
    pub(crate) fn look_at_room(&self) -> &Arc<Notify> {
        &self.0.look_at_room
    }

    /// Whether the cache is over its limits, and nothing more of it may go.
    pub(crate) fn room_is_short(&self) -> bool {
        self.0.room_is_short.load(Ordering::Relaxed)
    }

    pub(crate) fn set_room_is_short(&self, is_short: bool) {
        if self.0.room_is_short.swap(is_short, Ordering::Relaxed) != is_short {
            self.0.changes.tell(&[Topic::State, Topic::Cache]);
        }
    }

    /// What can be counted of this instance, as Prometheus reads it.
    ///
    /// # Errors
    /// `not-running` where this process does not serve, `disk` where what is kept can't be counted.
    pub async fn metrics(&self) -> Result<String, Failure> {
        metrics::text(self).await
    }

    /// How it is with the port of the metrics, as their host says it.
    pub fn metrics_port(&self) -> &watch::Sender<MetricsPort> {
        &self.0.metrics_port
    }

    /// All that deliver in this process: what they have under way is left alone.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        let servings = self.0.serving.get().into_iter().chain(self.0.quiet.get());
        servings.map(|serving| serving.delivery().clone()).collect()
    }

    pub(crate) fn forget_hot(&self) {
        if let Some(serving) = self.0.serving.get() {
            serving.delivery().forget();
        }
    }

    /// Ends all work, writes down what there is to write, and lets go of the lock. What was begun in the background
    /// is taken up at the next start.
    ///
    /// Gives why go env could not be given back, where that is so: it still points at Larder then.
    pub async fn close(&self) -> Option<Failure> {
        let mut not_given_back = None;
        if let Some(serving) = self.0.serving.get() {
            Instance::withdraw(&self.0.places);
            not_given_back = go_env::end(self).await;
            serving.stop().await;
            network::end(&self.0.store).await;
        }
        self.0.jobs.stop().await;
        if let Some(quiet) = self.0.quiet.get() {
            quiet.stop().await;
        }
        self.0.removals.stop().await;
        self.0.store.clone().close().await;
        self.0
            .lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        not_given_back
    }
}
