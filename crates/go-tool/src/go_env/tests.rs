//! Tests of the go env file's way from the first write to the last.

pub(super) mod killed;
