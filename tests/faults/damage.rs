//! The cache under Larder's feet: folders that go away, files that rot, links that somebody planted.
//! Nothing wrong is ever served, what is good is, and what is missing is fetched again.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt as _, symlink};
use std::path::Path;

use test_support::{Behaviour, Module, hostile, http, run};

use crate::{World, assert_whole, bin, damaged, files_of, kept_file, serve, serve_args, until};

fn module(name: &str) -> Module {
    Module::simple(&format!("example.com/{name}"), "v1.0.0").bulk("data.bin", 100_000)
}

/// What can become of a file.
type Harm = fn(&Path);

const HARMS: [(&str, Harm); 6] = [
    ("truncated", |path| {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    }),
    ("emptied", |path| drop(File::create(path).unwrap())),
    ("longer", |path| {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        let end = file.metadata().unwrap().len();
        file.write_all_at(b"more", end).unwrap();
    }),
    ("with a bit flipped", |path| {
        let bytes = fs::read(path).unwrap();
        // Of a sidecar that is within the SHA-256, which is what vouches.
        fs::write(path, hostile::bit_flipped(&bytes, bytes.len() / 4, 3)).unwrap();
    }),
    ("deleted", |path| fs::remove_file(path).unwrap()),
    ("a link to another file", |path| {
        fs::remove_file(path).unwrap();
        symlink("/etc/hostname", path).unwrap();
    }),
];

/// A module for each harm, all kept.
fn kept(world: &World) -> Vec<(&'static str, Harm, Module)> {
    let modules: Vec<_> = HARMS
        .iter()
        .enumerate()
        .map(|(number, (what, harm))| (*what, *harm, module(&format!("m{number}"))))
        .collect();
    for (_, _, module) in &modules {
        world.keep(module);
    }
    modules
}

/// Each file is served as it was published, or not at all; the zip is not in memory, so it is told whether it was
/// fetched again.
fn assert_mended(world: &World, modules: &[(&str, Harm, Module)]) {
    for (what, _, module) in modules {
        let zip = module.url_path("zip");
        world.proxy.on(&zip, [Behaviour::status(503, "busy")]);
        let got = world.get(&zip);
        assert_eq!(got.status, 502, "{what}: {}", got.text());
        world.proxy.on(&zip, [Behaviour::normal()]);
        world.assert_served(module);
    }
    world.assert_well();
}

#[test]
fn a_file_that_rots_while_larder_runs_is_fetched_again() {
    let world = World::new();
    let modules = kept(&world);
    for (_, harm, module) in &modules {
        harm(&kept_file(
            &world.cache(),
            &format!("{}/@v/v1.0.0.zip", module.path()),
        ));
    }
    assert_mended(&world, &modules);
}

#[test]
fn a_file_that_rots_while_larder_is_away_is_named_and_fetched_again() {
    let world = World::new();
    let modules = kept(&world);
    let home = world.home.clone();
    let world = world.restart_after(|cache| {
        for (what, harm, module) in &modules {
            let path = kept_file(cache, &format!("{}/@v/v1.0.0.zip", module.path()));
            harm(&path);
            let name = path.strip_prefix(cache).unwrap().to_str().unwrap();
            let named = damaged(&home).contains(name);
            assert_eq!(
                named,
                *what != "deleted",
                "{what}: {name} in {:?}",
                damaged(&home)
            );
        }
    });
    assert_mended(&world, &modules);
}

#[test]
fn a_sidecar_that_rots_vouches_for_nothing() {
    let world = World::new();
    let modules = kept(&world);
    for (_, harm, module) in &modules {
        let end = format!("{}/@v/v1.0.0.zip.larder", module.path());
        harm(&kept_file(&world.cache(), &end));
    }
    assert_mended(&world, &modules);
}

#[test]
fn an_index_that_rots_is_made_anew_while_everything_is_served() {
    for (what, harm) in HARMS {
        let world = World::new();
        let known = module("known");
        world.keep(&known);
        harm(&world.cache().join("index.sqlite"));
        world.proxy.stop();
        world.assert_served(&known);
        world.proxy.restart();
        world.larder.run(&["status"]).success();

        let world = world.restart_after(|cache| {
            let _ = fs::remove_file(cache.join("index.sqlite-wal"));
            harm(&cache.join("index.sqlite"));
        });
        world.proxy.stop();
        world.assert_served(&known);
        world.proxy.restart();
        until(&format!("{what}: the index is as it was"), || {
            world.files(known.path()) == 3
        });
        world.assert_well();
    }
}

