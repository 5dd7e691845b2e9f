//! A loss of pins is noticed, told until it is acknowledged, and mended as far as the cache knows.

use go_module::FileKind;
use sqlx::sqlite::SqliteSynchronous;
use tokio_util::sync::CancellationToken;

use super::pins::{h1, pin};
use super::{Home, keep, quiet, realm, version};
use crate::database::{self, Purpose};
use crate::{Filter, FirstSight, Pinned, Progress, Store, StoreError, Tree};

const V: &str = "corp.example/lib@v1.0.0";

fn is_lost(store: &Store) -> bool {
    matches!(store.first_sight(), FirstSight::Lost { .. })
}

fn remove_state(home: &Home) {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(home.places().data.join(format!("state.sqlite{end}")));
    }
}

async fn after_loss(store: &Store, of: &str) -> bool {
    store
        .pinned(&realm(), &version(of), FileKind::Zip)
        .await
        .unwrap()
        .unwrap()
        .after_loss
}

/// A store with one pin whose state was then lost.
async fn lost(home: &Home) -> Store {
    let store = home.open().await;
    store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
    assert_eq!(store.first_sight(), FirstSight::Intact);
    store.close().await;
    remove_state(home);
    home.open().await
}

#[tokio::test]
async fn without_a_pin_there_is_nothing_to_lose() {
    let home = Home::new();
    for _ in 0..3 {
        let store = home.open().await;
        assert_eq!(store.first_sight(), FirstSight::Intact);
        assert!(!home.at("first-sight").exists());
        store.close().await;
        remove_state(&home);
    }
}

#[tokio::test]
async fn a_lost_state_is_told_until_it_is_acknowledged() {
    let home = Home::new();
    let store = lost(&home).await;
    let told = store.first_sight();
    assert!(is_lost(&store));
    assert_eq!(
        store.pin(pin(V, FileKind::Zip, "b")).await.unwrap(),
        Pinned::First
    );
    assert!(after_loss(&store, V).await);
    for _ in 0..2 {
        drop(home.open().await);
        assert_eq!(
            home.open().await.first_sight(),
            told,
            "since when is kept, too"
        );
    }
    // As if the cache folder could not be written when the loss was noticed.
    std::fs::write(home.at("first-sight"), "the old one\n").unwrap();
    store.acknowledge_loss().await.unwrap();
    assert_eq!(store.first_sight(), FirstSight::Intact);
    let next = "corp.example/lib@v1.1.0";
    store.pin(pin(next, FileKind::Zip, "a")).await.unwrap();
    assert!(!after_loss(&store, next).await);
    assert!(
        after_loss(&store, V).await,
        "what was made meanwhile stays marked"
    );
    store.close().await;
    let store = home.open().await;
    assert_eq!(store.first_sight(), FirstSight::Intact);
    assert!(after_loss(&store, V).await);
    // And once more.
    store.close().await;
    remove_state(&home);
    assert!(is_lost(&home.open().await));
}

#[tokio::test]
async fn a_replaced_state_and_one_set_aside_are_losses() {
    let home = Home::new();
    let store = home.open().await;
    store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
    store.close().await;
    let other = Home::new();
    let stranger = other.open().await;
    let pinned = stranger.pin(pin("corp.example/x@v1.0.0", FileKind::Zip, "a"));
    pinned.await.unwrap();
    stranger.close().await;
    std::fs::copy(
        other.places().data.join("state.sqlite"),
        home.places().data.join("state.sqlite"),
    )
    .unwrap();
    assert!(is_lost(&home.open().await));

    let home = Home::new();
    let store = home.open().await;
    store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
    store.close().await;
    Store::set_state_aside(&home.places()).unwrap();
    assert!(is_lost(&home.open().await));
}

#[tokio::test]
async fn a_state_lost_while_running_is_a_loss() {
    let home = Home::new();
    let store = home.open().await;
    store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
    std::fs::remove_dir_all(home.places().data).unwrap();
    assert_eq!(
        store.pin(pin(V, FileKind::Zip, "b")).await.unwrap(),
        Pinned::First
    );
    assert!(is_lost(&store));
    assert!(after_loss(&store, V).await);
}

#[tokio::test]
async fn a_lost_cache_is_no_loss_of_pins() {
    let home = Home::new();
    let store = home.open().await;
    store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
    store.close().await;
    std::fs::remove_dir_all(home.cache()).unwrap();
    let store = home.open().await;
    assert_eq!(store.first_sight(), FirstSight::Intact);
    assert!(home.at("first-sight").is_file(), "written again");
    // While running, the next first sight does so.
    std::fs::remove_dir_all(home.cache()).unwrap();
    let next = pin("corp.example/lib@v1.1.0", FileKind::Zip, "a");
    store.pin(next).await.unwrap();
    assert!(home.at("first-sight").is_file());
    store.close().await;
    remove_state(&home);
    assert!(is_lost(&home.open().await));
}

#[tokio::test]
async fn what_cannot_be_this_states_mark_is_a_loss() {
    for harm in [
        |path: &std::path::Path| std::fs::write(path, "").unwrap(),
        |path: &std::path::Path| std::fs::write(path, [0xff; 5000]).unwrap(),
        |path: &std::path::Path| std::os::unix::fs::symlink("/etc/hostname", path).unwrap(),
    ] {
        let home = Home::new();
        let store = home.open().await;
        store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
        store.close().await;
        std::fs::remove_file(home.at("first-sight")).unwrap();
        harm(&home.at("first-sight"));
        let store = home.open().await;
        assert!(is_lost(&store));
        assert!(home.at("first-sight").symlink_metadata().unwrap().is_file());
        store.acknowledge_loss().await.unwrap();
        store.close().await;
        assert_eq!(home.open().await.first_sight(), FirstSight::Intact);
    }
    assert!(std::path::Path::new("/etc/hostname").exists());
}

