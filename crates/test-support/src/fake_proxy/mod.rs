//! A Go module proxy on loopback that records what it was asked and misbehaves as told.
//!
//! It runs on a thread and runtime of its own: delays are real also where a test's clock is paused, and plain
//! `#[test]` functions use it as async ones do.

mod behaviour;
mod catalogue;
mod gate;
mod life;
mod request;
mod response;
mod scripts;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;

pub use self::{
    behaviour::{Behaviour, Script},
    gate::Gate,
    request::Recorded,
};
use self::{
    catalogue::Catalogue,
    life::{State, end, launch, listen},
};
pub(crate) use self::{
    catalogue::{Found, percent_decoded, text},
    scripts::Scripts,
};
use crate::{FakeDatabase, Module, port::ReservedPort};

/// The fake. Ends with its value; everything can be changed while it runs.
///
/// ```
/// use test_support::{Behaviour, FakeProxy, Module, http};
///
/// let proxy = FakeProxy::start_blocking();
/// proxy.add(&Module::simple("example.com/hello", "v1.0.0"));
/// proxy.on("/example.com/hello/@v/list", [Behaviour::status(503, "busy"), Behaviour::normal()]);
/// let list = proxy.url_of("/example.com/hello/@v/list");
/// assert_eq!(http::get(&list).status, 503);
/// assert_eq!(http::get(&list).text(), "v1.0.0\n");
/// assert_eq!(proxy.count("/example.com/hello/@v/list"), 2);
/// ```
pub struct FakeProxy {
    shared: Arc<Shared>,
    /// Nobody else is given the port, also while this does not listen.
    port: ReservedPort,
    running: Mutex<State>,
}

#[derive(Default)]
struct Shared {
    catalogue: Mutex<Catalogue>,
    scripts: Mutex<Scripts>,
    log: Mutex<Vec<Recorded>>,
    prefix: Mutex<String>,
    /// By the path below which they answer, without the prefix.
    branches: Mutex<Vec<(String, Arc<dyn Branch>)>>,
    connections: AtomicU64,
}

/// Something that answers below a path of the fake by itself, such as a checksum database that is passed on.
pub(crate) trait Branch: Send + Sync {
    /// Takes note of a request, its path cut to what is below the branch, and says what befalls the answer where that
    /// was programmed.
    fn asked(&self, request: Recorded) -> Option<Behaviour>;

    /// The answer in good order.
    fn found(&self, path: &str) -> Found;
}

impl FakeProxy {
    /// Starts on a free port of 127.0.0.1. It listens when this returns.
    #[expect(clippy::unused_async, reason = "reads as what it is in async tests")]
    pub async fn start() -> Self {
        Self::start_blocking()
    }

    /// As [`FakeProxy::start`], for plain tests.
    pub fn start_blocking() -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Starts at this address, which must be free.
    pub fn start_at(addr: SocketAddr) -> Self {
        let port = ReservedPort::of(addr);
        let shared = Arc::<Shared>::default();
        let running = Mutex::new(launch(listen(port.addr()), shared.clone()));
        Self {
            shared,
            port,
            running,
        }
    }

    /// The base URL, without a slash at its end: a GOPROXY value.
    pub fn url(&self) -> String {
        format!(
            "http://{}{}",
            self.addr(),
            self.shared.prefix.lock().unwrap()
        )
    }

