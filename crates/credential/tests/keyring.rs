//! The keyring for real: gnome-keyring on a session bus of its own, in a home of its own. The keyring and the bus of
//! whoever runs the tests are never touched.
//!
//! Each test starts `dbus-run-session` with this same program in it, which then runs one part (a test that is otherwise
//! ignored) on that bus. Needs dbus-daemon and gnome-keyring; without them a test says so and does nothing.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use credential::{
    Credential, CredentialError, Keep, KeptIn, Keyring, KeyringError, Listed, Origin,
};
use secret::Secret;

/// Set for a part that runs on its own bus.
const ON_OWN_BUS: &str = "CREDENTIAL_TEST_ON_OWN_BUS";

/// A bus that starts no service by itself.
const BARE_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><keep_umask/><listen>unix:dir=RUNTIME</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

fn missing() -> Option<String> {
    let missing: Vec<_> = [
        "dbus-run-session",
        "dbus-daemon",
        "dbus-send",
        "gnome-keyring-daemon",
    ]
    .into_iter()
    .filter(|tool| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        !std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
    })
    .collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

/// Runs one part of this program on a bus of its own.
fn on_own_bus(part: &str) {
    if let Some(missing) = missing() {
        // Not by `eprintln!`, which the test harness swallows.
        let said = format!(
            "SKIPPED {part}: without {missing}; install Debian's dbus-daemon, dbus-bin and gnome-keyring\n"
        );
        let _ = std::io::stderr().write_all(said.as_bytes());
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let runtime = home.path().join("runtime");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
    let bus = home.path().join("bus.conf");
    fs::write(&bus, BARE_BUS.replace("RUNTIME", runtime.to_str().unwrap())).unwrap();

    let output = Command::new("dbus-run-session")
        .arg(format!("--config-file={}", bus.display()))
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", part, "--nocapture"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", &runtime)
        .env(ON_OWN_BUS, home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{part}:\n{}", shown.concat());
    assert!(
        shown[0].contains("1 passed"),
        "{part} did not run:\n{}",
        shown.concat()
    );
}

/// Stops a part that somebody runs by hand, on the bus they work on.
fn only_on_own_bus() {
    let home = std::env::var_os(ON_OWN_BUS).expect("run by the other tests, on a bus of its own");
    assert_eq!(std::env::var_os("HOME").unwrap(), home);
    let bus = std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap();
    assert!(bus.contains(Path::new(&home).to_str().unwrap()), "{bus}");
}

fn sh(script: &str) {
    let status = Command::new("sh").args(["-c", script]).status().unwrap();
    assert!(status.success(), "{script}: {status}");
}

/// Starts gnome-keyring on this bus, in place of the one that may be there, and waits until it is to be reached.
/// `--unlock` makes its login keyring, or opens the one there is.
fn start(how: &str) {
    let mut daemon = Command::new("gnome-keyring-daemon")
        .args(["--replace", how, "--components=secrets"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut password = daemon.stdin.take().unwrap();
    password.write_all(b"test-password\n").unwrap();
    drop(password);
    // It goes on in the background, and takes its name on the bus a moment later.
    assert!(daemon.wait().unwrap().success());
    let begun = Instant::now();
    while let Err(error) = Keyring::default().probe() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it does not start: {error}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

const UNLOCKED: &str = "--unlock";

/// Locks the login keyring over the bus.
fn lock() {
    sh(
        "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
        org.freedesktop.Secret.Service.Lock \
        array:objpath:/org/freedesktop/secrets/collection/login >/dev/null",
    );
}

fn origin() -> Origin {
    "https://proxy.corp.example:8443".parse().unwrap()
}

fn basic(password: &str) -> Credential {
    Credential::basic(origin(), "bob", Secret::new(password)).unwrap()
}

#[track_caller]
fn keyring_error<T: std::fmt::Debug>(result: Result<T, CredentialError>) -> KeyringError {
    match result {
        Err(CredentialError::Keyring(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_keeps_and_gives_back() {
    on_own_bus("part_keeps_and_gives_back");
}

#[test]
#[ignore = "a part, run on its own bus"]
fn part_keeps_and_gives_back() {
    only_on_own_bus();
    start(UNLOCKED);
    let keyring = Keyring::default();
    assert_eq!(keyring.probe(), Ok(()));
    assert_eq!(keyring.get(&origin()).unwrap(), None);
    assert!(!keyring.remove(&origin()).unwrap());
    keyring.set(&basic("hunter2")).unwrap();
    keyring.set(&basic("pässword: \"new\"")).unwrap();
    let other = "https://other.example".parse::<Origin>().unwrap();
    let token = Credential::bearer(other.clone(), Secret::new("t0k3n")).unwrap();
    keyring.set(&token).unwrap();

    // Another connection, as after a restart.
    let keyring = Keyring::default();
    assert_eq!(
        keyring.get(&origin()).unwrap(),
        Some(basic("pässword: \"new\""))
    );
    assert_eq!(keyring.get(&other).unwrap(), Some(token));
    let plain = "http://proxy.corp.example:8443".parse::<Origin>().unwrap();
    let listed = keyring.list(&[plain, origin()]).unwrap();
    assert_eq!(listed, [Listed::of(&basic("x"), KeptIn::Keyring)]);
    assert!(keyring.remove(&origin()).unwrap());
    assert_eq!(keyring.get(&origin()).unwrap(), None);
    assert!(keyring.get(&other).unwrap().is_some());

    // On disk it is in the keyring of this home, encrypted, and nowhere else.
    let home = std::env::var("HOME").unwrap();
    sh(&format!(
        "[ -e {home}/.local/share/keyrings/login.keyring ] && ! grep -rqa t0k3n {home}"
    ));
}

#[test]
fn without_a_secret_service_it_says_so_and_finds_one_that_starts_later() {
    on_own_bus("part_starts_later");
}

#[test]
#[ignore = "a part, run on its own bus"]
fn part_starts_later() {
    only_on_own_bus();
    let keyring = Keyring::default();
    for error in [
        keyring_error(keyring.get(&origin())),
        keyring_error(keyring.set(&basic("hunter2"))),
        keyring.probe().unwrap_err(),
    ] {
        assert!(matches!(error, KeyringError::None { .. }), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }
    start(UNLOCKED);
    keyring.set(&basic("hunter2")).unwrap();
    assert_eq!(keyring.get(&origin()).unwrap(), Some(basic("hunter2")));
}

#[test]
fn a_keyring_that_was_started_anew_is_found_again() {
    on_own_bus("part_started_anew");
}

#[test]
#[ignore = "a part, run on its own bus"]
fn part_started_anew() {
    only_on_own_bus();
    start(UNLOCKED);
    let keyring = Keyring::default();
    keyring.set(&basic("hunter2")).unwrap();
    start(UNLOCKED);
    assert_eq!(keyring.get(&origin()).unwrap(), Some(basic("hunter2")));
}

#[test]
fn without_a_bus_it_says_so() {
    on_own_bus("part_without_a_bus");
}

#[test]
#[ignore = "a part, run on its own bus"]
fn part_without_a_bus() {
    only_on_own_bus();
    // The same program once more, with an address where nobody listens, and with none at all.
    for address in [Some("unix:path=/nonexistent/bus"), None] {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--ignored", "--exact", "part_no_bus_at_all", "--nocapture"]);
        again.env_remove("DBUS_SESSION_BUS_ADDRESS");
        if let Some(address) = address {
            again.env("DBUS_SESSION_BUS_ADDRESS", address);
        }
        let empty = tempfile::tempdir().unwrap();
        let output = again.env("XDG_RUNTIME_DIR", empty.path()).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && shown.contains("1 passed"),
            "{address:?}: {shown}"
        );
    }
}

#[test]
#[ignore = "a part of a part, run without a bus"]
fn part_no_bus_at_all() {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").unwrap();
    assert!(
        std::env::var_os(ON_OWN_BUS).is_some() && fs::read_dir(runtime).unwrap().next().is_none()
    );
    let error = keyring_error(Keyring::default().get(&origin()));
    assert!(matches!(error, KeyringError::None { .. }), "{error}");
    assert!(error.to_string().contains("bus"), "{error}");
}

#[test]
fn a_locked_keyring_says_so() {
    on_own_bus("part_locked");
}

#[test]
#[ignore = "a part, run on its own bus"]
fn part_locked() {
    only_on_own_bus();
    start(UNLOCKED);
    let keyring = Keyring::default();
    keyring.set(&basic("hunter2")).unwrap();
    assert_eq!(keyring.is_locked(), Ok(false));
    lock();
    assert_eq!(keyring.is_locked(), Ok(true));
    // Nobody is there to be asked on this bus: gnome-keyring answers as if its question had been dismissed.
    for error in [
        keyring_error(keyring.get(&origin())),
        keyring_error(keyring.set(&basic("other"))),
    ] {
        assert!(
            matches!(error, KeyringError::Locked | KeyringError::Denied),
            "{error}"
        );
    }
    // Once it is unlocked, all is there as before.
    start(UNLOCKED);
    assert_eq!(keyring.get(&origin()).unwrap(), Some(basic("hunter2")));
}

#[test]
fn a_keyring_that_was_never_set_up_says_so() {
    on_own_bus("part_never_set_up");
}

#[test]
#[ignore = "a part, run on its own bus"]
fn part_never_set_up() {
    only_on_own_bus();
    start("--daemonize");
    let keyring = Keyring::default();
    assert_eq!(keyring.get(&origin()).unwrap(), None);
    assert_eq!(keyring.is_locked(), Err(KeyringError::Locked));
    assert_eq!(
        keyring_error(keyring.set(&basic("hunter2"))),
        KeyringError::Locked
    );
}

/// Holds the Secret Service of this bus still: it keeps its name and answers nothing. Ends it when dropped.
struct HeldStill(String);

impl HeldStill {
    fn now() -> Self {
        let asked = Command::new("dbus-send")
            .args([
                "--session",
                "--print-reply=literal",
                "--dest=org.freedesktop.DBus",
                "/",
            ])
            .args([
                "org.freedesktop.DBus.GetConnectionUnixProcessID",
                "string:org.freedesktop.secrets",
            ])
            .output()
            .unwrap();
        let answer = String::from_utf8(asked.stdout).unwrap();
        let id: u32 = answer.split_whitespace().last().unwrap().parse().unwrap();
        let held = Self(id.to_string());
        held.signal("STOP");
        held
    }

    fn signal(&self, signal: &str) {
        sh(&format!("kill -{signal} {}", self.0));
    }
}

impl Drop for HeldStill {
    fn drop(&mut self) {
        self.signal("KILL");
    }
}

#[test]
fn a_secret_service_that_hangs_costs_the_deadline() {
    on_own_bus("part_hangs");
}

#[test]
#[ignore = "a part, run on its own bus"]
fn part_hangs() {
    only_on_own_bus();
    start(UNLOCKED);
    let deadline = Duration::from_millis(700);
    let keyring = Keyring::new(deadline);
    keyring.set(&basic("hunter2")).unwrap();
    let held = HeldStill::now();
    let begun = Instant::now();
    let late = KeyringError::Deadline { after: deadline };
    assert_eq!(keyring_error(keyring.get(&origin())), late);
    assert_eq!(keyring_error(Keyring::new(deadline).get(&origin())), late);
    assert!(begun.elapsed() < Duration::from_secs(10));
    held.signal("CONT");
    assert_eq!(keyring.get(&origin()).unwrap(), Some(basic("hunter2")));
}
