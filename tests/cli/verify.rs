//! `larder verify`: go.sum files and modules against the checksum database and the cache.
