//! The activity log: as it grows, by pages, by one entry's story, and summed.

use futures_util::stream::{self, Stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::ActivityFilter;
use ts_rs::TS;

use super::{Call, Feed};
use crate::activity::Item;
use crate::app::App;
use crate::failure::Failure;
use crate::fetches::{self, Fetches};
use crate::story::{self, Story};

/// How many entries are read at once.
const BATCH: usize = 500;
/// How many entries a page has at most.
const MOST: usize = 10_000;

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

/// Asks for a page of the log, newest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct ActivityPage {
    /// Entries below this number; the newest where there is none.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
    /// Words that are all in the module, version, upstream, path or detail.
    pub text: Option<String>,
    /// `cache`, `upstream`, `revalidated`, `stale`, `failed`; any where there is none.
    pub sources: Vec<String>,
    /// What came of it, by its words; any where there is none.
    pub outcomes: Vec<String>,
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActivityEntries {
    /// The newest first.
    pub items: Vec<Item>,
    /// How often anything was asked in the last 24 hours.
    pub total_24h: u64,
    /// How often what was wanted was.
    pub matching_24h: u64,
}

impl Call for ActivityPage {
    const NAME: &'static str = "activity-page";
    type Answer = ActivityEntries;

    async fn run(self, app: &App) -> Result<ActivityEntries, Failure> {
        let filter = ActivityFilter {
            text: self.text,
            sources: self.sources,
            outcomes: self.outcomes,
        };
        let activity = app.activity();
        let (all, since) = (
            ActivityFilter::default(),
            Timestamp::now() - SignedDuration::from_hours(24),
        );
        let total_24h = activity.count(&all, since).await?;
        let matching_24h = if filter == all {
            total_24h
        } else {
            activity.count(&filter, since).await?
        };
        let limit = self.limit.min(MOST);
        Ok(ActivityEntries {
            items: activity.page(&filter, self.before, limit).await?,
            total_24h,
            matching_24h,
        })
    }
}

/// Asks for the story of an entry.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ActivityStory {
    /// Its number.
    pub seq: i64,
}

impl Call for ActivityStory {
    const NAME: &'static str = "activity-story";
    type Answer = Story;

    async fn run(self, app: &App) -> Result<Story, Failure> {
        story::of(app.store(), self.seq).await
    }
}

/// Asks what `go` asked for in the last hours, by half hours and sources.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CountFetches {
    /// How many hours.
    pub hours: u64,
}

impl Call for CountFetches {
    const NAME: &'static str = "fetches";
    type Answer = Fetches;

    async fn run(self, app: &App) -> Result<Fetches, Failure> {
        fetches::of(app.store(), self.hours, Timestamp::now()).await
    }
}
