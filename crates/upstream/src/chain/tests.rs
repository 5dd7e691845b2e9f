//! Walks: every list against every kind of error.

use std::time::Duration;

use go_module::ProxyList;
use secret::SafeUrl;

use super::*;
use crate::testing::{Act, Fake, answer, ask, chain, get, parts, upstream};
use crate::{RedirectRefusal, Stage, Step, UpstreamKind};

/// One error of each kind, by a letter for the table below.
fn error(of: char) -> UpstreamError {
    let text = String::new();
    match of {
        'n' => UpstreamError::NotFound { status: 404, text },
        'g' => UpstreamError::NotFound { status: 410, text },
        'r' => UpstreamError::Refused { status: 403, text },
        't' => UpstreamError::Throttled {
            retry_after: None,
            text,
        },
        '5' => UpstreamError::Status { status: 500, text },
        '4' => UpstreamError::Status { status: 400, text },
        'u' => UpstreamError::Unreachable {
            step: Step::Connect,
            cause: text,
        },
        'w' => UpstreamError::Timeout {
            stage: Stage::Idle,
            after: Duration::ZERO,
        },
        'b' => UpstreamError::Broken { cause: text },
        'l' => UpstreamError::TooLarge { cap: 1 },
        'd' => UpstreamError::Redirect {
            reason: RedirectRefusal::TooMany,
        },
        'o' => UpstreamError::Loop,
        'm' => UpstreamError::Malformed { reason: text },
        'v' => UpstreamError::Direct { text },
        _ => panic!("{of} is no error"),
    }
}

const NOT_FOUND: &str = "ng";
const OTHERS: &str = "rt54uwbldomv";
const OUTAGES: &str = "t5uwb";

fn list(text: &str) -> Chain {
    let of = |name: &str| format!("https://{name}.example");
    let text = text
        .replace('A', &of("a"))
        .replace('B', &of("b"))
        .replace('C', &of("c"));
    chain(&text, &parts())
}

/// Walks a list whose upstreams fail in turn as `errors` says; gives the error and how many were asked.
async fn walk(text: &str, errors: &str) -> (ChainError, usize) {
    let mut left = errors.chars();
    let mut asked = 0;
    let result: Result<(), _> = list(text)
        .walk(|_| {
            asked += 1;
            std::future::ready(Err(error(
                left.next().expect("no more upstreams are asked"),
            )))
        })
        .await;
    let failed = result.unwrap_err();
    assert_eq!(failed.tried.len(), asked);
    (failed, asked)
}

#[tokio::test]
async fn the_first_answer_ends_the_walk() {
    for (text, answering, asked) in [
        ("A", "a.example", 1),
        ("A,B", "a.example", 1),
        ("A|B", "b.example", 2),
        ("A|direct", "direct", 2),
    ] {
        let mut count = 0;
        let answer = list(text)
            .walk(|upstream: Upstream| {
                count += 1;
                async move {
                    if upstream.name() == answering {
                        Ok(upstream.name().to_owned())
                    } else {
                        Err(error('u'))
                    }
                }
            })
            .await;
        assert_eq!(answer.as_deref(), Ok(answering));
        assert_eq!(count, asked, "{text}");
    }
}

#[tokio::test]
async fn after_a_comma_only_not_found_goes_on() {
    for first in NOT_FOUND.chars() {
        assert_eq!(walk("A,B", &format!("{first}n")).await.1, 2, "{first}");
        assert_eq!(walk("A,direct", &format!("{first}n")).await.1, 2, "{first}");
    }
    for first in OTHERS.chars() {
        let (failed, asked) = walk("A,B", &format!("{first}")).await;
        assert_eq!(asked, 1, "{first}");
        assert_eq!(failed.cause, error(first));
        assert!(!failed.is_not_found());
    }
}

#[tokio::test]
async fn after_a_bar_every_error_goes_on() {
    for first in NOT_FOUND.chars().chain(OTHERS.chars()) {
        assert_eq!(walk("A|B", &format!("{first}n")).await.1, 2, "{first}");
        assert_eq!(walk("A|direct", &format!("{first}n")).await.1, 2, "{first}");
    }
}

