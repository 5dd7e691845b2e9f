//! Range requests for one range of bytes (RFC 9110 section 14).

use http::HeaderMap;
use http::header::RANGE;

/// What part of a representation is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it: no Range, one that can't be read (section 14.2: it is ignored), or several ranges, which a server may
    /// answer with the whole.
    Whole,
    /// These bytes, the second number not included; never none.
    Bytes(u64, u64),
    /// Bytes that there are not: 416.
    Unsatisfiable,
}

/// Reads the Range of a GET for something of this length.
pub(crate) fn wanted(headers: &HeaderMap, length: u64) -> Part {
    let mut values = headers.get_all(RANGE).iter();
    match (values.next().map(|value| value.to_str()), values.next()) {
        (Some(Ok(value)), None) => read(value, length).unwrap_or(Part::Whole),
        _ => Part::Whole,
    }
}

fn read(value: &str, length: u64) -> Option<Part> {
    let (unit, set) = value.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    // Empty elements of a list don't count (section 5.6.1.2).
    let mut ranges = set
        .split(',')
        .map(str::trim)
        .filter(|range| !range.is_empty());
    let (only, None) = (ranges.next()?, ranges.next()) else {
        return None;
    };
    let (first, last) = only.split_once('-')?;
    if first.is_empty() {
        let suffix = number(last)?.min(length);
        return Some(if suffix == 0 {
            Part::Unsatisfiable
        } else {
            Part::Bytes(length - suffix, length)
        });
    }
    let first = number(first)?;
    let last = if last.is_empty() {
        u64::MAX
    } else {
        number(last)?
    };
    if last < first {
        return None;
    }
    Some(if first >= length {
        Part::Unsatisfiable
    } else {
        Part::Bytes(first, last.saturating_add(1).min(length))
    })
}

/// A number of digits alone; one beyond all lengths counts as the largest.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_sent_the_part_lies_within(value in "(bytes)?[=0-9,\\- a-z]{0,40}", length in 0..2000_u64) {
            if let Part::Bytes(from, until) = of(&value, length) {
                prop_assert!(from < until && until <= length, "{value}: {from}..{until} of {length}");
            }
        }

        #[test]
        fn a_range_within_is_what_was_asked_for(from in 0..1000_u64, more in 0..1000_u64) {
            prop_assert_eq!(of(&format!("bytes={from}-{}", from + more), 2000), Part::Bytes(from, from + more + 1));
        }
    }

    fn of(value: &str, length: u64) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, value.parse().unwrap());
        wanted(&headers, length)
    }

    #[test]
    fn one_range_is_read_and_clipped() {
        assert_eq!(of("bytes=0-499", 10_000), Part::Bytes(0, 500));
        assert_eq!(of("bytes=500-999", 10_000), Part::Bytes(500, 1000));
        assert_eq!(of("bytes=-500", 10_000), Part::Bytes(9500, 10_000));
        assert_eq!(of("bytes=9500-", 10_000), Part::Bytes(9500, 10_000));
        assert_eq!(of("bytes=0-0", 10), Part::Bytes(0, 1));
        assert_eq!(of("bytes=-1", 10), Part::Bytes(9, 10));
        assert_eq!(of("bytes=9-9999", 10), Part::Bytes(9, 10));
        assert_eq!(of("bytes=-9999", 10), Part::Bytes(0, 10));
        assert_eq!(of("Bytes=0-1", 10), Part::Bytes(0, 2));
        assert_eq!(of("bytes= , 2-3 ,", 10), Part::Bytes(2, 4));
    }

    #[test]
    fn numbers_beyond_all_lengths_are_numbers() {
        let huge = "99999999999999999999999999";
        assert_eq!(of(&format!("bytes=0-{huge}"), 10), Part::Bytes(0, 10));
        assert_eq!(of(&format!("bytes=-{huge}"), 10), Part::Bytes(0, 10));
        assert_eq!(of(&format!("bytes={huge}-"), 10), Part::Unsatisfiable);
        assert_eq!(of("bytes=0-18446744073709551615", 10), Part::Bytes(0, 10));
    }

    #[test]
    fn what_is_not_there_is_unsatisfiable() {
        assert_eq!(of("bytes=10-", 10), Part::Unsatisfiable);
        assert_eq!(of("bytes=10-20", 10), Part::Unsatisfiable);
        assert_eq!(of("bytes=-0", 10), Part::Unsatisfiable);
        assert_eq!(of("bytes=0-", 0), Part::Unsatisfiable);
        assert_eq!(of("bytes=-5", 0), Part::Unsatisfiable);
    }

    #[test]
    fn what_cannot_be_read_or_is_several_means_the_whole() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-4",
            "bytes=+1-2",
            "bytes=1-+2",
            "bytes=0x1-2",
            "bytes=1 -2",
            "bytes=0-1,3-4",
            "bytes=0-1,x",
            "lines=0-1",
            "0-1",
        ] {
            assert_eq!(of(value, 10), Part::Whole, "{value:?}");
        }
        let mut twice = HeaderMap::new();
        twice.append(RANGE, "bytes=0-1".parse().unwrap());
        twice.append(RANGE, "bytes=0-1".parse().unwrap());
        assert_eq!(wanted(&twice, 10), Part::Whole);
        assert_eq!(wanted(&HeaderMap::new(), 10), Part::Whole);
    }
}
