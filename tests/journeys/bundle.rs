//! A bundle without Larder: unpacked, it is all that the real `go` needs, and it verifies.

use std::fs::{self, File};

use test_support::{Module, run};

use crate::verify::Verified;

#[test]
fn an_unpacked_bundle_is_a_proxy_that_go_verifies_with_nothing_else() {
    let world = Verified::new();
    let leaf = Module::simple("example.com/leaf", "v1.0.0");
    let newer = Module::simple("example.com/leaf", "v1.1.0");
    let upper = Module::requiring(
        "example.com/Upper/m",
        "v1.2.0",
        &[("example.com/leaf", "v1.0.0")],
    );
    // The records come with heads of different ages, and lie in different tiles.
    let larder = world.serve(&world.database.key());
    world.home.set_env("GOPROXY", larder.goproxy());
    let app = world
        .home
        .program("app", &[("example.com/Upper/m", "v1.2.0")]);
    let first = world.client("first");
    for (module, name) in [
        (&leaf, "example.com/leaf@v1.0.0"),
        (&newer, "example.com/leaf@v1.1.0"),
        (&upper, "example.com/Upper/m@v1.2.0"),
    ] {
        world.database.pad(400);
        world.add(module);
        first.download(larder.goproxy(), &[name]).success();
    }
    world.home.run_go(&app, &["mod", "tidy"]).success();
    let sums = fs::read_to_string(app.join("go.sum")).unwrap();
    let bundle = world.home.path().join("bundle.tar");
    let to = bundle.to_str().unwrap();
    let exported = larder.run(&["bundle", "export", "example.com/*@v1.[02].0", "-o", to]);
    let told = exported.success().stdout;
    assert!(
        told.starts_with("Bundled 2 module versions in 6 files")
            && told.contains("2 checksum records"),
        "{told}"
    );
    // What a stocked project needs is known by the project's name.
    larder.run(&["stock", app.to_str().unwrap()]).success();
    let of_project = world.home.path().join("app.tar");
    let to = of_project.to_str().unwrap();
    larder
        .run(&["bundle", "export", app.to_str().unwrap(), "-o", to])
        .success();
    larder.terminate();
    world.all_down();

    let folder = world.home.path().join("unpacked");
    tar::Archive::new(File::open(&bundle).unwrap())
        .unpack(&folder)
        .unwrap();
    let goproxy = format!("file://{}", folder.display());
    // Somebody who never saw the database, and has no go.sum.
    let fresh = world.client("fresh");
    fs::remove_file(app.join("go.sum")).unwrap();
    let mut tidy = fresh.go(&goproxy, &["mod", "tidy"]);
    run(tidy.current_dir(&app)).success();
    assert_eq!(fs::read_to_string(app.join("go.sum")).unwrap(), sums);
    let mut build = fresh.go(&goproxy, &["run", "."]);
    run(build.current_dir(&app)).success();
    assert_eq!(
        fresh.size_seen("sums.example.com"),
        world.database.publish()
    );
    // A list offers what is inside, and no more.
    let versions = run(&mut fresh.go(&goproxy, &["list", "-m", "-versions", "example.com/leaf"]));
    assert_eq!(versions.success().stdout.trim(), "example.com/leaf v1.0.0");
    let outside = world.client("outside");
    outside
        .download(&goproxy, &["example.com/leaf@v1.1.0"])
        .failure();

    let folder_of_project = world.home.path().join("unpacked-app");
    tar::Archive::new(File::open(&of_project).unwrap())
        .unpack(&folder_of_project)
        .unwrap();
    let of_project = format!("file://{}", folder_of_project.display());
    let colleague = world.client("colleague");
    for args in [["mod", "tidy"], ["run", "."], ["vet", "./..."]] {
        let mut go = colleague.go(&of_project, &args);
        run(go.current_dir(&app)).success();
    }

    // It is the database that says so: another zip is refused.
    let zip = folder.join("example.com/leaf/@v/v1.0.0.zip");
    fs::write(
        &zip,
        leaf.clone()
            .file("leaf.go", "package leaf // altered\n")
            .zip(),
    )
    .unwrap();
    let misled = world.client("misled");
    let refused = misled
        .download(&goproxy, &["example.com/leaf@v1.0.0"])
        .failure();
    assert!(refused.stderr.contains("checksum mismatch"), "{refused}");
    world.tripwire.assert_untouched();
}
