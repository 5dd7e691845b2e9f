//! Profiles are switched while clients ask without pause: no request fails, and the other profile is in force soon.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::{Bench, fill};
use crate::corpus;
use crate::guard;
use crate::larder::{Home, Larder};
use crate::report::{Aim, Report, median_time, time};
use crate::upstream::Upstream;

const ASKERS: usize = 16;
/// How often the profile is switched, each way of asking for it.
const SWITCHES: usize = 20;
/// Between two switches, so that some of what is asked for lies wholly within one profile.
const PAUSE: Duration = Duration::from_millis(120);
/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// From the start of `larder use` to an answer by the other profile.
const AT_ONCE: Duration = Duration::from_millis(100);

const PROFILES: [&str; 2] = ["a", "b"];
/// Its list names the upstream: nothing else differs between the two.
const TELLTALE: &str = "code.example.com/telltale/@v";

type Files = [(String, Vec<u8>)];

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let upstreams = upstreams(&bench.modules())?;
    let home = bench.home()?;
    home.settings(&settings(&upstreams))?;
    let larder = start(bench, &home)?;
    let kept = bench.warm_files()?;
    fill(&larder, &kept)?;
    let load = Load {
        larder: &larder,
        kept: &kept,
        cold: &cold_files(&bench.modules())?,
        released: AtomicUsize::new(0),
        taken: AtomicUsize::new(0),
        end: AtomicBool::new(false),
    };
    let seen = thread::scope(|scope| load.watch(scope, bench, &home))?;
    tell(&seen, report);
    Ok(())
}

/// Two that serve the same but for one list. Each reads the folder once, at its start.
fn upstreams(modules: &Path) -> Result<[Upstream; 2]> {
    let folder = modules.join(TELLTALE);
    fs::create_dir_all(&folder)?;
    let start = |which: usize| {
        fs::write(folder.join("list"), list_of(which))?;
        Upstream::start(modules)
    };
    let both = [start(0)?, start(1)?];
    // The other parts' upstreams have none of it.
    fs::remove_dir_all(folder.parent().unwrap_or(&folder))?;
    Ok(both)
}

fn list_of(which: usize) -> String {
    format!("v1.{which}.0\n")
}

fn settings(upstreams: &[Upstream; 2]) -> String {
    // Lists are asked for anew each time, so that each answer shows which upstream gave it.
    let mut text = "profile = \"a\"\nfresh-for = \"0s\"\n".to_owned();
    for (name, upstream) in PROFILES.iter().zip(upstreams) {
        text += &format!(
            "\n[profiles.{name}]\nupstreams = \"{}\"\nchecksum-database = \"off\"\n",
            upstream.url()
        );
    }
    text
}

/// Without upstreams on the command line: those would hold in every profile.
fn start(bench: &Bench, home: &Home) -> Result<Larder> {
    Larder::start_by(&bench.program, home, &[])
}

/// What is not kept at first: of each module that is not among the warm ones its three files.
fn cold_files(modules: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let cold = corpus::modules().into_iter().skip(80);
    let paths = cold.flat_map(|module| ["info", "mod", "zip"].map(|kind| module.file(kind)));
    paths
        .map(|path| {
            let bytes = fs::read(modules.join(&path))?;
            Ok((path, bytes))
        })
        .collect()
}

/// What is asked for meanwhile. Files that are not kept come in portions, one for each switch.
struct Load<'a> {
    larder: &'a Larder,
    kept: &'a Files,
    cold: &'a Files,
    /// How many of the cold ones may be asked for by now.
    released: AtomicUsize,
    taken: AtomicUsize,
    end: AtomicBool,
}

/// What askers have met.
#[derive(Default)]
struct Met {
    answers: usize,
    cold: usize,
    failed: usize,
    first_failure: Option<String>,
}

/// An answer to the one who asks only which profile is in force.
struct Sample {
    begun: Instant,
    ended: Instant,
    shows: usize,
}

/// A switch: asked for, and said to be done.
struct Switch {
    begun: Instant,
    done: Instant,
    to: usize,
}

