//! Nodes that the DNS names.

use std::net::Ipv4Addr;
use std::time::Duration;

use secret::SafeUrl;
use test_support::TlsFront;

use super::dns::FakeDns;
use super::zip;
use crate::pool::*;
use crate::testing::{Fake, answer, limits, parts, read, upstream};
use crate::{ChainParts, HttpClients, HttpOptions, ProxyChoice, Step, Upstream, UpstreamError};

const HOST: &str = "goproxy.corp.example";
const SERVICE: &str = "_goproxy._tcp.corp.example";

/// Says who it is.
async fn node(address: &str) -> Fake {
    Fake::on(address.parse().unwrap(), |_, seen| {
        let host = seen.header("host").unwrap().to_owned();
        answer(200, "", &host)
    })
    .await
}

/// Nodes at one port of several addresses of this machine, as the addresses of a name have it.
async fn at_one_port<const N: usize>(ips: [Ipv4Addr; N]) -> (u16, Vec<Fake>) {
    let mut nodes = vec![node(&format!("{}:0", ips[0])).await];
    let port = nodes[0].address.port();
    for ip in &ips[1..] {
        nodes.push(node(&format!("{ip}:{port}")).await);
    }
    (port, nodes)
}

fn pooled(url: &str, nodes: NodesFrom, dns: &FakeDns) -> (ChainParts, Upstream) {
    let parts = parts();
    let options = PoolOptions {
        nodes,
        dns: Some(dns.address),
        slow_after: Duration::from_millis(200),
        hedge: false,
    };
    let url = SafeUrl::parse(url).unwrap();
    parts.pools.set(vec![(url.clone(), options)]);
    let upstream = upstream(url.expose().expose(), &parts);
    (parts, upstream)
}

async fn get(upstream: &Upstream) -> (String, String) {
    let reply = upstream.fetch(zip()).await.unwrap();
    let node = reply.node.clone().unwrap().name().to_owned();
    let body = read(reply).await.unwrap();
    (node, String::from_utf8(body.to_vec()).unwrap())
}

fn names(upstream: &Upstream) -> Vec<String> {
    let nodes = upstream.pool().unwrap().nodes.into_iter();
    nodes.map(|node| node.name).collect()
}

const A: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const B: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const C: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

#[tokio::test]
async fn every_address_of_a_name_is_a_node() {
    let dns = FakeDns::start().await;
    let (port, mut nodes) = at_one_port([A, B]).await;
    dns.addresses(HOST, 300, &[A, B]);
    let (_parts, upstream) = pooled(&format!("http://{HOST}:{port}"), NodesFrom::Addresses, &dns);
    assert!(names(&upstream).is_empty(), "nobody was asked yet");
    let (first, host) = get(&upstream).await;
    assert_eq!(host, format!("{HOST}:{port}"), "it is asked by its name");
    assert_eq!(
        names(&upstream),
        [format!("{A}:{port}"), format!("{B}:{port}")]
    );
    let report = upstream.pool().unwrap();
    assert!(report.resolved_ago.is_some() && report.dns_trouble.is_none());
    let asked = dns.asked();
    nodes.retain(|node| node.address.to_string() != first);
    tokio::task::yield_now().await;
    let (second, _) = get(&upstream).await;
    assert_ne!(first, second);
    get(&upstream).await;
    assert!(dns.asked() <= asked + 2, "it holds for five minutes");
}

#[tokio::test]
async fn targets_of_a_service_have_ports_weights_and_priorities() {
    let dns = FakeDns::start().await;
    let [one, two, spare] = [
        node("127.0.0.1:0"),
        node("127.0.0.1:0"),
        node("127.0.0.1:0"),
    ];
    let (one, two, spare) = (one.await, two.await, spare.await);
    let ports = [&one, &two, &spare].map(|node| node.address.port());
    dns.addresses("n.corp.example", 300, &[Ipv4Addr::LOCALHOST]);
    dns.targets(
        SERVICE,
        300,
        &[
            (20, 1, ports[2], "n.corp.example."),
            (10, 3, ports[0], "n.corp.example."),
            (10, 1, ports[1], "n.corp.example."),
            (10, 1, 9, "nowhere.corp.example."),
        ],
    );
    let url = format!("http://{HOST}:81");
    let (parts, upstream) = pooled(&url, NodesFrom::Srv(SERVICE.to_owned()), &dns);
    let (_, host) = get(&upstream).await;
    assert_eq!(host, format!("{HOST}:81"), "Host stays the upstream's");
    let report = upstream.pool().unwrap();
    let mut told: Vec<_> = report
        .nodes
        .iter()
        .map(|node| (node.name.clone(), node.priority, node.weight, node.share))
        .collect();
    told.sort_by_key(|(name, ..)| {
        ports
            .iter()
            .position(|port| name.ends_with(&format!(":{port}")))
    });
    assert_eq!(
        told,
        [
            (one.address.to_string(), 10, 3, 0.75),
            (two.address.to_string(), 10, 1, 0.25),
            (spare.address.to_string(), 20, 1, 0.0),
        ]
    );
    assert_eq!(spare.count(), 0, "only when the others fail");
    for node in [&one, &two] {
        parts.pools.eject(&node.address.to_string()).unwrap();
    }
    assert_eq!(get(&upstream).await.0, spare.address.to_string());
}

