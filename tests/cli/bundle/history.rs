//! Records of a bundle: proven, held against newer heads, refused where they are of another history.

use std::fs::File;

use test_support::{Module, Tamper};

use super::hostile::Hostile;
use super::{World, export, other, versions};
use crate::{json, larder};

#[test]
fn records_in_a_bundle_must_be_proven() {
    let world = World::new();
    let home = world.filled();
    let (bundle, _) = export(&home, &["example.com/*"]);
    // The record says what the lying zip is; its signature stays.
    let lie = other().file("other.go", "package other // altered\n");
    let mut forged = Hostile::new();
    let mut archive = tar::Archive::new(File::open(&bundle).unwrap());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        if name.contains("lookup/example.com/other") {
            let text = String::from_utf8(bytes).unwrap();
            bytes = text.replace(&other().zip_h1(), &lie.zip_h1()).into_bytes();
        }
        if name == other().url_path("zip")[1..] {
            bytes = lie.zip();
        }
        forged.file(&name, &bytes);
    }
    let path = bundle.with_file_name("forged.tar");
    forged.write(&path);
    world.go_offline();
    let there = world.home();
    let report = json(
        &larder(
            &there,
            &["bundle", "import", path.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    let kept = versions(&there);
    assert!(
        kept.contains(&"example.com/Hello@v1.0.0 3".to_owned()),
        "{kept:?}"
    );
    // Of the other one nothing but the .info, which no database speaks of.
    let others: Vec<&String> = kept
        .iter()
        .filter(|line| line.starts_with("example.com/other"))
        .collect();
    assert_eq!(others, ["example.com/other@v0.1.0 1"], "{report:#}");
}

#[test]
fn a_bundle_with_an_older_head_is_held_against_the_newer_one() {
    let world = World::new();
    let home = world.filled();
    let (bundle, _) = export(&home, &["example.com/*"]);
    // The other computer has seen more of the database since.
    let later = Module::simple("example.com/later", "v1.0.0");
    world.proxy.add(&later);
    world.database.pad(900);
    world.database.add_module(&later);
    world.database.publish();
    let there = world.that_has_met(&later);
    world.go_offline();
    // What would prove that the older tree is the beginning of the newer one is on neither side: it is not taken on faith.
    let report = json(
        &larder(
            &there,
            &["bundle", "import", bundle.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    assert_eq!(report["left_out_in_all"], 4, "{report:#}");
    assert!(
        !versions(&there)
            .iter()
            .any(|line| line.starts_with("example.com/other") && line.ends_with(" 3"))
    );
    // With the database at hand it is proven, and the modules still come from the bundle.
    world.database.down(false);
    world.proxy.restart();
    world.proxy.clear_log();
    larder(&there, &["bundle", "import", bundle.to_str().unwrap()]).success();
    assert_eq!(
        versions(&there)
            .iter()
            .filter(|line| line.ends_with(" 3"))
            .count(),
        3
    );
    assert!(
        world
            .proxy
            .paths()
            .iter()
            .all(|path| !path.ends_with(".zip")),
        "{:?}",
        world.proxy.paths()
    );
}

#[test]
fn a_bundle_of_another_history_is_refused() {
    let world = World::new();
    let there = world.filled();
    // The same key signs another log, whose first records are the same.
    world.database.tamper(Tamper::Fork { shared: 900 });
    let lie = Module::simple("example.com/lie", "v1.0.0");
    world.proxy.add(&lie);
    world.database.add_module(&lie);
    world.database.publish();
    let misled = world.that_has_met(&lie);
    let (bundle, report) = export(&misled, &["example.com/lie"]);
    assert_eq!(report["records"], 1);
    world.go_offline();
    let report = json(
        &larder(
            &there,
            &["bundle", "import", bundle.to_str().unwrap(), "--json"],
        )
        .code(4),
    );
    assert_eq!(report["left_out_in_all"], 2, "{report:#}");
    assert!(
        !versions(&there)
            .iter()
            .any(|line| line.contains("lie") && !line.ends_with(" 1")),
        "{report:#}"
    );
}
