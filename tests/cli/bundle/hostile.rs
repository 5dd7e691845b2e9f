//! What a hostile bundle can do: nothing but bring what is good in it.

use std::fs;
use std::path::{Path, PathBuf};

use tar::{EntryType, Header};
use test_support::{Module, hostile};

use super::{World, hello, other, versions};
use crate::{json, larder};

/// A tar file that nobody honest wrote.
pub(super) struct Hostile(tar::Builder<Vec<u8>>);

impl Hostile {
    pub(super) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    /// An entry with this name as it stands, whatever it is.
    fn raw(&mut self, name: &str, kind: EntryType, link: &str, bytes: &[u8]) {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o777);
        if !link.is_empty() {
            header.set_link_name_literal(link).unwrap();
        }
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
    }

    pub(super) fn file(&mut self, name: &str, bytes: &[u8]) {
        self.raw(name, EntryType::Regular, "", bytes);
    }

    fn module(&mut self, module: &Module, zip: &[u8]) {
        let name = |extension| module.url_path(extension)[1..].to_owned();
        self.file(&name("info"), &module.info());
        self.file(&name("mod"), &module.go_mod());
        self.file(&name("zip"), zip);
    }

    pub(super) fn write(self, path: &Path) {
        fs::write(path, self.0.into_inner().unwrap()).unwrap();
    }
}

/// All that stands in a folder, with what is in it.
fn all_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            all.extend(all_below(&path));
        } else {
            all.push((path.clone(), fs::read(&path).unwrap_or_default()));
        }
    }
    all.sort();
    all
}

#[test]
fn a_hostile_bundle_touches_nothing_and_what_is_good_in_it_is_taken() {
    let world = World::new();
    let home = world.home();
    let outside = home.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "as it was").unwrap();
    let before = all_below(&outside);

    let mut hostile_tar = Hostile::new();
    let absolute = outside.join("absolute");
    hostile_tar.file("../../outside/up", b"x");
    hostile_tar.file(
        "example.com/other/@v/../../../../../../outside/v1.0.0.mod",
        b"x",
    );
    hostile_tar.file(absolute.to_str().unwrap(), b"x");
    hostile_tar.raw(
        "example.com/link/@v/v1.0.0.mod",
        EntryType::Symlink,
        outside.join("precious").to_str().unwrap(),
        b"",
    );
    // A folder that is a link, and a file through it.
    hostile_tar.raw(
        "example.com/linked",
        EntryType::Symlink,
        outside.to_str().unwrap(),
        b"",
    );
    hostile_tar.file(
        "example.com/linked/@v/v1.0.0.mod",
        b"module example.com/linked\n",
    );
    hostile_tar.raw(
        "example.com/hard/@v/v1.0.0.mod",
        EntryType::Link,
        outside.join("precious").to_str().unwrap(),
        b"",
    );
    for (name, kind) in [
        ("char", EntryType::Char),
        ("block", EntryType::Block),
        ("pipe", EntryType::Fifo),
        ("sparse", EntryType::GNUSparse),
        ("cont", EntryType::Continuous),
    ] {
        hostile_tar.raw(&format!("example.com/{name}/@v/v1.0.0.mod"), kind, "", b"");
    }
    hostile_tar.module(&hello(), &hostile::other_content(&hello()));
    hostile_tar.module(&other(), &other().zip());
    // The second of a name does not replace the first.
    hostile_tar.file(&other().url_path("mod")[1..], b"module example.com/evil\n");
    hostile_tar.file("example.com/big/@v/v1.0.0.info", &vec![b' '; (1 << 20) + 1]);
    hostile_tar.file("stray", b"x");
    hostile_tar.file("sumdb/sums.example.com/latest/../../../x", b"x");
    // A long name that is none, one that is too long, and an extension that renames.
    hostile_tar.raw(
        "././@LongLink",
        EntryType::GNULongName,
        "",
        b"../../outside/long\0",
    );
    hostile_tar.file("example.com/short/@v/v1.0.0.mod", b"x");
    hostile_tar.raw(
        "././@LongLink",
        EntryType::GNULongName,
        "",
        &vec![b'a'; 5_000_000],
    );
    hostile_tar.file("example.com/toolong/@v/v1.0.0.mod", b"x");
    hostile_tar.raw(
        "PaxHeaders/x",
        EntryType::XHeader,
        "",
        b"28 path=../../outside/paxed\n",
    );
    hostile_tar.file("example.com/pax/@v/v1.0.0.mod", b"x");
    let bundle = home.path().join("hostile.tar");
    hostile_tar.write(&bundle);

    let report = json(
        &larder(
            &home,
            &["bundle", "import", bundle.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    let left_out: Vec<&str> = report["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    for name in [
        "../../outside/up",
        absolute.to_str().unwrap(),
        "example.com/link/@v/v1.0.0.mod",
        "example.com/linked",
        "example.com/hard/@v/v1.0.0.mod",
        "example.com/char/@v/v1.0.0.mod",
        "example.com/block/@v/v1.0.0.mod",
        "example.com/pipe/@v/v1.0.0.mod",
        "example.com/sparse/@v/v1.0.0.mod",
        "example.com/cont/@v/v1.0.0.mod",
        "example.com/Hello@v1.0.0 (zip)",
        "example.com/other/@v/v0.1.0.mod",
        "example.com/big/@v/v1.0.0.info",
        "stray",
        "../../outside/long",
        "",
        "example.com/pax/@v/v1.0.0.mod",
    ] {
        assert!(left_out.contains(&name), "{name} in {left_out:#?}");
    }
    assert_eq!(all_below(&outside), before);
    let kept = versions(&home);
    assert!(
        kept.contains(&"example.com/other@v0.1.0 3".to_owned()),
        "{kept:?}"
    );
    assert!(
        kept.contains(&"example.com/Hello@v1.0.0 2".to_owned()),
        "{kept:?}"
    );
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(
        larder(&home, &["cache", "verify"])
            .success()
            .stdout
            .contains("All is whole")
    );
    assert_eq!(
        fs::read_dir(home.larder_home().join("cache/tmp"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn a_bundle_that_claims_more_than_it_has_or_is_none_is_said() {
    let world = World::new();
    let home = world.home();
    let bundle = home.path().join("b.tar");
    let mut claims = Hostile::new();
    claims.module(&other(), &other().zip());
    let mut header = Header::new_gnu();
    header.set_path("example.com/huge/@v/v1.0.0.zip").unwrap();
    header.set_entry_type(EntryType::Regular);
    header.set_size(u64::MAX >> 1);
    header.set_cksum();
    let mut bytes = claims.0.into_inner().unwrap();
    bytes.truncate(bytes.len() - 1024);
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(&[b'x'; 600]);
    fs::write(&bundle, bytes).unwrap();
    let report = json(
        &larder(
            &home,
            &["bundle", "import", bundle.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    assert_eq!(versions(&home), ["example.com/other@v0.1.0 3"], "{report}");
    assert!(report["left_out_in_all"].as_u64().unwrap() >= 1, "{report}");

    fs::write(&bundle, vec![b'x'; 2000]).unwrap();
    let none = larder(&home, &["bundle", "import", bundle.to_str().unwrap()]).code(2);
    assert!(none.stderr.contains("is no bundle"), "{none}");
    larder(&home, &["bundle", "import", "/nowhere.tar"]).code(1);
    larder(&home, &["bundle", "import", home.path().to_str().unwrap()]).code(2);
}
