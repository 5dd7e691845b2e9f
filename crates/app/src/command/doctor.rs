//! `doctor`: looks at everything that can stand in the way; as a call for who waits for all of it, as a job for who watches.

use go_tool::CallerEnv;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Call, Job};
use crate::app::App;
use crate::doctor::{self, DoctorLine, SoFar};
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};

/// Asks what stands in the way.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Doctor {
    /// The caller's environment.
    #[serde(default = "CallerEnv::of_process")]
    #[ts(skip)]
    pub caller: CallerEnv,
    /// The version of the program that asks.
    pub version: String,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Diagnosis {
    /// The version of what looked: the instance, or this program where there is none.
    pub version: String,
    /// What was found, in the order of [`Check`](crate::doctor::Check).
    pub lines: Vec<DoctorLine>,
}

impl Call for Doctor {
    const NAME: &'static str = "doctor";
    type Answer = Diagnosis;

    async fn run(self, app: &App) -> Result<Diagnosis, Failure> {
        Ok(Diagnosis {
            version: crate::VERSION.to_owned(),
            lines: doctor::examine(app, &self.caller, &self.version, |_| ()).await,
        })
    }
}

/// The same as a job: the lines of each check are in its state as soon as that check has ended.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Examine {
    /// The caller's environment; where there is none, that of the instance.
    #[serde(default = "CallerEnv::of_process")]
    #[ts(skip)]
    pub caller: CallerEnv,
    /// The version of the program that asks; where it has none of its own, it is the instance's.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub version: Option<String>,
}

impl Job for Examine {
    const NAME: &'static str = "doctor";
    type Answer = Diagnosis;

    async fn run(self, app: App, reporter: Reporter) -> Result<Diagnosis, Failure> {
        let asker = self.version.unwrap_or_else(|| crate::VERSION.to_owned());
        let diagnosis = |lines: &[DoctorLine]| Diagnosis {
            version: crate::VERSION.to_owned(),
            lines: lines.to_vec(),
        };
        let tell = |so_far: SoFar<'_>| {
            let progress = Progress {
                done: so_far.done as u64,
                total: so_far.total as u64,
                bytes: 0,
            };
            match serde_json::to_value(diagnosis(so_far.lines)) {
                Ok(found) => reporter.report_found(progress, found),
                Err(_) => reporter.report(progress),
            }
        };
        tokio::select! {
            biased;
            () = reporter.cancel().cancelled() => Err(Failure::new(
                Code::Cancelled,
                "it was cancelled before all was looked at",
            )),
            lines = Box::pin(doctor::examine(&app, &self.caller, &asker, tell)) => Ok(diagnosis(&lines)),
        }
    }
}
