//! The text of a go env file: Go's line grammar, and edits that touch nothing but the line they mean.

use std::borrow::Cow;
use std::fmt;

use super::error::EnvError;

/// The names that the go command never takes from its env file (`checkEnvWrite` in `cmd/go/internal/envcmd`).
const NOT_IN_THE_FILE: [&str; 12] = [
    "GODEBUG",
    "GOENV",
    "GOEXE",
    "GOGCCFLAGS",
    "GOHOSTARCH",
    "GOHOSTOS",
    "GOMOD",
    "GOTELEMETRY",
    "GOTELEMETRYDIR",
    "GOTOOLDIR",
    "GOVERSION",
    "GOWORK",
];

/// A go env file's bytes, read as the go command reads them (`readEnvFile` in `cmd/go/internal/cfg`):
///
/// - A line ends at `\n`, the last one also at the end. A `\r` is part of the value.
/// - A line counts when its first byte is `A` to `Z` and it has a `=`. The key is all before the first `=`, the value all
///   after it; nothing is trimmed, unquoted or unescaped. All other lines mean nothing.
/// - Of several lines with one key the last one counts.
/// - Bytes that are not UTF-8 and NUL are read as they are; they can't be written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EnvFile {
    bytes: Vec<u8>,
}

/// One line that counts, by its place.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    start: usize,
    /// The end of the value: at the newline, or at the end of the file.
    end: usize,
    key: &'a [u8],
    value: &'a [u8],
}

impl EnvFile {
    /// Takes a file's bytes. Every file is a go env file: what does not count is passed over.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
        }
    }

    /// The bytes, as they would be written.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, as they would be written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The value that the go command reads for the key, byte for byte; `None` where no line sets it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.entries()
            .filter(|entry| entry.key == key.as_bytes())
            .last()
            .map(|entry| entry.value)
    }

    /// The value as text, the way `go env -json` shows it: a byte that is not UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn get_text(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key).map(String::from_utf8_lossy)
    }

    /// Sets a key: in the last line that has it, else in a new line at the end. All other lines stay as they are; a last
    /// line without a newline gets one when a line follows it.
    ///
    /// # Errors
    /// [`EnvError::Key`] and [`EnvError::Value`] for what `go env -w` refuses too. The empty value is refused as well: for
    /// GOPROXY it makes every go command fail, and for the others it means the same as no line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), EnvError> {
        check_key(key)?;
        check_value(key, value)?;
        self.put(key, value.as_bytes());
        Ok(())
    }

    /// Takes out every line that has the key; `false` when there was none.
    ///
    /// # Errors
    /// [`EnvError::Key`] for what is no key of a go env file.
    pub fn unset(&mut self, key: &str) -> Result<bool, EnvError> {
        check_key(key)?;
        Ok(self.cut(|entry, _| entry.key == key.as_bytes()))
    }

    /// Sets a key to bytes that once stood in the file, whatever they are: what Go has read may be given back to it.
    pub(super) fn put(&mut self, key: &str, value: &[u8]) {
        let line = [key.as_bytes(), b"=", value].concat();
        let place = self
            .entries()
            .filter(|entry| entry.key == key.as_bytes())
            .last()
            .map(|entry| entry.start..entry.end);
        if let Some(place) = place {
            self.bytes.splice(place, line);
            return;
        }
        if self.bytes.last().is_some_and(|last| *last != b'\n') {
            self.bytes.push(b'\n');
        }
        self.bytes.extend(line);
        self.bytes.push(b'\n');
    }

    /// Takes out the lines of the key that mean nothing because a later one wins, where `unwanted` says so of the value.
    pub(super) fn cut_shadowed(&mut self, key: &str, unwanted: impl Fn(&[u8]) -> bool) -> bool {
        let last = self
            .entries()
            .filter(|entry| entry.key == key.as_bytes())
            .last()
            .map(|entry| entry.start);
        self.cut(|entry, value| {
            entry.key == key.as_bytes() && Some(entry.start) != last && unwanted(value)
        })
    }

    fn cut(&mut self, unwanted: impl Fn(&Entry<'_>, &[u8]) -> bool) -> bool {
        let cuts: Vec<_> = self
            .entries()
            .filter(|entry| unwanted(entry, entry.value))
            .map(|entry| entry.start..(entry.end + 1).min(self.bytes.len()))
            .collect();
        for cut in cuts.iter().rev() {
            self.bytes.drain(cut.clone());
        }
        !cuts.is_empty()
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut next = 0;
        self.bytes
            .split(|byte| *byte == b'\n')
            .filter_map(move |line| {
                let start = next;
                next += line.len() + 1;
                let sign = line.iter().position(|byte| *byte == b'=')?;
                if !line[0].is_ascii_uppercase() {
                    return None;
                }
                Some(Entry {
                    start,
                    end: start + line.len(),
                    key: &line[..sign],
                    value: &line[sign + 1..],
                })
            })
    }
}

impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnvFile({} bytes)", self.bytes.len())
    }
}

fn check_key(key: &str) -> Result<(), EnvError> {
    let reason = if NOT_IN_THE_FILE.contains(&key) {
        "the go command does not take it from its env file"
    } else if !key.starts_with(|first: char| first.is_ascii_uppercase())
        || !key
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    {
        "a name of a setting has capital letters, digits and underscores"
    } else {
        return Ok(());
    };
    Err(EnvError::Key {
        key: key.to_owned(),
        reason,
    })
}

fn check_value(key: &str, value: &str) -> Result<(), EnvError> {
    let reason = if value.is_empty() {
        "an empty value breaks go or means nothing: unset it instead"
    } else if value.contains('\0') {
        "it has a NUL in it"
    } else if value.contains(['\n', '\r', '\u{b}']) {
        "it has a line break in it"
    } else {
        return Ok(());
    };
    Err(EnvError::Value {
        key: key.to_owned(),
        reason,
    })
}
