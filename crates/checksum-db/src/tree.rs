//! Tree heads: how many records a log has, and the hash over all of them (x/mod `sumdb/tlog/note.go`).

use std::fmt;
use std::sync::Arc;

use crate::Error;
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::note;

/// Sizes and record ids are 63 bits long, as Go's `int64`.
pub const MAX_SIZE: u64 = i64::MAX as u64;

/// A tree of the log: its size in records, and its root. Its Display form is the text that databases sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// How many records the tree has; the id of the next one.
    pub size: u64,
    /// The hash over all records.
    pub root: Hash,
}

impl TreeHead {
    /// Reads the text of a tree: `go.sum database tree`, the size in canonical decimal, the root in base64, each line with
    /// its newline. Further lines are for later forms of the text and ignored (`tlog.ParseTree`).
    ///
    /// # Errors
    /// [`Error::MalformedTree`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut lines = text
            .split_inclusive('\n')
            .map(|line| line.strip_suffix('\n'));
        let mut line = || lines.next().flatten().ok_or(Error::MalformedTree);
        if line()? != "go.sum database tree" {
            return Err(Error::MalformedTree);
        }
        Ok(Self {
            size: decimal(line()?).ok_or(Error::MalformedTree)?,
            root: Hash::parse(line()?).ok_or(Error::MalformedTree)?,
        })
    }
}

impl fmt::Display for TreeHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "go.sum database tree\n{}\n{}", self.size, self.root)
    }
}

/// A number in canonical decimal, within 63 bits.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse()
        .ok()
        .filter(|number| canonical && *number <= MAX_SIZE)
}

/// A tree head with the note that proves who signed it: there is no other way to come by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    head: TreeHead,
    note: Arc<str>,
}

impl SignedHead {
    /// Opens a signed tree head, as in the answer to a look-up, to `/latest`, and in the file `latest` of Go's client.
    ///
    /// # Errors
    /// Those of [`note::open`] and [`TreeHead::parse`].
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<Self, Error> {
        let head = TreeHead::parse(note::open(note, key)?)?;
        let note = std::str::from_utf8(note).map_err(|_| Error::MalformedNote {
            reason: "it is not UTF-8",
        })?;
        Ok(Self {
            head,
            note: note.into(),
        })
    }

    /// The tree.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// How many records the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.head.size
    }

    /// The note, to the byte as it came.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_SIZE, TreeHead};
    use crate::{Error, Hash};

    const ROOT: &str = "nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=";

    #[test]
    fn lines_to_come_are_ignored() {
        let text = format!("go.sum database tree\n2\n{ROOT}\n");
        let head = TreeHead::parse(&text).unwrap();
        assert_eq!((head.size, head.root.to_string().as_str()), (2, ROOT));
        assert_eq!(head.to_string(), text);
        assert_eq!(TreeHead::parse(&format!("{text}more\n\nstill")), Ok(head));
    }

    #[test]
    fn only_the_exact_text_is_a_tree() {
        for bad in [
            "".to_owned(),
            format!("go.sum database tree\n2\n{ROOT}"),
            format!("go.sum database tree v2\n2\n{ROOT}\n"),
            format!("go.sum database tree\r\n2\n{ROOT}\n"),
            format!("go.sum database tree\n02\n{ROOT}\n"),
            format!("go.sum database tree\n+2\n{ROOT}\n"),
            format!("go.sum database tree\n-2\n{ROOT}\n"),
            format!("go.sum database tree\n\n{ROOT}\n"),
            format!("go.sum database tree\n9223372036854775808\n{ROOT}\n"),
            format!("go.sum database tree\n2\n{}\n", &ROOT[1..]),
            "go.sum database tree\n2\n".to_owned(),
        ] {
            assert_eq!(TreeHead::parse(&bad), Err(Error::MalformedTree), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_agree(size in 0..=MAX_SIZE, root in any::<[u8; 32]>()) {
            let head = TreeHead { size, root: Hash(root) };
            prop_assert_eq!(TreeHead::parse(&head.to_string()), Ok(head));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = TreeHead::parse(&text);
            let _ = TreeHead::parse(&format!("go.sum database tree\n{text}"));
        }
    }
}
