//! What can go wrong in the store, and what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// A cause from the database library, kept opaque so that no caller depends on which library it is.
pub type DatabaseCause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Everything that the store can fail with.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system has no room left (or the person's disk quota is used up).
    #[error("could not {doing} {}: the disk is full; free some room or clear a part of the cache, then try again", path.display())]
    DiskFull {
        /// What was attempted.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// The file system is mounted read-only.
    #[error("could not {doing} {}: the file system is read-only; make it writable or move Larder's folders with LARDER_HOME", path.display())]
    ReadOnly {
        /// What was attempted.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// The operating system refused access.
    #[error("could not {doing} {}: permission denied; give your user read and write access to it", path.display())]
    Denied {
        /// What was attempted.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// A path element is longer than file systems take.
    #[error(
        "the name {name:.60}… is too long to be kept: file systems take at most 255 bytes a path element; use a shorter module path or version"
    )]
    NameTooLong {
        /// The element.
        name: String,
    },
    /// A name that would leave its folder.
    #[error(
        "the name {name:?} cannot be kept: a path element is neither empty nor `.` or `..`, and holds no `/` and no NUL"
    )]
    BadName {
        /// The element.
        name: String,
    },
    /// A symbolic link or a file stands where a folder belongs.
    #[error("{} is a symbolic link or a file where Larder keeps a folder; Larder follows no links inside its folders: remove it", path.display())]
    NotAFolder {
        /// Where.
        path: PathBuf,
    },
    /// A symbolic link, a folder or a pipe stands where a file of lasting data belongs.
    #[error("{} is not a regular file; Larder follows no links inside its folders: remove it, or put the file back", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
    },
    /// A file of lasting data is, or would be, longer than any that Larder writes.
    #[error("{} is not read or written beyond {limit} bytes; look at what it holds, and move it away", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// Evidence against a checksum database is kept, as much as there is room for.
    #[error("{} holds {limit} files of evidence already, so no more is kept; look at them, and move them away", path.display())]
    EvidenceFull {
        /// The folder.
        path: PathBuf,
        /// How many files it may hold.
        limit: usize,
    },
    /// A folder of Larder belongs to somebody else.
    #[error("{} belongs to user id {owner}, not to you ({me}); use a folder of your own (LARDER_HOME) or change its owner", path.display())]
    ForeignOwner {
        /// The folder.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
        /// This process' effective user id.
        me: u32,
    },
    /// Others may write into a folder of Larder.
    #[error("{} may be written by others (mode {mode:03o}), so what it holds could not be trusted; run `chmod 700` on it", path.display())]
    LooseMode {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The temporary file or its folder was removed while a file was being written.
    #[error("could not {doing} {}: it was removed by another program meanwhile; try again", path.display())]
    Vanished {
        /// What was attempted.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// Another input or output error.
    #[error("could not {doing} {}: {cause}", path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        cause: io::Error,
    },
    /// The index could not be asked or written; the files themselves are not concerned.
    #[error("the index {} could not be used: {cause}; the cached files are untouched, and the index may be deleted while Larder is stopped", path.display())]
    Index {
        /// The database file.
        path: PathBuf,
        /// The database's reason.
        #[source]
        cause: DatabaseCause,
    },
    /// The lasting state is damaged. Never thrown away without the person's word.
    #[error("{} is damaged: {cause}; put back a copy from a backup, or have it set aside to begin with a fresh one (activity and what `go env` was before are lost)", path.display())]
    StateDamaged {
        /// The database file.
        path: PathBuf,
        /// The database's reason.
        #[source]
        cause: DatabaseCause,
    },
    /// The lasting state was written by a newer Larder.
    #[error("{} was written by a newer Larder: install that version again, or have the file set aside to begin with a fresh one", path.display())]
    StateNewer {
        /// The database file.
        path: PathBuf,
    },
    /// The lasting state could not be asked or written.
    #[error("the state {} could not be used: {cause}; look whether another program holds it, then try again", path.display())]
    State {
        /// The database file.
        path: PathBuf,
        /// The database's reason.
        #[source]
        cause: DatabaseCause,
    },
    /// A value in the lasting state is no JSON.
    #[error("the value {key:?} in the state is not readable: {cause}; set it again")]
    Value {
        /// Its key.
        key: String,
        /// The parser's reason.
        #[source]
        cause: serde_json::Error,
    },
    /// The request asks for a file of a version, which is not kept as an answer.
    #[error(
        "{request} names a file of one version; only lists, latest, queries and checksum database records are kept as answers"
    )]
    NotAnAnswer {
        /// The request's path.
        request: String,
    },
    /// An answer is larger than any honest list.
    #[error("an answer of {size} bytes is not kept: the limit is {limit}")]
    AnswerTooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A text that is no tree, realm, upstream id or name of a checksum database.
    #[error("{text:?} is no {what}: {rule}")]
    BadId {
        /// What was expected.
        what: &'static str,
        /// What was given.
        text: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A filter that can match nothing.
    #[error("the pattern {text:?} is not usable: {reason}")]
    BadFilter {
        /// The pattern as given.
        text: String,
        /// Why.
        reason: &'static str,
    },
    /// The store was closed before.
    #[error("the store is closed: Larder is shutting down")]
    Closed,
    /// The job was cancelled by its token.
    #[error("cancelled; what was done so far stands, and running it again finishes it")]
    Cancelled,
    /// A blocking task of the store ended without an answer (it panicked, or the runtime is shutting down).
    #[error(
        "a task of the store ended early: {cause}; this is a defect of Larder unless it is shutting down"
    )]
    Task {
        /// The runtime's reason.
        #[source]
        cause: tokio::task::JoinError,
    },
}

