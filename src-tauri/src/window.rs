//! The one window: made when it is wanted, gone when it is closed, so that nothing of it takes memory in between.

use tauri::utils::config::Color;
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::look::Look;

/// Its name among Tauri's windows; the capabilities are for it.
pub(crate) const MAIN: &str = "main";

/// What is seen until the page is there: the ground of the page, light and dark.
const GROUND: [Color; 2] = [Color(0xFB, 0xFA, 0xF8, 0xFF), Color(0x1A, 0x1B, 0x1A, 0xFF)];

/// Shows the window, at this screen where one is named. What goes wrong is told in the log: whoever asked has no window
/// to hear of it.
pub(crate) fn open(handle: &AppHandle, route: Option<&str>) {
    let shown = match handle.get_webview_window(MAIN) {
        Some(window) => show(&window, route),
        None => make(handle, route),
    };
    if let Err(error) = shown {
        tracing::warn!("the window can't be shown: {error}");
    }
}

/// Closes the window, if there is one.
pub(crate) fn close(handle: &AppHandle) {
    if let Some(window) = handle.get_webview_window(MAIN)
        && let Err(error) = window.close()
    {
        tracing::warn!("the window can't be closed: {error}");
    }
}

fn show(window: &WebviewWindow, route: Option<&str>) -> tauri::Result<()> {
    if let Some(route) = route {
        // As JSON it is one string of JavaScript, whatever stands in it.
        window.eval(format!(
            "location.hash = {}",
            serde_json::Value::from(route)
        ))?;
    }
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

fn make(handle: &AppHandle, route: Option<&str>) -> tauri::Result<()> {
    let page = match route {
        Some(route) => format!("index.html#{route}"),
        None => "index.html".to_owned(),
    };
    let ground = GROUND[usize::from(handle.state::<Look>().is_dark())];
    let window = WebviewWindowBuilder::new(handle, MAIN, WebviewUrl::App(page.into()))
        .title("Larder")
        .inner_size(1080.0, 720.0)
        .min_inner_size(800.0, 560.0)
        .background_color(ground)
        .on_navigation(is_own)
        .build()?;
    #[cfg(target_os = "linux")]
    window.with_webview(|webview| draw_without_graphics_card(&webview.inner()))?;
    window.set_focus()
}

/// Has the page drawn by the processor: it is text and thin lines, and a driver for the graphics card takes more memory than
/// all of the page (docs/decisions/0022-tray.md).
#[cfg(target_os = "linux")]
fn draw_without_graphics_card(webview: &webkit2gtk::WebView) {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};

    if let Some(settings) = WebViewExt::settings(webview) {
        settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
    }
}

/// Whether the window may go there: its own page and nothing else.
fn is_own(url: &Url) -> bool {
    url.scheme() == "tauri"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_at_home() {
        let goes = |url: &str| is_own(&url.parse().unwrap());
        assert!(goes("tauri://localhost/index.html#/activity"));
        for elsewhere in [
            "https://corp.example/",
            "file:///etc/passwd",
            "http://127.0.0.1:4677/",
            "data:text/html,hi",
        ] {
            assert!(!goes(elsewhere), "{elsewhere}");
        }
    }
}
