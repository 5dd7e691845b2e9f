//! What is read of a netrc file: the cases of Go's own reading, and texts made at random.

use proptest::prelude::*;

use super::*;

/// What is read, as `machine login password` a line.
fn read(text: &str) -> Vec<String> {
    Netrc::parse(text.as_bytes())
        .entries
        .iter()
        .map(|entry| {
            format!(
                "{} {} {}",
                entry.machine,
                entry.login,
                entry.password.expose()
            )
        })
        .collect()
}

#[test]
fn entries_are_read_as_go_reads_them() {
    // The shapes of cmd/go/internal/auth/netrc_test.go: incomplete entries, macros, two entries of one host.
    let text = "
machine incomplete
password none

machine api.corp.example
\x20 login user
\x20 password pwd

machine incomlete.corp.example
\x20 login justlogin
#password pwd2

machine test.corp.example
login user2
password pwd3

machine oneline login user3 password pwd4

machine ignore.example macdef ignore
\x20 login nobody
\x20 password nothing

machine hasmacro.example macdef ignore-next-lines login user4 password pwd5
\x20 login nobody
\x20 password nothing

machine test.corp.example
login reused
password pwd6

default
login anonymous
password gopher@example

machine after.default
login oops
password too-late-in-file
";
    assert_eq!(
        read(text),
        [
            "api.corp.example user pwd",
            "test.corp.example user2 pwd3",
            "oneline user3 pwd4",
            "hasmacro.example user4 pwd5",
            "test.corp.example reused pwd6",
        ]
    );
    let netrc = Netrc::parse(text.as_bytes());
    let (login, password) = netrc.lookup("TEST.corp.example").unwrap();
    assert_eq!((login, password.expose()), ("user2", "pwd3"));
    assert!(netrc.lookup("after.default").is_none() && netrc.lookup("").is_none());
}

#[test]
fn the_oddities_of_go() {
    for (text, entries) in [
        // A name and its value stand on one line.
        ("machine\nh login u password p", &[][..]),
        ("machine h login\nu password p", &[]),
        // `default` with more behind it ends nothing and gives nothing.
        (
            "default login u password p\nmachine h login u password p",
            &["h u p"],
        ),
        // CRLF: the carriage return is white space, but an empty line with one does not end a macro.
        ("machine h\r\nlogin u\r\npassword p\r\n", &["h u p"]),
        ("macdef m\r\n\r\nmachine h login u password p", &[]),
        ("macdef m\nx\n\nmachine h login u password p", &["h u p"]),
        // The order within an entry plays no part, but `machine` comes first.
        ("machine h password p login u", &["h u p"]),
        ("login u password p machine h", &[]),
        ("machine a login u machine b login v password p", &["b v p"]),
        (
            "machine https://h.example/ login u password p",
            &["h.example u p"],
        ),
        ("machine h account x login u password p", &["h u p"]),
        ("machine h login u password \"p q\"", &["h u \"p"]),
        (
            "machine h login u password p\nlogin v password q",
            &["h u p"],
        ),
    ] {
        assert_eq!(read(text), entries, "{text:?}");
    }
}

#[test]
fn a_line_that_is_not_utf8_costs_its_entry_only() {
    let netrc = Netrc::parse(
        b"machine a login u\npassword \xff\nmachine b login v password p\npassword q\n",
    );
    assert!(netrc.lookup("a").is_none());
    assert!(netrc.lookup("b").is_some());
    assert_eq!(netrc.entries.len(), 1);
}

#[test]
fn credentials_go_out_over_https_or_to_this_machine() {
    let netrc = Netrc::parse(
        b"machine h.example login u password p\nmachine localhost:3000 login u password q\nmachine h.example:8443 login u password r",
    );
    let given = |origin: &str| {
        let origin = origin.parse().unwrap();
        let credential = netrc.credential(&origin).unwrap()?;
        let header = credential.authorization(&origin)?;
        Some(header.expose().to_owned())
    };
    assert_eq!(given("https://h.example").unwrap(), "Basic dTpw");
    assert_eq!(given("https://h.example:8443").unwrap(), "Basic dTpy");
    assert_eq!(given("http://localhost:3000").unwrap(), "Basic dTpx");
    for other in [
        "http://h.example",
        "https://g.example",
        "https://h.example:1",
        "https://localhost",
    ] {
        assert_eq!(given(other), None, "{other}");
    }
}

