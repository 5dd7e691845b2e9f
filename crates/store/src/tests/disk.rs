//! A disk that is full, and one that is read-only.

use go_module::{FileKind, Request};
use jiff::Timestamp;
use serde_json::json;
use test_support::disk::{Disk, runs_where_it_may_mount};

use super::{files_below, found, keep, rebuild, version};
use crate::{KeptAnswer, Places, Store, StoreError, Tree};

const V: &str = "corp.example/lib@v1.0.0";

fn draft_of(store: &Store, size: usize) -> Result<crate::Kept, StoreError> {
    let mut draft = store.draft(
        Tree::Modules,
        &version("corp.example/big@v1.0.0"),
        FileKind::Zip,
    )?;
    for _ in 0..size.div_ceil(4096) {
        draft.append(&[b'x'; 4096])?;
    }
    draft.commit("x")
}

#[tokio::test]
async fn a_full_disk_and_a_read_only_one_are_told_and_survived() {
    let this = "tests::disk::a_full_disk_and_a_read_only_one_are_told_and_survived";
    if !runs_where_it_may_mount(this) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path();
    let disk = Disk::mount(small, 1 << 20);
    let places = Places {
        cache: small.join("cache"),
        data: small.join("data"),
    };
    let store = Store::open(places.clone()).await.unwrap();
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    rebuild(&store).await;
    store.set_value("a", &json!(1)).await.unwrap();

    // One file too large.
    let full = draft_of(&store, 2 << 20).unwrap_err();
    assert!(matches!(full, StoreError::DiskFull { .. }), "{full}");
    assert!(
        files_below(&small.join("cache/tmp")).is_empty(),
        "its room is given back"
    );
    assert!(!store.needs_rebuild());

    // No room at all.
    disk.fill();
    let full = draft_of(&store, 10_000).unwrap_err();
    assert!(matches!(full, StoreError::DiskFull { .. }), "{full}");
    let now = Timestamp::now();
    let answer = KeptAnswer {
        body: vec![0; 10_000].into(),
        fetched_at: now,
        checked_at: now,
        etag: None,
        last_modified: None,
    };
    let list = Request::parse("/corp.example/lib/@v/list").unwrap();
    let full = store.keep_answer("up", &list, &answer).await.unwrap_err();
    assert!(matches!(full, StoreError::DiskFull { .. }), "{full}");
    let mut refused = None;
    for number in 0..100 {
        let value = json!("x".repeat(10_000));
        if let Err(error) = store.set_value(&format!("{number}"), &value).await {
            refused = Some(error);
            break;
        }
    }
    assert!(
        matches!(refused, Some(StoreError::DiskFull { .. })),
        "{refused:?}"
    );
    assert_eq!(
        found(&store, V, FileKind::Zip).unwrap(),
        b"good",
        "hits go on"
    );
    assert_eq!(store.get_value("a").await.unwrap(), Some(json!(1)));

    // Room again: all goes on without a new start.
    disk.make_room();
    keep(&store, &Tree::Modules, V, FileKind::Mod, b"module x\n");
    store.set_value("a", &json!(2)).await.unwrap();
    rebuild(&store).await;
    assert!(!store.needs_rebuild());
    assert_eq!(store.usage().await.unwrap().files, 2);

    // At open.
    store.close().await;
    disk.fill();
    let refused = Store::open(places.clone()).await.unwrap_err();
    disk.make_room();
    assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused}");
    disk.set_read_only(true);
    let refused = Store::open(places.clone()).await.unwrap_err();
    disk.set_read_only(false);
    assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused}");
    let store = Store::open(places).await.unwrap();
    assert!(!store.needs_rebuild());
}
