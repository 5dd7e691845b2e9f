//! The order of versions, no more than the fake proxy needs to sort a list.

use std::cmp::Ordering;

/// Semantic version precedence of two `vX.Y.Z[-pre][+build]` strings; build is ignored.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a_core, a_pre) = parts(a);
    let (b_core, b_pre) = parts(b);
    compare_dotted(a_core, b_core).then_with(|| match (a_pre, b_pre) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => compare_dotted(a, b),
    })
}

/// Whether `version` is a pseudo-version: it ends with a time of 14 digits and a hash of 12.
pub(crate) fn is_pseudo(version: &str) -> bool {
    let version = version.split('+').next().unwrap_or(version);
    let mut parts = version.rsplit('-');
    let (Some(hash), Some(time)) = (parts.next(), parts.next()) else {
        return false;
    };
    let time = time.rsplit('.').next().unwrap_or(time);
    hash.len() == 12 && time.len() == 14 && time.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `version` has a pre-release part.
pub(crate) fn is_prerelease(version: &str) -> bool {
    parts(version).1.is_some()
}

fn parts(version: &str) -> (&str, Option<&str>) {
    let version = version.strip_prefix('v').unwrap_or(version);
    let version = version.split('+').next().unwrap_or(version);
    match version.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (version, None),
    }
}

fn compare_dotted(a: &str, b: &str) -> Ordering {
    let mut b_parts = b.split('.');
    for a_part in a.split('.') {
        let Some(b_part) = b_parts.next() else {
            return Ordering::Greater;
        };
        let order = match (a_part.parse::<u64>(), b_part.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => a_part.cmp(b_part),
        };
        if order.is_ne() {
            return order;
        }
    }
    if b_parts.next().is_some() {
        Ordering::Less
    } else {
        Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::{compare, is_pseudo};

    #[test]
    fn versions_sort_by_precedence() {
        let sorted = [
            "v0.9.0",
            "v1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-alpha.2",
            "v1.0.0-beta",
            "v1.0.0",
            "v1.2.0",
            "v1.10.0",
        ];
        let mut shuffled = sorted;
        shuffled.reverse();
        shuffled.sort_by(|a, b| compare(a, b));
        assert_eq!(shuffled, sorted);
    }

    #[test]
    fn pseudo_versions_are_told_apart() {
        assert!(is_pseudo("v0.0.0-20240102030405-0123456789ab"));
        assert!(is_pseudo("v1.2.4-0.20240102030405-0123456789ab"));
        assert!(is_pseudo("v2.0.0-20240102030405-0123456789ab+incompatible"));
        assert!(!is_pseudo("v1.2.3-rc.1"));
        assert!(!is_pseudo("v1.2.3"));
    }
}
