//! Whom tray and window ask: the engine in this process, or the instance that runs already. Where that one ends, this
//! process takes its place.

use std::sync::Arc;
use std::time::Duration;

use app::command::ChangesFeed;
use app::{App, AtLogin, Code, Failure, Places, ServeOptions};
use futures_util::StreamExt;
use server::{Begun, Client, Listeners};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::login;

/// How long a question waits for the engine to be there.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long after a failed start the next is tried.
const AGAIN: Duration = Duration::from_secs(5);

/// How it is with the engine.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// It is on its way.
    Starting,
    /// It answers.
    There(Client),
    /// It can't be started; that is tried again.
    Failed(Failure),
}

/// The engine, as the rest of the program sees it; clones see the same one.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    standing: watch::Receiver<Standing>,
    at_once: Arc<Notify>,
}

/// What keeps the engine going.
#[derive(Debug)]
pub(crate) struct Keeper {
    places: Places,
    standing: watch::Sender<Standing>,
    at_once: Arc<Notify>,
    end: CancellationToken,
}

/// An engine, and what keeps it going until `end`.
pub(crate) fn engine(places: Places, end: CancellationToken) -> (Engine, Keeper) {
    let (standing, seen) = watch::channel(Standing::Starting);
    let at_once = Arc::new(Notify::new());
    let engine = Engine {
        standing: seen,
        at_once: Arc::clone(&at_once),
    };
    (
        engine,
        Keeper {
            places,
            standing,
            at_once,
            end,
        },
    )
}

impl Engine {
    /// How it is, and the changes of that.
    pub(crate) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    /// Whoever answers, as soon as somebody does.
    ///
    /// # Errors
    /// Why nobody does.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        let mut standing = self.standing.clone();
        let settled = standing.wait_for(|standing| !matches!(standing, Standing::Starting));
        match timeout(PATIENCE, settled).await {
            Ok(Ok(standing)) => match &*standing {
                Standing::There(client) => Ok(client.clone()),
                Standing::Failed(failure) => Err(failure.clone()),
                Standing::Starting => Err(not_there("Larder is still starting")),
            },
            Ok(Err(_)) => Err(not_there("Larder is ending")),
            Err(_) => Err(not_there("Larder is still starting")),
        }
    }

    /// Tries again now, where the start failed.
    pub(crate) fn try_at_once(&self) {
        self.at_once.notify_one();
    }
}

fn not_there(message: &str) -> Failure {
    Failure::new(Code::NotRunning, message)
}

impl Keeper {
    /// Keeps it going, until the end is asked for or somebody asked the instance in this process to stop. Then all is in
    /// order: go env is given back where nobody else holds the port. Gives why not, where that failed.
    pub(crate) async fn keep(self) -> Option<Failure> {
        while !self.end.is_cancelled() {
            let _ = self.standing.send(Standing::Starting);
            let begun = tokio::select! {
                begun = server::begin(&self.places, None, None) => begun,
                () = self.end.cancelled() => return None,
            };
            let ended = match begun {
                Ok(Begun::Here(app, listeners)) => {
                    let delivered = self.deliver(&app, listeners).await;
                    let not_given_back = app.close().await;
                    match delivered {
                        // Somebody asked it to stop: that is meant for the program.
                        Ok(()) => return not_given_back,
                        Err(failure) => failure,
                    }
                }
                Ok(Begun::Elsewhere(client)) => {
                    tracing::info!("another Larder runs; tray and window ask that one");
                    let _ = self.standing.send(Standing::There(client.clone()));
                    tokio::select! {
                        () = gone(&client) => {}
                        () = self.end.cancelled() => return None,
                    }
                    tracing::info!("the Larder that was asked has ended; this one takes its place");
                    continue;
                }
                Err(failure) => failure,
            };
            tracing::warn!("Larder can't serve: {ended}");
            let _ = self.standing.send(Standing::Failed(ended));
            tokio::select! {
                () = sleep(AGAIN) => {}
                () = self.at_once.notified() => {}
                () = self.end.cancelled() => return None,
            }
        }
        None
    }

    async fn deliver(&self, app: &App, listeners: Listeners) -> Result<(), Failure> {
        let options = ServeOptions {
            port: listeners.port(),
            ..ServeOptions::default()
        };
        app.starts_at_login_by(AtLogin::new(login::arrange));
        tokio::select! {
            begun = server::begin_delivery(app, options, true) => begun?,
            () = self.end.cancelled() => return Ok(()),
        }
        let _ = self
            .standing
            .send(Standing::There(Client::Local(app.clone())));
        let delivered = server::run(app, listeners, self.end.clone()).await;
        let _ = self.standing.send(Standing::Starting);
        delivered
    }
}

/// Waits until the instance that is asked has ended.
async fn gone(client: &Client) {
    // A feed ends with its instance; what comes of it is of no interest here.
    let mut changes = client.follow::<ChangesFeed>(0);
    while let Some(Ok(_)) = changes.next().await {}
}
