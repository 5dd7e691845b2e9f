//! How Larder is, in one word: the table of moods. docs/STATES.md shows the same table; a test holds the two together.
//!
//! The mood follows from three facts, whatever it was before. Which change of a fact leads from which mood to which is
//! in [`TRANSITIONS`]. What is shown follows the mood only when it has held for a moment ([`Shown`]): an icon that
//! flickers tells nobody anything.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How long a mood has to hold until it is shown.
pub const HOLD: Duration = Duration::from_secs(1);

/// How Larder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Mood {
    /// All is well.
    Serving,
    /// It serves, and something is out of order that another way makes up for.
    Degraded,
    /// What is kept is given, nobody is asked.
    Offline,
    /// go env is given back until a person resumes.
    Paused,
}

/// What a mood follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// A person paused Larder.
    pub paused: bool,
    /// Larder is offline, noticed or told.
    pub offline: bool,
    /// Something of what is in force is out of order.
    pub trouble: bool,
}

/// The change of one fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    /// A person pauses.
    Pause,
    /// A person resumes.
    Resume,
    /// There is no way to any upstream, or a person says so.
    GoesOffline,
    /// There is a way again.
    ComesBack,
    /// Something falls out of order.
    TroubleBegins,
    /// It is in order again.
    TroubleEnds,
}

impl Mood {
    /// All of them, that which is shown least first.
    pub const ALL: [Self; 4] = [Self::Serving, Self::Degraded, Self::Offline, Self::Paused];

    /// The mood of these facts: what a person did counts most, then the network, then the rest.
    #[must_use]
    pub fn of(facts: Facts) -> Self {
        match facts {
            Facts { paused: true, .. } => Self::Paused,
            Facts { offline: true, .. } => Self::Offline,
            Facts { trouble: true, .. } => Self::Degraded,
            Facts { .. } => Self::Serving,
        }
    }

    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Degraded => "degraded",
            Self::Offline => "offline",
            Self::Paused => "paused",
        }
    }
}

/// From which mood to which, by what. What is not in here leaves the mood as it is.
pub const TRANSITIONS: [(Mood, Happening, Mood); 12] = [
    (Mood::Serving, Happening::TroubleBegins, Mood::Degraded),
    (Mood::Serving, Happening::GoesOffline, Mood::Offline),
    (Mood::Serving, Happening::Pause, Mood::Paused),
    (Mood::Degraded, Happening::TroubleEnds, Mood::Serving),
    (Mood::Degraded, Happening::GoesOffline, Mood::Offline),
    (Mood::Degraded, Happening::Pause, Mood::Paused),
    (Mood::Offline, Happening::ComesBack, Mood::Serving),
    (Mood::Offline, Happening::ComesBack, Mood::Degraded),
    (Mood::Offline, Happening::Pause, Mood::Paused),
    (Mood::Paused, Happening::Resume, Mood::Serving),
    (Mood::Paused, Happening::Resume, Mood::Degraded),
    (Mood::Paused, Happening::Resume, Mood::Offline),
];

/// The mood that is shown: the one that has held.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    shown: Mood,
    /// Another one, and since when it holds.
    coming: Option<(Mood, Instant)>,
}

impl Shown {
    /// The first mood is shown at once: nothing was shown before.
    #[must_use]
    pub fn new(mood: Mood) -> Self {
        Self {
            shown: mood,
            coming: None,
        }
    }

    /// Takes note of the mood at this time; gives the one to be shown.
    pub fn see(&mut self, mood: Mood, now: Instant) -> Mood {
        match self.coming {
            _ if mood == self.shown => self.coming = None,
            Some((coming, since)) if coming == mood => {
                if now.saturating_duration_since(since) >= HOLD {
                    *self = Self::new(mood);
                }
            }
            _ => self.coming = Some((mood, now)),
        }
        self.shown
    }

    /// When to look again, if nothing happens until then.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.coming.map(|(_, since)| since + HOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/STATES.md");

    fn all_facts() -> impl Iterator<Item = Facts> {
        (0..8u8).map(|bits| Facts {
            paused: bits & 1 != 0,
            offline: bits & 2 != 0,
            trouble: bits & 4 != 0,
        })
    }

