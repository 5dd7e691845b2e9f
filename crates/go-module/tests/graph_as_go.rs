//! The module graph beside the real `go`: the same build list, and the same go.mod files looked at, for graphs made at
//! random before a fake proxy that writes down what it was asked.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use go_module::graph::{Folder, Roots, Selected, Source, Walk};
use go_module::{ModuleVersion, go_mod, go_work};
use test_support::{FakeProxy, Module, TempHome};

/// How many graphs of each kind.
const GRAPHS: u64 = 24;
const MODULES: u64 = 9;
const VERSIONS: u64 = 4;

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn new(seed: u64, kind: u64) -> Self {
        Self(seed.wrapping_mul(kind))
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 24) % sides
    }

    fn go(&mut self) -> &'static str {
        ["", "go 1.16", "go 1.17", "go 1.20", "go 1.21", "go 1.22.1"][self.roll(6) as usize]
    }

    fn module(&mut self) -> (String, String) {
        (
            format!("example.com/m{}", self.roll(MODULES)),
            format!("v1.{}.0", self.roll(VERSIONS)),
        )
    }

    fn requires(&mut self, most: u64) -> String {
        let mut lines = BTreeMap::new();
        for _ in 0..self.roll(most + 1) {
            let (path, version) = self.module();
            lines.insert(path, version);
        }
        let line = |(path, version)| format!("require {path} {version}\n");
        lines.into_iter().map(line).collect()
    }
}

/// A proxy with modules that require each other at random, and a `go` that asks it.
struct World {
    proxy: FakeProxy,
    home: TempHome,
    /// By `path@version`.
    go_mods: BTreeMap<String, String>,
}

impl World {
    fn new(dice: &mut Dice, mains: &[&str]) -> Self {
        let mut world = Self {
            proxy: FakeProxy::start_blocking(),
            home: TempHome::new(),
            go_mods: BTreeMap::new(),
        };
        world.home.set_env("GOPROXY", world.proxy.url());
        let paths = (0..MODULES).map(|module| format!("example.com/m{module}"));
        for path in paths.chain(mains.iter().map(|&main| main.to_owned())) {
            for version in 0..VERSIONS {
                let mut text = format!("module {path}\n\n{}\n\n{}", dice.go(), dice.requires(3));
                if dice.roll(8) == 0 {
                    // Something out there requires a published version of a main module.
                    let main = mains[dice.roll(mains.len() as u64) as usize];
                    text += &format!("require {main} v1.{}.0\n", dice.roll(VERSIONS));
                }
                world.publish(&path, &format!("v1.{version}.0"), &text);
            }
        }
        world
    }

    fn publish(&mut self, path: &str, version: &str, go_mod: &str) {
        let archive = format!("-- go.mod --\n{go_mod}\n-- x.go --\npackage x\n");
        self.proxy.add(&Module::new(path, version, &archive));
        self.go_mods
            .insert(format!("{path}@{version}"), format!("{go_mod}\n"));
    }

    /// Lets the walk run to its end.
    fn walk(&self, roots: Roots, project: &Path) -> Walk {
        let mut walk = Walk::new(roots);
        while !walk.is_done() {
            for folder in walk.wanted_folders() {
                let file = project.join(&folder.base).join(&folder.path).join("go.mod");
                walk.give_folder(folder, &fs::read(file).unwrap()).unwrap();
            }
            for module in walk.wanted() {
                let text = &self.go_mods[&module.to_string()];
                walk.give(module, text.as_bytes()).unwrap();
            }
        }
        walk
    }

    /// The go.mod files that the proxy was asked for.
    fn asked(&self) -> BTreeSet<String> {
        let asked = self.proxy.paths().into_iter();
        asked
            .filter_map(|path| {
                let (path, version) = path.strip_suffix(".mod")?.split_once("/@v/")?;
                Some(format!("{}@{version}", path.trim_start_matches('/')))
            })
            .collect()
    }