#[tokio::test]
async fn an_outage_never_becomes_not_found() {
    for outage in OUTAGES.chars() {
        for text in ["A|B", "A|direct", "A|off", "A|B,off"] {
            let failed = walk(text, &format!("{outage}n")).await.0;
            assert_eq!(
                (failed.cause.clone(), failed.upstream.as_str()),
                (error(outage), "a.example"),
                "{text} {outage}"
            );
            assert!(!failed.is_not_found() && failed.is_outage());
        }
        let failed = walk("A,B|C", &format!("n{outage}n")).await.0;
        assert_eq!(
            (failed.cause, failed.upstream.as_str()),
            (error(outage), "b.example"),
            "{outage}"
        );
    }
}

/// Which error is given: list, errors in turn, and the upstream whose error it is. The order is Go's.
#[tokio::test]
async fn the_error_that_matters_most_is_given() {
    for (text, errors, from) in [
        ("A,B", "nn", "b.example"),
        ("A,B,C", "ngn", "c.example"),
        ("A|B", "rn", "a.example"),
        ("A|B", "nr", "b.example"),
        ("A|B", "r4", "b.example"),
        ("A|B|C", "unr", "c.example"),
        ("A|B|C", "run", "b.example"),
        ("A,direct", "nn", "direct"),
        ("A,direct", "nv", "direct"),
        ("A|direct", "rn", "direct"),
        ("A|direct", "mn", "direct"),
        ("A|direct", "uv", "direct"),
        ("A|direct", "ur", "direct"),
        ("A|B|direct", "uwn", "b.example"),
        ("A,off", "n", "a.example"),
        ("direct", "u", "direct"),
    ] {
        let (failed, asked) = walk(text, errors).await;
        assert_eq!(failed.upstream, from, "{text} {errors}");
        assert_eq!(asked, errors.len(), "{text} {errors}");
        let shown = failed.to_string();
        assert!(shown.starts_with(&format!("{from}: ")), "{shown}");
    }
}

#[tokio::test]
async fn version_control_out_of_reach_behind_proxies_that_have_nothing_is_not_found() {
    let not_found = UpstreamError::NotFound {
        status: 404,
        text: String::new(),
    };
    let refused = UpstreamError::Refused {
        status: 403,
        text: String::new(),
    };
    let no_git = UpstreamError::Unreachable {
        step: Step::VersionControl,
        cause: "no such host".to_owned(),
    };
    let walk = async |text: &str, errors: &[&UpstreamError]| {
        let mut errors = errors.iter().map(|error| (*error).clone());
        let chain = chain(text, &parts());
        let walked = chain.walk(|_| std::future::ready(Err::<(), _>(errors.next().unwrap())));
        walked.await.unwrap_err()
    };
    let failed = walk("https://a.example,direct", &[&not_found, &no_git]).await;
    assert!(failed.is_not_found(), "{failed}");
    assert!(
        failed.is_outage(),
        "version control may have it: this is not to be remembered"
    );
    assert!(
        failed
            .to_string()
            .contains("direct, which comes after it, could not be reached: no such host"),
        "{failed}"
    );
    assert!(!walk("direct", &[&no_git]).await.is_not_found());
    let failed = walk("https://a.example|direct", &[&refused, &no_git]).await;
    assert!(!failed.is_not_found(), "{failed}");
}

#[test]
fn a_list_reads_as_a_way() {
    for (list, words) in [
        ("http://a.example", "a.example"),
        (
            "http://u:pw@127.0.0.1:9|http://b.example/x,direct",
            "127.0.0.1:9, then b.example/x on any failure, then direct if not found",
        ),
        ("off", "nobody"),
    ] {
        let list = ProxyList::parse(list).unwrap();
        assert_eq!(Chain::build(&list, &parts()).unwrap().in_words(), words);
    }
}

