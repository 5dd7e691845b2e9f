//! The way of one path: its canary, where one is for it, then its list; and who may hear of it.

use std::time::Duration;

use upstream::{Chain, ChainError, Privacy, Upstream, UpstreamError};

/// For how long a canary that was out of order is asked nothing more.
const REST: Duration = Duration::from_secs(30);

/// The way of one path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'a> {
    pub(crate) canary: Option<&'a Upstream>,
    pub(crate) chain: &'a Chain,
    pub(crate) privacy: Privacy,
}

/// Who is asked.
pub(crate) struct Asked {
    pub(crate) upstream: Upstream,
    /// Whether it is a canary: whatever it does wrong, the list is asked as if it was not there.
    pub(crate) on_trial: bool,
}

impl Way<'_> {
    /// The upstreams, in order.
    pub(crate) fn upstreams(&self) -> impl Iterator<Item = &Upstream> {
        self.canary.into_iter().chain(self.chain.upstreams())
    }

    /// Asks the canary, and where that gives nothing the upstreams of the list, as [`Chain::walk`] does.
    ///
    /// # Errors
    /// [`ChainError`] of the list alone: a canary that fails is no upstream that failed.
    pub(crate) async fn walk<T, F>(&self, mut ask: impl FnMut(Asked) -> F) -> Result<T, ChainError>
    where
        F: Future<Output = Result<T, UpstreamError>>,
    {
        if let Some(canary) = self.canary.filter(|canary| !rests(canary)) {
            let asked = Asked {
                upstream: canary.clone(),
                on_trial: true,
            };
            match ask(asked).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    tracing::debug!(canary = canary.name(), "it gave nothing: {error}");
                }
            }
        }
        self.chain
            .walk(|upstream| {
                ask(Asked {
                    upstream,
                    on_trial: false,
                })
            })
            .await
    }
}

/// Whether a canary was out of order a moment ago: then nobody waits to see it fail once more.
fn rests(canary: &Upstream) -> bool {
    canary.last_asked().is_some_and(|last| {
        last.ago < REST && last.trouble.is_some_and(|trouble| trouble.is_outage())
    })
}
