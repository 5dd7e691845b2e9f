//! Go's checksum database: signed notes, tiles, tree proofs, records, and a client of it as a state machine; pure.
//!
//! A checksum database is a log to which records are only added. A record says which hashes the zip and the go.mod of a
//! module version have. All records together are the leaves of a Merkle tree; the database signs the root now and then,
//! which makes a *head*. Who knows a head can be shown that a record is in the tree, and that an older tree is its
//! beginning, with a few *tiles* of hashes; so nobody has to believe the database, or whoever passes it on, again.
//!
//! From the bottom up:
//! - [`struct@Hash`], [`stored_hash_index`]: the hashes of the tree.
//! - [`VerifierKey`], [`note`], [`TreeHead`], [`SignedHead`]: who signed which tree.
//! - [`Tile`], [`TilePath`], [`coordinates`]: how the tree is served, which tiles stand for what, and which head goes
//!   under a record.
//! - [`AuthenticTiles`]: tiles proven up to the root, and what they prove.
//! - [`record`]: what is said of a module, and only from text that is proven.
//! - [`Client`], [`Inquiry`]: what is known of a database, and a question to it as a state machine that says what it
//!   needs next. Who drives it does the reading, asking and keeping; [`Source`] is the plain way.
//!
//! The rules are those of Go's own client; each item names the Go source file that it follows. `x/mod` is the module
//! `golang.org/x/mod`, `cmd/go` is the command's own source. The design is
//! <https://go.dev/design/25530-sumdb>; what Larder does besides, so that all verifies without a network too, is
//! written down at [`coordinates`] and [`Client`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod authentic;
mod client;
pub mod coordinates;
mod error;
mod fork;
mod hash;
mod index;
mod inquiry;
mod key;
pub mod note;
pub mod record;
mod source;
mod tile;
mod tile_path;
mod tree;

#[cfg(test)]
mod tests;

pub use authentic::AuthenticTiles;
pub use client::{Client, MAX_HEADS, MAX_SIZES};
pub use error::Error;
pub use fork::Fork;
pub use hash::Hash;
pub use index::{narrowest_tile, split_stored_hash_index, stored_hash_index};
pub use inquiry::{Inquiry, Proved, Step};
pub use key::{VerifierKey, known_key};
pub use record::{Module, Record, Sum};
pub use source::{Source, Stopped};
pub use tile::{Coordinates, FULL, HEIGHT, MAX_TILE, Tile};
pub use tile_path::TilePath;
pub use tree::{MAX_SIZE, SignedHead, TreeHead};
