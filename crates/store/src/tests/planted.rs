//! Links that somebody planted, and folders that go away while Larder runs.

use std::os::unix::fs::symlink;
use std::path::Path;

use go_module::{FileKind, Request};
use jiff::Timestamp;

use super::{Home, files_below, found, keep, rebuild, verify, version};
use crate::{DamageReason, KeptAnswer, Store, StoreError, Tree};

const V: &str = "corp.example/lib@v1.0.0";
const FILE: &str = "modules/corp.example/lib/@v/v1.0.0.zip";

/// A file outside with the bytes that were kept, and a link to it in the place of `at`.
fn replace_by_link(home: &Home, at: &Path) -> std::path::PathBuf {
    let outside = home.folder.path().join("outside");
    std::fs::rename(at, &outside).unwrap();
    symlink(&outside, at).unwrap();
    outside
}

#[tokio::test]
async fn a_link_in_the_place_of_a_file_is_not_followed() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    let outside = replace_by_link(&home, &home.at(FILE));
    assert_eq!(
        found(&store, V, FileKind::Zip),
        None,
        "though it leads to the right bytes"
    );
    assert_eq!(store.take_damage()[0].reason, DamageReason::NotAFile);
    assert_eq!(
        std::fs::read(&outside).unwrap(),
        b"good",
        "the link was set aside, not its end"
    );
    assert!(files_below(&home.at("modules")).is_empty());
}

#[tokio::test]
async fn a_link_in_the_place_of_a_sidecar_is_not_followed() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    let outside = replace_by_link(&home, &home.at(&format!("{FILE}.larder")));
    assert_eq!(found(&store, V, FileKind::Zip), None);
    assert!(matches!(
        store.take_damage()[0].reason,
        DamageReason::SidecarUnreadable(_)
    ));
    assert!(outside.is_file());
    // A commit over such a link replaces the link.
    symlink(&outside, home.at(&format!("{FILE}.larder"))).unwrap();
    symlink(&outside, home.at(FILE)).unwrap();
    let before = std::fs::read(&outside).unwrap();
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"better");
    assert_eq!(found(&store, V, FileKind::Zip).unwrap(), b"better");
    assert_eq!(std::fs::read(&outside).unwrap(), before);
}

#[tokio::test]
async fn a_link_in_the_place_of_a_folder_is_refused() {
    for folder in [
        "modules",
        "modules/corp.example",
        "modules/corp.example/lib",
        "modules/corp.example/lib/@v",
    ] {
        let home = Home::new();
        let store = home.open().await;
        keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
        let outside = replace_by_link(&home, &home.at(folder));
        let before = files_below(&outside);
        let result = store.find_blocking(&[Tree::Modules], &version(V), FileKind::Zip);
        assert!(
            matches!(result, Err(StoreError::NotAFolder { .. })),
            "{folder}"
        );
        let mut draft = store
            .draft(Tree::Modules, &version(V), FileKind::Zip)
            .unwrap();
        draft.append(b"new").unwrap();
        assert!(
            matches!(draft.commit("x"), Err(StoreError::NotAFolder { .. })),
            "{folder}"
        );
        // Verification names it, and repair takes the link away, not what it leads to.
        assert_eq!(verify(&store, true).await.repaired, 1, "{folder}");
        assert_eq!(files_below(&outside), before);
        assert_eq!(found(&store, V, FileKind::Zip), None);
        keep(&store, &Tree::Modules, V, FileKind::Zip, b"again");
        assert_eq!(found(&store, V, FileKind::Zip).unwrap(), b"again");
        assert_eq!(files_below(&outside), before);
    }
}

#[tokio::test]
async fn links_in_the_place_of_larders_own_folders_are_refused() {
    let home = Home::new();
    let store = home.open().await;
    let list = Request::parse("/corp.example/lib/@v/list").unwrap();
    let now = Timestamp::now();
    let answer = KeptAnswer {
        body: "v1.0.0\n".into(),
        fetched_at: now,
        checked_at: now,
        etag: None,
        last_modified: None,
    };
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path(), home.at("answers")).unwrap();
    assert!(matches!(
        store.keep_answer("up", &list, &answer).await,
        Err(StoreError::NotAFolder { .. })
    ));
    assert!(matches!(
        store.answer("up", &list).await,
        Err(StoreError::NotAFolder { .. })
    ));
    std::fs::remove_dir(home.at("tmp")).unwrap();
    symlink(outside.path(), home.at("tmp")).unwrap();
    assert!(matches!(
        store
            .draft(Tree::Modules, &version(V), FileKind::Zip)
            .map(drop),
        Err(StoreError::NotAFolder { .. })
    ));
    store.close().await;
    assert!(matches!(
        Store::open(home.places()).await.map(drop),
        Err(StoreError::NotAFolder { .. })
    ));
    assert!(files_below(outside.path()).is_empty());
}

