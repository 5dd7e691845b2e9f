//! An upstream of several nodes, as one chain asks it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use secret::SafeUrl;
use tokio::time::{Instant, sleep, timeout};

use super::hedge;
use super::members::Pool;
use super::node::{Node, Place};
use super::node_use::{InUse, NodeAsked, NodeEnd, NodeUse};
use super::round::{Manner, Vain, round};
use super::upkeep::Upkeep;
use super::{NodeState, NodesAsked, PoolReport};
use crate::address::{is_this_machine, names_this_machine};
use crate::ask::{Ask, Reply, ReplyStatus, Terms};
use crate::credentials::{Authorization, Presenting};
use crate::health::Health;
use crate::hop;
use crate::http::{Asked, Http};
use crate::retry::{self, Failure};
use crate::upstream::http_of;
use crate::{ChainBuildError, ChainParts, Deadlines, Probe, Stage, TraceContext, UpstreamError};

/// While others can stand in, a body may be silent for so long at least.
const SILENCE: Duration = Duration::from_secs(1);

/// An upstream of several nodes.
pub(crate) struct Pooled {
    pool: Arc<Pool>,
    url: SafeUrl,
    parts: ChainParts,
    presenting: Presenting,
    /// The upstream by its own name.
    own: Arc<Http>,
    /// Those of nodes, made when first asked.
    nodes: Mutex<HashMap<String, Arc<Http>>>,
}

/// One question, as all its attempts share it.
struct Question<'a> {
    path: String,
    terms: Terms,
    /// So small that it may be asked twice.
    small: bool,
    avoid: &'a [String],
    notes: &'a NodesAsked,
}

impl Pooled {
    /// The upstream at `url`, whose pool it is, asked with these parts.
    pub(crate) fn new(
        pool: Arc<Pool>,
        url: &SafeUrl,
        parts: &ChainParts,
    ) -> Result<Self, ChainBuildError> {
        pool.options.check(url)?;
        let own = Arc::new(http_of(url, parts, Asked::Proxy)?);
        pool.set_proxied(own.is_proxied());
        Ok(Self {
            presenting: Presenting::new(url, parts),
            own,
            url: url.clone(),
            nodes: Mutex::default(),
            parts: parts.clone(),
            pool,
        })
    }

    /// The upstream by its own name.
    pub(crate) fn own(&self) -> &Http {
        &self.own
    }

