//! What is known of one file: what the checksum database says, what is kept, what was seen first.

use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use delivery::{Cover, DatabaseError, Delivery, DeliveryError, Profile, Vouched};
use go_module::{FileKind, ModuleVersion};
use store::{Damage, Pin, StoreError, Tree};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::finding::{Facts, KeptFile, Word};
use super::{File, kept};
use crate::app::App;

/// After how many failures to reach the database it is left in peace: each may take as long as a network that swallows
/// everything makes it, and there may be thousands of lines.
const TRIES: u32 = 3;

/// Looks at files.
pub(super) struct Look<'a> {
    app: &'a App,
    delivery: &'a Delivery,
    cancel: &'a CancellationToken,
    /// One for each core: hashing is all they do.
    hashing: Semaphore,
    /// What proved damaged while it was looked for.
    damages: Mutex<Vec<Damage>>,
    failures: AtomicU32,
    /// The database can't be reached, for this reason.
    outage: OnceLock<String>,
    has_outage: CancellationToken,
}

impl<'a> Look<'a> {
    pub(super) fn new(app: &'a App, delivery: &'a Delivery, cancel: &'a CancellationToken) -> Self {
        // What proved damaged earlier may be whole again by now.
        app.store().take_damage();
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            app,
            delivery,
            cancel,
            hashing: Semaphore::new(cores),
            damages: Mutex::default(),
            failures: AtomicU32::new(0),
            outage: OnceLock::new(),
            has_outage: CancellationToken::new(),
        }
    }

    /// All that is known of a file.
    pub(super) async fn at(&self, (module, kind): File) -> Facts {
        let profile = self.delivery.profile();
        let (word, kept) = tokio::join!(
            self.word(&profile, &module, kind),
            self.kept(&profile, &module, kind)
        );
        let (first_sight, trouble) = match &word {
            Word::Outside(_) => match self.first_sight(&profile, &module, kind, &kept).await {
                Ok(pin) => (pin, None),
                Err(error) => (None, Some(error.to_string())),
            },
            Word::Says(_) | Word::NotThere(_) | Word::Silent(_) => (None, None),
        };
        Facts {
            module,
            kind,
            database: profile.database_name().to_owned(),
            word,
            kept,
            first_sight,
            trouble,
        }
    }

    /// What the checksum database says.
    async fn word(&self, profile: &Profile, module: &ModuleVersion, kind: FileKind) -> Word {
        let cover = profile.route(module.path.as_str()).cover;
        if cover != Cover::Database {
            return Word::Outside(cover);
        }
        let asked = tokio::select! {
            biased;
            () = self.has_outage.cancelled() => self.delivery.vouch_from_kept(module).await,
            vouched = self.delivery.vouch(module) => vouched,
        };
        match asked {
            Ok(Vouched { zip, go_mod }) => Word::Says(match kind {
                FileKind::Zip => zip,
                FileKind::Mod | FileKind::Info => go_mod,
            }),
            Err(error) => self.no_word(error),
        }
    }

    fn no_word(&self, error: DeliveryError) -> Word {
        match error {
            // The profile was switched, or a time ran out, this very moment.
            DeliveryError::OutsideDatabase { cover, .. } => Word::Outside(cover),
            DeliveryError::Database(DatabaseError::NotThere { .. }) => {
                Word::NotThere(error.to_string())
            }
            DeliveryError::Database(DatabaseError::Unreachable { .. }) => {
                let reason = error.to_string();
                if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= TRIES {
                    self.outage.get_or_init(|| reason.clone());
                    self.has_outage.cancel();
                }
                Word::Silent(reason)
            }
            DeliveryError::Database(DatabaseError::NotKept { .. }) => {
                let reason = self.outage.get().cloned();
                Word::Silent(reason.unwrap_or_else(|| error.to_string()))
            }
            DeliveryError::Database(
                DatabaseError::Refused { .. }
                | DatabaseError::Fork { .. }
                | DatabaseError::Store(_)
                | DatabaseError::Stopping,
            )
            | DeliveryError::NotFound(_)
            | DeliveryError::StillNotFound { .. }
            | DeliveryError::NotKept
            | DeliveryError::Offline { .. }
            | DeliveryError::Refused(_)
            | DeliveryError::Outage(_)
            | DeliveryError::Malformed { .. }
            | DeliveryError::Store(_)
            | DeliveryError::Read(_)
            | DeliveryError::Mismatch(_)
            | DeliveryError::Changed(_)
            | DeliveryError::Unverified { .. }
            | DeliveryError::PrivateNowhere { .. }
            | DeliveryError::OtherChecksumDb { .. }
            | DeliveryError::Stopping => Word::Silent(error.to_string()),
        }
    }

    /// The file that would be served.
    async fn kept(&self, profile: &Profile, module: &ModuleVersion, kind: FileKind) -> KeptFile {
        let trees = profile.trees(module.path.as_str(), kind);
        let kept = match self.app.store().find(&trees, module, kind).await {
            Ok(Some(kept)) => kept,
            Ok(None) => {
                return self
                    .damage(&trees, module, kind)
                    .map_or(KeptFile::Absent, KeptFile::SetAside);
            }
            Err(error) => return KeptFile::Unknown(error.to_string()),
        };
        let (tree, since, bytes) = (kept.tree.clone(), kept.kept_at, kept.size);
        let _permit = self.hashing.acquire().await;
        let cancel = self.cancel.clone();
        let hashing = tokio::task::spawn_blocking(move || kept::hash(kept, kind, cancel));
        match hashing.await {
            Ok(Ok(h1)) => KeptFile::Whole {
                tree,
                h1: h1.to_string(),
                since,
                bytes,
            },
            Ok(Err(reason)) => KeptFile::Broken(reason),
            Err(error) => KeptFile::Unknown(error.to_string()),
        }
    }

    /// What was found wrong with a file just now, whereupon the store set it aside.
    fn damage(&self, trees: &[Tree], module: &ModuleVersion, kind: FileKind) -> Option<String> {
        let mut damages = self.damages.lock().unwrap_or_else(PoisonError::into_inner);
        damages.extend(self.app.store().take_damage());
        let found = damages.iter().find(|damage| {
            trees.contains(&damage.tree)
                && damage.kind == Some(kind)
                && damage.module.as_ref() == Some(&module.path)
                && damage.version.as_ref() == Some(&module.version)
        });
        found.map(|damage| damage.reason.to_string())
    }

    /// How a file outside the database was first seen: in the realm where it is kept, else in the first that knows it.
    async fn first_sight(
        &self,
        profile: &Profile,
        module: &ModuleVersion,
        kind: FileKind,
        kept: &KeptFile,
    ) -> Result<Option<Pin>, StoreError> {
        let realms = match kept {
            KeptFile::Whole { tree, .. } => vec![tree.clone()],
            KeptFile::Absent
            | KeptFile::SetAside(_)
            | KeptFile::Broken(_)
            | KeptFile::Unknown(_) => profile.realms(module.path.as_str()),
        };
        for realm in &realms {
            if let Some(pin) = self.app.store().pinned(realm, module, kind).await? {
                return Ok(Some(pin));
            }
        }
        Ok(None)
    }
}
