//! What only the desktop program can do for the window: the system's dialog for a folder, a file shown.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use app::{Code, Failure, Places};
use serde::Serialize;
use tauri::{AppHandle, State};
use tokio::process::Command;

use crate::engine::Engine;
use crate::tray::TrayHost;
use crate::{folder, window};

/// What the desktop can do.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Desktop {
    /// Whether it shows tray icons.
    tray: bool,
}

/// What the desktop can do.
#[tauri::command]
pub(crate) fn desktop(host: State<'_, TrayHost>) -> Desktop {
    Desktop {
        tray: host.is_there(),
    }
}

/// Asks for a folder with the system's dialog, beginning at `start`; `None` where the person thought better of it.
#[tauri::command]
pub(crate) async fn choose_folder(
    handle: AppHandle,
    title: Option<String>,
    start: Option<PathBuf>,
) -> Result<Option<PathBuf>, Failure> {
    folder::choose(
        &handle,
        title.as_deref().unwrap_or("Choose a folder"),
        start,
    )
    .await
}

/// Shows one of Larder's own files or folders in the program that the desktop has for it.
#[tauri::command]
pub(crate) async fn open_path(places: State<'_, Places>, path: PathBuf) -> Result<(), Failure> {
    if !is_ours(&places, &path) {
        let message = format!(
            "{} is none of Larder's own files and folders",
            path.display()
        );
        return Err(Failure::new(Code::BadInput, message));
    }
    let failed = |why: String| {
        Failure::new(
            Code::Internal,
            format!("{} can't be shown: {why}", path.display()),
        )
    };
    let status = Command::new("xdg-open")
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let shown = status.await.map_err(|error| failed(error.to_string()))?;
    if shown.success() {
        Ok(())
    } else {
        Err(failed(format!("xdg-open ended with {shown}")))
    }
}

fn is_ours(places: &Places, path: &Path) -> bool {
    let settings = places.settings();
    [
        &places.config,
        &places.data,
        &places.cache,
        &places.logs,
        &settings,
    ]
    .into_iter()
    .any(|own| own == path)
}

/// Tries to start the engine again, where it is not there.
#[tauri::command]
pub(crate) fn restart(engine: State<'_, Engine>) {
    engine.try_at_once();
}

/// Closes the window; the tray stays.
#[tauri::command]
pub(crate) fn close_window(handle: AppHandle) {
    window::close(&handle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_larders_own_is_shown() {
        let places = Places::under(Path::new("/home/ann/.larder"));
        assert!(is_ours(&places, &places.settings()));
        assert!(is_ours(&places, &places.cache));
        for other in [
            "/etc/passwd",
            "/home/ann/.larder/data/../../.ssh",
            "/",
            "settings.toml",
        ] {
            assert!(!is_ours(&places, Path::new(other)), "{other}");
        }
    }
}
