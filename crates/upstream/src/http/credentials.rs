//! Who is shown which credentials, over real sockets on loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use secret::Secret;

use super::*;
use crate::Credentials;
use crate::testing::{
    Act, Fake, PLAIN, ZIP, answer, ask, get, limits, parts, parts_with, redirect, upstream,
};

/// What a [`Keys`] was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Call {
    Present(String),
    Refused(String, Authorization),
}

/// Credentials as a test says: these are presented one after the other, each until it is refused.
struct Keys {
    left: Mutex<Vec<Result<Option<Authorization>, String>>>,
    calls: Mutex<Vec<Call>>,
    /// What `refused` says.
    worth_it: bool,
}

impl Keys {
    fn new(kept: &[Result<Option<&str>, &str>]) -> Arc<Self> {
        let of = |one: &Result<Option<&str>, &str>| match one {
            Ok(token) => Ok(token.map(bearer)),
            Err(why) => Err((*why).to_owned()),
        };
        Arc::new(Self {
            left: Mutex::new(kept.iter().rev().map(of).collect()),
            calls: Mutex::default(),
            worth_it: true,
        })
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    fn presented(&self) -> usize {
        let calls = self.calls();
        calls
            .iter()
            .filter(|call| matches!(call, Call::Present(_)))
            .count()
    }
}

impl Credentials for Keys {
    fn present<'a>(
        &'a self,
        origin: &'a str,
    ) -> BoxFuture<'a, Result<Option<Authorization>, String>> {
        Box::pin(async move {
            self.calls
                .lock()
                .unwrap()
                .push(Call::Present(origin.to_owned()));
            self.left.lock().unwrap().last().unwrap().clone()
        })
    }

    fn refused<'a>(&'a self, origin: &'a str, presented: &'a Authorization) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            self.calls
                .lock()
                .unwrap()
                .push(Call::Refused(origin.to_owned(), presented.clone()));
            let mut left = self.left.lock().unwrap();
            if left.len() > 1 {
                left.pop();
            }
            self.worth_it
        })
    }
}

fn bearer(token: &str) -> Authorization {
    Authorization::bearer(&Secret::new(token)).unwrap()
}

fn with(keys: &Arc<Keys>) -> ChainParts {
    ChainParts {
        credentials: Some(Arc::clone(keys) as Arc<dyn Credentials>),
        ..parts()
    }
}

/// An upstream that lets in who shows this token.
async fn wants(token: &'static str) -> Fake {
    Fake::start(move |_, seen| {
        if seen.header("authorization") == Some(&format!("Bearer {token}")) {
            answer(200, "", "there")
        } else {
            answer(401, PLAIN, "who are you?")
        }
    })
    .await
}

