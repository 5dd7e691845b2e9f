//! A list to begin with: what is in the person's own GOMODCACHE, and what was asked for lately.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use go_module::{ModulePath, ModuleVersion, Version};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::activity::Item;

/// A list to begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Starter {
    /// The newest version of each module whose zip `go` has, or that was asked for through Larder.
    #[ts(type = "string[]")]
    pub modules: Vec<ModuleVersion>,
    /// Older ones of the same modules.
    #[ts(type = "string[]")]
    pub older: Vec<ModuleVersion>,
}

/// Makes a list out of a module cache and of activity. Blocks on the disk.
pub(crate) fn starter(gomodcache: Option<&Path>, activity: &[Item]) -> Starter {
    let mut found: BTreeMap<ModulePath, BTreeSet<Version>> = BTreeMap::new();
    let mut add = |module: ModuleVersion| {
        found.entry(module.path).or_default().insert(module.version);
    };
    if let Some(cache) = gomodcache {
        in_download_cache(&cache.join("cache/download"))
            .into_iter()
            .for_each(&mut add);
    }
    for item in activity {
        let (Some(path), Some(version)) = (&item.module, &item.version) else {
            continue;
        };
        if item.kind == "zip"
            && let Ok(module) = ModuleVersion::parse(&format!("{path}@{version}"))
        {
            add(module);
        }
    }
    let mut starter = Starter::default();
    for (path, versions) in found {
        // Toolchains come with the projects that need them.
        if path.as_str() == "golang.org/toolchain" {
            continue;
        }
        let of_path = versions
            .into_iter()
            .rev()
            .filter_map(|version| ModuleVersion::new(path.clone(), version).ok());
        for (at, module) in of_path.enumerate() {
            if at == 0 {
                starter.modules.push(module);
            } else {
                starter.older.push(module);
            }
        }
    }
    starter
}

/// The versions whose zips are in a folder of Go's `cache/download` layout.
fn in_download_cache(folder: &Path) -> Vec<ModuleVersion> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&at) else {
            continue;
        };
        let escaped = at.strip_prefix(folder).ok().and_then(Path::to_str);
        let path = escaped
            .and_then(|path| path.strip_suffix("/@v"))
            .and_then(|path| ModulePath::from_escaped(path).ok());
        for entry in entries.flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder {
                folders.push(entry.path());
                continue;
            }
            let name = entry.file_name();
            let version = name.to_str().and_then(|name| name.strip_suffix(".zip"));
            if let (Some(path), Some(version)) = (&path, version)
                && let Ok(version) = Version::from_escaped(version)
                && let Ok(module) = ModuleVersion::new(path.clone(), version)
            {
                found.push(module);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_each_comes_first() {
        let cache = tempfile::tempdir().unwrap();
        let add = |file: &str| {
            let file = cache.path().join("cache/download").join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        };
        for file in [
            "example.com/!big/@v/v1.0.0.zip",
            "example.com/!big/@v/v1.10.0.zip",
            "example.com/!big/@v/v1.9.0.zip",
            "example.com/!big/@v/v1.11.0.mod",
            "example.com/!big/sub/@v/v0.1.0.zip",
            "golang.org/toolchain/@v/v0.0.1-go1.30.0.linux-amd64.zip",
            "sumdb/sum.example.com/lookup/x.zip",
        ] {
            add(file);
        }
        let starter = starter(Some(cache.path()), &[]);
        let names = |modules: &[ModuleVersion]| -> Vec<String> {
            modules.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            names(&starter.modules),
            ["example.com/Big@v1.10.0", "example.com/Big/sub@v0.1.0"]
        );
        assert_eq!(
            names(&starter.older),
            ["example.com/Big@v1.9.0", "example.com/Big@v1.0.0"]
        );
    }
}
