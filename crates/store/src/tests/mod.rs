//! Tests of the store as a whole, on a temporary folder.
