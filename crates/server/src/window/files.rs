//! The window's files, as they were built into the program.

/// One of them.
pub(super) struct File {
    /// Below `/-/window/`.
    pub(super) path: &'static str,
    /// Its content type.
    pub(super) kind: &'static str,
    pub(super) bytes: &'static [u8],
}

/// All of them, by path; none where the window was not there when the program was built.
#[cfg(not(test))]
static FILES: &[File] = &include!(concat!(env!("OUT_DIR"), "/window.rs"));

/// Tests have a window of their own, whether there is a real one or not.
#[cfg(test)]
static FILES: &[File] = &[
    File {
        path: "assets/index-abc.js",
        kind: "text/javascript; charset=utf-8",
        bytes: b"export {}",
    },
    File {
        path: "index.html",
        kind: "text/html; charset=utf-8",
        bytes: b"<!doctype html>",
    },
];

/// Whether the program has its window.
pub(super) fn are_there() -> bool {
    !FILES.is_empty()
}

/// The file of this path; the window itself where there is none.
pub(super) fn file(path: &str) -> Option<&'static File> {
    let path = if path.is_empty() { "index.html" } else { path };
    let at = FILES.binary_search_by_key(&path, |file| file.path);
    at.ok().map(|at| &FILES[at])
}

impl File {
    /// Whether its name has a hash of its bytes, so that it never changes.
    pub(super) fn is_for_ever(&self) -> bool {
        self.path.starts_with("assets/")
    }
}
