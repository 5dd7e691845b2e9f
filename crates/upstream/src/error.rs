//! Why an upstream gave no answer: one enum, whose text is for the person at `go`.

use std::time::Duration;

use crate::direct::DirectError;

/// Why an upstream gave no answer.
///
/// The text neither names the upstream (the [`ChainError`](crate::ChainError) does) nor holds a URL, user info or a token.
/// Of the upstream's own error text, the first KiB is passed on, as `go` itself does, if it is plain text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// It says that there is no such thing: for `go`, "ask the next".
    #[error("not found ({status}){}", tail(text))]
    NotFound {
        /// 404 or 410.
        status: u16,
        /// What it said, or nothing.
        text: String,
    },
    /// It does not give this to this client.
    #[error(
        "refused ({status}){}; if it should be there, check the credentials and rules of this upstream",
        tail(text)
    )]
    Refused {
        /// 401 or 403.
        status: u16,
        /// What it said, or nothing.
        text: String,
    },
    /// What it is to be shown could not be had, so it was not asked.
    #[error("the credentials for this upstream could not be had: {text}")]
    CredentialsMissing {
        /// Why not, and what to do about it.
        text: String,
    },
    /// It is asked too often.
    #[error("too many requests (429){}; try again {}", tail(text), wait(.retry_after))]
    Throttled {
        /// How long it wants to be left alone, where it told.
        retry_after: Option<Duration>,
        /// What it said, or nothing.
        text: String,
    },
    /// Any other status that is no answer.
    #[error("answered with status {status}{}", tail(text))]
    Status {
        /// The HTTP status.
        status: u16,
        /// What it said, or nothing.
        text: String,
    },
    /// There is no way to it.
    #[error("could not be reached: {step}: {cause}; {}", .step.advice())]
    Unreachable {
        /// How far the way went.
        step: Step,
        /// What the system said.
        cause: String,
    },
    /// It took too long.
    #[error("{stage} within {} s; the network or the upstream is slow or down, try again later", .after.as_secs_f32())]
    Timeout {
        /// What it was that took too long.
        stage: Stage,
        /// The deadline.
        after: Duration,
    },
    /// The connection broke, or what came was not HTTP.
    #[error("the answer broke off: {cause}; try again")]
    Broken {
        /// What the system said.
        cause: String,
    },
    /// The answer is larger than anything of its kind may be.
    #[error("the answer is larger than {cap} bytes, the most that is allowed here")]
    TooLarge {
        /// The limit, in bytes.
        cap: u64,
    },
    /// It pointed to somewhere where Larder does not go.
    #[error("redirected to where Larder does not go: {reason}")]
    Redirect {
        /// Why not.
        reason: RedirectRefusal,
    },
    /// The request would come back to this Larder.
    #[error(
        "this upstream leads back to Larder itself; take Larder's own address out of the upstreams"
    )]
    Loop,
    /// It answered something that can't be what was asked for.
    #[error("the answer is not usable: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// Version control failed, and not for want of the module or the network.
    #[error("direct fetch failed: {text}")]
    Direct {
        /// What `go` or version control said.
        text: String,
    },
    /// The list says `off` here: no upstream is asked.
    #[error("module lookup is off in this profile (GOPROXY=off)")]
    Off,
}

impl UpstreamError {
    /// Whether it says that there is no such thing (404, 410, `off`), so that the next upstream may be asked.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::NotFound { .. } | Self::Off => true,
            Self::Refused { .. }
            | Self::CredentialsMissing { .. }
            | Self::Throttled { .. }
            | Self::Status { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::Loop
            | Self::Malformed { .. }
            | Self::Direct { .. } => false,
        }
    }

    /// Whether the upstream is out of order for now, so that nothing is known about what was asked for.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. }
            | Self::Throttled { .. } => true,
            // An HTTP proxy that wants credentials (407) is a way that is barred, whatever lies behind it.
            Self::Status { status, .. } => *status >= 500 || matches!(*status, 407 | 408),
            Self::NotFound { .. }
            | Self::Refused { .. }
            | Self::CredentialsMissing { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::Loop
            | Self::Malformed { .. }
            | Self::Direct { .. }
            | Self::Off => false,
        }
    }

    /// Whether it wants credentials, others, or does not give this to anyone (401, 403), or those it wants could not be had.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::CredentialsMissing { .. })
    }
}

