//! What can stand in the way of the go env file, by cause, each with the mend.

use std::io;
use std::path::PathBuf;

/// Why the go env file could not be found, read or written. Nothing was changed, unless a text says otherwise.
///
/// No value of a setting is ever part of a text.
#[derive(Debug, thiserror::Error)]
pub enum EnvError {
    /// GOENV=off in the caller's environment: their go commands read no env file.
    #[error(
        "GOENV=off is set in your environment, so go reads no env file and nothing written there would count: \
         unset GOENV, or set GOPROXY in the environment yourself"
    )]
    Off,

    /// The go command itself does not know where its env file is.
    #[error("go has no place for its env file: {reason}")]
    NoPlace {
        /// What is missing, and what to set.
        reason: &'static str,
    },

    /// A path that means another file in every folder.
    #[error(
        "{name} is {}, which is another file wherever go is run: make it an absolute path", path.display()
    )]
    Relative {
        /// The variable.
        name: &'static str,
        /// What it is set to.
        path: PathBuf,
    },

    /// A variable that is no UTF-8 text.
    #[error("{name} in your environment is not UTF-8 text: set it to a path that is, or unset it")]
    NotText {
        /// The variable.
        name: &'static str,
    },

    /// A symbolic link to nothing.
    #[error(
        "{} is a link to {}, which is not there: create that file (it may be empty), or remove the link",
        link.display(), target.display()
    )]
    DanglingLink {
        /// The link.
        link: PathBuf,
        /// What it says.
        target: PathBuf,
    },

    /// A folder, device or the like where the file belongs, or a file where its folder belongs.
    #[error("{} is {found}, but {wanted} is needed there: move it away, or set GOENV to another file", path.display())]
    InTheWay {
        /// What stands there.
        path: PathBuf,
        /// What it is: `a folder`, `a device`...
        found: &'static str,
        /// What belongs there: `a file`, `a folder`.
        wanted: &'static str,
    },

    /// The file can't be read.
    #[error("the go env file {} can't be read ({source}): go can't read it either; mend its permissions", path.display())]
    Unreadable {
        /// The file, or the folder on the way to it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Far larger than a go env file can be in earnest.
    #[error("the go env file {} is larger than {limit} bytes, which is no go env file any more: look into it", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },

    /// The file is there and must not be written.
    #[error(
        "the go env file {} is read-only: make it writable (chmod u+w), or, where another program makes it, set the \
         values there", path.display()
    )]
    ReadOnlyFile {
        /// The file.
        path: PathBuf,
    },

    /// The file's folder must not be written, so that the file can't be replaced whole.
    #[error("the folder {} is read-only, so the go env file in it can't be replaced: make it writable", path.display())]
    ReadOnlyFolder {
        /// The folder, or the nearest one that is there.
        path: PathBuf,
    },

    /// It belongs to somebody else: usually a command run with sudo and HOME kept.
    #[error(
        "{} belongs to another user (id {owner}), and you are user {you}: run this as its owner, without sudo, or give \
         it to yourself (chown)", path.display()
    )]
    ForeignOwner {
        /// The file or its folder.
        path: PathBuf,
        /// The owner's user id.
        owner: u32,
        /// The id of the user who runs this.
        you: u32,
    },

    /// A name that can't stand in a go env file.
    #[error("{key} can't be set in the go env file: {reason}")]
    Key {
        /// The name.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// A value that can't stand in a go env file. The value is not told.
    #[error("the value for {key} can't be written to the go env file: {reason}")]
    Value {
        /// The key it was for.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// Somebody else wrote the file between the look at it and the write.
    #[error("the go env file {} was changed by another program just now: try again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },

    /// The system failed while the file was written.
    #[error("the go env file could not be written: {doing} {} failed ({source})", path.display())]
    Write {
        /// The step.
        doing: &'static str,
        /// The file or folder it was about.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
