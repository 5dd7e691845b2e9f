//! Which port is listened at: on 127.0.0.1 and, where the machine has IPv6, on `[::1]` too.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use app::{Code, Failure};
use rustix::io::Errno;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// The port that is taken at the first start, if nobody else has it.
pub const FIRST_CHOICE: u16 = 4677;

/// How many connections may wait to be taken.
const WAITING: u32 = 4096;
/// How often a free port is looked for that is free on both addresses.
const TRIES: usize = 32;

/// Which port is wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortWish {
    /// The one in the settings. At the first start there is none: [`FIRST_CHOICE`] is taken, or a free one, and the
    /// caller writes it down ([`app::Settings::remember_port`]).
    Remembered(Option<u16>),
    /// This one, for this run.
    Exactly(u16),
    /// Any free one, for this run.
    AnyForThisRun,
}

/// Bound and listening on every loopback address of the machine, at one port.
#[derive(Debug)]
pub struct Listeners {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
}

impl Listeners {
    pub(crate) fn new(v4: TcpListener, v6: Option<TcpListener>, port: u16) -> Self {
        Self { v4, v6, port }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next connection to either address.
    pub(crate) async fn accept(&self) -> io::Result<TcpStream> {
        let (tcp, _) = match &self.v6 {
            None => self.v4.accept().await?,
            Some(v6) => tokio::select! {
                taken = self.v4.accept() => taken?,
                taken = v6.accept() => taken?,
            },
        };
        Ok(tcp)
    }
}

/// Listens. From here on connections are queued; they are taken by [`run`](crate::run()).
///
/// # Errors
/// `port-taken` where another program has the port on either address; `bad-input` where this user may not have it.
pub async fn listen(wish: PortWish) -> Result<Listeners, Failure> {
    let (port, hint) = match wish {
        PortWish::AnyForThisRun => return any().map_err(|error| failure(0, &error)),
        PortWish::Remembered(None) => {
            return match at(FIRST_CHOICE) {
                Err(error) if error.kind() == ErrorKind::AddrInUse => any(),
                other => other,
            }
            .map_err(|error| failure(FIRST_CHOICE, &error));
        }
        PortWish::Remembered(Some(port)) => (
            port,
            "stop that program; or write another port into settings.toml, and then give go the new address (`larder goproxy` prints it)",
        ),
        PortWish::Exactly(port) => (
            port,
            "stop that program, or choose another port: `--port 0` takes any that is free",
        ),
    };
    at(port).map_err(|error| failure(port, &error).hint(hint))
}

/// Listens at one loopback address, and not at the other.
///
/// # Errors
/// As [`listen`].
pub(crate) fn listen_at(address: SocketAddr) -> Result<Listeners, Failure> {
    let listener = bind(address).map_err(|error| failure(address.port(), &error))?;
    Ok(Listeners::new(listener, None, address.port()))
}

fn failure(port: u16, error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::AddrInUse => Failure::new(
            Code::PortTaken,
            format!("port {port} on this computer is taken by another program"),
        ),
        ErrorKind::PermissionDenied => Failure::new(
            Code::BadInput,
            format!(
                "port {port} can't be listened at: {error} (ports below 1024 are the system's)"
            ),
        ),
        _ => Failure::new(
            Code::Internal,
            format!("port {port} can't be listened at: {error}"),
        ),
    }
}

/// Both addresses at one free port.
fn any() -> io::Result<Listeners> {
    let mut last = ErrorKind::AddrInUse.into();
    for _ in 0..TRIES {
        match at(0) {
            // The system chose a port that is free on one address and taken on the other.
            Err(error) if error.kind() == ErrorKind::AddrInUse => last = error,
            other => return other,
        }
    }
    Err(last)
}

fn at(port: u16) -> io::Result<Listeners> {
    let v4 = bind((Ipv4Addr::LOCALHOST, port).into())?;
    let port = v4.local_addr()?.port();
    let v6 = match bind((Ipv6Addr::LOCALHOST, port).into()) {
        Ok(v6) => Some(v6),
        Err(error) if is_without_v6(&error) => {
            tracing::debug!(
                "this machine has no IPv6 loopback address ({error}); 127.0.0.1 alone is listened at"
            );
            None
        }
        Err(error) => return Err(error),
    };
    Ok(Listeners::new(v4, v6, port))
}

/// Whether the machine has `[::1]`.
pub(crate) fn has_v6() -> bool {
    bind((Ipv6Addr::LOCALHOST, 0).into()).is_ok()
}

/// `[::1]` at this port, where the machine has it and nobody else does.
pub(crate) fn on_v6(port: u16) -> Option<TcpListener> {
    let bound = bind((Ipv6Addr::LOCALHOST, port).into());
    bound
        .inspect_err(|error| tracing::debug!("[::1]:{port} is not listened at: {error}"))
        .ok()
}

fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    // For a new start while connections of the last run still linger; it lets nobody take a port that is listened at.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(WAITING)
}

/// Whether the machine can't speak IPv6, or has no `[::1]`.
fn is_without_v6(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable
        || Errno::from_io_error(error) == Some(Errno::AFNOSUPPORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_loopback_addresses_are_listened_at_and_nothing_else() {
        let listeners = listen(PortWish::AnyForThisRun).await.unwrap();
        assert_eq!(
            listeners.v4.local_addr().unwrap(),
            SocketAddr::from((Ipv4Addr::LOCALHOST, listeners.port()))
        );
        if let Some(v6) = &listeners.v6 {
            assert_eq!(
                v6.local_addr().unwrap(),
                SocketAddr::from((Ipv6Addr::LOCALHOST, listeners.port()))
            );
            let (client, taken) = tokio::join!(
                TcpStream::connect((Ipv6Addr::LOCALHOST, listeners.port())),
                listeners.accept()
            );
            client.unwrap();
            taken.unwrap();
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_said_to_be_taken() {
        let other = listen(PortWish::AnyForThisRun).await.unwrap();
        for wish in [
            PortWish::Exactly(other.port()),
            PortWish::Remembered(Some(other.port())),
        ] {
            let failure = listen(wish).await.unwrap_err();
            assert_eq!(failure.code, Code::PortTaken);
            assert!(
                failure.message.contains(&other.port().to_string()) && !failure.hints.is_empty(),
                "{failure:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_on_one_address_is_taken() {
        let Ok(other) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else {
            return;
        };
        let failure = listen(PortWish::Exactly(other.local_addr().unwrap().port()))
            .await
            .unwrap_err();
        assert_eq!(failure.code, Code::PortTaken);
    }

    #[tokio::test]
    async fn a_port_is_free_again_after_a_run() {
        let first = listen(PortWish::AnyForThisRun).await.unwrap();
        let port = first.port();
        let (client, taken) = tokio::join!(
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)),
            first.accept()
        );
        // The server's side closes first and lingers.
        drop((taken.unwrap(), first));
        drop(client.unwrap());
        assert_eq!(listen(PortWish::Exactly(port)).await.unwrap().port(), port);
    }
}
