//! Writing the go env file: what it was, what is wished for, and what was left there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use secret::Secret;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::EnvError;
use super::file::EnvFile;
use super::location::{EnvLocation, Snapshot, missing_folders};
use super::mark::{Cksum, Mark};

/// The mode of a file that holds a token, and of one that was not there before.
const PRIVATE: u32 = 0o600;

/// How many states of the file are remembered, should the caller never say which one came to be.
const MOST_LEFT: usize = 8;

/// What a key of the go env file is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The key with this value.
    Set(Secret),
    /// No line with the key.
    Unset,
}

/// What the go env file is to say, in order: keys that are not there yet are added in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes(Vec<(String, Wish)>);

impl Wishes {
    /// Nothing wished for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// And this key with this value.
    #[must_use]
    pub fn set(self, key: &str, value: impl Into<String>) -> Self {
        self.with(key, Wish::Set(Secret::new(value)))
    }

    /// And no line with this key.
    #[must_use]
    pub fn unset(self, key: &str) -> Self {
        self.with(key, Wish::Unset)
    }

    fn with(mut self, key: &str, wish: Wish) -> Self {
        self.0.retain(|(known, _)| known != key);
        self.0.push((key.to_owned(), wish));
        self
    }

    /// The wishes, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Wish)> {
        self.0.iter().map(|(key, wish)| (key.as_str(), wish))
    }

    /// What is wished for the key, if anything.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Wish> {
        self.iter()
            .find_map(|(known, wish)| (known == key).then_some(wish))
    }
}

/// What was there before the first write: the whole bytes and the mode, or that there was nothing.
///
/// The bytes are the person's own, and may hold credentials: where this is kept must be 0600. Debug does not show them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    bytes: Option<Vec<u8>>,
    mode: Option<u32>,
    missing_folders: Vec<PathBuf>,
}

impl Original {
    /// The file's bytes; `None` when there was none.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// The file's permission bits; `None` when there was none.
    #[must_use]
    pub fn mode(&self) -> Option<u32> {
        self.mode
    }

    /// The folders that were not there, from the top down. They are made for the file, and removed after it if empty.
    #[must_use]
    pub fn missing_folders(&self) -> &[PathBuf] {
        &self.missing_folders
    }

    /// The file as text of a go env file; without a file the empty one.
    #[must_use]
    pub fn file(&self) -> EnvFile {
        EnvFile::new(self.bytes.clone().unwrap_or_default())
    }
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original")
            .field("bytes", &self.bytes.as_ref().map(Vec::len))
            .field("mode", &self.mode.map(|mode| format!("{mode:o}")))
            .field("missing_folders", &self.missing_folders)
            .finish()
    }
}

/// A state in which a write left the file, or would have. It holds marks only: no value can be had back from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Left {
    /// `None`: no file.
    pub(super) file: Option<Mark>,
    pub(super) cksum: Option<Cksum>,
    pub(super) mode: u32,
    /// For each key that was written its value, or that it has none.
    values: BTreeMap<String, Option<Mark>>,
    /// Was nothing but this record's own writes done to the original? Only then may it be put back whole.
    pub(super) whole: bool,
}

/// What has to be kept to give the go env file back: where it is, what it was, and the marks of what was left there.
///
/// The caller keeps it (it serialises, and holds no token), and in this order, so that whatever is cut off can be
/// undone:
/// 1. [`EnvRecord::before_first_write`], once: a record that is kept is used again, whatever is in the file by now;
/// 2. [`EnvRecord::plan`], which changes the record but no file; then the record is stored;
/// 3. [`EnvRecord::write`]; then [`EnvRecord::settle`], and the record is stored again;
/// 4. in the end [`EnvRecord::give_back`], and the record is forgotten.
///
/// One process at a time may do this. Another program's edits meanwhile are kept: see [`EnvError::Changed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvRecord {
    pub(super) location: EnvLocation,
    pub(super) original: Original,
    pub(super) left: Vec<Left>,
}

/// A write that was thought out and not done yet.
#[must_use = "nothing is written yet"]
pub struct Plan {
    before: Option<Vec<u8>>,
    before_mode: Option<u32>,
    after: Option<Vec<u8>>,
    mode: u32,
}

impl Plan {
    /// Would the write change anything?
    #[must_use]
    pub fn changes(&self) -> bool {
        self.after != self.before || (self.before.is_some() && self.before_mode != Some(self.mode))
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("changes", &self.changes())
            .field("mode", &format_args!("{:o}", self.mode))
            .finish()
    }
}

impl EnvRecord {
    /// Takes down what stands there, before anything is written.
    ///
    /// # Errors
    /// When the file can't be read, or could not be written later.
    pub fn before_first_write(location: EnvLocation) -> Result<Self, EnvError> {
        location.check_writable()?;
        let missing_folders = missing_folders(location.file())?;
        let (bytes, mode) = split(location.snapshot()?);
        Ok(Self {
            location,
            original: Original {
                bytes,
                mode,
                missing_folders,
            },
            left: Vec::new(),
        })
    }

    /// Where the file is.
    #[must_use]
    pub fn location(&self) -> &EnvLocation {
        &self.location
    }

