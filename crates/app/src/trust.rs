//! What a person has let through without the checksum database: narrow, for a reason, and gone at its date.

use delivery::Allowed;
use go_module::Patterns;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Store;
use tokio::sync::Mutex;
use ts_rs::TS;

use crate::failure::{Code, Failure};

/// Where they are kept in the lasting state.
const KEY: &str = "trust.grants";
/// None lasts longer, in days.
const LONGEST: i64 = 90;
/// No reason is longer, in characters.
const LONGEST_REASON: usize = 200;
/// No pattern is longer, in bytes.
const LONGEST_PATTERN: usize = 500;
/// There are never more.
const MOST: usize = 100;

/// Held by who changes the grants: this process alone does, as it holds the lock on the data folder.
static TURN: Mutex<()> = Mutex::const_new(());

/// Paths that a person lets through unverified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Grant {
    /// Which: one pattern, as in GONOSUMDB.
    pub pattern: String,
    /// Until when; at this moment it is over.
    pub until: Timestamp,
    /// Why.
    pub because: String,
    /// When it was given.
    pub made_at: Timestamp,
}

/// When a grant ends: an RFC 3339 moment, or a date, which means the end of that day.
///
/// # Errors
/// `bad-input` where it is neither.
pub fn parse_until(text: &str, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let bad = || {
        Failure::new(Code::BadInput, format!("{text:?} is no date"))
            .hint("write it as 2030-12-31: the end of that day is meant")
    };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    // A longer text would be read as well, and what stands behind the date forgotten.
    let is_date = text.len() == "2030-12-31".len() && text.as_bytes().get(4) == Some(&b'-');
    let date: Date = text.parse().ok().filter(|_| is_date).ok_or_else(bad)?;
    let day = date.to_zoned(zone.clone()).map_err(|_| bad())?;
    Ok(day.end_of_day().map_err(|_| bad())?.timestamp())
}

/// The grants that are in force, read from what is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants(Vec<Grant>);

impl Grants {
    /// Reads what is kept, and drops what is over. What can't be read lets nothing through.
    fn of(kept: Option<Value>, now: Timestamp) -> Self {
        let grants: Vec<Grant> = kept
            .and_then(|kept| serde_json::from_value(kept).ok())
            .unwrap_or_default();
        let mut grants = Self(grants);
        grants.0.retain(|grant| grant.until > now);
        grants
    }

    /// Those in force now, in the order in which they were given.
    pub(crate) fn active(&self, now: Timestamp) -> impl Iterator<Item = &Grant> {
        self.0.iter().filter(move |grant| grant.until > now)
    }

    /// Adds one, in the place of an earlier one for the same pattern; gives that back.
    ///
    /// # Errors
    /// `bad-input`, with what is wrong.
    fn add(
        &mut self,
        pattern: &str,
        until: Timestamp,
        because: &str,
        now: &Zoned,
    ) -> Result<(Grant, Option<Grant>), Failure> {
        let pattern = check_pattern(pattern)?;
        check_until(until, now)?;
        let because = check_reason(because)?;
        let before = self.0.iter().position(|grant| grant.pattern == pattern);
        let before = before.map(|at| self.0.remove(at));
        if self.0.len() >= MOST {
            let message = format!("{MOST} grants are in force, and there are never more");
            return Err(Failure::new(Code::BadInput, message)
                .hint("take back what is not needed: larder trust list, larder trust revoke PATTERN")
                .hint("what never is in the database belongs into the profile: no-checksum-database in settings.toml"));
        }
        let grant = Grant {
            pattern: pattern.to_owned(),
            until,
            because: because.to_owned(),
            made_at: now.timestamp(),
        };
        self.0.push(grant.clone());
        Ok((grant, before))
    }

    /// Takes one out.
    ///
    /// # Errors
    /// `not-found` where there is none for this pattern.
    fn revoke(&mut self, pattern: &str) -> Result<Grant, Failure> {
        let wanted = bare(pattern);
        let at = self.0.iter().position(|grant| grant.pattern == wanted);
        at.map(|at| self.0.remove(at)).ok_or_else(|| {
            Failure::new(
                Code::NotFound,
                format!("nothing is let through for {pattern:?}"),
            )
            .hint("see what is: larder trust list")
        })
    }
}

