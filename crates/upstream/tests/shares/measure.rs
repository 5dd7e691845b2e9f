//! How even shares are, how much moves, and where a node's share goes when it fails.

use crate::rendezvous::score;
use crate::ring::Ring;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// So many sets of nodes, of which the mean is taken,
    pub(crate) sets: usize,
    /// and so many modules for each.
    pub(crate) modules: usize,
}

/// Who has a key, and who else if that one fails.
pub(crate) trait Hashing {
    fn owner(&self, key: &str) -> usize;
    fn owner_without(&self, key: &str, failed: usize) -> usize;
}

pub(crate) struct Rendezvous(pub(crate) Vec<String>);

impl Rendezvous {
    fn highest(&self, key: &str, but: Option<usize>) -> usize {
        let nodes = (0..self.0.len()).filter(|at| Some(*at) != but);
        nodes
            .map(|at| (score(&self.0[at], 1, key), at))
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map_or(0, |(_, at)| at)
    }
}

impl Hashing for Rendezvous {
    fn owner(&self, key: &str) -> usize {
        self.highest(key, None)
    }

    fn owner_without(&self, key: &str, failed: usize) -> usize {
        self.highest(key, Some(failed))
    }
}

impl Hashing for Ring {
    fn owner(&self, key: &str) -> usize {
        Ring::owner(self, key)
    }

    fn owner_without(&self, key: &str, failed: usize) -> usize {
        self.walk(key).find(|at| *at != failed).unwrap_or_default()
    }
}

/// What was measured, as parts of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// The standard deviation of the shares, in parts of the mean share.
    pub(crate) deviation: f64,
    /// The part that moves when a node is added.
    pub(crate) moved: f64,
    /// The part that moves though neither its old nor its new node came or went.
    pub(crate) moved_in_vain: f64,
    /// When a node fails: the largest part of its share that one other gets, in parts of an even one.
    pub(crate) burden: f64,
}

/// Measures a kind of hashing with so many nodes.
pub(crate) fn measure<H: Hashing>(
    nodes: usize,
    effort: Effort,
    make: impl Fn(&[String]) -> H,
) -> Figures {
    let Effort { sets, modules } = effort;
    let mut sum = [0.0; 4];
    for set in 0..sets {
        let names: Vec<String> = (0..=nodes)
            .map(|node| format!("10.{set}.0.{}:8443", node + 1))
            .collect();
        let (before, after) = (make(&names[..nodes]), make(&names));
        let keys: Vec<String> = (0..modules)
            .map(|at| format!("corp.example/set{set}/team{}/m{at}", at % 97))
            .collect();
        let owners: Vec<usize> = keys.iter().map(|key| before.owner(key)).collect();
        let mut counts = vec![0.0; nodes];
        let mut inherited = vec![0.0; nodes];
        let (mut moved, mut in_vain) = (0.0, 0.0);
        for (key, &owner) in keys.iter().zip(&owners) {
            counts[owner] += 1.0;
            if owner == 0 {
                inherited[before.owner_without(key, 0)] += 1.0;
            }
            let now = after.owner(key);
            if now != owner {
                moved += 1.0;
                in_vain += f64::from(u8::from(now != nodes));
            }
        }
        let mean = modules as f64 / nodes as f64;
        let square = |count: &f64| (count - mean).powi(2);
        let deviation = (counts.iter().map(square).sum::<f64>() / nodes as f64).sqrt() / mean;
        let even = counts[0] / (nodes - 1) as f64;
        let burden = inherited.iter().copied().fold(0.0, f64::max) / even;
        let all = modules as f64;
        for (sum, of) in sum
            .iter_mut()
            .zip([deviation, moved / all, in_vain / all, burden])
        {
            *sum += of / sets as f64;
        }
    }
    let [deviation, moved, moved_in_vain, burden] = sum;
    Figures {
        deviation,
        moved,
        moved_in_vain,
        burden,
    }
}
