//! Larder's port: held by this instance, by a systemd socket for it, by another program, or by nobody.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpSocket;

use super::in_background;
use super::line::{Check, DoctorLine};
use super::port_holder::{Holder, holders};
use crate::app::App;
use crate::go_env::PortHold;
use crate::places::Places;
use crate::settings::Settings;

/// Who holds the port of this run, and the one of every run.
pub(super) async fn of_app(app: &App) -> Vec<DoctorLine> {
    let remembered = app.settings().port;
    let Ok(serving) = app.serving() else {
        return not_running(remembered, app.go_env().hold()).await;
    };
    let port = serving.port();
    let mut found = format!("{port}, held by this Larder");
    if app.go_env().hold() == PortHold::Socket {
        found += ", and by a systemd socket while it does not run";
    }
    match remembered {
        Some(remembered) if remembered != port => {
            found = format!("{found}; that of other runs is {remembered}");
            let mut lines = not_running(Some(remembered), PortHold::Nobody).await;
            lines.retain(|line| !line.mend.is_empty());
            lines.insert(0, DoctorLine::ok(Check::Port, found));
            lines
        }
        _ => vec![DoctorLine::ok(Check::Port, found)],
    }
}

/// Who holds the port that the settings have, where nothing more can be known.
pub(super) async fn of_places(places: &Places) -> Vec<DoctorLine> {
    let settings = Settings::read(&places.settings());
    not_running(
        settings.ok().and_then(|settings| settings.port),
        PortHold::Nobody,
    )
    .await
}

async fn not_running(port: Option<u16>, hold: PortHold) -> Vec<DoctorLine> {
    let Some(port) = port else {
        let found = "none was chosen yet: the first `larder serve` does";
        return vec![DoctorLine::ok(Check::Port, found)];
    };
    // Not by connecting: that would start what stands behind a socket of systemd.
    if is_free(port) {
        let found = format!("{port}, held by nobody while Larder does not run");
        return vec![DoctorLine::ok(Check::Port, found)];
    }
    in_background(Check::Port, move || vec![taken(port, hold, &holders(port))]).await
}

fn taken(port: u16, hold: PortHold, holders: &[Holder]) -> DoctorLine {
    let is_socket = hold == PortHold::Socket || holders.iter().any(|it| it.name == "systemd");
    if is_socket {
        let found = format!("{port}, held by a systemd socket: the first request starts Larder");
        return DoctorLine::ok(Check::Port, found);
    }
    let line = match holders.first() {
        Some(Holder { pid, name }) => {
            let found = format!("{port} is held by another program: {name}, process {pid}");
            DoctorLine::broken(Check::Port, found).mend(format!("kill {pid}"))
        }
        None => {
            let found = format!("{port} is held by another program, perhaps of another user");
            DoctorLine::broken(Check::Port, found).mend(format!("sudo ss -ltnp sport = :{port}"))
        }
    };
    line.mend("or give Larder another port in settings.toml, then larder env on")
}

/// Whether Larder could listen at it. Nothing is listened at.
fn is_free(port: u16) -> bool {
    let addresses: [SocketAddr; 2] = [
        (Ipv4Addr::LOCALHOST, port).into(),
        (Ipv6Addr::LOCALHOST, port).into(),
    ];
    let taken = |address| {
        try_bind(address).is_err_and(|error: io::Error| error.kind() == ErrorKind::AddrInUse)
    };
    !addresses.into_iter().any(taken)
}

fn try_bind(address: SocketAddr) -> io::Result<()> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)
}

#[cfg(test)]
mod tests {
    use super::super::line::Health;
    use super::*;

    #[tokio::test]
    async fn a_port_that_somebody_listens_at_is_not_free() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
        let line = not_running(Some(port), PortHold::Nobody).await.remove(0);
        assert_eq!(line.health, Health::Broken);
        let line = not_running(Some(port), PortHold::Socket).await.remove(0);
        assert_eq!(line.health, Health::Ok);
        drop(listener);
        assert!(is_free(port));
    }

    #[test]
    fn who_holds_it_is_named() {
        let holder = |name: &str| Holder {
            pid: 12,
            name: name.to_owned(),
        };
        let line = taken(4677, PortHold::Nobody, &[holder("python3")]);
        assert_eq!(
            line.found,
            "4677 is held by another program: python3, process 12"
        );
        assert_eq!(line.mend[0], "kill 12");
        let line = taken(4677, PortHold::Nobody, &[]);
        assert_eq!(line.health, Health::Broken);
        let line = taken(4677, PortHold::Nobody, &[holder("systemd")]);
        assert_eq!(line.health, Health::Ok);
    }
}
