//! On a plane, with real modules, Go's own checksum database and the real `go`: whoever asks verifies, and no lie passes.
//!
//! The database's heads are of many ages, as its records come with the head of the day they were first asked for; so each
//! kind of client is made with it, and none with the fake. (`heads` makes the rarer ones.)

mod lie;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use test_support::{Larder, TempHome, http, module::escape, network};

use crate::bin;
use crate::client::{Client, copy, size_of};
use crate::verify::until;
use lie::Lie;

const DATABASE: &str = "sum.golang.org";

/// Well-known modules of few files, in versions that they agree on.
const GO_MOD: &str = "\
module example.test/offline

go 1.24

require (
	github.com/AlekSi/pointer v1.2.0
	github.com/Masterminds/goutils v1.1.1
	github.com/Masterminds/semver/v3 v3.2.1
	github.com/atotto/clipboard v0.1.4
	github.com/cavaliergopher/cpio v1.0.1
	github.com/cloudfoundry/jibber_jabber v0.0.0-20151120183258-bcc4c8345a21
	github.com/cpuguy83/go-md2man/v2 v2.0.2
	github.com/creack/pty v1.1.11
	github.com/fatih/color v1.9.0
	github.com/go-errors/errors v1.4.2
	github.com/go-logfmt/logfmt v0.5.0
	github.com/google/go-cmp v0.5.9
	github.com/google/uuid v1.3.0
	github.com/goreleaser/fileglob v1.3.0
	github.com/huandu/xstrings v1.3.2
	github.com/iancoleman/orderedmap v0.0.0-20190318233801-ac98e3ecb4b0
	github.com/imdario/mergo v0.3.16
	github.com/inconshreveable/mousetrap v1.1.0
	github.com/integrii/flaggy v1.4.0
	github.com/jbenet/go-context v0.0.0-20150711004518-d14ea06fba99
	github.com/jesseduffield/kill v0.0.0-20220618033138-bfbe04675d10
	github.com/kevinburke/ssh_config v1.1.0
	github.com/kr/logfmt v0.0.0-20140226030751-b84e30acd515
	github.com/kylelemons/godebug v1.1.0
	github.com/kyokomi/emoji/v2 v2.2.8
	github.com/mattn/go-colorable v0.1.11
	github.com/mattn/go-isatty v0.0.14
	github.com/mattn/go-runewidth v0.0.15
	github.com/mgutz/str v1.2.0
	github.com/mitchellh/copystructure v1.2.0
	github.com/muesli/roff v0.1.0
	github.com/petermattis/goid v0.0.0-20180202154549-b0b1615b78e5
	github.com/pkg/errors v0.9.1
	github.com/rivo/uniseg v0.4.4
	github.com/sanity-io/litter v1.5.2
	github.com/sasha-s/go-deadlock v0.3.1
	github.com/spkg/bom v0.0.0-20160624110644-59b7046e48ad
	github.com/xo/terminfo v0.0.0-20210125001918-ca9a967f8778
	golang.org/x/term v0.11.0
	gopkg.in/warnings.v0 v0.1.2
	gopkg.in/yaml.v3 v3.0.1
	rsc.io/quote v1.5.2
)
";

/// One of them.
const ONE: &str = "rsc.io/quote@v1.5.2";
/// What a client that goes its own way asks for; not among the others.
const ASIDE: &str = "golang.org/x/mod@v0.20.0";
/// Nobody lies about this one.
const BYSTANDER: &str = "github.com/pkg/errors@v0.9.1";

/// Set in the run without a network: where all of this is.
const FILLED: &str = "LARDER_TEST_FILLED";

/// What was fetched with a network, and is used without; below one folder:
///
/// - `larder`: a Larder with all of the modules;
/// - `larder-told`: the same, once a client with a newer head has asked it for tiles;
/// - `larder-saw`: the same, once it has seen such a head in `$GOPATH/pkg/sumdb/…/latest`;
/// - `fresh`, `before`, `older`, `newer`, `wiped`: clients;
/// - `go.sum`: what the project has when all is right.
struct Filled(PathBuf);

