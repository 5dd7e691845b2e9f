//! Sockets that were listened at before this process began: a service manager hands them over (`sd_listen_fds(3)`).

use std::env;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as Socket};

use app::{Code, Failure};
use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;
use tokio::net::TcpListener;

use crate::listen::{self, Listeners};

/// More than a unit of Larder's own has.
const MOST: usize = 16;

/// The sockets that this process was started with; `None` where it was started without.
///
/// To be called once, first of all: it takes the variables that tell of them out of the environment, so that no child
/// believes them to be its own. The sockets are closed on exec.
///
/// # Errors
/// `bad-input` where what is handed over is not 127.0.0.1 (and `[::1]`) at one port.
pub async fn handed_over() -> Result<Option<Listeners>, Failure> {
    let variable = |name| env::var(name).ok();
    let Some(count) = meant_for(std::process::id(), variable)? else {
        return Ok(None);
    };
    let mut fds = ListenFd::from_env();
    let odd = |error: io::Error| refused(&format!("they can't be used ({error})"));
    let mut sockets = Vec::new();
    for at in 0..count {
        sockets.extend(fds.take_tcp_listener(at).map_err(odd)?);
    }
    listeners(sockets).map(Some)
}

/// How many sockets there are for this process. Another process's variables may have come along, and mean nothing.
fn meant_for(
    pid: u32,
    variable: impl Fn(&'static str) -> Option<String>,
) -> Result<Option<usize>, Failure> {
    if variable("LISTEN_PID").and_then(|text| text.parse().ok()) != Some(pid) {
        return Ok(None);
    }
    if variable("LISTEN_FDS_FIRST_FD").is_some() {
        return Err(refused(
            "LISTEN_FDS_FIRST_FD is set, which Larder does not know",
        ));
    }
    match variable("LISTEN_FDS").map(|text| text.parse::<usize>()) {
        None | Some(Ok(0)) => Ok(None),
        Some(Ok(count)) if count <= MOST => Ok(Some(count)),
        Some(Ok(_) | Err(_)) => Err(refused(&format!("LISTEN_FDS is no number up to {MOST}"))),
    }
}

fn listeners(sockets: Vec<Socket>) -> Result<Listeners, Failure> {
    let (mut v4, mut v6) = (None, None);
    for socket in sockets {
        let address = socket
            .local_addr()
            .map_err(|error| refused(&format!("the address of one can't be had ({error})")))?;
        if !socket_acceptconn(&socket).unwrap_or(false) {
            return Err(refused(&format!("{address} is not listened at")));
        }
        let place = match address.ip() {
            IpAddr::V4(Ipv4Addr::LOCALHOST) => &mut v4,
            IpAddr::V6(ip) if ip.is_loopback() => &mut v6,
            IpAddr::V4(_) | IpAddr::V6(_) => {
                return Err(refused(&format!("{address} can be reached from elsewhere")));
            }
        };
        if place.replace((address, socket)).is_some() {
            return Err(refused(&format!("there are two for {}", address.ip())));
        }
    }
    let Some((SocketAddr::V4(address), v4)) = v4 else {
        return Err(refused("there is none for 127.0.0.1"));
    };
    let port = address.port();
    let v6 = match v6 {
        Some((other, _)) if other.port() != port => {
            return Err(refused(&format!(
                "{address} and {other} differ in their port"
            )));
        }
        Some((_, socket)) => Some(registered(socket)?),
        // Nobody is sent there; who comes all the same may be served too.
        None => listen::on_v6(port),
    };
    Ok(Listeners::new(registered(v4)?, v6, port))
}

fn registered(socket: Socket) -> Result<TcpListener, Failure> {
    let made = socket
        .set_nonblocking(true)
        .and_then(|()| TcpListener::from_std(socket));
    made.map_err(|error| refused(&format!("one can't be used ({error})")))
}

fn refused(reason: &str) -> Failure {
    Failure::new(
        Code::BadInput,
        format!("Larder was handed sockets to listen at (LISTEN_FDS), and refuses them: {reason}"),
    )
    .hint("a socket unit for Larder has ListenStream=127.0.0.1:PORT and ListenStream=[::1]:PORT, and no other")
    .hint("larder service install writes one")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables<'a>(
        set: &'a [(&'a str, &'a str)],
    ) -> impl Fn(&'static str) -> Option<String> + 'a {
        |name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn only_what_is_meant_for_this_process_is_taken() {
        let meant = |set: &[(&str, &str)]| meant_for(77, variables(set));
        assert_eq!(meant(&[]), Ok(None));
        assert_eq!(meant(&[("LISTEN_FDS", "2")]), Ok(None), "nobody's");
        assert_eq!(
            meant(&[("LISTEN_PID", "78"), ("LISTEN_FDS", "2")]),
            Ok(None)
        );
        assert_eq!(meant(&[("LISTEN_PID", "x"), ("LISTEN_FDS", "2")]), Ok(None));
        assert_eq!(
            meant(&[("LISTEN_PID", "77"), ("LISTEN_FDS", "2")]),
            Ok(Some(2))
        );
        assert_eq!(
            meant(&[("LISTEN_PID", "77"), ("LISTEN_FDS", "0")]),
            Ok(None)
        );
        assert_eq!(meant(&[("LISTEN_PID", "77")]), Ok(None));
        for odd in ["-1", "x", "", "17", "4294967295"] {
            let failure = meant(&[("LISTEN_PID", "77"), ("LISTEN_FDS", odd)]).unwrap_err();
            assert_eq!(failure.code, Code::BadInput, "{odd}");
        }
        let set = [
            ("LISTEN_PID", "77"),
            ("LISTEN_FDS", "1"),
            ("LISTEN_FDS_FIRST_FD", "0"),
        ];
        assert!(meant(&set).is_err());
    }

    fn at(address: &str) -> Socket {
        Socket::bind(address).unwrap()
    }

    #[tokio::test]
    async fn one_port_on_both_loopback_addresses_is_taken() {
        let v4 = at("127.0.0.1:0");
        let port = v4.local_addr().unwrap().port();
        let Ok(v6) = Socket::bind(("::1", port)) else {
            return;
        };
        let taken = listeners(vec![v6, v4]).unwrap();
        assert_eq!(taken.port(), port);
        for address in [format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
            let (client, accepted) =
                tokio::join!(tokio::net::TcpStream::connect(address), taken.accept());
            client.unwrap();
            accepted.unwrap();
        }
    }

    #[tokio::test]
    async fn one_alone_for_v4_will_do() {
        let v4 = at("127.0.0.1:0");
        let port = v4.local_addr().unwrap().port();
        assert_eq!(listeners(vec![v4]).unwrap().port(), port);
    }

    #[tokio::test]
    async fn what_is_no_place_for_larder_is_refused() {
        let says = |sockets: Vec<Socket>, what: &str| {
            let failure = listeners(sockets).unwrap_err();
            assert_eq!(failure.code, Code::BadInput);
            assert!(failure.message.contains(what), "{failure:?}");
        };
        says(Vec::new(), "none for 127.0.0.1");
        says(vec![at("0.0.0.0:0")], "from elsewhere");
        says(vec![at("127.0.0.2:0")], "from elsewhere");
        says(
            vec![at("127.0.0.1:0"), at("127.0.0.1:0")],
            "two for 127.0.0.1",
        );
        let Ok(v6) = Socket::bind("[::1]:0") else {
            return;
        };
        says(vec![at("127.0.0.1:0"), v6], "differ in their port");
        says(vec![at("[::1]:0")], "none for 127.0.0.1");
    }
}