#[test]
fn an_entry_that_cannot_be_sent_is_told_without_its_secret() {
    let netrc = Netrc::parse("machine h.example login a:b password hunter2".as_bytes());
    let error = netrc
        .credential(&"https://h.example".parse().unwrap())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the entry of h.example in netrc can't be used: the user name holds a colon, which Basic authentication cannot express"
    );
    assert!(!format!("{netrc:?}").contains("hunter2"));
}

#[test]
fn the_list_has_each_host_once_and_no_password() {
    let netrc = Netrc::parse(b"machine h.example login u password hunter2\nmachine H.example login v password x\nmachine h/p login u password p\nmachine b:1 login c:d password p");
    let listed = netrc.list();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].user.as_deref(), Some("u"));
    assert_eq!(listed[0].origin.as_str(), "https://h.example");
    assert!(!serde_json::to_string(&listed).unwrap().contains("hunter2"));
}

#[test]
fn the_place_is_where_go_looks() {
    let home = tempfile::tempdir().unwrap();
    let at = |windows, variable: Option<&str>, home: Option<&Path>| {
        place_on(windows, variable.map(OsStr::new), home)
    };
    let home = home.path();
    assert_eq!(at(false, Some("/etc/n"), Some(home)), Some("/etc/n".into()));
    assert_eq!(at(false, Some(""), Some(home)), Some(home.join(".netrc")));
    assert_eq!(at(false, None, None), None);
    assert_eq!(at(true, None, Some(home)), Some(home.join(".netrc")));
    fs::write(home.join("_netrc"), "").unwrap();
    assert_eq!(at(true, None, Some(home)), Some(home.join("_netrc")));
    assert_eq!(at(false, None, Some(home)), Some(home.join(".netrc")));
}

#[test]
fn a_file_is_read_and_what_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".netrc");
    assert!(Netrc::read(&path).unwrap().entries.is_empty());
    fs::write(&path, "machine h login u password p\n").unwrap();
    assert!(Netrc::read(&path).unwrap().lookup("h").is_some());
    File::create(&path).unwrap().set_len(CAP + 1).unwrap();
    assert!(matches!(
        Netrc::read(&path),
        Err(NetrcError::NotNetrc { .. })
    ));
    assert!(matches!(
        Netrc::read(folder.path()),
        Err(NetrcError::NotNetrc { .. })
    ));
    let through = Netrc::read(&path.join("x")).unwrap_err();
    assert!(
        matches!(through, NetrcError::Unreadable { .. }),
        "{through}"
    );
}

/// A word that is none of the grammar's own.
fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9._:/@!$%-]{1,12}".prop_filter("a name of the grammar", |word| {
        !matches!(
            word.as_str(),
            "machine" | "default" | "login" | "password" | "macdef"
        )
    })
}

proptest! {
    #[test]
    fn no_text_is_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        Netrc::parse(&bytes);
    }

    #[test]
    fn what_is_read_is_in_the_text(text in "((machine|login|password|default|macdef|account|[a-c]{1,3})( |\t|\n|\n\n|\r\n)){0,30}") {
        for entry in &Netrc::parse(text.as_bytes()).entries {
            for part in [entry.machine.as_str(), &entry.login, entry.password.expose()] {
                prop_assert!(text.contains(part));
                prop_assert!(!part.is_empty() && !part.contains(char::is_whitespace));
            }
        }
    }

    #[test]
    fn whole_entries_are_found_however_they_are_laid_out(
        entries in proptest::collection::vec((word(), word(), word(), any::<bool>(), "[ \t]{1,3}|\n|\r\n|\n\n"), 1..6),
        noise in proptest::option::of("[a-c]{1,4}( [a-c]{1,4}){0,4}"),
    ) {
        let mut text = String::new();
        if let Some(noise) = noise {
            // A macro, up to its empty line.
            text = format!("macdef {noise}\nmachine not login this password one\n\n");
        }
        for (machine, login, password, password_first, gap) in &entries {
            let (login, password) = (format!("login {login}"), format!("password {password}"));
            let (first, second) = if *password_first { (&password, &login) } else { (&login, &password) };
            text.push_str(&format!("machine {machine}{gap}{first}{gap}{second}\n"));
        }
        let want: Vec<String> = entries
            .iter()
            .map(|(machine, login, password, ..)| format!("{} {login} {password}", bare(machine)))
            .collect();
        prop_assert_eq!(read(&text), want);
    }
}
