//! What is not handed to the go command: texts that it, or git, could take for something else.

use crate::error::GoError;

/// `go` takes a path with `...` for a pattern.
pub(crate) fn check_path(path: &str) -> Result<(), GoError> {
    if path.contains("...") {
        return Err(GoError::InvalidQuery {
            query: path.to_owned(),
            reason: "go takes it for a pattern",
        });
    }
    Ok(())
}

/// Refuses what `go` or the tools it runs could take for anything but a revision: see `modload.ParsePathVersion`.
pub(crate) fn check_query(query: &str) -> Result<(), GoError> {
    let reason = if query.is_empty() {
        "it is empty"
    } else if query.starts_with('-') {
        "it begins with a dash, as an option does"
    } else if query.starts_with('/') || query.contains('\\') {
        "it looks like a path"
    } else if query.contains(|letter: char| letter.is_control() || letter.is_whitespace()) {
        "it has a space or a control character"
    } else if matches!(query, "upgrade" | "patch") {
        "it depends on the version that a build has now, which a proxy can't know"
    } else {
        return Ok(());
    };
    Err(GoError::InvalidQuery {
        query: query.to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_that_are_no_revision_are_refused() {
        for query in [
            "",
            "-x",
            "--upload-pack=touch",
            "/etc",
            "a\\b",
            "a b",
            "a\nb",
            "a\0b",
            "upgrade",
            "patch",
        ] {
            let error = check_query(query).unwrap_err();
            assert!(
                matches!(error, GoError::InvalidQuery { .. }),
                "{query:?}: {error}"
            );
            assert!(error.is_not_found());
        }
        for query in [
            "latest",
            "main",
            "v1",
            "v1.2",
            "88ae725",
            "feature-a",
            "release/v1",
            "a@b",
            "<v1.2.0",
        ] {
            assert!(check_query(query).is_ok(), "{query}");
        }
        assert!(check_path("git.example.test/a...b").is_err());
        assert!(check_path("git.example.test/a..b").is_ok());
    }
}
