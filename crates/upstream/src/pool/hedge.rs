//! How long a node is waited for before another one is asked beside it.

use std::time::Duration;

use go_module::{FileKind, Request};

use super::PoolOptions;
use super::node::Node;

/// The shortest wait: what takes less is not worth a second question.
const SHORTEST: Duration = Duration::from_millis(10);

/// Whether a request is small, so that asking for it twice costs little.
pub(super) fn is_small(request: &Request) -> bool {
    !matches!(request, Request::File(_, FileKind::Zip))
}

/// How long this node is waited for. Where hedging is on, a small request waits as long as nineteen of twenty answers of
/// the node took.
pub(super) fn patience(options: &PoolOptions, node: &Node, small: bool) -> Duration {
    let usual = node.usual().filter(|_| options.hedge && small);
    usual.map_or(options.slow_after, |usual| {
        usual.clamp(SHORTEST.min(options.slow_after), options.slow_after)
    })
}
