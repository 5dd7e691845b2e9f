//! Feed `activity`: the entries of the log as it grows.

use futures_util::stream::{self, Stream};

use super::Feed;
use crate::activity::Item;
use crate::app::App;
use crate::failure::Failure;

/// How many entries are read at once.
const BATCH: usize = 500;

/// The activity log.
#[derive(Debug)]
pub struct ActivityFeed;

impl Feed for ActivityFeed {
    const NAME: &'static str = "activity";
    type Item = Item;

    fn follow(
        app: &App,
        after: i64,
    ) -> impl Stream<Item = Result<Vec<Item>, Failure>> + Send + 'static {
        let activity = app.activity().clone();
        // From before the first look, so that nothing falls in between.
        let news = activity.news();
        stream::unfold(Some((activity, news, after)), |state| async move {
            let (activity, mut news, after) = state?;
            loop {
                match activity.after(after, BATCH).await {
                    Err(failure) => return Some((Err(failure), None)),
                    Ok(items) => {
                        if let Some(last) = items.last() {
                            let after = last.seq;
                            return Some((Ok(items), Some((activity, news, after))));
                        }
                    }
                }
                news.changed().await.ok()?;
            }
        })
    }
}
