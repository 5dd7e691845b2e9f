//! A file system that is small or read-only, for tests of a disk that is full or can't be written to.
//!
//! Nobody but root may mount, except in a namespace of one's own: such a test runs itself again in one, with `unshare`
//! of util-linux.

use std::{
    env,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{run, run_within};

const INSIDE: &str = "LARDER_TEST_INSIDE_NAMESPACE";

/// Whether this is the second run of a test, in a namespace where it may mount. In the first run it makes the second
/// one and panics unless that passes; then the test has nothing left to do.
///
/// `test` is the test's path as `cargo test` lists it.
#[track_caller]
pub fn runs_where_it_may_mount(test: &str) -> bool {
    if env::var_os(INSIDE).is_some() {
        return true;
    }
    let allowed = run(Command::new("unshare").args(["-rm", "true"]));
    assert!(
        allowed.status.success(),
        "this test mounts a small file system, and needs a namespace of its own for it, which this system does not \
         allow: {allowed}"
    );
    let mut again = Command::new("unshare");
    again
        .arg("-rm")
        .arg(env::current_exe().expect("this test is a program"))
        .args([test, "--exact", "--nocapture"])
        .env(INSIDE, "1");
    let output = run_within(&mut again, Duration::from_secs(100)).success();
    assert!(
        output.stdout.contains("1 passed"),
        "no test {test}: {output}"
    );
    false
}

/// A file system of its own; unmounted with its value. Only where [`runs_where_it_may_mount`].
pub struct Disk(PathBuf);

impl Disk {
    /// A new, empty one over a folder, with room for so many bytes.
    pub fn mount(at: &Path, bytes: u64) -> Self {
        let options = format!("size={bytes},mode=700");
        mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], at);
        Self(at.to_owned())
    }

    /// A read-only view of a folder over the folder itself. What is open for writing stays so; nothing new is.
    pub fn read_only_view(of: &Path) -> Self {
        let path = of.to_str().expect("a path of a test is text");
        mount(&["--bind", path], of);
        mount(&["-o", "remount,bind,ro"], of);
        Self(of.to_owned())
    }

    /// Makes it read-only, or writable again. Nothing may be open for writing; what is let go of in the background, as the
    /// connections to a database that could not be opened, is waited for.
    pub fn set_read_only(&self, read_only: bool) {
        let options = format!("remount,{}", if read_only { "ro" } else { "rw" });
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let done = run(Command::new("mount").args(["-o", &options]).arg(&self.0));
            if !done.stderr.contains("busy") || Instant::now() >= until {
                done.success();
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Takes all the room there is.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("a file on an own disk");
        for step in [64 << 10, 4 << 10, 1] {
            while ballast.write_all(&vec![0; step]).is_ok() {}
        }
    }

    /// Gives the room of [`Disk::fill`] back.
    pub fn make_room(&self) {
        fs::remove_file(self.ballast()).expect("the disk was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open on it keeps it for itself alone.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[track_caller]
fn mount(args: &[&str], at: &Path) {
    run(Command::new("mount").args(args).arg(at)).success();
}

#[cfg(test)]
mod tests {
    use super::{Disk, runs_where_it_may_mount};
    use std::{fs, io::ErrorKind};

    #[test]
    fn a_disk_is_full_or_read_only_as_told() {
        if !runs_where_it_may_mount("disk::tests::a_disk_is_full_or_read_only_as_told") {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::mount(folder.path(), 1 << 20);
        let write = || fs::write(folder.path().join("file"), [1; 5000]);
        let refused = || write().unwrap_err().kind();
        write().unwrap();
        disk.fill();
        fs::remove_file(folder.path().join("file")).unwrap();
        disk.fill();
        assert_eq!(refused(), ErrorKind::StorageFull);
        disk.make_room();
        write().unwrap();
        disk.set_read_only(true);
        assert_eq!(refused(), ErrorKind::ReadOnlyFilesystem);
        disk.set_read_only(false);
        let view = Disk::read_only_view(folder.path());
        assert_eq!(refused(), ErrorKind::ReadOnlyFilesystem);
        drop(view);
        write().unwrap();
    }
}
