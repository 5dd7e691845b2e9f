//! What the instance knows by itself: that it runs, what needs attention, what is lost, what is let through.

use jiff::Timestamp;
use store::FirstSight;

use super::line::{Check, DoctorLine};
use crate::VERSION;
use crate::app::App;
use crate::room;
use crate::settings::{Quota, shown};
use crate::trust;

/// Whether Larder runs, and in the version of the program that asks.
pub(super) fn instance(app: &App, version: &str) -> DoctorLine {
    if app.serving().is_err() {
        return DoctorLine::warning(Check::Instance, "not running").mend("larder serve");
    }
    let running = format!("version {VERSION} runs, process {}", std::process::id());
    if version == VERSION {
        DoctorLine::ok(Check::Instance, running)
    } else {
        let found = format!("{running}, and this program is version {version}");
        DoctorLine::warning(Check::Instance, found).mend("larder stop, then larder serve")
    }
}

/// Whether the cache is within its quota, and leaves the disk its reserve.
pub(super) async fn room(app: &App) -> Vec<DoctorLine> {
    let report = match room::report(app, false).await {
        Ok(report) => report,
        Err(failure) => return vec![DoctorLine::of_failure(Check::Disk, &failure)],
    };
    if report.warnings.is_empty() {
        let quota = Quota(report.quota);
        let found = format!("the cache takes {} of {quota}", shown(report.used));
        return vec![DoctorLine::ok(Check::Disk, found)];
    }
    let line = |found: String| DoctorLine::warning(Check::Disk, found).mend("larder cache quota");
    report.warnings.into_iter().map(line).collect()
}

/// What nobody has put away.
pub(super) async fn notices(app: &App) -> Vec<DoctorLine> {
    vec![match app.notices().all().await {
        Ok(notices) if notices.is_empty() => {
            DoctorLine::ok(Check::Notices, "nothing needs attention")
        }
        Ok(notices) => {
            let found = match notices.len() {
                1 => "1 notice needs attention".to_owned(),
                count => format!("{count} notices need attention"),
            };
            DoctorLine::warning(Check::Notices, found).mend("larder notices")
        }
        Err(failure) => DoctorLine::of_failure(Check::Notices, &failure),
    }]
}

/// Whether the hashes that were seen first are all there.
pub(super) fn first_sight(app: &App) -> DoctorLine {
    match app.store().first_sight() {
        FirstSight::Intact => {
            DoctorLine::ok(Check::FirstSight, "the hashes seen first are all there")
        }
        FirstSight::Lost { since } => {
            let found = format!(
                "the hashes that Larder saw first are lost since {} (state.sqlite was removed or replaced)",
                since.strftime("%Y-%m-%d")
            );
            DoctorLine::warning(Check::FirstSight, found).mend("larder trust acknowledge")
        }
    }
}

/// What is let through unverified.
pub(super) async fn grants(app: &App) -> Vec<DoctorLine> {
    let grants = match trust::grants(app.store()).await {
        Ok(grants) => grants,
        Err(failure) => return vec![DoctorLine::of_failure(Check::Grants, &failure)],
    };
    let ends: Vec<Timestamp> = grants
        .active(Timestamp::now())
        .map(|grant| grant.until)
        .collect();
    let Some(last) = ends.iter().max() else {
        let found = "nothing is let through unverified";
        return vec![DoctorLine::ok(Check::Grants, found)];
    };
    let patterns = match ends.len() {
        1 => "1 pattern is".to_owned(),
        count => format!("{count} patterns are"),
    };
    let found = format!(
        "{patterns} let through unverified, until {} at the latest",
        last.strftime("%Y-%m-%d")
    );
    vec![DoctorLine::warning(Check::Grants, found).mend("larder trust list")]
}
