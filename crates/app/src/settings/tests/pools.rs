//! Pools, canaries and mirrors, read and rewritten.

use super::super::write_pools::{with_pool, without_pool};
use super::*;
use upstream::{NodesFrom, PoolOptions};

use crate::settings::pools::PoolSettings;

const UPSTREAM: &str = "https://proxy.corp.example";

fn url(text: &str) -> SafeUrl {
    SafeUrl::parse(text).unwrap()
}

fn of(text: &str) -> Settings {
    parse(text).unwrap_or_else(|failure| panic!("{failure}\n{text}"))
}

#[track_caller]
fn refused(text: &str, place: &str, says: &str) {
    let failure = parse(text).unwrap_err();
    let start = format!("settings.toml:{place}: ");
    assert!(failure.message.starts_with(&start), "{text}\n{failure}");
    assert!(failure.message.contains(says), "{text}\n{failure}");
    assert!(!failure.message.contains("hunter2"), "{failure}");
}

#[test]
fn every_way_to_the_nodes_is_read() {
    let text = r#"
[[pools]]
upstream = "https://proxy.corp.example/go"
nodes = ["https://n1.corp.example:8443/go", "http://127.0.0.1:8081"]
slow-after = "500ms"
hedge = true

[[pools]]
upstream = "https://two.corp.example"
addresses = true
dns = "127.0.0.1:8600"

[[pools]]
upstream = "https://three.corp.example"
addresses = false
srv = "_goproxy._tcp.corp.example"
dns = "::1"
"#;
    let pools = of(text).pools;
    assert_eq!(
        pools[0].options,
        PoolOptions {
            nodes: NodesFrom::Listed(vec![
                url("https://n1.corp.example:8443/go"),
                url("http://127.0.0.1:8081"),
            ]),
            slow_after: Duration::from_millis(500),
            hedge: true,
            ..PoolOptions::default()
        }
    );
    assert_eq!(pools[1].options.nodes, NodesFrom::Addresses);
    assert_eq!(pools[1].options.dns, "127.0.0.1:8600".parse().ok());
    let srv = NodesFrom::Srv("_goproxy._tcp.corp.example".to_owned());
    assert_eq!(pools[2].options.nodes, srv);
    assert_eq!(pools[2].options.dns, "[::1]:53".parse().ok());
}

#[test]
fn nonsense_is_named_with_its_place() {
    let pool = |rest: &str| format!("[[pools]]\nupstream = \"{UPSTREAM}\"\n{rest}\n");
    for (rest, place, says) in [
        ("", "1:1", "has no nodes"),
        ("addresses = false", "1:1", "has no nodes"),
        (
            "addresses = true\nsrv = \"_a._tcp.b\"",
            "4:7",
            "from `addresses` and from `srv`",
        ),
        ("nodes = []", "3:9", "names no node"),
        ("nodes = \"https://a.example\"", "3:9", "a list of URLs"),
        (
            "nodes = [\"https://a.example\", 1]",
            "3:31",
            "a list of URLs",
        ),
        (
            "nodes = [\"https://a.example\", \"https://a.example:443/\"]",
            "3:31",
            "listed twice",
        ),
        (
            "nodes = [\"https://ann:hunter2@a.example\"]",
            "3:10",
            "larder login",
        ),
        ("nodes = [\"http://a.example\"]", "3:10", "in the open"),
        ("nodes = [\"file:///srv\"]", "3:10", "no http or https"),
        (
            "nodes = [\"https://a.example?k=hunter2\"]",
            "3:10",
            "no `?`",
        ),
        ("srv = \"goproxy\"", "3:7", "SRV records"),
        ("srv = \"_goproxy.*.corp.example\"", "3:7", "SRV records"),
        (
            "addresses = true\ndns = \"dns.corp.example\"",
            "4:7",
            "address of a DNS server",
        ),
        (
            "addresses = true\nslow-after = \"50ms\"",
            "4:14",
            "from 100ms to 10s",
        ),
        (
            "addresses = true\nslow-after = \"11s\"",
            "4:14",
            "from 100ms to 10s",
        ),
        ("addresses = true\nhedge = \"no\"", "4:9", "true or false"),
    ] {
        refused(&pool(rest), place, says);
    }
    refused("[[pools]]\naddresses = true", "1:1", "of no upstream");
    refused("[pools]\na = 1", "1:1", "list of tables");
    let user = "[[pools]]\nupstream = \"https://a:hunter2@b.example\"\naddresses = true";
    refused(user, "2:12", "larder login");
    let ip = "[[pools]]\nupstream = \"https://10.0.0.1\"\naddresses = true";
    refused(ip, "3:13", "as an address");
    let twice = pool("addresses = true")
        + &pool("srv = \"_a._tcp.b\"").replace("example\"", "example:443/\"");
    refused(&twice, "5:12", "has two pools");
    let settings = of(&pool("addresses = true\nnodse = 1"));
    assert!(
        settings.warnings[0].contains("`pools.nodse`"),
        "{:?}",
        settings.warnings
    );
}

#[test]
fn an_upstream_that_no_profile_names_leaves_its_pool_idle() {
    let pools = "[[pools]]\nupstream = \"https://proxy.corp.example/\"\naddresses = true\n[[pools]]\nupstream = \"https://other.corp.example\"\naddresses = true\n";
    let settings = of(&format!(
        "{pools}[profiles.a]\nupstreams = \"https://me@proxy.corp.example,direct\"\n"
    ));
    let idle: Vec<String> = settings.idle_pools().iter().map(|it| it.name()).collect();
    assert_eq!(idle, ["other.corp.example"]);
    assert!(settings.pool(&url(UPSTREAM)).is_some());
}

