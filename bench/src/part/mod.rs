//! The parts of a run, and what they have in common.

mod big;
mod cold;
mod conns;
mod dead;
mod desktop;
mod failover;
mod flight;
mod memory;
mod mirror;
mod offline;
mod start;
mod stock;
mod switch;
mod verify;
mod warm;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::corpus;
use crate::guard;
use crate::larder::{Home, Larder};
use crate::report::Report;
use crate::upstream::Upstream;

/// A part of a run.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) run: fn(&Bench, &mut Report) -> Result<()>,
}

/// All parts, in the order in which they run.
pub(crate) const PARTS: &[Part] = &[
    Part {
        name: "warm",
        what: "small files that are kept, beside nginx",
        run: warm::run,
    },
    Part {
        name: "conns",
        what: "the same with 9,000 connections open",
        run: conns::run,
    },
    Part {
        name: "cold",
        what: "300 modules that nobody has, beside fetching and hashing them without Larder",
        run: cold::run,
    },
    Part {
        name: "big",
        what: "a zip of 36 MB, beside the upstream itself",
        run: big::run,
    },
    Part {
        name: "flight",
        what: "50 askers of one zip that is not there",
        run: flight::run,
    },
    Part {
        name: "memory",
        what: "at rest, and at most",
        run: memory::run,
    },
    Part {
        name: "verify",
        what: "what it costs to hold every file against the checksum database",
        run: verify::run,
    },
    Part {
        name: "dead",
        what: "answers when the upstream gives none",
        run: dead::run,
    },
    Part {
        name: "offline",
        what: "what is not there, where nobody is in reach",
        run: offline::run,
    },
    Part {
        name: "stock",
        what: "a project stocked, beside go mod download of it",
        run: stock::run,
    },
    Part {
        name: "switch",
        what: "profiles are switched while 16 ask without pause",
        run: switch::run,
    },
    Part {
        name: "no-pool",
        what: "nodes of an upstream that fail while 16 ask, without a pool",
        run: failover::without,
    },
    Part {
        name: "failover",
        what: "the same with a pool",
        run: failover::run,
    },
    Part {
        name: "mirror",
        what: "a mirror that hangs, beside none",
        run: mirror::run,
    },
    Part {
        name: "start",
        what: "start to first answer, as the cache grows",
        run: start::run,
    },
    Part {
        name: "desktop",
        what: "the desktop program: start, memory, rest, clicks, its log at 500 events a second",
        run: desktop::run,
    },
];

/// What all parts share: the program, a folder for everything, the modules.
pub(crate) struct Bench {
    pub(crate) program: PathBuf,
    scratch: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn prepare(program: PathBuf) -> Result<Self> {
        let scratch = tempfile::Builder::new().prefix("larder-bench-").tempdir()?;
        let bench = Self { program, scratch };
        guard::start(bench.scratch())?;
        corpus::write(&bench.modules())?;
        Ok(bench)
    }

    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The folder of modules: the upstream serves it, and so does nginx.
    pub(crate) fn modules(&self) -> PathBuf {
        self.scratch().join("modules")
    }

    pub(crate) fn upstream(&self) -> Result<Upstream> {
        Upstream::start(&self.modules())
    }

    pub(crate) fn home(&self) -> Result<Home> {
        Home::new(self.scratch())
    }

    pub(crate) fn larder(&self, home: &Home, upstreams: &str) -> Result<Larder> {
        Larder::start(&self.program, home, upstreams)
    }

    /// What is asked for in a warm run, with the lengths of the bodies.
    pub(crate) fn warm_files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        corpus::warm_paths()
            .into_iter()
            .map(|path| {
                let bytes = std::fs::read(self.modules().join(&path))?;
                Ok((path, bytes))
            })
            .collect()
    }
}

/// Asks for each file twice and holds it against its bytes: the first time it comes from the upstream.
pub(crate) fn fill(larder: &Larder, files: &[(String, Vec<u8>)]) -> Result<()> {
    let mut client = larder.client()?;
    for (path, bytes) in files.iter().chain(files) {
        let got = client.get(&larder.path(path))?;
        ensure!(got.status == 200, "larder answers {} to {path}", got.status);
        ensure!(got.body == *bytes, "larder gives other bytes for {path}");
    }
    Ok(())
}
