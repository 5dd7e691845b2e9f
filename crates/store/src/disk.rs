//! A folder held open: every step below Larder's folders goes through one, so that no symbolic link is followed.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::error::StoreError;

const FOLDER_MODE: Mode = Mode::RWXU;
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
/// What file systems take for one path element, in bytes.
const NAME_MAX: usize = 255;

/// What stands under a name in a folder.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Nothing.
    Absent,
    /// A regular file, open for reading.
    File(File),
    /// Anything else: a symbolic link, a folder, a pipe.
    Other,
}

/// What came of going down several levels in one call.
enum AtOnce {
    There(Folder),
    Missing,
    StepByStep,
}

/// An open folder. Its path is for messages; all work is relative to the open handle.
#[derive(Debug)]
pub(crate) struct Folder {
    handle: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens one of Larder's own folders. Links on the way to it are the person's choice and are followed.
    pub(crate) fn top(path: &Path) -> Result<Option<Self>, StoreError> {
        match rustix::fs::open(
            path,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        ) {
            Ok(handle) => Ok(Some(Self {
                handle,
                path: path.to_owned(),
            })),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::NOTDIR) => Err(StoreError::NotAFolder {
                path: path.to_owned(),
            }),
            Err(errno) => Err(StoreError::io("open", path, errno.into())),
        }
    }

    /// Opens one of Larder's own folders, made with mode 0700 where missing; refuses one that others own or may write to.
    pub(crate) fn top_or_create(path: &Path) -> Result<Self, StoreError> {
        let folder = match Self::top(path)? {
            Some(folder) => folder,
            None => {
                std::fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(path)
                    .map_err(|cause| StoreError::io("create", path, cause))?;
                Self::top(path)?
                    .ok_or_else(|| StoreError::io("open", path, io::ErrorKind::NotFound.into()))?
            }
        };
        folder.check_owner_and_mode()?;
        Ok(folder)
    }

    fn check_owner_and_mode(&self) -> Result<(), StoreError> {
        let stat = rustix::fs::fstat(&self.handle).map_err(|errno| self.error("inspect", errno))?;
        let me = rustix::process::geteuid().as_raw();
        if stat.st_uid != me {
            return Err(StoreError::ForeignOwner {
                path: self.path.clone(),
                owner: stat.st_uid,
                me,
            });
        }
        let mode = stat.st_mode & 0o777;
        if mode & 0o022 != 0 {
            return Err(StoreError::LooseMode {
                path: self.path.clone(),
                mode,
            });
        }
        Ok(())
    }

    /// The folder's path, for messages and for walks.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder below; `None` when there is none.
    pub(crate) fn child(&self, name: &str) -> Result<Option<Self>, StoreError> {
        check_name(name)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let path = self.path.join(name);
        match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(handle) => Ok(Some(Self { handle, path })),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::NOTDIR | Errno::LOOP) => Err(StoreError::NotAFolder { path }),
            Err(errno) => Err(StoreError::io("open", &path, errno.into())),
        }
    }

    /// The folder below, made with mode 0700 where missing.
    pub(crate) fn child_or_create(&self, name: &str) -> Result<Self, StoreError> {
        if let Some(folder) = self.child(name)? {
            return Ok(folder);
        }
        match rustix::fs::mkdirat(&self.handle, name, FOLDER_MODE) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => {
                return Err(StoreError::io(
                    "create",
                    &self.path.join(name),
                    errno.into(),
                ));
            }
        }
        self.child(name)?.ok_or_else(|| {
            StoreError::io(
                "open",
                &self.path.join(name),
                io::ErrorKind::NotFound.into(),
            )
        })
    }

    /// Goes down several levels; `None` as soon as one is missing.
    pub(crate) fn descend<'a>(
        self,
        names: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Result<Option<Self>, StoreError> {
        match self.descend_at_once(names.clone()) {
            AtOnce::There(folder) => return Ok(Some(folder)),
            AtOnce::Missing => return Ok(None),
            AtOnce::StepByStep => {}
        }
        let mut folder = self;
        for name in names {
            match folder.child(name)? {
                Some(child) => folder = child,
                None => return Ok(None),
            }
        }
        Ok(Some(folder))
    }

    /// Goes down several levels, making what is missing.
    pub(crate) fn descend_or_create<'a>(
        self,
        names: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Result<Self, StoreError> {
        if let AtOnce::There(folder) = self.descend_at_once(names.clone()) {
            return Ok(folder);
        }
        let mut folder = self;
        for name in names {
            folder = folder.child_or_create(name)?;
        }
        Ok(folder)
    }

    /// Goes down several levels in one call, where the system can do so without following a link (Linux 5.6,
    /// openat2(2)). Every look-up goes through here, and a module path has many elements.
    #[cfg(target_os = "linux")]
    fn descend_at_once<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> AtOnce {
        use rustix::fs::{ResolveFlags, openat2};

        let mut below = PathBuf::new();
        for name in names {
            if check_name(name).is_err() {
                return AtOnce::StepByStep;
            }
            below.push(name);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match openat2(&self.handle, &below, flags, Mode::empty(), resolve) {
            Ok(handle) => AtOnce::There(Self {
                handle,
                path: self.path.join(below),
            }),
            Err(Errno::NOENT) => AtOnce::Missing,
            // Where it can't, or something is in the way: step by step it is seen what and where.
            Err(_) => AtOnce::StepByStep,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn descend_at_once<'a>(&self, _: impl IntoIterator<Item = &'a str>) -> AtOnce {
        AtOnce::StepByStep
    }

    /// Opens a file for reading.
    pub(crate) fn open(&self, name: &str) -> Result<Entry, StoreError> {
        check_name(name)?;
        // NONBLOCK: opening a pipe that somebody planted must not wait for its other end.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(handle) => File::from(handle),
            Err(Errno::NOENT) => return Ok(Entry::Absent),
            Err(Errno::LOOP | Errno::NXIO) => return Ok(Entry::Other),
            Err(errno) => return Err(StoreError::io("open", &self.path.join(name), errno.into())),
        };
        let is_file = file
            .metadata()
            .map_err(|cause| StoreError::io("inspect", &self.path.join(name), cause))?
            .is_file();
        Ok(if is_file {
            Entry::File(file)
        } else {
            Entry::Other
        })
    }

    /// Makes a new file with mode 0600, open for writing; fails where the name is taken.
    pub(crate) fn create(&self, name: &str) -> Result<File, StoreError> {
        check_name(name)?;
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&self.handle, name, flags, FILE_MODE)
            .map(File::from)
            .map_err(|errno| StoreError::io("create", &self.path.join(name), errno.into()))
    }

    /// Gives an entry another name, replacing what had it.
    pub(crate) fn rename(&self, name: &str, to: &Self, to_name: &str) -> Result<(), StoreError> {
        check_name(name)?;
        check_name(to_name)?;
        rustix::fs::renameat(&self.handle, name, &to.handle, to_name)
            .map_err(|errno| StoreError::io("put in place", &to.path.join(to_name), errno.into()))
    }

    /// Gives the file at a path a second name here; `false` where the system can't, as from another file system.
    pub(crate) fn link_from(&self, path: &Path, name: &str) -> Result<bool, StoreError> {
        check_name(name)?;
        let here = &self.handle;
        match rustix::fs::linkat(rustix::fs::CWD, path, here, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::XDEV | Errno::PERM | Errno::MLINK | Errno::OPNOTSUPP) => Ok(false),
            Err(errno) => Err(StoreError::io("link", path, errno.into())),
        }
    }

    /// Removes a file or a link; says whether there was one.
    pub(crate) fn remove(&self, name: &str) -> Result<bool, StoreError> {
        check_name(name)?;
        match rustix::fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(StoreError::io(
                "remove",
                &self.path.join(name),
                errno.into(),
            )),
        }
    }

    /// The names of the regular files in this folder, sorted; those that are no text are passed over.
    pub(crate) fn file_names(&self) -> Result<Vec<String>, StoreError> {
        let failed = |errno| self.error("list", errno);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.handle).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_file = match entry.file_type() {
                // Some file systems do not tell in the list.
                FileType::Unknown => {
                    rustix::fs::statat(&self.handle, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file())
                }
                told => told.is_file(),
            };
            if let (true, Ok(name)) = (is_file, entry.file_name().to_str()) {
                names.push(name.to_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Makes the names in this folder outlast a power cut. File systems with a journal take the new folders above it
    /// along; without one, a lost folder is what it is for all of them: fetched again.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        rustix::fs::fsync(&self.handle).map_err(|errno| self.error("write to disk", errno))
    }

    fn error(&self, doing: &'static str, errno: Errno) -> StoreError {
        StoreError::io(doing, &self.path, errno.into())
    }
}

