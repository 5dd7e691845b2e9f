//! Lasting state: activity, values, and what happens to a damaged file.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Home;
use crate::{ActivityRow, Store, StoreError};

fn row(path: &str, age: Duration) -> ActivityRow {
    let age = SignedDuration::try_from(age).unwrap();
    ActivityRow {
        at: Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap() - age,
        module: Some("corp.example/lib".into()),
        version: None,
        kind: "list".into(),
        source: "upstream".into(),
        upstream: Some("proxy.example.com".into()),
        bytes: 12345,
        millis: 67,
        micros: 67_890,
        outcome: "200".into(),
        times: 3,
        background: true,
        detail: Some("\"quoted\" and ünïcode\nand a line".into()),
        path: path.into(),
        steps: None,
    }
}

fn paths(rows: &[(i64, ActivityRow)]) -> Vec<&str> {
    rows.iter().map(|(_, row)| row.path.as_str()).collect()
}

#[tokio::test]
async fn activity_is_read_back_in_order_and_resumed() {
    let home = Home::new();
    let store = home.open().await;
    let mut rows: Vec<_> = (0..20)
        .map(|number| row(&format!("/{number}"), Duration::ZERO))
        .collect();
    rows[3].bytes = u64::MAX;
    rows[4].module = None;
    store.record(&rows[..5]).await.unwrap();
    store.record(&[]).await.unwrap();
    store.record(&rows[5..]).await.unwrap();
    let read = store.activity(0, 100).await.unwrap();
    rows[3].bytes = i64::MAX as u64;
    assert_eq!(
        read.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>(),
        rows
    );
    assert!(read.is_sorted_by(|a, b| a.0 < b.0));
    assert_eq!(store.activity(read[9].0, 3).await.unwrap(), read[10..13]);
    assert_eq!(store.last_activity(2).await.unwrap(), read[18..]);
    assert!(store.activity(read[19].0, 10).await.unwrap().is_empty());
    store.close().await;
    assert_eq!(home.open().await.activity(0, 100).await.unwrap(), read);
}

#[tokio::test]
async fn activity_goes_by_count_and_by_age() {
    let home = Home::new();
    let store = home.open().await;
    let day = Duration::from_secs(86_400);
    let rows: Vec<_> = (0..10)
        .map(|number| row(&format!("/{number}"), day * (10 - number)))
        .collect();
    store.record(&rows).await.unwrap();
    assert_eq!(store.prune_activity(100, day * 100).await.unwrap(), 0);
    assert_eq!(store.prune_activity(8, day * 100).await.unwrap(), 2);
    assert_eq!(
        paths(&store.activity(0, 100).await.unwrap()),
        ["/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9"]
    );
    assert_eq!(
        store.prune_activity(100, day * 4 + day / 2).await.unwrap(),
        4
    );
    assert_eq!(
        paths(&store.activity(0, 100).await.unwrap()),
        ["/6", "/7", "/8", "/9"]
    );
    assert_eq!(
        store.prune_activity(u64::MAX, Duration::MAX).await.unwrap(),
        0
    );
    assert_eq!(store.prune_activity(0, Duration::MAX).await.unwrap(), 4);
}

#[tokio::test]
async fn numbers_never_come_back() {
    let home = Home::new();
    let mut last = 0;
    for _ in 0..3 {
        let store = home.open().await;
        store
            .record(&[row("/a", Duration::ZERO), row("/b", Duration::ZERO)])
            .await
            .unwrap();
        let rows = store.activity(last, 10).await.unwrap();
        assert_eq!(rows.len(), 2, "all new numbers are above {last}");
        last = rows[1].0;
        assert_eq!(store.prune_activity(0, Duration::MAX).await.unwrap(), 2);
        store.close().await;
    }
}

#[tokio::test]
async fn values_last() {
    let home = Home::new();
    let store = home.open().await;
    assert_eq!(store.get_value("a").await.unwrap(), None);
    store
        .set_value("a", &json!({"x": [1, null, "ü"]}))
        .await
        .unwrap();
    store.set_value("a", &json!({"y": 2.5})).await.unwrap();
    store.set_value("b", &json!(null)).await.unwrap();
    // Not closed: a value is on the disk when it is set.
    drop(store);
    let store = home.open().await;
    assert_eq!(store.get_value("a").await.unwrap(), Some(json!({"y": 2.5})));
    assert_eq!(store.get_value("b").await.unwrap(), Some(json!(null)));
    assert!(store.remove_value("a").await.unwrap());
    assert!(!store.remove_value("a").await.unwrap());
    assert_eq!(store.get_value("a").await.unwrap(), None);
}

#[tokio::test]
async fn a_damaged_state_is_refused_and_left_as_it_is() {
    let home = Home::new();
    let places = home.places();
    let store = home.open().await;
    store.set_value("a", &json!(1)).await.unwrap();
    super::rebuild(&store).await;
    store.close().await;
    let path = places.data.join("state.sqlite");
    let garbage = vec![b'x'; 9000];
    std::fs::write(&path, &garbage).unwrap();
    for _ in 0..2 {
        let error = Store::open(home.places()).await.unwrap_err();
        assert!(matches!(error, StoreError::StateDamaged { .. }), "{error}");
        assert!(
            error.to_string().contains("state.sqlite is damaged"),
            "{error}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), garbage);
    }
    let aside = Store::set_state_aside(&places).unwrap();
    assert_eq!(std::fs::read(&aside).unwrap(), garbage);
    let store = home.open().await;
    assert_eq!(store.get_value("a").await.unwrap(), None);
    assert!(
        !store.needs_rebuild(),
        "the index kept the mark of its clean close"
    );
}

#[tokio::test]
async fn a_state_damaged_while_open_is_told() {
    let home = Home::new();
    let store = home.open().await;
    store
        .record(&vec![row("/a", Duration::ZERO); 500])
        .await
        .unwrap();
    store.close().await;
    let store = home.open().await;
    let path = home.places().data.join("state.sqlite");
    let length = std::fs::metadata(&path).unwrap().len() as usize;
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0xAA; length - 4096], 4096).unwrap();
    let error = store.activity(0, 1000).await.unwrap_err();
    assert!(matches!(error, StoreError::StateDamaged { .. }), "{error}");
    assert!(path.exists());
}

#[tokio::test]
async fn a_state_of_a_newer_larder_is_refused() {
    let home = Home::new();
    home.open().await.close().await;
    super::index::add_migration(&home.places().data.join("state.sqlite")).await;
    assert!(matches!(
        Store::open(home.places()).await,
        Err(StoreError::StateNewer { .. })
    ));
}

#[tokio::test]
async fn a_data_folder_deleted_while_running_is_made_again() {
    let home = Home::new();
    let store = home.open().await;
    store.record(&[row("/a", Duration::ZERO)]).await.unwrap();
    std::fs::remove_dir_all(home.places().data).unwrap();
    store.record(&[row("/b", Duration::ZERO)]).await.unwrap();
    assert_eq!(paths(&store.activity(0, 10).await.unwrap()), ["/b"]);
    store.close().await;
    assert_eq!(
        paths(&home.open().await.activity(0, 10).await.unwrap()),
        ["/b"]
    );
}

#[tokio::test]
async fn databases_are_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let store = home.open().await;
    store.record(&[row("/a", Duration::ZERO)]).await.unwrap();
    let places = home.places();
    for path in [
        places.cache.join("index.sqlite"),
        places.data.join("state.sqlite"),
        places.data.join("state.sqlite-wal"),
    ] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    for folder in [places.cache, places.data] {
        assert_eq!(
            std::fs::metadata(folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
}
