//! `larder serve`: becomes the instance, and delivers modules until it is asked to end.

use app::command::{Goproxy, ProxyAddress};
use app::{App, Code, Failure, Instance, Places, ServeOptions, Settings};
use clap::Args;
use server::{Client, PortWish};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::logging::{self, LogFormat};
use crate::output::{self, FAINT, STRONG};
use crate::signals::EndSignals;
use crate::trouble::Trouble;

/// Serve modules to the go command until Ctrl-C
///
/// Larder listens on this computer only, at a port that is chosen at the first start and remembered. It prints the
/// line that points go at it to stdout; all else goes to stderr and into a log file a day.
///
/// SIGINT, SIGTERM and SIGHUP end it in good order: requests under way finish first. A second one ends it at once.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder serve                           Serve; then, in another shell:
  export GOPROXY=$(larder goproxy)       point go at it

  larder serve --port 0                  At any free port, for this run
  larder serve --upstreams https://proxy.corp.example,direct --sumdb off
                                         With upstreams of your own, for this run
  larder serve --log-format json 2>>log  With a log for machines")]
pub(crate) struct Options {
    /// Listen at this port, for this run; 0 is any free one [default: the remembered one]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Ask these upstreams, for this run: a list as in GOPROXY [default: go's own]
    #[arg(long, value_name = "LIST")]
    upstreams: Option<String>,
    /// Verify with this checksum database, for this run: a value as in GOSUMDB [default: go's own]
    #[arg(long, value_name = "VALUE")]
    sumdb: Option<String>,
    /// How the log on stderr and in the file is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) log_format: LogFormat,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    places.prepare()?;
    let _written_at_the_end = logging::start(options.log_format, &places.logs)?;
    let end = EndSignals::take()?.into_token();
    let app = tokio::select! {
        app = become_instance(&places) => app?,
        () = end.cancelled() => return Err(Trouble::interrupted()),
    };
    let served = serve(&app, options, end).await;
    app.close().await;
    served?;
    tracing::info!("ended");
    Ok(Exit::Done)
}

/// Opens Larder in this process, once nobody else has it open.
async fn become_instance(places: &Places) -> Result<App, Failure> {
    loop {
        if let Some(app) = App::open(places.clone()).await? {
            return Ok(app);
        }
        // It may be a command that is done in a moment, such as `larder cache list`, or an instance that is ending.
        match Client::running(places).await {
            Ok(_) => return Err(already_running(places)),
            Err(failure) if failure.code == Code::NotRunning => {}
            Err(failure) => return Err(failure),
        }
    }
}

fn already_running(places: &Places) -> Failure {
    let message = match Instance::announced(places) {
        Some(Instance { port, pid, .. }) => {
            format!("Larder is running already, at 127.0.0.1:{port} (process {pid})")
        }
        None => "Larder is running already".to_owned(),
    };
    Failure::new(Code::AlreadyRunning, message)
        .hint("see how it is: larder status")
        .hint("or stop it first: larder stop")
}

async fn serve(app: &App, options: Options, end: CancellationToken) -> Result<(), Failure> {
    let wish = wish(options.port, app.settings().port);
    let listeners = server::listen(wish).await?;
    let port = listeners.port();
    let serve = ServeOptions {
        port,
        upstreams: options.upstreams,
        sumdb: options.sumdb,
    };
    tokio::select! {
        begun = app.begin_serving(serve) => drop(begun?),
        () = end.cancelled() => return Ok(()),
    }
    if wish == PortWish::Remembered(None) {
        remember(app.places(), port);
    }
    tracing::info!(port, version = app::VERSION, "serving");
    for warning in app.warnings() {
        tracing::warn!("{warning}");
    }
    let address = app::command::Call::run(Goproxy {}, app).await?;
    welcome(&address, options.log_format);
    server::run(app, listeners, end).await
}

fn wish(asked: Option<u16>, remembered: Option<u16>) -> PortWish {
    match asked {
        None => PortWish::Remembered(remembered),
        Some(0) => PortWish::AnyForThisRun,
        Some(port) => PortWish::Exactly(port),
    }
}

/// Writes the port of a first start down. Where that fails, this run is as good as any; the next may have another port.
fn remember(places: &Places, port: u16) {
    if let Err(failure) = Settings::remember_port(&places.settings(), port) {
        tracing::warn!("the port is not remembered: {failure}");
    }
}

/// Says how to use it: the line itself to stdout, alone, so that it can be copied or read by a script; it holds the
/// token, which never goes into the log.
fn welcome(address: &ProxyAddress, format: LogFormat) {
    if format == LogFormat::Pretty {
        output::tell(&format!(
            "\n{STRONG}Larder serves Go modules on this computer.{STRONG:#} Point go at it, in a shell:\n\n"
        ));
    }
    if let Err(error) = output::print(&format!("export GOPROXY={}\n", address.url)) {
        tracing::warn!("the address can't be printed: {error}");
    }
    if format == LogFormat::Pretty {
        output::tell(&format!("\n{FAINT}Ctrl-C ends it.{FAINT:#}\n\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_wins_over_what_is_remembered() {
        assert_eq!(wish(None, None), PortWish::Remembered(None));
        assert_eq!(wish(None, Some(4677)), PortWish::Remembered(Some(4677)));
        assert_eq!(wish(Some(0), Some(4677)), PortWish::AnyForThisRun);
        assert_eq!(wish(Some(80), Some(4677)), PortWish::Exactly(80));
    }
}
