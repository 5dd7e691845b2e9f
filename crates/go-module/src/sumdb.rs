//! Requests to a checksum database through a proxy: `sumdb/<name>/...` (cmd/go `internal/modfetch/sumdb.go`,
//! x/mod `sumdb/server.go`).

use crate::path::ModulePath;
use crate::version::{Version, VersionError};
use crate::{MAX_ELEMENT, ModuleVersion};

/// Why a path below `sumdb/` is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SumDbReason {
    /// Neither of the four forms.
    #[error(
        "these are <name>/supported, <name>/latest, <name>/lookup/<module>@<version> and <name>/tile/..."
    )]
    Unknown,
    /// The database's name is not `host[:port][/path]`, in lower case.
    #[error("the database's name must be host[:port][/path], in lower case")]
    Name,
    /// What is looked up is no module version.
    #[error("lookup takes <module>@<version>, escaped, with a canonical version of that module")]
    Lookup,
    /// Not the canonical path of a tile.
    #[error("not the path of a tile")]
    Tile,
}

/// Cuts what follows `sumdb/` into the database's name and the operation, both checked.
pub(crate) fn parse(path: &str) -> Result<(&str, &str), SumDbReason> {
    let (name, operation) = split(path).ok_or(SumDbReason::Unknown)?;
    if !is_name(name) {
        return Err(SumDbReason::Name);
    }
    if let Some(module) = operation.strip_prefix("lookup/") {
        lookup(module).map_err(|_| SumDbReason::Lookup)?;
    } else if operation.starts_with("tile/") && !is_tile(operation) {
        return Err(SumDbReason::Tile);
    }
    Ok((name, operation))
}

/// A name may have a path, so the operation begins at the first element that is the name of one.
fn split(path: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for element in path.split('/') {
        let end = at + element.len();
        let begins = match element {
            "lookup" | "tile" => end < path.len(),
            "supported" | "latest" => end == path.len(),
            _ => false,
        };
        if begins && at > 0 {
            return Some((&path[..at - 1], &path[at..]));
        }
        at = end + 1;
    }
    None
}

/// `host[:port][/path]`, in what is safe as names of folders too.
fn is_name(name: &str) -> bool {
    let (host, path) = name
        .split_once('/')
        .map_or((name, None), |(host, path)| (host, Some(path)));
    let (host, port) = host
        .split_once(':')
        .map_or((host, "0"), |(host, port)| (host, port));
    let is_element = |element: &str| {
        element.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && !element.ends_with('.')
            && element.len() <= MAX_ELEMENT
            && element
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~'))
    };
    is_element(host) && is_digits(port) && path.is_none_or(|path| path.split('/').all(is_element))
}

/// The module version in what follows `lookup/`.
pub(crate) fn lookup(escaped: &str) -> Result<ModuleVersion, VersionError> {
    let (path, version) = escaped
        .split_once('@')
        .ok_or_else(|| VersionError::NoVersion(escaped.to_owned()))?;
    ModuleVersion::new(
        ModulePath::from_escaped(path)?,
        Version::from_escaped(version)?,
    )
}

/// Whether `path` is the canonical path of a tile: `tile/H/L/NNN[.p/W]`, where H is the height (1 to 30), L the level
/// or `data`, N the number in groups of three digits (`x001/234`), and W the width of a partial tile
/// (`tlog.ParseTilePath`, x/mod `sumdb/tlog/tile.go`).
pub(crate) fn is_tile(path: &str) -> bool {
    let Some((height, rest)) = path
        .strip_prefix("tile/")
        .and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    let Some((level, rest)) = rest.split_once('/') else {
        return false;
    };
    let Some(height) = canonical_number(height).filter(|height| (1..=30).contains(height)) else {
        return false;
    };
    if level != "data" && canonical_number(level).is_none() {
        return false;
    }
    let number = match rest.split_once(".p/") {
        Some((number, width))
            if canonical_number(width).is_some_and(|width| 0 < width && width < 1 << height) =>
        {
            number
        }
        Some(_) => return false,
        None => rest,
    };
    is_tile_number(number)
}

/// `000`, `999`, `x001/000`: groups of three digits, each but the last with an `x`, none of them idle; within 63 bits.
fn is_tile_number(text: &str) -> bool {
    let mut number = 0i64;
    let mut groups = text.split('/').peekable();
    let mut first = true;
    while let Some(group) = groups.next() {
        let digits = if groups.peek().is_some() {
            group.strip_prefix('x')
        } else {
            Some(group)
        };
        let Some(digits) = digits.filter(|digits| digits.len() == 3 && is_digits(digits)) else {
            return false;
        };
        if first && groups.peek().is_some() && digits == "000" {
            return false;
        }
        first = false;
        let Some(next) = digits
            .parse()
            .ok()
            .and_then(|digits: i64| number.checked_mul(1000)?.checked_add(digits))
        else {
            return false;
        };
        number = next;
    }
    true
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A decimal number without leading zeros.
fn canonical_number(text: &str) -> Option<u32> {
    let canonical = is_digits(text) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| canonical)
}

#[cfg(test)]
mod tests {
    use super::is_tile;

    #[test]
    fn tiles_have_one_path_each() {
        for path in [
            "tile/8/0/000",
            "tile/8/data/x001/000",
            "tile/8/0/x001/x234/067.p/255",
            "tile/30/62/999",
            "tile/1/0/000.p/1",
        ] {
            assert!(is_tile(path), "{path}");
        }
        for path in [
            "tile/8/0/1",
            "tile/8/0/0001",
            "tile/8/0/x000/001",
            "tile/8/0/001/001",
            "tile/8/0/x001",
            "tile/08/0/000",
            "tile/0/0/000",
            "tile/31/0/000",
            "tile/8/-1/000",
            "tile/8/0/000.p/0",
            "tile/8/0/000.p/256",
            "tile/8/0/000.p/01",
            "tile/8/0/000.p/1/2",
            "tile/8/0",
            "tile/8/0/",
            "tile/8/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert!(!is_tile(path), "{path}");
        }
    }
}
