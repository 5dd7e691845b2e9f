//! Which addresses belong to this machine or a private network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// Whether an address is reachable from this machine or its network only: loopback, unspecified, RFC 1918, link-local,
/// shared (RFC 6598), unique local, multicast; also where IPv6 only wraps such an IPv4 address.
///
/// 198.18.0.0/15 counts as public: local tunnels hand it out for every name there is.
pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(inner) => is_private_v4(inner),
            None => {
                ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local()
                    || ip.is_multicast()
            }
        },
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    a == 0
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || (a == 100 && b & 0xc0 == 64)
        || ip.is_multicast()
        || ip.is_broadcast()
}

/// The IPv4 address inside a mapped (`::ffff:a.b.c.d`) or translated (`64:ff9b::a.b.c.d`, RFC 6052) one.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    match ip.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => ip.to_ipv4_mapped(),
    }
}

/// Whether an address leads to this machine: loopback, or "any", which the system takes for loopback.
pub(crate) fn is_this_machine(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    ip.is_loopback() || ip.is_unspecified()
}

/// Whether a host is written as this machine: `localhost`, a name below it (RFC 6761), or such an address.
pub(crate) fn names_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(ip)) => is_this_machine(ip.into()),
        Some(Host::Ipv6(ip)) => is_this_machine(ip.into()),
        None => false,
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Whether a host is private as written, before any look-up.
pub(crate) fn is_written_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(ip)) => is_private(ip.into()),
        Some(Host::Ipv6(ip)) => is_private(ip.into()),
        None => true,
    }
}

/// Whether an answer came from a public host. `peer` is the address it came from, unknown behind an HTTP proxy; then what
/// the URL says must do.
pub(crate) fn is_public_host(url: &Url, peer: Option<SocketAddr>) -> bool {
    match peer {
        Some(peer) => !is_private(peer.ip()),
        None => !is_written_private(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_public_addresses() {
        for private in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in [
            "203.0.113.7",
            "172.32.0.1",
            "100.128.0.1",
            "198.18.0.5",
            "2001:db8::1",
            "::ffff:203.0.113.7",
            "64:ff9b::cb00:7107",
        ] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn hosts_as_written() {
        for here in [
            "http://localhost/",
            "http://LOCALHOST.:80/",
            "http://a.localhost/",
            "http://127.0.0.2/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://0x7f.1/",
            "http://2130706433/",
        ] {
            let url = Url::parse(here).unwrap();
            assert!(
                names_this_machine(&url) && is_written_private(&url),
                "{here}"
            );
        }
        for there in [
            "http://localhost.corp.example/",
            "http://notlocalhost/",
            "http://203.0.113.7/",
        ] {
            let url = Url::parse(there).unwrap();
            assert!(
                !names_this_machine(&url) && !is_written_private(&url),
                "{there}"
            );
        }
        assert!(is_written_private(&Url::parse("http://10.0.0.1/").unwrap()));
    }

    #[test]
    fn the_peer_outranks_what_is_written() {
        let name = Url::parse("https://proxy.corp.example/").unwrap();
        assert!(is_public_host(&name, None));
        assert!(is_public_host(
            &name,
            Some("203.0.113.7:443".parse().unwrap())
        ));
        assert!(!is_public_host(
            &name,
            Some("10.0.0.7:443".parse().unwrap())
        ));
    }
}