impl Filled {
    fn larder(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn client(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn go_sum(&self) -> PathBuf {
        self.0.join("go.sum")
    }
}

#[test]
fn every_client_verifies_real_modules_with_no_network_and_takes_no_lie() {
    if network::is_cut_off() {
        let folder = std::env::var_os(FILLED).unwrap();
        offline(&Filled(folder.into()));
        return;
    }
    let folder = tempfile::Builder::new()
        .prefix("larder-test-")
        .tempdir()
        .unwrap();
    let started = Instant::now();
    fill(&Filled(folder.path().to_owned()));
    eprintln!("fetched in {:.1} s", started.elapsed().as_secs_f32());
    network::runs_cut_off_with(
        "offline_database::every_client_verifies_real_modules_with_no_network_and_takes_no_lie",
        &[(FILLED, folder.path().as_os_str())],
    );
}

// With a network.

fn fill(filled: &Filled) {
    let home = TempHome::new();
    home.use_sumdb();
    let client = |name| Client::new(&home, filled.client(name));
    let larder = Larder::start(bin(), &home, &["--port", "0"]);

    client("fresh");
    let before = client("before");
    let sums = before.download_project(larder.goproxy(), GO_MOD);
    assert!(required().len() >= 40, "{GO_MOD}");
    assert!(required().iter().all(|module| before.has_zip(module)));
    fs::write(filled.go_sum(), &sums).unwrap();
    before.clean();
    let modules = home.larder_home().join("cache/modules");
    until("all of them are kept", || {
        let mut files = required().into_iter().flat_map(|module| {
            let (path, version) = module.split_once('@').unwrap();
            let stem = format!("{}/@v/{}", escape(path), escape(version));
            ["info", "mod", "zip"].map(|extension| format!("{stem}.{extension}"))
        });
        files.all(|file| modules.join(file).exists())
    });
    larder.terminate();
    copy(&home.larder_home(), &filled.larder("larder"));

    // Who saw one of its heads some time ago, neither the first nor the last.
    let heads = heads_of(&home.larder_home());
    assert!(heads.len() > 2, "heads of several ages: {heads:?}");
    let older = client("older");
    older.has_seen(DATABASE, &heads[heads.len() / 2]);
    let newest = size_of(heads.last().unwrap());

    // The database's newest head, from a Larder that knows none.
    let other = TempHome::new();
    let asking = Larder::start(bin(), &other, &["--port", "0"]);
    let head = http::get(&format!("{}/sumdb/{DATABASE}/latest", asking.goproxy())).whole();
    let head = String::from_utf8(head).unwrap();
    assert!(size_of(&head) > newest, "the newest of all: {head}");
    asking.terminate();

    // Who knows it, and went its own way before.
    let newer = client("newer");
    newer.has_seen(DATABASE, &head);
    newer.download("", &[ASIDE]).success();
    newer.clean_but_for_tiles(DATABASE);
    let wiped = client("wiped");
    wiped.has_seen(DATABASE, &head);

    // Who knows it, and asks this Larder once.
    let larder = Larder::start(bin(), &home, &["--port", "0"]);
    let told = Client::like(&home, wiped.folder(), home.path().join("told"));
    told.download(larder.goproxy(), &[ONE]).success();
    assert_eq!(told.size_seen(DATABASE), size_of(&head));
    larder.terminate();
    let told = heads_of(&home.larder_home()).contains(&head);
    assert!(told, "a client's requests for tiles told it");
    fs::rename(home.larder_home(), filled.larder("larder-told")).unwrap();

    // Who knows it, and asks nothing: Larder looks for itself.
    copy(&filled.larder("larder"), &home.larder_home());
    home.set_env("GOPATH", wiped.gopath());
    let larder = Larder::start(bin(), &home, &["--port", "0"]);
    until("it sees go's own head", || {
        heads_of(&home.larder_home()).contains(&head)
    });
    larder.terminate();
    fs::rename(home.larder_home(), filled.larder("larder-saw")).unwrap();
}

/// The heads that a Larder has proven and keeps, the oldest first.
fn heads_of(larder_home: &Path) -> Vec<String> {
    let kept = larder_home
        .join("data/checksum-db")
        .join(DATABASE)
        .join("heads");
    let Ok(kept) = fs::read_to_string(kept) else {
        return Vec::new();
    };
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let heads = kept["heads"].as_array().unwrap();
    heads
        .iter()
        .map(|it| it.as_str().unwrap().to_owned())
        .collect()
}

// Without.

fn offline(filled: &Filled) {
    let stories = [
        ("a fresh client", Some("larder"), "fresh"),
        ("an older head", Some("larder"), "older"),
        ("a newer head, tiles kept", Some("larder"), "newer"),
        ("a head told by tiles, wiped", Some("larder-told"), "wiped"),
        ("a head seen in GOPATH, wiped", Some("larder-saw"), "wiped"),
        ("the folder, a fresh client", None, "fresh"),
        ("the folder, who was here before, wiped", None, "before"),
    ];
    let stories = Mutex::new(stories.into_iter());
    let next = || stories.lock().unwrap().next();
    // Two at once: there is little work in each, and much waiting.
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((what, larder, client)) = next() {
                    Story::new(filled, what, larder, client).tell();
                }
            });
        }
    });
    // That Larder had learned the head was what mattered.
    let story = Story::new(
        filled,
        "a head nobody learned, wiped",
        Some("larder"),
        "wiped",
    );
    let unlearned = story.client("none");
    let refused = unlearned
        .download(story.serve().goproxy(), &[ONE])
        .failure();
    assert!(refused.stderr.contains("/tile/8/"), "{refused}");
}

