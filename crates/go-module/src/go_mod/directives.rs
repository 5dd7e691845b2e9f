//! What the lines of go.mod and go.work files mean (x/mod `modfile/rule.go`, `modfile/work.go`).

use std::sync::Arc;

use super::quote::unquote;
use super::syntax::{self, Line, Statement};
use super::{GoMod, GoModError, GoModReason, PathVersion, Replace, Replacement, Require, Retract};
use crate::go_work::GoWork;
use crate::module_version::check_major;
use crate::{GoVersion, Version, semver, split_major};

const REPLACE_USAGE: &str =
    "replace module/path [v1.2.3] => other/module v1.4 (or => ../local/directory)";

type Checked<T> = Result<T, GoModReason>;

pub(super) fn parse_mod(bytes: &[u8], strict: bool) -> Result<GoMod, GoModError> {
    const BLOCKS: [&str; 8] = [
        "module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore",
    ];
    let mut file = GoMod::default();
    for_each_line(bytes, &BLOCKS, strict, |block, line, words| {
        add(&mut file, block, line, words, strict)
    })?;
    if strict && file.module.is_none() && !file.retract.is_empty() {
        let reason = GoModReason::Interval("no module directive found, so retract cannot be used");
        return Err(GoModError { line: 1, reason });
    }
    Ok(file)
}

/// Reads a go.work file (`modfile.ParseWork`).
///
/// # Errors
/// The first line that is wrong.
pub(crate) fn parse_work(bytes: &[u8]) -> Result<GoWork, GoModError> {
    let mut file = GoWork::default();
    for_each_line(
        bytes,
        &["godebug", "use", "replace"],
        true,
        |_, _, words| match words[0].as_str() {
            "go" => go_line(&mut file.go, words, true),
            "toolchain" => toolchain_line(&mut file.toolchain, words),
            "godebug" => godebug(words).map(|setting| file.godebug.push(setting)),
            "use" => one_string(words, "use local/dir").map(|folder| file.r#use.push(folder)),
            "replace" => replace(&words[1..]).map(|replace| file.replace.push(replace)),
            verb => Err(GoModReason::UnknownDirective(verb.to_owned())),
        },
    )?;
    Ok(file)
}

/// Calls `each` for each line, with the head of its block and with the directive as the first word.
fn for_each_line(
    bytes: &[u8],
    blocks: &[&str],
    strict: bool,
    mut each: impl FnMut(Option<&Line>, &Line, &[String]) -> Checked<()>,
) -> Result<(), GoModError> {
    // As in Go, bytes that are no UTF-8 are a character of their own.
    let text = String::from_utf8_lossy(bytes);
    for statement in syntax::parse(&text)? {
        match &statement {
            Statement::Line(line) => {
                each(None, line, &line.words).map_err(|reason| at(line, reason))?;
            }
            Statement::Block { head, lines } => {
                let known = head.words.len() == 1 && blocks.contains(&head.words[0].as_str());
                if !known {
                    if strict {
                        let block = head.words.join(" ");
                        return Err(at(head, GoModReason::UnknownBlock(block)));
                    }
                    continue;
                }
                for line in lines {
                    let words = [&head.words[..], &line.words[..]].concat();
                    each(Some(head), line, &words).map_err(|reason| at(line, reason))?;
                }
            }
        }
    }
    Ok(())
}

fn at(line: &Line, reason: GoModReason) -> GoModError {
    GoModError {
        line: line.number,
        reason,
    }
}

fn add(
    file: &mut GoMod,
    block: Option<&Line>,
    line: &Line,
    words: &[String],
    strict: bool,
) -> Checked<()> {
    let verb = words[0].as_str();
    if !strict && !matches!(verb, "go" | "module" | "retract" | "require" | "ignore") {
        return Ok(());
    }
    match verb {
        "go" => go_line(&mut file.go, words, strict)?,
        "toolchain" => toolchain_line(&mut file.toolchain, words)?,
        "module" => {
            if file.module.is_some() {
                return Err(GoModReason::Repeated("module"));
            }
            file.deprecated = deprecation(&comments(block, line));
            file.module = Some(one_string(words, "module module/path")?);
        }
        "godebug" => file.godebug.push(godebug(words)?),
        "require" => {
            let indirect = is_indirect(line);
            let module = path_version(words, strict, "require module/path v1.2.3")?;
            file.require.push(Require { module, indirect });
        }
        "exclude" => {
            let module = path_version(words, strict, "exclude module/path v1.2.3")?;
            file.exclude.push(module);
        }
        "replace" => file.replace.push(replace(&words[1..])?),
        "retract" => {
            let path = file.module.as_deref().unwrap_or_default();
            match interval(path, &words[1..], strict) {
                Ok((low, high)) => file.retract.push(Retract {
                    low,
                    high,
                    rationale: comments(block, line),
                }),
                Err(reason) if strict => return Err(reason),
                // Newer forms of intervals must not make a dependency unreadable.
                Err(_) => {}
            }
        }
        "tool" => file.tool.push(one_string(words, "tool path/of/package")?),
        "ignore" => file
            .ignore
            .push(one_string(words, "ignore path/of/folder")?),
        verb => return Err(GoModReason::UnknownDirective(verb.to_owned())),
    }
    Ok(())
}

fn go_line(go: &mut Option<GoVersion>, words: &[String], strict: bool) -> Checked<()> {
    if go.is_some() {
        return Err(GoModReason::Repeated("go"));
    }
    let [_, text] = words else {
        return Err(GoModReason::Usage("go 1.23.0"));
    };
    let lax = || lax_go_version(text).filter(|_| !strict);
    let version = GoVersion::of_go_line(text).or_else(lax);
    *go = Some(version.ok_or_else(|| GoModReason::GoVersion(text.clone()))?);
    Ok(())
}

/// `^v?(([1-9][0-9]*)\.(0|[1-9][0-9]*))([^0-9].*)$` (`laxGoVersionRE`): the language that a malformed go line means.
fn lax_go_version(text: &str) -> Option<GoVersion> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (major, rest) = text.split_once('.')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == rest.len() {
        return None;
    }
    GoVersion::of_go_line(&format!("{major}.{}", &rest[..digits]))
}

