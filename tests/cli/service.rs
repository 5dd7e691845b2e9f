//! `larder service`: the port is held from login on, with systemd and without; `larder serve` then attaches.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use test_support::{Larder, TempHome, http, run};

use crate::{bin, json, larder, proxy, serve, until};

/// A home without settings in its shell, and with a proxy of everybody's that is this fake one.
fn home(proxy: &test_support::FakeProxy) -> TempHome {
    let home = TempHome::new();
    home.remove_env("GOENV");
    home.use_sumdb();
    let settings = format!(
        "port = {}\n[profiles.public]\nupstreams = \"{}\"\nchecksum-database = \"off\"\n",
        free_port(),
        proxy.url()
    );
    home.write("larder/config/settings.toml", settings);
    let config = home.larder_home().join("config");
    fs::set_permissions(config, fs::Permissions::from_mode(0o700)).unwrap();
    home
}

fn settings(home: &TempHome) -> String {
    fs::read_to_string(home.larder_home().join("config/settings.toml")).unwrap()
}

/// The port of every run.
fn port(home: &TempHome) -> u16 {
    let settings = settings(home);
    let line = settings
        .lines()
        .find_map(|line| line.strip_prefix("port = "));
    line.unwrap_or_else(|| panic!("{settings}"))
        .parse()
        .unwrap()
}

fn env_file(home: &TempHome) -> PathBuf {
    home.path().join("config/go/env")
}

fn goproxy(home: &TempHome) -> String {
    let output = run(&mut home.go(&["env", "GOPROXY"])).success();
    output.stdout.trim_end().to_owned()
}

/// A port that is free now, and is given to nobody who asks for any: it lies below what systems choose from.
fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(20_000..32_000);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// `larder serve` as systemd starts it for a socket unit: by whoever connects first.
struct Activated {
    child: Child,
    port: u16,
}

impl Activated {
    fn listen(home: &TempHome, addresses: &[&str]) -> Self {
        let port = free_port();
        let mut larder = home.larder(bin());
        larder.args(["serve", "--quiet"]);
        let mut activate = Command::new("systemd-socket-activate");
        for address in addresses {
            activate.arg("-l").arg(format!("{address}:{port}"));
        }
        for (name, value) in larder.get_envs() {
            let value = value.unwrap().to_str().unwrap();
            activate
                .arg("-E")
                .arg(format!("{}={value}", name.to_str().unwrap()));
        }
        activate.arg(larder.get_program()).args(larder.get_args());
        let log = fs::File::create(home.path().join("activated.log")).unwrap();
        let child = activate
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("systemd-socket-activate must be there for the tests: run scripts/setup");
        // It says so once it listens; connecting would start Larder already.
        until("the port is held", || {
            let log = fs::read_to_string(home.path().join("activated.log")).unwrap();
            log.matches("Listening on").count() >= addresses.len()
        });
        Self { child, port }
    }

    fn end(mut self, signal: &str) {
        let pid = self.child.id().to_string();
        run(Command::new("kill").args(["-s", signal, &pid])).success();
        until("it has ended", || self.child.try_wait().unwrap().is_some());
    }
}

impl Drop for Activated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sockets_that_are_handed_over_are_served_at() {
    let proxy = proxy();
    let home = home(&proxy);
    let activated = Activated::listen(&home, &["127.0.0.1", "[::1]"]);
    let port = activated.port;
    larder(&home, &["goproxy"]).code(3);
    // Whoever connects has it started.
    assert_eq!(
        http::get(&format!("http://127.0.0.1:{port}/nothing")).status,
        403
    );
    let address = larder(&home, &["goproxy"])
        .success()
        .stdout
        .trim_end()
        .to_owned();
    assert!(
        address.starts_with(&format!("http://127.0.0.1:{port}/")),
        "{address}"
    );
    for address in [address.clone(), address.replace("127.0.0.1", "[::1]")] {
        let list = http::get(&format!("{address}/example.com/hello/@v/list"));
        assert_eq!(list.text(), "v1.0.0\nv1.1.0\n");
    }
    // Nothing of it goes on to children, and nobody is told the token who did not ask.
    let environ = fs::read(format!("/proc/{}/environ", activated.child.id())).unwrap();
    assert!(!environ.is_empty());
    let log = fs::read_to_string(home.path().join("activated.log")).unwrap();
    assert!(!log.contains(address.rsplit('/').next().unwrap()), "{log}");

