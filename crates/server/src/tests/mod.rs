//! The server whole: a real app in a temporary home, a fake proxy upstream, and raw sockets in front.

mod asked;
mod bodies;
mod cache;
mod client;
mod control;
mod ending;
mod gate;
mod heads;
mod metrics;
mod modules;
mod parts;
mod patience;
mod profiles;
mod state;
mod traces;
mod vulndb;
mod window;

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use app::{App, Failure, Places, ServeOptions};
use tempfile::TempDir;
use test_support::http::{Connection, Reply, Request};
use test_support::{FakeProxy, Module};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::deadlines::Deadlines;
use crate::listen::{PortWish, listen};
use crate::run::run_within;

/// A running instance. Tests speak to it from their own thread.
struct Instance {
    proxy: FakeProxy,
    app: App,
    port: u16,
    end: CancellationToken,
    running: Option<JoinHandle<Result<(), Failure>>>,
    runtime: Runtime,
    home: TempDir,
}

impl Instance {
    fn start() -> Self {
        Self::with(Deadlines::default(), "off")
    }

    fn with(deadlines: Deadlines, sumdb: &str) -> Self {
        let proxy = FakeProxy::start_blocking();
        let home = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let end = CancellationToken::new();
        let places = Places::under(&home.path().join("larder"));
        let (app, port, running) = runtime.block_on(async {
            let app = App::open(places).await.unwrap().unwrap();
            let listeners = listen(PortWish::AnyForThisRun).await.unwrap();
            let port = listeners.port();
            let options = ServeOptions {
                port,
                upstreams: Some(proxy.url()),
                sumdb: Some(sumdb.to_owned()),
            };
            app.begin_serving(options).await.unwrap();
            let (served, end) = (app.clone(), end.clone());
            let running =
                tokio::spawn(async move { run_within(&served, listeners, end, deadlines).await });
            (app, port, running)
        });
        Self {
            proxy,
            app,
            port,
            end,
            running: Some(running),
            runtime,
            home,
        }
    }

    fn places(&self) -> Places {
        Places::under(&self.home.path().join("larder"))
    }

    fn addr(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The path of a module request, with the token.
    fn path(&self, path: &str) -> String {
        format!("/{}{path}", self.app.tokens().module().expose())
    }

    /// A GET of a module path.
    fn get(&self, path: &str) -> Request {
        self.ask("GET", path)
    }

    fn ask(&self, method: &str, path: &str) -> Request {
        Request::new(method, &self.url(&self.path(path)))
    }

    /// A request to the control API, with its token.
    fn control(&self, method: &str, path: &str) -> Request {
        Request::new(method, &self.url(path)).header("Authorization", &self.bearer())
    }

    fn bearer(&self) -> String {
        let token = app::Tokens::read_control(&self.places().data).unwrap();
        format!("Bearer {}", token.expose())
    }

    fn connect(&self) -> Connection {
        Connection::open(self.addr()).unwrap()
    }

    /// Asks again and again until it comes from the cache: what was fetched is committed a moment later.
    fn cached(&self, path: &str) -> Reply {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let reply = self.get(path).send().unwrap();
            if reply.header("X-Larder-Source") == Some("cache") {
                return reply;
            }
            assert!(
                Instant::now() < until,
                "never from the cache: {} {:?} {}",
                reply.status,
                reply.headers,
                reply.text()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks for the end and waits for it; how long it took.
    fn stop(&mut self) -> Duration {
        self.end.cancel();
        let since = Instant::now();
        self.wait();
        since.elapsed()
    }

    /// Asks for the end.
    fn stop_in_background(&self) {
        self.end.cancel();
    }

    /// Waits until `run` has returned.
    fn wait(&mut self) {
        let running = self.running.take().expect("it runs");
        self.runtime.block_on(running).unwrap().unwrap();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.end.cancel();
        let (app, running) = (self.app.clone(), self.running.take());
        self.runtime.block_on(async move {
            if let Some(running) = running {
                let _ = running.await;
            }
            app.close().await;
        });
    }
}

/// A module whose zip is much larger than what is kept in memory.
fn large() -> Module {
    Module::simple("example.com/large", "v1.0.0").bulk("data.bin", 300_000)
}

fn small() -> Module {
    Module::simple("example.com/Hello", "v1.2.3")
}

const FOR_EVER: &str = "public, max-age=31536000, immutable";

#[track_caller]
fn assert_headers(reply: &Reply, expected: &[(&str, Option<&str>)]) {
    for (name, value) in expected {
        assert_eq!(reply.header(name), *value, "{name} of {:?}", reply.headers);
    }
}