/// Refuses what would leave the folder, and what no file system takes.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
        return Err(StoreError::BadName {
            name: name.to_owned(),
        });
    }
    if name.len() > NAME_MAX {
        return Err(StoreError::NameTooLong {
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
    modified: (i64, i64),
}

impl Identity {
    /// Of an open file.
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        Ok(Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            changed: (meta.ctime(), meta.ctime_nsec()),
            modified: (meta.mtime(), meta.mtime_nsec()),
        })
    }

    /// The file's length in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }
}

/// Device and inode of what a path names, without following a link; `None` when nothing is there.
pub(crate) fn place_of(path: &Path) -> io::Result<Option<(u64, u64)>> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some((meta.dev(), meta.ino()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn new_folders_are_for_the_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let top = Folder::top_or_create(&home.path().join("a/b")).unwrap();
        top.child_or_create("c").unwrap();
        for folder in ["a", "a/b", "a/b/c"] {
            let mode = std::fs::metadata(home.path().join(folder))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o700, "{folder}");
        }
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let home = tempfile::tempdir().unwrap();
        for mode in [0o770, 0o707, 0o777] {
            std::fs::set_permissions(home.path(), PermissionsExt::from_mode(mode)).unwrap();
            assert!(
                matches!(Folder::top_or_create(home.path()), Err(StoreError::LooseMode { mode: found, .. }) if found == mode)
            );
        }
        std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755)).unwrap();
        assert!(Folder::top_or_create(home.path()).is_ok());
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        if !rustix::process::geteuid().is_root() {
            return; // only root can give a folder away
        }
        let home = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(home.path(), Some(65534), None).unwrap();
        assert!(matches!(
            Folder::top_or_create(home.path()),
            Err(StoreError::ForeignOwner { owner: 65534, .. })
        ));
    }

    #[test]
    fn links_are_not_followed_below_the_top() {
        let home = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        symlink(outside.path(), home.path().join("folder")).unwrap();
        symlink(outside.path().join("secret"), home.path().join("file")).unwrap();
        let top = Folder::top(home.path()).unwrap().unwrap();
        assert!(matches!(
            top.child("folder"),
            Err(StoreError::NotAFolder { .. })
        ));
        assert!(matches!(
            top.child_or_create("folder"),
            Err(StoreError::NotAFolder { .. })
        ));
        assert!(matches!(top.open("file"), Ok(Entry::Other)));
        assert!(top.create("file").is_err());
        assert!(top.remove("file").unwrap());
        assert!(
            outside.path().join("secret").exists(),
            "the link goes, not what it names"
        );
    }

    #[test]
    fn a_pipe_does_not_make_a_reader_wait() {
        let home = tempfile::tempdir().unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            home.path().join("pipe"),
            rustix::fs::FileType::Fifo,
            FILE_MODE,
            0,
        )
        .unwrap();
        let top = Folder::top(home.path()).unwrap().unwrap();
        assert!(matches!(top.open("pipe"), Ok(Entry::Other)));
    }

    #[test]
    fn names_cannot_leave_their_folder() {
        let home = tempfile::tempdir().unwrap();
        let top = Folder::top(home.path()).unwrap().unwrap();
        for name in ["", ".", "..", "a/b", "a\0b"] {
            assert!(
                matches!(top.open(name), Err(StoreError::BadName { .. })),
                "{name:?}"
            );
        }
        assert!(matches!(
            top.child(&"x".repeat(256)),
            Err(StoreError::NameTooLong { .. })
        ));
        assert!(matches!(top.child(&"x".repeat(255)), Ok(None)));
    }
}
