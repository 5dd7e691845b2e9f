//! Files in Go's own download layout, the index over them, and lasting state.
//!
//! A [`Store`] owns two folders. In the *cache* folder are the files of module versions, each with a sidecar that says what
//! its bytes must be; they are the truth, and `index.sqlite` beside them is a picture of it that may lag and can be made
//! anew at any time. In the *data* folder is `state.sqlite`, which cannot.
//!
//! - A hit is one path look-up in the trees that a request may see: [`Store::find`]. No database is on the way.
//! - A miss becomes a [`Draft`], which is hashed as it grows and kept by one rename: [`Draft::commit`]. A kill at any
//!   moment leaves a file whole or not there.
//! - Nothing is believed because it is there: the first time a process opens a file, its SHA-256 is checked, and what proves
//!   damaged is set aside and fetched again.
//! - No symbolic link below the cache folder is ever followed.
//! - A file that a checksum database came to vouch for goes to another tree whole: [`Store::move_to`]. One outside every
//!   database is held against its first sight: [`Store::pin`]; that pins were lost is told by [`Store::first_sight`].
//! - What is kept of a checksum database ([`Store::database_files`]) proves itself on each use; only its heads and the
//!   evidence of forks are lasting ([`Store::heads`], [`Store::keep_evidence`]).
//! - The cache stays within its limits: [`Store::make_room`]. What must stay then, and who wants it, is lasting:
//!   [`Store::keep`], [`Store::keeps`].
//! - What a person removes by name goes aside and can be put back for a while: [`Store::remove`], [`Store::put_back`].
//! - Care for the whole: [`Store::usage`], [`Store::list`], [`Store::verify`], [`Store::clear`], [`Store::rebuild_index`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod activity;
mod answers;
mod checksum_data;
mod clear;
mod counted;
mod damage;
mod database;
mod database_files;
mod disk;
mod draft;
mod error;
mod files;
mod filling;
mod filter;
mod first_sight;
mod index;
mod keeps;
mod kept;
mod layout;
mod listing;
mod missed;
mod moving;
mod of_module;
mod pins;
mod progress;
mod rebuild;
mod removal;
mod room;
mod shares;
mod sidecar;
mod state;
mod statistics;
mod store;
mod verify;
mod walk;

#[cfg(test)]
mod tests;

pub use activity::{ActivityFilter, ActivityRow};
pub use answers::{KeptAnswer, MAX_ANSWER};
pub use clear::Cleared;
pub use damage::{Damage, DamageReason};
pub use database_files::DatabaseFiles;
pub use draft::Draft;
pub use error::{DatabaseCause, StoreError};
pub use filling::Filling;
pub use filter::Filter;
pub use first_sight::FirstSight;
pub use index::{Cursor, ListedVersion, TreeUsage, Usage};
pub use keeps::{Keep, Keeps};
pub use kept::Kept;
pub use layout::{RealmId, Tree};
pub use missed::Missed;
pub use pins::{Pin, Pinned};
pub use progress::{OnProgress, Progress};
pub use removal::{Named, Removal, Removing};
pub use room::{Leaving, Limits, Room, RoomMade, Victim};
pub use sidecar::{NotSha256, Sha256};
pub use statistics::{OfflineSpan, Sum};
pub use store::{Places, Store};
pub use verify::VerifyReport;
