//! Values that cannot print what they hide.
//!
//! [`Secret`] is a password or a token: it shows `[hidden]` wherever it is formatted, and what it held is overwritten
//! when it goes. [`SafeUrl`] is the URL of an upstream: what it shows is free of user info, query and fragment, so that
//! it may go to a log, an error, the window or a diagnostic archive without a second thought.
//!
//! Layer 0: no clock, network, files or environment.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod hidden;
mod safe_url;

pub use hidden::Secret;
pub use safe_url::{SafeUrl, UrlError};
