//! What is forged, damaged or contradictory, each refused with its own error; and the client knows no more than before.

use super::Signer;
use super::log::{FORK, FORKED, LOG, Log, RECORDS};
use crate::record::Line;
use crate::{
    AuthenticTiles, Client, Error, Fork, Hash, Inquiry, SignedHead, Step, Tile, TreeHead,
    coordinates,
};

/// A size with many bits, so that the root is made of many hashes of each tile at the edge.
const SIZE: u64 = 0x2_f7bd;

/// Feeds an inquiry until it ends or is refused.
fn run(
    client: &mut Client,
    mut inquiry: Inquiry,
    answer: &str,
    tile: impl Fn(Tile) -> Vec<u8>,
) -> Result<(), Error> {
    loop {
        match inquiry.step(client)? {
            Step::Lookup | Step::Latest => inquiry.answer(answer.as_bytes())?,
            Step::Tiles(asked) => inquiry.tiles(asked.iter().map(|t| (*t, tile(*t))))?,
            Step::Done(_) => return Ok(()),
        }
    }
}

/// A look-up by a client that knows a head of 1000 records; a refusal must teach it nothing.
#[track_caller]
fn refused(id: u64, answer: &str, tile: impl Fn(Tile) -> Vec<u8>) -> Error {
    let mut client = LOG.client_at(&[1000]);
    let inquiry = client.look_up(Log::module(id));
    let error = run(&mut client, inquiry, answer, tile).unwrap_err();
    assert!(client.heads().map(SignedHead::size).eq([1000]));
    error
}

fn honest(tile: Tile) -> Vec<u8> {
    LOG.tile(tile)
}

/// The log's tile, with one hash in it replaced.
fn with(tile: Tile, level: u8, n: u64, hash: Hash) -> Vec<u8> {
    let mut bytes = LOG.tile(tile);
    if (tile.level(), tile.n()) == (level, n >> 8) {
        let at = (n & 0xff) as usize * Hash::LEN;
        bytes[at..at + Hash::LEN].copy_from_slice(&hash.0);
    }
    bytes
}

fn subtree(bytes: &[u8]) -> Hash {
    Hash::subtree(bytes.as_chunks().0)
}

#[test]
fn a_flipped_bit_in_any_tile() {
    // The record's own tiles, those of the edge, and those that prove the former head; one bit of each hash.
    let head = TreeHead {
        size: SIZE,
        root: LOG.root(SIZE),
    };
    let mut asked: Vec<Tile> = [0x1_2345, 1000, SIZE]
        .iter()
        .flat_map(|x| coordinates::of(*x, SIZE))
        .collect();
    asked.sort();
    asked.dedup();
    let edge: Vec<Tile> = coordinates::edge(SIZE).collect();
    let tiles = LOG.tiles(&asked);
    assert!(AuthenticTiles::new(head, tiles.clone()).is_ok());
    assert_eq!((asked.len(), edge.len()), (7, 3));
    for (at, tile) in asked.iter().enumerate() {
        for hash in 0..usize::from(tile.width()) {
            let mut tiles = tiles.clone();
            tiles[at].1[hash * Hash::LEN + hash % Hash::LEN] ^= 1 << (hash % 8);
            let expected = match edge.contains(tile) {
                true => Error::WrongEdge { size: SIZE },
                false => Error::WrongTile { at: tile.at() },
            };
            assert_eq!(AuthenticTiles::new(head, tiles).err(), Some(expected));
        }
    }
    // The same through an inquiry.
    let answer = LOG.answer(0x1_2345, SIZE);
    for damaged in asked {
        let error = refused(0x1_2345, &answer, |tile| {
            let mut bytes = LOG.tile(tile);
            bytes[33] ^= u8::from(tile == damaged);
            bytes
        });
        assert!(matches!(
            error,
            Error::WrongEdge { .. } | Error::WrongTile { .. }
        ));
    }
}

