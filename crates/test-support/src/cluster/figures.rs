//! How it went for the clients: what failed, and by how much the requests that were hit took longer than in quiet times.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Display},
    time::Duration,
};

use super::{Asking, Phase, Seen, modules::Kind};

/// What requests take while nothing befalls the cluster, and which node is asked for which module.
#[derive(Clone, Debug)]
pub struct Quiet {
    medians: HashMap<Kind, Duration>,
    owners: BTreeMap<usize, usize>,
}

impl Quiet {
    /// From what was asked in a quiet phase.
    pub fn of(asked: &[Asking], phase: &Phase, owners: BTreeMap<usize, usize>) -> Self {
        let median = |kind: Kind| {
            let of_kind = asked
                .iter()
                .filter(|asking| asking.kind == kind && within(asking, phase));
            let mut times: Vec<_> = of_kind.map(|asking| asking.took).collect();
            times.sort_unstable();
            (kind, quantile(&times, 0.5))
        };
        Self {
            medians: Kind::ALL.into_iter().map(median).collect(),
            owners,
        }
    }

    /// By how much a request took longer than is usual of its kind.
    fn added(&self, asking: &Asking) -> Duration {
        let usual = self.medians.get(&asking.kind).copied().unwrap_or_default();
        asking.took.saturating_sub(usual)
    }
}

/// How a phase went, or several of a kind.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Requests that began in it.
    pub requests: usize,
    /// What was wrong with those that failed in it.
    pub failures: Vec<String>,
    /// By how much those took longer that were hit: for modules of the node in trouble, under way between the beginning and
    /// the moment when Larder was seen to know. From the shortest to the longest.
    pub added: Vec<Duration>,
    /// The worst added delay of all requests of the phase.
    pub worst_of_all: Duration,
    /// From the beginning to the moment when Larder was seen not to count on the node; the longest of several.
    pub out_after: Option<Duration>,
    /// From the beginning to the last request that the node was sent before it was mended; the longest of several.
    pub last_asked: Option<Duration>,
    /// How many these were.
    pub asked: Option<usize>,
}

impl Figures {
    /// Of one phase; `node` is the name by which Larder knows the one in trouble.
    pub fn of(
        asked: &[Asking],
        quiet: &Quiet,
        phase: &Phase,
        seen: &[Seen],
        node: Option<&str>,
    ) -> Self {
        let out = node.and_then(|node| {
            let of_node = seen.iter().filter(|seen| seen.node == node);
            let mut of_phase =
                of_node.filter(|seen| seen.at >= phase.from && seen.at < phase.mended);
            of_phase
                .find(|seen| seen.state != "healthy")
                .map(|seen| seen.at)
        });
        let known = out.unwrap_or(phase.mended);
        let mine = |asking: &Asking| {
            phase
                .node
                .is_none_or(|node| quiet.owners.get(&asking.module) == Some(&node))
        };
        let of_phase = || asked.iter().filter(|asking| within(asking, phase));
        let hit = asked
            .iter()
            .filter(|asking| mine(asking) && asking.ended() > phase.from && asking.begun < known);
        let mut added: Vec<_> = hit.map(|asking| quiet.added(asking)).collect();
        added.sort_unstable();
        let worst = of_phase().map(|asking| quiet.added(asking)).max();
        Self {
            requests: of_phase().count(),
            failures: asked
                .iter()
                .filter_map(|asking| failed_in(asking, phase))
                .collect(),
            added,
            worst_of_all: worst.unwrap_or_default(),
            out_after: out.map(|out| out - phase.from),
            last_asked: phase.last_asked.map(|last| last.saturating_sub(phase.from)),
            asked: phase.asked,
        }
    }

    /// Takes those of another phase of its kind in.
    pub fn take_in(&mut self, other: Self) {
        self.requests += other.requests;
        self.failures.extend(other.failures);
        self.added.extend(other.added);
        self.added.sort_unstable();
        self.worst_of_all = self.worst_of_all.max(other.worst_of_all);
        self.out_after = self.out_after.max(other.out_after);
        self.last_asked = self.last_asked.max(other.last_asked);
        if let Some(asked) = other.asked {
            *self.asked.get_or_insert(0) += asked;
        }
    }

    /// The added delay that this share of those that were hit did not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        quantile(&self.added, share)
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| format!("{:.0} ms", time.as_secs_f64() * 1e3);
        let maybe = |time: Option<Duration>| time.map_or("-".to_owned(), ms);
        write!(
            f,
            "{} requests, {} failed; {} hit, added p50 {}, p99 {}, worst {} (of all {}); out after {}; asked {} times, last after {}",
            self.requests,
            self.failures.len(),
            self.added.len(),
            ms(self.quantile(0.5)),
            ms(self.quantile(0.99)),
            ms(self.quantile(1.0)),
            ms(self.worst_of_all),
            maybe(self.out_after),
            self.asked.map_or("-".to_owned(), |asked| asked.to_string()),
            maybe(self.last_asked),
        )
    }
}

fn within(asking: &Asking, phase: &Phase) -> bool {
    asking.begun >= phase.from && asking.begun < phase.to
}

/// What was wrong with it, if that was in this phase: one that was under way when a trouble began may be hit by it.
fn failed_in(asking: &Asking, phase: &Phase) -> Option<String> {
    let ended = asking.ended();
    let is_here = ended >= phase.from && ended < phase.to;
    asking.failure.clone().filter(|_| is_here)
}

/// Of sorted times; 1.0 is the longest.
fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let at = (sorted.len() as f64 * share) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(at.min(last)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Trouble;

    const MS: Duration = Duration::from_millis(1);

    fn asking(begun: u32, took: u32, module: usize) -> Asking {
        Asking {
            begun: MS * begun,
            took: MS * took,
            kind: Kind::Mod,
            module,
            failure: None,
        }
    }

    fn phase(node: Option<usize>, from: u32, mended: u32) -> Phase {
        Phase {
            trouble: Trouble::Killed,
            node,
            from: MS * from,
            mended: MS * mended,
            to: MS * mended,
            asked: None,
            last_asked: None,
        }
    }

    #[test]
    fn only_requests_that_a_trouble_could_reach_are_counted_as_hit() {
        let quiet = [asking(0, 2, 1), asking(10, 2, 2)];
        let quiet = Quiet::of(&quiet, &phase(None, 0, 50), [(1, 0), (2, 1)].into());
        let asked = [
            asking(90, 30, 1),   // under way when it began
            asking(105, 12, 1),  // before Larder knew
            asking(106, 500, 2), // of another node
            asking(130, 7, 1),   // after Larder knew
            asking(190, 40, 1),
        ];
        let seen = [Seen {
            at: MS * 120,
            node: "one".to_owned(),
            state: "ejected".to_owned(),
            why: String::new(),
        }];
        let figures = Figures::of(
            &asked,
            &quiet,
            &phase(Some(0), 100, 200),
            &seen,
            Some("one"),
        );
        assert_eq!((figures.requests, figures.added.len()), (4, 2));
        assert_eq!(
            (figures.quantile(0.0), figures.quantile(1.0)),
            (MS * 10, MS * 28)
        );
        assert_eq!(figures.worst_of_all, MS * 498);
        assert_eq!(figures.out_after, Some(MS * 20));
        // Where nobody saw Larder know, all of the phase counts.
        let figures = Figures::of(&asked, &quiet, &phase(Some(0), 100, 200), &[], Some("one"));
        assert_eq!(figures.added.len(), 4);
    }
}
