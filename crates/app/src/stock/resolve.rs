//! A module or package at a version, a branch or `latest`, as `go install` takes it: which module version that is.

use go_module::{FileKind, ModulePath, ModuleVersion, Query, Version};

use super::newest::newest;
use super::reach::Reach;
use crate::failure::{Code, Failure};

/// The module version that `path@query` means. A package path is cut until there is a module; the longest wins.
///
/// # Errors
/// `bad-input` for what is no such text; `not-found` where there is no such module, or it can't be asked.
pub(crate) async fn resolve(reach: &Reach, text: &str) -> Result<ModuleVersion, Failure> {
    let refused = |why: String| {
        Failure::new(Code::BadInput, format!("{text} can't be stocked: {why}")).hint(
            "name a project's folder, or a module: example.com/m@v1.2.3, example.com/m/cmd/tool@latest",
        )
    };
    let (path, query) = text
        .split_once('@')
        .ok_or_else(|| refused("it names no version".to_owned()))?;
    ModulePath::parse(path).map_err(|error| refused(error.to_string()))?;
    let mut first_reason = None;
    for candidate in prefixes(path) {
        match version(reach, &candidate, query).await {
            Ok(Some(version)) => {
                return ModuleVersion::new(candidate, version)
                    .map_err(|error| refused(error.to_string()));
            }
            Ok(None) => return Err(refused(format!("{query:?} is no version and no branch"))),
            Err(reason) => {
                first_reason.get_or_insert(reason);
            }
        }
    }
    let reason = first_reason.unwrap_or_default();
    Err(Failure::new(
        Code::NotFound,
        format!("{text} can't be had: {reason}"),
    ))
}

/// The path and those above it that a module may have, the longest first.
fn prefixes(path: &str) -> impl Iterator<Item = ModulePath> {
    let mut next = Some(path);
    std::iter::from_fn(move || {
        let path = next?;
        next = path.rsplit_once('/').map(|(above, _)| above);
        Some(ModulePath::parse(path).ok())
    })
    .flatten()
}

async fn version(reach: &Reach, path: &ModulePath, query: &str) -> Result<Option<Version>, String> {
    if let Ok(version) = Version::parse(query) {
        let module = ModuleVersion::new(path.clone(), version.clone());
        let module = module.map_err(|error| error.to_string())?;
        reach.file(&module, FileKind::Info).await?;
        return Ok(Some(version));
    }
    if query == "latest" {
        let versions = reach.list(path).await?;
        return match newest(&versions, false, |_| true) {
            Some(version) => Ok(Some(version.clone())),
            None => reach.latest(path).await.map(Some),
        };
    }
    match Query::parse(query) {
        Ok(query) => reach.query(path, query).await.map(Some),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_path_is_cut_until_there_is_a_module() {
        let found: Vec<String> = prefixes("example.com/m/v2/cmd/tool")
            .map(|path| path.to_string())
            .collect();
        assert_eq!(
            found,
            [
                "example.com/m/v2/cmd/tool",
                "example.com/m/v2/cmd",
                "example.com/m/v2",
                "example.com/m",
                "example.com"
            ]
        );
    }
}