/// One client before one Larder, or before its folder alone, without a network.
struct Story<'a> {
    filled: &'a Filled,
    what: &'a str,
    home: TempHome,
    /// Whether Larder runs, or the folder stands for itself.
    serves: bool,
    client: PathBuf,
}

/// What asks: a running Larder, or go itself by a `file://` URL.
enum Served {
    By(Larder),
    Folder(String),
}

impl Served {
    fn goproxy(&self) -> &str {
        match self {
            Self::By(larder) => larder.goproxy(),
            Self::Folder(url) => url,
        }
    }
}

impl<'a> Story<'a> {
    fn new(filled: &'a Filled, what: &'a str, larder: Option<&str>, client: &str) -> Self {
        let home = TempHome::new();
        home.use_sumdb();
        fs::remove_dir(home.larder_home()).unwrap();
        copy(
            &filled.larder(larder.unwrap_or("larder")),
            &home.larder_home(),
        );
        Self {
            filled,
            what,
            home,
            serves: larder.is_some(),
            client: filled.client(client),
        }
    }

    fn modules(&self) -> PathBuf {
        self.home.larder_home().join("cache/modules")
    }

    fn serve(&self) -> Served {
        if self.serves {
            Served::By(Larder::start(bin(), &self.home, &["--port", "0"]))
        } else {
            Served::Folder(format!("file://{}", self.modules().display()))
        }
    }

    /// The client as it was when the network was cut off.
    fn client(&self, name: &str) -> Client {
        Client::like(&self.home, &self.client, self.home.path().join(name))
    }

    fn tell(&self) {
        self.verifies();
        let truth = self.home.path().join("truth");
        copy(&self.home.larder_home(), &truth);
        let lies = Lie::all();
        lies.iter().for_each(|lie| lie.tell(&self.modules()));
        self.refuses(&lies);
        fs::remove_dir_all(self.home.larder_home()).unwrap();
        fs::rename(truth, self.home.larder_home()).unwrap();
        let served = self.serve();
        let client = self.client("told the truth");
        client.download(served.goproxy(), &asked(&lies)).success();
    }

    /// All of the project verifies.
    fn verifies(&self) {
        let served = self.serve();
        let client = self.client("all");
        let sums = client.download_project(served.goproxy(), GO_MOD);
        let right = fs::read_to_string(self.filled.go_sum()).unwrap();
        assert_eq!(sums, right, "{}", self.what);
        for module in required() {
            assert!(client.has_zip(&module), "{}: {module}", self.what);
        }
    }

    /// None of the lies is taken, and what nobody lied about is there.
    fn refuses(&self, lies: &[Lie]) {
        let served = self.serve();
        let client = self.client("lied to");
        let mut asked = asked(lies);
        asked.push(BYSTANDER);
        let refused = client.download(served.goproxy(), &asked).failure();
        for lie in lies {
            let said = lie.said(self.serves);
            let mut lines = refused.stderr.lines();
            assert!(
                lines.any(|line| said.iter().all(|part| line.contains(part))),
                "{}, {lie:?}, {said:?}: {refused}",
                self.what
            );
            assert!(!client.has_zip(lie.about), "{lie:?}");
        }
        assert!(client.has_zip(BYSTANDER), "{refused}");
    }
}

/// The modules that the project requires.
fn required() -> Vec<String> {
    let lines = GO_MOD.lines().filter_map(|line| line.strip_prefix('\t'));
    lines.map(|line| line.replace(' ', "@")).collect()
}

/// What is lied about.
fn asked(lies: &[Lie]) -> Vec<&str> {
    lies.iter().map(|lie| lie.about).collect()
}
