//! A checksum database on loopback, with its own key, that records what it was asked and can be made to lie.
//!
//! Its log, tree, tiles and notes are written here a second time, so that a mistake in the engine's own cannot hide
//! itself by being in both.

mod log;
mod signer;
mod tree;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use self::log::Log;
use crate::{
    Behaviour, FakeProxy, Module, Recorded, Script,
    fake_proxy::{Branch, Found, Scripts, percent_decoded, text},
};

/// The fake. Clones are the same one; it ends with the last. Everything can be changed while it runs.
///
/// It serves `/supported`, `/latest`, `/lookup/<path>@<version>` and `/tile/8/L/N[.p/W]`, at its own address and through
/// each [`FakeProxy`] that it is [offered](FakeProxy::offer) by. A record is found once a head over it is
/// [published](FakeDatabase::publish).
///
/// ```
/// use test_support::{FakeDatabase, FakeProxy, Module, http};
///
/// let module = Module::simple("example.com/hello", "v1.0.0");
/// let database = FakeDatabase::start_blocking("sums.example.com");
/// database.pad(1000);
/// database.add_module(&module);
/// database.publish();
/// let proxy = FakeProxy::start_blocking();
/// proxy.offer(&database);
/// let path = "/lookup/example.com/hello@v1.0.0";
/// let answer = http::get(&proxy.url_of(&format!("/sumdb/sums.example.com{path}")));
/// assert!(answer.text().starts_with("1000\nexample.com/hello v1.0.0 h1:"));
/// assert_eq!(database.asked(), [path]);
/// ```
#[derive(Clone)]
pub struct FakeDatabase {
    served: Arc<Served>,
    /// Its own address.
    front: Arc<FakeProxy>,
}

/// What the fake does to what it serves. One at a time: each takes the place of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tamper {
    /// Nothing: all is honest again.
    None,
    /// One bit of a tile is the other way round, in each width that is served and has the bit.
    FlipTileBit {
        /// The tile's level.
        level: u8,
        /// Its number in the level.
        n: u64,
        /// Which bit, counted from the lowest of the first byte; each hash has 256.
        bit: usize,
    },
    /// A record has another text, and the tile of level 0 agrees with it; the tiles above and the heads do not.
    ForgeLeaf {
        /// The record's id.
        id: u64,
        /// The text, its newline included.
        text: String,
    },
    /// Heads have a signature that is the key's own, and of another text.
    ForgeNote,
    /// Heads are signed by another key of the same name.
    OtherKey,
    /// From now on all is of a second log, signed as well. It begins with the same records; the others that there are
    /// have other hashes. What is added from now on is in both logs.
    Fork {
        /// How many records are the same.
        shared: u64,
    },
}

struct Served {
    name: String,
    log: Mutex<Log>,
    scripts: Mutex<Scripts>,
    asked: Mutex<Vec<Recorded>>,
    supported: AtomicBool,
    down: AtomicBool,
}

impl FakeDatabase {
    /// Starts on a free port of 127.0.0.1, empty. The same name makes the same key.
    #[expect(clippy::unused_async, reason = "reads as what it is in async tests")]
    pub async fn start(name: &str) -> Self {
        Self::start_blocking(name)
    }

