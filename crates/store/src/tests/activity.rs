//! The activity log in pages and by filter, and the steps of one entry.

use jiff::{SignedDuration, Timestamp};

use super::Home;
use crate::{ActivityFilter, ActivityRow, Store};

fn row(module: &str, source: &str, outcome: &str) -> ActivityRow {
    ActivityRow {
        at: Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap(),
        module: Some(module.to_owned()),
        version: Some("v1.2.3".to_owned()),
        kind: "zip".to_owned(),
        source: source.to_owned(),
        upstream: None,
        bytes: 10,
        millis: 1,
        micros: 1234,
        outcome: outcome.to_owned(),
        times: 1,
        background: false,
        detail: None,
        path: format!("{module}/@v/v1.2.3.zip"),
        steps: None,
    }
}

async fn found(store: &Store, filter: &ActivityFilter) -> Vec<String> {
    let page = store.activity_page(filter, None, 100).await.unwrap();
    let counted = store
        .activity_count(filter, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    let times: u64 = page.iter().map(|(_, row)| row.times).sum();
    assert_eq!(counted, times, "what is counted is what is shown");
    page.into_iter()
        .map(|(_, row)| row.module.unwrap())
        .collect()
}

fn by_text(text: &str) -> ActivityFilter {
    ActivityFilter {
        text: Some(text.to_owned()),
        ..ActivityFilter::default()
    }
}

fn by_source(sources: &[&str]) -> ActivityFilter {
    ActivityFilter {
        sources: sources.iter().map(ToString::to_string).collect(),
        ..ActivityFilter::default()
    }
}

#[tokio::test]
async fn pages_go_back_from_the_newest_without_a_gap() {
    let home = Home::new();
    let store = home.open().await;
    let rows: Vec<_> = (0..25)
        .map(|number| row(&format!("m{number}.example"), "cache", "delivered"))
        .collect();
    store.record(&rows).await.unwrap();
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = store
            .activity_page(&ActivityFilter::default(), before, 10)
            .await
            .unwrap();
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        seen.extend(page.into_iter().map(|(_, row)| row));
    }
    seen.reverse();
    assert_eq!(seen, rows);
    store.close().await;
}

#[tokio::test]
async fn text_is_looked_for_in_all_that_a_person_sees() {
    let home = Home::new();
    let store = home.open().await;
    let mut of_upstream = row("corp.example/lib_a", "upstream", "delivered");
    of_upstream.upstream = Some("Proxy.corp.example".to_owned());
    let mut failed = row("corp.example/lib-a", "none", "failed");
    failed.detail = Some("a certificate of 100% unknown make".to_owned());
    store.record(&[of_upstream, failed]).await.unwrap();
    let (under, dash) = ("corp.example/lib_a", "corp.example/lib-a");
    for (text, want) in [
        ("", vec![dash, under]),
        ("LIB", vec![dash, under]),
        ("lib_a", vec![under]),
        ("lib_a@v1.2.3", vec![under]),
        ("proxy", vec![under]),
        ("unknown  CERTIFICATE", vec![dash]),
        ("unknown nothing", vec![]),
        ("100%", vec![dash]),
        ("100%%", vec![]),
        ("\\", vec![]),
    ] {
        assert_eq!(found(&store, &by_text(text)).await, want, "{text:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn sources_and_outcomes_are_those_that_an_entry_counts_under() {
    let home = Home::new();
    let store = home.open().await;
    let mut not_there = row("asked", "none", "not-found");
    not_there.upstream = Some("proxy.example.com".to_owned());
    let rows = [
        row("hit", "cache", "delivered"),
        row("fetched", "upstream", "delivered"),
        row("left-midway", "upstream", "left"),
        row("left-before", "none", "left"),
        not_there,
        row("remembered", "none", "not-found"),
        row("broken", "upstream", "failed"),
        row("wrong", "upstream", "unverified"),
        row("offline", "none", "missing"),
        row("gone", "cache", "evicted"),
    ];
    store.record(&rows).await.unwrap();
    let sources = async |sources| found(&store, &by_source(sources)).await;
    assert_eq!(sources(&["cache"]).await, ["remembered", "hit"]);
    assert_eq!(
        sources(&["upstream"]).await,
        ["asked", "left-midway", "fetched"]
    );
    assert_eq!(
        sources(&["failed", "stale"]).await,
        ["offline", "wrong", "broken"]
    );
    assert_eq!(sources(&[]).await.len(), rows.len());
    let filter = ActivityFilter {
        outcomes: vec!["left".to_owned()],
        ..by_source(&["upstream", "cache"])
    };
    assert_eq!(found(&store, &filter).await, ["left-midway"]);
    store.close().await;
}

#[tokio::test]
async fn steps_are_read_with_one_entry_and_stay_within_bounds() {
    let home = Home::new();
    let store = home.open().await;
    let steps = r#"[{"kind":"cache","said":"\"ü\"\n"}]"#.to_owned();
    let with = ActivityRow {
        steps: Some(steps.clone()),
        ..row("with.example", "upstream", "delivered")
    };
    let too_long = ActivityRow {
        steps: Some(format!("[\"{}\"]", "x".repeat(20_000))),
        ..with.clone()
    };
    store.record(&[with.clone(), too_long]).await.unwrap();
    let listed = store.activity(0, 10).await.unwrap();
    assert_eq!(listed[0].1.steps, None, "a list does not read them");
    let entry = store.activity_entry(listed[0].0).await.unwrap().unwrap();
    assert_eq!(entry, with);
    let cut = store.activity_entry(listed[1].0).await.unwrap().unwrap();
    assert_eq!(cut.steps, None);
    assert_eq!(store.activity_entry(99).await.unwrap(), None);
    let at = |at, path| store.activity_at(at, path);
    assert_eq!(at(with.at, &with.path).await.unwrap(), Some(listed[0].0));
    assert_eq!(at(with.at, "other").await.unwrap(), None);
    let earlier = with.at - SignedDuration::from_micros(1);
    assert_eq!(at(earlier, &with.path).await.unwrap(), None);
    store.close().await;
}
