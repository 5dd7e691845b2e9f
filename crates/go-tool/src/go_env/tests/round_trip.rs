//! Enabled and disabled, in all orders and with others' hands in between.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use proptest::prelude::*;

use super::super::{EnvError, EnvFile, EnvRecord, GivenBack, Wishes};
use super::{Home, ODD, TOKEN, enable, go, mode, wishes, write};

fn kept(given: &GivenBack) -> Vec<(&str, Option<&str>)> {
    match given {
        GivenBack::KeysOnly { kept_by_others, .. } => kept_by_others
            .iter()
            .map(|kept| {
                (
                    kept.key.as_str(),
                    kept.value.as_ref().map(|value| value.expose()),
                )
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn restored(given: &GivenBack) -> &[String] {
    match given {
        GivenBack::KeysOnly { restored, .. } => restored,
        other => panic!("{other:?}"),
    }
}

#[test]
fn enabled_and_disabled_it_is_what_it_was() {
    for (name, home) in Home::odd() {
        let before = home.everything();
        let existed = home.file().exists();
        let mut record = home.record();
        enable(&mut record, &wishes(4677));
        assert_eq!(mode(&home.file()), 0o600, "{name}");
        assert_eq!(
            EnvFile::new(home.bytes()).get("GOPROXY").unwrap(),
            format!("http://127.0.0.1:4677/{TOKEN}").as_bytes()
        );
        let expected = if existed {
            GivenBack::Whole
        } else {
            GivenBack::Removed
        };
        assert_eq!(record.give_back().unwrap(), expected, "{name}");
        assert_eq!(home.everything(), before, "{name}");
        assert_eq!(
            record.give_back().unwrap(),
            GivenBack::NothingToDo,
            "{name}"
        );
        assert_eq!(home.everything(), before, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_file_is_given_back(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        lines in "((GOPROXY|GOPRIVATE|GONOSUMDB|GOFLAGS|#)=?[a-z]{0,4}\r?\n?){0,8}",
        bits in 0o600u32..=0o777,
    ) {
        let home = Home::with(&[lines.as_bytes(), &bytes].concat(), bits);
        let before = home.everything();
        let mut record = home.record();
        enable(&mut record, &wishes(4677));
        enable(&mut record, &Wishes::new().set("GOPROXY", "http://127.0.0.1:1/x").set("GOAUTH", "netrc"));
        record.give_back().unwrap();
        prop_assert_eq!(home.everything(), before);
    }
}

#[test]
fn the_record_survives_its_keeper_and_holds_no_token() {
    let home = Home::with(ODD[10].1, 0o644);
    let before = home.everything();
    let mut record = home.record();
    let plan = record.plan(&wishes(4677), true).unwrap();
    let stored = serde_json::to_string(&record).unwrap();
    let script = record.restore_script().escape_ascii().to_string();
    for text in [
        &stored,
        &format!("{record:?} {plan:?} {:?}", wishes(4677)),
        &script,
    ] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    record.write(plan).unwrap();
    let later: EnvRecord = serde_json::from_str(&stored).unwrap();
    assert_eq!(later, record);
    assert_eq!(later.give_back().unwrap(), GivenBack::Whole);
    assert_eq!(home.everything(), before);
}

#[test]
fn enabled_twice_the_original_stays_the_original() {
    for (name, home) in Home::odd() {
        let before = home.everything();
        let mut record = home.record();
        enable(&mut record, &wishes(4677));
        enable(&mut record, &wishes(4677));
        enable(&mut record, &wishes(5000));
        record.give_back().unwrap();
        assert_eq!(home.everything(), before, "{name}");
    }
}

#[test]
fn disabled_without_being_enabled_nothing_happens() {
    for (name, home) in Home::odd() {
        let before = home.everything();
        assert_eq!(
            home.record().give_back().unwrap(),
            GivenBack::NothingToDo,
            "{name}"
        );
        assert_eq!(home.everything(), before, "{name}");
    }
}

#[test]
fn a_plan_alone_writes_nothing() {
    let home = Home::empty();
    let mut record = home.record();
    assert!(record.plan(&wishes(4677), true).unwrap().changes());
    let plan = record.plan(&Wishes::new().unset("GOPROXY"), false).unwrap();
    assert!(!plan.changes());
    record.write(plan).unwrap();
    assert_eq!(home.everything().len(), 0);
    let broken = Wishes::new().set("GOPRIVATE", "x").set("GOPROXY", "a\nb");
    assert!(matches!(
        record.plan(&broken, true),
        Err(EnvError::Value { .. })
    ));
    assert_eq!(record.give_back().unwrap(), GivenBack::NothingToDo);
}

#[test]
fn without_a_token_the_mode_stays() {
    let home = Home::with(b"GOPROXY=direct\n", 0o664);
    let mut record = home.record();
    let private = Wishes::new().set("GOPRIVATE", "corp.example");
    let plan = record.plan(&private, false).unwrap();
    record.write(plan).unwrap();
    assert_eq!(mode(&home.file()), 0o664);
    // The same text, now for a token's sake: the mode alone changes, and comes back.
    let plan = record.plan(&private, true).unwrap();
    assert!(plan.changes());
    record.write(plan).unwrap();
    assert_eq!(mode(&home.file()), 0o600);
    assert_eq!(record.give_back().unwrap(), GivenBack::Whole);
    assert_eq!(mode(&home.file()), 0o664);
}

#[test]
fn another_line_added_by_hand_stays() {
    let home = Home::with(
        b"GOPROXY=https://proxy.corp.example\nGONOSUMDB=x.example\n",
        0o644,
    );
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    let text = [home.bytes().as_slice(), b"GOFLAGS=-mod=mod\n"].concat();
    write(&home.file(), &text, 0o600);
    let given = record.give_back().unwrap();
    assert_eq!(
        restored(&given),
        ["GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOPROXY"]
    );
    assert_eq!(kept(&given), []);
    assert_eq!(
        home.bytes().escape_ascii().to_string(),
        b"GOPROXY=https://proxy.corp.example\nGOFLAGS=-mod=mod\nGONOSUMDB=x.example\n"
            .escape_ascii()
            .to_string()
    );
    assert_eq!(mode(&home.file()), 0o644);
    assert_eq!(record.give_back().unwrap(), GivenBack::NothingToDo);
}

#[test]
fn go_env_w_in_between_sorts_and_keeps_its_own() {
    let home = Home::with(b"GOSUMDB=off\nGOPROXY=https://proxy.corp.example\n", 0o644);
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    let run = |arguments: &[&str]| {
        let output = go(&home.file())
            .arg("env")
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    run(&["-w", "GOFLAGS=-mod=mod", "GOPRIVATE=mine.example"]);
    let changed = record.changed_by_others().unwrap();
    assert_eq!(
        changed
            .iter()
            .map(|kept| kept.key.as_str())
            .collect::<Vec<_>>(),
        ["GOPRIVATE"]
    );
    let given = record.give_back().unwrap();
    assert_eq!(restored(&given), ["GONOPROXY", "GOPROXY"]);
    assert_eq!(kept(&given), [("GOPRIVATE", Some("mine.example"))]);
    assert_eq!(
        home.bytes().escape_ascii().to_string(),
        b"GOFLAGS=-mod=mod\nGOPRIVATE=mine.example\nGOPROXY=https://proxy.corp.example\nGOSUMDB=off\n"
            .escape_ascii()
            .to_string()
    );
    assert!(!format!("{given:?}").contains("mine.example"));
}

#[test]
fn a_key_that_others_changed_or_removed_is_theirs() {
    let home = Home::with(
        b"GOPROXY=https://proxy.corp.example\nGOPRIVATE=old.example\n",
        0o644,
    );
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    write(&home.file(), b"GOPROXY=off\nGONOPROXY=none\n", 0o600);
    let given = record.give_back().unwrap();
    assert_eq!(restored(&given), ["GONOPROXY"]);
    assert_eq!(
        kept(&given),
        [("GOPRIVATE", None), ("GOPROXY", Some("off"))]
    );
    assert_eq!(home.bytes(), b"GOPROXY=off\n");
    // Their value might be ours with something added: the mode stays as narrow as it is.
    assert_eq!(mode(&home.file()), 0o600);
}

#[test]
fn a_token_below_somebody_elses_line_goes_too() {
    let home = Home::with(b"GOFLAGS=-v\n", 0o644);
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    let text = [home.bytes().as_slice(), b"GOPROXY=direct\n"].concat();
    write(&home.file(), &text, 0o600);
    let given = record.give_back().unwrap();
    assert_eq!(kept(&given), [("GOPROXY", Some("direct"))]);
    assert_eq!(home.bytes(), b"GOFLAGS=-v\nGOPROXY=direct\n");
}

#[test]
fn what_others_added_before_a_second_enabling_is_not_lost_with_the_original() {
    let home = Home::with(b"GOPROXY=direct\n", 0o644);
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    let text = [home.bytes().as_slice(), b"GOFLAGS=-mod=mod\n"].concat();
    write(&home.file(), &text, 0o600);
    enable(&mut record, &wishes(5000));
    enable(&mut record, &wishes(5001));
    record.give_back().unwrap();
    assert_eq!(home.bytes(), b"GOPROXY=direct\nGOFLAGS=-mod=mod\n");
    assert_eq!(mode(&home.file()), 0o644);
}

#[test]
fn a_key_no_longer_wished_for_gets_its_original_value() {
    let home = Home::with(b"GOPRIVATE=old.example\n", 0o644);
    let before = home.everything();
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    enable(
        &mut record,
        &Wishes::new().set("GOPROXY", "http://127.0.0.1:4677/x"),
    );
    assert_eq!(
        home.bytes(),
        b"GOPRIVATE=old.example\nGOPROXY=http://127.0.0.1:4677/x\n"
    );
    assert_eq!(record.give_back().unwrap(), GivenBack::Whole);
    assert_eq!(home.everything(), before);
}

#[test]
fn put_back_by_hand_there_is_nothing_to_do_but_the_mode() {
    let home = Home::with(b"GOPROXY=direct\n", 0o644);
    let before = home.everything();
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    write(&home.file(), b"GOPROXY=direct\n", 0o600);
    assert_eq!(record.give_back().unwrap(), GivenBack::Whole);
    assert_eq!(home.everything(), before);
    // A mode that others chose is theirs.
    enable(&mut record, &wishes(4677));
    write(&home.file(), b"GOPROXY=direct\n", 0o640);
    assert_eq!(record.give_back().unwrap(), GivenBack::NothingToDo);
    assert_eq!(mode(&home.file()), 0o640);
}

#[test]
fn a_file_that_others_removed_stays_gone() {
    let home = Home::with(b"GOPROXY=direct\nGOFLAGS=-v\n", 0o644);
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    fs::remove_file(home.file()).unwrap();
    assert_eq!(kept(&record.give_back().unwrap()), [("GOPROXY", None)]);
    assert!(!home.file().exists());

    // Where there was none before, that is just as it should be.
    let home = Home::empty();
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    fs::remove_file(home.file()).unwrap();
    assert_eq!(record.give_back().unwrap(), GivenBack::NothingToDo);
    assert_eq!(home.everything().len(), 0);
}

#[test]
fn a_file_we_made_goes_when_nothing_but_ours_is_in_it() {
    let home = Home::empty();
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    // Sorted by `go env -w`, so not what was left; all the same nobody else's line is in it.
    let mut lines: Vec<Vec<u8>> = home
        .bytes()
        .split_inclusive(|byte| *byte == b'\n')
        .map(Into::into)
        .collect();
    lines.sort();
    write(&home.file(), &lines.concat(), 0o600);
    assert_eq!(record.give_back().unwrap(), GivenBack::Removed);
    assert_eq!(home.everything().len(), 0);
}

#[test]
fn a_folder_that_others_use_by_now_stays() {
    let home = Home::empty();
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    assert_eq!(mode(&home.path().join(".config")), 0o700);
    fs::write(home.path().join(".config/other"), "").unwrap();
    assert_eq!(record.give_back().unwrap(), GivenBack::Removed);
    let left: Vec<_> = home.everything().into_keys().collect();
    assert_eq!(
        left,
        [
            home.path().join(".config"),
            home.path().join(".config/other")
        ]
    );
}

#[test]
fn a_plan_for_another_file_is_not_carried_out() {
    let home = Home::with(b"GOPROXY=direct\n", 0o644);
    let mut record = home.record();
    let plan = record.plan(&wishes(4677), true).unwrap();
    write(&home.file(), b"GOPROXY=off\n", 0o644);
    let before = home.everything();
    assert!(matches!(record.write(plan), Err(EnvError::Changed { .. })));
    assert_eq!(home.everything(), before);
    // Nothing was written yet, so what stands there now is the original.
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    record.give_back().unwrap();
    assert_eq!(home.everything(), before);
}

#[test]
fn a_link_made_in_between_stays_a_link() {
    let home = Home::with(b"GOPROXY=direct\n", 0o644);
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    let dots = home.path().join("dots");
    fs::rename(home.file(), &dots).unwrap();
    symlink(&dots, home.file()).unwrap();
    enable(&mut record, &wishes(5000));
    assert_eq!(record.give_back().unwrap(), GivenBack::Whole);
    assert!(fs::symlink_metadata(home.file()).unwrap().is_symlink());
    assert_eq!(fs::read(&dots).unwrap(), b"GOPROXY=direct\n");
}

#[test]
fn a_file_that_became_read_only_is_left_alone() {
    let home = Home::with(b"GOPROXY=direct\n", 0o644);
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    fs::set_permissions(home.file(), fs::Permissions::from_mode(0o400)).unwrap();
    let before = home.everything();
    assert!(matches!(
        record.plan(&wishes(1), true),
        Err(EnvError::ReadOnlyFile { .. })
    ));
    assert!(matches!(
        record.give_back(),
        Err(EnvError::ReadOnlyFile { .. })
    ));
    assert_eq!(home.everything(), before);
    fs::set_permissions(home.file(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(record.give_back().unwrap(), GivenBack::Whole);
    assert_eq!(mode(&home.file()), 0o644);
}

#[test]
fn the_group_stays() {
    let home = Home::with(b"GOPROXY=direct\n", 0o640);
    if !rustix::process::geteuid().is_root() {
        return;
    }
    std::os::unix::fs::chown(home.file(), None, Some(12_345)).unwrap();
    let mut record = home.record();
    enable(&mut record, &wishes(4677));
    record.give_back().unwrap();
    assert_eq!(fs::metadata(home.file()).unwrap().gid(), 12_345);
    assert_eq!(mode(&home.file()), 0o640);
}

#[test]
fn a_record_whose_values_are_all_gone_has_done_its_work() {
    let home = Home::with(
        b"GOPROXY=https://proxy.corp.example\nGOPRIVATE=corp.example/*\n",
        0o644,
    );
    let mut record = home.record();
    assert!(!record.still_stands().unwrap(), "nothing was written yet");
    enable(&mut record, &wishes(4677));
    assert!(record.still_stands().unwrap());
    // What is wished for and was there before is no trace; one value of Larder's is.
    write(
        &home.file(),
        b"GOPROXY=off\nGOPRIVATE=corp.example/*\n",
        0o600,
    );
    assert!(!record.still_stands().unwrap());
    write(&home.file(), b"GOPROXY=off\nGONOPROXY=none\n", 0o600);
    assert!(record.still_stands().unwrap());
    fs::remove_file(home.file()).unwrap();
    assert!(!record.still_stands().unwrap());
}
