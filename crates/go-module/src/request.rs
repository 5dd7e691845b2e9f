//! What `go` asks a module proxy for: the path of its URL, and the typed request that it is.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::path::{ModulePath, PathError};
use crate::sumdb::{self, SumDbReason};
use crate::version::{Query, Version, VersionError, unescape_element};
use crate::{ModuleVersion, check};

/// The longest URL path that is read, in bytes. The longest that `go` asks for are a few hundred.
pub const MAX_URL_PATH: usize = 4096;

/// The longest element of an escaped module path, and the longest escaped version or query, in bytes. File systems
/// allow 255 for a name, and `.info.larder` must find room behind it.
pub const MAX_ELEMENT: usize = 240;

/// The three files of a module version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// Version and time, as JSON.
    Info,
    /// The go.mod file.
    Mod,
    /// The module's files.
    Zip,
}

impl FileKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Info, Self::Mod, Self::Zip];

    /// The extension of the file's name, without a dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
        }
    }

    /// The kind with that extension.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.extension() == extension)
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

/// One request of the GOPROXY protocol (`go help goproxy`), or one to a checksum database through the proxy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// `@v/list`: the tagged versions, one a line.
    List(ModulePath),
    /// `@latest`: the info of the newest version, for a module without tags.
    Latest(ModulePath),
    /// `@v/<query>.info` for what is no canonical version of the path.
    Query {
        /// The module.
        path: ModulePath,
        /// The branch, commit or shortened version.
        query: Query,
    },
    /// `@v/<version>.info`, `.mod` or `.zip`.
    File(ModuleVersion, FileKind),
    /// `sumdb/<name>/...`.
    SumDb {
        /// The database's name, `sum.example.com`.
        name: String,
        /// `supported`, `latest`, `lookup/<escaped module@version>` or `tile/<height>/<level>/<number>`; valid.
        rest: String,
    },
}

impl Request {
    /// Reads the path of a request's URL: percent-encoded as it came, with its leading slash, without what Larder puts
    /// in front (the token) and without a query.
    ///
    /// It is strict: whatever `go` can't ask is refused, so that no two texts lead to the same file.
    ///
    /// # Errors
    /// The Display form is one line, which `go` prints.
    pub fn parse(url_path: &str) -> Result<Self, RequestError> {
        if url_path.len() > MAX_URL_PATH {
            return Err(RequestError::TooLong(url_path.len()));
        }
        let raw = url_path.strip_prefix('/').ok_or(RequestError::NoSlash)?;
        let path = decode(raw)?;
        if let Some(rest) = path.strip_prefix("sumdb/") {
            let (name, rest) = sumdb::parse(rest)?;
            return Ok(Self::SumDb {
                name: name.to_owned(),
                rest: rest.to_owned(),
            });
        }
        // No module path holds an '@', so the first one begins what is asked of the module.
        let (escaped_path, asked) = path.split_once("/@").ok_or(RequestError::Unknown)?;
        if escaped_path
            .split('/')
            .any(|element| element.len() > MAX_ELEMENT)
        {
            return Err(RequestError::LongElement);
        }
        let module = ModulePath::from_escaped(escaped_path)?;
        if asked == "latest" {
            return Ok(Self::Latest(module));
        }
        let file = asked.strip_prefix("v/").ok_or(RequestError::Unknown)?;
        if file == "list" {
            return Ok(Self::List(module));
        }
        let (version, extension) = file.rsplit_once('.').ok_or(RequestError::Unknown)?;
        let kind = FileKind::from_extension(extension).ok_or(RequestError::Unknown)?;
        if version.len() > MAX_ELEMENT {
            return Err(RequestError::LongElement);
        }
        Self::of_version(module, &unescape_element(version)?, kind)
    }

    fn of_version(path: ModulePath, version: &str, kind: FileKind) -> Result<Self, RequestError> {
        let file =
            Version::parse(version).and_then(|version| ModuleVersion::new(path.clone(), version));
        match (file, kind) {
            (Ok(module), kind) => Ok(Self::File(module, kind)),
            (Err(_), FileKind::Info) => Ok(Self::Query {
                path,
                query: Query::parse(version)?,
            }),
            (Err(why), FileKind::Mod | FileKind::Zip) => {
                Err(RequestError::NotAVersion { kind, why })
            }
        }
    }

    /// The path of this request's URL below a proxy's base: relative, escaped, percent-encoded where it must be:
    /// `github.com/!azure/x/@v/v1.2.3.zip`.
    ///
    /// It differs from the bytes `go` sends in one thing: `!` stays as it is, which a URL path may hold, and which is
    /// how proxies, their logs and the cache's folders write it; `go` sends `%21`.
    #[must_use]
    pub fn url_path(&self) -> String {
        match self {
            Self::List(path) => format!("{}/@v/list", path.escaped()),
            Self::Latest(path) => format!("{}/@latest", path.escaped()),
            Self::Query { path, query } => {
                format!(
                    "{}/@v/{}.info",
                    path.escaped(),
                    utf8_percent_encode(&query.escaped(), ENCODED)
                )
            }
            Self::File(module, kind) => {
                format!(
                    "{}/@v/{}.{}",
                    module.path.escaped(),
                    module.version.escaped(),
                    kind.extension()
                )
            }
            Self::SumDb { name, rest } => format!("sumdb/{name}/{rest}"),
        }
    }