#[tokio::test]
async fn pins_are_restored_from_what_the_cache_knows() {
    let home = Home::new();
    let store = home.open().await;
    let keep_with = |store: &Store, tree: &Tree, of: &str, text: &str| {
        keep(store, tree, of, FileKind::Zip, text.as_bytes());
        let noted = store.set_h1(tree, &version(of), FileKind::Zip, h1(text));
        assert!(noted.unwrap());
    };
    let database: Tree = "realms/db-0badcafe".parse().unwrap();
    keep_with(&store, &realm(), V, "a");
    keep_with(&store, &realm(), "corp.example/lib@v1.1.0", "b");
    keep_with(&store, &realm(), "corp.example/lib@v1.2.0", "c");
    keep_with(&store, &Tree::Modules, "github.com/a/b@v1.0.0", "d");
    keep_with(&store, &database, "github.com/a/b@v1.0.0", "d");
    keep(&store, &realm(), V, FileKind::Info, b"{}");
    keep(
        &store,
        &realm(),
        "corp.example/lib@v1.3.0",
        FileKind::Zip,
        b"no hash",
    );
    store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
    store.close().await;
    remove_state(&home);

    let store = home.open().await;
    assert!(is_lost(&store));
    // Seen anew before it could be restored, and something kept after the loss.
    let anew = pin("corp.example/lib@v1.1.0", FileKind::Zip, "changed");
    store.pin(anew.clone()).await.unwrap();
    keep_with(&store, &realm(), "corp.example/late@v1.0.0", "e");
    store.flush_index().await.unwrap();
    let last = std::sync::Mutex::new(Progress::default());
    let note = |progress: Progress| *last.lock().unwrap() = progress;
    let is_pinned = |tree: &Tree| !tree.to_string().starts_with("realms/db-");
    let never = CancellationToken::new();
    let restored = store.restore_pins(is_pinned, &note, &never).await.unwrap();
    assert_eq!(restored, 3);
    assert!(last.into_inner().unwrap().done >= 6);
    let pins = store.pins(&Filter::all()).await.unwrap();
    let read: Vec<_> = pins
        .iter()
        .map(|pin| (pin.module.to_string(), pin.h1, pin.after_loss))
        .collect();
    assert_eq!(
        read,
        [
            ("corp.example/late@v1.0.0".to_owned(), h1("e"), true),
            (V.to_owned(), h1("a"), false),
            ("corp.example/lib@v1.1.0".to_owned(), anew.h1, true),
            ("corp.example/lib@v1.2.0".to_owned(), h1("c"), false),
        ]
    );
    let first = &pins[1];
    assert_eq!(first.upstream, "proxy.example.com");
    assert!(matches!(
        store.pin(pin(V, FileKind::Zip, "evil")).await.unwrap(),
        Pinned::Differs(_)
    ));
    let again = store.restore_pins(is_pinned, &quiet, &never).await;
    assert_eq!(again.unwrap(), 0);
    assert!(is_lost(&store), "that is for the person to say");
}

#[tokio::test]
async fn many_pins_are_restored_and_a_cancel_is_heard() {
    let home = Home::new();
    let store = home.open().await;
    for number in 0..300 {
        let of = format!("corp.example/m@v1.{number}.0");
        let mut draft = store.draft(realm(), &version(&of), FileKind::Mod).unwrap();
        draft.append(b"module x\n").unwrap();
        draft.commit_with("x", Some(h1(&of))).unwrap();
    }
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let refused = store.restore_pins(|_| true, &quiet, &cancelled).await;
    assert!(matches!(refused, Err(StoreError::Cancelled)), "{refused:?}");
    let never = CancellationToken::new();
    let restored = store.restore_pins(|_| true, &quiet, &never).await;
    assert_eq!(restored.unwrap(), 300);
}

#[tokio::test]
async fn a_state_from_before_pins_is_brought_up_to_date() {
    let home = Home::new();
    let data = home.places().data;
    crate::disk::Folder::top_or_create(&data).unwrap();
    let purpose = Purpose {
        migrations: &[(
            "activity",
            include_str!("../../migrations/state/0001_activity.sql"),
        )],
        synchronous: SqliteSynchronous::Full,
        connections: 1,
    };
    let pool = database::open(&data.join("state.sqlite"), &purpose)
        .await
        .unwrap();
    sqlx::query("INSERT INTO kept_values (key, json) VALUES ('a', '1')")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let store = home.open().await;
    assert_eq!(store.first_sight(), FirstSight::Intact);
    assert_eq!(
        store.get_value("a").await.unwrap(),
        Some(serde_json::json!(1))
    );
    store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
    let identity = store.state().identity().await.unwrap();
    assert_eq!(identity.len(), 32);
    assert_eq!(
        std::fs::read_to_string(home.at("first-sight")).unwrap(),
        format!("{identity}\n")
    );
    let other = Home::new();
    let other = other.open().await.state().identity().await.unwrap();
    assert_ne!(identity, other);
}