#[test]
fn a_forged_leaf() {
    let id = 0x1_2345;
    let forged = LOG.text(id).replace("h1:", "h1:AAAA");
    let answer = LOG.answer(id, SIZE).replace(&LOG.text(id), &forged);
    // The text alone.
    let module = Log::module(id);
    assert_eq!(
        refused(id, &answer, honest),
        Error::WrongRecord { module, id }
    );
    // With the leaf in its tile; with all the tiles above that are not at the edge; and with those at the edge too.
    let leaf = Hash::leaf(forged.as_bytes());
    let tile_0 = |tile| with(tile, 0, id, leaf);
    let node = subtree(&tile_0(Tile::in_tree(0, id >> 8, SIZE).unwrap()));
    let tile_1 = |tile: Tile| match tile.level() {
        1 => with(tile, 1, id >> 8, node),
        _ => tile_0(tile),
    };
    let top = subtree(&tile_1(Tile::in_tree(1, id >> 16, SIZE).unwrap()));
    let tile_2 = |tile: Tile| match tile.level() {
        2 => with(tile, 2, id >> 16, top),
        _ => tile_1(tile),
    };
    let wrong = |level, n| Error::WrongTile {
        at: crate::Coordinates { level, n },
    };
    assert_eq!(refused(id, &answer, tile_0), wrong(0, id >> 8));
    assert_eq!(refused(id, &answer, tile_1), wrong(1, id >> 16));
    assert_eq!(
        refused(id, &answer, tile_2),
        Error::WrongEdge { size: SIZE }
    );
}

#[test]
fn a_forged_leaf_beside_one_that_is_proven() {
    // Two records whose tiles have the same parent: each tile is compared (CVE-2026-56865).
    let head = TreeHead {
        size: SIZE,
        root: LOG.root(SIZE),
    };
    let ids = [0x1_2345, 0x1_2445, 0x1_2545, 0x0_0001];
    let mut asked: Vec<Tile> = ids
        .iter()
        .flat_map(|id| coordinates::of(*id, SIZE))
        .collect();
    asked.extend(coordinates::edge(SIZE));
    for id in ids {
        let forged = asked
            .iter()
            .map(|tile| (*tile, with(*tile, 0, id, Hash::EMPTY)));
        let at = crate::Coordinates {
            level: 0,
            n: id >> 8,
        };
        assert_eq!(
            AuthenticTiles::new(head, forged).err(),
            Some(Error::WrongTile { at })
        );
    }
}

#[test]
fn a_forged_note() {
    let answer = LOG.answer(5, SIZE);
    let name = || "sums.example.com".to_owned();
    // Another size or root under the same signature; a signature that was altered.
    let size = answer.replacen(&format!("\n{SIZE}\n"), &format!("\n{}\n", SIZE + 1), 1);
    assert_eq!(
        refused(5, &size, honest),
        Error::WrongSignature { name: name() }
    );
    let root = answer.replacen(&LOG.root(SIZE).to_string(), &Hash::EMPTY.to_string(), 1);
    assert_eq!(
        refused(5, &root, honest),
        Error::WrongSignature { name: name() }
    );
    let signature = LOG.answer(6, 999);
    let (_, signature) = signature.rsplit_once("\n\n").unwrap();
    let (text, _) = answer.rsplit_once("\n\n").unwrap();
    assert_eq!(
        refused(5, &format!("{text}\n\n{signature}"), honest),
        Error::WrongSignature { name: name() }
    );
    assert!(matches!(
        refused(5, answer.trim_end(), honest),
        Error::MalformedNote { .. }
    ));
}

#[test]
fn a_note_of_another_key() {
    let text = format!("go.sum database tree\n{SIZE}\n{}\n", LOG.root(SIZE));
    for signer in [
        Signer::new("sums.example.com", 8),
        Signer::new("other.example.com", 7),
    ] {
        let answer = format!("5\n{}\n{}", LOG.text(5), signer.sign(&text));
        let name = "sums.example.com".to_owned();
        assert_eq!(refused(5, &answer, honest), Error::NotSigned { name });
    }
}

#[test]
fn a_signed_text_that_is_no_tree() {
    let note = Signer::new("sums.example.com", 7).sign("go.sum database tree v2\n");
    let answer = format!("5\n{}\n{note}", LOG.text(5));
    assert_eq!(refused(5, &answer, honest), Error::MalformedTree);
}

#[test]
fn a_true_record_without_the_exact_line() {
    let no = |id, line| Error::NoLine {
        module: Log::module(id),
        id,
        line,
    };
    assert_eq!(
        refused(13, &LOG.answer(13, SIZE), honest),
        no(13, Line::Zip)
    );
    assert_eq!(
        refused(14, &LOG.answer(14, SIZE), honest),
        no(14, Line::GoMod)
    );
    // The record of another module, which is as true as can be.
    let Error::NoLine { module, id, line } = refused(5, &LOG.answer(6, SIZE), honest) else {
        panic!("another error");
    };
    assert_eq!((module, id, line), (Log::module(5), 6, Line::Zip));
}

