//! Serving: connections are taken until the end is asked for; then requests under way finish.

use std::future::Future;
use std::io::{Error, ErrorKind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use app::{App, Failure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection;
use crate::control::Control;
use crate::deadlines::Deadlines;
use crate::gate::Hosts;
use crate::listen::Listeners;
use crate::metrics::{self, UnderToken};
use crate::modules::Modules;
use crate::site::{Answers, Site};
use crate::window::Window;

/// How long to wait after the system refused a connection for want of something, mostly file descriptors.
const PAUSE: Duration = Duration::from_millis(200);
/// How often such a refusal is logged.
const COMPLAIN_EVERY: Duration = Duration::from_secs(10);

/// Serves until `end`, or until somebody asked the instance to stop. Then no connection is taken any more, idle ones
/// are closed at once, and requests under way finish, for at most 30 seconds. [`App::close`] is left to the caller.
///
/// [`App::begin_serving`] has been called before, with the port of these listeners.
///
/// # Errors
/// `not-running` where the app does not serve.
pub async fn run(app: &App, listeners: Listeners, end: CancellationToken) -> Result<(), Failure> {
    run_within(app, listeners, end, Deadlines::default()).await
}

pub(crate) async fn run_within(
    app: &App,
    listeners: Listeners,
    end: CancellationToken,
    deadlines: Deadlines,
) -> Result<(), Failure> {
    let serving = app.serving()?;
    allow_many_files();
    let stop = CancellationToken::new();
    // Connections end also where this future is dropped.
    let _stops_at_drop = stop.clone().drop_guard();
    let hosts = || Hosts::at(listeners.port());
    let window = Arc::new(Window::new(
        &app.places().runtime,
        listeners.port(),
        stop.clone(),
        deadlines,
    ));
    let site = Arc::new(Site {
        modules: Arc::new(Modules::new(
            app,
            serving.delivery(),
            serving.instance(),
            hosts(),
        )),
        control: Control::new(app, hosts(), Arc::clone(&window), stop.clone(), deadlines),
        window: Arc::clone(&window),
        metrics: UnderToken::new(app, hosts()),
    });
    let until = async {
        tokio::select! {
            () = end.cancelled() => {}
            () = serving.asked_to_stop() => {}
        }
    };
    let metrics = metrics::keep(app.clone(), stop.clone(), deadlines);
    tokio::join!(attend(listeners, site, &stop, deadlines, until), metrics);
    window.close().await;
    Ok(())
}

/// Takes connections to what stands at an address until that ends; requests under way then finish. `stop` is cancelled
/// in between, for whoever waits for the end of it.
pub(crate) async fn attend<S: Answers>(
    listeners: Listeners,
    site: Arc<S>,
    stop: &CancellationToken,
    deadlines: Deadlines,
    until: impl Future<Output = ()>,
) {
    let mut until = pin!(until);
    let http = connection::http();
    let connections = TaskTracker::new();
    let mut door = Door {
        places: Arc::new(Semaphore::new(deadlines.connections)),
        listeners,
        complained: None,
    };
    loop {
        let (tcp, place) = tokio::select! {
            taken = door.next() => taken,
            () = &mut until => break,
        };
        let (http, site, stop) = (http.clone(), Arc::clone(&site), stop.clone());
        connections.spawn(async move {
            connection::serve(&http, tcp, site, &stop, &deadlines).await;
            drop(place);
        });
    }
    drop(door);
    stop.cancel();
    connections.close();
    connections.wait().await;
}

/// Where connections come in.
struct Door {
    listeners: Listeners,
    places: Arc<Semaphore>,
    complained: Option<Instant>,
}

impl Door {
    /// The next connection, once there is a place for it.
    async fn next(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        loop {
            let place = Arc::clone(&self.places)
                .acquire_owned()
                .await
                .expect("nobody closes the semaphore");
            match self.listeners.accept().await {
                Ok(tcp) => return (tcp, place),
                Err(error) => self.refused(&error).await,
            }
        }
    }

    /// A connection that went away before it was taken is nothing; all else is told and waited for.
    async fn refused(&mut self, error: &Error) {
        if matches!(
            error.kind(),
            ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
        ) {
            return;
        }
        if self
            .complained
            .is_none_or(|since| since.elapsed() >= COMPLAIN_EVERY)
        {
            self.complained = Some(Instant::now());
            tracing::warn!(
                "no connection can be taken for now: {error}; it is tried again every {} ms",
                PAUSE.as_millis()
            );
        }
        sleep(PAUSE).await;
    }
}

/// Many connections want many file descriptors; the system's soft limit is often 1024, the hard one far above.
fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    if let Err(error) = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    ) {
        tracing::debug!(
            "the limit of open files stays at {:?}: {error}",
            limit.current
        );
    }
}
