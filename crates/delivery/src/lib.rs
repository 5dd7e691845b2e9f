//! The life of one request: what is kept, which upstream, one flight, validation, commit, and the events that say what happened.
//!
//! [`Delivery::deliver`] is the story; each step of it has a file of its own:
//!
//! - [`profile`](Profile): what a request may touch — the chain of upstreams and the trees of the cache;
//! - `hot`: small files at hand in memory;
//! - `flight`: one file on its way, and all who read it while it grows;
//! - `fetch`: an upstream's body becomes a committed file;
//! - `proof`: what makes a body acceptable as a `.info`, `.mod`, `.zip` or list;
//! - `changing`: what changes (lists, latest, branches), kept by upstream, fresh for a while, stale when need be;
//! - `complete`: a version's other small files come along in the background;
//! - `afterwards`: zips are unpacked and hashed once there is time;
//! - `event`: what happened, for the log, the window and the metrics.
//!
//! This crate knows no HTTP status and no listener: [`DeliveryError`] carries typed causes, `server` turns them
//! into statuses in one place.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod afterwards;
mod answer;
mod body;
mod changing;
mod checksum_db;
mod complete;
mod deliver;
mod error;
mod event;
mod fetch;
mod flight;
mod hot;
mod negative;
mod once;
mod outage;
mod profile;
mod proof;
mod shared;

pub use answer::{Answer, Lifetime};
pub use body::{Body, BodyError};
pub use changing::Options as AnswerOptions;
pub use checksum_db::{ChecksumDb, ChecksumDbError};
pub use deliver::{Ask, Delivery};
pub use error::DeliveryError;
pub use event::{Event, Kind, Outcome, Source};
pub use profile::Profile;
pub use shared::Options;