#[tokio::test]
async fn what_is_kept_for_the_origin_is_presented_to_it() {
    let fake = wants("t0k3n-0001").await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001"))]);
    let upstream = upstream(&format!("{}/api/go?x=1", fake.url()), &with(&keys));
    assert_eq!(get(&upstream).await.unwrap(), "there");
    assert_eq!(
        keys.calls(),
        [Call::Present(fake.url())],
        "scheme, host and port, no path"
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let fake = wants("t0k3n-0002").await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001")), Ok(Some("t0k3n-0002"))]);
    let upstream = upstream(&fake.url(), &with(&keys));
    assert_eq!(get(&upstream).await.unwrap(), "there");
    let origin = fake.url();
    assert_eq!(
        keys.calls(),
        [
            Call::Present(origin.clone()),
            Call::Refused(origin.clone(), bearer("t0k3n-0001")),
            Call::Present(origin),
        ]
    );
    assert_eq!(fake.count(), 2);
}

#[tokio::test]
async fn a_renewed_token_that_is_refused_too_is_the_end() {
    let fake = wants("another").await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001")), Ok(Some("t0k3n-0002")), Ok(None)]);
    let error = get(&upstream(&fake.url(), &with(&keys))).await.unwrap_err();
    assert_eq!(
        error,
        UpstreamError::Refused {
            status: 401,
            text: "who are you?".to_owned()
        }
    );
    assert_eq!((fake.count(), keys.presented()), (2, 2));
}

#[tokio::test]
async fn a_password_that_stays_the_same_is_sent_once() {
    let fake = wants("another").await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001"))]);
    let error = get(&upstream(&fake.url(), &with(&keys))).await.unwrap_err();
    assert!(error.is_refused(), "{error}");
    assert_eq!(fake.count(), 1);
}

#[tokio::test]
async fn where_another_try_is_not_worth_it_there_is_none() {
    let fake = wants("t0k3n-0002").await;
    let keys = Arc::new(Keys {
        worth_it: false,
        ..Arc::into_inner(Keys::new(&[Ok(Some("t0k3n-0001")), Ok(Some("t0k3n-0002"))])).unwrap()
    });
    assert!(get(&upstream(&fake.url(), &with(&keys))).await.is_err());
    assert_eq!((fake.count(), keys.presented()), (1, 1));
}

#[tokio::test]
async fn forbidden_is_no_reason_to_renew() {
    let fake = Fake::start(|_, _| answer(403, "", "")).await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001")), Ok(Some("t0k3n-0002"))]);
    assert!(get(&upstream(&fake.url(), &with(&keys))).await.is_err());
    assert_eq!((fake.count(), keys.presented()), (1, 1));
}

#[tokio::test]
async fn with_nothing_kept_it_is_asked_without_and_401_stands() {
    let fake = wants("t0k3n-0001").await;
    let keys = Keys::new(&[Ok(None)]);
    let error = get(&upstream(&fake.url(), &with(&keys))).await.unwrap_err();
    assert!(error.is_refused());
    assert_eq!(fake.seen()[0].header("authorization"), None);
    assert_eq!(
        keys.calls().len(),
        1,
        "nothing was presented that could be refused"
    );
}

#[tokio::test]
async fn credentials_that_cannot_be_had_say_why_and_nothing_is_asked() {
    let fake = wants("t0k3n-0001").await;
    let keys = Keys::new(&[Err("the keyring is locked; unlock it")]);
    let error = get(&upstream(&fake.url(), &with(&keys))).await.unwrap_err();
    let text = "the keyring is locked; unlock it".to_owned();
    assert!(error.to_string().contains(&text), "{error}");
    assert_eq!(error, UpstreamError::CredentialsMissing { text });
    assert!(error.is_refused() && !error.is_outage() && !error.is_not_found());
    assert_eq!(fake.count(), 0);
}

#[tokio::test]
async fn a_keyring_that_never_answers_has_a_deadline() {
    struct Silent;
    impl Credentials for Silent {
        fn present<'a>(
            &'a self,
            _: &'a str,
        ) -> BoxFuture<'a, Result<Option<Authorization>, String>> {
            Box::pin(std::future::pending())
        }
        fn refused<'a>(&'a self, _: &'a str, _: &'a Authorization) -> BoxFuture<'a, bool> {
            Box::pin(std::future::pending())
        }
    }
    let fake = wants("t0k3n-0001").await;
    let limits = Deadlines {
        credentials: Duration::from_millis(100),
        ..limits()
    };
    let parts = ChainParts {
        credentials: Some(Arc::new(Silent)),
        ..parts_with(limits)
    };
    let error = get(&upstream(&fake.url(), &parts)).await.unwrap_err();
    assert!(
        matches!(error, UpstreamError::CredentialsMissing { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn user_info_of_the_url_wins_and_is_not_renewed() {
    let fake = wants("t0k3n-0001").await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001"))]);
    let url = format!("http://bobby:hunter2@{}", fake.address);
    assert!(get(&upstream(&url, &with(&keys))).await.is_err());
    let sent = fake.seen()[0].header("authorization").unwrap().to_owned();
    assert_eq!(sent, "Basic Ym9iYnk6aHVudGVyMg==");
    assert_eq!((fake.count(), keys.calls().len()), (1, 0));
}

#[test]
fn over_plain_http_nothing_is_presented_but_to_this_machine() {
    let keys = Keys::new(&[Ok(Some("t0k3n-0001"))]);
    let asked = |url: &str| {
        let presenting = Presenting::new(&SafeUrl::parse(url).unwrap(), &with(&keys));
        match presenting {
            Presenting::Kept { origin, .. } => Some(origin),
            Presenting::OfUrl(_) | Presenting::Nothing => None,
        }
    };
    for open in [
        "http://proxy.corp.example/go",
        "http://10.0.0.7:8081",
        "http://192.168.1.1/",
        "http://localhost.corp.example/",
    ] {
        assert_eq!(asked(open), None, "{open}");
    }
    for (url, origin) in [
        (
            "https://Proxy.corp.example:443/go",
            "https://proxy.corp.example",
        ),
        (
            "https://proxy.corp.example:8443/",
            "https://proxy.corp.example:8443",
        ),
        ("https://10.0.0.7/x", "https://10.0.0.7"),
        ("http://127.0.0.1:8081/x", "http://127.0.0.1:8081"),
        ("http://localhost:8081", "http://localhost:8081"),
        ("http://[::1]:8081", "http://[::1]:8081"),
    ] {
        assert_eq!(asked(url).as_deref(), Some(origin), "{url}");
    }
}

#[tokio::test]
async fn no_other_origin_is_shown_them_and_its_401_is_not_ours() {
    // The same host with another port is another origin.
    let target = Fake::start(|_, _| answer(401, "", "")).await;
    let to = target.url();
    let fake = Fake::start(move |_, _| redirect(&to)).await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001")), Ok(Some("t0k3n-0002"))]);
    let error = get(&upstream(&fake.url(), &with(&keys))).await.unwrap_err();
    assert!(error.is_refused());
    assert_eq!(
        fake.seen()[0].header("authorization"),
        Some("Bearer t0k3n-0001")
    );
    assert_eq!(target.seen()[0].header("authorization"), None);
    assert_eq!(keys.calls(), [Call::Present(fake.url())]);
}

#[tokio::test]
async fn the_same_origin_is_shown_them_after_a_redirect_too() {
    let fake = Fake::start(|_, seen| {
        if seen.path() == "/there" {
            answer(200, "", seen.header("authorization").unwrap_or("nothing"))
        } else {
            redirect("/there")
        }
    })
    .await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001"))]);
    let got = get(&upstream(&fake.url(), &with(&keys))).await.unwrap();
    assert_eq!(got, "Bearer t0k3n-0001");
}

#[tokio::test]
async fn each_of_two_upstreams_is_asked_about_by_its_own_origin() {
    let (first, second) = (wants("none").await, wants("none").await);
    let keys = Keys::new(&[Ok(Some("t0k3n-0001"))]);
    let parts = with(&keys);
    for fake in [&first, &second] {
        let _ = get(&upstream(&fake.url(), &parts)).await;
    }
    let asked: Vec<_> = keys
        .calls()
        .into_iter()
        .filter(|call| matches!(call, Call::Present(_)))
        .collect();
    assert!(asked.contains(&Call::Present(first.url())));
    assert!(asked.contains(&Call::Present(second.url())));
}

#[tokio::test]
async fn an_echo_of_what_was_presented_is_not_passed_on() {
    let fake = Fake::start(|_, seen| {
        let echo = format!(
            "bad {} bobby hunter2",
            seen.header("authorization").unwrap()
        );
        answer(403, PLAIN, &echo)
    })
    .await;
    struct Basic;
    impl Credentials for Basic {
        fn present<'a>(
            &'a self,
            _: &'a str,
        ) -> BoxFuture<'a, Result<Option<Authorization>, String>> {
            let basic = Authorization::basic("bobby", &Secret::new("hunter2"));
            Box::pin(std::future::ready(Ok(Some(basic))))
        }
        fn refused<'a>(&'a self, _: &'a str, _: &'a Authorization) -> BoxFuture<'a, bool> {
            Box::pin(std::future::ready(false))
        }
    }
    let parts = ChainParts {
        credentials: Some(Arc::new(Basic)),
        ..parts()
    };
    let upstream = upstream(&fake.url(), &parts);
    let error = get(&upstream).await.unwrap_err();
    let shown = format!("{error} {error:?} {upstream:?} {upstream}");
    for hidden in ["bobby", "hunter2", "Ym9iYnk"] {
        assert!(!shown.contains(hidden), "{hidden} is shown in {shown}");
    }
    assert!(
        shown.contains("bad Basic [hidden] [hidden] [hidden]"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_checksum_database_with_a_url_of_its_own_is_shown_its_own() {
    let fake = wants("t0k3n-0001").await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001"))]);
    let database = crate::Upstream::checksum_database(&fake.url(), &with(&keys)).unwrap();
    let reply = database.fetch(ask("/sumdb/sum.golang.org/latest")).await;
    assert!(reply.is_ok());
}

#[tokio::test]
async fn a_renewal_and_a_retry_go_together() {
    // A busy upstream is asked again with the same token, and only a 401 asks for another.
    let fake = Fake::start(|n, seen| match n {
        0 => answer(503, "", ""),
        1 => answer(401, "", ""),
        2 => Act::Reset(String::new()),
        _ => answer(200, "", seen.header("authorization").unwrap()),
    })
    .await;
    let keys = Keys::new(&[Ok(Some("t0k3n-0001")), Ok(Some("t0k3n-0002"))]);
    let got = get(&upstream(&fake.url(), &with(&keys))).await.unwrap();
    assert_eq!(got, "Bearer t0k3n-0002");
    let sent: Vec<_> = fake
        .seen()
        .iter()
        .map(|seen| seen.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(sent[..2], ["Bearer t0k3n-0001"; 2]);
    assert_eq!(sent[2..], ["Bearer t0k3n-0002"; 2]);
    assert_eq!(fake.seen()[0].path(), ZIP);
}
