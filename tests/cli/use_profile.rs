//! `larder use`: another profile in force at once, or chosen by what answers; private paths go nowhere by that.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use test_support::{Behaviour, FakeProxy, Gate, Larder, Module, TempHome, http, run};

use crate::profile::{asked, profiles, proxy_of, serve, settings, written};
use crate::{larder, until};

fn list(larder: &Larder, path: &str) -> u16 {
    http::get(&format!("{}/{path}/@v/list", larder.goproxy())).status
}

/// What the last profile says, where the modules of corp.example are private and come from here.
fn private_at(company: &FakeProxy) -> String {
    format!(
        "private = \"corp.example\"\nprivate-upstreams = \"{}\"\n",
        company.url()
    )
}

#[test]
fn use_switches_a_running_instance_at_once_and_what_is_under_way_ends_as_it_began() {
    let (one, two) = (proxy_of("example.com/one"), proxy_of("example.com/two"));
    let home = TempHome::new();
    settings(&home, &profiles(&[("public", &one), ("company", &two)]));
    let larder = serve(&home);
    assert_eq!(
        (
            list(&larder, "example.com/one"),
            list(&larder, "example.com/two")
        ),
        (200, 404)
    );

    let gate = Gate::new();
    let zip = "example.com/one/@v/v1.0.0.zip";
    one.on(&format!("/{zip}"), [Behaviour::normal().gate(&gate)]);
    let url = format!("{}/{zip}", larder.goproxy());
    let under_way = std::thread::spawn(move || http::get(&url).whole());
    until("it is under way", || one.count(&format!("/{zip}")) == 1);

    let used = larder.run(&["use", "company"]).success();
    assert!(
        used.stdout.starts_with("company is in force from now on\n"),
        "{used}"
    );
    assert!(
        used.stdout.contains(&two.addr().to_string()) && used.stdout.contains("off"),
        "{used}"
    );
    assert_eq!(list(&larder, "example.com/two"), 200);
    assert_eq!(list(&larder, "example.com/other"), 404);
    assert!(
        !one.paths().iter().any(|path| path.contains("other")),
        "{:?}",
        one.paths()
    );
    gate.open();
    assert_eq!(
        under_way.join().unwrap(),
        Module::simple("example.com/one", "v1.0.0").zip()
    );
    assert!(
        !two.paths().iter().any(|path| path.ends_with(".zip")),
        "{:?}",
        two.paths()
    );

    // What was edited by hand is in force as well, and a broken file changes nothing.
    let good = written(&home).unwrap();
    settings(&home, &good.replace(&two.url(), &one.url()));
    let stale = larder.run(&["profile", "list"]).success();
    assert!(
        stale.stderr.contains("settings.toml was changed"),
        "{stale}"
    );
    larder.run(&["use", "company"]).success();
    assert_eq!(list(&larder, "example.com/one"), 200);
    settings(&home, "profile = \"company\"\nport = [");
    larder.run(&["use", "public"]).code(6);
    larder.run(&["profile", "add", "x"]).code(6);
    assert_eq!(list(&larder, "example.com/one"), 200);
    assert_eq!(written(&home).unwrap(), "profile = \"company\"\nport = [");

    // A profile that is in force is changed at once too.
    settings(&home, &good);
    larder
        .run(&["profile", "edit", "company", "--upstreams", &two.url()])
        .success();
    assert_eq!(list(&larder, "example.com/two"), 200);
    let status = crate::json(&larder.run(&["status", "--json"]).success());
    assert_eq!(status["profile"]["name"], "company");
}

