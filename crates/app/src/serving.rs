//! The delivery of modules by this process: the profile in force, the events it makes, and the wish to end.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use delivery::Delivery;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::failure::Failure;
use crate::profile::{self, ServeOptions};

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
    warnings: Vec<String>,
    wish_to_stop: CancellationToken,
    tasks: TaskTracker,
    end_of_tasks: CancellationToken,
    activity: Mutex<Option<JoinHandle<()>>>,
    end_of_log: CancellationToken,
    instance: String,
}

impl Serving {
    pub(crate) async fn begin(app: &App, options: ServeOptions) -> Result<Self, Failure> {
        let settings = app.settings();
        let built = profile::build(app.places(), settings, &options).await?;
        let (sender, events) = mpsc::channel(EVENTS);
        let (alarm, _alarms) = mpsc::channel(ALARMS);
        let keep_for = Duration::from_secs(u64::from(settings.keep_days) * 24 * 60 * 60);
        let end_of_log = CancellationToken::new();
        let activity = tokio::spawn(app.activity().clone().keep(
            events,
            settings.keep_rows,
            keep_for,
            end_of_log.clone(),
        ));
        let answers = delivery::AnswerOptions {
            fresh_for: settings.fresh_for,
            ..delivery::AnswerOptions::default()
        };
        let delivery = Delivery::start(
            app.store().clone(),
            built.profile,
            delivery::Options {
                answers,
                ..delivery::Options::default()
            },
            sender,
            alarm,
        );
        let serving = Self {
            delivery,
            port: options.port,
            since: Timestamp::now(),
            warnings: built.warnings,
            wish_to_stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            end_of_tasks: CancellationToken::new(),
            activity: Mutex::new(Some(activity)),
            end_of_log,
            instance: built.instance,
        };
        if let Some(direct) = built.direct {
            serving.spawn(direct.keep_within_room());
        }
        Ok(serving)
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
        &self.instance
    }

    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
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
        let activity = self
            .activity
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.end_of_log.cancel();
        if let Some(activity) = activity {
            // A disk that hangs must not hold up the end.
            let _ = tokio::time::timeout(LAST_WORDS, activity).await;
        }
    }
}
