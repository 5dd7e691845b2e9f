//! What changes: lists, latest, branches. Kept by upstream, fresh for a while, revalidated after, stale when need be.
//!
//! The chain is asked in Go's order; each upstream's kept answer stands in for it while fresh. Once every upstream has
//! failed, or is slow, the first kept answer in the chain's order is given stale. A list never shrinks: what an
//! upstream listed once stays listed, for a pool of nodes out of step must not make versions come and go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use go_module::{ModulePath, Request, list};
use jiff::Timestamp;
use store::KeptAnswer;
use upstream::{
    NodesAsked, Privacy, ReplyStatus, TraceContext, Upstream, UpstreamError, Validators,
};

use crate::error::{DeliveryError, malformed};
use crate::event::Source;
use crate::hot::AtHand;
use crate::offline;
use crate::once::{Led, Promise};
use crate::profile::Profile;
use crate::proof;
use crate::shared::Shared;
use crate::story::{Step, StepKind, Trace};
use crate::told;
use crate::way::{Asked, Way};

/// How answers that change are kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// For how long a kept answer is given without asking the upstream.
    pub fresh_for: Duration,
    /// How long an upstream may take before a kept answer is given stale; the refresh goes on.
    pub slow_after: Duration,
    /// For how long an upstream that listed versions, and now says there are none, isn't believed.
    pub doubt_not_found_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_secs(60),
            slow_after: Duration::from_secs(3),
            doubt_not_found_for: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// A body and where it came from.
pub(crate) type Answered = Result<(Bytes, Source), DeliveryError>;

/// Who asks for the same thing at the same time shares one refresh.
pub(crate) type AnswerKey = (u64, String);

/// Answers from what is kept, or from the chain, at most `slow_after` later if anything is kept.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    request: &Request,
    hops: &[String],
    trace: &Trace,
) -> Answered {
    let looked = Instant::now();
    let kept = first_kept(shared, profile, request).await;
    let said = match kept {
        Some((
            body,
            KeptFrom {
                fresh_for: Some(left),
                ..
            },
        )) => {
            let until = Instant::now() + left;
            let at_hand = AtHand::answer(request.clone(), body.clone(), until);
            shared.hot.insert(profile.id(), at_hand);
            return Ok((body, Source::Cache));
        }
        Some((_, KeptFrom { name, age, .. })) => {
            format!("kept from {name} {} ago: asked anew", told::age(age))
        }
        None => "not kept yet".to_owned(),
    };
    let path = request.url_path();
    if let Some(error) = shared.negatives.get(profile.id(), &path) {
        trace.note(looked, told::remembered(&error));
        return Err(error);
    }
    trace.note(looked, Step::new(StepKind::Cache, said));
    let joined = Instant::now();
    let key = (profile.id(), path);
    let (mut pending, led) = shared.answers.join_at(key, trace.at(), |promise| {
        let work = refresh(
            Arc::clone(shared),
            Arc::clone(profile),
            request.clone(),
            hops.to_vec(),
            promise,
            trace.clone(),
        );
        shared.tasks.spawn(work);
    });
    let note_wait = |error: Option<&DeliveryError>| {
        if let Some(Led(at)) = &led {
            trace.note(joined, told::waited(error).led_at(*at));
        }
    };
    // An upstream that was out of order a moment ago is given no time to fail once more, if anything is kept.
    let patience = if shared.outages.was_lately(profile.id()) {
        Duration::ZERO
    } else {
        shared.options.answers.slow_after
    };
    match tokio::time::timeout(patience, pending.wait()).await {
        Ok(Some(answered)) => {
            note_wait(answered.as_ref().err());
            answered
        }
        Ok(None) => Err(DeliveryError::Stopping),
        Err(_slow) => match kept_only(shared, profile, request).await {
            Ok(stale) => {
                trace.note(joined, told::too_slow(patience));
                // As slow as this counts as out of order: the next one who asks is not kept waiting as well.
                shared.outages.is_on(profile.id());
                Ok(stale)
            }
            Err(_) => {
                let answered = pending.wait().await.unwrap_or(Err(DeliveryError::Stopping));
                note_wait(answered.as_ref().err());
                answered
            }
        },
    }
}

/// What is kept, however old, asking nobody.
pub(crate) async fn kept_only(shared: &Shared, profile: &Profile, request: &Request) -> Answered {
    match first_kept(shared, profile, request).await {
        Some((body, from)) if from.fresh_for.is_some() => Ok((body, Source::Cache)),
        Some((body, KeptFrom { name, .. })) => Ok((body, Source::Stale(name))),
        None => Err(DeliveryError::NotKept),
    }
}

