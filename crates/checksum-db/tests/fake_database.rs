//! The client and the fake checksum database, each written without the other, agree; and each lie of the fake is refused.

#![allow(clippy::unwrap_used)]

use checksum_db::{Client, Error, Module, Proved, Source, Stopped, Tile};
use test_support::{FakeDatabase, Tamper, http};

/// The fake, asked over HTTP.
struct Asked<'a>(&'a FakeDatabase);

impl Asked<'_> {
    fn get(&self, path: &str) -> Result<Vec<u8>, u16> {
        let reply = http::get(&format!("{}/{path}", self.0.url()));
        match reply.status {
            200 => Ok(reply.whole()),
            status => Err(status),
        }
    }
}

impl Source for Asked<'_> {
    type Error = u16;

    fn look_up(&mut self, module: &Module) -> Result<Vec<u8>, u16> {
        // The modules here have nothing to escape.
        self.get(&format!("lookup/{module}"))
    }

    fn latest(&mut self) -> Result<Vec<u8>, u16> {
        self.get("latest")
    }

    fn tile(&mut self, tile: Tile) -> Result<Vec<u8>, u16> {
        self.get(&tile.to_string())
    }
}

fn client_of(database: &FakeDatabase) -> Client {
    Client::new(database.key().parse().unwrap())
}

fn look_up(
    client: &mut Client,
    database: &FakeDatabase,
    path: &str,
) -> Result<Proved, Stopped<u16>> {
    let module = Module::new(path, "v1.0.0").unwrap();
    client.look_up(module).run(client, &mut Asked(database))
}

/// Why a newcomer refuses this.
fn refusal(database: &FakeDatabase, path: &str) -> Error {
    refusal_of(&mut client_of(database), database, path)
}

fn refusal_of(client: &mut Client, database: &FakeDatabase, path: &str) -> Error {
    match look_up(client, database, path) {
        Err(Stopped::Refused(error)) => error,
        other => panic!("expected a refusal of {path}, not {other:?}"),
    }
}

const ZIP: &str = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const MOD: &str = "h1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=";

/// A log with this module as its last record.
fn of_size(size: u64) -> (FakeDatabase, &'static str) {
    let database = FakeDatabase::start_blocking("sums.example.test");
    database.pad(size - 1);
    database.add("example.com/last", "v1.0.0", ZIP, MOD);
    assert_eq!(database.publish(), size);
    (database, "example.com/last")
}

#[test]
fn records_prove_true_at_every_size() {
    for size in [1, 2, 255, 256, 257, 65_536, 65_537, 200_000] {
        let (database, last) = of_size(size);
        database.only_published_widths(true);
        let mut client = client_of(&database);
        let proved = look_up(&mut client, &database, last).unwrap();
        let record = proved.record.unwrap();
        assert_eq!(record.id(), size - 1);
        assert_eq!(record.zip().to_string(), ZIP);
        assert_eq!(record.go_mod().to_string(), MOD);
        for id in [0, size / 3].into_iter().filter(|id| *id < size - 1) {
            let filler = format!("filler.example/m{id}");
            let proved = look_up(&mut client, &database, &filler).unwrap();
            assert_eq!(proved.record.unwrap().id(), id);
        }
        assert_eq!(client.newest().unwrap().note(), database.latest(), "{size}");
    }
}

#[test]
fn the_log_grows_and_old_heads_are_beginnings() {
    for old_heads in [false, true] {
        let database = FakeDatabase::start_blocking("sums.example.test");
        database.answer_with_old_heads(old_heads);
        let mut client = client_of(&database);
        for size in [1, 2, 255, 300, 65_536, 65_537, 70_000] {
            let before = client.newest().map_or(0, |head| head.size());
            database.pad(size - before);
            database.publish();
            for id in [size - 1, 0] {
                look_up(&mut client, &database, &format!("filler.example/m{id}")).unwrap();
            }
        }
        assert_eq!(client.newest().unwrap().note(), database.latest());
        assert_eq!(client.heads().len(), 7);
    }
}

#[test]
fn each_lie_is_refused_for_what_it_is() {
    let (database, last) = of_size(200_000);
    let middle = "filler.example/m100000";
    let flip = |level, n, bit| database.tamper(Tamper::FlipTileBit { level, n, bit });

    flip(0, 100_000 >> 8, 256 * (100_000 & 255));
    assert!(matches!(
        refusal(&database, middle),
        Error::WrongTile { .. }
    ));
    flip(0, 100_000 >> 8, 0);
    assert!(matches!(
        refusal(&database, middle),
        Error::WrongTile { .. }
    ));
    for (level, n) in [(0, 199_999 >> 8), (1, 200_000 >> 16), (2, 0)] {
        flip(level, n, 7);
        assert!(matches!(refusal(&database, last), Error::WrongEdge { .. }));
    }

    let text = format!("{middle} v1.0.0 {ZIP}\n{middle} v1.0.0/go.mod {MOD}\n");
    database.tamper(Tamper::ForgeLeaf { id: 100_000, text });
    assert!(matches!(
        refusal(&database, middle),
        Error::WrongTile { .. }
    ));

    database.tamper(Tamper::ForgeNote);
    assert!(matches!(
        refusal(&database, middle),
        Error::WrongSignature { .. }
    ));
    database.tamper(Tamper::OtherKey);
    assert!(matches!(
        refusal(&database, middle),
        Error::NotSigned { .. }
    ));

    database.tamper(Tamper::None);
    look_up(&mut client_of(&database), &database, middle).unwrap();
}

#[test]
fn a_fork_is_seen_at_the_same_size_and_later() {
    let (database, last) = of_size(1000);
    let mut client = client_of(&database);
    look_up(&mut client, &database, last).unwrap();
    database.tamper(Tamper::Fork { shared: 600 });
    look_up(&mut client_of(&database), &database, "filler.example/m5").unwrap();
    let error = refusal_of(&mut client, &database, "filler.example/m5");
    assert!(matches!(error, Error::Fork(_)), "{error:?}");
    database.pad(300);
    database.publish();
    let error = refusal_of(&mut client, &database, "filler.example/m1100");
    assert!(matches!(error, Error::Fork(_)), "{error:?}");
    database.tamper(Tamper::None);
    look_up(&mut client, &database, "filler.example/m1100").unwrap();
}

#[test]
fn lines_that_are_missing_or_unclear_are_told_apart() {
    let database = FakeDatabase::start_blocking("sums.example.test");
    let line = |path: &str| format!("{path} v1.0.0 {ZIP}\n");
    let missing = "example.com/missing";
    database.add_text(missing, "v1.0.0", &line(missing));
    let twice = "example.com/twice";
    let text = line(twice) + &line(twice).replace("AAA=", "AAE=");
    database.add_text(twice, "v1.0.0", &text);
    database.publish();
    assert!(matches!(refusal(&database, missing), Error::NoLine { .. }));
    assert!(matches!(
        refusal(&database, twice),
        Error::UnclearLine { .. }
    ));
    let unknown = look_up(&mut client_of(&database), &database, "example.com/unknown");
    assert_eq!(unknown, Err(Stopped::Source(404)));
}