impl From<DirectError> for UpstreamError {
    fn from(error: DirectError) -> Self {
        match error {
            DirectError::NotFound(text) => Self::NotFound { status: 404, text },
            DirectError::Refused(text) => Self::Refused { status: 403, text },
            DirectError::Unreachable(cause) => Self::Unreachable {
                step: Step::VersionControl,
                cause,
            },
            // Which deadline struck is `go-tool`'s to know; its text is worth more than a number that would be ours.
            DirectError::Timeout(cause) => Self::Unreachable {
                step: Step::VersionControl,
                cause,
            },
            DirectError::Failed(text) => Self::Direct { text },
        }
    }
}

/// How far the way to an upstream went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Step {
    /// Its name has no address.
    #[error("name look-up")]
    Name,
    /// No connection.
    #[error("connection")]
    Connect,
    /// The HTTP proxy on the way is not there, or does not let this pass.
    #[error("HTTP proxy")]
    Proxy,
    /// The HTTP proxy on the way wants a user name and password, or others.
    #[error("HTTP proxy")]
    ProxyCredentials,
    /// No TLS: certificate, protocol, trust store.
    #[error("TLS")]
    Tls,
    /// The folder of a `file://` upstream can't be read.
    #[error("folder")]
    Folder,
    /// Version control did not reach its server.
    #[error("version control")]
    VersionControl,
    /// The network answers in the upstream's place: it wants a person to sign in first.
    #[error("network sign-in")]
    Portal,
}

impl Step {
    /// What to look at.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Name => "check that this machine is online and that the upstream's name is right",
            Self::Connect => "check that the upstream is up and that nothing stands between",
            Self::Proxy | Self::ProxyCredentials => {
                "check the HTTP proxy: its address, its user name and password, and whether it lets this upstream through"
            }
            Self::Tls => {
                "check the upstream's certificate, this system's trust store (SSL_CERT_FILE is honoured), and the extra CA and client certificate of the profile"
            }
            Self::Folder => "check that the folder is there, mounted and readable",
            Self::VersionControl => "check that this machine is online",
            Self::Portal => "sign in to this network with a browser",
        }
    }
}

/// What took too long. The deadlines are in [`Deadlines`](crate::Deadlines).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stage {
    /// Name look-up, TCP or TLS.
    #[error("no connection")]
    Connect,
    /// The head of the answer.
    #[error("no answer")]
    FirstByte,
    /// The next bytes of the body.
    #[error("nothing more of the answer came")]
    Idle,
    /// The final answer, after redirects and retries.
    #[error("no final answer")]
    Overall,
    /// The end of the body.
    #[error("the answer did not end")]
    Body,
    /// Version control.
    #[error("version control did not finish")]
    Direct,
}

/// Why a redirect is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectRefusal {
    /// More than five in a row.
    #[error("more than {} redirects in a row", crate::redirect::MOST)]
    TooMany,
    /// No `Location`, or none that is a URL.
    #[error("it names no usable target")]
    NoTarget,
    /// Neither http nor https.
    #[error("its target is not http or https")]
    Scheme,
    /// From https to http: what was protected would travel in the open.
    #[error("from https to plain http")]
    Downgrade,
    /// From a public host to a loopback or private address: it would let a stranger reach what only this machine can.
    #[error("from a public host to a private address")]
    Private,
    /// Of a private name, to an origin that nobody has said may hear it.
    #[error(
        "the name of this module is private, and {to} may not hear it; if {to} belongs to this upstream, as a store of \
         its files may, allow it: larder profile edit NAME --private-redirect {to}"
    )]
    PrivateName {
        /// The origin of the target: `https://host[:port]`.
        to: String,
    },
}

/// `: text`, or nothing.
fn tail(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    }
}

fn wait(retry_after: &Option<Duration>) -> String {
    match retry_after {
        Some(pause) => format!("in {} s", pause.as_secs().max(1)),
        None => "later".to_owned(),
    }
}
