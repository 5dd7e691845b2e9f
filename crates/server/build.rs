//! Puts the window's files into the program: those of ui/dist, where it was built; none else.
//!
//! No Node is needed for that, and none is run. `ui/dist/.keep` is always there, so that the folder can be watched.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = PathBuf::from(var("CARGO_MANIFEST_DIR")?).join("../../ui/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    // Half of a window is none.
    if dist.join("index.html").is_file() {
        gather(&dist, "", &mut files)?;
    }
    files.sort();
    let mut text = String::from("[\n");
    for (path, file) in &files {
        let kind = kind(path);
        // Writing to a String can't fail.
        let _ = writeln!(
            text,
            "    File {{ path: {path:?}, kind: {kind:?}, bytes: include_bytes!({file:?}) }},"
        );
    }
    text.push(']');
    fs::write(PathBuf::from(var("OUT_DIR")?).join("window.rs"), text)
}

/// The files below a folder, by the path that a page asks for; hidden ones are not the window's.
fn gather(folder: &Path, under: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{under}{name}");
        if name.starts_with('.') {
            continue;
        } else if entry.file_type()?.is_dir() {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push((path, entry.path().canonicalize()?));
        }
    }
    Ok(())
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        _ => "application/octet-stream",
    }
}

fn var(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}
