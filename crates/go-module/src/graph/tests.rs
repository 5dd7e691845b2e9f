//! Walks through small graphs made by hand.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Folder, Roots, Walk};
use crate::{ModuleVersion, go_mod, go_work};

/// `name@version: go, requirements`, for modules below `example.com`.
struct Files(BTreeMap<String, String>);

fn files(entries: &[(&str, &str, &[&str])]) -> Files {
    let entry = |&(module, go, requires): &(&str, &str, &[&str])| {
        let (name, _) = module.split_once('@').unwrap();
        (module.to_owned(), go_mod(name, go, requires))
    };
    Files(entries.iter().map(entry).collect())
}

fn go_mod(name: &str, go: &str, requires: &[&str]) -> String {
    let mut text = format!("module example.com/{name}\n\ngo {go}\n");
    for module in requires {
        let (name, version) = module.split_once('@').unwrap();
        text += &format!("require example.com/{name} {version}\n");
    }
    text
}

fn short(module: &ModuleVersion) -> String {
    module
        .to_string()
        .trim_start_matches("example.com/")
        .to_owned()
}

impl Files {
    /// Brings all that the walk wants: `pick` says which of it first.
    fn bring(&self, mut walk: Walk, mut pick: impl FnMut(usize) -> usize) -> Walk {
        let mut open = Vec::new();
        loop {
            open.extend(walk.wanted());
            if open.is_empty() {
                break;
            }
            let module: ModuleVersion = open.swap_remove(pick(open.len()));
            match self.0.get(&short(&module)) {
                Some(text) => walk.give(module, text.as_bytes()).unwrap(),
                None => walk.missing(module),
            }
        }
        walk
    }

    fn walk(&self, main: &str) -> Walk {
        let roots = Roots::module(go_mod::parse(main.as_bytes()).unwrap());
        let walk = self.bring(Walk::new(roots), |_| 0);
        assert!(walk.is_done());
        walk
    }
}

fn built(walk: &Walk) -> Vec<String> {
    walk.build_list().iter().map(short).collect()
}

fn looked_at(walk: &Walk) -> Vec<String> {
    walk.graph().iter().map(short).collect()
}

#[test]
fn the_highest_of_what_is_required_is_selected() {
    let files = files(&[
        ("a@v1.0.0", "1.16", &["c@v1.1.0"]),
        ("b@v1.0.0", "1.16", &["c@v1.2.0", "d@v1.0.0"]),
        ("c@v1.1.0", "1.16", &["e@v1.0.0"]),
        ("c@v1.2.0", "1.16", &[]),
        ("d@v1.0.0", "1.16", &["a@v1.0.0"]),
        ("e@v1.0.0", "1.16", &[]),
    ]);
    let walk = files.walk(&go_mod("main", "1.22", &["a@v1.0.0", "b@v1.0.0"]));
    // e stays, though only a version that was not selected requires it: so it is in Go.
    assert_eq!(
        built(&walk),
        ["a@v1.0.0", "b@v1.0.0", "c@v1.2.0", "d@v1.0.0", "e@v1.0.0"]
    );
    assert_eq!(looked_at(&walk).len(), 6);
    let mentioned: Vec<String> = walk.mentioned().iter().map(short).collect();
    assert_eq!(mentioned, looked_at(&walk), "c@v1.1.0 too");
    assert!(walk.misses().is_empty());
    assert_eq!(walk.go().unwrap().as_str(), "1.22");
}

#[test]
fn what_a_pruning_module_requires_is_not_looked_into() {
    let files = files(&[
        ("a@v1.0.0", "1.17", &["b@v1.0.0"]),
        ("b@v1.0.0", "1.17", &["c@v1.0.0"]),
        ("c@v1.0.0", "1.17", &[]),
    ]);
    let walk = files.walk(&go_mod("main", "1.17", &["a@v1.0.0"]));
    assert_eq!(built(&walk), ["a@v1.0.0", "b@v1.0.0"]);
    assert_eq!(looked_at(&walk), ["a@v1.0.0"]);
    // A main module that does not prune looks into all.
    let walk = files.walk(&go_mod("main", "1.16", &["a@v1.0.0"]));
    assert_eq!(looked_at(&walk), ["a@v1.0.0", "b@v1.0.0", "c@v1.0.0"]);
    // Seen from itself, a module is a main one.
    let walk = files.bring(Walk::of("example.com/a@v1.0.0".parse().unwrap()), |_| 0);
    assert_eq!(looked_at(&walk), ["a@v1.0.0", "b@v1.0.0"]);
    assert_eq!(built(&walk), ["a@v1.0.0", "b@v1.0.0", "c@v1.0.0"]);
}

