//! Sums by span of time and source, and the spans without a network.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::Home;
use crate::{ActivityFilter, ActivityRow, OfflineSpan, Store, Sum};

const HALF_HOUR: Duration = Duration::from_secs(30 * 60);

fn at(second: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn row(second: i64, source: &str, times: u64) -> ActivityRow {
    ActivityRow {
        at: at(second),
        module: Some("example.com/m".to_owned()),
        version: None,
        kind: "list".to_owned(),
        source: source.to_owned(),
        upstream: None,
        bytes: 100 * times,
        millis: 0,
        micros: 300,
        outcome: "delivered".to_owned(),
        times,
        background: false,
        detail: None,
        path: "example.com/m/@v/list".to_owned(),
        steps: None,
    }
}

fn sum(span: usize, counted_as: &str, times: u64) -> Sum {
    Sum {
        span,
        counted_as: counted_as.to_owned(),
        times,
        bytes: 100 * times,
    }
}

#[tokio::test]
async fn what_each_upstream_was_asked_is_counted() {
    let home = Home::new();
    let store = home.open().await;
    let of = |second, source: &str, upstream: &str, times| ActivityRow {
        upstream: Some(upstream.to_owned()),
        ..row(second, source, times)
    };
    let by_itself = ActivityRow {
        background: true,
        ..of(10, "upstream", "a.example", 50)
    };
    let rows = [
        of(-1, "upstream", "a.example", 100),
        of(0, "upstream", "b.example", 2),
        of(1, "revalidated", "a.example", 3),
        of(2, "upstream", "a.example", 1),
        of(3, "stale", "a.example", 7),
        row(4, "cache", 9),
        by_itself,
    ];
    store.record(&rows).await.unwrap();
    let asked = store.asked_of_upstreams(at(0)).await.unwrap();
    let asked: Vec<(&str, u64)> = asked.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(asked, [("a.example", 4), ("b.example", 2)]);
    store.close().await;
}

#[tokio::test]
async fn each_half_hour_is_summed_by_source() {
    let home = Home::new();
    let store = home.open().await;
    let failed = ActivityRow {
        outcome: "failed".to_owned(),
        ..row(1801, "upstream", 1)
    };
    let of_its_own = ActivityRow {
        background: true,
        ..row(1802, "upstream", 1)
    };
    let evicted = ActivityRow {
        outcome: "evicted".to_owned(),
        ..row(1803, "cache", 1)
    };
    let rows = [
        row(-1, "cache", 7),
        row(0, "cache", 12),
        row(1799, "cache", 1),
        row(5, "revalidated", 1),
        row(1800, "stale", 2),
        failed,
        of_its_own,
        evicted,
        row(3 * 1800, "upstream", 1),
    ];
    store.record(&rows).await.unwrap();
    let sums = store.activity_sums(at(0), HALF_HOUR).await.unwrap();
    assert_eq!(
        sums,
        [
            sum(0, "cache", 13),
            sum(0, "revalidated", 1),
            sum(1, "failed", 1),
            sum(1, "stale", 2),
            sum(3, "upstream", 1),
        ]
    );
    store.close().await;
}

#[tokio::test]
async fn a_hundred_thousand_entries_are_summed_and_searched_in_a_moment() {
    let home = Home::new();
    let store = home.open().await;
    let sources = ["cache", "upstream", "stale", "revalidated"];
    for batch in 0..20 {
        let rows: Vec<_> = (0..5000)
            .map(|number| row(number * 17, sources[(number % 4) as usize], 1 + batch))
            .collect();
        store.record(&rows).await.unwrap();
    }
    let begun = Instant::now();
    let sums = store.activity_sums(at(0), HALF_HOUR).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(
        sums.iter().map(|sum| sum.times).sum::<u64>(),
        5000 * (1..=20).sum::<u64>()
    );
    assert!(took < Duration::from_secs(2), "it took {took:?}");
    println!("100,000 entries are summed in {took:?}");
    let nothing = ActivityFilter {
        text: Some("not in any of them".to_owned()),
        ..ActivityFilter::default()
    };
    let begun = Instant::now();
    let page = store.activity_page(&nothing, None, 100).await.unwrap();
    let count = store.activity_count(&nothing, at(0)).await.unwrap();
    let took = begun.elapsed();
    assert_eq!((page.len(), count), (0, 0));
    assert!(took < Duration::from_secs(3), "it took {took:?}");
    println!("100,000 entries are searched twice in {took:?}");
    store.close().await;
}

async fn spans(store: &Store) -> Vec<(i64, Option<i64>)> {
    let spans = store.offline_spans(at(-1000)).await.unwrap();
    let second = |time: Timestamp| time.duration_since(at(0)).as_secs();
    let seconds = |span: &OfflineSpan| (second(span.since), span.until.map(second));
    spans.iter().map(seconds).collect()
}

#[tokio::test]
async fn times_without_a_network_are_noted_over_restarts() {
    let home = Home::new();
    let store = home.open().await;
    assert!(spans(&store).await.is_empty());
    store.offline_ended(at(0)).await.unwrap();
    store.offline_began(at(1)).await.unwrap();
    store.offline_began(at(2)).await.unwrap();
    assert_eq!(spans(&store).await, [(1, None)], "it lasts");
    store.offline_ended(at(5)).await.unwrap();
    store.offline_ended(at(6)).await.unwrap();
    store.offline_began(at(10)).await.unwrap();
    store.record(&[row(30, "cache", 1)]).await.unwrap();
    // Killed: nobody says when it ended.
    drop(store);
    let store = home.open().await;
    store.close_offline().await.unwrap();
    assert_eq!(spans(&store).await, [(1, Some(5)), (10, Some(30))]);
    let later = store.offline_spans(at(5)).await.unwrap();
    assert_eq!(later.len(), 1);
    store.close().await;
}

#[tokio::test]
async fn they_go_with_the_entries_of_their_time() {
    let home = Home::new();
    let store = home.open().await;
    store.offline_began(at(0)).await.unwrap();
    store.offline_ended(at(1)).await.unwrap();
    store
        .prune_activity(100, Duration::from_secs(1))
        .await
        .unwrap();
    assert!(spans(&store).await.is_empty());
    store.close().await;
}
