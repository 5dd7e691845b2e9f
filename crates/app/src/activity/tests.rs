//! How many events the log keeps up with, and what it makes of hits.

use std::sync::Arc;
use std::time::Instant;

use delivery::{Profile, Routes};
use upstream::{Chain, ChainParts, Deadlines, HttpClients};

use super::*;

fn profile() -> Arc<Profile> {
    let limits = Deadlines::default();
    let parts = ChainParts::new(HttpClients::new(&limits), limits, "test");
    let list = "https://proxy.example.com,direct".parse().unwrap();
    let chain = Chain::build(&list, &parts).unwrap();
    Arc::new(Profile::new("public", Routes::all_to(chain), None))
}

fn event(profile: &Arc<Profile>, path: &str, source: Source) -> Event {
    Event {
        at: Timestamp::now(),
        request: Request::parse(path).unwrap(),
        upstream: source.upstream().map(str::to_owned),
        source,
        bytes: 1000,
        took: Duration::from_micros(1500),
        outcome: Outcome::Delivered,
        detail: None,
        background: false,
        profile: Arc::clone(profile),
        steps: Vec::new(),
        traced: None,
    }
}

async fn store(folder: &tempfile::TempDir) -> Store {
    let places = store::Places {
        cache: folder.path().join("cache"),
        data: folder.path().join("data"),
    };
    Store::open(places).await.unwrap()
}

#[tokio::test]
async fn the_same_hit_in_a_moment_is_one_entry_with_its_rule() {
    let mut batch = Batch::default();
    let profile = profile();
    for _ in 0..3 {
        let path = "/example.com/m/@v/v1.0.0.mod";
        batch.add(event(&profile, path, Source::Cache));
        batch.add(event(&profile, path, Source::Upstream("u".to_owned())));
    }
    let rows = batch.into_rows();
    let times: Vec<_> = rows.iter().map(|row| (&*row.source, row.times)).collect();
    assert_eq!(
        times,
        [
            ("cache", 3),
            ("upstream", 1),
            ("upstream", 1),
            ("upstream", 1)
        ]
    );
    let rule = r#"[{"kind":"rule","said":"everything → proxy.example.com, then direct if not found (profile public)"}]"#;
    assert_eq!(rows[0].steps.as_deref(), Some(rule));
    assert_eq!((rows[0].millis, rows[0].micros), (1, 1500));
}

#[tokio::test]
async fn five_hundred_events_a_second_are_written_and_followed() {
    const EVENTS: usize = 5000;
    let folder = tempfile::tempdir().unwrap();
    let activity = Activity::new(store(&folder).await, Changes::default());
    let (sender, receiver) = mpsc::channel(4096);
    let end = CancellationToken::new();
    let keeping = tokio::spawn(activity.clone().keep(
        receiver,
        100_000,
        Duration::from_secs(86_400),
        Traces::new().0,
        end.clone(),
    ));
    let begun = Instant::now();
    let telling = tokio::spawn(async move {
        let profile = profile();
        for number in 0..EVENTS {
            let path = format!("/example.com/m{number}/@v/v1.0.0.zip");
            let source = Source::Upstream("proxy.example.com".to_owned());
            sender.send(event(&profile, &path, source)).await.unwrap();
        }
    });
    let (mut news, mut after, mut seen) = (activity.news(), 0, 0);
    while seen < EVENTS {
        let items = activity.after(after, 500).await.unwrap();
        match items.last() {
            Some(last) => {
                after = last.seq;
                seen += items.len();
            }
            None => news.changed().await.unwrap(),
        }
    }
    let took = begun.elapsed();
    telling.await.unwrap();
    end.cancel();
    keeping.await.unwrap();
    #[expect(clippy::cast_precision_loss, reason = "a count of thousands")]
    let rate = EVENTS as f64 / took.as_secs_f64();
    println!("{EVENTS} events are written and followed in {took:?}: {rate:.0} a second");
    assert!(rate > 500.0, "{rate:.0} events a second");
}
