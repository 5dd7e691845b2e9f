//! Why a file is no zip of a module.

use std::io;

use super::{MAX_DIRECTORY, MAX_ENTRIES, MAX_GO_MOD, MAX_LICENSE, MAX_PACKED, MAX_UNPACKED};
use crate::path::PathReason;

/// Why a file is no zip of the module that it should be, or can't be read as one.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The file could not be read. Nothing is said about the zip.
    #[error("the zip could not be read: {0}")]
    Read(#[from] io::Error),

    // The file as a whole.
    /// The file is larger than [`MAX_PACKED`].
    #[error("the zip has {0} bytes; a module's may have {MAX_PACKED}")]
    TooLarge(u64),
    /// No end record: no zip at all, or one that was cut off.
    #[error("not a zip, or one that was cut off: there is no end record")]
    NoEnd,
    /// The end record, with the comment that it announces, does not end where the file ends.
    #[error("the zip's end record announces {announced} bytes of comment, and {found} follow it")]
    Trailing {
        /// The length of the comment by the record.
        announced: u64,
        /// How many bytes follow the record.
        found: u64,
    },
    /// Something stands in front of the first entry, or between the directory and the end record.
    #[error(
        "the zip holds {0} bytes in front of its first entry or its end record that belong to neither"
    )]
    Stray(u64),
    /// Part of a zip on several disks.
    #[error("the zip is one of several parts")]
    MultiDisk,
    /// The zip64 records are malformed, or contradict the others.
    #[error("the zip's zip64 records are inconsistent: {0}")]
    Zip64(&'static str),

    // The directory.
    /// The directory lies outside of the file.
    #[error("the zip's directory lies outside of the file")]
    DirectoryOutside,
    /// The directory is larger than [`MAX_DIRECTORY`].
    #[error("the zip's directory has {0} bytes; at most {MAX_DIRECTORY} are read")]
    DirectoryTooLarge(u64),
    /// More than [`MAX_ENTRIES`] entries, or files and folders that they make.
    #[error("the zip has more than {MAX_ENTRIES} files and folders")]
    TooManyEntries,
    /// The directory has another number of entries than the end record says.
    #[error("the zip's directory holds {found} entries, its end record says {announced}")]
    EntryCount {
        /// The number by the end record.
        announced: u64,
        /// How many were found.
        found: u64,
    },
    /// Something in the directory is no entry, or an entry is cut off.
    #[error("entry {0} of the zip's directory is malformed")]
    Entry(u64),

    // One entry's names.
    /// The name is not UTF-8.
    #[error("the name of entry {0} of the zip is not UTF-8")]
    NotUtf8(u64),
    /// The name does not begin with the module and its version.
    #[error("the zip holds {name:?}, which does not begin with {prefix:?}")]
    Prefix {
        /// The entry's name.
        name: String,
        /// How each name must begin.
        prefix: String,
    },
    /// The name is no path of a file in a module: `..`, a backslash, an absolute path, and so on.
    #[error("the zip holds the malformed name {name:?}: {reason}")]
    Path {
        /// The entry's name.
        name: String,
        /// What is wrong with it.
        #[source]
        reason: PathReason,
    },
    /// The name holds a newline, so that there is no hash.
    #[error("the zip holds the name {0:?}, with a newline in it")]
    Newline(String),
    /// Two entries for one file.
    #[error("the zip holds the file {0:?} twice")]
    Duplicate(String),
    /// One name for a file and a folder.
    #[error("the zip holds {0:?} both as a file and as a folder")]
    FileAndFolder(String),
    /// Two names that differ in case only.
    #[error("the zip holds {first:?} and {second:?}, which many file systems take for one")]
    CaseTwins {
        /// The one that came first.
        first: String,
        /// The other.
        second: String,
    },
    /// A go.mod file written with a capital.
    #[error("the zip holds {0:?}: the name go.mod is lower case")]
    GoModCase(String),
    /// A go.mod file that is not at the root: another module.
    #[error("the zip holds {0:?}: go.mod belongs at the module's root")]
    GoModNested(String),

    // Sizes.
    /// A go.mod file larger than [`MAX_GO_MOD`].
    #[error("the zip's go.mod has {0} bytes; it may have {MAX_GO_MOD}")]
    GoModTooLarge(u64),
    /// A LICENSE file larger than [`MAX_LICENSE`].
    #[error("the zip's LICENSE has {0} bytes; it may have {MAX_LICENSE}")]
    LicenseTooLarge(u64),
    /// Contents larger than [`MAX_UNPACKED`].
    #[error("the zip's files have more than {MAX_UNPACKED} bytes")]
    UnpackedTooLarge,
    /// A folder that has contents.
    #[error("the zip's folder {0:?} has contents")]
    FolderWithContents(String),

    // How an entry is packed, and where.
    /// An encrypted entry.
    #[error("the zip's entry {0:?} is encrypted")]
    Encrypted(String),
    /// A method other than store and deflate.
    #[error(
        "the zip's entry {name:?} is packed with method {method}; go reads 0 (store) and 8 (deflate)"
    )]
    Method {
        /// The entry's name.
        name: String,
        /// The method.
        method: u16,
    },
    /// The entry's local header lies outside of the part of the file that holds entries, or is none.
    #[error("the zip's entry {0:?} has no local header where the directory says")]
    NoHeader(String),
    /// The local header names another file than the directory.
    #[error("the zip's entry {0:?} has another name in its local header")]
    HeaderName(String),
    /// The local header says another method, or another encryption, than the directory.
    #[error("the zip's entry {0:?} is packed in another way by its local header")]
    HeaderMethod(String),
    /// The entry reaches into the next one.
    #[error("the zip's entry {name:?} overlaps {next:?}")]
    Overlap {
        /// The entry's name.
        name: String,
        /// The name of the one behind it.
        next: String,
    },
    /// The entry reaches into the directory.
    #[error("the zip's entry {0:?} reaches into the directory")]
    Outside(String),

    // Contents.
    /// The packed contents are no deflate stream, or are cut off.
    #[error("the contents of {0:?} in the zip can't be unpacked")]
    Deflate(String),
    /// The contents have another size than the directory says.
    #[error(
        "the contents of {name:?} in the zip do not have the {announced} bytes that its directory says"
    )]
    Size {
        /// The entry's name.
        name: String,
        /// The size by the directory.
        announced: u64,
    },
    /// The contents do not have the checksum that they should.
    #[error("the contents of {0:?} in the zip do not have the right checksum")]
    Checksum(String),
}

impl ZipError {
    /// Whether the file could not be read, so that nothing is known of the zip.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(self, Self::Read(_))
    }
}
