//! A flight from its start to its end: what is kept by now, or a transfer from the chain of upstreams, and the commit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use go_module::{FileKind, H1, ModuleVersion, Request};
use store::{Draft, Sha256};

use crate::adopt::{self, Adopted};
use crate::error::DeliveryError;
use crate::event::{Source, Tally};
use crate::flight::{Flight, Head, Joined, Proven, Ticket};
use crate::mirror::Said;
use crate::profile::Profile;
use crate::routes::Cover;
use crate::shared::Shared;
use crate::story::{Step, StepKind};
use crate::told;
use crate::transfer::Transfer;
use crate::verify::Measure;
use crate::way;

/// A wait for its turn that is part of the story.
const WORTH_TELLING: Duration = Duration::from_millis(1);

/// Who a flight is started for.
#[derive(Clone, Copy)]
pub(crate) enum FlownFor<'a> {
    /// A client, whose request came through these Larders.
    Client { hops: &'a [String] },
    /// The completion of a version, which has no companions of its own.
    Completion,
}

/// What is wanted of a flight.
pub(crate) struct Asked<'a> {
    pub(crate) module: &'a ModuleVersion,
    pub(crate) kind: FileKind,
    pub(crate) flown_for: FlownFor<'a>,
    /// Since when it was looked for among what is kept, in vain.
    pub(crate) looked: Instant,
}

/// Joins the flight under way, or starts one. The version's other files follow a client's.
pub(crate) fn flight(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    asked: Asked<'_>,
    tally: &mut Tally,
) -> Joined {
    let Asked {
        module,
        kind,
        flown_for,
        looked,
    } = asked;
    let key = (profile.id(), module.clone(), kind);
    let trace = tally.trace();
    trace.note(looked, Step::new(StepKind::Cache, "not kept yet"));
    let joined = shared.flights.join(key, trace, |ticket| {
        let (hops, followed) = match flown_for {
            FlownFor::Client { hops } => (hops.to_vec(), true),
            FlownFor::Completion => (Vec::new(), false),
        };
        let tasks = shared.tasks.clone();
        let (shared, profile, module) = (Arc::clone(shared), Arc::clone(profile), module.clone());
        tasks.spawn(async move {
            let landed = fly(&shared, &profile, &module, kind, hops, ticket).await;
            if landed && followed {
                shared.companions.follow(&profile, &module);
            }
        });
    });
    if joined.leads() {
        tally.leads(&joined.flight, &shared.tasks);
    }
    joined
}

/// Flies one flight to its end: what is kept by now, or the chain of upstreams. Returns whether it has landed in the cache.
async fn fly(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
    kind: FileKind,
    hops: Vec<String>,
    ticket: Ticket,
) -> bool {
    let flight = ticket.flight.clone();
    // Bodies that wait for the disk are bounded too: where it can't keep up, fetching waits for it.
    let _place = shared.places.acquire().await;
    let fetched = tokio::select! {
        fetched = fetch(shared, profile, module, kind, hops, &flight) => fetched,
        () = shared.stop.cancelled() => Err(DeliveryError::Stopping),
    };
    let end = match fetched {
        Ok(None) => Ok(()),
        // What is whole and proven is committed even while stopping.
        Ok(Some(ready)) => {
            let (begun, length) = (Instant::now(), ready.draft.len());
            let (from, bytes) = (ready.upstream.clone(), ready.bytes.clone());
            let committed = commit(shared, profile, module, kind, ready).await;
            let end = committed.map(|sha256| {
                let request = Request::File(module.clone(), kind);
                let said = Said::file(&request, bytes.as_deref(), &sha256, length);
                shared.mirrors.copy(profile, &request, &from, said);
            });
            let step = match &end {
                Ok(()) => Step::new(StepKind::Kept, told::bytes(length)),
                Err(error) => Step::new(StepKind::Kept, format!("not kept: {error}")).failed(None),
            };
            flight.trace().note(begun, step);
            end
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &end {
        let request = Request::File(module.clone(), kind);
        shared.mirrors.not_found(profile, &request, error);
        shared
            .negatives
            .note(profile.id(), &request.url_path(), error);
    }
    let landed = end.is_ok();
    ticket.end(end);
    landed
}

/// A body that is whole and right, and not in its place yet.
pub(crate) struct Ready {
    pub(crate) draft: Draft,
    pub(crate) upstream: String,
    pub(crate) h1: Option<H1>,
    /// All of it, where it is small.
    pub(crate) bytes: Option<Bytes>,
}

/// A body from the chain; `None` where it is in its place already.
async fn fetch(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    module: &ModuleVersion,
    kind: FileKind,
    hops: Vec<String>,
    flight: &Flight,
) -> Result<Option<Ready>, DeliveryError> {
    let begun = Instant::now();
    // Between the asker's look at the cache and this flight another one may have landed.
    let key = (profile.id(), module.clone(), kind);
    let has_landed = shared.landed.get(&key).is_some();
    // What was kept before it could be verified is verified now. Outside the database the asker has looked there already.
    let is_covered = profile.route(module.path.as_str()).cover == Cover::Database;
    let is_there = has_landed
        || (is_covered && adopt::adopt(shared, profile, module, kind).await? == Adopted::Verified);
    if is_there && let Ok(Some(kept)) = shared.find(profile, module, kind).await {
        let said = if has_landed {
            "kept in the meantime"
        } else {
            "kept from before it could be verified: verified now, and moved to its place"
        };
        flight.trace().note(begun, Step::new(StepKind::Cache, said));
        flight.begin(Head {
            file: Arc::new(kept.file),
            length: Some(kept.size),
            source: Source::Cache,
        });
        flight.prove(Proven {
            length: kept.size,
            bytes: None,
        });
        return Ok(None);
    }
    let way = profile.way(module.path.as_str())?;
    let queued = Instant::now();
    let _permit = shared
        .fetches
        .acquire()
        .await
        .map_err(|_| DeliveryError::Stopping)?;
    if queued.elapsed() > WORTH_TELLING {
        let said = "as many files as may be fetched at once were on their way";
        flight
            .trace()
            .note(queued, Step::new(StepKind::Waited, said));
    }
    let measure = Measure::begin(shared, profile, module, kind);
    let transfer = |way::Asked { upstream, on_trial }| {
        let transfer = Transfer {
            shared: Arc::clone(shared),
            home: profile.home(module.path.as_str(), kind, &upstream),
            upstream,
            on_trial,
            privacy: way.privacy,
            measure: measure.clone(),
            module: module.clone(),
            kind,
            hops: hops.clone(),
            flight: flight.clone(),
        };
        transfer.run()
    };
    Ok(Some(way.walk(transfer).await??))
}

/// Puts a proven body in its place. Its readers have it already: nobody waits for the disk but the next start.
pub(crate) async fn commit(
    shared: &Arc<Shared>,
    profile: &Profile,
    module: &ModuleVersion,
    kind: FileKind,
    ready: Ready,
) -> Result<Sha256, DeliveryError> {
    let _permit = shared.commits.acquire().await;
    let Ready {
        draft,
        upstream,
        h1,
        bytes,
    } = ready;
    let committed = shared
        .tasks
        .spawn_blocking(move || draft.commit_with(&upstream, h1))
        .await;
    let kept = committed
        .map_err(|_| DeliveryError::Stopping)?
        .map_err(DeliveryError::store)?;
    shared
        .landed
        .insert((profile.id(), module.clone(), kind), ());
    if let Some(bytes) = bytes {
        shared.keep_hot(profile.id(), &kept.tree, module, kind, bytes, &kept.sha256);
    }
    Ok(kept.sha256)
}
