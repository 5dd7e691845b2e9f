//! `larder vulncheck`, with a program in the place of govulncheck that tells what it was given and waits for us.

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use test_support::http::{Reply, Request};
use test_support::{TempHome, VulnerabilityDb, http, run};

use crate::{Running, bin, larder, proxy, serve, until};

/// A home that keeps a database, with a govulncheck in its PATH.
struct World {
    home: TempHome,
}

impl World {
    fn new() -> Self {
        let world = Self::without_database();
        let given = world.home.path().join("given");
        let now = "2999-01-01T00:00:00Z";
        VulnerabilityDb::new()
            .entry_of(
                now,
                "GO-2024-0001",
                "example.com/hello",
                "1.1.0",
                &["Version"],
            )
            .write_to(&given);
        larder(&world.home, &["vulndb", "import", given.to_str().unwrap()]).success();
        world
    }

    fn without_database() -> Self {
        let world = Self {
            home: TempHome::new(),
        };
        let bin = world.home.path().join("bin");
        let path = std::env::var("PATH").unwrap();
        world
            .home
            .set_env("PATH", format!("{}:{path}", bin.display()));
        world.put_program(bin);
        world
    }

    fn put_program(&self, folder: PathBuf) {
        let at = self.home.path().display();
        let text = format!(
            "#!/bin/sh\n\
             for arg in \"$@\"; do printf '%s\\n' \"$arg\"; done > '{at}/argv.new'\n\
             echo $$ > '{at}/pid'\n\
             mv '{at}/argv.new' '{at}/argv'\n\
             while [ ! -e '{at}/go-on' ]; do sleep 0.05; done\n\
             echo found; echo told >&2; exit 3\n"
        );
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join("govulncheck");
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    }

    /// Begins a run, and waits until the program was started; gives its arguments.
    fn begin(&self, args: &[&str]) -> (Running, Vec<String>) {
        let running = Running::start(&self.home, &[&["vulncheck"], args].concat());
        let argv = self.home.path().join("argv");
        until("govulncheck is started", || argv.exists());
        let text = fs::read_to_string(&argv).unwrap();
        fs::remove_file(argv).unwrap();
        (running, text.lines().map(str::to_owned).collect())
    }

    /// Lets the program come to its end.
    fn go_on(&self) {
        self.home.write("go-on", "");
    }

    fn program_is_there(&self) -> bool {
        let pid = fs::read_to_string(self.home.path().join("pid")).unwrap();
        PathBuf::from("/proc")
            .join(pid.trim())
            .join("cmdline")
            .exists()
    }
}

fn ask(method: &str, url: &str) -> Reply {
    Request::new(method, url).send().unwrap()
}

