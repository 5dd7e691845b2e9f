//! Room is made: by use, never what must stay, never more than the limits ask for.

use std::collections::BTreeMap;
use std::time::Duration;

use go_module::{FileKind, ModuleVersion};
use jiff::Timestamp;
use proptest::prelude::*;

use super::{Home, files_below, keep, realm, verify, version};
use crate::{Filter, Limits, RoomMade, Store, StoreError, Tree};

fn name(number: usize) -> String {
    format!("corp.example/m{}@v1.{number}.0", number % 3)
}

/// All files of a version: `bytes` in all.
fn keep_whole(store: &Store, tree: &Tree, of: &str, bytes: usize) {
    keep(store, tree, of, FileKind::Info, b"i");
    keep(store, tree, of, FileKind::Mod, b"m");
    keep(store, tree, of, FileKind::Zip, &vec![b'z'; bytes - 2]);
}

/// Limits under which the versions' files may have `bytes`, whatever else counts.
async fn within(store: &Store, bytes: u64, spare_since: Timestamp) -> Limits {
    store.flush_index().await.unwrap();
    let room = store.room().await.unwrap();
    Limits {
        quota: Some(bytes + room.used() - room.versions),
        reserve: 0,
        spare_since,
    }
}

async fn make(store: &Store, limits: &Limits) -> RoomMade {
    store.make_room(limits, &|_| false).await.unwrap()
}

fn victims(made: &RoomMade) -> Vec<String> {
    made.victims
        .iter()
        .map(|victim| victim.version.to_string())
        .collect()
}

async fn left(store: &Store) -> Vec<String> {
    let listed = store.list(&Filter::all()).await.unwrap();
    listed
        .iter()
        .map(|found| format!("{}@{}", found.path, found.version))
        .collect()
}

/// A moment later, by a clock of milliseconds.
fn tick() -> Timestamp {
    std::thread::sleep(Duration::from_millis(2));
    let now = Timestamp::now();
    std::thread::sleep(Duration::from_millis(2));
    now
}

#[tokio::test]
async fn what_was_used_longest_ago_goes_whole_and_its_folders_with_it() {
    let home = Home::new();
    let store = home.open().await;
    for number in 0..4 {
        let tree = if number == 2 { realm() } else { Tree::Modules };
        keep_whole(&store, &tree, &name(number), 100_000);
        tick();
    }
    // The oldest is used once more, and of the next a file comes anew.
    store.touch(&Tree::Modules, &version(&name(0)), FileKind::Zip);
    tick();
    keep(&store, &Tree::Modules, &name(1), FileKind::Mod, b"n");
    let now = tick();
    let limits = within(&store, 250_000, now).await;
    let made = make(&store, &limits).await;
    assert_eq!(victims(&made), [name(2), name(3)]);
    assert_eq!(made.short_by, 0);
    assert_eq!(left(&store).await, [name(0), name(1)]);
    assert_eq!(
        files_below(&home.at("modules")).len(),
        12,
        "each has a sidecar"
    );
    assert!(files_below(&home.at("realms")).is_empty());
    assert!(
        std::fs::read_dir(home.at("realms/corp-0badcafe"))
            .is_ok_and(|mut all| all.next().is_none())
    );
    // Within the limits nothing goes.
    let again = make(&store, &limits).await;
    assert!(again.victims.is_empty());
    assert!(verify(&store, false).await.damaged.is_empty());
}

#[tokio::test]
async fn what_must_stay_stays_and_that_it_is_too_much_is_said() {
    let home = Home::new();
    let store = home.open().await;
    for number in 0..5 {
        keep_whole(&store, &Tree::Modules, &name(number), 100_000);
        tick();
    }
    let now = tick();
    store
        .keep_pattern("person", &Filter::parse("corp.example/m0").unwrap())
        .await
        .unwrap();
    store
        .keep("project:/shop", &[version(&name(1))])
        .await
        .unwrap();
    assert_eq!(store.kept_bytes().await.unwrap(), 300_000, "0, 1 and 3");
    let limits = within(&store, 150_000, now).await;
    let under_way = version(&name(2));
    let made = store
        .make_room(&limits, &|version| *version == under_way)
        .await
        .unwrap();
    assert_eq!(victims(&made), [name(4)]);
    // What goes takes its sidecars along.
    assert!(
        (249_000..=250_000).contains(&made.short_by),
        "{}",
        made.short_by
    );
    assert_eq!(left(&store).await.len(), 4);
    // Since that moment nothing was used: then all of it is spared.
    let spared = Limits {
        spare_since: Timestamp::UNIX_EPOCH,
        ..limits
    };
    assert!(make(&store, &spared).await.victims.is_empty());
    store.release("project:/shop").await.unwrap();
    assert_eq!(victims(&make(&store, &limits).await), [name(1), name(2)]);
}

