//! The life of an instance: where it says it is, who may be one, and how it ends.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use test_support::{Behaviour, FakeProxy, Gate, Larder, TempHome, http, run};

use crate::{Running, bin, fetch, json, larder, proxy, serve};

#[test]
fn without_an_instance_each_command_says_so_or_does_without() {
    let home = TempHome::new();
    let goproxy = larder(&home, &["goproxy"]).code(3);
    assert_eq!(goproxy.stdout, "");
    assert!(
        goproxy.stderr.contains("hint: start it: larder serve"),
        "{goproxy}"
    );

    let status = larder(&home, &["status"]).code(3);
    assert!(status.stdout.contains("is not running"), "{status}");
    assert_eq!(
        json(&larder(&home, &["status", "--json"]).code(3))["serving"],
        false
    );
    assert_eq!(
        larder(&home, &["stop"]).success().stdout,
        "Larder is not running.\n"
    );
    assert_eq!(larder(&home, &["log"]).success().stdout, "");
    // None of them left anything that looks like an instance.
    assert!(!home.larder_home().join("run/instance.json").exists());
}

#[test]
fn goproxy_prints_one_line_that_go_can_use() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    let printed = larder.run(&["goproxy"]).success();
    let address = printed.stdout.strip_suffix('\n').unwrap();
    assert!(!address.contains(char::is_whitespace), "{printed}");
    let (host, token) = address
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    assert!(host.starts_with("127.0.0.1:"), "{address}");
    assert!(token.len() >= 26 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let listed = run(home
        .go(&["list", "-m", "-versions", "example.com/hello"])
        .env("GOPROXY", address));
    assert_eq!(listed.success().stdout, "example.com/hello v1.0.0 v1.1.0\n");
}

#[test]
fn stdout_of_serve_is_the_line_to_copy_and_nothing_else() {
    let home = TempHome::new();
    let (mut running, goproxy) = Running::serve(
        &home,
        &["--port", "0", "--upstreams", "off", "--sumdb", "off"],
    );
    assert_eq!(
        larder(&home, &["goproxy"]).success().stdout.trim_end(),
        goproxy
    );
    assert!(
        running.stderr().contains("Point go at it"),
        "{}",
        running.stderr()
    );
    running.signal("TERM");
    assert_eq!(running.line(), "");
}

#[test]
fn a_second_instance_is_refused_and_the_first_goes_on() {
    let (home, proxy) = (TempHome::new(), proxy());
    let first = serve(&home, &proxy);
    let second = first.run(&["serve"]).code(5);
    let port = first
        .goproxy()
        .rsplit(':')
        .next()
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    assert!(
        second
            .stderr
            .contains(&format!("127.0.0.1:{port} (process {})", first.pid())),
        "{second}"
    );
    assert!(
        second.stderr.contains("larder status") && second.stderr.contains("larder stop"),
        "{second}"
    );
    assert_eq!(second.stdout, "");
    fetch(&first, "example.com/hello", "v1.0.0");
}

