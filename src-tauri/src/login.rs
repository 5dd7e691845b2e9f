//! Start at login: an entry of the desktop's autostart folder, or none.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use app::{Code, Failure};

/// The name of the entry; `larder service install` has another.
const ENTRY: &str = "larder-tray.desktop";

/// Has Larder start with every login from now on, in the tray, or no longer.
///
/// # Errors
/// `bad-input` where there is no home; `disk`.
pub(crate) async fn arrange(on: bool) -> Result<(), Failure> {
    let arranged = tokio::task::spawn_blocking(move || set(on)).await;
    arranged.map_err(|error| Failure::new(Code::Internal, error.to_string()))?
}

fn set(on: bool) -> Result<(), Failure> {
    let entry = entry()?;
    let changed = if on {
        let program = env::current_exe();
        program.and_then(|program| write(&entry, &text(&program, env::var("LARDER_HOME").ok())?))
    } else {
        match fs::remove_file(&entry) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    };
    changed.map_err(|error| {
        Failure::new(
            Code::Disk,
            format!(
                "start at login can't be changed: {}: {error}",
                entry.display()
            ),
        )
    })
}

/// Writes it whole: beside its place first, then under its name.
fn write(entry: &Path, text: &str) -> io::Result<()> {
    let draft = entry.with_extension("larder-new");
    if let Some(folder) = entry.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&draft, text)?;
    fs::rename(draft, entry)
}

/// Below `XDG_CONFIG_HOME`, else `.config` of HOME.
fn entry() -> Result<PathBuf, Failure> {
    let folder = |name: &str| {
        let folder = PathBuf::from(env::var_os(name)?);
        folder.is_absolute().then_some(folder)
    };
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
    let none = || Failure::new(Code::BadInput, "there is no home folder to note it in");
    Ok(config.ok_or_else(none)?.join("autostart").join(ENTRY))
}

fn text(program: &Path, home: Option<String>) -> io::Result<String> {
    let unfit = || {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "a path with control characters",
        )
    };
    let program = program.to_str().ok_or_else(unfit)?;
    let mut command = word(program).ok_or_else(unfit)?;
    if let Some(home) = home.filter(|home| !home.is_empty()) {
        let home = word(&format!("LARDER_HOME={home}")).ok_or_else(unfit)?;
        command = format!("env {home} {command}");
    }
    Ok(format!(
        "\
# Written by Larder: \"start at login\" in its settings takes it away.
[Desktop Entry]
Type=Application
Name=Larder
Comment=Keeps Go modules at hand
Icon=larder
Exec={command} --at-login
Terminal=false
X-GNOME-Autostart-enabled=true
"
    ))
}

/// A word of `Exec`: quoted for `Exec`, and then once more as every text of an entry is.
fn word(text: &str) -> Option<String> {
    if text.contains(char::is_control) {
        return None;
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', letter]),
            '%' => quoted += "%%",
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    Some(quoted.replace('\\', "\\\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_starts_this_program_in_the_tray() {
        let entry = text(Path::new("/opt/my apps/larder-tray"), None).unwrap();
        assert!(
            entry.contains("\nExec=\"/opt/my apps/larder-tray\" --at-login\n"),
            "{entry}"
        );
        let home = text(Path::new("/x/larder-tray"), Some("/home/a$b".to_owned())).unwrap();
        assert!(
            home.contains("Exec=env \"LARDER_HOME=/home/a\\\\$b\" \"/x/larder-tray\" "),
            "{home}"
        );
    }

    #[test]
    fn a_path_that_could_end_the_line_is_refused() {
        assert!(text(Path::new("/x/a\nb"), None).is_err());
    }
}
