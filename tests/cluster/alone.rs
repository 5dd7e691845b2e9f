//! Without a pool: what the clients of the other tests would see, and that they see it.

use test_support::cluster::{Found, Manner, Trouble};

use crate::{cluster, story};

#[test]
fn requests_fail_where_the_only_upstream_does() {
    let troubles = [
        (Trouble::Manner(Manner::Status(500)), 0),
        (Trouble::Killed, 0),
    ];
    let figures = story(cluster(1), Found::Alone, &troubles).figures();
    let failed: Vec<usize> = figures
        .iter()
        .map(|(_, figures)| figures.failures.len())
        .collect();
    assert_eq!(failed[0], 0, "in quiet");
    assert!(failed[1] > 0 && failed[2] > 0, "{failed:?}");
}
