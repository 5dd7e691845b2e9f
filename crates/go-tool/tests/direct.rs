//! `direct` with the real go and the real git, on repositories of this machine.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::{Duration, Instant};

use go_tool::GoError;
use support::{
    Machine, Repository, Server, eventually, exists, ids, path, version, version_in, zip_has,
};

/// A module at the root of `srv/repo`, with one release.
fn released(machine: &Machine) -> Repository {
    let repository = machine.repository("repo");
    repository
        .write("go.mod", "module git.example.test/repo.git\n\ngo 1.20\n")
        .write("repo.go", "package repo\n");
    repository.commit().tag("v1.0.0");
    repository
}

#[tokio::test]
async fn a_release_is_downloaded_and_only_the_clone_stays() {
    let machine = Machine::new();
    let _repository = released(&machine);
    let direct = machine.direct();
    let files = direct
        .download(&version("git.example.test/repo.git@v1.0.0"))
        .await
        .unwrap();

    assert_eq!(version_in(&std::fs::read(&files.info).unwrap()), "v1.0.0");
    let gomod = std::fs::read_to_string(&files.gomod).unwrap();
    assert_eq!(gomod, "module git.example.test/repo.git\n\ngo 1.20\n");
    assert!(zip_has(
        &files.zip,
        "git.example.test/repo.git@v1.0.0/repo.go"
    ));

    // Nothing was unpacked.
    let run = &machine.cached("runs")[0];
    let unpacked = machine
        .path("cache/runs")
        .join(run)
        .join("mod/git.example.test/repo.git@v1.0.0");
    assert_eq!(std::fs::read_dir(unpacked).unwrap().count(), 0);

    let zip = files.zip.clone();
    drop(files);
    assert!(!zip.exists());
    assert!(
        machine.cached("runs").is_empty(),
        "{:?}",
        machine.cached("runs")
    );
    assert!(machine.clone_folder().join("objects").is_dir());
}

