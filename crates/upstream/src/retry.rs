//! Which failures are tried again, how often, and after what pause.

use std::time::Duration;

use crate::{Deadlines, UpstreamError};

/// Most tries after the first.
pub(crate) const MORE: u32 = 2;

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: UpstreamError,
    pub(crate) again: Again,
}

/// Whether another attempt may fare better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It would end the same way, or take too long to find out.
    No,
    /// Perhaps: nobody listens, which is soon known and rarely passes.
    Once,
    /// Likely: a connection was reset, or the upstream says so (502, 503, 504, 429).
    Yes,
    /// Likely, after the pause that the upstream asked for.
    After(Duration),
    /// With other credentials: the upstream itself refused those that it was shown (401).
    Renewed,
}

impl Failure {
    pub(crate) fn last(error: UpstreamError) -> Self {
        Self {
            error,
            again: Again::No,
        }
    }
}

/// The pause before the next try, of which `tried` have been made after the first; none if there is to be no next one.
/// `chance` is between 0 and 1.
pub(crate) fn pause(again: Again, tried: u32, limits: &Deadlines, chance: f64) -> Option<Duration> {
    let backoff = || {
        limits
            .retry_pause
            .mul_f64(f64::from(1 << tried) * (0.5 + chance / 2.0))
    };
    match again {
        _ if tried >= MORE => None,
        Again::No | Again::Renewed => None,
        Again::Once => (tried == 0).then(backoff),
        Again::Yes => Some(backoff()),
        Again::After(pause) => (pause <= limits.retry_after).then(|| pause.max(backoff())),
    }
}

/// Makes attempts until one succeeds or no more are worth it; gives the last failure.
pub(crate) async fn with_retries<T, F>(
    limits: &Deadlines,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut tried = 0;
    loop {
        let failure = match attempt().await {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        let Some(pause) = pause(failure.again, tried, limits, fastrand::f64()) else {
            return Err(failure);
        };
        tracing::debug!(error = %failure.error, ?pause, "asking again");
        tokio::time::sleep(pause).await;
        tried += 1;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn limits() -> Deadlines {
        Deadlines {
            retry_pause: Duration::from_millis(100),
            retry_after: Duration::from_secs(5),
            ..Deadlines::default()
        }
    }

    #[test]
    fn pauses() {
        let limits = limits();
        let ms = Duration::from_millis;
        for (again, tried, chance, want) in [
            (Again::No, 0, 0.0, None),
            (Again::Once, 0, 0.0, Some(ms(50))),
            (Again::Once, 1, 0.0, None),
            (Again::Yes, 0, 0.0, Some(ms(50))),
            (Again::Yes, 0, 1.0, Some(ms(100))),
            (Again::Yes, 1, 1.0, Some(ms(200))),
            (Again::Yes, 2, 1.0, None),
            (Again::After(ms(5000)), 0, 0.0, Some(ms(5000))),
            (Again::After(ms(5001)), 0, 0.0, None),
            (Again::After(ms(0)), 0, 1.0, Some(ms(100))),
            (Again::After(ms(10)), 2, 0.0, None),
            (Again::Renewed, 0, 0.0, None),
        ] {
            assert_eq!(
                pause(again, tried, &limits, chance),
                want,
                "{again:?} {tried} {chance}"
            );
        }
    }

    async fn attempts(again: Again) -> (u32, Duration) {
        let limits = limits();
        let begun = Instant::now();
        let mut count = 0;
        let result: Result<(), _> = with_retries(&limits, || {
            count += 1;
            std::future::ready(Err(Failure {
                error: UpstreamError::Broken {
                    cause: count.to_string(),
                },
                again,
            }))
        })
        .await;
        assert_eq!(
            result.map_err(|failure| failure.error),
            Err(UpstreamError::Broken {
                cause: count.to_string()
            }),
            "the last error is given"
        );
        (count, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_attempts() {
        assert_eq!(attempts(Again::No).await, (1, Duration::ZERO));
        assert_eq!(attempts(Again::Once).await.0, 2);
        let (count, took) = attempts(Again::Yes).await;
        assert_eq!(count, 3);
        assert!((150..=310).contains(&took.as_millis()), "{took:?}");
        let (count, took) = attempts(Again::After(Duration::from_secs(2))).await;
        assert_eq!((count, took.as_secs()), (3, 4));
        assert_eq!(
            attempts(Again::After(Duration::from_secs(6))).await,
            (1, Duration::ZERO)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn success_ends_the_tries() {
        let mut count = 0;
        let limits = limits();
        let result = with_retries(&limits, || {
            count += 1;
            let failed = Err(Failure {
                error: UpstreamError::Loop,
                again: Again::Yes,
            });
            std::future::ready(if count < 2 { failed } else { Ok(count) })
        });
        assert_eq!(result.await, Ok(2));
    }
}
