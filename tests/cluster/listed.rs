//! Nodes that are listed, each by its own URL, and fail one after the other.

use std::time::Duration;

use test_support::cluster::{Found, Manner, Trouble};

use crate::{assert_none_failed, cluster, story};

#[test]
fn nodes_that_go_away_cost_no_request() {
    assert_none_failed(&story(
        cluster(4),
        Found::Listed,
        &[
            (Trouble::Killed, 0),
            (Trouble::Paused, 1),
            (Trouble::Manner(Manner::Slow(Duration::from_secs(2))), 2),
        ],
    ));
}

#[test]
fn nodes_that_answer_wrongly_cost_no_request() {
    let manners = [
        Manner::Status(500),
        Manner::Html,
        Manner::Garbage,
        Manner::Breaks,
    ];
    let troubles: Vec<_> = (0..)
        .zip(manners)
        .map(|(node, manner)| (Trouble::Manner(manner), node))
        .collect();
    assert_none_failed(&story(cluster(4), Found::Listed, &troubles));
}