    // Somebody holds the port: go env stays.
    let on = json(&larder(&home, &["env", "on", "--json"]).success());
    assert_eq!(
        (&on["stays"], &on["hold"]),
        (&Value::Bool(true), &Value::from("socket")),
        "{on}"
    );
    activated.end("TERM");
    assert_eq!(goproxy(&home), address);
    larder(&home, &["env", "off"]).success();
    assert!(!env_file(&home).exists());
}

#[test]
fn sockets_that_others_can_reach_are_refused() {
    let proxy = proxy();
    let home = home(&proxy);
    let mut activated = Activated::listen(&home, &["0.0.0.0"]);
    let _ = std::net::TcpStream::connect(("127.0.0.1", activated.port));
    until("it has ended", || {
        activated.child.try_wait().unwrap().is_some()
    });
    let log = fs::read_to_string(home.path().join("activated.log")).unwrap();
    assert!(log.contains("can be reached from elsewhere"), "{log}");
    assert_eq!(activated.child.wait().unwrap().code(), Some(2));
}

#[test]
fn sockets_of_another_process_are_not_taken() {
    let proxy = proxy();
    let home = home(&proxy);
    home.set_env("LISTEN_FDS", "1");
    home.set_env("LISTEN_PID", "1");
    let serving = serve(&home, &proxy);
    assert_eq!(
        http::get(&format!("{}/example.com/hello/@v/list", serving.goproxy())).status,
        200
    );
}

#[test]
fn without_systemd_larder_is_started_with_every_login() {
    let proxy = proxy();
    let home = home(&proxy);
    let nobody = larder(&home, &["service", "status"]).code(3);
    assert!(nobody.stdout.contains("larder service install"), "{nobody}");
    let nothing = larder(&home, &["service", "remove"]).success();
    assert_eq!(nothing.stdout, "It is not installed.\n");

    let installed = json(&larder(&home, &["service", "install", "--json"]).success());
    let entry = home.path().join("config/autostart/larder.desktop");
    assert_eq!(installed["way"], "autostart");
    assert_eq!(installed["files"][0], entry.to_str().unwrap());
    let text = fs::read_to_string(&entry).unwrap();
    let exec = text
        .lines()
        .find_map(|line| line.strip_prefix("Exec="))
        .unwrap();
    assert!(
        exec.contains(bin().to_str().unwrap()) && exec.ends_with(" serve --quiet"),
        "{exec}"
    );
    assert!(
        exec.contains(home.larder_home().to_str().unwrap()),
        "{exec}"
    );
    let port = port(&home);
    let status = json(&larder(&home, &["service", "status", "--json"]).success());
    assert_eq!(
        (&status["hold"], &status["port"]),
        (&Value::from("autostart"), &Value::from(port))
    );

    // What is started at login holds the port of every run: there go env stays, over the end of Larder.
    larder(&home, &["env", "on"]).code(3);
    let serving = Larder::start(bin(), &home, &[]);
    assert!(serving.goproxy().contains(&format!(":{port}/")));
    let on = json(&serving.run(&["env", "on", "--json"]).success());
    assert_eq!(on["stays"], true, "{on}");
    let address = serving.goproxy().to_owned();
    serving.terminate();
    assert_eq!(goproxy(&home), address);

    // A run at another port is an exception, and leaves it alone.
    let elsewhere = Larder::start(bin(), &home, &["--port", "0"]);
    assert_eq!(goproxy(&home), address);
    elsewhere.terminate();
    assert_eq!(goproxy(&home), address);

    let serving = Larder::start(bin(), &home, &[]);
    let removed = serving.run(&["service", "remove"]).success();
    assert!(
        removed.stdout.contains(entry.to_str().unwrap()),
        "{removed}"
    );
    assert!(!entry.exists());
    assert_eq!(goproxy(&home), address, "as long as it runs");
    serving.terminate();
    assert!(!env_file(&home).exists(), "then nobody holds the port");
}

