//! The rules of notifications: what happened comes in, and what a person is told goes out. The time is an argument.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::Cause;
use super::text::{Words, words};
use crate::asked_by::By;
use crate::settings::Tell;

/// For how long after the start nothing is told: what is so then was so before.
const QUIET_AT_FIRST: Duration = Duration::from_secs(10);
/// Of how many moments at most there is something to tell …
const MOST: usize = 5;
/// … within this time.
const WITHIN: Duration = Duration::from_secs(60);

/// How ready a project is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    /// Its folder's name.
    pub(crate) name: String,
    pub(crate) ready: u64,
    pub(crate) total: u64,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// Another profile is in force; why, where Larder chose it.
    Switched {
        profile: String,
        by: Option<By>,
        why: Option<String>,
    },
    /// Larder is offline now.
    Offline {
        by: Option<By>,
        ready: Option<Ready>,
    },
    /// It is online now.
    Back { by: Option<By>, missed: u64 },
    /// An upstream refused who showed nothing.
    SignInNeeded { upstream: String },
    /// An upstream refused what is kept for it.
    SignInRefused { upstream: String },
    /// An upstream lets this person in.
    SignedIn { upstream: String },
    /// A file is not what it should be.
    Hash {
        /// What the notice is about.
        subject: String,
        /// The module and its version.
        module: String,
        is_private: bool,
    },
    /// A checksum database has two histories.
    Fork { database: String },
    /// The notice of this was put away.
    HashPutAway { subject: String },
    /// Less is free than is to stay free; and nothing more may go for it.
    DiskFull { free: u64, is_short: bool },
    /// There is room.
    DiskHasRoom,
}

/// What a person wants to be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) tell: Tell,
    pub(crate) private_names: bool,
}

/// What lasts, so that it is told once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Lasting {
    Offline,
    SignIn(String),
    Refused(String),
    Hash(String),
    Disk,
}

/// Who decides.
#[derive(Debug)]
pub(super) struct Desk {
    began: Instant,
    /// The profile that was told of last, or is in force since then.
    profile: Option<String>,
    lasting: HashSet<Lasting>,
    /// Whether a person was told of being offline, and so is told of the end of it.
    offline_was_told: bool,
    told: VecDeque<Instant>,
}

impl Desk {
    pub(super) fn new(began: Instant) -> Self {
        Self {
            began,
            profile: None,
            lasting: HashSet::new(),
            offline_was_told: false,
            told: VecDeque::new(),
        }
    }

    /// Takes note of what happened; gives what is told of it.
    pub(super) fn hear(
        &mut self,
        fact: &Fact,
        rules: &Rules,
        now: Instant,
    ) -> Option<(Cause, Words)> {
        let cause = self.news(fact)?;
        let is_seen = match fact {
            Fact::Switched { by, .. } | Fact::Offline { by, .. } | Fact::Back { by, .. } => {
                by.is_some_and(By::sees_it)
            }
            _ => false,
        };
        let is_start = now.saturating_duration_since(self.began) < QUIET_AT_FIRST;
        if is_seen || is_start || !wanted(rules.tell, cause) || self.is_too_much(now) {
            return None;
        }
        let words = words(fact, rules.private_names)?;
        self.told.push_back(now);
        self.offline_was_told |= cause == Cause::Offline;
        Some((cause, words))
    }

