//! A cluster before a Larder that runs, clients that ask it all the while, and what befell them.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    time::Duration,
};

use super::{Asking, Clients, Cluster, Figures, Load, Phase, Quiet, Seen, Trouble, Watch};

/// It goes on until [`Trial::end`].
pub struct Trial {
    cluster: Cluster,
    load: Load,
    watch: Watch,
    quiet: Phase,
    owners: BTreeMap<usize, usize>,
    shares: Vec<usize>,
    phases: Vec<Phase>,
}

/// All that was seen of a trial.
pub struct Story {
    /// The requests in order.
    pub asked: Vec<Asking>,
    /// What Larder said of the nodes.
    pub seen: Vec<Seen>,
    /// What befell the cluster; the first is the quiet phase.
    pub phases: Vec<Phase>,
    /// How often each node was asked in the quiet phase.
    pub shares: Vec<usize>,
    quiet: Quiet,
    names: Vec<String>,
}

impl Trial {
    /// Has clients ask the Larder at this `GOPROXY` value, whose control API takes this token. Ends with a quiet phase of
    /// this length behind it.
    pub fn begin(
        mut cluster: Cluster,
        goproxy: &str,
        token: &str,
        clients: Clients,
        quiet: Duration,
    ) -> Self {
        let watch = Watch::start(goproxy, token);
        let load = Load::start(goproxy, clients);
        // Connections are made, and what is made once is made.
        cluster.suffer(Trouble::None, 0, quiet / 4, Duration::ZERO);
        cluster.take_owners();
        let quiet = cluster.suffer(Trouble::None, 0, quiet, Duration::ZERO);
        let (owners, shares) = cluster.take_owners();
        Self {
            cluster,
            load,
            watch,
            quiet,
            owners,
            shares,
            phases: Vec::new(),
        }
    }

    /// Has something befall a node for so long, then leaves all alone for a while.
    pub fn suffer(&mut self, trouble: Trouble, node: usize, lasting: Duration, rest: Duration) {
        let phase = self.cluster.suffer(trouble, node, lasting, rest);
        self.phases.push(phase);
    }

    /// Ends it.
    pub fn end(self) -> Story {
        let asked = self.load.end();
        let names = self.cluster.nodes().iter();
        Story {
            quiet: Quiet::of(&asked, &self.quiet, self.owners),
            seen: self.watch.end(),
            names: names.map(|node| node.addr().to_string()).collect(),
            phases: std::iter::once(self.quiet).chain(self.phases).collect(),
            shares: self.shares,
            asked,
        }
    }
}

impl Story {
    /// How each kind of trouble went for the clients, in the order in which they first came.
    pub fn figures(&self) -> Vec<(Trouble, Figures)> {
        let mut all: Vec<(Trouble, Figures)> = Vec::new();
        for phase in &self.phases {
            let node = phase.node.map(|node| self.names[node].as_str());
            let figures = Figures::of(&self.asked, &self.quiet, phase, &self.seen, node);
            match all
                .iter_mut()
                .find(|(trouble, _)| *trouble == phase.trouble)
            {
                Some((_, before)) => before.take_in(figures),
                None => all.push((phase.trouble, figures)),
            }
        }
        all
    }
}

impl Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "asked in quiet: {:?}", self.shares)?;
        for phase in &self.phases {
            let since = |at: Duration| at.saturating_sub(phase.from);
            let node = phase.node.map_or("", |node| &self.names[node]);
            writeln!(
                f,
                "{} {node}, mended after {:.1?}",
                phase.trouble,
                since(phase.mended)
            )?;
            let of_phase = |seen: &&Seen| seen.at >= phase.from && seen.at < phase.to;
            for seen in self.seen.iter().filter(of_phase) {
                let Seen {
                    node, state, why, ..
                } = seen;
                writeln!(f, "    {:.2?}: {node} is {state}; {why}", since(seen.at))?;
            }
        }
        for (trouble, figures) in self.figures() {
            writeln!(f, "{trouble}: {figures}")?;
            for failure in figures.failures.iter().take(5) {
                writeln!(f, "    {failure}")?;
            }
        }
        Ok(())
    }
}
