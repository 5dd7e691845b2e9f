//! The log itself: its records, its tree, its heads, and what was done to them.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    sync::Arc,
};

use data_encoding::BASE64;
use ring::digest::{SHA256, digest};

use super::{
    Tamper,
    signer::Signer,
    tree::{Tree, leaf},
};
use crate::module::escape;

/// Fillers are modules below this path.
pub(super) const FILLER: &str = "filler.example/m";
/// The version of each filler.
const FILLER_VERSION: &str = "v1.0.0";

pub(super) struct Log {
    signer: Signer,
    other: Signer,
    records: Vec<Record>,
    /// By escaped `path@version`; fillers are not in it.
    ids: HashMap<String, u64>,
    tree: Tree,
    fork: Option<Fork>,
    tamper: Tamper,
    published: BTreeSet<u64>,
    /// For each record that was looked up, the size of the newest head at that time.
    first_heads: HashMap<u64, u64>,
    pub(super) old_heads: bool,
    pub(super) only_published_widths: bool,
}

enum Record {
    Filler,
    Text(Arc<str>),
}

/// The second log.
struct Fork {
    tree: Tree,
    /// The records whose text is another one.
    altered: Range<u64>,
}

impl Log {
    pub(super) fn new(name: &str) -> Self {
        Self {
            signer: Signer::new(name, &format!("the key of {name}")),
            other: Signer::new(name, &format!("another key of {name}")),
            records: Vec::new(),
            ids: HashMap::new(),
            tree: Tree::default(),
            fork: None,
            tamper: Tamper::None,
            published: BTreeSet::new(),
            first_heads: HashMap::new(),
            old_heads: false,
            only_published_widths: false,
        }
    }

    pub(super) fn signer(&self) -> &Signer {
        &self.signer
    }

    pub(super) fn add(&mut self, path: &str, version: &str, text: &str) -> u64 {
        let id = self.push(Record::Text(text.into()));
        let key = format!("{}@{}", escape(path), escape(version));
        self.ids.insert(key, id);
        id
    }

    pub(super) fn pad(&mut self, count: u64) {
        for _ in 0..count {
            self.push(Record::Filler);
        }
    }

    fn push(&mut self, record: Record) -> u64 {
        let id = self.records.len() as u64;
        self.records.push(record);
        let leaf = leaf(&self.honest_text(id));
        self.tree.push(leaf);
        if let Some(fork) = &mut self.fork {
            fork.tree.push(leaf);
        }
        id
    }

    pub(super) fn publish(&mut self) -> u64 {
        let size = self.tree.size();
        self.published.insert(size);
        size
    }

    /// The size of the newest head.
    pub(super) fn newest(&self) -> u64 {
        self.published.last().copied().unwrap_or_default()
    }

    pub(super) fn tamper(&mut self, tamper: Tamper) {
        self.fork = match &tamper {
            Tamper::Fork { shared } => Some(self.forked(*shared)),
            _ => None,
        };
        self.tamper = tamper;
    }

    fn forked(&self, shared: u64) -> Fork {
        let altered = shared..self.tree.size();
        assert!(
            !altered.is_empty(),
            "a fork after {shared} of {} records is none",
            altered.end
        );
        let mut tree = self.tree.cut_to(shared);
        for id in altered.clone() {
            tree.push(leaf(&altered_text(&self.honest_text(id))));
        }
        Fork { tree, altered }
    }

    fn honest_text(&self, id: u64) -> String {
        match &self.records[usize::try_from(id).expect("an id of a record")] {
            Record::Text(text) => text.to_string(),
            // 42 digits and an `A` are 32 bytes of base64.
            Record::Filler => format!(
                "{FILLER}{id} {FILLER_VERSION} h1:{id:042}A=\n\
                 {FILLER}{id} {FILLER_VERSION}/go.mod h1:{id:042}A=\n"
            ),
        }
    }

