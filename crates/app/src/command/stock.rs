//! `stock` and `ready`: what a project needs is brought into the cache, or looked for there; and which projects there are.

use std::path::PathBuf;

use go_module::ModuleVersion;
use go_tool::{CallerEnv, Go};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Call, Job};
use crate::app::App;
use crate::changes::Topic;
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};
use crate::stock::{
    self, MissedReport, Plan, Project, Reach, Remembered, Report, Starter, Subject,
};

/// How much of what was missed is brought at once.
const MISSED: usize = 1_000;
/// How much of the activity log is looked through for a starter.
const ACTIVITY: usize = 10_000;

/// Brings all that is needed into the cache, and lets it stay there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Stock {
    /// Of what.
    pub subjects: Vec<Subject>,
}

impl Job for Stock {
    const NAME: &'static str = "stock";
    /// One for each subject, in their order.
    type Answer = Vec<Report>;

    async fn run(self, app: App, reporter: Reporter) -> Result<Vec<Report>, Failure> {
        let read = read_all(self.subjects).await?;
        for (subject, _) in &read {
            app.stocked().begins(subject).await?;
        }
        let mut reports = Vec::with_capacity(read.len());
        let mut progress = Progress::default();
        let mut failed = None;
        for (subject, project) in read {
            if failed.is_some() {
                not_done(&app, &subject, &reporter).await?;
                continue;
            }
            let fingerprint = project.as_ref().map(Project::fingerprint);
            let stocked = stock_one(&app, &subject, project, &mut progress, &reporter).await;
            match stocked {
                Ok(report) => {
                    let came = (report.clone(), fingerprint.unwrap_or_default());
                    app.stocked().ended(&subject, Some(came)).await?;
                    reports.push(report);
                }
                Err(failure) => {
                    not_done(&app, &subject, &reporter).await?;
                    failed = Some(failure);
                }
            }
        }
        match failed {
            Some(failure) => Err(failure),
            None => Ok(reports),
        }
    }
}

/// Where the instance ends in the middle of it, it goes on at the next start; else it does not.
async fn not_done(app: &App, subject: &Subject, reporter: &Reporter) -> Result<(), Failure> {
    if reporter.is_stopping() {
        return Ok(());
    }
    app.stocked().ended(subject, None).await
}

async fn stock_one(
    app: &App,
    subject: &Subject,
    project: Option<Project>,
    progress: &mut Progress,
    reporter: &Reporter,
) -> Result<Report, Failure> {
    let reach = Reach::of_upstreams(app.delivery().await?.clone());
    let plan = plan(app, subject, project.as_ref(), &reach, reporter).await?;
    app.store().keep(&subject.owner(), &plan.versions()).await?;
    Box::pin(stock::fill(subject, plan, &reach, progress, reporter)).await
}

/// Looks whether all that is needed is in the cache, and remembers it of what was stocked. Nobody is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Ready {
    /// Of what.
    pub subjects: Vec<Subject>,
}

impl Job for Ready {
    const NAME: &'static str = "ready";
    /// One for each subject, in their order.
    type Answer = Vec<Report>;

    async fn run(self, app: App, reporter: Reporter) -> Result<Vec<Report>, Failure> {
        let read = read_all(self.subjects).await?;
        let mut reports = Vec::with_capacity(read.len());
        let mut progress = Progress::default();
        for (subject, project) in read {
            let reach = Reach::of_cache(app.delivery().await?.clone(), app.store().clone());
            let plan = plan(&app, &subject, project.as_ref(), &reach, &reporter).await?;
            let report = Box::pin(stock::fill(
                &subject,
                plan,
                &reach,
                &mut progress,
                &reporter,
            ))
            .await?;
            app.stocked().looked_at(&subject, &report).await?;
            reports.push(report);
        }
        Ok(reports)
    }
}

/// Brings what was asked for and missing while offline, the last first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StockMissed {}

impl Job for StockMissed {
    const NAME: &'static str = "stock-missed";
    type Answer = MissedReport;

    async fn run(self, app: App, reporter: Reporter) -> Result<MissedReport, Failure> {
        let delivery = app.delivery().await?;
        let missed = app.store().missed(MISSED).await?;
        let around = app.around().await?;
        let bringing = stock::bring_missed(delivery, missed, around.go_version(), &reporter);
        let report = tokio::select! {
            biased;
            () = reporter.cancel().cancelled() => return Err(Failure::new(
                Code::Cancelled,
                "it was cancelled; what has come stays",
            )),
            report = Box::pin(bringing) => report?,
        };
        app.store().forget_missed(&report.done).await?;
        app.last_look().numbers_changed();
        app.changes().tell(&[Topic::Stock, Topic::State]);
        Ok(report)
    }
}

