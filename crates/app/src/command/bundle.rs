//! `bundle`: module versions into one file for a computer without a network, and out of it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use go_module::ProxyList;
use serde::{Deserialize, Serialize};
use store::Filling;
use ts_rs::TS;
use upstream::{Chain, Upstream};

use super::Job;
use crate::app::App;
use crate::bundle::{self, Exported, Unpacked};
use crate::failure::{Code, Failure};
use crate::import::{self, ImportReport, Wish};
use crate::job::Reporter;
use crate::settings::{PUBLIC, ProfileSettings};

/// The most bytes that a bundle may have unpacked, whatever room there is.
const MOST: u64 = 64 << 30;

/// Puts module versions that are kept into a bundle.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct BundleExport {
    /// Projects by the absolute paths of their folders, and patterns as for `cache list`.
    pub wants: Vec<String>,
    /// Where the bundle is to stand, as an absolute path.
    pub file: PathBuf,
    /// Whether private modules go into it.
    pub private: bool,
}

impl Job for BundleExport {
    const NAME: &'static str = "bundle-export";
    type Answer = Exported;

    async fn run(self, app: App, reporter: Reporter) -> Result<Exported, Failure> {
        bundle::check(&self.wants)?;
        absolute(&self.file)?;
        let wish = bundle::Wish {
            wants: self.wants,
            file: self.file,
            private: self.private,
        };
        bundle::export(&app, wish, &reporter).await
    }
}

/// Takes in what a bundle holds, verified.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct BundleImport {
    /// The bundle, as an absolute path.
    pub file: PathBuf,
}

impl Job for BundleImport {
    const NAME: &'static str = "bundle-import";
    type Answer = ImportReport;

    async fn run(self, app: App, reporter: Reporter) -> Result<ImportReport, Failure> {
        absolute(&self.file)?;
        let room = app.store().room().await?;
        let most = room.free.unwrap_or(MOST).min(MOST);
        let (bundle, folder, cancel) =
            (self.file.clone(), scratch(&app), reporter.cancel().clone());
        let unpacking =
            tokio::task::spawn_blocking(move || bundle::unpack(&bundle, folder, most, &cancel));
        let mut unpacked: Unpacked = unpacking
            .await
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))??;
        let wish = Wish {
            folder: unpacked.folder.clone(),
            // Nobody else has them: the folder goes.
            filling: Filling::HardLink,
            origin: format!("bundle {}", self.file.display()),
            records: Some(records(&app, &unpacked.folder).await?),
        };
        let mut report = import::import(&app, wish, &reporter).await?;
        report.folder = self.file.display().to_string();
        for left_out in std::mem::take(&mut unpacked.left_out) {
            report.leave_out(left_out);
        }
        let removing = tokio::task::spawn_blocking(move || drop(unpacked));
        let _ = removing.await;
        Ok(report)
    }
}

fn absolute(file: &Path) -> Result<(), Failure> {
    if file.is_absolute() {
        return Ok(());
    }
    let message = format!("{} is no absolute path", file.display());
    Err(Failure::new(Code::BadInput, message))
}

/// A folder of its own among what is on its way: what a kill leaves of it goes at the next start.
fn scratch(app: &App) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("bundle-{}-{number}", std::process::id());
    app.places().cache.join("tmp").join(name)
}

/// The folder as an upstream: its records and tiles are asked for as those of any other.
async fn records(app: &App, folder: &Path) -> Result<Upstream, Failure> {
    let around = app.around().await?;
    let parts = around.parts(&ProfileSettings::new(PUBLIC)).await?;
    let internal = |error: &dyn std::fmt::Display| Failure::new(Code::Internal, error.to_string());
    let url = file_url(folder);
    let list: ProxyList = url.parse().map_err(|error| internal(&error))?;
    let chain = Chain::build(&list, &parts).map_err(|error| internal(&error))?;
    let first = chain.upstreams().next().cloned();
    first.ok_or_else(|| internal(&format!("{url} is no upstream")))
}

fn file_url(folder: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;

    let mut url = "file://".to_owned();
    for byte in folder.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                url.push(char::from(*byte));
            }
            other => url += &format!("%{other:02X}"),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_any_name_is_one_url() {
        let url = file_url(Path::new("/home/ann, bob|c/ä/larder"));
        assert_eq!(url, "file:///home/ann%2C%20bob%7Cc/%C3%A4/larder");
    }
}
