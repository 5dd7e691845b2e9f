//! Whether the go command's answer is compared with the wishes, and who is named where it differs.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::{Winner, Wishes, read_back};
use super::{Home, enable, wishes};
use crate::caller::CallerEnv;
use crate::find::Go;

fn caller(home: &Home, variables: &[(&str, &str)]) -> CallerEnv {
    let own = [("HOME", home.path().to_str().unwrap())];
    CallerEnv::from_variables(own.into_iter().chain(variables.iter().copied()))
}

async fn told(home: &Home, go: &Go, caller: &CallerEnv, wishes: &Wishes) -> Vec<(String, Winner)> {
    let differences = read_back(go, &home.location(), caller, wishes)
        .await
        .unwrap();
    assert!(!format!("{differences:?}").contains("t0ken"));
    differences
        .into_iter()
        .map(|difference| (difference.key, difference.winner))
        .collect()
}

#[tokio::test]
async fn what_was_written_is_what_go_reads() {
    let go = Go::find(None).unwrap();
    for (name, home) in Home::odd() {
        enable(&mut home.record(), &wishes(4677));
        let found = told(&home, &go, &caller(&home, &[]), &wishes(4677)).await;
        assert_eq!(found, [], "{name}");
    }
}

#[tokio::test]
async fn the_winner_is_named() {
    let go = Go::find(None).unwrap();
    let home = Home::with(b"GONOSUMDB=corp.example\n", 0o644);
    let wishes = wishes(4677);
    let key = |key: &str, winner: Winner| (key.to_owned(), winner);

    // Not written yet.
    let found = told(&home, &go, &caller(&home, &[]), &wishes).await;
    let keys = ["GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB"];
    assert_eq!(found, keys.map(|name| key(name, Winner::File)));

    enable(&mut home.record(), &wishes);
    let shell = [
        ("GOPROXY", "direct"),
        ("GONOSUMDB", "x.example"),
        ("GOPRIVATE", ""),
        ("GONOPROXY", "none"),
    ];
    let found = told(&home, &go, &caller(&home, &shell), &wishes).await;
    assert_eq!(
        found,
        ["GOPROXY", "GONOSUMDB"].map(|name| key(name, Winner::Environment))
    );

    let found = told(&home, &go, &caller(&home, &[("GOENV", "off")]), &wishes).await;
    assert_eq!(
        found,
        ["GOPROXY", "GOPRIVATE", "GONOPROXY"].map(|name| key(name, Winner::GoenvOff))
    );

    // A wrapper around go that sets things itself.
    let wrapper = home.path().join("go");
    let real = go.path().display();
    let run_with = |sets: &str| {
        fs::write(&wrapper, format!("#!/bin/sh\n{sets} exec {real} \"$@\"\n")).unwrap();
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        Go::find(Some(home.path().as_os_str())).unwrap()
    };
    let wrapped = run_with("GOPROXY=direct");
    let found = told(&home, &wrapped, &caller(&home, &[]), &wishes).await;
    assert_eq!(
        found,
        [key("GOPROXY", Winner::Installation(wrapper.clone()))]
    );
    let wrapped = run_with("GOENV=/nowhere/env");
    let found = told(&home, &wrapped, &caller(&home, &[]), &wishes).await;
    let elsewhere = Winner::OtherFile("/nowhere/env".into());
    assert_eq!(found, keys.map(|name| key(name, elsewhere.clone())));
}
