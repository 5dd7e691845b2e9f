//! Records: what the database says of a module version, and in which answer it comes.
//!
//! The answer to a look-up is (x/mod `sumdb/server.go`, `tlog.FormatRecord` and `tlog.ParseRecord` in `tlog/note.go`):
//!
//! ```text
//! 942                                                          the record's id
//! rsc.io/quote v1.5.2 h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh…     its text: go.sum lines
//! rsc.io/quote v1.5.2/go.mod h1:LzX7hefJvL54yjefDEDHNONDj…
//!                                                              an empty line, then a signed tree head
//! go.sum database tree
//! …
//! ```

use std::fmt;

use data_encoding::BASE64;

use crate::Error;
use crate::note::is_printable;
use crate::tree::{SignedHead, decimal};

/// The longest answer to a look-up in bytes; they have some 500. Go reads whatever comes.
pub const MAX_ANSWER: usize = 1 << 20;

/// The path and version of a module, unescaped, as they stand in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    path: String,
    version: String,
}

impl Module {
    /// Takes a path and a version that are valid in Go. What matters here is only that they can't be mistaken for more
    /// words of a line.
    ///
    /// # Errors
    /// [`Error::MalformedModule`].
    pub fn new(path: &str, version: &str) -> Result<Self, Error> {
        let is_word = |text: &str| {
            !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        };
        if !is_word(path) || !is_word(version) || version.contains('/') {
            return Err(Error::MalformedModule);
        }
        Ok(Self {
            path: path.to_owned(),
            version: version.to_owned(),
        })
    }

    /// The module's path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.path, self.version)
    }
}

/// The answer to a look-up, of which nothing is proven yet: so it gives no hash of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The record's id: its place in the log.
    pub id: u64,
    /// The record's text.
    pub text: &'a str,
    /// The signed tree head, to be opened.
    pub note: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Takes an answer apart. The text of a record is UTF-8 without control characters but newlines and without empty
    /// lines, and ends in a newline.
    ///
    /// # Errors
    /// [`Error::MalformedAnswer`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let malformed = |reason| Error::MalformedAnswer { reason };
        if bytes.len() > MAX_ANSWER {
            return Err(malformed("it is too long"));
        }
        let answer = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
        let (id, rest) = answer
            .split_once('\n')
            .and_then(|(id, rest)| Some((decimal(id)?, rest)))
            .ok_or(malformed("it does not begin with the id of a record"))?;
        let end = rest
            .find("\n\n")
            .ok_or(malformed("no empty line ends its record"))?;
        let (text, note) = (&rest[..=end], &rest[end + 2..]);
        if text.starts_with('\n') || !is_printable(text) {
            return Err(malformed("its record is empty, or has control characters"));
        }
        Ok(Self {
            id,
            text,
            note: note.as_bytes(),
        })
    }
}

/// Writes the answer to a look-up, with the signed head that is to stand under the record
/// ([`crate::Client::head_under`]).
#[must_use]
pub fn answer(id: u64, text: &str, head: &SignedHead) -> String {
    format!("{id}\n{text}\n{}", head.note())
}

/// A hash of a zip or a go.mod, as records have it. Its Display form is `h1:` and base64, as in go.sum.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sum([u8; 32]);

impl Sum {
    /// The SHA-256 itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text.strip_prefix("h1:")?.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h1:{}", BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sum({self})")
    }
}

/// A line that every record must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// `path version h1:…`
    Zip,
    /// `path version/go.mod h1:…`
    GoMod,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "path version h1:",
            Self::GoMod => "path version/go.mod h1:",
        })
    }
}

/// A record that is proven to be in the log, and to be of the module that was looked up. An [`Inquiry`](crate::Inquiry)
/// is the only one to make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    id: u64,
    text: String,
    module: Module,
    zip: Sum,
    go_mod: Sum,
}

impl Record {
    /// Reads the hashes of `module` from the text of a record that is authenticated: from nothing else, since all that
    /// stands around it can be forged (CVE-2026-56864).
    ///
    /// Both lines must be there, to the letter: a true record of another module or version proves nothing of this one
    /// (CVE-2026-42501). Lines of other hashes than `h1:` are for later, and ignored.
    pub(crate) fn read(module: Module, id: u64, text: String) -> Result<Self, Error> {
        let sum = |line| {
            let suffix = match line {
                Line::Zip => "",
                Line::GoMod => "/go.mod",
            };
            let begin = format!("{} {}{suffix} ", module.path, module.version);
            let is_sum = |rest: &&str| rest.starts_with("h1:");
            let mut sums = text
                .split('\n')
                .filter_map(|line| line.strip_prefix(begin.as_str()))
                .filter(is_sum);
            let sum = sums.next().ok_or_else(|| Error::NoLine {
                module: module.clone(),
                id,
                line,
            })?;
            Sum::parse(sum)
                .filter(|_| sums.next().is_none())
                .ok_or_else(|| Error::UnclearLine {
                    module: module.clone(),
                    id,
                    line,
                })
        };
        let (zip, go_mod) = (sum(Line::Zip)?, sum(Line::GoMod)?);
        Ok(Self {
            id,
            text,
            module,
            zip,
            go_mod,
        })
    }

    /// Its place in the log.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its text, to be kept beside the id.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whose record it is.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The hash of the zip.
    #[must_use]
    pub fn zip(&self) -> Sum {
        self.zip
    }

    /// The hash of the go.mod file.
    #[must_use]
    pub fn go_mod(&self) -> Sum {
        self.go_mod
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Answer, Line, MAX_ANSWER, Module, Record};
    use crate::Error;

    const ZIP: &str = "h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=";
    const MOD: &str = "h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=";

