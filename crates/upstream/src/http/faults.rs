//! What a proxy may do wrong, and what becomes of it; over real sockets on loopback.

use std::time::{Duration, Instant};

use futures_util::StreamExt;

use super::*;
use crate::Step;
use crate::testing::{
    Act, Fake, PLAIN, ZIP, always, answer, ask, get, head_and, limits, parts, parts_with, upstream,
};

#[tokio::test]
async fn statuses() {
    let text = || "why not".to_owned();
    for (status, headers, want, tries) in [
        (
            404,
            "",
            UpstreamError::NotFound {
                status: 404,
                text: text(),
            },
            1,
        ),
        (
            410,
            "",
            UpstreamError::NotFound {
                status: 410,
                text: text(),
            },
            1,
        ),
        (
            401,
            "",
            UpstreamError::Refused {
                status: 401,
                text: text(),
            },
            1,
        ),
        (
            403,
            "",
            UpstreamError::Refused {
                status: 403,
                text: text(),
            },
            1,
        ),
        (
            429,
            "",
            UpstreamError::Throttled {
                retry_after: None,
                text: text(),
            },
            3,
        ),
        (
            429,
            "Retry-After: 0\r\n",
            UpstreamError::Throttled {
                retry_after: Some(Duration::ZERO),
                text: text(),
            },
            3,
        ),
        (
            429,
            "Retry-After: 60\r\n",
            UpstreamError::Throttled {
                retry_after: Some(Duration::from_secs(60)),
                text: text(),
            },
            1,
        ),
        (
            400,
            "",
            UpstreamError::Status {
                status: 400,
                text: text(),
            },
            1,
        ),
        (
            416,
            "",
            UpstreamError::Status {
                status: 416,
                text: text(),
            },
            1,
        ),
        (
            500,
            "",
            UpstreamError::Status {
                status: 500,
                text: text(),
            },
            1,
        ),
        (
            502,
            "",
            UpstreamError::Status {
                status: 502,
                text: text(),
            },
            3,
        ),
        (
            503,
            "",
            UpstreamError::Status {
                status: 503,
                text: text(),
            },
            3,
        ),
        (
            503,
            "Retry-After: 60\r\n",
            UpstreamError::Status {
                status: 503,
                text: text(),
            },
            1,
        ),
        (
            504,
            "",
            UpstreamError::Status {
                status: 504,
                text: text(),
            },
            3,
        ),
        (508, "", UpstreamError::Loop, 1),
        (
            202,
            "",
            UpstreamError::Status {
                status: 202,
                text: text(),
            },
            1,
        ),
    ] {
        let (fake, upstream) =
            always(move || answer(status, &format!("{PLAIN}{headers}"), "why\n\tnot\n")).await;
        let error = get(&upstream).await.unwrap_err();
        assert_eq!(error, want, "{status} {headers}");
        assert_eq!(fake.count(), tries, "{status} {headers}");
        assert_eq!(error.is_not_found(), matches!(status, 404 | 410));
        assert_eq!(
            error.is_outage(),
            status >= 500 && status != 508 || status == 429
        );
    }
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let fake = Fake::start(|n, _| {
        if n == 0 {
            answer(429, "Retry-After: 1\r\n", "")
        } else {
            answer(200, "", "ok")
        }
    })
    .await;
    let begun = Instant::now();
    assert_eq!(get(&upstream(&fake.url(), &parts())).await.unwrap(), "ok");
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_passes_is_tried_again_until_it_is_well() {
    for act in [
        || answer(502, "", ""),
        || Act::Reset(String::new()),
        || Act::Close(String::new()),
    ] {
        let fake = Fake::start(move |n, _| if n < 2 { act() } else { answer(200, "", "ok") }).await;
        assert_eq!(get(&upstream(&fake.url(), &parts())).await.unwrap(), "ok");
        assert_eq!(fake.count(), 3);
    }
}

#[tokio::test]
async fn an_error_page_is_not_passed_on() {
    let (_fake, upstream) = always(|| {
        answer(
            404,
            "Content-Type: text/html\r\n",
            "<html>nothing here</html>",
        )
    })
    .await;
    assert_eq!(
        get(&upstream).await.unwrap_err(),
        UpstreamError::NotFound {
            status: 404,
            text: String::new()
        }
    );
}

#[tokio::test]
async fn of_a_long_error_text_the_beginning_is_passed_on() {
    let fake = Fake::start(|_, _| {
        Act::Endless(
            head_and(404, &format!("{PLAIN}Transfer-Encoding: chunked\r\n"), ""),
            "4\r\nlong\r\n",
        )
    })
    .await;
    // All of it is waited for, also on a busy machine.
    let patient = Deadlines {
        idle: Duration::from_secs(10),
        ..limits()
    };
    let upstream = upstream(&fake.url(), &parts_with(patient));
    let UpstreamError::NotFound { text, .. } = get(&upstream).await.unwrap_err() else {
        panic!("not found")
    };
    assert_eq!(text, "long".repeat(256));
}

#[tokio::test]
async fn an_error_text_that_stalls_or_breaks_does_not_hide_the_status() {
    for act in [Act::Stall as fn(String) -> Act, Act::Reset] {
        let (_fake, upstream) = always(move || {
            act(head_and(
                404,
                &format!("{PLAIN}Content-Length: 100\r\n"),
                "gone fishing",
            ))
        })
        .await;
        let begun = Instant::now();
        assert_eq!(
            get(&upstream).await.unwrap_err(),
            UpstreamError::NotFound {
                status: 404,
                text: "gone fishing".to_owned()
            }
        );
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn refused_is_unreachable_after_one_more_try() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = get(&upstream(&format!("http://{address}"), &parts()))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, UpstreamError::Unreachable { step: Step::Connect, cause } if cause.contains("refused")),
        "{error:?}"
    );
    assert!(error.is_outage() && !error.is_not_found());
}

