//! `larder service`: something that holds Larder's port from login on, put there, taken away and looked at.

use app::{Code, Failure, Places, PortHold};
use clap::{Args, Subcommand};
use server::service::{self, Installed, Removed, ServiceStatus, Way};

use crate::exit::Exit;
use crate::human::plain;
use crate::output::{self, FAINT, GOOD, STRONG};
use crate::trouble::Trouble;

/// Have Larder's port held from login on, whether Larder runs or not
///
/// While nobody holds the port, another user of this computer can take it, and go would believe them. With systemd, a
/// socket unit of your own holds it and starts Larder when go asks. Without systemd, Larder is started with every login.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder service install                 Have the port held from login on
  larder env on                          Then point go at Larder for good
  larder service status                  Who holds it, and by which files
  larder service remove                  No longer")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Install(Install),
    Remove(Remove),
    Status(Status),
}

/// Have the port held from login on
///
/// Writes larder.socket and larder.service to your own units of systemd and starts the socket; without systemd, an entry
/// to the autostart folder of your desktop. A Larder that runs in a terminal gives way to the service: requests under
/// way finish first.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder service install
  larder service install && larder env on")]
struct Install {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Hold the port no longer
///
/// The service ends, its files are taken away, and go env is given back with the end of Larder. Where it is not
/// installed there is nothing to do, and the exit code is 0 too.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder service remove")]
struct Remove {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Show who holds the port while Larder does not run
///
/// The exit code is 3 where nobody does.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder service status
  larder service status --json | jq -r .hold")]
struct Status {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::Install(options) => options.json,
            What::Remove(options) => options.json,
            What::Status(options) => options.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    places.prepare()?;
    match options.what {
        What::Install(options) => {
            let installed = install(&places).await?;
            print(options.json, &installed, told_installed)?;
            Ok(Exit::Done)
        }
        What::Remove(options) => {
            let removed = service::remove(&places).await?;
            print(options.json, &removed, told_removed)?;
            Ok(Exit::Done)
        }
        What::Status(options) => {
            let status = service::status(&places).await?;
            print(options.json, &status, told_status)?;
            Ok(match status.hold {
                PortHold::Nobody => Exit::NotRunning,
                PortHold::Autostart | PortHold::Socket => Exit::Done,
            })
        }
    }
}

fn print<T: serde::Serialize>(
    json: bool,
    answer: &T,
    told: impl Fn(&T) -> String,
) -> Result<(), Trouble> {
    if json {
        output::print_json(answer)?;
    } else {
        output::print(&told(answer))?;
    }
    Ok(())
}

/// Has the port held by this very program.
///
/// # Errors
/// Those of installing it.
pub(super) async fn install(places: &Places) -> Result<Installed, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::new(
            Code::Internal,
            format!("where this program stands can't be found out: {error}"),
        )
    })?;
    service::install(places, &program).await
}

pub(super) fn told_installed(installed: &Installed) -> String {
    let Installed {
        way,
        port,
        files,
        gave_way,
    } = installed;
    let mut text = match way {
        Way::Systemd => {
            format!(
                "{STRONG}Port {port} is held from login on.{STRONG:#} Larder starts when go asks.\n"
            )
        }
        Way::Autostart => format!(
            "{STRONG}Larder is started with every login{STRONG:#}, at port {port}: there is no systemd that could hold it.\n"
        ),
    };
    if *gave_way {
        text += "The Larder that ran gave way to the service.\n";
    }
    text + &listed(files)
}

fn told_removed(removed: &Removed) -> String {
    if removed.files.is_empty() {
        return "It is not installed.\n".to_owned();
    }
    format!(
        "{STRONG}The port is held no longer.{STRONG:#} These files are gone:\n{}",
        listed(&removed.files)
    )
}

fn told_status(status: &ServiceStatus) -> String {
    let port = match status.port {
        Some(port) => format!("port {port}"),
        None => "the port, which is not chosen yet,".to_owned(),
    };
    let mut text = match status.hold {
        PortHold::Socket => {
            format!("{GOOD}●{GOOD:#} {STRONG}{port} is held by systemd from login on{STRONG:#}\n")
        }
        PortHold::Autostart => format!(
            "{GOOD}●{GOOD:#} {STRONG}Larder is started with every login{STRONG:#}, at {port}\n"
        ),
        PortHold::Nobody => format!(
            "{FAINT}○{FAINT:#} {STRONG}nobody holds {port} while Larder does not run{STRONG:#}\n"
        ),
    };
    if let Some(socket) = &status.socket {
        let addresses = status.addresses.join(", ");
        text += &format!(
            "  {FAINT}larder.socket{FAINT:#}  {} ({})\n",
            plain(socket),
            plain(&addresses)
        );
    }
    text += &listed(&status.files);
    if status.hold == PortHold::Nobody {
        text += "Have it held: larder service install\n";
    }
    text
}

fn listed(files: &[std::path::PathBuf]) -> String {
    let lines = files
        .iter()
        .map(|file| format!("  {}\n", plain(&file.display().to_string())));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plainly(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn installed_by_systemd() {
        let text = told_installed(&Installed {
            way: Way::Systemd,
            port: 4677,
            files: vec!["/home/ann/.config/systemd/user/larder.socket".into()],
            gave_way: true,
        });
        insta::assert_snapshot!(plainly(&text), @r"
        Port 4677 is held from login on. Larder starts when go asks.
        The Larder that ran gave way to the service.
          /home/ann/.config/systemd/user/larder.socket
        ");
    }

    #[test]
    fn how_it_is() {
        let status = |hold, socket: Option<&str>| ServiceStatus {
            way: Way::Systemd,
            files: vec!["/home/ann/.config/systemd/user/larder.socket".into()],
            socket: socket.map(str::to_owned),
            addresses: vec!["127.0.0.1:4677".to_owned(), "[::1]:4677".to_owned()],
            hold,
            port: Some(4677),
        };
        insta::assert_snapshot!(plainly(&told_status(&status(PortHold::Socket, Some("active")))), @r"
        ● port 4677 is held by systemd from login on
          larder.socket  active (127.0.0.1:4677, [::1]:4677)
          /home/ann/.config/systemd/user/larder.socket
        ");
        insta::assert_snapshot!(plainly(&told_status(&status(PortHold::Nobody, Some("failed")))), @r"
        ○ nobody holds port 4677 while Larder does not run
          larder.socket  failed (127.0.0.1:4677, [::1]:4677)
          /home/ann/.config/systemd/user/larder.socket
        Have it held: larder service install
        ");
    }
}