    fn module() -> Module {
        Module::new("rsc.io/quote", "v1.5.2").unwrap()
    }

    fn read(text: &str) -> Result<Record, Error> {
        Record::read(module(), 942, text.to_owned())
    }

    fn good() -> String {
        format!("rsc.io/quote v1.5.2 {ZIP}\nrsc.io/quote v1.5.2/go.mod {MOD}\n")
    }

    #[test]
    fn a_record_has_both_hashes() {
        let record = read(&good()).unwrap();
        assert_eq!(record.zip().to_string(), ZIP);
        assert_eq!(record.go_mod().to_string(), MOD);
        let more = format!(
            "rsc.io/quote v1.5.2 h2:later\n{}other v1.0.0 {ZIP}\n",
            good()
        );
        assert_eq!(read(&more).map(|record| record.zip()), Ok(record.zip()));
    }

    #[test]
    fn only_exact_lines_count() {
        let no = |line| {
            Err(Error::NoLine {
                module: module(),
                id: 942,
                line,
            })
        };
        let unclear = |line| {
            Err(Error::UnclearLine {
                module: module(),
                id: 942,
                line,
            })
        };
        let with = |from: &str, to: &str| read(&good().replacen(from, to, 1));
        assert_eq!(read("\n"), no(Line::Zip));
        // The record of another path, of another version, and of nearly this one.
        assert_eq!(
            with("rsc.io/quote v1.5.2 ", "rsc.io/quot v1.5.2 "),
            no(Line::Zip)
        );
        assert_eq!(with("quote v1.5.2 ", "quote v1.5.20 "), no(Line::Zip));
        assert_eq!(
            with("rsc.io/quote v1.5.2 ", "x rsc.io/quote v1.5.2 "),
            no(Line::Zip)
        );
        assert_eq!(with("quote v1.5.2 ", "quote  v1.5.2 "), no(Line::Zip));
        assert_eq!(with("quote v1.5.2 ", " quote v1.5.2 "), no(Line::Zip));
        assert_eq!(with("quote v1.5.2 h1:", "quote v1.5.2 h2:"), no(Line::Zip));
        assert_eq!(with("quote v1.5.2 h1:", "quote v1.5.2 "), no(Line::Zip));
        assert_eq!(with("v1.5.2/go.mod", "v1.5.3/go.mod"), no(Line::GoMod));
        assert_eq!(with("v1.5.2/go.mod", "v1.5.2/go.sum"), no(Line::GoMod));
        // Two hashes, or no hash.
        assert_eq!(read(&(good() + &good())), unclear(Line::Zip));
        let second = format!("{}rsc.io/quote v1.5.2/go.mod {ZIP}\n", good());
        assert_eq!(read(&second), unclear(Line::GoMod));
        assert_eq!(with(ZIP, "h1:AAAA"), unclear(Line::Zip));
        assert_eq!(with(ZIP, &format!("{ZIP} ")), unclear(Line::Zip));
    }

    #[test]
    fn a_module_is_two_words() {
        for (path, version) in [
            ("", "v1.0.0"),
            ("a", ""),
            ("a b", "v1.0.0"),
            ("a", "v1.0.0 h1:"),
            ("a\n", "v1.0.0"),
            ("a", "v1.0.0/go.mod"),
            ("a", "v1.0.0\u{a0}"),
        ] {
            assert_eq!(Module::new(path, version), Err(Error::MalformedModule));
        }
    }

    #[test]
    fn an_answer_is_cut_at_its_first_empty_line() {
        let answer = Answer::parse(b"942\nline\nline\n\nnote\n\nmore").unwrap();
        assert_eq!((answer.id, answer.text), (942, "line\nline\n"));
        assert_eq!(answer.note, b"note\n\nmore");
        for bad in [
            "",
            "942",
            "942\n",
            "942\nline\n",
            "942\n\n\n",
            "942\n\nline\n\n",
            "0942\nline\n\n",
            "-1\nline\n\n",
            "+1\nline\n\n",
            "9223372036854775808\nline\n\n",
            "942\nli\tne\n\n",
            "942\nline\r\n\r\n\n\n",
        ] {
            let parsed = Answer::parse(bad.as_bytes());
            assert!(
                matches!(parsed, Err(Error::MalformedAnswer { .. })),
                "{bad:?}"
            );
        }
        assert!(Answer::parse(b"942\nli\xffne\n\n").is_err());
        assert!(Answer::parse(format!("1\n{}\n\n", "x".repeat(MAX_ANSWER)).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(id in 0..=i64::MAX as u64, lines in prop::collection::vec("[^\\x00-\\x1f]+", 1..4), note in any::<String>()) {
            let text = lines.join("\n") + "\n";
            let answer = format!("{id}\n{text}\n{note}");
            let parsed = Answer::parse(answer.as_bytes()).unwrap();
            prop_assert_eq!((parsed.id, parsed.text, parsed.note), (id, text.as_str(), note.as_bytes()));
        }

        #[test]
        fn a_changed_line_is_not_taken(at in any::<prop::sample::Index>(), to in "[ -~]") {
            let mut text = good();
            let at = at.index(text.len());
            prop_assume!(text[at..=at] != to);
            text.replace_range(at..=at, &to);
            if let Ok(record) = read(&text) {
                let sums = [record.zip().to_string(), record.go_mod().to_string()];
                prop_assert_ne!(sums, [ZIP.to_owned(), MOD.to_owned()]);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), text in "[0-9a \n]*") {
            let _ = Answer::parse(&bytes);
            let _ = Answer::parse(text.as_bytes());
            let _ = read(&text);
            let _ = Module::new(&text, &text);
        }
    }
}
