//! A question to a checksum database, as a state machine that says what it needs next.
//!
//! ```text
//!              ┌─ Lookup or Latest ─ answer() ─┐   ┌─ Tiles ─ tiles() ─┐
//! step(client) ┤                               ├───┤                   ├─ step(client) ─ Done
//!              └───────────────────────────────┘   └───── again, where the client moved on meanwhile
//! ```
//!
//! [`Inquiry::step`] needs the client and is quick: it compares and notes down. [`Inquiry::answer`] and [`Inquiry::tiles`]
//! do the hashing and do not need it, so a client that many inquiries share is locked for a moment at a time.

use std::collections::BTreeSet;

use crate::Error;
use crate::authentic::AuthenticTiles;
use crate::client::Client;
use crate::coordinates;
use crate::fork::Fork;
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::record::{Answer, Module, Record};
use crate::tile::Tile;
use crate::tree::SignedHead;

/// What an inquiry needs, or that it is through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The answer to `/lookup/<module>@<version>`, both escaped, for [`Inquiry::answer`]. The database's own answer: a
    /// kept one has an old head, and is for [`Client::prove_record`].
    Lookup,
    /// The answer to `/latest`, for [`Inquiry::answer`].
    Latest,
    /// These tiles, all at once, for [`Inquiry::tiles`]: from what is kept, or from an upstream, in this width or wider.
    /// An upstream that does not have a partial tile has the full one.
    Tiles(Vec<Tile>),
    /// All is proven, and the client knows it. The inquiry is through.
    Done(Box<Proved>),
}

/// What an inquiry has proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The record, where one was asked for.
    pub record: Option<Record>,
    /// The tiles by which it was proven; each to be kept where it is wider than what is kept at its coordinates.
    pub tiles: Vec<(Tile, Vec<u8>)>,
    /// Whether the client has new heads, which then are to be kept as well (after the tiles, and before the record).
    pub news: bool,
}

/// A question to a checksum database. After a refusal of what was given, [`step`](Self::step) says once more what is
/// needed, so that damaged tiles can be fetched afresh; no refusal is softened by that.
#[derive(Debug)]
pub struct Inquiry {
    key: VerifierKey,
    question: Question,
    /// The record to be proven: known with the answer, or from the start.
    claim: Option<Claim>,
    /// A head that came, with a signature that is right, and of which it is not proven that it is of this log.
    offered: Option<SignedHead>,
    round: Option<Round>,
    through: bool,
}

#[derive(Debug)]
enum Question {
    Lookup(Module),
    Record,
    Head,
    Latest,
    Tile(Tile),
    Stock,
}

#[derive(Debug)]
struct Claim {
    module: Module,
    id: u64,
    text: String,
}

/// One proof, under one head. Another is needed when the client has another newest head by the time that it is there.
#[derive(Debug)]
struct Round {
    /// The newest head when this was planned.
    newest: Option<SignedHead>,
    /// The newer of that and the offered one: all is proven under this.
    head: SignedHead,
    /// Heads that must be beginnings of it.
    older: Vec<SignedHead>,
    /// Sizes whose tiles are fetched along.
    stock: Vec<u64>,
    asked: Vec<Tile>,
    proven: Option<Proof>,
}

#[derive(Debug, Default)]
struct Proof {
    record: Option<Record>,
    tiles: Vec<(Tile, Vec<u8>)>,
}

impl Inquiry {
    fn new(key: VerifierKey, question: Question) -> Self {
        Self {
            key,
            question,
            claim: None,
            offered: None,
            round: None,
            through: false,
        }
    }

    pub(crate) fn look_up(key: VerifierKey, module: Module) -> Self {
        Self::new(key, Question::Lookup(module))
    }

    pub(crate) fn record(key: VerifierKey, module: Module, id: u64, text: &str) -> Self {
        let claim = Claim {
            module,
            id,
            text: text.to_owned(),
        };
        Self {
            claim: Some(claim),
            ..Self::new(key, Question::Record)
        }
    }

    pub(crate) fn head(key: VerifierKey, head: SignedHead) -> Self {
        Self {
            offered: Some(head),
            ..Self::new(key, Question::Head)
        }
    }

    pub(crate) fn latest(key: VerifierKey) -> Self {
        Self::new(key, Question::Latest)
    }

