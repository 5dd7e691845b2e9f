//! What the tests of several crates share: a programmable fake proxy, fixture modules, temporary homes, the
//! real binary under care, a guard against foreign dials and a client that sees raw bytes.
//!
//! | piece | what it is for |
//! |---|---|
//! | [`Module`] | a fixture module from a text archive: its `.info`, `.mod`, `.zip` and `go.sum` lines |
//! | [`zip`], [`hostile`] | zips byte for byte in the shape Go writes, and zips that no honest proxy sends |
//! | [`FakeProxy`] | serves modules, records each request, and misbehaves as told |
//! | [`FakeDatabase`] | a checksum database with its own key, that can be made to lie |
//! | [`VulnerabilityDb`] | a small vulnerability database, as a folder and served |
//! | [`TlsFront`] | TLS before any fake, with a private authority and client certificates |
//! | [`ForwardProxy`] | the HTTP proxy of a company, with and without a password |
//! | [`TempHome`] | a folder that is the whole world of one test: `LARDER_HOME`, Go's environment, projects |
//! | [`Larder`] | one running `larder serve`, ended by its process id |
//! | [`install_govulncheck`] | the real govulncheck |
//! | [`cluster`] | a company's proxy of several processes with a real DNS, what befalls it, and clients that ask meanwhile |
//! | [`disk`] | a file system that is full or read-only |
//! | [`network`] | a test, or a command of one, without any network but loopback |
//! | [`Tripwire`] | a recording HTTP proxy: proves that nothing was dialled outside loopback |
//! | [`http`] | a blocking HTTP/1.1 client for tests that look at how a body ended |
//!
//! Nothing here depends on another crate of the workspace, so that a mistake in the engine cannot hide
//! itself by being in its tests too.

// All of this runs inside tests, where a panic with a clear text is the way to report.
#![allow(clippy::unwrap_used)]

pub mod cluster;
pub mod disk;
pub mod fake_database;
pub mod fake_proxy;
pub mod h1;
pub mod hostile;
pub mod http;
pub mod module;
pub mod network;
pub mod txtar;
pub mod zip;

mod background;
mod forward_proxy;
mod govulncheck;
mod home;
mod larder;
mod port;
mod run;
mod semver;
mod tls_front;
mod tripwire;
mod vulnerability_db;

pub use fake_database::{FakeDatabase, Tamper};
pub use fake_proxy::{Behaviour, FakeProxy, Gate, Recorded, Script};
pub use forward_proxy::ForwardProxy;
pub use govulncheck::install_govulncheck;
pub use home::TempHome;
pub use larder::{Larder, Stopped};
pub use module::Module;
pub use port::{BlackHole, DeadAddress};
pub use run::{Output, run, run_within};
pub use tls_front::TlsFront;
pub use tripwire::Tripwire;
pub use vulnerability_db::VulnerabilityDb;
