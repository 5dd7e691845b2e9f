//! `env`: go env is pointed at Larder, given back, and shown. What go is and reads is the caller's affair.

use std::path::PathBuf;

use go_tool::CallerEnv;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::Failure;
use crate::go_env::{self, EnvOffReport, EnvOnReport, EnvReport, PortHold};

/// Points the caller's go at Larder.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EnvOn {
    /// The caller's environment.
    #[serde(default = "CallerEnv::of_process")]
    #[ts(skip)]
    pub caller: CallerEnv,
    /// The program `larder`, to be named in GOAUTH; `None` leaves that alone.
    pub larder: Option<PathBuf>,
    /// Who holds Larder's port while it does not run, as the caller found it.
    pub hold: PortHold,
}

impl Call for EnvOn {
    const NAME: &'static str = "env-on";
    type Answer = EnvOnReport;

    async fn run(self, app: &App) -> Result<EnvOnReport, Failure> {
        go_env::on(app, self.caller, self.larder, self.hold).await
    }
}

/// Gives the caller's go env back.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EnvOff {
    /// The caller's environment.
    #[serde(default = "CallerEnv::of_process")]
    #[ts(skip)]
    pub caller: CallerEnv,
}

impl Call for EnvOff {
    const NAME: &'static str = "env-off";
    type Answer = EnvOffReport;

    async fn run(self, app: &App) -> Result<EnvOffReport, Failure> {
        go_env::off(app, self.caller).await
    }
}

/// Asks how go env stands to Larder.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EnvShow {
    /// The caller's environment.
    #[serde(default = "CallerEnv::of_process")]
    #[ts(skip)]
    pub caller: CallerEnv,
}

impl Call for EnvShow {
    const NAME: &'static str = "env-show";
    type Answer = EnvReport;

    async fn run(self, app: &App) -> Result<EnvReport, Failure> {
        go_env::show(app, self.caller).await
    }
}
