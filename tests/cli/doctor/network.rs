//! `larder doctor` about the network: upstreams, credentials, TLS, the clock, the checksum database.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use test_support::{Behaviour, FakeDatabase, Tamper, TlsFront};

use super::{Diagnosis, home_asking, settle};
use crate::proxy;

#[test]
fn an_upstream_that_refuses_or_is_slow_or_lives_in_the_past() {
    let proxy = proxy();
    let home = home_asking(&proxy.url(), "off");
    proxy.otherwise(Behaviour::status(401, "who are you?"));
    let login = format!("larder login {}", proxy.url());
    let told = Diagnosis::of(&home, 1);
    told.has("upstream", "warning", "does not let you in (HTTP 401)")
        .has("credentials", "broken", "wants credentials");
    let mend = told.lines("credentials")[0]["mend"][0].as_str().unwrap();
    assert_eq!(mend.trim_end_matches('/'), login);

    proxy.clear_behaviours();
    proxy.otherwise(Behaviour::normal().delay_head(Duration::from_secs(3)));
    Diagnosis::of(&home, 0).has("upstream", "warning", "that is slow");

    proxy.clear_behaviours();
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    proxy.otherwise(Behaviour::status(404, "").header("Date", past));
    Diagnosis::of(&home, 1).has("clock", "broken", " min ahead, by ");
}

#[test]
fn credentials_that_are_wrong_or_cannot_be_had_or_open_no_door() {
    let proxy = proxy();
    let home = home_asking(&proxy.url(), "off");
    let asking = |more: &str| {
        let url = proxy.url();
        settle(
            &home,
            &format!(
                "{more}\n[profiles.public]\nupstreams = \"{url}\"\nchecksum-database = \"off\"\n"
            ),
        );
        Diagnosis::of(&home, 1)
    };
    let netrc = format!("machine {} login ann password hunter2\n", proxy.addr());
    home.write("home/.netrc", netrc);
    proxy.otherwise(Behaviour::status(401, "not this one"));
    let with_netrc = "[credentials]\nnetrc = true";
    asking("").has("credentials", "broken", "there are none for it (401)");
    let told = asking(with_netrc);
    told.has(
        "credentials",
        "broken",
        "refuses the credentials that it is shown",
    );
    assert!(
        !told
            .0
            .iter()
            .any(|line| line.to_string().contains("hunter2"))
    );
    let failing = home.write("bin/failing", "#!/bin/sh\nexit 7\n");
    fs::set_permissions(&failing, fs::Permissions::from_mode(0o700)).unwrap();
    let url = proxy.url();
    let helper = format!(
        "[credentials.helpers]\n\"{url}\" = [\"{}\"]",
        failing.display()
    );
    asking(&helper).has("credentials", "broken", "could not be had");

    proxy.clear_behaviours();
    proxy.otherwise(Behaviour::status(403, "go away"));
    asking("").has("credentials", "broken", "refuses this computer (403)");
    asking(with_netrc).has("credentials", "broken", "has no access (403)");
}

#[test]
fn an_upstream_whose_certificate_nobody_vouches_for() {
    let proxy = proxy();
    let front = TlsFront::start(proxy.addr());
    let home = home_asking(&front.url(), "off");
    Diagnosis::of(&home, 1).has("upstream", "broken", "TLS");
    let ca = home.write("ca.pem", front.ca_pem());
    settle(
        &home,
        &format!(
            "[profiles.public]\nupstreams = \"{}\"\nchecksum-database = \"off\"\nextra-ca = \"{}\"\n",
            front.url(),
            ca.display()
        ),
    );
    Diagnosis::of(&home, 0).has("upstream", "ok", " answers in ");
    fs::remove_file(ca).unwrap();
    Diagnosis::of(&home, 1).has("upstream", "broken", "ca.pem can't be read");
}

#[test]
fn a_database_that_is_there_and_one_that_is_down() {
    let (proxy, database) = (proxy(), FakeDatabase::start_blocking("sums.example.com"));
    database.pad(1000);
    database.publish();
    let home = home_asking(&proxy.url(), &database.gosumdb_at_url());
    Diagnosis::of(&home, 0).has("checksum-database", "ok", "sums.example.com, 1000 records");
    database.down(true);
    Diagnosis::of(&home, 1).has("checksum-database", "broken", "could not be asked");
}

#[test]
fn a_database_that_lies() {
    let (proxy, database) = (proxy(), FakeDatabase::start_blocking("sums.example.com"));
    database.pad(1000);
    database.publish();
    let home = home_asking(&proxy.url(), &database.gosumdb_at_url());
    database.tamper(Tamper::OtherKey);
    let told = Diagnosis::of(&home, 1);
    told.has("checksum-database", "broken", "is refused");
    assert_eq!(
        told.lines("checksum-database")[0]["mend"][0],
        "larder notices"
    );
}
