//! A checksum database in memory, with its own key, at any size that a test wants.

use std::sync::LazyLock;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::Signer;
use crate::{Client, Hash, Module, Source, Tile};

/// Records of a log.
pub(super) const RECORDS: u64 = 0x3_0000;

/// From where on the records of [`FORKED`] differ.
pub(super) const FORK: u64 = 0x1_8000;

/// The log that most tests ask.
pub(super) static LOG: LazyLock<Log> = LazyLock::new(|| Log::new(u64::MAX));

/// A log that begins like it, and is signed with the same key.
pub(super) static FORKED: LazyLock<Log> = LazyLock::new(|| Log::new(FORK));

pub(super) struct Log {
    signer: Signer,
    fork: u64,
    /// The hashes of complete subtrees, by binary level.
    levels: Vec<Vec<Hash>>,
}

impl Log {
    fn new(fork: u64) -> Self {
        let mut log = Self {
            signer: Signer::new("sums.example.com", 7),
            fork,
            levels: Vec::new(),
        };
        let mut level: Vec<Hash> = (0..RECORDS)
            .map(|id| Hash::leaf(log.text(id).as_bytes()))
            .collect();
        while !level.is_empty() {
            let above = level.as_chunks().0.iter();
            let above = above
                .map(|[left, right]| Hash::node(*left, *right))
                .collect();
            log.levels.push(std::mem::replace(&mut level, above));
        }
        log
    }

    /// One that knows this log's key and nothing else.
    pub(super) fn client(&self) -> Client {
        Client::new(self.signer.key())
    }

    /// One that knows heads of this log.
    pub(super) fn client_at(&self, sizes: &[u64]) -> Client {
        let mut client = self.client();
        for size in sizes {
            client.restore_head(self.head(*size).as_bytes()).unwrap();
        }
        client
    }

    /// The module whose record has this id.
    pub(super) fn module(id: u64) -> Module {
        Module::new(&format!("example.com/m{id}"), "v1.0.0").unwrap()
    }

    pub(super) fn text(&self, id: u64) -> String {
        let sum = |what: &str| {
            let seed = format!("{what} {id} {}", id >= self.fork);
            BASE64.encode(&Sha256::digest(seed))
        };
        let (path, version) = (format!("example.com/m{id}"), "v1.0.0");
        match id {
            // Records of which the module that they are looked up by is not the one they speak of.
            13 => format!("example.com/other {version} h1:{}\n", sum("zip")),
            14 => format!("{path} {version} h1:{}\n", sum("zip")),
            _ => format!(
                "{path} {version} h1:{}\n{path} {version}/go.mod h1:{}\n",
                sum("zip"),
                sum("mod")
            ),
        }
    }

    /// The root of the tree of `size` records, by the recursion of RFC 6962 section 2.1.
    pub(super) fn root(&self, size: u64) -> Hash {
        self.root_between(0, size)
    }

    fn root_between(&self, begin: u64, end: u64) -> Hash {
        let count = end - begin;
        if count == 0 {
            return Hash::EMPTY;
        }
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            return self.levels[level as usize][(begin >> level) as usize];
        }
        let middle = begin + (1 << count.ilog2());
        Hash::node(
            self.root_between(begin, middle),
            self.root_between(middle, end),
        )
    }

    /// A signed head.
    pub(super) fn head(&self, size: u64) -> String {
        self.sign(size, self.root(size))
    }

    /// A signed head with a root of the test's choice.
    pub(super) fn sign(&self, size: u64, root: Hash) -> String {
        self.signer
            .sign(&format!("go.sum database tree\n{size}\n{root}\n"))
    }

    pub(super) fn answer(&self, id: u64, size: u64) -> String {
        format!("{id}\n{}\n{}", self.text(id), self.head(size))
    }

    pub(super) fn tile(&self, tile: Tile) -> Vec<u8> {
        let begin = (tile.n() << 8) as usize;
        let level = &self.levels[usize::from(tile.level()) * 8];
        let hashes = &level[begin..begin + usize::from(tile.width())];
        hashes.iter().flat_map(|hash| hash.0).collect()
    }

    /// The tiles that were asked for.
    pub(super) fn tiles(&self, asked: &[Tile]) -> Vec<(Tile, Vec<u8>)> {
        asked.iter().map(|tile| (*tile, self.tile(*tile))).collect()
    }

    /// The log when it had `size` records.
    pub(super) fn at(&self, size: u64) -> Database<'_> {
        Database {
            log: self,
            size,
            tiles_of: size,
            asked: Vec::new(),
        }
    }
}

/// A log at some size, and what it was asked.
pub(super) struct Database<'a> {
    pub(super) log: &'a Log,
    /// The size of the tree whose head it gives.
    pub(super) size: u64,
    /// The size of the tree whose tiles it has.
    pub(super) tiles_of: u64,
    pub(super) asked: Vec<String>,
}

/// The source has no such thing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Absent(pub(super) String);

/// The id in a module of [`Log::module`].
pub(super) fn id_of(module: &Module) -> u64 {
    module.path()["example.com/m".len()..].parse().unwrap()
}

impl Source for Database<'_> {
    type Error = Absent;

    fn look_up(&mut self, module: &Module) -> Result<Vec<u8>, Absent> {
        self.asked.push(format!("lookup/{module}"));
        let id = id_of(module);
        if id >= self.size {
            return Err(Absent(module.to_string()));
        }
        Ok(self.log.answer(id, self.size).into_bytes())
    }

    fn latest(&mut self) -> Result<Vec<u8>, Absent> {
        self.asked.push("latest".to_owned());
        Ok(self.log.head(self.size).into_bytes())
    }

    fn tile(&mut self, tile: Tile) -> Result<Vec<u8>, Absent> {
        self.asked.push(tile.to_string());
        let whole = Tile::in_tree(tile.level(), tile.n(), self.tiles_of);
        match whole {
            Some(whole) if whole.width() >= tile.width() => Ok(self.log.tile(tile)),
            _ => Err(Absent(tile.to_string())),
        }
    }
}
