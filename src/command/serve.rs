//! `larder serve`: becomes the instance, and delivers modules until it is asked to end.

use app::command::{Goproxy, ProxyAddress};
use app::{App, AtLogin, Code, Failure, Instance, Places, PortHold, ServeOptions};
use clap::{Args, ValueEnum};
use server::{Begun, Client, EndSignals, Listeners, service};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::output::{self, CAUTION, FAINT, STRONG};
use crate::signals;
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

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For eyes
    #[default]
    Pretty,
    /// One JSON object a line, and nothing else on stderr
    Json,
}

impl From<LogFormat> for app::LogFormat {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Pretty if output::stderr_has_color() => Self::Colored,
            LogFormat::Pretty => Self::Pretty,
            LogFormat::Json => Self::Json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let handed_over = server::handed_over().await?;
    let is_service = handed_over.is_some();
    places.prepare()?;
    let _written_at_the_end = app::start_log(options.log_format.into(), &places.logs)?;
    let end = signals::into_token(EndSignals::take()?);
    let begun = tokio::select! {
        begun = server::begin(&places, options.port, handed_over) => begun?,
        () = end.cancelled() => return Err(Trouble::interrupted()),
    };
    match begun {
        Begun::Here(app, listeners) => serve(app, listeners, options, end).await,
        // Where the instance that runs is the service, that is what was asked for.
        Begun::Elsewhere(client) if !is_service && is_of_service(&places).await => {
            say_attached(&client, &places, &options).await
        }
        Begun::Elsewhere(_) if options.open && !is_service => {
            super::open::show(&places, options.no_browser).await?;
            Ok(Exit::Done)
        }
        Begun::Elsewhere(_) => Err(already_running(&places).into()),
    }
}

/// Whether the instance that runs is the service.
async fn is_of_service(places: &Places) -> bool {
    match Instance::announced(places) {
        Some(instance) => service::hold(instance.port).await == PortHold::Socket,
        None => false,
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
    app.starts_at_login_by(at_login(app.places().clone()));
    let serve = ServeOptions {
        port: listeners.port(),
        upstreams: options.upstreams,
        sumdb: options.sumdb,
    };
    // Only a run at the port of every run says where that is.
    tokio::select! {
        begun = server::begin_delivery(app, serve, options.port.is_none()) => begun?,
        () = end.cancelled() => return Ok(()),
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
