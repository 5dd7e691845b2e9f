//! Texts as Go 1.26 and git 2.39 to 2.47 print them, and what they must be taken for.

use super::*;

const CLONE: &str = "f1fa4d123a055b6173f72a3108763c4e0f45bec24066a7cc44a85ab48db340ad";

/// A git command that failed, as `codehost.RunError` prints it.
fn git_failed(said: &str) -> String {
    format!(
        "git.example.test/x@v1.0.0: invalid version: git ls-remote -q --end-of-options origin in \
         /c/runs/1-1/mod/cache/vcs/{CLONE}: exit status 128:\n\t{}",
        said.replace('\n', "\n\t")
    )
}

fn go_get(said: &str) -> String {
    format!("example.test/x@latest: unrecognized import path \"example.test/x\": {said}")
}

#[test]
fn what_is_not_there() {
    for text in [
        "git.example.test/x@v1.9.0: invalid version: unknown revision v1.9.0",
        "git.example.test/x/v2@v2.0.0: invalid version: unknown revision v2.0.0",
        "git.example.test/x/sub@v0.0.0-20261123043159-6620d1ea3d50: invalid version: missing git.example.test/x/sub/go.mod at revision 6620d1ea3d50",
        "module git.example.test/x: no matching versions for query \"v7\"",
        "git.example.test/x@v2.0.0: invalid version: module contains a go.mod file, so module path must match major version (\"git.example.test/x/v2\")",
        "git.example.test/x@v0.0.1-0.20200101000000-abcdefabcdef: invalid pseudo-version: preceding tag (v0.0.0) not found",
        "github.com/user@latest: invalid github.com import path \"github.com/user\"",
        &go_get(
            "reading https://example.test/x?go-get=1: 404 Not Found\n\tserver response: connection refused",
        ),
        &go_get("reading https://example.test/x?go-get=1: 410 Gone"),
        &go_get(
            "parse https://example.test/x?go-get=1: no go-import meta tags (meta tag other.test did not match import path example.test/x)",
        ),
        "example.test/x@latest: reading http://127.0.0.1:4404/mod/example.test/x/@v/list: 404 Not Found",
        &git_failed(
            "remote: Repository not found.\nfatal: repository 'https://git.example.test/x/' not found",
        ),
        &git_failed(
            "ERROR: Repository not found.\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.",
        ),
        &git_failed(
            "fatal: '/srv/x' does not appear to be a git repository\nfatal: Could not read from remote repository.",
        ),
        "no commits",
    ] {
        assert_eq!(classify(text), NotFound, "{text}");
    }
}

#[test]
fn what_is_refused() {
    for text in [
        &git_failed(
            "fatal: could not read Username for 'https://git.example.test': terminal prompts disabled",
        ),
        &git_failed(
            "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://git.example.test/x/'",
        ),
        &git_failed(
            "git@git.example.test: Permission denied (publickey).\nfatal: Could not read from remote repository.",
        ),
        &git_failed(
            "git@git.example.test: Permission denied (publickey).\nfatal: The remote end hung up unexpectedly",
        ),
        &git_failed("Host key verification failed.\nfatal: Could not read from remote repository."),
        &git_failed(
            "fatal: unable to access 'https://git.example.test/x/': The requested URL returned error: 403",
        ),
        &go_get("reading https://example.test/x?go-get=1: 401 Unauthorized"),
        "git.example.test/x@v1: GOVCS disallows using git for public git.example.test/x; see 'go help vcs'",
    ] {
        assert_eq!(classify(text), Refused, "{text}");
    }
}

#[test]
fn what_is_out_of_reach() {
    for text in [
        &go_get(
            "https fetch: Get \"https://example.test/x?go-get=1\": dial tcp: lookup example.test on 192.0.2.53:53: no such host",
        ),
        &go_get(
            "https fetch: Get \"https://example.test/x?go-get=1\": dial tcp 192.0.2.1:443: connect: connection refused",
        ),
        &go_get(
            "https fetch: Get \"https://example.test/x?go-get=1\": net/http: TLS handshake timeout",
        ),
        &go_get(
            "https fetch: Get \"https://example.test/x?go-get=1\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
        ),
        &go_get("https fetch: Get \"https://example.test/x?go-get=1\": EOF"),
        &go_get(
            "https fetch: Get \"https://example.test/x?go-get=1\": proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused",
        ),
        &go_get("reading https://example.test/x?go-get=1: 503 Service Unavailable"),
        &go_get("reading https://example.test/x?go-get=1: 429 Too Many Requests"),
        &git_failed(
            "fatal: unable to access 'https://git.example.test/x/': Could not resolve host: git.example.test",
        ),
        &git_failed(
            "fatal: unable to access 'https://git.example.test/x/': The requested URL returned error: 502",
        ),
        &git_failed(
            "fatal: unable to access 'https://git.example.test/x/': SSL certificate problem: self-signed certificate",
        ),
        &git_failed(
            "ssh: connect to host git.example.test port 22: Connection timed out\nfatal: Could not read from remote repository.",
        ),
        &git_failed(
            "ssh: Could not resolve hostname git.example.test: Name or service not known\nfatal: Could not read from remote repository.",
        ),
        &git_failed("error: RPC failed; curl 18 transfer closed\nfatal: early EOF"),
    ] {
        assert_eq!(classify(text), Unreachable, "{text}");
    }
}