/// All that was seen.
struct Seen {
    met: Met,
    samples: Vec<Sample>,
    /// By `larder use`.
    by_program: Vec<Switch>,
    /// By the call that it makes, without a process.
    by_call: Vec<Switch>,
    /// The program's start and end alone.
    program_alone: Duration,
}

impl Load<'_> {
    fn watch<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        bench: &Bench,
        home: &Home,
    ) -> Result<Seen> {
        let askers: Vec<_> = (0..ASKERS)
            .map(|n| scope.spawn(move || self.ask_on(n)))
            .collect();
        let sampler = scope.spawn(move || self.sample());
        let switched = self.switch_all(bench, home);
        self.end.store(true, Ordering::Relaxed);
        let mut met = Met::default();
        for asker in askers {
            met.add(join(asker)?);
        }
        let samples = join(sampler)?;
        let (by_program, by_call, program_alone) = switched?;
        Ok(Seen {
            met,
            samples,
            by_program,
            by_call,
            program_alone,
        })
    }

    /// One client: in turn a file that is not kept, if there is one left, and what is kept: files and lists.
    fn ask_on(&self, first: usize) -> Result<Met> {
        let mut met = Met::default();
        let mut client = self.larder.client()?;
        let mut kept = self.kept.iter().cycle().skip(first * 7);
        while !self.end.load(Ordering::Relaxed) {
            let cold = if met.answers % 3 == 0 {
                self.next_cold()
            } else {
                None
            };
            met.cold += usize::from(cold.is_some());
            let Some((path, bytes)) = cold.or_else(|| kept.next()) else {
                bail!("there is nothing to ask for");
            };
            met.answers += 1;
            let failure = match client.get(&self.larder.path(path)) {
                Ok(got) if got.status == 200 && got.body == *bytes => continue,
                Ok(got) if got.status == 200 => format!("other bytes for {path}"),
                Ok(got) => format!(
                    "{} for {path}: {}",
                    got.status,
                    String::from_utf8_lossy(&got.body).trim()
                ),
                Err(error) => {
                    client = self.larder.client()?;
                    format!("{path}: {error:#}")
                }
            };
            met.failed += 1;
            met.first_failure.get_or_insert(failure);
        }
        Ok(met)
    }

    fn next_cold(&self) -> Option<&(String, Vec<u8>)> {
        let released = self.released.load(Ordering::Relaxed);
        let next = self
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
                (taken < released).then_some(taken + 1)
            });
        self.cold.get(next.ok()?)
    }

    /// Asks without pause which profile is in force.
    fn sample(&self) -> Result<Vec<Sample>> {
        let mut samples = Vec::new();
        let mut client = self.larder.client()?;
        let path = self.larder.path(&format!("{TELLTALE}/list"));
        while !self.end.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let got = client.get(&path)?;
            let ended = Instant::now();
            let shows = (0..PROFILES.len())
                .find(|which| got.body == list_of(*which).as_bytes())
                .with_context(|| format!("{} for the list that tells them apart", got.status))?;
            samples.push(Sample {
                begun,
                ended,
                shows,
            });
        }
        Ok(samples)
    }

    fn switch_all(
        &self,
        bench: &Bench,
        home: &Home,
    ) -> Result<(Vec<Switch>, Vec<Switch>, Duration)> {
        let token = fs::read_to_string(home.path().join("data/token.control"))?;
        let portion = self.cold.len() / (2 * SWITCHES);
        let switch = |n: usize, put: &dyn Fn(&str) -> Result<()>| {
            thread::sleep(PAUSE);
            self.released.fetch_add(portion, Ordering::Relaxed);
            let to = (n + 1) % PROFILES.len();
            let begun = Instant::now();
            put(PROFILES[to])?;
            let done = Instant::now();
            Ok(Switch { begun, done, to })
        };
        let by_program = |name: &str| execute(bench, home, &["use", name]);
        let by_call = |name: &str| call(self.larder.port, token.trim(), name);
        let switches = |put: &dyn Fn(&str) -> Result<()>| -> Result<Vec<Switch>> {
            (0..SWITCHES).map(|n| switch(n, put)).collect()
        };
        let (programs, calls) = (switches(&by_program)?, switches(&by_call)?);
        let mut alone = Vec::new();
        for _ in 0..SWITCHES {
            let begun = Instant::now();
            execute(bench, home, &["--version"])?;
            alone.push(begun.elapsed());
        }
        Ok((programs, calls, median_time(alone)))
    }
}

