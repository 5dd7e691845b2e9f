//! The load generator: a process of its own, one thread, one epoll; many connections that stay open.
//!
//! It is a closed loop: a fixed number of requests is under way, and each answer is followed by the next request, on the
//! connection that has waited longest. Nothing is pipelined. A request costs one write and mostly one read, and each
//! answer is held against its status and its length; whether the bytes are right is looked at before.

use std::collections::VecDeque;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::ask::{self, Head};
use crate::process;

/// Asked for at the beginning of a phase and not counted.
const WARM_UP: Duration = Duration::from_millis(300);
/// How long the last answers of a phase may take.
const DRAIN: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) port: u16,
    /// What is asked for, with the length of its body.
    pub(crate) paths: Vec<(String, usize)>,
    pub(crate) connections: usize,
    pub(crate) seconds: f64,
    /// How many requests are under way at once; a phase for each.
    pub(crate) active: Vec<usize>,
}

/// What a phase showed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Phase {
    pub(crate) answers: u64,
    pub(crate) failed: u64,
    pub(crate) rate: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) most_ms: f64,
    /// How much of one core the generator took.
    pub(crate) own_cpu: f64,
}

/// The connections' own numbers, then a phase each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) connected: usize,
    pub(crate) connecting_ms: f64,
    pub(crate) phases: Vec<Phase>,
}

/// Runs the plan in a process of its own.
pub(crate) fn run(plan: &Plan, scratch: &Path) -> Result<Outcome> {
    let file = scratch.join("plan.json");
    fs::write(&file, serde_json::to_vec(plan)?)?;
    let output = Command::new(std::env::current_exe()?)
        .arg("load")
        .arg(&file)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("the load generator can't be started")?;
    ensure!(
        output.status.success(),
        "the load generator failed: {}",
        output.status
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// `bench load PLAN`: the other side of [`run`].
pub(crate) fn main(plan: &Path) -> Result<()> {
    let plan: Plan = serde_json::from_slice(&fs::read(plan)?)?;
    allow_files(plan.connections)?;
    let outcome = Generator::connect(&plan)?.run(&plan)?;
    serde_json::to_writer(std::io::stdout(), &outcome)?;
    Ok(())
}

/// As many files as this process may have open at most.
pub(crate) fn most_files() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

fn allow_files(connections: usize) -> Result<()> {
    let wanted = connections as u64 + 100;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            ..limit
        };
        setrlimit(Resource::Nofile, raised)
            .with_context(|| format!("{wanted} open files are not allowed"))?;
    }
    Ok(())
}

struct Connection {
    tcp: TcpStream,
    /// When the request under way was sent, and what is asked for.
    asked: Option<(Instant, usize)>,
    /// The beginning of an answer whose head has not ended.
    head: Vec<u8>,
    /// What is still to come of a body.
    rest: usize,
}

struct Generator {
    requests: Vec<(Vec<u8>, usize)>,
    connections: Vec<Option<Connection>>,
    waiting: VecDeque<usize>,
    epoll: rustix::fd::OwnedFd,
    connecting: Duration,
    next: usize,
    buffer: Vec<u8>,
    /// Answers of this phase, in microseconds.
    times: Vec<u32>,
    failed: u64,
    under_way: usize,
}

