//! go is pointed at Larder by one command, downloads through it, and is given back what it was.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use test_support::{FakeProxy, Larder, Module, TempHome, Tripwire, http, run};

use crate::bin;

const PUBLIC: &str = "example.com/hello";
const PRIVATE: &str = "corp.example/secret";

fn module(path: &str) -> Module {
    Module::simple(path, "v1.0.0")
}

/// A fake proxy that has these modules.
fn proxy(paths: &[&str]) -> FakeProxy {
    let proxy = FakeProxy::start_blocking();
    for path in paths {
        proxy.add(&module(path));
    }
    proxy
}

/// A home as a person has it: nothing set in the shell, the env file at its usual place; and a guard against any other
/// dial.
fn home() -> (TempHome, Tripwire) {
    let home = TempHome::new();
    home.use_sumdb();
    home.remove_env("GOENV");
    let tripwire = Tripwire::start();
    home.watch(&tripwire);
    (home, tripwire)
}

fn env_file(home: &TempHome) -> PathBuf {
    home.path().join("config/go/env")
}

/// Downloads a module on a machine that has none yet.
#[track_caller]
fn download(home: &TempHome, path: &str) {
    home.fresh_modcache();
    run(&mut home.go(&["mod", "download", "-json", &format!("{path}@v1.0.0")])).success();
}

/// Whether go itself has asked this proxy.
fn is_go(proxy: &FakeProxy) -> bool {
    let requests = proxy.requests();
    let agents = requests
        .iter()
        .filter_map(|request| request.header("User-Agent"));
    agents
        .into_iter()
        .any(|agent| agent.starts_with("Go-http-client"))
}

#[test]
fn go_downloads_through_larder_and_afterwards_as_before() {
    let proxy = proxy(&[PUBLIC]);
    let (home, tripwire) = home();
    let told = format!("GOBIN=/tmp/bin\r\nGOSUMDB=off\nGOPROXY={}", proxy.url());
    fs::write(env_file(&home), &told).unwrap();
    download(&home, PUBLIC);
    assert!(is_go(&proxy), "by itself");

    let larder = Larder::start(bin(), &home, &["--port", "0"]);
    larder.run(&["env", "on"]).success();
    proxy.clear_log();
    download(&home, PUBLIC);
    assert!(!is_go(&proxy), "{:?}", proxy.requests());
    assert_eq!(proxy.count(&format!("/{PUBLIC}/@v/v1.0.0.zip")), 1);
    // The token is another one, and go has it already.
    larder.run(&["token", "rotate"]).success();
    download(&home, PUBLIC);
    assert!(!is_go(&proxy));

    larder.run(&["env", "off"]).success();
    assert_eq!(fs::read_to_string(env_file(&home)).unwrap(), told);
    download(&home, PUBLIC);
    assert!(is_go(&proxy), "by itself again");

    // Pointed at Larder once more, and given back by the end of it.
    larder.run(&["env", "on"]).success();
    proxy.clear_log();
    download(&home, PUBLIC);
    assert!(!is_go(&proxy));
    assert!(larder.terminate().status.success());
    assert_eq!(fs::read_to_string(env_file(&home)).unwrap(), told);
    download(&home, PUBLIC);
    assert!(is_go(&proxy));
    tripwire.assert_untouched();
}

#[test]
fn behind_the_net_go_works_when_larder_is_killed() {
    // Its checksum database is not asked, as GONOSUMDB says so; there is one all the same, or there would be no net.
    let proxy = proxy(&[PUBLIC]);
    let (home, _tripwire) = home();
    let told = format!("GOPROXY={}\nGONOSUMDB=example.com\n", proxy.url());
    fs::write(env_file(&home), &told).unwrap();
    let larder = Larder::start(bin(), &home, &["--port", "0"]);
    larder.run(&["env", "on"]).success();
    download(&home, PUBLIC);
    assert!(!is_go(&proxy));
    larder.kill9();
    download(&home, PUBLIC);
    assert!(is_go(&proxy), "by the profile's own list");
    run(home.larder(bin()).args(["env", "off"])).success();
    assert_eq!(fs::read_to_string(env_file(&home)).unwrap(), told);
}

/// `larder serve`, started as for a socket unit of systemd: by the first that connects to this port.
struct Held {
    child: Child,
    port: u16,
}

