//! Clients that ask as `go` does, all the while: of one module after the other the list, then of a version that nobody had
//! before its three files. Each answer is held against what it should be.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::modules::{Kind, is_right, now, url_path};
use crate::http::{Connection, Ended, Request};

/// How many of them there are, and what they ask for.
#[derive(Clone, Copy, Debug)]
pub struct Clients {
    /// How many ask at once.
    pub clients: usize,
    /// How many modules there are.
    pub modules: usize,
    /// How long each waits between two requests, about.
    pub pause: Duration,
}

/// A request, and how it went.
#[derive(Clone, Debug)]
pub struct Asking {
    /// Since 1970.
    pub begun: Duration,
    /// To the last byte of its answer.
    pub took: Duration,
    /// What was asked for.
    pub kind: Kind,
    /// Of which module.
    pub module: usize,
    /// What was wrong with the answer.
    pub failure: Option<String>,
}

impl Asking {
    /// When its answer had come.
    pub fn ended(&self) -> Duration {
        self.begun + self.took
    }
}

/// The clients at work.
pub struct Load {
    end: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Vec<Asking>>>,
}

impl Load {
    /// Has them ask at this `GOPROXY` value, `http://host:port/token`.
    pub fn start(goproxy: &str, clients: Clients) -> Self {
        Self::start_from(goproxy, clients, 1)
    }

    /// The same, with versions from this one on: of a Larder that has been asked before.
    pub fn start_from(goproxy: &str, clients: Clients, first: usize) -> Self {
        let end = Arc::<AtomicBool>::default();
        let version = Arc::new(AtomicUsize::new(first));
        let threads = (0..clients.clients).map(|number| {
            let mut client = Client {
                goproxy: goproxy.to_owned(),
                connection: None,
                random: 0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1),
                asked: Vec::new(),
            };
            let (end, version) = (end.clone(), version.clone());
            thread::spawn(move || {
                while !end.load(Ordering::Relaxed) {
                    let module = client.chance(clients.modules);
                    let version = format!("v1.0.{}", version.fetch_add(1, Ordering::Relaxed));
                    for kind in Kind::ALL {
                        client.ask(module, &version, kind);
                        let most = usize::try_from(clients.pause.as_micros() * 2).unwrap_or(0);
                        thread::sleep(Duration::from_micros(client.chance(most + 1) as u64));
                    }
                }
                client.asked
            })
        });
        Self {
            threads: threads.collect(),
            end,
        }
    }

    /// Has them stop; gives all that they asked, in order.
    pub fn end(mut self) -> Vec<Asking> {
        self.end.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for thread in self.threads.drain(..) {
            all.extend(thread.join().expect("a client does not panic"));
        }
        all.sort_by_key(|asking| asking.begun);
        all
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
    }
}

struct Client {
    goproxy: String,
    connection: Option<Connection>,
    random: u64,
    asked: Vec<Asking>,
}

impl Client {
    fn ask(&mut self, module: usize, version: &str, kind: Kind) {
        let path = url_path(module, version, kind);
        let (begun, since) = (now(), Instant::now());
        let failure = self.fails(&path, |body| is_right(module, version, kind, body));
        let took = since.elapsed();
        if failure.is_some() {
            self.connection = None;
        }
        self.asked.push(Asking {
            begun,
            took,
            kind,
            module,
            failure: failure.map(|failure| format!("{path}: {failure}")),
        });
    }

    fn fails(&mut self, path: &str, right: impl FnOnce(&[u8]) -> bool) -> Option<String> {
        let request = Request::get(&format!("{}{path}", self.goproxy));
        let addr = addr_of(&self.goproxy);
        let connection = match self.connection.take() {
            Some(open) => open,
            None => match Connection::open(addr) {
                Ok(open) => open,
                Err(error) => return Some(error.to_string()),
            },
        };
        let connection = self.connection.insert(connection);
        let reply = match connection
            .send(&request)
            .and_then(|()| connection.reply("GET"))
        {
            Ok(reply) => reply,
            Err(error) => return Some(error.to_string()),
        };
        if reply.status != 200 {
            return Some(format!("{} {}", reply.status, reply.text().trim()));
        }
        if reply.ended != Ended::Complete {
            return Some(format!("the body ended {:?}", reply.ended));
        }
        (!right(&reply.body)).then(|| "other bytes".to_owned())
    }

    /// A number below `most`.
    fn chance(&mut self, most: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random >> 33).unwrap_or(0) % most.max(1)
    }
}

fn addr_of(goproxy: &str) -> SocketAddr {
    let host = goproxy
        .strip_prefix("http://")
        .and_then(|rest| rest.split('/').next());
    host.and_then(|host| host.parse().ok())
        .expect("http://address:port/token")
}
