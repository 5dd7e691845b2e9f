//! Private means private: many requests while places fail and profiles are switched, and then all is read that anybody
//! was asked, and all that Larder left behind.

mod left;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use test_support::http::{Ended, Reply, Request};
use test_support::module::escape;
use test_support::{Behaviour, FakeProxy, Larder, Module, Recorded, Script};

use self::left::{Secrets, Watch};
use crate::bin;
use crate::verify::{DATABASE, Verified};

/// Requests of modules and of the checksum database, by so many threads.
const REQUESTS: usize = 500;
const THREADS: usize = 16;

const PRIVATE: [&str; 4] = [
    "corp.example/lib",
    "corp.example/Secret/Tool/v2",
    "github.com/acme/engine",
    "github.com/acme/Deep/er/parts",
];
/// Private, and at the mirror alone.
const AT_MIRROR: &str = "corp.example/mirrored";
/// Private, and sent to the public proxy by the company, which has one of this name.
const SENT_AWAY: &str = "corp.example/sent/away";
/// Private, and nowhere.
const NOWHERE: [&str; 3] = [
    "corp.example/nowhere",
    "github.com/acme/None/at/all",
    SENT_AWAY,
];
const PUBLIC: [&str; 4] = [
    "example.com/hello",
    "example.com/Upper/case",
    "github.com/open/source",
    "github.com/acmella/flower",
];

/// What the places of the company want to see, and what a careless client shows to Larder itself.
const COMPANY: &str = "vgk3company8wq";
/// `ann:vgk3company8wq`, as Basic authentication sends it.
const COMPANY_BASIC: &str = "Basic YW5uOnZnazNjb21wYW55OHdx";
const MIRROR: &str = "zt5mirror2hn";
/// `bob:zt5mirror2hn`, likewise.
const MIRROR_BASIC: &str = "Basic Ym9iOnp0NW1pcnJvcjJobg==";
const CLIENTS: &str = "Bearer pq9client4rx";

/// A version of a module that there is.
fn version(path: &str) -> &'static str {
    if path.ends_with("/v2") {
        "v2.1.0"
    } else {
        "v1.0.0"
    }
}

fn module(path: &str) -> Module {
    Module::simple(path, version(path)).bulk("data.bin", 30_000)
}

/// A request, and for which module.
#[derive(Clone)]
struct Asked {
    path: String,
    module: &'static str,
    thing: Thing,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq)]
enum Thing {
    /// Somebody has it.
    There,
    /// Nobody has it.
    Absent,
    /// It is no request of the protocol: nobody is asked.
    Nonsense,
}

impl Asked {
    fn is_private(&self) -> bool {
        !PUBLIC.contains(&self.module)
    }

    fn is_lookup(&self) -> bool {
        self.path.starts_with("sumdb/")
    }
}

/// What a `go` asks about these modules, and some things that it would never ask.
fn all_requests() -> Vec<Asked> {
    use Thing::{Absent, Nonsense, There};
    let mut all = Vec::new();
    let there = PRIVATE.iter().chain(&PUBLIC).chain([&AT_MIRROR]);
    let modules = there
        .map(|it| (*it, There))
        .chain(NOWHERE.map(|it| (it, Absent)));
    for (module, thing) in modules {
        let (path, version) = (escape(module), version(module));
        let mut ask = |path: String, thing: Thing| {
            all.push(Asked {
                path,
                module,
                thing,
            });
        };
        for what in ["list", "v1.info", "main.info"] {
            let thing = if what == "list" { thing } else { Absent };
            ask(format!("{path}/@v/{what}"), thing);
        }
        for what in ["info", "mod", "zip"] {
            ask(format!("{path}/@v/{version}.{what}"), thing);
            ask(format!("{path}/@v/{version}-rc.9.{what}"), Absent);
        }
        ask(format!("{path}/@latest"), thing);
        // Which part of an import path is the module?
        ask(format!("{path}/pkg/@latest"), Absent);
        ask(format!("{path}/pkg/inner/@v/list"), Absent);
        ask(format!("sumdb/{DATABASE}/lookup/{path}@{version}"), thing);
        // The same name, said otherwise.
        for odd in [
            format!("{}/@v/list", path.replace('.', "%2E")),
            format!("{}/@v/list", path.replace('/', "%2F")),
            format!("{path}/@v/{version}.INFO"),
            format!("{path}/@v/{version}.info?module={path}"),
            format!("example.com/../{path}/@v/list"),
            format!("sumdb/{DATABASE}//lookup/{path}@{version}"),
        ] {
            ask(odd, Nonsense);
        }
    }
    for rest in [
        "supported",
        "latest",
        "tile/8/0/000",
        "tile/8/0/003",
        "tile/8/1/000.p/3",
    ] {
        all.push(Asked {
            path: format!("sumdb/{DATABASE}/{rest}"),
            module: PUBLIC[0],
            thing: There,
        });
    }
    // Each at least once, and in an order that mixes them.
    assert!(all.len() < REQUESTS, "{}", all.len());
    (0..REQUESTS)
        .map(|n| all[n * 7919 % all.len()].clone())
        .collect()
}