#[test]
fn lines_outside_the_authenticated_text() {
    // The lines that are asked for stand after the record, where nothing is authenticated (CVE-2026-56864).
    let answer = LOG.answer(6, SIZE);
    let (record, note) = answer.split_once("\n\n").unwrap();
    let planted = format!("{record}\n\n{}\n{note}", LOG.text(5));
    assert!(matches!(
        refused(5, &planted, honest),
        Error::WrongSignature { .. }
    ));
    // In the record, they make it another one.
    let planted = format!("{record}\n{}\n{note}", LOG.text(5));
    assert!(matches!(
        refused(5, &planted, honest),
        Error::WrongRecord { id: 6, .. }
    ));
}

#[test]
fn a_record_beyond_the_tree() {
    let answer = format!("{SIZE}\n{}\n{}", LOG.text(5), LOG.head(SIZE));
    assert_eq!(
        refused(5, &answer, honest),
        Error::NotInTree {
            id: SIZE,
            size: SIZE
        }
    );
    // It is refused before any tile is asked for.
    let mut client = LOG.client();
    let mut inquiry = client.look_up(Log::module(5));
    inquiry.answer(answer.as_bytes()).unwrap();
    assert!(matches!(
        inquiry.step(&mut client),
        Err(Error::NotInTree { .. })
    ));
}

#[test]
fn what_tiles_do_not_prove() {
    let head = TreeHead {
        size: SIZE,
        root: LOG.root(SIZE),
    };
    let edge: Vec<Tile> = coordinates::edge(SIZE).collect();
    let tiles = AuthenticTiles::new(head, LOG.tiles(&edge)).unwrap();
    let beyond = |id| Error::NotInTree { id, size: SIZE };
    assert_eq!(
        tiles.leaf(SIZE - 1),
        Ok(Hash::leaf(LOG.text(SIZE - 1).as_bytes()))
    );
    assert_eq!(tiles.leaf(SIZE), Err(beyond(SIZE)));
    assert_eq!(tiles.root_of(SIZE - 1), Ok(LOG.root(SIZE - 1)));
    assert_eq!(tiles.root_of(SIZE + 1), Err(beyond(SIZE + 1)));
    let tile = Tile::new(0, 0, 256).unwrap();
    assert_eq!(tiles.leaf(5), Err(Error::MissingTile { tile }));
    assert_eq!(tiles.root_of(5), Err(Error::MissingTile { tile }));
}

#[test]
fn a_tile_beyond_the_tree() {
    let mut client = LOG.client_at(&[1000]);
    let tile = Tile::new(0, 3, 233).unwrap();
    let inquiry = client.fetch_tile(tile);
    assert_eq!(
        run(&mut client, inquiry, &LOG.head(1000), honest),
        Err(Error::NotOfTree { tile, size: 1000 })
    );
}

#[test]
fn tiles_that_are_short_or_absent() {
    let answer = LOG.answer(0x1_2345, SIZE);
    let error = refused(0x1_2345, &answer, |tile| LOG.tile(tile)[32..].to_vec());
    assert!(matches!(error, Error::TileLength { .. }));
    let error = refused(0x1_2345, &answer, |tile| [LOG.tile(tile), vec![0]].concat());
    assert!(matches!(error, Error::TileLength { .. }));

    let asked: Vec<Tile> = coordinates::of(0x1_2345, SIZE)
        .chain(coordinates::edge(SIZE))
        .collect();
    for absent in &asked {
        let mut client = LOG.client();
        let mut inquiry = client.look_up(Log::module(0x1_2345));
        inquiry.answer(answer.as_bytes()).unwrap();
        inquiry.step(&mut client).unwrap();
        let given = asked.iter().filter(|tile| *tile != absent).copied();
        assert_eq!(
            inquiry.tiles(LOG.tiles(&given.collect::<Vec<_>>())),
            Err(Error::MissingTile { tile: *absent })
        );
    }
    // One that proves nothing at hand, and was to be kept.
    let mut client = LOG.client_at(&[SIZE]);
    client.learn_size(0x1_2345);
    let mut inquiry = client.stock();
    inquiry.step(&mut client).unwrap();
    let edge: Vec<Tile> = coordinates::edge(SIZE).collect();
    assert!(matches!(
        inquiry.tiles(LOG.tiles(&edge)),
        Err(Error::MissingTile { .. })
    ));
    // A tile of another tree's width.
    let head = TreeHead {
        size: SIZE,
        root: LOG.root(SIZE),
    };
    let tile = Tile::in_tree(0, SIZE >> 8, SIZE - 1).unwrap();
    assert_eq!(
        AuthenticTiles::new(head, LOG.tiles(&[tile])).err(),
        Some(Error::NotOfTree { tile, size: SIZE })
    );
}

