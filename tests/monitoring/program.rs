//! A program that runs beside a test, and ends with it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A program that runs; it ends with its value.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it says goes into a file in this folder.
    #[track_caller]
    pub(crate) fn start(name: &str, folder: &Path, args: &[String]) -> Self {
        let log = folder.join(format!("{}.log", name.rsplit('/').next().unwrap()));
        let file = File::create(&log).unwrap();
        let child = Command::new(name)
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}; scripts/setup test brings it"));
        Self { child, log }
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
