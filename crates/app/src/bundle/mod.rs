//! Bundles: a tar file of module versions in the layout of Go's download cache, with the part of the checksum database that
//! vouches for them. Unpacked, it stands behind `GOPROXY=file://` without Larder; another Larder takes it in verified.
//!
//! ```text
//! github.com/!azure/azure-sdk/@v/list                  the versions that are whole in here
//! github.com/!azure/azure-sdk/@v/v1.2.3.{info,mod,zip}
//! sumdb/<name>/supported
//! sumdb/<name>/lookup/<module>@<version>               all under one head
//! sumdb/<name>/tile/...                                what proves them under it
//! ```

mod export;
mod unpack;

pub use export::Exported;
pub(crate) use export::{Wish, check, export};
pub(crate) use unpack::{Unpacked, unpack};
