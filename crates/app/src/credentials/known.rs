//! For whom something is kept, and where: a keyring can't be listed, so it is written down. Never a secret.

use credential::{KeptIn, Listed, Origin};
use store::Store;

use crate::failure::{Code, Failure};

/// Where it is in the lasting state.
const KEY: &str = "credentials";

/// What was written down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Vec<Listed>);

impl Known {
    pub(super) async fn read(store: &Store) -> Result<Self, Failure> {
        let kept = store.get_value(KEY).await?;
        // What can't be read is from another Larder: a login writes it anew.
        Ok(Self(
            kept.and_then(|kept| serde_json::from_value(kept).ok())
                .unwrap_or_default(),
        ))
    }

    pub(super) async fn write(&self, store: &Store) -> Result<(), Failure> {
        let value = serde_json::to_value(&self.0)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        Ok(store.set_value(KEY, &value).await?)
    }

    pub(super) fn all(&self) -> &[Listed] {
        &self.0
    }

    /// The origins that have something in this place.
    pub(super) fn of(&self, kept_in: KeptIn) -> impl Iterator<Item = Origin> {
        self.0
            .iter()
            .filter(move |one| one.kept_in == kept_in)
            .map(|one| one.origin.clone())
    }

    pub(super) fn has(&self, origin: &Origin, kept_in: KeptIn) -> bool {
        self.0
            .iter()
            .any(|one| one.origin == *origin && one.kept_in == kept_in)
    }

    /// What is kept last for an origin takes the place of all else.
    pub(super) fn add(&mut self, listed: Listed) {
        self.remove(&listed.origin);
        self.0.push(listed);
        self.0.sort_by(|one, other| one.origin.cmp(&other.origin));
    }

    pub(super) fn remove(&mut self, origin: &Origin) {
        self.0.retain(|one| one.origin != *origin);
    }
}