/// The upstreams that the path of a request may reach, and who else may hear of it.
fn way<'a>(profile: &'a Profile, request: &Request) -> Result<Way<'a>, DeliveryError> {
    let path = request.module().map_or("", ModulePath::as_str);
    profile.way(path)
}

struct KeptFrom {
    name: String,
    /// How long ago the upstream said so.
    age: Duration,
    /// For how long it is still fresh.
    fresh_for: Option<Duration>,
}

/// The first kept answer in the chain's order.
async fn first_kept(
    shared: &Shared,
    profile: &Profile,
    request: &Request,
) -> Option<(Bytes, KeptFrom)> {
    for upstream in way(profile, request).ok()?.upstreams() {
        if let Some(kept) = look(shared, upstream, request).await {
            let fresh_for = fresh_for(shared, &kept);
            return Some((
                kept.body,
                KeptFrom {
                    name: upstream.name().to_owned(),
                    age: Timestamp::now()
                        .duration_since(kept.checked_at)
                        .unsigned_abs(),
                    fresh_for,
                },
            ));
        }
    }
    None
}

async fn look(shared: &Shared, upstream: &Upstream, request: &Request) -> Option<KeptAnswer> {
    match shared.store.answer(upstream.id(), request).await {
        Ok(kept) => kept,
        Err(error) => {
            tracing::warn!(request = %request.url_path(), "a kept answer can't be read, the upstream is asked: {error}");
            None
        }
    }
}

/// For how long a kept answer is still fresh.
fn fresh_for(shared: &Shared, kept: &KeptAnswer) -> Option<Duration> {
    let age = Timestamp::now().duration_since(kept.checked_at);
    // A clock that was set back must not keep an answer fresh for years.
    let age = Duration::try_from(age).ok()?;
    let left = shared.options.answers.fresh_for.checked_sub(age)?;
    (!left.is_zero()).then_some(left)
}

