//! One upstream, and the chain of them with Go's own semantics.
