//! How the children of direct behave: deadlines, turns, prompts, settings of the person.

use std::time::{Duration, Instant};

use go_tool::GoError;

use crate::support::{Machine, Server, eventually, exists, ids, path, released};

#[tokio::test]
async fn a_revision_that_begins_with_a_dash_reaches_nobody() {
    let machine = Machine::new();
    let _repository = released(&machine);
    let log = machine.path("git.log");
    machine.script("git", &format!("echo \"$@\" >> {}; exit 1", log.display()));
    for query in ["-x", "--upload-pack=touch"] {
        let error = machine
            .direct()
            .query(&path("git.example.test/repo.git"), query)
            .await
            .unwrap_err();
        assert!(matches!(error, GoError::InvalidQuery { .. }), "{error:?}");
    }
    assert!(!log.exists(), "git was run");
}

#[tokio::test]
async fn the_deadline_ends_go_git_and_what_git_started() {
    let machine = Machine::new();
    let file = machine.path("ids");
    machine.script("git", &format!(
        "[ \"$1\" = config ] && exit 1\nsleep 300 &\nprintf '%s\\n%s\\n%s\\n' $PPID $$ $! >> {}\nwait",
        file.display()
    ));
    let direct = machine.direct_with(1, Duration::from_secs(6));
    let started = Instant::now();
    let error = direct
        .list(&path("git.example.test/repo.git"))
        .await
        .unwrap_err();
    assert!(matches!(error, GoError::Timeout { .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(20));
    let ids = ids(&file);
    assert_eq!(ids.len(), 3, "git was not reached before the deadline");
    for id in ids {
        assert!(eventually(|| !exists(id)).await, "{id} is still there");
    }
    assert!(
        eventually(|| machine.cached("runs").is_empty()).await,
        "{:?}",
        machine.cached("runs")
    );
}

#[tokio::test]
async fn a_question_nobody_waits_for_is_ended_and_gives_its_turn_back() {
    let machine = Machine::new();
    let _repository = released(&machine);
    let file = machine.path("ids");
    let slow = machine.path("slow");
    std::fs::write(&slow, "").unwrap();
    let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join("git"))
        .find(|git| git.is_file())
        .unwrap();
    machine.script("git", &format!(
        "[ -e {} ] && [ \"$1\" != config ] || exec {} \"$@\"\nsleep 300 &\nprintf '%s\\n%s\\n%s\\n' $PPID $$ $! >> {}\nwait",
        slow.display(), real.display(), file.display()
    ));
    let direct = machine.direct_with(1, Duration::from_secs(120));
    let module = path("git.example.test/repo.git");
    tokio::select! {
        ended = direct.list(&module) => panic!("ended by itself: {ended:?}"),
        reached = eventually(|| ids(&file).len() == 3) => assert!(reached, "git was not reached"),
    }
    for id in ids(&file) {
        assert!(eventually(|| !exists(id)).await, "{id} is still there");
    }
    std::fs::remove_file(slow).unwrap();
    assert_eq!(direct.list(&module).await.unwrap(), ["v1.0.0"]);
}

#[tokio::test]
async fn no_more_run_at_once_than_allowed() {
    async fn overlapped(at_most: usize) -> bool {
        let machine = Machine::new();
        for name in ["a", "b", "c"] {
            machine
                .repository(name)
                .write("a.go", "package a\n")
                .commit()
                .tag("v1.0.0");
        }
        let (busy, overlap) = (machine.path("busy"), machine.path("overlap"));
        // One go runs one git at a time, so two gits at once are two runs.
        machine.script("git", &format!(
            "mkdir {busy} 2>/dev/null || touch {overlap}\nsleep 0.3\nrmdir {busy} 2>/dev/null\nexit 1",
            busy = busy.display(), overlap = overlap.display()
        ));
        let direct = machine.direct_with(at_most, Duration::from_secs(120));
        let [a, b, c] = ["a", "b", "c"].map(|name| path(&format!("git.example.test/{name}.git")));
        let _ = tokio::join!(direct.list(&a), direct.list(&b), direct.list(&c));
        overlap.exists()
    }
    assert!(!overlapped(1).await, "two ran at once");
    assert!(overlapped(3).await, "three may run at once, and did not");
}

#[tokio::test]
async fn clones_are_removed_when_they_take_too_much_room() {
    let machine = Machine::new();
    let _repository = released(&machine);
    let direct = machine.direct();
    let module = path("git.example.test/repo.git");
    assert_eq!(direct.shrink_clones(0).await.unwrap(), 0);
    direct.list(&module).await.unwrap();
    assert_eq!(direct.shrink_clones(1 << 30).await.unwrap(), 0);
    assert!(direct.shrink_clones(0).await.unwrap() > 0);
    assert!(machine.cached("vcs").is_empty());
    assert_eq!(direct.list(&module).await.unwrap(), ["v1.0.0"]);

    // Not under a go that runs.
    machine.script("git", "sleep 300");
    tokio::select! {
        ended = direct.list(&module) => panic!("ended by itself: {ended:?}"),
        removed = async {
            assert!(eventually(|| !machine.cached("runs").is_empty()).await);
            direct.shrink_clones(0).await
        } => assert_eq!(removed.unwrap(), 0),
    }
}

#[tokio::test]
async fn the_wait_for_a_turn_is_within_the_deadline() {
    let machine = Machine::new();
    machine.script("git", "sleep 300");
    let direct = machine.direct_with(1, Duration::from_secs(2));
    let (a, b) = (
        path("git.example.test/a.git"),
        path("git.example.test/b.git"),
    );
    let started = Instant::now();
    let (first, second) = tokio::join!(direct.list(&a), direct.list(&b));
    assert!(matches!(first, Err(GoError::Timeout { .. })));
    assert!(matches!(second, Err(GoError::Timeout { .. })));
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_server_that_wants_a_password_is_a_refusal_and_nobody_is_asked() {
    let server = Server::start(|_, _| {
        (
            "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"",
            String::new(),
        )
    });
    let asked = "touch $HOME/asked; echo secret";
    let machine = Machine::new();
    machine.script("ask", asked);
    machine.git_config("core.askPass", machine.path("bin/ask").to_str().unwrap());
    machine.redirect(
        &format!("http://{}/", server.address),
        "https://git.example.test/locked",
    );
    let ask = machine.path("bin/ask");
    let machine = machine
        .with("GIT_ASKPASS", &ask)
        .with("SSH_ASKPASS", &ask)
        .with("GIT_TERMINAL_PROMPT", "1");
    let started = Instant::now();
    let error = machine
        .direct()
        .list(&path("git.example.test/locked.git"))
        .await
        .unwrap_err();
    assert!(matches!(error, GoError::Refused { .. }), "{error:?}");
    assert!(
        error.to_string().contains("terminal prompts disabled"),
        "{error}"
    );
    assert!(
        !server.asked.lock().unwrap().is_empty(),
        "the server was not reached"
    );
    assert!(
        !machine.path("home/asked").exists(),
        "a password was asked for"
    );
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn ssh_is_in_batch_mode_unless_the_person_chose_their_own() {
    let machine = Machine::new();
    machine.redirect(
        "ssh://git@git.example.test/",
        "https://git.example.test/closed",
    );
    let module = path("git.example.test/closed.git");
    let error = machine.direct().list(&module).await.unwrap_err();
    assert!(matches!(error, GoError::Refused { .. }), "{error:?}");
    let log = machine.path("ssh.log");
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(
        text.contains("BatchMode=yes") && text.contains("git@git.example.test"),
        "{text}"
    );

    let own = format!("{} -i work", machine.path("bin/ssh").display());
    std::fs::remove_file(&log).unwrap();
    let by_variable = machine.with("GIT_SSH_COMMAND", &own);
    by_variable.direct().list(&module).await.unwrap_err();
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(
        text.contains("-i work") && !text.contains("BatchMode"),
        "{text}"
    );

    std::fs::remove_file(&log).unwrap();
    let by_configuration = by_variable.without("GIT_SSH_COMMAND");
    by_configuration.git_config("core.sshCommand", &own);
    by_configuration.direct().list(&module).await.unwrap_err();
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(
        text.contains("-i work") && !text.contains("BatchMode"),
        "{text}"
    );
}

#[tokio::test]
async fn govcs_of_the_person_holds() {
    let machine = Machine::new();
    let _repository = released(&machine);
    machine.go_env("GOVCS=public:off");
    let module = path("git.example.test/repo.git");
    let error = machine.direct().list(&module).await.unwrap_err();
    assert!(matches!(error, GoError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("GOVCS disallows"), "{error}");
    // A private path is ruled by another default, and GOPRIVATE is read at each question.
    machine.go_env("GOPRIVATE=git.example.test");
    assert_eq!(machine.direct().list(&module).await.unwrap(), ["v1.0.0"]);
}

#[tokio::test]
async fn settings_are_read_as_the_person_has_them() {
    let machine = Machine::new();
    machine.go_env("GOPRIVATE=corp.example");
    let found = machine.go().env(&["GOPRIVATE", "GOPROXY"]).await.unwrap();
    assert_eq!(found["GOPRIVATE"], "corp.example");
    assert_eq!(found["GOPROXY"], "http://127.0.0.1:9");
}
