//! Programs that `go install` put on this machine.

use std::path::{Path, PathBuf};

use crate::caller::CallerEnv;
use crate::find::{Go, is_executable};

/// Where the program of this name is: in the caller's PATH, else where their `go install` puts programs (GOBIN, else
/// `bin` in the first folder of GOPATH). Relative folders are passed over, as with [`Go::find`].
pub async fn installed(name: &str, caller: &CallerEnv) -> Option<PathBuf> {
    let in_folder = |folder: &Path| {
        let path = folder.join(name);
        (path.is_absolute() && is_executable(&path)).then_some(path)
    };
    let of_path = caller
        .get("PATH")
        .and_then(|path| std::env::split_paths(path).find_map(|folder| in_folder(&folder)));
    if of_path.is_some() {
        return of_path;
    }
    let asked = caller.clone();
    let go = tokio::task::spawn_blocking(move || Go::of_caller(&asked)).await;
    let mut said = go.ok()?.ok()?.env(&["GOBIN", "GOPATH"]).await.ok()?;
    let bin = match said.remove("GOBIN").filter(|bin| !bin.is_empty()) {
        Some(bin) => PathBuf::from(bin),
        None => std::env::split_paths(said.get("GOPATH")?)
            .next()?
            .join("bin"),
    };
    in_folder(&bin)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program(folder: &Path, mode: u32) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join("tool");
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[tokio::test]
    async fn the_path_then_gobin_then_gopath() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let usual = std::env::var("PATH").unwrap();
        let path = format!("{}:{usual}", at("path").display());
        let base = [
            ("PATH", path),
            ("HOME", at("home").display().to_string()),
            ("GOENV", "off".to_owned()),
            ("GOPATH", format!("{}:/elsewhere", at("gopath").display())),
        ];
        let caller = CallerEnv::from_variables(base.clone());
        let mut with_gobin = base.to_vec();
        with_gobin.push(("GOBIN", at("gobin").display().to_string()));
        let with_gobin = CallerEnv::from_variables(with_gobin);

        assert_eq!(installed("tool", &caller).await, None);
        program(&at("path"), 0o644);
        assert_eq!(installed("tool", &caller).await, None, "that is no program");
        let of_gopath = program(&at("gopath/bin"), 0o755);
        assert_eq!(installed("tool", &caller).await, Some(of_gopath));
        assert_eq!(installed("tool", &with_gobin).await, None);
        let of_gobin = program(&at("gobin"), 0o755);
        assert_eq!(installed("tool", &with_gobin).await, Some(of_gobin));
        let of_path = program(&at("path"), 0o755);
        assert_eq!(installed("tool", &with_gobin).await, Some(of_path));
    }
}