#[test]
fn what_is_unknown_is_never_not_found() {
    for text in [
        "",
        "something new",
        &git_failed("fatal: something that git never said before"),
        &git_failed("error: inflate: data stream error"),
        &go_get("reading https://example.test/x?go-get=1: 418 I'm a teapot"),
        "open /c/runs/1-1/mod/cache/lock: permission denied",
        "write /c/runs/1-1/tmp/go-codehost-1: no space left on device",
        "git.example.test/x@v1.0.0: create zip: a.go: case-insensitive file name collision",
        "golang.org/toolchain@v0.0.1-go1.21.0.linux-amd64: verifying module: checksum database disabled by GOSUMDB=off",
    ] {
        assert_eq!(classify(text), Failed, "{text}");
    }
}

#[test]
fn the_rows_can_match_and_no_module_path_can() {
    for (phrases, _) in TABLE {
        for phrase in *phrases {
            assert_eq!(
                *phrase,
                phrase.to_lowercase(),
                "texts are compared in lower case"
            );
        }
        assert!(
            phrases.iter().any(|phrase| phrase.contains([' ', ':'])),
            "{phrases:?} could be in a module path"
        );
    }
}

#[test]
fn protocols_that_were_tried_are_looked_at_one_by_one() {
    let missing = "# cd /m; git ls-remote https://git.example.test/none\n\
        fatal: repository 'https://git.example.test/none/' not found\n\
        # cd /m; git ls-remote ssh://git.example.test/none\n\
        ssh: connect to host git.example.test port 22: Connection refused\n";
    let text = "git.example.test/none.git@latest: no secure protocol found for repository";
    let error = error(text, missing, Path::new("/m"));
    assert!(matches!(error, GoError::NotFound { .. }), "{error:?}");
    assert!(error.to_string().contains("' not found"), "{error}");

    let down = missing.replace(
        "repository 'https://git.example.test/none/' not found",
        "unable to access 'https://git.example.test/none/': Could not resolve host: git.example.test",
    );
    assert!(matches!(
        super::error(text, &down, Path::new("/m")),
        GoError::Unreachable { .. }
    ));

    let closed = down.replace(
        "ssh: connect to host git.example.test port 22: Connection refused",
        "Permission denied (publickey).",
    );
    assert!(matches!(
        super::error(text, &closed, Path::new("/m")),
        GoError::Refused { .. }
    ));

    assert!(matches!(
        super::error(text, "", Path::new("/m")),
        GoError::Failed { .. }
    ));
}

#[test]
fn a_tool_that_is_not_installed_is_named() {
    for (text, stderr, tool) in [
        (
            "x@v1: no secure protocol found for repository",
            "go: missing Git command. See https://golang.org/s/gogetcmd\n",
            "git",
        ),
        (
            "x@v1: no secure protocol found for repository",
            "go: missing Mercurial command. See https://golang.org/s/gogetcmd\n",
            "hg",
        ),
        (
            "x@v1: invalid version: git init --bare in /m: exec: \"git\": executable file not found in $PATH",
            "",
            "git",
        ),
    ] {
        match error(text, stderr, Path::new("/m")) {
            GoError::MissingTool { tool: found } => assert_eq!(found, tool),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_module_for_a_newer_go_says_so() {
    let text =
        "git.example.test/x@v1.1.0 requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)";
    let error = error(text, "", Path::new("/m"));
    assert!(matches!(error, GoError::TooOld { .. }), "{error:?}");
    assert!(error.to_string().contains("install a newer Go"));
}

#[test]
fn damage_to_a_clone_is_seen_and_a_missing_repository_is_none() {
    for said in [
        "fatal: 'origin' does not appear to be a git repository",
        &format!(
            "fatal: Unable to create '/c/runs/1-1/mod/cache/vcs/{CLONE}/shallow.lock': File exists."
        ),
        &format!("fatal: not a git repository: '/c/runs/1-1/mod/cache/vcs/{CLONE}'"),
        "error: object file ./objects/3b/348c43 is empty\nfatal: bad object refs/tags/v1.0.0",
    ] {
        assert_eq!(damaged_clone(&git_failed(said)), Some(CLONE), "{said}");
    }
    for said in [
        "fatal: '/srv/x' does not appear to be a git repository",
        "fatal: repository 'https://git.example.test/x/' not found",
        "Permission denied (publickey).",
    ] {
        assert_eq!(damaged_clone(&git_failed(said)), None, "{said}");
    }
    assert_eq!(
        damaged_clone("fatal: 'origin' does not appear to be a git repository"),
        None,
        "no clone is named"
    );
}
