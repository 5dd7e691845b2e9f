//! `larder env`: go env is pointed at Larder, shown and given back, whatever its file looks like and whoever is in the way.

mod lost;
mod profile;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use test_support::{Larder, TempHome, run};

use crate::{Running, bin, json, larder, proxy, serve};

/// A home whose go is as a person has it: no setting comes from the shell, the env file is at its usual place.
pub(crate) fn home() -> TempHome {
    let home = TempHome::new();
    home.use_sumdb();
    home.remove_env("GOENV");
    home.remove_env("GOFLAGS");
    home
}

/// The go env file, as go itself finds it.
pub(crate) fn env_file(home: &TempHome) -> PathBuf {
    go_reads(home, "GOENV").into()
}

pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// All that stands below a folder: kind, mode, bytes.
pub(crate) fn everything(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let mode = metadata.permissions().mode();
        let what = if metadata.is_symlink() {
            format!("link to {}", fs::read_link(&path).unwrap().display())
        } else if metadata.is_dir() {
            found.extend(everything(&path));
            format!("folder {mode:o}")
        } else {
            let bytes = fs::read(&path).unwrap();
            format!("file {mode:o} {}", bytes.escape_ascii())
        };
        found.insert(path, what);
    }
    found
}

/// Homes as people have them: what the file is like, and the home.
fn homes() -> Vec<(&'static str, TempHome)> {
    let files: [(&str, &[u8], u32); 8] = [
        ("empty", b"", 0o644),
        ("plain", b"GOFLAGS=-mod=mod\nGOPROXY=direct\n", 0o644),
        (
            "unsorted",
            b"GOTOOLCHAIN=local\nGOPROXY=direct\nGOFLAGS=-v\n",
            0o664,
        ),
        (
            "duplicate keys",
            b"GOPROXY=off\nGOPRIVATE=x.example\nGOPROXY=direct\n",
            0o600,
        ),
        ("CRLF", b"GOFLAGS=-v\r\n\r\nGOBIN=/tmp/bin\r\n", 0o644),
        ("no final newline", b"GOFLAGS=-v\nGOPROXY=direct", 0o640),
        (
            "comments",
            b"\n# mine\n  GOPROXY=off\n\nGOPROXY=direct\n\n\n",
            0o644,
        ),
        (
            "not UTF-8",
            b"GOFLAGS=-v\nGOPRIVATE=\xff\xfe\nGONOSUMDB=a\0b\n\0",
            0o644,
        ),
    ];
    let mut homes: Vec<(&str, TempHome)> = files
        .into_iter()
        .map(|(name, bytes, mode)| {
            let home = home();
            write(&env_file(&home), bytes, mode);
            (name, home)
        })
        .collect();
    homes.push(("absent", home()));
    let folderless = home();
    folderless.set_env("GOENV", folderless.path().join("config/a/b/goenv"));
    homes.push(("absent, with its folders", folderless));
    let linked = home();
    write(
        &linked.path().join("config/dots/goenv"),
        b"GOPROXY=direct\n# end",
        0o640,
    );
    symlink("../dots/goenv", env_file(&linked)).unwrap();
    homes.push(("symlink", linked));
    homes
}

/// What go reads.
#[track_caller]
pub(crate) fn go_reads(home: &TempHome, key: &str) -> String {
    let output = run(&mut home.go(&["env", key])).success();
    output.stdout.trim_end().to_owned()
}

fn state(home: &TempHome) -> PathBuf {
    home.larder_home().join("data/go-env")
}

#[track_caller]
fn setting(report: &Value, key: &str) -> Value {
    let settings = report["settings"].as_array().unwrap();
    let found = settings.iter().find(|setting| setting["key"] == key);
    found.unwrap_or_else(|| panic!("{key} in {report}")).clone()
}

#[test]
fn on_and_off_again_go_env_is_what_it_was() {
    let proxy = proxy();
    for (name, home) in homes() {
        let before = everything(&home.path().join("config"));
        let serving = serve(&home, &proxy);
        serving.run(&["env", "on"]).success();
        let reads = go_reads(&home, "GOPROXY");
        assert!(reads.starts_with(serving.goproxy()), "{name}: {reads}");
        assert_eq!(mode(&env_file(&home)), 0o600, "{name}: it holds the token");
        // A second time keeps nothing of its own as the original, and says that it had nothing to do.
        let again = json(&serving.run(&["env", "on", "--json"]).success());
        assert_eq!(again["changed"], false, "{name}: {again}");
        let off = serving.run(&["env", "off"]).success();
        assert_eq!(
            everything(&home.path().join("config")),
            before,
            "{name}: {off}"
        );
        assert_eq!(fs::read_dir(state(&home)).unwrap().count(), 0, "{name}");
        let again = serving.run(&["env", "off"]).success();
        assert!(again.stdout.contains("nothing to do"), "{name}: {again}");
        assert_eq!(everything(&home.path().join("config")), before, "{name}");
    }
}

