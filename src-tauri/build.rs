//! Takes in the configuration, what the window may ask for, and the window's files.

use std::fs;
use std::path::Path;

use tauri_build::{AppManifest, Attributes};

/// What the window may ask for; capabilities/window.json allows it.
const COMMANDS: &[&str] = &[
    "call",
    "start",
    "watch",
    "cancel",
    "follow",
    "unfollow",
    "desktop",
    "choose_folder",
    "open_path",
    "restart",
    "close_window",
];

fn main() {
    // A check of the sources alone needs no window, but the folder it will be in.
    let window = Path::new("../ui/dist");
    if let Err(error) = fs::create_dir_all(window) {
        panic!("{} can't be made: {error}", window.display());
    }
    println!("cargo:rerun-if-changed={}", window.display());
    let attributes = Attributes::new().app_manifest(AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        panic!("{error:#}");
    }
}