    /// Whether it is news, and of which kind. What ends lets its cause be told again.
    fn news(&mut self, fact: &Fact) -> Option<Cause> {
        let mut begins = |what: Lasting, cause: Cause| self.lasting.insert(what).then_some(cause);
        match fact {
            Fact::Switched { profile, .. } => {
                let before = self.profile.replace(profile.clone());
                (before.as_ref() != Some(profile)).then_some(Cause::Switched)
            }
            Fact::Offline { .. } => begins(Lasting::Offline, Cause::Offline),
            Fact::Back { .. } => {
                let was_offline = self.lasting.remove(&Lasting::Offline);
                let was_told = std::mem::take(&mut self.offline_was_told);
                (was_offline && was_told).then_some(Cause::Back)
            }
            Fact::SignInNeeded { upstream } => {
                begins(Lasting::SignIn(upstream.clone()), Cause::SignInNeeded)
            }
            Fact::SignInRefused { upstream } => {
                begins(Lasting::Refused(upstream.clone()), Cause::SignInRefused)
            }
            Fact::SignedIn { upstream } => {
                self.lasting.remove(&Lasting::SignIn(upstream.clone()));
                self.lasting.remove(&Lasting::Refused(upstream.clone()));
                None
            }
            Fact::Hash { subject, .. } => begins(Lasting::Hash(subject.clone()), Cause::Hash),
            Fact::Fork { database } => begins(Lasting::Hash(database.clone()), Cause::Hash),
            Fact::HashPutAway { subject } => {
                self.lasting.remove(&Lasting::Hash(subject.clone()));
                None
            }
            Fact::DiskFull { .. } => begins(Lasting::Disk, Cause::Disk),
            Fact::DiskHasRoom => {
                self.lasting.remove(&Lasting::Disk);
                None
            }
        }
    }

    fn is_too_much(&mut self, now: Instant) -> bool {
        while let Some(first) = self.told.front()
            && now.saturating_duration_since(*first) >= WITHIN
        {
            self.told.pop_front();
        }
        self.told.len() >= MOST
    }
}

