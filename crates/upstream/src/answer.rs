//! What the head of an HTTP answer means.

use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, StatusCode, Version, header};
use reqwest::Response;
use secret::Secret;
use tokio::time::timeout;

use crate::ask::{Reply, ReplyStatus, Terms, Validators};
use crate::retry::{Again, Failure};
use crate::{Body, Deadlines, UpstreamError, cause, text};

/// Longest wait for the text of an error, whose status is known already.
const TEXT_DEADLINE: Duration = Duration::from_secs(2);

/// What is read of an error's body, in bytes: enough to read most to their end, so that the connection can be used again.
const ERROR_BODY: usize = 16 * 1024;

/// Turns the final answer, which is no redirect, into a reply. `hidden` is what its text must not repeat.
pub(crate) async fn read(
    response: Response,
    ask: &Terms,
    limits: &Deadlines,
    hidden: &[Secret],
) -> Result<Reply, Failure> {
    let status = match response.status() {
        StatusCode::OK => ReplyStatus::Whole,
        StatusCode::PARTIAL_CONTENT => part(response.headers(), ask).map_err(malformed)?,
        StatusCode::NOT_MODIFIED if ask.validators.is_some() => ReplyStatus::NotModified,
        StatusCode::NOT_MODIFIED => {
            return Err(malformed(
                "it says \"not modified\" (304), which was not asked",
            ));
        }
        _ => return Err(refusal(response, limits, hidden).await),
    };
    let protocol = name_of(response.version());
    let headers = response.headers();
    // Not `gzip` under another name: the bytes must be the file's own.
    if text_of(headers, header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        return Err(malformed(
            "it is compressed (Content-Encoding), which was not asked for",
        ));
    }
    let content_type = text_of(headers, header::CONTENT_TYPE);
    let validators = Validators {
        etag: text_of(headers, header::ETAG),
        last_modified: text_of(headers, header::LAST_MODIFIED),
    };
    let content_length =
        text_of(headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let from = match status {
        ReplyStatus::NotModified => {
            let body = Body::empty(limits);
            return Ok(Reply {
                status,
                content_length: None,
                content_type,
                validators,
                protocol,
                node: None,
                body,
            });
        }
        ReplyStatus::Whole => 0,
        ReplyStatus::Partial { from } => from,
    };
    let limit = ask.cap.saturating_sub(from);
    if content_length.is_some_and(|length| length > limit) {
        return Err(Failure::last(UpstreamError::TooLarge { cap: ask.cap }));
    }
    let pieces = response
        .bytes_stream()
        .map(|piece| piece.map_err(|error| cause::broken(&error)))
        .boxed();
    let body = Body::new(pieces, content_length, limit, ask.cap, limits);
    Ok(Reply {
        status,
        content_length,
        content_type,
        validators,
        protocol,
        node: None,
        body,
    })
}

/// What a version of HTTP is called.
fn name_of(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("HTTP/1.0"),
        Version::HTTP_11 => Some("HTTP/1.1"),
        Version::HTTP_2 => Some("HTTP/2"),
        _ => None,
    }
}

/// Checks that a part is the one that was asked for: from the same byte, of the same state.
fn part(headers: &HeaderMap, ask: &Terms) -> Result<ReplyStatus, &'static str> {
    let resume = ask
        .resume
        .as_ref()
        .ok_or("it is a part (206), which was not asked for")?;
    let range = text_of(headers, header::CONTENT_RANGE)
        .ok_or("it is a part (206) without a Content-Range")?;
    let from = range
        .strip_prefix("bytes ")
        .and_then(|range| range.split_once('-'))
        .and_then(|(from, _)| from.trim().parse().ok());
    if from != Some(resume.from) {
        return Err("it is another part (206) than was asked for");
    }
    match text_of(headers, header::ETAG) {
        Some(etag) if etag != resume.etag => {
            Err("it is a part (206) of something else: the ETag differs")
        }
        _ => Ok(ReplyStatus::Partial { from: resume.from }),
    }
}

/// Turns a status that is no answer into an error with the upstream's own text, as `go` would show it.
pub(crate) async fn refusal(response: Response, limits: &Deadlines, hidden: &[Secret]) -> Failure {
    let status = response.status().as_u16();
    let retry_after = text_of(response.headers(), header::RETRY_AFTER)
        .and_then(|value| wait(&value, SystemTime::now()));
    let text = error_text(response, limits, hidden).await;
    let again = match (status, retry_after) {
        (429 | 502 | 503 | 504, Some(pause)) => Again::After(pause),
        (429 | 502 | 503 | 504, None) => Again::Yes,
        _ => Again::No,
    };
    let error = match status {
        404 | 410 => UpstreamError::NotFound { status, text },
        401 | 403 => UpstreamError::Refused { status, text },
        429 => UpstreamError::Throttled { retry_after, text },
        // What a Larder says that has met its own id in the hop header.
        508 => UpstreamError::Loop,
        _ => UpstreamError::Status { status, text },
    };
    Failure { error, again }
}

/// The first KiB of an error's body, if that is plain text; a page for a browser is of no use in a terminal.
async fn error_text(response: Response, limits: &Deadlines, hidden: &[Secret]) -> String {
    let plain =
        text_of(response.headers(), header::CONTENT_TYPE).is_some_and(|kind| is_plain_text(&kind));
    let mut pieces = response.bytes_stream();
    let mut text = Vec::new();
    let mut read = 0;
    let reading = async {
        while let Some(Ok(piece)) = pieces.next().await {
            read += piece.len();
            text.extend_from_slice(
                &piece[..piece.len().min(text::LOOKED_AT.saturating_sub(text.len()))],
            );
            if read > ERROR_BODY {
                break;
            }
        }
    };
    // What has come by then will do.
    let _ = timeout(TEXT_DEADLINE.min(limits.idle), reading).await;
    if plain {
        text::clean(&text, hidden)
    } else {
        String::new()
    }
}

fn is_plain_text(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| {
        part.split_once('=')
            .filter(|(key, _)| key.eq_ignore_ascii_case("charset"))
    });
    let readable = charset.is_none_or(|(_, name)| {
        ["utf-8", "us-ascii"]
            .iter()
            .any(|known| name.trim_matches('"').eq_ignore_ascii_case(known))
    });
    essence.eq_ignore_ascii_case("text/plain") && readable
}

/// How long a `Retry-After` asks to wait (RFC 9110, section 10.2.3): seconds, or a date.
fn wait(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        // A date that has passed asks for no wait.
        Err(_) => httpdate::parse_http_date(value)
            .ok()
            .map(|date| date.duration_since(now).unwrap_or_default()),
    }
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn malformed(reason: &str) -> Failure {
    Failure::last(UpstreamError::Malformed {
        reason: reason.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
        for (value, want) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(30)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(wait(value, now), want.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn plain_text_is_what_a_terminal_can_show() {
        for plain in [
            "text/plain",
            "Text/Plain; charset=UTF-8",
            "text/plain; format=flowed; charset=\"utf-8\"",
            "text/plain;charset=us-ascii",
        ] {
            assert!(is_plain_text(plain), "{plain}");
        }
        for other in [
            "text/html; charset=utf-8",
            "text/plain; charset=utf-16",
            "application/json",
            "",
        ] {
            assert!(!is_plain_text(other), "{other}");
        }
    }
}
