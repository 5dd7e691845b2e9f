//! The metrics: where they are and for whom, what they count, and what they never say.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use app::command::{MetricsReport, MetricsSet, MetricsShow};
use app::{Code, Failure};
use test_support::http::{Reply, Request};
use test_support::{Behaviour, DeadAddress};

use super::gate::assert_forbidden;
use super::{Instance, small};
use crate::Client;

/// Series by their whole name, labels included.
type Series = BTreeMap<String, f64>;

impl Instance {
    fn set_metrics(&self, port: Option<u16>, token: bool) -> Result<MetricsReport, Failure> {
        let client = Client::Local(self.app.clone());
        self.runtime
            .block_on(client.call(MetricsSet { port, token }))
    }

    /// Serves them at a port that stays this test's own.
    fn with_metrics(&self) -> (DeadAddress, String) {
        let reserved = DeadAddress::new();
        let report = self
            .set_metrics(Some(reserved.addr().port()), false)
            .unwrap();
        (reserved, report.urls[0].clone())
    }

    /// What is counted, once `until` holds of it: an answer is counted a moment after its last byte.
    #[track_caller]
    fn counted(&self, url: &str, until: impl Fn(&Series) -> bool) -> (String, Series) {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let text = Request::get(url).send().unwrap().text();
            let series = parse(&text);
            if until(&series) {
                return (text, series);
            }
            assert!(Instant::now() < end, "it never came to that: {text}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Reads the text format strictly: each series once, below the head of its family.
#[track_caller]
fn parse(text: &str) -> Series {
    let mut series = Series::new();
    let mut family = "";
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("# TYPE ") {
            family = head.split(' ').next().unwrap();
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(family) && !family.is_empty(), "{line}");
            let value = value.parse().unwrap();
            assert!(series.insert(name.to_owned(), value).is_none(), "{line}");
        }
    }
    series
}

fn requests(source: &str, outcome: &str) -> String {
    format!("larder_requests_total{{source=\"{source}\",outcome=\"{outcome}\"}}")
}

#[test]
fn they_are_off_and_then_nowhere() {
    let larder = Instance::start();
    assert_forbidden(&get(&larder.url("/metrics"), None), "off");
    let client = Client::Local(larder.app.clone());
    let report = larder.runtime.block_on(client.call(MetricsShow {}));
    let report = report.unwrap();
    assert_eq!((report.on, report.urls), (false, Vec::new()));
    assert!(!larder.places().data.join("token.metrics").exists());
}

#[test]
fn what_was_asked_is_counted_by_where_it_came_from() {
    let larder = Instance::start();
    let (_reserved, url) = larder.with_metrics();
    let reply = Request::get(&url).send().unwrap();
    let kind = reply.header("Content-Type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"));
    let before = parse(&reply.text());
    assert_eq!(before[&requests("upstream", "delivered")], 0.0);

    larder.proxy.add(&small());
    let path = "/example.com/!hello/@v/v1.2.3.mod";
    let cold = larder.get(path).send().unwrap().whole();
    larder.cached(path);
    let gone = larder.get("/example.com/gone/@v/v1.0.0.mod").send();
    assert_eq!(gone.unwrap().status, 404);
    larder.counted(&url, |series| {
        series["larder_background_fetches_total{outcome=\"delivered\"}"] >= 1.0
            && series["larder_flights"] == 0.0
    });
    larder
        .proxy
        .on("/example.com/ill/@v/list", Behaviour::status(500, "ill"));
    let ill = larder.get("/example.com/ill/@v/list").send();
    assert_eq!(ill.unwrap().status, 502);

    let (text, after) = larder.counted(&url, |series| series[&requests("none", "failed")] > 0.0);
    // Who asks while the file is on its way has it from the upstream too.
    let cold_ones = after[&requests("upstream", "delivered")];
    assert!(cold_ones >= 1.0);
    assert!(after[&requests("cache", "delivered")] >= 1.0);
    assert_eq!(after[&requests("none", "not-found")], 1.0);
    let missed = after["larder_cache_lookups_total{result=\"miss\"}"];
    assert_eq!(missed, cold_ones + 2.0);
    let bytes = after["larder_response_bytes_total{source=\"upstream\"}"];
    assert_eq!(bytes, cold_ones * cold.len() as f64);
    let count = "larder_request_duration_seconds_count{source=\"upstream\"}";
    let last = "larder_request_duration_seconds_bucket{le=\"+Inf\",source=\"upstream\"}";
    assert_eq!((after[count], after[last]), (cold_ones, cold_ones));
    let name = larder.proxy.addr();
    let asked = |outcome: &str| {
        after[&format!(
            "larder_upstream_requests_total{{upstream=\"{name}\",outcome=\"{outcome}\"}}"
        )]
    };
    assert!(asked("answered") >= 1.0 && asked("failed") >= 1.0 && asked("not-found") >= 1.0);
    assert_eq!(after["larder_mood{mood=\"degraded\"}"], 1.0, "{text}");
    assert_eq!(after["larder_offline"], 0.0);
    assert!(after["larder_cache_bytes"] > 0.0 && after["larder_cache_quota_bytes"] > 0.0);
}

