//! `larder pool`: upstreams of several nodes are written down, in force at once, shown and taken out; nonsense changes nothing.

use serde_json::{Value, json};
use test_support::{DeadAddress, FakeProxy, Larder, Module, TempHome, http};

use crate::larder;
use crate::profile::{asked, serve, settings, written};

/// Two fake nodes with the same modules, an upstream where nobody listens, and a home whose one profile asks that.
pub(crate) struct Pool {
    pub(crate) nodes: [FakeProxy; 2],
    pub(crate) upstream: DeadAddress,
    pub(crate) home: TempHome,
}

/// The modules of both nodes.
pub(crate) fn paths() -> Vec<String> {
    (0..24).map(|n| format!("example.com/m{n}")).collect()
}

impl Pool {
    /// Without a pool as yet.
    pub(crate) fn new() -> Self {
        let nodes = [FakeProxy::start_blocking(), FakeProxy::start_blocking()];
        for path in paths() {
            for node in &nodes {
                node.add(&Module::simple(&path, "v1.0.0"));
            }
        }
        let (upstream, home) = (DeadAddress::new(), TempHome::new());
        settings(
            &home,
            &format!(
                "# ours\nfresh-for = \"0s\"\n[profiles.public]\nupstreams = \"{}\"\nchecksum-database = \"off\"\n",
                upstream.url()
            ),
        );
        Self {
            nodes,
            upstream,
            home,
        }
    }

    /// Makes the upstream a pool of both.
    #[track_caller]
    pub(crate) fn set(&self) -> Value {
        let [one, two] = self.nodes.each_ref().map(FakeProxy::url);
        let upstream = self.upstream.url();
        let args = [
            "pool", "set", &upstream, "--node", &one, "--node", &two, "--json",
        ];
        asked(&self.home, &args)
    }

    pub(crate) fn names(&self) -> [String; 2] {
        self.nodes.each_ref().map(|node| node.addr().to_string())
    }

    /// The node of this name, as it is shown.
    #[track_caller]
    pub(crate) fn node(&self, name: &str) -> Value {
        let shown = asked(&self.home, &["node", "list", "--json"]);
        let nodes = shown["pools"][0]["nodes"].as_array().unwrap().clone();
        let found = nodes.into_iter().find(|node| node["name"] == name);
        found.unwrap_or_else(|| panic!("{name} in {shown}"))
    }

    /// Asks for all lists, and for how many of them each node was asked.
    #[track_caller]
    pub(crate) fn ask_all(&self, larder: &Larder) -> [usize; 2] {
        self.nodes.iter().for_each(FakeProxy::clear_log);
        for path in paths() {
            let list = http::get(&format!("{}/{path}/@v/list", larder.goproxy()));
            assert_eq!((list.status, &*list.text()), (200, "v1.0.0\n"), "{path}");
        }
        let is_list = |path: &String| path.ends_with("/@v/list");
        self.nodes
            .each_ref()
            .map(|node| node.paths().iter().filter(|path| is_list(path)).count())
    }
}

#[test]
fn a_pool_is_in_force_at_once_shown_and_taken_out() {
    let pool = Pool::new();
    let running = serve(&pool.home);
    let put = pool.set();
    assert_eq!(
        (&put["is_new"], &put["changed"], &put["notes"]),
        (&json!(true), &json!(true), &json!([]))
    );
    assert_eq!(
        put["pool"]["shown"]["nodes"].as_array().unwrap().len(),
        2,
        "{put}"
    );
    let text = written(&pool.home).unwrap();
    assert!(
        text.starts_with("# ours\n") && text.contains("\n[[pools]]\nupstream = "),
        "{text}"
    );

    let [one, two] = pool.ask_all(&running);
    assert!(one > 0 && two > 0 && one + two == 24, "{one} and {two}");
    assert_eq!(
        pool.ask_all(&running),
        [one, two],
        "the same modules to the same node"
    );
    let shares: f64 = pool
        .names()
        .iter()
        .map(|name| pool.node(name)["share"].as_f64().unwrap())
        .sum();
    assert!((shares - 1.0).abs() < 0.01, "{shares}");
    assert_eq!(pool.node(&pool.names()[0])["asked"], 2 * one);

    let again = pool.set();
    assert_eq!(
        (&again["is_new"], &again["changed"]),
        (&json!(false), &json!(false))
    );
    let listed = larder(&pool.home, &["pool", "list"]).success().stdout;
    assert!(
        listed.contains("all 2 nodes answer") && listed.contains("healthy"),
        "{listed}"
    );
    let listed = asked(&pool.home, &["pool", "list", "--json"]);
    assert_eq!(listed[0]["upstream"], pool.upstream.url());
    assert_eq!(listed[0]["named"], true);

    let name = pool.upstream.addr().to_string();
    let removed = larder(&pool.home, &["pool", "remove", &name]).success();
    assert!(removed.stdout.contains("one upstream again"), "{removed}");
    assert!(!written(&pool.home).unwrap().contains("pools"));
    let nobody = http::get(&format!("{}/example.com/new/@v/list", running.goproxy()));
    assert_ne!(nobody.status, 200, "nobody listens at its own address");
}