/// The grants as they are kept.
///
/// # Errors
/// `disk` where they can't be read.
pub(crate) async fn grants(store: &Store) -> Result<Grants, Failure> {
    let kept = store.get_value(KEY).await?;
    Ok(Grants::of(kept, Timestamp::now()))
}

/// What is let through now, as the delivery wants it.
///
/// # Errors
/// `disk` where the grants can't be read.
pub(crate) async fn allowed(store: &Store) -> Result<Vec<Allowed>, Failure> {
    let grants = grants(store).await?;
    let active = grants.active(Timestamp::now()).map(|grant| Allowed {
        patterns: Patterns::parse(&grant.pattern),
        until: grant.until,
    });
    Ok(active.collect())
}

/// Lets paths through until then; gives the grant, and the one it takes the place of.
///
/// # Errors
/// `bad-input`, or `disk`; nothing is changed then.
pub(crate) async fn allow(
    store: &Store,
    pattern: &str,
    until: Timestamp,
    because: &str,
) -> Result<(Grant, Option<Grant>), Failure> {
    let now = Zoned::now();
    change(store, |grants| grants.add(pattern, until, because, &now)).await
}

/// Lets them through no longer.
///
/// # Errors
/// `not-found`, or `disk`.
pub(crate) async fn revoke(store: &Store, pattern: &str) -> Result<Grant, Failure> {
    change(store, |grants| grants.revoke(pattern)).await
}

async fn change<T>(
    store: &Store,
    change: impl FnOnce(&mut Grants) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let _turn = TURN.lock().await;
    let mut grants = grants(store).await?;
    let changed = change(&mut grants)?;
    let value = serde_json::to_value(&grants.0)
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    store.set_value(KEY, &value).await?;
    Ok(changed)
}

/// The pattern without a slash at its end, where it is one pattern, and narrow.
fn check_pattern(pattern: &str) -> Result<&str, Failure> {
    let refused = |message: String| {
        Failure::new(
            Code::BadInput,
            format!("the pattern can't be used: {message}"),
        )
    };
    go_module::patterns::check(pattern).map_err(|error| refused(error.to_string()))?;
    if pattern.contains(',') {
        let message = "it is a list; let each pattern through on its own, with its own reason";
        return Err(refused(message.to_owned()));
    }
    if pattern.len() > LONGEST_PATTERN {
        return Err(refused(format!(
            "it is longer than {LONGEST_PATTERN} bytes"
        )));
    }
    // The last two labels of the host in plain letters: `*.com` would be half of the world.
    let host = pattern.split('/').next().unwrap_or_default();
    let mut labels = host.rsplit('.');
    let is_plain = |label: Option<&str>| {
        label.is_some_and(|label| !label.is_empty() && !label.contains(['*', '?', '[', ']', '\\']))
    };
    if !is_plain(labels.next()) || !is_plain(labels.next()) {
        let message =
            "it is too wide: write the host out, such as github.com/acme/tool or *.corp.example";
        return Err(refused(message.to_owned()));
    }
    Ok(bare(pattern))
}

fn bare(pattern: &str) -> &str {
    pattern.strip_suffix('/').unwrap_or(pattern)
}

fn check_until(until: Timestamp, now: &Zoned) -> Result<(), Failure> {
    let refused = |message: String| Err(Failure::new(Code::BadInput, message));
    let day = |at: Timestamp| at.to_zoned(now.time_zone().clone()).date();
    if until <= now.timestamp() {
        return refused(format!("{} is over already", day(until)));
    }
    let last = now.date().saturating_add(LONGEST.days());
    if day(until) > last {
        let message = format!(
            "{} is more than {LONGEST} days away: the last day it can be is {last}",
            day(until)
        );
        return refused(message).map_err(|failure| {
            failure.hint("what never is in the database belongs into the profile: no-checksum-database in settings.toml")
        });
    }
    Ok(())
}