    /// Whether a node is on this machine, so that no network is needed.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        self.pool.nodes().iter().any(|node| match &node.place {
            Place::Url(url) => names_this_machine(url.as_url()),
            Place::Address(address) => is_this_machine(address.ip()),
            Place::OwnName => false,
        })
    }

    pub(crate) fn report(&self) -> PoolReport {
        self.pool.report(Instant::now())
    }

    /// Asks the nodes, and takes note of whether there is a way to any. A second round begins only when all of them have
    /// failed in the first one.
    pub(crate) async fn fetch(
        self: &Arc<Self>,
        ask: &Ask,
        health: &Health,
    ) -> Result<Reply, UpstreamError> {
        let begun = Instant::now();
        self.be_used(begun).await;
        let fetched = self.ask(ask).await;
        match &fetched {
            Ok(_) => health.note(None, begun),
            Err(vain) if vain.all_asked || vain.is_final => {
                health.note(Some(&vain.failure.error), begun);
            }
            // Nothing is known of those that were not asked.
            Err(_) => {}
        }
        fetched.map_err(|vain| vain.failure.error)
    }

    /// Somebody asks: there are nodes, and they are looked after.
    async fn be_used(self: &Arc<Self>, now: Instant) {
        self.pool.used(now);
        self.pool.be_ready().await;
        let mut upkeep = self
            .pool
            .upkeep
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if upkeep.as_ref().is_none_or(Upkeep::is_over) {
            *upkeep = Some(Upkeep::begin(self));
        }
    }

    async fn ask(&self, ask: &Ask) -> Result<Reply, Vain> {
        if hop::is_loop(&ask.hops, &self.parts.instance) {
            return Err(Vain::before(UpstreamError::Loop));
        }
        let question = Question {
            path: self.own.path_of(&ask.request),
            terms: ask.terms(),
            small: hedge::is_small(&ask.request),
            avoid: &ask.avoid,
            notes: &ask.nodes,
        };
        let key = match ask.request.module() {
            Some(module) => module.as_str(),
            None => &question.path,
        };
        if ask.avoid.is_empty() {
            self.pool.deposit();
        }
        let presented = self.presenting.present().await.map_err(Vain::before)?;
        let vain = match self.rounds(&question, key, presented.as_ref()).await {
            Ok(reply) => return Ok(reply),
            Err(vain) => vain,
        };
        let renewed = match &presented {
            Some(presented) if vain.failure.again == retry::Again::Renewed => {
                let renewed = self.presenting.renewed(presented).await;
                renewed.map_err(Vain::before)?
            }
            Some(_) | None => None,
        };
        match renewed {
            Some(renewed) => self.rounds(&question, key, Some(&renewed)).await,
            None => Err(vain),
        }
    }

    /// Round after round, within the overall deadline.
    async fn rounds(
        &self,
        question: &Question<'_>,
        key: &str,
        presented: Option<&Authorization>,
    ) -> Result<Reply, Vain> {
        let limits = self.limits();
        let asking = async {
            for tried in 0.. {
                let now = Instant::now();
                let order = self.pool.order(key, question.avoid, now);
                // Where others have been asked in between, one more round is enough.
                let most = if order.len() > 1 { 1 } else { retry::MORE };
                let manner = Manner {
                    pool: &self.pool,
                    patience: &|node| hedge::patience(&self.pool.options, node, question.small),
                };
                let vain = match round(order, manner, |node| {
                    self.attempt(node, question, presented).boxed()
                })
                .await
                {
                    Ok(reply) => return Ok(reply),
                    Err(vain) => vain,
                };
                let pause = retry::pause(vain.failure.again, tried, limits, fastrand::f64());
                match pause {
                    Some(pause)
                        if !vain.is_final && tried < most && self.pool.withdraw(Instant::now()) =>
                    {
                        tracing::debug!(pool = self.pool.name, error = %vain.failure.error, ?pause, "one more round");
                        sleep(pause).await;
                    }
                    Some(_) | None => return Err(vain),
                }
            }
            unreachable!("the loop returns")
        };
        timeout(limits.overall, asking).await.unwrap_or_else(|_| {
            Err(Vain::of_all(UpstreamError::Timeout {
                stage: Stage::Overall,
                after: limits.overall,
            }))
        })
    }

    /// One attempt at one node: all that is sent to a node for a question is sent here.
    async fn attempt(
        &self,
        node: Arc<Node>,
        question: &Question<'_>,
        presented: Option<&Authorization>,
    ) -> Result<Reply, Failure> {
        // Each node that is asked is a piece of its own of a trace.
        let traced = question.terms.trace.as_ref().map(|trace| Terms {
            trace: Some(trace.child()),
            ..question.terms.clone()
        });
        let terms = traced.as_ref().unwrap_or(&question.terms);
        let mut note = Note::begin(question.notes, &node);
        note.span = terms.trace.as_ref().map(TraceContext::span);
        let pool = &self.pool;
        let at = NodeUse {
            pool: Arc::clone(pool),
            node: Arc::clone(&node),
        };
        let in_use = InUse::begin(at.clone(), Instant::now());
        let http = match self.http(&node) {
            Ok(http) => http,
            Err(error) => return Err(note.failed(Failure::last(error))),
        };
        let presented = presented.filter(|_| http.is_covered());
        // Reading the trust store is no time of the node's.
        let warmed = http.warm().await;
        warmed.map_err(|error| note.failed(Failure::last(error)))?;
        let begun = Instant::now();
        let asking = http.once(&question.path, terms, presented);
        tokio::pin!(asking);
        let answered = match timeout(pool.options.slow_after, &mut asking).await {
            Ok(answered) => answered,
            Err(_) => {
                node.late(Instant::now());
                asking.await
            }
        };
        let (now, took) = (Instant::now(), begun.elapsed());
        match answered {
            Ok(mut reply) => {
                node.answered(took, now);
                if pool.has_others(&node, question.avoid, now) {
                    reply
                        .body
                        .be_impatient(pool.options.slow_after.max(SILENCE));
                }
                if reply.status == ReplyStatus::NotModified {
                    in_use.ended(None);
                } else {
                    reply.body.watch(in_use);
                }
                reply.node = Some(at);
                note.answered();
                Ok(reply)
            }
            Err(failure) => {
                if super::verdict::may_differ(&failure.error) {
                    node.failed(&failure.error, pool.has_others(&node, &[], now), now);
                    if node.state(now) == NodeState::Ejected {
                        pool.names.in_doubt(now);
                    }
                } else {
                    node.answered(took, now);
                    node.ended_well(now);
                }
                Err(note.failed(failure))
            }
        }
    }

    /// Whether any node is there, and lets this person in: the first one that answers.
    pub(crate) async fn probe(&self) -> Result<Probe, UpstreamError> {
        self.pool.be_ready().await;
        let order = self.pool.order("", &[], Instant::now());
        let manner = Manner {
            pool: &self.pool,
            patience: &|_| self.pool.options.slow_after,
        };
        let probed = round(order, manner, |node| {
            async move { self.probe_node(&node).await.map_err(Failure::last) }.boxed()
        });
        probed.await.map_err(|vain| vain.failure.error)
    }

    /// One light request to a node.
    async fn probe_node(&self, node: &Arc<Node>) -> Result<Probe, UpstreamError> {
        let probed = self.http(node)?.probe().await;
        let now = Instant::now();
        match &probed {
            Ok(probe) => node.probed(probe.took, now),
            Err(error) => node.probe_failed(error, self.pool.has_others(node, &[], now), now),
        }
        probed
    }

    /// The same, and one that takes too long has failed: nobody waits for it.
    pub(super) async fn probe_in_time(&self, node: &Arc<Node>) {
        let within = self
            .limits()
            .probe
            .min(self.pool.options.slow_after + SILENCE);
        if timeout(within, self.probe_node(node)).await.is_err() {
            let late = UpstreamError::Timeout {
                stage: Stage::FirstByte,
                after: within,
            };
            let now = Instant::now();
            node.probe_failed(&late, self.pool.has_others(node, &[], now), now);
        }
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The client of a node.
    fn http(&self, node: &Node) -> Result<Arc<Http>, UpstreamError> {
        if node.place == Place::OwnName {
            return Ok(Arc::clone(&self.own));
        }
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(http) = nodes.get(&node.name) {
            return Ok(Arc::clone(http));
        }
        let http = match &node.place {
            Place::Url(url) => Http::of_node(url, &self.url, &self.parts),
            Place::Address(address) => self.own.at(*address),
            Place::OwnName => return Ok(Arc::clone(&self.own)),
        };
        let http = Arc::new(http);
        // Those of nodes that are gone for good go with their connections.
        let known = self.pool.nodes();
        nodes.retain(|name, _| known.iter().any(|node| node.name == *name));
        nodes.insert(node.name.clone(), Arc::clone(&http));
        Ok(http)
    }

    fn limits(&self) -> &Deadlines {
        &self.parts.limits
    }
}

