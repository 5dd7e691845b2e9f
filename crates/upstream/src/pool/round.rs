//! One round of a question through the nodes of a pool: each is asked once at most, the next one when one fails or takes
//! too long, and the first good answer wins.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use super::members::Pool;
use super::node::Node;
use super::verdict::{may_differ, tells_most};
use crate::retry::{Again, Failure};

/// Why a round gave nothing.
pub(super) struct Vain {
    /// What is to be said of it.
    pub(super) failure: Failure,
    /// Whether every node was asked, so that it holds for the whole pool.
    pub(super) all_asked: bool,
    /// Whether no node of the pool would say otherwise.
    pub(super) is_final: bool,
}

/// How a node is asked in a round.
pub(super) struct Manner<'a> {
    pub(super) pool: &'a Pool,
    /// How long a node is waited for before the next is asked beside it.
    pub(super) patience: &'a (dyn Fn(&Node) -> Duration + Sync),
}

/// Asks these nodes, in this order, with `ask`.
pub(super) async fn round<'a, T>(
    order: Vec<Arc<Node>>,
    manner: Manner<'a>,
    ask: impl Fn(Arc<Node>) -> BoxFuture<'a, Result<T, Failure>>,
) -> Result<T, Vain> {
    let mut waiting = order.into_iter();
    let mut under_way = FuturesUnordered::new();
    let mut failures: Vec<Failure> = Vec::new();
    let mut all_asked = true;
    let mut beside = Instant::now();
    if let Some(first) = waiting.next() {
        beside += (manner.patience)(&first);
        under_way.push(ask(first));
    }
    loop {
        let has_next = waiting.len() > 0;
        let next_is_due = tokio::select! {
            biased;
            ended = under_way.next() => match ended {
                Some(Ok(reply)) => return Ok(reply),
                Some(Err(failure)) if !may_differ(&failure.error) => {
                    return Err(Vain { failure, all_asked, is_final: true });
                }
                Some(Err(failure)) => {
                    failures.push(failure);
                    true
                }
                None => return Err(vain(failures, all_asked)),
            },
            () = sleep_until(beside), if has_next => true,
        };
        if !next_is_due || !has_next {
            continue;
        }
        let now = Instant::now();
        if !manner.pool.withdraw(now) {
            tracing::debug!(pool = manner.pool.name, "no second try: too many already");
            waiting = Vec::new().into_iter();
            all_asked = false;
        }
        if let Some(next) = waiting.next() {
            beside = now + (manner.patience)(&next);
            under_way.push(ask(next));
        }
    }
}

/// What is to be said when every node that was asked has failed.
fn vain(failures: Vec<Failure>, all_asked: bool) -> Vain {
    let again = failures.iter().map(|failure| failure.again).reduce(hopeful);
    let error = tells_most(failures.iter().map(|failure| &failure.error)).cloned();
    // A pool has one node at least.
    let error = error.unwrap_or(crate::UpstreamError::Off);
    Vain {
        failure: Failure {
            error,
            again: again.unwrap_or(Again::No),
        },
        all_asked,
        is_final: false,
    }
}

/// The better hope of two that another round may fare better.
fn hopeful(one: Again, other: Again) -> Again {
    let rank = |again: &Again| match again {
        Again::Yes => (0, Duration::ZERO),
        Again::After(pause) => (1, *pause),
        Again::Once => (2, Duration::ZERO),
        Again::No | Again::Renewed => (3, Duration::ZERO),
    };
    std::cmp::min_by_key(one, other, rank)
}
