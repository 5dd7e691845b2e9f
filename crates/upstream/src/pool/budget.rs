//! How many second tries there may be, so that an outage is not multiplied.

use std::time::Duration;

use tokio::time::Instant;

/// What each request pays in: one second try for five requests.
const DEPOSIT: f64 = 0.2;
/// What comes in by itself, per second, while there is less than the reserve.
const PER_SECOND: f64 = 10.0;
/// What is there at the beginning, and what comes back by itself.
const RESERVE: f64 = 32.0;
/// The most that is saved.
const MOST: f64 = 128.0;

/// Tokens, one for each second try.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    tokens: f64,
    at: Instant,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            tokens: RESERVE,
            at: now,
        }
    }

    /// A request comes.
    pub(super) fn deposit(&mut self) {
        self.tokens = (self.tokens + DEPOSIT).min(MOST);
    }

    /// Whether there may be a second try now; it is paid for then.
    pub(super) fn withdraw(&mut self, now: Instant) -> bool {
        self.tokens = self.left(now);
        self.at = now;
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }

    /// How many second tries there may be.
    pub(super) fn left(&self, now: Instant) -> f64 {
        let passed: Duration = now.saturating_duration_since(self.at);
        let reserve = (self.tokens + PER_SECOND * passed.as_secs_f64()).min(RESERVE);
        self.tokens.max(reserve)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_outage_is_not_multiplied() {
        let now = Instant::now();
        let mut budget = Budget::new(now);
        let mut second = 0;
        for _ in 0..1000 {
            budget.deposit();
            second += u32::from(budget.withdraw(now));
        }
        assert!((225..=232).contains(&second), "{second}");
        let later = now + Duration::from_secs(1);
        assert!(budget.left(later) >= 10.0);
        let rested = now + Duration::from_secs(60);
        assert!((32.0..33.0).contains(&budget.left(rested)));
    }

    proptest! {
        #[test]
        fn it_is_never_exceeded(steps in proptest::collection::vec((0u64..300, any::<bool>()), 0..400)) {
            let begun = Instant::now();
            let (mut now, mut budget) = (begun, Budget::new(begun));
            let (mut asked, mut second) = (0u32, 0u32);
            for (pause, comes) in steps {
                now += Duration::from_millis(pause);
                if comes {
                    budget.deposit();
                    asked += 1;
                }
                second += u32::from(budget.withdraw(now));
                let most = RESERVE + DEPOSIT * f64::from(asked) + PER_SECOND * (now - begun).as_secs_f64();
                prop_assert!(f64::from(second) <= most + 1e-6, "{} of {}", second, most);
            }
        }
    }
}