#[tokio::test]
async fn off_alone_asks_nobody_and_is_not_found() {
    let (failed, asked) = walk("off", "").await;
    assert_eq!((failed.cause.clone(), asked), (UpstreamError::Off, 0));
    assert!(failed.is_not_found() && !failed.is_outage());
    assert!(failed.to_string().contains("GOPROXY=off"));
}

#[tokio::test]
async fn nothing_behind_direct_or_off_is_asked() {
    assert_eq!(walk("A,off|B", "n").await.1, 1);
    assert_eq!(walk("direct|A", "n").await.1, 1);
}

#[tokio::test]
async fn a_walk_can_be_spawned() {
    let fake = Fake::start(|_, _| answer(200, "", "ok")).await;
    let chain = chain(&fake.url(), &parts());
    let body = tokio::spawn(async move {
        chain
            .walk(|upstream| async move { get(&upstream).await })
            .await
    });
    assert_eq!(body.await.unwrap().unwrap(), "ok");
}

#[tokio::test]
async fn real_faults_end_as_they_should() {
    let well = Fake::start(|_, _| answer(200, "", "ok")).await;
    type Fault = fn() -> Act;
    let faults: [(&str, Fault, bool); 6] = [
        ("404", || answer(404, "", ""), true),
        ("403", || answer(403, "", ""), false),
        ("500", || answer(500, "", ""), false),
        ("stall", || Act::Stall(String::new()), false),
        ("reset", || Act::Reset(String::new()), false),
        (
            "short",
            || Act::Close("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort".to_owned()),
            false,
        ),
    ];
    for (name, fault, goes_on) in faults {
        let ill = Fake::start(move |_, _| fault()).await;
        for separator in [',', '|'] {
            let list = format!("{}{separator}{}", ill.url(), well.url());
            let result = chain(&list, &parts())
                .walk(|upstream| async move { get(&upstream).await })
                .await;
            assert_eq!(
                result.is_ok(),
                goes_on || separator == '|',
                "{name} {separator}"
            );
            if let Err(failed) = result {
                assert!(!failed.is_not_found(), "{name}");
            }
        }
    }
}

#[test]
fn upstreams_in_order_with_name_id_and_kind() {
    let chain = chain(
        "https://bob:pw@proxy.corp.example/go|file:///srv/go,direct",
        &parts(),
    );
    let all: Vec<_> = chain
        .upstreams()
        .map(|u| (u.name().to_owned(), u.kind()))
        .collect();
    assert_eq!(
        all,
        [
            ("proxy.corp.example/go".to_owned(), UpstreamKind::Http),
            ("file:///srv/go".to_owned(), UpstreamKind::File),
            ("direct".to_owned(), UpstreamKind::Direct)
        ]
    );
    assert_eq!(chain.upstreams().last().unwrap().id(), "direct");
    assert_eq!(
        chain
            .upstreams()
            .next()
            .unwrap()
            .url()
            .map(SafeUrl::origin)
            .unwrap(),
        "https://proxy.corp.example"
    );
    assert!(!format!("{chain:?}").contains("pw"));
}

#[test]
fn lists_that_cannot_be_used() {
    let build = |text: &str| Chain::build(&ProxyList::parse(text).unwrap(), &parts()).unwrap_err();
    let error = build("http://bobby:hunter2@proxy.corp.example");
    assert!(matches!(error, ChainBuildError::InsecureUserInfo { .. }));
    assert!(
        !format!("{error} {error:?}").contains("hunter2") && !error.to_string().contains("bobby"),
        "{error}"
    );
    // Loopback is not the open.
    upstream("http://bobby:hunter2@127.0.0.1:8080", &parts());
}

#[tokio::test]
async fn direct_without_go_says_so() {
    let error = upstream("direct", &parts())
        .fetch(ask(crate::testing::ZIP))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, UpstreamError::Direct { text } if text.contains("no go command")),
        "{error:?}"
    );
    assert!(!error.is_not_found() && !error.is_outage());
}