#[test]
fn whatever_ends_larder_go_env_can_be_given_back() {
    let proxy = proxy();
    for (name, home) in homes().into_iter().skip(1).step_by(3) {
        let config = home.path().join("config");
        let before = everything(&config);
        // In good order: it was declined to have it stay, so nothing is left.
        type End = fn(Larder);
        let ends: [(&str, End); 2] = [
            ("SIGTERM", |larder| {
                assert!(larder.terminate().status.success())
            }),
            ("larder stop", |larder| {
                drop(larder.run(&["stop"]).success())
            }),
        ];
        for (how, end) in ends {
            let serving = serve(&home, &proxy);
            serving.run(&["env", "on"]).success();
            end(serving);
            assert_eq!(everything(&config), before, "{name}, {how}");
        }
        // It stays given back until somebody asks for it.
        let serving = serve(&home, &proxy);
        assert_eq!(everything(&config), before, "{name}");

        serving.run(&["env", "on"]).success();
        let token = serving.goproxy().to_owned();
        serving.kill9();
        assert!(go_reads(&home, "GOPROXY").starts_with(&token), "{name}");
        larder(&home, &["env", "off"]).success();
        assert_eq!(everything(&config), before, "{name}, kill -9");

        // The next run takes up what a killed one has left, at its own port.
        let serving = serve(&home, &proxy);
        serving.run(&["env", "on"]).success();
        serving.kill9();
        let serving = serve(&home, &proxy);
        assert!(
            go_reads(&home, "GOPROXY").starts_with(serving.goproxy()),
            "{name}"
        );
        serving.terminate();
        assert_eq!(
            everything(&config),
            before,
            "{name}, kill -9 and another run"
        );
    }
}

#[test]
fn hangup_and_ctrl_c_give_it_back_too() {
    let (home, proxy) = (home(), proxy());
    write(&env_file(&home), b"GOFLAGS=-v\r\n", 0o644);
    let before = everything(&home.path().join("config"));
    for signal in ["HUP", "INT"] {
        let url = proxy.url();
        let (mut running, goproxy) = Running::serve(
            &home,
            &["--port", "0", "--upstreams", &url, "--sumdb", "off"],
        );
        larder(&home, &["env", "on"]).success();
        assert!(go_reads(&home, "GOPROXY").starts_with(&goproxy));
        running.signal(signal);
        assert!(running.end().success());
        assert_eq!(everything(&home.path().join("config")), before, "{signal}");
    }
}

#[test]
fn what_somebody_changed_meanwhile_stays_and_is_told() {
    let (home, proxy) = (home(), proxy());
    let file = env_file(&home);
    write(
        &file,
        b"GOPROXY=direct\nGOPRIVATE=old.example\nGOFLAGS=-v\n",
        0o644,
    );
    let serving = serve(&home, &proxy);
    serving.run(&["env", "on"]).success();
    run(&mut home.go(&[
        "env",
        "-w",
        "GOPRIVATE=old.example,mine.example",
        "GOBIN=/tmp/bin",
    ]))
    .success();

    // Nobody has asked for it just now: a change of Larder's own does not walk over what a person did.
    let by_hand = fs::read(&file).unwrap();
    serving.run(&["token", "rotate"]).success();
    assert_eq!(fs::read(&file).unwrap(), by_hand);
    assert!(
        serving.log().contains("was changed by hand (GOPRIVATE)"),
        "{}",
        serving.log()
    );
    let shown = json(&serving.run(&["env", "show", "--json"]).success());
    assert_eq!(setting(&shown, "GOPRIVATE")["wins"], "file", "{shown}");

    let off = serving.run(&["env", "off"]).success();
    assert!(
        off.stdout
            .contains("GOPRIVATE stays as they set it: old.example,mine.example"),
        "{off}"
    );
    let left = fs::read_to_string(&file).unwrap();
    assert_eq!(
        left,
        "GOBIN=/tmp/bin\nGOFLAGS=-v\nGOPRIVATE=old.example,mine.example\nGOPROXY=direct\n"
    );

    // Pointed at Larder again, the pattern goes along into the profile, and none is lost.
    serving.run(&["env", "on"]).success();
    assert_eq!(go_reads(&home, "GOPRIVATE"), "old.example,mine.example");
    run(&mut home.go(&[
        "env",
        "-w",
        "GOPRIVATE=old.example,mine.example,third.example",
    ]))
    .success();
    serving.run(&["env", "on"]).success();
    assert_eq!(
        go_reads(&home, "GOPRIVATE"),
        "old.example,mine.example,third.example"
    );
    let settings = fs::read_to_string(home.larder_home().join("config/settings.toml")).unwrap();
    assert!(settings.contains("third.example"), "{settings}");
    serving.run(&["env", "off"]).success();
    assert_eq!(fs::read_to_string(&file).unwrap(), left);
}

