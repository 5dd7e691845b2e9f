//! How long an upstream may take.

use std::time::Duration;

/// How long an upstream may take, stage by stage. The `go` command sets no overall deadline of its own, so these are what
/// keeps a build from hanging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlines {
    /// Name look-up, TCP and TLS, of one connection. Fixed by the [`HttpClients`](crate::HttpClients) that are used.
    pub connect: Duration,
    /// From asking to the head of the answer, connecting included, of one attempt.
    pub first_byte: Duration,
    /// The longest silence within a body.
    pub idle: Duration,
    /// From asking to the head of the final answer, with all redirects and retries.
    pub overall: Duration,
    /// A whole body. Generous: 500 MiB over a slow line is not an error.
    pub body: Duration,
    /// One fetch by version control.
    pub direct: Duration,
    /// What is to be presented to an upstream, from the keyring or a helper command: a person may have to unlock it first.
    pub credentials: Duration,
    /// From asking to the head of the answer of a probe, connecting included.
    pub probe: Duration,
    /// The pause before the first retry; the second waits twice as long. Both are shortened by chance, up to a half.
    pub retry_pause: Duration,
    /// The longest `Retry-After` that is waited for; with a longer one the answer is given at once.
    pub retry_after: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(15),
            idle: Duration::from_secs(20),
            overall: Duration::from_secs(45),
            body: Duration::from_secs(60 * 60),
            direct: Duration::from_secs(10 * 60),
            credentials: Duration::from_secs(70),
            probe: Duration::from_secs(5),
            retry_pause: Duration::from_millis(300),
            retry_after: Duration::from_secs(5),
        }
    }
}
