//! What a failure's text means: not there, refused, out of reach, or unknown. The one place that reads such texts.
//!
//! `go` tells these causes apart inside (`errors.Is(err, fs.ErrNotExist)`), but prints only text, and the text of git,
//! hg, ssh and servers within. So the table below is read from the top, and the first row that fits decides:
//!
//! 1. An HTTP status that `go` or git met itself ([`http_status`]): 404, 410 not found; 401, 403, 407 refused; 408,
//!    429, 5xx out of reach; others unknown. A server's own words after `server response:` are not looked at.
//! 2. Phrases of the network: out of reach. An outage must never read as "not found", so these come before all else.
//! 3. Phrases of a refusal.
//! 4. Phrases of tools and servers for "there is no such repository".
//! 5. What a connection that broke says; it also follows a refusal or a "not found", so it comes after those.
//! 6. A tool failed (`exit status`) for another reason: unknown. `go` puts `invalid version:` before these as well.
//! 7. `go`'s own sentences for "there is no such module, version or revision".
//! 8. Everything else is unknown, which counts as failed and never as not found.
//!
//! Two decisions that differ from plain `GOPROXY=direct`, where `go` takes every failure to find a repository for a
//! module path as "does not exist" (`modfetch.lookupDirect`), as it asks for each prefix of an import path:
//! - A host name that does not resolve is an outage. A laptop off the company's network gets "no such host" for names
//!   that exist, and "not found" would be believed and passed on to the next upstream. All prefixes of a path share
//!   the host, so no other prefix could have succeeded where this one failed.
//! - A go-get page that answers 5xx is an outage, and 401 or 403 a refusal. `go` passes over such errors for prefixes
//!   shorter than the module it found (`modload.queryPrefixModules`); only a longer path whose page fails, on a host that serves
//!   the module's own page, makes a difference, and there the honest answer is worth more.

use std::path::Path;

use crate::error::GoError;
use crate::readable::readable;

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Failed,
    Unreachable,
    Refused,
    NotFound,
}

use Class::{Failed, NotFound, Refused, Unreachable};

/// A row: phrases in lower case that a text must hold, in this order, and what that means.
///
/// Each has a space or a colon, which a module path can't have: no name of a module can be taken for a phrase.
type Row = (&'static [&'static str], Class);