#[tokio::test]
async fn what_is_foreseen_is_what_goes() {
    let home = Home::new();
    let store = home.open().await;
    for number in 0..60 {
        keep_whole(&store, &Tree::Modules, &name(number), 10_000);
    }
    let pattern = Filter::parse("corp.example/m0").unwrap();
    store.keep_pattern("person", &pattern).await.unwrap();
    let now = tick();
    let under_way = version(&name(1));
    let is_under_way = |version: &ModuleVersion| *version == under_way;
    for bytes in [700_000, 450_000, 300_000, 100_000] {
        let limits = within(&store, bytes, now).await;
        let foreseen = store.leaving(&limits, &is_under_way).await.unwrap();
        assert_eq!(foreseen.before.used(), store.room().await.unwrap().used());
        let made = store.make_room(&limits, &is_under_way).await.unwrap();
        let gone: u64 = made.victims.iter().map(|victim| victim.bytes).sum();
        assert_eq!(foreseen.versions, made.victims.len() as u64, "{bytes}");
        assert_eq!(foreseen.bytes, gone, "{bytes}");
        assert_eq!(foreseen.short_by, made.short_by, "{bytes}");
    }
    assert_eq!(left(&store).await.len(), 21, "20 are pinned");
}

#[tokio::test]
async fn a_full_disk_lets_versions_go_whatever_the_quota() {
    let home = Home::new();
    let store = home.open().await;
    for number in 0..2 {
        keep_whole(&store, &Tree::Modules, &name(number), 100_000);
    }
    let now = tick();
    store.flush_index().await.unwrap();
    let free = store.room().await.unwrap().free.unwrap();
    // More than any disk: nothing that goes is enough.
    let limits = Limits {
        quota: None,
        reserve: free * 2,
        spare_since: now,
    };
    let made = make(&store, &limits).await;
    assert_eq!(made.victims.len(), 2);
    assert!(made.short_by > 0);
    assert!(left(&store).await.is_empty());
}

#[tokio::test]
async fn answers_and_what_is_no_version_counts() {
    let home = Home::new();
    home.open().await.close().await;
    let store = home.open().await;
    let before = store.room().await.unwrap();
    store.close().await;
    std::fs::create_dir_all(home.at("direct/clone")).unwrap();
    std::fs::write(home.at("direct/clone/pack"), vec![0; 70_000]).unwrap();
    std::fs::create_dir_all(home.at("answers/up/corp.example/lib/@v")).unwrap();
    std::fs::write(
        home.at("answers/up/corp.example/lib/@v/list"),
        vec![0; 5_000],
    )
    .unwrap();
    std::fs::create_dir_all(home.at("modules/sumdb/sums.example.com/tile")).unwrap();
    std::fs::write(
        home.at("modules/sumdb/sums.example.com/tile/0"),
        vec![0; 900],
    )
    .unwrap();
    let store = home.open().await;
    std::fs::write(home.at("tmp/on-its-way"), vec![0; 1_000_000]).unwrap();
    let room = store.room().await.unwrap();
    assert_eq!(room.databases, 900);
    let more = room.rest - before.rest;
    assert!((75_000..200_000).contains(&more), "{more}");
}

#[tokio::test]
async fn who_reads_a_version_that_goes_reads_it_to_its_end() {
    let home = Home::new();
    let store = home.open().await;
    keep_whole(&store, &Tree::Modules, &name(0), 100_000);
    let reading = store
        .find_blocking(&[Tree::Modules], &version(&name(0)), FileKind::Zip)
        .unwrap()
        .unwrap();
    let now = tick();
    let limits = within(&store, 10, now).await;
    assert_eq!(make(&store, &limits).await.victims.len(), 1);
    assert_eq!(super::bytes(reading).len(), 99_998);
    assert!(super::found(&store, &name(0), FileKind::Zip).is_none());
}

#[tokio::test]
async fn growth_is_told() {
    let home = Home::new();
    let store = home.open().await;
    let mut grown = store.grown();
    assert_eq!(*grown.borrow_and_update(), 0);
    keep(&store, &Tree::Modules, &name(0), FileKind::Mod, b"12345");
    grown.changed().await.unwrap();
    assert_eq!(*grown.borrow(), 5);
    store.clone().close().await;
    let limits = Limits {
        quota: Some(0),
        reserve: 0,
        spare_since: Timestamp::now(),
    };
    assert!(matches!(
        store.make_room(&limits, &|_| false).await,
        Err(StoreError::Closed)
    ));
}

