//! Tiles proven to belong to a tree, and what can be read from them: records' hashes, and the roots of older trees.

use std::collections::BTreeMap;

use crate::Error;
use crate::coordinates;
use crate::hash::Hash;
use crate::tile::{Coordinates, HEIGHT, LEVELS, Tile};
use crate::tree::TreeHead;

/// Tiles of one tree, every one of them authenticated up to its root.
///
/// Two rules prove all tiles (`tileHashReader.ReadHashes`, x/mod `sumdb/tlog/tile.go`):
/// - The tiles at the edge have no complete parent. The root of the tree is the hash over all of them together, so one
///   comparison proves them, to the last bit.
/// - *Each* other tile is full, and its hash stands in its parent. Each is compared with it, also where several have the
///   same parent: Go before 1.25.13 and 1.26.6 skipped some, and took forged records from those (CVE-2026-56865).
#[derive(Debug)]
pub struct AuthenticTiles {
    head: TreeHead,
    tiles: BTreeMap<Coordinates, Vec<u8>>,
}

impl AuthenticTiles {
    /// Authenticates tiles of the tree `head`: its [edge](coordinates::edge), and any others, each with all above it.
    /// Bytes may be those of a wider tile, of which no more than the beginning is proven or kept.
    ///
    /// # Errors
    /// - [`Error::NotOfTree`] for a tile that this tree does not have, or has in another width.
    /// - [`Error::TileLength`] where the bytes are too few for it, or those of no tile.
    /// - [`Error::MissingTile`] where the edge or a parent was not given.
    /// - [`Error::WrongEdge`] where the edge does not make the root: one of those tiles is wrong, or several.
    /// - [`Error::WrongTile`] where a tile is not what its parent, which is right, says.
    pub fn new(
        head: TreeHead,
        offered: impl IntoIterator<Item = (Tile, Vec<u8>)>,
    ) -> Result<Self, Error> {
        let mut tiles = BTreeMap::new();
        for (tile, mut bytes) in offered {
            if Tile::in_tree(tile.level(), tile.n(), head.size) != Some(tile) {
                return Err(Error::NotOfTree {
                    tile,
                    size: head.size,
                });
            }
            if tile.cut(&bytes).is_none() {
                return Err(Error::TileLength {
                    tile,
                    length: bytes.len(),
                });
            }
            bytes.truncate(tile.byte_len());
            tiles.insert(tile.at(), bytes);
        }
        let tiles = Self { head, tiles };
        if tiles.root_of(head.size)? != head.root {
            return Err(Error::WrongEdge { size: head.size });
        }
        // From the top, so that the parent of a tile that is found wrong is right.
        for (at, bytes) in tiles.tiles.iter().rev() {
            let is_edge = at.n == shift(head.size, at.level + 1);
            if !is_edge && tiles.hash(at.level + 1, at.n)? != Hash::subtree(bytes.as_chunks().0) {
                return Err(Error::WrongTile { at: *at });
            }
        }
        Ok(tiles)
    }

    /// The hash of a record.
    ///
    /// # Errors
    /// [`Error::NotInTree`], and [`Error::MissingTile`] where its tile was not given.
    pub fn leaf(&self, id: u64) -> Result<Hash, Error> {
        if id >= self.head.size {
            return Err(Error::NotInTree {
                id,
                size: self.head.size,
            });
        }
        self.hash(0, id)
    }

    /// The root that this tree had when it had `size` records (`tlog.TreeHash`, RFC 6962 section 2.1). A signed head of
    /// that size with another root is not of this log.
    ///
    /// # Errors
    /// [`Error::NotInTree`] where the tree has less records, and [`Error::MissingTile`] where a tile at the
    /// [coordinates](coordinates::of) of `size` was not given.
    pub fn root_of(&self, size: u64) -> Result<Hash, Error> {
        if size > self.head.size {
            return Err(Error::NotInTree {
                id: size,
                size: self.head.size,
            });
        }
        // A tree is a row of complete subtrees, one for each bit of its size, the largest at the left; those of eight
        // neighbouring bits are made of hashes of one tile. The root folds them from the right.
        let mut root: Option<Hash> = None;
        for level in 0..LEVELS {
            let width = (shift(size, level) & 0xff) as usize;
            if width == 0 {
                continue;
            }
            let at = Coordinates {
                level,
                n: shift(size, level + 1),
            };
            let hashes = self.hashes(at)?;
            for bit in (0..HEIGHT).filter(|bit| width >> bit & 1 == 1) {
                let end = width >> bit << bit;
                let subtree = hashes
                    .get(end - (1 << bit)..end)
                    .map(Hash::subtree)
                    .ok_or_else(|| self.missing(at))?;
                root = Some(match root {
                    Some(right) => Hash::node(subtree, right),
                    None => subtree,
                });
            }
        }
        Ok(root.unwrap_or(Hash::EMPTY))
    }

    /// The tiles at the coordinates of `x`, as far as they were given.
    pub(crate) fn at_coordinates_of(&self, x: u64) -> Vec<(Tile, Vec<u8>)> {
        coordinates::of(x, self.head.size)
            .filter_map(|tile| Some((tile, self.tiles.get(&tile.at())?.clone())))
            .collect()
    }

    /// All tiles, to be kept; lowest level first.
    #[must_use]
    pub fn into_tiles(self) -> Vec<(Tile, Vec<u8>)> {
        let size = self.head.size;
        self.tiles
            .into_iter()
            .filter_map(|(at, bytes)| Some((Tile::in_tree(at.level, at.n, size)?, bytes)))
            .collect()
    }

    /// The `n`th hash of a level.
    fn hash(&self, level: u8, n: u64) -> Result<Hash, Error> {
        let at = Coordinates { level, n: n >> 8 };
        let hash = self.hashes(at)?.get((n & 0xff) as usize);
        hash.copied().map(Hash).ok_or_else(|| self.missing(at))
    }

    fn hashes(&self, at: Coordinates) -> Result<&[[u8; Hash::LEN]], Error> {
        let bytes = self.tiles.get(&at).ok_or_else(|| self.missing(at))?;
        Ok(bytes.as_chunks().0)
    }

    fn missing(&self, at: Coordinates) -> Error {
        let size = self.head.size;
        match Tile::in_tree(at.level, at.n, size) {
            Some(tile) => Error::MissingTile { tile },
            None => Error::NotInTree { id: at.n, size },
        }
    }
}

/// How many complete subtrees of a level of tiles `size` records make.
fn shift(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(HEIGHT))
        .unwrap_or(0)
}
