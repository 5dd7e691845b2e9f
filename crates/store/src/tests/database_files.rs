//! Files of checksum databases in the trees.

use std::os::unix::fs::{PermissionsExt, symlink};

use tokio_util::sync::CancellationToken;

use super::{Home, files_below, keep, quiet, realm, verify};
use crate::{DamageReason, DatabaseFiles, Filter, Store, StoreError, Tree};

const NAME: &str = "sum.golang.org";
const CAP: u64 = 1000;

fn database(store: &Store) -> DatabaseFiles {
    store.database_files(&Tree::Modules, NAME).unwrap()
}

#[tokio::test]
async fn they_stand_where_go_looks_for_them() {
    let home = Home::new();
    let store = home.open().await;
    let database = database(&store);
    let paths = [
        "lookup/github.com/!azure/x@v1.0.0",
        "supported",
        "tile/8/0/x001/234",
        "tile/8/1/x001/234.p/17",
    ];
    for path in paths {
        assert_eq!(database.read(path, CAP).unwrap(), None);
        assert!(!home.at("modules").exists(), "a look makes nothing");
    }
    for path in paths {
        let bytes = if path == "supported" { "" } else { path };
        database.write(path, bytes.as_bytes()).unwrap();
        assert_eq!(
            database.read(path, CAP).unwrap().unwrap(),
            bytes.as_bytes(),
            "{path}"
        );
    }
    assert_eq!(files_below(&home.at("modules/sumdb/sum.golang.org")), paths);
    assert!(files_below(&home.at("tmp")).is_empty());
    database
        .write("tile/8/1/x001/234.p/17", b"longer than before")
        .unwrap();
    assert_eq!(
        database.read("tile/8/1/x001/234.p/17", CAP).unwrap(),
        Some(b"longer than before".to_vec())
    );
    let mode = |path: &str| home.at(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("modules/sumdb/sum.golang.org/tile"), 0o700);
    assert_eq!(mode("modules/sumdb/sum.golang.org/supported"), 0o600);

    // Another tree and another name have their own; a name may hold a port and a path.
    let other = store.database_files(&realm(), NAME).unwrap();
    assert_eq!(other.read("supported", CAP).unwrap(), None);
    let name = "sum.corp.example:8443/go/db";
    let other = store.database_files(&realm(), name).unwrap();
    other.write("supported", b"").unwrap();
    assert!(
        home.at("realms/corp-0badcafe/sumdb/sum.corp.example:8443/go/db/supported")
            .is_file()
    );
}

#[tokio::test]
async fn what_nobody_could_have_written_counts_as_none() {
    let home = Home::new();
    let store = home.open().await;
    let database = database(&store);
    database.write("tile/8/0/000", b"").unwrap();
    assert_eq!(
        database.read("tile/8/0/000", CAP).unwrap(),
        None,
        "what a power cut leaves"
    );
    database.write("tile/8/0/001", b"12345").unwrap();
    assert_eq!(database.read("tile/8/0/001", 4).unwrap(), None);
    assert_eq!(
        database.read("tile/8/0/001", 5).unwrap(),
        Some(b"12345".to_vec())
    );
    assert_eq!(
        database.read("tile/8/0/001", u64::MAX).unwrap(),
        Some(b"12345".to_vec())
    );
    assert_eq!(
        database.read("tile/8/0", CAP).unwrap(),
        None,
        "a folder is no file"
    );
    assert!(matches!(
        database.read("tile/8/0/000/1", CAP),
        Err(StoreError::NotAFolder { .. })
    ));
}