fn wanted(tell: Tell, cause: Cause) -> bool {
    match cause {
        Cause::Switched => tell.switched,
        Cause::Offline | Cause::Back => tell.offline,
        Cause::SignInNeeded | Cause::SignInRefused => tell.sign_in,
        Cause::Hash => tell.hash,
        Cause::Disk => tell.disk,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Test {
        desk: Desk,
        start: Instant,
        rules: Rules,
    }

    impl Test {
        fn new() -> Self {
            let start = Instant::now();
            Self {
                desk: Desk::new(start),
                start,
                rules: Rules {
                    tell: Tell::default(),
                    private_names: false,
                },
            }
        }

        /// The cause that is told of, so many seconds after the start.
        fn at(&mut self, seconds: u64, fact: &Fact) -> Option<Cause> {
            let now = self.start + Duration::from_secs(seconds);
            let told = self.desk.hear(fact, &self.rules, now);
            told.map(|(cause, _)| cause)
        }
    }

    fn offline() -> Fact {
        Fact::Offline {
            by: None,
            ready: None,
        }
    }

    fn back() -> Fact {
        Fact::Back {
            by: None,
            missed: 0,
        }
    }

    fn switched(profile: &str, by: Option<By>) -> Fact {
        Fact::Switched {
            profile: profile.to_owned(),
            by,
            why: None,
        }
    }

    fn needed(upstream: &str) -> Fact {
        Fact::SignInNeeded {
            upstream: upstream.to_owned(),
        }
    }

    #[test]
    fn one_for_a_cause_until_the_cause_ends() {
        let mut test = Test::new();
        assert_eq!(test.at(10, &offline()), Some(Cause::Offline));
        assert_eq!(test.at(11, &offline()), None);
        assert_eq!(test.at(100, &back()), Some(Cause::Back));
        assert_eq!(test.at(101, &back()), None);
        assert_eq!(test.at(200, &offline()), Some(Cause::Offline));
        let (one, other) = (needed("a.example"), needed("b.example"));
        assert_eq!(test.at(300, &one), Some(Cause::SignInNeeded));
        assert_eq!(test.at(301, &one), None);
        assert_eq!(test.at(302, &other), Some(Cause::SignInNeeded));
        let upstream = || "a.example".to_owned();
        let refused = Fact::SignInRefused {
            upstream: upstream(),
        };
        assert_eq!(test.at(303, &refused), Some(Cause::SignInRefused));
        let signed_in = Fact::SignedIn {
            upstream: upstream(),
        };
        assert_eq!(test.at(400, &signed_in), None);
        assert_eq!(test.at(401, &refused), Some(Cause::SignInRefused));
        assert_eq!(test.at(402, &other), None, "the other one still wants it");
        let full = Fact::DiskFull {
            free: 1,
            is_short: false,
        };
        assert_eq!(test.at(500, &full), Some(Cause::Disk));
        assert_eq!(test.at(560, &full), None);
        assert_eq!(test.at(600, &Fact::DiskHasRoom), None);
        assert_eq!(test.at(700, &full), Some(Cause::Disk));
        let subject = || "example.com/m@v1.0.0 (zip)".to_owned();
        let hash = Fact::Hash {
            subject: subject(),
            module: "example.com/m@v1.0.0".to_owned(),
            is_private: false,
        };
        assert_eq!(test.at(800, &hash), Some(Cause::Hash));
        assert_eq!(test.at(900, &hash), None);
        let put_away = Fact::HashPutAway { subject: subject() };
        assert_eq!(test.at(901, &put_away), None);
        assert_eq!(test.at(902, &hash), Some(Cause::Hash));
    }

    #[test]
    fn nothing_in_the_first_ten_seconds_nor_of_what_began_then() {
        let mut test = Test::new();
        assert_eq!(test.at(0, &switched("company", None)), None);
        assert_eq!(test.at(3, &offline()), None);
        assert_eq!(test.at(9, &needed("a.example")), None);
        assert_eq!(test.at(60, &offline()), None);
        assert_eq!(test.at(61, &needed("a.example")), None);
        assert_eq!(test.at(62, &back()), None, "nobody was told of it");
        assert_eq!(test.at(63, &offline()), Some(Cause::Offline));
    }

    #[test]
    fn nothing_of_what_the_person_just_did_where_they_see_it() {
        let mut test = Test::new();
        for by in [By::Window, By::Tray] {
            let name = by.word();
            assert_eq!(test.at(20, &switched(name, Some(by))), None);
            let offline = Fact::Offline {
                by: Some(by),
                ready: None,
            };
            assert_eq!(test.at(21, &offline), None);
            assert_eq!(test.at(22, &back()), None, "they know");
        }
        let by_command = switched("public", Some(By::CommandLine));
        assert_eq!(test.at(30, &by_command), Some(Cause::Switched));
        assert_eq!(test.at(31, &by_command), None, "no other one");
    }

    #[test]
    fn each_can_be_turned_off() {
        let off = Tell {
            switched: false,
            offline: false,
            sign_in: false,
            hash: false,
            disk: false,
        };
        let facts = [
            switched("public", None),
            offline(),
            back(),
            needed("a.example"),
            Fact::SignInRefused {
                upstream: "a.example".to_owned(),
            },
            Fact::Fork {
                database: "sum.example.com".to_owned(),
            },
            Fact::DiskFull {
                free: 0,
                is_short: true,
            },
        ];
        let mut test = Test::new();
        test.rules.tell = off;
        for fact in &facts {
            assert_eq!(test.at(1000, fact), None, "{fact:?}");
        }
        let mut test = Test::new();
        for (at, fact) in facts.iter().enumerate() {
            let at = 1000 + 100 * at as u64;
            assert!(test.at(at, fact).is_some(), "{fact:?}");
        }
    }

    #[test]
    fn not_many_at_once() {
        let mut test = Test::new();
        let told = (0..100).filter(|n| {
            let fact = needed(&format!("{n}.example"));
            test.at(100, &fact).is_some()
        });
        assert_eq!(told.count(), MOST);
        assert_eq!(test.at(159, &offline()), None);
        assert_eq!(
            test.at(160, &switched("public", None)),
            Some(Cause::Switched)
        );
    }
}
