//! Zips that are made to hurt: none of them is kept, and none is complete at a client.

use test_support::http::Ended;
use test_support::zip::{self, Entry};
use test_support::{Module, hostile};

use crate::{World, until};

fn module(name: &str) -> Module {
    Module::simple(&format!("example.com/{name}"), "v1.0.0")
}

/// Makes the zip of a module, with something wrong.
type Made = fn(&Module) -> Vec<u8>;

/// What the directory and the headers show, and the words in which Larder says it.
const HOSTILE: [(&str, &str, Made); 24] = [
    ("a bomb", "more than 524288000 bytes", |m| {
        hostile::bomb(m, 501 << 20)
    }),
    ("a bomb of a go.mod", "go.mod has 17825792 bytes", |m| {
        let bomb = Entry::zeros(m.entry_name("go.mod"), 17 << 20);
        zip::write(&[bomb])
    }),
    ("entries that overlap", "overlaps", hostile::overlapping),
    ("too many files and folders", "files and folders", |m| {
        hostile::many_folders(m, 51_000)
    }),
    ("the wrong prefix", "does not begin with", |m| {
        hostile::wrong_prefix(m, "example.com/other@v1.0.0/")
    }),
    ("the wrong version", "does not begin with", |m| {
        hostile::wrong_prefix(m, &format!("{}@v1.0.1/", m.path()))
    }),
    ("no prefix", "does not begin with", |m| {
        hostile::wrong_prefix(m, "")
    }),
    (
        "a name that escapes",
        "invalid path element",
        hostile::escaping_name,
    ),
    ("an absolute name", "does not begin with", |m| {
        hostile::with_name(m, "/etc/passwd")
    }),
    ("a backslash", "invalid char", |m| {
        hostile::with_name(m, &m.entry_name("..\\evil.txt"))
    }),
    ("a NUL", "invalid char", |m| {
        hostile::with_name(m, &m.entry_name("a\0.txt"))
    }),
    ("a device of Windows", "on Windows", |m| {
        hostile::with_name(m, &m.entry_name("aux.txt"))
    }),
    ("a go.mod below the root", "module's root", |m| {
        hostile::with_name(m, &m.entry_name("sub/go.mod"))
    }),
    ("twins but for case", "take for one", hostile::case_twin),
    ("a file twice", "twice", hostile::duplicate),
    ("a file that is a folder", "as a folder", |m| {
        hostile::with_name(m, &m.entry_name("go.mod/x"))
    }),
    ("garbage before", "not begin like a zip", |m| {
        hostile::garbage_before(&m.zip(), b"#!/bin/sh\n")
    }),
    ("a zip before", "in front of", |m| {
        hostile::garbage_before(&m.zip(), &module("before").zip())
    }),
    ("garbage after", "7 follow it", |m| {
        hostile::garbage_after(&m.zip(), b"garbage")
    }),
    ("a zip after", "in front of", |m| {
        hostile::garbage_after(&m.zip(), &module("after").zip())
    }),
    ("a bomb that lies", "the contents of", |m| {
        hostile::lying_bomb(m, 600 << 20, 10)
    }),
    ("a flipped bit", "the contents of", |m| {
        let module = m.clone().bulk("a.bin", 50_000);
        hostile::bit_flipped(&module.zip(), 20_000, 0)
    }),
    ("a wrong checksum", "the contents of", |m| {
        let mut entries = m.entries();
        entries[0].crc ^= 1;
        zip::write(&entries)
    }),
    ("a zip64 that lies", "files and folders", |m| {
        hostile::zip64(&m.zip(), Some(u64::MAX))
    }),
];

#[test]
fn no_hostile_zip_is_kept_or_complete() {
    let world = World::new();
    let modules: Vec<_> = HOSTILE
        .iter()
        .enumerate()
        .map(|(number, (what, reason, made))| {
            let module = module(&format!("m{number}"));
            world.proxy.add(&module.clone().with_zip(made(&module)));
            (*what, *reason, module)
        })
        .collect();
    for (what, reason, module) in &modules {
        let got = world.get(&module.url_path("zip"));
        if got.status == 200 {
            assert!(
                matches!(
                    got.ended,
                    Ended::Short { .. } | Ended::NoLastChunk | Ended::Reset
                ),
                "{what}: {:?}",
                got.ended
            );
        } else {
            assert_eq!(got.status, 502, "{what}: {}", got.text());
            assert!(got.text().contains(reason), "{what}: {}", got.text());
        }
    }
    assert_eq!(world.files("example.com/m*"), 0);
    until("the log tells of each", || {
        let log = world.larder.run(&["log", "--json", "-n", "1000"]).success();
        modules.iter().all(|(_, reason, module)| {
            let mut lines = log.stdout.lines();
            lines.any(|line| {
                line.contains(&format!("\"{}\"", module.path())) && line.contains(reason)
            })
        })
    });
    // The same version, made honest, is another matter.
    for (_, _, module) in &modules {
        world.keep(module);
    }
    world.assert_well();
}

#[test]
fn what_is_odd_but_gos_own_is_served_as_it_is() {
    let world = World::new();
    let made: [Made; 3] = [
        |m| hostile::zip64(&m.zip(), None),
        |m| hostile::symlink(m, "/etc/passwd"),
        |m| hostile::bomb(m, 100 << 20),
    ];
    for (number, made) in made.iter().enumerate() {
        let module = module(&format!("m{number}"));
        let odd = made(&module);
        world.keep(&module.with_zip(odd));
    }
    world.assert_well();
}
