//! Private means private: by no rule, fallback, retry or fault does a private path reach what is public.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Engine, chain, parts};
use delivery::{Cover, Database, Elsewhere, Profile, Routes, Rule};
use go_module::{FileKind, Patterns};
use proptest::prelude::*;
use store::Tree;
use test_support::{Behaviour, DeadAddress, FakeDatabase, FakeProxy, Module};
use upstream::Upstream;

/// A glob of literal elements and `*` alone, so that what it matches can be told without the code under test.
fn pattern() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(
        prop::sample::select(vec!["a.example", "b.example", "x", "y", "*"]),
        1..4,
    )
}

fn path() -> impl Strategy<Value = Vec<&'static str>> {
    let host = prop::sample::select(vec!["a.example", "b.example", "c.example", "golang.org"]);
    let rest = prop::collection::vec(prop::sample::select(vec!["x", "y", "z", "toolchain"]), 0..4);
    (host, rest).prop_map(|(host, rest)| [vec![host], rest].concat())
}

fn matches(pattern: &[&str], path: &[&str]) -> bool {
    let elements = pattern.iter().zip(path);
    pattern.len() <= path.len()
        && elements
            .into_iter()
            .all(|(glob, element)| *glob == "*" || glob == element)
}

fn patterns(all: &[Vec<&str>]) -> Patterns {
    let all: Vec<String> = all.iter().map(|pattern| pattern.join("/")).collect();
    Patterns::parse(&all.join(","))
}

fn names(chain: Option<&upstream::Chain>) -> Vec<String> {
    let upstreams = chain.into_iter().flat_map(upstream::Chain::upstreams);
    upstreams
        .map(|upstream| upstream.name().to_owned())
        .collect()
}

fn database() -> Database {
    let key = "sums.example.com+6032d79d+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let place = Upstream::checksum_database("https://sums.example.com", &parts()).unwrap();
    Database::at(key.parse().unwrap(), place)
}

