//! The upstreams of the small projects: a public proxy with its checksum database, and a company's.

use std::fs;
use std::path::PathBuf;

use test_support::{FakeDatabase, FakeProxy, Larder, Module, TempHome, Tripwire};

use crate::bin;
use crate::projects::{
    ASSERT, DIFF, EXTRA, EXTRA_MAIN, EXTRA_TESTED, FIELDS, GEN, GOLDEN, LOG, Project, QUIC, ROUTER,
    SECRET, SECRET_MAIN, TEMPLATE, TOOLCHAIN, TRIE,
};

/// They, and a home whose `go` asks them until there is a Larder.
pub(crate) struct Upstreams {
    public: FakeProxy,
    company: FakeProxy,
    database: FakeDatabase,
    pub(crate) home: TempHome,
    pub(crate) tripwire: Tripwire,
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
        let home = TempHome::new();
        home.set_env("GOSUMDB", database.gosumdb());
        let tripwire = Tripwire::start();
        home.watch(&tripwire);
        Self {
            public,
            company,
            database,
            home,
            tripwire,
        }
    }

    /// Writes a project as somebody has left it who worked on it with a network: tidy.
    pub(crate) fn write(&self, project: &Project) -> PathBuf {
        let folder = self.home.project(project.name, project.archive);
        let list = format!("{},{}", self.public.url(), self.company.url());
        for module in project.modules {
            let mut tidy = self.home.go(&["mod", "tidy"]);
            tidy.env("GOPROXY", &list).env("GONOSUMDB", "corp.example");
            tidy.current_dir(folder.join(module));
            test_support::run(&mut tidy).success();
        }
        folder
    }

    /// Larder before them, with a profile that knows what is private, and `go` pointed at it.
    pub(crate) fn serve(&self) -> Larder {
        let config = self.home.larder_home().join("config");
        fs::create_dir_all(&config).unwrap();
        let settings = format!(
            "profile = \"company\"\n\n[profiles.company]\nupstreams = \"{}\"\n\
             checksum-database = \"{}\"\nprivate = \"corp.example\"\nprivate-upstreams = \"{}\"\n",
            self.public.url(),
            self.database.key(),
            self.company.url()
        );
        fs::write(config.join("settings.toml"), settings).unwrap();
        let larder = Larder::start(bin(), &self.home, &["--port", "0"]);
        let go_env = format!(
            "GOPROXY={}\nGOPRIVATE=corp.example\nGONOPROXY=none\n",
            larder.goproxy()
        );
        fs::write(self.home.goenv_file(), go_env).unwrap();
        larder
    }

    /// All of them are gone.
    pub(crate) fn stop(&mut self) {
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
        tool("v1.0.0"),
        tool("v1.1.0"),
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

/// A module with a program.
fn tool(version: &str) -> Module {
    let program = format!(
        "package main\n\nimport _ \"{TEMPLATE}\"\n\nfunc main() {{ println(\"gen {version}\") }}\n"
    );
    Module::requiring(GEN, version, &[(TEMPLATE, "v1.0.0")]).file("cmd/gen/main.go", program)
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
