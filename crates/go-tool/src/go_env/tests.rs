//! Tests of the go env file's way from the first write to the last, with what they share.

mod file;
pub(super) mod killed;
mod location;
mod read_back;
mod round_trip;
mod script;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{EnvLocation, EnvRecord, Wishes};
use crate::caller::CallerEnv;
use crate::find::Go;

/// Stands for the token in the GOPROXY value.
const TOKEN: &str = "t0ken-that-must-not-be-kept";

/// A home of a test, with a go env file at the default place or none.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn with(bytes: &[u8], mode: u32) -> Self {
        let home = Self::empty();
        fs::create_dir_all(home.file().parent().unwrap()).unwrap();
        write(&home.file(), bytes, mode);
        home
    }

    /// The homes that a round trip has to give back as they were: name, home.
    fn odd() -> Vec<(&'static str, Self)> {
        let mut homes: Vec<(&str, Self)> = ODD
            .iter()
            .map(|(name, bytes, mode)| (*name, Self::with(bytes, *mode)))
            .collect();
        homes.push(("absent, no folder", Self::empty()));
        let folder_only = Self::with(b"", 0o644);
        fs::remove_file(folder_only.file()).unwrap();
        homes.push(("absent, with folder", folder_only));
        let linked = Self::with(b"", 0o644);
        fs::remove_file(linked.file()).unwrap();
        let target = linked.path().join("dots/goenv");
        fs::create_dir(target.parent().unwrap()).unwrap();
        write(
            &target,
            b"GOPROXY=https://proxy.corp.example\r\n# end",
            0o640,
        );
        symlink("../../dots/goenv", linked.file()).unwrap();
        homes.push(("symlink", linked));
        homes
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self) -> PathBuf {
        self.path().join(".config/go/env")
    }

    fn caller(&self) -> CallerEnv {
        CallerEnv::from_variables([("HOME", self.path().as_os_str())])
    }

    fn location(&self) -> EnvLocation {
        EnvLocation::of(&self.caller()).unwrap()
    }

    fn record(&self) -> EnvRecord {
        EnvRecord::before_first_write(self.location()).unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.file()).unwrap()
    }

    /// Everything below the home: what it is, its mode, what is in it.
    fn everything(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let metadata = fs::symlink_metadata(&path).unwrap();
                let what = if metadata.is_symlink() {
                    format!("link to {}", fs::read_link(&path).unwrap().display())
                } else if metadata.is_dir() {
                    folders.push(path.clone());
                    format!("folder {:o}", metadata.permissions().mode())
                } else {
                    let bytes = fs::read(&path).unwrap().escape_ascii().to_string();
                    format!("file {:o} {bytes}", metadata.permissions().mode())
                };
                found.insert(path, what);
            }
        }
        found
    }
}

/// Files as people and tools leave them, with their mode.
const ODD: [(&str, &[u8], u32); 12] = [
    ("empty", b"", 0o644),
    (
        "plain",
        b"GOFLAGS=-mod=mod\nGOPROXY=https://proxy.corp.example,direct\n",
        0o644,
    ),
    (
        "unsorted",
        b"GOSUMDB=off\nGOPROXY=direct\nGOFLAGS=-v\nGOPRIVATE=a.example\n",
        0o664,
    ),
    (
        "duplicate keys",
        b"GOPROXY=a\nGOPRIVATE=x\nGOPROXY=b\nGOPRIVATE=y\nGONOPROXY=z\nGONOPROXY=z\n",
        0o600,
    ),
    ("CRLF", b"GOPROXY=direct\r\n\r\nGOFLAGS=-mod=mod\r\n", 0o644),
    (
        "no final newline",
        b"GOFLAGS=-mod=mod\nGOPROXY=direct",
        0o640,
    ),
    (
        "no final newline, not ours",
        b"GOPROXY=direct\nGOFLAGS=-mod=mod",
        0o644,
    ),
    (
        "comments and blanks",
        b"\n# mine\n  GOPROXY=indented\n\n#GOPROXY=off\nGOPROXY=direct\n\n\n",
        0o644,
    ),
    (
        "nonsense",
        b"no sign\n=none\ngoproxy=lower\nGO PROXY=space\nGOPROXY\n",
        0o644,
    ),
    ("empty value", b"GOPROXY=\nGOAUTH=\n", 0o644),
    (
        "not UTF-8, NUL",
        b"GOPROXY=\xff\xfe\0x\nGOPRIVATE=a\0b\n\0\0",
        0o644,
    ),
    (
        "byte order mark",
        b"\xef\xbb\xbfGOPROXY=direct\nGOPROXY=off",
        0o644,
    ),
];

fn write(path: &Path, bytes: &[u8], mode: u32) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn wishes(port: u16) -> Wishes {
    Wishes::new()
        .set("GOPROXY", format!("http://127.0.0.1:{port}/{TOKEN}"))
        .set("GOPRIVATE", "corp.example/*")
        .set("GONOPROXY", "none")
        .unset("GONOSUMDB")
}

/// The whole of an enabling, as a caller does it.
fn enable(record: &mut EnvRecord, wishes: &Wishes) {
    let plan = record.plan(wishes, true).unwrap();
    record.write(plan).unwrap();
    record.settle();
}

/// Asks the real go command for settings, with this go env file.
fn ask_go(file: &Path, keys: &[&str]) -> BTreeMap<String, String> {
    let output = go(file).args(["env", "-json"]).args(keys).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn go(file: &Path) -> Command {
    let mut go = Command::new(Go::find(None).unwrap().path());
    go.env_clear()
        .env("GOENV", file)
        .env("HOME", file.parent().unwrap())
        .env("GOTOOLCHAIN", "local")
        .env("GOTELEMETRY", "off")
        .current_dir("/");
    go
}