    pub(crate) fn tile(key: VerifierKey, tile: Tile) -> Self {
        Self::new(key, Question::Tile(tile))
    }

    pub(crate) fn stock(key: VerifierKey) -> Self {
        Self::new(key, Question::Stock)
    }

    /// The module that is looked up, where one is.
    #[must_use]
    pub fn module(&self) -> Option<&Module> {
        match &self.question {
            Question::Lookup(module) => Some(module),
            Question::Record => self.claim.as_ref().map(|claim| &claim.module),
            Question::Head | Question::Latest | Question::Tile(_) | Question::Stock => None,
        }
    }

    /// What is needed next; with all of it proven, the client learns it.
    ///
    /// # Errors
    /// - [`Error::Fork`] where a head of the same size is known, with another root.
    /// - [`Error::NotInTree`], [`Error::NotOfTree`] where a record or a tile lies beyond the newest tree.
    /// - [`Error::NoHead`] where nothing was ever heard of the database, and this question does not ask it.
    /// - [`Error::OutOfTurn`] where it is through.
    pub fn step(&mut self, client: &mut Client) -> Result<Step, Error> {
        if self.through {
            return Err(Error::OutOfTurn);
        }
        if let Some(step) = self.unanswered(client) {
            return Ok(step);
        }
        if let Some(round) = &self.round
            && !round.stands(client)?
        {
            self.round = None;
        }
        let round = match self.round.take() {
            Some(round) => round,
            None => self.plan(client)?,
        };
        if round.proven.is_none() {
            let asked = round.asked.clone();
            self.round = Some(round);
            return Ok(Step::Tiles(asked));
        }
        let heads = self.offered.clone().into_iter().chain([round.head]);
        let news = client.learn(heads, &round.stock)?;
        let Proof { record, tiles } = round.proven.unwrap_or_default();
        self.through = true;
        Ok(Step::Done(Box::new(Proved {
            record,
            tiles,
            news,
        })))
    }

    /// What must be asked before anything can be proven.
    fn unanswered(&self, client: &Client) -> Option<Step> {
        if self.offered.is_some() {
            return None;
        }
        match &self.question {
            Question::Lookup(_) => Some(Step::Lookup),
            Question::Latest => Some(Step::Latest),
            Question::Tile(tile) => {
                let newest = client.newest().map_or(0, SignedHead::size);
                (!reaches(newest, tile)).then_some(Step::Latest)
            }
            Question::Record | Question::Head | Question::Stock => None,
        }
    }

    /// Takes the answer to a look-up, or to `/latest`.
    ///
    /// # Errors
    /// - Those of [`Answer::parse`] and [`SignedHead::open`].
    /// - [`Error::OutOfTurn`] where neither was asked for.
    pub fn answer(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.offered.is_some() || self.through {
            return Err(Error::OutOfTurn);
        }
        let note = match &self.question {
            Question::Lookup(module) => {
                let answer = Answer::parse(bytes)?;
                self.claim = Some(Claim {
                    module: module.clone(),
                    id: answer.id,
                    text: answer.text.to_owned(),
                });
                answer.note
            }
            Question::Latest | Question::Tile(_) => bytes,
            Question::Record | Question::Head | Question::Stock => return Err(Error::OutOfTurn),
        };
        self.offered = Some(SignedHead::open(note, &self.key)?);
        Ok(())
    }