    /// The rows of the page's table below this heading, cell by cell.
    fn rows(heading: &str) -> Vec<Vec<&'static str>> {
        let (_, section) = PAGE.split_once(&format!("## {heading}\n")).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let lines = section.lines().filter(|line| line.starts_with('|'));
        let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
        lines.skip(2).map(cells).collect()
    }

    fn words(happening: Happening) -> &'static str {
        match happening {
            Happening::Pause => "pause",
            Happening::Resume => "resume",
            Happening::GoesOffline => "goes offline",
            Happening::ComesBack => "comes back",
            Happening::TroubleBegins => "trouble begins",
            Happening::TroubleEnds => "trouble ends",
        }
    }

    /// The happenings that change one fact of these, with what is then.
    fn next(facts: Facts) -> [(Happening, Facts); 3] {
        let either = |now, ends, begins| if now { ends } else { begins };
        [
            (
                either(facts.paused, Happening::Resume, Happening::Pause),
                Facts {
                    paused: !facts.paused,
                    ..facts
                },
            ),
            (
                either(facts.offline, Happening::ComesBack, Happening::GoesOffline),
                Facts {
                    offline: !facts.offline,
                    ..facts
                },
            ),
            (
                either(
                    facts.trouble,
                    Happening::TroubleEnds,
                    Happening::TroubleBegins,
                ),
                Facts {
                    trouble: !facts.trouble,
                    ..facts
                },
            ),
        ]
    }

    #[test]
    fn the_page_has_the_mood_of_all_facts() {
        let said = rows("The mood of the facts");
        let holds = |cell: &str, fact: bool| match cell {
            "any" => true,
            "yes" => fact,
            "no" => !fact,
            other => panic!("{other}"),
        };
        for facts in all_facts() {
            let matching: Vec<_> = said
                .iter()
                .filter(|row| {
                    holds(row[0], facts.paused)
                        && holds(row[1], facts.offline)
                        && holds(row[2], facts.trouble)
                })
                .collect();
            assert_eq!(matching.len(), 1, "{facts:?}");
            assert_eq!(matching[0][3], Mood::of(facts).word(), "{facts:?}");
        }
    }

    #[test]
    fn every_change_of_a_fact_is_in_the_table_or_changes_nothing() {
        let mut used = Vec::new();
        for facts in all_facts() {
            let from = Mood::of(facts);
            for (happening, then) in next(facts) {
                let step = (from, happening, Mood::of(then));
                if step.0 == step.2 {
                    continue;
                }
                assert!(TRANSITIONS.contains(&step), "{step:?} of {facts:?}");
                used.push(step);
            }
        }
        for step in TRANSITIONS {
            assert!(used.contains(&step), "{step:?} never happens");
        }
    }

    #[test]
    fn the_page_has_the_same_transitions() {
        let said: Vec<_> = rows("From mood to mood");
        let here: Vec<Vec<&str>> = TRANSITIONS
            .iter()
            .map(|(from, happening, to)| vec![from.word(), words(*happening), to.word()])
            .collect();
        let said: Vec<Vec<&str>> = said.iter().map(|row| row[..3].to_vec()).collect();
        assert_eq!(said, here);
    }

    #[test]
    fn what_is_shown_has_held_for_a_second() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut shown = Shown::new(Mood::Serving);
        assert_eq!(shown.see(Mood::Offline, at(0)), Mood::Serving);
        assert_eq!(shown.due(), Some(at(1000)));
        assert_eq!(shown.see(Mood::Offline, at(999)), Mood::Serving);
        assert_eq!(shown.see(Mood::Offline, at(1000)), Mood::Offline);
        assert_eq!(shown.due(), None);
        // A flicker is never shown, and what comes after it counts from its own beginning.
        assert_eq!(shown.see(Mood::Serving, at(2000)), Mood::Offline);
        assert_eq!(shown.see(Mood::Offline, at(2500)), Mood::Offline);
        assert_eq!(shown.see(Mood::Serving, at(2600)), Mood::Offline);
        assert_eq!(shown.see(Mood::Degraded, at(3500)), Mood::Offline);
        assert_eq!(shown.see(Mood::Degraded, at(4499)), Mood::Offline);
        assert_eq!(shown.see(Mood::Degraded, at(4500)), Mood::Degraded);
    }

    #[test]
    fn from_every_mood_to_every_other_it_takes_a_second() {
        let start = Instant::now();
        for from in Mood::ALL {
            for to in Mood::ALL {
                let mut shown = Shown::new(from);
                assert_eq!(shown.see(to, start), from);
                assert_eq!(shown.see(to, start + HOLD), to);
            }
        }
    }
}
