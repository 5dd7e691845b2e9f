//! The upstreams of the small projects: a public proxy with its checksum database, and a company's.

use std::fs;
use std::path::PathBuf;

use test_support::{FakeDatabase, FakeProxy, Larder, Module, TempHome, Tripwire};

use crate::projects::{
    ASSERT, DIFF, EXTRA, EXTRA_MAIN, EXTRA_TESTED, FIELDS, GEN, GOLDEN, LINT, LOG, Project, QUIC,
    ROUTER, SECRET, SECRET_MAIN, TEMPLATE, TOOLCHAIN, TRIE,
};
use crate::{bin, point_go_at};

/// They, and a guard against any other dial.
pub(crate) struct Upstreams {
    public: FakeProxy,
    company: FakeProxy,
    database: FakeDatabase,
    pub(crate) tripwire: Tripwire,
}

/// A project in a home of its own, with a Larder of its own: nothing is there that was stocked for another.
pub(crate) struct Desk {
    pub(crate) home: TempHome,
    pub(crate) larder: Larder,
    /// Where the project is.
    pub(crate) folder: PathBuf,
}

impl Upstreams {
    pub(crate) fn start() -> Self {
        let (public, company) = (FakeProxy::start_blocking(), FakeProxy::start_blocking());
        let database = FakeDatabase::start_blocking("sums.example.com");
        database.pad(1000);
        public.offer(&database);
        for module in public_modules() {
            public.add(&module);
            database.add_module(&module);
        }
        database.publish();
        public.set_query(EXTRA, "main", EXTRA_MAIN);
        for module in private_modules() {
            company.add(&module);
        }
        company.set_query(SECRET, "main", SECRET_MAIN);
        Self {
            public,
            company,
            database,
            tripwire: Tripwire::start(),
        }
    }

    /// A home with the project as somebody has left it who worked on it with a network, and with a Larder that has kept nothing
    /// of it.
    pub(crate) fn desk(&self, project: &Project) -> Desk {
        let home = TempHome::new();
        home.set_env("GOSUMDB", self.database.gosumdb());
        home.watch(&self.tripwire);
        let folder = home.project(project.name, project.archive);
        let list = format!("{},{}", self.public.url(), self.company.url());
        for module in project.modules {
            let mut tidy = home.go(&["mod", "tidy"]);
            tidy.env("GOPROXY", &list).env("GONOSUMDB", "corp.example");
            test_support::run(tidy.current_dir(folder.join(module))).success();
        }
        let larder = self.serve(&home);
        Desk {
            home,
            larder,
            folder,
        }
    }

    /// Larder before them, with a profile that knows what is private, and `go` pointed at it.
    fn serve(&self, home: &TempHome) -> Larder {
        let config = home.larder_home().join("config");
        fs::create_dir_all(&config).unwrap();
        let settings = format!(
            "profile = \"company\"\n\n[profiles.company]\nupstreams = \"{}\"\n\
             checksum-database = \"{}\"\nprivate = \"corp.example\"\nprivate-upstreams = \"{}\"\n",
            self.public.url(),
            self.database.key(),
            self.company.url()
        );
        fs::write(config.join("settings.toml"), settings).unwrap();
        let larder = Larder::start(bin(), home, &["--port", "0"]);
        point_go_at(home, &larder);
        let go_env = fs::read_to_string(home.goenv_file()).unwrap();
        let private = "GOPRIVATE=corp.example\nGONOPROXY=none\n";
        fs::write(home.goenv_file(), go_env + private).unwrap();
        larder
    }

    /// All of them are gone.
    pub(crate) fn stop(&self) {
        self.public.stop();
        self.company.stop();
        self.database.down(true);
    }
}