const TABLE: &[Row] = &[
    // 2. The network: Go's net and crypto/tls, curl inside git and svn, ssh, libc.
    (&["no such host"], Unreachable),
    (&["could not resolve "], Unreachable),
    (&["couldn't resolve "], Unreachable),
    (&["temporary failure in name resolution"], Unreachable),
    (&["name or service not known"], Unreachable),
    (&["nodename nor servname provided"], Unreachable),
    (&["server misbehaving"], Unreachable),
    (&["connection refused"], Unreachable),
    (&["couldn't connect to server"], Unreachable),
    (&["failed to connect to "], Unreachable),
    (&["unable to connect to "], Unreachable),
    (&["network is unreachable"], Unreachable),
    (&["no route to host"], Unreachable),
    (&["host is down"], Unreachable),
    (&["connection reset"], Unreachable),
    (&["connection timed out"], Unreachable),
    (&["operation timed out"], Unreachable),
    (&["i/o timeout"], Unreachable),
    (&["handshake timeout"], Unreachable),
    (&["timeout awaiting "], Unreachable),
    (&["context deadline exceeded"], Unreachable),
    (&["proxyconnect tcp"], Unreachable),
    (&["proxy connect aborted"], Unreachable),
    (&["from proxy after connect"], Unreachable),
    (&["x509: "], Unreachable),
    (&["tls: "], Unreachable),
    (&["http response to https client"], Unreachable),
    (&["ssl certificate problem"], Unreachable),
    (&["certificate verif", " failed"], Unreachable),
    (&["ssl connect error"], Unreachable),
    (&["ssl_read: "], Unreachable),
    (&["ssl_connect: "], Unreachable),
    (&["gnutls_handshake() failed"], Unreachable),
    (&["kex_exchange_identification: "], Unreachable),
    (&["\": eof"], Unreachable),
    (&["unexpected eof"], Unreachable),
    (&["http2: ", "goaway"], Unreachable),
    // 3. Refusals: git without anybody to ask, servers, ssh, hg, svn, and Go's own rule for version control.
    (&["terminal prompts disabled"], Refused),
    (&["could not read username"], Refused),
    (&["could not read password"], Refused),
    (&["authentication failed"], Refused),
    (&["authentication required"], Refused),
    (&["authorization failed"], Refused),
    (&["authorization required"], Refused),
    (&["permission denied ("], Refused),
    (&["permission denied, please try again"], Refused),
    (&["host key verification failed"], Refused),
    (&["too many authentication failures"], Refused),
    (&["remote: permission to "], Refused),
    (&["remote: forbidden"], Refused),
    (&["access denied"], Refused),
    (&["invalid username or "], Refused),
    (&["not authorized"], Refused),
    (&["you are not allowed to "], Refused),
    (&["saml sso"], Refused),
    (&["govcs disallows using "], Refused),
    (&["refusing to pass credentials to "], Refused),
    // 4. No such repository or reference: git itself, and the large hosts' words over ssh.
    (&["fatal: repository '", "' not found"], NotFound),
    (&["repository not found"], NotFound),
    (&["does not appear to be a git repository"], NotFound),
    (&["couldn't find remote ref"], NotFound),
    (&["could not find remote ref"], NotFound),
    (&["you were looking for could not be found"], NotFound),
    (&["repository does not exist"], NotFound),
    (&["abort: repository ", " not found"], NotFound),
    (&["svn: e170000: url ", "doesn't exist"], NotFound),
    // 5. A connection that broke on the way.
    (&["the remote end hung up unexpectedly"], Unreachable),
    (&["early eof"], Unreachable),
    (&["rpc failed"], Unreachable),
    (&["broken pipe"], Unreachable),
    (&["connection closed by "], Unreachable),
    // 6. A tool that failed for another reason.
    (&["exit status "], Failed),
    (&["signal: "], Failed),
    // 7. Go's own sentences: modfetch/coderepo.go, modfetch/codehost, modload/query.go, vcs/vcs.go.
    (&["unknown revision "], NotFound),
    (&["invalid version: "], NotFound),
    (&["invalid pseudo-version: "], NotFound),
    (&["no matching versions for query "], NotFound),
    (&["no commits"], NotFound),
    (&["missing ", "go.mod at revision "], NotFound),
    (&["module declares its path as"], NotFound),
    (&["does not contain "], NotFound),
    (&["no go-import meta tags"], NotFound),
    (&["disagree about go-import for "], NotFound),
    (&["import path does not begin with hostname"], NotFound),
    (&["invalid ", " import path "], NotFound),
    (&["invalid version control suffix in "], NotFound),
    (&["mismatched repo: "], NotFound),
    (
        &["repository rooted at ", " cannot contain module "],
        NotFound,
    ),
    (&["malformed module path "], NotFound),
    (&["invalid module path "], NotFound),
    (&["cannot match "], NotFound),
    (&["invalid module version "], NotFound),
];

/// What `go` says when it tried the protocols of a repository in turn (`vcs.Ping`) and keeps the reasons to itself:
/// they are on standard error with `-v`.
const NO_PROTOCOL: [&str; 2] = [
    "no secure protocol found for repository",
    "no protocol found for repository",
];

/// Does this error of `go` leave out why?
pub(crate) fn hides_its_reason(text: &str) -> bool {
    NO_PROTOCOL.iter().any(|sentence| text.contains(sentence))
}

/// Makes an error of what a failed `go` said: `text` is its error, `stderr` what it and its tools printed, `run` the
/// folder of the run, which is of no interest to anybody.
pub(crate) fn error(text: &str, stderr: &str, run: &Path) -> GoError {
    if let Some(tool) = missing_tool(text).or_else(|| missing_tool(stderr)) {
        return GoError::MissingTool { tool };
    }
    if holds(&text.to_lowercase(), &["requires go >= ", "(running go "]) {
        return GoError::TooOld {
            text: readable(text, run),
        };
    }
    if hides_its_reason(text) {
        let (class, reason) = attempts(stderr);
        return of_class(
            class,
            readable(&format!("{}\n{}", text.trim_end(), reason.trim()), run),
        );
    }
    of_class(classify(text), readable(text, run))
}

