//! An upstream of several nodes: which of them is asked, what is known of each, and how one stands in for another.
//!
//! [`Pools`] holds what settings say and what is known of every node, for as long as the instance lives. A chain that is
//! built with it asks through [`Pooled`], which is one upstream for everybody else: it fails only when all nodes did. What
//! can be decided without a network is decided in files of its own, which take the time as an argument: `rendezvous`
//! (whose module it is), `load`, `breaker`, `pace`, `choice` (in which order nodes are asked) and `budget`. `names` asks the
//! DNS, `upkeep` does what is done beside requests, `round` lets nodes stand in for each other.

mod breaker;
mod budget;
mod choice;
mod hedge;
mod load;
mod members;
mod names;
mod news;
mod node;
mod node_use;
mod options;
mod pace;
mod pooled;
mod pools;
mod rendezvous;
mod report;
mod resolve;
mod round;
mod upkeep;
mod verdict;

pub use node_use::{NodeAsked, NodeEnd, NodeUse, NodesAsked};
pub use options::{NodesFrom, PoolOptions, PoolOptionsError};
pub use pools::{Pools, UnknownNode};
pub use report::{NodeChange, NodeReport, NodeState, PoolReport};

pub(crate) use node_use::InUse;
pub(crate) use pooled::Pooled;

#[cfg(test)]
mod tests;
