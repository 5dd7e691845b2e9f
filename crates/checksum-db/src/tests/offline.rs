//! Clients that come when there is no network: fresh ones, older ones, newer ones. What was kept by the rule verifies for
//! each of them.

use super::kept::Kept;
use super::log::{LOG, Log, RECORDS};
use crate::{Client, Source, Stopped};

/// Look-ups and the sizes that the log had then: old records, settled ones, and such as are new.
const LOOK_UPS: [(u64, u64); 9] = [
    (5, 300),
    (200, 300),
    (299, 0x1_0000),
    (0x0_ff00, 0x1_0001),
    (0x1_0000, 0x1_2345),
    (0x0_4567, 0x2_0100),
    (0x1_ffff, 0x2_0100),
    (0x2_0000, 0x2_4321),
    (0x2_4320, 0x2_4321),
];

const NONE: [u64; 0] = [];

/// A proxy that was online for all the look-ups.
fn stocked() -> (Client, Kept) {
    let (mut client, mut kept) = (LOG.client(), Kept::default());
    for (id, size) in LOOK_UPS {
        let inquiry = client.look_up(Log::module(id));
        kept.keep(&inquiry.run(&mut client, &mut LOG.at(size)).unwrap());
    }
    (client, kept)
}

/// Looks all of them up; gives which could not be had.
fn missing(client: &mut Client, source: &mut impl Source) -> Vec<u64> {
    let ids = LOOK_UPS.iter().map(|(id, _)| *id);
    let failed = ids.filter(|id| {
        let proved = client.look_up(Log::module(*id)).run(client, source);
        match proved {
            Ok(proved) => {
                assert_eq!(proved.record.unwrap().text(), LOG.text(*id));
                false
            }
            Err(Stopped::Source(_)) => true,
            Err(Stopped::Refused(error)) => panic!("{id}: {error}"),
        }
    });
    failed.collect()
}

#[test]
fn a_fresh_client_verifies_all() {
    let (proxy, kept) = stocked();
    assert_eq!(
        missing(&mut LOG.client(), &mut kept.served_by(&proxy)),
        NONE
    );
    // Each record alone, since what a client asks depends on what it looked up before.
    for (id, _) in LOOK_UPS {
        let mut fresh = LOG.client();
        let inquiry = fresh.look_up(Log::module(id));
        let proved = inquiry.run(&mut fresh, &mut kept.served_by(&proxy));
        assert!(proved.is_ok(), "{id}: {proved:?}");
    }
}

#[test]
fn a_client_with_an_older_head_that_was_learned_verifies_all() {
    for size in [
        1, 256, 300, 0x0_ffff, 0x1_0000, 0x1_2346, 0x2_0000, 0x2_4320,
    ] {
        // Learned by its size alone, as a tile that it asked for tells it.
        let (mut proxy, mut kept) = stocked();
        proxy.learn_size(size);
        while proxy.must_stock() {
            kept.keep(&proxy.stock().run(&mut proxy, &mut LOG.at(RECORDS)).unwrap());
        }
        let mut older = LOG.client_at(&[size]);
        assert_eq!(
            missing(&mut older, &mut kept.served_by(&proxy)),
            NONE,
            "{size}"
        );

        // Learned by its signed head.
        let (mut proxy, mut kept) = stocked();
        let learning = proxy.learn_head(LOG.head(size).as_bytes()).unwrap();
        kept.keep(&learning.run(&mut proxy, &mut LOG.at(RECORDS)).unwrap());
        let mut older = LOG.client_at(&[size]);
        assert_eq!(
            missing(&mut older, &mut kept.served_by(&proxy)),
            NONE,
            "{size}"
        );
    }
}

#[test]
fn a_client_with_a_newer_head_that_was_learned_verifies_all() {
    let (mut proxy, mut kept) = stocked();
    let learning = proxy.learn_head(LOG.head(0x2_8765).as_bytes()).unwrap();
    kept.keep(&learning.run(&mut proxy, &mut LOG.at(RECORDS)).unwrap());
    assert_eq!(proxy.newest().unwrap().size(), 0x2_8765);
    let mut newer = LOG.client_at(&[0x2_8765]);
    assert_eq!(missing(&mut newer, &mut kept.served_by(&proxy)), NONE);
}

#[test]
fn a_client_with_an_unknown_newer_head_and_its_tiles_verifies_what_is_settled() {
    let (proxy, kept) = stocked();
    let mut newer = LOG.client();
    let mut source = kept.served_by(&proxy);
    // It had the newest head elsewhere, and looked up something there.
    let elsewhere = newer.look_up(Log::module(0x2_4000));
    let proved = elsewhere.run(&mut newer, &mut LOG.at(RECORDS - 1)).unwrap();
    source.own.keep(&proved);
    // Out of reach remain the records beyond the largest settled head, which here is that of 0x1_2345.
    assert_eq!(
        missing(&mut newer, &mut source),
        [0x1_ffff, 0x2_0000, 0x2_4320]
    );
}

#[test]
fn a_kept_record_is_proven_without_a_network() {
    let (mut proxy, kept) = stocked();
    for (id, _) in LOOK_UPS {
        let inquiry = proxy.prove_record(Log::module(id), id, &kept.records[&id]);
        let source = proxy.clone();
        let proved = inquiry
            .run(&mut proxy, &mut kept.served_by(&source))
            .unwrap();
        assert_eq!(proved.record.unwrap().text(), LOG.text(id));
        assert!(!proved.news);
    }
}
