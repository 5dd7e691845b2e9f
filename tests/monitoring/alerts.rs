//! From an alert to an action: the real Prometheus sees a node fail, the real Alertmanager tells the webhook of
//! docs/monitoring, and that takes the node out by `larder node eject`; and in again once the alert is over.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use test_support::{Behaviour, DeadAddress, FakeProxy, Larder, Module, Script, TempHome, http};

use crate::program::Program;
use crate::{bin, file, larder, until};

const PATIENCE: Duration = Duration::from_secs(60);

/// Writes a file of docs/monitoring with other addresses, and with shorter times than a company wants.
#[track_caller]
fn copy(name: &str, folder: &Path, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(file(name)).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{name} has no {from:?}");
        text = text.replace(from, to);
    }
    fs::write(folder.join(name), text).unwrap();
}

fn node(home: &TempHome, name: &str) -> Value {
    let listed = larder(home, &["node", "list", "--json"]).stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let nodes = listed["pools"][0]["nodes"].as_array().unwrap().clone();
    nodes.into_iter().find(|node| node["name"] == name).unwrap()
}

#[test]
#[ignore = "half a minute with Prometheus and Alertmanager: make monitoring-test"]
fn an_alert_takes_a_node_out_and_in_again() {
    let nodes = [FakeProxy::start_blocking(), FakeProxy::start_blocking()];
    let paths: Vec<String> = (0..24).map(|n| format!("example.com/m{n}")).collect();
    for path in &paths {
        for node in &nodes {
            node.add(&Module::simple(path, "v1.0.0"));
        }
    }
    let (upstream, home) = (DeadAddress::new(), TempHome::new());
    let settings = format!(
        "fresh-for = \"0s\"\n[profiles.public]\nupstreams = \"{0}\"\nchecksum-database = \"off\"\n\
         [[pools]]\nupstream = \"{0}\"\nnodes = [\"{1}\", \"{2}\"]\n",
        upstream.url(),
        nodes[0].url(),
        nodes[1].url()
    );
    home.write("larder/config/settings.toml", settings);
    let running = Larder::start(bin(), &home, &["--port", "0"]);

    let ports: [DeadAddress; 4] = std::array::from_fn(|_| DeadAddress::new());
    let [metrics, prometheus, alertmanager, webhook] =
        ports.each_ref().map(|port| port.addr().to_string());
    let port = ports[0].addr().port().to_string();
    larder(&home, &["metrics", "on", "--port", &port]);
    let folder = home.path().join("monitoring");
    fs::create_dir_all(&folder).unwrap();
    copy(
        "prometheus.yml",
        &folder,
        &[
            ("127.0.0.1:9467", &metrics),
            ("127.0.0.1:9093", &alertmanager),
            ("interval: 15s", "interval: 1s"),
        ],
    );
    copy(
        "alerts.yml",
        &folder,
        &[
            ("[2m]", "[10s]"),
            ("for: 30s", "for: 0s"),
            ("keep_firing_for: 15m", "keep_firing_for: 5s"),
        ],
    );
    copy(
        "alertmanager.yml",
        &folder,
        &[
            ("127.0.0.1:9468", &webhook),
            ("group_wait: 5s", "group_wait: 0s"),
            ("group_interval: 30s", "group_interval: 1s"),
        ],
    );
    // The webhook runs `larder` as a person would, whose home this is.
    let program = home.write("larder.sh", home_command(&home));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let hook = Program::start(
        "python3",
        &folder,
        &words(&[
            &file("webhook.py").display().to_string(),
            "--listen",
            &webhook,
            "--larder",
            &program.display().to_string(),
        ]),
    );
    let _alertmanager = Program::start(
        "prometheus-alertmanager",
        &folder,
        &words(&[
            "--config.file=alertmanager.yml",
            "--storage.path=alerts",
            "--cluster.listen-address=",
            &format!("--web.listen-address={alertmanager}"),
        ]),
    );
    let _prometheus = Program::start(
        "prometheus",
        &folder,
        &words(&[
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            &format!("--web.listen-address={prometheus}"),
        ]),
    );

    let (over, name) = (AtomicBool::new(false), nodes[0].addr().to_string());
    let is_out = || node(&home, &name)["by_hand"] == true;
    thread::scope(|scope| {
        // Clients go on asking all the while, and no request of theirs fails.
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for path in &paths {
                    let list = http::get(&format!("{}/{path}/@v/list", running.goproxy()));
                    assert_eq!((list.status, &*list.text()), (200, "v1.0.0\n"), "{path}");
                }
                thread::sleep(Duration::from_millis(100));
            }
        });
        let _over = OnDrop(&over);
        // The first scrapes see it well, so that its failures are a rise.
        until("it is scraped", PATIENCE, || {
            let url = format!("http://{prometheus}/api/v1/query?query=larder_node_requests_total");
            // It may not listen yet.
            let found = http::Request::get(&url).send();
            found.is_ok_and(|found| found.text().contains(&name))
        });
        // Too seldom for Larder to eject it by itself.
        let well = std::iter::repeat_n(Behaviour::normal(), 4);
        let now_and_then = well.chain([Behaviour::status(500, "ill")]);
        nodes[0].on_match(|_| true, Script::cycle(now_and_then));
        until("it is ejected by hand", PATIENCE, is_out);
        nodes[0].clear_behaviours();
        until("it is restored", PATIENCE, || !is_out());
    });
    let said = hook.said();
    for done in [
        format!("node eject {name}:"),
        format!("node restore {name}:"),
    ] {
        assert!(said.contains(&done), "{done} {said}");
    }
}

struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A script that runs `larder` in this home.
fn home_command(home: &TempHome) -> String {
    let command = home.larder(bin());
    let said = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}='{}'", name.to_str()?, value?.to_str()?)));
    let said: Vec<String> = said.collect();
    format!(
        "#!/bin/sh\nexec env {} '{}' \"$@\"\n",
        said.join(" "),
        bin().display()
    )
}
