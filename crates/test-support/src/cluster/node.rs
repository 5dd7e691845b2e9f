//! A node of a company's proxy: a process of its own, that can be killed, stopped and told to misbehave.
//!
//! The process is the program that a [`Program`] says, with its address in the environment; there it calls [`serve`]. It
//! is told what to do line by line on its standard input, answers each line with one, and ends where the input does.

use std::{
    env,
    fmt::{self, Display},
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::modules::{Asked, Modules};
use crate::{Behaviour, FakeProxy};

/// Where the process finds its address.
const ADDRESS: &str = "LARDER_TEST_NODE";
/// What each of its answers begins with: what it is run by may print too.
const SAYS: &str = "node: ";
/// A body of a node that breaks ends after so much of it: less than half of a zip.
const BREAKS_AFTER: usize = 8 << 10;

/// How a node behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Well,
    /// So long before each answer.
    Slow(Duration),
    /// This status to everything.
    Status(u16),
    /// A page for people in place of every file.
    Html,
    /// Zips of the right length whose bytes are no zip.
    Garbage,
    /// Every body breaks off midway.
    Breaks,
}

impl Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well => f.write_str("well"),
            Self::Slow(by) => write!(f, "slow {}", by.as_millis()),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Html => f.write_str("html"),
            Self::Garbage => f.write_str("garbage"),
            Self::Breaks => f.write_str("breaks"),
        }
    }
}

impl FromStr for Manner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, number) = text.split_once(' ').unwrap_or((text, "0"));
        let number: u16 = number.parse().map_err(|_| format!("no number: {text}"))?;
        Ok(match word {
            "well" => Self::Well,
            "slow" => Self::Slow(Duration::from_millis(number.into())),
            "status" => Self::Status(number),
            "html" => Self::Html,
            "garbage" => Self::Garbage,
            "breaks" => Self::Breaks,
            _ => return Err(format!("no manner: {text}")),
        })
    }
}

/// What a node's process is started with.
pub type Program = fn() -> Command;

/// A running node. It ends with this value.
pub struct Node {
    addr: SocketAddr,
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Node {
    /// Starts a node at an address, and waits until it serves; `None` where the address is taken.
    pub fn start(program: Program, addr: SocketAddr) -> Option<Self> {
        let mut child = program()
            .env(ADDRESS, addr.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program of a node can be started");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut node = Self {
            addr,
            child,
            stdin: stdin.expect("piped"),
            stdout: BufReader::new(stdout.expect("piped")),
        };
        node.hear().map(|_| node)
    }

    /// Where it serves.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Has it behave so from now on.
    pub fn be(&mut self, manner: Manner) {
        self.tell(&format!("be {manner}"));
    }

    /// Who asked it for modules since this was last said.
    pub fn take_asked(&mut self) -> Vec<Asked> {
        let said = self.tell("asked");
        let asked = said.split_whitespace().map(|word| {
            let (at, module) = word.split_once('/')?;
            Some(Asked {
                at: Duration::from_micros(at.parse().ok()?),
                module: module.parse().ok()?,
            })
        });
        asked
            .map(|asked| asked.expect("as a node says it"))
            .collect()
    }

    /// SIGKILL, as a machine that goes down: connections are reset, and refused from then on.
    pub fn kill9(&mut self) {
        self.child.kill().expect("our own child takes signals");
        self.child.wait().expect("our own child");
    }

    /// SIGSTOP: connections are taken by the system, and never answered.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("our own child takes signals");
    }

    fn tell(&mut self, line: &str) -> String {
        writeln!(self.stdin, "{line}").expect("a node listens to its input");
        self.hear().expect("a node answers each line")
    }

    fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.stdout.read_line(&mut line).ok()? == 0 {
                return None;
            }
            // A test program says its own first, without ending the line.
            if let Some(at) = line.find(SAYS) {
                return Some(line[at + SAYS.len()..].trim_end().to_owned());
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this process is to be a node.
pub fn is_asked_for() -> bool {
    env::var_os(ADDRESS).is_some()
}

/// The process of a node: serves until its standard input ends.
#[expect(clippy::print_stdout, reason = "so it answers who started it")]
pub fn serve() {
    let addr = env::var(ADDRESS).expect("an address in the environment");
    let proxy = FakeProxy::start_at(addr.parse().expect("an address and a port"));
    let modules = Arc::<Modules>::default();
    proxy.branch("", modules.clone());
    behave(&proxy, Manner::Well);
    println!("{SAYS}ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("lines of text");
        if let Some(manner) = line.strip_prefix("be ") {
            behave(&proxy, manner.parse().expect("a manner"));
            println!("{SAYS}so be it");
        } else {
            let asked = modules.take_asked();
            let words = asked
                .iter()
                .map(|asked| format!("{}/{}", asked.at.as_micros(), asked.module));
            println!("{SAYS}{}", words.collect::<Vec<_>>().join(" "));
            proxy.clear_log();
        }
    }
}

fn behave(proxy: &FakeProxy, manner: Manner) {
    let well = || Behaviour::normal().etag().ranges();
    proxy.clear_behaviours();
    proxy.otherwise(match manner {
        Manner::Well | Manner::Garbage => well(),
        Manner::Slow(by) => well().delay_head(by),
        Manner::Status(status) => Behaviour::status(status, "out of order"),
        Manner::Html => Behaviour::html(),
        Manner::Breaks => well().reset_after(16),
    });
    let zips =
        |behaviour: Behaviour| proxy.on_match(|request| request.path.ends_with(".zip"), behaviour);
    match manner {
        Manner::Garbage => zips(Behaviour::body(
            200,
            "application/zip",
            vec![0x5a; super::modules::ZIP_SIZE],
        )),
        Manner::Breaks => zips(well().reset_after(BREAKS_AFTER)),
        Manner::Well | Manner::Slow(_) | Manner::Status(_) | Manner::Html => {}
    }
}
