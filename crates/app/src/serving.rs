//! The delivery of modules by this process: the profile in force, the events it makes, and the wish to end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use delivery::Delivery;
use go_tool::Defaults;
use jiff::Timestamp;
use store::Store;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::automatic::{self, Candidates, Chosen};
use crate::failure::Failure;
use crate::notify;
use crate::profile::{self, Overrides, ServeOptions};
use crate::settings::{ProfileSettings, Settings, ways_out_of};
use crate::surroundings::Surroundings;
use crate::traces::{self, Traces};
use crate::trust;

/// How many events may wait to be written down.
const EVENTS: usize = 4096;
/// How many alarms may wait to be written down.
const ALARMS: usize = 64;
/// How long the last events may take to be written down.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The delivery of modules.
#[derive(Debug)]
pub struct Serving {
    delivery: Delivery,
    port: u16,
    since: Timestamp,
    around: Arc<Surroundings>,
    overrides: Overrides,
    chosen: watch::Sender<Chosen>,
    /// By which ways private paths of the profile in force are told to what is public, a sentence each.
    ways_out: Mutex<Vec<String>>,
    wish_to_stop: CancellationToken,
    tasks: TaskTracker,
    end_of_tasks: CancellationToken,
    recording: Mutex<Vec<JoinHandle<()>>>,
    end_of_log: CancellationToken,
    traces: Traces,
    tracing: Mutex<Option<JoinHandle<()>>>,
    end_of_traces: CancellationToken,
}

impl Serving {
    pub(crate) async fn begin(app: &App, options: ServeOptions) -> Result<Self, Failure> {
        let settings = app.settings();
        let around = Arc::new(Surroundings::look(app, &settings, options.port).await?);
        let overrides = Overrides::read(&options)?;
        let chosen = automatic::choose(&around, &settings, &overrides).await?;
        let allowed = trust::allowed(app.store()).await?;
        let name = &chosen.name;
        let profile = profile::build(&around, &settings, name, &overrides, allowed).await?;
        chosen.tell();
        let ways_out = ways_out(&around, &settings, name).await;
        let (sender, events) = mpsc::channel(EVENTS);
        let (alarm, alarms) = mpsc::channel(ALARMS);
        let keep_for = Duration::from_secs(u64::from(settings.keep_days) * 24 * 60 * 60);
        let end_of_log = CancellationToken::new();
        let (traces, waiting) = Traces::new();
        traces.follow(&settings.traces, &around).await;
        let end_of_traces = CancellationToken::new();
        let tracing = traces::keep(waiting, around.http().clone(), end_of_traces.clone());
        let tracing = tokio::spawn(tracing);
        let activity = tokio::spawn(app.activity().clone().keep(
            events,
            settings.keep_rows,
            keep_for,
            traces.clone(),
            end_of_log.clone(),
        ));
        let notices = tokio::spawn({
            let (app, end) = (app.clone(), end_of_log.clone());
            async move {
                let hear = |alarm: &_| notify::heard_alarm(&app, alarm);
                app.notices().keep(alarms, end, hear).await;
            }
        });
        let answers = delivery::AnswerOptions {
            fresh_for: settings.fresh_for,
            ..delivery::AnswerOptions::default()
        };
        let delivery = Delivery::start(
            app.store().clone(),
            profile,
            delivery::Options {
                answers,
                offline: settings.offline,
                toolchains: around.toolchains(),
                ..delivery::Options::default()
            },
            sender,
            alarm,
        );
        delivery.set_traced(traces.are_on());
        let serving = Self {
            delivery,
            port: options.port,
            since: Timestamp::now(),
            around,
            overrides,
            ways_out: Mutex::new(ways_out),
            chosen: watch::Sender::new(chosen),
            wish_to_stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            end_of_tasks: CancellationToken::new(),
            recording: Mutex::new(vec![activity, notices]),
            end_of_log,
            traces,
            tracing: Mutex::new(Some(tracing)),
            end_of_traces,
        };
        if let Some(direct) = serving.around.direct.clone() {
            serving.spawn(direct.keep_within_room());
        }
        Ok(serving)
    }

    /// Puts the profile that the settings name in force: requests from now on are delivered by it, those under way end by
    /// the one that they began with.
    ///
    /// # Errors
    /// Those of building it; the one before then stays.
    pub(crate) async fn put_in_force(
        &self,
        settings: &Settings,
        store: &Store,
    ) -> Result<(), Failure> {
        let now = self.chosen();
        let chosen = if now.among == settings.active {
            now
        } else {
            self.choose(settings).await?
        };
        self.switch(settings, store, chosen).await?;
        if self.traces.are_other(&settings.traces) {
            self.traces.follow(&settings.traces, &self.around).await;
            self.delivery.set_traced(self.traces.are_on());
        }
        Ok(())
    }

