//! Verification: every kept file is read again and held against its sidecar; what is not as Larder left it is named, and on
//! demand taken out.

use tokio_util::sync::CancellationToken;

use crate::damage::{Damage, DamageReason};
use crate::error::StoreError;
use crate::files::Files;
use crate::kept::{Look, Trust};
use crate::layout::{Place, Tree, file_name, sidecar_name};
use crate::progress::{self, OnProgress, Steps};
use crate::store::Store;
use crate::walk::Met;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Files of versions that were read, damaged ones included.
    pub files: u64,
    /// Bytes of those that are good.
    pub bytes: u64,
    /// What is not as it should be.
    pub damaged: Vec<Damage>,
    /// How many of those were taken out of their tree.
    pub repaired: u64,
    /// Whether it was cancelled before it came to the end.
    pub cancelled: bool,
}

impl Store {
    /// Reads every kept file and names what is not as Larder left it. Files of checksum databases prove themselves when
    /// they are used, and are not read; links among them are named. With `repair`, damaged and foreign files go to
    /// `damaged/`, sidecars without a file are removed, and the index is brought in line.
    ///
    /// A cancelled verification returns what it found so far.
    pub async fn verify(
        &self,
        on_progress: OnProgress<'_>,
        repair: bool,
        cancel: &CancellationToken,
    ) -> Result<VerifyReport, StoreError> {
        let _turn = self.care_turn().await?;
        let total = self.index().usage().await?.files;
        let store = self.clone();
        let report = progress::run(total, on_progress, cancel, move |steps| {
            let mut report = VerifyReport::default();
            match store.files().verify(repair, steps, &mut report) {
                Err(StoreError::Cancelled) => report.cancelled = true,
                other => other?,
            }
            Ok(report)
        })
        .await?;
        if report.repaired > 0 && !report.cancelled {
            self.rebuild_in_turn(&|_| {}, cancel).await?;
        } else if report.repaired > 0 {
            // Cut short: the rows of what was taken out are put right by the next rebuild.
            self.index().lags();
        }
        Ok(report)
    }
}

impl Files {
    fn verify(
        &self,
        repair: bool,
        steps: &Steps,
        report: &mut VerifyReport,
    ) -> Result<(), StoreError> {
        for tree in self.trees()? {
            self.walk(&tree, |met| {
                steps.check()?;
                let damage = match &met.place {
                    Some(place) if place.is_sidecar => {
                        if repair {
                            self.remove_if_orphan(&tree, place, &met)?;
                        }
                        None
                    }
                    Some(place) => {
                        report.files += 1;
                        let (bytes, damage) = self.verify_file(&tree, place, &met, repair)?;
                        report.bytes += bytes;
                        steps.done(bytes);
                        damage
                    }
                    None => Some(self.foreign(&tree, &met, repair)?),
                };
                if let Some(damage) = damage {
                    report.damaged.push(damage);
                    report.repaired += u64::from(repair);
                }
                Ok(())
            })?;
            self.walk_databases(&tree, |met| {
                steps.check()?;
                if !met.is_file {
                    report.damaged.push(self.foreign(&tree, &met, repair)?);
                    report.repaired += u64::from(repair);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn verify_file(
        &self,
        tree: &Tree,
        place: &Place,
        met: &Met,
        repair: bool,
    ) -> Result<(u64, Option<Damage>), StoreError> {
        let (version, kind) = (&place.version, place.kind);
        let Some(folder) = self.versions(tree, version)? else {
            return Ok((0, None));
        };
        match self.look(tree, &folder, version, kind, Trust::Nothing)? {
            Look::Good(kept) => return Ok((kept.size, None)),
            Look::Absent => return Ok((0, None)),
            Look::Bad(_) => {}
        }
        // It may have been in the middle of a commit: look again while none can be.
        let _lock = self.lock(tree, version, kind);
        match self.look(tree, &folder, version, kind, Trust::Nothing)? {
            Look::Good(kept) => Ok((kept.size, None)),
            Look::Absent => Ok((0, None)),
            Look::Bad(reason) => {
                if repair {
                    self.set_aside(&folder, &file_name(&version.version, kind))?;
                }
                Ok((0, Some(Damage::of(tree, place, &met.relative, reason))))
            }
        }
    }

    /// A sidecar without its file is what a kill between the two renames of a commit leaves. It vouches for nothing, so
    /// it is no damage; one that has its file is judged with it.
    fn remove_if_orphan(&self, tree: &Tree, place: &Place, met: &Met) -> Result<(), StoreError> {
        let (version, kind) = (&place.version, place.kind);
        let Some(folder) = self.versions(tree, version)? else {
            return Ok(());
        };
        let name = file_name(&version.version, kind);
        let _lock = self.lock(tree, version, kind);
        let file = folder.path().join(&name);
        if file.symlink_metadata().is_err() && met.path.symlink_metadata().is_ok() {
            folder.remove(&sidecar_name(&name))?;
        }
        Ok(())
    }

    fn foreign(&self, tree: &Tree, met: &Met, repair: bool) -> Result<Damage, StoreError> {
        if repair {
            self.set_path_aside(&met.path)?;
        }
        let reason = if met.is_file {
            DamageReason::Foreign
        } else {
            DamageReason::NotAFile
        };
        Ok(Damage::foreign(tree, &met.relative, reason))
    }
}