#[test]
fn a_script_gives_it_back_without_larder() {
    for (name, home) in homes() {
        let before = everything(&home.path().join("config"));
        let serving = serve(&home, &proxy());
        let on = json(&serving.run(&["env", "on", "--json"]).success());
        let script = on["restore_script"].as_str().unwrap().to_owned();
        serving.kill9();
        let mut sh = Command::new("sh");
        run(home.apply(sh.arg(&script))).success();
        assert_eq!(everything(&home.path().join("config")), before, "{name}");
        // Larder takes that for what it is: what stands there now is the original of the next time.
        let file = env_file(&home);
        let changed = file.is_symlink() || !file.exists();
        if !changed {
            let bytes = [fs::read(&file).unwrap(), b"\n# more".to_vec()].concat();
            fs::write(&file, bytes).unwrap();
        }
        let before = everything(&home.path().join("config"));
        let serving = serve(&home, &proxy());
        serving.run(&["env", "on"]).success();
        serving.run(&["env", "off"]).success();
        assert_eq!(everything(&home.path().join("config")), before, "{name}");
    }
}

#[test]
fn with_nobody_at_the_port_nothing_is_changed() {
    let home = home();
    write(&env_file(&home), b"GOPROXY=direct\n", 0o644);
    let before = everything(&home.path().join("config"));
    let refused = larder(&home, &["env", "on"]).code(3);
    assert!(
        refused.stderr.contains("nothing was changed") && refused.stderr.contains("hint: "),
        "{refused}"
    );
    assert_eq!(everything(&home.path().join("config")), before);
    let settings = home.larder_home().join("config/settings.toml");
    assert!(!settings.exists(), "no profile either");
    let refused = larder(&home, &["env", "on", "--json"]).code(3);
    let told: Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!(told["error"]["code"], "not-running");
    larder(&home, &["env", "off"]).success();
    let shown = json(&larder(&home, &["env", "show", "--json"]).success());
    assert_eq!(
        (&shown["on"], &shown["restore_script"]),
        (&Value::Bool(false), &Value::Null)
    );
    assert!(
        shown["no_safety_net"]
            .as_str()
            .unwrap()
            .contains("not known yet"),
        "{shown}"
    );
    assert_eq!(everything(&home.path().join("config")), before);
}