#[test]
fn commands_and_starts_wait_for_each_other() {
    let (home, proxy) = (TempHome::new(), proxy());
    let stop = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                larder(&home, &["cache", "size"]).success();
            }
        });
        for _ in 0..3 {
            serve(&home, &proxy).run(&["stop"]).success();
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_taken_port_is_named_and_nothing_is_left_behind() {
    let home = TempHome::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let refused = larder(
        &home,
        &[
            "serve",
            "--port",
            &port,
            "--upstreams",
            "off",
            "--sumdb",
            "off",
        ],
    )
    .code(5);
    assert!(
        refused
            .stderr
            .contains(&format!("error: port {port} on this computer is taken")),
        "{refused}"
    );
    assert!(refused.stderr.contains("hint: "), "{refused}");
    assert!(!home.larder_home().join("config/settings.toml").exists());
    larder(&home, &["status"]).code(3);
}

#[test]
fn the_port_of_the_first_start_stays_and_one_of_a_run_does_not() {
    let home = TempHome::new();
    let start = |args: &[&str]| {
        let (mut running, goproxy) = Running::serve(
            &home,
            &[args, &["--upstreams", "off", "--sumdb", "off"]].concat(),
        );
        running.signal("TERM");
        assert_eq!(running.end().code(), Some(0));
        goproxy
    };
    let settings = home.larder_home().join("config/settings.toml");
    start(&["--port", "0"]);
    assert!(!settings.exists());
    let first = start(&[]);
    let text = fs::read_to_string(&settings).unwrap();
    let port = first.split([':', '/']).nth(4).unwrap();
    assert!(
        text.contains(&format!("\nport = {port}\n")),
        "{first}: {text}"
    );
    assert_ne!(start(&["--port", "0"]), first);
    // Port and token: what go env holds stays good.
    assert_eq!(start(&[]), first);
    assert_eq!(fs::read_to_string(&settings).unwrap(), text);
}

#[test]
fn status_tells_what_is_in_force() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    fetch(&larder, "example.com/hello", "v1.0.0");
    let report = json(&larder.run(&["status", "--json"]).success());
    assert_eq!(report["serving"], true);
    assert_eq!(report["pid"], larder.pid());
    assert_eq!(report["profile"]["checksum_db"], "off");
    assert_eq!(report["cache"]["versions"], 1);
    assert!(
        larder
            .goproxy()
            .starts_with(report["address"].as_str().unwrap())
    );
    let shown = larder.run(&["status"]).success().stdout;
    assert!(
        shown.contains("is running") && shown.contains(&proxy.addr().to_string()),
        "{shown}"
    );
    assert!(shown.contains("1 module version in 3 files"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    assert!(
        larder
            .run(&["status", "--color", "always"])
            .stdout
            .contains('\u{1b}')
    );
}

#[test]
fn stop_returns_when_the_instance_is_gone() {
    let home = TempHome::new();
    let (mut running, _) = Running::serve(
        &home,
        &["--port", "0", "--upstreams", "off", "--sumdb", "off"],
    );
    assert_eq!(
        larder(&home, &["stop"]).success().stdout,
        "Larder has stopped.\n"
    );
    // The lock is free at once: the next one need not wait.
    let (mut next, _) = Running::serve(
        &home,
        &["--port", "0", "--upstreams", "off", "--sumdb", "off"],
    );
    assert_eq!(running.end().code(), Some(0));
    assert!(!next.has_ended());
}

#[test]
fn signals_end_it_in_good_order() {
    for signal in ["INT", "TERM", "HUP"] {
        let home = TempHome::new();
        let (mut running, _) = Running::serve(
            &home,
            &["--port", "0", "--upstreams", "off", "--sumdb", "off"],
        );
        let asked = Instant::now();
        running.signal(signal);
        assert_eq!(running.end().code(), Some(0), "{signal}");
        let took = asked.elapsed();
        // Half a second on a machine that has nothing else to do.
        assert!(took < Duration::from_secs(2), "{signal}: {took:?}");
        assert!(!home.larder_home().join("run/instance.json").exists());
        larder(&home, &["status"]).code(3);
    }
}

#[test]
fn who_started_it_to_outlive_the_terminal_has_it_outlive_the_terminal() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let home = TempHome::new();
    let script = format!(
        "trap '' HUP; exec {} serve --port 0 --upstreams off --sumdb off",
        bin().display()
    );
    let mut child = home
        .apply(
            Command::new("sh")
                .args(["-c", &script])
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )
        .spawn()
        .unwrap();
    crate::until("it serves", || larder(&home, &["goproxy"]).status.success());
    run(Command::new("kill").args(["-s", "HUP", &child.id().to_string()])).success();
    thread::sleep(Duration::from_millis(300));
    larder(&home, &["status"]).success();
    larder(&home, &["stop"]).success();
    assert!(child.wait().unwrap().success());
}

/// A proxy that holds a zip back, and a Larder that was asked for it.
fn with_a_request_under_way(
    test: impl FnOnce(&mut Running, &Gate, thread::JoinHandle<Option<usize>>),
) {
    let (home, gate) = (TempHome::new(), Gate::new());
    let proxy: FakeProxy = proxy();
    proxy.on(
        "/example.com/hello/@v/v1.0.0.zip",
        [Behaviour::normal().gate(&gate)],
    );
    let (mut running, goproxy) = Running::serve(
        &home,
        &["--port", "0", "--upstreams", &proxy.url(), "--sumdb", "off"],
    );
    let url = format!("{goproxy}/example.com/hello/@v/v1.0.0.zip");
    let asked = thread::spawn(move || Some(http::Request::get(&url).send().ok()?.whole().len()));
    gate.wait_arrived(1);
    test(&mut running, &gate, asked);
    gate.open();
}

#[test]
fn a_request_under_way_finishes_first() {
    with_a_request_under_way(|running, gate, asked| {
        running.signal("TERM");
        thread::sleep(Duration::from_millis(300));
        assert!(!running.has_ended());
        gate.open();
        assert!(asked.join().unwrap().is_some_and(|len| len > 0));
        assert_eq!(running.end().code(), Some(0));
    });
}

#[test]
fn a_second_signal_ends_it_at_once() {
    with_a_request_under_way(|running, _, asked| {
        running.signal("INT");
        thread::sleep(Duration::from_millis(300));
        assert!(!running.has_ended());
        running.signal("INT");
        assert_eq!(running.end().code(), Some(130));
        assert_eq!(asked.join().unwrap(), None);
    });
}

#[test]
fn after_a_crash_it_is_not_running_and_starts_again() {
    let (home, proxy) = (TempHome::new(), proxy());
    let first = serve(&home, &proxy);
    fetch(&first, "example.com/hello", "v1.0.0");
    let address = first.goproxy().to_owned();
    first.kill9();
    larder(&home, &["goproxy"]).code(3);
    larder(&home, &["stop"]).success();
    let again = serve(&home, &proxy);
    assert_eq!(
        again.goproxy().rsplit('/').next(),
        address.rsplit('/').next()
    );
    proxy.clear_log();
    fetch(&again, "example.com/hello", "v1.0.0");
    assert_eq!(proxy.paths(), [] as [&str; 0], "what was kept is there");
}

#[test]
fn at_the_real_defaults_it_starts_with_gos_own_list() {
    let home = TempHome::new();
    let defaults = run(home.go(&["env", "GOPROXY"]).env("GOENV", "off"))
        .success()
        .stdout;
    let first = defaults
        .trim()
        .split([',', '|'])
        .next()
        .unwrap()
        .trim_start_matches("https://");
    // Even where go is pointed at Larder itself already.
    let (mut running, goproxy) = Running::serve(&home, &["--port", "0"]);
    home.write("goenv", format!("GOPROXY={goproxy}\n"));
    running.signal("TERM");
    running.end();
    let larder = Larder::start(bin(), &home, &["--port", "0"]);
    let report = json(&larder.run(&["status", "--json"]).success());
    assert_eq!(report["profile"]["upstreams"][0], first);
}
