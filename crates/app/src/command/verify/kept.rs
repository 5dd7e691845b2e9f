//! The hash of a kept file, made from its bytes: what was noted of it earlier is nobody's witness here.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use go_module::{FileKind, H1, h1};
use store::Kept;
use tokio_util::sync::CancellationToken;

/// Hashes a kept file. To be called where blocking is no trouble; it ends early where it is cancelled.
///
/// # Errors
/// Why its bytes have no hash, as the second half of a sentence.
pub(super) fn hash(kept: Kept, kind: FileKind, cancel: CancellationToken) -> Result<H1, String> {
    let mut file = UntilCancelled {
        file: kept.file,
        cancel,
    };
    match kind {
        FileKind::Zip => {
            h1::of_zip(BufReader::new(file), kept.size).map_err(|error| error.to_string())
        }
        FileKind::Mod | FileKind::Info => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)
                .map_err(|error| format!("it can't be read: {error}"))?;
            Ok(h1::of_mod(&bytes))
        }
    }
}

/// A file that can't be read any more once the work is cancelled.
struct UntilCancelled<F> {
    file: F,
    cancel: CancellationToken,
}

impl<F: Read> Read for UntilCancelled<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        self.file.read(buffer)
    }
}

impl<F: Seek> Seek for UntilCancelled<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_file_ends() {
        let cancel = CancellationToken::new();
        let mut file = UntilCancelled {
            file: io::repeat(7),
            cancel: cancel.clone(),
        };
        let mut buffer = [0; 8];
        assert_eq!(file.read(&mut buffer).unwrap(), 8);
        cancel.cancel();
        assert!(file.read(&mut buffer).is_err());
    }
}