/// `127.0.0.1:PORT` of a URL.
fn address(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn arguments_output_and_exit_code_are_passed_on_and_the_address_is_gone_after() {
    let world = World::new();
    let (mut running, argv) = world.begin(&["-show", "verbose", "-json", "./..."]);
    let [flag, url, rest @ ..] = &argv[..] else {
        panic!("{argv:?}");
    };
    assert_eq!(
        (flag.as_str(), rest.join(" ").as_str()),
        ("-db", "-show verbose -json ./...")
    );
    let modules = format!("{url}/index/modules.json.gz");
    let (head, got) = (ask("HEAD", &modules), ask("GET", &modules));
    assert_eq!((head.status, got.status), (200, 200));
    assert_eq!(got.body[..2], [0x1f, 0x8b]);
    assert_eq!(
        ask("GET", &format!("{url}/ID/GO-2024-0001.json.gz")).status,
        200
    );
    let wrong = url.replace("/vulndb", "x/vulndb");
    assert_eq!(
        ask("GET", &format!("{wrong}/index/modules.json.gz")).status,
        403
    );
    world.go_on();
    assert_eq!(running.line(), "found");
    assert_eq!(running.end().code(), Some(3));
    assert_eq!(running.stderr(), "told\n");
    assert!(
        TcpStream::connect(address(url)).is_err(),
        "it ends with the run"
    );
}

#[test]
fn its_token_is_none_of_those_of_the_instance_and_each_run_has_its_own() {
    let world = World::new();
    let upstream = proxy();
    let instance = serve(&world.home, &upstream);
    let (mut first, argv) = world.begin(&[]);
    let (mut second, other) = world.begin(&[]);
    let (url, other) = (&argv[1], &other[1]);
    let token = |url: &str| url.split('/').nth(3).unwrap().to_owned();
    assert_ne!(token(url), token(other));
    assert_eq!(ask("GET", &format!("{other}/index/db.json.gz")).status, 200);

    let goproxy = instance.goproxy();
    let module = token(goproxy);
    let list = "example.com/hello/@v/list";
    let at_instance = goproxy.replace(&module, &token(url));
    assert_eq!(http::get(&format!("{goproxy}/{list}")).status, 200);
    assert_eq!(http::get(&format!("{at_instance}/{list}")).status, 403);
    let control = http::Request::get(&format!("http://{}/-/instance", address(goproxy)))
        .header("Authorization", &format!("Bearer {}", token(url)));
    assert_eq!(control.send().unwrap().status, 403);
    let with_module = url.replace(&token(url), &module);
    assert_eq!(
        ask("GET", &format!("{with_module}/index/db.json.gz")).status,
        403
    );
    let secret = fs::read_to_string(world.home.larder_home().join("data/token.control")).unwrap();
    let with_control = url.replace(&token(url), secret.trim());
    assert_eq!(
        ask("GET", &format!("{with_control}/index/db.json.gz")).status,
        403
    );

    world.go_on();
    assert_eq!(first.end().code(), Some(3));
    assert_eq!(second.end().code(), Some(3));
    instance.run(&["status"]).success();
}

#[test]
fn killed_it_takes_the_address_with_it() {
    let world = World::new();
    let (mut running, argv) = world.begin(&[]);
    let url = &argv[1];
    assert_eq!(ask("GET", &format!("{url}/index/db.json.gz")).status, 200);
    running.signal("KILL");
    running.end();
    assert!(world.program_is_there(), "govulncheck itself lives on");
    assert!(TcpStream::connect(address(url)).is_err());
    world.go_on();
    until("the program ends", || !world.program_is_there());
}

#[test]
fn asked_to_end_it_ends_govulncheck_too() {
    let world = World::new();
    for signal in ["TERM", "INT"] {
        let (mut running, argv) = world.begin(&[]);
        running.signal(signal);
        assert_eq!(running.end().code(), Some(130), "{signal}");
        until("govulncheck ends", || !world.program_is_there());
        assert!(TcpStream::connect(address(&argv[1])).is_err());
    }
}

#[test]
fn a_run_keeps_the_database_it_began_with() {
    let world = World::new();
    let (mut running, argv) = world.begin(&[]);
    let other = world.home.path().join("other");
    VulnerabilityDb::new()
        .entry("GO-2024-0002", "example.com/other", "1.1.0", &["Version"])
        .write_to(&other);
    larder(&world.home, &["vulndb", "import", other.to_str().unwrap()]).success();
    let id = |id: &str| ask("GET", &format!("{}/ID/{id}.json.gz", argv[1])).status;
    assert_eq!((id("GO-2024-0001"), id("GO-2024-0002")), (200, 404));
    world.go_on();
    running.end();
}

#[test]
fn without_a_database_or_a_program_it_says_what_to_do() {
    let world = World::without_database();
    let refused = larder(&world.home, &["vulncheck", "./..."]).code(1);
    for says in [
        "no copy",
        "larder vulndb import FOLDER|ZIP",
        "vulnerability-database in settings.toml",
    ] {
        assert!(refused.stderr.contains(says), "{refused}");
    }
    assert!(!world.home.path().join("argv").exists(), "nothing was run");

    let world = World::new();
    fs::remove_file(world.home.path().join("bin/govulncheck")).unwrap();
    let refused = larder(&world.home, &["vulncheck"]).code(1);
    assert!(
        refused
            .stderr
            .contains("go install golang.org/x/vuln/cmd/govulncheck@latest"),
        "{refused}"
    );
}

#[test]
fn it_is_found_where_go_install_puts_it() {
    let world = World::new();
    fs::remove_file(world.home.path().join("bin/govulncheck")).unwrap();
    world.put_program(world.home.gopath().join("bin"));
    let (mut running, argv) = world.begin(&["./..."]);
    assert_eq!(argv[2], "./...");
    world.go_on();
    assert_eq!(running.end().code(), Some(3));
}

#[test]
fn a_database_of_ones_own_is_refused_before_anything_is_run() {
    let world = World::new();
    for args in [
        &["-db", "https://vulndb.example.com", "./..."][..],
        &["--db=https://vulndb.example.com"],
        &["-json", "-db=x"],
        &["./...", "-db", "x"],
    ] {
        let refused = run(world.home.larder(bin()).arg("vulncheck").args(args)).code(2);
        assert!(
            refused.stderr.contains("larder vulncheck sets"),
            "{refused}"
        );
    }
    assert!(!world.home.path().join("argv").exists());
}

#[test]
fn an_old_database_is_told_of_on_stderr() {
    let world = World::new();
    let old = world.home.path().join("old");
    VulnerabilityDb::new()
        .entry("GO-2024-0001", "example.com/hello", "1.1.0", &["Version"])
        .write_to(&old);
    larder(&world.home, &["vulndb", "import", old.to_str().unwrap()]).success();
    world.go_on();
    let done = larder(&world.home, &["vulncheck"]).code(3);
    assert_eq!(done.stdout, "found\n");
    assert!(
        done.stderr.contains("days old (as of 2024-05-01)"),
        "{done}"
    );
    assert!(done.stderr.contains("larder vulndb refresh"), "{done}");
}
