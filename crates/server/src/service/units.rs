//! The files of the service, as text: two units of systemd, or one entry of the desktop's autostart.

use std::path::Path;

use app::{Code, Failure};

/// What starts Larder.
#[derive(Clone, Debug)]
pub(super) struct Start<'a> {
    /// The program.
    pub(super) program: &'a Path,
    /// `LARDER_HOME`, where it is set.
    pub(super) home: Option<&'a str>,
    /// PATH, in which Larder finds `go` and `git`.
    pub(super) path: Option<&'a str>,
}

/// `larder.socket`: it holds the port from login on.
pub(super) fn socket(port: u16, with_v6: bool) -> String {
    let v6 = if with_v6 {
        format!("ListenStream=[::1]:{port}\n")
    } else {
        String::new()
    };
    // However often it is started: were there a limit, the port would be nobody's past it. A service that could not take
    // the connections for which it was started is started again for new ones only.
    format!(
        "\
# Written by `larder service install`; `larder service remove` takes it away.
[Unit]
Description=The port of Larder, held for the go command

[Socket]
ListenStream=127.0.0.1:{port}
{v6}FlushPending=yes
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
"
    )
}

/// `larder.service`: started by the first that connects.
///
/// # Errors
/// `bad-input` for a path that can't stand there.
pub(super) fn service(start: &Start<'_>) -> Result<String, Failure> {
    let mut environment = String::new();
    for (name, value) in [("LARDER_HOME", start.home), ("PATH", start.path)] {
        if let Some(value) = value {
            environment += &format!("Environment={}\n", in_unit(&format!("{name}={value}"))?);
        }
    }
    Ok(format!(
        "\
# Written by `larder service install`; `larder service remove` takes it away.
[Unit]
Description=Larder, which keeps Go modules at hand
Requires=larder.socket
After=larder.socket
StartLimitIntervalSec=0

[Service]
ExecStart={program} serve --quiet
{environment}TimeoutStopSec=45
",
        program = in_unit(text(start.program)?)?.replace('$', "$$")
    ))
}

/// `larder.desktop`, in the autostart folder.
///
/// # Errors
/// `bad-input` for a path that can't stand there.
pub(super) fn autostart(start: &Start<'_>) -> Result<String, Failure> {
    let home = match start.home {
        Some(home) => format!("env {} ", in_entry(&format!("LARDER_HOME={home}"))?),
        None => String::new(),
    };
    Ok(format!(
        "\
# Written by `larder service install`; `larder service remove` takes it away.
[Desktop Entry]
Type=Application
Name=Larder
Comment=Keeps Go modules at hand
Exec={home}{program} serve --quiet
Terminal=false
NoDisplay=true
X-GNOME-Autostart-enabled=true
",
        program = in_entry(text(start.program)?)?
    ))
}

fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| refused("is not UTF-8 text"))
}

/// A word in a unit (systemd.syntax(7)): in quotes, with `%` and what ends the quotes escaped.
fn in_unit(word: &str) -> Result<String, Failure> {
    check(word)?;
    let escaped = word
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%");
    Ok(format!("\"{escaped}\""))
}

/// A word of `Exec` in a desktop entry: quoted for `Exec`, and then once more as every text of an entry is.
fn in_entry(word: &str) -> Result<String, Failure> {
    check(word)?;
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', letter]),
            '%' => quoted += "%%",
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    Ok(quoted.replace('\\', "\\\\"))
}

fn check(word: &str) -> Result<(), Failure> {
    if word.contains(char::is_control) {
        return Err(refused(
            "has a line break or another control character in it",
        ));
    }
    Ok(())
}

fn refused(reason: &str) -> Failure {
    Failure::new(
        Code::BadInput,
        format!("the service can't be written: a path in it {reason}"),
    )
    .hint("look at PATH, LARDER_HOME and where larder is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_addresses_are_held_and_there_is_no_limit() {
        let text = socket(4677, true);
        assert!(text.contains("\nListenStream=127.0.0.1:4677\nListenStream=[::1]:4677\n"));
        assert!(text.contains("\nFlushPending=yes\nTriggerLimitIntervalSec=0\n"));
        assert!(!socket(4677, false).contains("::1"));
    }

    #[test]
    fn odd_paths_stand_whole() {
        let start = Start {
            program: Path::new("/opt/50% \"off\" $x\\y/larder"),
            home: Some("/srv/lar der"),
            path: Some("/usr/bin:/opt/go%1/bin"),
        };
        let unit = service(&start).unwrap();
        assert!(
            unit.contains("\nExecStart=\"/opt/50%% \\\"off\\\" $$x\\\\y/larder\" serve --quiet\n"),
            "{unit}"
        );
        assert!(
            unit.contains("\nEnvironment=\"LARDER_HOME=/srv/lar der\"\n"),
            "{unit}"
        );
        assert!(
            unit.contains("\nEnvironment=\"PATH=/usr/bin:/opt/go%%1/bin\"\n"),
            "{unit}"
        );
        let entry = autostart(&start).unwrap();
        assert!(
            entry.contains(
                "\nExec=env \"LARDER_HOME=/srv/lar der\" \"/opt/50%% \\\\\"off\\\\\" \\\\$x\\\\\\\\y/larder\" serve --quiet\n"
            ),
            "{entry}"
        );
        let plain = Start {
            program: Path::new("/usr/bin/larder"),
            home: None,
            path: None,
        };
        assert!(!service(&plain).unwrap().contains("Environment"));
        assert!(
            autostart(&plain)
                .unwrap()
                .contains("\nExec=\"/usr/bin/larder\" serve --quiet\n")
        );
    }

    #[test]
    fn no_line_can_be_smuggled_in() {
        let start = Start {
            program: Path::new("/usr/bin/larder"),
            home: Some("/srv\nExecStartPre=/bin/evil"),
            path: None,
        };
        assert_eq!(service(&start).unwrap_err().code, Code::BadInput);
        assert_eq!(autostart(&start).unwrap_err().code, Code::BadInput);
    }
}
