//! Inquiries step by step: turns that are not theirs, other inquiries in between, and a second try.

use super::log::{LOG, Log};
use crate::{Client, Error, Inquiry, Step, Tile};

/// Takes a look-up to the point where it asks for tiles.
fn to_tiles(client: &mut Client, id: u64, size: u64) -> (Inquiry, Vec<Tile>) {
    let mut inquiry = client.look_up(Log::module(id));
    assert_eq!(inquiry.step(client), Ok(Step::Lookup));
    inquiry.answer(LOG.answer(id, size).as_bytes()).unwrap();
    let asked = tiles(inquiry.step(client));
    (inquiry, asked)
}

fn tiles(step: Result<Step, Error>) -> Vec<Tile> {
    match step.unwrap() {
        Step::Tiles(asked) => asked,
        other => panic!("{other:?}"),
    }
}

fn is_done(step: Result<Step, Error>) -> bool {
    matches!(step.unwrap(), Step::Done(_))
}

#[test]
fn an_inquiry_takes_only_what_it_asked_for() {
    let mut client = LOG.client_at(&[1000]);
    let mut inquiry = client.look_up(Log::module(5));
    assert_eq!(inquiry.tiles([]), Err(Error::OutOfTurn));
    let answer = LOG.answer(5, 1000);
    inquiry.answer(answer.as_bytes()).unwrap();
    assert_eq!(inquiry.answer(answer.as_bytes()), Err(Error::OutOfTurn));
    let asked = tiles(inquiry.step(&mut client));
    inquiry.tiles(LOG.tiles(&asked)).unwrap();
    assert_eq!(inquiry.tiles(LOG.tiles(&asked)), Err(Error::OutOfTurn));
    assert!(is_done(inquiry.step(&mut client)));
    assert_eq!(inquiry.step(&mut client), Err(Error::OutOfTurn));
    assert_eq!(inquiry.answer(answer.as_bytes()), Err(Error::OutOfTurn));

    let mut stock = client.stock();
    assert_eq!(stock.answer(answer.as_bytes()), Err(Error::OutOfTurn));
}

#[test]
fn where_nothing_is_known_nothing_is_proven() {
    let mut client = LOG.client();
    let mut record = client.prove_record(Log::module(5), 5, &LOG.text(5));
    assert_eq!(record.step(&mut client), Err(Error::NoHead));
    assert_eq!(client.stock().step(&mut client), Err(Error::NoHead));
    assert_eq!(client.head_under(5), None);
}

#[test]
fn right_tiles_are_taken_after_wrong_ones() {
    let mut client = LOG.client_at(&[1000]);
    let (mut inquiry, asked) = to_tiles(&mut client, 5, 2000);
    let mut damaged = LOG.tiles(&asked);
    damaged[0].1[0] ^= 1;
    assert!(inquiry.tiles(damaged).is_err());
    assert_eq!(client.newest().unwrap().size(), 1000);
    assert_eq!(tiles(inquiry.step(&mut client)), asked);
    inquiry.tiles(LOG.tiles(&asked)).unwrap();
    assert!(is_done(inquiry.step(&mut client)));
    assert_eq!(client.newest().unwrap().size(), 2000);
}

#[test]
fn a_tile_may_be_wider_and_one_too_many() {
    let mut client = LOG.client();
    let (mut inquiry, asked) = to_tiles(&mut client, 5, 1000);
    let wide = asked.iter().map(|tile| {
        let whole = Tile::new(tile.level(), tile.n(), crate::FULL).unwrap();
        (*tile, LOG.tile(whole))
    });
    let other = Tile::new(0, 1, 256).unwrap();
    inquiry.tiles(wide.chain([(other, vec![7; 8192])])).unwrap();
    let Step::Done(proved) = inquiry.step(&mut client).unwrap() else {
        panic!("it is not done");
    };
    // Only what is proven is handed out.
    assert_eq!(proved.tiles, LOG.tiles(&asked));
}

#[test]
fn a_proof_under_a_head_that_was_passed_still_stands() {
    let mut client = LOG.client_at(&[1000]);
    let (mut slow, asked) = to_tiles(&mut client, 5, 1000);
    let (mut quick, quick_asked) = to_tiles(&mut client, 6, 2000);
    quick.tiles(LOG.tiles(&quick_asked)).unwrap();
    assert!(is_done(quick.step(&mut client)));
    slow.tiles(LOG.tiles(&asked)).unwrap();
    assert!(is_done(slow.step(&mut client)));
    assert_eq!(client.newest().unwrap().size(), 2000);
}

#[test]
fn a_head_that_was_overtaken_is_proven_under_the_newest() {
    for (slow_size, quick_size) in [(2000, 3000), (3000, 2000), (2000, 2000)] {
        let mut client = LOG.client_at(&[1000]);
        let (mut slow, asked) = to_tiles(&mut client, 5, slow_size);
        let (mut quick, quick_asked) = to_tiles(&mut client, 6, quick_size);
        slow.tiles(LOG.tiles(&asked)).unwrap();
        quick.tiles(LOG.tiles(&quick_asked)).unwrap();
        assert!(is_done(quick.step(&mut client)));
        if slow_size != quick_size {
            let asked_again = tiles(slow.step(&mut client));
            slow.tiles(LOG.tiles(&asked_again)).unwrap();
        }
        assert!(is_done(slow.step(&mut client)));
        assert_eq!(client.newest().unwrap().size(), slow_size.max(quick_size));
    }
}
