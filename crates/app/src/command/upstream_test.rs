//! `upstream-test`: whether an address leads to a module proxy that lets this person in, and if not, at which stage it ends.

use std::time::Duration;

use go_module::{ProxyEntry, ProxyList, ProxySource};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use ts_rs::TS;
use upstream::{Chain, Examined, Manners, Probe, Shown, Step, Upstream, UpstreamError};

use super::profile::{one_address, written};
use super::{Job, Typed};
use crate::app::App;
use crate::doctor::{Health, version_control};
use crate::failure::{Code, Failure};
use crate::job::Reporter;
use crate::settings::{PUBLIC, ProfileSettings, Settings};

/// What all of it may take; a keyring may have to be asked first.
const DEADLINE: Duration = Duration::from_secs(20);

/// Tests an address, which need not be saved anywhere. Nobody's module is named to it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TestUpstream {
    /// By whose HTTP proxy, extra CA and client certificate; without any where there is none.
    pub profile: Option<String>,
    /// A URL, `direct` or `off`.
    pub address: Typed,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UpstreamTest {
    /// Where it ended.
    pub stage: UpstreamStage,
    /// Whether anybody answered.
    pub reachable: bool,
    /// Whether it lets this person in by what it is shown; nothing where it was shown nothing and wanted nothing, and where
    /// nobody answered.
    pub authorised: Option<bool>,
    /// From asking to the head of the answer, connecting included.
    pub millis: Option<u64>,
    /// The protocol that it speaks, such as `HTTP/2`.
    pub protocol: Option<String>,
    /// The addresses of its host, where this machine looks them up.
    pub addresses: Vec<String>,
    /// What was found, in words.
    pub said: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Where a test ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum UpstreamStage {
    /// Its name has no address.
    Name,
    /// There is no way to it.
    Route,
    /// Its certificate is not trusted, or it speaks no TLS.
    Tls,
    /// It lets whoever this is not in.
    Refused,
    /// It wants to know who this is.
    SignIn,
    /// It is there, and is no module proxy.
    NoProxy,
    /// All is well.
    Ok,
}

impl Job for TestUpstream {
    const NAME: &'static str = "upstream-test";
    type Answer = UpstreamTest;

    async fn run(self, app: App, reporter: Reporter) -> Result<UpstreamTest, Failure> {
        tokio::select! {
            biased;
            () = reporter.cancel().cancelled() => {
                Err(Failure::new(Code::Cancelled, "the test was cancelled"))
            }
            tested = Box::pin(self.test(&app)) => tested,
        }
    }
}

impl TestUpstream {
    async fn test(self, app: &App) -> Result<UpstreamTest, Failure> {
        let settings = app.settings();
        let profile = self.profile(&settings)?;
        // A form shows no password: what it has of an address is known again by the rest.
        let known = written(&profile).remove(self.address.0.trim());
        let list = one_address(&known.map_or(self.address, Typed))?;
        match list.entries.first().map(|entry| &entry.source) {
            Some(ProxySource::Off) | None => Ok(off()),
            Some(ProxySource::Direct) => Ok(direct().await),
            Some(source @ ProxySource::Url(_)) => {
                let upstream = built(app, &profile, source).await?;
                Ok(tested(&upstream).await)
            }
        }
    }

    fn profile(&self, settings: &Settings) -> Result<ProfileSettings, Failure> {
        match &self.profile {
            Some(name) => settings.known(name).cloned(),
            None => Ok(ProfileSettings::new(PUBLIC)),
        }
    }
}

async fn built(
    app: &App,
    profile: &ProfileSettings,
    source: &ProxySource,
) -> Result<Upstream, Failure> {
    let parts = app.around().await?.parts(profile).await?;
    let list = ProxyList {
        entries: vec![ProxyEntry {
            source: source.clone(),
            then: None,
        }],
    };
    let bad = |reason: String| Failure::new(Code::BadInput, reason);
    let chain = Chain::build(&list, &parts).map_err(|error| bad(error.to_string()))?;
    let upstream = chain.upstreams().next().cloned();
    upstream.ok_or_else(|| bad("there is nobody to be asked".to_owned()))
}

async fn tested(upstream: &Upstream) -> UpstreamTest {
    match timeout(DEADLINE, upstream.examine()).await {
        Ok(Ok(examined)) => answered(upstream, &examined),
        Ok(Err(error)) => {
            let certificate = match &error {
                UpstreamError::Unreachable {
                    step: Step::Tls, ..
                } => upstream.certificate().await,
                _ => None,
            };
            let failed = failed(&error);
            match certificate {
                Some(shown) => UpstreamTest {
                    said: format!(
                        "{}; the certificate that it shows is for {}, issued by {}",
                        failed.said, shown.subject, shown.issuer
                    ),
                    ..failed
                },
                None => failed,
            }
        }
        Err(_) => ended(
            UpstreamStage::Route,
            format!("nobody answered within {} s", DEADLINE.as_secs()),
            Some(Step::Connect.advice().to_owned()),
        ),
    }
}

/// A test that ended early.
fn ended(stage: UpstreamStage, said: String, hint: Option<String>) -> UpstreamTest {
    UpstreamTest {
        stage,
        reachable: false,
        authorised: None,
        millis: None,
        protocol: None,
        addresses: Vec::new(),
        said,
        hint,
    }
}

fn off() -> UpstreamTest {
    let said = "nobody is asked here: what is not kept is not found";
    ended(UpstreamStage::Ok, said.to_owned(), None)
}

async fn direct() -> UpstreamTest {
    let line = version_control(false).await;
    if line.health == Health::Ok {
        let said = format!(
            "version control is asked itself, each module's own server ({})",
            line.found
        );
        return ended(UpstreamStage::Ok, said, None);
    }
    let hint = line.mend.into_iter().next();
    ended(UpstreamStage::Route, line.found, hint)
}

/// Somebody answered.
fn answered(upstream: &Upstream, examined: &Examined) -> UpstreamTest {
    let probe = &examined.probe;
    let refused = match examined.manners {
        _ if !probe.authorised => probe.status,
        Manners::Refused { status } => Some(status),
        Manners::Proxy | Manners::Other(_) => None,
    };
    let millis = u64::try_from(probe.took.as_millis()).unwrap_or(u64::MAX);
    let (stage, said, hint) = match (&examined.manners, refused) {
        (_, Some(status)) => refusal(probe, status),
        (Manners::Other(what), None) => (
            UpstreamStage::NoProxy,
            format!("it is no module proxy: {what}"),
            Some("check the path of the address: many proxies are below one".to_owned()),
        ),
        (Manners::Proxy | Manners::Refused { .. }, None)
            if upstream.url().is_some_and(|url| url.scheme() == "file") =>
        {
            (UpstreamStage::Ok, "the folder is there".to_owned(), None)
        }
        (Manners::Proxy | Manners::Refused { .. }, None) => {
            let said = format!("it answers as a module proxy does, in {millis} ms");
            (UpstreamStage::Ok, said, None)
        }
    };
    UpstreamTest {
        stage,
        reachable: true,
        authorised: match (refused, &probe.shown) {
            (Some(_), _) => Some(false),
            (None, Shown::Credentials) => Some(true),
            (None, Shown::Nothing | Shown::NotHad { .. }) => None,
        },
        millis: Some(millis),
        protocol: probe.protocol.map(str::to_owned),
        addresses: examined.addresses.iter().map(ToString::to_string).collect(),
        said,
        hint,
    }
}

fn refusal(probe: &Probe, status: u16) -> (UpstreamStage, String, Option<String>) {
    let sign_in = Some("sign in".to_owned());
    match (&probe.shown, status) {
        (Shown::NotHad { reason }, _) => (
            UpstreamStage::SignIn,
            format!("it wants credentials ({status}), and those for it could not be had: {reason}"),
            None,
        ),
        (Shown::Nothing, _) => (
            UpstreamStage::SignIn,
            format!("it wants credentials ({status}), and there are none for it"),
            sign_in,
        ),
        (Shown::Credentials, 401) => (
            UpstreamStage::SignIn,
            "it refuses the credentials that it is shown (401): they are wrong, or out of date"
                .to_owned(),
            Some("sign in anew".to_owned()),
        ),
        (Shown::Credentials, _) => (
            UpstreamStage::Refused,
            format!("it knows who this is, and gives no access ({status})"),
            Some("ask whoever runs it for access, or sign in as somebody else".to_owned()),
        ),
    }
}

/// Nobody answered, or nothing of use.
fn failed(error: &UpstreamError) -> UpstreamTest {
    let (stage, said, hint) = match error {
        UpstreamError::Unreachable { step, cause } => {
            let (stage, what) = match step {
                Step::Name => (UpstreamStage::Name, "its name has no address"),
                Step::Connect => (UpstreamStage::Route, "there is no way to it"),
                Step::Proxy | Step::ProxyCredentials => (
                    UpstreamStage::Route,
                    "the HTTP proxy on the way to it lets nothing pass",
                ),
                Step::Tls => (UpstreamStage::Tls, "it can't be trusted"),
                Step::Folder => (UpstreamStage::Route, "the folder can't be read"),
                Step::VersionControl | Step::Portal => (
                    UpstreamStage::Route,
                    "the network does not let through to it",
                ),
            };
            (
                stage,
                format!("{what}: {cause}"),
                Some(step.advice().to_owned()),
            )
        }
        UpstreamError::Timeout { stage, after } => (
            UpstreamStage::Route,
            format!("{stage} within {} s", after.as_secs()),
            Some(Step::Connect.advice().to_owned()),
        ),
        UpstreamError::CredentialsMissing { .. } | UpstreamError::Refused { .. } => {
            (UpstreamStage::SignIn, error.to_string(), None)
        }
        UpstreamError::NotFound { .. }
        | UpstreamError::Throttled { .. }
        | UpstreamError::Status { .. }
        | UpstreamError::Broken { .. }
        | UpstreamError::TooLarge { .. }
        | UpstreamError::Redirect { .. }
        | UpstreamError::Loop
        | UpstreamError::Malformed { .. }
        | UpstreamError::Direct { .. }
        | UpstreamError::Off => (UpstreamStage::NoProxy, error.to_string(), None),
    };
    UpstreamTest {
        // Of the stages that end in an error, only these are behind an answer.
        reachable: matches!(stage, UpstreamStage::NoProxy),
        ..ended(stage, said, hint)
    }
}
