//! How long a client may take, and how many there may be.

use std::time::Duration;

/// The limits of everything that is listened to; tests shorten them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    /// From the first byte of a request to the end of its head.
    pub(crate) head: Duration,
    /// A connection on which nothing is asked.
    pub(crate) idle: Duration,
    /// A client that takes none of the bytes that are sent to it.
    pub(crate) stalled: Duration,
    /// The JSON body of a control request.
    pub(crate) control_body: Duration,
    /// Between two signs of life in a stream of lines.
    pub(crate) sign_of_life: Duration,
    /// For requests under way when the end is asked for.
    pub(crate) grace: Duration,
    /// Connections at once; further ones wait in the system's queue.
    pub(crate) connections: usize,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(2 * 60),
            stalled: Duration::from_secs(60),
            control_body: Duration::from_secs(10),
            sign_of_life: Duration::from_secs(10),
            grace: Duration::from_secs(30),
            connections: 16_384,
        }
    }
}
