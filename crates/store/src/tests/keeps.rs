//! What must stay, and who wants it.

use super::{Home, version};
use crate::{Filter, Keeps, Store};

const PROJECT: &str = "project:/home/gopher/shop";

async fn told(store: &Store) -> Vec<String> {
    let keeps = store.keeps().await.unwrap();
    let line = |keep: &crate::Keep| {
        let versions = keep.versions.iter().map(ToString::to_string);
        let patterns = keep.patterns.iter().map(|pattern| format!("~{pattern}"));
        let all: Vec<String> = versions.chain(patterns).collect();
        format!("{}: {}", keep.owner, all.join(" "))
    };
    keeps.iter().map(line).collect()
}

#[tokio::test]
async fn an_owner_names_its_versions_whole_and_they_outlast_a_restart() {
    let home = Home::new();
    let store = home.open().await;
    let [a, b, c] = [
        "corp.example/b@v1.2.0",
        "corp.example/a@v1.10.0",
        "corp.example/a@v1.9.0",
    ]
    .map(version);
    store
        .keep(PROJECT, &[a.clone(), b.clone(), b.clone()])
        .await
        .unwrap();
    store
        .keep("person", std::slice::from_ref(&c))
        .await
        .unwrap();
    assert_eq!(
        told(&store).await,
        [
            "person: corp.example/a@v1.9.0",
            "project:/home/gopher/shop: corp.example/a@v1.10.0 corp.example/b@v1.2.0",
        ]
    );
    store.keep(PROJECT, std::slice::from_ref(&c)).await.unwrap();
    store.close().await;
    let store = home.open().await;
    assert_eq!(
        told(&store).await,
        [
            "person: corp.example/a@v1.9.0",
            "project:/home/gopher/shop: corp.example/a@v1.9.0"
        ]
    );
    assert!(store.release(PROJECT).await.unwrap());
    assert!(!store.release(PROJECT).await.unwrap());
    let keeps: Keeps = store.keeps().await.unwrap().into_iter().collect();
    assert!(keeps.cover(&c), "the other owner still wants it");
    assert!(!keeps.cover(&a));
}

#[tokio::test]
async fn a_pattern_stands_for_what_comes_later_until_it_is_taken_back() {
    let home = Home::new();
    let store = home.open().await;
    let pattern = Filter::parse("corp.example/*@v1.*").unwrap();
    assert!(store.keep_pattern("person", &pattern).await.unwrap());
    assert!(
        !store.keep_pattern("person", &pattern).await.unwrap(),
        "it was there"
    );
    store.keep_pattern(PROJECT, &Filter::all()).await.unwrap();
    // The versions of an owner are replaced, its patterns are not.
    store
        .keep("person", &[version("example.com/x@v0.1.0")])
        .await
        .unwrap();
    store.keep("person", &[]).await.unwrap();
    assert_eq!(
        told(&store).await,
        [
            "person: ~corp.example/*@v1.*",
            "project:/home/gopher/shop: ~all"
        ]
    );
    assert!(store.release(PROJECT).await.unwrap());
    let keeps: Keeps = store.keeps().await.unwrap().into_iter().collect();
    assert!(keeps.cover(&version("corp.example/lib@v1.7.0")));
    assert!(!keeps.cover(&version("corp.example/lib/v2@v2.0.0")));
    assert!(store.release_pattern("person", &pattern).await.unwrap());
    assert!(!store.release_pattern("person", &pattern).await.unwrap());
    assert!(told(&store).await.is_empty());
}

#[tokio::test]
async fn a_project_of_thousands_of_versions_is_one_write() {
    let home = Home::new();
    let store = home.open().await;
    let versions: Vec<_> = (0..5000)
        .map(|n| version(&format!("corp.example/m{n}@v1.0.{n}")))
        .collect();
    store.keep(PROJECT, &versions).await.unwrap();
    assert_eq!(store.keeps().await.unwrap()[0].versions.len(), 5000);
}
