//! What direct fetches: releases, folders, major versions, branches, tags that come later.

use std::time::Duration;

use go_tool::GoError;

use crate::support::{Machine, path, released, version, version_in, zip_has};

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
