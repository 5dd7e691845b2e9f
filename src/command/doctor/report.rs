//! The report: what was found, and what it stands in, in a form that can be shown to others.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use app::command::{Diagnosis, StatusReport};
use app::doctor::{Check, DoctorLine, settings_for_report, system};
use app::{Code, Failure, Places, VERSION};
use jiff::Timestamp;

use crate::human::plain;
use crate::trouble::Trouble;

/// Says early that a file stands in the way.
///
/// # Errors
/// `bad-input` where it is there and may not be replaced.
pub(super) fn check(file: &Path, force: bool) -> Result<(), Failure> {
    if !force && fs::symlink_metadata(file).is_ok() {
        return Err(in_the_way(file));
    }
    Ok(())
}

/// Writes the report, for this person's eyes alone.
///
/// # Errors
/// `bad-input` where a file stands in the way; `disk`.
pub(super) fn write(
    file: &Path,
    force: bool,
    diagnosis: &Diagnosis,
    status: Option<&StatusReport>,
    places: &Places,
) -> Result<(), Trouble> {
    let text = text(
        diagnosis,
        status,
        &settings_for_report(places),
        Timestamp::now(),
    );
    let home = std::env::var("HOME").unwrap_or_default();
    let text = without_home(&text, &home);
    put(file, force, text.as_bytes()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => in_the_way(file).into(),
        _ => Failure::new(
            Code::Disk,
            format!("the report {} can't be written: {error}", file.display()),
        )
        .into(),
    })
}

fn in_the_way(file: &Path) -> Failure {
    Failure::new(
        Code::BadInput,
        format!("{} is there already, and is left as it is", file.display()),
    )
    .hint("choose another name: larder doctor --report FILE")
    .hint("or have it replaced: --force")
}

/// Writes to a new file; that takes the other's place where it may.
fn put(file: &Path, force: bool, bytes: &[u8]) -> io::Result<()> {
    let new = if force {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        name.into()
    } else {
        file.to_owned()
    };
    let mut open = fs::OpenOptions::new();
    let mut opened = open.write(true).create_new(true).mode(0o600).open(&new)?;
    let written = opened.write_all(bytes).and_then(|()| match force {
        true => fs::rename(&new, file),
        false => Ok(()),
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn text(
    diagnosis: &Diagnosis,
    status: Option<&StatusReport>,
    settings: &str,
    now: Timestamp,
) -> String {
    let mut text = format!(
        "Larder doctor\n\nmade     {}\nlarder   {VERSION}",
        now.strftime("%Y-%m-%d %H:%M UTC")
    );
    if diagnosis.version != VERSION {
        text += &format!(" (the instance: {})", diagnosis.version);
    }
    text += &format!("\nsystem   {}\n\n", plain(&system()));
    for line in &diagnosis.lines {
        text += &told(line);
    }
    text += "\nStatus\n";
    match status {
        Some(status) => text += &told_status(status),
        None => text += "  could not be asked\n",
    }
    text += "\nsettings.toml, without comments, patterns and other texts\n";
    for line in settings.lines() {
        text += &format!("  {}\n", plain(line));
    }
    text
}

fn told(line: &DoctorLine) -> String {
    let health = format!("{:?}", line.health).to_lowercase();
    let found = match line.check {
        // A complaint may quote what it complains of.
        Check::Settings => without_quotes(&line.found),
        _ => line.found.clone(),
    };
    let mut text = format!("{health:<9}{:<22}  {}\n", line.check.name(), plain(&found));
    for mend in &line.mend {
        text += &format!("{:33}-> {}\n", "", plain(mend));
    }
    text
}

/// Hides what stands between quotes of any kind.
fn without_quotes(text: &str) -> String {
    let mut shown = String::new();
    let mut within = None;
    for letter in text.chars() {
        match within {
            Some(quote) if letter == quote => {
                shown.push(letter);
                within = None;
            }
            Some(_) => {}
            None => {
                shown.push(letter);
                if matches!(letter, '`' | '"') {
                    within = Some(letter);
                    shown.push('…');
                }
            }
        }
    }
    shown
}

fn told_status(status: &StatusReport) -> String {
    let mut text = String::new();
    let mut entry = |name: &str, value: &str| text += &format!("  {name:<12}  {}\n", plain(value));
    entry("serves", if status.serving { "yes" } else { "no" });
    if let Some(since) = status.since {
        entry(
            "up since",
            &since.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        );
    }
    if let Some(profile) = &status.profile {
        entry("profile", &profile.name);
        entry("upstreams", &profile.upstreams.join(", "));
        entry("checksum db", &profile.checksum_db);
    }
    let cache = &status.cache;
    entry(
        "cache",
        &format!(
            "{} versions, {} files, {} bytes",
            cache.versions, cache.files, cache.bytes
        ),
    );
    entry("notices", &status.notices.len().to_string());
    entry("grants", &status.grants.len().to_string());
    let jobs: Vec<&str> = status.jobs.iter().map(|job| job.name.as_str()).collect();
    entry("under way", &jobs.join(", "));
    text
}

/// The home folder says who one is.
fn without_home(text: &str, home: &str) -> String {
    match home.trim_end_matches('/') {
        "" => text.to_owned(),
        home => text.replace(home, "~"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn it_names_no_home_and_quotes_no_setting() {
        let diagnosis = Diagnosis {
            version: VERSION.to_owned(),
            lines: super::super::tests::lines(),
        };
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let text = text(&diagnosis, None, "port = 4677\n", now);
        let text = without_home(&text, "/home/ann/").replace(&plain(&system()), "SYSTEM");
        assert!(!text.contains("secret") && !text.contains("ann"), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_file_is_replaced_only_on_ones_word_and_a_link_never_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("report"), folder.path().join("other"));
        check(&file, false).unwrap();
        put(&file, false, b"one").unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(check(&file, false).unwrap_err().code, Code::BadInput);
        assert!(put(&file, false, b"two").is_err());
        assert_eq!(fs::read(&file).unwrap(), b"one");
        put(&file, true, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        fs::remove_file(&file).unwrap();
        fs::write(&other, "other").unwrap();
        symlink(&other, &file).unwrap();
        assert!(put(&file, false, b"three").is_err());
        put(&file, true, b"three").unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"other");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
