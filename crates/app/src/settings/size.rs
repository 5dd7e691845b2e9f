//! Sizes as a person writes and reads them: `10 GB`, `500 MiB`.

use std::fmt;

use bytesize::ByteSize;

/// What stands for no limit.
const UNLIMITED: &str = "unlimited";
/// The smallest quota: below that it is a slip of the pen, and would empty the cache.
const LEAST_QUOTA: u64 = 1_000_000;

/// Why a size is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSize(String);

/// The most bytes that the cache may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota(pub Option<u64>);

impl Default for Quota {
    fn default() -> Self {
        Self(Some(10_000_000_000))
    }
}

impl std::str::FromStr for Quota {
    type Err = BadSize;

    fn from_str(text: &str) -> Result<Self, BadSize> {
        if text.trim() == UNLIMITED {
            return Ok(Self(None));
        }
        match parse(text)? {
            bytes if bytes < LEAST_QUOTA => Err(BadSize(format!(
                "{text:?} is less than a cache can work with; 1 MB is the least, and `{UNLIMITED}` sets no limit"
            ))),
            bytes => Ok(Self(Some(bytes))),
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => f.write_str(&shown(bytes)),
            None => f.write_str(UNLIMITED),
        }
    }
}

/// Reads a size with its unit: a bare number could mean anything.
pub(crate) fn parse(text: &str) -> Result<u64, BadSize> {
    let text = text.trim();
    let bad = || {
        BadSize(format!(
            "{text:?} is no size; write a number and its unit, such as \"10 GB\" or \"500 MiB\""
        ))
    };
    if !text.ends_with(|last: char| last.is_ascii_alphabetic()) || text.starts_with('-') {
        return Err(bad());
    }
    text.parse().map(|ByteSize(bytes)| bytes).map_err(|_| bad())
}

/// A size in powers of ten, as disks are sold and quotas are set: `10 GB`, `1.5 MB`.
pub(crate) fn shown(bytes: u64) -> String {
    let text = ByteSize(bytes).display().si().to_string();
    text.replace(".0 ", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        for (text, bytes) in [
            ("10 GB", 10_000_000_000),
            ("10GB", 10_000_000_000),
            ("1.5 gb", 1_500_000_000),
            ("500MiB", 500 << 20),
            ("2g", 2_000_000_000),
            (" 1 MB ", 1_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Quota(Some(bytes))), "{text}");
        }
        assert_eq!("unlimited".parse(), Ok(Quota(None)));
        for text in [
            "", "10", "10 XB", "GB", "-1 GB", "999 KB", "ten GB", "1 GB 2",
        ] {
            assert!(text.parse::<Quota>().is_err(), "{text}");
        }
        assert_eq!(parse("0 B"), Ok(0));
    }

    #[test]
    fn what_is_shown_can_be_set() {
        for (bytes, text) in [
            (10_000_000_000, "10 GB"),
            (1_500_000, "1.5 MB"),
            (999, "999 B"),
        ] {
            assert_eq!(shown(bytes), text);
            assert_eq!(parse(text), Ok(bytes));
        }
        assert_eq!(Quota(None).to_string(), "unlimited");
    }
}
