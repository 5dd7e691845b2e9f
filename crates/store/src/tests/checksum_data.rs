//! Heads and evidence of checksum databases.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::{Home, files_below};
use crate::StoreError;

const NAME: &str = "sum.golang.org";

#[tokio::test]
async fn heads_last() {
    let home = Home::new();
    let store = home.open().await;
    assert_eq!(store.heads(NAME).unwrap(), None);
    assert!(!home.places().data.join("checksum-db").exists());
    store.keep_heads(NAME, b"one").unwrap();
    store.keep_heads(NAME, b"").unwrap();
    assert_eq!(store.heads(NAME).unwrap().unwrap(), b"");
    store.keep_heads(NAME, b"one and two").unwrap();
    store.keep_heads("sum.corp.example", b"other").unwrap();
    // A name with a path has a folder of its own, not one in the other's.
    store
        .keep_heads("sum.corp.example/heads", b"third")
        .unwrap();
    drop(store);
    let store = home.open().await;
    assert_eq!(store.heads(NAME).unwrap().unwrap(), b"one and two");
    assert_eq!(store.heads("sum.corp.example").unwrap().unwrap(), b"other");
    assert_eq!(
        store.heads("sum.corp.example/heads").unwrap().unwrap(),
        b"third"
    );
    let folder = home.places().data.join("checksum-db");
    assert_eq!(
        files_below(&folder),
        [
            "sum.corp.example/heads",
            "sum.corp.example%2fheads/heads",
            "sum.golang.org/heads"
        ]
    );
    for folder in [folder.join(NAME), folder] {
        assert_eq!(
            folder.metadata().unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
    // Clearing the cache does not touch them.
    store
        .clear(&crate::Filter::all(), &super::quiet)
        .await
        .unwrap();
    assert!(store.heads(NAME).unwrap().is_some());
    for name in ["", "..", "../x", "A.example", "a/../b"] {
        assert!(matches!(store.heads(name), Err(StoreError::BadId { .. })));
        assert!(matches!(
            store.keep_heads(name, b"x"),
            Err(StoreError::BadId { .. })
        ));
        assert!(matches!(
            store.keep_evidence(name, "x", b"x"),
            Err(StoreError::BadId { .. })
        ));
    }
}

#[tokio::test]
async fn heads_are_bounded_and_no_link() {
    let home = Home::new();
    let store = home.open().await;
    store.keep_heads(NAME, b"kept").unwrap();
    let huge = vec![b'x'; 16 * 1024 * 1024 + 1];
    assert!(matches!(
        store.keep_heads(NAME, &huge),
        Err(StoreError::TooLarge { .. })
    ));
    assert_eq!(store.heads(NAME).unwrap().unwrap(), b"kept");
    let path = home.places().data.join("checksum-db").join(NAME);
    std::fs::write(path.join("heads"), &huge).unwrap();
    assert!(
        matches!(store.heads(NAME), Err(StoreError::TooLarge { .. })),
        "and not taken for none"
    );
    // What a kill left is in nobody's way.
    std::fs::write(path.join("new"), "half").unwrap();
    store.keep_heads(NAME, b"kept").unwrap();
    assert_eq!(files_below(&path), ["heads"]);

    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("heads"), "planted").unwrap();
    std::fs::remove_file(path.join("heads")).unwrap();
    symlink(outside.path().join("heads"), path.join("heads")).unwrap();
    assert!(matches!(
        store.heads(NAME),
        Err(StoreError::NotAFile { .. })
    ));
    store.keep_heads(NAME, b"own").unwrap();
    assert_eq!(store.heads(NAME).unwrap().unwrap(), b"own");
    std::fs::remove_dir_all(&path).unwrap();
    symlink(outside.path(), &path).unwrap();
    assert!(matches!(
        store.heads(NAME),
        Err(StoreError::NotAFolder { .. })
    ));
    assert!(matches!(
        store.keep_heads(NAME, b"x"),
        Err(StoreError::NotAFolder { .. })
    ));
    assert!(matches!(
        store.keep_evidence(NAME, "x", b"x"),
        Err(StoreError::NotAFolder { .. })
    ));
    assert_eq!(
        std::fs::read(outside.path().join("heads")).unwrap(),
        b"planted"
    );
    assert_eq!(files_below(outside.path()), ["heads"]);
}

#[tokio::test]
async fn evidence_is_never_overwritten_and_bounded() {
    let home = Home::new();
    let store = home.open().await;
    let forks = home.places().data.join("checksum-db/sum.golang.org/forks");
    let first = store.keep_evidence(NAME, "new", b"one").unwrap();
    assert_eq!(first, forks.join("new"));
    let second = store.keep_evidence(NAME, "new", b"two").unwrap();
    assert_eq!(second, forks.join("new.2"));
    assert_eq!(
        store.keep_evidence(NAME, "new", b"two").unwrap(),
        second,
        "the same is kept once"
    );
    assert_eq!(store.keep_evidence(NAME, "new", b"one").unwrap(), first);
    symlink("/etc/hostname", forks.join("link")).unwrap();
    assert_eq!(
        store.keep_evidence(NAME, "link", b"three").unwrap(),
        forks.join("link.2")
    );
    for name in ["", "..", "a/b"] {
        assert!(matches!(
            store.keep_evidence(NAME, name, b"x"),
            Err(StoreError::BadName { .. })
        ));
    }
    for number in 3..64 {
        store
            .keep_evidence(NAME, &format!("fork-{number}"), b"x")
            .unwrap();
    }
    let full = store.keep_evidence(NAME, "late", b"x").unwrap_err();
    assert!(
        matches!(full, StoreError::EvidenceFull { limit: 64, .. }),
        "{full}"
    );
    assert!(full.to_string().contains("move them away"));
    assert_eq!(std::fs::read(first).unwrap(), b"one");
    assert_eq!(std::fs::read(second).unwrap(), b"two");
    assert_eq!(
        store.keep_evidence(NAME, "new", b"one").unwrap(),
        forks.join("new"),
        "what is kept already needs no room"
    );
    assert!(store.keep_evidence("sum.corp.example", "x", b"x").is_ok());
    assert_eq!(files_below(forks.parent().unwrap()).len(), 65);
}

#[tokio::test]
async fn a_data_folder_deleted_while_running_is_made_again() {
    let home = Home::new();
    let store = home.open().await;
    store.keep_heads(NAME, b"one").unwrap();
    std::fs::remove_dir_all(home.places().data).unwrap();
    assert_eq!(store.heads(NAME).unwrap(), None);
    store.keep_heads(NAME, b"two").unwrap();
    assert_eq!(store.heads(NAME).unwrap().unwrap(), b"two");
}

#[tokio::test]
async fn concurrent_writers_leave_one_whole_file() {
    let home = Home::new();
    let store = home.open().await;
    std::thread::scope(|scope| {
        for writer in 0..4u8 {
            let store = &store;
            scope.spawn(move || {
                for round in 0..25 {
                    let heads = vec![writer; 1000 + round];
                    store.keep_heads(NAME, &heads).unwrap();
                    let read = store.heads(NAME).unwrap().unwrap();
                    assert!(read.iter().all(|byte| *byte == read[0]));
                }
            });
        }
    });
}