    fn folder(&self, dice: &mut Dice, project: &str, name: &str, path: &str) -> PathBuf {
        let text = format!("module {path}\n\n{}\n\n{}", dice.go(), dice.requires(2));
        self.home
            .write(&format!("work/{project}/{name}/go.mod"), text)
    }
}

fn looked_at(walk: &Walk) -> BTreeSet<String> {
    walk.graph().iter().map(ModuleVersion::to_string).collect()
}

/// The go line of each selected module is of interest to `go list -m all`.
fn looked_at_and_built(walk: &Walk) -> BTreeSet<String> {
    let built = walk.build_list();
    looked_at(walk)
        .into_iter()
        .chain(built.iter().map(ModuleVersion::to_string))
        .collect()
}

/// A line of `go list -m all`, where folders are named from the project's own folder.
fn listed(selected: &Selected) -> String {
    let module = &selected.module;
    let plain = format!("{} {}", module.path, module.version);
    match &selected.source {
        Source::Module(actual)
            if *actual.path.as_str() == *module.path && actual.version == module.version =>
        {
            plain
        }
        Source::Module(actual) => format!("{plain} => {} {}", actual.path, actual.version),
        Source::Folder(folder) => format!("{plain} => {}", below(folder)),
        Source::Nowhere(_) => panic!("{plain} is nowhere"),
    }
}

fn below(folder: &Folder) -> String {
    let path = folder.path.trim_start_matches("./");
    match folder.base.trim_start_matches("./") {
        "" => format!("./{path}"),
        base => format!("./{base}/{path}"),
    }
}

/// What `go` printed, without the main modules. What stands for itself is as if nothing stood for it.
fn lines(stdout: &str) -> BTreeSet<String> {
    let lines = stdout.lines().filter(|line| line.contains(' '));
    let plain = |line: &str| match line.split_once(" => ") {
        Some((old, new)) if old == new => old.to_owned(),
        _ => line.to_owned(),
    };
    lines.map(plain).collect()
}

fn replacements(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..dice.roll(3) {
        let (path, version) = dice.module();
        let at = if dice.roll(2) == 0 { "" } else { &version };
        let (new_path, new_version) = dice.module();
        let line = if dice.roll(2) == 0 {
            format!("{path} {at} => {new_path} {new_version}")
        } else {
            format!("{path} {at} => ./local")
        };
        if !text.contains(&path) {
            text += &format!("replace {line}\n");
        }
    }
    text
}

#[test]
fn one_main_module() {
    let mut raised = 0;
    for seed in 1..=GRAPHS {
        let mut dice = Dice::new(seed, 0x9e37_79b9_7f4a_7c15);
        let world = World::new(&mut dice, &["example.com/main"]);
        let mut text = format!("module example.com/main\n\n{}\n\n", dice.go());
        text += &dice.requires(5);
        text += &replacements(&mut dice);
        for _ in 0..dice.roll(3) {
            let (path, version) = dice.module();
            text += &format!("exclude {path} {version}\n");
        }
        if !text.contains("\ngo ") {
            // Without one, go writes its own version there before it looks further.
            text += "go 1.16\n";
        }
        let go_mod = world.home.write("work/main/go.mod", &text);
        world.folder(&mut dice, "main", "local", "example.com/local");
        let project = go_mod.parent().unwrap();

        let main = go_mod::parse(text.as_bytes()).unwrap();
        let required = main.require.clone();
        let walk = world.walk(Roots::module(main), project);
        world.home.run_go(project, &["mod", "graph"]).success();
        assert_eq!(looked_at(&walk), world.asked(), "graph {seed}:\n{text}");
        let list = ["list", "-mod=mod", "-m", "all"];
        let ran = world.home.run_go(project, &list).success();
        let selected: BTreeSet<String> = walk.selected().iter().map(listed).collect();
        assert_eq!(selected, lines(&ran.stdout), "graph {seed}:\n{text}");
        assert_eq!(
            looked_at_and_built(&walk),
            world.asked(),
            "graph {seed}:\n{text}"
        );
        let kept = |require: &go_mod::Require| {
            walk.selected()
                .iter()
                .any(|selected| selected.module == require.module)
        };
        raised += usize::from(!required.iter().all(kept));
    }
    assert!(
        raised > 2,
        "graphs whose roots are raised are among them: {raised}"
    );
}

