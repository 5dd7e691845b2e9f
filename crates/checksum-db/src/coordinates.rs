//! Which tiles stand for a record or a tree, and which head to put under a record.
//!
//! These are rules 2 and 4 of how Larder keeps a checksum database (measured with Go's client: keeping answers by URL
//! verifies nothing offline, this verifies everything). They say what to fetch on a look-up, so that later any client can
//! be served without a network, whatever tree it knows.

use crate::tile::{LEVELS, Tile};

/// The tiles at the coordinates of a number `x`, a record's id or the size of a tree, within a tree of `size` records and
/// as wide as they are there, lowest level first: `(l, x >> 8(l+1))` for each level l.
///
/// - For a record they hold its hash and all that is above it.
/// - For an older tree they hold the hashes that its root is made of (`subTreeIndex`, x/mod `sumdb/tlog/tlog.go`), so
///   they prove that the tree of `size` records begins with it.
/// - For `size` itself they are the [`edge`].
///
/// The parent of each tile that is not at the edge is among them; together with the edge they can be authenticated.
pub fn of(x: u64, size: u64) -> impl Iterator<Item = Tile> {
    upward(0, x >> 8, size)
}

/// The tiles that end where a tree of `size` records ends: its root is the hash over these alone. All of them are
/// partial; every other tile of the tree is full.
///
/// A folder that is to serve as `GOPROXY=file://` cannot cut tiles. It needs, besides the kept full tiles, the edge of
/// each head that stands in one of its look-up files, at its width.
pub fn edge(size: u64) -> impl Iterator<Item = Tile> {
    of(size, size)
}

/// The tile at these coordinates and all above it, within a tree of `size` records.
pub(crate) fn upward(level: u8, n: u64, size: u64) -> impl Iterator<Item = Tile> {
    (level..LEVELS)
        .zip(0u32..)
        .filter_map(move |(level, above)| {
            Tile::in_tree(level, n.checked_shr(8 * above).unwrap_or(0), size)
        })
}

/// The size to put under record `id` among the `known` ones, which ascend: the smallest that holds the record and
/// is settled in the newest tree, else the newest.
///
/// A tree is settled when its tiles of levels 0 and 1 are full in the newest (`T >> 16 < H >> 16`, hence also
/// `T >> 8 < H >> 8`): then a client that knows a tree beyond the newest asks for tiles that are kept. The smallest
/// such size serves fresh clients and older ones as well. `None` where no known tree holds the record.
pub fn size_under(id: u64, known: impl IntoIterator<Item = u64>, newest: u64) -> Option<u64> {
    let settled = |size: u64| size >> 16 < newest >> 16;
    known
        .into_iter()
        .find(|size| *size > id && settled(*size))
        .or(Some(newest).filter(|newest| *newest > id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{edge, of, size_under};
    use crate::tree::MAX_SIZE;

    fn paths(tiles: impl Iterator<Item = crate::Tile>) -> Vec<String> {
        tiles.map(|tile| tile.to_string()).collect()
    }

    #[test]
    fn a_record_has_a_tile_on_each_level() {
        assert_eq!(
            paths(of(470, 71_909_756)),
            [
                "tile/8/0/001",
                "tile/8/1/000",
                "tile/8/2/000",
                "tile/8/3/000.p/4"
            ]
        );
    }

    #[test]
    fn the_edge_is_partial_and_skips_levels_that_end_full() {
        assert_eq!(
            paths(edge(71_909_756)),
            [
                "tile/8/0/x280/897.p/124",
                "tile/8/1/x001/097.p/65",
                "tile/8/2/004.p/73",
                "tile/8/3/000.p/4"
            ]
        );
        assert_eq!(
            paths(edge(0x10002)),
            ["tile/8/0/256.p/2", "tile/8/2/000.p/1"]
        );
        assert_eq!(paths(edge(0)), [""; 0]);
    }

    #[test]
    fn a_record_gets_the_smallest_settled_head() {
        let newest = 0x50000;
        let known = [100, 0x10000, 0x3ffff, 0x4ffff, newest];
        assert_eq!(size_under(5, known, newest), Some(100));
        assert_eq!(size_under(99, known, newest), Some(100));
        assert_eq!(size_under(100, known, newest), Some(0x10000));
        assert_eq!(size_under(0x3ffff, known, newest), Some(0x4ffff));
        assert_eq!(size_under(0x4ffff, known, newest), Some(newest));
        // Nothing is settled within the last 65,536.
        assert_eq!(size_under(5, [100, 0x4ffff], 0x4ffff), Some(100));
        assert_eq!(size_under(5, [0x40000, 0x4ffff], 0x4ffff), Some(0x4ffff));
        assert_eq!(size_under(newest, known, newest), None);
        assert_eq!(size_under(0, [], 0), None);
    }

    proptest! {
        #[test]
        fn all_but_the_edge_is_full_and_parents_are_there(size in 1..=MAX_SIZE, bits in 0u32..63, x in any::<prop::sample::Index>()) {
            let size = u64::max(size >> bits, 1);
            let x = x.index(usize::MAX) as u64 % size;
            let edge: Vec<_> = edge(size).collect();
            prop_assert!(edge.iter().all(|tile| !tile.is_full()));
            let tiles: Vec<_> = of(x, size).collect();
            prop_assert_eq!(tiles[0].n(), x >> 8);
            for tile in &tiles {
                let is_parent = |parent: &&crate::Tile| {
                    (parent.level(), parent.n()) == (tile.level() + 1, tile.n() >> 8)
                };
                prop_assert!(edge.contains(tile) || (tile.is_full() && tiles.iter().any(|t| is_parent(&t))));
            }
        }
    }
}