impl Held {
    fn port_of(home: &TempHome) -> Self {
        // Below what systems choose from for those who ask for any.
        let port = fastrand::u16(20_000..32_000);
        let mut larder = home.larder(bin());
        larder.args(["serve", "--quiet"]);
        let mut activate = Command::new("systemd-socket-activate");
        activate.args(["-l", &format!("127.0.0.1:{port}")]);
        for (name, value) in larder.get_envs() {
            let (name, value) = (name.to_str().unwrap(), value.unwrap().to_str().unwrap());
            activate.args(["-E", &format!("{name}={value}")]);
        }
        activate.arg(larder.get_program()).args(larder.get_args());
        let log = home.path().join("activated.log");
        let file = fs::File::create(&log).unwrap();
        let child = activate
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .expect("systemd-socket-activate must be there for the tests: run scripts/setup");
        let until = Instant::now() + Duration::from_secs(30);
        while !fs::read_to_string(&log).unwrap().contains("Listening on") {
            assert!(Instant::now() < until, "the port is not held");
            thread::sleep(Duration::from_millis(10));
        }
        Self { child, port }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.child.wait();
    }
}

#[test]
fn where_the_port_is_held_private_modules_come_through_larder_from_their_own_place() {
    let (public, company) = (proxy(&[PUBLIC, PRIVATE]), proxy(&[PRIVATE]));
    let (home, tripwire) = home();
    let settings = format!(
        "profile = \"work\"\n[profiles.work]\nupstreams = \"{}\"\nchecksum-database = \"off\"\n\
         private = [\"corp.example/*\"]\nprivate-upstreams = \"{}\"\n",
        public.url(),
        company.url()
    );
    home.write("larder/config/settings.toml", settings);
    let config = home.larder_home().join("config");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(config, mode).unwrap();
    let held = Held::port_of(&home);
    // Whoever connects first has Larder started.
    let nothing = http::get(&format!("http://127.0.0.1:{}/nothing", held.port));
    assert_eq!(nothing.status, 403);
    let env = |what: &str| run(home.larder(bin()).args(["env", what])).success();
    env("on");
    let file = fs::read_to_string(env_file(&home)).unwrap();
    assert!(
        file.contains("\nGONOPROXY=none\n") && !file.contains('|'),
        "{file}"
    );
    assert!(file.contains("\nGOPRIVATE=corp.example/*\n"), "{file}");

    download(&home, PRIVATE);
    download(&home, PUBLIC);
    assert!(!is_go(&public) && !is_go(&company));
    assert_eq!(company.count(&format!("/{PRIVATE}/@v/v1.0.0.zip")), 1);
    let asked_of_public = public.requests();
    assert!(
        asked_of_public
            .iter()
            .all(|request| !request.path.contains("corp.example")),
        "{asked_of_public:?}"
    );
    // The profile goes, and with it the place of the private ones: go asks nobody's proxy for them.
    run(home.larder(bin()).args(["use", "public"])).success();
    let file = fs::read_to_string(env_file(&home)).unwrap();
    assert!(!file.contains("GONOPROXY"), "{file}");
    env("off");
    assert!(!env_file(&home).exists());
    tripwire.assert_untouched();
}

#[test]
fn killed_at_any_moment_go_env_can_be_given_back() {
    let proxy = proxy(&[PUBLIC]);
    let rounds: u64 = std::env::var("LARDER_TEST_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .map_or(6, |rounds: u64| rounds.min(60));
    let (home, _tripwire) = home();
    let told = format!("GOPROXY={}\r\n# mine\nGOSUMDB=off", proxy.url());
    fs::write(env_file(&home), &told).unwrap();
    for round in 0..rounds {
        let larder = Larder::start(bin(), &home, &["--port", "0"]);
        let mut on = home.larder(bin());
        let mut on = on
            .args(["env", "on"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // An `on` takes some tens of milliseconds, most of them in the go command.
        let moment = Duration::from_millis(fastrand::u64(0..120));
        thread::sleep(moment);
        larder.kill9();
        on.wait().unwrap();
        let off = run(home.larder(bin()).args(["env", "off"])).success();
        assert_eq!(
            fs::read_to_string(env_file(&home)).unwrap(),
            told,
            "round {round}, killed after {moment:?}: {off}"
        );
    }
    let settings = fs::read_to_string(home.larder_home().join("config/settings.toml"));
    assert!(
        !settings.unwrap_or_default().contains("company-2"),
        "once is enough"
    );
}
