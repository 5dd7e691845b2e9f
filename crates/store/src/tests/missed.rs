//! What was asked for while offline, and was not there.

use jiff::{SignedDuration, Timestamp};

use super::Home;
use crate::Missed;

fn missed(path: &str, second: i64, times: u64) -> Missed {
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
    Missed {
        path: path.to_owned(),
        first_at: at,
        last_at: at,
        times,
    }
}

#[tokio::test]
async fn it_waits_over_restarts_and_adds_up() {
    let home = Home::new();
    let store = home.open().await;
    store
        .note_missed(&[missed("a", 1, 1), missed("b", 2, 3)])
        .await
        .unwrap();
    store.note_missed(&[missed("a", 5, 2)]).await.unwrap();
    store.close().await;
    let store = home.open().await;
    let found = store.missed(10).await.unwrap();
    let a = Missed {
        last_at: missed("a", 5, 0).last_at,
        ..missed("a", 1, 3)
    };
    assert_eq!(found, [a, missed("b", 2, 3)]);
    assert_eq!(store.missed(1).await.unwrap().len(), 1);
    let paths = ["a".to_owned(), "c".to_owned()];
    assert_eq!(store.forget_missed(&paths).await.unwrap(), 1);
    assert_eq!(store.missed_count().await.unwrap(), 1);
    store.close().await;
}

#[tokio::test]
async fn the_oldest_goes_where_it_is_too_much() {
    let home = Home::new();
    let store = home.open().await;
    let many: Vec<_> = (0..10_010)
        .map(|n| missed(&format!("p{n}"), n, 1))
        .collect();
    store.note_missed(&many).await.unwrap();
    assert_eq!(store.missed_count().await.unwrap(), 10_000);
    let oldest = store.missed(usize::MAX).await.unwrap().pop().unwrap();
    assert_eq!(oldest.path, "p10");
    store.close().await;
}
