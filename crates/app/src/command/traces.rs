//! `traces`: whether and where they are sent.

use secret::SafeUrl;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::settings::{Settings, TracesSettings, host_of};
use crate::traces;

/// Asks where traces go.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct TracesShow {}

/// Says where traces go from now on; nowhere where there is no collector.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct TracesSet {
    /// The collector's base URL.
    pub to: Option<String>,
    /// What spans say of where they are from.
    pub environment: Option<String>,
    /// The hosts of upstreams that are told which trace a request belongs to.
    pub pass_on: Vec<String>,
}

/// Where traces go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TracesReport {
    /// The collector's base URL; none where there are no traces.
    pub to: Option<String>,
    /// What spans say of where they are from.
    pub environment: Option<String>,
    /// The hosts of upstreams that are told which trace a request belongs to.
    pub pass_on: Vec<String>,
    /// Whether an instance runs that sends them.
    pub serving: bool,
    /// Why the collector did not take the last of them.
    pub trouble: Option<String>,
}

impl Call for TracesShow {
    const NAME: &'static str = "traces-show";
    type Answer = TracesReport;

    async fn run(self, app: &App) -> Result<TracesReport, Failure> {
        Ok(report(app))
    }
}

impl Call for TracesSet {
    const NAME: &'static str = "traces-set";
    type Answer = TracesReport;

    async fn run(self, app: &App) -> Result<TracesReport, Failure> {
        let wanted = match self.to {
            Some(to) => TracesSettings {
                to: Some(collector(&to)?),
                environment: self.environment,
                pass_on: hosts(self.pass_on)?,
            },
            None => TracesSettings::default(),
        };
        traces::check(app, &wanted).await?;
        app.change_settings(move |path| Settings::set_traces(path, &wanted))
            .await?;
        Ok(report(app))
    }
}

fn collector(text: &str) -> Result<SafeUrl, Failure> {
    let wrong = |why: &str| {
        Failure::new(Code::BadInput, format!("where traces go: {why}"))
            .hint("such as http://127.0.0.1:4318, where a collector takes OTLP over HTTP")
    };
    let url = SafeUrl::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("this is no http or https URL"));
    }
    if url.user_info().is_some() {
        return Err(wrong(
            "a user name and a password would stand in settings.toml in plain text",
        ));
    }
    Ok(url)
}

fn hosts(texts: Vec<String>) -> Result<Vec<String>, Failure> {
    let hosts = texts.into_iter().map(|text| {
        host_of(&text).ok_or_else(|| {
            Failure::new(Code::BadInput, format!("{text:?} is no host"))
                .hint("name the host of an upstream alone, such as goproxy.corp.example")
        })
    });
    hosts.collect()
}

fn report(app: &App) -> TracesReport {
    let settings = app.settings();
    let TracesSettings {
        to,
        environment,
        pass_on,
    } = settings.traces.clone();
    let serving = app.serving().ok();
    TracesReport {
        to: to.map(|to| to.to_string()),
        environment,
        pass_on,
        serving: serving.is_some(),
        trouble: serving.and_then(|serving| serving.traces().trouble()),
    }
}