impl Vain {
    /// Nobody was asked.
    fn before(error: UpstreamError) -> Self {
        Self {
            failure: Failure::last(error),
            all_asked: false,
            is_final: true,
        }
    }

    fn of_all(error: UpstreamError) -> Self {
        Self {
            failure: Failure::last(error),
            all_asked: true,
            is_final: false,
        }
    }
}

/// What is noted of an attempt; one that is let go of was overtaken.
struct Note<'a> {
    notes: &'a NodesAsked,
    node: String,
    began: std::time::Instant,
    ended: NodeEnd,
    span: Option<[u8; 8]>,
}

impl<'a> Note<'a> {
    fn begin(notes: &'a NodesAsked, node: &Node) -> Self {
        Self {
            notes,
            node: node.name.clone(),
            began: std::time::Instant::now(),
            ended: NodeEnd::Overtaken,
            span: None,
        }
    }

    fn answered(&mut self) {
        self.ended = NodeEnd::Answered;
    }

    fn failed(&mut self, failure: Failure) -> Failure {
        self.ended = NodeEnd::Failed(failure.error.clone());
        failure
    }
}

impl Drop for Note<'_> {
    fn drop(&mut self) {
        self.notes.note(NodeAsked {
            node: std::mem::take(&mut self.node),
            began: self.began,
            took: self.began.elapsed(),
            ended: self.ended.clone(),
            span: self.span,
        });
    }
}
