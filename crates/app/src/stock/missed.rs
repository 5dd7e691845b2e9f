//! What was asked for and missing while offline is brought, once there is a network again.

use std::collections::BTreeMap;

use delivery::{Ask, Delivery, DeliveryError};
use go_module::{ModuleVersion, Request};
use serde::{Deserialize, Serialize};
use store::Missed;
use ts_rs::TS;

use super::{Plan, Reach, Report, Subject, fill, resolve};
use crate::failure::Failure;
use crate::job::{Progress, Reporter};

/// What came of what was missed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MissedReport {
    /// What is there now, each with all that it needs.
    pub brought: Vec<Report>,
    /// What does not exist: `go` had tried whether it does.
    pub nothing: Vec<String>,
    /// What is still missing, and why.
    pub missing: Vec<(String, String)>,
    /// The requests that are answered by that; they are missed no longer.
    #[serde(skip)]
    pub(crate) done: Vec<String>,
}

/// Brings what was missed.
///
/// # Errors
/// `cancelled`.
pub(crate) async fn bring(
    delivery: &Delivery,
    missed: Vec<Missed>,
    local: Option<&str>,
    reporter: &Reporter,
) -> Result<MissedReport, Failure> {
    let mut report = MissedReport::default();
    let mut progress = Progress::default();
    let mut wishes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Missed { path, .. } in missed {
        match wish(&path) {
            Some((what, request)) => match Box::pin(delivery.deliver(Ask::new(request))).await {
                Ok(answer) => {
                    answer.without_body();
                    match what {
                        Some(what) => wishes.entry(what).or_default().push(path),
                        None => report.done.push(path),
                    }
                }
                Err(DeliveryError::NotFound(_) | DeliveryError::StillNotFound { .. }) => {
                    report.nothing.push(path.clone());
                    report.done.push(path);
                }
                Err(error) => report.missing.push((path, error.to_string())),
            },
            None => report.done.push(path),
        }
    }
    for (what, paths) in wishes {
        let reach = Reach::of_upstreams(delivery.clone());
        let subject = Subject::Module(what.clone());
        let module: Result<ModuleVersion, Failure> = match what.parse() {
            Ok(module) => Ok(module),
            Err(_) => resolve(&reach, &what).await,
        };
        match module {
            Ok(module) => {
                let plan = Box::pin(Plan::of_module(&reach, &module, local)).await;
                let brought = fill(&subject, plan, &reach, &mut progress, reporter).await?;
                if brought.is_ready() {
                    report.done.extend(paths);
                }
                report.brought.push(brought);
            }
            Err(failure) => report.missing.push((what, failure.message)),
        }
    }
    Ok(report)
}

/// What somebody wanted who asked for this: a module at a version, a branch or `latest`; nothing but the answer itself where
/// it was about the checksum database.
fn wish(path: &str) -> Option<(Option<String>, Request)> {
    let request = Request::parse(&format!("/{}", path.trim_start_matches('/'))).ok()?;
    let what = match &request {
        Request::List(path) | Request::Latest(path) => Some(format!("{path}@latest")),
        Request::Query { path, query } => Some(format!("{path}@{}", query.as_str())),
        Request::File(module, _) => Some(module.to_string()),
        Request::SumDb { .. } => None,
    };
    Some((what, request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_tells_what_was_wanted() {
        let wanted = |path: &str| wish(path).and_then(|(what, _)| what);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            wanted("example.com/m/@v/list"),
            some("example.com/m@latest")
        );
        assert_eq!(
            wanted("example.com/m/@latest"),
            some("example.com/m@latest")
        );
        assert_eq!(
            wanted("example.com/!m/@v/main.info"),
            some("example.com/M@main")
        );
        assert_eq!(
            wanted("example.com/m/@v/v1.2.3.zip"),
            some("example.com/m@v1.2.3")
        );
        assert_eq!(wanted("sumdb/sums.example.com/latest"), None);
        assert!(wish("no request").is_none());
    }
}
