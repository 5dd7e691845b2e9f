//! One delivery in a temporary folder, its upstreams, and the events it tells.

#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::sync::Arc;
use std::time::Duration;

use delivery::{
    Alarm, Answer, AnswerOptions, Ask, Body, BodyError, Database, Delivery, DeliveryError, Event,
    Options, Profile, Routes,
};
use futures_util::StreamExt;
use go_module::{ProxyList, Request};
use store::Store;
use tempfile::TempDir;
use test_support::FakeDatabase;
use tokio::sync::mpsc;
use upstream::{Chain, ChainParts, Deadlines, HttpClients, Upstream};

/// A delivery and what belongs to it.
pub struct Engine {
    pub delivery: Delivery,
    pub store: Store,
    pub events: mpsc::Receiver<Event>,
    pub alarms: mpsc::Receiver<Alarm>,
    folder: Arc<TempDir>,
}

/// A body as a client got it.
#[derive(Debug)]
pub struct Got {
    pub bytes: Vec<u8>,
    pub broken: Option<BodyError>,
}

impl Engine {
    /// A delivery from this upstream list.
    pub async fn new(list: &str) -> Self {
        Self::with(list, options()).await
    }

    pub async fn with(list: &str, options: Options) -> Self {
        Self::begin(new_folder(), profile(list), options).await
    }

    /// A delivery of this profile.
    pub async fn of(profile: Profile) -> Self {
        Self::begin(new_folder(), profile, options()).await
    }

    pub async fn with_profile(profile: Profile, options: Options) -> Self {
        Self::begin(new_folder(), profile, options).await
    }

    async fn begin(folder: Arc<TempDir>, profile: Profile, options: Options) -> Self {
        let places = store::Places {
            cache: folder.path().join("cache"),
            data: folder.path().join("data"),
        };
        let store = Store::open(places).await.unwrap();
        let (sender, events) = mpsc::channel(1000);
        let (alarm, alarms) = mpsc::channel(100);
        let delivery = Delivery::start(store.clone(), profile, options, sender, alarm);
        Self {
            delivery,
            store,
            events,
            alarms,
            folder,
        }
    }

    /// Ends it, and begins anew on the same folders.
    pub async fn restart(self, list: &str) -> Self {
        self.restart_with(profile(list)).await
    }

    /// Ends it, and begins anew on the same folders with this profile.
    pub async fn restart_with(self, profile: Profile) -> Self {
        let folder = Arc::clone(&self.folder);
        self.end().await;
        Self::begin(folder, profile, options()).await
    }

    pub async fn end(self) {
        self.delivery.stop().await;
        self.store.close().await;
    }

    pub fn cache(&self) -> std::path::PathBuf {
        self.folder.path().join("cache")
    }

    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    pub async fn ask(&self, path: &str) -> Result<Answer, DeliveryError> {
        self.delivery.deliver(Ask::new(request(path))).await
    }

    /// Asks, and reads the body to its end.
    pub async fn get(&self, path: &str) -> Result<Got, DeliveryError> {
        Ok(read(self.ask(path).await?).await)
    }

    /// Asks for what must be delivered whole.
    pub async fn whole(&self, path: &str) -> Vec<u8> {
        let got = self
            .get(path)
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(got.broken.is_none(), "{path}: {:?}", got.broken);
        got.bytes
    }

    pub async fn kept_only(&self, path: &str) -> Result<Got, DeliveryError> {
        let ask = Ask {
            kept_only: true,
            ..Ask::new(request(path))
        };
        Ok(read(self.delivery.deliver(ask).await?).await)
    }

    /// Waits until `path` is kept.
    pub async fn until_kept(&self, path: &str) {
        for _ in 0..500 {
            if self.kept_only(path).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{path} was not kept within five seconds");
    }

    /// The next event of a client's own request.
    pub async fn event(&mut self) -> Event {
        loop {
            let event = tokio::time::timeout(Duration::from_secs(5), self.events.recv())
                .await
                .expect("an event within five seconds")
                .unwrap();
            if !event.background {
                return event;
            }
        }
    }

    /// Files below `cache/`, by their path in it, without the index.
    pub fn files(&self) -> Vec<String> {
        fn walk(folder: &std::path::Path, all: &mut Vec<std::path::PathBuf>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    walk(&entry.path(), all)
                } else {
                    all.push(entry.path())
                }
            }
        }
        let mut all = Vec::new();
        walk(&self.cache(), &mut all);
        let mut names: Vec<String> = all
            .iter()
            .map(|path| {
                path.strip_prefix(self.cache())
                    .unwrap()
                    .display()
                    .to_string()
            })
            .filter(|name| !name.starts_with("index.sqlite"))
            .collect();
        names.sort();
        names
    }
}

fn new_folder() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

/// Quick answers to trouble: a test waits for no laptop's network.
pub fn deadlines() -> Deadlines {
    Deadlines {
        connect: Duration::from_millis(500),
        first_byte: Duration::from_millis(1500),
        idle: Duration::from_millis(700),
        retry_pause: Duration::from_millis(10),
        ..Deadlines::default()
    }
}

pub fn options() -> Options {
    Options::default()
}

/// Options under which nothing that changes stays fresh.
pub fn nothing_fresh() -> Options {
    let answers = AnswerOptions {
        fresh_for: Duration::ZERO,
        slow_after: Duration::from_millis(200),
        ..AnswerOptions::default()
    };
    Options {
        answers,
        negative_for: Duration::ZERO,
        ..Options::default()
    }
}

/// A profile without a checksum database.
pub fn profile(list: &str) -> Profile {
    Profile::new("test", Routes::all_to(chain(list)), None)
}

/// A profile whose upstreams pass this database on, and that covers every path.
pub fn verifying(list: &str, database: &FakeDatabase) -> Profile {
    let routes = Routes::all_to(chain(list));
    Profile::new("verifying", routes, Some(through(list, database)))
}

/// The database as it is reached through a list, and directly where no upstream of it passes it on.
pub fn through(list: &str, database: &FakeDatabase) -> Database {
    let key = database.key().parse().unwrap();
    let direct = Upstream::checksum_database(&database.url(), &parts()).unwrap();
    Database::through(key, chain(list), direct)
}

pub fn chain(list: &str) -> Chain {
    Chain::build(&ProxyList::parse(list).unwrap(), &parts()).unwrap()
}

pub fn parts() -> ChainParts {
    let limits = deadlines();
    ChainParts::new(HttpClients::new(&limits), limits, "test")
}

pub fn request(path: &str) -> Request {
    Request::parse(&format!("/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub async fn read(answer: Answer) -> Got {
    match answer.into_body() {
        Body::Bytes(bytes) => Got {
            bytes: bytes.to_vec(),
            broken: None,
        },
        Body::Stream(mut chunks) => {
            let mut got = Got {
                bytes: Vec::new(),
                broken: None,
            };
            while let Some(chunk) = chunks.next().await {
                match chunk {
                    Ok(bytes) => got.bytes.extend_from_slice(&bytes),
                    Err(error) => {
                        got.broken = Some(error);
                        break;
                    }
                }
            }
            got
        }
    }
}
