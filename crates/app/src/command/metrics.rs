//! `metrics`: whether and where they are served.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::metrics::MetricsPort;
use crate::settings::{MetricsSettings, Settings};
use crate::token::Tokens;

/// How long the host of this process may take to listen at another port.
const TO_LISTEN: Duration = Duration::from_secs(5);

/// Asks where the metrics are served.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct MetricsShow {}

/// Says where the metrics are served from now on; with neither, nowhere.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct MetricsSet {
    /// At this port of 127.0.0.1, to every program of this computer.
    pub port: Option<u16>,
    /// At Larder's own port, to who has their token.
    pub token: bool,
}

/// Where the metrics are served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MetricsReport {
    /// Whether they are to be served.
    pub on: bool,
    /// Whether an instance runs that serves them.
    pub serving: bool,
    /// Where they are, each address of them.
    pub urls: Vec<String>,
    /// The file of their token, where it is needed.
    pub token_file: Option<String>,
    /// Why they are not served at their port.
    pub trouble: Option<String>,
}

impl Call for MetricsShow {
    const NAME: &'static str = "metrics-show";
    type Answer = MetricsReport;

    async fn run(self, app: &App) -> Result<MetricsReport, Failure> {
        Ok(report(app))
    }
}

impl Call for MetricsSet {
    const NAME: &'static str = "metrics-set";
    type Answer = MetricsReport;

    async fn run(self, app: &App) -> Result<MetricsReport, Failure> {
        let wanted = MetricsSettings {
            listen: self.port.map(|port| (Ipv4Addr::LOCALHOST, port).into()),
            token: self.token,
        };
        check(app, self.port)?;
        if wanted.token {
            let tokens = app.clone();
            tokio::task::spawn_blocking(move || tokens.tokens().open_metrics())
                .await
                .map_err(|error| Failure::new(Code::Internal, error.to_string()))??;
        }
        let before = app.settings().metrics;
        change(app, wanted).await?;
        if let MetricsPort::Refused { at, why } = settled(app, wanted.listen).await {
            change(app, before).await?;
            return Err(Failure::new(
                Code::PortTaken,
                format!("the metrics can't be served at {at}: {why}"),
            )
            .hint("choose another port: larder metrics on --port N"));
        }
        Ok(report(app))
    }
}

fn check(app: &App, port: Option<u16>) -> Result<(), Failure> {
    let own = app.serving().ok().map(|serving| serving.port());
    let is_own = port.is_some() && (port == own || port == app.settings().port);
    match port {
        Some(0) => Err(Failure::new(
            Code::BadInput,
            "0 is no port: a number from 1 to 65535 is",
        )),
        Some(port) if is_own => Err(Failure::new(
            Code::BadInput,
            format!("port {port} is Larder's own, where go asks"),
        )
        .hint("choose another one, or serve the metrics there under a token: larder metrics on --token")),
        Some(_) | None => Ok(()),
    }
}

async fn change(app: &App, wanted: MetricsSettings) -> Result<(), Failure> {
    let changing = app.change_settings(move |path| Settings::set_metrics(path, wanted));
    changing.await.map(|_| ())
}

/// How it is with the port once the host of this process has followed; as it is where none listens.
async fn settled(app: &App, wanted: Option<SocketAddr>) -> MetricsPort {
    let mut port = app.metrics_port().subscribe();
    if app.serving().is_ok() {
        let settling = port.wait_for(|port| port.is_settled(wanted));
        // A host that does not follow says nothing else either.
        let _ = timeout(TO_LISTEN, settling).await;
    }
    let port = port.borrow();
    if port.is_settled(wanted) {
        port.clone()
    } else {
        MetricsPort::Closed
    }
}

fn report(app: &App) -> MetricsReport {
    let settings = app.settings();
    let metrics = settings.metrics;
    let own = app.serving().ok().map(|serving| serving.port());
    let at_own = own.or(settings.port).filter(|_| metrics.token);
    let at_own = at_own.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let addresses = metrics.listen.into_iter().chain(at_own);
    let token_file = Tokens::metrics_file(&app.places().data);
    MetricsReport {
        on: metrics.are_on(),
        serving: own.is_some(),
        urls: addresses.map(|at| format!("http://{at}/metrics")).collect(),
        token_file: metrics.token.then(|| token_file.display().to_string()),
        trouble: match &*app.metrics_port().borrow() {
            MetricsPort::Refused { why, .. } => Some(why.clone()),
            MetricsPort::Closed | MetricsPort::Open(_) => None,
        },
    }
}
