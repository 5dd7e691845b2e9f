//! Redirects over real sockets on loopback. What loopback can't play, a public host, is tested on the decision itself
//! (`redirect`, `address`, `resolver`).

use crate::ask::{Ask, ReplyStatus, Validators};
use crate::testing::{Act, Fake, ZIP, answer, ask, get, head_and, parts, read, redirect, upstream};
use crate::{Privacy, PrivateRedirects, RedirectRefusal, UpstreamError};

/// A fake that redirects so many times, then answers.
async fn redirects(times: usize) -> Fake {
    Fake::start(move |n, _| {
        if n < times {
            redirect(&format!("/hop/{n}"))
        } else {
            answer(200, "", "there")
        }
    })
    .await
}

fn refused(reason: RedirectRefusal) -> UpstreamError {
    UpstreamError::Redirect { reason }
}

#[tokio::test]
async fn five_in_a_row_are_followed_and_six_are_not() {
    let fake = redirects(5).await;
    assert_eq!(
        get(&upstream(&fake.url(), &parts())).await.unwrap(),
        "there"
    );
    assert_eq!(fake.seen()[5].path(), "/hop/4");
    let fake = redirects(6).await;
    assert_eq!(
        get(&upstream(&fake.url(), &parts())).await.unwrap_err(),
        refused(RedirectRefusal::TooMany)
    );
    assert_eq!(fake.count(), 6, "and it is not tried again");
}

#[tokio::test]
async fn every_kind_of_redirect_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        let fake = Fake::start(move |n, _| match n {
            0 => answer(status, "Location: /there?sig=a%2Fb#c\r\n", ""),
            _ => answer(200, "", "there"),
        })
        .await;
        assert_eq!(
            get(&upstream(&fake.url(), &parts())).await.unwrap(),
            "there",
            "{status}"
        );
        assert_eq!(fake.seen()[1].path(), "/there?sig=a%2Fb", "{status}");
    }
}

#[tokio::test]
async fn a_relative_target_is_taken_from_where_the_request_was() {
    let fake = Fake::start(|n, _| {
        if n == 0 {
            redirect("../files/v1.zip")
        } else {
            answer(200, "", "there")
        }
    })
    .await;
    get(&upstream(&fake.url(), &parts())).await.unwrap();
    assert_eq!(fake.seen()[1].path(), "/example.com/m/files/v1.zip");
}

#[tokio::test]
async fn no_usable_target() {
    for (headers, reason) in [
        ("", RedirectRefusal::NoTarget),
        ("Location: http://[\r\n", RedirectRefusal::NoTarget),
        ("Location: file:///etc/passwd\r\n", RedirectRefusal::Scheme),
        ("Location: gopher://h.example/\r\n", RedirectRefusal::Scheme),
    ] {
        let fake = Fake::start(move |_, _| answer(302, headers, "")).await;
        assert_eq!(
            get(&upstream(&fake.url(), &parts())).await.unwrap_err(),
            refused(reason),
            "{headers}"
        );
    }
}

#[tokio::test]
async fn another_origin_gets_neither_credentials_nor_our_header() {
    let target = Fake::start(|_, _| answer(200, "", "there")).await;
    let to = format!("http://sneaky:secret@{}/x", target.address);
    let fake = Fake::start(move |_, _| redirect(&to)).await;
    let upstream = upstream(&format!("http://bobby:hunter2@{}", fake.address), &parts());
    let conditional = Ask {
        validators: Some(Validators {
            etag: Some("\"v1\"".to_owned()),
            last_modified: None,
        }),
        ..ask(ZIP)
    };
    assert_eq!(
        upstream.fetch(conditional).await.unwrap().status,
        ReplyStatus::Whole
    );
    assert!(fake.seen()[0].header("authorization").is_some());
    let seen = &target.seen()[0];
    assert_eq!(
        (seen.header("authorization"), seen.header("x-larder-hop")),
        (None, None)
    );
    assert_eq!(seen.header("if-none-match"), Some("\"v1\""));
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
}

/// Asks for [`ZIP`], whose name is private.
fn ask_privately() -> Ask {
    Ask {
        privacy: Privacy::Private,
        ..ask(ZIP)
    }
}