#[test]
fn a_workspace() {
    for seed in 1..=GRAPHS {
        let mut dice = Dice::new(seed, 0x517c_c1b7_2722_0a95);
        let mains = ["example.com/one", "example.com/two"];
        let world = World::new(&mut dice, &mains);
        let mut modules = Vec::new();
        for main in ["one", "two"] {
            let mut text = format!("module example.com/{main}\n\n{}\n\n", dice.go());
            text += &dice.requires(4);
            if main == "one" {
                text += &replacements(&mut dice);
                text += "require example.com/two v1.0.0\n";
            }
            let (path, version) = dice.module();
            text += &format!("exclude {path} {version}\n");
            world
                .home
                .write(&format!("work/space/{main}/go.mod"), &text);
            modules.push((format!("./{main}"), go_mod::parse(text.as_bytes()).unwrap()));
        }
        world.folder(&mut dice, "space/one", "local", "example.com/local");
        let (old, at) = dice.module();
        let (new, version) = dice.module();
        let text =
            format!("go 1.22.1\n\nuse ./one\nuse ./two\n\nreplace {old} {at} => {new} {version}\n");
        let file = world.home.write("work/space/go.work", &text);
        let project = file.parent().unwrap();

        let work = go_work::parse(text.as_bytes()).unwrap();
        let walk = world.walk(Roots::workspace(&work, &modules), project);
        // It writes the go.sum that go list holds to.
        world.home.run_go(project, &["mod", "graph"]).success();
        assert_eq!(
            looked_at(&walk),
            world.asked(),
            "graph {seed}: {modules:#?}"
        );
        let ran = world.home.run_go(project, &["list", "-m", "all"]).success();
        let selected: BTreeSet<String> = walk.selected().iter().map(listed).collect();
        assert_eq!(selected, lines(&ran.stdout), "graph {seed}: {modules:#?}");
    }
}

#[test]
fn a_version_seen_from_itself_is_what_a_new_project_needs_of_it() {
    for seed in 1..=GRAPHS / 2 {
        let mut dice = Dice::new(seed, 0x2545_f491_4f6c_dd1d);
        let mut world = World::new(&mut dice, &["example.com/main"]);
        // A program whose packages import all that its go.mod names.
        let requires = dice.requires(4);
        let imports: String = requires
            .lines()
            .map(|line| format!("import _ \"{}\"\n", line.split(' ').nth(1).unwrap()))
            .collect();
        let go_mod = format!("module example.com/tool\n\ngo 1.22\n\n{requires}");
        let archive = format!(
            "-- go.mod --\n{go_mod}\n-- main.go --\npackage main\n\n{imports}\nfunc main() {{}}\n"
        );
        world
            .proxy
            .add(&Module::new("example.com/tool", "v1.0.0", &archive));
        world
            .go_mods
            .insert("example.com/tool@v1.0.0".to_owned(), go_mod);
        world.home.set_env("GOBIN", world.home.path().join("bin"));

        let mut walk = Walk::of("example.com/tool@v1.0.0".parse().unwrap());
        while !walk.is_done() {
            for module in walk.wanted() {
                let text = world.go_mods[&module.to_string()].clone();
                walk.give(module, text.as_bytes()).unwrap();
            }
        }
        let work = world.home.path().join("work");
        world
            .home
            .run_go(&work, &["install", "example.com/tool@v1.0.0"])
            .success();
        let looked_at = looked_at(&walk);
        let missing: Vec<_> = world.asked().difference(&looked_at).cloned().collect();
        assert!(missing.is_empty(), "graph {seed}: {missing:?}\n{requires}");
        let zips = world
            .proxy
            .paths()
            .into_iter()
            .filter(|path| path.ends_with(".zip"))
            .count();
        assert!(zips <= walk.build_list().len(), "graph {seed}");
    }
}