/// The patterns and the privacy of each rule, in their order.
type Rules = Vec<(Vec<Vec<&'static str>>, bool)>;

fn rules() -> impl Strategy<Value = Rules> {
    let rule = (prop::collection::vec(pattern(), 1..3), any::<bool>());
    prop::collection::vec(rule, 0..4)
}

proptest! {
    #[test]
    fn a_private_path_goes_by_private_rules_and_lists_only_and_a_public_one_by_the_others(
        private in prop::collection::vec(pattern(), 0..3),
        rules in rules(),
        (elsewhere, not_private) in (
            prop::collection::vec(pattern(), 0..2),
            prop::collection::vec(pattern(), 0..2),
        ),
        excepted in prop::collection::vec(pattern(), 0..2),
        (has_private_chain, has_database) in any::<(bool, bool)>(),
        path in path(),
    ) {
        // In the open: no runtime is needed to make upstreams, only to ask them.
        let routes = Routes {
            private: patterns(&private),
            private_elsewhere: vec![Elsewhere {
                profile: "other".to_owned(),
                patterns: patterns(&elsewhere),
            }],
            not_private: patterns(&not_private),
            private_chain: has_private_chain.then(|| chain("https://private.example,direct")),
            rules: rules.iter().enumerate().map(|(at, (of, private))| Rule {
                patterns: patterns(of),
                private: *private,
                chain: chain(&format!("https://rule-{at}.example")),
            }).collect(),
            no_database: patterns(&excepted),
            allowed: Vec::new(),
            chain: chain("https://public.example|https://other.example"),
        };
        let profile = Profile::new("test", routes, has_database.then(database));

        let by_rule = |(of, _): &(Vec<Vec<&str>>, bool)| of.iter().any(|pattern| matches(pattern, &path));
        let is_own = private.iter().any(|pattern| matches(pattern, &path))
            || rules.iter().any(|rule| rule.1 && by_rule(rule));
        let any = |of: &[Vec<&str>]| of.iter().any(|pattern| matches(pattern, &path));
        let by_other = !is_own && any(&elsewhere) && !any(&not_private);
        let is_private = is_own || by_other;
        let text = path.join("/");
        let route = profile.route(&text);
        prop_assert_eq!(route.private, is_private);

        prop_assert_eq!(route.private_in, by_other.then_some("other"));

        let first = rules.iter().position(|rule| rule.1 == is_own && by_rule(rule));
        let first = first.filter(|_| !by_other);
        prop_assert_eq!(route.rule, first);
        let expected: Vec<String> = match (first, is_private) {
            (Some(at), _) => vec![format!("rule-{at}.example")],
            (None, true) if by_other => Vec::new(),
            (None, true) if has_private_chain => vec!["private.example".to_owned(), "direct".to_owned()],
            (None, true) => Vec::new(),
            (None, false) => vec!["public.example".to_owned(), "other.example".to_owned()],
        };
        prop_assert_eq!(names(route.chain), expected);

        let is_toolchain = text == "golang.org/toolchain";
        if is_private && !is_toolchain {
            prop_assert_ne!(route.cover, Cover::Database);
        }
        for kind in FileKind::ALL {
            for tree in profile.trees(&text, kind) {
                // What came by a private way is found by private ways only, and nothing else is.
                let is_of_private = tree.to_string().ends_with("-private");
                let is_of_database = profile.database().is_some_and(|database| *database.tree() == tree);
                prop_assert!(is_of_private == is_private || is_of_database && is_toolchain, "{} {}", tree, text);
                prop_assert!(tree != Tree::Modules);
            }
        }
    }
}

const PRIVATE: &str = "corp.example/secret";

/// A profile whose private paths come from `private` and all others from `public`, verified by a database that both
/// pass on.
fn profile(private: Option<&str>, public: &FakeProxy, database: &FakeDatabase) -> Profile {
    let key = database.key().parse().unwrap();
    let direct = Upstream::checksum_database(&database.url(), &parts()).unwrap();
    // A net behind the public list, as broad as it gets.
    let list = format!("{}|{}", DeadAddress::new().url(), public.url());
    let rule = |patterns: &str, private| Rule {
        patterns: Patterns::parse(patterns),
        private,
        chain: chain(&public.url()),
    };
    let routes = Routes {
        private: Patterns::parse("corp.example/*"),
        private_elsewhere: Vec::new(),
        not_private: Patterns::default(),
        private_chain: private.map(chain),
        // Broad rules for the public: they are not for private paths.
        rules: vec![rule("corp.example", false), rule("*", false)],
        no_database: Patterns::default(),
        allowed: Vec::new(),
        chain: chain(&list),
    };
    Profile::new(
        "test",
        routes,
        Some(Database::through(key, chain(&list), direct)),
    )
}

/// Everything that `go` may ask about a module.
fn requests(database: &FakeDatabase) -> Vec<String> {
    let of_module = [
        "@v/list",
        "@latest",
        "@v/main.info",
        "@v/v1.0.0.info",
        "@v/v1.0.0.mod",
        "@v/v1.0.0.zip",
    ];
    let of_module = of_module.iter().map(|rest| format!("{PRIVATE}/{rest}"));
    let look_up = format!("sumdb/{}/lookup/{PRIVATE}@v1.0.0", database.name());
    of_module.chain([look_up]).collect()
}

#[tokio::test]
async fn whatever_befalls_the_private_upstream_nobody_else_hears_of_the_module() {
    let (private, public) = (FakeProxy::start().await, FakeProxy::start().await);
    let database = FakeDatabase::start("sums.example.com").await;
    public.add(&Module::simple(PRIVATE, "v1.0.0"));
    private.add(&Module::simple(PRIVATE, "v1.0.0"));
    public.offer(&database);
    private.offer(&database);
    let away = public.url_of(&format!("/{PRIVATE}/@v/v1.0.0.zip"));
    let faults = [
        ("a redirect", Some(Behaviour::redirect(&away, 302))),
        ("another", Some(Behaviour::redirect(&away, 307))),
        ("404", Some(Behaviour::status(404, "no such module"))),
        ("410", Some(Behaviour::status(410, "gone"))),
        ("403", Some(Behaviour::status(403, "not you"))),
        ("500", Some(Behaviour::status(500, "broken"))),
        ("503", Some(Behaviour::status(503, "busy"))),
        ("a page", Some(Behaviour::html())),
        ("a reset", Some(Behaviour::reset_before_head())),
        (
            "half an answer",
            Some(Behaviour::normal().truncate_after(2)),
        ),
        ("nobody there", None),
    ];
    for (name, fault) in faults {
        private.clear_behaviours();
        match &fault {
            Some(fault) => private.otherwise(vec![fault.clone()]),
            None => private.stop(),
        }
        for list in [
            Some(private.url()),
            Some(format!("{}|off", private.url())),
            None,
        ] {
            let engine = Engine::of(profile(list.as_deref(), &public, &database)).await;
            for request in requests(&database) {
                for _ in 0..2 {
                    let got = engine.get(&request).await;
                    let is_whole = got.is_ok_and(|got| got.broken.is_none());
                    assert!(!is_whole, "{request} with {name} from {list:?}");
                }
            }
            engine.end().await;
        }
    }
    let told = |paths: Vec<String>| {
        paths
            .into_iter()
            .filter(|path| path.contains("secret"))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(public.paths()), Vec::<String>::new());
    assert_eq!(database.asked_of("secret"), Vec::<String>::new());
}

#[tokio::test]
async fn in_good_order_it_is_delivered_and_kept_apart() {
    let (private, public) = (FakeProxy::start().await, FakeProxy::start().await);
    let database = FakeDatabase::start("sums.example.com").await;
    private.add(&Module::simple(PRIVATE, "v1.0.0"));
    private.set_query(PRIVATE, "main", "v1.0.0");
    public.offer(&database);
    let engine = Engine::of(profile(Some(&private.url()), &public, &database)).await;
    for request in requests(&database)
        .iter()
        .filter(|request| !request.starts_with("sumdb"))
    {
        engine.whole(request).await;
    }
    engine.until_kept(&format!("{PRIVATE}/@v/v1.0.0.zip")).await;
    let kept: Vec<String> = engine.files();
    let of_files = kept.iter().filter(|name| name.contains("/@v/v1.0.0."));
    for name in of_files {
        let tree = name.split('/').nth(1).unwrap();
        assert!(
            name.starts_with("realms/") && tree.ends_with("-private"),
            "{name}"
        );
    }
    // A profile to which nothing is private is not given it from there.
    let open = Profile::new("open", Routes::all_to(chain(&private.url())), None);
    let engine = engine.restart_with(open).await;
    assert!(
        engine
            .kept_only(&format!("{PRIVATE}/@v/v1.0.0.zip"))
            .await
            .is_err()
    );
    engine.end().await;
    assert!(!public.paths().iter().any(|path| path.contains("secret")));
}
