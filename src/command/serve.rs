//! `larder serve`: becomes the instance, and delivers modules until it is asked to end.

use app::command::{Goproxy, ProxyAddress};
use app::{App, AtLogin, Code, Failure, Instance, Places, PortHold, ServeOptions, Settings};
use clap::Args;
use server::{Client, Listeners, PortWish, service};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::logging::{self, LogFormat};
use crate::output::{self, CAUTION, FAINT, STRONG};
use crate::signals::EndSignals;
use crate::trouble::Trouble;

/// Serve modules to the go command until Ctrl-C
///
/// Larder listens on this computer only, at a port that is chosen at the first start and remembered. It prints the
/// line that points go at it to stdout; all else goes to stderr and into a log file a day.
///
/// SIGINT, SIGTERM and SIGHUP end it in good order: requests under way finish first. A second one ends it at once.
///
/// Where Larder is installed as a service (`larder service install`), this lets the service start, says so, and is done.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder serve                           Serve; then, in another shell:
  export GOPROXY=$(larder goproxy)       point go at it

  larder serve --open                    Serve, and show the window in the browser

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
    /// Show the window in the browser; where Larder runs already, that is all this does
    #[arg(long)]
    open: bool,
    /// With --open: start no browser, print the file that it would be given
    #[arg(long, requires = "open")]
    no_browser: bool,
    /// Do not print the address
    #[arg(long)]
    quiet: bool,
    /// How the log on stderr and in the file is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) log_format: LogFormat,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let handed_over = server::handed_over().await?;
    places.prepare()?;
    let _written_at_the_end = logging::start(options.log_format, &places.logs)?;
    let end = EndSignals::take()?.into_token();
    let app = tokio::select! {
        app = become_instance(&places) => app,
        () = end.cancelled() => return Err(Trouble::interrupted()),
    };
    let app = match (app, handed_over) {
        (Ok(app), Some(listeners)) => {
            app.port_is_held_by(PortHold::Socket);
            return serve(app, listeners, options, end).await;
        }
        (Ok(app), None) => app,
        (Err(failure), Some(_)) => return Err(failure.into()),
        (Err(failure), None) => return attach_to_running(&places, &options, failure).await,
    };
    let wish = wish(options.port, app.settings().port);
    let listeners = match server::listen(wish).await {
        Ok(listeners) => listeners,
        Err(failure) => {
            let held = port_of(wish).filter(|_| failure.code == Code::PortTaken);
            app.close().await;
            return attach_to_socket(&places, &options, held, failure, end).await;
        }
    };
    app.port_is_held_by(service::autostart());
    serve(app, listeners, options, end).await
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

/// Where the instance that runs is the service, that is what was asked for.
async fn attach_to_running(
    places: &Places,
    options: &Options,
    failure: Failure,
) -> Result<Exit, Trouble> {
    if options.open && failure.code == Code::AlreadyRunning {
        super::open::show(places, options.no_browser).await?;
        return Ok(Exit::Done);
    }
    let port = Instance::announced(places).map(|instance| instance.port);
    match port.filter(|_| failure.code == Code::AlreadyRunning) {
        Some(port) if service::hold(port).await == PortHold::Socket => {
            say_attached(&Client::running(places).await?, places, options).await
        }
        _ => Err(failure.into()),
    }
}

/// Where the service's own socket holds the port, it is not taken: the service is started.
async fn attach_to_socket(
    places: &Places,
    options: &Options,
    port: Option<u16>,
    failure: Failure,
    end: CancellationToken,
) -> Result<Exit, Trouble> {
    match port {
        Some(port) if service::hold(port).await == PortHold::Socket => tokio::select! {
            client = service::attach(places, port) => say_attached(&client?, places, options).await,
            () = end.cancelled() => Err(Trouble::interrupted()),
        },
        _ => Err(failure.into()),
    }
}

async fn say_attached(
    client: &Client,
    places: &Places,
    options: &Options,
) -> Result<Exit, Trouble> {
    let address = client.call(Goproxy {}).await?;
    output::tell(&format!(
        "\n{STRONG}Larder runs as a service.{STRONG:#} Point go at it, in a shell:\n\n"
    ));
    if !options.quiet {
        output::print(&format!("export GOPROXY={}\n", address.url))?;
    }
    if options.upstreams.is_some() || options.sumdb.is_some() {
        output::tell(&format!(
            "\n{CAUTION}warning:{CAUTION:#} --upstreams and --sumdb are for a run of its own, and were passed over: stop the \
             service first, or give that run another port (--port 0)\n"
        ));
    }
    if options.open {
        super::open::show(places, options.no_browser).await?;
    }
    Ok(Exit::Done)
}

async fn serve(
    app: App,
    listeners: Listeners,
    options: Options,
    end: CancellationToken,
) -> Result<Exit, Trouble> {
    let served = deliver(&app, listeners, options, end).await;
    app.close().await;
    served?;
    tracing::info!("ended");
    Ok(Exit::Done)
}

async fn deliver(
    app: &App,
    listeners: Listeners,
    options: Options,
    end: CancellationToken,
) -> Result<(), Failure> {
    let port = listeners.port();
    app.starts_at_login_by(at_login(app.places().clone()));
    // Only a run at the port of every run says where that is.
    let is_first = options.port.is_none() && app.settings().port.is_none();
    let serve = ServeOptions {
        port,
        upstreams: options.upstreams,
        sumdb: options.sumdb,
    };
    tokio::select! {
        begun = app.begin_serving(serve) => drop(begun?),
        () = end.cancelled() => return Ok(()),
    }
    if is_first {
        remember(app.places(), port);
    }
    tracing::info!(port, version = app::VERSION, "serving");
    for warning in app.warnings() {
        tracing::warn!("{warning}");
    }
    if !options.quiet {
        let address = app::command::Call::run(Goproxy {}, app).await?;
        welcome(&address, options.log_format);
    }
    let opening = async {
        if options.open
            && let Err(trouble) = super::open::show(app.places(), options.no_browser).await
        {
            tracing::warn!("the window can't be shown: {trouble}");
        }
    };
    let (served, ()) = tokio::join!(server::run(app, listeners, end), opening);
    served
}

/// As `larder service` does it, from the next login on.
fn at_login(places: Places) -> AtLogin {
    AtLogin::new(move |wanted| {
        let places = places.clone();
        async move {
            let program = std::env::current_exe().map_err(|error| {
                Failure::new(
                    Code::Internal,
                    format!("where this program is can't be found out: {error}"),
                )
            })?;
            service::at_login(&places, &program, wanted).await
        }
    })
}

fn port_of(wish: PortWish) -> Option<u16> {
    match wish {
        PortWish::Remembered(port) => port,
        PortWish::Exactly(port) => Some(port),
        PortWish::AnyForThisRun => None,
    }
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
