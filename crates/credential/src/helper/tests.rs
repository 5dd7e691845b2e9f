//! Helpers that are run for real: small shell scripts.

use std::fs;
use std::time::Instant;

use secret::Secret;

use super::*;

fn origin() -> Origin {
    "https://proxy.corp.example".parse().unwrap()
}

fn sh(script: &str) -> HelperCommand {
    HelperCommand::new(["sh", "-c", script].map(str::to_owned).to_vec()).unwrap()
}

async fn ask(script: &str) -> Result<Option<Answer>, HelperError> {
    sh(script).ask(&origin(), Timestamp::now()).await
}

fn header(answer: &Answer) -> Secret {
    answer.credential.authorization(&origin()).unwrap()
}

#[tokio::test]
async fn it_is_asked_on_standard_input_and_answers_on_standard_output() {
    let script = r#"read -r protocol; read -r host; read -r empty
        [ "$protocol|$host|$empty" = "protocol=https|host=proxy.corp.example|" ] || exit 3
        [ "$(pwd)|$GIT_TERMINAL_PROMPT" = "/|0" ] || exit 4
        [ "$(readlink /proc/$$/fd/2)" = /dev/null ] || exit 5
        printf 'token=t0k3n\nexpires=60\n'"#;
    let answer = ask(script).await.unwrap().unwrap();
    assert_eq!(header(&answer).expose(), "Bearer t0k3n");
    assert!(answer.expires.is_some());
    assert_eq!(ask("cat >/dev/null").await.unwrap(), None);
}

#[tokio::test]
async fn no_shell_reads_its_arguments() {
    let argv = ["printf", "token=%s\\n", "$HOME;x"]
        .map(str::to_owned)
        .to_vec();
    let answer = HelperCommand::new(argv).unwrap();
    let answer = answer
        .ask(&origin(), Timestamp::now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(header(&answer).expose(), "Bearer $HOME;x");
}

#[tokio::test]
async fn the_real_git_can_be_the_helper() {
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("kept");
    fs::write(&kept, "https://bob:hunter2@proxy.corp.example\n").unwrap();
    let helper = format!("credential.helper=store --file={}", kept.display());
    let argv = [
        "git",
        "-c",
        "credential.helper=",
        "-c",
        &helper,
        "credential",
        "fill",
    ];
    let git = HelperCommand::new(argv.map(str::to_owned).to_vec()).unwrap();
    let answer = git.ask(&origin(), Timestamp::now()).await.unwrap().unwrap();
    assert_eq!(answer.credential.user(), Some("bob"));
    assert_eq!(header(&answer).expose(), "Basic Ym9iOmh1bnRlcjI=");
}

#[tokio::test]
async fn a_failure_shows_how_it_ended_and_nothing_it_said() {
    let failed = ask("echo hunter2; echo hunter2 >&2; exit 7")
        .await
        .unwrap_err();
    let shown = format!("{failed} {failed:?}");
    assert!(!shown.contains("hunter2") && shown.contains('7'), "{shown}");
    assert!(matches!(failed, HelperError::Failed { .. }));

    let answer = ask("echo hunter2").await.unwrap_err();
    assert!(matches!(
        answer,
        HelperError::Answer {
            fault: Fault::Line,
            ..
        }
    ));
    assert!(!format!("{answer} {answer:?}").contains("hunter2"));
    let bytes = ask("printf 'token=\\377\\n'").await.unwrap_err();
    assert!(matches!(
        bytes,
        HelperError::Answer {
            fault: Fault::NotText,
            ..
        }
    ));
}

#[tokio::test]
async fn one_that_is_not_there_or_is_no_command_is_told() {
    let nowhere =
        HelperCommand::new(vec!["/no/such/helper".to_owned(), "hunter2".to_owned()]).unwrap();
    let error = nowhere.ask(&origin(), Timestamp::now()).await.unwrap_err();
    assert!(matches!(&error, HelperError::Spawn { program, .. } if program == "/no/such/helper"));
    assert!(!format!("{error} {error:?} {nowhere:?}").contains("hunter2"));

    assert_eq!(HelperCommand::new(vec![]), Err(HelperError::Empty));
    assert_eq!(
        HelperCommand::new(vec![String::new()]),
        Err(HelperError::Empty)
    );
    let relative = HelperCommand::new(vec!["./helper".to_owned()]).unwrap_err();
    assert!(matches!(relative, HelperError::Relative { .. }));
    let read: HelperCommand = serde_json::from_str(r#"["git", "credential", "fill"]"#).unwrap();
    assert_eq!(
        serde_json::to_string(&read).unwrap(),
        r#"["git","credential","fill"]"#
    );
    assert!(serde_json::from_str::<HelperCommand>("[]").is_err());
}

#[tokio::test]
async fn endless_output_is_cut_off() {
    let error = ask("exec yes token=x").await.unwrap_err();
    assert!(matches!(error, HelperError::TooMuch { .. }), "{error}");
}

#[tokio::test]
async fn one_that_hangs_is_ended_with_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!(
        "sleep 300 & echo $! > {0}; echo $$ >> {0}; wait",
        pids.display()
    );
    let begun = Instant::now();
    let deadline = Duration::from_millis(400);
    let error = sh(&script)
        .ask_within(&origin(), Timestamp::now(), deadline)
        .await
        .unwrap_err();
    assert!(matches!(error, HelperError::Deadline { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    for pid in fs::read_to_string(&pids).unwrap().lines() {
        gone(pid).await;
    }
}

#[tokio::test]
async fn one_that_nobody_waits_for_any_more_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!("echo $$ > {}; exec sleep 300", pids.display());
    let helper = sh(&script);
    let origin = origin();
    let unwanted = helper.ask(&origin, Timestamp::now());
    let _ = tokio::time::timeout(Duration::from_millis(400), unwanted).await;
    gone(&fs::read_to_string(&pids).unwrap()).await;
}

/// Waits until this process has ended. What was not reaped by its new parent counts as ended too.
async fn gone(pid: &str) {
    let status = format!("/proc/{}/stat", pid.trim());
    for _ in 0..500 {
        match fs::read_to_string(&status) {
            Ok(status) if !status.contains(") Z ") => {}
            _ => return,
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("process {pid} is still there");
}