#[test]
fn under_load_no_request_fails_because_of_a_switch() {
    let (one, two) = (FakeProxy::start_blocking(), FakeProxy::start_blocking());
    for number in 0..200 {
        let module = Module::simple(&format!("example.com/m{number}"), "v1.0.0");
        one.add(&module);
        two.add(&module);
    }
    let home = TempHome::new();
    settings(&home, &profiles(&[("public", &one), ("company", &two)]));
    let larder = serve(&home);
    let (goproxy, is_over) = (larder.goproxy(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for client in 0..16 {
            let is_over = &is_over;
            scope.spawn(move || {
                let mut number = client;
                while !is_over.load(Ordering::Relaxed) {
                    let module = format!("{goproxy}/example.com/m{number}/@v");
                    for rest in ["list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"] {
                        let reply = http::get(&format!("{module}/{rest}"));
                        assert_eq!(reply.status, 200, "{module}/{rest}: {}", reply.text());
                        reply.whole();
                    }
                    number = (number + 16) % 200;
                }
            });
        }
        for name in ["company", "public"].iter().cycle().take(12) {
            larder.run(&["use", name]).success();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(one.requests().len() > 12 && two.requests().len() > 12);
}

#[test]
fn without_an_instance_it_is_in_force_from_the_next_start_on() {
    let (one, two) = (proxy_of("example.com/one"), proxy_of("example.com/two"));
    let home = TempHome::new();
    settings(&home, &profiles(&[("public", &one), ("company", &two)]));
    let used = larder(&home, &["use", "company"]).success();
    assert!(
        used.stdout
            .starts_with("company is in force from the next start on\n"),
        "{used}"
    );
    assert!(used.stdout.contains(&two.addr().to_string()), "{used}");
    let larder = serve(&home);
    assert_eq!(list(&larder, "example.com/two"), 200);
    assert_eq!(one.paths(), Vec::<String>::new());
}

#[test]
fn what_is_private_in_one_profile_is_so_in_all_and_who_switches_is_told() {
    let home = TempHome::new();
    larder(
        &home,
        &[
            "profile",
            "add",
            "company",
            "--upstreams",
            "off",
            "--checksum-database",
            "off",
            "--private",
            "corp.example/*",
            "--private-upstreams",
            "direct",
        ],
    )
    .success();
    larder(
        &home,
        &[
            "profile",
            "add",
            "home",
            "--upstreams",
            "off",
            "--checksum-database",
            "off",
            "--private",
            "home.example",
        ],
    )
    .success();
    let used = larder(&home, &["use", "home"]).success();
    assert!(
        used.stderr
            .contains("corp.example/* is private in profile company, and so in all"),
        "{used}"
    );
    let mend = "larder profile edit home --private-rule 'corp.example/* -> LIST'";
    assert!(used.stderr.contains(mend), "{used}");
    let used = larder(&home, &["use", "--auto", "company,home"]).success();
    assert!(
        used.stdout
            .contains("the first that answers of company, home")
            && used.stderr.is_empty(),
        "{used}"
    );
}

#[test]
fn after_a_switch_a_private_path_still_goes_nowhere_else() {
    let (company, public) = (
        proxy_of("corp.example/secret"),
        proxy_of("corp.example/secret"),
    );
    public.add(&Module::simple("corp.example/open", "v1.0.0"));
    let home = TempHome::new();
    let text = profiles(&[("public", &public), ("company", &company)]);
    let private = private_at(&company);
    settings(&home, &format!("profile = \"company\"\n{text}{private}"));
    let larder = serve(&home);
    assert_eq!(list(&larder, "corp.example/secret"), 200);
    larder.run(&["use", "public"]).success();
    let url = format!("{}/corp.example/secret/@v/list", larder.goproxy());
    let refused = http::get(&url);
    assert_eq!(refused.status, 403);
    for part in ["private in the profile company", "larder use company"] {
        assert!(refused.text().contains(part), "{}", refused.text());
    }
    let explained = asked(&home, &["explain", "corp.example/secret", "--json"]);
    assert_eq!(explained["private"]["profile"], "company", "{explained}");
    assert_eq!(explained["upstreams"], serde_json::json!([]));
    assert_eq!(public.paths(), [""; 0]);

    // Who says so has it otherwise, for as much as was said.
    let edit = ["profile", "edit", "public"];
    let open = ["--not-private", "corp.example/open"];
    larder.run(&[&edit[..], &open].concat()).success();
    assert_eq!(list(&larder, "corp.example/open"), 200);
    assert_eq!(list(&larder, "corp.example/secret"), 403);
    assert_eq!(public.paths(), ["/corp.example/open/@v/list"]);
    // A broad rule for the public leads nothing private out; a private rule gives it a place.
    let rule = format!("corp.example -> {}", public.url());
    larder
        .run(&[&edit[..], &["--rule", &rule]].concat())
        .success();
    assert_eq!(list(&larder, "corp.example/secret"), 403);
    let rule = format!("corp.example -> {}", company.url());
    let private = ["--private-rule", &rule];
    larder.run(&[&edit[..], &private].concat()).success();
    assert_eq!(list(&larder, "corp.example/secret"), 200);
    let told: Vec<String> = public.paths();
    assert!(told.iter().all(|path| path.contains("open")), "{told:?}");

    // What another profile comes to have private while this one is in force is so at once.
    larder
        .run(&["profile", "edit", "company", "--private", "example.com"])
        .success();
    assert_eq!(list(&larder, "example.com/hello"), 403);
}

#[test]
fn a_choice_keeps_private_paths_in_when_serve_has_another_list_and_in_go_env() {
    let (company, public) = (
        proxy_of("corp.example/secret"),
        proxy_of("corp.example/secret"),
    );
    let other = proxy_of("corp.example/secret");
    let home = TempHome::new();
    home.use_sumdb();
    home.remove_env("GOENV");
    let text = profiles(&[("public", &public), ("company", &company)]);
    let private = private_at(&company);
    settings(
        &home,
        &format!("profile = [\"company\", \"public\"]\n{text}{private}"),
    );
    company.stop();
    let list_of_run = other.url();
    let options = ["--port", "0", "--upstreams", &list_of_run];
    let larder = Larder::start(crate::bin(), &home, &options);
    // The company's place for private modules does not answer, whatever list this run has.
    assert_eq!(in_force(&home).0, "public");
    for path in ["corp.example/secret", "corp.example/secret/deeper"] {
        assert_eq!(list(&larder, path), 403, "{path}");
    }
    // go is told what is private, is given no list behind Larder, and learns of a switch.
    larder.run(&["env", "on"]).success();
    let go_env = || {
        let said = run(&mut home.go(&["env", "GOPROXY", "GOPRIVATE"])).success();
        said.stdout.trim_end().to_owned()
    };
    let expected = format!("{}\ncorp.example", larder.goproxy());
    assert_eq!(go_env(), expected);
    company.restart();
    until("company is in force", || {
        list(&larder, "example.com/nowhere");
        larder.run(&["use", "--auto", "company,public"]).success();
        in_force(&home).0 == "company"
    });
    assert_eq!(go_env(), expected);
    assert_eq!(list(&larder, "corp.example/secret"), 200);
    for proxy in [&public, &other] {
        let told = proxy.paths();
        assert!(!told.iter().any(|path| path.contains("secret")), "{told:?}");
    }
    larder.run(&["env", "off"]).success();
}

/// What status says of the profile.
fn in_force(home: &TempHome) -> (String, String) {
    let status = asked(home, &["status", "--json"]);
    let text = |key: &str| {
        status["profile"][key]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    (text("name"), text("automatic"))
}

#[test]
fn the_first_that_answers_is_in_force_and_a_private_path_goes_nowhere_else() {
    let (company, public) = (
        proxy_of("corp.example/secret"),
        proxy_of("example.com/hello"),
    );
    public.add(&Module::simple("corp.example/secret", "v1.0.0"));
    let home = TempHome::new();
    let text = profiles(&[("public", &public), ("company", &company)]);
    let private = private_at(&company);
    settings(
        &home,
        &format!("profile = [\"company\", \"public\"]\n{text}{private}"),
    );
    let larder = serve(&home);
    assert_eq!(
        in_force(&home),
        ("company".to_owned(), "its upstreams answer".to_owned())
    );
    assert_eq!(list(&larder, "corp.example/secret"), 200);
    assert!(
        larder
            .run(&["status"])
            .success()
            .stdout
            .contains("company, chosen automatically")
    );
    assert_eq!(
        public.paths(),
        Vec::<String>::new(),
        "nobody asks the last one whether it answers"
    );

    // The company's network is gone: something fails, and the next one is in force.
    company.stop();
    let begun = Instant::now();
    let count = std::cell::Cell::new(0);
    until("public is in force", || {
        count.set(count.get() + 1);
        list(&larder, &format!("example.com/m{}", count.get()));
        in_force(&home).0 == "public"
    });
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    let why = in_force(&home).1;
    assert!(
        why.starts_with("company does not answer") && why.contains(&company.addr().to_string()),
        "{why}"
    );
    assert_eq!(list(&larder, "example.com/hello"), 200);

    // What is private in the company's profile is so here, and told to nobody.
    for path in [
        "corp.example/secret/@v/list",
        "corp.example/secret/@v/v1.0.0.zip",
        "corp.example/secret/x/@latest",
    ] {
        let status = http::get(&format!("{}/{path}", larder.goproxy())).status;
        assert_eq!(status, 403, "{path}");
    }
    assert!(
        !public.paths().iter().any(|path| path.contains("secret")),
        "{:?}",
        public.paths()
    );

    // It is back: the next thing that fails finds it.
    company.restart();
    until("company is in force", || {
        list(&larder, "corp.example/secret");
        in_force(&home).0 == "company"
    });
    assert_eq!(list(&larder, "corp.example/secret"), 200);
    assert!(
        !public.paths().iter().any(|path| path.contains("secret")),
        "{:?}",
        public.paths()
    );
    let log = larder.log();
    assert!(log.contains("in force, chosen automatically"), "{log}");

    // A person's word is heeded at once.
    let used = larder.run(&["use", "public"]).success();
    assert!(
        used.stderr
            .contains("corp.example is private in profile company"),
        "{used}"
    );
    assert_eq!(in_force(&home), ("public".to_owned(), String::new()));
    let used = larder.run(&["use", "--auto", "company,public"]).success();
    assert!(
        used.stdout.starts_with(
            "company is in force from now on, chosen automatically: its upstreams answer\n"
        ),
        "{used}"
    );
    let refused = larder.run(&["profile", "remove", "company"]).code(2);
    assert!(refused.stderr.contains("chooses among"), "{refused}");
}