#[test]
fn without_an_instance_it_is_written_down_for_the_next() {
    let pool = Pool::new();
    pool.set();
    let listed = larder(&pool.home, &["pool", "list"]).success().stdout;
    assert!(listed.contains("2 nodes: http://127.0.0.1:"), "{listed}");
    let nodes = larder(&pool.home, &["node", "list"]).success().stdout;
    assert!(
        nodes.contains("  2 nodes\n") && nodes.contains("Larder is not running"),
        "{nodes}"
    );
    let refused = larder(&pool.home, &["node", "eject", &pool.names()[0]]).code(3);
    assert!(refused.stderr.contains("larder serve"), "{refused}");
    let running = serve(&pool.home);
    let [one, two] = pool.ask_all(&running);
    assert!(one > 0 && two > 0, "{one} and {two}");
}

#[test]
fn nonsense_is_refused_and_changes_nothing() {
    let pool = Pool::new();
    let _running = serve(&pool.home);
    let before = written(&pool.home);
    let https = "https://goproxy.corp.example";
    for (args, says) in [
        (
            vec![https, "--node", "https://ann:hunter2@n1.corp.example"],
            "larder login",
        ),
        (
            vec!["https://ann:hunter2@goproxy.corp.example", "--addresses"],
            "larder login",
        ),
        (
            vec![https, "--node", "http://n1.corp.example"],
            "in the open",
        ),
        (
            vec![
                https,
                "--node",
                "https://a.example",
                "--node",
                "https://a.example/",
            ],
            "twice",
        ),
        (vec![https, "--node", "ftp://a.example"], "scheme"),
        (vec!["https://10.0.0.1", "--addresses"], "as an address"),
        (vec!["file:///srv", "--addresses"], "http"),
        (vec![https, "--srv", "goproxy"], "SRV"),
        (
            vec![https, "--addresses", "--dns", "dns.corp.example"],
            "address of a DNS server",
        ),
        (
            vec![https, "--addresses", "--slow-after", "20s"],
            "from 100ms to 10s",
        ),
        (
            vec![https, "--addresses", "--srv", "_a._tcp.b.example"],
            "cannot be used with",
        ),
        (vec![https], "required"),
    ] {
        let refused = larder(&pool.home, &[&["pool", "set"], &args[..]].concat()).code(2);
        assert!(refused.stderr.contains(says), "{args:?}: {refused}");
        assert!(!refused.stderr.contains("hunter2"), "{refused}");
    }
    let refused = larder(&pool.home, &["pool", "remove", https]);
    assert!(refused.stderr.contains("has no pool"), "{refused}");
    assert_eq!(written(&pool.home), before);
}

#[test]
fn a_pool_that_no_profile_names_is_hinted_at() {
    let pool = Pool::new();
    let other = "https://nobody.corp.example";
    let put = larder(&pool.home, &["pool", "set", other, "--addresses"]).success();
    assert!(
        put.stderr.contains("no profile names that upstream"),
        "{put}"
    );
    let explained = larder(&pool.home, &["explain", "example.com/m1"]).success();
    assert!(
        explained.stderr.contains("no profile names that upstream"),
        "{explained}"
    );
    let examined = larder(&pool.home, &["doctor", "--json"]);
    assert!(
        examined.stdout.contains("no profile names that upstream"),
        "{examined}"
    );
}
