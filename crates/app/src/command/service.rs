//! `service`: what the instance has to know of it. Installing it is the work of the crate that listens.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::Failure;
use crate::go_env::{self, PortHold};

/// Says who holds Larder's port from now on while it does not run: go env follows it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PortIsHeld {
    /// Who.
    pub hold: PortHold,
}

/// It is taken note of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PortHeld {}

impl Call for PortIsHeld {
    const NAME: &'static str = "port-is-held";
    type Answer = PortHeld;

    async fn run(self, app: &App) -> Result<PortHeld, Failure> {
        go_env::port_is_held(app, self.hold).await?;
        Ok(PortHeld {})
    }
}
