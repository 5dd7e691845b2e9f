//! What teaches: help, the manual, completions.

use std::fs;

use test_support::{TempHome, run};

use crate::{bin, larder};

#[test]
fn help_goes_to_stdout_and_lack_of_a_command_to_stderr() {
    let home = TempHome::new();
    let help = larder(&home, &["--help"]).success();
    assert!(
        help.stdout.contains("Exit codes:") && help.stdout.contains("LARDER_HOME"),
        "{help}"
    );
    assert!(
        larder(&home, &["cache", "verify", "-h"])
            .success()
            .stdout
            .contains("--repair")
    );
    assert!(
        larder(&home, &["--version"])
            .success()
            .stdout
            .starts_with("larder ")
    );
    let nothing = larder(&home, &[]).code(2);
    assert!(
        nothing.stdout.is_empty() && nothing.stderr.contains("Usage: larder"),
        "{nothing}"
    );
    assert!(!larder(&home, &["--help"]).stdout.contains('\u{1b}'));
    assert!(
        larder(&home, &["--color", "always", "--help"])
            .stdout
            .contains('\u{1b}')
    );
    // Nobody asked for anything that needs a folder.
    assert_eq!(fs::read_dir(home.larder_home()).unwrap().count(), 0);
}

#[test]
fn completions_for_every_shell() {
    let home = TempHome::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = larder(&home, &["completions", shell]).success().stdout;
        assert!(
            script.contains("goproxy") && script.contains("verify"),
            "{shell}: {script}"
        );
    }
    let path = home.write(
        "larder.bash",
        larder(&home, &["completions", "bash"]).stdout,
    );
    run(std::process::Command::new("bash").arg("-n").arg(path)).success();
    larder(&home, &["completions", "tcsh"]).code(2);
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let home = TempHome::new();
    let page = larder(&home, &["man"]).success().stdout;
    assert!(
        page.contains(".TH larder 1") && page.contains(".SH \"EXIT CODES\""),
        "{page}"
    );
    let folder = home.path().join("share/man1");
    let mut write = home.larder(bin());
    assert_eq!(
        run(write.arg("man").arg("--dir").arg(&folder))
            .success()
            .stdout,
        ""
    );
    for name in [
        "larder",
        "larder-serve",
        "larder-cache",
        "larder-cache-verify",
        "larder-token-rotate",
    ] {
        let page = fs::read_to_string(folder.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".TH"), "{name}: {page}");
    }
    let file = home.write("a-file", "");
    let mut refused = home.larder(bin());
    let refused = run(refused.arg("man").arg("--dir").arg(&file)).code(1);
    assert!(
        refused.stderr.contains("the manual can't be written to"),
        "{refused}"
    );
}
