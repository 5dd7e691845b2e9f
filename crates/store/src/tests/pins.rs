//! Pins on first sight.

use go_module::{FileKind, H1};
use jiff::Timestamp;

use super::{Home, realm, version};
use crate::{Filter, Pin, Pinned, Store, StoreError, Tree};

const V: &str = "corp.example/lib@v1.0.0";

pub(super) fn h1(text: &str) -> H1 {
    go_module::h1::of_mod(text.as_bytes())
}

pub(super) fn pin(of: &str, kind: FileKind, text: &str) -> Pin {
    Pin {
        realm: realm(),
        module: version(of),
        kind,
        h1: h1(text),
        seen_at: Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap(),
        upstream: "proxy.corp.example".to_owned(),
        after_loss: false,
    }
}

async fn names(store: &Store, filter: &Filter) -> Vec<String> {
    let pins = store.pins(filter).await.unwrap();
    pins.iter()
        .map(|pin| format!("{} {} {}", pin.realm, pin.module, pin.kind))
        .collect()
}

#[tokio::test]
async fn the_first_sight_holds() {
    let home = Home::new();
    let store = home.open().await;
    let first = pin(V, FileKind::Zip, "a");
    let of = (&first.realm, &first.module, first.kind);
    assert_eq!(store.pinned(of.0, of.1, of.2).await.unwrap(), None);
    assert_eq!(store.pin(first.clone()).await.unwrap(), Pinned::First);
    assert_eq!(store.pin(first.clone()).await.unwrap(), Pinned::Same);
    for text in ["b", "c"] {
        let differs = store.pin(pin(V, FileKind::Zip, text)).await.unwrap();
        assert_eq!(differs, Pinned::Differs(first.clone()));
    }
    assert_eq!(
        store.pinned(of.0, of.1, of.2).await.unwrap(),
        Some(first.clone())
    );
    // Another kind, version, realm is another file.
    let other: Tree = "realms/other".parse().unwrap();
    for different in [
        pin(V, FileKind::Mod, "b"),
        pin("corp.example/lib@v1.0.1", FileKind::Zip, "b"),
        Pin {
            realm: other,
            ..pin(V, FileKind::Zip, "b")
        },
    ] {
        assert_eq!(store.pin(different).await.unwrap(), Pinned::First);
    }
    // Not closed: a pin is on the disk when it is made.
    drop(store);
    let store = home.open().await;
    assert_eq!(
        store.pin(pin(V, FileKind::Zip, "b")).await.unwrap(),
        Pinned::Differs(first)
    );
    assert_eq!(store.pins(&Filter::all()).await.unwrap().len(), 4);
}

#[tokio::test]
async fn of_many_at_once_one_is_the_first() {
    let home = Home::new();
    let store = home.open().await;
    for round in 0..10 {
        let of = format!("corp.example/lib@v1.{round}.0");
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let (store, pin) = (
                    store.clone(),
                    pin(&of, FileKind::Zip, &(number % 4).to_string()),
                );
                tokio::spawn(async move { (pin.h1, store.pin(pin).await.unwrap()) })
            })
            .collect();
        let mut came = Vec::new();
        for task in tasks {
            came.push(task.await.unwrap());
        }
        let firsts: Vec<_> = came
            .iter()
            .filter(|(_, pinned)| *pinned == Pinned::First)
            .collect();
        assert_eq!(firsts.len(), 1, "{came:?}");
        let winner = firsts[0].0;
        for (h1, pinned) in &came {
            match pinned {
                Pinned::First | Pinned::Same => assert_eq!(*h1, winner),
                Pinned::Differs(first) => {
                    assert_eq!(first.h1, winner);
                    assert_ne!(*h1, winner);
                }
            }
        }
        let same = came.iter().filter(|(_, p)| *p == Pinned::Same).count();
        assert_eq!(same, 1);
    }
}

#[tokio::test]
async fn pins_are_listed_and_forgotten_by_filter() {
    let home = Home::new();
    let store = home.open().await;
    for of in [
        "github.com/b/c@v0.1.0",
        "corp.example/a@v1.1.0",
        "corp.example/a@v1.0.0",
        "corp.example/a/sub@v1.0.0",
    ] {
        for kind in [FileKind::Zip, FileKind::Mod] {
            store.pin(pin(of, kind, of)).await.unwrap();
        }
    }
    assert_eq!(
        names(&store, &Filter::parse("corp.example/a@v1.0.0").unwrap()).await,
        [
            "realms/corp-0badcafe corp.example/a@v1.0.0 mod",
            "realms/corp-0badcafe corp.example/a@v1.0.0 zip",
            "realms/corp-0badcafe corp.example/a/sub@v1.0.0 mod",
            "realms/corp-0badcafe corp.example/a/sub@v1.0.0 zip",
        ]
    );
    let some = Filter::parse("corp.example/a@v1.0.0").unwrap();
    assert_eq!(store.forget_pins(&some).await.unwrap(), 4);
    assert_eq!(store.forget_pins(&some).await.unwrap(), 0);
    assert_eq!(
        store
            .pin(pin("corp.example/a@v1.0.0", FileKind::Zip, "new"))
            .await
            .unwrap(),
        Pinned::First
    );
    assert!(matches!(
        store
            .pin(pin("corp.example/a@v1.1.0", FileKind::Zip, "new"))
            .await
            .unwrap(),
        Pinned::Differs(_)
    ));
    assert_eq!(store.forget_pins(&Filter::all()).await.unwrap(), 5);
    assert!(store.pins(&Filter::all()).await.unwrap().is_empty());
}

#[tokio::test]
async fn many_pins_are_read_to_the_last() {
    let home = Home::new();
    let store = home.open().await;
    let pins: Vec<_> = (0..2500)
        .map(|number| {
            pin(
                &format!("corp.example/m{}@v1.{number}.0", number % 7),
                FileKind::Zip,
                "x",
            )
        })
        .collect();
    let inserted = store
        .state()
        .insert_pins(&pins, crate::pins::Mark::All)
        .await;
    assert_eq!(inserted.unwrap(), 2500);
    let read = store.pins(&Filter::all()).await.unwrap();
    assert_eq!(read.len(), 2500);
    assert!(read.is_sorted_by_key(|pin| (
        pin.module.path.as_str().to_owned(),
        pin.module.version.as_str().to_owned()
    )));
    assert_eq!(store.forget_pins(&Filter::all()).await.unwrap(), 2500);
}

#[tokio::test]
async fn a_pin_that_cannot_be_read_is_damage_and_not_a_first_sight() {
    let home = Home::new();
    let store = home.open().await;
    store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
    let pool = store.state().pool().await.unwrap();
    sqlx::query("UPDATE pins SET h1 = 'h1:nonsense'")
        .execute(&pool)
        .await
        .unwrap();
    let told = store.pin(pin(V, FileKind::Zip, "b")).await.unwrap_err();
    assert!(matches!(told, StoreError::StateDamaged { .. }), "{told}");
    let told = store.pins(&Filter::all()).await.unwrap_err();
    assert!(matches!(told, StoreError::StateDamaged { .. }), "{told}");
}

#[tokio::test]
async fn clearing_the_cache_forgets_no_pin() {
    let home = Home::new();
    let store = home.open().await;
    store.pin(pin(V, FileKind::Zip, "a")).await.unwrap();
    store.clear(&Filter::all(), &super::quiet).await.unwrap();
    assert!(matches!(
        store.pin(pin(V, FileKind::Zip, "b")).await.unwrap(),
        Pinned::Differs(_)
    ));
    assert!(home.at("first-sight").is_file());
}
