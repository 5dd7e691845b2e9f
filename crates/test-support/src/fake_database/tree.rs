//! The Merkle tree over the records (RFC 6962 section 2.1), kept so that it grows by one at a time.

use ring::digest::{Context, SHA256};

/// A SHA-256.
pub(super) type Hash = [u8; 32];

/// All hashes of complete subtrees.
#[derive(Clone, Default)]
pub(super) struct Tree {
    /// By the binary logarithm of their number of records.
    levels: Vec<Vec<Hash>>,
}

/// The hash of a record.
pub(super) fn leaf(text: &str) -> Hash {
    hash(&[&[0], text.as_bytes()])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    hash(&[&[1], left, right])
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let hash = context.finish();
    hash.as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

impl Tree {
    /// How many records it is over.
    pub(super) fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Adds the next record.
    pub(super) fn push(&mut self, leaf: Hash) {
        let mut next = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(next);
            if !hashes.len().is_multiple_of(2) {
                return;
            }
            next = node(&hashes[hashes.len() - 2], &hashes[hashes.len() - 1]);
        }
    }

    /// The tree when it had `size` records.
    pub(super) fn cut_to(&self, size: u64) -> Self {
        let levels = self.levels.iter().enumerate();
        let levels = levels.map(|(level, hashes)| hashes[..index(size >> level)].to_vec());
        Self {
            levels: levels.filter(|hashes| !hashes.is_empty()).collect(),
        }
    }

    /// The root when it had `size` records.
    pub(super) fn root(&self, size: u64) -> Hash {
        if size == 0 {
            return hash(&[]);
        }
        self.root_between(0, size)
    }

    fn root_between(&self, begin: u64, end: u64) -> Hash {
        let count = end - begin;
        if count.is_power_of_two() {
            let level = count.ilog2();
            return self.levels[level as usize][index(begin >> level)];
        }
        // The largest power of two that is smaller than the count.
        let middle = begin + (1 << count.ilog2());
        node(
            &self.root_between(begin, middle),
            &self.root_between(middle, end),
        )
    }

    /// The hashes of a tile, as wide as it is asked for. The tree must have it.
    pub(super) fn tile(&self, level: u32, n: u64, width: u64) -> Vec<u8> {
        let hashes = &self.levels[8 * level as usize];
        hashes[index(n << 8)..index((n << 8) + width)].concat()
    }
}

fn index(n: u64) -> usize {
    usize::try_from(n).expect("what is in memory can be counted")
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::{Hash, Tree, leaf, node};

    /// The definition of RFC 6962, from the leaves each time.
    fn root_of(leaves: &[Hash]) -> Hash {
        if let [leaf] = leaves {
            return *leaf;
        }
        let middle = leaves.len().next_power_of_two() / 2;
        node(&root_of(&leaves[..middle]), &root_of(&leaves[middle..]))
    }

    #[test]
    fn roots_are_those_of_the_definition_at_every_size() {
        let leaves: Vec<_> = (0..70).map(|n| leaf(&format!("record {n}\n"))).collect();
        let mut tree = Tree::default();
        for (n, leaf) in leaves.iter().enumerate() {
            tree.push(*leaf);
            assert_eq!(tree.size(), n as u64 + 1);
        }
        for size in 1..=leaves.len() {
            assert_eq!(tree.root(size as u64), root_of(&leaves[..size]), "{size}");
            let mut cut = tree.cut_to(size as u64);
            assert_eq!(cut.size(), size as u64);
            for leaf in &leaves[size..] {
                cut.push(*leaf);
            }
            assert_eq!(cut.levels, tree.levels, "{size}");
        }
    }

    #[test]
    fn the_root_of_nothing_is_the_hash_of_nothing() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(HEXLOWER.encode(&Tree::default().root(0)), empty);
    }
}
