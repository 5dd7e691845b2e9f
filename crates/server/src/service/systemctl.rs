//! The person's own systemd, asked by `systemctl --user`.

use std::process::Stdio;
use std::time::Duration;

use app::{Code, Failure};
use tokio::process::Command;
use tokio::time::timeout;

/// How long it may take: stopping the service waits for requests under way.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a question may take.
const QUICK: Duration = Duration::from_secs(5);

/// What a socket unit does now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SocketState {
    /// `active`, `inactive`, `failed`…
    pub(super) active: String,
    /// Where it listens, or would.
    pub(super) addresses: Vec<String>,
}

impl SocketState {
    /// Whether it holds 127.0.0.1 at this port.
    pub(super) fn holds(&self, port: u16) -> bool {
        let wanted = format!("127.0.0.1:{port}");
        self.active == "active" && self.addresses.contains(&wanted)
    }
}

/// Whether there is a systemd for this person.
pub(super) async fn is_there() -> bool {
    run(&["show", "--property=Version"], QUICK).await.is_ok()
}

/// What the socket unit does; `None` where there is none, or no systemd.
pub(super) async fn socket() -> Option<SocketState> {
    let properties = "--property=LoadState,ActiveState,Listen";
    let told = run(&["show", super::SOCKET, properties], QUICK)
        .await
        .ok()?;
    read(&told)
}

fn read(told: &str) -> Option<SocketState> {
    let mut state = SocketState::default();
    let mut is_loaded = false;
    for line in told.lines() {
        match line.split_once('=') {
            Some(("LoadState", value)) => is_loaded = value == "loaded",
            Some(("ActiveState", value)) => value.clone_into(&mut state.active),
            Some(("Listen", value)) => {
                let address = value.split(' ').next().unwrap_or_default();
                state.addresses.push(address.to_owned());
            }
            _ => {}
        }
    }
    is_loaded.then_some(state)
}

/// Has systemd do something.
///
/// # Errors
/// `internal`, with what systemctl said.
pub(super) async fn order(arguments: &[&str]) -> Result<(), Failure> {
    let done = run(arguments, PATIENCE).await;
    done.map(drop).map_err(|reason| {
        Failure::new(
            Code::Internal,
            format!("systemctl --user {} failed: {reason}", arguments.join(" ")),
        )
        .hint("see: systemctl --user status larder.socket larder.service")
    })
}

/// Runs it; gives what it prints, or what it printed about its failure.
async fn run(arguments: &[&str], patience: Duration) -> Result<String, String> {
    let child = Command::new("systemctl")
        .arg("--user")
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(patience, child)
        .await
        .map_err(|_| format!("it did not end within {} s", patience.as_secs()))?
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(if said.is_empty() {
        output.status.to_string()
    } else {
        said
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemctl_shows_is_read() {
        let told = "Listen=127.0.0.1:4677 (Stream)\nListen=[::1]:4677 (Stream)\nLoadState=loaded\nActiveState=active\n";
        let state = read(told).unwrap();
        assert!(state.holds(4677));
        assert!(!state.holds(467));
        assert_eq!(state.addresses, ["127.0.0.1:4677", "[::1]:4677"]);
        let failed = read(&told.replace("=active", "=failed")).unwrap();
        assert!(!failed.holds(4677));
        assert_eq!(read("LoadState=not-found\nActiveState=inactive\n"), None);
        assert_eq!(read(""), None);
    }
}
