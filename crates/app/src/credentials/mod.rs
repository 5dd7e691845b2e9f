//! What Larder presents to its upstreams: which places are asked, what is kept in them for whom, and the bridge to those
//! who send requests.

mod known;
mod present;
mod profile;
mod target;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use credential::{
    Credential, CredentialError, EncryptedFile, Keep, KeptIn, Keyring, KeyringError, Listed, Netrc,
    Origin, Sources,
};
use secret::Secret;
use store::Store;

use crate::changes::{Changes, Topic};
use crate::failure::{Code, Failure};
use crate::settings::Settings;

use known::Known;
pub(crate) use profile::{user_infos, without_user_info};
pub(crate) use target::{origins, target};

/// The name of the encrypted file in the data folder.
const FILE: &str = "credentials.encrypted";
/// How long the keyring may take: shorter than a command waits for its answer, so that it hears why there is none.
const KEYRING: Duration = Duration::from_secs(25);

/// What is kept for upstreams, and where. One for each data folder.
pub(crate) struct Credentials {
    store: Store,
    changes: Changes,
    keyring: Arc<Keyring>,
    /// Where the encrypted file is, if there is one.
    path: PathBuf,
    /// The encrypted file, from when somebody gave its passphrase.
    opened: Mutex<Option<Arc<EncryptedFile>>>,
    /// For whom something is kept, as last written down.
    known: Mutex<Known>,
    /// Held while what is kept is changed.
    changing: tokio::sync::Mutex<()>,
    asked: Arc<credential::Credentials>,
}

/// Where a new credential goes.
pub(crate) enum Into {
    /// Where the settings say.
    AsSet,
    /// Into the encrypted file, opened or made with this passphrase; with none, one that is open already.
    EncryptedFile(Option<Secret>),
}

/// How the encrypted file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
pub enum EncryptedFileState {
    /// There is none.
    Absent,
    /// It is there, and nobody has given its passphrase since Larder started.
    Locked,
    /// It is open.
    Open,
}

impl Credentials {
    /// Those of this data folder. No place is asked yet.
    pub(crate) async fn open(store: Store, data: &Path, changes: Changes) -> Result<Self, Failure> {
        let known = Known::read(&store).await?;
        Ok(Self {
            store,
            changes,
            keyring: Arc::new(Keyring::new(KEYRING)),
            path: data.join(FILE),
            opened: Mutex::default(),
            known: Mutex::new(known),
            changing: tokio::sync::Mutex::default(),
            asked: Arc::new(credential::Credentials::new(Sources::default())),
        })
    }

    /// Asks the places that these settings name from now on, and forgets what was remembered of them.
    pub(crate) fn follow(&self, settings: &Settings) {
        let said = &settings.credentials;
        let keyring = said.keyring.then(|| self.keyring.clone() as Arc<dyn Keep>);
        let encrypted_file = self.opened().map(|file| file as Arc<dyn Keep>);
        self.asked.use_sources(Sources {
            helpers: said.helpers.clone(),
            keyring,
            in_keyring: self.known().of(KeptIn::Keyring).collect(),
            encrypted_file,
            netrc: said.netrc.then(netrc_place).flatten(),
        });
    }

    /// Keeps a credential; gives where it is kept now.
    pub(crate) async fn keep(
        &self,
        settings: &Settings,
        credential: Credential,
        into: Into,
    ) -> Result<KeptIn, Failure> {
        let _turn = self.changing.lock().await;
        let file = match into {
            Into::AsSet if !settings.credentials.encrypted_file => None,
            Into::AsSet => Some(self.opened().ok_or_else(|| self.closed())?),
            Into::EncryptedFile(Some(passphrase)) => Some(self.unlock(passphrase, true).await?),
            Into::EncryptedFile(None) => Some(self.opened().ok_or_else(|| self.closed())?),
        };
        let place: Arc<dyn Keep> = match file {
            Some(file) => file,
            None if settings.credentials.keyring => self.keyring.clone(),
            None => return Err(keyring_is_off()),
        };
        let kept_in = place.kept_in();
        let origin = credential.origin().clone();
        let listed = Listed::of(&credential, kept_in);
        apart(move || place.set(&credential)).await?;
        // What is kept elsewhere for this origin would be shown in its stead, or come back after a logout.
        if kept_in == KeptIn::EncryptedFile && self.known().has(&origin, KeptIn::Keyring) {
            self.remove_from(&origin, self.keyring.clone()).await?;
        }
        if kept_in == KeptIn::Keyring
            && self.known().has(&origin, KeptIn::EncryptedFile)
            && let Some(file) = self.opened()
        {
            self.remove_from(&origin, file).await?;
        }
        self.write_down(|known| known.add(listed)).await?;
        self.follow(settings);
        Ok(kept_in)
    }

