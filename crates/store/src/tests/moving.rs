//! Files that go from one tree to another.

use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use go_module::{FileKind, H1};

use super::{Home, bytes, files_below, keep, realm, rebuild, verify, version};
use crate::disk::Identity;
use crate::{DamageReason, Filter, Store, StoreError, Tree};

const V: &str = "corp.example/lib@v1.0.0";
const FILE: &str = "corp.example/lib/@v/v1.0.0.zip";

fn h1(text: &str) -> H1 {
    go_module::h1::of_mod(text.as_bytes())
}

fn move_zip(store: &Store, from: &Tree, to: &Tree, h1: Option<H1>) -> Result<bool, StoreError> {
    store.move_to(from, to, &version(V), FileKind::Zip, h1)
}

fn zip_in(store: &Store, tree: &Tree) -> Option<crate::Kept> {
    store
        .find_blocking(std::slice::from_ref(tree), &version(V), FileKind::Zip)
        .unwrap()
}

async fn listed(store: &Store) -> Vec<(Tree, Vec<(FileKind, u64)>)> {
    store.flush_index().await.unwrap();
    let listed = store.list(&Filter::all()).await.unwrap();
    listed.into_iter().map(|v| (v.tree, v.files)).collect()
}

#[tokio::test]
async fn a_file_goes_with_what_is_known_of_it() {
    let home = Home::new();
    let store = home.open().await;
    let kept = keep(&store, &realm(), V, FileKind::Zip, b"good");
    keep(&store, &realm(), V, FileKind::Mod, b"module x\n");
    assert!(move_zip(&store, &realm(), &Tree::Modules, Some(h1("a"))).unwrap());
    assert!(zip_in(&store, &realm()).is_none());
    let path = home.at(&format!("modules/{FILE}"));
    let identity = Identity::of(&std::fs::File::open(path).unwrap()).unwrap();
    assert!(
        store.files().is_checked(identity, kept.sha256),
        "it need not be read again"
    );
    let moved = zip_in(&store, &Tree::Modules).unwrap();
    assert_eq!(
        (moved.h1, moved.sha256, moved.kept_at, moved.origin.as_str()),
        (
            Some(h1("a")),
            kept.sha256,
            kept.kept_at,
            "proxy.example.com"
        )
    );
    assert_eq!(bytes(moved), b"good");
    assert_eq!(
        listed(&store).await,
        [
            (Tree::Modules, vec![(FileKind::Zip, 4)]),
            (realm(), vec![(FileKind::Mod, 9)])
        ]
    );
    assert!(
        files_below(&home.at("realms"))
            .iter()
            .all(|name| name.contains(".mod")),
        "nothing of the zip is left behind"
    );
    // Without a hash, the one that is known goes along; and an empty folder goes.
    assert!(move_zip(&store, &Tree::Modules, &realm(), None).unwrap());
    assert_eq!(zip_in(&store, &realm()).unwrap().h1, Some(h1("a")));
    assert!(!home.at("modules/corp.example").exists());
    assert!(verify(&store, false).await.damaged.is_empty());
    assert!(files_below(&home.at("tmp")).is_empty());
}

#[tokio::test]
async fn a_commit_may_know_the_hash_already() {
    let home = Home::new();
    let store = home.open().await;
    let mut draft = store
        .draft(Tree::Modules, &version(V), FileKind::Zip)
        .unwrap();
    draft.append(b"good").unwrap();
    let kept = draft.commit_with("x", Some(h1("a"))).unwrap();
    assert_eq!(kept.h1, Some(h1("a")));
    store.close().await;
    let store = home.open().await;
    assert_eq!(zip_in(&store, &Tree::Modules).unwrap().h1, Some(h1("a")));
}

#[tokio::test]
async fn what_is_not_there_does_not_move() {
    let home = Home::new();
    let store = home.open().await;
    assert!(!move_zip(&store, &realm(), &Tree::Modules, None).unwrap());
    keep(&store, &realm(), V, FileKind::Mod, b"module x\n");
    assert!(!move_zip(&store, &realm(), &Tree::Modules, None).unwrap());
    assert!(!home.at("modules").exists(), "nothing is made for nothing");
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    assert!(!move_zip(&store, &realm(), &Tree::Modules, Some(h1("a"))).unwrap());
    assert_eq!(zip_in(&store, &Tree::Modules).unwrap().h1, None);
}

#[tokio::test]
async fn a_file_that_is_there_already_stays_and_the_other_goes() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    keep(&store, &realm(), V, FileKind::Zip, b"good");
    assert!(move_zip(&store, &realm(), &Tree::Modules, Some(h1("a"))).unwrap());
    assert_eq!(
        zip_in(&store, &Tree::Modules).unwrap().h1,
        Some(h1("a")),
        "the bytes are the same, so is the hash"
    );
    keep(&store, &realm(), V, FileKind::Zip, b"evil");
    assert!(move_zip(&store, &realm(), &Tree::Modules, Some(h1("b"))).unwrap());
    let there = zip_in(&store, &Tree::Modules).unwrap();
    assert_eq!(
        there.h1,
        Some(h1("a")),
        "the hash of other bytes is not noted"
    );
    assert_eq!(bytes(there), b"good");
    assert!(files_below(&home.at("realms")).is_empty());
    assert_eq!(
        listed(&store).await,
        [(Tree::Modules, vec![(FileKind::Zip, 4)])]
    );
}

