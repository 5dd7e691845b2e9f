//! What is known of one checksum database: its key, the heads that proved true, and the trees that clients know.
//!
//! A client is plain data in memory: the heads and sizes that are to last are handed in at start
//! ([`Client::restore_head`], [`Client::restore_size`]) and out for keeping ([`Client::heads`],
//! [`Client::sizes`]). It asks nothing by itself: an [`Inquiry`] does, and each one that ends makes the client know more.
//!
//! # What stands between inquiries
//! 1. All heads are of one log: each has been proven to be the beginning of the newest (or stood alone, and was believed
//!    for its signature, as Go does with the first).
//! 2. Of each head, and of each size that is not [to be stocked](Client::must_stock), the tiles at its coordinates were
//!    handed out for keeping, as wide as in the newest tree.
//!
//! When the newest head is raised, a tile that widens was at the edge of the former: so the inquiry that raises it proves
//! the former a beginning of the new one, fetches the tiles at the coordinates of these two, and both statements stand
//! for all the others as well.

use std::collections::{BTreeMap, BTreeSet};

use crate::Error;
use crate::coordinates;
use crate::fork::Fork;
use crate::inquiry::Inquiry;
use crate::key::VerifierKey;
use crate::record::Module;
use crate::tile::Tile;
use crate::tree::SignedHead;

/// The most heads that a client holds; beyond, the one of the smallest tree goes. The tiles that were kept for it stay,
/// and a record that would have got it gets the next.
pub const MAX_HEADS: usize = 1024;

/// The most sizes that a client holds of trees that others know; beyond, the smallest goes.
pub const MAX_SIZES: usize = 1024;

/// The most sizes beyond the newest tree that a client remembers until it knows that tree.
const MAX_AHEAD: usize = 64;

/// The most sizes of which one inquiry brings the tiles, so that it has a bound: some 100 tiles, less than 1 MB.
const STOCK_AT_ONCE: usize = 16;

/// A checksum database, as far as it is known (`Client`, x/mod `sumdb/client.go`).
#[derive(Clone, Debug)]
pub struct Client {
    key: VerifierKey,
    /// By size; the last is the newest.
    heads: BTreeMap<u64, SignedHead>,
    /// Sizes of trees of which no head is known; those that others have.
    sizes: BTreeSet<u64>,
    /// Sizes beyond the newest tree.
    ahead: BTreeSet<u64>,
    /// Of which of all these sizes the tiles are to be fetched.
    to_stock: BTreeSet<u64>,
}

impl Client {
    /// A client that knows nothing yet.
    #[must_use]
    pub fn new(key: VerifierKey) -> Self {
        Self {
            key,
            heads: BTreeMap::new(),
            sizes: BTreeSet::new(),
            ahead: BTreeSet::new(),
            to_stock: BTreeSet::new(),
        }
    }

    /// Takes back a head that an earlier client had proven, at start, before any inquiry. Only its signature is looked at;
    /// after [`restock`](Self::restock) it is proven once more.
    ///
    /// # Errors
    /// Those of [`SignedHead::open`], and [`Error::Fork`] where another head of the same size was restored.
    pub fn restore_head(&mut self, note: &[u8]) -> Result<(), Error> {
        self.add(SignedHead::open(note, &self.key)?)
    }

    /// Takes back a size that an earlier client had learned, after the heads; its tiles were kept then.
    pub fn restore_size(&mut self, size: u64) {
        if self.learn_size(size) {
            self.to_stock.remove(&size);
        }
    }

    /// The database's key.
    #[must_use]
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The newest head, called H in the rules.
    #[must_use]
    pub fn newest(&self) -> Option<&SignedHead> {
        self.heads.last_key_value().map(|(_, head)| head)
    }

    /// All heads, smallest tree first; to be kept whenever an inquiry brought news.
    pub fn heads(&self) -> impl ExactSizeIterator<Item = &SignedHead> {
        self.heads.values()
    }

    /// The sizes of trees that others have and that were learned; to be kept with the heads.
    pub fn sizes(&self) -> impl Iterator<Item = u64> {
        self.sizes.iter().chain(&self.ahead).copied()
    }

    /// The head to put under record `id` (see [`coordinates::size_under`]); `None` where no known tree has the record.
    #[must_use]
    pub fn head_under(&self, id: u64) -> Option<&SignedHead> {
        let newest = self.newest()?.size();
        let known = self.heads.range(id..).map(|(size, _)| *size);
        self.heads.get(&coordinates::size_under(id, known, newest)?)
    }

