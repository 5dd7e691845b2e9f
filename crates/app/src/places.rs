//! Where things are: config, data, cache and runtime folders of this person, or all of them under `LARDER_HOME`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::failure::{Code, Failure};

/// The folders of one Larder. Their layout is drawn in docs/ARCHITECTURE.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// `settings.toml`, hand-editable.
    pub config: PathBuf,
    /// What can't be rebuilt: state, tokens, the lock.
    pub data: PathBuf,
    /// What can: modules, answers, the index.
    pub cache: PathBuf,
    /// Where the running instance says its address.
    pub runtime: PathBuf,
    /// Rotating log files.
    pub logs: PathBuf,
}

impl Places {
    /// The folders as the environment has them: under `LARDER_HOME` if that is set, else the platform's own.
    ///
    /// # Errors
    /// `bad-input` where `LARDER_HOME` is not absolute, or there is no home folder at all.
    pub fn of_environment() -> Result<Self, Failure> {
        Self::find(std::env::var_os("LARDER_HOME"))
    }

    fn find(home: Option<OsString>) -> Result<Self, Failure> {
        if let Some(home) = home.filter(|home| !home.is_empty()) {
            let home = PathBuf::from(home);
            if !home.is_absolute() {
                return Err(Failure::new(
                    Code::BadInput,
                    format!(
                        "LARDER_HOME is {}, which is not an absolute path",
                        home.display()
                    ),
                )
                .hint("set it to an absolute path, or unset it to use your own folders"));
            }
            return Ok(Self::under(&home));
        }
        let dirs = ProjectDirs::from("", "", "larder").ok_or_else(|| {
            Failure::new(Code::BadInput, "there is no home folder to keep things in")
                .hint("set HOME, or LARDER_HOME to a folder of your own")
        })?;
        let data = dirs.data_local_dir().to_owned();
        Ok(Self {
            config: dirs.config_local_dir().to_owned(),
            cache: dirs.cache_dir().to_owned(),
            runtime: dirs
                .runtime_dir()
                .map_or_else(|| data.join("run"), Path::to_owned),
            logs: data.join("logs"),
            data,
        })
    }

    /// All folders under one home.
    pub fn under(home: &Path) -> Self {
        Self {
            config: home.join("config"),
            data: home.join("data"),
            cache: home.join("cache"),
            runtime: home.join("run"),
            logs: home.join("data").join("logs"),
        }
    }

    /// The settings file.
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// The kept copy of the vulnerability database.
    pub fn vulndb(&self) -> PathBuf {
        self.data.join("vulndb.zip")
    }

    /// Makes what is missing, private to this person, and refuses what others could have planted or can change.
    ///
    /// # Errors
    /// `disk` where a folder can't be made, belongs to somebody else, or can be written by others.
    pub fn prepare(&self) -> Result<(), Failure> {
        for folder in [
            &self.config,
            &self.data,
            &self.cache,
            &self.runtime,
            &self.logs,
        ] {
            private_folder(folder)?;
        }
        Ok(())
    }
}

fn private_folder(folder: &Path) -> Result<(), Failure> {
    let trouble = |error: std::io::Error| {
        Failure::new(
            Code::Disk,
            format!("the folder {} can't be used: {error}", folder.display()),
        )
        .hint("check its owner and rights, or set LARDER_HOME to a folder of your own")
    };
    if !folder.exists() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(trouble)?;
    }
    let found = fs::metadata(folder).map_err(trouble)?;
    let me = rustix::process::geteuid().as_raw();
    if found.uid() != me {
        return Err(Failure::new(Code::Disk, format!("the folder {} belongs to another user (id {})", folder.display(), found.uid()))
            .hint("Larder keeps tokens and verified modules there; give it a folder of your own with LARDER_HOME"));
    }
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o022 != 0 {
        return Err(Failure::new(
            Code::Disk,
            format!(
                "the folder {} can be written by others (mode {mode:03o})",
                folder.display()
            ),
        )
        .hint(format!("run: chmod 700 {}", folder.display())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larder_home_moves_every_folder() {
        let places = Places::find(Some("/srv/larder".into())).unwrap();
        for folder in [
            &places.config,
            &places.data,
            &places.cache,
            &places.runtime,
            &places.logs,
        ] {
            assert!(folder.starts_with("/srv/larder"), "{}", folder.display());
        }
        assert_eq!(
            Places::find(Some("larder".into())).unwrap_err().code,
            Code::BadInput
        );
    }

    #[test]
    fn folders_are_private_and_a_loose_one_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let places = Places::under(&home.path().join("larder"));
        places.prepare().unwrap();
        assert_eq!(
            fs::metadata(&places.data).unwrap().permissions().mode() & 0o777,
            0o700
        );
        fs::set_permissions(&places.cache, fs::Permissions::from_mode(0o777)).unwrap();
        let refused = places.prepare().unwrap_err();
        assert_eq!(refused.code, Code::Disk);
        assert!(refused.hints[0].contains("chmod 700"), "{refused:?}");
    }
}
