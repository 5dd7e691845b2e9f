//! The spans of one request, out of its event: the request itself, and each step of its story.
//!
//! What is said of a request names a module only where that is public in every profile; of a private one there is the kind
//! of file, and how it went.

use std::time::{Duration, SystemTime};

use delivery::{Event, Kind, Outcome, Source, Step, StepKind, Traced};
use go_module::Request;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// All of them, the request first; none where who began the trace does not want it written down.
pub(super) fn of(event: &Event) -> Vec<SpanData> {
    let Some(traced) = event.traced.as_ref().filter(|it| it.own.is_sampled()) else {
        return Vec::new();
    };
    let named = is_public(event);
    let mut spans = vec![request(event, traced, named)];
    let rule = event.rule();
    let from_memory = matches!(event.source, Source::Cache) && event.steps.is_empty();
    let cache = from_memory.then(|| step_at(StepKind::Cache, "kept", event.took));
    for step in std::iter::once(&rule).chain(&cache).chain(&event.steps) {
        spans.extend(of_step(event, traced, step, named));
    }
    spans
}

fn request(event: &Event, traced: &Traced, named: bool) -> SpanData {
    let mut attributes = vec![
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("http.route", route(&event.request)),
        KeyValue::new("larder.kind", Kind::of(&event.request).as_str()),
        KeyValue::new("larder.source", event.source.word()),
        KeyValue::new("larder.status", event.outcome.as_str()),
        KeyValue::new(
            "larder.bytes",
            i64::try_from(event.bytes).unwrap_or(i64::MAX),
        ),
        KeyValue::new("larder.private", !named && event.request.module().is_some()),
        KeyValue::new("larder.background", event.background),
    ];
    if let Some(upstream) = &event.upstream {
        attributes.push(KeyValue::new("larder.upstream", upstream.clone()));
    }
    if let Some(path) = event.request.module().filter(|_| named) {
        attributes.push(KeyValue::new("go.module", path.to_string()));
        if let Some(version) = version(&event.request) {
            attributes.push(KeyValue::new("go.version", version));
        }
    }
    let failed = match event.outcome {
        Outcome::Delivered | Outcome::NotFound | Outcome::Missing | Outcome::Left => false,
        Outcome::Refused | Outcome::Failed | Outcome::Unverified => true,
    };
    let detail = event.detail.clone().filter(|_| named).unwrap_or_default();
    let kind = if event.background {
        SpanKind::Internal
    } else {
        SpanKind::Server
    };
    SpanData {
        parent_span_id: traced.parent.map_or(SpanId::INVALID, SpanId::from_bytes),
        parent_span_is_remote: traced.parent.is_some(),
        span_kind: kind,
        status: status(failed, detail),
        ..span(
            event,
            traced,
            traced.own.span(),
            format!("GET {}", route(&event.request)),
            (0, micros(event.took)),
            attributes,
        )
    }
}

fn of_step(event: &Event, traced: &Traced, step: &Step, named: bool) -> Option<SpanData> {
    let (name, kind) = match step.kind {
        // The request itself tells of these.
        StepKind::Asked | StepKind::Answered => return None,
        StepKind::Rule => ("rule", SpanKind::Internal),
        StepKind::Cache => ("cache", SpanKind::Internal),
        StepKind::Waited => ("wait", SpanKind::Internal),
        StepKind::Upstream => ("upstream", SpanKind::Client),
        StepKind::Verified => ("verification", SpanKind::Internal),
        StepKind::Kept => ("commit", SpanKind::Internal),
    };
    let mut attributes = Vec::new();
    if let Some(upstream) = &step.upstream {
        attributes.push(KeyValue::new("larder.upstream", upstream.clone()));
    }
    if let Some(node) = &step.node {
        attributes.push(KeyValue::new("larder.node", node.clone()));
    }
    if named {
        attributes.push(KeyValue::new("larder.said", step.said.clone()));
    }
    attributes.push(KeyValue::new(
        "larder.status",
        if step.failed { "failed" } else { "done" },
    ));
    let own = step.span.unwrap_or_else(|| traced.own.child().span());
    Some(SpanData {
        parent_span_id: SpanId::from_bytes(traced.own.span()),
        span_kind: kind,
        status: status(step.failed, String::new()),
        ..span(
            event,
            traced,
            own,
            name.to_owned(),
            (step.start, step.took),
            attributes,
        )
    })
}

fn span(
    event: &Event,
    traced: &Traced,
    own: [u8; 8],
    name: String,
    (start, took): (u64, u64),
    attributes: Vec<KeyValue>,
) -> SpanData {
    let state = traced
        .own
        .tracestate()
        .and_then(|state| state.parse::<TraceState>().ok());
    let began = SystemTime::from(event.at) + Duration::from_micros(start);
    SpanData {
        span_context: SpanContext::new(
            TraceId::from_bytes(traced.own.trace()),
            SpanId::from_bytes(own),
            TraceFlags::SAMPLED,
            false,
            state.unwrap_or_default(),
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: began,
        end_time: began + Duration::from_micros(took),
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("larder")
            .with_version(crate::VERSION)
            .build(),
    }
}

fn status(failed: bool, why: String) -> Status {
    if failed {
        Status::error(why)
    } else {
        Status::Unset
    }
}

/// Whether the module may be named: it is private in no profile. What a checksum database is asked names a module too, in its
/// path, and is not named at all.
fn is_public(event: &Event) -> bool {
    let Some(path) = event.request.module() else {
        return false;
    };
    let route = event.profile.route(path.as_str());
    !route.private && route.private_in.is_none()
}

fn route(request: &Request) -> &'static str {
    match Kind::of(request) {
        Kind::List => "/{module}/@v/list",
        Kind::Latest => "/{module}/@latest",
        Kind::Query => "/{module}/@v/{query}.info",
        Kind::Info => "/{module}/@v/{version}.info",
        Kind::Mod => "/{module}/@v/{version}.mod",
        Kind::Zip => "/{module}/@v/{version}.zip",
        Kind::ChecksumDb => "/sumdb/{database}",
    }
}

