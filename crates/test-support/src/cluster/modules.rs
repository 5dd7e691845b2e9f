//! What the nodes of a cluster serve: any version of any module below one name, made when it is asked for, the same bytes
//! by every node; and who asked.

use std::{
    sync::{Mutex, OnceLock},
    time::{Duration, SystemTime},
};

use bytes::Bytes;

use crate::{
    Behaviour, Module, Recorded,
    fake_proxy::{Branch, Found, text},
    zip,
};

/// What all module paths of a cluster begin with.
pub const BELOW: &str = "code.corp.example/team";
/// How large a zip is, about.
pub const ZIP_SIZE: usize = 24 << 10;
/// The version that each list holds.
const LISTED: &str = "v1.0.0";

/// The kinds of files that clients ask for, in `go`'s order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `@v/list`.
    List,
    /// `.info`.
    Info,
    /// `.mod`.
    Mod,
    /// `.zip`.
    Zip,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::List, Self::Info, Self::Mod, Self::Zip];

    /// What its path ends with.
    fn end(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
        }
    }
}

/// The path of a file of module `number`, with its leading slash.
pub fn url_path(number: usize, version: &str, kind: Kind) -> String {
    match kind {
        Kind::List => format!("/{BELOW}/m{number}/@v/list"),
        _ => format!("/{BELOW}/m{number}/@v/{version}.{}", kind.end()),
    }
}

/// Whether these bytes are what every node has for it.
pub fn is_right(number: usize, version: &str, kind: Kind, body: &[u8]) -> bool {
    match kind {
        // A list may also hold what is kept.
        Kind::List => body
            .split(|b| *b == b'\n')
            .any(|line| line == LISTED.as_bytes()),
        _ => body == bytes(number, version, kind),
    }
}

fn bytes(number: usize, version: &str, kind: Kind) -> Vec<u8> {
    let module = Module::simple(&format!("{BELOW}/m{number}"), version);
    match kind {
        Kind::List => format!("{LISTED}\n").into_bytes(),
        Kind::Info => module.info(),
        Kind::Mod => module.go_mod(),
        Kind::Zip => {
            let mut entries = module.entries();
            entries.push(bulk(module.entry_name("data.bin")));
            zip::write(&entries)
        }
    }
}

/// The large file of each zip: packed once.
fn bulk(name: String) -> zip::Entry {
    static PACKED: OnceLock<zip::Entry> = OnceLock::new();
    let packed = PACKED.get_or_init(|| {
        let module = Module::simple("example.com/any", "v1.0.0").bulk("data.bin", ZIP_SIZE);
        let mut entries = module.entries();
        let at = entries
            .iter()
            .position(|entry| entry.name.ends_with(b"data.bin"));
        entries.swap_remove(at.expect("the file that was added"))
    });
    zip::Entry {
        name: name.into_bytes(),
        ..packed.clone()
    }
}

/// A request for a module's file, as a node saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Since 1970.
    pub at: Duration,
    /// The module's number.
    pub module: usize,
}

/// The modules as a fake proxy serves them.
#[derive(Default)]
pub(super) struct Modules {
    asked: Mutex<Vec<Asked>>,
}

impl Modules {
    /// Who asked since this was last said.
    pub(super) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Branch for Modules {
    fn asked(&self, request: Recorded) -> Option<Behaviour> {
        if let Some((module, _)) = parse(&request.path) {
            self.asked.lock().unwrap().push(Asked { at: now(), module });
        }
        None
    }

    fn found(&self, path: &str) -> Found {
        let made = parse(path).and_then(|(module, file)| {
            if file == "list" {
                return Some((Kind::List, bytes(module, LISTED, Kind::List)));
            }
            let (version, end) = file.rsplit_once('.')?;
            let kind = Kind::ALL.into_iter().find(|kind| kind.end() == end)?;
            Some((kind, bytes(module, version, kind)))
        });
        let Some((kind, body)) = made else {
            return text(404, Bytes::from_static(b"not here\n"));
        };
        let content_type = match kind {
            Kind::Info => "application/json",
            Kind::Zip => "application/zip",
            Kind::List | Kind::Mod => "text/plain; charset=utf-8",
        };
        Found {
            status: 200,
            content_type: content_type.to_owned(),
            body: body.into(),
        }
    }
}

/// The number of a module, and the file that is asked for.
fn parse(path: &str) -> Option<(usize, &str)> {
    let rest = path.strip_prefix('/')?.strip_prefix(BELOW)?;
    let (number, file) = rest.strip_prefix("/m")?.split_once("/@v/")?;
    Some((number.parse().ok()?, file))
}

/// The time since 1970: of all processes of a machine the same.
pub fn now() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("the clock of this machine is set")
}