/// What goes wrong at a place, one request after the other.
fn faults() -> Script {
    Script::cycle([
        Behaviour::normal(),
        Behaviour::normal(),
        Behaviour::normal(),
        Behaviour::normal(),
        Behaviour::status(500, "a fault"),
        Behaviour::normal(),
        Behaviour::reset_before_head(),
        Behaviour::normal().delay_head(Duration::from_millis(150)),
        Behaviour::normal().truncate_after(20),
        Behaviour::status(503, "too busy"),
        Behaviour::normal().reset_after(1),
        Behaviour::normal().delay_body(10, Duration::from_millis(100)),
        Behaviour::html(),
    ])
}

/// A place with modules, for those who send this; things go wrong there.
fn demanding(paths: &[&str], authorization: &'static str) -> FakeProxy {
    let proxy = FakeProxy::start_blocking();
    for path in paths {
        proxy.add(&module(path));
    }
    proxy.otherwise(faults());
    proxy.on_match(
        move |request| request.header("Authorization") != Some(authorization),
        Behaviour::status(401, "who are you?"),
    );
    proxy
}

struct Places {
    world: Verified,
    /// Public, behind the first.
    fallback: FakeProxy,
    company: FakeProxy,
    mirror: FakeProxy,
    /// Where the mirror sends who wants a zip, as to a store of objects.
    storage: FakeProxy,
}

impl Places {
    fn new() -> Self {
        let world = Verified::new();
        let fallback = FakeProxy::start_blocking();
        fallback.offer(&world.database);
        for path in PUBLIC {
            world.add(&module(path));
            fallback.add(&module(path));
        }
        // Somebody has put the private names in public: who asks there gets something.
        for path in PRIVATE.iter().chain(&NOWHERE) {
            let newer = Module::simple(path, version(path)).file("evil.go", "package evil\n");
            world.add(&newer);
            fallback.add(&newer);
        }
        for proxy in [&world.proxy, &fallback] {
            proxy.otherwise(faults());
        }
        let company = demanding(&PRIVATE, COMPANY_BASIC);
        let away = world.proxy.url_of(&module(SENT_AWAY).url_path("zip"));
        for paths in [
            "@v/list",
            "@v/v1.0.0.zip",
            "@v/v1.0.0.mod",
            "@v/v1.0.0.info",
            "@latest",
        ] {
            let path = format!("/{SENT_AWAY}/{paths}");
            company.on(&path, Behaviour::redirect(&away, 302));
        }
        let storage = FakeProxy::start_blocking();
        let mirror = demanding(&[PRIVATE[0], PRIVATE[2], AT_MIRROR], MIRROR_BASIC);
        let mirrored = module(AT_MIRROR);
        storage.add(&mirrored);
        let zip = mirrored.url_path("zip");
        mirror.on(&zip, Behaviour::redirect(&storage.url_of(&zip), 302));
        Self {
            world,
            fallback,
            company,
            mirror,
            storage,
        }
    }

    /// Three profiles with the same private patterns, and all else different.
    fn serve(&self) -> Larder {
        let home = &self.world.home;
        // It takes its time, so that it is seen in the list of processes.
        let helper = home.write(
            "bin/helper-of-the-company",
            format!(
                "#!/bin/sh\ncat >/dev/null\nsleep 0.3\nprintf 'username=ann\\npassword={COMPANY}\\n'\n"
            ),
        );
        fs::set_permissions(&helper, fs::Permissions::from_mode(0o700)).unwrap();
        let netrc = format!(
            "machine {} login bob password {MIRROR}\n",
            self.mirror.addr()
        );
        home.write("home/.netrc", netrc);
        home.set_env("LARDER_LOG", "trace");
        let (public, fallback) = (self.world.proxy.url(), self.fallback.url());
        let (company, mirror) = (self.company.url(), self.mirror.url());
        let (by_proxy, by_url) = (
            self.world.database.key(),
            self.world.database.gosumdb_at_url(),
        );
        let patterns = format!(
            "private = [\"corp.example/*\", \"github.com/acme/*\"]\nprivate-redirects = [\"{}\"]",
            self.storage.url()
        );
        let settings = format!(
            "profile = \"company\"\nfresh-for = \"0s\"\n\
             [credentials]\nnetrc = true\n\
             [credentials.helpers]\n\"{company}\" = [\"{helper}\"]\n\n\
             [profiles.public]\nupstreams = \"{public},{fallback}\"\n\
             checksum-database = \"{by_url}\"\n{patterns}\nprivate-upstreams = \"{company},{mirror}\"\n\n\
             [profiles.company]\nupstreams = \"{public}|{fallback}\"\n\
             checksum-database = \"{by_proxy}\"\n{patterns}\nprivate-upstreams = \"{company}|{mirror}\"\n\n\
             [profiles.ruled]\nupstreams = \"{fallback}\"\n\
             checksum-database = \"{by_proxy}\"\n{patterns}\nprivate-upstreams = \"{mirror}|{company},off\"\n\
             [[profiles.ruled.rules]]\npatterns = [\"corp.example\", \"github.com/*\"]\nto = \"public\"\n\
             [[profiles.ruled.rules]]\npatterns = [\"github.com/acme/*\"]\nprivate = true\n\
             upstreams = \"{company}|{mirror}\"\n",
            helper = helper.display(),
        );
        home.write("larder/config/settings.toml", settings);
        // As a service starts it: else it prints the token to whom it is for.
        Larder::start(bin(), home, &["--port", "0", "--quiet"])
    }