impl Generator {
    fn connect(plan: &Plan) -> Result<Self> {
        let begun = Instant::now();
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, plan.port));
        let mut connections = Vec::with_capacity(plan.connections);
        for n in 0..plan.connections {
            let tcp = TcpStream::connect_timeout(&address, Duration::from_secs(10))
                .with_context(|| format!("connection {n} of {} is not taken", plan.connections))?;
            tcp.set_nodelay(true)?;
            tcp.set_nonblocking(true)?;
            epoll::add(
                &epoll,
                &tcp,
                epoll::EventData::new_u64(n as u64),
                epoll::EventFlags::IN,
            )?;
            connections.push(Some(Connection {
                tcp,
                asked: None,
                head: Vec::new(),
                rest: 0,
            }));
        }
        let requests = plan.paths.iter().map(|(path, length)| {
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n\r\n",
                plan.port
            );
            (request.into_bytes(), *length)
        });
        Ok(Self {
            requests: requests.collect(),
            waiting: (0..plan.connections).collect(),
            connections,
            epoll,
            connecting: begun.elapsed(),
            next: 0,
            buffer: vec![0; 64 << 10],
            times: Vec::with_capacity(2_000_000),
            failed: 0,
            under_way: 0,
        })
    }

    fn run(mut self, plan: &Plan) -> Result<Outcome> {
        let mut phases = Vec::new();
        for &active in &plan.active {
            phases.push(self.phase(active, Duration::from_secs_f64(plan.seconds))?);
        }
        Ok(Outcome {
            connected: plan.connections,
            connecting_ms: self.connecting.as_secs_f64() * 1e3,
            phases,
        })
    }

    fn phase(&mut self, active: usize, length: Duration) -> Result<Phase> {
        self.failed = 0;
        let begun = Instant::now();
        let mut counting = None;
        let mut events = Vec::with_capacity(1024);
        let mut ended = None;
        loop {
            let now = Instant::now();
            if counting.is_none() && now - begun >= WARM_UP {
                self.times.clear();
                counting = Some((now, process::cpu_of_self()?));
            }
            if let Some((since, cpu)) = counting
                && ended.is_none()
                && now - since >= length
            {
                let seconds = (now - since).as_secs_f64();
                let used = (process::cpu_of_self()? - cpu).as_secs_f64();
                ended = Some((seconds, used, self.times.len() as u64));
            }
            if ended.is_none() {
                while self.under_way < active {
                    let Some(n) = self.waiting.pop_front() else {
                        break;
                    };
                    self.ask(n);
                }
                if self.under_way == 0 {
                    bail!("no connection is left");
                }
            } else if self.under_way == 0 {
                break;
            } else if now - begun > WARM_UP + length + DRAIN {
                // Those that never answered.
                self.failed += self.under_way as u64;
                for n in 0..self.connections.len() {
                    if self.connections[n]
                        .as_ref()
                        .is_some_and(|c| c.asked.is_some())
                    {
                        self.connections[n] = None;
                    }
                }
                self.under_way = 0;
                break;
            }
            events.clear();
            let patience = Timespec {
                tv_sec: 0,
                tv_nsec: 100_000_000,
            };
            match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&patience)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in &events {
                let n = usize::try_from(event.data.u64())?;
                self.hear(n);
                // The next request goes out at once, so that the server has something to do.
                if ended.is_none()
                    && self.under_way < active
                    && let Some(n) = self.waiting.pop_front()
                {
                    self.ask(n);
                }
            }
        }
        let (seconds, used, answers) = ended.unwrap_or_default();
        self.times.sort_unstable();
        let at = |share: f64| {
            let at = (self.times.len() as f64 * share) as usize;
            let micros = self.times.get(at.min(self.times.len().saturating_sub(1)));
            micros.map_or(0.0, |micros| f64::from(*micros) / 1e3)
        };
        Ok(Phase {
            answers,
            failed: self.failed,
            rate: answers as f64 / seconds,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            most_ms: at(1.0),
            own_cpu: used / seconds,
        })
    }

    fn ask(&mut self, n: usize) {
        let Some(connection) = &mut self.connections[n] else {
            return;
        };
        let which = self.next;
        self.next = (self.next + 1) % self.requests.len();
        // A request is far smaller than a socket's buffer, and this connection has none under way.
        match connection.tcp.write(&self.requests[which].0) {
            Ok(count) if count == self.requests[which].0.len() => {
                connection.asked = Some((Instant::now(), which));
                self.under_way += 1;
            }
            Ok(_) | Err(_) => {
                self.failed += 1;
                self.connections[n] = None;
            }
        }
    }

    fn hear(&mut self, n: usize) {
        let Some(connection) = &mut self.connections[n] else {
            return;
        };
        match Self::read(connection, &mut self.buffer, &self.requests) {
            Ok(None) => {}
            Ok(Some((asked, good))) => {
                let micros = u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX);
                self.times.push(micros);
                self.failed += u64::from(!good);
                self.under_way -= 1;
                self.waiting.push_back(n);
            }
            Err(_) => {
                if connection.asked.is_some() {
                    self.under_way -= 1;
                }
                self.failed += 1;
                self.connections[n] = None;
            }
        }
    }

    /// Reads once; gives the time of asking, and whether the answer is good, when it is complete.
    fn read(
        connection: &mut Connection,
        buffer: &mut [u8],
        requests: &[(Vec<u8>, usize)],
    ) -> Result<Option<(Instant, bool)>> {
        let count = match connection.tcp.read(buffer) {
            Ok(0) => bail!("it is closed"),
            Ok(count) => count,
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let (since, which) = connection.asked.context("it speaks unasked")?;
        let mut body = count;
        if connection.rest == 0 {
            let whole: &[u8] = if connection.head.is_empty() {
                &buffer[..count]
            } else {
                connection.head.extend_from_slice(&buffer[..count]);
                &connection.head
            };
            let Some(at) = ask::find(whole, b"\r\n\r\n") else {
                if connection.head.is_empty() {
                    connection.head = buffer[..count].to_vec();
                }
                return Ok(None);
            };
            let head = Head::parse(&whole[..at + 4])?;
            body = whole.len() - at - 4;
            connection.head.clear();
            connection.rest = head.length;
            if head.status != 200 || head.length != requests[which].1 {
                bail!("status {}, {} bytes", head.status, head.length);
            }
        }
        connection.rest = connection
            .rest
            .checked_sub(body)
            .context("it sends too much")?;
        if connection.rest > 0 {
            return Ok(None);
        }
        connection.asked = None;
        Ok(Some((since, true)))
    }
}
