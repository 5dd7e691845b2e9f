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

const CLIENTS: Clients = Clients {
    clients: 16,
    modules: MODULES,
    pause: Duration::from_millis(25),
};
/// As Larder has it where the settings say nothing.
const SLOW_AFTER: Duration = Duration::from_secs(1);
const QUIET: Duration = Duration::from_secs(6);
/// What is added to the wait for a node that is gone.
const ADDED: Duration = Duration::from_millis(300);

/// How long a trouble lasts, and how long all is left alone after it: until Larder counts on the node again.
const LASTING: Duration = Duration::from_secs(4);
const REST: Duration = Duration::from_secs(9);

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
/// Gives the command behind it a loopback of its own, whose names are looked up at a server of ours.
const BEGIN: &str = "ip link set lo up && mount --bind \"$0/resolv.conf\" /etc/resolv.conf \
    && mount --bind \"$0/nsswitch.conf\" /etc/nsswitch.conf && exec \"$@\"";
/// Where the system asks for names, there.
const DNS_PORT: u16 = 53;

/// In a network of its own if the system allows one: there, what Larder does without a pool can be tried by name too.
pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    if env::var_os(INSIDE).is_some() {
        return measure(bench, report, true);
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
        return measure(bench, report, false);
    }
    let mut again = inside();
    again
        .arg(env::current_exe()?)
        .arg("--larder")
        .arg(&bench.program)
        .arg("failover");
    ensure!(
        again.status()?.success(),
        "in a network of its own it failed"
    );
    println!("  its table stands above");
    Ok(())
}

fn measure(bench: &Bench, report: &mut Report, by_name: bool) -> Result<()> {
    let manners = || MANNERS.map(Trouble::Manner).into_iter().enumerate();
    let alone = manners().map(|(_, trouble)| (trouble, 0));
    let alone: Vec<_> = alone
        .chain([(Trouble::Killed, 0), (Trouble::Paused, 0)])
        .collect();
    let before = story(bench, 1, Found::Alone, &alone)?;
    tell("one node, no pool", &before, report, false);
    if by_name {
        let before = story(bench, 4, Found::RoundRobin, &alone)?;
        tell("4 nodes by name, no pool", &before, report, false);
    }

    // One after the other, and around again.
    let gone = (0..8).map(|n| (Trouble::Killed, n % 4));
    let gone = gone.chain((0..4).map(|n| (Trouble::Paused, n)));
    let misbehaving = manners().map(|(n, trouble)| (trouble, n % 4));
    let listed = story(
        bench,
        4,
        Found::Listed,
        &gone.chain(misbehaving).collect::<Vec<_>>(),
    )?;
    tell("4 nodes, listed", &listed, report, true);

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
    let addresses = story(bench, 4, Found::Addresses, &names)?;
    tell("4 nodes, by DNS", &addresses, report, true);

    let services = [
        (Trouble::Killed, 0),
        (Trouble::Paused, 1),
        (Trouble::DnsDead, 2),
    ];
    let services = story(bench, 4, Found::Services, &services)?;
    tell("4 nodes, by SRV", &services, report, true);

    println!(
        "  quoted elsewhere: DNS round robin takes over 60 s to converge; server-side failover 3.2 s"
    );
    Ok(())
}

/// `bench serve-node`: a node.
fn program() -> Command {
    let own = env::current_exe().unwrap_or_else(|_| Path::new("bench").to_owned());
    let mut command = Command::new(own);
    command.arg("serve-node");
    command
}

fn heard(pid: u32, life: Life) {
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
    let mut trial = Trial::begin(cluster, &goproxy, &token, CLIENTS, QUIET);
    for (trouble, node) in troubles {
        trial.suffer(*trouble, *node, LASTING, REST);
    }
    let story = trial.end();
    larder.stop()?;
    Ok(story)
}

fn tell(what: &str, story: &Story, report: &mut Report, aims: bool) {
    println!("  {what}");
    for line in story.to_string().lines() {
        println!("    {line}");
    }
    for (trouble, figures) in story.figures() {
        let failed = figures.failures.len();
        let aim = |met: bool| if aims { Aim::is("0", met) } else { Aim::None };
        report.row(
            "failover",
            format!("{what}; {trouble}: failed of {}", figures.requests),
            failed.to_string(),
            "",
            None,
            aim(failed == 0),
        );
        if aims {
            waits(what, trouble, &figures, report);
        }
    }
}

fn waits(what: &str, trouble: Trouble, figures: &Figures, report: &mut Report) {
    let p99 = figures.quantile(0.99);
    let most = match trouble {
        Trouble::Killed => Some(ADDED),
        Trouble::Paused => Some(SLOW_AFTER + ADDED),
        _ => None,
    };
    let aim = most.map_or(Aim::None, |most| {
        Aim::is(&format!("p99 under {}", time(most)), p99 < most)
    });
    report.row(
        "failover",
        format!(
            "{what}; {trouble}: added to {} hit, p50; p99; worst",
            figures.added.len()
        ),
        format!(
            "{}; {}; {}",
            time(figures.quantile(0.5)),
            time(p99),
            time(figures.quantile(1.0))
        ),
        "",
        None,
        aim,
    );
    if let Some(out) = figures.out_after {
        report.row(
            "failover",
            format!("{what}; {trouble}: known after"),
            time(out),
            "",
            None,
            Aim::None,
        );
    }
    if let (Some(asked), Some(last)) = (figures.asked, figures.last_asked) {
        report.row(
            "failover",
            format!("{what}; {trouble}: asked meanwhile, last after"),
            format!("{asked}, {}", time(last)),
            "",
            None,
            Aim::None,
        );
    }
}