#[tokio::test]
async fn names_and_paths_stay_where_they_belong() {
    let home = Home::new();
    let store = home.open().await;
    for name in [
        "",
        ".",
        "..",
        "../x",
        "a.example/..",
        "a.example/",
        "/a.example",
        "a.example//x",
        "A.example",
        "a.example/tile/8",
        "a.example/lookup",
        "a.example?x",
        "a.example#x",
        "a%2eexample",
        "a b.example",
        "a.example\0",
        ".hidden",
        "a.example\\x",
    ] {
        let refused = store.database_files(&Tree::Modules, name);
        assert!(
            matches!(refused, Err(StoreError::BadId { .. })),
            "{name:?} {refused:?}"
        );
    }
    let database = database(&store);
    for path in [
        "",
        "/",
        "/supported",
        "tile/",
        "tile//0",
        "../supported",
        "tile/../../x",
        "tile/./x",
        "a\0b",
        "a b",
        "a\\b",
        "lookup/é@v1.0.0",
        "a\nb",
    ] {
        let bad = |result: Result<(), StoreError>| {
            assert!(
                matches!(result, Err(StoreError::BadName { .. })),
                "{path:?} {result:?}"
            );
        };
        bad(database.read(path, CAP).map(drop));
        bad(database.write(path, b"x"));
        bad(database.names(path).map(drop));
        bad(database.remove(path).map(drop));
    }
    let long = format!("lookup/{}@v1.0.0", "a".repeat(250));
    assert!(matches!(
        database.write(&long, b"x"),
        Err(StoreError::NameTooLong { .. })
    ));
    assert!(!home.at("modules").exists());
}

#[tokio::test]
async fn folders_are_listed_and_tidied() {
    let home = Home::new();
    let store = home.open().await;
    let database = database(&store);
    assert!(database.names("tile/8/0/000.p").unwrap().is_empty());
    for width in [200, 3, 17] {
        database
            .write(&format!("tile/8/0/000.p/{width}"), b"x")
            .unwrap();
    }
    database.write("tile/8/0/000", b"x").unwrap();
    symlink("/etc/hostname", home.at(&at("tile/8/0/000.p/5"))).unwrap();
    assert_eq!(
        database.names("tile/8/0/000.p").unwrap(),
        ["17", "200", "3"]
    );
    assert_eq!(database.names("tile/8/0").unwrap(), ["000"]);
    assert!(database.names("tile/8").unwrap().is_empty());
    assert!(database.remove("tile/8/0/000.p/5").unwrap());
    for width in [200, 3, 17] {
        assert!(database.remove(&format!("tile/8/0/000.p/{width}")).unwrap());
    }
    assert!(!database.remove("tile/8/0/000.p/17").unwrap());
    assert!(!home.at(&at("tile/8/0/000.p")).exists());
    assert!(database.remove("tile/8/0/000").unwrap());
    assert!(
        !home.at("modules/sumdb").exists(),
        "the last one takes the folders along"
    );
    assert!(std::path::Path::new("/etc/hostname").exists());
}

fn at(path: &str) -> String {
    format!("modules/sumdb/{NAME}/{path}")
}