fn toolchain_line(toolchain: &mut Option<String>, words: &[String]) -> Checked<()> {
    if toolchain.is_some() {
        return Err(GoModReason::Repeated("toolchain"));
    }
    let [_, name] = words else {
        return Err(GoModReason::Usage("toolchain go1.23.0"));
    };
    if name != "default" && name != "go1" && !name.starts_with("go1.") {
        return Err(GoModReason::Toolchain(name.clone()));
    }
    *toolchain = Some(name.clone());
    Ok(())
}

fn godebug(words: &[String]) -> Checked<(String, String)> {
    let setting = match words {
        [_, setting] if !setting.contains(['"', '`', '\'', ',']) => setting.split_once('='),
        _ => None,
    };
    let (key, value) = setting.ok_or(GoModReason::Usage("godebug key=value"))?;
    Ok((key.to_owned(), value.to_owned()))
}

fn one_string(words: &[String], usage: &'static str) -> Checked<String> {
    match words {
        [_, word] => string(word),
        _ => Err(GoModReason::Usage(usage)),
    }
}

/// A word, or what stands in its double quotes. As in Go, other quotes are kept for later (`parseString`).
fn string(word: &str) -> Checked<String> {
    let plain = if word.starts_with('"') {
        unquote(word)
    } else {
        (!word.contains(['"', '\'', '`'])).then(|| word.to_owned())
    };
    plain.ok_or_else(|| GoModReason::Quoted(word.to_owned()))
}

fn path_version(words: &[String], strict: bool, usage: &'static str) -> Checked<PathVersion> {
    let [_, path, version] = words else {
        return Err(GoModReason::Usage(usage));
    };
    let path = string(path)?;
    let version = version_of(&path, version, strict)?;
    checked(&path, version)
}

/// Sees that a path may have a version (`modulePathMajor`, `CheckPathMajor`).
fn checked(path: &str, version: Version) -> Checked<PathVersion> {
    split_major(path).ok_or_else(|| GoModReason::Path(path.to_owned()))?;
    check_major(path, version.as_str()).map_err(|error| GoModReason::Major(Box::new(error)))?;
    Ok(PathVersion {
        path: Arc::from(path),
        version,
    })
}

/// A version; in a dependency's file a short one counts as the full one, in a main module's `go` would look it up.
fn version_of(path: &str, word: &str, strict: bool) -> Checked<Version> {
    let text = string(word)?;
    let full = semver::canonical_version(&text);
    let wrong = || GoModReason::Version {
        path: path.to_owned(),
        version: text.clone(),
    };
    if strict && full != text {
        return Err(wrong());
    }
    Version::parse(&full).map_err(|_| wrong())
}

