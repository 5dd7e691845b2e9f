//! `larder stop`: asks the running instance to end, and waits until it has.

use std::time::Duration;

use app::command::Stop;
use app::{Code, Failure, Instance, Places};
use clap::Args;
use server::Client;
use tokio::time::{Instant, sleep, timeout_at};

use crate::exit::Exit;
use crate::output;
use crate::signals::unless_interrupted;
use crate::trouble::Trouble;

/// How long it may take: requests under way are given half a minute.
const PATIENCE: Duration = Duration::from_secs(35);
/// After what time a person wants to know why nothing happens.
const SAY_AFTER: Duration = Duration::from_secs(1);
/// How often to look.
const LOOK: Duration = Duration::from_millis(25);

/// Stop the running Larder
///
/// Requests under way finish first, for half a minute at most; the command returns when Larder is gone. Where it is
/// not running, there is nothing to do, and the exit code is 0 too.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder stop                    Stop it, and wait until it is gone
  larder stop && larder serve    Start it anew")]
pub(crate) struct Options {}

pub(crate) async fn run(places: Places) -> Result<Exit, Trouble> {
    unless_interrupted(stop(&places)).await
}

async fn stop(places: &Places) -> Result<Exit, Trouble> {
    let client = match Client::running(places).await {
        Ok(client) => client,
        Err(failure) if failure.code == Code::NotRunning => {
            output::print("Larder is not running.\n")?;
            return Ok(Exit::Done);
        }
        Err(failure) => return Err(failure.into()),
    };
    let asked = Instant::now();
    let stopping = client.call(Stop {}).await?;
    let still_there = || {
        Failure::new(
            Code::Internal,
            format!(
                "Larder (process {}) has not ended within {} s",
                stopping.pid,
                PATIENCE.as_secs()
            ),
        )
        .hint(format!(
            "see what it is doing: larder log; or end it hard: kill -9 {}",
            stopping.pid
        ))
    };
    timeout_at(asked + PATIENCE, gone(places, stopping.pid, asked))
        .await
        .map_err(|_| still_there())?;
    output::print("Larder has stopped.\n")?;
    Ok(Exit::Done)
}

/// Waits until the instance that is this process no longer holds the lock.
async fn gone(places: &Places, pid: u32, asked: Instant) {
    let mut said = false;
    loop {
        // Whoever finds the lock free is told so at once. An answer may still come from the one that ends, or already
        // from the next, which another terminal started.
        match Client::running(places).await {
            Err(failure) if failure.code == Code::NotRunning => return,
            Ok(_) if Instance::announced(places).is_some_and(|now| now.pid != pid) => return,
            Ok(_) | Err(_) => {}
        }
        if !said && asked.elapsed() > SAY_AFTER {
            said = true;
            output::tell("Requests under way finish first.\n");
        }
        sleep(LOOK).await;
    }
}