#[test]
fn a_root_that_is_not_selected_is_raised() {
    let files = files(&[
        ("a@v1.0.0", "1.17", &["b@v1.1.0"]),
        ("b@v1.0.0", "1.17", &["gone@v1.0.0"]),
        ("b@v1.1.0", "1.17", &["c@v1.0.0"]),
    ]);
    let walk = files.walk(&go_mod("main", "1.17", &["a@v1.0.0", "b@v1.0.0"]));
    assert_eq!(built(&walk), ["a@v1.0.0", "b@v1.1.0", "c@v1.0.0"]);
    assert_eq!(looked_at(&walk), ["a@v1.0.0", "b@v1.0.0", "b@v1.1.0"]);
}

#[test]
fn an_upgrade_raises_what_is_required() {
    let files = files(&[
        ("a@v1.0.0", "1.17", &[]),
        ("a@v1.2.0", "1.17", &["b@v1.5.0"]),
        ("b@v1.5.0", "1.17", &["c@v1.0.0"]),
    ]);
    let main = go_mod("main", "1.17", &["a@v1.0.0"]);
    let roots = Roots::module(go_mod::parse(main.as_bytes()).unwrap());
    let to = |modules: &[&str]| {
        let modules: Vec<ModuleVersion> = modules.iter().map(|it| it.parse().unwrap()).collect();
        built(&files.bring(Walk::new(roots.upgraded(&modules)), |_| 0))
    };
    assert_eq!(to(&["example.com/a@v0.9.0"]), ["a@v1.0.0"]);
    assert_eq!(to(&["example.com/a@v1.2.0"]), ["a@v1.2.0", "b@v1.5.0"]);
    // What becomes a root is looked into.
    let all = ["example.com/a@v1.2.0", "example.com/b@v1.5.0"];
    assert_eq!(to(&all), ["a@v1.2.0", "b@v1.5.0", "c@v1.0.0"]);
}

#[test]
fn replacements_and_exclusions_count() {
    let files = files(&[
        ("a@v1.0.0", "1.16", &["c@v1.1.0", "x@v1.0.0", "x@v1.5.0"]),
        ("fork@v1.0.0", "1.16", &["d@v1.0.0"]),
        ("d@v1.0.0", "1.16", &[]),
        ("x@v1.0.0", "1.16", &[]),
    ]);
    let main = go_mod("main", "1.22", &["a@v1.0.0", "b@v1.0.0"])
        + "require lib v0.0.0\nreplace example.com/b => ../b\nreplace lib => ./lib\n\
           replace example.com/c v1.1.0 => example.com/fork v1.0.0\nexclude example.com/x v1.5.0\n";
    let mut walk = Walk::new(Roots::module(go_mod::parse(main.as_bytes()).unwrap()));
    let folder = |path: &str| Folder {
        base: String::new(),
        path: path.to_owned(),
    };
    assert_eq!(walk.wanted_folders(), [folder("../b"), folder("./lib")]);
    assert!(walk.wanted_folders().is_empty());
    walk.give_folder(
        folder("../b"),
        b"module elsewhere\nrequire example.com/d v1.0.0",
    )
    .unwrap();
    walk.missing_folder(folder("./lib"));
    let walk = files.bring(walk, |_| 0);
    assert!(walk.is_done());
    assert_eq!(
        built(&walk),
        ["a@v1.0.0", "d@v1.0.0", "fork@v1.0.0", "x@v1.0.0"]
    );
    assert_eq!(walk.selected().len(), 6);
    assert_eq!(walk.misses()[0].module.to_string(), "lib@v0.0.0");
}

#[test]
fn what_cannot_be_read_ends_its_branch() {
    let files = files(&[("a@v1.0.0", "1.16", &["b@v1.0.0"])]);
    let walk = files
        .walk(&(go_mod("main", "1.22", &["a@v1.0.0", "gone@v1.0.0"]) + "require app v1.0.0\n"));
    let misses: Vec<_> = walk
        .misses()
        .iter()
        .map(|miss| miss.module.to_string())
        .collect();
    assert_eq!(
        misses,
        [
            "app@v1.0.0",
            "example.com/b@v1.0.0",
            "example.com/gone@v1.0.0"
        ]
    );
    assert_eq!(built(&walk), ["a@v1.0.0", "b@v1.0.0", "gone@v1.0.0"]);

    let module: ModuleVersion = "example.com/a@v1.0.0".parse().unwrap();
    for (text, error) in [
        (
            "require (",
            "the go.mod of example.com/a@v1.0.0 can't be read: line 1: syntax error (unterminated block started at line 1)",
        ),
        (
            "go 1.17",
            "the go.mod of example.com/a@v1.0.0 has no module line",
        ),
    ] {
        let mut walk = Walk::of(module.clone());
        assert_eq!(walk.wanted(), std::slice::from_ref(&module));
        assert_eq!(
            walk.give(module.clone(), text.as_bytes())
                .unwrap_err()
                .to_string(),
            error
        );
        assert!(walk.is_done() && walk.misses().len() == 1);
    }
    // One that says it is another's is none for this one.
    let mut walk = Walk::of(module.clone());
    walk.give(
        module,
        b"module example.com/other\nrequire example.com/z v1.0.0",
    )
    .unwrap();
    assert_eq!(walk.misses().len(), 1);
    assert_eq!(built(&walk), ["a@v1.0.0"]);
}

