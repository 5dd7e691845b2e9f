//! A process that is killed while it commits.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use go_module::FileKind;

use super::{Home, files_below, keep, realm, rebuild, verify, version};
use crate::{DamageReason, Filter, Limits, Places, Store, Tree};

/// Where the child keeps its store.
const HOME: &str = "LARDER_TEST_KILLED_HOME";

/// How many files go to and fro.
const MOVED: usize = 40;

/// What a child writes into its home when it is at work.
const READY: &str = "ready";

/// A child that does one of the tests that are none, to be killed.
struct Killed(Child);

impl Killed {
    fn spawn(home: &Home, work: &str) -> Self {
        let test = format!("tests::kill::{work}");
        let child = Command::new(std::env::current_exe().unwrap())
            .args([test.as_str(), "--exact", "--ignored"])
            .env(HOME, home.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// One that has said that it is at work.
    async fn ready(home: &Home, work: &str) -> Self {
        let ready = home.folder.path().join(READY);
        let _ = std::fs::remove_file(&ready);
        let mut child = Self::spawn(home, work);
        while !ready.exists() {
            let ended = child.0.try_wait().unwrap();
            assert!(ended.is_none(), "the child ended early");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        child
    }

    /// Lets it work for that long, and kills it.
    async fn after(mut self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// In a child: the home that its parent gave it, and the store there. Nothing where it is no child.
async fn of_the_parent() -> Option<(PathBuf, Store)> {
    let home = PathBuf::from(std::env::var_os(HOME)?);
    let places = Places {
        cache: home.join("cache"),
        data: home.join("data"),
    };
    let store = Store::open(places).await.unwrap();
    Some((home, store))
}

fn name(number: usize) -> String {
    format!("corp.example/m{}@v1.{number}.0", number % 5)
}

/// No test of its own: the child that the test below kills.
#[tokio::test]
#[ignore = "run by a_kill_at_any_moment_leaves_only_whole_files"]
async fn commits_until_it_is_killed() {
    let Some((_, store)) = of_the_parent().await else {
        return;
    };
    for number in 0.. {
        for kind in FileKind::ALL {
            keep(
                &store,
                &Tree::Modules,
                &name(number % 500),
                kind,
                &vec![b'x'; 1 + number % 100_000],
            );
        }
        store.touch(&Tree::Modules, &version(&name(number % 500)), FileKind::Zip);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_kill_at_any_moment_leaves_only_whole_files() {
    let home = Home::new();
    for round in 0..6u64 {
        let child = Killed::spawn(&home, "commits_until_it_is_killed");
        // Until it is at work, then some while more.
        let before = files_below(&home.at("modules")).len();
        let mut waited = 0;
        while files_below(&home.at("modules")).len() <= before && waited < 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            waited += 1;
        }
        child.after(7 * round).await;
    }
    assert!(
        files_below(&home.at("modules")).len() > 6,
        "the children did something"
    );

    let store = home.open().await;
    assert!(store.needs_rebuild());
    assert!(files_below(&home.at("tmp")).is_empty());
    let report = verify(&store, false).await;
    // The one state that a kill can leave: an old file with the sidecar of its successor.
    for damage in &report.damaged {
        assert!(
            matches!(damage.reason, DamageReason::SizeDiffers { .. }),
            "{} {}",
            damage.path.display(),
            damage.reason
        );
    }
    assert!(report.damaged.len() <= 6);
    rebuild(&store).await;
    for listed in store.list(&Filter::all()).await.unwrap() {
        let version = go_module::ModuleVersion::new(listed.path, listed.version).unwrap();
        for (kind, size) in listed.files {
            let kept = store
                .find_blocking(&[Tree::Modules], &version, kind)
                .unwrap()
                .unwrap();
            assert_eq!(kept.size, size);
        }
    }
}

/// No test of its own: the child that the test below kills.
#[tokio::test]
#[ignore = "run by a_kill_in_the_middle_of_a_move_loses_nothing"]
async fn moves_until_it_is_killed() {
    let Some((home, store)) = of_the_parent().await else {
        return;
    };
    // Ready: the parent waits for it.
    std::fs::write(home.join(READY), "").unwrap();
    let mut trees = [Tree::Modules, realm()];
    loop {
        for number in 0..MOVED {
            let (from, to) = (&trees[0], &trees[1]);
            store
                .move_to(from, to, &version(&name(number)), FileKind::Zip, None)
                .unwrap();
        }
        trees.swap(0, 1);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_move_loses_nothing() {
    let home = Home::new();
    let store = home.open().await;
    for number in 0..MOVED {
        keep(&store, &Tree::Modules, &name(number), FileKind::Zip, b"x");
    }
    store.close().await;
    let mut seen_in_both = false;
    for round in 0..8u64 {
        let child = Killed::ready(&home, "moves_until_it_is_killed").await;
        child.after(5 + 7 * round).await;

        let store = home.open().await;
        let report = verify(&store, false).await;
        assert!(report.damaged.is_empty(), "{:?}", report.damaged);
        assert_eq!(report.files, MOVED as u64, "each is in one tree");
        for number in 0..MOVED {
            let trees = [Tree::Modules, realm()];
            let found = store.find_blocking(&trees, &version(&name(number)), FileKind::Zip);
            assert_eq!(super::bytes(found.unwrap().unwrap()), b"x");
        }
        store.flush_index().await.unwrap();
        let trees = files_below(&home.at("realms"))
            .len()
            .min(files_below(&home.at("modules")).len());
        seen_in_both |= trees > 0;
        store.close().await;
    }
    assert!(seen_in_both, "a child was killed half-way");
}

/// No test of its own: the child that the test below kills.
#[tokio::test]
#[ignore = "run by a_kill_while_room_is_made_leaves_only_whole_files"]
async fn makes_room_until_it_is_killed() {
    let Some((home, store)) = of_the_parent().await else {
        return;
    };
    for number in 0.. {
        if number == 60 {
            // Ready: from now on files go as they come.
            std::fs::write(home.join(READY), "").unwrap();
        }
        for kind in FileKind::ALL {
            keep(&store, &Tree::Modules, &name(number), kind, &[b'x'; 30_000]);
        }
        let limits = Limits {
            quota: Some(6_000_000),
            reserve: 0,
            spare_since: jiff::Timestamp::now(),
        };
        let made = store.make_room(&limits, &|_| false).await.unwrap();
        assert!(number < 60 || made.before.versions > 0);
    }
}

#[tokio::test]
async fn a_kill_while_room_is_made_leaves_only_whole_files() {
    let home = Home::new();
    for round in 0..4u64 {
        let child = Killed::ready(&home, "makes_room_until_it_is_killed").await;
        child.after(3 + 7 * round).await;

        let store = home.open().await;
        let report = verify(&store, false).await;
        assert!(report.damaged.is_empty(), "{:?}", report.damaged);
        assert!(report.files > 0);
        rebuild(&store).await;
        let room = store.room().await.unwrap();
        assert_eq!(room.versions, report.bytes, "the index is right again");
        store.close().await;
    }
}