    /// Removes what is kept for an origin; gives the places it was in.
    pub(crate) async fn remove(
        &self,
        settings: &Settings,
        origin: &Origin,
    ) -> Result<Vec<KeptIn>, Failure> {
        let _turn = self.changing.lock().await;
        let known = self.known();
        let mut places: Vec<Arc<dyn Keep>> = Vec::new();
        match self.opened() {
            Some(file) => places.push(file),
            None if known.has(origin, KeptIn::EncryptedFile) => return Err(self.closed()),
            None => {}
        }
        if known.has(origin, KeptIn::Keyring) {
            places.push(self.keyring.clone());
        }
        let mut removed = Vec::new();
        for place in places {
            let kept_in = place.kept_in();
            if self.remove_from(origin, place).await? {
                removed.push(kept_in);
            }
        }
        self.write_down(|known| known.remove(origin)).await?;
        self.follow(settings);
        Ok(removed)
    }

    async fn remove_from(&self, origin: &Origin, place: Arc<dyn Keep>) -> Result<bool, Failure> {
        let origin = origin.clone();
        apart(move || place.remove(&origin)).await
    }

    /// Opens the encrypted file with its passphrase; with `create`, makes it where there is none.
    async fn unlock(
        &self,
        passphrase: Secret,
        create: bool,
    ) -> Result<Arc<EncryptedFile>, Failure> {
        let path = self.path.clone();
        let create = create && self.file_state() == EncryptedFileState::Absent;
        let file = apart(move || {
            let file = match create {
                true => EncryptedFile::create(&path, &passphrase),
                false => EncryptedFile::open(&path, &passphrase),
            };
            Ok(Arc::new(file?))
        })
        .await?;
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(file.clone());
        Ok(file)
    }

    /// Opens the encrypted file for as long as Larder runs; gives how many credentials are in it.
    pub(crate) async fn open_file(
        &self,
        settings: &Settings,
        passphrase: Secret,
    ) -> Result<usize, Failure> {
        let _turn = self.changing.lock().await;
        let file = self.unlock(passphrase, false).await?;
        let listed = apart(move || file.list(&[])).await?;
        let count = listed.len();
        self.write_down(|known| listed.into_iter().for_each(|one| known.add(one)))
            .await?;
        self.follow(settings);
        Ok(count)
    }

    /// How the encrypted file stands.
    pub(crate) fn file_state(&self) -> EncryptedFileState {
        if self.opened().is_some() {
            return EncryptedFileState::Open;
        }
        match std::fs::symlink_metadata(&self.path) {
            Ok(_) => EncryptedFileState::Locked,
            Err(_) => EncryptedFileState::Absent,
        }
    }

    /// All that is kept, and what could not be asked. What the places don't tell is given as it was written down.
    pub(crate) async fn list(&self) -> (Vec<Listed>, Vec<String>) {
        let (mut listed, failed) = self.asked.list().await;
        listed.retain(|one| one.kept_in != KeptIn::Netrc);
        let mut troubles: Vec<String> = failed.iter().map(ToString::to_string).collect();
        let known = self.known();
        let failed_keyring = failed
            .iter()
            .any(|error| matches!(error, CredentialError::Keyring(_)));
        for one in known.all() {
            let untold = match one.kept_in {
                KeptIn::Keyring => failed_keyring,
                KeptIn::EncryptedFile => self.opened().is_none(),
                KeptIn::Netrc | KeptIn::Helper => false,
            };
            if untold {
                listed.push(one.clone());
            }
        }
        if self.opened().is_none() && known.of(KeptIn::EncryptedFile).next().is_some() {
            troubles.push(self.closed().message);
        }
        listed.sort_by(|one, other| one.origin.cmp(&other.origin));
        (listed, troubles)
    }

