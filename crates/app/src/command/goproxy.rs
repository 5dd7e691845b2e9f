//! `goproxy`: the address that `go` is pointed at.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::Failure;

/// Asks for the value of GOPROXY.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct Goproxy {}

/// The value of GOPROXY, token included: only ever shown to who asked for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProxyAddress {
    /// `http://127.0.0.1:PORT/<module token>`
    pub url: String,
}

impl std::fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProxyAddress([hidden])")
    }
}

impl Call for Goproxy {
    const NAME: &'static str = "goproxy";
    type Answer = ProxyAddress;

    async fn run(self, app: &App) -> Result<ProxyAddress, Failure> {
        let port = app.serving()?.port();
        Ok(ProxyAddress {
            url: format!("http://127.0.0.1:{port}/{}", app.tokens().module().expose()),
        })
    }
}
