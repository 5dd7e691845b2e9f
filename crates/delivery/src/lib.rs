//! The life of one request: what is kept, which upstream, one flight, validation, commit, and the events that say what happened.
//!
//! [`Delivery::deliver`] is the story; each step of it has a file of its own:
//!
//! - [`profile`](Profile): what a request may touch — the chain of upstreams and the trees of the cache;
//! - `hashing`: a zip is hashed while it comes;
//! - `hot`: small files at hand in memory;
//! - `flight`: one file on its way, and all who read it while it grows;
//! - `fetch`: a flight from its start to the committed file; `transfer`: an upstream's body becomes a proven one,
//!   `reception`: its bytes, as they come;
//! - `proof`: what makes a body acceptable as a `.info`, `.mod`, `.zip` or list;
//! - `changing`: what changes (lists, latest, branches), kept by upstream, fresh for a while, stale when need be;
//! - `complete`: a version's other small files come along in the background;
//! - [`routes`](Routes): where a path may go, and whether the checksum database covers it;
//! - [`database`](Database): the checksum database, asked, proven, kept and served;
//! - `verify`: what came is held against the database, or against what was seen first;
//! - [`offline`](Offline): noticed by itself; what is kept is given at once, lists offer what can be delivered;
//! - `way`: a canary before the list; `share`: which modules it is for; `mirror`: answers compared with another upstream's;
//! - `bring`: a file is fetched for its own sake, and nobody waits for its bytes;
//! - `adopt`: what was kept before it could be verified is verified, and moved to its place;
//! - `take_in`: a file that is on this computer already is taken as if an upstream had given it;
//! - `event`: what happened, for the log, the window and the metrics; `story`: its steps, `told`: their words.
//!
//! This crate knows no HTTP status and no listener: [`DeliveryError`] carries typed causes, `server` turns them
//! into statuses in one place.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod adopt;
mod alarm;
mod answer;
mod body;
mod bring;
mod changing;
mod complete;
mod counts;
mod database;
mod deliver;
mod error;
mod event;
mod fetch;
mod flight;
mod hashing;
mod hot;
mod mirror;
mod negative;
mod offline;
mod once;
mod outage;
mod profile;
mod proof;
mod reception;
mod refusal;
mod routes;
mod share;
mod shared;
mod story;
mod take_in;
mod told;
mod transfer;
mod verify;
mod way;

pub use adopt::Adopted;
pub use alarm::{Alarm, AlarmKind};
pub use answer::{Answer, Lifetime};
pub use body::{Body, BodyError};
pub use bring::Brought;
pub use changing::Options as AnswerOptions;
pub use counts::{Counted, FromSource};
pub use database::{ChecksumDb, ChecksumDbError, Database, DatabaseError, DatabaseProbe, Extract};
pub use deliver::{Ask, Delivery, Vouched};
pub use error::DeliveryError;
pub use event::{Event, Kind, Outcome, Source};
pub use mirror::{MirrorDifference, MirrorReport};
pub use offline::{Offline, OfflineMode};
pub use profile::{Beside, Profile};
pub use refusal::{Changed, Mismatch};
pub use routes::{Allowed, Cover, Elsewhere, Route, Routes, Rule};
pub use share::{NoShare, Share};
pub use shared::{Options, Toolchains};
pub use story::{Step, StepKind, Traced};
pub use take_in::{Found, Records, TakenIn};
pub use told::bytes as in_words;
