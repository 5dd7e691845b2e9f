//! All that listens on the loopback address, and the client of the control API.
//!
//! One port carries three things, told apart by the beginning of the path and guarded by different secrets:
//!
//! - `/<module token>/…`: the GOPROXY protocol, for `go`. `modules` reads as the way of a request; what it answers
//!   is spelled out in `answer` (headers), `conditional` and `range` (RFC 9110), `status` (the one table that turns
//!   an error into an HTTP status).
//! - `/-/…`: the control API, for Larder's own programs: calls, jobs and feeds as JSON, with the control token.
//!
//! - `/-/window/…`: the window for a browser: its files, and the way in (`window`).
//!
//! Below these are `listen` (which port), `run` (the accept loop and the clean end), `connection` and `stream` (one
//! connection with its deadlines). [`Client`] is the other end of the control API; without a running instance it does
//! the same in this process.
//!
//! `listen_fds` takes sockets that a service manager listened at before, and [`service`] arranges that one does.
//!
//! [`VulndbRun`] is an address of its own: the vulnerability database for one run of govulncheck, and nothing else.
//!
//! Only 127.0.0.1 and `[::1]` are ever listened at, and only 127.0.0.1 is ever dialled.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod answering;
mod begin;
mod body;
mod client;
mod conditional;
mod connection;
mod control;
mod deadlines;
mod feed;
mod gate;
mod listen;
mod listen_fds;
mod metrics;
mod modules;
mod pulse;
mod range;
mod run;
pub mod service;
mod signals;
mod site;
mod status;
mod stream;
mod text;
mod vulndb;
mod window;

#[cfg(test)]
mod tests;

pub use begin::{Begun, begin, begin_delivery};
pub use client::{Client, Items, Remote};
pub use listen::{FIRST_CHOICE, Listeners, PortWish, listen};
pub use listen_fds::handed_over;
pub use run::run;
pub use signals::EndSignals;
pub use vulndb::VulndbRun;
pub use window::PageWritten;
