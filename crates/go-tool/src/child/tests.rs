//! Children that end, hang, flood and are left alone.

use std::time::Instant;

use super::*;

async fn sh(script: &str, deadline: Duration) -> Result<Output, GoError> {
    let environment = Environment::of_process();
    Run {
        program: Path::new("/bin/sh"),
        arguments: &["-c", script],
        environment: &environment,
        directory: Path::new("/"),
        deadline,
    }
    .output(())
    .await
}

/// A child that was not reaped counts; an orphan that waits for the system's first process to reap it does not.
fn alive(id: i32) -> bool {
    let there = rustix::process::test_kill_process(Pid::from_raw(id).unwrap()).is_ok();
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let orphan = stat
        .rsplit_once(") Z ")
        .is_some_and(|(_, rest)| rest.split(' ').next() != Some(&std::process::id().to_string()));
    there && !orphan
}

async fn gone(id: i32) -> bool {
    for _ in 0..100 {
        if !alive(id) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

async fn ids(file: &Path, count: usize) -> Vec<i32> {
    for _ in 0..200 {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let ids: Vec<i32> = text
            .split_whitespace()
            .map(|id| id.parse().unwrap())
            .collect();
        if ids.len() >= count {
            return ids;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the child did not write {count} ids to {}", file.display());
}

#[tokio::test]
async fn output_and_status_come_back() {
    let output = sh("echo out; echo err >&2; exit 3", Duration::from_secs(10))
        .await
        .unwrap();
    assert_eq!(output.stdout, b"out\n");
    assert_eq!(output.stderr, "err\n");
    assert!(!output.success);
}

#[tokio::test]
async fn standard_input_is_empty() {
    let output = sh("cat; echo end", Duration::from_secs(10)).await.unwrap();
    assert_eq!(output.stdout, b"end\n");
}

#[tokio::test]
async fn the_deadline_ends_the_group_even_when_it_ignores_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ids");
    let script = format!(
        "trap '' TERM; sleep 60 & echo $$ $! > {}; wait",
        file.display()
    );
    let started = Instant::now();
    let error = sh(&script, Duration::from_secs(2)).await.unwrap_err();
    assert!(matches!(error, GoError::Timeout { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
    for id in ids(&file, 2).await {
        assert!(gone(id).await, "{id} is still there");
    }
}

#[tokio::test]
async fn a_dropped_future_ends_the_group_and_keeps_what_is_held_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ids");
    let script = format!("sleep 60 & echo $$ $! > {}; wait", file.display());
    let held = std::sync::Arc::new(());
    let environment = Environment::of_process();
    let arguments = ["-c", script.as_str()];
    let run = Run {
        program: Path::new("/bin/sh"),
        arguments: &arguments,
        environment: &environment,
        directory: Path::new("/"),
        deadline: Duration::from_secs(60),
    };
    let ids = tokio::select! {
        ended = run.output(held.clone()) => panic!("ended by itself: {ended:?}"),
        ids = ids(&file, 2) => ids,
    };
    assert_eq!(
        std::sync::Arc::strong_count(&held),
        2,
        "let go of before the child was gone"
    );
    for id in &ids {
        assert!(gone(*id).await, "{id} is still there");
    }
    for _ in 0..100 {
        if std::sync::Arc::strong_count(&held) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("what was held is never let go of");
}

#[test]
fn a_runtime_that_shuts_down_kills_the_group() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ids");
    let script = format!(
        "trap '' TERM; sleep 60 & echo $! > {}; wait",
        file.display()
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let id = runtime.block_on(async {
        let child = tokio::spawn(async move { sh(&script, Duration::from_secs(60)).await });
        let id = ids(&file, 1).await[0];
        drop(child);
        id
    });
    drop(runtime);
    let started = Instant::now();
    while alive(id) {
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{id} is still there"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn endless_output_is_refused_and_its_child_ended() {
    let started = Instant::now();
    let error = sh("yes", Duration::from_secs(60)).await.unwrap_err();
    assert!(error.to_string().contains("more than 16 MiB"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn of_a_long_standard_error_the_end_is_kept() {
    let output = sh(
        "yes warning | head -c 1000000 >&2; echo the reason >&2",
        Duration::from_secs(30),
    )
    .await
    .unwrap();
    assert!(output.stderr.ends_with("the reason\n"));
    assert_eq!(output.stderr.len(), STDERR_CAP);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let environment = Environment::of_process();
    let run = Run {
        program: Path::new("/nonexistent/go"),
        arguments: &[],
        environment: &environment,
        directory: Path::new("/"),
        deadline: Duration::from_secs(1),
    };
    let error = run.output(()).await.unwrap_err();
    assert!(error.to_string().contains("/nonexistent/go"), "{error}");
}
