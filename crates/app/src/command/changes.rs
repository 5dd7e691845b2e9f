//! Feed `changes`: what to ask anew.

use futures_util::stream::{self, Stream};

use super::Feed;
use crate::app::App;
use crate::changes::Change;
use crate::failure::Failure;

/// What changed. The first item comes at once, be it without a topic; a follower from before this run hears of all.
#[derive(Debug)]
pub struct ChangesFeed;

impl Feed for ChangesFeed {
    const NAME: &'static str = "changes";
    type Item = Change;

    fn follow(
        app: &App,
        after: i64,
    ) -> impl Stream<Item = Result<Vec<Change>, Failure>> + Send + 'static {
        let after = u64::try_from(after).unwrap_or(0);
        let changes = app.changes().clone();
        stream::unfold((changes, None::<u64>), move |(changes, told)| async move {
            let change = match told {
                None => changes.since(after),
                Some(told) => changes.next(told).await,
            };
            let seq = change.seq;
            Some((Ok(vec![change]), (changes, Some(seq))))
        })
    }
}