    /// Which profile of the settings is to be in force; where Larder is to choose, it asks their upstreams.
    ///
    /// # Errors
    /// Those of building the upstreams to be asked.
    pub(crate) async fn choose(&self, settings: &Settings) -> Result<Chosen, Failure> {
        automatic::choose(&self.around, settings, &self.overrides).await
    }

    /// Puts this profile of the settings in force.
    ///
    /// # Errors
    /// As [`Serving::put_in_force`].
    pub(crate) async fn switch(
        &self,
        settings: &Settings,
        store: &Store,
        chosen: Chosen,
    ) -> Result<(), Failure> {
        let allowed = trust::allowed(store).await?;
        let name = &chosen.name;
        let before = self.around.set_pools(settings);
        let built = profile::build(&self.around, settings, name, &self.overrides, allowed).await;
        let profile = built.inspect_err(|_| drop(self.around.let_pools_be(before)))?;
        self.delivery.set_offline_mode(settings.offline);
        self.delivery.set_profile(profile);
        let ways_out = ways_out(&self.around, settings, name).await;
        *self.ways_out.lock().unwrap_or_else(PoisonError::into_inner) = ways_out;
        if chosen != self.chosen() {
            chosen.tell();
            self.chosen.send_replace(chosen);
        }
        Ok(())
    }

    /// Which profile is in force, and why.
    pub(crate) fn chosen(&self) -> Chosen {
        self.chosen.borrow().clone()
    }

    /// Changes with it.
    pub(crate) fn choices(&self) -> watch::Receiver<Chosen> {
        self.chosen.subscribe()
    }

    /// Looks whether another profile of an automatic choice is to be in force.
    ///
    /// # Errors
    /// Those of building the upstreams to be asked.
    pub(crate) async fn look_around(
        &self,
        settings: &Settings,
        is_troubled: bool,
    ) -> Result<Option<Chosen>, Failure> {
        let candidates = Candidates::of(&self.around, settings, &self.overrides).await?;
        Ok(candidates
            .instead_of(&self.chosen().name, is_troubled)
            .await)
    }

    /// Cuts the clones of repositories back to `room` bytes: to make room for what can't be had again as easily.
    pub(crate) async fn shrink_clones(&self, room: u64) {
        if let Some(direct) = &self.around.direct {
            direct.shrink(room).await;
        }
    }

    /// What this run found around it.
    pub(crate) fn around(&self) -> &Arc<Surroundings> {
        &self.around
    }

    /// Delivers modules.
    pub fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// The port, on 127.0.0.1 and `[::1]`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Since when.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Names this run in the hop header, so that a request which comes back is refused.
    pub fn instance(&self) -> &str {
        &self.around.instance
    }

    /// What this run sets otherwise than the settings.
    pub(crate) fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// Go's own list and database.
    pub(crate) async fn go_defaults(&self) -> Result<&Defaults, Failure> {
        self.around.defaults().await
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.around.warnings();
        let ways_out = self.ways_out.lock();
        warnings.extend(ways_out.unwrap_or_else(PoisonError::into_inner).clone());
        warnings.extend(self.traces.warnings());
        warnings
    }

    /// What becomes of traces.
    pub(crate) fn traces(&self) -> &Traces {
        &self.traces
    }

    /// Asks the host to end this process cleanly.
    pub fn ask_to_stop(&self) {
        self.wish_to_stop.cancel();
    }

    /// Waits until somebody asked for the end.
    pub async fn asked_to_stop(&self) {
        self.wish_to_stop.cancelled().await;
    }

    /// Runs background work for as long as modules are served.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let end = self.end_of_tasks.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = work => {}
                () = end.cancelled() => {}
            }
        });
    }

    pub(crate) async fn stop(&self) {
        self.end_of_tasks.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.delivery.stop().await;
        let recording = std::mem::take(
            &mut *self
                .recording
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        self.end_of_log.cancel();
        // A disk that hangs must not hold up the end.
        let written = futures_util::future::join_all(recording);
        let _ = tokio::time::timeout(LAST_WORDS, written).await;
        self.end_of_traces.cancel();
        let tracing = self
            .tracing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(tracing) = tracing {
            // It bounds its own end.
            let _ = tracing.await;
        }
    }
}

/// By which ways private paths of this profile are told to what is public, as a person may have written it by hand.
async fn ways_out(around: &Surroundings, settings: &Settings, name: &str) -> Vec<String> {
    let said = settings.profile(name);
    if !said.is_some_and(ProfileSettings::has_private_ways) {
        return Vec::new();
    }
    match around.public_hosts().await {
        Ok(Some(public)) => ways_out_of(name, &settings.profiles, &public),
        Ok(None) | Err(_) => Vec::new(),
    }
}
