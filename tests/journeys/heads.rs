//! A checksum database that grew while Larder and its clients looked: whatever tree a client knows, it can go on from it.

use std::fs;

use test_support::{Larder, Module, Tamper, http};

use crate::client::{Client, level_0_tile, size_of};
use crate::verify::{DATABASE, Verified, until};

/// How much the log grows between two heads: more than the 65,536 after which a tile of level 1 is full.
const GROWTH: u64 = 70_000;

/// The modules that Larder looked up, each under a head of its own.
const MODULES: [&str; 3] = [
    "example.com/first@v1.0.0",
    "example.com/second@v1.0.0",
    "example.com/third@v1.0.0",
];

/// A log of more than 210,000 records, of which Larder knows three heads, and clients some that it does not.
struct Grown {
    world: Verified,
    larder: Larder,
    /// The sizes of the heads that Larder knows.
    heads: Vec<u64>,
    /// Who looked up the first module through Larder, and nothing since.
    early: Client,
    /// Who went past Larder between the second and the third.
    between: Client,
    /// Who went past Larder after the third.
    late: Client,
}

impl Grown {
    /// `cached`: as through a proxy that caches, where records keep their first heads, and where partial tiles are there
    /// in the widths of heads only.
    fn new(cached: bool) -> Self {
        let world = Verified::new();
        world.database.answer_with_old_heads(cached);
        world.database.only_published_widths(cached);
        let larder = world.serve(&world.database.key());
        let [early, second, between, third, late] =
            ["early", "second", "between", "third", "late"].map(|name| world.client(name));
        let through = |client: &Client, path: &str| {
            let module = grow(&world, path);
            client.download(larder.goproxy(), &[&module]).success();
            client.size_seen(DATABASE)
        };
        let mut heads = vec![through(&early, "example.com/first")];
        heads.push(through(&second, "example.com/second"));
        let aside = grow(&world, "example.com/aside");
        goes_past(&world, &between, &aside);
        heads.push(through(&third, "example.com/third"));
        let last = grow(&world, "example.com/last");
        goes_past(&world, &late, &last);
        let grown = Self {
            world,
            larder,
            heads,
            early,
            between,
            late,
        };
        assert!(grown.heads.is_sorted() && grown.heads[2] > 200_000);
        assert_eq!(known(&grown.world), grown.heads);
        grown
    }

    fn restarted(self) -> Self {
        self.larder.terminate();
        let larder = self.world.serve(&self.world.database.key());
        Self { larder, ..self }
    }

    /// Larder is started anew, with nothing around it.
    fn cut_off(self) -> Self {
        self.world.all_down();
        self.restarted()
    }

    /// With nothing around, all of these verify for a client that saw a tree of this size; what nobody looked up does not.
    #[track_caller]
    fn verifies(&self, client: &Client, seen: u64, modules: &[&str]) {
        assert_eq!(client.size_seen(DATABASE), seen);
        client.download(self.larder.goproxy(), modules).success();
        let never = client.download(self.larder.goproxy(), &["example.com/aside@v1.0.0"]);
        never.failure();
        self.world.tripwire.assert_untouched();
    }
}

/// The log grows, and has this module last; a head is published over it. Gives the module.
fn grow(world: &Verified, path: &str) -> String {
    world.database.pad(GROWTH);
    world.add(&Module::simple(path, "v1.0.0"));
    format!("{path}@v1.0.0")
}

/// Downloads a module, and asks the database itself about it.
fn goes_past(world: &Verified, client: &Client, module: &str) {
    let mut go = client.go(&world.proxy.url(), &["mod", "download", module]);
    let database = world.database.gosumdb_at_url();
    test_support::run(go.env("GOSUMDB", database)).success();
}

/// The sizes of the trees that a Larder knows, in order: of those with a head, and of those that it was told of.
fn known(world: &Verified) -> Vec<u64> {
    let heads = world.home.larder_home().join("data/checksum-db");
    let text = fs::read_to_string(heads.join(DATABASE).join("heads")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&text).unwrap();
    let notes = kept["heads"].as_array().unwrap().iter();
    let of_heads = notes.map(|note| size_of(note.as_str().unwrap()));
    let told = kept["sizes"].as_array().unwrap().iter();
    let mut sizes: Vec<u64> = of_heads
        .chain(told.map(|it| it.as_u64().unwrap()))
        .collect();
    sizes.sort_unstable();
    sizes
}

#[test]
fn a_fresh_client_an_older_and_a_newer_one_verify_offline() {
    for cached in [false, true] {
        let grown = Grown::new(cached).cut_off();
        let fresh = grown.world.client("fresh");
        grown.verifies(&fresh, 0, &MODULES);
        grown.early.clean();
        grown.verifies(&grown.early, grown.heads[0], &MODULES);
        // The third is among the last 65,536 that Larder knows of: out of its reach for who knows more.
        grown.late.clean_but_for_tiles(DATABASE);
        let newest = grown.late.size_seen(DATABASE);
        assert!(newest > grown.heads[2]);
        grown.verifies(&grown.late, newest, &MODULES[..2]);
    }
}

