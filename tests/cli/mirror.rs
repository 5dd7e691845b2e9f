//! A mirror, from the command line to its report: asked what was answered, compared, and never of what is private.

use serde_json::json;
use test_support::{FakeProxy, Module, TempHome, http};

use crate::profile::{asked, profiles, serve, settings};
use crate::{larder, until};

#[test]
fn a_mirror_is_asked_as_well_and_what_it_answers_otherwise_is_reported() {
    let (proxy, mirror) = (FakeProxy::start_blocking(), FakeProxy::start_blocking());
    for path in ["example.com/a", "example.com/b", "corp.example/secret"] {
        proxy.add(&Module::simple(path, "v1.0.0"));
        mirror.add(&Module::simple(path, "v1.0.0"));
    }
    mirror.set_list("example.com/b", "v1.0.0\nv1.1.0\n");
    let home = TempHome::new();
    let private = format!(
        "private = [\"corp.example\"]\nprivate-upstreams = \"{}\"\n",
        proxy.url()
    );
    settings(&home, &(profiles(&[("public", &proxy)]) + &private));
    let running = serve(&home);
    let none = larder(&home, &["mirror", "report"]).success().stdout;
    assert!(none.contains("has no mirror"), "{none}");
    larder(
        &home,
        &["profile", "edit", "public", "--mirror", &mirror.url()],
    )
    .success();
    for path in ["example.com/a", "example.com/b", "corp.example/secret"] {
        for kind in ["list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"] {
            http::get(&format!("{}/{path}/@v/{kind}", running.goproxy())).whole();
        }
    }
    until("all was compared", || {
        let report = asked(&home, &["mirror", "report", "--json"]);
        let report = &report["reports"][0];
        report["same"] == 7 && report["different"] == 1
    });
    let report = asked(&home, &["mirror", "report", "--json"]);
    let name = mirror.addr().to_string();
    assert_eq!(
        (&report["mirror"]["name"], &report["mirror"]["share"]),
        (&json!(name), &json!(100.0))
    );
    let difference = &report["reports"][0]["differences"][0];
    assert_eq!(difference["request"], "example.com/b/@v/list");
    assert_eq!(difference["upstream"], proxy.addr().to_string());
    let text = larder(&home, &["mirror", "report"]).success().stdout;
    assert!(text.contains("example.com/b/@v/list"), "{text}");
    let status = larder(&home, &["status"]).success().stdout;
    assert!(
        status.contains("1 otherwise (larder mirror report)"),
        "{status}"
    );
    assert!(running.log().contains("a mirror answered otherwise"));
    assert!(
        !mirror.paths().iter().any(|path| path.contains("secret")),
        "{:?}",
        mirror.paths()
    );
}