#[tokio::test]
async fn a_linked_region_is_neither_opened_nor_walked() {
    for region in ["modules", "realms", "answers", "damaged", "tmp"] {
        let home = Home::new();
        let store = home.open().await;
        keep(&store, &super::realm(), V, FileKind::Zip, b"good");
        let outside = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(outside.path().join("sumdb/x")).unwrap();
        std::fs::create_dir_all(outside.path().join("corp-0badcafe/sumdb")).unwrap();
        std::fs::write(outside.path().join("sumdb/x/supported"), "").unwrap();
        std::fs::write(outside.path().join("corp-0badcafe/sumdb/x"), "").unwrap();
        let before = files_below(outside.path());
        let _ = std::fs::remove_dir_all(home.at(region));
        symlink(outside.path(), home.at(region)).unwrap();
        // Whether they refuse or pass it over, nothing behind the link is touched.
        let _ = store.clear(&crate::Filter::all(), &super::quiet).await;
        let _ = store
            .verify(
                &super::quiet,
                true,
                &tokio_util::sync::CancellationToken::new(),
            )
            .await;
        assert_eq!(files_below(outside.path()), before, "{region}");
        store.close().await;
        let _ = std::fs::remove_file(home.at(region));
        let _ = std::fs::remove_dir_all(home.at(region));
        symlink(outside.path(), home.at(region)).unwrap();
        let refused = Store::open(home.places()).await.map(drop);
        assert!(
            matches!(refused, Err(StoreError::NotAFolder { .. })),
            "{region}"
        );
        assert_eq!(files_below(outside.path()), before, "{region}");
    }
}

#[tokio::test]
async fn a_linked_index_is_set_aside() {
    let home = Home::new();
    home.open().await.close().await;
    let outside = replace_by_link(&home, &home.at("index.sqlite"));
    let before = std::fs::read(&outside).unwrap();
    let store = home.open().await;
    assert!(store.needs_rebuild());
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    store.close().await;
    assert_eq!(std::fs::read(&outside).unwrap(), before);
    assert!(
        std::fs::symlink_metadata(home.at("index.sqlite"))
            .unwrap()
            .is_file()
    );
}

#[tokio::test]
async fn the_cache_folder_itself_may_be_a_link() {
    let home = Home::new();
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), home.cache()).unwrap();
    let store = home.open().await;
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    assert_eq!(found(&store, V, FileKind::Zip).unwrap(), b"good");
    assert!(elsewhere.path().join(FILE).is_file());
}

#[tokio::test]
async fn folders_deleted_while_running_are_made_again() {
    for folder in ["", "modules", "modules/corp.example", "tmp"] {
        let home = Home::new();
        let store = home.open().await;
        keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
        store.flush_index().await.unwrap();
        std::fs::remove_dir_all(home.at(folder)).unwrap();
        let gone = folder != "tmp";
        assert_eq!(
            found(&store, V, FileKind::Zip).is_none(),
            gone,
            "{folder:?}"
        );
        assert!(store.take_damage().is_empty());
        keep(&store, &Tree::Modules, V, FileKind::Mod, b"module x\n");
        assert_eq!(
            found(&store, V, FileKind::Mod).unwrap(),
            b"module x\n",
            "{folder:?}"
        );
        rebuild(&store).await;
        assert_eq!(
            store.usage().await.unwrap().files,
            if gone { 1 } else { 2 },
            "{folder:?}"
        );
        store.close().await;
        let store = home.open().await;
        assert!(!store.needs_rebuild(), "{folder:?}");
        assert_eq!(
            store.usage().await.unwrap().files,
            if gone { 1 } else { 2 },
            "{folder:?}"
        );
    }
}

#[tokio::test]
async fn a_draft_whose_file_was_taken_away_says_so() {
    let home = Home::new();
    let store = home.open().await;
    let mut draft = store
        .draft(Tree::Modules, &version(V), FileKind::Zip)
        .unwrap();
    std::fs::remove_dir_all(home.at("tmp")).unwrap();
    draft.append(b"into the void").unwrap();
    let error = draft.commit("x").unwrap_err();
    assert!(matches!(error, StoreError::Vanished { .. }), "{error}");
    assert!(error.to_string().contains("try again"));
    assert!(files_below(&home.at("modules")).is_empty());
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    assert_eq!(found(&store, V, FileKind::Zip).unwrap(), b"good");
}
