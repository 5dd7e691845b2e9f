//! `import`: an existing GOMODCACHE is taken into the cache.

use std::path::{Path, PathBuf};

use go_tool::{CallerEnv, Go};
use serde::{Deserialize, Serialize};
use store::Filling;
use ts_rs::TS;

use super::Job;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::import::{self, ImportReport, Wish};
use crate::job::Reporter;

/// Takes in what a GOMODCACHE holds, verified.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Import {
    /// The folder, as an absolute path; the caller's GOMODCACHE where there is none.
    pub folder: Option<PathBuf>,
    /// Whether files are linked rather than copied.
    pub hard_links: bool,
    /// The caller's environment.
    #[serde(default = "CallerEnv::of_process")]
    #[ts(skip)]
    pub caller: CallerEnv,
}

impl Job for Import {
    const NAME: &'static str = "import";
    type Answer = ImportReport;

    async fn run(self, app: App, reporter: Reporter) -> Result<ImportReport, Failure> {
        let folder = match self.folder {
            Some(folder) => folder,
            None => go_mod_cache(self.caller).await?,
        };
        if !folder.is_absolute() {
            let message = format!("{} is no absolute path", folder.display());
            return Err(Failure::new(Code::BadInput, message));
        }
        let filling = if self.hard_links {
            Filling::HardLink
        } else {
            Filling::Copy
        };
        let wish = Wish {
            origin: import::origin_of(&folder),
            folder,
            filling,
            records: None,
        };
        let shared = self.hard_links.then(|| import::shared_with(&wish.folder));
        let mut report = import::import(&app, wish, &reporter).await?;
        report.warnings.extend(shared);
        Ok(report)
    }
}

/// GOMODCACHE as the caller's own `go` has it.
async fn go_mod_cache(caller: CallerEnv) -> Result<PathBuf, Failure> {
    let go_failure = |error: &dyn std::fmt::Display| {
        Failure::new(Code::Go, error.to_string())
            .hint("name the folder: larder import ~/go/pkg/mod")
    };
    let finding = tokio::task::spawn_blocking(move || Go::of_caller(&caller)).await;
    let go = finding
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?
        .map_err(|error| go_failure(&error))?;
    let said = go.env(&["GOMODCACHE"]).await;
    let said = said.map_err(|error| go_failure(&error))?;
    match said.get("GOMODCACHE") {
        Some(folder) if Path::new(folder).is_absolute() => Ok(PathBuf::from(folder)),
        _ => Err(go_failure(&"go env GOMODCACHE names no folder")),
    }
}
