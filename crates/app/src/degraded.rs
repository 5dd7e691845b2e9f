//! What of what is in force is out of order while Larder goes on all the same, and the look whether it still is.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use ts_rs::TS;
use upstream::{LastAsked, Stage, Upstream, UpstreamError, UpstreamKind};

use crate::app::{App, WeakApp};
use crate::nodes;

/// For how long it counts that version control failed: it has no one server that could be looked at again.
const OF_DIRECT: Duration = Duration::from_secs(60);
/// The pause before an upstream in trouble is looked at again; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Something that is out of order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Degraded {
    /// Its name: an upstream's, or `the disk`.
    pub upstream: String,
    /// What is wrong with it, as the rest of a sentence.
    pub reason: String,
}

/// What is out of order: an upstream of the profile in force, else the disk.
pub(crate) fn degraded(app: &App) -> Option<Degraded> {
    let profile = app.serving().ok()?.delivery().profile();
    let upstreams = profile.routes().upstreams();
    let found = upstreams.into_iter().find_map(|upstream| {
        Some(Degraded {
            upstream: upstream.name().to_owned(),
            reason: trouble(upstream)?,
        })
    });
    found.or_else(|| {
        app.room_is_short().then(|| Degraded {
            upstream: "the disk".to_owned(),
            reason: "has no room left for more".to_owned(),
        })
    })
}

/// What is wrong with an upstream, as the rest of a sentence.
pub(crate) fn trouble(upstream: &Upstream) -> Option<String> {
    if let Some(trouble) = nodes::trouble(upstream) {
        return Some(trouble);
    }
    let LastAsked { ago, trouble, .. } = upstream.last_asked()?;
    if upstream.kind() == UpstreamKind::Direct && ago > OF_DIRECT {
        return None;
    }
    reason(&trouble?)
}

fn reason(error: &UpstreamError) -> Option<String> {
    Some(match error {
        UpstreamError::Unreachable { .. }
        | UpstreamError::Timeout {
            stage: Stage::Connect,
            ..
        } => "does not answer".to_owned(),
        UpstreamError::Timeout { .. } => "is slow".to_owned(),
        UpstreamError::Broken { .. } => "breaks off".to_owned(),
        UpstreamError::Status { status, .. } => format!("fails with status {status}"),
        UpstreamError::Throttled { .. } => "is asked too often".to_owned(),
        UpstreamError::Malformed { .. } | UpstreamError::Redirect { .. } => {
            "answers with something else".to_owned()
        }
        // An answer, a matter of signing in, or of the one thing that was asked for.
        UpstreamError::NotFound { .. }
        | UpstreamError::Refused { .. }
        | UpstreamError::CredentialsMissing { .. }
        | UpstreamError::TooLarge { .. }
        | UpstreamError::Direct { .. }
        | UpstreamError::Loop
        | UpstreamError::Off => return None,
    })
}

/// Looks again at upstreams that are in trouble, for as long as modules are served. While offline others do.
pub(crate) async fn keep_looking(app: WeakApp) {
    let Some(mut turns) = app.upgrade().and_then(|app| {
        let serving = app.serving().ok()?;
        Some(serving.around().health().turns())
    }) else {
        return;
    };
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(app) = app.upgrade() else { return };
        let profile = match app.serving() {
            Ok(serving) if !app.is_offline() => Some(serving.delivery().profile()),
            _ => None,
        };
        drop(app);
        let in_trouble: Vec<Upstream> = profile.map_or_else(Vec::new, |profile| {
            let upstreams = profile.routes().upstreams().into_iter();
            let in_trouble = upstreams.filter(|upstream| trouble(upstream).is_some());
            in_trouble.cloned().collect()
        });
        if in_trouble.is_empty() {
            pause = FIRST_PAUSE;
            // Trouble that begins while offline is looked at when that is over.
            let news = tokio::time::timeout(LONGEST_PAUSE, turns.changed()).await;
            if matches!(news, Ok(Err(_))) {
                return;
            }
            continue;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        let looks = in_trouble.iter().map(|upstream| upstream.look(None));
        futures_util::future::join_all(looks).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_and_a_sign_in_are_no_trouble_of_the_upstream() {
        let text = String::new;
        for (error, expected) in [
            (
                UpstreamError::NotFound {
                    status: 404,
                    text: text(),
                },
                None,
            ),
            (
                UpstreamError::Refused {
                    status: 401,
                    text: text(),
                },
                None,
            ),
            (UpstreamError::Off, None),
            (
                UpstreamError::Status {
                    status: 503,
                    text: text(),
                },
                Some("fails with status 503"),
            ),
            (
                UpstreamError::Timeout {
                    stage: Stage::Connect,
                    after: FIRST_PAUSE,
                },
                Some("does not answer"),
            ),
            (
                UpstreamError::Timeout {
                    stage: Stage::FirstByte,
                    after: FIRST_PAUSE,
                },
                Some("is slow"),
            ),
            (
                UpstreamError::Throttled {
                    retry_after: None,
                    text: text(),
                },
                Some("is asked too often"),
            ),
        ] {
            assert_eq!(reason(&error).as_deref(), expected, "{error:?}");
        }
    }
}
