//! The words of notifications. Titles are plain text; bodies are escaped, for most daemons read a subset of HTML in them.

use super::desk::{Fact, Ready};
use crate::asked_by::By;
use crate::settings::shown;

/// The most characters of a name that comes from elsewhere.
const LONGEST: usize = 120;

/// What a notification says, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) title: String,
    pub(super) body: String,
    pub(super) route: String,
}

/// The words for what happened; none for what only ends a cause.
pub(super) fn words(fact: &Fact, private_names: bool) -> Option<Words> {
    let (title, body, route) = match fact {
        Fact::Switched { profile, by, why } => (
            format!("Now using {profile}"),
            match (by, why) {
                (Some(By::CommandLine), _) => "Switched by the command line.".to_owned(),
                (Some(By::Window), _) => "Switched in the window.".to_owned(),
                (Some(By::Tray), _) => "Switched in the tray.".to_owned(),
                (None, Some(why)) => format!("Chosen by itself: {why}."),
                (None, None) => "Switched by itself.".to_owned(),
            },
            "#/upstreams".to_owned(),
        ),
        Fact::Offline { ready, .. } => (
            "Offline. Larder goes on from the cache.".to_owned(),
            match ready {
                Some(Ready { name, ready, total }) => {
                    format!("{ready} of {total} modules of {name} are kept.")
                }
                None => "What is kept is given at once.".to_owned(),
            },
            "#/overview".to_owned(),
        ),
        Fact::Back { missed: 0, .. } => (
            "Back online".to_owned(),
            "Modules come from the upstreams again.".to_owned(),
            "#/overview".to_owned(),
        ),
        Fact::Back { missed, .. } => (
            "Back online".to_owned(),
            match missed {
                1 => "1 module was missing. Stock it?".to_owned(),
                count => format!("{count} modules were missing. Stock them?"),
            },
            "#/stock?show=missed".to_owned(),
        ),
        Fact::SignInNeeded { upstream } => (
            format!("{upstream} asks you to sign in"),
            "Until then go gets what is kept.".to_owned(),
            "#/upstreams".to_owned(),
        ),
        Fact::SignInRefused { upstream } => (
            format!("{upstream} refused the sign-in"),
            "The kept password may be old.".to_owned(),
            "#/upstreams".to_owned(),
        ),
        Fact::Hash {
            module, is_private, ..
        } => {
            let is_named = !is_private || private_names;
            let what = if is_named { module } else { "A private module" };
            (
                "A hash does not agree".to_owned(),
                format!("{what} was not kept. See Activity."),
                "#/activity?source=failed".to_owned(),
            )
        }
        Fact::Fork { database } => (
            "Two histories of a checksum database".to_owned(),
            format!("{database} contradicts itself. See Doctor."),
            "#/doctor".to_owned(),
        ),
        Fact::DiskFull { free, is_short } => (
            "The disk is nearly full".to_owned(),
            match is_short {
                false => format!("{} left. What was not used for longest goes.", shown(*free)),
                true => format!("{} left, and nothing that is kept may go.", shown(*free)),
            },
            "#/cache".to_owned(),
        ),
        Fact::SignedIn { .. } | Fact::HashPutAway { .. } | Fact::DiskHasRoom => return None,
    };
    Some(Words {
        title: plain(&title),
        body: escaped(&plain(&body)),
        route,
    })
}

/// Without what a terminal or a daemon would act on, and not without end.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| {
        !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut text: String = text.chars().filter(is_plain).collect();
    if let Some((at, _)) = text.char_indices().nth(2 * LONGEST) {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// Escaped as the text of an XML element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(fact: &Fact) -> (String, String) {
        let words = words(fact, false).unwrap();
        (words.title, words.body)
    }

    #[track_caller]
    fn check(fact: &Fact, title: &str, body: &str) {
        assert_eq!(said(fact), (title.to_owned(), body.to_owned()));
    }

    #[test]
    fn the_texts() {
        let switched = |by, why: Option<&str>| Fact::Switched {
            profile: "public".to_owned(),
            by,
            why: why.map(str::to_owned),
        };
        check(
            &switched(Some(By::CommandLine), None),
            "Now using public",
            "Switched by the command line.",
        );
        check(
            &switched(None, Some("its upstream answers")),
            "Now using public",
            "Chosen by itself: its upstream answers.",
        );
        let offline = |ready| Fact::Offline { by: None, ready };
        check(
            &offline(Some(Ready {
                name: "payments-api".to_owned(),
                ready: 214,
                total: 214,
            })),
            "Offline. Larder goes on from the cache.",
            "214 of 214 modules of payments-api are kept.",
        );
        check(
            &offline(None),
            "Offline. Larder goes on from the cache.",
            "What is kept is given at once.",
        );
        let back = |missed| Fact::Back { by: None, missed };
        check(
            &back(3),
            "Back online",
            "3 modules were missing. Stock them?",
        );
        check(&back(1), "Back online", "1 module was missing. Stock it?");
        check(
            &back(0),
            "Back online",
            "Modules come from the upstreams again.",
        );
        let upstream = || "proxy.corp.example".to_owned();
        check(
            &Fact::SignInNeeded {
                upstream: upstream(),
            },
            "proxy.corp.example asks you to sign in",
            "Until then go gets what is kept.",
        );
        check(
            &Fact::SignInRefused {
                upstream: upstream(),
            },
            "proxy.corp.example refused the sign-in",
            "The kept password may be old.",
        );
        check(
            &Fact::DiskFull {
                free: 1_100_000_000,
                is_short: false,
            },
            "The disk is nearly full",
            "1.1 GB left. What was not used for longest goes.",
        );
        check(
            &Fact::DiskFull {
                free: 1_100_000_000,
                is_short: true,
            },
            "The disk is nearly full",
            "1.1 GB left, and nothing that is kept may go.",
        );
        check(
            &Fact::Fork {
                database: "sum.example.com".to_owned(),
            },
            "Two histories of a checksum database",
            "sum.example.com contradicts itself. See Doctor.",
        );
    }

    #[test]
    fn a_private_module_is_named_only_where_a_person_wants_it() {
        let hash = |is_private| Fact::Hash {
            subject: "corp.example/secret@v1.2.3 (zip)".to_owned(),
            module: "corp.example/secret@v1.2.3".to_owned(),
            is_private,
        };
        check(
            &hash(false),
            "A hash does not agree",
            "corp.example/secret@v1.2.3 was not kept. See Activity.",
        );
        check(
            &hash(true),
            "A hash does not agree",
            "A private module was not kept. See Activity.",
        );
        let named = words(&hash(true), true).unwrap();
        assert!(named.body.starts_with("corp.example/secret@v1.2.3 was"));
    }

    #[test]
    fn what_comes_from_elsewhere_is_text_and_nothing_else() {
        let fact = Fact::Switched {
            profile: "<b>a&b</b>\u{1b}[31m\u{202e}".to_owned(),
            by: None,
            why: Some("<img src=x> & \"more\"\n".to_owned()),
        };
        let (title, body) = said(&fact);
        assert_eq!(title, "Now using <b>a&b</b>[31m", "titles are not markup");
        assert_eq!(body, "Chosen by itself: &lt;img src=x&gt; &amp; \"more\".");
        let long = Fact::SignInNeeded {
            upstream: "x".repeat(5000),
        };
        assert_eq!(said(&long).0.chars().count(), 2 * LONGEST + 1);
    }
}
