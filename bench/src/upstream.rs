//! An upstream of our own: a folder served from memory by a process of its own, as fast as it can or at a pace.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::ask;

/// Below this prefix everything is sent at [`PACE`].
pub(crate) const PACED: &str = "paced";
/// Below this prefix everything shares one link of [`PACE`].
const LINK: &str = "link";
/// Bytes a second.
pub(crate) const PACE: usize = 12 << 20;
const PIECE: usize = 64 << 10;
/// `GET /gets/<path>` says how often that path was asked for.
const GETS: &str = "gets/";

/// The upstream's process. It ends with this value.
pub(crate) struct Upstream {
    child: Child,
    /// Its end is the sign to end.
    stdin: Option<ChildStdin>,
    pub(crate) port: u16,
}

impl Upstream {
    /// Starts it and waits until it serves.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve-upstream")
            .arg(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the upstream can't be started")?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("the upstream has no stdout")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line.trim().parse().context("the upstream said no port")?;
        Ok(Self { child, stdin, port })
    }

    /// Its address, for `--upstreams`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same files at a pace.
    pub(crate) fn paced_url(&self) -> String {
        format!("{}/{PACED}", self.url())
    }

    /// The same files over one link of that pace, which all connections share.
    pub(crate) fn link_url(&self) -> String {
        format!("{}/{LINK}", self.url())
    }

    /// How often this path was asked for.
    pub(crate) fn gets(&self, path: &str) -> Result<u64> {
        let got = ask::get(self.port, &format!("/{GETS}{path}"), Duration::from_secs(5))?;
        ensure!(got.status == 200, "the upstream does not count");
        Ok(String::from_utf8_lossy(&got.body).trim().parse()?)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let until = Instant::now() + Duration::from_secs(2);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > until {
                let _ = self.child.kill();
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

struct Files {
    by_path: HashMap<String, Vec<u8>>,
    gets: Mutex<HashMap<String, u64>>,
    /// When the shared link is free again.
    link: Mutex<Instant>,
}

/// How fast a body is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speed {
    Full,
    Paced,
    Shared,
}

impl Files {
    /// Waits until the shared link has carried this many bytes more.
    fn carry(&self, bytes: usize) {
        let due = {
            let mut free = self.link.lock().unwrap_or_else(PoisonError::into_inner);
            let due =
                (*free).max(Instant::now()) + Duration::from_secs_f64(bytes as f64 / PACE as f64);
            *free = due;
            due
        };
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

/// `bench serve-upstream FOLDER`: prints its port, serves until stdin ends.
pub(crate) fn serve(root: &Path) -> Result<()> {
    let mut by_path = HashMap::new();
    read(root, "", &mut by_path)?;
    let files = Arc::new(Files {
        by_path,
        gets: Mutex::default(),
        link: Mutex::new(Instant::now()),
    });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", listener.local_addr()?.port())?;
    out.flush()?;
    thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let files = Arc::clone(&files);
            thread::spawn(move || {
                // Clients leave as they like.
                let _ = converse(&files, &tcp);
            });
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn read(folder: &Path, prefix: &str, into: &mut HashMap<String, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{name}/"), into)?;
        } else {
            into.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn converse(files: &Files, mut tcp: &TcpStream) -> Result<()> {
    tcp.set_nodelay(true)?;
    let mut reader = BufReader::new(tcp);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).unwrap_or("/");
        let path = path.trim_start_matches('/').to_owned();
        while line.trim() != "" {
            line.clear();
            reader.read_line(&mut line)?;
        }
        let counted;
        let (body, speed) = if let Some(path) = path.strip_prefix(GETS) {
            let gets = files.gets.lock().unwrap_or_else(PoisonError::into_inner);
            counted = gets
                .get(path)
                .copied()
                .unwrap_or(0)
                .to_string()
                .into_bytes();
            (Some(&counted), Speed::Full)
        } else {
            let (plain, speed) = match path.split_once('/') {
                Some((PACED, rest)) => (rest, Speed::Paced),
                Some((LINK, rest)) => (rest, Speed::Shared),
                _ => (path.as_str(), Speed::Full),
            };
            let mut gets = files.gets.lock().unwrap_or_else(PoisonError::into_inner);
            *gets.entry(path.clone()).or_default() += 1;
            (files.by_path.get(plain), speed)
        };
        let Some(body) = body else {
            let text = "not here\n";
            write!(
                tcp,
                "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )?;
            continue;
        };
        let mut head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        if speed == Speed::Shared {
            tcp.write_all(&head)?;
            for piece in body.chunks(PIECE / 4) {
                files.carry(piece.len());
                tcp.write_all(piece)?;
            }
        } else if speed == Speed::Paced {
            tcp.write_all(&head)?;
            let begun = Instant::now();
            for (n, piece) in body.chunks(PIECE).enumerate() {
                let due = Duration::from_secs_f64((n * PIECE) as f64 / PACE as f64);
                thread::sleep(due.saturating_sub(begun.elapsed()));
                tcp.write_all(piece)?;
            }
        } else if body.len() < PIECE {
            head.extend_from_slice(body);
            tcp.write_all(&head)?;
        } else {
            tcp.write_all(&head)?;
            tcp.write_all(body)?;
        }
    }
}