    /// What was there before the first write.
    #[must_use]
    pub fn original(&self) -> &Original {
        &self.original
    }

    /// Thinks out the write that brings the file to what is wished for: no other line is touched, and a key that an
    /// earlier write changed and that is no longer wished for gets its original value back, if nobody has changed it.
    ///
    /// With `holds_secret` the file is to be 0600, else it has the original's mode.
    ///
    /// # Errors
    /// When the file can't be read or must not be written, or a key or value can't stand there.
    pub fn plan(&mut self, wishes: &Wishes, holds_secret: bool) -> Result<Plan, EnvError> {
        self.location = self.location.again()?;
        self.location.check_writable()?;
        let (before, before_mode) = split(self.location.snapshot()?);
        let mut file = EnvFile::new(before.clone().unwrap_or_default());
        for key in self.keys() {
            if wishes.get(&key).is_none() && self.is_ours(&key, file.get(&key)) {
                self.put_back(&mut file, &key)?;
            }
        }
        for (key, wish) in wishes.iter() {
            match wish {
                Wish::Set(value) => file.set(key, value.expose())?,
                Wish::Unset => drop(file.unset(key)?),
            }
        }
        for key in self.keys() {
            self.cut_shadowed(&mut file, &key);
        }
        let mode = match self.original.mode {
            Some(mode) if !holds_secret => mode,
            Some(_) | None => PRIVATE,
        };
        // No file is made to say nothing.
        let after = (before.is_some() || !file.as_bytes().is_empty()).then(|| file.into_bytes());
        let whole = before == self.original.bytes
            || self
                .left
                .iter()
                .any(|left| left.whole && left.is(before.as_deref()));
        self.remember(Left::of(after.as_deref(), mode, wishes, whole));
        Ok(Plan {
            before,
            before_mode,
            after,
            mode,
        })
    }

    /// Does what was planned, whole or not at all.
    ///
    /// # Errors
    /// [`EnvError::Changed`] when the file is not what the plan was made for: make another, and before the first write
    /// another record too, as what stands there now is the original. [`EnvError::Write`]; then the file is the old one,
    /// or, when only the last sync failed, the new one.
    pub fn write(&self, plan: Plan) -> Result<(), EnvError> {
        match &plan.after {
            Some(after) if plan.changes() => {
                let before = plan.before.as_deref();
                self.location.replace(before, after, plan.mode)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Says that the last planned write was done, so that no earlier state can be met any more.
    pub fn settle(&mut self) {
        if let Some(last) = self.left.pop() {
            self.left = vec![last];
        }
    }

    fn remember(&mut self, left: Left) {
        self.left.retain(|known| *known != left);
        self.left.push(left);
        let surplus = self.left.len().saturating_sub(MOST_LEFT);
        self.left.drain(..surplus);
    }

    /// The keys that a write changed.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        let keys = self.left.iter().flat_map(|left| left.values.keys());
        keys.cloned().collect()
    }

    /// Is this what a write left for the key?
    pub(super) fn is_ours(&self, key: &str, value: Option<&[u8]>) -> bool {
        let mark = value.map(Mark::of);
        self.left
            .iter()
            .any(|left| left.values.get(key) == Some(&mark))
    }

    /// Takes out lines of the key that a write left and that no longer count: an old token must not stay in them.
    pub(super) fn cut_shadowed(&self, file: &mut EnvFile, key: &str) {
        file.cut_shadowed(key, |value| self.is_ours(key, Some(value)));
    }

    /// Puts the original value of the key into the file, or takes the key out.
    pub(super) fn put_back(&self, file: &mut EnvFile, key: &str) -> Result<(), EnvError> {
        match self.original.file().get(key) {
            Some(value) => file.put(key, value),
            None => drop(file.unset(key)?),
        }
        Ok(())
    }
}

impl Left {
    fn of(bytes: Option<&[u8]>, mode: u32, wishes: &Wishes, whole: bool) -> Self {
        let mark = |wish: &Wish| match wish {
            Wish::Set(value) => Some(Mark::of(value.expose().as_bytes())),
            Wish::Unset => None,
        };
        Self {
            file: bytes.map(Mark::of),
            cksum: bytes.map(Cksum::of),
            mode,
            values: wishes
                .iter()
                .map(|(key, wish)| (key.to_owned(), mark(wish)))
                .collect(),
            whole,
        }
    }

    /// Is this the state that was left?
    pub(super) fn is(&self, bytes: Option<&[u8]>) -> bool {
        self.file == bytes.map(Mark::of)
    }
}

fn split(found: Option<Snapshot>) -> (Option<Vec<u8>>, Option<u32>) {
    found.map(|found| (found.bytes, found.mode)).unzip()
}

fn to_base64<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = bytes
        .as_ref()
        .map(|bytes| data_encoding::BASE64.encode(bytes));
    text.serialize(serializer)
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let decode = |text: String| data_encoding::BASE64.decode(text.as_bytes());
    // The error names a place, not the text.
    text.map(decode)
        .transpose()
        .map_err(serde::de::Error::custom)
}
