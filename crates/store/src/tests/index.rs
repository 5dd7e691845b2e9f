//! The index: what it says, when it lags, and how it comes back.

use std::time::{Duration, Instant};

use go_module::FileKind;
use jiff::Timestamp;

use super::{Home, found, keep, quiet, realm, rebuild, version};
use crate::{Filter, Store, StoreError, Tree, Usage};
use tokio_util::sync::CancellationToken;

async fn usage(store: &Store) -> Usage {
    store.flush_index().await.unwrap();
    store.usage().await.unwrap()
}

async fn names(store: &Store, filter: &str) -> Vec<String> {
    store.flush_index().await.unwrap();
    let filter = if filter.is_empty() {
        Filter::all()
    } else {
        Filter::parse(filter).unwrap()
    };
    let listed = store.list(&filter).await.unwrap();
    listed
        .iter()
        .map(|listed| format!("{} {}@{}", listed.tree, listed.path, listed.version))
        .collect()
}

fn fill(store: &Store) {
    keep(
        store,
        &Tree::Modules,
        "corp.example/a@v1.0.0",
        FileKind::Zip,
        b"12345",
    );
    keep(
        store,
        &Tree::Modules,
        "corp.example/a@v1.0.0",
        FileKind::Mod,
        b"123",
    );
    keep(
        store,
        &Tree::Modules,
        "corp.example/a@v1.1.0",
        FileKind::Info,
        b"12",
    );
    keep(
        store,
        &realm(),
        "corp.example/a@v1.0.0",
        FileKind::Zip,
        b"1234567",
    );
}

#[tokio::test]
async fn it_counts_and_lists_what_is_kept() {
    let home = Home::new();
    let store = home.open().await;
    let before = Timestamp::now();
    fill(&store);
    let usage = usage(&store).await;
    assert_eq!((usage.versions, usage.files, usage.bytes), (3, 4, 17));
    let by_tree: Vec<_> = usage
        .by_tree
        .iter()
        .map(|tree| (tree.tree.clone(), tree.versions, tree.files, tree.bytes))
        .collect();
    assert_eq!(by_tree, [(Tree::Modules, 2, 3, 10), (realm(), 1, 1, 7)]);
    assert_eq!(
        names(&store, "").await,
        [
            "modules corp.example/a@v1.0.0",
            "modules corp.example/a@v1.1.0",
            "realms/corp-0badcafe corp.example/a@v1.0.0"
        ]
    );
    assert_eq!(
        names(&store, "corp.example@v1.1.*").await,
        ["modules corp.example/a@v1.1.0"]
    );
    assert!(names(&store, "corp.example/b").await.is_empty());
    let listed = store.list(&Filter::all()).await.unwrap();
    assert_eq!(listed[0].files, [(FileKind::Mod, 3), (FileKind::Zip, 5)]);
    assert_eq!(listed[0].origin, "proxy.example.com");
    assert_eq!(listed[0].last_used, None);
    assert!(
        listed[0].kept_at.as_millisecond() >= before.as_millisecond()
            && listed[0].kept_at <= Timestamp::now()
    );
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let home = Home::new();
    let store = home.open().await;
    for number in 0..25 {
        keep(
            &store,
            &Tree::Modules,
            &format!("corp.example/a@v1.{number}.0"),
            FileKind::Mod,
            b"x",
        );
    }
    store.flush_index().await.unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = store
            .list_page(&Filter::all(), after.as_ref(), 10)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 10);
        after = Some(last.cursor());
        seen.extend(page);
    }
    assert_eq!(seen, store.list(&Filter::all()).await.unwrap());
    assert_eq!(seen.len(), 25);
}

