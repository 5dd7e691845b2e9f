//! Giving the go env file back: whole where nobody else wrote it, else only the keys that are still as they were left.

use secret::Secret;

use super::error::EnvError;
use super::file::EnvFile;
use super::write::EnvRecord;

/// How the go env file was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenBack {
    /// Byte for byte and with its mode as it was before the first write.
    Whole,
    /// There was no file before, and there is none again; neither are the folders that were made for it.
    Removed,
    /// Somebody else wrote the file meanwhile. Their writing stays.
    KeysOnly {
        /// The keys that have their original value again, or none.
        restored: Vec<String>,
        /// The keys that were changed by others since, and stay as they are.
        kept_by_others: Vec<KeptByOthers>,
    },
    /// The file is already what it was, or never was anything else.
    NothingToDo,
}

/// A key that was written, and changed by somebody else since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptByOthers {
    /// The key.
    pub key: String,
    /// What it says now; `None` when no line sets it. To show it, use [`super::shown()`].
    pub value: Option<Secret>,
}

impl KeptByOthers {
    fn of(key: String, file: &EnvFile) -> Self {
        let value = file
            .get_text(&key)
            .map(|text| Secret::new(text.into_owned()));
        Self { key, value }
    }
}

impl EnvRecord {
    /// Gives the go env file back.
    ///
    /// - The file is what a write of this record left, and nobody else wrote it in between: the original bytes and mode,
    ///   or no file and none of the folders that were made for it.
    /// - Else the keys whose value is still the one written get their original value, or none; the others are told. A
    ///   line that was written and no longer counts, because a later one wins, is taken out. Without anything kept by
    ///   others the original's mode comes back as well; else the mode stays, as their value may hold the token.
    /// - A file that is gone stays gone.
    ///
    /// Doing it again does no harm.
    ///
    /// # Errors
    /// When the file can't be read or written. [`EnvError::Changed`]: try again.
    pub fn give_back(&self) -> Result<GivenBack, EnvError> {
        let location = self.location.again()?;
        location.sweep();
        let now = location.snapshot()?;
        let folders = self.original.missing_folders();
        let bytes = now.as_ref().map(|now| now.bytes.as_slice());
        let mode_is_ours = now
            .as_ref()
            .is_some_and(|now| self.left.iter().any(|left| left.mode == now.mode));
        let as_left = self.left.iter().any(|left| left.whole && left.is(bytes));

        if bytes == self.original.bytes() || as_left {
            return match (&now, self.original.bytes(), self.original.mode()) {
                (Some(now), Some(original), Some(mode))
                    if now.bytes == original && (now.mode == mode || !mode_is_ours) =>
                {
                    Ok(GivenBack::NothingToDo)
                }
                (_, Some(original), Some(mode)) => {
                    location.check_writable()?;
                    location.replace(bytes, original, mode)?;
                    Ok(GivenBack::Whole)
                }
                (Some(now), _, _) => {
                    location.check_writable()?;
                    location.remove(&now.bytes, folders)?;
                    Ok(GivenBack::Removed)
                }
                (None, _, _) => {
                    location.remove_folders(folders);
                    Ok(GivenBack::NothingToDo)
                }
            };
        }
        let Some(now) = now else {
            return Ok(self.of_a_file_that_is_gone());
        };

        let original = self.original.file();
        let mut file = EnvFile::new(now.bytes.clone());
        let mut restored = Vec::new();
        let mut kept_by_others = Vec::new();
        for key in self.keys() {
            let value = file.get(&key);
            if value == original.get(&key) {
                // Somebody has put it back already.
            } else if self.is_ours(&key, value) {
                self.put_back(&mut file, &key)?;
                restored.push(key.clone());
            } else {
                kept_by_others.push(KeptByOthers::of(key.clone(), &file));
            }
            self.cut_shadowed(&mut file, &key);
        }
        let mode = match self.original.mode() {
            Some(mode) if mode_is_ours && kept_by_others.is_empty() => mode,
            Some(_) | None => now.mode,
        };
        if self.original.bytes().is_none() && file.as_bytes().is_empty() {
            location.check_writable()?;
            location.remove(&now.bytes, folders)?;
            return Ok(GivenBack::Removed);
        }
        if file.as_bytes() != now.bytes || mode != now.mode {
            location.check_writable()?;
            location.replace(Some(&now.bytes), file.as_bytes(), mode)?;
        } else if kept_by_others.is_empty() {
            return Ok(GivenBack::NothingToDo);
        }
        Ok(GivenBack::KeysOnly {
            restored,
            kept_by_others,
        })
    }

    /// The keys of earlier writes that somebody else has changed since, with what they say now. Where there are any, a
    /// write that nobody asked for just now would undo what a person did.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn changed_by_others(&self) -> Result<Vec<KeptByOthers>, EnvError> {
        let file = EnvFile::new(self.location.again()?.read()?.unwrap_or_default());
        let keys = self.keys().into_iter();
        Ok(keys
            .filter(|key| !self.is_ours(key, file.get(key)))
            .map(|key| KeptByOthers::of(key, &file))
            .collect())
    }

    /// Does a value that a write of this record set still stand in the file, where the original had another or none?
    ///
    /// Where none does (the file was never written, or somebody has given it back already, perhaps with the script), the
    /// record has done its work: for the next write another one is to be taken down.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn still_stands(&self) -> Result<bool, EnvError> {
        let file = EnvFile::new(self.location.again()?.read()?.unwrap_or_default());
        let original = self.original.file();
        Ok(self.keys().into_iter().any(|key| {
            let value = file.get(&key);
            value.is_some() && value != original.get(&key) && self.is_ours(&key, value)
        }))
    }

    /// Whoever removed the file removed the original values with it: nothing is brought back.
    fn of_a_file_that_is_gone(&self) -> GivenBack {
        let original = self.original.file();
        GivenBack::KeysOnly {
            restored: Vec::new(),
            kept_by_others: self
                .keys()
                .into_iter()
                .filter(|key| original.get(key).is_some())
                .map(|key| KeptByOthers { key, value: None })
                .collect(),
        }
    }
}