#[tokio::test]
async fn nodes_come_and_go_by_their_time_and_the_last_good_answer_is_kept() {
    let dns = FakeDns::start().await;
    let (port, _nodes) = at_one_port([A, B, C]).await;
    dns.addresses(HOST, 1, &[A, B]);
    let url = format!("http://{HOST}:{port}");
    let (_parts, upstream) = pooled(&url, NodesFrom::Addresses, &dns);
    get(&upstream).await;
    dns.addresses(HOST, 1, &[B, C]);
    let departed = |upstream: &Upstream| -> Vec<(String, bool)> {
        let nodes = upstream.pool().unwrap().nodes.into_iter();
        nodes.map(|node| (node.name, node.departed)).collect()
    };
    let want = [
        (format!("{B}:{port}"), false),
        (format!("{C}:{port}"), false),
        (format!("{A}:{port}"), true),
    ];
    while departed(&upstream) != want {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    dns.be_silent(true);
    while upstream.pool().unwrap().dns_trouble.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(departed(&upstream), want, "the last good answer is kept");
    get(&upstream).await;
}

#[tokio::test]
async fn a_dns_that_lies_does_not_take_the_last_living_node_away() {
    let dns = FakeDns::start().await;
    let (port, _nodes) = at_one_port([A]).await;
    dns.addresses(HOST, 1, &[A]);
    let url = format!("http://{HOST}:{port}");
    let (_parts, upstream) = pooled(&url, NodesFrom::Addresses, &dns);
    let (first, _) = get(&upstream).await;
    dns.addresses(HOST, 1, &[B, C]);
    while names(&upstream).len() < 3 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for _ in 0..4 {
        assert_eq!(get(&upstream).await.0, first, "nobody is at the others");
    }
}

#[tokio::test]
async fn where_the_dns_knows_nothing_the_upstream_is_asked_by_its_own_name() {
    let dns = FakeDns::start().await;
    let here = node("127.0.0.1:0").await;
    let port = here.address.port();
    let url = format!("http://localhost:{port}");
    let (_parts, upstream) = pooled(&url, NodesFrom::Srv(SERVICE.to_owned()), &dns);
    let (name, _) = get(&upstream).await;
    assert_eq!(name, format!("localhost:{port}"));
    let report = upstream.pool().unwrap();
    assert!(report.dns_trouble.is_some() && report.resolved_ago.is_none());
}

fn ways(front: &TlsFront, proxy: ProxyChoice) -> ChainParts {
    let options = HttpOptions {
        proxy,
        extra_ca: vec![front.ca_pem().as_bytes().to_vec()],
        client_certificate: None,
    };
    let limits = limits();
    let http = HttpClients::with(&limits, &options).unwrap();
    ChainParts::new(http, limits, "this-one")
}

#[tokio::test]
async fn the_name_that_is_proved_is_the_one_that_the_person_typed() {
    let dns = FakeDns::start().await;
    let behind = node("127.0.0.1:0").await;
    let front = TlsFront::start(behind.address);
    dns.addresses("n.corp.example", 300, &[Ipv4Addr::LOCALHOST]);
    let target = (1, 1, front.addr().port(), "n.corp.example.");
    dns.targets(SERVICE, 300, &[target]);
    let parts = ways(&front, ProxyChoice::Direct);
    let options = PoolOptions {
        nodes: NodesFrom::Srv(SERVICE.to_owned()),
        dns: Some(dns.address),
        ..PoolOptions::default()
    };
    let urls = [
        "https://goproxy.corp.example",
        "https://goproxy.other.example",
    ];
    let pools = urls.map(|url| (SafeUrl::parse(url).unwrap(), options.clone()));
    parts.pools.set(pools.into());
    let (_, host) = get(&upstream(urls[0], &parts)).await;
    assert_eq!(host, HOST, "its certificate is for all of corp.example");
    let error = upstream(urls[1], &parts).fetch(zip()).await.unwrap_err();
    assert!(
        matches!(
            error,
            UpstreamError::Unreachable {
                step: Step::Tls,
                ..
            }
        ),
        "that the target is of corp.example proves nothing: {error:?}"
    );
}

#[tokio::test]
async fn behind_an_http_proxy_addresses_can_not_be_told_apart() {
    let dns = FakeDns::start().await;
    let front = TlsFront::start("127.0.0.1:9".parse().unwrap());
    let proxy = SafeUrl::parse("http://127.0.0.1:9").unwrap();
    let parts = ways(&front, ProxyChoice::Url(proxy));
    let url = SafeUrl::parse("https://goproxy.corp.example").unwrap();
    let options = PoolOptions {
        dns: Some(dns.address),
        ..PoolOptions::default()
    };
    parts.pools.set(vec![(url, options)]);
    let proxied = upstream("https://goproxy.corp.example", &parts);
    proxied.fetch(zip()).await.unwrap_err();
    let report = proxied.pool().unwrap();
    assert_eq!(names(&proxied), ["goproxy.corp.example:443"]);
    assert!(report.dns_trouble.unwrap().contains("HTTP proxy"));
    assert_eq!(dns.asked(), 0);
    let straight = ChainParts {
        http: ways(&front, ProxyChoice::Direct).http,
        ..parts
    };
    let straight = upstream("https://goproxy.corp.example", &straight);
    assert!(straight.pool().unwrap().dns_trouble.is_none());
}
