//! What `larder env` says.

use app::{Code, Failure, GoCommand, PortHold};

use super::*;

fn plainly(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn setting(key: &str, wants: EnvWish, file: Option<&str>, wins: EnvWinner) -> EnvSetting {
    EnvSetting {
        key: key.to_owned(),
        wants: Some(wants),
        file: file.map(str::to_owned),
        shell: None,
        shell_from: Vec::new(),
        wins,
    }
}

fn report() -> EnvReport {
    let address = "http://127.0.0.1:4677/[hidden]";
    EnvReport {
        file: "/home/ann/.config/go/env".into(),
        link_to: None,
        on: true,
        stays: false,
        hold: PortHold::Nobody,
        profile: "company".to_owned(),
        settings: vec![
            setting(
                "GOPROXY",
                EnvWish::Value(address.to_owned()),
                Some(address),
                EnvWinner::Larder,
            ),
            setting(
                "GOPRIVATE",
                EnvWish::Value("corp.example/*".to_owned()),
                Some("corp.example/*,mine.example"),
                EnvWinner::File,
            ),
            EnvSetting {
                shell: Some("off".to_owned()),
                shell_from: vec![
                    "/home/ann/.zshrc:12".to_owned(),
                    "/etc/profile:3".to_owned(),
                ],
                ..setting("GOSUMDB", EnvWish::NoLine, None, EnvWinner::Shell)
            },
        ],
        no_safety_net: Some("there are private patterns".to_owned()),
        go: Some(GoCommand {
            path: "/usr/local/go/bin/go".into(),
            version: "go1.26.8".to_owned(),
        }),
        other_go: vec![GoCommand {
            path: "/home/ann/sdk/go1.21.3/bin/go".into(),
            version: "go1.21.3".to_owned(),
        }],
        restore_script: Some("/home/ann/.local/share/larder/go-env/1/restore.sh".into()),
        notes: vec!["private modules stay outside Larder".to_owned()],
        problems: vec![],
    }
}

#[test]
fn how_go_env_stands() {
    insta::assert_snapshot!(plainly(&told(&report(), Some(Path::new("/home/ann")))));
}

#[test]
fn what_stands_in_the_way_is_told_last() {
    let mut report = report();
    report.on = false;
    report.restore_script = None;
    report.no_safety_net = None;
    report.settings.clear();
    report.notes.clear();
    report.link_to = Some("/srv/dots/goenv\u{1b}[2J".into());
    report.problems =
        vec![Failure::new(Code::Disk, "the go env file is read-only").hint("make it writable")];
    insta::assert_snapshot!(plainly(&told(&report, None)));
}

#[test]
fn pointed_at_larder() {
    let mut report = report();
    report.settings.truncate(1);
    report.notes.clear();
    let mut done = EnvOnReport {
        changed: true,
        taken_over: Some(app::TakenOver {
            profile: "company".to_owned(),
            new: true,
        }),
        report,
    };
    insta::assert_snapshot!(plainly(&told_on(&done, None)));
    done.changed = false;
    done.report.stays = true;
    done.taken_over = None;
    insta::assert_snapshot!(plainly(&told_on(&done, None)));
}

#[test]
fn given_back() {
    let given = |how, restored: &[&str], others: &[(&str, Option<&str>)]| EnvGivenBack {
        file: "/home/ann/.config/go/env".into(),
        how,
        restored: restored.iter().map(|key| (*key).to_owned()).collect(),
        kept_by_others: others
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned)))
            .collect(),
    };
    let report = EnvOffReport {
        files: vec![
            given(GivenBackHow::Whole, &[], &[]),
            given(GivenBackHow::Removed, &[], &[]),
            given(GivenBackHow::Nothing, &[], &[]),
            given(
                GivenBackHow::KeysOnly,
                &["GOPROXY", "GONOPROXY"],
                &[("GOPRIVATE", Some("mine.example")), ("GOSUMDB", None)],
            ),
            given(GivenBackHow::KeysOnly, &[], &[]),
        ],
        elsewhere: vec!["/srv/goenv".into()],
        notes: vec!["GOPROXY is set to Larder's address in this shell: unset GOPROXY".to_owned()],
    };
    insta::assert_snapshot!(plainly(&told_off(&report)));
}