    /// The text of a record as it is told now.
    fn told_text(&self, id: u64) -> String {
        match (&self.tamper, &self.fork) {
            (Tamper::ForgeLeaf { id: forged, text }, _) if *forged == id => text.clone(),
            (_, Some(fork)) if fork.altered.contains(&id) => altered_text(&self.honest_text(id)),
            _ => self.honest_text(id),
        }
    }

    fn told_tree(&self) -> &Tree {
        self.fork.as_ref().map_or(&self.tree, |fork| &fork.tree)
    }

    /// The note of a head, as it is told now.
    pub(super) fn head(&self, size: u64) -> String {
        assert!(
            self.published.contains(&size) || size == 0,
            "no head of {size} records was published, only of {:?}",
            self.published
        );
        let root = BASE64.encode(&self.told_tree().root(size));
        let text = format!("go.sum database tree\n{size}\n{root}\n");
        match self.tamper {
            Tamper::ForgeNote => self.signer.sign_falsely(&text),
            Tamper::OtherKey => self.other.sign(&text),
            _ => self.signer.sign(&text),
        }
    }

    /// The answer for `path@version`, both escaped.
    pub(super) fn look_up(&mut self, escaped: &str) -> Option<String> {
        let newest = self.newest();
        let id = self.id_of(escaped).filter(|id| *id < newest)?;
        let first = *self.first_heads.entry(id).or_insert(newest);
        let head = self.head(if self.old_heads { first } else { newest });
        Some(format!("{id}\n{}\n{head}", self.told_text(id)))
    }

    fn id_of(&self, escaped: &str) -> Option<u64> {
        if let Some(id) = self.ids.get(escaped) {
            return Some(*id);
        }
        let (number, version) = escaped.strip_prefix(FILLER)?.split_once('@')?;
        let id: u64 = number.parse().ok()?;
        let record = self.records.get(usize::try_from(id).ok()?)?;
        (matches!(record, Record::Filler) && version == FILLER_VERSION).then_some(id)
    }

    /// The tile of a path such as `8/0/x001/234.p/7`, as the newest published tree has it.
    pub(super) fn tile(&self, path: &str) -> Option<Vec<u8>> {
        let (level, n, width) = parse_tile(path)?;
        // The most levels that a tree of 64-bit sizes has.
        let hashes = |size: u64| size.checked_shr(8 * level).unwrap_or(0);
        let here = |size: u64| hashes(size).saturating_sub(n.saturating_mul(256)).min(256);
        if width > here(self.newest()) {
            return None;
        }
        if self.only_published_widths
            && width < 256
            && !self.published.iter().any(|size| here(*size) == width)
        {
            return None;
        }
        let mut bytes = self.told_tree().tile(level, n, width);
        match &self.tamper {
            Tamper::FlipTileBit {
                level: at_level,
                n: at_n,
                bit,
            } if (u32::from(*at_level), *at_n) == (level, n) => {
                if let Some(byte) = bytes.get_mut(bit / 8) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Tamper::ForgeLeaf { id, text } if (level, n) == (0, id >> 8) => {
                let at = usize::from(id.to_le_bytes()[0]);
                if let Some(hash) = bytes.get_mut(32 * at..32 * (at + 1)) {
                    hash.copy_from_slice(&leaf(text));
                }
            }
            _ => {}
        }
        Some(bytes)
    }
}

/// The same lines with other hashes; a line without one gets a word more.
fn altered_text(text: &str) -> String {
    let altered = |line: &str| match line.split_once("h1:") {
        Some((what, _)) => {
            let hash = digest(&SHA256, format!("altered {line}").as_bytes());
            format!("{what}h1:{}\n", BASE64.encode(hash.as_ref()))
        }
        None => format!("{line} altered\n"),
    };
    text.lines().map(altered).collect()
}

/// Level, number and width of a tile (`golang.org/x/mod/sumdb/tlog`, `ParseTilePath`). Only the one way to write it.
fn parse_tile(path: &str) -> Option<(u32, u64, u64)> {
    let (height, rest) = path.split_once('/')?;
    let (level, rest) = rest.split_once('/')?;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok()?),
        None => (rest, 256),
    };
    let n: u64 = number.replace(['x', '/'], "").parse().ok()?;
    let level = u32::from(level.parse::<u8>().ok()?);
    (height == "8" && (1..=256).contains(&width) && path == tile_path(level, n, width))
        .then_some((level, n, width))
}

