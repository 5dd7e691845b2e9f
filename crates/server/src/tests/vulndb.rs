//! The vulnerability database of one run: what its token opens, and until when.

use std::net::TcpStream;

use app::command::VulndbImport;
use test_support::VulnerabilityDb;
use test_support::http::{Reply, Request};

use super::Instance;
use super::gate::assert_forbidden;
use crate::{Client, VulndbRun};

/// An instance that keeps a small database, and one run of it.
struct World {
    larder: Instance,
    url: String,
    run: Option<VulndbRun>,
}

impl World {
    fn new() -> Self {
        let larder = Instance::start();
        let folder = larder.home.path().join("given");
        let database = VulnerabilityDb::new();
        let database = database.entry("GO-2024-0001", "example.com/hello", "1.1.0", &["Greet"]);
        database.write_to(&folder);
        let client = Client::Local(larder.app.clone());
        let run = larder.runtime.block_on(async {
            client
                .job(VulndbImport { from: folder }, |_| {})
                .await
                .unwrap();
            let copy = app::open_vulndb(larder.app.places())
                .await
                .unwrap()
                .unwrap();
            VulndbRun::begin(copy).await.unwrap()
        });
        let url = run.url().expose().to_owned();
        Self {
            larder,
            url,
            run: Some(run),
        }
    }

    fn ask(&self, method: &str, path: &str) -> Reply {
        let url = format!("{}/{path}", self.url);
        Request::new(method, &url).send().unwrap()
    }

    /// `http://127.0.0.1:PORT`, and the token.
    fn parts(&self) -> (&str, &str) {
        let rest = self.url.strip_suffix("/vulndb").unwrap();
        rest.rsplit_once('/').unwrap()
    }
}

#[test]
fn it_answers_what_govulncheck_asks() {
    let world = World::new();
    for path in [
        "index/db.json.gz",
        "index/modules.json.gz",
        "index/vulns.json.gz",
        "ID/GO-2024-0001.json.gz",
    ] {
        let head = world.ask("HEAD", path);
        let got = world.ask("GET", path);
        assert_eq!((head.status, got.status), (200, 200), "{path}");
        assert_eq!(got.body[..3], [0x1f, 0x8b, 8], "{path} is gzip");
        assert!(head.body.is_empty());
        let length = got.body.len().to_string();
        for reply in [&head, &got] {
            assert_eq!(reply.header("Content-Length"), Some(length.as_str()));
            assert_eq!(reply.header("Content-Type"), Some("application/gzip"));
            assert_eq!(
                reply.header("Content-Encoding"),
                None,
                "a client would undo it"
            );
        }
    }
    for path in [
        "",
        "index/db.json",
        "index/modules",
        "ID/GO-2024-0009.json.gz",
        "ID/../index/db.json.gz",
        "ID/%2e%2e/index/db.json.gz",
        "../vulndb/index/db.json.gz",
        "vulndb.zip",
    ] {
        assert_eq!(world.ask("GET", path).status, 404, "{path}");
    }
    assert_eq!(world.ask("POST", "index/db.json.gz").status, 405);
}

#[test]
fn its_token_opens_nothing_else_and_no_other_opens_it() {
    let world = World::new();
    let (base, token) = world.parts();
    let larder = &world.larder;
    larder.proxy.add(&super::small());
    // The run's token at Larder's own address.
    for path in [
        format!("/{token}/example.com/!hello/@v/v1.2.3.info"),
        format!("/{token}/vulndb/index/db.json.gz"),
    ] {
        let reply = Request::get(&larder.url(&path)).send().unwrap();
        assert_forbidden(&reply, &path);
    }
    let bearer = format!("Bearer {token}");
    let control = Request::get(&larder.url("/-/instance")).header("Authorization", &bearer);
    assert_forbidden(&control.send().unwrap(), "control");
    assert_eq!(larder.proxy.count("/example.com/!hello/@v/v1.2.3.info"), 0);

    // Others at the run's address.
    let module = larder.app.tokens().module();
    let control = larder.bearer();
    let control = control.strip_prefix("Bearer ").unwrap();
    let cut = &token[..token.len() - 1];
    for other in [
        module.expose(),
        control,
        cut,
        "",
        &token.to_uppercase(),
        "-",
    ] {
        let url = format!("{base}/{other}/vulndb/index/db.json.gz");
        assert_forbidden(&Request::get(&url).send().unwrap(), other);
    }
    let foreign = Request::get(&format!("{}/index/db.json.gz", world.url));
    let foreign = foreign.header("Host", "example.com").send().unwrap();
    assert_forbidden(&foreign, "a foreign host");
    // Nor does it open what else an instance has.
    for path in ["example.com/!hello/@v/v1.2.3.info", "-/instance", ""] {
        let reply = Request::get(&format!("{base}/{token}/{path}"))
            .send()
            .unwrap();
        assert_eq!(reply.status, 404, "{path}");
    }
    let reply =
        Request::get(&format!("{base}/-/instance")).header("Authorization", &larder.bearer());
    assert_forbidden(&reply.send().unwrap(), "control at the run's address");
}

#[test]
fn two_runs_have_two_tokens_and_each_ends_with_its_value() {
    let mut world = World::new();
    let copy = app::open_vulndb(world.larder.app.places());
    let other = world.larder.runtime.block_on(async {
        VulndbRun::begin(copy.await.unwrap().unwrap())
            .await
            .unwrap()
    });
    let (base, token) = world.parts();
    assert!(!other.url().expose().contains(token));
    let address = base.strip_prefix("http://").unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    assert!(
        !format!("{other:?}").contains("127.0.0.1"),
        "its address is a secret"
    );
    drop(world.run.take());
    let gone = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        TcpStream::connect(&address).is_err()
    });
    assert!(gone, "nobody listens there any more");
    let left = Request::get(&format!("{}/index/db.json.gz", other.url().expose()));
    assert_eq!(left.send().unwrap().status, 200);
}
