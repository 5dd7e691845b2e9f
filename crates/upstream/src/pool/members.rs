//! A pool: who belongs to it, and who is asked next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secret::SafeUrl;
use tokio::time::Instant;

use super::budget::Budget;
use super::choice::{self, Candidate};
use super::load;
use super::names::{Dns, Lookup};
use super::news::News;
use super::node::{Node, Place};
use super::rendezvous::{mass, score};
use super::resolve::Names;
use super::upkeep::{AT_REST, Upkeep};
use super::{NodeReport, NodeState, NodesFrom, PoolOptions, PoolReport};
use crate::name;

/// For so long a node that the DNS no longer names is kept as a last resort.
const DEPARTED: Duration = Duration::from_secs(600);
/// A pool. It knows no network: [`Pooled`](super::Pooled) asks.
pub(crate) struct Pool {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) url: SafeUrl,
    pub(super) options: PoolOptions,
    news: News,
    pub(super) names: Names,
    pub(super) upkeep: Mutex<Option<Upkeep>>,
    state: Mutex<State>,
}

struct State {
    members: Vec<Member>,
    budget: Budget,
    /// When it was asked last.
    used: Option<Instant>,
}

/// A node's place in the pool.
#[derive(Clone)]
struct Member {
    node: Arc<Node>,
    weight: u16,
    priority: u16,
    departed: Option<Instant>,
}

/// A node that settings or the DNS name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) weight: u16,
    pub(super) priority: u16,
}

impl Pool {
    pub(super) fn new(url: SafeUrl, options: PoolOptions, news: News) -> Self {
        let server = options.dns;
        Self::with(url, options, news, Arc::new(Dns { server }))
    }

    pub(super) fn with(
        url: SafeUrl,
        options: PoolOptions,
        news: News,
        dns: Arc<dyn Lookup>,
    ) -> Self {
        let now = Instant::now();
        let pool = Self {
            id: name::id(&url),
            name: name::name(&url),
            url,
            options,
            news,
            names: Names::new(dns),
            upkeep: Mutex::default(),
            state: Mutex::new(State {
                members: Vec::new(),
                budget: Budget::new(now),
                used: None,
            }),
        };
        if let NodesFrom::Listed(nodes) = &pool.options.nodes {
            pool.set_members(listed(nodes), now);
        }
        pool
    }

    /// Nodes that a pool of this upstream has known keep what is known of them.
    pub(super) fn take_over(&self, from: &Self) {
        if from.options.slow_after != self.options.slow_after {
            return;
        }
        let known = from.nodes();
        for member in &mut self.state().members {
            let node = &mut member.node;
            let same = |it: &&Arc<Node>| it.name == node.name && it.place == node.place;
            if let Some(known) = known.iter().find(same) {
                *node = Arc::clone(known);
            }
        }
    }

    /// Who belongs to it from now on. Who did before is kept for a while, to be asked where nobody else answers.
    pub(super) fn set_members(&self, named: Vec<Named>, now: Instant) {
        let mut state = self.state();
        let before = std::mem::take(&mut state.members);
        let mut changed = false;
        let mut members: Vec<Member> = Vec::new();
        for named in named {
            let known = before
                .iter()
                .find(|member| member.node.name == named.name && member.node.place == named.place);
            changed |= known.is_none_or(|known| known.departed.is_some());
            let node = known.map_or_else(
                || {
                    Arc::new(Node::new(
                        &self.name,
                        named.name,
                        named.place,
                        self.options.slow_after,
                        self.news.clone(),
                    ))
                },
                |known| Arc::clone(&known.node),
            );
            members.push(Member {
                node,
                weight: named.weight,
                priority: named.priority,
                departed: None,
            });
        }
        for mut gone in before {
            if members
                .iter()
                .any(|member| member.node.name == gone.node.name)
            {
                continue;
            }
            changed |= gone.departed.is_none();
            let since = *gone.departed.get_or_insert(now);
            // The upstream's own name was only asked for want of nodes.
            if gone.node.place != Place::OwnName && now.saturating_duration_since(since) < DEPARTED
            {
                members.push(gone);
            }
        }
        state.members = members;
        drop(state);
        if changed {
            self.news.changed();
        }
    }

    /// It is asked now.
    pub(super) fn used(&self, now: Instant) {
        self.state().used = Some(now);
    }

    /// A request comes that is no second try.
    pub(super) fn deposit(&self) {
        self.state().budget.deposit();
    }

    /// Whether nobody has asked it for a while.
    pub(super) fn is_at_rest(&self, now: Instant) -> bool {
        let used = self.state().used;
        used.is_none_or(|used| now.saturating_duration_since(used) >= AT_REST)
    }

