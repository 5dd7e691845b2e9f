//! What is asked of a proxy, and what it may answer; over real sockets on loopback.

use futures_util::StreamExt;

use super::*;
use crate::ask::{ReplyStatus, Resume, Validators};
use crate::testing::{
    Act, Fake, PLAIN, ZIP, always, answer, ask, get, head_and, parts, read, upstream,
};

#[tokio::test]
async fn a_file_comes_with_what_is_known_of_it() {
    let (fake, upstream) = always(|| {
        answer(200, "ETag: \"v1\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Type: application/zip\r\n", "hello")
    })
    .await;
    let reply = upstream.fetch(ask(ZIP)).await.unwrap();
    assert_eq!(reply.status, ReplyStatus::Whole);
    assert_eq!(reply.content_length, Some(5));
    assert_eq!(reply.content_type.as_deref(), Some("application/zip"));
    assert_eq!(reply.validators.etag.as_deref(), Some("\"v1\""));
    assert_eq!(
        reply.validators.last_modified.as_deref(),
        Some("Wed, 21 Oct 2015 07:28:00 GMT")
    );
    assert_eq!(read(reply).await.unwrap(), "hello");
    let seen = &fake.seen()[0];
    assert_eq!(seen.path(), ZIP);
    assert!(seen.head.starts_with("GET "));
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
    assert_eq!(
        seen.header("user-agent"),
        Some(concat!("larder/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(seen.header("x-larder-hop"), Some("this-one"));
    for absent in [
        "authorization",
        "range",
        "if-none-match",
        "if-modified-since",
        "referer",
        "cookie",
    ] {
        assert_eq!(seen.header(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn a_path_in_the_url_and_the_escapes_of_the_request_are_kept() {
    let fake = Fake::start(|_, _| answer(200, "", "")).await;
    let upstream = upstream(&format!("{}/api/go%20x/", fake.url()), &parts());
    upstream
        .fetch(ask("/github.com/!azure/m/@v/v1.0.0+incompatible.info"))
        .await
        .unwrap();
    assert_eq!(
        fake.seen()[0].path(),
        "/api/go%20x/github.com/!azure/m/@v/v1.0.0+incompatible.info"
    );
}

#[tokio::test]
async fn a_chunked_body_has_no_length_and_comes_whole() {
    let (_fake, upstream) = always(|| {
        Act::Answer(head_and(
            200,
            "Transfer-Encoding: chunked\r\n",
            "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        ))
    })
    .await;
    let reply = upstream.fetch(ask(ZIP)).await.unwrap();
    assert_eq!(reply.content_length, None);
    assert_eq!(read(reply).await.unwrap(), "abcde");
}

#[tokio::test]
async fn user_info_becomes_basic_authorization_and_is_never_shown() {
    let fake = Fake::start(|_, _| answer(403, PLAIN, "no entry for bobby with p@ssword")).await;
    let upstream = upstream(
        &format!("http://bobby:p%40ssword@{}", fake.address),
        &parts(),
    );
    let error = get(&upstream).await.unwrap_err();
    assert_eq!(
        fake.seen()[0].header("authorization"),
        Some("Basic Ym9iYnk6cEBzc3dvcmQ=")
    );
    let shown = format!(
        "{error} {error:?} {upstream:?} {} {}",
        upstream.name(),
        upstream.id()
    );
    for hidden in ["bobby", "p@ssword", "p%40ssword", "Ym9iYnk6"] {
        assert!(!shown.contains(hidden), "{hidden} is in {shown}");
    }
    assert!(
        shown.contains("no entry for [hidden] with [hidden]"),
        "{shown}"
    );
}

#[tokio::test]
async fn no_error_shows_a_token_of_the_path() {
    const TOKEN: &str = "uZ8sT0kqPpVtW4mE9aX2bQ";
    let acts: [fn() -> Act; 5] = [
        || answer(404, PLAIN, "nothing at /uZ8sT0kqPpVtW4mE9aX2bQ/example.com"),
        || Act::Reset(String::new()),
        || Act::Stall(String::new()),
        || answer(302, "", ""),
        || Act::Close("nonsense\r\n\r\n".to_owned()),
    ];
    for act in acts {
        let fake = Fake::start(move |_, _| act()).await;
        let upstream = upstream(&format!("{}/{TOKEN}", fake.url()), &parts());
        let error = get(&upstream).await.unwrap_err();
        let shown = format!("{error} {error:?} {upstream:?}");
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again_after_an_answer_and_after_an_error() {
    let fake = Fake::start(|n, _| {
        if n == 1 {
            answer(404, PLAIN, "no")
        } else {
            answer(200, "", "ok")
        }
    })
    .await;
    let upstream = upstream(&fake.url(), &parts());
    assert!(get(&upstream).await.is_ok());
    assert!(get(&upstream).await.is_err());
    assert!(get(&upstream).await.is_ok());
    assert_eq!(fake.seen()[2].connection, 0);
}

#[tokio::test]
async fn what_is_larger_than_the_cap_is_not_read() {
    let (_fake, told) =
        always(|| Act::Stall(head_and(200, "Content-Length: 1048577\r\n", ""))).await;
    assert_eq!(
        told.fetch(ask(ZIP)).await.unwrap_err(),
        UpstreamError::TooLarge { cap: 1 << 20 }
    );
    let (_fake, untold) = always(|| {
        Act::Endless(
            head_and(200, "Transfer-Encoding: chunked\r\n", ""),
            "4\r\nlong\r\n",
        )
    })
    .await;
    let mut ask = ask(ZIP);
    ask.cap = 1000;
    let mut body = untold.fetch(ask).await.unwrap().body;
    let mut seen = 0;
    let error = loop {
        match body.next().await.unwrap() {
            Ok(piece) => seen += piece.len(),
            Err(error) => break error,
        }
    };
    assert_eq!(error, UpstreamError::TooLarge { cap: 1000 });
    assert!(seen <= 1000);
}

#[tokio::test]
async fn a_compressed_body_is_refused() {
    let (_fake, upstream) = always(|| answer(200, "Content-Encoding: gzip\r\n", "\u{1f}")).await;
    assert!(matches!(
        get(&upstream).await.unwrap_err(),
        UpstreamError::Malformed { .. }
    ));
    let (_fake, upstream) = always(|| answer(200, "Content-Encoding: identity\r\n", "ok")).await;
    assert_eq!(get(&upstream).await.unwrap(), "ok");
}

#[tokio::test]
async fn validators_are_sent_and_not_modified_comes_back() {
    let fake = Fake::start(|_, seen| match seen.header("if-none-match") {
        Some("\"v1\"") => Act::Answer(head_and(304, "ETag: \"v1\"\r\n", "")),
        _ => answer(200, "", "new"),
    })
    .await;
    let upstream = upstream(&fake.url(), &parts());
    let with = |etag: &str| Ask {
        validators: Some(Validators {
            etag: Some(etag.to_owned()),
            last_modified: Some("Wed, 21 Oct 2015 07:28:00 GMT".to_owned()),
        }),
        ..ask("/example.com/m/@v/list")
    };
    let reply = upstream.fetch(with("\"v1\"")).await.unwrap();
    assert_eq!(reply.status, ReplyStatus::NotModified);
    assert_eq!(reply.validators.etag.as_deref(), Some("\"v1\""));
    assert_eq!(read(reply).await.unwrap(), "");
    let reply = upstream.fetch(with("\"v0\"")).await.unwrap();
    assert_eq!(reply.status, ReplyStatus::Whole);
    assert_eq!(read(reply).await.unwrap(), "new");
    assert_eq!(
        fake.seen()[0].header("if-modified-since"),
        Some("Wed, 21 Oct 2015 07:28:00 GMT")
    );
    // A kept header that is no header value any more is left out.
    upstream.fetch(with("\"v\n1\"")).await.unwrap();
    assert_eq!(fake.seen()[2].header("if-none-match"), None);
}

#[tokio::test]
async fn not_modified_unasked_is_no_answer() {
    let (_fake, upstream) = always(|| Act::Answer(head_and(304, "", ""))).await;
    assert!(matches!(
        get(&upstream).await.unwrap_err(),
        UpstreamError::Malformed { .. }
    ));
}

/// Asks for the rest of a file of which 6 bytes are there.
fn rest(etag: &str) -> Ask {
    Ask {
        resume: Some(Resume {
            from: 6,
            etag: etag.to_owned(),
        }),
        ..ask(ZIP)
    }
}

#[tokio::test]
async fn a_transfer_goes_on_where_it_stopped() {
    let (fake, upstream) = always(|| {
        answer(
            206,
            "Content-Range: bytes 6-10/11\r\nETag: \"v1\"\r\n",
            "world",
        )
    })
    .await;
    let reply = upstream.fetch(rest("\"v1\"")).await.unwrap();
    assert_eq!(reply.status, ReplyStatus::Partial { from: 6 });
    assert_eq!(reply.content_length, Some(5));
    assert_eq!(read(reply).await.unwrap(), "world");
    let seen = &fake.seen()[0];
    assert_eq!(
        (seen.header("range"), seen.header("if-range")),
        (Some("bytes=6-"), Some("\"v1\""))
    );
}

#[tokio::test]
async fn a_server_that_ignores_the_range_gives_all_of_it() {
    let (_fake, upstream) = always(|| answer(200, "", "hello world")).await;
    let reply = upstream.fetch(rest("\"v1\"")).await.unwrap();
    assert_eq!(reply.status, ReplyStatus::Whole);
    assert_eq!(read(reply).await.unwrap(), "hello world");
}

#[tokio::test]
async fn a_weak_etag_asks_for_all_of_it() {
    let (fake, upstream) = always(|| answer(200, "", "hello world")).await;
    upstream.fetch(rest("W/\"v1\"")).await.unwrap();
    assert_eq!(fake.seen()[0].header("range"), None);
}

#[tokio::test]
async fn a_range_that_is_not_satisfiable_asks_for_all_of_it() {
    let fake = Fake::start(|_, seen| {
        if seen.header("range").is_some() {
            answer(416, "", "")
        } else {
            answer(200, "", "hello")
        }
    })
    .await;
    let reply = upstream(&fake.url(), &parts())
        .fetch(rest("\"v1\""))
        .await
        .unwrap();
    assert_eq!(reply.status, ReplyStatus::Whole);
    assert_eq!(read(reply).await.unwrap(), "hello");
}

#[tokio::test]
async fn another_part_than_was_asked_for_is_no_answer() {
    for headers in [
        "Content-Range: bytes 5-10/11\r\n",
        "Content-Range: bytes 0-4/11\r\n",
        "Content-Range: lines 6-10/11\r\n",
        "Content-Range: bytes 6-10/11\r\nETag: \"v2\"\r\n",
        "",
    ] {
        let (_fake, upstream) = always(move || answer(206, headers, "world")).await;
        let error = upstream.fetch(rest("\"v1\"")).await.unwrap_err();
        assert!(
            matches!(error, UpstreamError::Malformed { .. }),
            "{headers}: {error:?}"
        );
    }
    let (_fake, upstream) =
        always(|| answer(206, "Content-Range: bytes 0-4/11\r\n", "hello")).await;
    assert!(
        matches!(
            get(&upstream).await.unwrap_err(),
            UpstreamError::Malformed { .. }
        ),
        "none was asked for"
    );
}

#[tokio::test]
async fn the_cap_counts_what_is_there_already() {
    let (_fake, upstream) =
        always(|| answer(206, "Content-Range: bytes 6-10/11\r\n", "world")).await;
    let capped = |cap| Ask {
        cap,
        ..rest("\"v1\"")
    };
    assert_eq!(
        upstream.fetch(capped(10)).await.unwrap_err(),
        UpstreamError::TooLarge { cap: 10 }
    );
    assert_eq!(
        read(upstream.fetch(capped(11)).await.unwrap())
            .await
            .unwrap(),
        "world"
    );
}

#[tokio::test]
async fn hops_are_sent_on_and_a_loop_is_not_asked() {
    let (fake, upstream) = always(|| answer(200, "", "ok")).await;
    let through = |hops: &[&str]| Ask {
        hops: hops.iter().map(|hop| (*hop).to_owned()).collect(),
        ..ask(ZIP)
    };
    upstream.fetch(through(&["first", "second"])).await.unwrap();
    assert_eq!(
        fake.seen()[0].header("x-larder-hop"),
        Some("first, second, this-one")
    );
    assert_eq!(
        upstream
            .fetch(through(&["first", "this-one"]))
            .await
            .unwrap_err(),
        UpstreamError::Loop
    );
    assert_eq!(fake.count(), 1);
}

#[tokio::test]
async fn larder_is_not_its_own_upstream() {
    let (fake, _) = always(|| answer(200, "", "ok")).await;
    let parts = parts();
    let upstreams = ["127.0.0.1", "localhost", "[::1]"]
        .map(|host| upstream(&format!("http://{host}:{}", fake.address.port()), &parts));
    get(&upstreams[0]).await.unwrap();
    parts.own.set([fake.address]);
    for upstream in &upstreams {
        assert_eq!(
            get(upstream).await.unwrap_err(),
            UpstreamError::Loop,
            "{upstream}"
        );
    }
    assert_eq!(fake.count(), 1);
}

#[tokio::test]
async fn many_at_once_and_few_connections_stay() {
    let (fake, upstream) = always(|| answer(200, "", "ok")).await;
    let all = (0..30).map(|_| async { get(&upstream).await.unwrap() });
    futures_util::future::join_all(all).await;
    let before = fake
        .seen()
        .iter()
        .map(|seen| seen.connection)
        .max()
        .unwrap();
    futures_util::future::join_all((0..8).map(|_| async { get(&upstream).await.unwrap() })).await;
    let after = fake
        .seen()
        .iter()
        .map(|seen| seen.connection)
        .max()
        .unwrap();
    assert!(after <= before + 8, "{before} {after}");
    assert_eq!(fake.count(), 38);
}
