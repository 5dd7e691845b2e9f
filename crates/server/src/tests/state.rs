//! What tray and window show at all times, and what they are told: through the client, against an instance.

use std::fs;
use std::time::{Duration, Instant};

use app::command::{ChangesFeed, SetOffline, State};
use app::{By, Code, Mood, OfflineMode, Places, Topic};
use futures_util::StreamExt;

use super::{Instance, small};
use crate::client::Client;

fn in_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

/// What comes within a while; a test that waits for ever tells nothing.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    let come = tokio::time::timeout(Duration::from_secs(20), work).await;
    come.expect("it does not come")
}

#[test]
fn changes_are_followed_with_an_instance_and_without() {
    let larder = Instance::start();
    in_runtime(async {
        let client = Client::running(&larder.places()).await.unwrap();
        let mut changes = client.follow::<ChangesFeed>(0);
        let first = changes.next().await.unwrap().unwrap();
        assert_eq!(first.topics, Topic::ALL);
        assert_eq!(client.call(State {}).await.unwrap().mood, Mood::Serving);
        let mode = Some(OfflineMode::On);
        client.call(SetOffline { mode }).await.unwrap();
        while !changes
            .next()
            .await
            .unwrap()
            .unwrap()
            .topics
            .contains(&Topic::State)
        {}
        let state = client.call(State {}).await.unwrap();
        assert_eq!(state.mood, Mood::Offline);
        assert!(state.offline.by_hand && state.offline.since.is_some());
    });
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(&home.path().join("larder"));
    in_runtime(async {
        let client = Client::reach(&places).await.unwrap();
        let mut changes = client.follow::<ChangesFeed>(0);
        assert_eq!(changes.next().await.unwrap().unwrap().topics, Topic::ALL);
        let (changed, done) = tokio::join!(changes.next(), async {
            client.call(app::command::Pause {}).await.unwrap()
        });
        assert!(changed.unwrap().unwrap().topics.contains(&Topic::State));
        assert_eq!(done.state.mood, Mood::Paused);
        client.close().await;
    });
}

#[test]
fn the_overview_is_there_at_once_whatever_an_upstream_does() {
    use app::Mend;
    use app::command::{AskedAfter, Mark, OverviewShow};

    let larder = Instance::start();
    larder.proxy.add(&small());
    larder.cached("/example.com/!hello/@v/v1.2.3.mod");
    in_runtime(async {
        let client = Client::running(&larder.places()).await.unwrap();
        let overview = client.call(OverviewShow {}).await.unwrap();
        assert_eq!(overview.state.mood, Mood::Serving);
        let upstream = &overview.upstreams[0];
        assert_eq!(
            (upstream.mark, upstream.after),
            (Mark::Ok, AskedAfter::First)
        );
        assert!(upstream.latency_ms.is_some(), "{upstream:?}");
        assert!(upstream.address.starts_with("http://127.0.0.1:"));
        assert!(overview.room.used > 0 && overview.room.free > 0);
        let mends: Vec<&Mend> = overview.attention.iter().map(|row| &row.mend).collect();
        assert!(mends.contains(&&Mend::PointGo), "{mends:?}");
        assert_eq!(
            overview.state.to_mend,
            overview.attention.len() as u64,
            "{overview:?}"
        );

        // What it shows was asked for before; nobody is asked for it.
        larder.proxy.stop();
        let asked = Instant::now();
        for _ in 0..5 {
            client.call(OverviewShow {}).await.unwrap();
        }
        let took = asked.elapsed() / 5;
        assert!(
            took < Duration::from_millis(400),
            "{took:?} in a debug build"
        );
        larder
            .get("/example.com/none/@v/v1.0.0.mod")
            .send()
            .unwrap();
        let state = client.call(State {}).await.unwrap();
        let degraded = state.degraded.unwrap_or_else(|| panic!("{:?}", state.mood));
        assert_eq!(degraded.reason, "does not answer");
        let overview = client.call(OverviewShow {}).await.unwrap();
        assert_eq!(overview.upstreams[0].mark, Mark::Gone);
    });
}

