//! The go command: found, asked for its settings, run as a child for `direct`.
//!
//! What is here:
//! - [`Go`]: where the go command is, Go's own defaults, and its settings as the person has them; [`installations()`]: all
//!   go commands of a machine;
//! - [`go_env`]: the go env file, found, written, read back and given back, and what overrides it;
//! - [`goauth_value`]: GOAUTH with a command of Larder's in front;
//! - [`Direct`]: modules fetched from version control by running `go` as a child, the way `GOPROXY=direct` would;
//! - [`installed()`]: where a program is that `go install` put on the machine;
//! - [`GoError`]: one enum that tells "is not there" from "could not be reached" ([`GoError::is_not_found`]).
//!
//! How `direct` is kept safe:
//! - The child never sees the person's GOPROXY (it may be Larder itself), GOFLAGS or go env file; what must hold for
//!   version control (GOPRIVATE, GOVCS, GOINSECURE, GOAUTH) is read first and passed on by name.
//! - Nothing can ask the person a question: no terminal, no askpass, ssh in batch mode.
//! - A child and everything it started is one process group, ended at the deadline and when nobody waits any more.
//! - A run has its own module cache, removed with it. Only the clones of repositories outlive a run.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod caller;
mod child;
mod classify;
mod direct;
mod environment;
mod error;
mod find;
mod folder;
pub mod go_env;
mod goauth;
mod installations;
mod installed;
mod query;
mod readable;
mod settings;

pub use caller::CallerEnv;
pub use child::children;
pub use direct::{Described, Direct, DirectOptions, DownloadGuard, Downloaded};
pub use error::GoError;
pub use find::Go;
pub use goauth::{GoauthError, GoauthWish, goauth_value};
pub use installations::{Installation, installations};
pub use installed::installed;
pub use settings::Defaults;