#[test]
fn what_stands_in_the_way_is_told_and_nothing_is_changed() {
    let proxy = proxy();
    let prepared = |name: &str, prepare: &dyn Fn(&TempHome)| {
        let home = home();
        write(&env_file(&home), b"GOPROXY=direct\n", 0o644);
        let serving = serve(&home, &proxy);
        prepare(&home);
        let before = everything(&home.path().join("config"));
        let settings = home.larder_home().join("config/settings.toml");
        let settings_before = fs::read(&settings).ok();
        let refused = serving.run(&["env", "on"]).failure();
        assert_eq!(everything(&home.path().join("config")), before, "{name}");
        assert_eq!(fs::read(&settings).ok(), settings_before, "{name}");
        assert_eq!(refused.stdout, "", "{name}: {refused}");
        let show = serving.run(&["env", "show"]).failure();
        (refused.status.code().unwrap(), refused.stderr, show)
    };
    let (code, says, _) = prepared("GOENV=off", &|home| home.set_env("GOENV", "off"));
    assert!(code == 2 && says.contains("GOENV=off"), "{code}: {says}");
    let (code, says, _) = prepared("relative", &|home| home.set_env("GOENV", "goenv"));
    assert!(code == 2 && says.contains("absolute"), "{code}: {says}");
    let (code, says, show) = prepared("read-only", &|home| {
        write(&env_file(home), b"GOPROXY=direct\n", 0o444);
    });
    assert!(code == 1 && says.contains("read-only"), "{code}: {says}");
    assert!(
        show.stdout.contains("error: ") && show.stdout.contains("read-only"),
        "{show}"
    );
    let (code, says, _) = prepared("dangling", &|home| {
        fs::remove_file(env_file(home)).unwrap();
        symlink("nowhere", env_file(home)).unwrap();
    });
    assert!(code == 1 && says.contains("nowhere"), "{code}: {says}");
    let (code, says, _) = prepared("folder", &|home| {
        fs::remove_file(env_file(home)).unwrap();
        fs::create_dir(env_file(home)).unwrap();
    });
    assert!(code == 1 && says.contains("a folder"), "{code}: {says}");

    // A pattern that go goes by, and that no profile may have.
    let home = home();
    let file = env_file(&home);
    write(&file, b"GOPRIVATE=corp.example,*\n", 0o644);
    let serving = serve(&home, &proxy);
    let refused = serving.run(&["env", "on"]).code(2);
    assert!(refused.stderr.contains("golang.org/toolchain"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), b"GOPRIVATE=corp.example,*\n");
    // With GOENV=off there still is a way back for what was written before.
    write(&file, b"", 0o644);
    serving.run(&["env", "on"]).success();
    home.set_env("GOENV", "off");
    let off = serving.run(&["env", "off"]).success();
    assert!(off.stdout.contains("GOENV=off"), "{off}");
    assert_eq!(fs::read(&file).unwrap(), b"");
}

#[test]
fn what_the_shell_sets_wins_and_is_told_with_its_place() {
    let (home, proxy) = (home(), proxy());
    home.write(
        "home/.zshrc",
        "# mine\nexport GOPROXY=https://ann:hunter2@proxy.corp.example\n",
    );
    let serving = serve(&home, &proxy);
    home.set_env("GOPROXY", "https://ann:hunter2@proxy.corp.example");
    let on = serving.run(&["env", "on"]).success();
    assert!(on.stdout.contains("the shell (~/.zshrc:2)"), "{on}");
    assert!(on.stdout.contains("unset GOPROXY"), "{on}");
    assert!(!on.stdout.contains("hunter2"), "{on}");
    let shown = json(&serving.run(&["env", "show", "--json"]).success());
    let goproxy = setting(&shown, "GOPROXY");
    assert_eq!(goproxy["wins"], "shell", "{shown}");
    assert_eq!(goproxy["shell"], "https://proxy.corp.example");
    // As go was told by its shell, so is the profile.
    let settings = fs::read_to_string(home.larder_home().join("config/settings.toml")).unwrap();
    assert!(settings.contains("[profiles.company]"), "{settings}");

    home.set_env("GOPROXY", serving.goproxy());
    let off = serving.run(&["env", "off"]).success();
    assert!(off.stdout.contains("unset GOPROXY"), "{off}");
}

#[test]
fn several_go_commands_are_told() {
    let (home, proxy) = (home(), proxy());
    let other = home.write("home/sdk/go1.21.3/bin/go", "#!/bin/sh\necho go1.21.3\n");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let serving = serve(&home, &proxy);
    let on = json(&serving.run(&["env", "on", "--json"]).success());
    let others = on["other_go"].as_array().unwrap();
    assert!(
        others
            .iter()
            .any(|go| go["version"] == "go1.21.3" && go["path"] == other.to_str().unwrap()),
        "{on}"
    );
    assert!(
        on["go"]["version"].as_str().unwrap().starts_with("go1."),
        "{on}"
    );
    let shown = serving.run(&["env", "show"]).success();
    assert!(shown.stdout.contains("go1.21.3"), "{shown}");
}

#[test]
fn two_callers_have_a_file_each() {
    let (home, proxy) = (home(), proxy());
    let serving = serve(&home, &proxy);
    serving.run(&["env", "on"]).success();
    let other = home.write("goenv-other", "GOFLAGS=-v\n");
    home.set_env("GOENV", &other);
    serving.run(&["env", "on"]).success();
    assert_eq!(fs::read_dir(state(&home)).unwrap().count(), 2);
    home.remove_env("GOENV");
    let off = serving.run(&["env", "off"]).success();
    assert!(
        off.stdout
            .contains(&format!("GOENV={} larder env off", other.display())),
        "{off}"
    );
    assert!(!env_file(&home).exists());
    assert_ne!(fs::read_to_string(&other).unwrap(), "GOFLAGS=-v\n");
    home.set_env("GOENV", &other);
    serving.run(&["env", "off"]).success();
    assert_eq!(fs::read_to_string(&other).unwrap(), "GOFLAGS=-v\n");
}