fn version(request: &Request) -> Option<String> {
    match request {
        Request::Query { query, .. } => Some(query.as_str().to_owned()),
        Request::File(module, _) => Some(module.version.to_string()),
        Request::List(_) | Request::Latest(_) | Request::SumDb { .. } => None,
    }
}

/// A step that nobody noted, for it was too quick to be told apart from the request.
fn step_at(kind: StepKind, said: &str, took: Duration) -> Step {
    Step {
        kind,
        upstream: None,
        said: said.to_owned(),
        start: 0,
        took: micros(took),
        failed: false,
        mend: None,
        led_at: None,
        span: None,
        node: None,
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use delivery::{Profile, Routes};
    use go_module::Patterns;
    use upstream::{Chain, ChainParts, Deadlines, HttpClients, TraceContext};

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn event(path: &str, parent: &str) -> Event {
        let limits = Deadlines::default();
        let parts = ChainParts::new(HttpClients::new(&limits), limits, "test");
        let list = "https://proxy.example.com".parse().unwrap();
        let routes = Routes {
            private: Patterns::parse("corp.example"),
            ..Routes::all_to(Chain::build(&list, &parts).unwrap())
        };
        let parent = TraceContext::parse(parent, Some("corp=1")).unwrap();
        Event {
            at: "2026-03-01T08:57:00Z".parse().unwrap(),
            request: Request::parse(path).unwrap(),
            source: Source::Upstream("proxy.example.com".to_owned()),
            upstream: Some("proxy.example.com".to_owned()),
            bytes: 1000,
            took: Duration::from_millis(20),
            outcome: Outcome::Failed,
            detail: Some(format!("of {path} nothing is left")),
            background: false,
            profile: Arc::new(Profile::new("public", routes, None)),
            steps: vec![Step {
                upstream: Some("proxy.example.com".to_owned()),
                start: 5_000,
                took: 10_000,
                failed: true,
                span: Some([7; 8]),
                node: Some("n1:8443".to_owned()),
                ..step_at(StepKind::Upstream, &format!("503: {path}"), Duration::ZERO)
            }],
            traced: Some(Traced {
                own: parent.child(),
                parent: Some(parent.span()),
            }),
        }
    }

    fn attribute(span: &SpanData, key: &str) -> Option<String> {
        let mut attributes = span.attributes.iter();
        let found = attributes.find(|attribute| attribute.key.as_str() == key)?;
        Some(found.value.to_string())
    }

    #[test]
    fn a_request_and_its_steps_are_one_trace_with_their_own_times() {
        let event = event("/example.com/m/@v/v1.0.0.zip", PARENT);
        let spans = of(&event);
        let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
        let request = "GET /{module}/@v/{version}.zip";
        assert_eq!(names, [request, "rule", "upstream"]);
        let own = event.traced.as_ref().unwrap().own.span();
        let parents: Vec<_> = spans
            .iter()
            .map(|span| span.parent_span_id.to_bytes())
            .collect();
        let of_client = 0xb7ad_6b71_6920_3331_u64.to_be_bytes();
        assert_eq!(parents, [of_client, own, own]);
        assert_eq!(spans[2].span_context.span_id().to_bytes(), [7; 8]);
        let began = SystemTime::from(event.at);
        let after = |time: SystemTime| time.duration_since(began).unwrap().as_millis();
        let times: Vec<_> = spans
            .iter()
            .map(|span| (after(span.start_time), after(span.end_time)))
            .collect();
        assert_eq!(times, [(0, 20), (0, 0), (5, 15)]);
        for span in &spans {
            let context = &span.span_context;
            assert_eq!(context.trace_id().to_string(), &PARENT[3..35]);
            assert_eq!(context.trace_state().header(), "corp=1");
        }
        assert_eq!(
            attribute(&spans[0], "go.module").as_deref(),
            Some("example.com/m")
        );
        assert_eq!(
            attribute(&spans[0], "larder.status").as_deref(),
            Some("failed")
        );
        assert_eq!(
            attribute(&spans[2], "larder.node").as_deref(),
            Some("n1:8443")
        );
        assert!(matches!(spans[2].status, Status::Error { .. }));
    }

    #[test]
    fn a_private_module_is_named_nowhere() {
        for path in [
            "/corp.example/secret/@v/v1.0.0.zip",
            "/corp.example/secret/@v/list",
            "/sumdb/sums.example.com/lookup/corp.example/secret@v1.0.0",
        ] {
            let spans = of(&event(path, PARENT));
            assert_eq!(spans.len(), 3);
            let said = format!("{spans:?}");
            for secret in ["secret", "corp.example", "v1.0.0"] {
                assert!(!said.contains(secret), "{secret}: {said}");
            }
        }
    }

    #[test]
    fn what_its_client_does_not_want_written_down_is_not() {
        let unsampled = PARENT.replace("-01", "-00");
        assert!(of(&event("/example.com/m/@v/list", &unsampled)).is_empty());
    }
}
