//! The vocabulary of Go modules: paths, versions, requests, lists, zips and hashes; pure.
