//! Lies about real modules, each another one, in the folder where Larder keeps what is verified.

use std::fs;
use std::path::Path;

use test_support::{Module, h1};

use super::DATABASE;
use crate::client::level_0_tile;

/// What somebody does to the folder of verified modules, and to which module; their records are in tiles of their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lie {
    kind: Kind,
    /// `path@version`.
    pub(super) about: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Its record has other hashes.
    Record,
    /// The tile that has the record's hash has a wrong bit there.
    Tile,
    /// Its zip has a wrong bit.
    Zip,
    /// Its go.mod has a line more.
    Mod,
    /// Its zip is another one, and Larder's own note of it agrees.
    ForgedZip,
    /// Its go.mod is another one, and Larder's own note of it agrees.
    ForgedMod,
    /// All of these are forged and agree with one another: only the tiles above do not.
    ForgedLeaf,
}

impl Lie {
    pub(super) fn all() -> [Self; 7] {
        let lie = |kind, about| Self { kind, about };
        [
            lie(Kind::Record, "github.com/google/uuid@v1.3.0"),
            lie(Kind::Tile, "github.com/google/go-cmp@v0.5.9"),
            lie(Kind::Zip, "github.com/huandu/xstrings@v1.3.2"),
            lie(Kind::Mod, "github.com/go-errors/errors@v1.4.2"),
            lie(Kind::ForgedZip, "github.com/creack/pty@v1.1.11"),
            lie(Kind::ForgedMod, "gopkg.in/yaml.v3@v3.0.1"),
            lie(Kind::ForgedLeaf, "github.com/imdario/mergo@v0.3.16"),
        ]
    }

    /// What go says of it in one line: where Larder serves the folder, or where go reads it by itself.
    pub(super) fn said(self, by_larder: bool) -> [&'static str; 2] {
        let because = match self.kind {
            Kind::ForgedZip | Kind::ForgedMod => "checksum mismatch",
            // It is offline there: what proves wrong is as good as not kept.
            _ if by_larder => "404 Not Found",
            Kind::Record => "cannot authenticate record data",
            Kind::Tile | Kind::ForgedLeaf => "inconsistent tile",
            Kind::Mod => "checksum mismatch",
            // It does not say of what.
            Kind::Zip => return ["go: flate: corrupt input"; 2],
        };
        [self.about, because]
    }

    /// Does it, in this folder.
    pub(super) fn tell(self, modules: &Path) {
        let (path, version) = self.about.split_once('@').unwrap();
        let file = |extension| modules.join(format!("{path}/@v/{version}.{extension}"));
        let sumdb = modules.join("sumdb").join(DATABASE);
        let lookup = sumdb.join("lookup").join(self.about);
        let answer = fs::read_to_string(&lookup).unwrap();
        let (id, rest) = answer.split_once('\n').unwrap();
        let (_, head) = rest.split_once("\n\n").unwrap();
        let id: u64 = id.parse().unwrap();
        let other = Module::simple(path, version);
        let sums = other.go_sum();
        let record = || fs::write(&lookup, format!("{id}\n{sums}\n{head}")).unwrap();
        let leaf = |change: &dyn Fn(&mut [u8])| {
            let at = 32 * usize::try_from(id % 256).unwrap();
            alter(&sumdb.join(level_0_tile(id / 256)), |tile| {
                change(&mut tile[at..at + 32]);
            });
        };
        let zip = || forge(&file("zip"), &other.zip(), &other.zip_h1());
        let go_mod = || forge(&file("mod"), &other.go_mod(), &other.mod_h1());
        match self.kind {
            Kind::Record => record(),
            Kind::Tile => leaf(&|hash| hash[7] ^= 1),
            Kind::Zip => alter(&file("zip"), |zip| {
                let middle = zip.len() / 2;
                zip[middle] ^= 1;
            }),
            Kind::Mod => alter(&file("mod"), |go_mod| go_mod.extend(b"\n// a line more\n")),
            Kind::ForgedZip => zip(),
            Kind::ForgedMod => go_mod(),
            Kind::ForgedLeaf => {
                zip();
                go_mod();
                record();
                let forged = h1::hex_of(format!("\0{sums}").as_bytes());
                leaf(&|hash| {
                    for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
                        *byte = u8::from_str_radix(&forged[at..at + 2], 16).unwrap();
                    }
                });
            }
        }
    }
}

fn alter(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
}

/// Other bytes in place of a kept file, and the sidecar that Larder would have written for them.
fn forge(file: &Path, bytes: &[u8], h1: &str) {
    fs::write(file, bytes).unwrap();
    let mut sidecar = file.as_os_str().to_owned();
    sidecar.push(".larder");
    let kept = fs::read_to_string(&sidecar).unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    for (name, value) in [
        ("sha256", h1::hex_of(bytes).into()),
        ("size", bytes.len().into()),
        ("h1", h1.into()),
    ] {
        let old = kept[name].take();
        assert!(!old.is_null() && old != value, "{name}: {old}");
        kept[name] = value;
    }
    fs::write(sidecar, kept.to_string()).unwrap();
}