fn check_reason(because: &str) -> Result<&str, Failure> {
    let because = because.trim();
    let refused = |message: String| {
        Err(Failure::new(Code::BadInput, message)
            .hint("say it in a sentence: --because \"the mirror lost its tags, ticket 4711\""))
    };
    if because.is_empty() {
        return refused("there is no reason given".to_owned());
    }
    if because.chars().count() > LONGEST_REASON {
        return refused(format!(
            "the reason is longer than {LONGEST_REASON} characters"
        ));
    }
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if because.contains(steers) {
        return refused("the reason holds a character that can't be shown".to_owned());
    }
    Ok(because)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Zoned {
        "2026-03-01T12:00:00+01:00[Europe/Berlin]".parse().unwrap()
    }

    fn until(text: &str) -> Timestamp {
        parse_until(text, now().time_zone()).unwrap()
    }

    fn add(grants: &mut Grants, pattern: &str, date: &str) -> Result<Option<Grant>, Failure> {
        let added = grants.add(pattern, until(date), " for a test ", &now())?;
        Ok(added.1)
    }

    fn patterns(grants: &Grants, at: &str) -> Vec<String> {
        let active = grants.active(at.parse().unwrap());
        active.map(|grant| grant.pattern.clone()).collect()
    }

    #[test]
    fn a_date_means_the_end_of_that_day_here() {
        assert_eq!(
            until("2026-03-01").to_string(),
            "2026-03-01T22:59:59.999999999Z"
        );
        // Summer time has begun.
        assert_eq!(
            until("2026-03-29").to_string(),
            "2026-03-29T21:59:59.999999999Z"
        );
        assert_eq!(
            until("2026-03-01T15:00:00Z").to_string(),
            "2026-03-01T15:00:00Z"
        );
        for text in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-3-1",
            "20260301",
            "2026-03-01T15:00",
            "2026-03-01 ",
            "01.03.2026",
            "9999-12-31",
            "-000001-01-01",
        ] {
            let Err(failure) = parse_until(text, now().time_zone()) else {
                assert_eq!(text, "9999-12-31", "{text}");
                continue;
            };
            assert_eq!(failure.code, Code::BadInput, "{text}");
            assert!(!failure.hints.is_empty());
        }
    }

    #[test]
    fn a_grant_ends_at_its_moment_and_is_then_dropped() {
        let mut grants = Grants::default();
        assert_eq!(
            add(&mut grants, "a.example/x/", "2026-03-01").unwrap(),
            None
        );
        assert_eq!(add(&mut grants, "*.b.example", "2026-03-02").unwrap(), None);
        assert_eq!(
            patterns(&grants, "2026-03-01T12:00:00Z"),
            ["a.example/x", "*.b.example"]
        );
        let end = until("2026-03-01").to_string();
        assert_eq!(patterns(&grants, &end), ["*.b.example"]);

        let kept = serde_json::to_value(&grants.0).unwrap();
        assert_eq!(Grants::of(Some(kept.clone()), now().timestamp()), grants);
        let later = Grants::of(Some(kept), end.parse().unwrap());
        assert_eq!(later.0.len(), 1);
        assert_eq!(later.0[0].because, "for a test");
        assert_eq!(later.0[0].made_at, now().timestamp());
        for foreign in [
            Value::Null,
            serde_json::json!([{"pattern": "*"}]),
            "x".into(),
        ] {
            assert_eq!(
                Grants::of(Some(foreign), now().timestamp()),
                Grants::default()
            );
        }
    }

    #[test]
    fn a_second_grant_takes_the_place_of_the_first_and_can_be_revoked() {
        let mut grants = Grants::default();
        add(&mut grants, "a.example", "2026-03-01").unwrap();
        let before = add(&mut grants, "a.example/", "2026-03-05").unwrap();
        assert_eq!(before.unwrap().until, until("2026-03-01"));
        assert_eq!(grants.0.len(), 1);
        let missing = grants.revoke("b.example").unwrap_err();
        assert_eq!(missing.code, Code::NotFound);
        assert_eq!(
            grants.revoke("a.example/").unwrap().until,
            until("2026-03-05")
        );
        assert_eq!(grants, Grants::default());
    }

    #[test]
    fn it_is_narrow_and_short_and_has_a_reason() {
        let mut grants = Grants::default();
        for pattern in [
            "",
            "*",
            "*/*",
            "*.com",
            "?.example/x",
            "example",
            "corp.*",
            "corp.exampl[e]/x",
            "a.example,b.example",
            "a.example,",
            "https://a.example",
            "a b.example",
            "a.example/[",
            "golang.org/*",
            &format!("a.example/{}", "a".repeat(500)),
        ] {
            let refused = add(&mut grants, pattern, "2026-03-02").unwrap_err();
            assert_eq!(refused.code, Code::BadInput, "{pattern}");
        }
        for (date, says) in [
            ("2026-02-28", "over already"),
            ("2026-03-01T11:00:00Z", "over already"),
            ("2026-05-31", "the last day it can be is 2026-05-30"),
            ("2126-03-01", "90 days"),
        ] {
            let refused = add(&mut grants, "a.example", date).unwrap_err();
            assert_eq!(refused.code, Code::BadInput);
            assert!(refused.message.contains(says), "{date}: {refused}");
        }
        let too_long = "ä".repeat(201);
        for reason in ["", " \t", "a\nb", "a\u{1b}[1m", "a\u{202e}b", &too_long] {
            let refused = grants
                .add("a.example", until("2026-03-02"), reason, &now())
                .unwrap_err();
            assert_eq!(refused.code, Code::BadInput, "{reason:?}");
        }
        assert_eq!(grants, Grants::default());

        for pattern in ["github.com/acme/tool", "*.corp.example", "a.example/[ab]*"] {
            add(&mut grants, pattern, "2026-05-30").unwrap();
        }
        grants
            .add("b.example", until("2026-03-02"), &too_long[2..], &now())
            .unwrap();
    }

    #[test]
    fn there_are_never_more_than_some() {
        let mut grants = Grants::default();
        for number in 0..MOST {
            add(&mut grants, &format!("a{number}.example"), "2026-03-02").unwrap();
        }
        assert!(add(&mut grants, "b.example", "2026-03-02").is_err());
        assert!(add(&mut grants, "a0.example", "2026-03-02").is_ok());
        assert_eq!(grants.0.len(), MOST);
    }

    #[tokio::test]
    async fn they_last_and_all_of_several_at_once_count() {
        let folder = tempfile::tempdir().unwrap();
        let places = || store::Places {
            cache: folder.path().join("cache"),
            data: folder.path().join("data"),
        };
        let store = Store::open(places()).await.unwrap();
        let until = Timestamp::now() + 20.hours();
        let names: Vec<String> = (0..8).map(|number| format!("a{number}.example")).collect();
        let all = names.iter().map(|name| allow(&store, name, until, "test"));
        futures_util::future::try_join_all(all).await.unwrap();
        assert!(
            allow(&store, "b.example", Timestamp::now(), "test")
                .await
                .is_err()
        );
        revoke(&store, "a3.example").await.unwrap();
        assert!(revoke(&store, "a3.example").await.is_err());
        store.close().await;

        let store = Store::open(places()).await.unwrap();
        let mut kept: Vec<String> = grants(&store)
            .await
            .unwrap()
            .active(Timestamp::now())
            .map(|grant| grant.pattern.clone())
            .collect();
        kept.sort();
        let expected: Vec<String> = names
            .into_iter()
            .filter(|name| name != "a3.example")
            .collect();
        assert_eq!(kept, expected);
        store.close().await;
    }

    proptest! {
        #[test]
        fn what_is_let_through_is_one_narrow_glob(
            pattern in "[a-c*?.\\[\\]/,]{1,12}|\\PC{0,8}",
            because in "\\PC{0,6}|[ a\\n]{0,4}",
            hours in -10..3000_i64,
        ) {
            let mut grants = Grants::default();
            let until = now().timestamp() + hours.hours();
            if let Ok((grant, _)) = grants.add(&pattern, until, &because, &now()) {
                let patterns = go_module::Patterns::parse(&grant.pattern);
                prop_assert_eq!(patterns.globs().count(), 1);
                for wide in ["github.com/acme/x", "golang.org/toolchain", "example.com", "gopkg.in/yaml.v3"] {
                    prop_assert!(!patterns.matches(wide), "{}", pattern);
                }
                prop_assert!(!grant.because.trim().is_empty());
                prop_assert!((1..=91 * 24).contains(&hours));
            }
        }

        #[test]
        fn no_text_makes_a_date_panic(text in "\\PC{0,12}|[0-9T:Z+-]{0,25}") {
            let _ = parse_until(&text, now().time_zone());
        }
    }
}
