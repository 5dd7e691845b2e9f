//! Tests that need a log: Go's own answers, a log with its own key, and what is kept of it.

mod growth;
mod kept;
mod log;
mod offline;
mod refusals;
mod signer;
mod turns;
mod vectors;

pub(crate) use signer::Signer;
