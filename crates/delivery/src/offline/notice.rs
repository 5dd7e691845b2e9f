//! How it is noticed that there is no way to any upstream of the profile, and that there is one again.
//!
//! One dead upstream among living ones is no lack of a network. So before Larder goes offline each upstream has to be found
//! unreachable: the request that failed counts as a look at its own, the others are looked at after those. `direct` has no
//! one server that could be asked; it goes with the others, unless it answered lately.

use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use go_module::ModuleVersion;
use store::ListedVersion;
use upstream::{Privacy, Reach, Upstream, UpstreamError, UpstreamKind};

use super::{Offline, OfflineMode};
use crate::database::DatabaseError;
use crate::error::DeliveryError;
use crate::profile::Profile;
use crate::shared::Shared;

/// Why there can be no way to what is not on this machine.
pub(super) const NO_ROUTE: &str = "this machine has no default route to any network";

/// For how long it counts as a look at an upstream that there was no way to it.
const LATELY: Duration = Duration::from_secs(5);
/// For how long an answer of `direct` says that version control can be reached.
const DIRECT_ANSWERED_FOR: Duration = Duration::from_secs(5);
/// For how long it is heeded that `direct` found no way; then it may try again.
const DIRECT_FAILED_FOR: Duration = Duration::from_secs(30);
/// For how long it is not looked again after one upstream was found in reach.
const REST: Duration = Duration::from_secs(2);
/// The pause before the first look whether there is a way again; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two such looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often the routes of this machine are looked at meanwhile, which costs next to nothing.
const ROUTES_EVERY: Duration = Duration::from_secs(2);
/// Among how many versions that came from an upstream one is sought that may be asked of it.
const KNOWN: usize = 50;

/// After a failure: whether Larder is offline. Looks at the upstreams where the failure speaks for it.
pub(crate) async fn consider(
    shared: &Shared,
    profile: &Profile,
    error: &DeliveryError,
) -> Option<Arc<Offline>> {
    let connection = &shared.connection;
    let suspects = suspects(error)?;
    if connection.mode() == OfflineMode::Off {
        return None;
    }
    // Who looks in the background may be at it for seconds.
    if let Some(offline) = connection.known() {
        return Some(offline);
    }
    let _turn = connection.looking.acquire().await.ok()?;
    if let Some(offline) = connection.known() {
        return Some(offline);
    }
    let lately = || {
        let looked = connection.looked.lock();
        looked
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|at| at.elapsed() < REST)
    };
    if lately() || shared.profile().id() != profile.id() {
        return None;
    }
    let heeded = Heeded {
        unreachable: LATELY,
        suspects: &suspects,
    };
    match look(shared, profile, heeded).await {
        Some(why) => connection.notice(Some(why)),
        None => {
            let mut looked = connection
                .looked
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *looked = Some(Instant::now());
        }
    }
    connection.known()
}

/// Of which upstreams an error speaks for it that there is no way to them: none could be gone, or what answered may be a
/// sign-in page.
fn suspects(error: &DeliveryError) -> Option<Vec<String>> {
    let chain = match error {
        DeliveryError::Outage(chain) | DeliveryError::Refused(chain) => chain,
        DeliveryError::Database(DatabaseError::Unreachable { cause, .. })
        | DeliveryError::Unverified {
            cause: DatabaseError::Unreachable { cause, .. },
            ..
        } => cause,
        DeliveryError::Malformed { upstream, .. } => {
            return Some(vec![upstream.clone()]);
        }
        DeliveryError::Unverified { .. }
        | DeliveryError::Database(_)
        | DeliveryError::NotFound(_)
        | DeliveryError::StillNotFound { .. }
        | DeliveryError::NotKept
        | DeliveryError::Offline { .. }
        | DeliveryError::Store(_)
        | DeliveryError::Read(_)
        | DeliveryError::Mismatch(_)
        | DeliveryError::Changed(_)
        | DeliveryError::OutsideDatabase { .. }
        | DeliveryError::PrivateNowhere { .. }
        | DeliveryError::OtherChecksumDb { .. }
        | DeliveryError::Stopping => return None,
    };
    let speaks_for_it = chain.tried.iter().any(|(_, error)| {
        error.is_no_way()
            || matches!(
                error,
                UpstreamError::Malformed { .. } | UpstreamError::Redirect { .. }
            )
    });
    speaks_for_it.then(|| chain.tried.iter().map(|(name, _)| name.clone()).collect())
}

/// What spares a look at an upstream.
struct Heeded<'a> {
    /// For how long it is heeded that there was no way to it.
    unreachable: Duration,
    /// The upstreams that are looked at first, by name.
    suspects: &'a [String],
}