#[tokio::test]
async fn a_move_to_where_it_is_only_notes_the_hash() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &realm(), V, FileKind::Zip, b"good");
    assert!(move_zip(&store, &realm(), &realm(), None).unwrap());
    assert!(move_zip(&store, &realm(), &realm(), Some(h1("a"))).unwrap());
    let there = zip_in(&store, &realm()).unwrap();
    assert_eq!(there.h1, Some(h1("a")));
    assert_eq!(bytes(there), b"good");
}

#[tokio::test]
async fn damage_does_not_move_and_gives_way() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &realm(), V, FileKind::Zip, b"good");
    std::fs::write(home.at(&format!("realms/corp-0badcafe/{FILE}")), b"GOOD").unwrap();
    assert!(!move_zip(&store, &realm(), &Tree::Modules, None).unwrap());
    assert!(matches!(
        store.take_damage()[0].reason,
        DamageReason::HashDiffers { .. }
    ));
    assert!(files_below(&home.at("modules")).is_empty());

    keep(&store, &realm(), V, FileKind::Zip, b"good");
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    std::fs::write(home.at(&format!("modules/{FILE}")), b"GOOD").unwrap();
    assert!(move_zip(&store, &realm(), &Tree::Modules, None).unwrap());
    assert_eq!(bytes(zip_in(&store, &Tree::Modules).unwrap()), b"good");
    assert_eq!(store.take_damage().len(), 1);

    // What a newer Larder kept is nothing to this one.
    let sidecar = home.at(&format!("modules/{FILE}.larder"));
    std::fs::write(sidecar, b"{\"schema\":2}").unwrap();
    assert!(zip_in(&store, &Tree::Modules).is_none());
    keep(&store, &realm(), V, FileKind::Zip, b"better");
    assert!(move_zip(&store, &realm(), &Tree::Modules, None).unwrap());
    assert_eq!(bytes(zip_in(&store, &Tree::Modules).unwrap()), b"better");
}

#[tokio::test]
async fn a_kept_file_that_proved_wrong_is_set_aside_for_a_look() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &realm(), V, FileKind::Zip, b"wrong from the start");
    store
        .take_out(&realm(), &version(V), FileKind::Zip)
        .unwrap();
    assert!(zip_in(&store, &realm()).is_none());
    assert!(files_below(&home.at("realms")).is_empty());
    let aside = files_below(&home.at("damaged"));
    assert_eq!(aside.len(), 1);
    assert_eq!(
        std::fs::read(home.at("damaged").join(&aside[0])).unwrap(),
        b"wrong from the start"
    );
    assert!(listed(&store).await.is_empty());
}

#[tokio::test]
async fn links_on_the_way_are_not_followed() {
    let home = Home::new();
    let store = home.open().await;
    let outside = tempfile::tempdir().unwrap();
    keep(&store, &realm(), V, FileKind::Zip, b"good");
    symlink(outside.path(), home.at("modules")).unwrap();
    let refused = move_zip(&store, &realm(), &Tree::Modules, None);
    assert!(
        matches!(refused, Err(StoreError::NotAFolder { .. })),
        "{refused:?}"
    );
    assert!(files_below(outside.path()).is_empty());
    assert_eq!(bytes(zip_in(&store, &realm()).unwrap()), b"good");

    // A link in the place of the new sidecar is replaced, not written through.
    std::fs::remove_file(home.at("modules")).unwrap();
    std::fs::write(outside.path().join("victim"), "untouched").unwrap();
    std::fs::create_dir_all(home.at("modules/corp.example/lib/@v")).unwrap();
    symlink(
        outside.path().join("victim"),
        home.at(&format!("modules/{FILE}.larder")),
    )
    .unwrap();
    assert!(move_zip(&store, &realm(), &Tree::Modules, None).unwrap());
    assert_eq!(
        std::fs::read(outside.path().join("victim")).unwrap(),
        b"untouched"
    );
    assert_eq!(bytes(zip_in(&store, &Tree::Modules).unwrap()), b"good");
}

#[tokio::test]
async fn a_move_after_close_is_refused() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &realm(), V, FileKind::Zip, b"good");
    store.clone().close().await;
    assert!(matches!(
        move_zip(&store, &realm(), &Tree::Modules, None),
        Err(StoreError::Closed)
    ));
}

