//! `direct`: go-tool's children of `go` in the form the chain of upstreams asks for.

use std::fs::File;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use go_module::{FileKind, Request, list};
use go_tool::GoError;
use upstream::{DirectError, DirectReply};

/// Serves the chain's `direct` by running the person's own `go` against version control.
pub(crate) struct Direct(pub(crate) go_tool::Direct);
