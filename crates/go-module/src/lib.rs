//! The vocabulary of Go modules: paths, versions, requests, lists, zips and hashes; pure.
//!
//! Everything here takes its time and its bytes as arguments: no clock, files, environment or network. A value of
//! one of these types was checked when it was made, so the layers above pass [`ModulePath`] and [`ModuleVersion`]
//! about and never look at raw text again.
//!
//! The rules are those of the `go` command, since what Larder takes and `go` refuses (or the other way round) is a
//! broken build. Each item names the Go source file it follows: `x/mod` is the module `golang.org/x/mod`, `cmd/go`
//! is the command's own source.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod escape;
mod glob;
pub mod go_mod;
pub mod go_sum;
mod go_version;
pub mod go_work;
pub mod graph;
pub mod h1;
pub mod info;
pub mod list;
mod module_version;
mod path;
pub mod patterns;
mod proxy_list;
pub mod pseudo;
mod request;
pub mod semver;
mod sumdb;
mod time;
mod toolchain;
mod unicode;
mod version;
pub mod zip;

#[cfg(test)]
mod vectors;

pub use go_mod::{GoModError, GoModReason};
pub use go_sum::{GoSumError, GoSumReason};
pub use go_version::GoVersion;
pub use h1::{H1, H1Error};
pub use info::InfoError;
pub use list::ListError;
pub use module_version::{ModuleVersion, check};
pub use path::{ModulePath, PathError, PathKind, PathReason, check_file_path, split_major};
pub use patterns::{PatternError, Patterns};
pub use proxy_list::{Fall, ProxyEntry, ProxyList, ProxyListError, ProxySource};
pub use request::{FileKind, MAX_ELEMENT, MAX_URL_PATH, Request, RequestError};
pub use sumdb::SumDbReason;
pub use toolchain::{TOOLCHAIN, Toolchain, platform};
pub use version::{Query, Version, VersionError};
pub use zip::ZipError;