#[test]
fn without_an_instance_a_removal_gives_go_env_back_at_once() {
    let proxy = proxy();
    let home = home(&proxy);
    larder(&home, &["service", "install"]).success();
    let serving = Larder::start(bin(), &home, &[]);
    serving.run(&["env", "on"]).success();
    serving.terminate();
    assert!(env_file(&home).exists());
    larder(&home, &["service", "remove"]).success();
    assert!(!env_file(&home).exists());
}

/// A `systemctl --user` that knows larder.socket and larder.service, and does what systemd does for them with
/// `systemd-socket-activate`; each order is written down.
fn with_systemd(home: &TempHome) {
    let script = r#"#!/bin/bash
shift # --user
folder=$(dirname "$0")
units=$XDG_CONFIG_HOME/systemd/user
echo "$*" >> "$folder/orders"
alive() { [ -f "$folder/pid" ] && kill -0 "$(cat "$folder/pid")" 2>/dev/null; }
case "$*" in
show\ --property=Version) echo Version=252 ;;
show\ larder.socket*)
    if [ -f "$units/larder.socket" ]; then
        sed -n 's/^ListenStream=\(.*\)/Listen=\1 (Stream)/p' "$units/larder.socket"
        echo LoadState=loaded
        if alive; then echo ActiveState=active; else echo ActiveState=inactive; fi
    else
        echo LoadState=not-found
        echo ActiveState=inactive
    fi
    ;;
daemon-reload | enable\ larder.socket) ;;
enable\ --now\ larder.socket)
    [ -f "$folder/broken" ] && { echo "Failed to start larder.socket" >&2; exit 1; }
    arguments=()
    for address in $(sed -n 's/^ListenStream=//p' "$units/larder.socket"); do arguments+=(-l "$address"); done
    while read -r name; do arguments+=(-E "$name=${!name}"); done < <(compgen -e)
    command=$(sed -n 's/^ExecStart=//p' "$units/larder.service")
    : > "$folder/log"
    eval "setsid systemd-socket-activate \"\${arguments[@]}\" $command >> '$folder/log' 2>&1 < /dev/null &"
    echo $! > "$folder/pid"
    for _ in $(seq 500); do
        [ "$(grep -c 'Listening on' "$folder/log")" -ge 1 ] && exit 0
        sleep 0.02
    done
    cat "$folder/log" >&2
    exit 1
    ;;
disable\ --now\ larder.socket | stop\ larder.service)
    if alive; then
        pid=$(cat "$folder/pid")
        kill "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
    fi
    rm -f "$folder/pid"
    ;;
*) echo "unknown order: $*" >&2; exit 1 ;;
esac
"#;
    let path = home.write("fake-systemd/systemctl", script);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let folder = home.path().join("fake-systemd");
    let search = std::env::var("PATH").unwrap();
    home.set_env("PATH", format!("{}:{search}", folder.display()));
}

/// Ends what the fake systemd started, also where the test fails.
struct Systemd(TempHome);

impl Drop for Systemd {
    fn drop(&mut self) {
        let pid = self.0.path().join("fake-systemd/pid");
        if let Ok(pid) = fs::read_to_string(pid) {
            let _ = Command::new("kill").arg(pid.trim()).status();
        }
    }
}

