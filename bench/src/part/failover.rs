//! A company's upstream of several nodes that fail, one way after the other, while 16 clients ask: what fails for them, and
//! how long they wait.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use test_support::cluster::{
    Clients, Cluster, Figures, Found, Life, MODULES, Manner, Story, Trial, Trouble,
};

use super::Bench;
use crate::guard;
use crate::report::{Aim, Report, time};

pub(super) const CLIENTS: Clients = Clients {
    clients: 16,
    modules: MODULES,
    pause: Duration::from_millis(30),
};
/// As Larder has it where the settings say nothing.
const SLOW_AFTER: Duration = Duration::from_secs(1);
const QUIET: Duration = Duration::from_secs(6);
/// What is added to the wait for a node that is gone.
const ADDED: Duration = Duration::from_millis(300);

/// How long a trouble lasts, and how long all is left alone after it: until Larder counts on the node again.
const LASTING: Duration = Duration::from_secs(3);
const REST: Duration = Duration::from_secs(7);
/// The same where there is no pool that counts on anything.
const REST_ALONE: Duration = Duration::from_secs(5);

/// All that a node can do wrong.
const MANNERS: [Manner; 5] = [
    Manner::Slow(Duration::from_secs(3)),
    Manner::Status(500),
    Manner::Html,
    Manner::Garbage,
    Manner::Breaks,
];

/// Set where this runs in a network of its own.
const INSIDE: &str = "LARDER_BENCH_INSIDE";
/// Gives the command behind it a loopback of its own, whose names are looked up at a server of ours. There is a default
/// route, so that Larder does not take the machine for offline.
const BEGIN: &str = "ip link set lo up && ip route add default dev lo && mount --bind \"$0/resolv.conf\" /etc/resolv.conf \
    && mount --bind \"$0/nsswitch.conf\" /etc/nsswitch.conf && exec \"$@\"";
/// Where the system asks for names, there.
const DNS_PORT: u16 = 53;

/// Without a pool: one node, and four behind one name.
pub(crate) fn without(bench: &Bench, _: &mut Report) -> Result<()> {
    in_own_network(bench, "no-pool", |by_name| {
        let mut table = Table::default();
        let troubles = MANNERS.map(Trouble::Manner).into_iter();
        let troubles = troubles.chain([Trouble::Killed, Trouble::Paused]);
        let alone: Vec<_> = troubles.map(|trouble| (trouble, 0)).collect();
        table.add("1 node, no pool", &story(bench, 1, Found::Alone, &alone)?);
        if by_name {
            let story = story(bench, 4, Found::RoundRobin, &alone)?;
            table.add("4 nodes by name, no pool", &story);
        }
        println!("\n{}", table.0);
        Ok(())
    })
}

/// Pools.
pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    in_own_network(bench, "failover", |_| measure(bench, report))
}

/// Has a part run again in a network of its own if the system allows one: there, what Larder does without a pool can be
/// tried by name too. `measure` is told whether it can.
fn in_own_network(
    bench: &Bench,
    part: &str,
    measure: impl FnOnce(bool) -> Result<()>,
) -> Result<()> {
    if env::var_os(INSIDE).is_some() {
        return measure(true);
    }
    let folder = bench.scratch();
    fs::write(folder.join("resolv.conf"), "nameserver 127.0.0.1\n")?;
    fs::write(folder.join("nsswitch.conf"), "hosts: files dns\n")?;
    let inside = || {
        let mut command = Command::new("unshare");
        command.args(["-rnm", "sh", "-c", BEGIN]).arg(folder);
        command.env(INSIDE, "1");
        command
    };
    if !inside()
        .arg("true")
        .output()
        .is_ok_and(|tried| tried.status.success())
    {
        println!("  not in a network of its own, so without the names of the system");
        return measure(false);
    }
    let mut again = inside();
    again.arg(env::current_exe()?).arg("--larder");
    again.arg(&bench.program).arg(part);
    ensure!(
        again.status()?.success(),
        "in a network of its own it failed"
    );
    println!("  its tables stand above");
    Ok(())
}

fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let mut table = Table::default();
    // One after the other, and around again.
    let gone = (0..6).map(|n| (Trouble::Killed, n % 4));
    let gone = gone.chain((0..4).map(|n| (Trouble::Paused, n)));
    let manners = MANNERS.map(Trouble::Manner).into_iter().zip(0..);
    let all: Vec<_> = gone
        .chain(manners.map(|(trouble, n)| (trouble, n % 4)))
        .collect();
    let names = [
        (Trouble::Killed, 0),
        (Trouble::Paused, 1),
        (Trouble::DnsDead, 2),
        (Trouble::DnsSilent, 3),
        (Trouble::DnsForgets, 0),
        (Trouble::DnsLies, 0),
        (Trouble::DnsOnlyLies, 0),
        (Trouble::Removed, 1),
        (Trouble::Added, 1),
    ];
    let services = [
        (Trouble::Killed, 0),
        (Trouble::Paused, 1),
        (Trouble::DnsDead, 2),
    ];
    for (what, found, troubles) in [
        ("a pool of 4, listed", Found::Listed, all.as_slice()),
        ("a pool of 4, by addresses", Found::Addresses, &names),
        ("a pool of 4, by SRV", Found::Services, &services),
    ] {
        let story = story(bench, 4, found, troubles)?;
        table.add(what, &story);
        hold(what, &story, report);
    }
    println!("\n{}", table.0);
    println!(
        "  quoted elsewhere: DNS round robin takes over 60 s to converge; server-side failover 3.2 s"
    );
    Ok(())
}

/// The aims.
fn hold(what: &str, story: &Story, report: &mut Report) {
    let figures = story.figures();
    let requests: usize = figures.iter().map(|(_, figures)| figures.requests).sum();
    let failed: usize = figures
        .iter()
        .map(|(_, figures)| figures.failures.len())
        .sum();
    report.row(
        "failover",
        format!("{what}: failed of {requests}"),
        failed.to_string(),
        "",
        None,
        Aim::is("0", failed == 0),
    );
    for (trouble, figures) in figures {
        let most = match trouble {
            Trouble::Killed => ADDED,
            Trouble::Paused => SLOW_AFTER + ADDED,
            _ => continue,
        };
        let p99 = figures.quantile(0.99);
        report.row(
            "failover",
            format!(
                "{what}; {trouble}: p99 added to {} hit",
                figures.added.len()
            ),
            time(p99),
            "",
            None,
            Aim::is(&format!("under {}", time(most)), p99 < most),
        );
    }
}

/// All that was measured, in Markdown that is readable as it stands.
struct Table(String);

impl Default for Table {
    fn default() -> Self {
        let head = "upstream | what befell it | requests | failed | hit | added p50 | p99 | worst | known after | asked meanwhile, last after";
        Self(format!(
            "| {head} |\n|{}\n",
            "---|".repeat(head.split('|').count())
        ))
    }
}

impl Table {
    fn add(&mut self, what: &str, story: &Story) {
        for line in story.to_string().lines() {
            println!("    {line}");
        }
        let maybe = |value: Option<Duration>| value.map_or(String::new(), time);
        for (trouble, figures) in story.figures() {
            let asked = figures
                .asked
                .map_or(String::new(), |asked| asked.to_string());
            let last = figures
                .last_asked
                .map_or(String::new(), |last| format!(", {}", time(last)));
            let [p50, p99, worst] = [0.5, 0.99, 1.0].map(|share| time(figures.quantile(share)));
            let Figures {
                requests,
                failures,
                added,
                out_after,
                ..
            } = &figures;
            self.0 += &format!(
                "| {what} | {trouble} | {requests} | {} | {} | {p50} | {p99} | {worst} | {} | {asked}{last} |\n",
                failures.len(),
                added.len(),
                maybe(*out_after),
            );
        }
    }
}

/// `bench serve-node`: a node.
pub(super) fn program() -> Command {
    let own = env::current_exe().unwrap_or_else(|_| Path::new("bench").to_owned());
    let mut command = Command::new(own);
    command.arg("serve-node");
    command
}

pub(super) fn heard(pid: u32, life: Life) {
    match life {
        Life::Begins => guard::started(pid),
        Life::Ends => guard::ended(pid),
    }
}

fn story(bench: &Bench, nodes: u8, found: Found, troubles: &[(Trouble, usize)]) -> Result<Story> {
    // Its own DNS port, but where the system itself is to ask it.
    let dns_port = (found == Found::RoundRobin).then_some(DNS_PORT);
    let mut cluster = Cluster::start_with_dns_at(dns_port, program, nodes, heard);
    if found == Found::Services {
        // The fourth is asked where none of the others can be.
        cluster.offer_services(&[(60, 10), (30, 10), (10, 10), (100, 20)]);
    }
    let home = bench.home()?;
    home.settings(&cluster.settings(found, SLOW_AFTER))?;
    let larder = crate::larder::Larder::start_by(&bench.program, &home, &[])?;
    let token = fs::read_to_string(home.path().join("data/token.control"))?;
    let goproxy = format!("http://127.0.0.1:{}/{}", larder.port, larder.token);
    let rest = match found {
        Found::Alone | Found::RoundRobin => REST_ALONE,
        Found::Listed | Found::Addresses | Found::Services => REST,
    };
    let mut trial = Trial::begin(cluster, &goproxy, &token, CLIENTS, QUIET);
    for (trouble, node) in troubles {
        trial.suffer(*trouble, *node, LASTING, rest);
    }
    let story = trial.end();
    larder.stop()?;
    Ok(story)
}
