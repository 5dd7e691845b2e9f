//! The breaker of a node: closed while it does well, open while it is left alone, half open while it shows that it is well
//! again.

use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row open it.
const IN_ROW: u32 = 3;
/// So many of the latest outcomes are remembered,
const REMEMBERED: u32 = 20;
/// and so many failures among them open it.
const AMONG: u32 = 10;
/// So many good ones in a row close it again.
const GOOD: u32 = 2;
/// How long it stays open at first; twice as long each time after.
const FIRST: Duration = Duration::from_secs(5);
/// The longest it stays open.
const LONGEST: Duration = Duration::from_secs(120);
/// After so long without trouble it begins with the first pause again.
const FORGIVEN: Duration = Duration::from_secs(120);

/// How bad a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    /// Nobody is there: refused, reset, no route, no TLS. Opens at once where others can stand in.
    Hard,
    /// It is there, and does not do well: too late, 5xx, garbage. Opens when it is said again.
    Soft,
}

/// Where the breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// Requests go through.
    Closed,
    /// Requests go elsewhere.
    Open,
    /// One at a time may try.
    HalfOpen,
}

#[derive(Debug, Clone)]
pub(super) struct Breaker {
    phase: Phase,
    /// How often it has opened without being forgiven in between.
    openings: u32,
    /// Failures since the last good outcome.
    in_row: u32,
    /// The same, as it was before that outcome.
    before: u32,
    /// The latest outcomes, a bit each: 1 is a failure, the newest is the lowest.
    latest: u32,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Closed { since: Option<Instant> },
    Open { until: Instant },
    HalfOpen { good: u32 },
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Closed { since: None },
            openings: 0,
            in_row: 0,
            before: 0,
            latest: 0,
        }
    }

    /// Where it stands at `now`: what was open long enough is half open.
    pub(super) fn stand(&self, now: Instant) -> Stand {
        match self.phase {
            Phase::Closed { .. } => Stand::Closed,
            Phase::Open { until } if now < until => Stand::Open,
            Phase::Open { .. } | Phase::HalfOpen { .. } => Stand::HalfOpen,
        }
    }

    /// When it is half open by itself; none where it is not open.
    pub(super) fn opens_again(&self) -> Option<Instant> {
        match self.phase {
            Phase::Open { until } => Some(until),
            Phase::Closed { .. } | Phase::HalfOpen { .. } => None,
        }
    }

    /// The node did well. One that was asked though it is open, for want of others, is on its way back.
    pub(super) fn good(&mut self, now: Instant) {
        self.remember(false);
        let good = match self.phase {
            Phase::Closed { .. } => return,
            Phase::Open { .. } => 1,
            Phase::HalfOpen { good } => good + 1,
        };
        if good >= GOOD {
            self.close(now);
        } else {
            self.phase = Phase::HalfOpen { good };
        }
    }

    /// The node failed. `others` says that another node can stand in; `chance` (0 to 1) spreads the pauses of many
    /// laptops.
    pub(super) fn bad(&mut self, blow: Blow, others: bool, now: Instant, chance: f64) {
        self.remember(true);
        match self.stand(now) {
            Stand::Open => {}
            Stand::HalfOpen => self.open(now, chance),
            Stand::Closed => {
                let hard = blow == Blow::Hard && others;
                if hard || self.in_row >= IN_ROW || self.latest.count_ones() >= AMONG {
                    self.open(now, chance);
                }
            }
        }
    }

    /// What came to a good end proves to be bad after all. That is worse than no answer, and easily hidden behind the good
    /// answers to smaller questions, so among the latest outcomes it counts thrice.
    pub(super) fn bad_after_all(&mut self, others: bool, now: Instant, chance: f64) {
        self.in_row = self.in_row.max(self.before);
        self.latest = (self.latest << 2 | 0b11) & ((1 << REMEMBERED) - 1);
        self.bad(Blow::Soft, others, now, chance);
    }

    /// A person says that it is well.
    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }

    fn remember(&mut self, failed: bool) {
        if failed {
            self.in_row += 1;
        } else {
            self.before = self.in_row;
            self.in_row = 0;
        }
        self.latest = (self.latest << 1 | u32::from(failed)) & ((1 << REMEMBERED) - 1);
    }

    fn open(&mut self, now: Instant, chance: f64) {
        if let Phase::Closed { since: Some(since) } = self.phase
            && now.saturating_duration_since(since) >= FORGIVEN
        {
            self.openings = 0;
        }
        let pause = FIRST
            .saturating_mul(1 << self.openings.min(10))
            .min(LONGEST)
            .mul_f64(0.8 + 0.4 * chance);
        self.openings = self.openings.saturating_add(1);
        self.phase = Phase::Open { until: now + pause };
    }

    fn close(&mut self, now: Instant) {
        self.phase = Phase::Closed { since: Some(now) };
        self.in_row = 0;
        self.before = 0;
        self.latest = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: f64 = 0.5;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn nobody_there_opens_at_once_where_others_are() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        breaker.bad(Blow::Hard, true, now, EVEN);
        assert_eq!(breaker.stand(now), Stand::Open);
        assert_eq!(breaker.opens_again(), Some(now + seconds(5)));
        let mut alone = Breaker::new();
        alone.bad(Blow::Hard, false, now, EVEN);
        assert_eq!(alone.stand(now), Stand::Closed);
        alone.bad(Blow::Hard, false, now, EVEN);
        alone.bad(Blow::Hard, false, now, EVEN);
        assert_eq!(alone.stand(now), Stand::Open, "three in a row");
    }

    #[test]
    fn three_in_a_row_or_half_of_the_last_twenty_open() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        for _ in 0..2 {
            breaker.bad(Blow::Soft, true, now, EVEN);
            breaker.bad(Blow::Soft, true, now, EVEN);
            breaker.good(now);
        }
        assert_eq!(breaker.stand(now), Stand::Closed);
        let mut every_other = Breaker::new();
        for tried in 0..20 {
            assert_eq!(every_other.stand(now), Stand::Closed, "{tried}");
            if tried % 2 == 0 {
                every_other.good(now);
            } else {
                every_other.bad(Blow::Soft, true, now, EVEN);
            }
        }
        assert_eq!(every_other.stand(now), Stand::Open);
    }

    #[test]
    fn garbage_that_came_well_counts_as_if_it_had_not() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        for _ in 0..3 {
            assert_eq!(breaker.stand(now), Stand::Closed);
            breaker.good(now);
            breaker.bad_after_all(true, now, EVEN);
        }
        assert_eq!(breaker.stand(now), Stand::Open);
        let mut mixed = Breaker::new();
        for module in 0..4 {
            assert_eq!(mixed.stand(now), Stand::Closed, "{module}");
            for _info_mod_zip in 0..3 {
                mixed.good(now);
            }
            mixed.bad_after_all(true, now, EVEN);
        }
        assert_eq!(mixed.stand(now), Stand::Open);
    }

    #[test]
    fn it_waits_twice_as_long_each_time_up_to_two_minutes() {
        let mut now = Instant::now();
        let mut breaker = Breaker::new();
        let mut pauses = Vec::new();
        breaker.bad(Blow::Hard, true, now, EVEN);
        for _ in 0..7 {
            let until = breaker.opens_again().unwrap();
            pauses.push((until - now).as_secs());
            now = until;
            assert_eq!(breaker.stand(now), Stand::HalfOpen);
            breaker.bad(Blow::Soft, true, now, EVEN);
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 120, 120]);
        let mut early = Breaker::new();
        early.bad(Blow::Hard, true, now, 0.0);
        assert_eq!(early.opens_again(), Some(now + seconds(4)));
    }

    #[test]
    fn two_good_ones_close_it_and_time_forgives() {
        let mut now = Instant::now();
        let mut breaker = Breaker::new();
        for _ in 0..2 {
            breaker.bad(Blow::Hard, true, now, EVEN);
            now = breaker.opens_again().unwrap();
            breaker.good(now);
            assert_eq!(breaker.stand(now), Stand::HalfOpen);
            breaker.good(now);
            assert_eq!(breaker.stand(now), Stand::Closed);
        }
        now += seconds(119);
        breaker.bad(Blow::Hard, true, now, EVEN);
        assert_eq!(breaker.opens_again(), Some(now + seconds(20)));
        now = breaker.opens_again().unwrap();
        breaker.good(now);
        breaker.good(now);
        now += seconds(120);
        breaker.bad(Blow::Hard, true, now, EVEN);
        assert_eq!(breaker.opens_again(), Some(now + seconds(5)), "forgiven");
    }

    #[test]
    fn one_that_answers_though_it_is_open_is_on_its_way_back() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        breaker.bad(Blow::Hard, true, now, EVEN);
        breaker.good(now);
        assert_eq!(breaker.stand(now), Stand::HalfOpen);
        breaker.good(now);
        assert_eq!(breaker.stand(now), Stand::Closed);
    }
}
