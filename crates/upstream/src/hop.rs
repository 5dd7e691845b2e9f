//! The header by which a request that comes back is known.

/// The header that lists the Larders a request has come through, by instance id, oldest first, comma separated.
pub const HOP_HEADER: &str = "x-larder-hop";

/// More Larders in a row than anybody means to have.
const MOST: usize = 8;

/// Longest instance id that is taken, in bytes.
const LONGEST: usize = 64;

/// Reads the value of a [`HOP_HEADER`]. What can't be an instance id is left out.
pub fn parse_hops(value: &str) -> Vec<String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|hop| is_id(hop))
        .take(MOST + 1)
        .map(str::to_owned)
        .collect()
}

/// Whether a request that has come through `hops` must not go on from `instance`.
pub(crate) fn is_loop(hops: &[String], instance: &str) -> bool {
    hops.len() > MOST || hops.iter().any(|hop| hop == instance)
}

/// The value to send on: `hops`, and this instance.
pub(crate) fn onward(hops: &[String], instance: &str) -> String {
    let mut value: String = hops
        .iter()
        .filter(|hop| is_id(hop))
        .map(|hop| format!("{hop}, "))
        .collect();
    value.push_str(instance);
    value
}

fn is_id(hop: &str) -> bool {
    !hop.is_empty()
        && hop.len() <= LONGEST
        && hop
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_go_out_as_they_came_in_with_this_one_behind() {
        let hops = parse_hops(" a1,b-2 ,, bad\u{7f}one, c.3");
        assert_eq!(hops, ["a1", "b-2", "c.3"]);
        assert_eq!(parse_hops(&onward(&hops, "me")), ["a1", "b-2", "c.3", "me"]);
        assert_eq!(onward(&[], "me"), "me");
    }

    #[test]
    fn a_request_that_comes_back_or_wanders_is_a_loop() {
        let hops = parse_hops("a,b");
        assert!(is_loop(&hops, "b"));
        assert!(!is_loop(&hops, "c"));
        let long: Vec<String> = parse_hops(&"x,".repeat(100));
        assert!(is_loop(&long, "c"));
    }
}
