//! A canary, from the command line to the requests: its share goes there, and it fails none.

use serde_json::json;
use test_support::{FakeProxy, Module, TempHome, http};

use crate::larder;
use crate::profile::{asked, profiles, serve, settings, written};

#[test]
fn a_canary_is_set_shown_explained_and_taken_out() {
    let (proxy, canary) = (FakeProxy::start_blocking(), FakeProxy::start_blocking());
    let paths: Vec<String> = (0..40).map(|n| format!("example.com/m{n}")).collect();
    for path in &paths {
        proxy.add(&Module::simple(path, "v1.0.0"));
        canary.add(&Module::simple(path, "v1.0.0"));
    }
    let home = TempHome::new();
    let rule = "private = [\"corp.example\"]\n";
    settings(&home, &(profiles(&[("public", &proxy)]) + rule));
    let running = serve(&home);
    let refused = larder(
        &home,
        &["profile", "edit", "public", "--canary", &canary.url()],
    )
    .code(2);
    assert!(refused.stderr.contains("--canary-share 5"), "{refused}");
    let own = [
        "profile",
        "edit",
        "public",
        "--canary",
        &proxy.url(),
        "--canary-share",
        "5",
    ];
    let refused = larder(&home, &own).code(2);
    assert!(refused.stderr.contains("own upstreams"), "{refused}");
    let set = [
        "profile",
        "edit",
        "public",
        "--canary",
        &canary.url(),
        "--canary-share",
        "40",
    ];
    larder(&home, &set).success();
    let name = canary.addr().to_string();
    let status = larder(&home, &["status"]).success().stdout;
    assert!(
        status.contains(&format!("{name}, 40 % of the public modules")),
        "{status}"
    );

    let get =
        |path: &str| http::get(&format!("{}/{path}/@v/v1.0.0.mod", running.goproxy())).whole();
    let module = |asked: String| {
        asked
            .split("/@")
            .next()
            .unwrap()
            .trim_start_matches('/')
            .to_owned()
    };
    paths.iter().for_each(|path| drop(get(path)));
    let tried: Vec<String> = canary.paths().into_iter().map(module).collect();
    assert!(tried.len() > 4 && tried.len() < 36, "{} of 40", tried.len());
    for path in &paths {
        let explained = asked(&home, &["explain", path, "--json"]);
        let expected = if tried.contains(path) {
            json!(name)
        } else {
            json!(null)
        };
        assert_eq!(explained["canary"], expected, "{path}");
    }
    let text = larder(&home, &["explain", &tried[0]]).success().stdout;
    assert!(text.contains(&format!("{name} is asked first")), "{text}");
    assert_eq!(
        asked(&home, &["explain", "corp.example/x", "--json"])["canary"],
        json!(null)
    );

    // Down: nobody notices.
    canary.stop();
    for path in &paths {
        let list = http::get(&format!("{}/{path}/@v/list", running.goproxy()));
        assert_eq!((list.status, &*list.text()), (200, "v1.0.0\n"), "{path}");
    }
    larder(
        &home,
        &["profile", "edit", "public", "--canary-share", "0.5"],
    )
    .success();
    assert!(written(&home).unwrap().contains("share = 0.5"));
    larder(&home, &["profile", "edit", "public", "--default", "canary"]).success();
    assert!(!written(&home).unwrap().contains("\ncanary"));
    assert_eq!(
        asked(&home, &["explain", &tried[0], "--json"])["canary"],
        json!(null)
    );
}
