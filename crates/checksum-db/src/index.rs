//! Where a hash stands when all hashes of a log are stored in one row (x/mod `sumdb/tlog/tlog.go`).
//!
//! Hashes are stored in the order in which they become known: a record's, then those of the subtrees that it completes
//! (Crosby and Wallach, "Efficient Data Structures for Tamper-Evident Logging", section 3.3). Tiles need none of this;
//! it is for those who keep a log, or speak with somebody who counts so.

use crate::tile::Tile;

/// The place of the `n`th hash of the binary level `level`, where level 0 holds the records (`tlog.StoredHashIndex`);
/// `None` where it is beyond 63 bits.
#[must_use]
pub fn stored_hash_index(level: u8, n: u64) -> Option<u64> {
    // The last record below the subtree (level, n) completes it, so it is stored `level` places after that record.
    let records = n
        .checked_add(1)?
        .checked_mul(1u64.checked_shl(level.into())?)?;
    let last = records - 1;
    // Before record `last` stand that many records, half as many pairs, and so on.
    let before = u128::from(last) * 2 - u128::from(last.count_ones());
    let index = u64::try_from(before + u128::from(level)).ok()?;
    (index <= i64::MAX as u64).then_some(index)
}

/// The level and number of the hash at a place (`tlog.SplitStoredHashIndex`); `None` beyond 63 bits.
#[must_use]
pub fn split_stored_hash_index(index: u64) -> Option<(u8, u64)> {
    if index > i64::MAX as u64 {
        return None;
    }
    // The place of record n is 2n less its one bits, so n lies within 64 of half the index.
    let begin = |n: u64| stored_hash_index(0, n).unwrap_or(u64::MAX);
    let mut record = index / 2;
    while begin(record + 1) <= index {
        record += 1;
    }
    let level = u8::try_from(index - begin(record)).ok()?;
    Some((level, record >> level))
}

/// The narrowest tile of height 8 that holds the `n`th hash of the binary level `level` (`tlog.TileForIndex`).
#[must_use]
pub fn narrowest_tile(level: u8, n: u64) -> Option<Tile> {
    let within = level % 8;
    let end = n.checked_add(1)?.checked_mul(1 << within)?;
    let records = 1u64.checked_shl(u32::from(level - within))?;
    Tile::in_tree(level / 8, (end - 1) >> 8, end.checked_mul(records)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{split_stored_hash_index, stored_hash_index};

    #[test]
    fn each_place_has_one_hash() {
        // Written out as the log stores them: record by record, with what each one completes.
        let mut index = 0;
        for record in 0u64..1000 {
            for level in 0..=(record + 1).trailing_zeros() as u8 {
                let n = record >> level;
                assert_eq!(stored_hash_index(level, n), Some(index));
                assert_eq!(split_stored_hash_index(index), Some((level, n)));
                index += 1;
            }
        }
    }

    proptest! {
        #[test]
        fn both_ways_agree(index in 0..=i64::MAX as u64) {
            let (level, n) = split_stored_hash_index(index).unwrap();
            prop_assert_eq!(stored_hash_index(level, n), Some(index));
        }

        #[test]
        fn no_number_makes_it_panic(level in any::<u8>(), n in any::<u64>()) {
            let _ = stored_hash_index(level, n);
            let _ = split_stored_hash_index(n);
            let _ = super::narrowest_tile(level, n);
        }
    }
}
