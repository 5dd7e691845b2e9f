//! Finding the running instance: the lock says that there is one, the announcement where, the greeting that it answers.

use std::time::Duration;

use app::{App, Code, Failure, Instance, Places};
use tokio::time::{Instant, sleep};

use crate::client::{Client, Remote};

/// How long to wait for whoever holds the lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look.
const PACE: Duration = Duration::from_millis(50);

/// The running instance, else Larder in this process.
pub(super) async fn reach(places: &Places) -> Result<Client, Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(app) = App::open(places.clone()).await? {
            return Ok(Client::Local(app));
        }
        let why = match Remote::greet(places).await {
            Ok(remote) => return Ok(Client::Remote(remote)),
            Err(why) => why,
        };
        wait(places, until, why).await?;
    }
}

/// The running instance.
pub(super) async fn running(places: &Places) -> Result<Remote, Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        if !Instance::is_alive(places)? {
            return Err(not_running());
        }
        let why = match Remote::greet(places).await {
            Ok(remote) => return Ok(remote),
            Err(why) => why,
        };
        wait(places, until, why).await?;
    }
}

/// There is no instance.
pub(super) fn not_running() -> Failure {
    Failure::new(Code::NotRunning, "Larder is not running").hint("start it: larder serve")
}

/// Waits before another look, as long as there is time.
async fn wait(places: &Places, until: Instant, why: Failure) -> Result<(), Failure> {
    if Instant::now() < until {
        sleep(PACE).await;
        return Ok(());
    }
    let mut failure = Failure::new(
        Code::AlreadyRunning,
        format!(
            "another Larder holds {} and did not answer within {} s: {}",
            places.data.display(),
            PATIENCE.as_secs(),
            why.message
        ),
    )
    .hint("if a long command of Larder is running in another terminal, wait for its end");
    if let Some(instance) = Instance::announced(places) {
        failure = failure.hint(format!("if not, end the process that hangs (the instance announced last has the id {}), then try again", instance.pid));
    }
    Err(failure)
}