#[test]
fn a_pool_is_written_changed_and_taken_out_and_comments_stay() {
    let path = Path::new("settings.toml");
    let text = "# mine\nport = 1 # here\n\n[profiles.a]\nupstreams = \"off\"\n\n[[profiles.a.rules]]\npatterns = [\"a\"]\nto = \"public\" # away\n";
    let pool = |nodes: NodesFrom| PoolSettings {
        upstream: url(UPSTREAM),
        options: PoolOptions {
            nodes,
            ..PoolOptions::default()
        },
    };
    let listed = |names: &[&str]| NodesFrom::Listed(names.iter().map(|it| url(it)).collect());
    let one = with_pool(
        path,
        text,
        &pool(listed(&["https://n1.example", "https://n2.example/x"])),
    )
    .unwrap();
    let tail = "\n[[pools]]\nupstream = \"https://proxy.corp.example\"\nnodes = [\"https://n1.example\", \"https://n2.example/x\"]\n";
    assert_eq!(one, format!("{text}{tail}"));
    let other = PoolSettings {
        upstream: url("https://b.example"),
        ..pool(NodesFrom::Addresses)
    };
    let two = with_pool(path, &one, &other).unwrap();
    let commented = two
        .replace("nodes = [", "# ours\nnodes = [")
        .replace("x\"]", "x\"] # both");
    let mut changed = pool(listed(&["https://n3.example"]));
    changed.options.slow_after = Duration::from_millis(1500);
    changed.options.dns = "127.0.0.1:8600".parse().ok();
    changed.options.hedge = true;
    let three = with_pool(path, &commented, &changed).unwrap();
    assert!(
        three.contains("# ours\nnodes = [\"https://n3.example\"] # both\n"),
        "{three}"
    );
    assert!(
        three.contains("slow-after = \"1500ms\"\nhedge = true\n"),
        "{three}"
    );
    assert_eq!(comments(&three), comments(&commented));
    let four = with_pool(path, &three, &pool(NodesFrom::Srv("_a._tcp.b".to_owned()))).unwrap();
    assert!(
        four.contains("srv = \"_a._tcp.b\"") && !four.contains("hedge"),
        "{four}"
    );
    assert_eq!(
        with_pool(path, &four, &pool(NodesFrom::Srv("_a._tcp.b".to_owned()))).unwrap(),
        four
    );
    let five = without_pool(path, &four, &url("https://proxy.corp.example:443/")).unwrap();
    assert_eq!(of(&five).pools, std::slice::from_ref(&other));
    let none = without_pool(path, &five, &other.upstream).unwrap();
    assert_eq!(none, text);
    let failure = without_pool(path, &none, &other.upstream).unwrap_err();
    assert_eq!(failure.code, Code::NotFound);
}

#[test]
fn pools_in_one_line_are_changed_too() {
    let path = Path::new("settings.toml");
    let text = "pools = [{ upstream = \"https://a.example\", addresses = true }] # all\n";
    let pool = PoolSettings {
        upstream: url(UPSTREAM),
        options: PoolOptions::default(),
    };
    let two = with_pool(path, text, &pool).unwrap();
    assert_eq!(of(&two).pools.len(), 2);
    let one = without_pool(path, &two, &url("https://a.example")).unwrap();
    assert_eq!(of(&one).pools, [pool]);
    assert!(one.contains("# all"), "{one}");
}

#[test]
fn a_canary_and_a_mirror_are_read_kept_and_taken_out() {
    let path = Path::new("settings.toml");
    let text = "[profiles.a]\nupstreams = \"https://p.example\"\ncanary = { to = \"https://next.example\", share = 0.5 } # try\n[profiles.a.mirror]\nto = \"https://m.example/go\"\n";
    let settings = of(text);
    let profile = settings.profile("a").unwrap();
    let canary = profile.canary.clone().unwrap();
    assert_eq!(
        (canary.to, canary.share.to_string()),
        (url("https://next.example"), "0.5".to_owned())
    );
    assert_eq!(profile.mirror.as_ref().unwrap().share, delivery::Share::ALL);
    let mut changed = profile.clone();
    changed.private = vec!["x.example".to_owned()];
    let kept = super::super::write::with_profile(path, text, &changed).unwrap();
    assert!(kept.contains("share = 0.5 } # try"), "{kept}");
    assert_eq!(of(&kept).profile("a"), Some(&changed));
    changed.canary.as_mut().unwrap().share = delivery::Share::of_percent(12.0).unwrap();
    changed.mirror = None;
    let less = super::super::write::with_profile(path, &kept, &changed).unwrap();
    assert!(
        less.contains("canary = { to = \"https://next.example\", share = 12 } # try"),
        "{less}"
    );
    assert_eq!(of(&less).profile("a"), Some(&changed));

    for (value, place, says) in [
        ("1", "2:10", "must be a table"),
        ("{ share = 5 }", "2:10", "lacks `to`"),
        ("{ to = \"https://a.example\" }", "2:10", "lacks `share`"),
        (
            "{ to = \"https://a.example\", share = 0 }",
            "2:46",
            "from 0.1 to 100",
        ),
        (
            "{ to = \"https://a.example\", share = 0.25 }",
            "2:46",
            "steps of 0.1",
        ),
        (
            "{ to = \"https://a:hunter2@b.example\", share = 1 }",
            "2:17",
            "larder login",
        ),
        ("{ to = \"direct\", share = 1 }", "2:17", "no scheme"),
        (
            "{ to = \"https://a.example:443/\", share = 1 }\nupstreams = \"https://a.example,direct\"",
            "2:10",
            "own upstreams",
        ),
    ] {
        refused(&format!("[profiles.a]\ncanary = {value}\n"), place, says);
    }
}