    fn assert_private_names_unheard(&self) {
        for (who, requests) in self.public() {
            assert!(!requests.is_empty(), "{who} was asked nothing at all");
            for request in &requests {
                let said = said(request);
                let plain = said
                    .replace("%2f", "/")
                    .replace("%2e", ".")
                    .replace("%21", "");
                let plain = plain.replace('!', "");
                let leaked = ["corp.example", "acme/"]
                    .iter()
                    .any(|name| plain.contains(name));
                assert!(!leaked, "{who} heard {said}");
            }
        }
    }

    /// Each credential at its own place alone, and none that a client showed.
    fn assert_credentials_at_home(&self) {
        let mut all = self.public();
        all.push(("the storage", self.storage.requests()));
        all.push(("the company", self.company.requests()));
        all.push(("the mirror", self.mirror.requests()));
        for (who, requests) in all {
            assert!(!requests.is_empty(), "{who} was asked nothing at all");
            let own = match who {
                "the company" => Some(COMPANY_BASIC),
                "the mirror" => Some(MIRROR_BASIC),
                _ => None,
            };
            for request in &requests {
                let shown: Vec<&str> = request
                    .headers
                    .iter()
                    .filter(|(name, _)| name.to_lowercase().contains("auth"))
                    .map(|(_, value)| value.as_str())
                    .collect();
                let right = shown.iter().all(|it| Some(*it) == own);
                assert!(right, "{who} was shown {shown:?} with {}", request.path);
                let said = format!("{} {:?}", request.path, request.headers);
                let foreign = [COMPANY, &COMPANY_BASIC[6..], MIRROR, &MIRROR_BASIC[6..]]
                    .into_iter()
                    .filter(|it| own.is_none_or(|own| !own.contains(it)))
                    .find(|it| said.contains(it));
                assert_eq!(foreign, None, "{who} heard {said}");
            }
        }
    }

    fn public(&self) -> Vec<(&'static str, Vec<Recorded>)> {
        vec![
            ("the public proxy", self.world.proxy.requests()),
            ("the fallback", self.fallback.requests()),
            ("the checksum database", self.world.database.requests()),
        ]
    }
}

/// What was said in a request, in lower case: its path, its headers, its body.
fn said(request: &Recorded) -> String {
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {:?} {body}", request.path, request.headers).to_lowercase()
}

/// Asks for all of it by several threads; gives what came of each.
fn ask_all(larder: &Larder, requests: &[Asked]) -> Vec<(Asked, Reply)> {
    let (next, replies) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(asked) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let url = format!("{}/{}", larder.goproxy(), asked.path);
                    let request = Request::get(&url).header("Authorization", CLIENTS);
                    let reply = request.send().unwrap_or_else(|e| panic!("{url}: {e}"));
                    replies.lock().unwrap().push((asked.clone(), reply));
                }
            });
        }
    });
    replies.into_inner().unwrap()
}

/// A private answer is what the company has, or says who of the company failed; or nobody was asked.
fn assert_explained(asked: &Asked, reply: &Reply, company: &[String]) {
    let (path, thing, text) = (&asked.path, asked.thing, reply.text());
    let told = format!("{path}: {} {text}", reply.status);
    let by_company = company.iter().any(|address| text.contains(address));
    match reply.status {
        // Whichever way it is said, it was understood as what it is.
        _ if thing == Thing::Nonsense && ours(&text) => {}
        403 if asked.is_lookup() => assert!(text.contains("private in this profile"), "{told}"),
        200 => {
            assert!(thing != Thing::Absent && !asked.is_lookup(), "{told}");
            assert_the_companys(asked, reply);
        }
        // The mirror alone has it: who asks the company first may be told so by it.
        404 | 410 => {
            let may = thing != Thing::There || asked.module == AT_MIRROR;
            assert!(may && by_company, "{told}");
        }
        500.. => assert!(by_company, "{told}"),
        _ => panic!("{told}"),
    }
}

