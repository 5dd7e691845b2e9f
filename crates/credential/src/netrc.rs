//! `.netrc`, read as the go command reads it, and never written.
//!
//! The grammar and the place are those of Go's `cmd/go/internal/auth/netrc.go`, oddities and all, so that Larder finds
//! there what `go` finds, no more and no less:
//! - tokens are read in pairs, line by line: a name and its value stand on one line;
//! - an entry is complete with `machine`, `login` and `password`, and a new `machine` begins a new one; `account` and
//!   what else there is are passed over;
//! - `macdef` hides all up to the next empty line;
//! - `default` gives nothing, and ends the file where it stands last in its line;
//! - `machine` names the host as it stands in the URL, with the port where the URL has one. (`go` also takes
//!   `machine host/path`, for that part of the host; a credential of Larder's belongs to a whole origin.)

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use secret::Secret;

use crate::credential::{Credential, Unfit};
use crate::keep::{KeptIn, Listed};
use crate::origin::Origin;

/// The most that is read of the file; a real one has a few lines.
const CAP: u64 = 1 << 20;

/// The entries of a `.netrc`. `Debug` shows no password.
#[derive(Debug, Clone, Default)]
pub struct Netrc {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    machine: String,
    login: String,
    password: Secret,
}

/// Why `.netrc` could not be used. Quotes nothing of it but the name of a machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetrcError {
    /// The file is there and can't be read.
    #[error("{} can't be read ({reason}); see to its permissions, or name another file in NETRC", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A folder, a pipe, or a file that is no `.netrc` by its size.
    #[error("{} is no netrc file: it is not a regular file of at most 1 MiB", path.display())]
    NotNetrc {
        /// What stands there.
        path: PathBuf,
    },
    /// An entry whose user or password can't be sent.
    #[error("the entry of {machine} in netrc can't be used: {unfit}")]
    Unfit {
        /// The entry's machine.
        machine: String,
        /// What is wrong with it.
        unfit: Unfit,
    },
}

impl Netrc {
    /// Where `go` looks: the file that `$NETRC` names, else `.netrc` in the home folder (on Windows `_netrc`, where there
    /// is one). Nothing without both.
    pub fn place(variable: Option<&OsStr>, home: Option<&Path>) -> Option<PathBuf> {
        place_on(cfg!(windows), variable, home)
    }

    /// Reads the file; one that does not exist has no entries. Blocks on the disk.
    ///
    /// # Errors
    /// [`NetrcError::Unreadable`] and [`NetrcError::NotNetrc`].
    pub fn read(path: &Path) -> Result<Self, NetrcError> {
        let not_netrc = || NetrcError::NotNetrc {
            path: path.to_owned(),
        };
        let unreadable = |error: io::Error| NetrcError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        // Looked at before it is opened: to open a pipe waits for its writer.
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err(not_netrc()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unreadable(error)),
        }
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        File::open(path)
            .and_then(|file| file.take(CAP + 1).read_to_end(&mut bytes))
            .map_err(unreadable)?;
        if bytes.len() as u64 > CAP {
            return Err(not_netrc());
        }
        Ok(Self::parse(&bytes))
    }

    /// Reads the text of a netrc file. There is no text that is none; what is not understood is passed over, and an entry
    /// that is not UTF-8 as well.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut entries = Vec::new();
        let (mut machine, mut login, mut password) = (None, None, None);
        let mut in_macro = false;
        for line in bytes.split(|&byte| byte == b'\n') {
            if in_macro {
                in_macro = !line.is_empty();
                continue;
            }
            let Ok(line) = str::from_utf8(line) else {
                // Half an entry must not be completed by the next line's half.
                (machine, login, password) = (None, None, None);
                continue;
            };
            let mut tokens = line.split_whitespace();
            let mut last = None;
            while let Some(name) = tokens.next() {
                let Some(value) = tokens.next() else {
                    last = Some(name);
                    break;
                };
                match name {
                    "machine" => (machine, login, password) = (Some(value), None, None),
                    "login" => login = Some(value),
                    "password" => password = Some(value),
                    "macdef" => in_macro = true,
                    _ => {}
                }
                if let (Some(machine_is), Some(login_is), Some(password_is)) =
                    (machine, login, password)
                {
                    entries.push(Entry {
                        machine: bare(machine_is).to_owned(),
                        login: login_is.to_owned(),
                        password: Secret::new(password_is),
                    });
                    (machine, login, password) = (None, None, None);
                }
            }
            if last == Some("default") {
                break;
            }
        }
        Self { entries }
    }

    /// The user and password of a host, `host` or `host:port` as the URL has it: the first entry that names it.
    pub fn lookup(&self, host: &str) -> Option<(&str, &Secret)> {
        self.entries
            .iter()
            .find(|entry| entry.machine.eq_ignore_ascii_case(host))
            .map(|entry| (entry.login.as_str(), &entry.password))
    }

    /// The credential of an origin. As with `go`, nothing is given away over plain http, but to this machine itself.
    ///
    /// # Errors
    /// [`NetrcError::Unfit`] where the entry can't be sent.
    pub fn credential(&self, origin: &Origin) -> Result<Option<Credential>, NetrcError> {
        if !origin.is_private() {
            return Ok(None);
        }
        let Some((login, password)) = self.lookup(origin.authority()) else {
            return Ok(None);
        };
        Credential::basic(origin.clone(), login, password.clone())
            .map(Some)
            .map_err(|unfit| NetrcError::Unfit {
                machine: origin.authority().to_owned(),
                unfit,
            })
    }

    /// What it holds for hosts over https, without the passwords.
    pub fn list(&self) -> Vec<Listed> {
        let mut listed: Vec<Listed> = Vec::new();
        for entry in &self.entries {
            let Ok(origin) = format!("https://{}", entry.machine).parse() else {
                continue;
            };
            if let Ok(Some(credential)) = self.credential(&origin)
                && listed.iter().all(|one| one.origin != origin)
            {
                listed.push(Listed::of(&credential, KeptIn::Netrc));
            }
        }
        listed
    }
}

/// The name of a machine as Go stores it: without a scheme before it and a slash behind it.
fn bare(machine: &str) -> &str {
    let machine = machine.strip_prefix("https://").unwrap_or(machine);
    machine.strip_suffix('/').unwrap_or(machine)
}

fn place_on(windows: bool, variable: Option<&OsStr>, home: Option<&Path>) -> Option<PathBuf> {
    if let Some(named) = variable.filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let home = home?;
    let legacy = home.join("_netrc");
    if windows && legacy.exists() {
        return Some(legacy);
    }
    Some(home.join(".netrc"))
}

#[cfg(test)]
mod tests;
