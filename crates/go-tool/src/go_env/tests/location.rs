//! Where the file is, and what may stand in the way.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;

use super::super::{EnvError, EnvLocation, EnvRecord};
use super::{Home, go, mode, write};
use crate::caller::CallerEnv;

fn of(variables: &[(&str, &Path)]) -> Result<EnvLocation, EnvError> {
    EnvLocation::of(&CallerEnv::from_variables(variables.iter().copied()))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn it_is_where_go_looks() {
    let home = Home::empty();
    let path = home.path();
    let slashed = path.join("conf/../conf//./");
    let cases: [&[(&str, &Path)]; 6] = [
        &[("HOME", path)],
        &[("HOME", path), ("XDG_CONFIG_HOME", Path::new(""))],
        &[("HOME", path), ("GOENV", &path.join("mine"))],
        &[("HOME", path), ("XDG_CONFIG_HOME", &path.join("conf"))],
        &[("HOME", path), ("XDG_CONFIG_HOME", &slashed)],
        &[("HOME", &slashed)],
    ];
    for variables in cases {
        let mut ask = go(Path::new("/nowhere/env"));
        ask.env_remove("GOENV").envs(variables.iter().copied());
        let output = ask.args(["env", "GOENV"]).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let location = of(variables).unwrap();
        assert_eq!(
            location.named(),
            Path::new(told.trim_end()),
            "{variables:?}"
        );
        assert_eq!(location.file(), location.named());
        assert_eq!(location.read().unwrap(), None);
    }
}

#[test]
fn a_caller_without_a_place_is_told_why() {
    assert!(matches!(
        of(&[("GOENV", Path::new("off"))]),
        Err(EnvError::Off)
    ));
    assert!(matches!(of(&[]), Err(EnvError::NoPlace { .. })));
    assert!(matches!(
        of(&[("GOENV", Path::new("/a/env/"))]),
        Err(EnvError::NoPlace { .. })
    ));
    for name in ["GOENV", "XDG_CONFIG_HOME", "HOME"] {
        let error = of(&[(name, Path::new("below/here"))]).unwrap_err();
        assert!(
            matches!(error, EnvError::Relative { name: told, .. } if told == name),
            "{error}"
        );
        let caller = CallerEnv::from_variables([(name, OsString::from_vec(vec![b'/', 0xff]))]);
        let error = EnvLocation::of(&caller).unwrap_err();
        assert!(
            matches!(error, EnvError::NotText { name: told } if told == name),
            "{error}"
        );
    }
}

#[test]
fn a_link_is_followed_and_a_dangling_one_is_told() {
    let home = Home::with(b"GOPROXY=direct\n", 0o644);
    let (first, second) = (home.path().join("first"), home.path().join("second"));
    symlink(home.file(), &first).unwrap();
    symlink("first", &second).unwrap();
    let location = of(&[("GOENV", &second)]).unwrap();
    assert!(location.is_link());
    assert_eq!(location.file(), fs::canonicalize(home.file()).unwrap());
    assert_eq!(location.read().unwrap().unwrap(), b"GOPROXY=direct\n");

    fs::remove_file(home.file()).unwrap();
    let error = of(&[("GOENV", &first)]).unwrap_err();
    assert!(
        matches!(&error, EnvError::DanglingLink { link, target } if *link == first && *target == home.file()),
        "{error}"
    );
    let looped = home.path().join("loop");
    symlink(&looped, &looped).unwrap();
    assert!(matches!(
        of(&[("GOENV", &looped)]),
        Err(EnvError::Unreadable { .. })
    ));
    // A folder on the way that is a dangling link.
    symlink("/nowhere/at/all", home.path().join("way")).unwrap();
    let error = of(&[("GOENV", &home.path().join("way/go/env"))]).unwrap_err();
    assert!(matches!(error, EnvError::DanglingLink { .. }), "{error}");
}

#[test]
fn what_is_no_file_is_told() {
    let home = Home::with(b"", 0o644);
    for (path, found) in [
        (home.path().to_owned(), "a folder"),
        (Path::new("/dev/null").to_owned(), "a device"),
        (home.file().join("below"), "a file"),
        (home.file().join("far/below"), "a file"),
    ] {
        let error = of(&[("GOENV", &path)]).unwrap_err();
        assert!(
            matches!(error, EnvError::InTheWay { found: told, .. } if told == found),
            "{error}"
        );
    }
    let large = home.path().join("large");
    fs::File::create(&large)
        .unwrap()
        .set_len((1 << 20) + 1)
        .unwrap();
    assert!(matches!(
        of(&[("GOENV", &large)]),
        Err(EnvError::TooLarge { .. })
    ));
}

#[test]
fn what_must_not_be_written_can_be_read_all_the_same() {
    let home = Home::with(b"GOPROXY=direct\n", 0o444);
    let location = home.location();
    assert!(location.read().unwrap().is_some());
    let error = EnvRecord::before_first_write(location.clone()).unwrap_err();
    assert!(matches!(error, EnvError::ReadOnlyFile { .. }), "{error}");

    write(&home.file(), b"", 0o644);
    let folder = home.file().parent().unwrap().to_owned();
    let usual = mode(&folder);
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o555)).unwrap();
    let error = location.check_writable().unwrap_err();
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(usual)).unwrap();
    assert!(
        matches!(&error, EnvError::ReadOnlyFolder { path } if *path == folder),
        "{error}"
    );
    location.check_writable().unwrap();
}

#[test]
fn a_foreign_owner_is_told() {
    // Only root can give files away; for anybody else somebody else's file is root's.
    let home = Home::with(b"GOPROXY=direct\n", 0o644);
    if !is_root() {
        let error = of(&[("GOENV", Path::new("/etc/hostname"))])
            .unwrap()
            .check_writable();
        assert!(
            matches!(error, Err(EnvError::ForeignOwner { owner: 0, .. })),
            "{error:?}"
        );
        return;
    }
    chown(home.file(), Some(12_345), None).unwrap();
    let error = home.location().check_writable().unwrap_err();
    assert!(
        matches!(error, EnvError::ForeignOwner { owner: 12_345, .. }),
        "{error}"
    );
    // sudo with HOME kept, and no file yet: it would be root's in somebody's home.
    fs::remove_file(home.file()).unwrap();
    chown(home.file().parent().unwrap(), Some(12_345), None).unwrap();
    let error = home.location().check_writable().unwrap_err();
    assert!(
        matches!(error, EnvError::ForeignOwner { owner: 12_345, .. }),
        "{error}"
    );
}