#[tokio::test]
async fn a_private_name_goes_to_no_other_origin() {
    let target = Fake::start(|_, _| answer(200, "", "there")).await;
    let to = format!("{}/stolen?sig=1", target.url());
    // Inside its own origin first: that is no way around.
    let fake = Fake::start(move |n, _| redirect(if n % 2 == 0 { "/inside" } else { &to })).await;
    let asked = upstream(&fake.url(), &parts()).fetch(ask_privately()).await;
    let error = asked.unwrap_err();
    let origin = target.url();
    assert_eq!(
        error,
        refused(RedirectRefusal::PrivateName { to: origin.clone() })
    );
    assert!(!error.is_not_found() && !error.is_outage(), "{error}");
    let told = error.to_string();
    let mend = format!("larder profile edit NAME --private-redirect {origin}");
    assert!(told.ends_with(&mend) && !told.contains("sig"), "{told}");
    assert_eq!((fake.count(), target.count()), (2, 0));
    let public = upstream(&fake.url(), &parts());
    assert_eq!(get(&public).await.unwrap(), "there");
}

#[tokio::test]
async fn a_private_name_goes_where_somebody_has_allowed_it() {
    let onward = Fake::start(|_, _| answer(200, "", "there")).await;
    let further = onward.url();
    let storage = Fake::start(move |n, _| match n {
        0 => answer(200, "", "there"),
        _ => redirect(&further),
    })
    .await;
    let to = format!("{}/bucket/v1.zip?sig=1", storage.url());
    let fake = Fake::start(move |_, _| redirect(&to)).await;
    let allowed = secret::SafeUrl::parse(&storage.url()).unwrap();
    let parts = crate::ChainParts {
        private_redirects: PrivateRedirects::to([&allowed]),
        ..parts()
    };
    let upstream = upstream(&fake.url(), &parts);
    let reply = upstream.fetch(ask_privately()).await.unwrap();
    assert_eq!(read(reply).await.unwrap(), "there");
    assert_eq!(storage.seen()[0].path(), "/bucket/v1.zip?sig=1");
    let error = upstream.fetch(ask_privately()).await.unwrap_err();
    let to = onward.url();
    assert_eq!(error, refused(RedirectRefusal::PrivateName { to }));
    assert_eq!(onward.count(), 0, "nor from there to anybody else");
}

#[tokio::test]
async fn the_same_origin_gets_them_again() {
    let fake = redirects(1).await;
    get(&upstream(
        &format!("http://bobby:hunter2@{}", fake.address),
        &parts(),
    ))
    .await
    .unwrap();
    let seen = &fake.seen()[1];
    assert!(seen.header("authorization").is_some() && seen.header("x-larder-hop").is_some());
}

#[tokio::test]
async fn trust_does_not_come_back_by_a_detour() {
    use std::sync::{Arc, OnceLock};
    let home: Arc<OnceLock<String>> = Arc::default();
    let back = Arc::clone(&home);
    let detour = Fake::start(move |_, _| redirect(&format!("{}/back", back.get().unwrap()))).await;
    let away = detour.url();
    let fake = Fake::start(move |n, _| {
        if n == 0 {
            redirect(&away)
        } else {
            answer(200, "", "there")
        }
    })
    .await;
    home.set(fake.url()).unwrap();
    get(&upstream(
        &format!("http://bobby:hunter2@{}", fake.address),
        &parts(),
    ))
    .await
    .unwrap();
    assert_eq!(fake.seen()[1].path(), "/back");
    assert_eq!(fake.seen()[1].header("authorization"), None);
}

#[tokio::test]
async fn a_redirect_to_larder_itself_is_a_loop() {
    let target = Fake::start(|_, _| answer(200, "", "there")).await;
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let to = format!("http://{host}:{}/", target.address.port());
        let fake = Fake::start(move |_, _| redirect(&to)).await;
        let parts = parts();
        parts.own.set([target.address]);
        assert_eq!(
            get(&upstream(&fake.url(), &parts)).await.unwrap_err(),
            UpstreamError::Loop,
            "{host}"
        );
    }
    assert_eq!(target.count(), 0);
}

#[tokio::test]
async fn the_body_of_a_redirect_is_not_waited_for() {
    let target = Fake::start(|_, _| answer(200, "", "there")).await;
    let to = format!("Location: {}\r\nContent-Length: 100\r\n", target.url());
    let fake = Fake::start(move |_, _| Act::Stall(head_and(302, &to, "see"))).await;
    let reply = upstream(&fake.url(), &parts())
        .fetch(ask(ZIP))
        .await
        .unwrap();
    assert_eq!(read(reply).await.unwrap(), "there");
}

#[tokio::test]
async fn what_a_target_says_is_what_the_upstream_says() {
    let target =
        Fake::start(|_, _| answer(404, "Content-Type: text/plain\r\n", "no such object")).await;
    let to = target.url();
    let fake = Fake::start(move |_, _| redirect(&to)).await;
    let error = get(&upstream(&fake.url(), &parts())).await.unwrap_err();
    assert_eq!(
        error,
        UpstreamError::NotFound {
            status: 404,
            text: "no such object".to_owned()
        }
    );
}