    /// As [`FakeDatabase::start`], for plain tests.
    pub fn start_blocking(name: &str) -> Self {
        let served = Arc::new(Served {
            name: name.to_owned(),
            log: Mutex::new(Log::new(name)),
            scripts: Mutex::default(),
            asked: Mutex::default(),
            supported: AtomicBool::new(true),
            down: AtomicBool::new(false),
        });
        let front = FakeProxy::start_blocking();
        front.branch("", served.clone());
        Self {
            served,
            front: Arc::new(front),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.served.name
    }

    /// Its public key: `name+hash+base64`.
    pub fn key(&self) -> String {
        self.log(|log| log.signer().verifier_key())
    }

    /// Its own address, without a slash at the end.
    pub fn url(&self) -> String {
        self.front.url()
    }

    /// A GOSUMDB value by which Go asks it through proxies; where none offers it, at `https://<name>`, where nobody is.
    pub fn gosumdb(&self) -> String {
        self.key()
    }

    /// A GOSUMDB value by which Go asks it at its own address, past all proxies (`cmd/go/internal/modfetch`, `dbDial`).
    pub fn gosumdb_at_url(&self) -> String {
        format!("{} {}", self.key(), self.url())
    }

    // Its records.

    /// Adds the record of a module version with these hashes (`h1:…`); gives its id. A later record of the same version
    /// hides the earlier.
    pub fn add(&self, path: &str, version: &str, zip_h1: &str, mod_h1: &str) -> u64 {
        let text = format!("{path} {version} {zip_h1}\n{path} {version}/go.mod {mod_h1}\n");
        self.add_text(path, version, &text)
    }

    /// Adds the record of a fixture module; gives its id.
    pub fn add_module(&self, module: &Module) -> u64 {
        self.add_text(module.path(), module.version(), &module.go_sum())
    }

    /// Adds a record that is found under a module version and has any text, its last newline included; gives its id.
    pub fn add_text(&self, path: &str, version: &str, text: &str) -> u64 {
        self.log(|log| log.add(path, version, text))
    }

    /// Adds `count` records at once: of `filler.example/m<id>`, `v1.0.0`.
    pub fn pad(&self, count: u64) {
        self.log(|log| log.pad(count));
    }

    /// Signs a head over all records so far; gives their number. Answers have it from now on.
    pub fn publish(&self) -> u64 {
        self.log(Log::publish)
    }

    /// The newest published head as it is told now: a signed note. Before the first, one of the empty tree.
    pub fn latest(&self) -> String {
        self.log(|log| log.head(log.newest()))
    }

    /// The published head of this size, as it is told now.
    #[track_caller]
    pub fn head(&self, size: u64) -> String {
        self.log(|log| log.head(size))
    }

    // How it behaves.

    /// Whether the answer for a record keeps the head that was the newest when the record was first looked up, as those of
    /// a proxy that caches do. Else each has the newest.
    pub fn answer_with_old_heads(&self, old: bool) {
        self.log(|log| log.old_heads = old);
    }

    /// Whether partial tiles are there only in the widths that published heads have, as from a proxy that caches. Else in
    /// any up to that of the newest. Full ones are always there.
    pub fn only_published_widths(&self, only: bool) {
        self.log(|log| log.only_published_widths = only);
    }

    /// Makes it lie, or be honest again.
    #[track_caller]
    pub fn tamper(&self, tamper: Tamper) {
        self.log(|log| log.tamper(tamper));
    }

    /// Whether `/supported` says 200, as from the start, or 404.
    pub fn supported(&self, supported: bool) {
        self.served.supported.store(supported, Ordering::Relaxed);
    }

    /// Whether it is gone: its own address refuses connections, and a proxy that offers it answers 502.
    pub fn down(&self, down: bool) {
        self.served.down.store(down, Ordering::Relaxed);
        if down {
            self.front.stop();
        } else {
            self.front.restart();
        }
    }

    /// Requests for exactly this path go through the script, wherever they come in: `/latest`, `/lookup/…`, `/tile/…`,
    /// `/supported`. As [`FakeProxy::on`].
    pub fn on(&self, path: &str, script: impl Into<Script>) {
        self.served.scripts.lock().unwrap().on(path, script.into());
    }

    /// Requests that the predicate takes go through the script; their path is as for [`FakeDatabase::on`].
    pub fn on_match(
        &self,
        predicate: impl Fn(&Recorded) -> bool + Send + 'static,
        script: impl Into<Script>,
    ) {
        let mut scripts = self.served.scripts.lock().unwrap();
        scripts.on_match(predicate, script.into());
    }

    /// Forgets what [`FakeDatabase::on`] and [`FakeDatabase::on_match`] set.
    pub fn clear_behaviours(&self) {
        *self.served.scripts.lock().unwrap() = Scripts::default();
    }

    // What it saw.

    /// The paths of all requests so far, wherever they came in: `/lookup/…`, `/tile/…` and such.
    pub fn asked(&self) -> Vec<String> {
        self.asked_of("")
    }

    /// Those that have this in them.
    pub fn asked_of(&self, needle: &str) -> Vec<String> {
        let requests = self.served.asked.lock().unwrap();
        let paths = requests.iter().map(|request| request.path.clone());
        paths.filter(|path| path.contains(needle)).collect()
    }

    /// All requests so far, their paths as in [`FakeDatabase::asked`].
    pub fn requests(&self) -> Vec<Recorded> {
        self.served.asked.lock().unwrap().clone()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.served.asked.lock().unwrap().clear();
    }

    pub(crate) fn branch(&self) -> Arc<dyn Branch> {
        self.served.clone()
    }

    #[track_caller]
    fn log<T>(&self, with: impl FnOnce(&mut Log) -> T) -> T {
        // A test that panics inside may go on with other clones.
        let log = self.served.log.lock();
        with(&mut log.unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Branch for Served {
    fn asked(&self, request: Recorded) -> Option<Behaviour> {
        if self.down.load(Ordering::Relaxed) {
            return Some(Behaviour::status(502, "the checksum database is gone"));
        }
        let ruled = self.scripts.lock().unwrap().ruled(&request);
        self.asked.lock().unwrap().push(request);
        ruled
    }

    fn found(&self, path: &str) -> Found {
        let path = percent_decoded(path);
        let mut log = self
            .log
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let found = if path == "/supported" {
            let supported = self.supported.load(Ordering::Relaxed);
            supported.then(|| text(200, "".into()))
        } else if path == "/latest" {
            Some(text(200, log.head(log.newest()).into()))
        } else if let Some(module) = path.strip_prefix("/lookup/") {
            log.look_up(module).map(|answer| text(200, answer.into()))
        } else if let Some(tile) = path.strip_prefix("/tile/") {
            log.tile(tile).map(|bytes| Found {
                status: 200,
                content_type: "application/octet-stream".to_owned(),
                body: bytes.into(),
            })
        } else {
            None
        };
        found.unwrap_or_else(|| text(404, format!("not found: {path}").into()))
    }
}
