//! The go env file: where a caller's go commands read it, how it is written, and how it is given back.
//!
//! The file is edited here, byte for byte, and not with `go env -w`: that one sorts lines, drops others, is not atomic,
//! shows the values to every user of the machine in its arguments, and could never give back what was there.
//!
//! - [`EnvFile`] is the text, in Go's line grammar. [`EnvLocation`] is the place, for a [`crate::CallerEnv`].
//! - [`EnvRecord`] is what a caller keeps from the first write to the last: the original and the marks of what was
//!   written. It plans a write, does it, and gives the file back. [`EnvRecord::restore_script`] is the same without
//!   Larder.
//! - [`read_back()`] asks the go command whether it took the wishes; [`overrides()`] says what a shell sets, and where.
//! - [`shown()`] makes a value fit to print.
//!
//! All but [`read_back()`] blocks, for as long as small files take.

mod error;
mod file;
mod give_back;
mod location;
mod mark;
mod overrides;
mod read_back;
mod replace;
mod restore_script;
mod shown;
mod write;

pub use error::EnvError;
pub use file::EnvFile;
pub use give_back::{GivenBack, KeptByOthers};
pub use location::EnvLocation;
pub use overrides::{Override, Place, overrides};
pub use read_back::{Difference, Winner, read_back};
pub use shown::shown;
pub use write::{EnvRecord, Original, Plan, Wish, Wishes};

#[cfg(test)]
mod tests;
