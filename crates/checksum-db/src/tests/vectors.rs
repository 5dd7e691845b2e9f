//! Go's own answers, and records, heads and tiles of the real database (`tests/fixtures`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use data_encoding::BASE64;
use serde::Deserialize;

use crate::record::{Answer, answer};
use crate::{
    AuthenticTiles, Client, Error, Hash, Module, SignedHead, Tile, TilePath, TreeHead, VerifierKey,
    coordinates, narrowest_tile, note, split_stored_hash_index, stored_hash_index,
};

/// The groups that concern the checksum database; the file holds others.
#[derive(Deserialize)]
struct Vectors {
    consistency_tiles: Vec<Consistency>,
    h1: Vec<Sums>,
    inclusion_tiles: Vec<Inclusion>,
    parse_tile_path: Vec<Path>,
    signed_heads: Vec<String>,
    signed_note_vector: Note,
    stored_hash_index: Vec<Index>,
    sumdb_key: String,
    tile_path: Vec<Path>,
}

#[derive(Deserialize)]
struct Consistency {
    old_n: u64,
    old_hash: String,
    new_n: u64,
    new_hash: String,
    tiles: Vec<String>,
}

#[derive(Deserialize)]
struct Inclusion {
    id: u64,
    record_hash: String,
    head_n: u64,
    head_hash: String,
    tiles: Vec<String>,
}

#[derive(Deserialize)]
struct Sums {
    module: String,
    version: String,
    h1: String,
    gomod_h1: String,
    lookup_response: String,
    record_hash: String,
    sumdb_id: u64,
    sumdb_text: String,
}

#[derive(Deserialize)]
struct Note {
    msg: String,
    vkey: String,
}

#[derive(Deserialize)]
struct Index {
    index: u64,
    level: u8,
    n: u64,
    tile: String,
}

#[derive(Deserialize)]
struct Path {
    path: String,
    /// -1 is `data`.
    l: i8,
    n: u64,
    w: u32,
    #[serde(default = "yes")]
    ok: bool,
}

fn yes() -> bool {
    true
}

static VECTORS: LazyLock<Vectors> = LazyLock::new(|| {
    serde_json::from_str(include_str!(
        "../../../../tests/fixtures/go-module-vectors.json"
    ))
    .unwrap()
});

/// Tiles of the real database, by path.
static TILES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!(
        "../../../../tests/fixtures/checksum-db-tiles.json"
    ))
    .unwrap()
});

