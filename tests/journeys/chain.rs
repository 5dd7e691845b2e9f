//! The upstream chain as a person sets it: `,` and `|`, dead ones, files, off, and Larder itself in the list.

use std::fs;

use test_support::{Behaviour, DeadAddress, FakeProxy, Larder, Module, TempHome, http};

use crate::bin;

fn serve(home: &TempHome, upstreams: &str) -> Larder {
    Larder::start(
        bin(),
        home,
        &["--port", "0", "--upstreams", upstreams, "--sumdb", "off"],
    )
}

fn status(larder: &Larder, path: &str) -> u16 {
    http::get(&format!("{}/{path}", larder.goproxy())).status
}

const MOD: &str = "example.com/m/@v/v1.0.0.mod";

#[test]
fn comma_bar_and_off_are_gos() {
    let dead = DeadAddress::new();
    let empty = FakeProxy::start_blocking();
    let full = FakeProxy::start_blocking();
    full.add(&Module::simple("example.com/m", "v1.0.0"));
    let broken = FakeProxy::start_blocking();
    broken.otherwise([Behaviour::status(500, "broken")]);
    let denying = FakeProxy::start_blocking();
    denying.otherwise([Behaviour::status(403, "not for you")]);
    for (list, expected) in [
        (format!("{},{}", empty.url(), full.url()), 200),
        (format!("{}|{}", broken.url(), full.url()), 200),
        (format!("{},{}", broken.url(), full.url()), 502),
        (format!("{},{}", dead.url(), full.url()), 502),
        (format!("{}|{}", dead.url(), full.url()), 200),
        (format!("{}|{}", dead.url(), empty.url()), 502),
        (format!("{},{}", denying.url(), full.url()), 403),
        (format!("{},off", empty.url()), 404),
        ("off".to_owned(), 404),
        (empty.url(), 404),
    ] {
        let home = TempHome::new();
        let larder = serve(&home, &list);
        assert_eq!(status(&larder, MOD), expected, "{list}");
    }
}

#[test]
fn a_folder_is_an_upstream() {
    let home = TempHome::new();
    let module = Module::simple("example.com/m", "v1.0.0");
    for (name, bytes) in [
        ("list", b"v1.0.0\n".to_vec()),
        ("v1.0.0.info", module.info().to_vec()),
        ("v1.0.0.mod", module.go_mod().to_vec()),
        ("v1.0.0.zip", module.zip().to_vec()),
    ] {
        home.write(&format!("mirror/example.com/m/@v/{name}"), bytes);
    }
    let folder = home.path().join("mirror");
    let larder = serve(&home, &format!("file://{}", folder.display()));
    fs::write(home.goenv_file(), format!("GOPROXY={}\n", larder.goproxy())).unwrap();
    home.run_go(home.path(), &["mod", "download", "example.com/m@latest"])
        .success();
    assert_eq!(status(&larder, "example.com/none/@v/v1.0.0.mod"), 404);
}

/// The port of `http://127.0.0.1:PORT/<token>`.
fn port_of(address: &str) -> String {
    let (_, rest) = address.rsplit_once(':').unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn larder_never_asks_itself() {
    // Two Larders that ask each other: the hop header ends it.
    let (first_home, second_home) = (TempHome::new(), TempHome::new());
    let placeholder = FakeProxy::start_blocking();
    let second = serve(&second_home, &placeholder.url());
    let address = second.goproxy().to_owned();
    drop(second);
    let first = serve(&first_home, &address);
    let port = port_of(&address);
    let args = [
        "--port",
        &port,
        "--upstreams",
        first.goproxy(),
        "--sumdb",
        "off",
    ];
    let second = Larder::start(bin(), &second_home, &args);
    assert_eq!(second.goproxy(), address);
    let got = http::get(&format!("{}/{MOD}", first.goproxy()));
    assert_eq!(got.status, 508, "{}", got.text());

    // Its own address as upstream.
    let home = TempHome::new();
    let larder = serve(&home, &placeholder.url());
    let own = larder.goproxy().to_owned();
    let port = port_of(&own);
    drop(larder);
    let looped = Larder::start(
        bin(),
        &home,
        &["--port", &port, "--upstreams", &own, "--sumdb", "off"],
    );
    let got = http::get(&format!("{}/{MOD}", looped.goproxy()));
    assert_eq!(got.status, 508, "{}", got.text());
    assert!(got.text().contains("Larder itself"), "{}", got.text());
}

#[test]
fn an_upstream_may_be_another_larder() {
    let proxy = FakeProxy::start_blocking();
    proxy.add(&Module::simple("example.com/m", "v1.0.0"));
    let (company, laptop) = (TempHome::new(), TempHome::new());
    let first = serve(&company, &proxy.url());
    let second = serve(&laptop, first.goproxy());
    fs::write(
        laptop.goenv_file(),
        format!("GOPROXY={}\n", second.goproxy()),
    )
    .unwrap();
    laptop
        .run_go(laptop.path(), &["mod", "download", "example.com/m@v1.0.0"])
        .success();
}