fn tile_path(level: u32, n: u64, width: u64) -> String {
    let mut number = format!("{:03}", n % 1000);
    let mut rest = n / 1000;
    while rest > 0 {
        number = format!("x{:03}/{number}", rest % 1000);
        rest /= 1000;
    }
    let partial = match width {
        256 => String::new(),
        width => format!(".p/{width}"),
    };
    format!("8/{level}/{number}{partial}")
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use data_encoding::BASE64;

    use super::{Log, altered_text, parse_tile};

    #[test]
    fn tiles_have_one_way_to_be_written() {
        assert_eq!(parse_tile("8/0/000"), Some((0, 0, 256)));
        assert_eq!(parse_tile("8/1/x001/234.p/7"), Some((1, 1234, 7)));
        assert_eq!(parse_tile("8/0/x001/x002/003"), Some((0, 1_002_003, 256)));
        for wrong in [
            "8/0/0",
            "7/0/000",
            "8/0/000.p/256",
            "8/0/000.p/0",
            "8/0/x000/001",
            "8/00/001",
            "8/0/001/002",
            "8/data/000",
            "8/0/000.p/+1",
            "8/0/",
            "8/0/000.p/01",
        ] {
            assert_eq!(parse_tile(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_tile_is_there_as_wide_as_the_newest_published_tree_has_it() {
        let mut log = Log::new("sums.example.com");
        log.pad(300);
        assert_eq!(log.tile("8/0/000.p/1"), None, "nothing is published");
        log.publish();
        log.pad(10);
        let width = |log: &Log, path| log.tile(path).map(|bytes| bytes.len() / 32);
        assert_eq!(width(&log, "8/0/000"), Some(256));
        assert_eq!(width(&log, "8/0/000.p/9"), Some(9));
        assert_eq!(width(&log, "8/0/001.p/44"), Some(44));
        assert_eq!(width(&log, "8/0/001.p/43"), Some(43));
        assert_eq!(width(&log, "8/0/001.p/45"), None);
        assert_eq!(width(&log, "8/0/001"), None);
        assert_eq!(width(&log, "8/1/000.p/1"), Some(1));
        assert_eq!(width(&log, "8/1/000.p/2"), None);
        assert_eq!(width(&log, "8/9/000.p/1"), None);
        log.only_published_widths = true;
        assert_eq!(width(&log, "8/0/000"), Some(256));
        assert_eq!(width(&log, "8/0/000.p/9"), None);
        assert_eq!(width(&log, "8/0/001.p/44"), Some(44));
        assert_eq!(width(&log, "8/0/001.p/43"), None);
    }

    #[test]
    fn many_fillers_take_a_moment() {
        let started = Instant::now();
        let mut log = Log::new("sums.example.com");
        log.pad(200_000);
        assert_eq!(log.publish(), 200_000);
        log.head(200_000);
        let took = started.elapsed();
        assert!(took.as_secs() < 5, "{took:?}, even on a busy machine");
    }

    #[test]
    fn the_hash_of_a_filler_is_one() {
        let mut log = Log::new("sums.example.com");
        log.pad(1235);
        for line in log.honest_text(1234).lines() {
            let (_, hash) = line.split_once(" h1:").unwrap();
            assert_eq!(BASE64.decode(hash.as_bytes()).unwrap().len(), 32, "{line}");
        }
    }

    #[test]
    fn an_altered_text_differs_in_each_line() {
        let text = "example.com/a v1.0.0 h1:abc=\nwhatever\n";
        let altered = altered_text(text);
        let pairs: Vec<_> = text.lines().zip(altered.lines()).collect();
        assert_eq!(pairs.len(), 2);
        assert!(pairs.iter().all(|(old, new)| old != new), "{altered}");
        assert!(altered.starts_with("example.com/a v1.0.0 h1:"), "{altered}");
    }
}