fn public_modules() -> Vec<Module> {
    let requiring = Module::requiring;
    vec![
        requiring(ROUTER, "v1.0.0", &[(TRIE, "v1.0.0")]),
        requiring(ROUTER, "v1.2.0", &[(TRIE, "v1.0.0")]),
        requiring(ROUTER, "v1.3.0", &[(TRIE, "v1.1.0"), (QUIC, "v1.0.0")]),
        // Somebody tries it out: newer, and not for everybody.
        requiring(ROUTER, "v1.4.0-rc.1", &[(TRIE, "v1.1.0")]),
        Module::simple(TRIE, "v1.0.0"),
        Module::simple(TRIE, "v1.1.0"),
        Module::simple(QUIC, "v1.0.0"),
        requiring(LOG, "v1.0.0", &[(FIELDS, "v1.0.0")]),
        Module::simple(FIELDS, "v1.0.0"),
        // Newer than what is required, and required by nothing that is new.
        Module::simple(FIELDS, "v1.1.0"),
        tested(requiring(ASSERT, "v1.0.0", &[(DIFF, "v1.0.0")]), GOLDEN),
        Module::simple(DIFF, "v1.0.0"),
        Module::simple(GOLDEN, "v1.0.0"),
        requiring(EXTRA, "v1.0.0", &[]),
        tested(requiring(EXTRA, "v1.1.0", &[]), EXTRA_TESTED),
        Module::simple(EXTRA, EXTRA_MAIN),
        Module::simple(EXTRA_TESTED, "v1.0.0"),
        tool(GEN, "v1.0.0"),
        tool(GEN, "v1.1.0"),
        tool(LINT, "v1.0.0"),
        tool(LINT, "v1.1.0"),
        Module::simple(TEMPLATE, "v1.0.0"),
        toolchain(),
    ]
}

fn private_modules() -> Vec<Module> {
    vec![
        Module::requiring(SECRET, "v1.0.0", &[(FIELDS, "v1.0.0")]),
        Module::requiring(SECRET, "v1.1.0", &[(FIELDS, "v1.0.0")]),
        Module::requiring(SECRET, SECRET_MAIN, &[(FIELDS, "v1.0.0")]),
    ]
}

/// The module, with a test of its package that imports v1.0.0 of another: `go mod tidy` looks at that too.
fn tested(module: Module, imports: &str) -> Module {
    let go_mod = String::from_utf8(module.go_mod()).unwrap();
    let package = module.path().rsplit('/').next().unwrap().to_owned();
    module
        .file("go.mod", format!("{go_mod}\nrequire {imports} v1.0.0\n"))
        .file(
            "its_test.go",
            format!("package {package}\n\nimport _ \"{imports}\"\n"),
        )
}

/// A module with a program, of the name that the path ends with.
fn tool(path: &str, version: &str) -> Module {
    let name = path.rsplit('/').next().unwrap();
    let program = format!(
        "package main\n\nimport _ \"{TEMPLATE}\"\n\nfunc main() {{ println(\"{name} {version}\") }}\n"
    );
    Module::requiring(path, version, &[(TEMPLATE, "v1.0.0")])
        .file(&format!("cmd/{name}/main.go"), program)
}

/// A toolchain that says so, and then is the one that is installed.
fn toolchain() -> Module {
    let here = test_support::run(&mut TempHome::new().go(&["env", "GOOS", "GOARCH"]))
        .success()
        .stdout;
    let platform = here.trim().replace('\n', "-");
    let script = format!(
        "#!/bin/sh\necho 'this is {TOOLCHAIN}' >&2\n\
         unset GOROOT GOTOOLCHAIN_INTERNAL_SWITCH_VERSION\nGOTOOLCHAIN=local exec go \"$@\"\n"
    );
    let module = Module::new(
        "golang.org/toolchain",
        &format!("v0.0.1-{TOOLCHAIN}.{platform}"),
        "",
    );
    // What `go` makes executable before it runs it (cmd/go `internal/toolchain`, `Exec`).
    let needed = ["bin/gofmt", "lib/readme", "pkg/tool/readme"];
    needed
        .into_iter()
        .fold(module.file("bin/go", script), |module, name| {
            module.file(name, "#!/bin/sh\n")
        })
}