    /// The URL of a path that begins with `/`.
    pub fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.url())
    }

    /// Where it listens, or listened.
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// Serves everything below `prefix` (such as `/goproxy/public`), and nothing beside it. Paths of rules and of
    /// the log are the whole ones, with the prefix.
    pub fn serve_under(&self, prefix: &str) {
        prefix.clone_into(&mut self.shared.prefix.lock().unwrap());
    }

    // What it serves.

    /// Adds a module version, or replaces it. It is then in the list, and may be the latest.
    pub fn add(&self, module: &Module) {
        self.catalogue(|catalogue| catalogue.add(module));
    }

    /// Removes a module version.
    pub fn remove(&self, path: &str, version: &str) {
        self.catalogue(|catalogue| catalogue.remove(path, version));
    }

    /// Removes a module with all its versions, list and queries.
    pub fn remove_all(&self, path: &str) {
        self.catalogue(|catalogue| catalogue.remove_all(path));
    }

    /// Answers `@v/<query>.info` (a branch, a hash) with the `.info` of `version`.
    pub fn set_query(&self, path: &str, query: &str, version: &str) {
        self.catalogue(|catalogue| catalogue.set_query(path, query, version));
    }

    /// Serves this text as the list, whatever versions there are.
    pub fn set_list(&self, path: &str, list: &str) {
        self.catalogue(|catalogue| catalogue.set_list(path, Some(list.to_owned())));
    }

    /// Answers `@latest` with the `.info` of this version, or 404 where it is not there.
    pub fn set_latest(&self, path: &str, version: &str) {
        self.catalogue(|catalogue| catalogue.set_latest(path, Some(version.to_owned())));
    }

    /// Serves bytes at an absolute path.
    pub fn put(&self, url_path: &str, content_type: &str, body: impl Into<Bytes>) {
        self.catalogue(|catalogue| catalogue.put(url_path, content_type, body.into()));
    }

    /// Serves bytes of a checksum database: `rest` is `supported`, `latest`, `lookup/…` or `tile/…`.
    pub fn put_sumdb(&self, name: &str, rest: &str, body: impl Into<Bytes>) {
        self.put(
            &format!("/sumdb/{name}/{rest}"),
            "text/plain; charset=utf-8",
            body,
        );
    }

    /// Passes a checksum database on, below `/sumdb/<name>/`: the same one as at its own address. Requests are noted
    /// down by both, and rules of both apply, the proxy's own first. What was put there with
    /// [`FakeProxy::put_sumdb`] wins.
    pub fn offer(&self, database: &FakeDatabase) {
        let at = format!("/sumdb/{}", database.name());
        self.branch(&at, database.branch());
    }

    /// Lets something else answer below a path; replaces what did so before.
    pub(crate) fn branch(&self, at: &str, branch: Arc<dyn Branch>) {
        let mut branches = self.shared.branches.lock().unwrap();
        branches.retain(|(old, _)| old != at);
        branches.push((at.to_owned(), branch));
    }

    /// Takes away what [`FakeProxy::put`] put there.
    pub fn take_away(&self, url_path: &str) {
        self.catalogue(|catalogue| catalogue.take_away(url_path));
    }

    fn catalogue(&self, change: impl FnOnce(&mut Catalogue)) {
        change(&mut self.shared.catalogue.lock().unwrap());
    }

    // How it behaves.

    /// Requests for exactly this path go through the script. Replaces an earlier script of the path; the rule
    /// set last is asked first.
    pub fn on(&self, path: &str, script: impl Into<Script>) {
        let mut scripts = self.shared.scripts.lock().unwrap();
        scripts.on(path, script.into());
    }

    /// Requests that the predicate takes go through the script.
    pub fn on_match(
        &self,
        predicate: impl Fn(&Recorded) -> bool + Send + 'static,
        script: impl Into<Script>,
    ) {
        let mut scripts = self.shared.scripts.lock().unwrap();
        scripts.on_match(predicate, script.into());
    }

    /// Requests that no rule takes go through the script.
    pub fn otherwise(&self, script: impl Into<Script>) {
        let mut scripts = self.shared.scripts.lock().unwrap();
        scripts.set_otherwise(script.into());
    }

    /// Behaves well again.
    pub fn clear_behaviours(&self) {
        *self.shared.scripts.lock().unwrap() = Scripts::default();
    }

    // What it saw.

    /// All requests so far, in the order they came.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.log.lock().unwrap().clone()
    }

    /// The paths of all requests so far.
    pub fn paths(&self) -> Vec<String> {
        self.shared
            .log
            .lock()
            .unwrap()
            .iter()
            .map(|request| request.path.clone())
            .collect()
    }

    /// How often exactly this path was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.shared
            .log
            .lock()
            .unwrap()
            .iter()
            .filter(|request| request.path == path)
            .count()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.shared.log.lock().unwrap().clear();
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    // Its life.

    /// Stops: connections end, new ones are refused, and the port stays this fake's own.
    pub fn stop(&self) {
        let mut running = self.running.lock().unwrap();
        end(std::mem::replace(&mut *running, State::Stopped));
    }

    /// Runs again on the same port after [`FakeProxy::stop`], with the same modules, rules and log.
    pub fn restart(&self) {
        let mut running = self.running.lock().unwrap();
        if let State::Stopped = &*running {
            *running = launch(listen(self.addr()), self.shared.clone());
        }
    }
}

impl Drop for FakeProxy {
    fn drop(&mut self) {
        let state = self
            .running
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        end(std::mem::replace(state, State::Stopped));
    }
}

impl Shared {
    fn behaviour_for(&self, request: &Recorded) -> Behaviour {
        let ruled = self.scripts.lock().unwrap().ruled(request);
        // The branch is asked also where the proxy has a rule: it notes the request down.
        let of_branch = self.below(&request.path).and_then(|(branch, path)| {
            branch.asked(Recorded {
                path,
                ..request.clone()
            })
        });
        ruled
            .or(of_branch)
            .or_else(|| self.scripts.lock().unwrap().otherwise())
            .unwrap_or_else(Behaviour::normal)
    }

    fn found(&self, request: &Recorded) -> Found {
        let path = request.path.split('?').next().unwrap_or_default();
        let prefix = self.prefix.lock().unwrap().clone();
        // A path beside the prefix is asked for as nothing, which is never there.
        let own = path.strip_prefix(&prefix).unwrap_or_default();
        let canned = self.catalogue.lock().unwrap().canned(own);
        canned
            .or_else(|| {
                let (branch, path) = self.below(path)?;
                Some(branch.found(&path))
            })
            .unwrap_or_else(|| self.catalogue.lock().unwrap().answer(own))
    }

    /// The branch that answers at a path, and the path below it.
    fn below(&self, path: &str) -> Option<(Arc<dyn Branch>, String)> {
        let prefix = self.prefix.lock().unwrap().clone();
        let own = path.strip_prefix(&prefix)?;
        let branches = self.branches.lock().unwrap();
        branches.iter().find_map(|(at, branch)| {
            let rest = own.strip_prefix(at.as_str())?;
            rest.starts_with('/')
                .then(|| (branch.clone(), rest.to_owned()))
        })
    }
}
