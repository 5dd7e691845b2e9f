//! Feed `notifications`: what the host is to show a person who does not look.

use futures_util::stream::{self, Stream};

use super::Feed;
use crate::app::App;
use crate::failure::Failure;
use crate::notify::Notification;

/// The notifications. After number 0 those to come are meant: what is past is nobody's news.
#[derive(Debug)]
pub struct NotificationsFeed;

impl Feed for NotificationsFeed {
    const NAME: &'static str = "notifications";
    type Item = Notification;

    fn follow(
        app: &App,
        after: i64,
    ) -> impl Stream<Item = Result<Vec<Notification>, Failure>> + Send + 'static {
        let told = app.notify().told();
        let after = u64::try_from(after).unwrap_or(0);
        let after = if after == 0 {
            app.notify().last()
        } else {
            after
        };
        stream::unfold((told, after), |(mut told, after)| async move {
            loop {
                let news: Vec<Notification> = {
                    let told = told.borrow_and_update();
                    told.iter().filter(|one| one.seq > after).cloned().collect()
                };
                if let Some(last) = news.last() {
                    let after = last.seq;
                    return Some((Ok(news), (told, after)));
                }
                told.changed().await.ok()?;
            }
        })
    }
}