#[tokio::test]
async fn a_clone_that_was_kept_saves_the_next_fetch() {
    let machine = Machine::new();
    let _repository = released(&machine);
    let direct = machine.direct();
    let wanted = version("git.example.test/repo.git@v1.0.0");
    drop(direct.download(&wanted).await.unwrap());
    let before = std::fs::metadata(machine.clone_folder().join("refs/tags/v1.0.0"))
        .unwrap()
        .modified()
        .unwrap();
    drop(direct.download(&wanted).await.unwrap());
    let after = std::fs::metadata(machine.clone_folder().join("refs/tags/v1.0.0"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(before, after, "the tag was fetched again");
}

#[tokio::test]
async fn info_and_mod_come_without_a_zip() {
    let machine = Machine::new();
    let _repository = released(&machine);
    let described = machine
        .direct()
        .describe(&version("git.example.test/repo.git@v1.0.0"))
        .await
        .unwrap();
    assert_eq!(version_in(&described.info), "v1.0.0");
    assert_eq!(
        described.gomod,
        b"module git.example.test/repo.git\n\ngo 1.20\n"
    );
    assert!(machine.cached("runs").is_empty());
}

#[tokio::test]
async fn a_module_in_a_folder_of_a_repository() {
    let machine = Machine::new();
    let repository = released(&machine);
    repository
        .write("sub/go.mod", "module git.example.test/repo.git/sub\n")
        .write("sub/sub.go", "package sub\n");
    repository.commit().tag("sub/v0.1.0");
    let direct = machine.direct();
    assert_eq!(
        direct
            .list(&path("git.example.test/repo.git/sub"))
            .await
            .unwrap(),
        ["v0.1.0"]
    );
    assert_eq!(
        direct
            .list(&path("git.example.test/repo.git"))
            .await
            .unwrap(),
        ["v1.0.0"]
    );
    let files = direct
        .download(&version("git.example.test/repo.git/sub@v0.1.0"))
        .await
        .unwrap();
    assert!(zip_has(
        &files.zip,
        "git.example.test/repo.git/sub@v0.1.0/sub.go"
    ));
    assert!(!zip_has(&files.zip, "repo.go"));
}

#[tokio::test]
async fn a_second_major_version_on_a_branch_and_in_a_folder() {
    let machine = Machine::new();
    let branch = machine.repository("branch");
    branch
        .write("go.mod", "module git.example.test/branch.git\n")
        .write("a.go", "package a\n")
        .commit()
        .tag("v1.0.0");
    branch
        .write("go.mod", "module git.example.test/branch.git/v2\n")
        .commit()
        .tag("v2.1.0");
    let folder = machine.repository("folder");
    folder
        .write("go.mod", "module git.example.test/folder.git\n")
        .write("a.go", "package a\n");
    folder
        .write("v2/go.mod", "module git.example.test/folder.git/v2\n")
        .write("v2/b.go", "package a\n");
    folder.commit().tag("v1.0.0").tag("v2.2.0");

    let direct = machine.direct();
    for (module, release, file) in [
        ("git.example.test/branch.git/v2", "v2.1.0", "a.go"),
        ("git.example.test/folder.git/v2", "v2.2.0", "b.go"),
    ] {
        assert_eq!(direct.list(&path(module)).await.unwrap(), [release]);
        let files = direct
            .download(&version(&format!("{module}@{release}")))
            .await
            .unwrap();
        assert!(zip_has(&files.zip, &format!("{module}@{release}/{file}")));
    }
    assert_eq!(
        direct
            .list(&path("git.example.test/branch.git"))
            .await
            .unwrap(),
        ["v1.0.0"]
    );
    // The module at the root has a go.mod, so v2 of it is another module.
    let error = direct
        .describe(&version("git.example.test/branch.git@v2.1.0+incompatible"))
        .await
        .unwrap_err();
    assert!(matches!(error, GoError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn an_incompatible_version_of_a_repository_without_go_mod() {
    let machine = Machine::new();
    machine
        .repository("old")
        .write("old.go", "package old\n")
        .commit()
        .tag("v3.0.0");
    let direct = machine.direct();
    assert_eq!(
        direct
            .list(&path("git.example.test/old.git"))
            .await
            .unwrap(),
        ["v3.0.0+incompatible"]
    );
    let files = direct
        .download(&version("git.example.test/old.git@v3.0.0+incompatible"))
        .await
        .unwrap();
    assert_eq!(
        std::fs::read_to_string(&files.gomod).unwrap(),
        "module git.example.test/old.git\n"
    );
}

#[tokio::test]
async fn capital_letters_in_the_path() {
    let machine = Machine::new();
    let repository = machine.repository("Repo");
    repository
        .write("go.mod", "module git.example.test/Repo.git\n")
        .write("a.go", "package a\n");
    repository.commit().tag("v1.0.0-RC1");
    let files = machine
        .direct()
        .download(&version("git.example.test/Repo.git@v1.0.0-RC1"))
        .await
        .unwrap();
    assert!(zip_has(
        &files.zip,
        "git.example.test/Repo.git@v1.0.0-RC1/a.go"
    ));
    let unpacked = files
        .zip
        .ancestors()
        .nth(6)
        .unwrap()
        .join("git.example.test/!repo.git@v1.0.0-!r!c1");
    assert_eq!(
        std::fs::read_dir(unpacked).unwrap().count(),
        0,
        "the zip was unpacked, or elsewhere"
    );
}

#[tokio::test]
async fn a_branch_moves_on_and_its_pseudo_versions_can_be_fetched() {
    let machine = Machine::new();
    let repository = released(&machine);
    repository.write("repo.go", "package repo // 1\n").commit();
    let direct = machine.direct();
    let module = path("git.example.test/repo.git");
    let first = version_in(&direct.query(&module, "main").await.unwrap());
    assert!(first.starts_with("v1.0.1-0."), "{first}");
    assert!(
        first.ends_with(&repository.git(&["rev-parse", "--short=12", "HEAD"])),
        "{first}"
    );

    repository.write("repo.go", "package repo // 2\n").commit();
    let second = version_in(&direct.query(&module, "main").await.unwrap());
    assert_ne!(first, second);
    for pseudo in [&first, &second] {
        let files = direct
            .download(&version(&format!("git.example.test/repo.git@{pseudo}")))
            .await
            .unwrap();
        assert!(zip_has(
            &files.zip,
            &format!("git.example.test/repo.git@{pseudo}/repo.go")
        ));
    }
    let hash = repository.git(&["rev-parse", "HEAD"]);
    assert_eq!(
        version_in(&direct.query(&module, &hash).await.unwrap()),
        second
    );
    assert_eq!(
        version_in(&direct.query(&module, "v1").await.unwrap()),
        "v1.0.0"
    );

    let forged = version(&format!(
        "git.example.test/repo.git@v1.9.1-0.{}",
        second.split_once("-0.").unwrap().1
    ));
    let error = direct.describe(&forged).await.unwrap_err();
    assert!(matches!(error, GoError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn a_tag_that_appears_later_is_seen() {
    let machine = Machine::new();
    let repository = released(&machine);
    let direct = machine.direct();
    let module = path("git.example.test/repo.git");
    let later = version("git.example.test/repo.git@v1.1.0");
    assert_eq!(direct.list(&module).await.unwrap(), ["v1.0.0"]);
    assert_eq!(
        version_in(&direct.query(&module, "latest").await.unwrap()),
        "v1.0.0"
    );
    let error = direct.download(&later).await.unwrap_err();
    assert!(matches!(error, GoError::NotFound { .. }), "{error:?}");

    repository
        .write("repo.go", "package repo // better\n")
        .commit()
        .tag("v1.1.0");
    assert_eq!(direct.list(&module).await.unwrap(), ["v1.0.0", "v1.1.0"]);
    assert_eq!(
        version_in(&direct.query(&module, "latest").await.unwrap()),
        "v1.1.0"
    );
    direct.download(&later).await.unwrap();
}

#[tokio::test]
async fn a_retracted_version_is_listed_and_not_the_latest() {
    let machine = Machine::new();
    let repository = released(&machine);
    repository
        .write(
            "go.mod",
            "module git.example.test/repo.git\n\nretract v1.1.0\n",
        )
        .commit()
        .tag("v1.1.0");
    let direct = machine.direct();
    let module = path("git.example.test/repo.git");
    assert_eq!(direct.list(&module).await.unwrap(), ["v1.0.0", "v1.1.0"]);
    assert_eq!(
        version_in(&direct.query(&module, "latest").await.unwrap()),
        "v1.0.0"
    );
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_in_gos_words() {
    let machine = Machine::new();
    let _repository = released(&machine);
    let direct = machine.direct();
    let module = path("git.example.test/repo.git");
    for (error, words) in [
        (
            direct.query(&module, "nowhere").await.unwrap_err(),
            "unknown revision nowhere",
        ),
        (
            direct.query(&module, "v7").await.unwrap_err(),
            "no matching versions for query \"v7\"",
        ),
        (
            direct
                .download(&version("git.example.test/repo.git@v1.9.0"))
                .await
                .unwrap_err(),
            "unknown revision v1.9.0",
        ),
        (
            direct
                .query(&path("git.example.test/repo.git/none"), "main")
                .await
                .unwrap_err(),
            "missing git.example.test/repo.git/none/go.mod",
        ),
    ] {
        assert!(matches!(error, GoError::NotFound { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_repository_that_does_not_exist_is_not_found_and_says_why() {
    let machine = Machine::new();
    let direct = machine.direct();
    for error in [
        direct
            .list(&path("git.example.test/none.git"))
            .await
            .unwrap_err(),
        direct
            .download(&version("git.example.test/none.git@v1.0.0"))
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(error, GoError::NotFound { .. }), "{error:?}");
        assert!(
            error
                .to_string()
                .contains("does not appear to be a git repository"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_host_out_of_reach_is_an_outage() {
    let machine = Machine::new();
    let error = machine
        .direct()
        .query(&path("pages.example.test/lib"), "latest")
        .await
        .unwrap_err();
    assert!(matches!(error, GoError::Unreachable { .. }), "{error:?}");
    assert!(error.is_outage() && !error.is_not_found());
}

#[tokio::test]
async fn a_module_for_a_newer_go_can_be_described_and_not_downloaded() {
    let machine = Machine::new();
    let repository = released(&machine);
    repository
        .write("go.mod", "module git.example.test/repo.git\n\ngo 1.999\n")
        .commit()
        .tag("v1.1.0");
    let direct = machine.direct();
    let newer = version("git.example.test/repo.git@v1.1.0");
    let error = direct.download(&newer).await.unwrap_err();
    assert!(matches!(error, GoError::TooOld { .. }), "{error:?}");
    assert_eq!(
        version_in(&direct.describe(&newer).await.unwrap().info),
        "v1.1.0"
    );
}

#[tokio::test]
async fn a_clone_that_was_damaged_is_made_anew() {
    let machine = Machine::new();
    let repository = released(&machine);
    let direct = machine.direct();
    let module = path("git.example.test/repo.git");
    direct.query(&module, "main").await.unwrap();

    // Killed between `git init` and `git remote add`.
    let config = machine.clone_folder().join("config");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.split("[remote").next().unwrap()).unwrap();
    repository
        .write("repo.go", "package repo // 1\n")
        .commit()
        .tag("v1.1.0");
    assert_eq!(direct.list(&module).await.unwrap(), ["v1.0.0", "v1.1.0"]);

    // Killed within a fetch.
    repository
        .write("repo.go", "package repo // 2\n")
        .commit()
        .tag("v1.2.0");
    std::fs::write(machine.clone_folder().join("shallow.lock"), "").unwrap();
    direct
        .download(&version("git.example.test/repo.git@v1.2.0"))
        .await
        .unwrap();
    assert!(
        machine.cached("runs").is_empty(),
        "{:?}",
        machine.cached("runs")
    );
}

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
async fn versions_of_one_repository_can_be_fetched_at_once() {
    let machine = Machine::new();
    let repository = released(&machine);
    for minor in 1..5 {
        repository
            .write("repo.go", &format!("package repo // {minor}\n"))
            .commit()
            .tag(&format!("v1.{minor}.0"));
    }
    let direct = machine.direct_with(4, Duration::from_secs(120));
    let [a, b, c, d] =
        [1, 2, 3, 4].map(|minor| version(&format!("git.example.test/repo.git@v1.{minor}.0")));
    let (a, b, c, d) = tokio::join!(
        direct.download(&a),
        direct.download(&b),
        direct.download(&c),
        direct.download(&d)
    );
    for (files, minor) in [a, b, c, d].into_iter().zip(1..) {
        let files = files.unwrap();
        assert_eq!(
            version_in(&std::fs::read(&files.info).unwrap()),
            format!("v1.{minor}.0")
        );
    }
    assert!(machine.clone_folder().is_dir(), "they share one clone");
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
async fn without_git_the_error_names_it() {
    let machine = Machine::new();
    let empty = tempfile::tempdir().unwrap();
    let machine = machine.with("PATH", empty.path());
    let error = machine
        .direct()
        .list(&path("git.example.test/repo.git"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, GoError::MissingTool { tool } if tool == "git"),
        "{error:?}"
    );
    assert!(error.to_string().contains("install git"), "{error}");
}

#[tokio::test]
async fn a_page_that_names_a_module_proxy_is_followed() {
    // Stands for the HTTP proxy on the way to mod.example.test, and for the module proxy that its page names.
    let server = Server::start(|own, request| {
        let body = match request.split(' ').nth(1).unwrap_or_default() {
            "http://mod.example.test/lib?go-get=1" => format!(
                "<html><head><meta name=\"go-import\" content=\"mod.example.test/lib mod http://{own}/proxy\"></head></html>"
            ),
            "/proxy/mod.example.test/lib/@v/list" => "v1.0.0\nv1.1.0\n".to_owned(),
            "/proxy/mod.example.test/lib/@v/v1.1.0.info" => "{\"Version\":\"v1.1.0\"}".to_owned(),
            "/proxy/mod.example.test/lib/@v/v1.1.0.mod" => {
                "module mod.example.test/lib\n".to_owned()
            }
            "/proxy/mod.example.test/lib/@v/v1.7.0.info" => "{\"Version\":\"v1.7.0\"}".to_owned(),
            "/proxy/mod.example.test/lib/@v/v1.7.0.mod" => {
                return ("502 Bad Gateway", String::new());
            }
            "/proxy/mod.example.test/lib/@v/v1.9.0.info" => {
                return ("503 Service Unavailable", String::new());
            }
            _ => return ("404 Not Found", String::new()),
        };
        ("200 OK", body)
    });
    let proxy = format!("http://{}", server.address);
    let machine = Machine::new()
        .with("HTTP_PROXY", &proxy)
        .with("HTTPS_PROXY", &proxy);
    machine.go_env("GOINSECURE=mod.example.test");
    let direct = machine.direct();
    let module = path("mod.example.test/lib");
    assert_eq!(direct.list(&module).await.unwrap(), ["v1.0.0", "v1.1.0"]);
    let described = direct
        .describe(&version("mod.example.test/lib@v1.1.0"))
        .await
        .unwrap();
    assert_eq!(described.info, b"{\"Version\":\"v1.1.0\"}");
    assert_eq!(described.gomod, b"module mod.example.test/lib\n");
    assert_eq!(
        version_in(&direct.query(&module, "latest").await.unwrap()),
        "v1.1.0"
    );

    let error = direct
        .describe(&version("mod.example.test/lib@v1.8.0"))
        .await
        .unwrap_err();
    assert!(matches!(error, GoError::NotFound { .. }), "{error:?}");
    // `go list` would answer without a go.mod, and without an error.
    let error = direct
        .describe(&version("mod.example.test/lib@v1.7.0"))
        .await
        .unwrap_err();
    assert!(matches!(error, GoError::Unreachable { .. }), "{error:?}");
    let error = direct
        .describe(&version("mod.example.test/lib@v1.9.0"))
        .await
        .unwrap_err();
    assert!(matches!(error, GoError::Unreachable { .. }), "{error:?}");
    let error = direct
        .list(&path("mod.example.test/other"))
        .await
        .unwrap_err();
    assert!(matches!(error, GoError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn settings_are_read_as_the_person_has_them() {
    let machine = Machine::new();
    machine.go_env("GOPRIVATE=corp.example");
    let found = machine.go().env(&["GOPRIVATE", "GOPROXY"]).await.unwrap();
    assert_eq!(found["GOPRIVATE"], "corp.example");
    assert_eq!(found["GOPROXY"], "http://127.0.0.1:9");
}
