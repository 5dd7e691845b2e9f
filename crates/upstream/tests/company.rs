//! A company's network: TLS of a private authority, client certificates, a forward proxy with a password, and upstreams
//! that want to know who asks. All of it on loopback.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use go_module::{ProxyList, Request};
use secret::{SafeUrl, Secret};
use test_support::{Behaviour, DeadAddress, FakeProxy, ForwardProxy, TlsFront};
use upstream::{
    Ask, Authorization, Chain, ChainParts, Credentials, Deadlines, HttpClients, HttpOptions,
    Privacy, ProxyChoice, Step, Upstream, UpstreamError,
};

const LIST: &str = "/example.com/m/@v/list";

/// One token for whatever origin asks.
struct Token(&'static str);

impl Credentials for Token {
    fn present<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Authorization>, String>> {
        let bearer = Authorization::bearer(&Secret::new(self.0)).unwrap();
        Box::pin(ready(Ok(Some(bearer))))
    }

    fn refused<'a>(&'a self, _: &'a str, _: &'a Authorization) -> BoxFuture<'a, bool> {
        Box::pin(ready(false))
    }
}

fn limits() -> Deadlines {
    Deadlines {
        first_byte: Duration::from_secs(10),
        retry_pause: Duration::from_millis(10),
        ..Deadlines::default()
    }
}

/// The upstream at this URL, on a way that goes past whatever proxy the machine of the tests has.
fn upstream(url: &str, options: HttpOptions) -> Upstream {
    let limits = limits();
    let http = HttpClients::with(&limits, &options).unwrap();
    let parts = ChainParts {
        credentials: Some(Arc::new(Token("t0k3n-0001"))),
        ..ChainParts::new(http, limits, "this-one")
    };
    let chain = Chain::build(&ProxyList::parse(url).unwrap(), &parts).unwrap();
    chain.upstreams().next().unwrap().clone()
}

fn trusting(authorities: &[&TlsFront]) -> HttpOptions {
    let pem = |front: &&TlsFront| front.ca_pem().as_bytes().to_vec();
    HttpOptions {
        proxy: ProxyChoice::Direct,
        extra_ca: authorities.iter().map(pem).collect(),
        client_certificate: None,
    }
}

fn identified(front: &TlsFront) -> HttpOptions {
    HttpOptions {
        client_certificate: Some(Secret::new(front.client_pem())),
        ..trusting(&[front])
    }
}

fn through(proxy: &str, options: HttpOptions) -> HttpOptions {
    HttpOptions {
        proxy: ProxyChoice::Url(SafeUrl::parse(proxy).unwrap()),
        ..options
    }
}