/// The cases of a group, of which there must be some.
fn cases<T>(group: &'static [T]) -> &'static [T] {
    assert!(!group.is_empty(), "the group is empty");
    group
}

fn key() -> VerifierKey {
    VECTORS.sumdb_key.parse().unwrap()
}

fn head(size: u64, root: &str) -> TreeHead {
    TreeHead {
        size,
        root: Hash::parse(root).unwrap(),
    }
}

/// A tile of the fixture, cut from the widest there.
fn tile(tile: Tile) -> Option<Vec<u8>> {
    let at = |path: &String| path.parse::<TilePath>().unwrap().tile().unwrap().at();
    let (_, found) = TILES.iter().find(|(path, _)| at(path) == tile.at())?;
    let bytes = BASE64.decode(found.as_bytes()).unwrap();
    tile.cut(&bytes).map(<[u8]>::to_vec)
}

type Tiles = Vec<(Tile, Vec<u8>)>;

/// Checks that Go asks for the paths that this crate asks for; gives the tiles, where the fixture has them all.
fn asked(go: &[String], ours: impl Iterator<Item = Tile>) -> Option<Tiles> {
    let mut ours: Vec<Tile> = ours.collect();
    ours.sort();
    ours.dedup();
    let mut paths: Vec<_> = ours.iter().map(Tile::to_string).collect();
    paths.sort();
    let mut go = go.to_vec();
    go.sort();
    assert_eq!(paths, go);
    ours.iter().map(|t| Some((*t, tile(*t)?))).collect()
}

/// The tiles of the records that the fixture can prove, which are 16 of 26.
fn provable() -> Vec<(&'static Inclusion, Tiles)> {
    let provable: Vec<_> = cases(&VECTORS.inclusion_tiles)
        .iter()
        .filter_map(|case| {
            let ours = coordinates::of(case.id, case.head_n).chain(coordinates::edge(case.head_n));
            let tiles = asked(&case.tiles, ours)?;
            Some((case, tiles))
        })
        .collect();
    assert_eq!((VECTORS.inclusion_tiles.len(), provable.len()), (26, 16));
    provable
}

#[test]
fn the_key() {
    assert_eq!(
        crate::known_key("sum.golang.org"),
        Some(VECTORS.sumdb_key.as_str())
    );
    assert_eq!(key().to_string(), VECTORS.sumdb_key);
}

#[test]
fn a_signed_note() {
    let vector = &VECTORS.signed_note_vector;
    let text = note::open(vector.msg.as_bytes(), &vector.vkey.parse().unwrap());
    let (expected, _) = vector.msg.rsplit_once("\n\n").unwrap();
    assert_eq!(text, Ok(format!("{expected}\n").as_str()));
    assert_eq!(
        note::open(vector.msg.as_bytes(), &key()),
        Err(Error::NotSigned {
            name: "sum.golang.org".to_owned()
        })
    );
}

#[test]
fn signed_heads() {
    for note in cases(&VECTORS.signed_heads) {
        let head = SignedHead::open(note.as_bytes(), &key()).unwrap();
        assert_eq!(head.note(), note);
        assert!(note.starts_with(&head.head().to_string()));
        let raised = note.replacen(&head.size().to_string(), &(head.size() + 1).to_string(), 1);
        assert!(matches!(
            SignedHead::open(raised.as_bytes(), &key()),
            Err(Error::WrongSignature { .. })
        ));
    }
}

#[test]
fn tile_paths() {
    let group = cases(&VECTORS.parse_tile_path);
    for case in group.iter().chain(cases(&VECTORS.tile_path)) {
        let parsed = case.path.parse::<TilePath>();
        if !case.ok {
            assert_eq!(parsed, Err(Error::MalformedTilePath), "{}", case.path);
            continue;
        }
        let parsed = parsed.unwrap();
        let level = parsed.level.map_or(-1, |level| level as i8);
        assert_eq!((level, parsed.n, parsed.width), (case.l, case.n, case.w));
        assert_eq!(parsed.to_string(), case.path);
    }
}

#[test]
fn stored_hash_indexes() {
    for case in cases(&VECTORS.stored_hash_index) {
        assert_eq!(stored_hash_index(case.level, case.n), Some(case.index));
        assert_eq!(
            split_stored_hash_index(case.index),
            Some((case.level, case.n))
        );
        let tile = narrowest_tile(case.level, case.n).unwrap();
        assert_eq!(tile.to_string(), case.tile);
    }
}

#[test]
fn records_are_in_the_tree() {
    for (case, tiles) in provable() {
        let head = head(case.head_n, &case.head_hash);
        let tiles = AuthenticTiles::new(head, tiles).unwrap();
        assert_eq!(
            tiles.leaf(case.id),
            Ok(Hash::parse(&case.record_hash).unwrap())
        );
    }
}

#[test]
fn older_trees_are_beginnings() {
    for case in cases(&VECTORS.consistency_tiles) {
        let ours = coordinates::of(case.old_n, case.new_n).chain(coordinates::edge(case.new_n));
        let tiles = asked(&case.tiles, ours).unwrap();
        let tiles = AuthenticTiles::new(head(case.new_n, &case.new_hash), tiles).unwrap();
        assert_eq!(
            tiles.root_of(case.old_n),
            Ok(Hash::parse(&case.old_hash).unwrap())
        );
        assert_ne!(tiles.root_of(case.old_n - 1), tiles.root_of(case.old_n));
    }
}

#[test]
fn a_flipped_bit_in_each_tile_of_a_real_proof() {
    for (case, tiles) in provable().into_iter().take(4) {
        let head = head(case.head_n, &case.head_hash);
        for at in 0..tiles.len() {
            for byte in [0, 31, tiles[at].1.len() / 2, tiles[at].1.len() - 1] {
                let mut tiles = tiles.clone();
                tiles[at].1[byte] ^= 0x10;
                let refused = AuthenticTiles::new(head, tiles).is_err();
                assert!(refused, "{} of {}", case.tiles[at], case.id);
            }
        }
    }
}

#[test]
fn answers_hold_records() {
    for case in cases(&VECTORS.h1) {
        let parsed = Answer::parse(case.lookup_response.as_bytes()).unwrap();
        assert_eq!(
            (parsed.id, parsed.text),
            (case.sumdb_id, case.sumdb_text.as_str())
        );
        assert_eq!(
            Hash::leaf(parsed.text.as_bytes()).to_string(),
            case.record_hash
        );
        let head = SignedHead::open(parsed.note, &key()).unwrap();
        assert_eq!(answer(parsed.id, parsed.text, &head), case.lookup_response);
    }
}

/// The real database as far as the fixtures have it: whole look-ups, one after the other, by one client.
#[test]
fn look_ups() {
    struct Recorded;
    impl crate::Source for Recorded {
        type Error = String;

        fn look_up(&mut self, module: &Module) -> Result<Vec<u8>, String> {
            let is_it = |case: &&Sums| {
                (case.module.as_str(), case.version.as_str()) == (module.path(), module.version())
            };
            let case = VECTORS.h1.iter().find(is_it);
            case.map(|case| case.lookup_response.clone().into_bytes())
                .ok_or(module.to_string())
        }

        fn latest(&mut self) -> Result<Vec<u8>, String> {
            Ok(VECTORS.signed_heads.last().unwrap().clone().into_bytes())
        }

        fn tile(&mut self, asked: Tile) -> Result<Vec<u8>, String> {
            tile(asked).ok_or(asked.to_string())
        }
    }

    let mut client = Client::new(key());
    client.refresh().run(&mut client, &mut Recorded).unwrap();
    for note in cases(&VECTORS.signed_heads) {
        let inquiry = client.learn_head(note.as_bytes()).unwrap();
        inquiry.run(&mut client, &mut Recorded).unwrap();
    }
    assert_eq!(client.heads().len(), VECTORS.signed_heads.len());
    // The fixture lacks the tile of one of the records.
    let known = |case: &&Sums| case.sumdb_id != 1622;
    for case in cases(&VECTORS.h1).iter().filter(known) {
        let module = Module::new(&case.module, &case.version).unwrap();
        let proved = client.look_up(module).run(&mut client, &mut Recorded);
        let record = proved.unwrap().record.unwrap();
        assert_eq!(record.zip().to_string(), case.h1);
        assert_eq!(record.go_mod().to_string(), case.gomod_h1);
        assert!(client.head_under(record.id()).unwrap().size() > record.id());
    }
}
