//! Lists, latest and branches while offline: nothing is offered that can't be delivered.

use std::sync::Arc;

use bytes::Bytes;
use go_module::{FileKind, ModulePath, ModuleVersion, Request, Version, info, list};

use super::deliverable;
use crate::body::read_at;
use crate::changing::{self, Answered};
use crate::error::DeliveryError;
use crate::event::Source;
use crate::offline::Offline;
use crate::profile::Profile;
use crate::shared::Shared;

/// Answers a request for something that changes, from what is kept.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    request: &Request,
    offline: &Arc<Offline>,
) -> Answered {
    let missing = |reason: String| DeliveryError::offline(request, offline, reason);
    match request {
        Request::List(path) => {
            let versions = deliverable::versions(shared, profile, path).await?;
            if versions.is_empty() {
                return Err(missing(nothing_of(path)));
            }
            // Pseudo-versions in a list cost `go` a question each, and a list is not where it looks for them.
            let listed = versions.iter().filter(|version| !version.is_pseudo());
            let listed: Vec<&str> = listed.map(Version::as_str).collect();
            Ok((list::render(&listed).into(), Source::Cache))
        }
        Request::Latest(path) => {
            if let Ok(kept) = kept(shared, profile, request, path).await {
                return Ok(kept);
            }
            let versions = deliverable::versions(shared, profile, path).await?;
            let newest = newest(&versions).ok_or_else(|| missing(nothing_of(path)))?;
            let module = module_version(path, newest).ok_or_else(|| missing(nothing_of(path)))?;
            let bytes = info_of(shared, profile, &module).await?;
            let bytes = bytes.ok_or_else(|| missing(nothing_of(path)))?;
            Ok((bytes, Source::Cache))
        }
        Request::Query { path, .. } => kept(shared, profile, request, path)
            .await
            .map_err(|why| missing(why.unwrap_or_else(|| "nobody asked for it before".to_owned()))),
        Request::File(..) | Request::SumDb { .. } => Err(missing("it is not kept".to_owned())),
    }
}

fn nothing_of(path: &ModulePath) -> String {
    format!("no version of {path} can be delivered whole from Larder's cache")
}

/// The answer that is kept, if what it names can be delivered; else why not, where anything is kept.
async fn kept(
    shared: &Arc<Shared>,
    profile: &Arc<Profile>,
    request: &Request,
    path: &ModulePath,
) -> Result<(Bytes, Source), Option<String>> {
    let (body, source) = changing::kept_only(shared, profile, request)
        .await
        .map_err(|_| None)?;
    let named = info::parse(&body).map_err(|_| None)?;
    let version: Version = named.version.parse().map_err(|_| None)?;
    let module = module_version(path, &version).ok_or(None)?;
    match deliverable::check(shared, profile, &module).await {
        Ok(()) => Ok((body, source)),
        Err(why) => Err(Some(format!(
            "it was {module} when it was asked for last, and {why}"
        ))),
    }
}

/// The version that `go` would take for the latest: the highest release, else pre-release, else pseudo-version.
fn newest(versions: &[Version]) -> Option<&Version> {
    let rank = |version: &Version| (!version.is_pseudo(), !version.is_prerelease());
    versions
        .iter()
        .max_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)))
}

fn module_version(path: &ModulePath, version: &Version) -> Option<ModuleVersion> {
    ModuleVersion::new(path.clone(), version.clone()).ok()
}

async fn info_of(
    shared: &Shared,
    profile: &Profile,
    module: &ModuleVersion,
) -> Result<Option<Bytes>, DeliveryError> {
    match shared.find(profile, module, FileKind::Info).await? {
        Some(kept) => Ok(Some(read_at(Arc::new(kept.file), 0, kept.size).await?)),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_what_go_would_take() {
        let newest_of = |texts: &[&str]| {
            let versions: Vec<Version> = texts.iter().map(|text| text.parse().unwrap()).collect();
            newest(&versions).map(|version| version.as_str().to_owned())
        };
        let pseudo = "v1.9.0-0.20240101000000-0123456789ab";
        assert_eq!(newest_of(&[]), None);
        assert_eq!(
            newest_of(&["v1.0.0", "v1.2.0-rc.1", pseudo]).unwrap(),
            "v1.0.0"
        );
        assert_eq!(
            newest_of(&["v1.2.0-rc.1", "v1.2.0-rc.2", pseudo]).unwrap(),
            "v1.2.0-rc.2"
        );
        assert_eq!(newest_of(&[pseudo]).unwrap(), pseudo);
        assert_eq!(newest_of(&["v1.9.0", "v1.10.0"]).unwrap(), "v1.10.0");
    }
}
