//! One upstream, and the chain of them with Go's own semantics.
//!
//! An [`Upstream`] is a module proxy over http(s), a folder in the same layout (`file://`), or `direct` (version control,
//! behind the [`Direct`] trait). [`Upstream::fetch`] asks it one thing, with deadlines, bounded retries and guarded
//! redirects, and gives a [`Reply`] whose [`Body`] streams within its own deadlines and limits. A [`Chain`] walks a GOPROXY
//! list as `go` does, with one difference: an outage never becomes "not found".
//!
//! Invariants:
//! - every await on the network or on version control has a deadline ([`Deadlines`]);
//! - what an error prints holds neither user info nor a token, whatever the other side put into its answer;
//! - credentials ([`Credentials`], the URL's own user info, the client certificate) and Larder's own header go to the
//!   origin that the person configured and nowhere else;
//! - a private name follows a redirect to no origin that the person did not name ([`PrivateRedirects`]);
//! - Larder never asks itself ([`OwnAddresses`], [`HOP_HEADER`]).

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod address;
mod answer;
mod ask;
mod body;
mod cause;
mod certificate;
mod chain;
mod client;
mod credentials;
mod deadlines;
mod direct;
mod durations;
mod error;
mod examine;
mod file;
mod health;
mod hop;
mod http;
mod name;
mod network;
mod options;
mod own;
mod plain_files;
mod pool;
mod post;
mod redirect;
mod resolver;
mod retry;
mod tally;
mod text;
mod told;
mod trace_context;
mod upstream;
mod whole;

#[cfg(test)]
mod testing;

pub use ask::{Ask, Privacy, Reply, ReplyStatus, Resume, Validators};
pub use body::Body;
pub use certificate::Certificate;
pub use chain::{Chain, ChainBuildError, ChainError, ChainParts};
pub use client::HttpClients;
pub use credentials::{Authorization, Credentials, UnfitAuthorization};
pub use deadlines::Deadlines;
pub use direct::{Direct, DirectError, DirectReply};
pub use durations::{Durations, Spread};
pub use error::{RedirectRefusal, Stage, Step, UpstreamError};
pub use examine::{Examined, Manners};
pub use health::{HealthBook, LastAsked, Reach};
pub use hop::{HOP_HEADER, parse_hops};
pub use http::{Probe, Shown};
pub use name::name;
pub use network::has_default_route;
pub use options::{HttpOptions, HttpOptionsError, PemOf, ProxyChoice};
pub use own::OwnAddresses;
pub use plain_files::PlainFiles;
pub use pool::{
    NodeAsked, NodeChange, NodeEnd, NodeReport, NodeState, NodeUse, NodesAsked, NodesFrom,
    PoolOptions, PoolOptionsError, PoolReport, Pools, UnknownNode,
};
pub use redirect::PrivateRedirects;
pub use tally::{Ending, Tallied};
pub use trace_context::{PassOn, TraceContext};
pub use upstream::{Upstream, UpstreamKind};
pub use whole::Whole;
