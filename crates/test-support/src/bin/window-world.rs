//! A world for tests of the window, which are not written in Rust: fakes of upstreams and of a checksum database, a home of
//! its own, and the real `larder serve` in it. It ends, with all of it, when its standard input does.
//!
//! `window-world LARDER` prints a line of JSON that says where everything is, and then takes a command a line, each answered
//! with a line of JSON: what came of it, or `{"failed":"…"}`.
//!
//! | command | what it does |
//! |---|---|
//! | `down NAME`, `up NAME` | the upstream `company` or `public`, or a node of it, refuses connections, and takes them again |
//! | `slow NAME MILLIS` | it thinks for so long before each answer; 0 for no longer |
//! | `add NAME MODULE VERSION BYTES` | it has another module version, that its database vouches for |
//! | `wants NAME AUTHORIZATION` | it refuses whoever does not show this: `Basic …` |
//! | `pool COUNT` | `company` is so many nodes from now on, `n1` and on, each with all its modules; answered with their addresses. Larder starts anew |
//! | `stop`, `start` | Larder ends, and starts again |

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write;
use std::io::BufRead;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs, io};

use serde_json::{Value, json};
use test_support::{
    Behaviour, DeadAddress, FakeDatabase, FakeProxy, Larder, Module, Script, TempHome,
};

