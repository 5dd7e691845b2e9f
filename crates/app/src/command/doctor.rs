//! `doctor`: looks at everything that can stand in the way.

use go_tool::CallerEnv;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::doctor::{self, DoctorLine};
use crate::failure::Failure;

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
            lines: doctor::examine(app, &self.caller, &self.version).await,
        })
    }
}