#[test]
fn a_client_that_asked_for_tiles_once_verifies_offline_with_its_own_wiped() {
    for cached in [false, true] {
        // One after the other: what the second tells must not help the first.
        for who in ["between", "late"] {
            let grown = Grown::new(cached);
            let client = grown.world.client(who);
            let seen = client.size_seen(DATABASE);
            client.clean();
            let asked = client.download(grown.larder.goproxy(), &MODULES[..1]);
            asked.success();
            client.clean();
            let grown = grown.cut_off();
            assert!(known(&grown.world).contains(&seen));
            grown.verifies(&client, seen, &MODULES);
        }
    }
}

#[test]
fn one_request_for_a_tile_tells_enough_of_a_client() {
    let grown = Grown::new(false);
    let seen = grown.between.size_seen(DATABASE);
    grown.between.clean();
    // It came no further than this.
    let (n, width) = (seen / 256, seen % 256);
    let tile = format!("{}.p/{width}", level_0_tile(n));
    let url = format!("{}/sumdb/{DATABASE}/{tile}", grown.larder.goproxy());
    assert_eq!(http::get(&url).whole().len() as u64, 32 * width);
    let grown = grown.cut_off();
    grown.verifies(&grown.between, seen, &MODULES);
}

#[test]
fn a_client_whose_latest_larder_saw_verifies_offline_with_its_own_tiles_wiped() {
    for cached in [false, true] {
        let grown = Grown::new(cached);
        let wiped = [&grown.between, &grown.late].map(|client| {
            client.clean();
            client.size_seen(DATABASE)
        });
        // Whose GOPATH is Larder's own: seen at the start.
        let person = grown.between.again("person");
        grown.world.home.set_env("GOPATH", person.gopath());
        let grown = grown.restarted();
        until("what go saw is learned", || {
            known(&grown.world).contains(&wiped[0])
        });
        // And seen when it changes, before the next who looks something up is answered.
        fs::copy(grown.late.latest(DATABASE), person.latest(DATABASE)).unwrap();
        grown.early.clean();
        let asked = grown.early.download(grown.larder.goproxy(), &MODULES[..1]);
        asked.success();
        assert!(known(&grown.world).contains(&wiped[1]));
        let grown = grown.cut_off();
        grown.verifies(&grown.between, wiped[0], &MODULES);
        grown.verifies(&grown.late, wiped[1], &MODULES);
    }
}

#[test]
fn a_fork_is_refused_shown_and_kept_as_evidence_also_after_a_restart() {
    let world = Verified::new();
    let before = grow(&world, "example.com/before");
    let larder = world.serve(&world.database.key());
    let client = world.client("client");
    client.download(larder.goproxy(), &[&before]).success();
    larder.terminate();
    world.database.tamper(Tamper::Fork { shared: 500 });
    let after = grow(&world, "example.com/after");

    let larder = world.serve(&world.database.key());
    // It has never heard of the database, and would take the fork for the truth.
    let other = world.client("other");
    let refused = other.download(larder.goproxy(), &[&after]).failure();
    assert!(refused.stderr.contains("two histories"), "{refused}");
    assert!(!other.has_zip(&after));
    let data = world.home.larder_home().join("data/checksum-db");
    let evidence = fs::read_dir(data.join(DATABASE).join("forks")).unwrap();
    let mut sizes: Vec<u64> = evidence
        .map(|note| size_of(&fs::read_to_string(note.unwrap().path()).unwrap()))
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [GROWTH + 1001, 2 * GROWTH + 1002]);
    let status = larder.run(&["status"]).success();
    assert!(status.stdout.contains("two histories"), "{status}");
    // What was known before stands.
    other.download(larder.goproxy(), &[&before]).success();
}

#[test]
fn heads_that_are_lost_are_announced_and_learned_anew() {
    let world = Verified::new();
    let before = grow(&world, "example.com/before");
    let larder = world.serve(&world.database.key());
    let client = world.client("client");
    client.download(larder.goproxy(), &[&before]).success();
    larder.terminate();
    fs::remove_dir_all(world.home.larder_home().join("data/checksum-db")).unwrap();

    let after = grow(&world, "example.com/after");
    let larder = world.serve(&world.database.key());
    let other = world.client("other");
    let modules = [&*before, &*after];
    other.download(larder.goproxy(), &modules).success();
    until("status tells it", || {
        larder
            .run(&["status"])
            .success()
            .stdout
            .contains("are lost")
    });
    larder.terminate();
    world.all_down();
    let larder = world.serve(&world.database.key());
    let fresh = world.client("fresh");
    fresh.download(larder.goproxy(), &modules).success();
}
