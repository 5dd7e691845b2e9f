//! A file is brought into the cache for its own sake: nobody waits for its bytes, but that it is there.

use std::sync::Arc;
use std::time::Instant;

use go_module::{FileKind, ModuleVersion, Request};

use crate::error::DeliveryError;
use crate::event::{Outcome, Tally};
use crate::fetch::{self, Asked, FlownFor};
use crate::offline;
use crate::profile::Profile;
use crate::shared::Shared;

/// A file that is kept now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brought {
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether it was fetched for this.
    pub is_new: bool,
}

/// The file as it is kept, else as it came once it has been committed.
pub(crate) async fn bring(
    shared: &Arc<Shared>,
    module: &ModuleVersion,
    kind: FileKind,
) -> Result<Brought, DeliveryError> {
    let profile = shared.profile();
    let looked = Instant::now();
    match shared.find(&profile, module, kind).await {
        Ok(Some(kept)) => {
            return Ok(Brought {
                bytes: kept.size,
                is_new: false,
            });
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%module, "{error}"),
    }
    let request = Request::File(module.clone(), kind);
    if let Some(offline) = shared.offline(&profile) {
        return Err(DeliveryError::not_kept_offline(&request, &offline));
    }
    if let Some(error) = shared.negatives.get(profile.id(), &request.url_path()) {
        return Err(error);
    }
    let fetched = fetch_in_background(shared, &profile, module, kind, looked).await;
    if let Err(error) = &fetched {
        // Where this was the network's end, the next one need not wait for it.
        offline::consider(shared, &profile, error).await;
    }
    fetched.map(|bytes| Brought {
        bytes,
        is_new: true,
    })
}

/// Fetches a file that nobody waits for, which was looked for since `looked`; tells of it, and says how large it is.
pub(crate) async fn fetch_in_background(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
    kind: FileKind,
    looked: Instant,
) -> Result<u64, DeliveryError> {
    let request = Request::File(module.clone(), kind);
    let mut tally = Tally::new(
        shared.events.clone(),
        request,
        Arc::clone(profile),
        true,
        shared.traced(None),
    );
    let asked = Asked {
        module,
        kind,
        flown_for: FlownFor::Completion,
        looked,
    };
    let joined = fetch::flight(shared, profile, asked, &mut tally);
    match joined.landed().await {
        Ok(()) => {
            let (source, bytes) = joined.flight.origin();
            tally.source(source);
            tally.bytes(bytes);
            tally.end(Outcome::Delivered, None);
            Ok(bytes)
        }
        Err(error) => {
            tally.fail(&error);
            Err(error)
        }
    }
}
