//! Removal by name: whole, taken back whole, never what must stay; and gone for good at the next open.

use std::io::Read;

use go_module::FileKind;

use super::{Home, files_below, found, keep, realm, verify, version};
use crate::{Filter, Named, Removal, Removing, Store, Tree};

const ONE: &str = "corp.example/m@v1.0.0";
const TWO: &str = "corp.example/m@v1.1.0";
const BELOW: &str = "corp.example/m/below@v1.0.0";

async fn filled(home: &Home) -> Store {
    let store = home.open().await;
    for of in [ONE, TWO, BELOW] {
        keep(&store, &Tree::Modules, of, FileKind::Info, b"i");
        keep(&store, &Tree::Modules, of, FileKind::Mod, b"m");
        keep(&store, &Tree::Modules, of, FileKind::Zip, b"zip");
    }
    keep(&store, &realm(), ONE, FileKind::Mod, b"other");
    store
}

fn named(text: &str) -> Named {
    match text.split_once('@') {
        Some(_) => {
            let version = version(text);
            (version.path, Some(version.version))
        }
        None => (text.parse().unwrap(), None),
    }
}

async fn remove(store: &Store, what: &[&str]) -> Removal {
    let what: Vec<Named> = what.iter().map(|text| named(text)).collect();
    match store.remove(&what).await.unwrap() {
        Removing::Done(removal) => removal,
        Removing::MustStay(stay) => panic!("{stay:?}"),
    }
}

async fn listed(store: &Store) -> Vec<String> {
    let all = store.list(&Filter::all()).await.unwrap();
    all.iter()
        .map(|found| format!("{} {}@{}", found.tree, found.path, found.version))
        .collect()
}

#[tokio::test]
async fn a_module_goes_from_all_trees_and_comes_back_as_it_was() {
    let home = Home::new();
    let store = filled(&home).await;
    store.flush_index().await.unwrap();
    let (before, files) = (listed(&store).await, files_below(&home.at("modules")));
    let mut reading = store
        .find_blocking(&[Tree::Modules], &version(ONE), FileKind::Zip)
        .unwrap()
        .unwrap();
    let removal = remove(&store, &["corp.example/m"]).await;
    assert_eq!((removal.versions, removal.bytes), (3, 15));
    assert_eq!(listed(&store).await, [format!("modules {BELOW}")]);
    assert_eq!(found(&store, ONE, FileKind::Mod), None);
    let mut bytes = Vec::new();
    reading.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"zip", "who reads it reads it to its end");
    assert_eq!(store.put_back(removal).await.unwrap(), 3);
    assert_eq!(listed(&store).await, before);
    assert_eq!(files_below(&home.at("modules")), files);
    assert_eq!(found(&store, ONE, FileKind::Zip).unwrap(), b"zip");
    assert!(files_below(&home.at("tmp")).is_empty());
    assert!(verify(&store, false).await.damaged.is_empty());
}

#[tokio::test]
async fn what_came_anew_meanwhile_is_not_replaced() {
    let home = Home::new();
    let store = filled(&home).await;
    let removal = remove(&store, &[TWO]).await;
    keep(&store, &Tree::Modules, TWO, FileKind::Mod, b"newer");
    store.put_back(removal).await.unwrap();
    assert_eq!(found(&store, TWO, FileKind::Mod).unwrap(), b"newer");
    assert_eq!(found(&store, TWO, FileKind::Zip).unwrap(), b"zip");
    assert!(verify(&store, false).await.damaged.is_empty());
}

#[tokio::test]
async fn what_must_stay_keeps_all_of_it_where_it_is() {
    let home = Home::new();
    let store = filled(&home).await;
    let pinned = Filter::parse("corp.example/m@v1.1.*").unwrap();
    store.keep_pattern("person", &pinned).await.unwrap();
    store.keep("project:/shop", &[version(TWO)]).await.unwrap();
    let both = [named("corp.example/m"), named(BELOW)];
    let Removing::MustStay(stay) = store.remove(&both).await.unwrap() else {
        panic!("it was removed")
    };
    let owners = vec!["person".to_owned(), "project:/shop".to_owned()];
    assert_eq!(stay, [(version(TWO), owners)]);
    assert_eq!(listed(&store).await.len(), 4);
    assert!(found(&store, ONE, FileKind::Zip).is_some());
    assert_eq!(remove(&store, &[ONE]).await.versions, 2);
}

#[tokio::test]
async fn what_is_let_go_or_left_over_is_gone() {
    let home = Home::new();
    let store = filled(&home).await;
    let removal = remove(&store, &[ONE]).await;
    store.let_go(removal).await.unwrap();
    assert!(files_below(&home.at("tmp")).is_empty());
    let forgotten = remove(&store, &[TWO]).await;
    assert_eq!(files_below(&home.at("tmp")).len(), 6);
    store.close().await;
    let store = home.open().await;
    assert!(files_below(&home.at("tmp")).is_empty());
    assert_eq!(listed(&store).await, [format!("modules {BELOW}")]);
    assert!(
        store.put_back(forgotten).await.is_err(),
        "there is nothing to put back"
    );
    assert_eq!(remove(&store, &["corp.example/none"]).await.versions, 0);
}
