//! A disk that is full, and one that is read-only: told in words a person can act on, nothing lost, what is kept is
//! served on, and all goes on by itself once there is room again.

use test_support::disk::{Disk, runs_where_it_may_mount};
use test_support::http::Ended;
use test_support::{Module, TempHome, run};

use crate::{World, assert_whole, bin, serve_args, until};

fn module(name: &str, size: usize) -> Module {
    Module::simple(&format!("example.com/{name}"), "v1.0.0").bulk("data.bin", size)
}

/// Starts an instance that must fail, with this in what it says.
#[track_caller]
fn refuses_to_start(home: &TempHome, because: &str) {
    let refused = run(home.larder(bin()).args(serve_args("off"))).code(1);
    assert!(refused.stderr.to_lowercase().contains(because), "{refused}");
}

/// The module can't be kept: each of its files is refused with these words, or ends short.
#[track_caller]
fn assert_refused(world: &World, module: &Module, because: &str) {
    for kind in ["info", "mod", "zip"] {
        let reply = world.get(&module.url_path(kind));
        if reply.status == 200 {
            assert!(
                !matches!(reply.ended, Ended::Complete | Ended::AtClose),
                "{kind}"
            );
        } else {
            let text = reply.text();
            assert_eq!(reply.status, 500, "{kind}: {text}");
            assert!(text.contains(because), "{kind}: {text}");
        }
    }
}

#[test]
fn a_full_disk_is_told_and_survived() {
    if !runs_where_it_may_mount("disk::a_full_disk_is_told_and_survived") {
        return;
    }
    const FULL: &str = "the disk is full";
    let home = TempHome::new();
    let disk = Disk::mount(&home.larder_home(), 12 << 20);
    let world = World::at_home(home.clone());
    let known = module("known", 300_000);
    world.keep(&known);

    let large = module("large", 16 << 20);
    world.proxy.add(&large);
    let reply = world.get(&large.url_path("zip"));
    assert!(
        reply.status == 500 || !matches!(reply.ended, Ended::Complete),
        "{} {:?}",
        reply.status,
        reply.ended
    );
    let tmp = world.cache().join("tmp");
    until("its room is given back", || {
        tmp.read_dir().unwrap().count() == 0
    });
    until("the log tells it", || {
        let log = world.larder.run(&["log"]).success();
        log.stdout.contains(FULL)
    });

    disk.fill();
    let fresh = module("fresh", 10_000);
    world.proxy.add(&fresh);
    assert_refused(&world, &fresh, FULL);
    world.assert_served(&known);
    let list = world.get("/example.com/fresh/@v/list");
    assert_eq!(
        list.whole(),
        b"v1.0.0\n",
        "what need not be kept is passed on"
    );
    world.larder.run(&["status"]).success();
    assert_whole(&home);

    disk.make_room();
    world.keep(&fresh);
    world.assert_well();

    let world = world.restart_after(|_| {
        disk.fill();
        refuses_to_start(&home, FULL);
        disk.make_room();
    });
    world.proxy.stop();
    world.assert_served(&known);
    world.assert_served(&fresh);
}

#[test]
fn a_read_only_disk_is_told_and_survived() {
    if !runs_where_it_may_mount("disk::a_read_only_disk_is_told_and_survived") {
        return;
    }
    const READ_ONLY: &str = "read-only";
    let home = TempHome::new();
    let disk = Disk::mount(&home.larder_home(), 24 << 20);
    let world = World::at_home(home.clone());
    let known = module("known", 300_000);
    world.keep(&known);
    let fresh = module("fresh", 10_000);
    world.proxy.add(&fresh);

    let view = Disk::read_only_view(&world.cache());
    assert_refused(&world, &fresh, READ_ONLY);
    world.assert_served(&known);
    let list = world.get("/example.com/fresh/@v/list");
    assert_eq!(
        list.whole(),
        b"v1.0.0\n",
        "what need not be kept is passed on"
    );
    world.larder.run(&["status"]).success();
    assert_whole(&home);
    let clear = world.larder.run(&["cache", "clear", "--yes"]).code(1);
    assert!(clear.stderr.contains(READ_ONLY), "{clear}");
    drop(view);
    world.keep(&fresh);
    world.assert_well();

    let world = world.restart_after(|_| {
        disk.set_read_only(true);
        refuses_to_start(&home, READ_ONLY);
        disk.set_read_only(false);
    });
    world.proxy.stop();
    world.assert_served(&known);
    world.assert_served(&fresh);
}
