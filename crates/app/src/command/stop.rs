//! `stop`: the instance ends cleanly.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::Failure;

/// Asks the instance to end: requests under way finish first.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct Stop {}

/// It is ending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Stopping {
    /// The process that ends.
    pub pid: u32,
}

impl Call for Stop {
    const NAME: &'static str = "stop";
    type Answer = Stopping;

    async fn run(self, app: &App) -> Result<Stopping, Failure> {
        app.serving()?.ask_to_stop();
        Ok(Stopping {
            pid: std::process::id(),
        })
    }
}