impl StoreError {
    /// Tells the input and output errors apart that a person can do something about.
    pub(crate) fn io(doing: &'static str, path: &Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { doing, path }
            }
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { doing, path },
            io::ErrorKind::PermissionDenied => Self::Denied { doing, path },
            io::ErrorKind::NotFound => Self::Vanished { doing, path },
            io::ErrorKind::InvalidFilename => Self::NameTooLong {
                name: path
                    .file_name()
                    .unwrap_or(path.as_os_str())
                    .to_string_lossy()
                    .into_owned(),
            },
            _ => Self::Io { doing, path, cause },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full disk cannot be had in a test without mounting one: the kernel's number stands for it.
    #[test]
    fn the_kernels_reasons_become_typed_causes() {
        let of =
            |errno: rustix::io::Errno| StoreError::io("write", Path::new("/x/y"), errno.into());
        assert!(matches!(
            of(rustix::io::Errno::NOSPC),
            StoreError::DiskFull { .. }
        ));
        assert!(matches!(
            of(rustix::io::Errno::DQUOT),
            StoreError::DiskFull { .. }
        ));
        assert!(matches!(
            of(rustix::io::Errno::ROFS),
            StoreError::ReadOnly { .. }
        ));
        assert!(matches!(
            of(rustix::io::Errno::ACCESS),
            StoreError::Denied { .. }
        ));
        assert!(matches!(
            of(rustix::io::Errno::NAMETOOLONG),
            StoreError::NameTooLong { .. }
        ));
        assert!(matches!(
            of(rustix::io::Errno::NOENT),
            StoreError::Vanished { .. }
        ));
        assert!(matches!(of(rustix::io::Errno::IO), StoreError::Io { .. }));
    }

    #[test]
    fn a_message_says_what_why_and_what_to_do() {
        let text =
            StoreError::io("write", Path::new("/x/y"), rustix::io::Errno::NOSPC.into()).to_string();
        assert_eq!(
            text,
            "could not write /x/y: the disk is full; free some room or clear a part of the cache, then try again"
        );
    }
}
