//! The commands, one file each, and what they run in.

mod ask_secret;
mod bundle;
mod cache;
mod completions;
mod credentials;
mod doctor;
mod env;
mod explain;
mod goauth;
mod goproxy;
mod import;
mod log;
mod login;
mod logout;
mod man;
mod metrics;
mod mirror;
mod node;
mod notices;
mod offline;
mod open;
mod pause;
mod pin;
mod pool;
mod profile;
mod serve;
mod service;
mod status;
mod stock;
mod stop;
mod token;
mod traces;
mod trust;
mod use_profile;
mod verify;
mod vulncheck;
mod vulndb;

use std::future::Future;
use std::num::NonZero;

use app::{Code, Failure, Places};
use clap::Subcommand;
use server::Client;
use tokio::runtime::Builder;

use crate::command::serve::LogFormat;
use crate::exit::Exit;
use crate::signals::unless_interrupted;
use crate::trouble::Trouble;

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Options),
    Open(open::Options),
    Goproxy(goproxy::Options),
    Status(status::Options),
    Use(use_profile::Options),
    Offline(offline::Options),
    Pause(pause::Options),
    Resume(pause::ResumeOptions),
    Profile(Box<profile::Options>),
    Pool(pool::Options),
    Node(node::Options),
    Explain(explain::Options),
    Stock(stock::Options),
    Ready(stock::ReadyOptions),
    Log(log::Options),
    Notices(notices::Options),
    Mirror(mirror::Options),
    Verify(verify::Options),
    Vulncheck(vulncheck::Options),
    Vulndb(vulndb::Options),
    Metrics(metrics::Options),
    Traces(traces::Options),
    Doctor(doctor::Options),
    Stop(stop::Options),
    Env(env::Options),
    Service(service::Options),
    Token(token::Options),
    Trust(trust::Options),
    Login(login::Options),
    Logout(logout::Options),
    Credentials(credentials::Options),
    Cache(cache::Options),
    Import(import::Options),
    Bundle(bundle::Options),
    Pin(pin::Options),
    Unpin(pin::UnpinOptions),
    #[command(name = "goauth")]
    GoAuth(goauth::Options),
    Completions(completions::Options),
    Man(man::Options),
}

impl Command {
    /// Whether errors too are to be JSON.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Serve(options) => options.log_format == LogFormat::Json,
            Self::Status(options) => options.json,
            Self::Use(options) => options.json,
            Self::Offline(options) => options.json,
            Self::Pause(options) => options.json,
            Self::Resume(options) => options.json,
            Self::Profile(options) => options.json(),
            Self::Pool(options) => options.json(),
            Self::Node(options) => options.json(),
            Self::Explain(options) => options.json,
            Self::Stock(options) => options.json,
            Self::Ready(options) => options.json,
            Self::Log(options) => options.json,
            Self::Notices(options) => options.json,
            Self::Mirror(options) => options.json(),
            Self::Verify(options) => options.json,
            Self::Vulndb(options) => options.json(),
            Self::Metrics(options) => options.json(),
            Self::Traces(options) => options.json(),
            Self::Doctor(options) => options.json,
            Self::Env(options) => options.json(),
            Self::Service(options) => options.json(),
            Self::Trust(options) => options.json(),
            Self::Credentials(options) => options.json,
            Self::Cache(options) => options.json(),
            Self::Import(options) => options.json,
            Self::Bundle(options) => options.json(),
            Self::Pin(options) => options.json,
            Self::Goproxy(_)
            | Self::Open(_)
            | Self::Login(_)
            | Self::Logout(_)
            | Self::Unpin(_)
            | Self::GoAuth(_)
            | Self::Stop(_)
            | Self::Vulncheck(_)
            | Self::Token(_)
            | Self::Completions(_)
            | Self::Man(_) => false,
        }
    }
}

