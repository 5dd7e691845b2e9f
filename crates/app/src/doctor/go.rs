//! The go commands of this computer: the one that the caller's shell runs, and the one that is found from the desktop.

use std::ffi::OsStr;
use std::path::Path;

use go_tool::{CallerEnv, Go, Installation, installations};

use super::in_background;
use super::line::{Check, DoctorLine};

/// The PATH of programs that a desktop starts: no shell has added to it.
#[cfg(not(target_os = "macos"))]
const DESKTOP_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/games:/usr/games:/snap/bin";
#[cfg(target_os = "macos")]
const DESKTOP_PATH: &str = "/usr/bin:/bin:/usr/sbin:/sbin";

/// The go command that the caller's shell runs, and the others.
pub(super) async fn of_caller(caller: &CallerEnv) -> Vec<DoctorLine> {
    let caller = caller.clone();
    in_background(Check::Go, move || {
        let found = Go::of_caller(&caller);
        let found = found.map(|go| (go.path().to_owned(), go.version().to_owned()));
        vec![line(
            found
                .as_ref()
                .map(|(path, version)| (path.as_path(), version.as_str())),
            &installations(&caller),
        )]
    })
    .await
}

fn line<E: std::fmt::Display>(go: Result<(&Path, &str), E>, all: &[Installation]) -> DoctorLine {
    let first = all.iter().find(|it| it.first);
    if let Some((path, reason)) = first.and_then(|it| Some((&it.path, it.version.as_ref().err()?)))
    {
        let path = path.display();
        let found = format!("the go that your shell runs does not work: {path} {reason}");
        return DoctorLine::broken(Check::Go, found).mend(format!("{path} version"));
    }
    let (path, version) = match go {
        Ok(go) => go,
        Err(error) => {
            return DoctorLine::broken(Check::Go, error.to_string())
                .mend("install it: https://go.dev/doc/install");
        }
    };
    let found = format!("{version}, {}", path.display());
    let Some(first) = first else {
        let folder = path.parent().unwrap_or(path).display();
        let found = format!("your PATH has none; there is {found}");
        let mend = format!("export PATH=\"$PATH:{folder}\"");
        return DoctorLine::warning(Check::Go, found).mend(mend);
    };
    let others: Vec<String> = all
        .iter()
        .filter(|it| it.path != first.path && it.version != first.version)
        .map(|it| match &it.version {
            Ok(version) => format!("{version}, {}", it.path.display()),
            Err(reason) => format!("{} ({reason})", it.path.display()),
        })
        .collect();
    if others.is_empty() {
        return DoctorLine::ok(Check::Go, found);
    }
    let found = format!("{found}; of other versions: {}", others.join("; "));
    DoctorLine::warning(Check::Go, found).mend("remove those that you do not use")
}

/// The go command that a program finds which was started from the desktop, as Larder may be.
pub(super) async fn from_desktop(caller: &CallerEnv) -> Vec<DoctorLine> {
    let caller = caller.clone();
    in_background(Check::DesktopGo, move || {
        let version = |go: Go| (go.path().display().to_string(), go.version().to_owned());
        let found = Go::find(Some(OsStr::new(DESKTOP_PATH))).map(version);
        let callers = Go::of_caller(&caller).map(version);
        vec![desktop(found.ok(), callers.ok())]
    })
    .await
}

/// Of paths and versions.
fn desktop(found: Option<(String, String)>, callers: Option<(String, String)>) -> DoctorLine {
    let link = callers.as_ref().map_or_else(
        || "install it: https://go.dev/doc/install".to_owned(),
        |(path, _)| format!("sudo ln -s {path} /usr/local/bin/go"),
    );
    let Some((path, version)) = found else {
        let found = "none: a Larder that is started from the desktop can fetch nothing from version control, nor ask go for its defaults";
        return DoctorLine::warning(Check::DesktopGo, found).mend(link);
    };
    match callers {
        Some((_, of_caller)) if of_caller != version => {
            let found = format!("{version}, {path}, and your shell runs {of_caller}");
            DoctorLine::warning(Check::DesktopGo, found).mend(link)
        }
        _ => DoctorLine::ok(Check::DesktopGo, format!("{version}, {path}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Health;
    use super::*;

    fn installation(path: &str, version: Result<&str, &str>, first: bool) -> Installation {
        Installation {
            path: path.into(),
            version: version.map(str::to_owned).map_err(str::to_owned),
            in_path: first,
            first,
        }
    }

    fn seen(all: &[Installation]) -> DoctorLine {
        line::<&str>(Ok((Path::new("/a/go"), "go1.99.1")), all)
    }

    #[test]
    fn one_several_a_broken_one_and_none() {
        let one = installation("/a/go", Ok("go1.99.1"), true);
        let same = installation("/b/go", Ok("go1.99.1"), false);
        let older = installation("/c/go", Ok("go1.90"), false);
        let line_of_one = seen(&[one.clone(), same]);
        assert_eq!(line_of_one, DoctorLine::ok(Check::Go, "go1.99.1, /a/go"));
        let several = seen(&[one.clone(), older.clone()]);
        assert_eq!(several.health, Health::Warning);
        assert!(several.found.ends_with("go1.90, /c/go"), "{several:?}");
        let outside = seen(&[installation("/a/go", Ok("go1.99.1"), false)]);
        assert_eq!(outside.health, Health::Warning);
        assert_eq!(outside.mend, ["export PATH=\"$PATH:/a\""]);
        let failing = seen(&[installation("/x/go", Err("failed"), true), one]);
        assert_eq!(failing.health, Health::Broken);
        assert_eq!(failing.mend, ["/x/go version"]);
        let none = line(Err("there is no go command"), &[]);
        assert_eq!(none.health, Health::Broken);
    }

    #[test]
    fn what_the_desktop_finds_is_held_against_what_the_shell_runs() {
        let go = |path: &str, version: &str| Some((path.to_owned(), version.to_owned()));
        let line = desktop(None, go("/home/ann/go/bin/go", "go1.99"));
        assert_eq!(line.health, Health::Warning);
        assert_eq!(
            line.mend,
            ["sudo ln -s /home/ann/go/bin/go /usr/local/bin/go"]
        );
        let line = desktop(go("/usr/bin/go", "go1.90"), go("/a/go", "go1.99"));
        assert_eq!(line.health, Health::Warning);
        let line = desktop(go("/usr/bin/go", "go1.99"), go("/a/go", "go1.99"));
        assert_eq!(line.health, Health::Ok);
    }
}
