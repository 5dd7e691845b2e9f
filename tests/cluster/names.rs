//! Nodes that are found by DNS: it dies, lies, and says who comes and goes.

use test_support::cluster::{Found, Trouble};

use crate::{assert_none_failed, cluster, story};

#[test]
fn a_dns_that_lies_or_dies_costs_no_request() {
    assert_none_failed(&story(
        cluster(3),
        Found::Addresses,
        &[
            (Trouble::DnsDead, 0),
            (Trouble::DnsSilent, 1),
            (Trouble::DnsForgets, 0),
            (Trouble::DnsLies, 0),
            (Trouble::DnsOnlyLies, 0),
        ],
    ));
}

#[test]
fn nodes_that_come_and_go_cost_no_request() {
    assert_none_failed(&story(
        cluster(4),
        Found::Addresses,
        &[
            (Trouble::Removed, 2),
            (Trouble::Added, 2),
            (Trouble::Killed, 1),
        ],
    ));
}

#[test]
fn services_are_asked_by_weight_and_the_last_only_where_it_must() {
    let mut cluster = cluster(4);
    cluster.offer_services(&[(60, 10), (30, 10), (10, 10), (100, 20)]);
    let story = story(
        cluster,
        Found::Services,
        &[(Trouble::Killed, 0), (Trouble::Paused, 1)],
    );
    assert_none_failed(&story);
    let [heavy, middle, light, last] = story.shares[..] else {
        panic!("four nodes")
    };
    assert!(
        heavy > middle && middle > light && light > 0,
        "{:?}",
        story.shares
    );
    assert_eq!(last, 0, "{:?}", story.shares);
}