async fn get(upstream: &Upstream) -> Result<String, UpstreamError> {
    let reply = upstream
        .fetch(Ask::new(
            Request::parse(LIST).unwrap(),
            Privacy::Public,
            1 << 20,
        ))
        .await?;
    let bytes = reply.body.read_all().await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A module proxy with one list.
fn fake() -> FakeProxy {
    let fake = FakeProxy::start_blocking();
    fake.put(LIST, "text/plain", "v1.0.0\n");
    fake
}

#[tokio::test]
async fn an_extra_authority_is_trusted_and_no_other() {
    let fake = fake();
    let (front, other) = (TlsFront::start(fake.addr()), TlsFront::start(fake.addr()));
    let url = front.url();
    assert_eq!(
        get(&upstream(&url, trusting(&[&front]))).await.unwrap(),
        "v1.0.0\n"
    );
    let both = trusting(&[&other, &front]);
    assert!(get(&upstream(&url, both)).await.is_ok());
    let error = get(&upstream(&url, trusting(&[&other]))).await.unwrap_err();
    assert!(
        matches!(
            error,
            UpstreamError::Unreachable {
                step: Step::Tls,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("extra CA"), "{error}");
    let probe = upstream(&url, trusting(&[&other])).probe().await;
    assert!(probe.is_err(), "{probe:?}");
}

#[tokio::test]
async fn a_client_certificate_opens_what_demands_one() {
    let fake = fake();
    let front = TlsFront::demanding_client_certificate(fake.addr());
    let url = front.url();
    let known = upstream(&url, identified(&front));
    assert_eq!(get(&known).await.unwrap(), "v1.0.0\n");
    assert!(known.probe().await.unwrap().authorised);

    let stranger = TlsFront::start(fake.addr());
    let of_another = HttpOptions {
        client_certificate: Some(Secret::new(stranger.client_pem())),
        ..trusting(&[&front])
    };
    for options in [trusting(&[&front]), of_another] {
        let upstream = upstream(&url, options);
        let error = get(&upstream).await.unwrap_err();
        // What the server says may be overtaken by the end of the connection.
        assert!(error.is_outage(), "{error:?}");
        if let UpstreamError::Unreachable { step, .. } = &error {
            assert_eq!(*step, Step::Tls);
            assert!(error.to_string().contains("client certificate"), "{error}");
        }
        assert!(upstream.probe().await.is_err());
    }
    assert_eq!(front.shown(), [true], "one connection, of who is known");
    assert_eq!(fake.count(LIST), 1);
}

#[tokio::test]
async fn what_belongs_to_one_origin_is_shown_to_no_other() {
    let (home, away) = (fake(), fake());
    let (front, other) = (TlsFront::start(home.addr()), TlsFront::start(away.addr()));
    home.on(
        LIST,
        [Behaviour::redirect(&format!("{}{LIST}", other.url()), 302)],
    );
    let options = HttpOptions {
        extra_ca: trusting(&[&front, &other]).extra_ca,
        ..identified(&front)
    };
    let upstream = upstream(&front.url(), options);
    assert_eq!(get(&upstream).await.unwrap(), "v1.0.0\n");
    assert_eq!(
        (front.shown(), other.shown()),
        (vec![true], vec![false]),
        "the client certificate"
    );
    let header = |fake: &FakeProxy, name: &str| {
        let requests = fake.requests();
        let asked = requests.iter().find(|request| request.path == LIST);
        asked.unwrap().header(name).map(str::to_owned)
    };
    assert_eq!(
        header(&home, "authorization").as_deref(),
        Some("Bearer t0k3n-0001")
    );
    for name in ["authorization", "x-larder-hop"] {
        assert!(header(&home, name).is_some(), "{name}");
        assert_eq!(header(&away, name), None, "{name}");
    }
}

#[tokio::test]
async fn through_a_forward_proxy_the_upstream_sees_its_own_credentials_only() {
    let fake = fake();
    let front = TlsFront::start(fake.addr());
    let forward = ForwardProxy::for_user("porter", "open/sesame");
    forward.lead("go.corp.example:443", front.addr());
    forward.lead("go.corp.example:80", fake.addr());
    let proxy = format!("http://porter:open%2Fsesame@{}", forward.addr());
    let options = through(&proxy, identified(&front));

    let tunnelled = upstream("https://go.corp.example", options.clone());
    assert_eq!(get(&tunnelled).await.unwrap(), "v1.0.0\n");
    assert!(tunnelled.probe().await.unwrap().authorised);
    assert_eq!(front.shown(), [true], "and its client certificate");
    let plain = upstream("http://go.corp.example", options);
    assert_eq!(get(&plain).await.unwrap(), "v1.0.0\n");

    let wanted = "Basic cG9ydGVyOm9wZW4vc2VzYW1l";
    for head in forward.heads() {
        assert!(head.contains(wanted), "{head}");
        assert!(!head.contains("t0k3n"), "{head}");
    }
    assert_eq!(
        forward.asked(),
        [
            "CONNECT go.corp.example:443".to_owned(),
            format!("GET http://go.corp.example{LIST}"),
        ]
    );
    let requests = fake.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.header("proxy-authorization").is_none())
    );
    let shown: Vec<_> = requests
        .iter()
        .map(|request| request.header("authorization"))
        .collect();
    let bearer = Some("Bearer t0k3n-0001");
    assert_eq!(
        shown,
        [bearer, bearer, None],
        "and nothing over plain http to another machine"
    );
}

#[tokio::test]
async fn a_forward_proxy_that_bars_the_way_is_told_from_the_upstream() {
    let fake = fake();
    let front = TlsFront::start(fake.addr());
    let forward = ForwardProxy::for_user("porter", "opensesame");
    forward.lead("go.corp.example:443", front.addr());
    forward.lead("go.corp.example:80", fake.addr());
    let dead = DeadAddress::new();
    for proxy in [
        forward.url(),
        format!("http://porter:wrong-word@{}", forward.addr()),
        format!("http://porter:wrong-word@{}", dead.addr()),
    ] {
        for url in ["https://go.corp.example", "http://go.corp.example"] {
            let upstream = upstream(url, through(&proxy, trusting(&[&front])));
            for error in [
                get(&upstream).await.unwrap_err(),
                upstream.probe().await.unwrap_err(),
            ] {
                let said = format!("{error} {error:?}");
                assert!(
                    matches!(
                        error,
                        UpstreamError::Unreachable {
                            step: Step::Proxy | Step::ProxyCredentials,
                            ..
                        }
                    ),
                    "{url}: {said}"
                );
                assert!(error.is_outage() && !error.is_refused());
                for hidden in ["porter", "wrong-word", "cG9ydGVy"] {
                    assert!(!said.contains(hidden), "{said}");
                }
            }
        }
    }
    assert!(fake.requests().is_empty());
}

#[tokio::test]
async fn an_echo_of_the_proxys_password_is_not_passed_on() {
    let fake = fake();
    fake.on(
        LIST,
        [Behaviour::status(
            403,
            "porter opensesame cG9ydGVyOm9wZW5zZXNhbWU=",
        )],
    );
    let forward = ForwardProxy::for_user("porter", "opensesame");
    forward.lead("go.corp.example:80", fake.addr());
    let proxy = format!("http://porter:opensesame@{}", forward.addr());
    let upstream = upstream("http://go.corp.example", through(&proxy, trusting(&[])));
    let error = get(&upstream).await.unwrap_err();
    assert_eq!(
        error,
        UpstreamError::Refused {
            status: 403,
            text: "[hidden] [hidden] [hidden]".to_owned()
        }
    );
}

#[tokio::test]
async fn this_machine_is_not_behind_a_proxy_of_the_profile_either() {
    let fake = fake();
    let dead = DeadAddress::new();
    let options = through(&dead.url(), trusting(&[]));
    assert_eq!(
        get(&upstream(&fake.url(), options)).await.unwrap(),
        "v1.0.0\n"
    );
}
