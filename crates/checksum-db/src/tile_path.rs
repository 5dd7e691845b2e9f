//! The paths of tiles: `tile/8/0/x280/897.p/124` (x/mod `sumdb/tlog/tile.go`).

use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::tile::{HEIGHT, Tile};
use crate::tree::{MAX_SIZE, decimal};

/// A path of a tile of any height, as clients may ask for it: `tile/<height>/<level>/<n>[.p/<width>]`.
///
/// The number is cut into groups of three digits, all but the last with an `x` before them (1234067 is
/// `x001/x234/067`), so that no folder has more than some thousand entries. A width is written only where it is less
/// than 2^height (`tlog.Tile.Path`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePath {
    /// 1 to 30. Databases serve tiles of height 8.
    pub height: u8,
    /// 0 to 63; `None` for the records themselves, which the path calls `data`.
    pub level: Option<u8>,
    /// The number of the tile within its level.
    pub n: u64,
    /// 1 to 2^height.
    pub width: u32,
}

impl TilePath {
    /// The tile of hashes of height 8 that this is the path of; `None` for records, other heights, and what lies beyond
    /// every log.
    #[must_use]
    pub fn tile(&self) -> Option<Tile> {
        if self.height != HEIGHT {
            return None;
        }
        Tile::new(self.level?, self.n, u16::try_from(self.width).ok()?)
    }
}

impl FromStr for TilePath {
    type Err = Error;

    /// Reads a path without leading slash. Each tile has one path: what was read is written again and compared
    /// (`tlog.ParseTilePath`).
    fn from_str(path: &str) -> Result<Self, Error> {
        parse(path)
            .filter(|tile| tile.to_string() == path)
            .ok_or(Error::MalformedTilePath)
    }
}

/// The numbers of a path, of which some may have been written in another form.
fn parse(path: &str) -> Option<TilePath> {
    let (height, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let (level, rest) = rest.split_once('/')?;
    let height = number(height).filter(|height| (1..=30).contains(height))? as u8;
    let level = match level {
        "data" => None,
        level => Some(number(level).filter(|level| *level <= 63)? as u8),
    };
    let whole = 1u32 << height;
    let (n, width) = match rest.split_once(".p/") {
        Some((n, width)) => (n, number(width).filter(|width| (1..whole).contains(width))?),
        None => (rest, whole),
    };
    let n = n.split('/').try_fold(0u64, |n, group| {
        let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
        n.checked_mul(1000)?.checked_add(digits)
    })?;
    (n <= MAX_SIZE).then_some(TilePath {
        height,
        level,
        n,
        width,
    })
}

fn number(text: &str) -> Option<u32> {
    decimal(text)?.try_into().ok()
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.height)?;
        match self.level {
            Some(level) => write!(f, "{level}/")?,
            None => f.write_str("data/")?,
        }
        let groups = (1..7).rev().map(|group| self.n / 1000u64.pow(group));
        for group in groups.skip_while(|group| *group == 0) {
            write!(f, "x{:03}/", group % 1000)?;
        }
        write!(f, "{:03}", self.n % 1000)?;
        if 1u32.checked_shl(self.height.into()) != Some(self.width) {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::TilePath;
    use crate::Error;
    use crate::tree::MAX_SIZE;

    #[test]
    fn what_is_no_tile_of_a_database_has_a_path_all_the_same() {
        let tile = |path: &str| path.parse::<TilePath>().unwrap().tile();
        assert!(tile("tile/8/7/000.p/1").is_some());
        for path in [
            "tile/8/data/000",
            "tile/3/0/000",
            "tile/8/8/000",
            "tile/8/0/x009/x223/x372/x036/x854/x775/807",
        ] {
            assert_eq!(tile(path), None, "{path}");
        }
    }

    #[test]
    fn only_one_path_is_a_tiles() {
        for bad in [
            "",
            "tile",
            "tile/8/0",
            "tile/8/0/",
            "/tile/8/0/000",
            "tile/08/0/000",
            "tile/8/00/000",
            "tile/8/64/000",
            "tile/0/0/000",
            "tile/8/0/0000",
            "tile/8/0/+01",
            "tile/8/0/x001",
            "tile/8/0/000.p/256",
            "tile/8/0/000.p/1/2",
            "tile/8/0/000/",
            "tile/8/0/001/x002",
            "tile/8/0/x1000/000",
            "tile/8/0/x009/x223/x372/x036/x854/x775/808",
            "tile/8/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(
                bad.parse::<TilePath>(),
                Err(Error::MalformedTilePath),
                "{bad:?}"
            );
        }
    }

    fn tile_paths() -> impl Strategy<Value = TilePath> {
        let level = prop::option::of(0u8..=63);
        let n = (0..=MAX_SIZE, 0..63).prop_map(|(n, bits)| n >> bits);
        let width = any::<prop::sample::Index>();
        (1u8..=30, level, n, width).prop_map(|(height, level, n, width)| TilePath {
            height,
            level,
            n,
            width: width.index(1 << height) as u32 + 1,
        })
    }

    proptest! {
        #[test]
        fn both_forms_agree(tile in tile_paths()) {
            prop_assert_eq!(tile.to_string().parse(), Ok(tile));
        }

        #[test]
        fn a_path_that_is_read_is_the_only_one(path in "tile/[0-9]{1,2}/([0-9]{1,2}|data)(/x?[0-9]{1,4}){1,4}(\\.p/[0-9]{1,4})?") {
            if let Ok(tile) = path.parse::<TilePath>() {
                prop_assert_eq!(tile.to_string(), path);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), rest in "[0-9x./p]*") {
            let _ = text.parse::<TilePath>();
            let _ = format!("tile/8/0/{rest}").parse::<TilePath>();
        }
    }
}
