//! What the menu says, from how Larder is. Nothing here knows a toolkit.

use app::Failure;
use app::Mood;
use app::command::StateReport;

/// How many profiles stand in the menu; where there are more, the last line leads to all of them.
const MOST: usize = 8;
/// How long the status line may be, in characters.
const LONGEST: usize = 60;

/// What the menu says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    /// The status line.
    pub(crate) status: String,
    /// The profiles that can be chosen.
    pub(crate) profiles: Vec<Profile>,
    /// Whether there are more of them.
    pub(crate) has_more: bool,
    /// Whether a person said offline.
    pub(crate) offline: bool,
    /// How much was missed while offline.
    pub(crate) missed: u64,
    /// Whether a project can be stocked now.
    pub(crate) can_stock: bool,
    /// Whether Larder is paused.
    pub(crate) paused: bool,
    /// Whether the engine answers: else there is nothing to choose.
    pub(crate) answers: bool,
    /// The state that the icon shows, once it has held.
    pub(crate) mood: Mood,
}

/// A profile in the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Its name.
    pub(crate) name: String,
    /// Whether it is the one in use.
    pub(crate) in_use: bool,
}

impl Face {
    /// While the engine is on its way.
    pub(crate) fn starting() -> Self {
        Self {
            status: "Starting".to_owned(),
            profiles: Vec::new(),
            has_more: false,
            offline: false,
            missed: 0,
            can_stock: false,
            paused: false,
            answers: false,
            mood: Mood::Serving,
        }
    }

    /// Where it can't be started.
    pub(crate) fn failed(failure: &Failure) -> Self {
        Self {
            status: shortened(&format!("Not serving: {}", failure.message)),
            mood: Mood::Degraded,
            ..Self::starting()
        }
    }

    /// While it answers.
    pub(crate) fn of(state: &StateReport) -> Self {
        let has_more = state.profiles.len() > MOST;
        let room = if has_more { MOST - 1 } else { MOST };
        let mut profiles: Vec<Profile> = state
            .profiles
            .iter()
            .map(|profile| Profile {
                name: profile.name.clone(),
                in_use: profile.in_use,
            })
            .collect();
        // The one in use always stands there.
        if let Some(at) = profiles.iter().position(|profile| profile.in_use)
            && at >= room
        {
            profiles.swap(at, room - 1);
        }
        profiles.truncate(room);
        Self {
            status: shortened(&state.status),
            profiles,
            has_more,
            offline: state.offline.by_hand,
            missed: state.missed,
            can_stock: state.mood != Mood::Offline,
            paused: state.paused_since.is_some(),
            answers: true,
            mood: state.mood,
        }
    }

    /// The line about what was missed, where something was.
    pub(crate) fn missing(&self) -> Option<String> {
        match self.missed {
            0 => None,
            1 => Some("1 module was missing…".to_owned()),
            n => Some(format!("{n} modules were missing…")),
        }
    }
}

/// On one line, and not too long for a menu.
fn shortened(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let begin: String = text.chars().take(LONGEST - 1).collect();
    format!("{}…", begin.trim_end())
}

/// As a label: the toolkits take `&` as the mark of a key.
pub(crate) fn label(text: &str) -> String {
    text.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use app::Code;

    use super::*;

    fn state(profiles: usize, in_use: usize) -> StateReport {
        let profile = |n| serde_json::json!({ "name": format!("p{n}"), "upstreams": [], "private": false, "in_use": n == in_use });
        let profiles: Vec<_> = (0..profiles).map(profile).collect();
        let json = serde_json::json!({
            "mood": "serving", "points_here": true, "profile": format!("p{in_use}"), "automatic": null,
            "profiles": profiles,
            "offline": { "mode": "auto", "since": null, "why": null, "by_hand": false },
            "degraded": null, "paused_since": null, "missed": 0, "kept_bytes": 0, "kept_versions": 0, "to_mend": 0,
            "status": "Serving · p0 · 6.2 GB kept", "welcomed": true, "version": "1", "port": 4677, "jobs": []
        });
        serde_json::from_value(json).unwrap()
    }

    fn names(face: &Face) -> Vec<&str> {
        face.profiles
            .iter()
            .map(|profile| profile.name.as_str())
            .collect()
    }

    #[test]
    fn eight_profiles_stand_in_the_menu() {
        let face = Face::of(&state(8, 7));
        assert_eq!((face.profiles.len(), face.has_more), (8, false));
        assert_eq!(
            face.profiles
                .iter()
                .filter(|profile| profile.in_use)
                .count(),
            1
        );
    }

    #[test]
    fn of_more_the_one_in_use_is_always_there() {
        let face = Face::of(&state(12, 11));
        assert_eq!(names(&face), ["p0", "p1", "p2", "p3", "p4", "p5", "p11"]);
        assert!(face.has_more && face.profiles[6].in_use);
    }

    #[test]
    fn offline_noticed_by_itself_leaves_its_check_alone() {
        let mut report = state(1, 0);
        report.mood = Mood::Offline;
        let face = Face::of(&report);
        assert!(!face.offline && !face.can_stock);
        report.offline.by_hand = true;
        assert!(Face::of(&report).offline);
    }

    #[test]
    fn what_was_missed_is_counted() {
        let mut report = state(1, 0);
        assert_eq!(Face::of(&report).missing(), None);
        report.missed = 1;
        assert_eq!(
            Face::of(&report).missing().unwrap(),
            "1 module was missing…"
        );
        report.missed = 3;
        assert_eq!(
            Face::of(&report).missing().unwrap(),
            "3 modules were missing…"
        );
    }

    #[test]
    fn a_failure_is_told_in_one_short_line() {
        let face = Face::failed(&Failure::new(Code::PortTaken, "port 4677\nis ".repeat(9)));
        assert!(
            face.status.starts_with("Not serving: port 4677 is"),
            "{}",
            face.status
        );
        assert!(face.status.chars().count() <= LONGEST && face.status.ends_with('…'));
        assert!(!face.answers);
    }

    #[test]
    fn an_ampersand_stays_one() {
        assert_eq!(label("R&D_lab"), "R&&D_lab");
    }
}
