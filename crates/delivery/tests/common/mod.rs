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
    Answer, AnswerOptions, Ask, Body, BodyError, ChecksumDb, Delivery, DeliveryError, Event,
    Options, Profile,
};
use futures_util::StreamExt;
use go_module::{ProxyList, Request};
use store::Store;
use tempfile::TempDir;
use tokio::sync::mpsc;
use upstream::{Chain, ChainParts, Deadlines, HttpClients, OwnAddresses, Upstream};

/// A delivery and what belongs to it.
pub struct Engine {
    pub delivery: Delivery,
    pub store: Store,
    pub events: mpsc::Receiver<Event>,
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
        Self::begin(Arc::new(tempfile::tempdir().unwrap()), list, options).await
    }

    async fn begin(folder: Arc<TempDir>, list: &str, options: Options) -> Self {
        let places = store::Places {
            cache: folder.path().join("cache"),
            data: folder.path().join("data"),
        };
        let store = Store::open(places).await.unwrap();
        let (sender, events) = mpsc::channel(1000);
        let delivery = Delivery::start(store.clone(), profile(list), options, sender);
        Self {
            delivery,
            store,
            events,
            folder,
        }
    }

    /// Ends it, and begins anew on the same folders.
    pub async fn restart(self, list: &str) -> Self {
        let folder = Arc::clone(&self.folder);
        self.end().await;
        Self::begin(folder, list, options()).await
    }

    pub async fn end(self) {
        self.delivery.stop().await;
        self.store.close().await;
    }

    pub fn cache(&self) -> std::path::PathBuf {
        self.folder.path().join("cache")
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

pub fn profile(list: &str) -> Profile {
    let chain = Chain::build(&ProxyList::parse(list).unwrap(), &parts()).unwrap();
    Profile::new(
        "test",
        chain,
        ChecksumDb::parse("sums.example.com").unwrap(),
    )
}

pub fn profile_with_database_at(list: &str, url: &str) -> Profile {
    profile(list).with_database_at(Upstream::checksum_database(url, &parts()).unwrap())
}

fn parts() -> ChainParts {
    let limits = deadlines();
    ChainParts {
        http: HttpClients::new(&limits),
        direct: None,
        own: OwnAddresses::new(),
        limits,
        instance: "test".into(),
    }
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