#[tokio::test]
async fn incomplete_versions_are_named_with_what_they_lack() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    store.flush_index().await.unwrap();
    let (a, b) = (
        version("corp.example/a@v1.0.0"),
        version("corp.example/a@v1.1.0"),
    );
    assert_eq!(
        store.incomplete(10).await.unwrap(),
        [
            (Tree::Modules, a.clone(), vec![FileKind::Info]),
            (Tree::Modules, b, vec![FileKind::Mod]),
            (realm(), a, vec![FileKind::Info, FileKind::Mod]),
        ]
    );
    assert_eq!(store.incomplete(1).await.unwrap().len(), 1);
    keep(
        &store,
        &Tree::Modules,
        "corp.example/a@v1.0.0",
        FileKind::Info,
        b"{}",
    );
    store.flush_index().await.unwrap();
    assert_eq!(store.incomplete(10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn last_use_is_noted_and_outlasts_commits_and_rebuilds() {
    let home = Home::new();
    let store = home.open().await;
    let used = |listed: Vec<crate::ListedVersion>| listed[0].last_used;
    let before = Timestamp::now().as_millisecond();
    keep(
        &store,
        &Tree::Modules,
        "corp.example/a@v1.0.0",
        FileKind::Zip,
        b"12345",
    );
    store.touch(
        &Tree::Modules,
        &version("corp.example/a@v1.0.0"),
        FileKind::Zip,
    );
    store.touch(
        &Tree::Modules,
        &version("corp.example/never@v1.0.0"),
        FileKind::Zip,
    );
    store.flush_index().await.unwrap();
    let first = used(store.list(&Filter::all()).await.unwrap()).unwrap();
    assert!(first.as_millisecond() >= before);
    assert_eq!(
        store.list(&Filter::all()).await.unwrap().len(),
        1,
        "a use makes no row"
    );
    keep(
        &store,
        &Tree::Modules,
        "corp.example/a@v1.0.0",
        FileKind::Mod,
        b"123",
    );
    rebuild(&store).await;
    assert_eq!(used(store.list(&Filter::all()).await.unwrap()), Some(first));
    // An unclean end.
    drop(store);
    let store = home.open().await;
    rebuild(&store).await;
    assert_eq!(used(store.list(&Filter::all()).await.unwrap()), Some(first));
}

#[tokio::test]
async fn a_clean_close_is_remembered_and_an_unclean_end_too() {
    let home = Home::new();
    let store = home.open().await;
    assert!(store.needs_rebuild(), "a new index has not seen the files");
    assert!(!store.usage().await.unwrap().complete);
    rebuild(&store).await;
    assert!(!store.needs_rebuild());
    assert!(store.usage().await.unwrap().complete);
    fill(&store);
    let other = store.clone();
    store.close().await;
    other.clone().close().await;
    assert!(matches!(
        other.draft(
            Tree::Modules,
            &version("corp.example/a@v1.0.0"),
            FileKind::Zip
        ),
        Err(StoreError::Closed)
    ));
    assert!(matches!(other.usage().await, Err(StoreError::Closed)));
    drop(other);

    let store = home.open().await;
    assert!(!store.needs_rebuild());
    assert_eq!(
        store.usage().await.unwrap().files,
        4,
        "close wrote what waited"
    );
    drop(store);
    let store = home.open().await;
    assert!(store.needs_rebuild(), "it was not closed");
    store.close().await;
    let store = home.open().await;
    assert!(store.needs_rebuild(), "a clean close mends nothing");
}

#[tokio::test]
async fn a_commit_after_close_keeps_nothing() {
    let home = Home::new();
    let store = home.open().await;
    let mut draft = store
        .draft(
            Tree::Modules,
            &version("corp.example/a@v1.0.0"),
            FileKind::Zip,
        )
        .unwrap();
    draft.append(b"x").unwrap();
    store.close().await;
    assert!(matches!(draft.commit("x"), Err(StoreError::Closed)));
    assert!(super::files_below(&home.at("modules")).is_empty());
    assert!(super::files_below(&home.at("tmp")).is_empty());
}

#[tokio::test]
async fn an_index_deleted_while_closed_is_made_anew() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    rebuild(&store).await;
    store.close().await;
    std::fs::remove_file(home.at("index.sqlite")).unwrap();
    let store = home.open().await;
    assert!(store.needs_rebuild());
    assert_eq!(
        found(&store, "corp.example/a@v1.0.0", FileKind::Zip).unwrap(),
        b"12345",
        "hits need no index"
    );
    rebuild(&store).await;
    assert!(!store.needs_rebuild());
    assert_eq!(store.usage().await.unwrap().files, 4);
}

#[tokio::test]
async fn a_rebuild_drops_what_is_gone_and_takes_in_what_came() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    rebuild(&store).await;
    store.touch(
        &Tree::Modules,
        &version("corp.example/a@v1.1.0"),
        FileKind::Info,
    );
    store.close().await;
    // By hand, behind Larder's back.
    std::fs::remove_dir_all(home.at("realms")).unwrap();
    let at = |name: &str| home.at(&format!("modules/corp.example/a/@v/{name}"));
    std::fs::remove_file(at("v1.0.0.zip")).unwrap();
    for end in ["", ".larder"] {
        std::fs::copy(
            at(&format!("v1.1.0.info{end}")),
            at(&format!("v1.2.0.info{end}")),
        )
        .unwrap();
    }
    let store = home.open().await;
    assert_eq!(
        store.usage().await.unwrap().files,
        4,
        "a clean index is believed until it is rebuilt"
    );
    rebuild(&store).await;
    let listed = store.list(&Filter::all()).await.unwrap();
    let seen: Vec<_> = listed
        .iter()
        .map(|l| (l.version.as_str(), l.files.clone(), l.last_used.is_some()))
        .collect();
    assert_eq!(
        seen,
        [
            ("v1.0.0", vec![(FileKind::Mod, 3)], false),
            ("v1.1.0", vec![(FileKind::Info, 2)], true),
            ("v1.2.0", vec![(FileKind::Info, 2)], false),
        ]
    );
}

