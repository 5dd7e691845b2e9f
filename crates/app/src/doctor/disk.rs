//! Room for the cache, and whose the folders are.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Access, access, statvfs};
use rustix::io::Errno;

use super::in_background;
use super::line::{Check, DoctorLine};
use crate::places::Places;

/// Below this a big module may not find room, in bytes.
const LITTLE: u64 = 2 << 30;
/// Below this nearly nothing does.
const NONE: u64 = 200 << 20;

/// Looks at the room where the cache is, and at the rights of all folders.
pub(super) async fn check(places: &Places) -> Vec<DoctorLine> {
    let places = places.clone();
    in_background(Check::Disk, move || look(&places)).await
}

fn look(places: &Places) -> Vec<DoctorLine> {
    let folders = [
        &places.config,
        &places.data,
        &places.cache,
        &places.runtime,
        &places.logs,
    ];
    let mut lines: Vec<DoctorLine> = folders.into_iter().filter_map(|it| trouble(it)).collect();
    // What is not there yet will be in the folder above it.
    let there = places.cache.ancestors().find(|folder| folder.exists());
    match there.map(statvfs) {
        Some(Ok(found)) => lines.push(room(found.f_bavail * found.f_frsize, &places.cache)),
        Some(Err(error)) => {
            let found = format!("the free room can't be found out: {error}");
            let line = DoctorLine::warning(Check::Disk, found);
            lines.push(line.mend(format!("df {}", places.cache.display())));
        }
        None => {}
    }
    lines
}

fn room(free: u64, cache: &Path) -> DoctorLine {
    let found = format!("{} free for the cache in {}", size(free), cache.display());
    let line = match free {
        ..NONE => DoctorLine::broken(Check::Disk, found),
        NONE..LITTLE => DoctorLine::warning(Check::Disk, found),
        _ => return DoctorLine::ok(Check::Disk, found),
    };
    line.mend("larder cache size, then larder cache clear PATTERN")
}

/// What is wrong with a folder.
fn trouble(folder: &Path) -> Option<DoctorLine> {
    let name = folder.display();
    let broken = |found: String| Some(DoctorLine::broken(Check::Disk, found));
    let found = match fs::metadata(folder) {
        Ok(found) => found,
        // It is made when it is needed; whether it can be, its parent says.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            let line = broken(format!("the folder {name} can't be looked at: {error}"));
            return line.map(|line| line.mend(format!("ls -ld {name}")));
        }
    };
    let me = rustix::process::geteuid().as_raw();
    if found.uid() != me {
        let line = broken(format!(
            "the folder {name} belongs to another user (id {})",
            found.uid()
        ));
        return line.map(|line| line.mend(format!("sudo chown -R {me} {name}")));
    }
    if !found.is_dir() {
        return broken(format!("{name} is no folder"))
            .map(|line| line.mend(format!("mv {name} {name}.old")));
    }
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o022 != 0 {
        let line = broken(format!(
            "the folder {name} can be written by others (mode {mode:03o})"
        ));
        return line.map(|line| line.mend(format!("chmod 700 {name}")));
    }
    match access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => None,
        Err(Errno::ROFS) => broken(format!(
            "the folder {name} is on a file system that is read-only"
        ))
        .map(|line| line.mend("make it writable, or set LARDER_HOME to a folder that is")),
        Err(_) => broken(format!(
            "the folder {name} can't be written (mode {mode:03o})"
        ))
        .map(|line| line.mend(format!("chmod 700 {name}"))),
    }
}

fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        ..1_048_576 => format!("{} KiB", bytes / 1024),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", tenths(1 << 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Health;
    use super::*;

    #[test]
    fn room_is_little_or_none() {
        let cache = Path::new("/cache");
        for (free, health, shown) in [
            (0, Health::Broken, "0 KiB free"),
            (NONE - 1, Health::Broken, "199 MiB free"),
            (NONE, Health::Warning, "200 MiB free"),
            (LITTLE - 1, Health::Warning, "1.9 GiB free"),
            (LITTLE, Health::Ok, "2.0 GiB free"),
        ] {
            let line = room(free, cache);
            assert_eq!(line.health, health, "{free}");
            assert!(line.found.starts_with(shown), "{line:?}");
            assert_eq!(line.mend.is_empty(), health == Health::Ok);
        }
    }

    #[test]
    fn a_folder_that_others_write_or_that_is_none_is_broken() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("cache");
        assert_eq!(trouble(&folder), None);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let loose = trouble(&folder).unwrap();
        assert_eq!(loose.health, Health::Broken);
        assert_eq!(loose.mend, [format!("chmod 700 {}", folder.display())]);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(trouble(&folder), None);
        fs::remove_dir(&folder).unwrap();
        fs::write(&folder, "").unwrap();
        assert!(trouble(&folder).unwrap().found.ends_with("is no folder"));
    }
}