#[test]
fn go_env_follows_the_token_and_no_token_is_anywhere_else() {
    let (home, proxy) = (home(), proxy());
    let serving = serve(&home, &proxy);
    let on = serving.run(&["env", "on"]).success();
    let first = serving.goproxy().rsplit('/').next().unwrap().to_owned();
    serving.run(&["token", "rotate"]).success();
    let now = serving
        .run(&["goproxy"])
        .success()
        .stdout
        .trim_end()
        .to_owned();
    assert!(go_reads(&home, "GOPROXY").starts_with(&now));
    let second = now.rsplit('/').next().unwrap().to_owned();
    assert_ne!(first, second);

    let shown = serving.run(&["env", "show"]).success();
    let as_json = serving.run(&["env", "show", "--json"]).success();
    for (path, what) in everything(&state(&home)) {
        let is_private = what.starts_with("folder 40700") || what.starts_with("file 100600");
        assert!(is_private, "{}: {what}", path.display());
        for token in [&first, &second] {
            assert!(!what.contains(token.as_str()), "{}", path.display());
        }
    }
    for output in [on, shown, as_json] {
        for token in [&first, &second] {
            assert!(!output.stdout.contains(token.as_str()), "{output}");
            assert!(!output.stderr.contains(token.as_str()), "{output}");
        }
    }
    serving.run(&["env", "off"]).success();
}

#[test]
fn an_address_whose_record_is_lost_is_never_kept_as_the_original() {
    let (home, proxy) = (home(), proxy());
    let file = env_file(&home);
    write(&file, b"GOFLAGS=-v\n", 0o644);
    let url = proxy.url();
    let start = || Larder::start(bin(), &home, &["--port", "0", "--upstreams", &url]);
    let serving = start();
    serving.run(&["env", "on"]).success();
    let written = fs::read_to_string(&file).unwrap();
    assert!(
        written.contains("GOPROXY=") && written.contains("GOAUTH="),
        "{written}"
    );
    serving.kill9();
    fs::remove_dir_all(state(&home)).unwrap();
    let serving = start();
    serving.run(&["env", "on"]).success();
    assert!(go_reads(&home, "GOPROXY").starts_with(serving.goproxy()));
    serving.run(&["env", "off"]).success();
    assert_eq!(fs::read_to_string(&file).unwrap(), "GOFLAGS=-v\n");
}

#[test]
fn a_record_that_cannot_be_read_is_not_written_over() {
    let (home, proxy) = (home(), proxy());
    let serving = serve(&home, &proxy);
    serving.run(&["env", "on"]).success();
    let record = state(&home).join("1/record.json");
    fs::write(&record, "{").unwrap();
    for command in ["on", "off", "show"] {
        let refused = serving.run(&["env", command]).code(1);
        assert!(refused.stderr.contains("restore.sh"), "{refused}");
    }
    assert_eq!(fs::read_to_string(&record).unwrap(), "{");
}

#[test]
fn on_a_terminal_it_is_asked_and_no_answer_is_a_no() {
    let (home, proxy) = (home(), proxy());
    let serving = serve(&home, &proxy);
    for (answer, installed) in [("n", false), ("", false), ("y", true)] {
        // `script` gives the command a terminal of its own.
        let command = format!(
            "printf '%s\\n' '{answer}' | script -qec '{} env on' /dev/null",
            bin().display()
        );
        let asked = run(home.apply(Command::new("sh").args(["-c", &command]))).success();
        assert!(asked.stdout.contains("[y/N]"), "{asked}");
        assert_eq!(
            asked.stdout.contains("is started with every login"),
            installed,
            "{asked}"
        );
    }
    // Where nobody can be asked, it is not.
    let told = serving.run(&["env", "on"]).success();
    assert!(
        !told.stdout.contains("[y/N]") && !told.stderr.contains("[y/N]"),
        "{told}"
    );
}

/// A profile of this content, put in use.
#[test]
fn nonsense_is_refused() {
    let home = home();
    for args in [
        &["env"][..],
        &["env", "up"],
        &["env", "on", "now"],
        &["service"],
        &["service", "start"],
        &["service", "install", "--port", "1"],
    ] {
        let refused = larder(&home, args).code(2);
        assert_eq!(refused.stdout, "", "{refused}");
    }
    assert_eq!(fs::read_dir(home.larder_home()).unwrap().count(), 0);
}