#[test]
fn a_state_that_rots_is_told_and_left_alone() {
    let world = World::new();
    world.assert_well();
    let World {
        proxy,
        home,
        larder,
    } = world;
    assert!(larder.terminate().status.success());
    let state = home.larder_home().join("data/state.sqlite");
    let good = fs::read(&state).unwrap();
    fs::write(&state, [b"no database".as_slice(), &good[11..]].concat()).unwrap();
    let bad = fs::read(&state).unwrap();
    let refused = run(home.larder(bin()).args(serve_args("off"))).code(1);
    for needed in ["state.sqlite", "damaged", "backup"] {
        assert!(refused.stderr.contains(needed), "{refused}");
    }
    assert!(fs::read(&state).unwrap() == bad, "it is left as it is");
    fs::write(&state, good).unwrap();
    serve(&home, &proxy);
}

#[test]
fn folders_that_are_deleted_under_a_running_larder_are_made_again() {
    for folder in ["cache", "cache/realms", "cache/tmp", "cache/answers", "run"] {
        let world = World::new();
        let known = module("known");
        world.keep(&known);
        let list = format!("/{}/@v/list", known.path());
        assert_eq!(world.get(&list).whole(), b"v1.0.0\n");
        fs::remove_dir_all(world.home.larder_home().join(folder)).unwrap();
        world.assert_served(&known);
        assert_eq!(world.get(&list).whole(), b"v1.0.0\n");
        let new = module("new");
        world.proxy.add(&new);
        world.assert_served(&new);
        if folder == "run" {
            // Nobody finds the instance any more; go still does.
            continue;
        }
        assert_whole(&world.home);
        world.assert_well();
        let world = world.restart_after(|_| {});
        world.assert_served(&known);
        until("the index knows what is there", || {
            world.files(new.path()) == 3
        });
    }
}

#[test]
fn planted_links_lead_nowhere() {
    let world = World::new();
    let known = module("known");
    world.keep(&known);
    let outside = world.home.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "precious").unwrap();
    let realm = kept_file(&world.cache(), "known/@v/v1.0.0.zip");
    let module_folder = realm.parent().unwrap().parent().unwrap().to_owned();
    let host = module_folder.parent().unwrap().to_owned();
    for at in [module_folder, host, world.cache().join("realms")] {
        let aside = world.home.path().join("aside");
        fs::rename(&at, &aside).unwrap();
        symlink(&outside, &at).unwrap();
        let new = module("new");
        world.proxy.add(&new);
        for module in [&known, &new] {
            for (kind, bytes) in files_of(module) {
                let got = http::get(&world.url(&module.url_path(kind)));
                match got.status {
                    // Right though it could not be kept.
                    200 => assert!(got.body == bytes, "{}", at.display()),
                    500 => assert!(got.text().contains("symbolic link"), "{}", got.text()),
                    other => panic!("{other}: {}", got.text()),
                }
            }
        }
        let clear = world.larder.run(&["cache", "clear", "--yes"]);
        assert!(clear.status.code().is_some(), "{clear}");
        let names: Vec<_> = outside
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(
            names,
            ["precious"],
            "nothing is written or removed behind {}",
            at.display()
        );
        if fs::remove_file(&at).is_err() {
            fs::remove_dir_all(&at).unwrap();
        }
        fs::rename(&aside, &at).unwrap();
    }
    world.assert_well();
}

#[test]
fn a_cache_whose_regions_are_links_is_refused_at_the_start() {
    let world = World::new();
    world.assert_well();
    let World {
        proxy,
        home,
        larder,
    } = world;
    assert!(larder.terminate().status.success());
    let realms = home.larder_home().join("cache/realms");
    let aside = home.path().join("aside");
    fs::rename(&realms, &aside).unwrap();
    symlink(&aside, &realms).unwrap();
    let refused = run(home.larder(bin()).args(serve_args("off"))).code(1);
    assert!(
        refused.stderr.contains("symbolic link") && refused.stderr.contains("realms"),
        "{refused}"
    );
    fs::remove_file(&realms).unwrap();
    fs::rename(&aside, &realms).unwrap();
    serve(&home, &proxy);
}