    /// What is found for this origin, by the order in which the places are asked.
    pub(crate) async fn found(
        &self,
        origin: &Origin,
    ) -> Result<Option<Credential>, CredentialError> {
        self.asked.present(origin).await
    }

    /// The upstream refused it: see [`credential::Credentials::refused`].
    pub(crate) fn was_refused(&self, credential: &Credential) -> bool {
        let again = self.asked.refused(credential);
        self.changes.tell(&[Topic::Credentials, Topic::State]);
        tracing::info!(origin = %credential.origin(), again, "the upstream refused the credential that it was shown");
        again
    }

    /// For whom something is kept.
    pub(crate) fn kept_origins(&self) -> BTreeSet<Origin> {
        let known = self.known();
        known.all().iter().map(|one| one.origin.clone()).collect()
    }

    fn known(&self) -> Known {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn write_down(&self, change: impl FnOnce(&mut Known)) -> Result<(), Failure> {
        let mut known = self.known();
        change(&mut known);
        known.write(&self.store).await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
        self.changes.tell(&[Topic::Credentials, Topic::State]);
        Ok(())
    }

    fn opened(&self) -> Option<Arc<EncryptedFile>> {
        self.opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The encrypted file is needed and not open.
    fn closed(&self) -> Failure {
        match self.file_state() {
            EncryptedFileState::Absent => {
                Failure::new(Code::NotFound, "there is no encrypted file of credentials")
                    .hint("make it: larder login UPSTREAM --encrypted-file")
            }
            EncryptedFileState::Locked | EncryptedFileState::Open => Failure::new(
                Code::BadInput,
                "the encrypted file of credentials is locked; give its passphrase: larder credentials unlock",
            ),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}

/// Where this process's netrc is.
pub(crate) fn netrc_place() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    Netrc::place(std::env::var_os("NETRC").as_deref(), home.as_deref())
}

fn keyring_is_off() -> Failure {
    Failure::new(
        Code::BadInput,
        "the keyring is switched off in settings.toml (credentials.keyring = false)",
    )
    .hint("take that line out, or keep this one in the encrypted file: larder login UPSTREAM --encrypted-file")
}

/// Does what blocks off the runtime's own threads.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CredentialError> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::new(Code::Internal, error.to_string()))?
        .map_err(Failure::from)
}

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        use credential::EncryptedFileError as File;
        let message = error.to_string();
        match &error {
            CredentialError::Origin(_) | CredentialError::Unfit(_) => {
                Self::new(Code::BadInput, message)
            }
            CredentialError::EncryptedFile(
                File::WrongPassphrase { .. } | File::EmptyPassphrase | File::Exists { .. },
            ) => Self::new(Code::BadInput, message),
            CredentialError::EncryptedFile(File::Absent { .. }) => {
                Self::new(Code::NotFound, message)
            }
            CredentialError::EncryptedFile(
                File::Damaged { .. }
                | File::Unknown { .. }
                | File::Disk { .. }
                | File::NoRandom { .. },
            )
            | CredentialError::Netrc(_) => Self::new(Code::Disk, message),
            CredentialError::Keyring(
                KeyringError::None { .. }
                | KeyringError::Locked
                | KeyringError::Denied
                | KeyringError::Deadline { .. }
                | KeyringError::Failed { .. },
            ) => Self::new(Code::NotFound, message)
                .hint("keep it in a file that a passphrase encrypts: larder login UPSTREAM --encrypted-file")
                .hint("or let Larder read your netrc: netrc = true below [credentials] in settings.toml"),
            CredentialError::Keyring(
                KeyringError::Ambiguous { .. } | KeyringError::Foreign { .. },
            )
            | CredentialError::Helper(_) => Self::new(Code::NotFound, message),
            CredentialError::Stopping => Self::new(Code::NotRunning, message),
        }
    }
}

#[cfg(test)]
mod tests;
