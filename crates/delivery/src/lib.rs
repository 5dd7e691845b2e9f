//! The life of one request: cache, upstream, single flight, validation, commit, events.
