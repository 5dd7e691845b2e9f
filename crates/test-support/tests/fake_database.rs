//! The fake checksum database on the wire; that it is a true one is shown with the real `go` in `go_checksum_db.rs`.

#![allow(clippy::unwrap_used)]

use test_support::{Behaviour, FakeDatabase, FakeProxy, Tamper, http};

const NAME: &str = "sums.example.test";

#[test]
fn a_record_is_found_once_a_head_is_over_it() {
    let database = FakeDatabase::start_blocking(NAME);
    let get = |path: &str| http::get(&format!("{}{path}", database.url()));
    let id = database.add("example.com/Upper", "v1.0.0", "h1:zip", "h1:mod");
    let lookup = "/lookup/example.com/!upper@v1.0.0";
    let absent = get(lookup);
    assert_eq!(absent.status, 404);
    assert_eq!(absent.text(), format!("not found: {lookup}"));
    assert!(database.latest().starts_with("go.sum database tree\n0\n"));

    assert_eq!((id, database.publish()), (0, 1));
    let record = "example.com/Upper v1.0.0 h1:zip\nexample.com/Upper v1.0.0/go.mod h1:mod\n";
    let answer = |head| format!("0\n{record}\n{head}");
    assert_eq!(get(lookup).text(), answer(database.head(1)));
    assert_eq!(
        get(&lookup.replace('!', "%21")).text(),
        answer(database.head(1))
    );
    assert_eq!(get("/latest").text(), database.latest());
    assert_eq!(get("/supported").status, 200);
    assert_eq!(get("/tile/8/0/000.p/1").whole().len(), 32);
    assert_eq!(get("/tile/8/0/000.p/2").status, 404);
    assert_eq!(get("/anything").status, 404);
    assert_eq!(
        database.asked_of("tile"),
        ["/tile/8/0/000.p/1", "/tile/8/0/000.p/2"]
    );
    assert_eq!(database.requests().len(), database.asked().len());

    database.pad(3);
    assert_eq!(get("/lookup/filler.example/m3@v1.0.0").status, 404);
    database.publish();
    assert_eq!(get("/lookup/filler.example/m3@v1.0.0").status, 200);
    assert_eq!(
        get("/lookup/filler.example/m0@v1.0.0").status,
        404,
        "another's id"
    );
    assert_eq!(get(lookup).text(), answer(database.head(4)));
    database.answer_with_old_heads(true);
    assert_eq!(get(lookup).text(), answer(database.head(1)));
}

#[test]
fn it_is_the_same_at_its_own_address_and_through_each_proxy() {
    let database = FakeDatabase::start_blocking(NAME);
    database.pad(5);
    database.publish();
    let proxy = FakeProxy::start_blocking();
    proxy.serve_under("/goproxy/public");
    let latest = format!("/sumdb/{NAME}/latest");
    let through = || http::get(&proxy.url_of(&latest));
    assert_eq!(through().status, 404, "not offered yet");
    proxy.offer(&database);
    proxy.offer(&database.clone());
    assert_eq!(through().text(), database.latest());
    assert_eq!(database.asked(), ["/latest"]);
    let beside = format!("http://{}{latest}", proxy.addr());
    assert_eq!(http::get(&beside).status, 404, "beside the prefix");
    let longer = proxy.url_of(&format!("/sumdb/{NAME}.other/latest"));
    assert_eq!(http::get(&longer).status, 404, "another name");

    database.on("/latest", Behaviour::normal().corrupt(0));
    assert_ne!(through().whole(), database.latest().into_bytes());
    proxy.on(
        &format!("/goproxy/public{latest}"),
        Behaviour::status(500, "no"),
    );
    assert_eq!(through().status, 500);
    assert_eq!(database.asked().len(), 3, "noted down all the same");
    proxy.clear_behaviours();
    database.clear_behaviours();
    proxy.otherwise(Behaviour::status(503, "busy"));
    assert_eq!(through().status, 503, "the proxy as a whole");
    proxy.clear_behaviours();

    database.down(true);
    assert_eq!(through().status, 502);
    assert!(
        http::Request::get(&format!("{}/latest", database.url()))
            .send()
            .is_err()
    );
    database.down(false);
    assert_eq!(through().status, 200);
    proxy.put_sumdb(NAME, "latest", "canned");
    assert_eq!(through().text(), "canned");
    database.supported(false);
    let supported = proxy.url_of(&format!("/sumdb/{NAME}/supported"));
    assert_eq!(http::get(&supported).status, 404);
}

#[test]
fn a_tampering_is_there_until_the_next() {
    let database = FakeDatabase::start_blocking(NAME);
    database.pad(300);
    database.publish();
    let tile = |path: &str| http::get(&format!("{}/tile/8/{path}", database.url())).whole();
    let (honest, narrow) = (tile("0/001.p/44"), tile("0/001.p/3"));
    let (level, n, bit) = (0, 1, 256 * 3 + 9);
    database.tamper(Tamper::FlipTileBit { level, n, bit });
    let flipped = tile("0/001.p/44");
    let differing: Vec<_> = (0..honest.len())
        .filter(|at| honest[*at] != flipped[*at])
        .collect();
    assert_eq!(differing, [32 * 3 + 1]);
    assert_eq!(honest[97] ^ flipped[97], 2);
    assert_eq!(tile("0/001.p/3"), narrow, "too narrow to have the bit");

    let text = "another\n".to_owned();
    database.tamper(Tamper::ForgeLeaf { id: 258, text });
    let forged = tile("0/001.p/44");
    assert_eq!(forged[..64], honest[..64]);
    assert_ne!(forged[64..96], honest[64..96]);
    assert_eq!(forged[96..], honest[96..]);

    let head = database.head(300);
    database.tamper(Tamper::Fork { shared: 299 });
    assert_ne!(database.head(300), head);
    assert_eq!(tile("0/001.p/43"), honest[..32 * 43]);
    database.tamper(Tamper::None);
    assert_eq!(database.head(300), head);
    assert_eq!(tile("0/001.p/44"), honest);
}

#[test]
#[should_panic(expected = "a fork after 5 of 5 records is none")]
fn a_fork_differs() {
    let database = FakeDatabase::start_blocking(NAME);
    database.pad(5);
    database.tamper(Tamper::Fork { shared: 5 });
}