#[tokio::test]
async fn who_looks_into_both_trees_finds_a_file_that_goes_to_and_fro() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &realm(), V, FileKind::Zip, b"good");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let movers: Vec<_> = [(realm(), Tree::Modules), (Tree::Modules, realm())]
            .into_iter()
            .map(|(from, to)| {
                let store = &store;
                scope.spawn(move || {
                    for _ in 0..300 {
                        move_zip(store, &from, &to, None).unwrap();
                    }
                })
            })
            .collect();
        for trees in [[Tree::Modules, realm()], [realm(), Tree::Modules]] {
            let (store, done) = (&store, &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let found = store
                        .find_blocking(&trees, &version(V), FileKind::Zip)
                        .unwrap();
                    assert_eq!(bytes(found.unwrap()), b"good");
                }
            });
        }
        for mover in movers {
            let moved = mover.join();
            done.store(true, Ordering::Relaxed);
            moved.unwrap();
        }
    });
    assert!(store.take_damage().is_empty());
    assert!(verify(&store, false).await.damaged.is_empty());
    let now = listed(&store).await;
    assert_eq!(now.len(), 1);
    rebuild(&store).await;
    assert_eq!(listed(&store).await, now);
}

#[tokio::test]
async fn a_file_that_moves_past_a_look_is_found_all_the_same() {
    let home = Home::new();
    let store = home.open().await;
    let (ahead, behind) = (Tree::Modules, realm());
    let of = version(V);
    let lock_of = |tree: &Tree| store.files().lock_number(tree, &of, FileKind::Zip);
    // A damaged file on the way, whose lock holds the look up, and nothing else.
    let between: Tree = (0..)
        .map(|number| format!("realms/between-{number}").parse().unwrap())
        .find(|tree| lock_of(tree) != lock_of(&ahead) && lock_of(tree) != lock_of(&behind))
        .unwrap();
    keep(&store, &between, V, FileKind::Zip, b"good");
    std::fs::write(home.at(&format!("{between}/{FILE}")), b"bad").unwrap();
    keep(&store, &behind, V, FileKind::Zip, b"good");
    let trees = [ahead.clone(), between.clone(), behind.clone()];
    std::thread::scope(|scope| {
        let lock = store.files().lock(&between, &of, FileKind::Zip);
        let look = scope.spawn(|| store.find_blocking(&trees, &of, FileKind::Zip).unwrap());
        std::thread::sleep(Duration::from_millis(200));
        assert!(!look.is_finished());
        assert!(move_zip(&store, &behind, &ahead, None).unwrap());
        drop(lock);
        let found = look.join().unwrap().unwrap();
        assert_eq!(found.tree, ahead);
    });
}

#[tokio::test]
async fn a_file_does_not_go_where_its_sidecar_cannot() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &realm(), V, FileKind::Zip, b"good");
    std::fs::create_dir_all(home.at(&format!("modules/{FILE}.larder/x"))).unwrap();
    assert!(move_zip(&store, &realm(), &Tree::Modules, None).is_err());
    assert!(!home.at(&format!("modules/{FILE}")).exists());
    assert_eq!(bytes(zip_in(&store, &realm()).unwrap()), b"good");
    assert!(files_below(&home.at("tmp")).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moves_commits_and_clears_side_by_side_leave_a_whole_cache() {
    let home = Home::new();
    let store = home.open().await;
    let runtime = &tokio::runtime::Handle::current();
    std::thread::scope(|scope| {
        let store = &store;
        let committer = scope.spawn(move || {
            for number in 0..150u8 {
                keep(store, &realm(), V, FileKind::Zip, &[number; 100]);
            }
        });
        scope.spawn(move || {
            while !committer.is_finished() {
                match move_zip(store, &realm(), &Tree::Modules, None) {
                    // Told rather than hidden when the ground is taken away time and again.
                    Ok(_) | Err(StoreError::Vanished { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
        scope.spawn(move || {
            for _ in 0..10 {
                runtime
                    .block_on(store.clear(&Filter::all(), &super::quiet))
                    .unwrap();
            }
        });
    });
    assert!(store.take_damage().is_empty());
    assert!(verify(&store, false).await.damaged.is_empty());
    let now = listed(&store).await;
    rebuild(&store).await;
    assert_eq!(listed(&store).await, now);
}

#[tokio::test]
async fn versions_in_realms_are_paged_while_they_move_out() {
    let home = Home::new();
    let store = home.open().await;
    let other: Tree = "realms/a".parse().unwrap();
    for number in 0..7 {
        let of = format!("corp.example/m@v1.{number}.0");
        keep(&store, &Tree::Modules, &of, FileKind::Info, b"{}");
        keep(&store, &realm(), &of, FileKind::Zip, b"good");
        keep(&store, &other, &of, FileKind::Mod, b"module x\n");
    }
    store.flush_index().await.unwrap();
    let (mut cursor, mut seen) = (None, Vec::new());
    loop {
        let page = store.in_realms(cursor.as_ref(), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 3);
        cursor = Some(last.cursor());
        for listed in page {
            let module =
                go_module::ModuleVersion::new(listed.path.clone(), listed.version).unwrap();
            for (kind, _) in listed.files {
                assert!(
                    store
                        .move_to(&listed.tree, &Tree::Modules, &module, kind, None)
                        .unwrap()
                );
            }
            seen.push((listed.tree, module.to_string()));
        }
        store.flush_index().await.unwrap();
    }
    assert_eq!(seen.len(), 14);
    assert!(seen.iter().all(|(tree, _)| *tree != Tree::Modules));
    assert!(store.in_realms(None, 1).await.unwrap().is_empty());
    assert_eq!(store.usage().await.unwrap().files, 21);
}