#[tokio::test]
async fn an_index_damaged_while_closed_is_set_aside() {
    let pages = [vec![b'x'; 40_000], b"not a database".to_vec(), Vec::new()];
    for garbage in pages {
        let home = Home::new();
        let store = home.open().await;
        fill(&store);
        rebuild(&store).await;
        store.close().await;
        std::fs::write(home.at("index.sqlite"), &garbage).unwrap();
        let store = home.open().await;
        assert!(store.needs_rebuild());
        rebuild(&store).await;
        assert_eq!(store.usage().await.unwrap().files, 4);
        store.close().await;
        if !garbage.is_empty() {
            assert_eq!(
                std::fs::read(home.at("index.sqlite.damaged")).unwrap(),
                garbage
            );
        }
        assert!(!home.open().await.needs_rebuild());
    }
}

#[tokio::test]
async fn an_index_of_a_newer_larder_is_set_aside() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    rebuild(&store).await;
    store.close().await;
    add_migration(&home.at("index.sqlite")).await;
    let store = home.open().await;
    assert!(store.needs_rebuild());
    assert!(home.at("index.sqlite.damaged").exists());
}

/// Marks a database as written by a newer Larder.
pub(super) async fn add_migration(path: &std::path::Path) {
    let pool =
        sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(path))
            .await
            .unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, 'x', true, x'00', 0)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

#[tokio::test]
async fn an_index_damaged_while_open_is_set_aside_and_made_anew() {
    for ask_first in [true, false] {
        let home = Home::new();
        let store = home.open().await;
        for number in 0..300 {
            let name = format!("corp.example/{}@v1.{number}.0", "long".repeat(20));
            keep(&store, &Tree::Modules, &name, FileKind::Mod, b"x");
        }
        rebuild(&store).await;
        store.close().await;
        let store = home.open().await;
        assert!(!store.needs_rebuild());
        let size = std::fs::metadata(home.at("index.sqlite")).unwrap().len();
        // In place: the same file, all pages but the first.
        let mut bytes = std::fs::read(home.at("index.sqlite")).unwrap();
        bytes[4096..].fill(0xAA);
        std::os::unix::fs::FileExt::write_all_at(
            &std::fs::OpenOptions::new()
                .write(true)
                .open(home.at("index.sqlite"))
                .unwrap(),
            &bytes[4096..],
            4096,
        )
        .unwrap();
        assert!(size > 8 * 4096);
        if ask_first {
            assert_eq!(
                store.usage().await.unwrap(),
                Usage::default(),
                "empty, and said not to be complete"
            );
        } else {
            keep(
                &store,
                &Tree::Modules,
                "corp.example/new@v1.0.0",
                FileKind::Mod,
                b"x",
            );
            store.flush_index().await.unwrap();
        }
        assert!(store.needs_rebuild());
        tokio::time::timeout(Duration::from_secs(5), store.until_needs_rebuild())
            .await
            .unwrap();
        assert!(home.at("index.sqlite.damaged").exists());
        rebuild(&store).await;
        assert!(!store.needs_rebuild());
        assert_eq!(
            store.usage().await.unwrap().files,
            if ask_first { 300 } else { 301 }
        );
    }
}