#[test]
fn a_socket_unit_holds_the_port_and_a_running_larder_gives_way() {
    let proxy = proxy();
    let home = home(&proxy);
    with_systemd(&home);
    let _ended = Systemd(home.clone());
    let foreground = Larder::start(bin(), &home, &[]);
    let address = foreground.goproxy().to_owned();
    foreground.run(&["env", "on"]).success();

    let installed = json(&larder(&home, &["service", "install", "--json"]).success());
    assert_eq!(
        (&installed["way"], &installed["gave_way"]),
        (&Value::from("systemd"), &Value::Bool(true))
    );
    let port = port(&home);
    let socket = fs::read_to_string(home.path().join("config/systemd/user/larder.socket")).unwrap();
    assert!(
        socket.contains(&format!("ListenStream=127.0.0.1:{port}\n")),
        "{socket}"
    );
    // Over the change go env stayed, and now it stays for good.
    assert_eq!(goproxy(&home), address);
    let shown = json(&larder(&home, &["env", "show", "--json"]).success());
    assert_eq!(
        (&shown["stays"], &shown["hold"]),
        (&Value::Bool(true), &Value::from("socket")),
        "{shown}"
    );
    let status = larder(&home, &["service", "status"]).success();
    assert!(status.stdout.contains("held by systemd"), "{status}");
    assert_eq!(
        http::get(&format!("{address}/example.com/hello/@v/list")).status,
        200
    );

    // `larder serve` beside it attaches: the port is not taken, it is Larder's own.
    let attached = larder(&home, &["serve"]).success();
    assert!(
        attached.stderr.contains("Larder runs as a service"),
        "{attached}"
    );
    assert_eq!(attached.stdout, format!("export GOPROXY={address}\n"));
    assert!(!attached.stderr.contains("taken"), "{attached}");

    // Again, nothing is disturbed.
    let again = json(&larder(&home, &["service", "install", "--json"]).success());
    assert_eq!(again["gave_way"], false, "{again}");
    assert_eq!(goproxy(&home), address);

    larder(&home, &["service", "remove"]).success();
    assert!(
        !home
            .path()
            .join("config/systemd/user/larder.socket")
            .exists()
    );
    larder(&home, &["status"]).code(3);
    assert!(!env_file(&home).exists(), "nobody holds the port");
    let orders = fs::read_to_string(home.path().join("fake-systemd/orders")).unwrap();
    assert!(orders.contains("daemon-reload"), "{orders}");
}

#[test]
fn serve_lets_a_held_port_start_the_service() {
    let proxy = proxy();
    let home = home(&proxy);
    with_systemd(&home);
    let _ended = Systemd(home.clone());
    larder(&home, &["service", "install"]).success();
    let port = port(&home);
    // As after a login: held, and not started yet.
    run(home.apply(Command::new("systemctl").args(["--user", "stop", "larder.service"]))).success();
    run(home.apply(Command::new("systemctl").args(["--user", "enable", "--now", "larder.socket"])))
        .success();
    larder(&home, &["status"]).code(3);
    // Without an instance go env can be pointed at a port that is held.
    let on = json(&larder(&home, &["env", "on", "--json"]).success());
    assert_eq!(on["stays"], true, "{on}");
    larder(&home, &["status"]).code(3);

    for args in [
        &["serve"][..],
        &["serve", "--port", &port.to_string(), "--sumdb", "off"],
    ] {
        let attached = larder(&home, args).success();
        assert!(
            attached.stderr.contains("Larder runs as a service"),
            "{attached}"
        );
        assert_eq!(
            attached.stdout,
            format!("export GOPROXY={}\n", goproxy(&home))
        );
        assert_eq!(
            attached.stderr.contains("--upstreams and --sumdb"),
            args.len() > 1,
            "{attached}"
        );
    }
    larder(&home, &["status"]).success();
    larder(&home, &["service", "remove"]).success();
}

#[test]
fn what_systemd_refuses_leaves_nothing_behind() {
    let proxy = proxy();
    let home = home(&proxy);
    with_systemd(&home);
    home.write("fake-systemd/broken", "");
    let serving = Larder::start(bin(), &home, &[]);
    serving.run(&["env", "on"]).success();
    let refused = larder(&home, &["service", "install"]).code(1);
    assert!(
        refused.stderr.contains("Failed to start larder.socket"),
        "{refused}"
    );
    let units = home.path().join("config/systemd/user");
    assert_eq!(fs::read_dir(units).unwrap().count(), 0);
    assert!(
        !env_file(&home).exists(),
        "the Larder that ran has ended, and nobody holds the port"
    );
    larder(&home, &["service", "status"]).code(3);
}