fn replace(args: &[String]) -> Checked<Replace> {
    let arrow = if args.get(1).is_some_and(|word| word == "=>") {
        1
    } else {
        2
    };
    let given = args.len();
    let is_arrow = args.get(arrow).is_some_and(|word| word == "=>");
    if !is_arrow || given < arrow + 2 || given > arrow + 3 {
        return Err(GoModReason::Usage(REPLACE_USAGE));
    }
    let old_path = string(&args[0])?;
    split_major(&old_path).ok_or_else(|| GoModReason::Path(old_path.clone()))?;
    let old_version = match arrow {
        2 => Some(checked(&old_path, version_of(&old_path, &args[1], true)?)?.version),
        _ => None,
    };
    let new_path = string(&args[arrow + 1])?;
    let new = match (is_folder(&new_path), args.get(arrow + 2)) {
        (true, None) => Replacement::Folder(new_path),
        (true, Some(_)) => return Err(GoModReason::FolderVersion(new_path)),
        (false, None) => return Err(GoModReason::ReplacementVersion),
        (false, Some(version)) => {
            Replacement::Module(checked(&new_path, version_of(&new_path, version, true)?)?)
        }
    };
    Ok(Replace {
        old_path: Arc::from(old_path),
        old_version,
        new,
    })
}

/// Whether a path means a folder, on any system (`IsDirectoryPath`).
fn is_folder(path: &str) -> bool {
    let bytes = path.as_bytes();
    matches!(path, "." | "..")
        || ["./", ".\\", "../", "..\\", "/", "\\"]
            .iter()
            .any(|start| path.starts_with(start))
        || bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':'
}

/// `v1.2.3` or `[v1.2.3, v1.4.0]` (`parseVersionInterval`).
fn interval(path: &str, args: &[String], strict: bool) -> Checked<(String, String)> {
    let version = |word: &String| {
        if strict {
            version_of(path, word, true).map(|version| version.to_string())
        } else {
            string(word)
        }
    };
    let (low, high, rest) = match args {
        [] => return Err(GoModReason::Interval("expected '[' or version")),
        [first, ..] if first == "(" => {
            return Err(GoModReason::Interval("expected '[' or version"));
        }
        [open, low, comma, high, close, rest @ ..]
            if open == "[" && comma == "," && close == "]" =>
        {
            (version(low)?, version(high)?, rest)
        }
        [open, ..] if open == "[" => {
            return Err(GoModReason::Interval("expected '[v1.2.3, v1.4.0]'"));
        }
        [only, rest @ ..] => (version(only)?, version(only)?, rest),
    };
    match rest.first() {
        Some(word) if strict => Err(GoModReason::AfterVersion(word.clone())),
        _ => Ok((low, high)),
    }
}

/// Whether the comment at its end marks a requirement as indirect (`isIndirect`).
fn is_indirect(line: &Line) -> bool {
    let comment = line.comment.as_deref().unwrap_or_default();
    let mut words = comment
        .strip_prefix("//")
        .unwrap_or_default()
        .split_whitespace();
    matches!(
        (words.next(), words.next()),
        (Some("indirect"), None) | (Some("indirect;"), Some(_))
    )
}

/// The text of the comments on a directive; of its block where it has none itself (`parseDirectiveComment`).
fn comments(block: Option<&Line>, line: &Line) -> String {
    let has_own = !line.above.is_empty() || line.comment.is_some();
    let line = block.filter(|_| !has_own).unwrap_or(line);
    // What stands after a block's parenthesis is no comment on its lines.
    let lines: Vec<&str> = line
        .above
        .iter()
        .chain(&line.comment)
        .filter_map(|comment| comment.strip_prefix("//"))
        .map(str::trim)
        .collect();
    lines.join("\n")
}

/// The first paragraph that begins with `Deprecated:` (`parseDeprecation`).
fn deprecation(text: &str) -> Option<String> {
    const MARK: &str = "Deprecated:";
    let rest = match text.strip_prefix(MARK) {
        Some(rest) => rest,
        None => text.split_once("\n\nDeprecated:")?.1,
    };
    let message = rest.trim_start_matches(' ');
    let message = message.split("\n\n").next().unwrap_or_default();
    Some(message.to_owned()).filter(|message| !message.is_empty())
}