#[tokio::test]
async fn an_index_deleted_while_open_is_made_anew() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    rebuild(&store).await;
    for end in ["", "-wal", "-shm"] {
        std::fs::remove_file(home.at(&format!("index.sqlite{end}"))).unwrap();
    }
    keep(
        &store,
        &Tree::Modules,
        "corp.example/new@v1.0.0",
        FileKind::Mod,
        b"x",
    );
    store.flush_index().await.unwrap();
    assert!(store.needs_rebuild());
    rebuild(&store).await;
    assert_eq!(store.usage().await.unwrap().files, 5);
    store.close().await;
    assert_eq!(home.open().await.usage().await.unwrap().files, 5);
}

/// One thread: the writer cannot run while the queue is being filled.
#[tokio::test(flavor = "current_thread")]
async fn a_full_queue_is_not_waited_for_and_remembered() {
    let home = Home::new();
    let store = home.open().await;
    rebuild(&store).await;
    for number in 0..3000 {
        store.touch(
            &Tree::Modules,
            &version(&format!("corp.example/a@v1.{number}.0")),
            FileKind::Mod,
        );
    }
    assert!(!store.needs_rebuild(), "a forgotten use is no lag");
    for number in 0..1200 {
        store.index().gone(
            &Tree::Modules,
            &version(&format!("corp.example/a@v1.{number}.0")),
        );
    }
    assert!(store.needs_rebuild());
    fill(&store);
    rebuild(&store).await;
    assert!(!store.needs_rebuild());
    assert_eq!(usage(&store).await.files, 4);
}

#[tokio::test]
async fn a_cancelled_rebuild_leaves_the_need_for_one() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(matches!(
        store.rebuild_index(&quiet, &cancel).await,
        Err(StoreError::Cancelled)
    ));
    assert!(store.needs_rebuild());
    assert_eq!(usage(&store).await.files, 4, "nothing was dropped");
}

#[tokio::test]
async fn a_rebuild_agrees_with_commits_and_clears_that_go_on_meanwhile() {
    let home = Home::new();
    let store = home.open().await;
    let name = |number: usize| format!("corp.example/m{}@v1.{number}.0", number % 7);
    for number in 0..200 {
        keep(&store, &Tree::Modules, &name(number), FileKind::Mod, b"x");
    }
    let other = store.clone();
    let busy = tokio::task::spawn_blocking(move || {
        for number in 200..400 {
            keep(&other, &Tree::Modules, &name(number), FileKind::Mod, b"xy");
            let old = version(&name(number - 200));
            let path = format!("modules/{}/@v/{}.mod", old.path, old.version);
            std::fs::write(other.cache_folder().join(path), b"damaged").unwrap();
            assert_eq!(found(&other, &name(number - 200), FileKind::Mod), None);
        }
    });
    while !busy.is_finished() {
        rebuild(&store).await;
    }
    busy.await.unwrap();
    store.flush_index().await.unwrap();
    let during = store.list(&Filter::all()).await.unwrap();
    rebuild(&store).await;
    assert_eq!(during, store.list(&Filter::all()).await.unwrap());
}

/// No look at the files, and little work for the database: a full cache opens as fast as an empty one.
#[tokio::test]
async fn a_full_cache_opens_fast() {
    let home = Home::new();
    home.open().await.close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.at("index.sqlite"));
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000)
         INSERT INTO versions (tree, path, version, info, gomod, zip, origin, kept_at, scan)
         SELECT 'modules', 'corp.example/group/module' || (n % 5000), 'v1.' || n || '.0', 100, 200, 300000, 'proxy.example.com', 1, 0 FROM n",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        let store = home.open().await;
        fastest = fastest.min(start.elapsed());
        assert_eq!(store.usage().await.unwrap().versions, 100_000);
        store.close().await;
    }
    assert!(fastest < Duration::from_millis(100), "{fastest:?}");
}