    /// All its nodes, in the order in which they are to be asked for this key; those to `avoid` last.
    pub(super) fn order(&self, key: &str, avoid: &[String], now: Instant) -> Vec<Arc<Node>> {
        let members = self.members();
        let states: Vec<NodeState> = members.iter().map(|it| it.node.state(now)).collect();
        // Load is bounded among those that share it.
        let shares_load =
            |at: usize| states[at] == NodeState::Healthy && members[at].departed.is_none();
        let sum = |priority: u16, of: &dyn Fn(&Member) -> f64| -> f64 {
            (0..members.len())
                .filter(|&at| shares_load(at) && members[at].priority == priority)
                .map(|at| of(&members[at]))
                .sum()
        };
        let candidate = |(at, member): (usize, &Member)| {
            let node = &member.node;
            let all = sum(member.priority, &|it| mass(it.weight));
            let total = sum(member.priority, &|it| f64::from(it.node.in_flight()));
            let part = mass(member.weight) / all;
            Candidate {
                state: states[at],
                by_hand: node.is_by_hand(),
                departed: member.departed.is_some(),
                on_trial: node.is_on_trial(now),
                full: shares_load(at) && load::is_full(node.in_flight(), part, total as u32),
                avoided: avoid.contains(&node.name),
                priority: member.priority,
                score: score(&node.name, member.weight, key),
            }
        };
        let candidates: Vec<Candidate> = members.iter().enumerate().map(candidate).collect();
        choice::order(&candidates)
            .into_iter()
            .map(|at| Arc::clone(&members[at].node))
            .collect()
    }

    /// Whether another node than this one, and than those to `avoid`, does well.
    pub(super) fn has_others(&self, than: &Node, avoid: &[String], now: Instant) -> bool {
        self.members().iter().any(|member| {
            let node = &member.node;
            node.name != than.name
                && !avoid.contains(&node.name)
                && matches!(node.state(now), NodeState::Healthy | NodeState::Slow)
        })
    }

    /// Whether there may be a second try now.
    pub(super) fn withdraw(&self, now: Instant) -> bool {
        self.state().budget.withdraw(now)
    }

    /// Its nodes, those that departed too.
    pub(super) fn nodes(&self) -> Vec<Arc<Node>> {
        let nodes = self.members().into_iter().map(|member| member.node);
        nodes.collect()
    }

    pub(super) fn report(&self, now: Instant) -> PoolReport {
        let members = self.members();
        let first = |member: &&Member| member.departed.is_none();
        let lowest = members.iter().filter(first).map(|it| it.priority).min();
        let all: f64 = members
            .iter()
            .filter(|it| it.departed.is_none() && Some(it.priority) == lowest)
            .map(|it| mass(it.weight))
            .sum();
        let nodes = members
            .iter()
            .map(|member| {
                let look = member.node.look(now);
                let has_share = member.departed.is_none() && Some(member.priority) == lowest;
                NodeReport {
                    name: member.node.name.clone(),
                    state: look.state,
                    by_hand: look.by_hand,
                    departed: member.departed.is_some(),
                    share: if has_share {
                        mass(member.weight) / all
                    } else {
                        0.0
                    },
                    in_flight: member.node.in_flight(),
                    asked: look.asked,
                    failed: look.failed,
                    state_changes: look.changes,
                    p50: look.p50,
                    p95: look.p95,
                    latencies: look.times,
                    weight: member.weight,
                    priority: member.priority,
                    changed_ago: look
                        .changed
                        .as_ref()
                        .map(|(at, _)| now.saturating_duration_since(*at)),
                    why: look.changed.map(|(_, why)| why),
                }
            })
            .collect();
        PoolReport {
            upstream: self.name.clone(),
            id: self.id.clone(),
            from: self.options.nodes.clone(),
            resolved_ago: self.names.resolved_ago(now),
            dns_trouble: self.names.trouble(),
            retry_budget_left: self.state().budget.left(now),
            nodes,
        }
    }

    fn members(&self) -> Vec<Member> {
        self.state().members.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn host_and_port(url: &SafeUrl) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.as_url().port_or_known_default().unwrap_or_default();
    format!("{host}:{port}")
}

/// Listed nodes: named by host and port, and by their path too where that alone tells them apart.
fn listed(nodes: &[SafeUrl]) -> Vec<Named> {
    let host = host_and_port;
    let is_alone = |url: &SafeUrl| nodes.iter().filter(|it| host(it) == host(url)).count() == 1;
    let named = nodes.iter().map(|url| Named {
        name: if is_alone(url) {
            host(url)
        } else {
            name::name(url)
        },
        place: Place::Url(url.clone()),
        weight: 1,
        priority: 0,
    });
    named.collect()
}
