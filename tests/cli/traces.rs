//! `larder traces`: switched on and off; and to whom they are never passed on.

use std::process::Command;

use test_support::{DeadAddress, TempHome};

use crate::{json, larder, proxy, serve};

/// The first host of Go's own default list, asked of `go` as Larder asks it.
fn public_host(home: &TempHome) -> String {
    let mut go = Command::new("go");
    home.apply(&mut go);
    let asked = go
        .args(["env", "GOPROXY"])
        .env("GOENV", "off")
        .env_remove("GOPROXY");
    let list = String::from_utf8(asked.output().unwrap().stdout).unwrap();
    let first = list.split(',').next().unwrap();
    first.strip_prefix("https://").unwrap().trim().to_owned()
}

#[test]
fn traces_are_sent_from_on_to_off() {
    let (home, proxy, collector) = (TempHome::new(), proxy(), DeadAddress::new());
    let off = larder(&home, &["traces", "show"]).success();
    assert!(off.stdout.contains("No traces are sent"), "{off}");
    let to = collector.url();
    let on = [
        "traces",
        "on",
        "--to",
        &to,
        "--environment",
        "laptop",
        "--pass-on",
        "GoProxy.corp.example",
    ];
    let on = larder(&home, &on).success();
    assert!(on.stdout.contains("once Larder runs"), "{on}");
    let running = serve(&home, &proxy);
    let shown = json(&larder(&home, &["traces", "show", "--json"]).success());
    assert_eq!(shown["to"], format!("{to}/"));
    assert_eq!(shown["environment"], "laptop");
    assert_eq!(shown["pass_on"][0], "goproxy.corp.example");
    assert_eq!(shown["serving"], true);
    let off = larder(&home, &["traces", "off"]).success();
    assert!(off.stdout.contains("No traces are sent"), "{off}");
    drop(running);
}

#[test]
fn an_upstream_of_gos_own_list_is_told_of_no_trace() {
    let home = TempHome::new();
    let public = public_host(&home);
    let to = ["traces", "on", "--to", "http://127.0.0.1:4318"];
    for host in [public.clone(), format!("{}.", public.to_uppercase())] {
        let refused = larder(&home, &[&to[..], &["--pass-on", &host]].concat()).code(2);
        let said = format!("traces can't be passed on to {public}");
        assert!(refused.stderr.contains(&said), "{refused}");
    }
    let shown = json(&larder(&home, &["traces", "show", "--json"]).success());
    assert_eq!(shown["to"], serde_json::Value::Null, "nothing was changed");

    // Written by hand, it is left out, and told.
    larder(
        &home,
        &[&to[..], &["--pass-on", "goproxy.corp.example"]].concat(),
    )
    .success();
    let settings = home.larder_home().join("config/settings.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(
        &settings,
        text.replace("\"goproxy.corp.example\"", &format!("\"{public}\"")),
    )
    .unwrap();
    let proxy = proxy();
    let running = serve(&home, &proxy);
    let status = larder(&home, &["status"]).success();
    let said = format!("traces are not passed on to {public}");
    assert!(
        status.stdout.contains(&said) || status.stderr.contains(&said),
        "{status}"
    );
    drop(running);
}

#[test]
fn what_is_no_collector_or_no_host_is_refused() {
    let home = TempHome::new();
    for args in [
        &["--to", "127.0.0.1:4318"][..],
        &["--to", "http://me:secret@127.0.0.1:4318"],
        &[
            "--to",
            "http://127.0.0.1:4318",
            "--pass-on",
            "https://goproxy.corp.example",
        ],
    ] {
        let refused = larder(&home, &[&["traces", "on"][..], args].concat()).code(2);
        assert!(!refused.stderr.contains("secret"), "{refused}");
    }
    assert!(!home.larder_home().join("config/settings.toml").exists());
}
