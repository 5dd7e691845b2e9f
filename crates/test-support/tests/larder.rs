//! A process under care starts, is waited for and ends; a stand-in in shell takes the binary's place.

#![allow(clippy::unwrap_used)]

use std::{
    io::ErrorKind,
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use test_support::{FakeProxy, Larder, TempHome, run};

/// A script that serves for as long as it is let: its address is the fake's, printed a moment after the start.
fn stand_in(home: &TempHome, proxy: &FakeProxy) -> PathBuf {
    let script = format!(
        "#!/bin/sh\ncase $1 in\n\
         serve) echo \"serving with $2\"; test \"$2\" = broken && exit 7\n\
           trap 'exit 5' TERM; sleep 0.1; touch $LARDER_HOME/ready; while :; do sleep 0.02; done;;\n\
         goproxy) test -e $LARDER_HOME/ready && echo {}/token;;\n\
         version) echo fake;;\nesac\n",
        proxy.url()
    );
    let path = home.write("larder-stand-in", script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    // A child that another test starts this very moment holds our writing handle until its exec.
    while Command::new(&path)
        .output()
        .is_err_and(|error| error.kind() == ErrorKind::ExecutableFileBusy)
    {}
    path
}

fn runs(pid: u32) -> bool {
    Command::new("kill")
        .args(["-0", &pid.to_string()])
        .output()
        .unwrap()
        .status
        .success()
}

#[test]
fn it_is_ready_when_started_and_ends_on_sigterm() {
    let (home, proxy) = (TempHome::new(), FakeProxy::start_blocking());
    let larder = Larder::start(&stand_in(&home, &proxy), &home, &["--quiet"]);
    assert_eq!(larder.goproxy(), format!("{}/token", proxy.url()));
    assert_eq!(larder.run(&["version"]).success().stdout, "fake\n");
    assert!(
        larder.log().contains("serving with --quiet"),
        "{}",
        larder.log()
    );
    let stopped = larder.terminate();
    assert_eq!(stopped.status.code(), Some(5));
    assert!(stopped.took < Duration::from_secs(5), "{stopped:?}");
}

#[test]
fn it_can_be_killed_and_dropped() {
    let (home, proxy) = (TempHome::new(), FakeProxy::start_blocking());
    let bin = stand_in(&home, &proxy);
    let killed = Larder::start(&bin, &home, &[]).kill9();
    assert_eq!(killed.status.signal(), Some(9));

    let larder = Larder::start(&bin, &home, &[]);
    let pid = larder.pid();
    assert!(runs(pid));
    drop(larder);
    assert!(!runs(pid));
}

#[test]
#[should_panic(expected = "serving with broken")]
fn a_failed_start_panics_with_the_log() {
    let (home, proxy) = (TempHome::new(), FakeProxy::start_blocking());
    Larder::start(&stand_in(&home, &proxy), &home, &["broken"]);
}

#[test]
fn the_environment_of_larder_is_the_homes() {
    let home = TempHome::new();
    let script = home.write("env", "#!/bin/sh\necho $LARDER_HOME\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let seen = run(&mut home.larder(&script)).success().stdout;
    assert_eq!(seen.trim(), home.larder_home().to_str().unwrap());
}
