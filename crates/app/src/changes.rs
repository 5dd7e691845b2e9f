//! What changed: a feed for all who show something of Larder. It says what to ask anew, never what it is now.
//!
//! Of each topic only the last change is kept. So nobody who tells ever waits, nobody who follows misses a topic however
//! late they come, and there is nothing to bound. Numbers go on over restarts: to who followed an earlier run all is new.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::sleep;
use ts_rs::TS;

/// How long topics rest that would otherwise change with every request.
const REST: Duration = Duration::from_secs(1);

/// What there is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// What tray and window show at all times.
    State,
    /// `settings.toml`.
    Settings,
    /// Profiles, and which one is in force.
    Profiles,
    /// What go is told, and by whom.
    GoEnv,
    /// What is kept, and how much room there is.
    Cache,
    /// Projects, and what was missed.
    Stock,
    /// What needs attention.
    Notices,
    /// For whom something is kept, and who refused it.
    Credentials,
    /// Long work that begins or ends.
    Jobs,
    /// What was asked for.
    Activity,
    /// How the nodes of pools do.
    Nodes,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::State,
        Self::Settings,
        Self::Profiles,
        Self::GoEnv,
        Self::Cache,
        Self::Stock,
        Self::Notices,
        Self::Credentials,
        Self::Jobs,
        Self::Activity,
        Self::Nodes,
    ];
}

/// That something changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Change {
    /// Its number; later ones are higher.
    pub seq: u64,
    /// What changed since the number that the follower had.
    pub topics: Vec<Topic>,
}

/// When each topic changed last.
#[derive(Debug)]
struct Board {
    seq: u64,
    last: [u64; Topic::ALL.len()],
}

/// The feed of one instance; clones tell the same followers.
#[derive(Clone, Debug)]
pub struct Changes(watch::Sender<Board>);

impl Default for Changes {
    fn default() -> Self {
        // Above all numbers of earlier runs, and below what a window can count to.
        let begin = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(1);
        Self::beginning_at(begin)
    }
}

impl Changes {
    fn beginning_at(seq: u64) -> Self {
        let last = [seq; Topic::ALL.len()];
        Self(watch::Sender::new(Board { seq, last }))
    }

    /// Tells all who follow. Never waits.
    pub(crate) fn tell(&self, topics: &[Topic]) {
        self.0.send_modify(|board| {
            board.seq += 1;
            for topic in topics {
                board.last[*topic as usize] = board.seq;
            }
        });
    }

    /// What changed after this number; all, where the number is of another run.
    #[must_use]
    pub fn since(&self, after: u64) -> Change {
        let board = self.0.borrow();
        let is_strange = after > board.seq;
        let topics = Topic::ALL
            .into_iter()
            .filter(|topic| is_strange || board.last[*topic as usize] > after);
        Change {
            seq: board.seq,
            topics: topics.collect(),
        }
    }

    /// The next change after this number, as soon as there is one.
    pub async fn next(&self, after: u64) -> Change {
        let mut board = self.0.subscribe();
        // This value holds a sender: the channel does not close.
        let _ = board.wait_for(|board| board.seq != after).await;
        self.since(after)
    }

    /// Tells of these topics whenever `news` changes.
    pub(crate) async fn pass_on<T>(self, mut news: watch::Receiver<T>, topics: &'static [Topic]) {
        while news.changed().await.is_ok() {
            self.tell(topics);
        }
    }

    /// Tells of these topics whenever `news` changes, at once, and then not again for a while.
    pub(crate) async fn follow<T>(self, mut news: watch::Receiver<T>, topics: &'static [Topic]) {
        while news.changed().await.is_ok() {
            self.tell(topics);
            sleep(REST).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_topic_is_its_number() {
        for (at, topic) in Topic::ALL.into_iter().enumerate() {
            assert_eq!(topic as usize, at, "{topic:?}");
        }
    }

    #[test]
    fn a_follower_hears_of_each_topic_once_however_late() {
        let changes = Changes::beginning_at(100);
        assert_eq!(changes.since(100).topics, []);
        for _ in 0..1000 {
            changes.tell(&[Topic::Cache]);
        }
        changes.tell(&[Topic::State, Topic::GoEnv]);
        let change = changes.since(100);
        assert_eq!(change.topics, [Topic::State, Topic::GoEnv, Topic::Cache]);
        assert_eq!(change.seq, 1101);
        assert_eq!(changes.since(change.seq).topics, []);
        assert_eq!(changes.since(1100).topics, [Topic::State, Topic::GoEnv]);
    }

    #[test]
    fn to_who_followed_another_run_all_is_new() {
        let changes = Changes::beginning_at(100);
        assert_eq!(changes.since(0).topics, Topic::ALL);
        assert_eq!(changes.since(99).topics, Topic::ALL);
        assert_eq!(changes.since(5000).topics, Topic::ALL, "a clock set back");
        let later = Changes::default();
        assert!(later.since(0).seq < 1 << 53, "a window counts in doubles");
    }

    #[tokio::test]
    async fn who_waits_is_told_at_once() {
        let changes = Changes::beginning_at(100);
        let (change, ()) = tokio::join!(changes.next(100), async {
            changes.tell(&[Topic::Notices]);
        });
        assert_eq!(change.topics, [Topic::Notices]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_with_every_request_is_told_once_a_while_and_never_left_out() {
        let changes = Changes::beginning_at(100);
        let news = watch::Sender::new(0);
        let following = tokio::spawn(changes.clone().follow(news.subscribe(), &[Topic::Activity]));
        for n in 1..=250 {
            news.send_replace(n);
            sleep(Duration::from_millis(10)).await;
        }
        let told = changes.since(100).seq - 100;
        assert!((3..=4).contains(&told), "{told} in 2.5 s");
        let before = changes.since(100).seq;
        news.send_replace(0);
        sleep(REST * 2).await;
        assert!(changes.since(100).seq > before, "the last one too");
        following.abort();
    }
}
