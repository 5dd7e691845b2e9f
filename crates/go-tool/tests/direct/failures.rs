//! What direct says when it can not fetch, and what it mends by itself.

use go_tool::GoError;

use crate::support::{Machine, Server, path, released, version, version_in};

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
