//! A share of all modules, chosen by the hash of their paths: a module is in it or not, whenever and wherever it is asked.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ts_rs::TS;

/// A share of all modules, in steps of a tenth of a percent; never none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(try_from = "f64", into = "f64")]
#[ts(type = "number")]
pub struct Share(u16);

/// What a share is for: each has its own modules, so that what is tried out and what is compared are not the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Canary,
    Mirror,
}

/// What is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a share is a percentage from 0.1 to 100, in steps of 0.1")]
pub struct NoShare;

impl Share {
    /// All modules.
    pub const ALL: Self = Self(1000);

    /// So many percent.
    ///
    /// # Errors
    /// [`NoShare`] outside 0.1 to 100, and between the steps.
    pub fn of_percent(percent: f64) -> Result<Self, NoShare> {
        let tenths = percent * 10.0;
        let steps = tenths.round();
        if !(1.0..=1000.0).contains(&steps) || (tenths - steps).abs() > 1e-6 {
            return Err(NoShare);
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(Self(steps as u16))
    }

    /// In percent.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// Whether a module of this path is in it. A greater share has all that a smaller one has.
    pub(crate) fn has(self, purpose: Purpose, path: &str) -> bool {
        place(purpose, path) < self.0
    }
}

/// The place of a path among a thousand. Pinned: another hash would send other modules to a canary overnight.
fn place(purpose: Purpose, path: &str) -> u16 {
    let word = match purpose {
        Purpose::Canary => "canary",
        Purpose::Mirror => "mirror",
    };
    let hash = Sha256::new()
        .chain_update(word)
        .chain_update([0])
        .chain_update(path)
        .finalize();
    let first = hash.iter().take(8);
    let number = first.fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
    #[allow(clippy::cast_possible_truncation)]
    let place = ((u128::from(number) * 1000) >> 64) as u16;
    place
}

impl fmt::Display for Share {
    /// `5`, `0.1`: percent, without the sign.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.percent().fmt(f)
    }
}

impl FromStr for Share {
    type Err = NoShare;

    fn from_str(text: &str) -> Result<Self, NoShare> {
        let text = text.trim();
        let number = text.strip_suffix('%').unwrap_or(text).trim_end();
        Self::of_percent(number.parse().map_err(|_| NoShare)?)
    }
}

impl TryFrom<f64> for Share {
    type Error = NoShare;

    fn try_from(percent: f64) -> Result<Self, NoShare> {
        Self::of_percent(percent)
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.percent()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> impl Iterator<Item = String> {
        (0..10_000).map(|n| format!("example.com/team-{}/module-{n}", n % 97))
    }

    fn counted(share: Share, purpose: Purpose) -> usize {
        paths().filter(|path| share.has(purpose, path)).count()
    }

    #[test]
    fn of_ten_thousand_modules_a_share_is_within_one_percent() {
        for percent in [0.1, 1.0, 5.0, 12.5, 50.0, 99.9] {
            let share = Share::of_percent(percent).unwrap();
            for purpose in [Purpose::Canary, Purpose::Mirror] {
                #[allow(clippy::cast_precision_loss)]
                let got = counted(share, purpose) as f64 / 100.0;
                assert!((got - percent).abs() < 1.0, "{percent} %: {got} %");
            }
        }
        assert_eq!(counted(Share::ALL, Purpose::Canary), 10_000);
    }

    #[test]
    fn a_greater_share_has_all_of_a_smaller_one_and_purposes_differ() {
        let [small, great] = [5.0, 20.0].map(|percent| Share::of_percent(percent).unwrap());
        let is_small = |path: &String| small.has(Purpose::Canary, path);
        assert!(
            paths()
                .filter(is_small)
                .all(|path| great.has(Purpose::Canary, &path))
        );
        let both = paths()
            .filter(is_small)
            .filter(|path| small.has(Purpose::Mirror, path));
        assert!(both.count() < 100, "as if by chance");
    }

    #[test]
    fn places_are_pinned() {
        let golden = [
            ("example.com/hello", 834, 984),
            ("golang.org/x/mod", 809, 439),
            ("github.com/acme/tool/v2", 597, 60),
            ("", 591, 908),
        ];
        for (path, canary, mirror) in golden {
            let got = (place(Purpose::Canary, path), place(Purpose::Mirror, path));
            assert_eq!(got, (canary, mirror), "{path:?}");
        }
    }

    #[test]
    fn a_share_is_read_as_a_person_writes_it() {
        for (text, percent) in [("5", 5.0), ("0.1", 0.1), ("12.5 %", 12.5), ("100%", 100.0)] {
            let share: Share = text.parse().unwrap();
            assert!((share.percent() - percent).abs() < 1e-9, "{text}");
            let again: Share = share.to_string().parse().unwrap();
            assert_eq!(again, share);
        }
        for text in ["0", "0.05", "100.1", "-1", "x", "", "NaN", "5.55", "inf"] {
            assert_eq!(text.parse::<Share>(), Err(NoShare), "{text}");
        }
    }
}
