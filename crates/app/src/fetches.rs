//! What `go` asked for, by half hours and sources: the picture of a day.
//!
//! An entry counts as often as it says (the same hit several times in a moment is one entry). It counts under the source that
//! answered; what could not be had (failed, refused, unverified, missing while offline) counts as `failed`, whoever was asked;
//! "not found" is an answer and counts for who gave it: `upstream`, or `cache` where Larder knew it by itself. What Larder
//! fetched of its own accord is in the log, and not in here.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{OfflineSpan, Store};
use ts_rs::TS;

use crate::failure::Failure;

/// How long one bar is, in seconds.
const BAR: i64 = 30 * 60;
/// How long Larder must have been offline for a bar to say so: shorter, it was a hiccup.
const WORTH_SHOWING: SignedDuration = SignedDuration::from_secs(60);
/// The most hours that can be asked about.
const MOST_HOURS: u64 = 31 * 24;

/// What `go` asked for in the last hours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Fetches {
    /// Half an hour each, oldest first; the last one is the one that is now.
    pub bars: Vec<FetchBar>,
    /// The sums of the bars.
    pub totals: FetchTotals,
    /// Bytes that came from the cache, and so were not downloaded again.
    pub not_downloaded: u64,
}

/// Half an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FetchBar {
    /// Its begin.
    pub at: Timestamp,
    /// How much came from the cache.
    pub cache: u64,
    /// How much from upstreams.
    pub upstream: u64,
    /// How much was kept, and upstreams said that it still holds.
    pub revalidated: u64,
    /// How much was kept, from upstreams that could not be asked.
    pub stale: u64,
    /// How much could not be had.
    pub failed: u64,
    /// Whether Larder was offline, for a minute of it at least or now.
    pub offline: bool,
}

/// How often each source answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FetchTotals {
    /// The cache.
    pub cache: u64,
    /// Upstreams.
    pub upstream: u64,
    /// The cache, after upstreams said that it still holds.
    pub revalidated: u64,
    /// The cache, since upstreams could not be asked.
    pub stale: u64,
    /// Nobody.
    pub failed: u64,
}

/// The picture of the last hours.
pub(crate) async fn of(store: &Store, hours: u64, now: Timestamp) -> Result<Fetches, Failure> {
    let count = hours.clamp(1, MOST_HOURS) * 2;
    let last = now.as_second().div_euclid(BAR);
    let begin = |bar: i64| Timestamp::from_second(bar * BAR).unwrap_or_default();
    let first = last - i64::try_from(count).unwrap_or(2) + 1;
    let mut fetches = Fetches {
        bars: (first..=last)
            .map(|bar| FetchBar {
                at: begin(bar),
                ..FetchBar::default()
            })
            .collect(),
        ..Fetches::default()
    };
    let since = begin(first);
    let length = Duration::from_secs(BAR.unsigned_abs());
    for sum in store.activity_sums(since, length).await? {
        // What the clock says is to come belongs to nobody's bar.
        let Some(bar) = fetches.bars.get_mut(sum.span) else {
            continue;
        };
        let totals = &mut fetches.totals;
        let (of_bar, of_all) = match sum.counted_as.as_str() {
            "cache" => {
                fetches.not_downloaded += sum.bytes;
                (&mut bar.cache, &mut totals.cache)
            }
            "upstream" => (&mut bar.upstream, &mut totals.upstream),
            "revalidated" => (&mut bar.revalidated, &mut totals.revalidated),
            "stale" => (&mut bar.stale, &mut totals.stale),
            _ => (&mut bar.failed, &mut totals.failed),
        };
        *of_bar += sum.times;
        *of_all += sum.times;
    }
    let spans = store.offline_spans(since).await?;
    for bar in &mut fetches.bars {
        bar.offline = spans.iter().any(|span| is_seen(span, bar.at, now));
    }
    Ok(fetches)
}

/// Whether a span without a network is to be seen in the bar that begins there.
fn is_seen(span: &OfflineSpan, bar: Timestamp, now: Timestamp) -> bool {
    let end = (bar + SignedDuration::from_secs(BAR)).min(now);
    let until = span.until.unwrap_or(now).min(end);
    let overlap = until.duration_since(span.since.max(bar));
    let is_now = span.until.is_none() && end == now;
    overlap >= WORTH_SHOWING || is_now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        format!("2026-03-01T{text}Z").parse().unwrap()
    }

    fn row(at: Timestamp, source: &str, times: u64) -> store::ActivityRow {
        store::ActivityRow {
            at,
            module: None,
            version: None,
            kind: "mod".to_owned(),
            source: source.to_owned(),
            upstream: None,
            bytes: 10 * times,
            millis: 0,
            micros: 0,
            outcome: "delivered".to_owned(),
            times,
            background: false,
            detail: None,
            path: "p".to_owned(),
            steps: None,
        }
    }

    #[tokio::test]
    async fn a_day_is_forty_eight_bars_up_to_now() {
        let folder = tempfile::tempdir().unwrap();
        let places = store::Places {
            cache: folder.path().join("cache"),
            data: folder.path().join("data"),
        };
        let store = Store::open(places).await.unwrap();
        let now = time("12:10:00");
        let rows = [
            row(time("12:00:00"), "cache", 5),
            row(time("11:59:59"), "upstream", 1),
            row(time("00:00:00"), "stale", 1),
            row(now - SignedDuration::from_hours(24), "cache", 100),
        ];
        store.record(&rows).await.unwrap();
        store.offline_began(time("10:15:00")).await.unwrap();
        store.offline_ended(time("10:31:00")).await.unwrap();
        store.offline_began(time("11:00:00")).await.unwrap();
        store.offline_ended(time("11:00:30")).await.unwrap();
        store.offline_began(time("12:09:50")).await.unwrap();
        let fetches = of(&store, 24, now).await.unwrap();
        assert_eq!(fetches.bars.len(), 48);
        let last = &fetches.bars[47];
        assert_eq!((last.at, last.cache), (time("12:00:00"), 5));
        assert_eq!((fetches.bars[46].upstream, fetches.bars[23].stale), (1, 1));
        let want = FetchTotals {
            cache: 5,
            upstream: 1,
            stale: 1,
            ..FetchTotals::default()
        };
        assert_eq!((fetches.totals, fetches.not_downloaded), (want, 50));
        let offline: Vec<_> = fetches.bars.iter().filter(|bar| bar.offline).collect();
        let at: Vec<_> = offline.iter().map(|bar| bar.at).collect();
        assert_eq!(
            at,
            [time("10:00:00"), time("10:30:00"), time("12:00:00")],
            "a hiccup is not shown, and what is now is"
        );
        assert_eq!(of(&store, 0, now).await.unwrap().bars.len(), 2);
        store.close().await;
    }
}
