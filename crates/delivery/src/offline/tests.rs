//! Who says whether Larder is offline.

use go_module::ProxyList;
use upstream::{Chain, ChainParts, Deadlines, HttpClients};

use super::*;

fn profile(list: &str) -> Profile {
    let limits = Deadlines::default();
    let parts = ChainParts::new(HttpClients::new(&limits), limits, "test");
    let chain = Chain::build(&ProxyList::parse(list).unwrap(), &parts).unwrap();
    Profile::new("test", crate::Routes::all_to(chain), None)
}

fn connection(mode: OfflineMode, has_route: Routes) -> Connection {
    Connection {
        has_route,
        ..Connection::new(mode)
    }
}

const FAR: &str = "https://proxy.corp.example,direct";

#[test]
fn without_a_default_route_nobody_has_to_fail_first() {
    let cut_off = connection(OfflineMode::Auto, || false);
    for (list, offline) in [
        (FAR, true),
        ("direct", true),
        ("http://127.0.0.1:1", false),
        ("http://127.0.0.1:1,https://proxy.corp.example", false),
        ("off", false),
    ] {
        let connection = connection(OfflineMode::Auto, || false);
        let found = connection.offline(&profile(list));
        assert_eq!(found.is_some(), offline, "{list}");
    }
    let why = cut_off.offline(&profile(FAR)).unwrap().why.clone();
    assert_eq!(why.unwrap(), notice::NO_ROUTE);
    assert!(
        connection(OfflineMode::Auto, || true)
            .offline(&profile(FAR))
            .is_none()
    );
}

#[test]
fn what_a_person_says_counts_for_more() {
    let told = connection(OfflineMode::On, || true);
    assert_eq!(told.offline(&profile("off")).unwrap().why, None);
    told.notice(None);
    assert!(told.known().is_some());
    told.notice(Some("no way".to_owned()));
    assert_eq!(told.known().unwrap().why, None);
    let never = connection(OfflineMode::Off, || false);
    never.notice(Some("no way".to_owned()));
    assert!(never.offline(&profile(FAR)).is_none());
    told.set_mode(OfflineMode::Auto);
    assert!(told.known().is_none());
}

#[test]
fn since_when_is_told_from_the_first_notice_on() {
    let connection = connection(OfflineMode::Auto, || true);
    connection.notice(Some("one".to_owned()));
    let first = connection.known().unwrap();
    connection.notice(Some("two".to_owned()));
    assert_eq!(connection.known().unwrap(), first);
    connection.profile_changed();
    assert!(connection.known().is_none(), "it has other upstreams");
}