/// Whether Larder itself takes a request for none: what somebody else says begins with who it is.
fn ours(text: &str) -> bool {
    let starts = ["bad request: ", "not found: "];
    starts.iter().any(|start| text.starts_with(start))
}

/// Somebody has put other files of these names in public.
fn assert_the_companys(asked: &Asked, reply: &Reply) {
    let (path, module) = (&asked.path, module(asked.module));
    for (end, whole) in [(".zip", module.zip()), (".mod", module.go_mod())] {
        if path.ends_with(end) {
            // Where the last of its tries broke off, it was too late to say why.
            let cut = reply.ended != Ended::Complete;
            let right = whole == reply.body || cut && whole.starts_with(&reply.body);
            assert!(right, "{path}: not the company's");
        }
    }
}

#[test]
fn five_hundred_requests_tell_nobody_what_is_not_theirs() {
    let places = Places::new();
    let home = &places.world.home;
    let watch = Watch::start();
    let larder = places.serve();
    let secrets = Secrets::of(home);
    larder.run(&["env", "on"]).success();
    let requests = all_requests();
    let done = AtomicBool::new(false);
    let (mut replies, mut printed, switched) = thread::scope(|scope| {
        let switch = scope.spawn(|| {
            let mut printed = Vec::new();
            while !done.load(Ordering::Relaxed) {
                for choice in [
                    &["ruled"][..],
                    &["public"],
                    &["--auto", "company,public"],
                    &["company"],
                ] {
                    let output = larder.run(&[&["use"], choice].concat()).success();
                    printed.push(output.to_string());
                    thread::sleep(Duration::from_millis(20));
                }
            }
            let switched = printed.len();
            (printed, switched)
        });
        let replies = ask_all(&larder, &requests);
        done.store(true, Ordering::Relaxed);
        let (printed, switched) = switch.join().unwrap();
        (replies, printed, switched)
    });
    // Whatever was in force when it was its turn: a redirect is followed at least once.
    let of_storage = module(AT_MIRROR).url_path("zip");
    let of_storage = requests.iter().find(|it| of_storage.ends_with(&it.path));
    for _ in 0..50 {
        if !places.storage.requests().is_empty() {
            break;
        }
        replies.extend(ask_all(&larder, &[of_storage.unwrap().clone()]));
        thread::sleep(Duration::from_millis(100));
    }
    for args in [
        &["status", "--json"][..],
        &["log", "-n", "10000"],
        &["log", "--json", "-n", "10000"],
        &["credentials"],
        &["profile", "list"],
        &["profile", "export", "company"],
        &["explain", "corp.example/Secret/Tool/v2@v2.1.0"],
        &["env", "show"],
        &["doctor", "--report"],
    ] {
        printed.push(larder.run(args).to_string());
    }
    secrets.assert_in_their_files_alone(true);
    let mut log = larder.log();
    larder.terminate();
    let seen = watch.seen();

    // Something happened: everybody was asked, things went wrong and went well, processes were seen.
    assert!(replies.len() >= REQUESTS);
    let count = |private: bool, status: std::ops::Range<u16>| {
        let of =
            |it: &&(Asked, Reply)| it.0.is_private() == private && status.contains(&it.1.status);
        replies.iter().filter(of).count()
    };
    for private in [true, false] {
        let (given, failed) = (count(private, 200..201), count(private, 500..600));
        assert!(
            given > 20 && failed > 0,
            "{private}: {given} given, {failed} failed"
        );
    }
    assert!(switched > 8, "{switched}");
    for needle in ["larder\0serve", "helper-of-the-company", "larder\0use\0"] {
        let found = seen.iter().any(|it| it.contains(needle));
        assert!(found, "{needle:?} was not among the processes");
    }
    assert!(log.contains("DEBUG"), "all of it is logged");

    let company = [
        places.company.addr(),
        places.mirror.addr(),
        places.storage.addr(),
    ];
    let company = company.map(|address| address.to_string());
    for (asked, reply) in replies.iter().filter(|(asked, _)| asked.is_private()) {
        assert_explained(asked, reply, &company);
    }
    places.assert_private_names_unheard();
    places.assert_credentials_at_home();
    places.world.tripwire.assert_untouched();
    // The go env file was given back at the end.
    secrets.assert_in_their_files_alone(false);
    secrets.assert_in_no_text("what commands printed", &printed);
    secrets.assert_in_no_text("what processes were started with", &seen);
    secrets.assert_in_no_text("what serve printed", &[std::mem::take(&mut log)]);
    for (asked, reply) in replies {
        let told = format!("{:?} {}", reply.headers, reply.text());
        secrets.assert_in_no_text(&format!("the answer to {}", asked.path), &[told]);
    }
}
