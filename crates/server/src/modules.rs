//! The way of a module request: who asks, what is at hand, what has to be delivered.
//!
//! This is the hot path: a warm build asks thousands of times for small files that are at hand. Such a request gets no
//! further than [`Modules::answer`], and nothing waits on it.

use std::borrow::Cow;
use std::sync::Arc;

use app::App;
use delivery::{Ask, Delivery};
use go_module::Request as Asked;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use upstream::TraceContext;

use crate::answer;
use crate::answering::Answer;
use crate::body::Content;
use crate::gate::Hosts;
use crate::status;
use crate::text::{forbidden, refusal};

/// The public proxy's way to be asked for nothing but what it has already; `true` is the one value that means it.
const DISABLE_FETCH: HeaderName = HeaderName::from_static("disable-module-fetch");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const HOP: HeaderName = HeaderName::from_static(upstream::HOP_HEADER);

/// The modules, as `go` asks for them.
pub(crate) struct Modules {
    app: App,
    delivery: Delivery,
    /// Names this run to other Larders.
    instance: String,
    hosts: Hosts,
}

impl Modules {
    pub(crate) fn new(app: &App, delivery: &Delivery, instance: &str, hosts: Hosts) -> Self {
        Self {
            app: app.clone(),
            delivery: delivery.clone(),
            instance: instance.to_owned(),
            hosts,
        }
    }

    /// Answers `GET /<token>/<path>`, at once where it can.
    pub(crate) fn answer<B>(self: &Arc<Self>, request: Request<B>) -> Answer {
        let (token, path) = split(request.uri().path());
        if !self.hosts.are_own(&request) || !self.app.tokens().is_module(token) {
            return Answer::Now(forbidden());
        }
        let (method, headers) = (request.method(), request.headers());
        if method != Method::GET && method != Method::HEAD {
            return Answer::Now(wrong_method());
        }
        if self.has_been_here(headers) {
            return Answer::Now(refusal(
                StatusCode::LOOP_DETECTED,
                "this request has come back to the Larder that sent it\ntake Larder's own address out of the upstreams, here or at the proxy in between",
            ));
        }
        let trace = self.trace_of(headers);
        if let Some(found) = self.delivery.at_hand(&as_kept(path), trace.as_ref()) {
            return Answer::Now(answer::respond(method, headers, found));
        }
        let modules = Arc::clone(self);
        let (parts, _) = request.into_parts();
        Answer::later(async move { modules.deliver(&parts).await })
    }

    /// What is not at hand: from the disk, a flight under way, or an upstream.
    async fn deliver(&self, parts: &Parts) -> Response<Content> {
        let path = split(parts.uri.path()).1;
        if path.is_empty() {
            return refusal(StatusCode::NOT_FOUND, WHAT_THIS_IS);
        }
        let request = match Asked::parse(&format!("/{path}")) {
            Ok(request) => request,
            Err(reason) => return refusal(StatusCode::NOT_FOUND, &reason.to_string()),
        };
        let kept_only = parts
            .headers
            .get(DISABLE_FETCH)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        match self
            .delivery
            .deliver(Ask {
                request,
                kept_only,
                hops: hops(&parts.headers),
                trace: self.trace_of(&parts.headers),
            })
            .await
        {
            Ok(found) => answer::respond(&parts.method, &parts.headers, found),
            Err(error) => refusal(status::of_delivery(&error), &error.to_string()),
        }
    }

    /// The trace that a client says its request belongs to, where anybody wants to know.
    fn trace_of(&self, headers: &HeaderMap) -> Option<TraceContext> {
        if !self.delivery.is_traced() {
            return None;
        }
        let parent = headers.get(TRACEPARENT)?.to_str().ok()?;
        let state = headers.get_all(TRACESTATE).iter();
        let state: Vec<&str> = state.filter_map(|state| state.to_str().ok()).collect();
        TraceContext::parse(parent, Some(&state.join(",")))
    }

    fn has_been_here(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(HOP) && hops(headers).contains(&self.instance)
    }
}

/// What a person finds who opens the address itself.
const WHAT_THIS_IS: &str = "\
this is Larder, a module proxy for the go command; the address is to be given to go as GOPROXY
it answers <module>/@v/list, <module>/@latest, <module>/@v/<version>.info, .mod and .zip below it";

/// The first segment of the path, and what comes after it without a slash in between.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_once('/').unwrap_or((path, ""))
}

/// The path in the form in which what is at hand is looked up: `go` sends `!`, which stands for an upper-case letter,
/// as `%21`.
fn as_kept(path: &str) -> Cow<'_, str> {
    if path.contains('%') {
        path.replace("%21", "!").into()
    } else {
        path.into()
    }
}

fn hops(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(HOP)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(upstream::parse_hops)
        .collect()
}

pub(crate) fn wrong_method() -> Response<Content> {
    let mut response = refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "this is only read: GET and HEAD",
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_the_first_segment() {
        assert_eq!(
            split("/token/example.com/m/@v/list"),
            ("token", "example.com/m/@v/list")
        );
        assert_eq!(split("/token/"), ("token", ""));
        assert_eq!(split("/token"), ("token", ""));
        assert_eq!(split("//token/x"), ("", "token/x"));
        assert_eq!(split("/"), ("", ""));
        assert_eq!(split("*"), ("*", ""));
    }

    #[test]
    fn an_upper_case_letter_is_found_however_its_mark_is_sent() {
        assert_eq!(
            as_kept("github.com/%21azure/x/@v/v1.0.0.mod"),
            "github.com/!azure/x/@v/v1.0.0.mod"
        );
        assert!(matches!(
            as_kept("github.com/!azure/x/@v/v1.0.0.mod"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn hops_of_all_header_lines_are_read() {
        let mut headers = HeaderMap::new();
        headers.append(HOP, HeaderValue::from_static("a, b"));
        headers.append(HOP, HeaderValue::from_static("c"));
        assert_eq!(hops(&headers), ["a", "b", "c"]);
    }
}
