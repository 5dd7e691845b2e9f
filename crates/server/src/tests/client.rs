//! The client of the control API, against an instance and without one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use app::command::{CacheClear, CacheList, CacheVerify, Goproxy, Status, Stop};
use app::{App, Code, JobId, Places, Progress};
use futures_util::StreamExt;
use test_support::Module;

use super::{Instance, small};
use crate::client::Client;

fn in_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

#[test]
fn a_running_instance_is_found_and_asked() {
    let larder = Instance::start();
    larder.proxy.add(&small());
    larder.cached("/example.com/!hello/@v/v1.2.3.mod");
    in_runtime(async {
        for client in [
            Client::running(&larder.places()).await.unwrap(),
            Client::reach(&larder.places()).await.unwrap(),
        ] {
            assert!(matches!(client, Client::Remote(_)), "{client:?}");
            let status = client.call(Status::default()).await.unwrap();
            assert!(status.serving);
            let address = client.call(Goproxy::default()).await.unwrap();
            assert_eq!(address.url, larder.url(&larder.path("")));
            let wrong = CacheList {
                pattern: Some("[".to_owned()),
            };
            assert_eq!(client.call(wrong).await.unwrap_err().code, Code::BadInput);
            let mut told = 0;
            let verified = client
                .job(CacheVerify { repair: false }, |_| told += 1)
                .await
                .unwrap();
            assert!(verified.files > 0 && told > 0);
            assert_eq!(
                client.cancel(JobId(99)).await.unwrap_err().code,
                Code::NotFound
            );
            client.close().await;
        }
    });
    assert!(
        !format!(
            "{:?}",
            in_runtime(Client::running(&larder.places())).unwrap()
        )
        .contains(&larder.bearer()["Bearer ".len()..])
    );
}