#[derive(Debug, Clone)]
enum Step {
    Commit(usize, usize),
    Use(usize),
    Pin(usize),
    Unpin(usize),
    MakeRoom { quota: u64, under_way: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..9usize;
    prop_oneof![
        4 => (which.clone(), 10..4000usize).prop_map(|(at, size)| Step::Commit(at, size)),
        3 => which.clone().prop_map(Step::Use),
        1 => which.clone().prop_map(Step::Pin),
        1 => which.clone().prop_map(Step::Unpin),
        2 => (0..15_000u64, which).prop_map(|(quota, under_way)| Step::MakeRoom { quota, under_way }),
    ]
}

/// What the store is held against: bytes and the time of the last use, by name.
#[derive(Default)]
struct Model {
    kept: BTreeMap<String, (u64, u64)>,
    clock: u64,
}

impl Model {
    fn used(&mut self, name: &str, bytes: Option<u64>) {
        self.clock += 1;
        let clock = self.clock;
        match bytes {
            Some(bytes) => {
                self.kept.insert(name.to_owned(), (bytes, clock));
            }
            None => {
                if let Some(kept) = self.kept.get_mut(name) {
                    kept.1 = clock;
                }
            }
        }
    }

    fn total(&self) -> u64 {
        self.kept.values().map(|(bytes, _)| bytes).sum()
    }

    /// Who goes, in order: by use, without those that stay, until nine tenths of the quota are reached.
    fn make_room(&mut self, quota: u64, beside: u64, stays: impl Fn(&str) -> bool) -> Vec<String> {
        let mut gone = Vec::new();
        // The quota of the store is about all that counts.
        let whole = quota + beside;
        if self.total() <= quota {
            return gone;
        }
        let mut goal = self.total() + beside - (whole - whole / 10);
        let mut by_use: Vec<_> = self
            .kept
            .iter()
            .map(|(name, (bytes, at))| (*at, name.clone(), *bytes))
            .collect();
        by_use.sort();
        for (_, name, bytes) in by_use {
            if goal == 0 {
                break;
            }
            if !stays(&name) {
                goal = goal.saturating_sub(bytes);
                self.kept.remove(&name);
                gone.push(name);
            }
        }
        gone
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn never_over_the_quota_but_for_what_stays_and_always_by_use(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let home = Home::new();
            let store = home.open().await;
            let (mut model, mut pinned) = (Model::default(), Vec::new());
            for step in steps {
                match step {
                    Step::Commit(at, size) => {
                        keep_whole(&store, &Tree::Modules, &name(at), size);
                        model.used(&name(at), Some(size as u64));
                    }
                    Step::Use(at) => {
                        store.touch(&Tree::Modules, &version(&name(at)), FileKind::Zip);
                        model.used(&name(at), None);
                        // The index notes a use of what is there.
                        store.flush_index().await.unwrap();
                    }
                    Step::Pin(at) => {
                        pinned.push(version(&name(at)));
                        store.keep("person", &pinned).await.unwrap();
                    }
                    Step::Unpin(at) => {
                        pinned.retain(|pin: &ModuleVersion| *pin != version(&name(at)));
                        store.keep("person", &pinned).await.unwrap();
                    }
                    Step::MakeRoom { quota, under_way } => {
                        let busy = version(&name(under_way));
                        let limits = within(&store, quota, tick()).await;
                        let beside = limits.quota.unwrap() - quota;
                        let made = store.make_room(&limits, &|version| *version == busy).await.unwrap();
                        let stays = |name: &str| pinned.contains(&version(name)) || *name == busy.to_string();
                        let total: u64 = model.total();
                        let expected = model.make_room(quota, beside, stays);
                        prop_assert_eq!(victims(&made), expected);
                        prop_assert_eq!(made.before.versions, total);
                        prop_assert_eq!(made.after.versions, model.total());
                        let stay: u64 = model.kept.iter().filter(|(name, _)| stays(name)).map(|(_, (bytes, _))| bytes).sum();
                        prop_assert!(made.after.versions <= quota.max(stay), "{} over {quota}, {stay} stay", made.after.versions);
                    }
                }
                tick();
            }
            store.flush_index().await.unwrap();
            prop_assert_eq!(left(&store).await, model.kept.keys().cloned().collect::<Vec<_>>());
            prop_assert!(verify(&store, false).await.damaged.is_empty());
            Ok(())
        })?;
    }
}