/// The evidence of the fork that this inquiry met.
#[track_caller]
fn fork(client: &mut Client, inquiry: Inquiry, answer: &str, log: &Log) -> Fork {
    let before: Vec<_> = client.heads().cloned().collect();
    let error = run(client, inquiry, answer, |tile| log.tile(tile)).unwrap_err();
    assert!(client.heads().eq(&before));
    let text = error.to_string();
    let Error::Fork(fork) = error else {
        panic!("{error}");
    };
    assert!(text.contains(fork.older.note()) && text.contains(fork.newer.note()));
    *fork
}

#[test]
fn a_newer_head_of_another_history() {
    let mut client = LOG.client_at(&[1000, FORK, FORK + 5]);
    let inquiry = client.look_up(Log::module(5));
    let fork = fork(&mut client, inquiry, &FORKED.answer(5, RECORDS), &FORKED);
    assert_eq!(fork.older.note(), LOG.head(FORK + 5));
    assert_eq!(fork.newer.note(), FORKED.head(RECORDS));
    // The evidence holds for one who has nothing but it.
    let tiles = AuthenticTiles::new(fork.newer.head(), fork.tiles).unwrap();
    assert_eq!(tiles.root_of(FORK + 5), Ok(fork.implied));
    assert_eq!(fork.implied, FORKED.root(FORK + 5));
    assert_ne!(fork.implied, fork.older.head().root);
}

#[test]
fn an_older_head_of_another_history() {
    let mut client = LOG.client_at(&[RECORDS]);
    let inquiry = client
        .learn_head(FORKED.head(FORK + 300).as_bytes())
        .unwrap();
    let fork = fork(&mut client, inquiry, "", &LOG);
    assert_eq!(fork.older.note(), FORKED.head(FORK + 300));
    assert_eq!(fork.newer.note(), LOG.head(RECORDS));
    let tiles = AuthenticTiles::new(fork.newer.head(), fork.tiles).unwrap();
    assert_eq!(tiles.root_of(FORK + 300), Ok(LOG.root(FORK + 300)));
}

#[test]
fn a_head_of_the_same_size_and_another_root() {
    let mut client = LOG.client_at(&[FORK + 5, RECORDS]);
    for size in [FORK + 5, RECORDS] {
        let inquiry = client.refresh();
        let fork = fork(&mut client, inquiry, &FORKED.head(size), &FORKED);
        assert_eq!(fork.older.note(), LOG.head(size));
        assert_eq!(fork.newer.note(), FORKED.head(size));
        assert_eq!(fork.implied, FORKED.root(size));
    }
    assert!(matches!(
        client.restore_head(FORKED.head(RECORDS).as_bytes()),
        Err(Error::Fork(_))
    ));
}

#[test]
fn a_common_beginning_is_no_fork() {
    let mut client = LOG.client_at(&[RECORDS]);
    let inquiry = client.learn_head(FORKED.head(FORK).as_bytes()).unwrap();
    assert_eq!(run(&mut client, inquiry, "", honest), Ok(()));
}

#[test]
fn two_histories_at_once() {
    // Each is right alone; whichever comes second is refused.
    let mut client = LOG.client_at(&[1000]);
    let mut inquiries = [(&LOG, RECORDS), (&FORKED, RECORDS - 1)].map(|(log, size)| {
        let mut inquiry = client.look_up(Log::module(5));
        inquiry.answer(log.answer(5, size).as_bytes()).unwrap();
        let Ok(Step::Tiles(asked)) = inquiry.step(&mut client) else {
            panic!("no tiles are asked for");
        };
        inquiry.tiles(log.tiles(&asked)).unwrap();
        inquiry
    });
    assert!(matches!(inquiries[0].step(&mut client), Ok(Step::Done(_))));
    let Ok(Step::Tiles(asked)) = inquiries[1].step(&mut client) else {
        panic!("it was taken without a proof");
    };
    assert!(matches!(
        inquiries[1].tiles(LOG.tiles(&asked)),
        Err(Error::Fork(_))
    ));
}

#[test]
fn a_restored_head_of_another_history_is_found_when_all_is_stocked_again() {
    let mut client = LOG.client_at(&[RECORDS]);
    client
        .restore_head(FORKED.head(FORK + 1).as_bytes())
        .unwrap();
    client.restock();
    let inquiry = client.stock();
    let fork = fork(&mut client, inquiry, "", &LOG);
    assert_eq!(fork.older.note(), FORKED.head(FORK + 1));
}

#[test]
fn an_empty_tree_has_one_root() {
    let mut client = LOG.client();
    let inquiry = client.refresh();
    assert_eq!(
        run(&mut client, inquiry, &LOG.sign(0, LOG.root(1)), honest),
        Err(Error::WrongEdge { size: 0 })
    );
}