async fn refresh(
    shared: Arc<Shared>,
    profile: Arc<Profile>,
    request: Request,
    hops: Vec<String>,
    promise: Promise<AnswerKey, Answered>,
    trace: Trace,
) {
    let asked = async {
        let way = way(&profile, &request)?;
        let asked = way.walk(|Asked { upstream, .. }| {
            let (shared, request, hops) = (Arc::clone(&shared), request.clone(), hops.clone());
            let (profile, privacy, trace) = (Arc::clone(&profile), way.privacy, trace.clone());
            async move {
                let (begun, name) = (Instant::now(), upstream.name().to_owned());
                let nodes = NodesAsked::default();
                let question = trace.question();
                let span = question.as_ref().map(TraceContext::span);
                let terms = (privacy, hops, nodes.clone(), question);
                let asked = ask(shared, profile, upstream, request, terms).await;
                let nodes = told::nodes(&name, &nodes, &trace);
                let begun = nodes.answering_since.unwrap_or(begun);
                let span = nodes.answering_span.or(span);
                match &asked {
                    Ok((_, _, step)) => trace.note(begun, step.clone().traced(span)),
                    // Each node has said it.
                    Err(_) if nodes.any => {}
                    Err(error) => {
                        trace.note(begun, told::nothing(&name, error).traced(span));
                    }
                }
                asked.map(|(bytes, source, _)| (bytes, source))
            }
        });
        asked.await.map_err(DeliveryError::from)
    };
    let answered = tokio::select! {
        answered = asked => answered,
        () = shared.stop.cancelled() => Err(DeliveryError::Stopping),
    };
    match &answered {
        Ok(_) => shared.outages.is_over(profile.id()),
        Err(DeliveryError::Outage(_)) => shared.outages.is_on(profile.id()),
        Err(_) => {}
    }
    let answered = match answered {
        Ok(answered) => Ok(answered),
        // What is kept offers more than can be had: who asked gets what offline mode gives.
        Err(error @ DeliveryError::Outage(_))
            if offline::consider(&shared, &profile, &error).await.is_some() =>
        {
            Err(error)
        }
        Err(error @ (DeliveryError::Outage(_) | DeliveryError::Stopping)) => {
            let looked = Instant::now();
            match kept_only(&shared, &profile, &request).await {
                Ok((body, source)) => {
                    let said = "what is kept is given, however old";
                    trace.note(looked, Step::new(StepKind::Cache, said));
                    tracing::debug!(request = %request.url_path(), "given stale: {error}");
                    Ok((body, source))
                }
                Err(_) => Err(error),
            }
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &answered {
        shared.mirrors.not_found(&profile, &request, error);
        shared
            .negatives
            .note(profile.id(), &request.url_path(), error);
    }
    promise.keep(answered);
}

/// One upstream: its fresh answer if one is kept, else the upstream itself; and what there is to say of it.
async fn ask(
    shared: Arc<Shared>,
    profile: Arc<Profile>,
    upstream: Upstream,
    request: Request,
    (privacy, hops, nodes, trace): (Privacy, Vec<String>, NodesAsked, Option<TraceContext>),
) -> Result<(Bytes, Source, Step), UpstreamError> {
    let kept = look(&shared, &upstream, &request).await;
    if let Some(kept) = &kept
        && fresh_for(&shared, kept).is_some()
    {
        let said = format!("kept from {}, and still fresh", upstream.name());
        let step = Step::new(StepKind::Cache, said);
        return Ok((kept.body.clone(), Source::Cache, step));
    }
    let name = upstream.name().to_owned();
    let validators = kept.as_ref().map(|kept| Validators {
        etag: kept.etag.clone(),
        last_modified: kept.last_modified.clone(),
    });
    let ask = upstream::Ask {
        request: request.clone(),
        privacy,
        validators,
        resume: None,
        cap: proof::cap(&request),
        hops,
        avoid: Vec::new(),
        nodes,
        trace,
    };
    let check = |status, body: &[u8]| match status {
        ReplyStatus::Whole => {
            proof::prove_answer(&request, body).map_err(|reason| malformed(&request, reason))
        }
        ReplyStatus::NotModified | ReplyStatus::Partial { .. } => Ok(()),
    };
    let reply = match upstream.fetch_whole(ask, check).await {
        Ok(reply) => reply,
        Err(error) if error.is_not_found() => {
            return match kept {
                Some(kept) if in_doubt(&shared, &request, &kept) => {
                    let said = format!(
                        "{}; not believed, for it listed versions {} ago",
                        error.in_short(),
                        told::age(
                            Timestamp::now()
                                .duration_since(kept.fetched_at)
                                .unsigned_abs()
                        )
                    );
                    let step = Step::new(StepKind::Upstream, said).with(&name);
                    Ok((kept.body, Source::Stale(name), step))
                }
                _ => Err(error),
            };
        }
        Err(error) => return Err(error),
    };
    let now = Timestamp::now();
    let head = told::head(&upstream, reply.status, reply.protocol);
    let (kept, source) = match (reply.status, kept) {
        (ReplyStatus::NotModified, Some(kept)) => (
            KeptAnswer {
                checked_at: now,
                ..kept
            },
            Source::Revalidated(name),
        ),
        (ReplyStatus::Whole, before) => {
            let Validators {
                etag,
                last_modified,
            } = reply.validators;
            shared
                .mirrors
                .answered(&profile, &request, &upstream, &reply.body);
            let body = match (&request, before) {
                (Request::List(_), Some(before)) => united(&before.body, reply.body),
                _ => reply.body,
            };
            (
                KeptAnswer {
                    body,
                    fetched_at: now,
                    checked_at: now,
                    etag,
                    last_modified,
                },
                Source::Upstream(name),
            )
        }
        (ReplyStatus::NotModified | ReplyStatus::Partial { .. }, _) => {
            return Err(malformed(
                &request,
                "it answered a part, or that nothing changed, unasked",
            ));
        }
    };
    if let Err(error) = shared
        .store
        .keep_answer(upstream.id(), &request, &kept)
        .await
    {
        tracing::warn!(request = %request.url_path(), "an answer can't be kept: {error}");
    }
    let length = matches!(source, Source::Upstream(_)).then_some(kept.body.len() as u64);
    let step = told::came(upstream.name(), reply.node.as_deref(), head, length, 1);
    Ok((kept.body, source, step))
}

/// Whether a "not found" contradicts a list of versions seen not long ago.
fn in_doubt(shared: &Shared, request: &Request, kept: &KeptAnswer) -> bool {
    let listed = matches!(request, Request::List(_)) && !kept.body.is_empty();
    let age = Timestamp::now()
        .duration_since(kept.fetched_at)
        .unsigned_abs();
    listed && age < shared.options.answers.doubt_not_found_for
}

/// The new list and all that the old one had besides.
fn united(before: &[u8], now: Bytes) -> Bytes {
    match (list::parse(before), list::parse(&now)) {
        (Ok(before), Ok(new)) => {
            let all = list::union(&before, &new);
            if all.len() == new.len() {
                now
            } else {
                Bytes::from(list::render(&all))
            }
        }
        _ => now,
    }
}