    /// Plans a proof under the newer of the client's newest head and the offered one (`mergeLatestMem` and `checkRecord`,
    /// x/mod `sumdb/client.go`): which heads must be beginnings of it, and which tiles that takes.
    fn plan(&self, client: &Client) -> Result<Round, Error> {
        let newest = client.newest();
        let offered = self.offered.as_ref();
        let head = match (newest, offered) {
            (None, None) => return Err(Error::NoHead),
            (Some(newest), Some(offered)) if offered.size() > newest.size() => offered,
            (Some(newest), _) => newest,
            (None, Some(offered)) => offered,
        };
        let size = head.size();
        let known = client.knows(head)?;
        let mut older = Vec::new();
        if let Some(offered) = offered
            && !client.knows(offered)?
        {
            older.push(offered.clone());
        }
        if !known {
            older.extend(newest.cloned());
        }
        let mut stock = Vec::new();
        for (size, head) in client.next_to_stock() {
            stock.push(size);
            older.extend(head.cloned());
        }
        older.retain(|older| older.size() != size);

        let mut asked = BTreeSet::new();
        let sizes = older
            .iter()
            .map(SignedHead::size)
            .chain(stock.iter().copied());
        for size_of_other in sizes {
            asked.extend(coordinates::of(size_of_other, size));
        }
        if let Some(claim) = &self.claim {
            if claim.id >= size {
                return Err(Error::NotInTree { id: claim.id, size });
            }
            asked.extend(coordinates::of(claim.id, size));
        }
        if let Question::Tile(tile) = self.question {
            if !reaches(size, &tile) {
                return Err(Error::NotOfTree { tile, size });
            }
            asked.extend(coordinates::upward(tile.level(), tile.n(), size));
        }
        // A known head alone needs no proof; all else is proven from the edge on.
        let nothing = known && asked.is_empty();
        if !nothing {
            asked.extend(coordinates::edge(size));
        }
        Ok(Round {
            newest: newest.cloned(),
            head: head.clone(),
            older,
            stock,
            asked: asked.into_iter().collect(),
            proven: nothing.then(Proof::default),
        })
    }

    /// Takes the tiles that were asked for, in any order and in their width or wider, and proves all with them: the tiles
    /// themselves, that every older head is a beginning of the newest, and the record.
    ///
    /// # Errors
    /// - Those of [`AuthenticTiles::new`].
    /// - [`Error::Fork`] where a signed head is no beginning of a newer one.
    /// - [`Error::WrongRecord`] where the record is not in the log; [`Error::NoLine`], [`Error::UnclearLine`] where it is,
    ///   and does not say what was asked.
    /// - [`Error::OutOfTurn`] where no tiles were asked for.
    pub fn tiles(&mut self, tiles: impl IntoIterator<Item = (Tile, Vec<u8>)>) -> Result<(), Error> {
        let round = self.round.as_mut().filter(|round| round.proven.is_none());
        let round = round.ok_or(Error::OutOfTurn)?;
        let is_asked = |tile: &Tile| round.asked.binary_search(tile).is_ok();
        let tiles = tiles.into_iter().filter(|(tile, _)| is_asked(tile));
        let authentic = AuthenticTiles::new(round.head.head(), tiles)?;
        for older in &round.older {
            let implied = authentic.root_of(older.size())?;
            if implied != older.head().root {
                let mut tiles = authentic.at_coordinates_of(older.size());
                tiles.extend(authentic.at_coordinates_of(round.head.size()));
                return Err(Error::Fork(Box::new(Fork {
                    older: older.clone(),
                    newer: round.head.clone(),
                    implied,
                    tiles,
                })));
            }
        }
        let record = match &self.claim {
            Some(claim) => Some(claim.prove(&authentic)?),
            None => None,
        };
        let tiles = authentic.into_tiles();
        if let Some(missing) = round
            .asked
            .iter()
            .find(|asked| tiles.iter().all(|(tile, _)| tile != *asked))
        {
            return Err(Error::MissingTile { tile: *missing });
        }
        round.proven = Some(Proof { record, tiles });
        Ok(())
    }
}

impl Claim {
    /// The record, once its text is the one in the log.
    fn prove(&self, authentic: &AuthenticTiles) -> Result<Record, Error> {
        if authentic.leaf(self.id)? != Hash::leaf(self.text.as_bytes()) {
            return Err(Error::WrongRecord {
                module: self.module.clone(),
                id: self.id,
            });
        }
        Record::read(self.module.clone(), self.id, self.text.clone())
    }
}

impl Round {
    /// Whether what is proven under this head is proven under the client's newest too: because that is still the one of
    /// before, or because it is known by now that this head is its beginning.
    fn stands(&self, client: &Client) -> Result<bool, Error> {
        Ok(client.newest() == self.newest.as_ref() || client.knows(&self.head)?)
    }
}

/// Whether a tree of `size` records has this tile, in this width at least.
fn reaches(size: u64, tile: &Tile) -> bool {
    Tile::in_tree(tile.level(), tile.n(), size).is_some_and(|whole| whole.width() >= tile.width())
}
