//! `doctor`: what stands in the way of a good day, each with the mend.
//!
//! A check is a function that gives lines; all of them run side by side, each with a deadline of its own, so that one
//! that hangs holds up no other. No line names a module, a pattern or a secret: a report of them may be shown to others.

mod disk;
mod go;
mod go_env;
mod home;
mod keyring;
mod line;
mod network;
mod port;
mod port_holder;
mod settings;
mod state;

use std::future::Future;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use go_tool::CallerEnv;

pub use self::home::system;
pub use self::line::{Check, DoctorLine, Health};
pub(crate) use self::network::version_control;
pub use self::settings::redacted as settings_for_report;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::instance::Instance;
use crate::places::Places;

/// What a check may take that asks no network. A client of the instance waits half a minute in all.
const DEADLINE: Duration = Duration::from_secs(15);
/// What the checks that ask `go` may take, which is run several times.
const GO_DEADLINE: Duration = Duration::from_secs(20);

/// How far an examination is.
pub(crate) struct SoFar<'a> {
    /// What the checks that have ended found, in order.
    pub(crate) lines: &'a [DoctorLine],
    /// How many have ended.
    pub(crate) done: usize,
    /// How many there are.
    pub(crate) total: usize,
}

/// Looks at everything, for a caller with this environment and a program of this version; tells what was found whenever
/// a check ends.
pub(crate) async fn examine(
    app: &App,
    caller: &CallerEnv,
    version: &str,
    on_found: impl Fn(SoFar<'_>) + Send,
) -> Vec<DoctorLine> {
    let mut checks: Vec<BoxFuture<'_, Vec<DoctorLine>>> = vec![
        Box::pin(async { vec![state::instance(app, version)] }),
        check(Check::Port, DEADLINE, port::of_app(app)),
        check(Check::GoEnv, GO_DEADLINE, go_env::check(app, caller)),
        Box::pin(network::upstreams(app)),
        check(
            Check::ChecksumDatabase,
            network::DATABASE_DEADLINE,
            network::database(app),
        ),
        Box::pin(async { settings::in_force(app) }),
        check(Check::Disk, DEADLINE, state::room(app)),
        check(Check::Notices, DEADLINE, state::notices(app)),
        Box::pin(async { vec![state::first_sight(app)] }),
        check(Check::Grants, DEADLINE, state::grants(app)),
    ];
    checks.extend(anywhere(app.places(), caller));
    all_of(checks, on_found).await
}

/// Lets checks run side by side.
async fn all_of(
    checks: Vec<BoxFuture<'_, Vec<DoctorLine>>>,
    on_found: impl Fn(SoFar<'_>) + Send,
) -> Vec<DoctorLine> {
    let total = checks.len();
    // Lines of one check stay in the order in which it is named here, whichever ends first.
    let numbered = checks.into_iter().enumerate();
    let mut running: FuturesUnordered<_> = numbered
        .map(|(at, check)| async move { (at, check.await) })
        .collect();
    let mut found: Vec<(usize, Vec<DoctorLine>)> = Vec::new();
    let mut lines = Vec::new();
    while let Some((at, of_check)) = running.next().await {
        let before = found.partition_point(|(other, _)| *other < at);
        found.insert(before, (at, of_check));
        lines = in_order(found.iter().map(|(_, lines)| lines.clone()).collect());
        on_found(SoFar {
            lines: &lines,
            done: found.len(),
            total,
        });
    }
    lines
}

/// Looks at what can be looked at where no instance answers and this process can't stand in for one, for this reason.
pub async fn examine_without_instance(
    places: &Places,
    caller: &CallerEnv,
    failure: &Failure,
) -> Vec<DoctorLine> {
    let mut checks = vec![check(Check::Port, DEADLINE, port::of_places(places))];
    checks.extend(anywhere(places, caller));
    checks.push(Box::pin(async { settings::on_disk(places) }));
    let mut lines = in_order(join_all(checks).await);
    let to_blame = match failure.code {
        Code::BadSettings => Check::Settings,
        Code::Disk => Check::Disk,
        Code::NotRunning
        | Code::AlreadyRunning
        | Code::PortTaken
        | Code::BadInput
        | Code::Go
        | Code::NotFound
        | Code::Cancelled
        | Code::Protocol
        | Code::Internal => Check::Instance,
    };
    let is_told = |line: &DoctorLine| line.check == to_blame && line.health == Health::Broken;
    if !lines.iter().any(is_told) {
        lines.push(DoctorLine::of_failure(to_blame, failure));
    }
    if to_blame != Check::Instance {
        let found = match Instance::is_alive(places) {
            Ok(true) => "it does not answer as it should",
            Ok(false) | Err(_) => "not running, and it could not be started as things are",
        };
        let mend = "mend what is broken below, then: larder serve";
        lines.push(DoctorLine::broken(Check::Instance, found).mend(mend));
    }
    in_order(vec![lines])
}

/// What does not need an instance.
fn anywhere<'a>(places: &'a Places, caller: &'a CallerEnv) -> Vec<BoxFuture<'a, Vec<DoctorLine>>> {
    vec![
        check(Check::Go, GO_DEADLINE, go::of_caller(caller)),
        check(Check::DesktopGo, GO_DEADLINE, go::from_desktop(caller)),
        check(Check::Disk, DEADLINE, disk::check(places)),
        check(Check::Keyring, DEADLINE, keyring::check()),
    ]
}

/// A check that ends at its deadline, with a line that says so.
fn check<'a>(
    check: Check,
    deadline: Duration,
    work: impl Future<Output = Vec<DoctorLine>> + Send + 'a,
) -> BoxFuture<'a, Vec<DoctorLine>> {
    Box::pin(async move {
        let done = tokio::time::timeout(deadline, work).await;
        done.unwrap_or_else(|_| {
            let found = format!("nothing was found out within {} s", deadline.as_secs());
            vec![DoctorLine::broken(check, found).mend("larder doctor, once more")]
        })
    })
}

/// Does this off the runtime; it walks folders or runs children.
async fn in_background(
    check: Check,
    work: impl FnOnce() -> Vec<DoctorLine> + Send + 'static,
) -> Vec<DoctorLine> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| vec![DoctorLine::broken(check, error.to_string())])
}

fn in_order(lines: Vec<Vec<DoctorLine>>) -> Vec<DoctorLine> {
    let mut lines: Vec<DoctorLine> = lines.into_iter().flatten().collect();
    lines.sort_by_key(|line| line.check);
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_says_so_and_holds_up_no_other() {
        let hanging = check(Check::Disk, DEADLINE, std::future::pending());
        let quick = check(Check::Port, DEADLINE, async {
            vec![DoctorLine::ok(Check::Port, "free")]
        });
        let told = Mutex::new(Vec::new());
        let lines = all_of(vec![hanging, quick], |so_far| {
            told.lock()
                .unwrap()
                .push((so_far.done, so_far.total, so_far.lines.len()));
        })
        .await;
        assert_eq!(*told.lock().unwrap(), [(1, 2, 1), (2, 2, 2)]);
        assert_eq!(lines[0], DoctorLine::ok(Check::Port, "free"));
        assert_eq!(lines[1].health, Health::Broken);
        assert!(lines[1].found.contains("within 15 s"), "{lines:?}");
    }
}
