//! All that is needed is brought, or looked for, a few at once; and it is told what came of it.

use futures_util::{StreamExt, stream};
use go_module::{FileKind, ModuleVersion};
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::Subject;
use super::plan::{Need, Plan, kinds};
use super::reach::Reach;
use super::report::{Lack, Purpose, Report};
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};

/// How many versions are worked on at once.
const VERSIONS: usize = 16;
/// How many zips come at once.
const ZIPS: usize = 8;

/// What came of one version.
#[derive(Default)]
struct Came {
    bytes: u64,
    fetched: u64,
    reasons: Vec<String>,
}

/// Brings all of a plan, or looks for it. What can't be had is told in the report, and keeps nothing from coming.
///
/// # Errors
/// `cancelled`.
pub(crate) async fn fill(
    subject: &Subject,
    plan: Plan,
    reach: &Reach,
    progress: &mut Progress,
    reporter: &Reporter,
) -> Result<Report, Failure> {
    let mut report = Report {
        subject: subject.name(),
        at: Timestamp::now(),
        work: Default::default(),
        upgrades: Default::default(),
        bytes: 0,
        fetched: 0,
        lacks: Vec::new(),
    };
    let Plan {
        needs,
        toolchains,
        lists,
        lacks,
    } = plan;
    for _ in &lists {
        report.has(Purpose::Upgrade);
    }
    for lack in lacks {
        report.lacks(lack);
    }
    progress.total += needs.len() as u64;
    reporter.report(*progress);
    let zips = Semaphore::new(ZIPS);
    let mut coming = stream::iter(needs)
        .map(|(module, need)| {
            let zips = &zips;
            async move {
                let came = bring(reach, &module, need, zips).await;
                (module, need, came)
            }
        })
        .buffer_unordered(VERSIONS);
    loop {
        let next = tokio::select! {
            biased;
            () = reporter.cancel().cancelled() => return Err(cancelled(*progress)),
            next = coming.next() => next,
        };
        let Some((module, need, came)) = next else {
            break;
        };
        progress.done += 1;
        progress.bytes += came.fetched;
        reporter.report(*progress);
        report.bytes += came.bytes;
        report.fetched += came.fetched;
        if came.reasons.is_empty() {
            report.has(need.purpose);
        } else {
            let what = if toolchains.contains(&module) {
                format!("the toolchain {}", module.version)
            } else {
                module.to_string()
            };
            report.lacks(Lack {
                purpose: need.purpose,
                what,
                reason: came.reasons.join("; "),
            });
        }
    }
    report.lacks.sort();
    report.at = Timestamp::now();
    Ok(report)
}

/// The files of a version and its record.
async fn bring(reach: &Reach, module: &ModuleVersion, need: Need, zips: &Semaphore) -> Came {
    let mut came = Came::default();
    for &kind in kinds(need) {
        let _turn = match kind {
            FileKind::Zip => zips.acquire().await.ok(),
            FileKind::Info | FileKind::Mod => None,
        };
        match reach.file(module, kind).await {
            Ok(brought) => {
                came.bytes += brought.bytes;
                came.fetched += if brought.is_new { brought.bytes } else { 0 };
            }
            Err(reason) => {
                if !came.reasons.contains(&reason) {
                    came.reasons.push(reason);
                }
            }
        }
    }
    if came.reasons.is_empty()
        && let Err(reason) = reach.record(module).await
    {
        came.reasons.push(reason);
    }
    came
}

fn cancelled(progress: Progress) -> Failure {
    Failure::new(
        Code::Cancelled,
        format!(
            "stocking was cancelled after {} of {} module versions; what has come stays, and the next time goes on from there",
            progress.done, progress.total
        ),
    )
}
