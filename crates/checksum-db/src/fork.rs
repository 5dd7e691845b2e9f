//! A fork: the database signed two trees of which one does not begin with the other.

use std::fmt;

use crate::hash::Hash;
use crate::tile::Tile;
use crate::tree::SignedHead;

/// The evidence of a fork: whoever has it can prove, with the database's key and nothing else, that the database showed
/// one history to some and another one to others (`checkTrees`, x/mod `sumdb/client.go`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The signed head of the smaller tree; of two of the same size, the one that was known.
    pub older: SignedHead,
    /// The signed head of the larger tree.
    pub newer: SignedHead,
    /// The root that the larger tree had when it was as small as the other; where both are of one size, their signed roots
    /// differ and that is all.
    pub implied: Hash,
    /// Tiles of the larger tree that prove `implied`: [`crate::AuthenticTiles`] takes them under `newer`, and its `root_of`
    /// gives `implied` for the size of `older`. None where both are of one size.
    pub tiles: Vec<(Tile, Vec<u8>)>,
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the checksum database shows different people different histories: it signed a tree of {} records with root {}, \
             and one of {} records in which that root was {}; nothing of it is believed. Keep both notes and tell those \
             who run it.\n\n{}\n{}",
            self.older.size(),
            self.older.head().root,
            self.newer.size(),
            self.implied,
            self.older.note(),
            self.newer.note(),
        )
    }
}
