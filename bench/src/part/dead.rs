//! The upstream is gone: what is kept comes at once, the rest is told soon.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

use super::Bench;
use crate::corpus;
use crate::report::{Aim, Report, median_time, time};

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(90);
/// What comes from the cache without asking comes within this.
const AT_ONCE: Duration = Duration::from_millis(50);

/// How an upstream can be dead.
#[derive(Clone, Copy)]
enum Death {
    /// Nobody listens: connections are refused.
    Refused,
    /// Packets get lost: no connection comes about.
    BlackHole,
    /// Connections are taken, and never answered.
    Silent,
}

impl Death {
    fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::BlackHole => "black hole",
            Self::Silent => "silent",
        }
    }
}

/// What was waited for.
struct Waits {
    file: Duration,
    list: Duration,
    unknown: Duration,
    unknown_status: u16,
    again: Duration,
}

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let deaths = [Death::Refused, Death::BlackHole, Death::Silent];
    // Side by side: they wait, and hardly work.
    let waits: Vec<Result<Waits>> = thread::scope(|scope| {
        let scenes = deaths.map(|death| scope.spawn(move || scene(bench, death)));
        scenes
            .into_iter()
            .map(|scene| scene.join().ok().context("a scene panicked")?)
            .collect()
    });
    for (death, waits) in deaths.into_iter().zip(waits) {
        let waits = waits.with_context(|| death.name())?;
        let name = death.name();
        report.row(
            "dead",
            format!("{name}: kept .mod"),
            time(waits.file),
            "",
            None,
            Aim::is("under 50 ms", waits.file < AT_ONCE),
        );
        report.row(
            "dead",
            format!("{name}: list, not fresh"),
            time(waits.list),
            "",
            None,
            Aim::None,
        );
        report.row(
            "dead",
            format!("{name}: unknown .mod ({})", waits.unknown_status),
            time(waits.unknown),
            "",
            None,
            match death {
                // There is no way to the only upstream: Larder is offline.
                Death::Refused | Death::BlackHole => Aim::is("404", waits.unknown_status == 404),
                Death::Silent => Aim::is("502 or 504", matches!(waits.unknown_status, 502 | 504)),
            },
        );
        report.row(
            "dead",
            format!("{name}: another unknown .mod"),
            time(waits.again),
            "",
            None,
            Aim::None,
        );
    }
    Ok(())
}

fn scene(bench: &Bench, death: Death) -> Result<Waits> {
    let upstream = bench.upstream()?;
    let port = upstream.port;
    let home = bench.home()?;
    // Lists are asked for anew each time, as after the minute in which they are fresh.
    home.settings("fresh-for = \"0s\"\n")?;
    let larder = bench.larder(&home, &upstream.url())?;
    let modules = corpus::modules();
    let module = &modules[0];
    for path in [module.file("info"), module.file("mod"), module.list()] {
        let got = larder.get(&path, PATIENCE)?;
        ensure!(got.status == 200, "{} while the upstream lives", got.status);
    }
    drop(upstream);
    let _dead = match death {
        Death::Refused => None,
        Death::BlackHole => Some(black_hole(port)?),
        Death::Silent => Some((listen(port, 1024)?, Vec::new())),
    };
    let timed = |path: &str, times: usize, want: Option<u16>| -> Result<(Duration, u16)> {
        let mut all = Vec::new();
        let mut status = 0;
        for _ in 0..times {
            let got = larder.get(path, PATIENCE)?;
            status = got.status;
            ensure!(
                want.is_none_or(|want| want == status),
                "{status} for {path}"
            );
            all.push(got.times.total);
        }
        Ok((median_time(all), status))
    };
    let (file, _) = timed(&module.file("mod"), 21, Some(200))?;
    // Offline, nothing of the module can be delivered whole: its list is 404 then.
    let (list, _) = timed(&module.list(), 3, None)?;
    let (unknown, unknown_status) = timed(&modules[1].file("mod"), 1, None)?;
    let (again, _) = timed(&modules[2].file("mod"), 1, None)?;
    Ok(Waits {
        file,
        list,
        unknown,
        unknown_status,
        again,
    })
}

fn listen(port: u16, backlog: i32) -> Result<OwnedFd> {
    let socket = rustix::net::socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    rustix::net::listen(&socket, backlog)?;
    Ok(socket)
}

/// A listener whose queue is full: the kernel drops whatever else knocks.
fn black_hole(port: u16) -> Result<(OwnedFd, Vec<std::net::TcpStream>)> {
    let listener = listen(port, 0)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut fillers = Vec::new();
    for _ in 0..8 {
        match std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            Ok(filler) => fillers.push(filler),
            Err(_) => return Ok((listener, fillers)),
        }
    }
    anyhow::bail!("the queue of a listener does not fill")
}