/// Carries out a command.
///
/// # Errors
/// Whatever kept it from its end.
pub(crate) fn run(command: Command) -> Result<Exit, Trouble> {
    match command {
        Command::Completions(options) => completions::run(&options),
        Command::Man(options) => man::run(&options),
        Command::Serve(options) => on_threads(serve::run(options, Places::of_environment()?)),
        Command::Open(options) => on_this_thread(open::run(options, Places::of_environment()?)),
        Command::Goproxy(_) => on_this_thread(goproxy::run(Places::of_environment()?)),
        Command::Status(options) => on_this_thread(status::run(options, Places::of_environment()?)),
        Command::Use(options) => {
            on_this_thread(use_profile::run(options, Places::of_environment()?))
        }
        Command::Offline(options) => {
            on_this_thread(offline::run(options, Places::of_environment()?))
        }
        Command::Pause(options) => on_this_thread(pause::run(options, Places::of_environment()?)),
        Command::Resume(options) => {
            on_this_thread(pause::resume(options, Places::of_environment()?))
        }
        Command::Profile(options) => {
            on_this_thread(profile::run(*options, Places::of_environment()?))
        }
        Command::Pool(options) => on_this_thread(pool::run(options, Places::of_environment()?)),
        Command::Node(options) => on_this_thread(node::run(options, Places::of_environment()?)),
        Command::Explain(options) => {
            on_this_thread(explain::run(options, Places::of_environment()?))
        }
        Command::Stock(options) => on_threads(stock::run(options, Places::of_environment()?)),
        Command::Ready(options) => on_threads(stock::ready(options, Places::of_environment()?)),
        Command::Log(options) => on_this_thread(log::run(options, Places::of_environment()?)),
        Command::Notices(options) => {
            on_this_thread(notices::run(options, Places::of_environment()?))
        }
        Command::Mirror(options) => on_this_thread(mirror::run(options, Places::of_environment()?)),
        Command::Verify(options) => on_this_thread(verify::run(options, Places::of_environment()?)),
        Command::Vulncheck(options) => {
            on_this_thread(vulncheck::run(options, Places::of_environment()?))
        }
        Command::Vulndb(options) => on_this_thread(vulndb::run(options, Places::of_environment()?)),
        Command::Metrics(options) => {
            on_this_thread(metrics::run(options, Places::of_environment()?))
        }
        Command::Traces(options) => on_this_thread(traces::run(options, Places::of_environment()?)),
        Command::Doctor(options) => on_this_thread(doctor::run(options, Places::of_environment()?)),
        Command::Stop(_) => on_this_thread(stop::run(Places::of_environment()?)),
        Command::Env(options) => on_this_thread(env::run(options, Places::of_environment()?)),
        Command::Service(options) => {
            on_this_thread(service::run(options, Places::of_environment()?))
        }
        Command::Token(options) => on_this_thread(token::run(options, Places::of_environment()?)),
        Command::Trust(options) => on_this_thread(trust::run(options, Places::of_environment()?)),
        Command::Login(options) => on_this_thread(login::run(options, Places::of_environment()?)),
        Command::Logout(options) => on_this_thread(logout::run(options, Places::of_environment()?)),
        Command::Credentials(options) => {
            on_this_thread(credentials::run(options, Places::of_environment()?))
        }
        Command::GoAuth(options) => on_this_thread(goauth::run(options, Places::of_environment()?)),
        Command::Cache(options) => on_this_thread(cache::run(options, Places::of_environment()?)),
        Command::Bundle(options) => on_this_thread(bundle::run(options, Places::of_environment()?)),
        Command::Import(options) => on_this_thread(import::run(options, Places::of_environment()?)),
        Command::Pin(options) => on_this_thread(pin::run(options, Places::of_environment()?)),
        Command::Unpin(options) => {
            on_this_thread(pin::run_unpin(options, Places::of_environment()?))
        }
    }
}

/// A few threads for what serves: a laptop has better things to do with the rest.
fn on_threads(work: impl Future<Output = Result<Exit, Trouble>>) -> Result<Exit, Trouble> {
    let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
    run_on(
        Builder::new_multi_thread().worker_threads(cores.clamp(2, 4)),
        work,
    )
}

fn on_this_thread(work: impl Future<Output = Result<Exit, Trouble>>) -> Result<Exit, Trouble> {
    run_on(&mut Builder::new_current_thread(), work)
}

fn run_on(
    builder: &mut Builder,
    work: impl Future<Output = Result<Exit, Trouble>>,
) -> Result<Exit, Trouble> {
    let runtime = builder
        .enable_all()
        .max_blocking_threads(64)
        .build()
        .map_err(|error| {
            Failure::new(
                Code::Internal,
                format!("the runtime can't be started: {error}"),
            )
        })?;
    let done = runtime.block_on(work);
    // A blocking call that still runs (a question nobody answered) must not hold up the end.
    runtime.shutdown_background();
    done
}

/// Has `work` done by the running instance, or in this process where there is none, and puts things in order after it.
async fn with_client<T>(
    places: &Places,
    work: impl AsyncFnOnce(&Client) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let client = Client::reach(places).await?;
    let done = work(&client).await;
    client.close().await;
    done
}

/// As [`with_client`], for what is quick and can be asked twice: a signal ends it, and where the instance ended in the
/// middle of it, it is asked again, of the next one or in this process.
async fn ask<T>(
    places: &Places,
    work: impl AsyncFn(&Client) -> Result<T, Failure>,
) -> Result<T, Trouble> {
    let mut tries_left = 3;
    loop {
        let client = Client::reach(places).await?;
        let done = unless_interrupted(async { Ok(work(&client).await?) }).await;
        client.close().await;
        tries_left -= 1;
        match done {
            Err(Trouble::Failure(Failure {
                code: Code::NotRunning,
                ..
            })) if tries_left > 0 => {}
            done => return done,
        }
    }
}