#[test]
fn no_module_is_ever_named() {
    let larder = Instance::start();
    let (_reserved, url) = larder.with_metrics();
    larder.proxy.add(&small());
    for path in [
        "/example.com/!hello/@v/v1.2.3.zip",
        "/example.com/!hello/@v/list",
        "/corp.example/secret/@v/v1.0.0.mod",
        "/corp.example/secret/@latest",
    ] {
        larder.get(path).send().unwrap();
    }
    let (text, _) = larder.counted(&url, |series| {
        series[&requests("none", "not-found")] >= 2.0 && series["larder_cache_versions"] >= 1.0
    });
    for said in ["example.com", "corp.example", "ello", "secret", "v1.2.3"] {
        assert!(!text.contains(said), "{said}: {text}");
    }
}

#[test]
fn the_port_of_their_own_is_for_programs_of_this_computer() {
    let larder = Instance::start();
    let (reserved, url) = larder.with_metrics();
    let at = |path: &str| format!("http://{}{path}", reserved.addr());
    let head = Request::new("HEAD", &url).send().unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(Request::new("POST", &url).send().unwrap().status, 405);
    assert_eq!(get(&at("/"), None).status, 404);
    let module = get(&at(&larder.path("/example.com/m/@v/list")), None);
    assert_eq!(module.status, 404, "nothing else is there");
    for (name, value) in [
        ("Host", "metrics.example.com"),
        ("Origin", "https://example.com"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let asked = Request::get(&url).header(name, value).send().unwrap();
        assert_forbidden(&asked, name);
    }
    assert_forbidden(&get(&larder.url("/metrics"), None), "at Larder's own port");

    let (other, moved) = larder.with_metrics();
    assert_eq!(get(&moved, None).status, 200);
    TcpStream::connect(reserved.addr()).expect_err("the one before is closed");
    larder.set_metrics(None, false).unwrap();
    TcpStream::connect(other.addr()).expect_err("off, it is closed");
}

#[test]
fn at_larders_own_port_they_want_their_token_and_no_other() {
    let larder = Instance::start();
    let report = larder.set_metrics(None, true).unwrap();
    assert_eq!(report.urls, [larder.url("/metrics")]);
    let file = report.token_file.unwrap();
    let token = std::fs::read_to_string(file).unwrap();
    let url = &report.urls[0];
    let reply = get(url, Some(token.trim()));
    assert_eq!(reply.status, 200);
    assert!(parse(&reply.text()).contains_key("larder_offline"));

    assert_forbidden(&get(url, None), "no token");
    assert_forbidden(&get(url, Some("wrong")), "a wrong token");
    let module = larder.app.tokens().module();
    assert_forbidden(&get(url, Some(module.expose())), "the module token");
    let control = app::Tokens::read_control(&larder.places().data).unwrap();
    assert_forbidden(&get(url, Some(control.expose())), "the control token");
    let bearer = format!("Bearer {}", token.trim());
    let page = Request::get(url).header("Authorization", &bearer);
    let page = page.header("Origin", "null").send().unwrap();
    assert_forbidden(&page, "a page");
    let call = Request::new("POST", &larder.url("/-/call/status"));
    let call = call.header("Authorization", &bearer).body("{}").send();
    assert_forbidden(&call.unwrap(), "it controls nothing");
    let list = larder.url(&format!("/{}/example.com/m/@v/list", token.trim()));
    assert_forbidden(&get(&list, None), "it reads no modules");

    larder.set_metrics(None, false).unwrap();
    assert_forbidden(&get(url, Some(token.trim())), "off");
}

#[test]
fn a_port_that_is_taken_changes_nothing() {
    let larder = Instance::start();
    let (_reserved, url) = larder.with_metrics();
    let settings = || std::fs::read_to_string(larder.places().settings()).unwrap();
    let before = settings();
    let taken = larder.proxy.addr().port();
    let refused = larder.set_metrics(Some(taken), false).unwrap_err();
    assert_eq!(refused.code, Code::PortTaken, "{refused:?}");
    assert_eq!(settings(), before);
    let own = larder.set_metrics(Some(larder.port), false).unwrap_err();
    assert_eq!(own.code, Code::BadInput, "{own:?}");
    larder.counted(&url, |series| series.contains_key("larder_offline"));
}

#[test]
fn prometheus_own_check_finds_nothing_wrong() {
    let Ok(mut promtool) = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        // Elsewhere the strict reading above stands alone.
        let brought = Path::new("/etc/debian_version").exists();
        assert!(!brought, "scripts/setup test brings promtool");
        return;
    };
    let larder = Instance::start();
    let (_reserved, url) = larder.with_metrics();
    larder.get("/example.com/m/@v/list").send().unwrap();
    let text = Request::get(&url).send().unwrap().text();
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let done = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.is_empty(), "{said}\n{text}");
}

fn get(url: &str, token: Option<&str>) -> Reply {
    let request = Request::get(url);
    match token {
        Some(token) => request.header("Authorization", &format!("Bearer {token}")),
        None => request,
    }
    .send()
    .unwrap()
}
