//! What is remembered of the origins that were asked for: in memory, of so many, and for so long.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use super::{BELIEVED_FOR, EARLY, FAILED_FOR, Found, REFUSED_AGAIN_AFTER};
use crate::credential::Credential;
use crate::error::CredentialError;
use crate::keep::KeptIn;
use crate::origin::Origin;

/// The most origins that are remembered; the one that was not asked for the longest goes first.
pub(super) const ORIGINS: usize = 64;

/// What came of asking the places for one origin.
pub(super) struct Known {
    pub(super) found: Result<Option<Found>, CredentialError>,
    /// From then on they are asked anew.
    until: Option<Timestamp>,
}

/// Filled by the first who asks; the others wait for it. Where the first gives up, the next takes over.
type Cell = Arc<OnceCell<Known>>;

/// The origins, the one that was asked for last at the end.
#[derive(Default)]
pub(super) struct Memory {
    slots: Vec<Slot>,
}

struct Slot {
    origin: Origin,
    cell: Cell,
    /// When something of it was forgotten for the last time because the upstream refused it.
    refused_at: Option<Timestamp>,
}

impl Known {
    pub(super) fn new(
        found: Result<Option<Found>, CredentialError>,
        expires: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let after = |period: SignedDuration| now.checked_add(period).ok();
        let until = match &found {
            Ok(Some(found)) => match found.kept_in {
                KeptIn::Helper => expires.map(|expires| {
                    let life = expires.duration_since(now);
                    expires - EARLY.min(life / 2).max(SignedDuration::ZERO)
                }),
                KeptIn::Netrc => after(BELIEVED_FOR),
                KeptIn::Keyring | KeptIn::EncryptedFile => None,
            },
            Ok(None) => after(BELIEVED_FOR),
            Err(_) => after(FAILED_FOR),
        };
        Self { found, until }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

impl Memory {
    /// The cell of this origin: a new one where there is none, or where what it holds is over.
    pub(super) fn cell(&mut self, origin: &Origin, now: Timestamp) -> Cell {
        let mut slot = match self.position(origin) {
            Some(at) => self.slots.remove(at),
            None => Slot {
                origin: origin.clone(),
                cell: Cell::default(),
                refused_at: None,
            },
        };
        if slot.cell.get().is_some_and(|known| known.is_over(now)) {
            slot.cell = Cell::default();
        }
        let cell = slot.cell.clone();
        if self.slots.len() == ORIGINS {
            self.slots.remove(0);
        }
        self.slots.push(slot);
        cell
    }

    /// See [`super::Credentials::refused`]. `helped`: whether the origin has a helper.
    pub(super) fn refused(
        &mut self,
        credential: &Credential,
        helped: bool,
        now: Timestamp,
    ) -> bool {
        let Some(at) = self.position(credential.origin()) else {
            return helped;
        };
        let slot = &mut self.slots[at];
        let Some(known) = slot.cell.get() else {
            // It is being asked for anew.
            return true;
        };
        let found = match &known.found {
            Ok(Some(found)) if found.credential == *credential => found,
            // Another has seen the refusal before.
            Ok(Some(_)) => return true,
            Ok(None) | Err(_) => return false,
        };
        let lately = |at: Timestamp| now.duration_since(at) < REFUSED_AGAIN_AFTER;
        if slot.refused_at.is_some_and(lately) {
            return false;
        }
        let worth_it = found.kept_in == KeptIn::Helper;
        slot.refused_at = Some(now);
        slot.cell = Cell::default();
        worth_it
    }

    pub(super) fn forget(&mut self, origin: &Origin) {
        if let Some(at) = self.position(origin) {
            self.slots.remove(at);
        }
    }

    fn position(&self, origin: &Origin) -> Option<usize> {
        self.slots.iter().position(|slot| slot.origin == *origin)
    }
}
