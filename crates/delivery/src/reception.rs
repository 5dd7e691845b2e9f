//! A body is received: batches to the draft, to the hasher, and to the readers what they may see.

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use go_module::FileKind;
use store::{Draft, StoreError};
use upstream::{Reply, ReplyStatus, Resume, UpstreamError};

use crate::body::CHUNK;
use crate::error::{DeliveryError, malformed};
use crate::event::Source;
use crate::flight::{HELD_BACK, Head};
use crate::hashing::Hashing;
use crate::proof;
use crate::transfer::Transfer;

/// The largest zip of a pool that is shown only once it has proved right, in bytes: go waits for it as well either way, and a
/// bad one is fetched from another node without anybody knowing.
const SHOWN_WHOLE: u64 = 32 << 20;

/// What has come of a body so far.
pub(crate) struct Beginning {
    pub(crate) draft: Option<Draft>,
    pub(crate) hashing: Hashing,
    /// Of what it is the beginning.
    pub(crate) etag: Option<String>,
}

impl Beginning {
    pub(crate) fn new(kind: FileKind) -> Self {
        Self {
            draft: None,
            hashing: Hashing::of(kind),
            etag: None,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.draft.as_ref().map_or(0, Draft::len)
    }

    /// Where another try may go on.
    pub(crate) fn resume(&self) -> Option<Resume> {
        let from = self.len();
        let etag = self.etag.clone().filter(|_| from > 0)?;
        Some(Resume { from, etag })
    }
}

/// Why a try ended before the body did.
pub(crate) enum Broken {
    /// The upstream's fault; another try may help.
    Upstream(UpstreamError),
    /// Ours, or final.
    Final(DeliveryError),
}

impl From<DeliveryError> for Broken {
    fn from(error: DeliveryError) -> Self {
        Self::Final(error)
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Final(DeliveryError::store(error))
    }
}

impl Transfer {
    /// Writes one reply's body behind what the draft has, and shows readers what they may see.
    /// Returns the last batch, not yet written: a small file then needs one trip off the runtime in all.
    pub(crate) async fn receive(
        &self,
        reply: Reply,
        draft: &mut Option<Draft>,
        hashing: &mut Hashing,
    ) -> Result<Vec<Bytes>, Broken> {
        let mut have = draft.as_ref().map_or(0, Draft::len);
        // How many bytes of this body repeat what the draft holds already.
        let mut repeated = match reply.status {
            ReplyStatus::Whole => have,
            ReplyStatus::Partial { from } if from == have => 0,
            ReplyStatus::Partial { .. } | ReplyStatus::NotModified => {
                return Err(Broken::Upstream(malformed(
                    &self.request(),
                    "it answered a part that was not asked for",
                )));
            }
        };
        if repeated > 0 && self.flight.visible() == 0 {
            // Nobody has seen a byte: begin with a clean sheet.
            *draft = None;
            *hashing = Hashing::of(self.kind);
            (have, repeated) = (0, 0);
        }
        let length = reply.content_length.map(|length| length + have - repeated);
        let mut body = reply.body;
        let mut batch: Vec<Bytes> = Vec::new();
        let mut batched = 0;
        let mut position = have - repeated;
        loop {
            let item = if batched == 0 {
                body.next().await
            } else {
                match body.next().now_or_never() {
                    Some(item) => item,
                    // Small files wait for their end anyway; of a zip readers want what there is.
                    None if self.kind != FileKind::Zip && batched < CHUNK => body.next().await,
                    None => {
                        self.write(draft, hashing, std::mem::take(&mut batch), length)
                            .await?;
                        batched = 0;
                        continue;
                    }
                }
            };
            match item {
                None => return Ok(batch),
                Some(Err(error)) => {
                    if !batch.is_empty() {
                        self.write(draft, hashing, batch, length).await?;
                    }
                    return Err(Broken::Upstream(error));
                }
                Some(Ok(mut bytes)) => {
                    if position < have {
                        let again = bytes.split_to(
                            bytes
                                .len()
                                .min(usize::try_from(have - position).unwrap_or(usize::MAX)),
                        );
                        position = self.compare(draft.as_ref(), position, again).await?;
                    }
                    if !bytes.is_empty() {
                        batched += bytes.len() as u64;
                        position += bytes.len() as u64;
                        batch.push(bytes);
                    }
                    if batched >= CHUNK {
                        self.write(draft, hashing, std::mem::take(&mut batch), length)
                            .await?;
                        batched = 0;
                    }
                }
            }
        }
    }

    /// The draft, begun with the first bytes. A zip must begin like one before anything of it is shown.
    pub(crate) fn begin(
        &self,
        draft: Option<Draft>,
        first: &[Bytes],
        length: Option<u64>,
    ) -> Result<Draft, Broken> {
        if let Some(draft) = draft {
            return Ok(draft);
        }
        let start: Vec<u8> = first.iter().flatten().take(4).copied().collect();
        if self.kind == FileKind::Zip && !(start.len() < 4 || proof::begins_like_a_zip(&start)) {
            return Err(Broken::Upstream(malformed(
                &self.request(),
                "it does not begin like a zip file (a sign-in or error page, perhaps?)",
            )));
        }
        let draft = self
            .shared
            .store
            .draft(self.home.clone(), &self.module, self.kind)?;
        let source = Source::Upstream(self.upstream.name().to_owned());
        self.flight.begin(Head {
            file: Arc::new(draft.reader()?),
            length,
            source,
        });
        Ok(draft)
    }

    async fn write(
        &self,
        draft: &mut Option<Draft>,
        hashing: &mut Hashing,
        batch: Vec<Bytes>,
        length: Option<u64>,
    ) -> Result<(), Broken> {
        hashing.push(&self.shared, batch.clone()).await?;
        let written = self
            .blocking(draft.take(), move |this, draft| {
                let mut draft = this.begin(draft, &batch, length)?;
                for bytes in &batch {
                    draft.append(bytes)?;
                }
                Ok(draft)
            })
            .await?;
        if self.is_shown_early(written.len(), length) {
            self.flight.show(written.len().saturating_sub(HELD_BACK));
        }
        *draft = Some(written);
        Ok(())
    }

    /// Whether readers see a file while it comes: a zip, but of a pool only a large one, and of a canary none. Whoever has seen
    /// bytes that prove bad can't be helped any more; as long as nobody has, another node can.
    fn is_shown_early(&self, written: u64, length: Option<u64>) -> bool {
        let is_held = self.upstream.is_pool() && length.unwrap_or(written) <= SHOWN_WHOLE;
        self.kind == FileKind::Zip && !self.on_trial && !is_held
    }

    async fn compare(&self, draft: Option<&Draft>, at: u64, again: Bytes) -> Result<u64, Broken> {
        let next = at + again.len() as u64;
        let file = draft.map(Draft::reader).transpose()?;
        let same = tokio::task::spawn_blocking(move || {
            let mut before = vec![0; again.len()];
            file.is_some_and(|file| file.read_exact_at(&mut before, at).is_ok()) && before == again
        });
        match same.await {
            Ok(true) => Ok(next),
            Ok(false) => Err(Broken::Final(self.final_error(&malformed(
                &self.request(),
                "it broke off, and began differently when asked again",
            )))),
            Err(_) => Err(Broken::Final(DeliveryError::Stopping)),
        }
    }
}
