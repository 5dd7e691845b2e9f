//! The head of an answer: type, length, tag, for how long it holds, where it came from; and 304, 206, 412, 416.

use std::time::Duration;

use delivery::{Answer, Kind, Lifetime, Source};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::body::Content;
use crate::conditional::{self, Condition};
use crate::range::{self, Part};
use crate::text::{NO_STORE, OUR_VERSION, PLAIN, X_SOURCE, X_VERSION};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ZIP: HeaderValue = HeaderValue::from_static("application/zip");
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const BYTES: HeaderValue = HeaderValue::from_static("bytes");

/// The longest time that others may keep what changes.
const LONGEST_FRESH: Duration = Duration::from_secs(60 * 60);

/// Brings an answer into the form in which this request wants it.
pub(crate) fn respond(method: &Method, headers: &HeaderMap, answer: Answer) -> Response<Content> {
    let mut response = Response::new(Content::Nothing);
    describe(response.headers_mut(), &answer);
    match conditional::check(headers, answer.etag.as_deref()) {
        Condition::Holds => {}
        Condition::NotModified => return without_body(response, StatusCode::NOT_MODIFIED, answer),
        Condition::Failed => {
            response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
            return empty(response, StatusCode::PRECONDITION_FAILED, answer);
        }
    }
    response
        .headers_mut()
        .insert(CONTENT_TYPE, content_type(answer.kind));
    match part(method, headers, &answer) {
        Part::Whole => {
            if let Some(length) = answer.length {
                response.headers_mut().insert(CONTENT_LENGTH, length.into());
            }
            if method == Method::HEAD {
                return without_body(response, StatusCode::OK, answer);
            }
            let length = answer.length;
            *response.body_mut() = Content::of(answer.into_body(), length);
        }
        Part::Bytes(from, until) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let length = until - from;
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
            response.headers_mut().insert(
                CONTENT_RANGE,
                content_range(&format!("{from}-{}", until - 1), answer.length),
            );
            *response.body_mut() = Content::of(answer.into_range(from, until), Some(length));
        }
        Part::Unsatisfiable => {
            let headers = response.headers_mut();
            headers.insert(CONTENT_RANGE, content_range("*", answer.length));
            headers.insert(CACHE_CONTROL, NO_STORE);
            headers.remove(CONTENT_TYPE);
            return empty(response, StatusCode::RANGE_NOT_SATISFIABLE, answer);
        }
    }
    response
}

/// The part that is wanted, of what has parts (RFC 9110 section 14.2: a Range means something in a GET only).
fn part(method: &Method, headers: &HeaderMap, answer: &Answer) -> Part {
    match (&answer.etag, answer.length) {
        (Some(etag), Some(length))
            if method == Method::GET
                && answer.has_ranges()
                && conditional::range_holds(headers, etag) =>
        {
            range::wanted(headers, length)
        }
        _ => Part::Whole,
    }
}

/// The headers that 200, 206 and 304 have alike.
fn describe(headers: &mut HeaderMap, answer: &Answer) {
    headers.reserve(10);
    headers.insert(X_VERSION, OUR_VERSION);
    headers.insert(X_SOURCE, source(&answer.source));
    headers.insert(CACHE_CONTROL, cache_control(answer.lifetime));
    if let Some(etag) = &answer.etag {
        headers.insert(ETAG, value(format!("\"{etag}\"")));
    }
    if answer.has_ranges() {
        headers.insert(ACCEPT_RANGES, BYTES);
    }
}

fn without_body(
    mut response: Response<Content>,
    status: StatusCode,
    answer: Answer,
) -> Response<Content> {
    *response.status_mut() = status;
    answer.without_body();
    response
}

/// An answer whose body is empty, and says so (a HEAD's length is that of the GET, so it stays away there).
fn empty(mut response: Response<Content>, status: StatusCode, answer: Answer) -> Response<Content> {
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    without_body(response, status, answer)
}

fn content_type(kind: Kind) -> HeaderValue {
    match kind {
        Kind::Latest | Kind::Query | Kind::Info => JSON,
        Kind::List | Kind::Mod | Kind::ChecksumDb => PLAIN,
        Kind::Zip => ZIP,
    }
}

fn cache_control(lifetime: Lifetime) -> HeaderValue {
    match lifetime {
        Lifetime::Immutable => FOR_EVER,
        Lifetime::Fresh(time) => value(format!(
            "public, max-age={}",
            time.min(LONGEST_FRESH).as_secs()
        )),
        Lifetime::Now => NO_STORE,
    }
}

/// `cache`, `upstream proxy.example.com` and so on.
fn source(source: &Source) -> HeaderValue {
    let word = HeaderValue::from_static(source.word());
    match source.upstream() {
        None => word,
        // A folder's name may hold what no header can.
        Some(upstream) => {
            HeaderValue::try_from(format!("{} {upstream}", source.word())).unwrap_or(word)
        }
    }
}

fn content_range(range: &str, length: Option<u64>) -> HeaderValue {
    let length = length.map_or_else(|| "*".to_owned(), |length| length.to_string());
    value(format!("bytes {range}/{length}"))
}

fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("digits, hex and plain words make a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_type() {
        for (kind, expected) in [
            (Kind::List, "text/plain; charset=utf-8"),
            (Kind::Latest, "application/json"),
            (Kind::Query, "application/json"),
            (Kind::Info, "application/json"),
            (Kind::Mod, "text/plain; charset=utf-8"),
            (Kind::Zip, "application/zip"),
            (Kind::ChecksumDb, "text/plain; charset=utf-8"),
        ] {
            assert_eq!(content_type(kind), expected);
        }
    }

    #[test]
    fn what_changes_is_kept_by_others_for_an_hour_at_most() {
        assert_eq!(
            cache_control(Lifetime::Immutable),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(
            cache_control(Lifetime::Fresh(Duration::from_secs(60))),
            "public, max-age=60"
        );
        assert_eq!(
            cache_control(Lifetime::Fresh(Duration::from_secs(86_400))),
            "public, max-age=3600"
        );
        assert_eq!(cache_control(Lifetime::Now), "no-store");
    }

    #[test]
    fn the_source_names_the_upstream_where_a_header_can_hold_it() {
        assert_eq!(source(&Source::Cache), "cache");
        assert_eq!(
            source(&Source::Upstream("proxy.example.com".into())),
            "upstream proxy.example.com"
        );
        assert_eq!(
            source(&Source::Stale("file:///mnt/m".into())),
            "stale file:///mnt/m"
        );
        assert_eq!(
            source(&Source::Revalidated("file:///a\nb".into())),
            "revalidated"
        );
    }
}
