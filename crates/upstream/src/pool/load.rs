//! How much a node may be at before its modules go to the next one: consistent hashing with bounded loads (Mirrokni,
//! Thorup and Zadimoghaddam 2018).

/// How far above its share of all requests under way a node may be.
const BOUND: f64 = 1.25;

/// Whether a node that is at `in_flight` requests, with its `part` (0 to 1) of `total` under way at all of them, is to be
/// passed over for one more.
pub(super) fn is_full(in_flight: u32, part: f64, total: u32) -> bool {
    let most = (BOUND * part * f64::from(total + 1)).ceil();
    f64::from(in_flight + 1) > most.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_at_more_than_a_quarter_above_its_share() {
        assert!(!is_full(0, 0.25, 0), "the first one goes where it belongs");
        assert!(!is_full(1, 0.25, 4));
        assert!(is_full(2, 0.25, 4), "2 of 5 at most, of four nodes");
        assert!(!is_full(2, 0.5, 4), "a heavier one takes more");
        assert!(!is_full(0, 0.001, 1000), "one that is at nothing may begin");
    }

    #[test]
    fn requests_for_one_module_spread_over_all_nodes() {
        let mut at = [0u32; 4];
        for total in 0..100 {
            let order = [2, 0, 3, 1];
            let next = order
                .into_iter()
                .find(|&node| !is_full(at[node], 0.25, total))
                .unwrap();
            at[next] += 1;
        }
        assert!(at.iter().all(|&load| load <= 32), "{at:?}");
        assert_eq!(at.iter().sum::<u32>(), 100);
    }
}
