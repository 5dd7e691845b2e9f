//! Whether an upstream is there, and lets this person in: one light request.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, Version, header};
use tokio::time::Instant;
use url::Url;

use super::{Hop, Http};
use crate::credentials::Authorization;
use crate::{UpstreamError, answer};

/// What a probe found: the upstream is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// From asking to the head of the answer, connecting included where there was no connection yet.
    pub took: Duration,
    /// Whether it answered anything but 401 and 403 to what was presented.
    pub authorised: bool,
    /// What was presented.
    pub shown: Shown,
    /// The HTTP status; none for a folder.
    pub status: Option<u16>,
    /// The protocol that it spoke, such as `HTTP/2`; none for a folder.
    pub protocol: Option<&'static str>,
    /// What time it was by its clock when it answered, where it said so: to the second.
    pub date: Option<SystemTime>,
}

/// What an upstream was shown when it was probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nothing: there is nothing for it.
    Nothing,
    /// What there is for it.
    Credentials,
    /// Nothing, since what there is for it could not be had.
    NotHad {
        /// Why not; no secret.
        reason: String,
    },
}

impl Http {
    /// Asks for what lies at the upstream's own URL. Nothing is tried again, but refused credentials are renewed as for
    /// any other request. Where credentials can't be had it asks without: whether the upstream is there does not depend on
    /// a keyring.
    pub(crate) async fn probe(&self) -> Result<Probe, UpstreamError> {
        let (presented, shown) = match self.presenting.present().await {
            Ok(None) => (None, Shown::Nothing),
            Ok(Some(presented)) => (Some(presented), Shown::Credentials),
            Err(UpstreamError::CredentialsMissing { text: reason }) => {
                (None, Shown::NotHad { reason })
            }
            Err(error) => {
                let reason = error.to_string();
                (None, Shown::NotHad { reason })
            }
        };
        let probe = Probe {
            shown,
            ..self.knock(presented.as_ref()).await?
        };
        let renewed = match presented {
            Some(presented) if probe.status == Some(401) => {
                self.presenting.renewed(&presented).await
            }
            Some(_) | None => Ok(None),
        };
        match renewed {
            Ok(Some(renewed)) => self.knock(Some(&renewed)).await,
            Ok(None) | Err(_) => Ok(probe),
        }
    }

    async fn knock(&self, presented: Option<&Authorization>) -> Result<Probe, UpstreamError> {
        let hop = Hop::first(self.door());
        if self.own.contains(&hop.url) || self.node_is_own(&hop) {
            return Err(UpstreamError::Loop);
        }
        let way = self.clients.way(&hop.url, false);
        // Reading the trust store is no time of the upstream's.
        self.warm().await?;
        let headers = self.headers(&hop, &[], presented);
        let begun = Instant::now();
        let response = self
            .send(&hop, way, headers, self.limits.probe)
            .await
            .map_err(|failure| failure.error)?;
        let took = begun.elapsed();
        let status = response.status();
        if status.is_server_error() {
            let hidden = self.hidden(&hop, presented);
            return Err(answer::refusal(response, &self.limits, &hidden).await.error);
        }
        Ok(Probe {
            took,
            shown: match presented {
                Some(_) => Shown::Credentials,
                None => Shown::Nothing,
            },
            authorised: !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN),
            status: Some(status.as_u16()),
            protocol: Some(protocol(response.version())),
            date: date(response.headers()),
        })
    }

    /// The upstream's URL as a folder. Every kind of module proxy has something quick to say there, a page or "not found",
    /// and those that ask for credentials ask for them there too. Without the slash at its end some would only point to
    /// it, before they look at credentials.
    fn door(&self) -> Url {
        let mut url = self.base.as_url().clone();
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        url
    }
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_3 => "HTTP/3",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_11 => "HTTP/1.1",
        _ => "HTTP/1.0",
    }
}

