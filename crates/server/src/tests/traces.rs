//! Traces: what a collector gets of a request, who else hears of it, and what a collector that does not answer costs.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use app::Failure;
use app::command::{TracesReport, TracesSet, TracesShow};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use test_support::{Behaviour, BlackHole, DeadAddress, FakeProxy};

use super::{Instance, small};
use crate::Client;

const PATH: &str = "/example.com/!hello/@v/v1.2.3.mod";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

impl Instance {
    fn set_traces(&self, to: Option<String>, pass_on: &[&str]) -> Result<TracesReport, Failure> {
        let client = Client::Local(self.app.clone());
        let set = TracesSet {
            to,
            environment: Some("laptop".to_owned()),
            pass_on: pass_on.iter().map(|host| (*host).to_owned()).collect(),
        };
        self.runtime.block_on(client.call(set))
    }

    /// Asks as a client that has a trace of its own.
    fn traced(&self, path: &str) -> u16 {
        let asked = self.get(path).header("traceparent", PARENT);
        asked.header("tracestate", "corp=1").send().unwrap().status
    }

    fn trouble(&self) -> Option<String> {
        let client = Client::Local(self.app.clone());
        let shown = self.runtime.block_on(client.call(TracesShow {}));
        shown.unwrap().trouble
    }
}

/// Something that takes OTLP over HTTP, as a collector does.
struct Collector(FakeProxy);

impl Collector {
    fn start() -> Self {
        let fake = FakeProxy::start_blocking();
        fake.otherwise(Behaviour::body(200, "application/x-protobuf", ""));
        Self(fake)
    }

    fn url(&self) -> String {
        self.0.url()
    }

    /// The spans that came so far, and what their resources say.
    fn taken(&self) -> (Vec<Span>, BTreeMap<String, String>) {
        let mut spans = Vec::new();
        let mut about = BTreeMap::new();
        for request in self.0.requests() {
            assert_eq!(
                (request.method.as_str(), request.path.as_str()),
                ("POST", "/v1/traces")
            );
            assert_eq!(
                request.header("Content-Type"),
                Some("application/x-protobuf")
            );
            let export = ExportTraceServiceRequest::decode(&*request.body).unwrap();
            for of_resource in export.resource_spans {
                for attribute in of_resource.resource.unwrap().attributes {
                    about.insert(attribute.key, format!("{:?}", attribute.value));
                }
                let scopes = of_resource.scope_spans.into_iter();
                spans.extend(scopes.flat_map(|scope| scope.spans));
            }
        }
        (spans, about)
    }

    /// The spans of one request, once all that are named have come.
    #[track_caller]
    fn spans(&self, names: &[&str]) -> Vec<Span> {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let spans = self.taken().0;
            let has = |name: &&str| spans.iter().any(|span| span.name == *name);
            if names.iter().all(has) {
                return spans;
            }
            assert!(Instant::now() < until, "{spans:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What a fake was told of traces.
fn told(proxy: &FakeProxy) -> Vec<String> {
    let requests = proxy.requests();
    let headers = requests.iter().flat_map(|request| &request.headers);
    headers
        .filter(|(name, _)| name.to_ascii_lowercase().starts_with("trace"))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}

#[test]
fn a_request_is_a_trace_from_its_client_to_its_upstream() {
    let (larder, collector) = (Instance::start(), Collector::start());
    larder.proxy.add(&small());
    let report = larder.set_traces(Some(collector.url()), &["127.0.0.1"]);
    assert_eq!(report.unwrap().pass_on, ["127.0.0.1"]);
    assert_eq!(larder.traced(PATH), 200);
    let request = "GET /{module}/@v/{version}.mod";
    let spans = collector.spans(&[
        request,
        "rule",
        "cache",
        "upstream",
        "verification",
        "commit",
    ]);
    let of_client: Vec<&Span> = spans
        .iter()
        .filter(|span| hex(&span.trace_id) == PARENT[3..35])
        .collect();
    let named = |name: &str| {
        let mut spans = of_client.iter();
        *spans.find(|span| span.name == name).unwrap()
    };
    let root = named(request);
    assert_eq!(hex(&root.parent_span_id), PARENT[36..52]);
    for step in ["rule", "cache", "upstream", "verification", "commit"] {
        assert_eq!(named(step).parent_span_id, root.span_id, "{step}");
    }
    let (upstream, verified) = (named("upstream"), named("verification"));
    assert!(upstream.start_time_unix_nano >= root.start_time_unix_nano);
    assert!(upstream.end_time_unix_nano <= verified.end_time_unix_nano);
    let told = told(&larder.proxy);
    let onward = format!(
        "traceparent: 00-{}-{}-01",
        &PARENT[3..35],
        hex(&upstream.span_id)
    );
    assert!(told.contains(&onward), "{onward} {told:?}");
    assert!(told.contains(&"tracestate: corp=1".to_owned()));
    let about = collector.taken().1;
    assert!(about["service.name"].contains("larder"));
    assert!(about["deployment.environment.name"].contains("laptop"));

    // What is at hand in memory is told too.
    larder.cached(PATH);
    let until = Instant::now() + Duration::from_secs(20);
    let is_hit = |span: &Span| format!("{:?}", span.attributes).contains("\"cache\"");
    while !collector.taken().0.iter().any(is_hit) {
        assert!(Instant::now() < until, "{:?}", collector.taken().0);
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_upstream_that_is_not_named_hears_nothing_of_traces() {
    let (larder, collector) = (Instance::start(), Collector::start());
    larder.proxy.add(&small());
    let off = larder.traced("/example.com/!hello/@v/list");
    assert_eq!(off, 200);
    larder
        .set_traces(Some(collector.url()), &["goproxy.corp.example"])
        .unwrap();
    for path in [
        PATH,
        "/example.com/!hello/@v/v1.2.3.zip",
        "/example.com/!hello/@latest",
        "/example.com/gone/@v/list",
    ] {
        larder.traced(path);
    }
    collector.spans(&["GET /{module}/@latest", "GET /{module}/@v/{version}.zip"]);
    let requests = larder.proxy.requests();
    assert!(requests.len() >= 5, "{requests:?}");
    assert_eq!(told(&larder.proxy), [""; 0]);
}

#[test]
fn without_a_collector_there_is_nothing() {
    let (larder, collector) = (Instance::start(), Collector::start());
    larder.proxy.add(&small());
    larder
        .set_traces(Some(collector.url()), &["127.0.0.1"])
        .unwrap();
    larder.set_traces(None, &[]).unwrap();
    assert_eq!(larder.traced(PATH), 200);
    larder.cached(PATH);
    assert_eq!(told(&larder.proxy), [""; 0]);
    thread::sleep(Duration::from_millis(1500));
    assert!(collector.0.requests().is_empty());
}

#[test]
fn a_collector_that_is_down_or_hangs_costs_nothing() {
    let (down, hangs) = (DeadAddress::new(), BlackHole::new());
    for to in [down.url(), hangs.url()] {
        let larder = Instance::start();
        larder.proxy.add(&small());
        larder.set_traces(Some(to.clone()), &[]).unwrap();
        assert_eq!(larder.traced(PATH), 200);
        larder.cached(PATH);
        let until = Instant::now() + Duration::from_secs(20);
        while larder.trouble().is_none() {
            assert!(Instant::now() < until, "{to} is not told of");
            thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(larder.traced(PATH), 200);
        let since = Instant::now();
        drop(larder);
        assert!(since.elapsed() < Duration::from_secs(15), "{to}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
