//! Addresses on loopback where a connection does not come about: refused, or never answered.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::fd::OwnedFd,
    time::Duration,
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    net::{
        AddressFamily, SocketType, bind, getsockname, listen, socket, sockopt::set_socket_reuseaddr,
    },
};

/// A port that is bound and not listened on: connections are refused and nobody else is given it.
pub(crate) struct ReservedPort {
    socket: OwnedFd,
}

impl ReservedPort {
    /// Reserves this address; port 0 means any free one.
    pub(crate) fn of(addr: SocketAddr) -> Self {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        // A program that a test starts is not to hold it on.
        fcntl_setfd(&socket, FdFlags::CLOEXEC).expect("a fresh socket takes flags");
        // So that its owner can bind it a second time, to listen.
        set_socket_reuseaddr(&socket, true).expect("a fresh socket takes options");
        bind(&socket, &addr).unwrap_or_else(|error| panic!("{addr} can't be reserved: {error}"));
        Self { socket }
    }

    /// Where it is.
    pub(crate) fn addr(&self) -> SocketAddr {
        getsockname(&self.socket)
            .expect("a bound socket has a name")
            .try_into()
            .expect("it is an IPv4 socket")
    }
}

/// An address where nothing listens: every connection is refused, for as long as this value lives.
pub struct DeadAddress(ReservedPort);

impl DeadAddress {
    /// A new one on 127.0.0.1.
    #[expect(clippy::new_without_default, reason = "it takes a port of the machine")]
    pub fn new() -> Self {
        Self(ReservedPort::of((Ipv4Addr::LOCALHOST, 0).into()))
    }

    /// The address.
    pub fn addr(&self) -> SocketAddr {
        self.0.addr()
    }

    /// The address as the base URL of a proxy.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }
}

/// An address where connections neither come about nor are refused, as behind a firewall that drops packets.
/// Linux only: the queue of a listener that never accepts is kept full.
pub struct BlackHole {
    port: ReservedPort,
    _queue: Vec<TcpStream>,
}

impl BlackHole {
    /// A new one on 127.0.0.1. Takes some 200 ms to fill its queue.
    #[expect(clippy::new_without_default, reason = "it takes a port of the machine")]
    pub fn new() -> Self {
        const MORE_THAN_ANY_QUEUE: usize = 64;
        let port = ReservedPort::of((Ipv4Addr::LOCALHOST, 0).into());
        listen(&port.socket, 0).expect("a bound socket listens");
        let connect = || TcpStream::connect_timeout(&port.addr(), Duration::from_millis(200)).ok();
        let queue: Vec<_> = std::iter::from_fn(connect)
            .take(MORE_THAN_ANY_QUEUE)
            .collect();
        assert!(
            queue.len() < MORE_THAN_ANY_QUEUE,
            "this system queues connections without an end"
        );
        Self {
            port,
            _queue: queue,
        }
    }

    /// The address.
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// The address as the base URL of a proxy.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }
}

#[cfg(test)]
mod tests {
    use super::{BlackHole, DeadAddress};
    use std::{io::ErrorKind, net::TcpStream, time::Duration};

    #[test]
    fn a_dead_address_refuses() {
        let dead = DeadAddress::new();
        let error = TcpStream::connect_timeout(&dead.addr(), Duration::from_secs(5)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn a_black_hole_does_not_answer() {
        let hole = BlackHole::new();
        let error =
            TcpStream::connect_timeout(&hole.addr(), Duration::from_millis(300)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
