//! A gate that holds answers until the test opens it: how single flight is tested without sleeping.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use tokio::sync::watch;

/// Longer than any healthy wait, shorter than a person's patience with a hanging test.
const PATIENCE: Duration = Duration::from_secs(30);

/// Holds whoever comes until it is opened. Clones are the same gate.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    open: watch::Sender<bool>,
    arrived: Mutex<usize>,
    came: Condvar,
}

impl Gate {
    /// A closed gate.
    #[expect(
        clippy::new_without_default,
        reason = "a gate that springs from a default would be a surprise"
    )]
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            open: watch::Sender::new(false),
            arrived: Mutex::new(0),
            came: Condvar::new(),
        }))
    }

    /// Lets everyone pass, those who wait and those who come later.
    pub fn open(&self) {
        self.0.open.send_replace(true);
    }

    /// How many came to the gate so far.
    pub fn arrived(&self) -> usize {
        *self.0.arrived.lock().unwrap()
    }

    /// Blocks until `count` came to the gate; panics after half a minute. In async tests use [`Gate::until_arrived`].
    pub fn wait_arrived(&self, count: usize) {
        let arrived = self.0.arrived.lock().unwrap();
        let (arrived, timeout) = self
            .0
            .came
            .wait_timeout_while(arrived, PATIENCE, |n| *n < count)
            .unwrap();
        assert!(
            !timeout.timed_out(),
            "the gate waited for {count} to come; only {} came in {PATIENCE:?}",
            *arrived
        );
    }

    /// Waits until `count` came to the gate, without holding up the runtime; panics after half a minute. Real
    /// time also where the test's own clock is paused.
    pub async fn until_arrived(&self, count: usize) {
        let gate = self.clone();
        let waited = tokio::task::spawn_blocking(move || gate.wait_arrived(count)).await;
        if let Err(failure) = waited {
            std::panic::resume_unwind(failure.into_panic());
        }
    }

    pub(crate) async fn pass(&self) {
        *self.0.arrived.lock().unwrap() += 1;
        self.0.came.notify_all();
        let opened = self.0.open.subscribe().wait_for(|open| *open).await.is_ok();
        debug_assert!(opened, "the sender lives in the gate itself");
    }
}
