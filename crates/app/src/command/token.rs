//! `token rotate`: a new module token; the old one is refused from now on.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::Failure;
use crate::go_env;

/// Replaces the module token.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct RotateToken {}

/// It has been replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Rotated {
    /// Whether an instance is running that now refuses the old one.
    pub serving: bool,
}

impl Call for RotateToken {
    const NAME: &'static str = "token-rotate";
    type Answer = Rotated;

    async fn run(self, app: &App) -> Result<Rotated, Failure> {
        let tokens = app.clone();
        tokio::task::spawn_blocking(move || tokens.tokens().rotate())
            .await
            .map_err(|error| Failure::new(crate::Code::Internal, error.to_string()))??;
        go_env::renew(app).await;
        Ok(Rotated {
            serving: app.serving().is_ok(),
        })
    }
}
