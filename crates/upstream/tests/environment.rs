//! What the environment decides: trust store and HTTP proxies. Each case runs as a child process of its own, whose
//! environment is set from outside; the child is an ignored test of this same file.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request as HttpRequest;
use axum::http::{StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use go_module::{ProxyList, Request};
use secret::SafeUrl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use upstream::{
    Ask, Chain, ChainParts, Deadlines, HttpClients, HttpOptions, Privacy, ProxyChoice, Upstream,
    UpstreamError,
};

const ZIP: &str = "/example.com/m/@v/v1.0.0.zip";

/// Variables that the machine of the tests may have set.
const CLEARED: [&str; 14] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUEST_METHOD",
    "UPSTREAM",
    "EXTRA_CA",
    "PROXY",
];

/// Runs the ignored test `child` of this file with `UPSTREAM` as the list to ask, and gives what it prints: one line
/// `answer: ...` or `error: ...`. Of the variables, `EXTRA_CA` (a file) and `PROXY` (a URL, or `direct`) are what a
/// profile says.
async fn in_child(list: &str, variables: &[(&str, &str)]) -> String {
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "child", "--nocapture"])
        .env("UPSTREAM", list)
        .kill_on_drop(true);
    for name in CLEARED.iter().filter(|name| **name != "UPSTREAM") {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    let output: Output = tokio::time::timeout(Duration::from_secs(60), command.output())
        .await
        .unwrap()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.split_once("result "));
    line.unwrap_or_else(|| {
        panic!(
            "no result: {text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
    .1
    .to_owned()
}

#[tokio::test]
#[ignore = "run by the other tests of this file, with an environment of their choice"]
async fn child() {
    let Ok(list) = std::env::var("UPSTREAM") else {
        return;
    };
    let limits = Deadlines {
        first_byte: Duration::from_secs(10),
        retry_pause: Duration::from_millis(10),
        ..Deadlines::default()
    };
    let extra_ca = std::env::var("EXTRA_CA").map(|file| std::fs::read(file).unwrap());
    let proxy = match std::env::var("PROXY").as_deref() {
        Ok("direct") => ProxyChoice::Direct,
        Ok(url) => ProxyChoice::Url(SafeUrl::parse(url).unwrap()),
        Err(_) => ProxyChoice::Environment,
    };
    let options = HttpOptions {
        proxy,
        extra_ca: extra_ca.into_iter().collect(),
        client_certificate: None,
    };
    let http = HttpClients::with(&limits, &options).unwrap();
    let parts = ChainParts::new(http, limits, "child");
    let chain = Chain::build(&ProxyList::parse(&list).unwrap(), &parts).unwrap();
    let upstream = chain.upstreams().next().unwrap().clone();
    // Many at once, so that many streams of one connection are seen too.
    let asked = (0..8).map(|_| ask(&upstream));
    for result in futures_util::future::join_all(asked)
        .await
        .into_iter()
        .take(1)
    {
        match result {
            Ok(answer) => println!("result answer: {answer}"),
            Err(error) => println!("result error: {error:?} {error}"),
        }
    }
}

async fn ask(upstream: &Upstream) -> Result<String, UpstreamError> {
    let reply = upstream
        .fetch(Ask::new(
            Request::parse(ZIP).unwrap(),
            Privacy::Public,
            1 << 20,
        ))
        .await?;
    let bytes = reply.body.read_all().await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A server behind TLS with a certificate for `localhost` of an authority that nobody knows.
struct Secure {
    address: SocketAddr,
    /// The authority's certificate, in PEM.
    authority: tempfile::NamedTempFile,
}

/// Serves over TLS, HTTP/2 where the client can. `respond` makes the answers.
async fn secure<R: IntoResponse>(
    respond: impl Fn(&HttpRequest) -> R + Clone + Send + Sync + 'static,
) -> Secure {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new([]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&authority_key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let leaf = rcgen::CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();

    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

    let router = Router::new().fallback(move |request: HttpRequest| {
        let response = respond(&request).into_response();
        async move { response }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let service = hyper_util::service::TowerToHyperService::new(router);
                let server = hyper_util::server::conn::auto::Builder::new(
                    hyper_util::rt::TokioExecutor::new(),
                );
                let _ = server
                    .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, certificate.pem().as_bytes()).unwrap();
    Secure {
        address,
        authority: file,
    }
}

impl Secure {
    fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    async fn ask(&self) -> String {
        in_child(
            &self.url(),
            &[("SSL_CERT_FILE", self.authority.path().to_str().unwrap())],
        )
        .await
    }
}

fn version(request: &HttpRequest) -> String {
    format!(
        "{:?} {}",
        request.version(),
        request.headers().contains_key("x-larder-hop")
    )
}

#[tokio::test]
async fn ssl_cert_file_is_honoured_and_http2_is_spoken() {
    let server = secure(version).await;
    assert_eq!(
        server.ask().await,
        format!("answer: {:?} true", Version::HTTP_2)
    );
}

#[tokio::test]
async fn an_extra_authority_is_trusted_besides_those_of_the_platform() {
    let (of_platform, of_profile, of_nobody) = (
        secure(version).await,
        secure(version).await,
        secure(version).await,
    );
    let file = |server: &Secure| server.authority.path().to_str().unwrap().to_owned();
    let (platform, profile) = (file(&of_platform), file(&of_profile));
    let variables = [
        ("SSL_CERT_FILE", platform.as_str()),
        ("EXTRA_CA", profile.as_str()),
    ];
    for server in [&of_platform, &of_profile] {
        let said = in_child(&server.url(), &variables).await;
        assert!(said.starts_with("answer: "), "{said}");
    }
    let said = in_child(&of_nobody.url(), &variables).await;
    assert!(said.starts_with("error: Unreachable { step: Tls"), "{said}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let server = secure(version).await;
    let said = in_child(&server.url(), &[]).await;
    assert!(
        said.starts_with("error: Unreachable { step: Tls") && said.contains("trust store"),
        "{said}"
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let server = secure(version).await;
    let url = format!("https://127.0.0.1:{}", server.address.port());
    let said = in_child(
        &url,
        &[("SSL_CERT_FILE", server.authority.path().to_str().unwrap())],
    )
    .await;
    assert!(said.starts_with("error: Unreachable { step: Tls"), "{said}");
}

#[tokio::test]
async fn from_https_no_redirect_leads_to_http() {
    let server = secure(|_: &HttpRequest| {
        (
            StatusCode::FOUND,
            [(header::LOCATION, "http://localhost:1/")],
        )
    })
    .await;
    let said = server.ask().await;
    assert!(
        said.starts_with("error: Redirect { reason: Downgrade }"),
        "{said}"
    );
}

#[tokio::test]
async fn over_http2_a_body_that_breaks_off_is_broken() {
    let server = secure(|_: &HttpRequest| -> Response {
        let pieces = [Ok("hello"), Err("enough")];
        axum::body::Body::from_stream(futures_util::stream::iter(pieces)).into_response()
    })
    .await;
    let said = server.ask().await;
    assert!(said.starts_with("error: Broken"), "{said}");
}

#[tokio::test]
async fn over_http2_a_large_body_comes_whole() {
    let server = secure(|_: &HttpRequest| "x".repeat(1 << 20)).await;
    assert_eq!(server.ask().await.len(), "answer: ".len() + (1 << 20));
}

/// A server that is no TLS server at all.
#[tokio::test]
async fn plain_http_on_a_tls_port_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                .await;
        }
    });
    let said = in_child(&format!("https://localhost:{port}"), &[]).await;
    assert!(said.starts_with("error: Unreachable { step: Tls"), "{said}");
}

/// An HTTP proxy on loopback: it answers by the request line, and keeps the heads it saw.
struct HttpProxy {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl HttpProxy {
    async fn start(answers: &[(&'static str, &'static str)]) -> Self {
        let answers: HashMap<_, _> = answers.iter().copied().collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://porter:opensesame@{}",
            listener.local_addr().unwrap()
        );
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else {
                        break;
                    };
                    head.push(byte);
                }
                let head = String::from_utf8_lossy(&head).to_lowercase();
                let asked = head.split(' ').take(2).collect::<Vec<_>>().join(" ");
                let answer = answers.get(asked.as_str()).copied().unwrap_or("404 No\r\n");
                kept.lock().unwrap().push(head);
                let answer = format!("HTTP/1.1 {answer}Connection: close\r\n\r\nthere");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, heads }
    }

    fn asked(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        heads
            .iter()
            .map(|head| head.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect()
    }
}

const FIRST: &str = "get http://upstream.example.test/example.com/m/@v/v1.0.0.zip";

#[tokio::test]
async fn an_http_proxy_of_the_environment_is_used() {
    let proxy = HttpProxy::start(&[(FIRST, "200 OK\r\n")]).await;
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        assert_eq!(
            in_child("http://upstream.example.test", &[(variable, &proxy.url)]).await,
            "answer: there",
            "{variable}"
        );
    }
    let head = proxy.heads.lock().unwrap()[0].clone();
    assert!(
        head.contains("proxy-authorization: basic cg9ydgvyom9wzw5zzxnhbwu="),
        "{head}"
    );
}

#[tokio::test]
async fn what_the_profile_says_of_a_proxy_outranks_the_environment() {
    let of_environment = HttpProxy::start(&[(FIRST, "200 OK\r\n")]).await;
    let of_profile = HttpProxy::start(&[(FIRST, "200 OK\r\n")]).await;
    let url = "http://upstream.example.test";
    let said = in_child(
        url,
        &[
            ("HTTP_PROXY", &of_environment.url),
            ("NO_PROXY", "upstream.example.test"),
            ("PROXY", &of_profile.url),
        ],
    )
    .await;
    assert_eq!(said, "answer: there");
    let head = of_profile.heads.lock().unwrap()[0].clone();
    assert!(
        head.contains("proxy-authorization: basic cg9ydgvyom9wzw5zzxnhbwu="),
        "{head}"
    );
    // Names below `test` never exist (RFC 6761): past every proxy there is nothing.
    let said = in_child(
        url,
        &[("HTTP_PROXY", &of_environment.url), ("PROXY", "direct")],
    )
    .await;
    assert!(
        said.starts_with("error: Unreachable { step: Name")
            || said.starts_with("error: Timeout { stage: Connect"),
        "{said}"
    );
    assert!(of_environment.asked().is_empty());
}

#[tokio::test]
async fn redirects_work_through_a_proxy_at_a_private_address() {
    let proxy = HttpProxy::start(&[
        (
            FIRST,
            "302 Found\r\nLocation: http://files.example.test/x\r\n",
        ),
        ("get http://files.example.test/x", "200 OK\r\n"),
    ])
    .await;
    assert_eq!(
        in_child(
            "http://upstream.example.test",
            &[("HTTP_PROXY", &proxy.url)]
        )
        .await,
        "answer: there"
    );
}

#[tokio::test]
async fn through_a_proxy_no_redirect_leads_to_a_private_address() {
    for target in [
        "302 Found\r\nLocation: http://10.0.0.1/x\r\n",
        "302 Found\r\nLocation: http://localhost:1/x\r\n",
    ] {
        let proxy = HttpProxy::start(&[(FIRST, target)]).await;
        let said = in_child(
            "http://upstream.example.test",
            &[("HTTP_PROXY", &proxy.url)],
        )
        .await;
        assert!(
            said.starts_with("error: Redirect { reason: Private }"),
            "{said}"
        );
        assert!(
            proxy.asked().iter().all(|asked| asked == FIRST),
            "{:?}",
            proxy.asked()
        );
    }
}

#[tokio::test]
async fn a_redirect_past_the_proxy_is_looked_up_and_filtered() {
    // `files.localhost` can't be used, it is refused as written; a name of this machine that isn't would need a resolver.
    let proxy =
        HttpProxy::start(&[(FIRST, "302 Found\r\nLocation: http://files.invalid/x\r\n")]).await;
    let said = in_child(
        "http://upstream.example.test",
        &[("HTTP_PROXY", &proxy.url), ("NO_PROXY", "files.invalid")],
    )
    .await;
    assert!(
        said.starts_with("error: Unreachable { step: Name")
            || said.starts_with("error: Timeout { stage: Connect"),
        "{said}"
    );
}

#[tokio::test]
async fn this_machine_is_never_behind_a_proxy() {
    let proxy = HttpProxy::start(&[]).await;
    let target = HttpProxy::start(&[("get /example.com/m/@v/v1.0.0.zip", "200 OK\r\n")]).await;
    let url = target.url.replace("porter:opensesame@", "");
    assert_eq!(
        in_child(
            &url,
            &[("HTTP_PROXY", &proxy.url), ("ALL_PROXY", &proxy.url)]
        )
        .await,
        "answer: there"
    );
    assert!(proxy.asked().is_empty());
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_a_proxy_that_refuses_it_is_an_outage() {
    let proxy = HttpProxy::start(&[(
        "connect upstream.example.test:443",
        "407 Proxy Authentication Required\r\n",
    )])
    .await;
    let said = in_child(
        "https://upstream.example.test",
        &[("HTTPS_PROXY", &proxy.url)],
    )
    .await;
    assert!(
        said.starts_with("error: Unreachable { step: Proxy"),
        "{said}"
    );
    assert!(
        !said.contains("porter") && !said.contains("opensesame"),
        "{said}"
    );
    assert_eq!(proxy.asked()[0], "connect upstream.example.test:443");
}

#[tokio::test]
async fn a_proxy_that_is_down_is_an_outage() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://porter:opensesame@{}",
        listener.local_addr().unwrap()
    );
    drop(listener);
    let said = in_child("http://upstream.example.test", &[("HTTP_PROXY", &url)]).await;
    assert!(
        said.starts_with("error: Unreachable { step: Proxy"),
        "{said}"
    );
    assert!(!said.contains("porter"), "{said}");
}
