//! `pause`, `resume`: go env is given back for a time, and pointed at Larder again as it was. The port goes on answering.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use super::state::{self, StateReport};
use crate::app::App;
use crate::failure::Failure;
use crate::go_env::{self, EnvGivenBack, PortHold};

/// Gives go env back until somebody resumes, over restarts too.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct Pause {}

/// How Larder is, paused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Paused {
    /// How it is.
    #[serde(flatten)]
    pub state: StateReport,
    /// The files that were given back just now.
    pub files: Vec<EnvGivenBack>,
}

impl Call for Pause {
    const NAME: &'static str = "pause";
    type Answer = Paused;

    async fn run(self, app: &App) -> Result<Paused, Failure> {
        let files = go_env::pause(app).await?;
        Ok(Paused {
            state: state::report(app).await?,
            files,
        })
    }
}

/// Points go at Larder again, as it was before the pause.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct Resume {
    /// Who holds Larder's port while it does not run, where the caller found out.
    #[serde(default)]
    #[ts(as = "Option<PortHold>", optional)]
    pub hold: PortHold,
}

/// How Larder is, not paused any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Resumed {
    /// How it is.
    #[serde(flatten)]
    pub state: StateReport,
    /// The files that point at Larder again.
    pub files: Vec<PathBuf>,
}

impl Call for Resume {
    const NAME: &'static str = "resume";
    type Answer = Resumed;

    async fn run(self, app: &App) -> Result<Resumed, Failure> {
        let files = go_env::resume(app, self.hold).await?;
        Ok(Resumed {
            state: state::report(app).await?,
            files,
        })
    }
}
