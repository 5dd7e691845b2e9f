//! The way to the upstreams of a profile: through an HTTP proxy, or not.

use test_support::{ForwardProxy, Larder, TempHome, http};

use crate::profile::{serve, settings, written};
use crate::{larder, proxy};

/// A company's proxy that this machine cannot find by itself.
const UPSTREAM: &str = "http://proxy.corp.example";

fn profile(more: &str) -> String {
    format!(
        "profile = \"company\"\nfresh-for = \"0s\"\n[profiles.company]\nupstreams = \"{UPSTREAM}\"\nchecksum-database = \"off\"\n{more}"
    )
}

fn list(larder: &Larder) -> (u16, String) {
    let reply = http::get(&format!("{}/example.com/hello/@v/list", larder.goproxy()));
    (reply.status, reply.text())
}

#[test]
fn through_the_http_proxy_of_the_profile_or_straight() {
    let (home, upstream, forward) = (TempHome::new(), proxy(), ForwardProxy::start());
    forward.lead("proxy.corp.example:80", upstream.addr());
    settings(&home, &profile(""));
    let running = serve(&home);
    let edit = |args: &[&str]| {
        running
            .run(&[&["profile", "edit", "company"], args].concat())
            .success();
    };
    running.run(&["offline", "off"]).success();
    assert!(list(&running).0 >= 500);
    edit(&["--http-proxy", &forward.url()]);
    assert_eq!(list(&running), (200, "v1.0.0\nv1.1.0\n".to_owned()));
    assert_eq!(upstream.paths(), ["/example.com/hello/@v/list"]);
    let asked = forward.asked();
    assert!(
        asked.iter().all(|line| line.contains("proxy.corp.example")) && !asked.is_empty(),
        "{asked:?}"
    );
    // `off`, whatever the environment says.
    home.set_env("HTTP_PROXY", forward.url());
    edit(&["--http-proxy", "off"]);
    let before = forward.asked().len();
    running.run(&["cache", "clear", "--yes"]).success();
    assert!(list(&running).0 >= 500);
    assert_eq!(forward.asked().len(), before);
}

#[test]
fn an_http_proxy_that_wants_a_password_gets_it_from_the_environment_alone() {
    let (home, upstream) = (TempHome::new(), proxy());
    let forward = ForwardProxy::for_user("ann", "hunter2-0001");
    forward.lead("proxy.corp.example:80", upstream.addr());
    let url = forward.url();
    settings(&home, &profile(&format!("http-proxy = \"{url}\"\n")));
    let running = serve(&home);
    let (status, said) = list(&running);
    assert!(status >= 500 && said.contains("407"), "{status} {said}");
    running.run(&["stop"]).success();

    // In the settings it would lie in the open: it is refused, typed or written by hand.
    let whole = url.replace("http://", "http://ann:hunter2-0001@");
    let before = written(&home);
    let typed = ["profile", "edit", "company", "--http-proxy", &whole];
    let refused = larder(&home, &typed).code(2);
    assert!(refused.stderr.contains("HTTPS_PROXY"), "{refused}");
    assert_eq!(written(&home), before);
    settings(&home, &profile(&format!("http-proxy = \"{whole}\"\n")));
    let by_hand = larder(&home, &["serve", "--port", "0"]).failure();
    assert!(by_hand.stderr.contains("settings.toml:6:14: "), "{by_hand}");
    for told in [refused, by_hand] {
        assert!(!told.stderr.contains("hunter2"), "{told}");
    }

    settings(&home, &profile(""));
    home.set_env("HTTP_PROXY", &whole);
    let running = serve(&home);
    assert_eq!(list(&running).0, 200, "{}", running.log());
    assert!(!running.log().contains("hunter2"));
}

#[test]
fn a_password_in_the_url_of_a_checksum_database_is_refused() {
    let home = TempHome::new();
    let database = test_support::FakeDatabase::start_blocking("sums.example.com");
    let value = database
        .gosumdb_at_url()
        .replace("http://", "http://ann:hunter2-0001@");
    let typed = ["profile", "add", "company", "--checksum-database", &value];
    let refused = larder(&home, &typed).code(2);
    let mend = format!("larder login {}", database.url());
    assert!(refused.stderr.contains(&mend), "{refused}");
    assert!(!refused.stderr.contains("hunter2"), "{refused}");
    assert_eq!(written(&home), None);
}
