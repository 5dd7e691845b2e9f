//! Who is believed, and what is said of it.

use go_module::h1;
use store::RealmId;

use super::*;

fn hash(content: &str) -> H1 {
    h1::of_mod(content.as_bytes())
}

/// A file of which nothing is known.
fn nothing(word: Word) -> Facts {
    Facts {
        module: ModuleVersion::parse("example.com/a@v1.0.0").unwrap(),
        kind: FileKind::Zip,
        database: "sum.example.com".to_owned(),
        word,
        kept: KeptFile::Absent,
        first_sight: None,
        trouble: None,
    }
}

fn says(content: &str) -> Word {
    Word::Says(hash(content).to_string())
}

fn kept(content: &str) -> KeptFile {
    KeptFile::Whole {
        tree: Tree::Modules,
        h1: hash(content).to_string(),
        since: Timestamp::UNIX_EPOCH,
        bytes: 7,
    }
}

fn seen(content: &str) -> Option<Pin> {
    Some(Pin {
        realm: Tree::Realm(RealmId::for_origin("https://proxy.example.com")),
        module: ModuleVersion::parse("example.com/a@v1.0.0").unwrap(),
        kind: FileKind::Zip,
        h1: hash(content),
        seen_at: Timestamp::UNIX_EPOCH,
        upstream: "proxy.example.com".to_owned(),
        after_loss: false,
    })
}

#[track_caller]
fn verdict(facts: &Facts, go_sum: Option<&str>) -> (Verdict, String) {
    let finding = facts.judge(go_sum.map(hash));
    (finding.verdict, finding.reason.unwrap_or_default())
}

#[test]
fn two_who_say_the_same_agree() {
    let facts = nothing(says("x"));
    assert_eq!(verdict(&facts, Some("x")).0, Verdict::Agrees);
    let facts = Facts {
        kept: kept("x"),
        ..nothing(says("x"))
    };
    for go_sum in [None, Some("x")] {
        assert_eq!(verdict(&facts, go_sum), (Verdict::Agrees, String::new()));
    }
    let parties: Vec<Party> = facts
        .judge(Some(hash("x")))
        .hashes
        .iter()
        .map(|said| said.by)
        .collect();
    assert_eq!(parties, [Party::GoSum, Party::Database, Party::Cache]);
    assert_eq!(facts.bytes(), 7);
}

#[test]
fn one_alone_agrees_with_nobody() {
    let (found, reason) = verdict(&nothing(says("x")), None);
    assert_eq!(found, Verdict::Unchecked);
    assert!(reason.contains("nothing of it is kept"), "{reason}");
    let (found, reason) = verdict(&nothing(Word::Outside(Cover::Private)), Some("x"));
    assert_eq!(found, Verdict::Unchecked);
    assert!(
        reason.starts_with("it is private in this profile"),
        "{reason}"
    );
}

#[test]
fn whoever_differs_from_the_database_is_named() {
    let facts = Facts {
        kept: kept("x"),
        ..nothing(says("x"))
    };
    let (found, reason) = verdict(&facts, Some("y"));
    assert_eq!(found, Verdict::Disagrees);
    assert!(
        reason.contains("go.sum has another hash than sum.example.com") && !reason.contains("kept"),
        "{reason}"
    );
    let facts = Facts {
        kept: kept("y"),
        ..nothing(says("x"))
    };
    let (found, reason) = verdict(&facts, Some("x"));
    assert_eq!(found, Verdict::Disagrees);
    assert!(
        reason.contains("larder cache clear example.com/a@v1.0.0") && !reason.contains("go.sum"),
        "{reason}"
    );
    let (found, reason) = verdict(&facts, Some("y"));
    assert_eq!(found, Verdict::Disagrees);
    assert!(
        reason.contains("go.sum") && reason.contains("kept"),
        "{reason}"
    );
}

#[test]
fn a_damaged_file_disagrees_with_all() {
    for damaged in [KeptFile::SetAside("x".into()), KeptFile::Broken("x".into())] {
        let facts = Facts {
            kept: damaged,
            ..nothing(says("x"))
        };
        assert_eq!(verdict(&facts, Some("x")).0, Verdict::Disagrees);
        assert_eq!(facts.bytes(), 0);
    }
}

#[test]
fn what_the_database_does_not_say_is_not_taken_for_good() {
    let facts = nothing(Word::NotThere("no such".into()));
    let expected = (Verdict::Unknown, "no such".to_owned());
    assert_eq!(verdict(&facts, Some("x")), expected);
    let facts = Facts {
        kept: kept("x"),
        ..nothing(Word::Silent("out of reach".into()))
    };
    let expected = (Verdict::Unchecked, "out of reach".to_owned());
    assert_eq!(verdict(&facts, Some("x")), expected);
    // Without it, two others can disagree all the same.
    assert_eq!(verdict(&facts, Some("y")).0, Verdict::Disagrees);
}

#[test]
fn outside_the_database_first_sight_and_the_kept_file_count() {
    for (cover, name) in [
        (Cover::Off, "off"),
        (Cover::Private, "private"),
        (Cover::Excepted, "excepted"),
        (Cover::Allowed, "allowed"),
    ] {
        let facts = Facts {
            kept: kept("x"),
            first_sight: seen("x"),
            ..nothing(Word::Outside(cover))
        };
        let finding = facts.judge(Some(hash("x")));
        assert_eq!((finding.verdict, &*finding.cover), (Verdict::Outside, name));
        let reason = finding.reason.unwrap();
        assert!(
            reason.ends_with("compared with the kept file and what was seen first"),
            "{reason}"
        );
        let (found, reason) = verdict(&facts, Some("y"));
        assert_eq!(found, Verdict::Disagrees);
        assert!(
            reason.contains("go.sum has another hash than Larder saw first")
                && reason.contains("larder trust forget example.com/a@v1.0.0"),
            "{reason}"
        );
        let (found, reason) = verdict(
            &Facts {
                kept: kept("y"),
                ..facts
            },
            Some("x"),
        );
        assert_eq!(found, Verdict::Disagrees);
        assert!(
            reason.contains("the kept file is not the one that was seen first")
                && !reason.contains("go.sum"),
            "{reason}"
        );
    }
    let facts = Facts {
        first_sight: seen("x"),
        ..nothing(Word::Outside(Cover::Private))
    };
    let (found, reason) = verdict(&facts, Some("x"));
    assert_eq!(found, Verdict::Outside);
    assert!(
        reason.ends_with("compared with what was seen first"),
        "{reason}"
    );
}

#[test]
fn a_first_sight_after_a_loss_is_called_so() {
    let first_sight = seen("x").map(|pin| Pin {
        after_loss: true,
        ..pin
    });
    let facts = Facts {
        first_sight,
        ..nothing(Word::Outside(Cover::Private))
    };
    let (found, reason) = verdict(&facts, Some("x"));
    assert_eq!(found, Verdict::Outside);
    assert!(
        reason.contains("since earlier hashes were lost"),
        "{reason}"
    );
}

#[test]
fn a_folder_that_fails_leaves_it_open() {
    let facts = Facts {
        kept: KeptFile::Unknown("no such disk".into()),
        ..nothing(says("x"))
    };
    let (found, reason) = verdict(&facts, Some("x"));
    assert_eq!(found, Verdict::Unchecked);
    assert!(reason.contains("no such disk"), "{reason}");
    let facts = Facts {
        trouble: Some("no such disk".into()),
        kept: kept("x"),
        ..nothing(Word::Outside(Cover::Private))
    };
    assert_eq!(verdict(&facts, Some("x")).0, Verdict::Unchecked);
}
