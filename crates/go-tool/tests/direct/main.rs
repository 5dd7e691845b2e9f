//! `direct` with the real go and the real git, on repositories of this machine.
#![allow(clippy::unwrap_used)]

mod children;
mod failures;
mod fetch;
mod support;