impl Met {
    fn add(&mut self, other: Self) {
        self.answers += other.answers;
        self.cold += other.cold;
        self.failed += other.failed;
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }
}

fn join<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().ok().context("an asker panicked")?
}

/// The program, to its end.
fn execute(bench: &Bench, home: &Home, arguments: &[&str]) -> Result<()> {
    let child = home
        .command(&bench.program, arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()?;
    let pid = child.id();
    guard::started(pid);
    let output = child.wait_with_output();
    guard::ended(pid);
    let output = output?;
    ensure!(
        output.status.success(),
        "larder {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

/// What `larder use` asks of the instance, on a connection of its own.
fn call(port: u16, token: &str, profile: &str) -> Result<()> {
    let body = format!("{{\"choice\":{{\"named\":\"{profile}\"}}}}");
    let mut tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(PATIENCE))?;
    let request = format!(
        "POST /-/call/use HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    tcp.write_all(request.as_bytes())?;
    let mut answer = String::new();
    tcp.read_to_string(&mut answer)?;
    ensure!(
        answer.starts_with("HTTP/1.1 200 "),
        "the call to switch: {answer}"
    );
    Ok(())
}

/// From the start of each switch to the end of the first answer by the other profile.
fn until_shown(switches: &[Switch], samples: &[Sample]) -> Vec<Duration> {
    let shown = |switch: &Switch| {
        samples
            .iter()
            .find(|sample| sample.ended > switch.begun && sample.shows == switch.to)
            .map_or(PATIENCE, |sample| sample.ended - switch.begun)
    };
    switches.iter().map(shown).collect()
}

/// Answers by the profile before, to requests that began after the switch was said to be done and ended before the next.
fn outdated(switches: &[&Switch], samples: &[Sample]) -> usize {
    let mut count = 0;
    for (n, switch) in switches.iter().enumerate() {
        let next = switches.get(n + 1).map(|next| next.begun);
        count += samples
            .iter()
            .filter(|sample| sample.begun > switch.done && sample.shows != switch.to)
            .filter(|sample| next.is_none_or(|next| sample.ended < next))
            .count();
    }
    count
}

fn tell(seen: &Seen, report: &mut Report) {
    let Seen { met, samples, .. } = seen;
    if let Some(failure) = &met.first_failure {
        println!("  the first that failed: {failure}");
    }
    let mut row = |what: String, value: String, aim: Aim| {
        report.row("switch", what, value, "", None, aim);
    };
    row(
        format!(
            "failed of {} requests by {ASKERS}, {} of them not kept",
            met.answers, met.cold
        ),
        met.failed.to_string(),
        Aim::is("0", met.failed == 0),
    );
    let switches: Vec<&Switch> = seen.by_program.iter().chain(&seen.by_call).collect();
    let outdated = outdated(&switches, samples);
    row(
        "answers by the profile before, once it was said".to_owned(),
        outdated.to_string(),
        Aim::is("0", outdated == 0),
    );
    for (who, switches) in [
        ("`larder use`", &seen.by_program),
        ("its call alone", &seen.by_call),
    ] {
        let shown = until_shown(switches, samples);
        let (middle, worst) = (median_time(shown.iter().copied()), shown.iter().max());
        let worst = worst.copied().unwrap_or_default();
        row(
            format!("{who}: start to an answer by the other; worst of {SWITCHES}"),
            format!("{}; {}", time(middle), time(worst)),
            Aim::is("under 100 ms", worst < AT_ONCE),
        );
    }
    row(
        "`larder --version`: start to end".to_owned(),
        time(seen.program_alone),
        Aim::None,
    );
    row(
        "one such question, which is how finely this is told".to_owned(),
        time(median_time(
            samples.iter().map(|sample| sample.ended - sample.begun),
        )),
        Aim::None,
    );
}