    /// Learns that somebody has a tree of this size: a client that asked for a [tile that tells](Tile::told_size). Its tiles
    /// are fetched by the next inquiries. Gives whether it is news, and then to be kept.
    ///
    /// It is only a number, not signed, and not believed: a wrong one costs some tiles.
    pub fn learn_size(&mut self, size: u64) -> bool {
        if size == 0 || self.heads.contains_key(&size) {
            return false;
        }
        if self.newest().is_none_or(|newest| newest.size() < size) {
            let news = self.ahead.insert(size);
            // The largest is the likeliest to be wrong.
            let largest = (self.ahead.len() > MAX_AHEAD).then(|| self.ahead.pop_last());
            return news && largest.flatten() != Some(size);
        }
        let news = self.sizes.insert(size);
        if news {
            self.to_stock.insert(size);
        }
        if self.sizes.len() > MAX_SIZES {
            let smallest = self.sizes.pop_first();
            if let Some(smallest) = smallest {
                self.to_stock.remove(&smallest);
            }
        }
        news
    }

    /// Has the tiles of all heads and sizes fetched once more, since what was kept of them is lost; each head is then
    /// proven once more as well.
    pub fn restock(&mut self) {
        self.to_stock = self.heads.keys().chain(&self.sizes).copied().collect();
    }

    /// Whether there are sizes whose tiles are to be fetched, so that [`stock`](Self::stock) has something to do. Each
    /// inquiry fetches a few of them along.
    #[must_use]
    pub fn must_stock(&self) -> bool {
        !self.to_stock.is_empty()
    }

    /// Whether somebody has a larger tree than the newest here, or says so, so that [`refresh`](Self::refresh) is worth it:
    /// now and then, since a size that was told wrongly is never reached.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Asks for the record of a module.
    #[must_use]
    pub fn look_up(&self, module: Module) -> Inquiry {
        Inquiry::look_up(self.key.clone(), module)
    }

    /// Proves a record that was kept, with tiles that were kept: for a module that comes without a network.
    #[must_use]
    pub fn prove_record(&self, module: Module, id: u64, text: &str) -> Inquiry {
        Inquiry::record(self.key.clone(), module, id, text)
    }

    /// Proves a signed head that somebody has, as Go's client in its file `latest`, and learns it; a newer one becomes the
    /// newest.
    ///
    /// # Errors
    /// Those of [`SignedHead::open`].
    pub fn learn_head(&self, note: &[u8]) -> Result<Inquiry, Error> {
        Ok(Inquiry::head(
            self.key.clone(),
            SignedHead::open(note, &self.key)?,
        ))
    }

    /// Asks for the database's newest head.
    #[must_use]
    pub fn refresh(&self) -> Inquiry {
        Inquiry::latest(self.key.clone())
    }

    /// Asks for a tile that a client wants, as wide as the newest tree has it; the head is refreshed first where the tile
    /// is beyond it.
    #[must_use]
    pub fn fetch_tile(&self, tile: Tile) -> Inquiry {
        Inquiry::tile(self.key.clone(), tile)
    }

    /// Asks for the tiles of sizes that are to be stocked, a few at once; to be repeated while
    /// [`must_stock`](Self::must_stock).
    #[must_use]
    pub fn stock(&self) -> Inquiry {
        Inquiry::stock(self.key.clone())
    }

    /// Whether this head is known.
    ///
    /// # Errors
    /// [`Error::Fork`] where another head of the same size is.
    pub(crate) fn knows(&self, head: &SignedHead) -> Result<bool, Error> {
        match self.heads.get(&head.size()) {
            None => Ok(false),
            Some(known) if known.head() == head.head() => Ok(true),
            Some(known) => Err(Error::Fork(Box::new(Fork {
                older: known.clone(),
                newer: head.clone(),
                implied: head.head().root,
                tiles: Vec::new(),
            }))),
        }
    }

    /// The next few sizes to be stocked, with the heads that are known of them.
    pub(crate) fn next_to_stock(&self) -> impl Iterator<Item = (u64, Option<&SignedHead>)> {
        let sizes = self.to_stock.iter().take(STOCK_AT_ONCE);
        sizes.map(|size| (*size, self.heads.get(size)))
    }

    /// Learns what an inquiry has proven: heads of this log, and sizes that are stocked now. Gives whether there is
    /// something new to be kept.
    pub(crate) fn learn(
        &mut self,
        heads: impl IntoIterator<Item = SignedHead>,
        stocked: &[u64],
    ) -> Result<bool, Error> {
        let mut news = false;
        for head in heads {
            news |= !self.knows(&head)?;
            self.add(head)?;
        }
        for size in stocked {
            self.to_stock.remove(size);
        }
        // What was ahead may be within reach now.
        let newest = self.newest().map_or(0, SignedHead::size);
        let beyond = self.ahead.split_off(&(newest + 1));
        for size in std::mem::replace(&mut self.ahead, beyond) {
            self.learn_size(size);
        }
        Ok(news)
    }

    fn add(&mut self, head: SignedHead) -> Result<(), Error> {
        if self.knows(&head)? {
            return Ok(());
        }
        self.sizes.remove(&head.size());
        self.heads.insert(head.size(), head);
        if self.heads.len() > MAX_HEADS {
            let smallest = self.heads.pop_first();
            if let Some((size, _)) = smallest {
                self.to_stock.remove(&size);
            }
        }
        Ok(())
    }
}
