//! Tiles of hashes, in which a log is served: 256 neighbours of each eighth level (x/mod `sumdb/tlog/tile.go`).

use std::fmt;

use crate::hash::Hash;
use crate::tile_path::TilePath;

/// The height of tiles that Go's client asks for: a tile stands for 8 binary levels of the tree.
pub const HEIGHT: u8 = 8;

/// The hashes of a full tile.
pub const FULL: u16 = 1 << HEIGHT;

/// The most bytes of a tile.
pub const MAX_TILE: usize = FULL as usize * Hash::LEN;

/// Levels of tiles in a tree of 63 bits.
pub(crate) const LEVELS: u8 = 8;

/// Where a tile stands, whatever its width. What is kept of a tile is kept by this, in the widest form that was
/// authenticated: all narrower ones are its beginnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coordinates {
    /// 0 for the tiles whose hashes are those of records.
    pub level: u8,
    /// The number within the level.
    pub n: u64,
}

/// A tile of height 8: `width` hashes of the binary level 8·`level`, the first of them the 256·`n`th.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    at: Coordinates,
    width: u16,
}

impl Tile {
    /// `None` where a width is not 1 to 256, or where no tree of 63 bits has such a tile.
    #[must_use]
    pub fn new(level: u8, n: u64, width: u16) -> Option<Self> {
        let tile = Self {
            at: Coordinates { level, n },
            width,
        };
        let within = level < LEVELS && (1..=FULL).contains(&width) && n <= u64::MAX >> HEIGHT;
        let most = || u64::MAX.checked_shr(1 + u32::from(level * HEIGHT));
        let fits = within && n * u64::from(FULL) + u64::from(width) <= most()?;
        fits.then_some(tile)
    }

    /// The tile at these coordinates in a tree of `size` records, as wide as it is there: `min(256, (size >> 8·level) −
    /// 256·n)`; `None` where it would be empty (`tileParent`).
    #[must_use]
    pub fn in_tree(level: u8, n: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(u32::from(level) * u32::from(HEIGHT))?;
        let rest = hashes.checked_sub(n.checked_mul(FULL.into())?)?;
        Self::new(level, n, rest.min(FULL.into()) as u16)
    }

    /// Where it stands.
    #[must_use]
    pub fn at(&self) -> Coordinates {
        self.at
    }

    /// Its level.
    #[must_use]
    pub fn level(&self) -> u8 {
        self.at.level
    }

    /// Its number within the level.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.at.n
    }

    /// How many hashes it has.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it has all its 256 hashes. A full tile never changes again.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.width == FULL
    }

    /// Its bytes: 32 for each hash.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        usize::from(self.width) * Hash::LEN
    }

    /// Cuts this tile from the bytes of an equal or wider one at the same coordinates; `None` where they are too few, too
    /// many for any tile, or no whole hashes.
    ///
    /// This is how a kept tile serves every width asked for, and how a full tile stands in for a partial one that an
    /// upstream does not have.
    #[must_use]
    pub fn cut<'a>(&self, wider: &'a [u8]) -> Option<&'a [u8]> {
        let is_tile = wider.len() <= MAX_TILE && wider.len().is_multiple_of(Hash::LEN);
        wider.get(..self.byte_len()).filter(|_| is_tile)
    }

    /// The size of the tree that a client has who asks for this tile: a partial tile of level 0 ends with its last record
    /// (`256·n + width`). A full tile, or one of a higher level, does not tell.
    #[must_use]
    pub fn told_size(&self) -> Option<u64> {
        let tells = self.at.level == 0 && !self.is_full();
        tells.then_some(self.at.n * u64::from(FULL) + u64::from(self.width))
    }

    /// The path it is asked for by.
    #[must_use]
    pub fn path(&self) -> TilePath {
        TilePath {
            height: HEIGHT,
            level: Some(self.at.level),
            n: self.at.n,
            width: self.width.into(),
        }
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_TILE, Tile};
    use crate::tree::MAX_SIZE;

    #[test]
    fn a_tile_is_as_wide_as_the_tree_lets_it() {
        let width = |level, n, size| Tile::in_tree(level, n, size).map(|tile| tile.width());
        assert_eq!(width(0, 280_897, 71_909_756), Some(124));
        assert_eq!(width(0, 280_898, 71_909_756), None);
        assert_eq!(width(0, 280_896, 71_909_756), Some(256));
        assert_eq!(width(1, 1097, 71_909_756), Some(65));
        assert_eq!(width(3, 0, 71_909_756), Some(4));
        assert_eq!(width(4, 0, 71_909_756), None);
        assert_eq!(width(0, 1, 256), None);
        assert_eq!(width(1, 0, 256), Some(1));
        assert_eq!(width(7, 0, MAX_SIZE), Some(127));
        assert_eq!(width(8, 0, MAX_SIZE), None);
    }

    #[test]
    fn widths_and_numbers_have_ends() {
        assert!(Tile::new(0, 0, 0).is_none());
        assert!(Tile::new(0, 0, 257).is_none());
        assert!(Tile::new(8, 0, 1).is_none());
        assert!(Tile::new(7, 0, 127).is_some());
        assert!(Tile::new(7, 0, 128).is_none());
        assert!(Tile::new(0, MAX_SIZE >> 8, 255).is_some());
        assert!(Tile::new(0, MAX_SIZE >> 8, 256).is_none());
        assert!(Tile::new(0, u64::MAX, 1).is_none());
    }

    #[test]
    fn a_narrower_tile_is_the_beginning_of_a_wider() {
        let wider: Vec<u8> = (0..MAX_TILE).map(|at| (at / 32) as u8).collect();
        let tile = Tile::new(0, 5, 3).unwrap();
        assert_eq!(tile.cut(&wider), Some(&wider[..96]));
        assert_eq!(tile.cut(&wider[..96]), Some(&wider[..96]));
        assert_eq!(tile.cut(&wider[..64]), None);
        assert_eq!(tile.cut(&wider[..97]), None);
        assert_eq!(tile.cut(&[wider.as_slice(), &[0; 32]].concat()), None);
    }

    #[test]
    fn a_partial_tile_tells_the_size_of_its_tree() {
        let told = |level, n, width| Tile::new(level, n, width).unwrap().told_size();
        assert_eq!(told(0, 280_897, 124), Some(71_909_756));
        assert_eq!(told(0, 280_897, 256), None);
        assert_eq!(told(1, 1097, 65), None);
    }

    proptest! {
        #[test]
        fn a_tile_is_found_by_its_path(level in 0u8..8, n in any::<u64>(), bits in 0..64, width in any::<u16>()) {
            if let Some(tile) = Tile::new(level, n >> bits, width % 257) {
                prop_assert_eq!(tile.path().tile(), Some(tile));
            }
        }

        #[test]
        fn no_number_makes_it_panic(level in any::<u8>(), n in any::<u64>(), width in any::<u16>(), size in any::<u64>()) {
            let _ = Tile::new(level, n, width);
            let _ = Tile::in_tree(level, n, size);
        }
    }
}
