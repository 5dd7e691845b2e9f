//! `larder doctor` about what is around Larder: the port, other programs' versions, go and go env, the keyring.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use test_support::disk::{Disk, runs_where_it_may_mount};
use test_support::{Larder, TempHome, http};

use super::{Diagnosis, free_port, home_asking, settle};
use crate::credentials::Desktop;
use crate::{bin, proxy, serve};

/// A folder with nothing but this `go` in it.
fn only_go(home: &TempHome, script: &str) {
    let path = go_script(&home.path().join("only-go"), script);
    home.set_env("PATH", path);
}

/// Puts a `go` into a folder, and gives the folder.
fn go_script(folder: &Path, script: &str) -> std::path::PathBuf {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join("go");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder.to_owned()
}

#[test]
fn another_program_is_at_the_port_and_go_has_an_old_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (home, proxy) = (TempHome::new(), proxy());
    let says = |port: u16| {
        let url = proxy.url();
        format!(
            "port = {port}\n[profiles.public]\nupstreams = \"{url}\"\nchecksum-database = \"off\"\n"
        )
    };
    settle(&home, &says(port));
    let told = Diagnosis::of(&home, 1);
    let pid = format!("process {}", std::process::id());
    told.has("port", "broken", &pid);
    let free = free_port();
    settle(&home, &says(free));
    home.set_env("GOPROXY", format!("http://127.0.0.1:{free}/an-old-token"));
    let told = Diagnosis::of(&home, 1);
    told.has("port", "ok", "held by nobody").has(
        "go-env",
        "broken",
        "a token that is not in force",
    );
    assert!(
        !told
            .0
            .iter()
            .any(|line| line.to_string().contains("an-old-token"))
    );
    home.set_env("GOPROXY", "https://ann:hunter2@proxy.example.com");
    let told = Diagnosis::of(&home, 0);
    told.has("go-env", "warning", "as your shell sets GOPROXY");
    assert!(
        !told
            .0
            .iter()
            .any(|line| line.to_string().contains("hunter2"))
    );
}

#[test]
fn go_is_pointed_at_a_larder_that_is_gone_and_a_shell_says_otherwise() {
    let proxy = proxy();
    let home = TempHome::new();
    home.use_sumdb();
    home.remove_env("GOENV");
    let url = proxy.url();
    settle(
        &home,
        &format!(
            "port = {}\n[profiles.public]\nupstreams = \"{url}\"\nchecksum-database = \"off\"\n",
            free_port()
        ),
    );
    let running = Larder::start(bin(), &home, &[]);
    running.run(&["env", "on"]).success();
    Diagnosis::of(&home, 0).has("go-env", "ok", "pointed at Larder");
    home.set_env("GOPROXY", "https://ann:hunter2@proxy.example.com");
    let told = Diagnosis::of(&home, 1);
    told.has("go-env", "broken", "as your shell sets GOPROXY");
    assert_eq!(told.lines("go-env")[0]["mend"][0], "unset GOPROXY");
    home.remove_env("GOPROXY");

    running.kill9();
    let told = Diagnosis::of(&home, 1);
    told.has(
        "go-env",
        "broken",
        "which does not run, and nothing holds its port",
    )
    .has("instance", "warning", "not running");
}

#[test]
fn a_program_of_another_version_asks() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    let control = fs::read_to_string(home.larder_home().join("data/token.control")).unwrap();
    let (server, _) = larder.goproxy().rsplit_once('/').unwrap();
    let question = json!({"caller": {"variables": {}}, "version": "0.0.1"});
    let reply = http::Request::new("POST", &format!("{server}/-/call/doctor"))
        .header("Authorization", &format!("Bearer {}", control.trim()))
        .header("Content-Type", "application/json")
        .body(question.to_string())
        .send()
        .unwrap();
    let told: Value = serde_json::from_slice(&reply.whole()).unwrap();
    let told = Diagnosis(told["lines"].as_array().unwrap().clone());
    told.has("instance", "warning", "and this program is version 0.0.1");
}

#[test]
fn a_go_that_fails_another_from_the_desktop_and_no_git() {
    let proxy = proxy();
    let home = home_asking(&format!("{},direct", proxy.url()), "off");
    // What it is asked besides its version, the real one answers.
    let root = home
        .run_go(home.path(), &["env", "GOROOT"])
        .success()
        .stdout;
    let another = format!(
        "[ \"$*\" = 'env GOVERSION' ] && echo go1.99.9 || exec '{}/bin/go' \"$@\"",
        root.trim()
    );
    only_go(&home, "exit 3");
    let told = Diagnosis::of(&home, 1);
    told.has("go", "broken", "does not work").has(
        "upstream",
        "warning",
        "direct: Larder finds no go",
    );
    only_go(&home, &another);
    Diagnosis::of(&home, 0)
        .has("upstream", "warning", "direct: git can't be run")
        .has("desktop-go", "warning", "");
    let home = home_asking("direct", "off");
    only_go(&home, &another);
    Diagnosis::of(&home, 1).has("upstream", "broken", "direct: git can't be run");
}

#[test]
fn no_go_at_all_and_another_one_from_the_desktop() {
    let name = "doctor::around::no_go_at_all_and_another_one_from_the_desktop";
    if !runs_where_it_may_mount(name) {
        return;
    }
    let proxy = proxy();
    let home = home_asking(&proxy.url(), "off");
    let mine = go_script(&home.path().join("mine"), "echo go1.99.9");
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    home.set_env("PATH", &empty);
    // Wherever there is one on this computer, there is none now.
    let mut hidden = Vec::new();
    let told = loop {
        let told = Diagnosis::told(crate::larder(&home, &["doctor", "--json"]));
        let found = told.lines("go")[0]["found"].as_str().unwrap().to_owned();
        let Some((_, path)) = found.split_once("your PATH has none; there is ") else {
            break told;
        };
        let (_, path) = path.split_once(", ").unwrap();
        hidden.push(Disk::mount(Path::new(path).parent().unwrap(), 1 << 20));
        assert!(hidden.len() < 10, "{found}");
    };
    told.has("go", "broken", "no working go command")
        .has("desktop-go", "warning", "none: ")
        .has("go-env", "warning", "no go command");

    let desktop = Path::new("/usr/local/bin");
    let _hidden = Disk::mount(desktop, 1 << 20);
    go_script(desktop, "echo go1.98.7");
    home.set_env("PATH", &mine);
    let told = Diagnosis::told(crate::larder(&home, &["doctor", "--json"]));
    told.has(
        "desktop-go",
        "warning",
        "go1.98.7, /usr/local/bin/go, and your shell runs go1.99.9",
    );
}

#[test]
fn a_keyring_that_is_there_and_one_that_is_locked() {
    let proxy = proxy();
    let home = home_asking(&proxy.url(), "off");
    let Some(desktop) = Desktop::start(&home) else {
        return;
    };
    Diagnosis::of(&home, 0).has("keyring", "ok", "there, for credentials");
    desktop.lock(&home);
    Diagnosis::of(&home, 0).has("keyring", "warning", "it is locked");
}