#[tokio::test]
async fn an_upstream_that_is_just_starting_is_found_by_the_second_try() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let limits = Deadlines {
        retry_pause: Duration::from_secs(1),
        ..limits()
    };
    let upstream = upstream(&format!("http://{address}"), &parts_with(limits));
    let starting = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Fake::on(address, |_, _| answer(200, "", "ok")).await
    };
    let (answer, _fake) = tokio::join!(get(&upstream), starting);
    assert_eq!(answer.unwrap(), "ok");
}

#[tokio::test]
async fn a_name_without_address_is_unreachable() {
    // Names below `invalid` never exist (RFC 6761), and the look-up says so without a network as well.
    let error = get(&upstream("http://upstream.invalid", &parts()))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            UpstreamError::Unreachable {
                step: Step::Name,
                ..
            } | UpstreamError::Timeout {
                stage: Stage::Connect,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn reset_before_the_head_is_broken_after_three_tries() {
    let (fake, upstream) = always(|| Act::Reset(String::new())).await;
    let error = get(&upstream).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Broken { .. }), "{error:?}");
    assert_eq!(fake.count(), 3);
}

#[tokio::test]
async fn what_is_not_http_is_broken_and_not_tried_again() {
    let (fake, upstream) = always(|| Act::Close("SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned())).await;
    let error = get(&upstream).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Broken { .. }), "{error:?}");
    assert_eq!(fake.count(), 1);
}

#[tokio::test]
async fn endless_headers_end() {
    for piece in [
        "X-More: and more\r\n",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ] {
        let (fake, upstream) =
            always(move || Act::Endless("HTTP/1.1 200 OK\r\nX-Long: ".to_owned(), piece)).await;
        let begun = Instant::now();
        let error = get(&upstream).await.unwrap_err();
        assert!(
            matches!(
                error,
                UpstreamError::Broken { .. }
                    | UpstreamError::Timeout {
                        stage: Stage::FirstByte,
                        ..
                    }
            ),
            "{error:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert_eq!(fake.count(), 1, "asking again would bring the same");
    }
}

#[tokio::test]
async fn a_stall_before_the_head_is_a_timeout_and_not_tried_again() {
    for sent in ["", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let (fake, upstream) = always(move || Act::Stall(sent.to_owned())).await;
        let begun = Instant::now();
        let error = get(&upstream).await.unwrap_err();
        assert_eq!(
            error,
            UpstreamError::Timeout {
                stage: Stage::FirstByte,
                after: limits().first_byte
            }
        );
        assert!(begun.elapsed() < limits().first_byte * 3);
        assert_eq!(fake.count(), 1);
    }
}

#[tokio::test]
async fn all_tries_together_have_a_deadline() {
    let fake = Fake::start(|_, _| answer(503, "Retry-After: 2\r\n", "")).await;
    let limits = Deadlines {
        overall: Duration::from_millis(300),
        ..limits()
    };
    let error = get(&upstream(&fake.url(), &parts_with(limits)))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        UpstreamError::Timeout {
            stage: Stage::Overall,
            after: Duration::from_millis(300)
        }
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_broken() {
    for (name, act) in [
        ("reset", Act::Reset as fn(String) -> Act),
        ("short", Act::Close),
    ] {
        for head in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
            let (fake, upstream) = always(move || act(head_and(200, head, "5\r\nhello\r\n"))).await;
            let mut body = upstream.fetch(ask(ZIP)).await.unwrap().body;
            body.next().await.unwrap().unwrap();
            let error = body.next().await.unwrap().unwrap_err();
            assert!(
                matches!(error, UpstreamError::Broken { .. }),
                "{name} {head}: {error:?}"
            );
            assert!(error.is_outage());
            assert!(body.next().await.is_none());
            assert_eq!(
                fake.count(),
                1,
                "what a reader has begun can't be asked for again in secret"
            );
        }
    }
}

#[tokio::test]
async fn a_body_that_stalls_is_a_timeout() {
    let (_fake, upstream) =
        always(|| Act::Stall(head_and(200, "Content-Length: 100\r\n", "hello"))).await;
    let begun = Instant::now();
    assert_eq!(
        get(&upstream).await.unwrap_err(),
        UpstreamError::Timeout {
            stage: Stage::Idle,
            after: limits().idle
        }
    );
    assert!(begun.elapsed() >= limits().idle);
}

#[tokio::test]
async fn what_comes_behind_a_body_is_not_taken_for_another() {
    let fake = Fake::start(|n, _| match n {
        0 => Act::Answer(head_and(
            200,
            "Content-Length: 5\r\n",
            "helloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        )),
        _ => answer(200, "", "good"),
    })
    .await;
    let upstream = upstream(&fake.url(), &parts());
    assert_eq!(get(&upstream).await.unwrap(), "hello");
    assert_eq!(get(&upstream).await.unwrap(), "good");
    assert_eq!(
        fake.seen()[1].connection,
        1,
        "the connection can't be trusted any more"
    );
}