fn of_class(class: Class, text: String) -> GoError {
    match class {
        Failed => GoError::Failed { text },
        Unreachable => GoError::Unreachable { text },
        Refused => GoError::Refused { text },
        NotFound => GoError::NotFound { text },
    }
}

fn classify(text: &str) -> Class {
    let text = text.to_lowercase();
    let text = text.split("server response:").next().unwrap_or_default();
    if let Some(status) = http_status(text) {
        return match status {
            404 | 410 => NotFound,
            401 | 403 | 407 => Refused,
            408 | 429 | 500..=599 => Unreachable,
            _ => Failed,
        };
    }
    TABLE
        .iter()
        .find(|(phrases, _)| holds(text, phrases))
        .map_or(Failed, |(_, class)| *class)
}

/// Are all phrases in the text, in this order?
fn holds(text: &str, phrases: &[&str]) -> bool {
    let mut rest = text;
    phrases.iter().all(|phrase| match rest.find(phrase) {
        Some(at) => {
            rest = &rest[at + phrase.len()..];
            true
        }
        None => false,
    })
}

/// The HTTP status in Go's `reading URL: 404 Not Found` (`web.HTTPError`), git's `The requested URL returned error: 404`
/// and hg's `HTTP Error 404`. The text is in lower case.
fn http_status(text: &str) -> Option<u16> {
    let after_url = text.find("reading http").and_then(|at| {
        let rest = &text[at..];
        rest.match_indices(": ")
            .find_map(|(colon, _)| status_at(&rest[colon + 2..]))
    });
    let after = |phrase: &str| {
        text.find(phrase)
            .and_then(|at| status_at(&text[at + phrase.len()..]))
    };
    after_url
        .or_else(|| after("returned error: "))
        .or_else(|| after("http error "))
}

fn status_at(text: &str) -> Option<u16> {
    let (digits, rest) = text.split_at_checked(3)?;
    if rest.starts_with(|next: char| next.is_ascii_alphanumeric()) {
        return None;
    }
    digits
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))
}

/// The clearest of the answers to the protocols tried, each of which starts a line with `# cd`. One that says
/// "not found" or "refused" was reached, which says more than another that could not be.
fn attempts(stderr: &str) -> (Class, &str) {
    let mut clearest = (Failed, "");
    for attempt in stderr.split("# cd ").skip(1) {
        // The first line is the command.
        let said = attempt.split_once('\n').map_or("", |(_, said)| said);
        let class = classify(said);
        if clearest.1.is_empty() || class > clearest.0 {
            clearest = (class, said);
        }
    }
    clearest
}

/// The version control command that is not installed, in the words of Go's os/exec or of `vcs.Cmd`.
fn missing_tool(text: &str) -> Option<String> {
    if let Some((before, _)) = text.split_once("\": executable file not found in") {
        return before
            .rsplit_once("exec: \"")
            .map(|(_, tool)| tool.to_owned());
    }
    let (name, _) = text.split_once("go: missing ")?.1.split_once(" command.")?;
    Some(match name {
        "Mercurial" => "hg".to_owned(),
        "Subversion" => "svn".to_owned(),
        "Bazaar" => "bzr".to_owned(),
        other => other.to_lowercase(),
    })
}

/// The clone (its name in `cache/vcs`) that a failure shows to be damaged: a git that was killed, or a machine that
/// lost power, leaves a lock, half a set-up or a broken object, and each later run would fail over it.
pub(crate) fn damaged_clone(text: &str) -> Option<&str> {
    const SIGNS: &[&[&str]] = &[
        &["'origin' does not appear to be a git repository"],
        &["fatal: not a git repository: '", "cache/vcs/"],
        &["unable to create '", ".lock': file exists"],
        &["could not lock config file ", "file exists"],
        &["exists with wrong content"],
        &["object file ", " is empty"],
        &["object ", " is corrupt"],
        &["packed object ", "is corrupt"],
        &["bad object "],
        &["bad config line "],
        &["unable to read tree"],
        &["not a valid object"],
    ];
    let lower = text.to_lowercase();
    if !SIGNS.iter().any(|sign| holds(&lower, sign)) {
        return None;
    }
    text.match_indices("cache/vcs/").find_map(|(at, folder)| {
        let name = text[at + folder.len()..].get(..64)?;
        name.bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then_some(name)
    })
}

#[cfg(test)]
mod tests;
