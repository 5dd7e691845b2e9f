//! A hash ring with virtual nodes, to hold rendezvous hashing against: the same hash, and nothing that Larder uses.

use crate::rendezvous::draw;

pub(crate) struct Ring(Vec<(u64, usize)>);

impl Ring {
    pub(crate) fn new(nodes: &[String], virtual_nodes: usize) -> Self {
        let points = nodes.iter().enumerate().flat_map(|(at, node)| {
            (0..virtual_nodes).map(move |i| (draw(&format!("{node}#{i}"), ""), at))
        });
        let mut points: Vec<_> = points.collect();
        points.sort_unstable();
        Self(points)
    }

    /// The node whose key it is: that of the first point behind it.
    pub(crate) fn owner(&self, key: &str) -> usize {
        self.walk(key).next().unwrap_or_default()
    }

    /// The points behind a key, once around.
    pub(crate) fn walk(&self, key: &str) -> impl Iterator<Item = usize> {
        let hash = draw("", key);
        let at = self.0.partition_point(|(point, _)| *point < hash);
        let (before, behind) = self.0.split_at(at);
        behind.iter().chain(before).map(|(_, node)| *node)
    }
}
