//! Which program listens at a port of this computer: what `/proc` tells of it, where there is one.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Who listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    /// Its process.
    pub(super) pid: u32,
    /// Its name, at most 15 bytes of it.
    pub(super) name: String,
}

/// The programs that listen at a port on loopback or on all addresses, as far as this user may know. Walks `/proc`.
pub(super) fn holders(port: u16) -> Vec<Holder> {
    holders_in(Path::new("/proc"), port)
}

fn holders_in(proc: &Path, port: u16) -> Vec<Holder> {
    let mut sockets = HashSet::new();
    for table in ["net/tcp", "net/tcp6"] {
        let table = fs::read_to_string(proc.join(table)).unwrap_or_default();
        sockets.extend(table.lines().filter_map(|line| listening(line, port)));
    }
    if sockets.is_empty() {
        return Vec::new();
    }
    let processes = fs::read_dir(proc).into_iter().flatten().flatten();
    processes
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            // Of another user's processes only the names may be read.
            let open = fs::read_dir(entry.path().join("fd")).ok()?;
            let holds = open.flatten().any(|file| {
                let target = fs::read_link(file.path()).unwrap_or_default();
                sockets.contains(target.to_string_lossy().as_ref())
            });
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            holds.then(|| Holder {
                pid,
                name: name.trim_end().to_owned(),
            })
        })
        .collect()
}

/// The socket of a line of `/proc/net/tcp`, as links to it are called, where it listens at this port.
fn listening(line: &str, port: u16) -> Option<String> {
    let mut fields = line.split_whitespace();
    let (_, local_port) = fields.nth(1)?.rsplit_once(':')?;
    let listens = fields.nth(1)? == "0A";
    let inode = fields.nth(5)?;
    let at_port = u16::from_str_radix(local_port, 16).ok()? == port;
    (listens && at_port).then(|| format!("socket:[{inode}]"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_line_of_the_table() {
        let line = "   0: 0100007F:1245 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 52341 1 0000000000000000 100 0 0 10 0";
        assert_eq!(listening(line, 4677), Some("socket:[52341]".to_owned()));
        assert_eq!(listening(line, 4678), None);
        assert_eq!(listening(&line.replace(" 0A ", " 01 "), 4677), None);
        assert_eq!(
            listening("  sl  local_address rem_address   st", 4677),
            None
        );
        assert_eq!(listening("", 4677), None);
    }

    #[test]
    fn the_process_is_found_and_named() {
        let proc = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = proc.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "net/tcp6",
            "sl\n 0: 00000000000000000000000001000000:1245 0:0 0A 0:0 0:0 0 1000 0 77 1\n",
        );
        write("12/comm", "python3\n");
        fs::create_dir_all(proc.path().join("12/fd")).unwrap();
        symlink("socket:[77]", proc.path().join("12/fd/4")).unwrap();
        write("13/comm", "other\n");
        fs::create_dir_all(proc.path().join("13/fd")).unwrap();
        symlink("socket:[78]", proc.path().join("13/fd/4")).unwrap();
        write("14/comm", "foreign\n");
        let found = Holder {
            pid: 12,
            name: "python3".to_owned(),
        };
        assert_eq!(holders_in(proc.path(), 4677), [found]);
        assert_eq!(holders_in(proc.path(), 4678), []);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_one() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = holders(port);
        let pids: Vec<u32> = found.iter().map(|holder| holder.pid).collect();
        assert!(pids.contains(&std::process::id()), "{found:?}");
    }
}
