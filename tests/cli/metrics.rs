//! `larder metrics`: switched on and off, while Larder runs and while it does not.

use test_support::http::Request;
use test_support::{DeadAddress, TempHome};

use crate::{json, larder, proxy, serve};

#[test]
fn metrics_are_served_from_on_to_off() {
    let (home, proxy) = (TempHome::new(), proxy());
    let off = larder(&home, &["metrics", "show"]).success();
    assert!(off.stdout.contains("No metrics are served"), "{off}");

    let reserved = DeadAddress::new();
    let port = reserved.addr().port().to_string();
    let on = larder(&home, &["metrics", "on", "--port", &port]).success();
    assert!(on.stdout.contains("once Larder runs"), "{on}");
    let running = serve(&home, &proxy);
    let url = format!("http://127.0.0.1:{port}/metrics");
    let shown = json(&larder(&home, &["metrics", "show", "--json"]).success());
    assert_eq!(
        (&shown["on"], &shown["serving"]),
        (&true.into(), &true.into())
    );
    assert_eq!(shown["urls"][0], url.as_str());
    let text = Request::get(&url).send().unwrap().text();
    assert!(text.contains("larder_build_info{version="), "{text}");

    let other = proxy.addr().port().to_string();
    let taken = larder(&home, &["metrics", "on", "--port", &other]).code(5);
    assert!(taken.stderr.contains("taken by another program"), "{taken}");
    assert!(
        taken.stderr.contains("larder metrics on --port N"),
        "{taken}"
    );
    assert_eq!(Request::get(&url).send().unwrap().status, 200, "as before");

    let token = larder(&home, &["metrics", "on", "--token"]).success();
    assert!(token.stdout.contains("token.metrics"), "{token}");
    Request::get(&url).send().expect_err("it is closed");
    let off = larder(&home, &["metrics", "off"]).success();
    assert!(off.stdout.contains("No metrics are served"), "{off}");
    drop(running);
}

#[test]
fn an_address_that_others_reach_is_refused_with_its_line() {
    let home = TempHome::new();
    larder(&home, &["metrics", "on"]).success();
    let settings = home.larder_home().join("config/settings.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let open = text.replace("\nlisten = \"127.0.0.1:", "\nlisten = \"0.0.0.0:");
    std::fs::write(&settings, open).unwrap();
    let refused = larder(&home, &["status"]).code(6);
    assert!(refused.stderr.contains("`listen` must be"), "{refused}");
}
