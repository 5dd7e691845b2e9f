//! One piece of work for one key, however many ask: latecomers wait for the first one's outcome.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

/// The outcome to come, and when who began it had asked.
type UnderWay<V> = (watch::Receiver<Option<V>>, Option<Timestamp>);

/// Work under way, by key.
pub(crate) struct OnceMap<K, V> {
    under_way: Mutex<HashMap<K, UnderWay<V>>>,
}

impl<K: Eq + Hash + Clone, V: Clone> OnceMap<K, V> {
    pub(crate) fn new() -> Self {
        Self {
            under_way: Mutex::new(HashMap::new()),
        }
    }

    /// Joins the work under way for `key`, or calls `start`, which is handed the promise that it must keep.
    pub(crate) fn join(self: &Arc<Self>, key: K, start: impl FnOnce(Promise<K, V>)) -> Pending<V> {
        self.join_at(key, None, start).0
    }

    /// The same for an asker who came then; where it waits for another, says when that one came.
    pub(crate) fn join_at(
        self: &Arc<Self>,
        key: K,
        at: Option<Timestamp>,
        start: impl FnOnce(Promise<K, V>),
    ) -> (Pending<V>, Option<Led>) {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((pending, at)) = under_way.get(&key) {
            return (Pending(pending.clone()), Some(Led(*at)));
        }
        let (sender, receiver) = watch::channel(None);
        under_way.insert(key.clone(), (receiver.clone(), at));
        drop(under_way);
        start(Promise {
            map: Arc::clone(self),
            key,
            sender,
        });
        (Pending(receiver), None)
    }
}

/// That another asker leads, and when it came, where it said so.
pub(crate) struct Led(pub(crate) Option<Timestamp>);

/// The duty to say how it ended. Dropped unkept, those who wait learn that nobody will.
pub(crate) struct Promise<K: Eq + Hash, V> {
    map: Arc<OnceMap<K, V>>,
    key: K,
    sender: watch::Sender<Option<V>>,
}

impl<K: Eq + Hash, V> Promise<K, V> {
    /// Says how it ended; from now on the next asker starts anew.
    pub(crate) fn keep(self, value: V) {
        self.sender.send_replace(Some(value));
    }
}

impl<K: Eq + Hash, V> Drop for Promise<K, V> {
    fn drop(&mut self) {
        self.map
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

/// The outcome to come.
pub(crate) struct Pending<V>(watch::Receiver<Option<V>>);

impl<V: Clone> Pending<V> {
    /// Waits for it; `None` where the work was given up.
    pub(crate) async fn wait(&mut self) -> Option<V> {
        let value = self.0.wait_for(Option::is_some).await.ok()?;
        value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_askers_are_one_piece_of_work() {
        let map = Arc::new(OnceMap::<u8, u32>::new());
        let mut kept = None;
        let mut first = map.join(1, |promise| kept = Some(promise));
        let mut second = map.join(1, |_| panic!("a second start for the same key"));
        kept.expect("the first asker starts it").keep(7);
        assert_eq!(first.wait().await, Some(7));
        assert_eq!(second.wait().await, Some(7));

        let mut again = false;
        let mut third = map.join(1, |promise| {
            again = true;
            promise.keep(8);
        });
        assert!(again, "once it has ended, the next asker starts anew");
        assert_eq!(third.wait().await, Some(8));
    }

    #[tokio::test]
    async fn work_given_up_is_told() {
        let map = Arc::new(OnceMap::<u8, u32>::new());
        let mut pending = map.join(1, drop);
        assert_eq!(pending.wait().await, None);
    }
}
