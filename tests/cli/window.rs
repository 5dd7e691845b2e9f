//! The window in a browser: `larder open`, `larder serve --open`, and the page that lets in.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use test_support::http::Request;
use test_support::{TempHome, run};

use super::{Running, bin, larder, proxy, serve, until};

/// What `--no-browser` printed, or nothing where the program was built without its window; it then says so.
fn page(output: &test_support::Output) -> Option<PathBuf> {
    if output.status.success() {
        return Some(output.stdout.trim_end().into());
    }
    assert!(
        output.stderr.contains("was built without its window"),
        "{output}"
    );
    assert!(output.stderr.contains("npm run build"), "{output}");
    None
}

/// Enters with the page, as a browser does with its form; the key.
fn enter(page: &PathBuf) -> (String, String) {
    let text = fs::read_to_string(page).unwrap();
    let between = |text: &str, before: &str| {
        let (_, rest) = text.split_once(before).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let address = between(&text, "action=\"");
    let code = between(&text, "name=\"code\" value=\"");
    let entered = Request::new("POST", &address)
        .header("Origin", "null")
        .header("Sec-Fetch-Mode", "navigate")
        .body(format!("code={code}"))
        .send()
        .unwrap();
    assert_eq!(entered.status, 200, "{}", entered.text());
    let key = between(&entered.text(), "name=\"larder-key\" content=\"");
    (address.replace("/-/window/enter", ""), key)
}

#[test]
fn open_lets_a_browser_in_once_and_leaves_nothing() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    let Some(page) = page(&larder.run(&["open", "--no-browser"])) else {
        return;
    };
    let mode = fs::metadata(&page).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (address, key) = enter(&page);
    until("the page goes", || !page.exists());
    let asked = |key: &str| {
        Request::new("POST", &format!("{address}/-/call/status"))
            .header("Sec-Fetch-Site", "same-origin")
            .header("Authorization", &format!("Bearer {key}"))
            .send()
            .unwrap()
    };
    assert_eq!(asked(&key).status, 200);
    assert_eq!(asked("").status, 403);
    let index = Request::get(&format!("{address}/-/window/"))
        .send()
        .unwrap();
    assert!(index.text().contains("<title>Larder</title>"));
    let logged = fs::read_dir(home.larder_home().join("data/logs")).unwrap();
    for log in logged {
        let log = fs::read_to_string(log.unwrap().path()).unwrap();
        assert!(!log.contains(&key), "no key in the log");
    }
}

#[test]
fn serve_open_shows_the_window_of_whoever_runs() {
    let (home, proxy) = (TempHome::new(), proxy());
    let upstreams = proxy.url();
    let with = ["--port", "0", "--upstreams", &upstreams, "--sumdb", "off"];
    let (mut first, goproxy) =
        Running::serve(&home, &[&with[..], &["--open", "--no-browser"]].concat());
    let second = larder(&home, &["serve", "--open", "--no-browser"]);
    let Some(page) = page(&second) else {
        until("it says so, and serves", || {
            first.stderr().contains("npm run build")
        });
        return;
    };
    assert!(PathBuf::from(first.line()).exists(), "the first one's own");
    let (address, _) = enter(&page);
    assert!(goproxy.starts_with(&address), "{goproxy} {address}");
    first.signal("TERM");
    assert!(first.end().success());
    let left = fs::read_dir(home.larder_home().join("run")).unwrap();
    assert_eq!(left.count(), 0, "no page outlives its instance");
}

#[test]
fn a_browser_is_given_the_page_and_one_that_fails_is_told_of() {
    let (home, proxy) = (TempHome::new(), proxy());
    let larder = serve(&home, &proxy);
    let bin_folder = home.path().join("browsers");
    fs::create_dir(&bin_folder).unwrap();
    let opened = home.path().join("opened");
    let script = format!("#!/bin/sh\nprintf %s \"$*\" > {}\n", opened.display());
    let browser = bin_folder.join("xdg-open");
    fs::write(&browser, script).unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let told = run(home
        .larder(bin())
        .arg("open")
        .env("PATH", format!("{}:/usr/bin:/bin", bin_folder.display())));
    if !told.status.success() {
        assert!(page(&told).is_none());
        return;
    }
    until("the browser is started", || {
        fs::read_to_string(&opened).is_ok_and(|text| !text.is_empty())
    });
    let given = PathBuf::from(fs::read_to_string(&opened).unwrap());
    assert!(given.exists(), "{given:?}");
    assert!(told.stderr.contains(given.to_str().unwrap()), "{told}");
    let none = run(home.larder(bin()).arg("open").env("PATH", "/nowhere"));
    assert!(none.status.success(), "{none}");
    assert!(
        none.stderr.contains("No browser could be started"),
        "{none}"
    );
    assert!(none.stderr.contains("open-window-"), "{none}");
    drop(larder);
}

#[test]
fn open_wants_an_instance() {
    let home = TempHome::new();
    let output = larder(&home, &["open"]);
    assert!(!output.status.success());
    assert!(output.stderr.contains("larder serve --open"), "{output}");
}
