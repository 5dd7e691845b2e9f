//! A client while the log grows: what it asks, what it knows, and that all it answers for is kept.

use proptest::prelude::*;

use super::kept::Kept;
use super::log::{Database, LOG, Log, RECORDS};
use crate::{Client, Proved, coordinates};

/// Looks a record up, with a head of `size` records under it: an answer may be older than what the client knows.
fn look_up(client: &mut Client, kept: &mut Kept, id: u64, size: u64) -> Proved {
    let inquiry = client.look_up(Log::module(id));
    let mut database = Database {
        tiles_of: RECORDS,
        ..LOG.at(size)
    };
    let proved = inquiry.run(client, &mut database).unwrap();
    kept.keep(&proved);
    proved
}

#[test]
fn a_look_up_asks_for_the_record_and_its_proof_alone() {
    let mut client = LOG.client();
    let mut database = LOG.at(0x1_2345);
    let inquiry = client.look_up(Log::module(470));
    assert_eq!(inquiry.module(), Some(&Log::module(470)));
    let proved = inquiry.run(&mut client, &mut database).unwrap();
    assert_eq!(
        database.asked,
        [
            "lookup/example.com/m470@v1.0.0",
            "tile/8/0/001",
            "tile/8/0/291.p/69",
            "tile/8/1/000",
            "tile/8/1/001.p/35",
            "tile/8/2/000.p/1",
        ]
    );
    let record = proved.record.unwrap();
    assert_eq!((record.id(), record.text()), (470, LOG.text(470).as_str()));
    assert_eq!(record.module(), &Log::module(470));
    assert!(LOG.text(470).contains(&record.zip().to_string()));
    assert!(proved.news);
    assert_eq!(client.newest().unwrap().note(), LOG.head(0x1_2345));
    let kept: Vec<_> = proved.tiles.iter().map(|(tile, _)| *tile).collect();
    assert_eq!(proved.tiles, LOG.tiles(&kept));
}

#[test]
fn a_known_head_is_no_news_and_the_newest_stays() {
    let (mut client, mut kept) = (LOG.client(), Kept::default());
    assert!(look_up(&mut client, &mut kept, 5, 1000).news);
    assert!(!look_up(&mut client, &mut kept, 6, 1000).news);
    assert!(look_up(&mut client, &mut kept, 7, 2000).news);
    // An answer with an older head: learned when it is new, never the newest.
    assert!(look_up(&mut client, &mut kept, 8, 1500).news);
    assert!(!look_up(&mut client, &mut kept, 8, 1500).news);
    assert_eq!(client.newest().unwrap().size(), 2000);
    let sizes: Vec<_> = client.heads().map(|head| head.size()).collect();
    assert_eq!(sizes, [1000, 1500, 2000]);
}

#[test]
fn the_first_tree_may_be_empty() {
    let mut client = LOG.client();
    let proved = client.refresh().run(&mut client, &mut LOG.at(0)).unwrap();
    assert_eq!((proved.tiles, proved.news), (Vec::new(), true));
    let mut kept = Kept::default();
    assert!(look_up(&mut client, &mut kept, 0, 1).record.is_some());
}

#[test]
fn a_head_that_is_known_needs_no_tiles() {
    let mut client = LOG.client_at(&[1000]);
    let mut database = LOG.at(1000);
    let proved = client.refresh().run(&mut client, &mut database).unwrap();
    assert_eq!(database.asked, ["latest"]);
    assert!(!proved.news && proved.tiles.is_empty());
}

#[test]
fn a_tile_comes_as_wide_as_the_newest_tree_has_it() {
    let mut client = LOG.client_at(&[1000]);
    let tile = |path: &str| path.parse::<crate::TilePath>().unwrap().tile().unwrap();
    let mut database = LOG.at(0x2_0000);

    let narrow = client.fetch_tile(tile("tile/8/0/003.p/7"));
    let proved = narrow.run(&mut client, &mut database).unwrap();
    assert_eq!(database.asked, ["tile/8/0/003.p/232", "tile/8/1/000.p/3"]);
    assert!(proved.tiles.contains(&(
        tile("tile/8/0/003.p/232"),
        LOG.tile(tile("tile/8/0/003.p/232"))
    )));

    // Just as wide: there is nothing newer to ask for.
    database.asked.clear();
    let same = client.fetch_tile(tile("tile/8/0/003.p/232"));
    same.run(&mut client, &mut database).unwrap();
    assert_eq!(database.asked, ["tile/8/0/003.p/232", "tile/8/1/000.p/3"]);

    // Beyond the newest tree: the head is asked for first.
    database.asked.clear();
    let wide = client.fetch_tile(tile("tile/8/0/003.p/233"));
    wide.run(&mut client, &mut database).unwrap();
    assert_eq!(database.asked[0], "latest");
    assert!(database.asked.contains(&"tile/8/0/003".to_owned()));
    assert_eq!(client.newest().unwrap().size(), 0x2_0000);
}