/// Looks at all upstreams of the profile: why none of them can be reached; none where one can.
async fn look(shared: &Shared, profile: &Profile, heeded: Heeded<'_>) -> Option<String> {
    let upstreams = profile.routes().upstreams();
    let has_route = shared.connection.has_default_route();
    let (suspects, others): (Vec<&Upstream>, Vec<&Upstream>) = upstreams
        .iter()
        .copied()
        .filter(|upstream| upstream.kind() != UpstreamKind::Direct)
        .partition(|upstream| heeded.suspects.iter().any(|name| name == upstream.name()));
    let mut reasons = Vec::new();
    // Where one that failed answers after all, nobody else is bothered.
    for some in [suspects, others] {
        let looks = some.into_iter().map(|upstream| async move {
            if !upstream.is_on_this_machine() && !has_route {
                return Some(NO_ROUTE.to_owned());
            }
            let seen = upstream.reach();
            let reach = match seen {
                Reach::Unreachable { ago, .. } if ago < heeded.unreachable => seen,
                Reach::Unknown | Reach::Reached { .. } | Reach::Unreachable { .. } => {
                    let known = known_of(shared, profile, upstream).await;
                    upstream
                        .look(known.as_ref().map(|(module, privacy)| (module, *privacy)))
                        .await
                }
            };
            match reach {
                Reach::Unreachable { cause, .. } => Some(format!("{}: {cause}", upstream.name())),
                Reach::Unknown | Reach::Reached { .. } => None,
            }
        });
        let found: Option<Vec<String>> = join_all(looks).await.into_iter().collect();
        reasons.extend(found?);
    }
    if let Some(direct) = upstreams
        .iter()
        .find(|it| it.kind() == UpstreamKind::Direct)
    {
        match direct.reach() {
            _ if !has_route => reasons.push(NO_ROUTE.to_owned()),
            Reach::Reached { ago } if ago < DIRECT_ANSWERED_FOR => return None,
            Reach::Unreachable { ago, cause } if ago < DIRECT_FAILED_FOR => {
                reasons.push(format!("direct: {cause}"));
            }
            // Nothing is known of it: it goes with the others. Alone, it is given the chance to try.
            Reach::Unknown | Reach::Reached { .. } | Reach::Unreachable { .. } => {}
        }
    }
    reasons.dedup();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// A version that came from this upstream, and that it may be asked for under the profile's rules.
async fn known_of(
    shared: &Shared,
    profile: &Profile,
    upstream: &Upstream,
) -> Option<(ModuleVersion, Privacy)> {
    let listed = match shared.store.of_origin(upstream.name(), KNOWN).await {
        Ok(listed) => listed,
        Err(error) => {
            tracing::debug!("what came from {upstream} can't be listed: {error}");
            return None;
        }
    };
    let may_be_asked = |version: &ListedVersion| {
        let chain = profile.route(version.path.as_str()).chain;
        chain.is_some_and(|chain| chain.upstreams().any(|it| it.id() == upstream.id()))
    };
    listed.into_iter().filter(may_be_asked).find_map(|version| {
        let privacy = profile.route(version.path.as_str()).privacy();
        let module = ModuleVersion::new(version.path, version.version).ok()?;
        Some((module, privacy))
    })
}

/// While offline, looks again and again whether there is a way, less and less often; for as long as modules are delivered.
pub(crate) async fn keep_looking(shared: Weak<Shared>) {
    let Some(mut changes) = shared.upgrade().map(|shared| shared.connection.changes()) else {
        return;
    };
    loop {
        if changes.wait_for(Option::is_some).await.is_err() {
            return;
        }
        let Some(strong) = shared.upgrade() else {
            return;
        };
        strong.hot.clear();
        strong.deliverable.forget();
        drop(strong);
        let mut pause = FIRST_PAUSE;
        while changes.borrow_and_update().is_some() {
            if !wait(&shared, &mut changes, pause).await {
                break;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            let Some(shared) = shared.upgrade() else {
                return;
            };
            let connection = &shared.connection;
            if connection.mode() != OfflineMode::Auto {
                continue;
            }
            let Ok(_turn) = connection.looking.acquire().await else {
                return;
            };
            let profile = shared.profile();
            let anew = Heeded {
                unreachable: Duration::ZERO,
                suspects: &[],
            };
            let unreachable = look(&shared, &profile, anew).await;
            if unreachable.is_none() && shared.profile().id() == profile.id() {
                connection.notice(None);
            }
        }
        if let Some(shared) = shared.upgrade() {
            shared.hot.clear();
            shared.negatives.clear();
        }
    }
}

/// Waits about `pause`, or until there is reason to look at once; `false` where it is known already that all has changed.
async fn wait(
    shared: &Weak<Shared>,
    changes: &mut tokio::sync::watch::Receiver<Option<Arc<Offline>>>,
    pause: Duration,
) -> bool {
    // Not all laptops of a company at the same moment.
    let pause = pause.mul_f64(0.75 + fastrand::f64() / 2.0);
    let until = tokio::time::Instant::now() + pause;
    let had_route = match shared.upgrade() {
        Some(shared) => shared.connection.has_default_route(),
        None => return false,
    };
    loop {
        let Some(strong) = shared.upgrade() else {
            return false;
        };
        if !had_route && strong.connection.has_default_route() {
            return true;
        }
        let step = until.min(tokio::time::Instant::now() + ROUTES_EVERY);
        tokio::select! {
            changed = changes.changed() => return changed.is_ok() && changes.borrow().is_some(),
            () = strong.connection.again.notified() => return true,
            () = tokio::time::sleep_until(step) => {}
        }
        if tokio::time::Instant::now() >= until {
            return true;
        }
    }
}