/// A path, versions, bytes of each.
type Listed = (&'static str, &'static [&'static str], usize);

/// Public modules.
const PUBLIC: &[Listed] = &[
    (
        "example.com/color",
        &["v1.16.0", "v1.17.0", "v1.18.0"],
        40_000,
    ),
    ("example.com/router", &["v1.7.4", "v1.8.1"], 120_000),
    ("example.com/yaml/v3", &["v3.0.0", "v3.0.1"], 90_000),
    (
        "example.com/cloud/sdk",
        &["v0.114.0", "v0.115.1"],
        2_400_000,
    ),
    ("example.com/cloud/sdk/storage", &["v1.43.0"], 800_000),
    (
        "example.com/a/module/with/a/rather/long/path/that/has/to/be/shortened/in/its/middle",
        &["v0.0.0-20240102030405-0123456789ab"],
        9_000,
    ),
];
/// Private modules of the company.
const PRIVATE: &[Listed] = &[
    ("corp.example/payments", &["v1.0.0", "v1.1.0"], 60_000),
    ("corp.example/auth", &["v0.4.2"], 30_000),
];

struct World {
    larder: PathBuf,
    home: TempHome,
    company: FakeProxy,
    public: FakeProxy,
    /// The nodes of `company`, where it is several.
    nodes: Vec<FakeProxy>,
    database: FakeDatabase,
    /// A port of its own that it remembers: go is only pointed at one of these.
    port: u16,
    running: Option<Larder>,
}

fn main() {
    let larder = env::args_os().nth(1).expect("the path of larder");
    let mut world = World::new(larder.into());
    println!("{}", world.about());
    for line in io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        println!("{}", world.answer(&words));
    }
}

impl World {
    fn new(larder: PathBuf) -> Self {
        let database = FakeDatabase::start_blocking("sums.example.com");
        database.pad(500);
        let mut world = Self {
            larder,
            home: TempHome::new(),
            company: FakeProxy::start_blocking(),
            public: FakeProxy::start_blocking(),
            nodes: Vec::new(),
            database,
            port: DeadAddress::new().addr().port(),
            running: None,
        };
        for (modules, proxy) in [(PUBLIC, &world.public), (PRIVATE, &world.company)] {
            for module in all(modules) {
                world.database.add_module(&module);
                proxy.add(&module);
            }
        }
        world.database.publish();
        world.public.offer(&world.database);
        world.settings();
        world.start();
        world
    }

    fn settings(&self) {
        let (company, public) = (self.company.url(), self.public.url());
        let sums = self.database.gosumdb();
        let port = self.port;
        let mut text = format!(
            "port = {port}\nprofile = \"company\"\n\n\
             [profiles.public]\nupstreams = \"{public}\"\nchecksum-database = \"{sums}\"\n\n\
             [profiles.company]\nupstreams = \"{company},{public}\"\nchecksum-database = \"{sums}\"\n\
             private = \"corp.example\"\nprivate-upstreams = \"{company}\"\n"
        );
        if !self.nodes.is_empty() {
            let nodes: Vec<String> = self.nodes.iter().map(FakeProxy::url).collect();
            let _ = write!(
                text,
                "\n[[pools]]\nupstream = {company:?}\nnodes = {nodes:?}\n"
            );
        }
        let file = self.home.write("larder/config/settings.toml", text);
        for folder in file.ancestors().skip(1).take(2) {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
        }
    }

    fn start(&mut self) {
        self.running = Some(Larder::start(&self.larder, &self.home, &[]));
    }

    /// Where everything is; the environment is what every command in this world is to have.
    fn about(&self) -> Value {
        let mut command = std::process::Command::new("env");
        let vars = self.home.apply(&mut command).get_envs();
        let env: serde_json::Map<String, Value> = vars
            .filter_map(|(name, value)| {
                let value = value?.to_string_lossy().into_owned();
                Some((name.to_string_lossy().into_owned(), value.into()))
            })
            .collect();
        json!({
            "env": env,
            "folder": self.home.path(),
            "goproxy": self.running.as_ref().map(|running| running.goproxy()),
            "company": self.company.url(),
            "public": self.public.url(),
        })
    }

    fn answer(&mut self, words: &[&str]) -> Value {
        match self.obey(words) {
            Ok(said) => said,
            Err(why) => json!({ "failed": why }),
        }
    }

    fn obey(&mut self, words: &[&str]) -> Result<Value, String> {
        match words {
            ["down", name] => self.proxy(name)?.stop(),
            ["up", name] => self.proxy(name)?.restart(),
            ["slow", name, millis] => {
                let delay = Duration::from_millis(number(millis)?);
                let slow = [Behaviour::normal().delay_head(delay)];
                let proxy = self.proxy(name)?;
                proxy.clear_behaviours();
                if !delay.is_zero() {
                    proxy.otherwise(slow);
                }
            }
            ["add", name, path, version, bytes] => {
                let bytes = usize::try_from(number(bytes)?).map_err(|error| error.to_string())?;
                let module = Module::simple(path, version).bulk("data.bin", bytes);
                self.database.add_module(&module);
                self.database.publish();
                self.proxy(name)?.add(&module);
            }
            ["wants", name, scheme, secret] => {
                let wanted = format!("{scheme} {secret}");
                let refusal = Behaviour::status(401, "sign in");
                self.proxy(name)?.on_match(
                    move |request| request.header("authorization") != Some(&wanted),
                    Script::cycle([refusal]),
                );
            }
            ["pool", count] => return self.pool(number(count)?),
            ["stop"] => self.stop()?,
            ["start"] => self.start(),
            other => return Err(format!("there is no {other:?}")),
        }
        Ok(json!({ "ok": true }))
    }

    fn pool(&mut self, count: u64) -> Result<Value, String> {
        for _ in 0..count {
            let node = FakeProxy::start_blocking();
            all(PRIVATE).for_each(|module| node.add(&module));
            self.nodes.push(node);
        }
        self.stop()?;
        self.settings();
        self.start();
        let addresses: Vec<String> = self
            .nodes
            .iter()
            .map(|node| node.addr().to_string())
            .collect();
        Ok(json!({ "ok": true, "nodes": addresses }))
    }

    fn stop(&mut self) -> Result<(), String> {
        let running = self.running.take().ok_or("it does not run")?;
        running.terminate();
        Ok(())
    }

    fn proxy(&self, name: &str) -> Result<&FakeProxy, String> {
        match name {
            "company" => Ok(&self.company),
            "public" => Ok(&self.public),
            other => {
                let node = other
                    .strip_prefix('n')
                    .and_then(|at| at.parse::<usize>().ok());
                node.and_then(|at| self.nodes.get(at.checked_sub(1)?))
                    .ok_or_else(|| format!("there is no upstream {other:?}"))
            }
        }
    }
}

/// Each version of each of these.
fn all(modules: &'static [Listed]) -> impl Iterator<Item = Module> {
    modules.iter().flat_map(|(path, versions, bytes)| {
        let each = versions.iter();
        each.map(move |version| Module::simple(path, version).bulk("data.bin", *bytes))
    })
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}