/// The Date of an answer, and what it has lain in caches on its way since (RFC 9111, section 5.1).
fn date(headers: &HeaderMap) -> Option<SystemTime> {
    let text = |name| headers.get(name)?.to_str().ok();
    let date = httpdate::parse_http_date(text(header::DATE)?).ok()?;
    let age = text(header::AGE).and_then(|age| age.trim().parse().ok());
    date.checked_add(Duration::from_secs(age.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use futures_util::future::{BoxFuture, ready};
    use secret::Secret;

    use super::*;
    use crate::testing::{
        Act, Fake, PLAIN, answer, chain, limits, parts, parts_with, redirect, upstream,
    };
    use crate::{ChainParts, Credentials, Deadlines, Stage, Step, Upstream};

    async fn probe(fake: &Fake) -> Result<Probe, UpstreamError> {
        upstream(&fake.url(), &parts()).probe().await
    }

    #[tokio::test]
    async fn any_answer_but_a_refusal_or_an_outage_is_good() {
        for (status, authorised) in [
            (200, true),
            (204, true),
            (404, true),
            (405, true),
            (418, true),
            (429, true),
            (401, false),
            (403, false),
        ] {
            let fake = Fake::start(move |_, _| answer(status, "", "")).await;
            let found = probe(&fake).await.unwrap();
            assert_eq!((found.status, found.authorised), (Some(status), authorised));
            assert_eq!(found.shown, Shown::Nothing);
            assert!(found.took > Duration::ZERO);
            assert_eq!(fake.count(), 1, "{status}");
        }
        for status in [500, 502, 503, 504] {
            let fake = Fake::start(move |_, _| answer(status, PLAIN, "down")).await;
            let error = probe(&fake).await.unwrap_err();
            let text = "down".to_owned();
            assert_eq!(error, UpstreamError::Status { status, text });
            assert_eq!(fake.count(), 1, "nothing is tried again");
        }
    }

    #[test]
    fn its_clock_is_read_through_caches() {
        let told = |date: &str, age: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::DATE, date.parse().unwrap());
            headers.insert(header::AGE, age.parse().unwrap());
            super::date(&headers).map(|at| at.duration_since(SystemTime::UNIX_EPOCH).unwrap())
        };
        let day = "Fri, 02 Jan 1970 00:00:00 GMT";
        assert_eq!(told(day, "0"), Some(Duration::from_secs(86_400)));
        assert_eq!(told(day, "60"), Some(Duration::from_secs(86_460)));
        assert_eq!(told(day, "x"), Some(Duration::from_secs(86_400)));
        assert_eq!(told(day, &u64::MAX.to_string()), None);
        assert_eq!(told("yesterday", "0"), None);
        assert_eq!(super::date(&HeaderMap::new()), None);
    }

    #[tokio::test]
    async fn it_asks_for_the_upstreams_own_folder_and_follows_nothing() {
        let fake = Fake::start(|_, _| redirect("https://login.corp.example/")).await;
        for (url, path) in [
            (fake.url(), "/"),
            (format!("{}/", fake.url()), "/"),
            (format!("{}/api/go", fake.url()), "/api/go/"),
            (format!("{}/api/go/", fake.url()), "/api/go/"),
        ] {
            let found = upstream(&url, &parts()).probe().await.unwrap();
            assert_eq!(found.status, Some(302));
            let seen = fake.seen().pop().unwrap();
            assert_eq!(seen.path(), path);
            assert_eq!(seen.header("x-larder-hop"), Some("this-one"));
        }
        assert_eq!(fake.count(), 4);
    }

    #[tokio::test]
    async fn silence_ends_at_its_own_deadline() {
        let fake = Fake::start(|_, _| Act::Stall(String::new())).await;
        let after = Duration::from_millis(150);
        let limits = Deadlines {
            probe: after,
            first_byte: Duration::from_secs(60),
            ..limits()
        };
        let error = upstream(&fake.url(), &parts_with(limits)).probe().await;
        let stage = Stage::FirstByte;
        assert_eq!(error, Err(UpstreamError::Timeout { stage, after }));
    }

    #[tokio::test]
    async fn nobody_there_and_larder_itself() {
        let fake = Fake::start(|_, _| answer(200, "", "")).await;
        let parts = parts();
        parts.own.set([fake.address]);
        let own = upstream(&fake.url(), &parts).probe().await;
        assert_eq!(own, Err(UpstreamError::Loop));
        let url = fake.url();
        drop(fake);
        tokio::task::yield_now().await;
        let gone = upstream(&url, &crate::testing::parts()).probe().await;
        assert!(
            matches!(
                gone,
                Err(UpstreamError::Unreachable {
                    step: Step::Connect,
                    ..
                })
            ),
            "{gone:?}"
        );
    }

    #[tokio::test]
    async fn folders_and_version_control() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("file://{}", folder.path().display());
        let found = upstream(&url, &parts()).probe().await.unwrap();
        assert_eq!((found.status, found.authorised), (None, true));
        folder.close().unwrap();
        let gone = upstream(&url, &parts()).probe().await;
        assert!(
            matches!(
                gone,
                Err(UpstreamError::Unreachable {
                    step: Step::Folder,
                    ..
                })
            ),
            "{gone:?}"
        );
        let direct = chain("direct", &parts());
        let direct: &Upstream = direct.upstreams().next().unwrap();
        assert!(matches!(
            direct.probe().await,
            Err(UpstreamError::Direct { .. })
        ));
    }

    /// First one token, then another; or none at all.
    struct Keys(std::sync::Mutex<Vec<Result<&'static str, &'static str>>>);

    impl Credentials for Keys {
        fn present<'a>(
            &'a self,
            _: &'a str,
        ) -> BoxFuture<'a, Result<Option<Authorization>, String>> {
            let now = *self.0.lock().unwrap().last().unwrap();
            let bearer = |token| Authorization::bearer(&Secret::new(token)).unwrap();
            Box::pin(ready(
                now.map(|token| Some(bearer(token))).map_err(String::from),
            ))
        }

        fn refused<'a>(&'a self, _: &'a str, _: &'a Authorization) -> BoxFuture<'a, bool> {
            self.0.lock().unwrap().pop();
            Box::pin(ready(true))
        }
    }

    async fn probe_with(keys: &[Result<&'static str, &'static str>]) -> (Probe, usize) {
        let fake = Fake::start(|_, seen| {
            let status = match seen.header("authorization") {
                Some("Bearer good-token") => 200,
                _ => 401,
            };
            answer(status, "", "")
        })
        .await;
        let keys = keys.iter().rev().copied().collect();
        let parts = ChainParts {
            credentials: Some(Arc::new(Keys(std::sync::Mutex::new(keys)))),
            ..parts()
        };
        let probe = upstream(&fake.url(), &parts).probe().await.unwrap();
        (probe, fake.count())
    }

    #[tokio::test]
    async fn it_is_let_in_as_any_other_request_is() {
        let (found, asked) = probe_with(&[Ok("good-token")]).await;
        assert_eq!((found.authorised, asked), (true, 1));
        assert_eq!(found.shown, Shown::Credentials);
        let (found, asked) = probe_with(&[Ok("old-token"), Ok("good-token")]).await;
        assert_eq!((found.authorised, asked), (true, 2));
        let (found, asked) = probe_with(&[Ok("old-token"), Ok("bad-token")]).await;
        assert_eq!((found.authorised, asked), (false, 2));
    }

    #[tokio::test]
    async fn a_locked_keyring_does_not_hide_that_the_upstream_is_there() {
        let (found, asked) = probe_with(&[Err("locked")]).await;
        assert_eq!(
            (found.authorised, found.status, asked),
            (false, Some(401), 1)
        );
        let reason = "locked".to_owned();
        assert_eq!(found.shown, Shown::NotHad { reason });
        let (found, asked) = probe_with(&[Ok("old-token"), Err("locked")]).await;
        assert_eq!((found.authorised, asked), (false, 1));
    }
}