#[tokio::test]
async fn planted_links_are_not_followed_but_named_and_taken_out() {
    let home = Home::new();
    let store = home.open().await;
    let database = database(&store);
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("000"), "planted").unwrap();
    for way in [
        "modules",
        "modules/sumdb",
        "modules/sumdb/sum.golang.org",
        "modules/sumdb/sum.golang.org/tile",
        "modules/sumdb/sum.golang.org/tile/8/0",
    ] {
        let way = home.at(way);
        let _ = std::fs::remove_dir_all(home.at("modules"));
        std::fs::create_dir_all(way.parent().unwrap()).unwrap();
        symlink(outside.path(), &way).unwrap();
        let refused = |result: Result<(), StoreError>| {
            assert!(
                matches!(result, Err(StoreError::NotAFolder { .. })),
                "{way:?} {result:?}"
            );
        };
        refused(database.read("tile/8/0/000", CAP).map(drop));
        refused(database.write("tile/8/0/000", b"x"));
        refused(database.names("tile/8/0").map(drop));
        refused(database.remove("tile/8/0/000").map(drop));
        assert_eq!(files_below(outside.path()), ["000"], "{way:?}");
        assert_eq!(verify(&store, false).await.damaged.len(), 1, "{way:?}");
        let named = verify(&store, true).await;
        assert_eq!(named.repaired, 1, "{way:?} {named:?}");
        assert_eq!(named.damaged[0].reason, DamageReason::NotAFile);
        database.write("tile/8/0/000", b"x").unwrap();
        assert_eq!(files_below(outside.path()), ["000"], "{way:?}");
    }
    // The file itself.
    std::fs::remove_file(home.at(&at("tile/8/0/000"))).unwrap();
    symlink(outside.path().join("000"), home.at(&at("tile/8/0/000"))).unwrap();
    assert_eq!(database.read("tile/8/0/000", CAP).unwrap(), None);
    assert_eq!(verify(&store, false).await.damaged.len(), 1);
    database.write("tile/8/0/000", b"own").unwrap();
    assert_eq!(
        std::fs::read(outside.path().join("000")).unwrap(),
        b"planted"
    );
    assert!(verify(&store, false).await.damaged.is_empty());
    // A file in the place of the folder.
    std::fs::remove_dir_all(home.at("modules/sumdb")).unwrap();
    std::fs::write(home.at("modules/sumdb"), "x").unwrap();
    let named = verify(&store, true).await;
    assert_eq!(named.damaged[0].reason, DamageReason::Foreign);
    database.write("tile/8/0/000", b"own").unwrap();
}

#[tokio::test]
async fn they_are_counted_apart_and_go_with_all_the_rest() {
    let home = Home::new();
    let store = home.open().await;
    keep(
        &store,
        &Tree::Modules,
        "corp.example/a@v1.0.0",
        go_module::FileKind::Zip,
        b"1234",
    );
    database(&store)
        .write("tile/8/0/000", &[b'x'; 100])
        .unwrap();
    let other = store
        .database_files(&realm(), "sum.corp.example/x")
        .unwrap();
    other
        .write("lookup/corp.example/a@v1.0.0", &[b'x'; 11])
        .unwrap();
    store.flush_index().await.unwrap();
    let usage = store.usage().await.unwrap();
    assert_eq!((usage.bytes, usage.database_bytes), (4, 111));
    let report = verify(&store, false).await;
    assert_eq!((report.files, report.damaged.len()), (1, 0));
    super::rebuild(&store).await;
    assert_eq!(store.usage().await.unwrap().versions, 1);

    // They belong to no module.
    let some = Filter::parse("corp.example").unwrap();
    assert_eq!(store.clear(&some, &quiet).await.unwrap().bytes, 4);
    assert!(
        other
            .read("lookup/corp.example/a@v1.0.0", CAP)
            .is_ok_and(|read| read.is_some())
    );
    let all = store.clear(&Filter::all(), &quiet).await.unwrap();
    assert_eq!((all.versions, all.files, all.bytes), (0, 0, 111));
    assert!(files_below(&home.at("modules")).is_empty());
    assert!(files_below(&home.at("realms")).is_empty());
    assert_eq!(store.usage().await.unwrap().database_bytes, 0);
}

#[tokio::test]
async fn they_can_be_written_while_all_is_cleared() {
    let home = Home::new();
    let store = home.open().await;
    let database = database(&store);
    let busy = tokio::task::spawn_blocking(move || {
        for number in 0..300 {
            let path = format!("tile/8/0/x{:03}/000", number % 5);
            database.write(&path, b"tile").unwrap();
            let read = database.read(&path, CAP).unwrap();
            assert!(read.is_none_or(|read| read == b"tile"));
        }
    });
    while !busy.is_finished() {
        store.clear(&Filter::all(), &quiet).await.unwrap();
    }
    busy.await.unwrap();
    assert!(files_below(&home.at("tmp")).is_empty());
}

#[tokio::test]
async fn a_cancelled_verification_stops_among_them_too() {
    let home = Home::new();
    let store = home.open().await;
    database(&store).write("tile/8/0/000", b"x").unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(
        store
            .verify(&quiet, false, &cancel)
            .await
            .unwrap()
            .cancelled
    );
}
