//! What is kept of each go env file that points at Larder: a folder each below `data/go-env`, with the record of what
//! was there before, and a script that gives it back without Larder.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use go_tool::go_env::{EnvLocation, EnvRecord};
use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure};
use crate::whole_file;

/// The form of a record; another one is of a newer Larder.
const SCHEMA: u32 = 1;
/// The record, below its folder.
const RECORD: &str = "record.json";
/// The script, beside it.
const SCRIPT: &str = "restore.sh";

/// What is kept of one go env file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    schema: u32,
    /// Whether the file goes on pointing at Larder when it ends.
    pub(super) stays: bool,
    /// The program that GOAUTH names, where the caller's go knows GOAUTH and Larder has a program to name.
    pub(super) larder: Option<PathBuf>,
    /// What the file was, and the marks of what was written.
    pub(super) record: EnvRecord,
    #[serde(skip)]
    folder: PathBuf,
}

impl Kept {
    /// A new one, which is nowhere on disk until it is stored.
    pub(super) fn new(data: &Path, record: EnvRecord) -> Self {
        let free = |folder: &PathBuf| !folder.join(RECORD).exists();
        let mut folders = (1u32..).map(|number| home(data).join(number.to_string()));
        Self {
            schema: SCHEMA,
            stays: false,
            larder: None,
            record,
            folder: folders
                .find(free)
                .expect("there are more numbers than files"),
        }
    }

    /// All of them.
    ///
    /// # Errors
    /// `disk` where one can't be read: it says what a file was, and nothing is written over that.
    pub(super) fn all(data: &Path) -> Result<Vec<Self>, Failure> {
        let home = home(data);
        let entries = match fs::read_dir(&home) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(trouble(&home, "read", &error)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let folder = entry
                .map_err(|error| trouble(&home, "read", &error))?
                .path();
            if let Some(bytes) = whole_file::read(&folder.join(RECORD))? {
                all.push(Self::parse(&bytes, folder)?);
            }
        }
        all.sort_by(|one, other| one.folder.cmp(&other.folder));
        Ok(all)
    }

    /// The one of this go env file.
    ///
    /// # Errors
    /// As [`Kept::all`].
    pub(super) fn of(data: &Path, location: &EnvLocation) -> Result<Option<Self>, Failure> {
        let all = Self::all(data)?.into_iter();
        let same = |kept: &Self| kept.record.location().named() == location.named();
        Ok(all.into_iter().find(same))
    }

    fn parse(bytes: &[u8], folder: PathBuf) -> Result<Self, Failure> {
        let odd = |reason: String| {
            let path = folder.join(RECORD);
            Failure::new(
                Code::Disk,
                format!("{} can't be understood: {reason}", path.display()),
            )
            .hint(format!(
                "it says what a go env file was before Larder; give that back with: sh {}",
                folder.join(SCRIPT).display()
            ))
            .hint(format!("then remove {}", folder.display()))
        };
        let kept: Self = serde_json::from_slice(bytes).map_err(|error| odd(error.to_string()))?;
        if kept.schema != SCHEMA {
            return Err(odd(format!("it is of form {}", kept.schema)));
        }
        Ok(Self { folder, ..kept })
    }

    /// The script that gives the file back.
    pub(super) fn script(&self) -> PathBuf {
        self.folder.join(SCRIPT)
    }

    /// Writes both down. What is on disk then undoes whatever the record has planned so far.
    ///
    /// # Errors
    /// `disk`.
    pub(super) fn store(&self) -> Result<(), Failure> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(|error| trouble(&self.folder, "made", &error))?;
        let text = serde_json::to_vec(self)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        for (name, bytes) in [(SCRIPT, self.record.restore_script()), (RECORD, text)] {
            let path = self.folder.join(name);
            whole_file::write(&path, &bytes, 0o600)
                .map_err(|error| trouble(&path, "written", &error))?;
        }
        Ok(())
    }

    /// Takes both away: the file has been given back.
    ///
    /// # Errors
    /// `disk`.
    pub(super) fn forget(self) -> Result<(), Failure> {
        // The record first: without it the rest means nothing.
        for removed in [
            fs::remove_file(self.folder.join(RECORD)),
            fs::remove_dir_all(&self.folder),
        ] {
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(trouble(&self.folder, "removed", &error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn home(data: &Path) -> PathBuf {
    data.join("go-env")
}

fn trouble(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::new(
        Code::Disk,
        format!("{} can't be {what}: {error}", path.display()),
    )
}