/// Reads all projects, before anything is done for one of them. Each is then known by its folder.
async fn read_all(subjects: Vec<Subject>) -> Result<Vec<(Subject, Option<Project>)>, Failure> {
    let mut read = Vec::with_capacity(subjects.len());
    for subject in subjects {
        read.push(match subject {
            Subject::Project(path) => {
                let project = read_project(path).await?;
                (Subject::Project(project.folder.clone()), Some(project))
            }
            Subject::Module(_) => (subject, None),
        });
    }
    Ok(read)
}

pub(crate) async fn read_project(path: PathBuf) -> Result<Project, Failure> {
    if !path.is_absolute() {
        return Err(Failure::new(
            Code::BadInput,
            format!("{} is not absolute", path.display()),
        ));
    }
    tokio::task::spawn_blocking(move || Project::read(&path))
        .await
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?
}

async fn plan(
    app: &App,
    subject: &Subject,
    project: Option<&Project>,
    reach: &Reach,
    reporter: &Reporter,
) -> Result<Plan, Failure> {
    let around = app.around().await?;
    // Boxed, for it is deep.
    let planning = Box::pin(async {
        match (project, subject) {
            (Some(project), _) => Ok(Plan::of_project(reach, project, around.go_version()).await),
            (None, Subject::Module(text)) => {
                let module: ModuleVersion = stock::resolve(reach, text).await?;
                Ok(Plan::of_module(reach, &module, around.go_version()).await)
            }
            (None, Subject::Project(_)) => Ok(Plan::default()),
        }
    });
    tokio::select! {
        biased;
        () = reporter.cancel().cancelled() => Err(Failure::new(
            Code::Cancelled,
            "it was cancelled; what has come stays, and the next time goes on from there",
        )),
        plan = planning => plan,
    }
}

/// Asks what was stocked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StockList {}

impl Call for StockList {
    const NAME: &'static str = "stock-list";
    type Answer = Vec<Remembered>;

    async fn run(self, app: &App) -> Result<Vec<Remembered>, Failure> {
        app.stocked().all().await
    }
}

/// Has projects kept stocked when their files change, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StockWatch {
    /// Which ones.
    pub subjects: Vec<Subject>,
    /// Whether they are to be watched.
    pub watched: bool,
}

impl Call for StockWatch {
    const NAME: &'static str = "stock-watch";
    type Answer = Vec<Remembered>;

    async fn run(self, app: &App) -> Result<Vec<Remembered>, Failure> {
        let Self { subjects, watched } = self;
        if let Some(other) = subjects.iter().find(|it| matches!(it, Subject::Module(_))) {
            return Err(Failure::new(
                Code::BadInput,
                format!(
                    "{} is no project, so there is nothing to watch",
                    other.name()
                ),
            ));
        }
        let subjects = folders(subjects, watched).await?;
        for subject in &subjects {
            let change = |known: &mut Remembered| known.watched = watched;
            app.stocked().change(subject, change).await?;
        }
        app.stocked().all().await
    }
}

/// Projects by their folders. One that is gone may still be named as it was.
async fn folders(subjects: Vec<Subject>, must_be: bool) -> Result<Vec<Subject>, Failure> {
    let mut folders = Vec::with_capacity(subjects.len());
    for subject in subjects {
        match read_all(vec![subject.clone()]).await {
            Ok(read) => folders.extend(read.into_iter().map(|(subject, _)| subject)),
            Err(failure) if must_be => return Err(failure),
            Err(_) => folders.push(subject),
        }
    }
    Ok(folders)
}

/// Forgets what was stocked: it may go when room is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StockForget {
    /// Which ones.
    pub subjects: Vec<Subject>,
}

impl Call for StockForget {
    const NAME: &'static str = "stock-forget";
    /// Those that were known.
    type Answer = Vec<Subject>;

    async fn run(self, app: &App) -> Result<Vec<Subject>, Failure> {
        let mut known = Vec::new();
        for subject in folders(self.subjects, false).await? {
            if app.stocked().forget(&subject).await? {
                known.push(subject);
            }
        }
        Ok(known)
    }
}

/// Asks for a list to begin with: what the caller's `go` has in its GOMODCACHE, and what was asked for through Larder.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct StockStarter {
    /// The caller's environment.
    #[serde(default = "CallerEnv::of_process")]
    #[ts(skip)]
    pub caller: CallerEnv,
}

impl Call for StockStarter {
    const NAME: &'static str = "stock-starter";
    type Answer = Starter;

    async fn run(self, app: &App) -> Result<Starter, Failure> {
        let caller = self.caller;
        let finding = tokio::task::spawn_blocking(move || Go::of_caller(&caller));
        let go = finding
            .await
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?
            .map_err(|error| Failure::new(Code::Go, error.to_string()))?;
        let said = go
            .env(&["GOMODCACHE"])
            .await
            .map_err(|error| Failure::new(Code::Go, error.to_string()))?;
        let cache = said.get("GOMODCACHE").map(PathBuf::from);
        let activity = app.activity().last(ACTIVITY).await?;
        tokio::task::spawn_blocking(move || stock::starter(cache.as_deref(), &activity))
            .await
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))
    }
}
