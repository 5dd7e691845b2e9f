//! The hash of a module zip, made while the zip arrives.

use std::io::{Read, Seek};

use sha2::{Digest, Sha256};

use super::{H1, of_lines, of_zip};
use crate::zip::{MAX_UNPACKED, Piece, Stream, ZipError};

/// Hashes a module zip while it arrives, so that its hash is there soon after its last byte.
///
/// That works for zips in the form in which Go writes them. For any other, and wherever the zip's directory does not list
/// just what arrived, the hash is that of [`of_zip`] at the end: the two never differ, nor do their refusals. It keeps names
/// (16 MiB of them at most) and a hundred bytes for each entry, of which there are no more than
/// [`MAX_ENTRIES`](crate::zip::MAX_ENTRIES); the rest of its memory is a fixed part, below 300 KiB.
pub struct ZipHasher {
    /// `None` once it is clear that the zip is of another form.
    arriving: Option<Arriving>,
}

struct Arriving {
    stream: Stream,
    content: Sha256,
    /// Of the contents of each entry so far.
    sums: Vec<[u8; 32]>,
}

impl ZipHasher {
    /// For a zip of which nothing has come.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limit(MAX_UNPACKED)
    }

    pub(crate) fn with_limit(max_unpacked: u64) -> Self {
        Self {
            arriving: Some(Arriving {
                stream: Stream::new(max_unpacked),
                content: Sha256::new(),
                sums: Vec::new(),
            }),
        }
    }

    /// Takes the next bytes of the zip. It never fails: where the zip is of another form than Go's it does nothing from
    /// then on, and [`ZipHasher::finish`] does the work.
    pub fn push(&mut self, bytes: &[u8]) {
        let Some(Arriving {
            stream,
            content,
            sums,
        }) = &mut self.arriving
        else {
            return;
        };
        let pushed = stream.push(bytes, &mut |piece| match piece {
            Piece::Content(bytes) => content.update(bytes),
            Piece::End(_) => sums.push(content.finalize_reset().into()),
        });
        if pushed.is_none() {
            self.arriving = None;
        }
    }

    /// Whether all that was pushed has the form in which Go writes zips, so that the end need not read it again.
    #[must_use]
    pub fn is_streaming(&self) -> bool {
        self.arriving.is_some()
    }

    /// The hash of the whole zip: `len` bytes of `file`, which are those that were pushed. Only its directory is read,
    /// where that lists just the entries that arrived, with their names, places, sizes, checksums and methods, and is
    /// followed by the end record alone.
    ///
    /// # Errors
    /// As [`of_zip`].
    pub fn finish<R: Read + Seek>(self, mut file: R, len: u64) -> Result<H1, ZipError> {
        match self.finish_streamed(&mut file, len)? {
            Some(hash) => Ok(hash),
            None => of_zip(file, len),
        }
    }

    /// `None` where what arrived is not the zip as its directory has it.
    pub(crate) fn finish_streamed<R: Read + Seek>(
        self,
        file: &mut R,
        len: u64,
    ) -> Result<Option<H1>, ZipError> {
        let Some(Arriving { stream, sums, .. }) = self.arriving else {
            return Ok(None);
        };
        let whole = stream.is_all_of(file, len)?;
        Ok(whole.then(|| of_lines(stream.into_names().zip(sums).collect())))
    }
}

impl Default for ZipHasher {
    fn default() -> Self {
        Self::new()
    }
}
