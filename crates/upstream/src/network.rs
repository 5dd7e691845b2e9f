//! Whether this machine has a way out at all: a default route.

/// Whether the system knows a default route, by IPv4 or IPv6. Where it can't be told, there is taken to be one.
///
/// Read anew at each call, from the kernel's own tables (`/proc/net/route`, `/proc/net/ipv6_route`; proc_net(5)): some
/// twenty microseconds.
#[cfg(target_os = "linux")]
pub fn has_default_route() -> bool {
    let v4 = std::fs::read_to_string("/proc/net/route");
    let v6 = std::fs::read_to_string("/proc/net/ipv6_route");
    match (v4, v6) {
        (Err(_), Err(_)) => true,
        (v4, v6) => v4.is_ok_and(|table| has_v4(&table)) || v6.is_ok_and(|table| has_v6(&table)),
    }
}

/// Whether the system knows a default route. Where it can't be told, there is taken to be one.
#[cfg(not(target_os = "linux"))]
pub fn has_default_route() -> bool {
    true
}

/// The route is usable (`RTF_UP`, linux/route.h).
#[cfg(any(target_os = "linux", test))]
const UP: u32 = 1;
/// The route leads nowhere on purpose (`RTF_REJECT`).
#[cfg(any(target_os = "linux", test))]
const REJECT: u32 = 0x200;

#[cfg(any(target_os = "linux", test))]
fn is_usable(flags: &str) -> bool {
    u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & UP != 0 && flags & REJECT == 0)
}

/// Columns: interface, destination, gateway, flags, ..., mask.
#[cfg(any(target_os = "linux", test))]
fn has_v4(table: &str) -> bool {
    table.lines().skip(1).any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        matches!(columns[..], [_, "00000000", _, flags, _, _, _, "00000000", ..] if is_usable(flags))
    })
}

/// Columns: destination, its prefix length, source, its prefix length, next hop, metric, count, use, flags, interface.
#[cfg(any(target_os = "linux", test))]
fn has_v6(table: &str) -> bool {
    table.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        matches!(
            columns[..],
            ["00000000000000000000000000000000", "00", _, _, _, _, _, _, flags, interface]
                if is_usable(flags) && interface != "lo"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    #[test]
    fn a_default_route_of_ipv4_is_found() {
        let lan = "eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";
        let default = "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
        let down = "eth0\t00000000\t0102A8C0\t0002\t0\t0\t100\t00000000\t0\t0\t0\n";
        assert!(!has_v4(HEAD));
        assert!(!has_v4(&format!("{HEAD}{lan}")));
        assert!(!has_v4(&format!("{HEAD}{lan}{down}")));
        assert!(has_v4(&format!("{HEAD}{lan}{default}")));
    }

    #[test]
    fn a_default_route_of_ipv6_is_found() {
        let any = "0".repeat(32);
        let line = |flags: &str, interface: &str| {
            format!("{any} 00 {any} 00 {any} ffffffff 00000001 00000000 {flags} {interface:>8}\n")
        };
        assert!(!has_v6(&line("00200200", "lo")), "what every machine has");
        assert!(!has_v6(&line("00200200", "eth0")), "unreachable on purpose");
        assert!(has_v6(&line("00000003", "eth0")));
    }
}
