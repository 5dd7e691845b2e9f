//! Texts for the person at the terminal: plain, short, in the form that `go` prints.

use app::VERSION;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::body::Content;

/// `X-Larder-Version`, on every answer to somebody with the right token.
pub(crate) const X_VERSION: HeaderName = HeaderName::from_static("x-larder-version");
/// `X-Larder-Source`: where an answer came from.
pub(crate) const X_SOURCE: HeaderName = HeaderName::from_static("x-larder-source");
/// The type of every text.
pub(crate) const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// Larder's version as a header value.
pub(crate) const OUR_VERSION: HeaderValue = HeaderValue::from_static(VERSION);
/// Not to be kept.
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// `go` prints so many lines of an error (cmd/go/internal/web/api.go, maxErrorDetailLines) ...
const LINES: usize = 8;
/// ... and nothing of a line that goes beyond so many bytes (maxErrorDetailBytes is 648).
const BYTES: usize = 640;

/// An error to somebody with the right token.
pub(crate) fn refusal(status: StatusCode, text: &str) -> Response<Content> {
    let mut response = plain(status, for_go(text).into());
    let headers = response.headers_mut();
    headers.insert(X_VERSION, OUR_VERSION);
    headers.insert(X_SOURCE, HeaderValue::from_static("none"));
    headers.insert(CACHE_CONTROL, NO_STORE);
    response
}

/// The answer to somebody without the right token, or at a foreign host name: no word more.
pub(crate) fn forbidden() -> Response<Content> {
    plain(StatusCode::FORBIDDEN, Bytes::from_static(b"forbidden\n"))
}

fn plain(status: StatusCode, text: Bytes) -> Response<Content> {
    let length = text.len();
    let mut response = Response::new(Content::of_bytes(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, PLAIN);
    // Explicitly, so that HEAD has it too.
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// Brings a text into the form that `go` prints: a few lines without control characters, a newline at the end.
fn for_go(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    // A blank line is where go stops reading.
    for line in text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .take(LINES)
    {
        let room = BYTES.saturating_sub(out.len());
        if room < 8 {
            break;
        }
        let mut printable: String = line
            .chars()
            .map(|char| if char.is_control() { ' ' } else { char })
            .collect();
        if printable.len() > room {
            printable.truncate(printable.floor_char_boundary(room - 4));
            printable.push('…');
        }
        out.push_str(&printable);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_with_a_newline_and_has_no_blank_lines() {
        assert_eq!(for_go("one\n\n two \r\nthree"), "one\n two\nthree\n");
        assert_eq!(for_go("a\u{1b}[31mb\tc"), "a [31mb c\n");
    }

    #[test]
    fn a_long_text_is_cut_to_what_go_prints() {
        assert_eq!(for_go(&"line\n".repeat(20)), "line\n".repeat(8));
        let cut = for_go(&"ä".repeat(2000));
        assert!(
            cut.ends_with("…\n") && cut.len() <= BYTES && cut.len() > BYTES - 10,
            "{}",
            cut.len()
        );
        let many = for_go(&format!("{}\n", "x".repeat(200)).repeat(7));
        assert!(many.len() <= BYTES + 1, "{}", many.len());
    }
}