#[test]
fn what_a_person_does_not_see_is_told_once_after_the_first_seconds() {
    use app::Cause;
    use app::command::{NotificationsFeed, SetPreferences};

    let larder = Instance::start();
    in_runtime(async {
        let client = Client::running(&larder.places()).await.unwrap();
        // A stream asks when it is first looked at: from the beginning.
        let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
        let mut follow = client.follow::<NotificationsFeed>(0);
        tokio::spawn(async move {
            while let Some(one) = follow.next().await {
                if sender.send(one.unwrap()).is_err() {
                    break;
                }
            }
        });
        let offline =
            async |mode| drop(client.call(SetOffline { mode: Some(mode) }).await.unwrap());
        offline(OfflineMode::On).await;
        offline(OfflineMode::Auto).await;
        // At the start nothing is told.
        tokio::time::sleep(Duration::from_millis(10_200)).await;
        By::Window.asks(offline(OfflineMode::On)).await;
        By::Tray.asks(offline(OfflineMode::Auto)).await;
        offline(OfflineMode::On).await;
        let first = soon(told.recv()).await.unwrap();
        assert_eq!(
            (first.cause, first.title.as_str()),
            (Cause::Offline, "Offline. Larder goes on from the cache.")
        );
        assert_eq!(first.route, "#/overview");
        offline(OfflineMode::Auto).await;
        let second = soon(told.recv()).await.unwrap();
        assert_eq!((second.cause, second.seq), (Cause::Back, first.seq + 1));

        // Turned off, and who comes back hears only what is new.
        let quiet = serde_json::json!({"change": {"tell": {"offline": false}}});
        let quiet: SetPreferences = serde_json::from_value(quiet).unwrap();
        let preferences = client.call(quiet).await.unwrap();
        assert!(!preferences.tell.offline && preferences.tell.hash);
        offline(OfflineMode::On).await;
        let seq = i64::try_from(first.seq).unwrap();
        let mut again = client.follow::<NotificationsFeed>(seq);
        assert_eq!(soon(again.next()).await.unwrap().unwrap(), second);
        let more = tokio::time::timeout(Duration::from_millis(300), again.next()).await;
        assert!(more.is_err(), "{more:?}");
    });
}

#[test]
fn preferences_are_written_with_all_else_as_it_stands() {
    use app::command::{PreferencesShow, SetPreferences};
    use app::{AtLogin, Language};

    let larder = Instance::start();
    let file = larder.places().settings();
    fs::write(&file, "# mine\nlanguage = \"zh\" # 中文\n").unwrap();
    let wished = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = std::sync::Arc::clone(&wished);
    larder.app.starts_at_login_by(AtLogin::new(move |wanted| {
        noted.lock().unwrap().push(wanted);
        std::future::ready(Ok(()))
    }));
    let change = |text: &str| -> SetPreferences {
        serde_json::from_str(&format!("{{\"change\":{text}}}")).unwrap()
    };
    in_runtime(async {
        let client = Client::running(&larder.places()).await.unwrap();
        let set = async |text| client.call(change(text)).await;
        let preferences = set(r#"{"language":"en","start_at_login":true}"#)
            .await
            .unwrap();
        assert_eq!(preferences.language, Language::En);
        assert!(preferences.start_at_login && preferences.at_next_start.is_empty());
        assert_eq!(*wished.lock().unwrap(), [true]);
        let preferences = set(r#"{"fresh_for_secs":5,"direct_at_once":2}"#)
            .await
            .unwrap();
        assert_eq!(
            preferences.at_next_start,
            ["fresh_for_secs", "direct_at_once"]
        );
        let before = fs::read_to_string(&file).unwrap();
        assert!(
            before.starts_with("# mine\nlanguage = \"en\" # 中文\n"),
            "{before}"
        );
        for wrong in [
            r#"{"direct_at_once":0}"#,
            r#"{"port":0}"#,
            r#"{"direct_at_once":0,"start_at_login":false}"#,
        ] {
            let refused = set(wrong).await.unwrap_err();
            assert_eq!(refused.code, Code::BadInput, "{refused:?}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
        assert_eq!(*wished.lock().unwrap(), [true, false, true], "taken back");
        assert_eq!(client.call(PreferencesShow {}).await.unwrap(), preferences);
    });
    let unknown = larder
        .control("POST", "/-/call/set-preferences")
        .body(r#"{"change":{"colour":"pink"}}"#);
    assert_eq!(unknown.send().unwrap().status, 400);
}