#[test]
fn without_an_instance_it_is_done_here() {
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(&home.path().join("larder"));
    in_runtime(async {
        let failure = Client::running(&places).await.unwrap_err();
        assert_eq!(failure.code, Code::NotRunning);
        assert!(!places.data.exists(), "looking changes nothing");

        let client = Client::reach(&places).await.unwrap();
        assert!(matches!(client, Client::Local(_)));
        assert!(!client.call(Status::default()).await.unwrap().serving);
        assert_eq!(
            client.call(Goproxy::default()).await.unwrap_err().code,
            Code::NotRunning
        );
        let cleared = client
            .job(CacheClear { pattern: None }, |_| {})
            .await
            .unwrap();
        assert_eq!(cleared.files, 0);
        assert!(client.activity_last(10).await.unwrap().is_empty());
        assert!(client.activity_after(0, 10).await.unwrap().is_empty());
        client.close().await;
        // A program that a test beside this one starts has it open too until it runs.
        let mut tries = 0;
        while App::open(places.clone()).await.unwrap().is_none() {
            tries += 1;
            assert!(tries < 200, "the lock is free again");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn a_command_that_holds_the_lock_is_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(&home.path().join("larder"));
    in_runtime(async {
        let other = App::open(places.clone()).await.unwrap().unwrap();
        let ends = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            other.close().await;
        };
        let since = Instant::now();
        let (client, ()) = tokio::join!(Client::reach(&places), ends);
        assert!(matches!(client.unwrap(), Client::Local(_)));
        assert!(since.elapsed() >= Duration::from_millis(400));
    });
}

#[test]
fn one_that_holds_the_lock_for_long_is_named() {
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(&home.path().join("larder"));
    in_runtime(async {
        let _other = App::open(places.clone()).await.unwrap().unwrap();
        let (reached, running) = tokio::join!(Client::reach(&places), Client::running(&places));
        for found in [reached, running] {
            let failure = found.unwrap_err();
            assert_eq!(failure.code, Code::AlreadyRunning, "{failure}");
            assert!(!failure.hints.is_empty());
        }
    });
}

#[test]
fn the_token_goes_to_nobody_when_the_lock_is_free() {
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(&home.path().join("larder"));
    in_runtime(async {
        // An instance was here and was killed; somebody else listens at its port now.
        let app = App::open(places.clone()).await.unwrap().unwrap();
        app.close().await;
        let stranger = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let instance = app::Instance {
            port: stranger.local_addr().unwrap().port(),
            pid: 1,
            version: app::VERSION.to_owned(),
            since: jiff::Timestamp::now(),
        };
        instance.announce(&places).unwrap();
        assert_eq!(
            Client::running(&places).await.unwrap_err().code,
            Code::NotRunning
        );
        let asked = tokio::time::timeout(Duration::from_millis(100), stranger.accept()).await;
        assert!(asked.is_err(), "nobody may have been asked");
    });
}

#[test]
fn an_instance_that_has_ended_is_not_running() {
    let mut larder = Instance::start();
    let client = in_runtime(Client::running(&larder.places())).unwrap();
    let stopping = in_runtime(client.call(Stop::default())).unwrap();
    assert_eq!(stopping.pid, std::process::id());
    larder.wait();
    // It listens no more, and still holds the lock.
    let failure = in_runtime(client.call(Status::default())).unwrap_err();
    assert_eq!(failure.code, Code::NotRunning);
    larder.runtime.block_on(larder.app.close());
    let failure = in_runtime(client.call(Status::default())).unwrap_err();
    assert_eq!(failure.code, Code::NotRunning);
    let failure = in_runtime(Client::running(&larder.places())).unwrap_err();
    assert_eq!(failure.code, Code::NotRunning);
}

#[test]
fn the_log_is_read_and_followed() {
    let mut larder = Instance::start();
    let client = in_runtime(Client::running(&larder.places())).unwrap();
    for name in ["a", "b"] {
        larder
            .get(&format!("/example.com/{name}/@v/list"))
            .send()
            .unwrap();
    }
    let (items, rest) = in_runtime(async {
        let mut follow = client.activity_follow(0);
        let mut items = Vec::new();
        while items.len() < 2 {
            items.push(follow.next().await.unwrap().unwrap());
        }
        let last = client.activity_last(1).await.unwrap();
        assert_eq!(last, items[1..]);
        assert_eq!(client.activity_after(items[0].seq, 10).await.unwrap(), last);
        let mut later = client.activity_follow(items[0].seq);
        assert_eq!(later.next().await.unwrap().unwrap(), items[1]);
        larder.stop_in_background();
        (items, follow.next().await)
    });
    assert_eq!(
        items
            .iter()
            .map(|item| item.module.as_deref())
            .collect::<Vec<_>>(),
        [Some("example.com/a"), Some("example.com/b")]
    );
    assert!(rest.is_none(), "it ends with the instance: {rest:?}");
    larder.wait();
}

#[test]
fn a_job_is_watched_and_cancelled() {
    let larder = Instance::start();
    let module = small();
    larder.proxy.add(&module);
    larder.cached(&module.url_path("mod"));
    plant_slow_files(&larder.places().cache);
    in_runtime(async {
        let client = Client::running(&larder.places()).await.unwrap();
        let id = client.start(CacheVerify { repair: false }).await.unwrap();
        let (progress, mut seen) = tokio::sync::mpsc::unbounded_channel::<Progress>();
        let watching = client.watch::<CacheVerify>(id, |now| {
            let _ = progress.send(now);
        });
        let cancelling = async {
            seen.recv().await.unwrap();
            client.cancel(id).await.unwrap();
        };
        let (end, ()) = tokio::join!(watching, cancelling);
        assert_eq!(end.unwrap_err().code, Code::Cancelled);
    });
}

#[test]
fn a_job_that_the_instance_does_not_live_to_see_is_told() {
    let mut larder = Instance::start();
    let module = small();
    larder.proxy.add(&module);
    larder.cached(&module.url_path("mod"));
    plant_slow_files(&larder.places().cache);
    in_runtime(async {
        let client = Client::running(&larder.places()).await.unwrap();
        let id = client.start(CacheVerify { repair: false }).await.unwrap();
        let mut is_told = false;
        let watching = client.watch::<CacheVerify>(id, |_| {
            if !std::mem::replace(&mut is_told, true) {
                larder.stop_in_background();
            }
        });
        let failure = watching.await.unwrap_err();
        assert_eq!(failure.code, Code::NotRunning, "{failure}");
    });
    larder.wait();
}

/// Versions whose files take long to be hashed, and no room on the disk.
fn plant_slow_files(cache: &Path) {
    let (file, sidecar) = kept_mod(&cache.join("realms")).expect("one was fetched");
    let folder = file.parent().unwrap();
    let mut said: serde_json::Value = serde_json::from_slice(&fs::read(sidecar).unwrap()).unwrap();
    said["size"] = (64 << 20).into();
    for patch in 0..100 {
        let name = format!("v1.3.{patch}.zip");
        fs::File::create(folder.join(&name))
            .unwrap()
            .set_len(64 << 20)
            .unwrap();
        fs::write(folder.join(format!("{name}.larder")), said.to_string()).unwrap();
    }
}

/// A kept `.mod` and its sidecar.
fn kept_mod(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if let Some(found) = kept_mod(&path) {
                return Some(found);
            }
        } else if path.to_str().unwrap().ends_with(".mod.larder") {
            return Some((path.with_extension(""), path));
        }
    }
    None
}

#[test]
fn a_program_that_is_not_larder_is_not_taken_for_it() {
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(&home.path().join("larder"));
    let stranger = test_support::FakeProxy::start_blocking();
    stranger.add(&Module::simple("example.com/m", "v1.0.0"));
    in_runtime(async {
        let _holder = App::open(places.clone()).await.unwrap().unwrap();
        let instance = app::Instance {
            port: stranger.addr().port(),
            pid: 1,
            version: app::VERSION.to_owned(),
            since: jiff::Timestamp::now(),
        };
        instance.announce(&places).unwrap();
        let failure = Client::running(&places).await.unwrap_err();
        assert_eq!(failure.code, Code::AlreadyRunning, "{failure}");
    });
}