#[test]
fn sizes_that_clients_tell_are_stocked_when_they_are_within_reach() {
    let (mut client, mut kept) = (LOG.client_at(&[0x1_8000]), Kept::default());
    assert!(!client.learn_size(0));
    assert!(!client.learn_size(0x1_8000));
    assert!(client.learn_size(0x1_0101) && !client.learn_size(0x1_0101));
    assert!(client.learn_size(0x2_0003) && !client.learn_size(0x2_0003));
    assert_eq!(client.sizes().collect::<Vec<_>>(), [0x1_0101, 0x2_0003]);
    assert!(client.must_stock() && client.is_behind());

    let mut database = LOG.at(0x1_8000);
    kept.keep(&client.stock().run(&mut client, &mut database).unwrap());
    assert!(!client.must_stock() && client.is_behind());
    assert!(kept.has_all_of(0x1_0101, 0x1_8000));

    // A look-up that brings a newer head reaches it, and the next one stocks it.
    kept.keep(&look_up(&mut client, &mut Kept::default(), 9, 0x2_8000));
    assert!(client.must_stock() && !client.is_behind());
    look_up(&mut client, &mut kept, 10, 0x2_8000);
    assert!(!client.must_stock());
    assert!(kept.has_all_of(0x2_0003, 0x2_8000));
    assert_eq!(client.sizes().count(), 2);
}

#[test]
fn a_size_of_which_the_head_came_is_held_once() {
    let mut client = LOG.client_at(&[2000]);
    client.learn_size(1000);
    let learning = client.learn_head(LOG.head(1000).as_bytes()).unwrap();
    assert!(learning.run(&mut client, &mut LOG.at(2000)).unwrap().news);
    assert_eq!((client.sizes().count(), client.heads().len()), (0, 2));
}

#[test]
fn what_lasts_is_handed_back_at_start() {
    let mut before = LOG.client_at(&[1000, 0x1_0000]);
    before.learn_size(300);
    before.learn_size(0x2_0000);
    let mut after = LOG.client();
    for head in before.heads() {
        after.restore_head(head.note().as_bytes()).unwrap();
    }
    before.sizes().for_each(|size| after.restore_size(size));
    assert!(after.heads().eq(before.heads()) && after.sizes().eq(before.sizes()));
    assert!(!after.must_stock() && after.is_behind());
}

#[test]
fn all_is_stocked_and_proven_again_after_the_tiles_are_lost() {
    let sizes: Vec<u64> = (1..40).map(|at| at * 1111).collect();
    let mut client = LOG.client_at(&sizes);
    client.restore_size(77);
    client.restock();
    let (mut kept, mut rounds) = (Kept::default(), 0);
    while client.must_stock() {
        kept.keep(
            &client
                .stock()
                .run(&mut client, &mut LOG.at(RECORDS))
                .unwrap(),
        );
        rounds += 1;
    }
    // 40 sizes, 16 at once.
    assert_eq!(rounds, 3);
    let newest = client.newest().unwrap().size();
    assert!(
        sizes
            .iter()
            .chain(&[77])
            .all(|size| kept.has_all_of(*size, newest))
    );
}

#[test]
fn what_is_held_in_memory_is_bounded() {
    let mut client = LOG.client_at(&[RECORDS]);
    for size in 1..RECORDS {
        client.learn_size(size);
        client.learn_size(RECORDS + size);
    }
    // Of those beyond the newest tree, the smallest 64.
    assert_eq!(client.sizes().count(), crate::MAX_SIZES + 64);
    assert_eq!(client.sizes().last(), Some(RECORDS + 64));
    assert!(!client.learn_size(RECORDS + 65));
    assert!(
        client
            .sizes()
            .all(|size| size >= RECORDS - crate::MAX_SIZES as u64)
    );
    let first_to_stock = |client: &Client| client.next_to_stock().next().map(|(size, _)| size);
    assert_eq!(
        first_to_stock(&client),
        Some(RECORDS - crate::MAX_SIZES as u64)
    );

    let mut client = LOG.client();
    for size in 1..=crate::MAX_HEADS as u64 {
        client.restore_head(LOG.head(size).as_bytes()).unwrap();
    }
    client.restock();
    assert_eq!(first_to_stock(&client), Some(1));
    client.restore_head(LOG.head(RECORDS).as_bytes()).unwrap();
    assert_eq!(client.heads().len(), crate::MAX_HEADS);
    assert_eq!(client.heads().next().unwrap().size(), 2);
    assert_eq!(first_to_stock(&client), Some(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The second statement at `Client`: however the log grew and whoever was learned of, everything known can be proven
    /// under the newest head with what is kept.
    #[test]
    fn all_that_is_known_is_kept(
        steps in prop::collection::vec((1..=RECORDS, any::<prop::sample::Index>(), prop::option::of(1..=RECORDS)), 1..12),
        bits in 0..14u32,
    ) {
        let (mut client, mut kept, mut ids) = (LOG.client(), Kept::default(), Vec::new());
        for (size, id, told) in steps {
            let size = (size >> bits).max(1);
            let id = id.index(size as usize) as u64;
            if let Some(told) = told {
                client.learn_size(told >> bits);
            }
            if id != 13 && id != 14 {
                look_up(&mut client, &mut kept, id, size);
                ids.push(id);
            }
        }
        while client.must_stock() {
            kept.keep(&client.stock().run(&mut client, &mut LOG.at(RECORDS)).unwrap());
        }
        let Some(newest) = client.newest().map(|head| head.size()) else {
            return Ok(());
        };
        let sizes: Vec<u64> = client.heads().map(|head| head.size()).chain(client.sizes().filter(|size| *size <= newest)).collect();
        for x in ids.iter().chain(&sizes) {
            prop_assert!(kept.has_all_of(*x, newest), "{x} at {newest}");
        }
        // A folder that can't cut has the edges of all heads from it.
        for head in client.heads() {
            prop_assert!(coordinates::edge(head.size()).all(|tile| kept.tile(tile).is_some()));
        }
    }
}