#[test]
fn a_workspace_overrides_and_looks_into_what_it_raised() {
    let files = files(&[
        ("a@v1.0.0", "1.17", &[]),
        ("a@v1.1.0", "1.17", &["deep@v1.0.0"]),
        ("b@v1.0.0", "1.17", &["a@v1.1.0"]),
        ("deep@v1.0.0", "1.17", &["deeper@v1.0.0"]),
        ("new@v1.0.0", "1.17", &[]),
    ]);
    let work = go_work::parse(
        b"go 1.22\nuse ./one\nuse ./two\nreplace example.com/old => example.com/new v1.0.0",
    )
    .unwrap();
    let module = |text: String| go_mod::parse(text.as_bytes()).unwrap();
    let mains = [
        (
            "./one".to_owned(),
            module(
                go_mod("one", "1.22", &["a@v1.0.0", "old@v1.0.0"])
                    + "replace example.com/old => ../old\n",
            ),
        ),
        (
            "./two".to_owned(),
            module(go_mod("two", "1.22", &["b@v1.0.0"])),
        ),
    ];
    let walk = files.bring(Walk::new(Roots::workspace(&work, &mains)), |_| 0);
    assert!(
        walk.is_done()
            && walk
                .misses()
                .iter()
                .all(|miss| miss.module.path.contains("deep"))
    );
    assert_eq!(
        built(&walk),
        [
            "a@v1.1.0",
            "b@v1.0.0",
            "deep@v1.0.0",
            "deeper@v1.0.0",
            "new@v1.0.0"
        ]
    );
    assert_eq!(
        looked_at(&walk),
        [
            "a@v1.0.0",
            "a@v1.1.0",
            "b@v1.0.0",
            "deep@v1.0.0",
            "new@v1.0.0"
        ]
    );
}

/// Any graph of six modules with three versions each.
fn any_files() -> impl Strategy<Value = Vec<(bool, Vec<(usize, usize)>)>> {
    prop::collection::vec(
        (
            any::<bool>(),
            prop::collection::vec((0..6usize, 0..3usize), 0..4),
        ),
        18,
    )
}

proptest! {
    #[test]
    fn the_order_does_not_matter_and_the_list_is_minimal(
        all in any_files(),
        roots in prop::collection::vec((0..6usize, 0..3usize), 1..5),
        prunes in any::<bool>(),
        picks in prop::collection::vec(any::<usize>(), 64),
    ) {
        let name = |&(module, version): &(usize, usize)| format!("m{module}@v1.{version}.0");
        let go = |prunes| if prunes { "1.17" } else { "1.16" };
        let mut files = Files(BTreeMap::new());
        for (at, (prunes, requires)) in all.iter().enumerate() {
            let requires: Vec<String> = requires.iter().map(name).collect();
            let requires: Vec<&str> = requires.iter().map(String::as_str).collect();
            let module = name(&(at / 3, at % 3));
            // Some are missing.
            if at != 7 {
                files.0.insert(module, go_mod(&format!("m{}", at / 3), go(*prunes), &requires));
            }
        }
        let roots: Vec<String> = roots.iter().map(name).collect();
        let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
        let main = go_mod("main", go(prunes), &roots);
        let mut picks = picks.into_iter().cycle();
        let start = || Walk::new(Roots::module(go_mod::parse(main.as_bytes()).unwrap()));
        let one = files.bring(start(), |_| 0);
        let other = files.bring(start(), |open| picks.next().unwrap() % open);
        prop_assert!(one.is_done() && other.is_done());
        prop_assert_eq!(built(&one), built(&other));
        prop_assert_eq!(looked_at(&one), looked_at(&other));
        prop_assert_eq!(one.misses(), other.misses());

        // Each selected version is required by a root or by a file that was looked at; nothing that is required by a root
        // is above it.
        let list = built(&one);
        let looked: Vec<String> = looked_at(&one);
        for selected in &list {
            let required = format!("require example.com/{}\n", selected.replace('@', " "));
            let by_file = looked.iter().filter_map(|module| files.0.get(module)).any(|text| text.contains(&required));
            prop_assert!(main.contains(&required) || by_file, "{}", selected);
        }
        for root in roots {
            let (path, _) = root.split_once('@').unwrap();
            let selected = list.iter().find(|module| module.starts_with(&format!("{path}@"))).unwrap();
            prop_assert!(selected.as_str() >= root);
        }
    }
}