    /// The module that is asked for; `None` for a request to a checksum database (see [`Request::lookup`]).
    #[must_use]
    pub fn module(&self) -> Option<&ModulePath> {
        match self {
            Self::List(path) | Self::Latest(path) | Self::Query { path, .. } => Some(path),
            Self::File(module, _) => Some(&module.path),
            Self::SumDb { .. } => None,
        }
    }

    /// The module version that a checksum database is asked about, where the request is such a lookup.
    #[must_use]
    pub fn lookup(&self) -> Option<ModuleVersion> {
        match self {
            Self::SumDb { rest, .. } => sumdb::lookup(rest.strip_prefix("lookup/")?).ok(),
            Self::List(_) | Self::Latest(_) | Self::Query { .. } | Self::File(..) => None,
        }
    }

    /// The request for what `path@text` stands for: a file where `text` is a canonical version of the path, else a
    /// query.
    ///
    /// # Errors
    /// Where `text` can be neither.
    pub fn info(path: ModulePath, text: &str) -> Result<Self, VersionError> {
        if let Ok(version) = Version::parse(text)
            && check(path.as_str(), text).is_ok()
        {
            return Ok(Self::File(ModuleVersion { path, version }, FileKind::Info));
        }
        Ok(Self::Query {
            path,
            query: Query::parse(text)?,
        })
    }
}

/// What is percent-encoded in a path: as `url.PathEscape` of Go does, except `!` (see [`Request::url_path`]).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b':')
    .remove(b'=')
    .remove(b'@')
    .remove(b'_')
    .remove(b'~');

/// Undoes percent-encoding, strictly: each `%` begins a valid escape, an escape is no slash, and what comes out is
/// printable ASCII without a backslash.
fn decode(raw: &str) -> Result<Cow<'_, str>, RequestError> {
    // In raw text '?', '#' and ' ' can't be part of a path; escaped they can (a branch may hold a '#').
    if let Some(byte) = raw
        .bytes()
        .find(|&byte| !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'?' | b'#'))
    {
        return Err(RequestError::Byte(byte));
    }
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = String::with_capacity(raw.len());
    let mut pieces = raw.split('%');
    decoded.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.get(..2).ok_or(RequestError::Escape)?;
        // from_str_radix alone would take "+f".
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(RequestError::Escape);
        }
        let byte = u8::from_str_radix(digits, 16).map_err(|_| RequestError::Escape)?;
        match byte {
            b'/' => return Err(RequestError::EscapedSlash),
            b' '..=b'~' if byte != b'\\' => decoded.push(char::from(byte)),
            _ => return Err(RequestError::Byte(byte)),
        }
        decoded.push_str(&piece[2..]);
    }
    Ok(Cow::Owned(decoded))
}

/// Why a URL path is no request. Each message is one line of plain text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Longer than [`MAX_URL_PATH`].
    #[error("bad request: the path has {0} bytes, at most {MAX_URL_PATH} are read")]
    TooLong(usize),
    /// An element longer than [`MAX_ELEMENT`].
    #[error(
        "bad request: an element of the path or the version is longer than {MAX_ELEMENT} bytes"
    )]
    LongElement,
    /// The path does not begin with a slash.
    #[error("bad request: the path does not begin with a slash")]
    NoSlash,
    /// A `%` that begins no escape.
    #[error("bad request: a '%' in the path is not followed by two hexadecimal digits")]
    Escape,
    /// An escaped slash.
    #[error("bad request: the path holds an escaped slash (%2F)")]
    EscapedSlash,
    /// A byte that no request holds: control characters, backslash, anything beyond ASCII, a raw space, `?` or `#`.
    #[error("bad request: the path holds the byte 0x{0:02x}, which no module request has")]
    Byte(u8),
    /// None of the forms of the protocol.
    #[error(
        "not found: no request of a module proxy; these are <module>/@v/list, <module>/@latest, \
         <module>/@v/<version>.info, .mod and .zip"
    )]
    Unknown,
    /// The module path is not valid.
    #[error("not found: {0}")]
    Path(#[from] PathError),
    /// The version is not valid.
    #[error("not found: {0}")]
    Version(#[from] VersionError),
    /// A `.mod` or `.zip` of what is no canonical version of the path.
    #[error("not found: there is a .{kind} of canonical versions only: {why}")]
    NotAVersion {
        /// What was asked for.
        kind: FileKind,
        /// Why it is no version of the path.
        #[source]
        why: VersionError,
    },
    /// A request to a checksum database that is none.
    #[error("not found: no request of a checksum database: {0}")]
    SumDb(#[from] SumDbReason),
}

#[cfg(test)]
mod tests;
