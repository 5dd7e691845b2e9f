//! Signed notes: a text and who signed it (x/mod `sumdb/note/note.go`).
//!
//! ```text
//! go.sum database tree
//! 71909756
//! iHqVxqh8cyFgqTcentUiEjZ88MD/U2r6w+0h9y1wcFA=
//!
//! — sum.golang.org Az3grh…
//! ```
//!
//! The text, with its last newline, is what is signed. After an empty line comes one line for each signature: U+2014, a
//! space, the signer's name, a space, and the base64 of the key's hash (4 bytes) with the signature.

use data_encoding::BASE64;

use crate::Error;
use crate::key::{VerifierKey, is_name};

/// The longest note in bytes; a tree's is some 200. Go has no bound here; heads are kept in memory, so Larder has one.
pub const MAX_NOTE: usize = 16 << 10;

/// The most signatures of a note (`Open`): more are taken for an attempt to waste time.
pub const MAX_SIGNATURES: usize = 100;

const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// The text of a note that `key` has signed (`note.Open`).
///
/// The whole note must be UTF-8 without control characters but the newline. It is cut at the *last* empty line, since a
/// text may hold others. Signatures of other keys, also under the same name, count for nothing; a second signature of
/// the same key is not looked at.
///
/// # Errors
/// [`Error::MalformedNote`], [`Error::WrongSignature`] where a signature that states this key is not its,
/// [`Error::NotSigned`] where the key did not sign at all.
pub fn open<'a>(message: &'a [u8], key: &VerifierKey) -> Result<&'a str, Error> {
    let message = printable(message).ok_or(Error::MalformedNote {
        reason: "it is too long, or not UTF-8 without control characters",
    })?;
    let split = message.rfind("\n\n").ok_or(Error::MalformedNote {
        reason: "no empty line stands before its signatures",
    })?;
    let (text, signatures) = (&message[..=split], &message[split + 2..]);
    let signatures = signatures.strip_suffix('\n').ok_or(Error::MalformedNote {
        reason: "it has no signatures, or does not end in a newline",
    })?;

    let mut signed = false;
    for (at, line) in signatures.split('\n').enumerate() {
        let (name, bytes) = signature(line).ok_or(Error::MalformedNote {
            reason: "a line of its signatures is malformed",
        })?;
        if at >= MAX_SIGNATURES {
            return Err(Error::MalformedNote {
                reason: "it has more than 100 signatures",
            });
        }
        let (hash, signature) = bytes.split_at(4);
        if signed || name != key.name() || hash != key.hash() {
            continue;
        }
        if !key.has_signed(text.as_bytes(), signature) {
            return Err(Error::WrongSignature {
                name: name.to_owned(),
            });
        }
        signed = true;
    }
    if !signed {
        return Err(Error::NotSigned {
            name: key.name().to_owned(),
        });
    }
    Ok(text)
}

/// The name and the bytes in a line of the signature block: 4 of the key's hash, then at least one.
fn signature(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, base64) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
    let bytes = BASE64.decode(base64.as_bytes()).ok()?;
    (is_name(name) && bytes.len() > 4).then_some((name, bytes))
}

fn printable(message: &[u8]) -> Option<&str> {
    let message = Some(message).filter(|message| message.len() <= MAX_NOTE)?;
    std::str::from_utf8(message)
        .ok()
        .filter(|message| is_printable(message))
}

/// Whether a text holds no ASCII control characters but newlines (and DEL, which Go lets pass).
pub(crate) fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| byte >= 0x20 || byte == b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_NOTE, open};
    use crate::Error;
    use crate::tests::Signer;

    fn malformed<T>(result: Result<T, Error>) -> bool {
        matches!(result, Err(Error::MalformedNote { .. }))
    }

    #[test]
    fn a_note_has_the_text_its_key_signed() {
        let signer = Signer::new("sums.example.com", 1);
        let note = signer.sign("several\n\nparagraphs\n");
        assert_eq!(
            open(note.as_bytes(), &signer.key()),
            Ok("several\n\nparagraphs\n")
        );
    }

    #[test]
    fn other_signatures_count_for_nothing() {
        let signer = Signer::new("sums.example.com", 1);
        let namesake = Signer::new("sums.example.com", 2);
        let other = Signer::new("other.example.com", 3);
        let text = "text\n";
        let all = format!(
            "{text}\n{}{}{}",
            namesake.line(text),
            other.line(text),
            signer.line(text)
        );
        assert_eq!(open(all.as_bytes(), &signer.key()), Ok(text));
        // Of one key the first signature counts, as in Go.
        let twice = format!("{text}\n{}{}", signer.line(text), signer.line("other\n"));
        assert_eq!(open(twice.as_bytes(), &signer.key()), Ok(text));

        let without = format!("{text}\n{}{}", namesake.line(text), other.line(text));
        assert_eq!(
            open(without.as_bytes(), &signer.key()),
            Err(Error::NotSigned {
                name: "sums.example.com".to_owned()
            })
        );
    }

    #[test]
    fn a_wrong_signature_of_the_key_is_refused() {
        let signer = Signer::new("sums.example.com", 1);
        let refused = Err(Error::WrongSignature {
            name: "sums.example.com".to_owned(),
        });
        let forged = format!("forged\n\n{}", signer.line("text\n"));
        assert_eq!(open(forged.as_bytes(), &signer.key()), refused);
        // Also where a right one follows.
        let both = format!("{forged}{}", signer.line("forged\n"));
        assert_eq!(open(both.as_bytes(), &signer.key()), refused);
    }

    #[test]
    fn a_malformed_note_is_refused() {
        let signer = Signer::new("sums.example.com", 1);
        let key = signer.key();
        let good = signer.sign("text\n");
        assert!(open(good.as_bytes(), &key).is_ok());
        let line = signer.line("text\n");
        let long = signer.sign(&format!("{}\n", "x".repeat(MAX_NOTE)));
        for bad in [
            "",
            "\n\n",
            "text\n\n",
            "text\n",
            good.trim_end(),
            &good.replace("\n\n", "\n"),
            &good.replace('\u{2014}', "-"),
            &good.replace("text", "te\txt"),
            &good.replace("text", "te\rxt"),
            &format!("{good}\n"),
            &format!("{good}rest\n"),
            "text\n\n\u{2014} sums.example.com\n",
            "text\n\n\u{2014} sums.example.com \n",
            "text\n\n\u{2014} sums.example.com AQIDBA==\n",
            &format!("text\n\n\u{2014} sums+example.com {}\n", &line[21..]),
            &long,
        ] {
            assert!(malformed(open(bad.as_bytes(), &key)), "{bad:?}");
        }
        assert!(malformed(open(b"te\xffxt\n\n", &key)));
    }

    #[test]
    fn a_note_has_a_hundred_signatures_at_most() {
        let signer = Signer::new("sums.example.com", 1);
        let other = Signer::new("o", 3).line("text\n");
        let note =
            |others: usize| format!("text\n\n{}{}", other.repeat(others), signer.line("text\n"));
        assert_eq!(open(note(99).as_bytes(), &signer.key()), Ok("text\n"));
        assert!(malformed(open(note(100).as_bytes(), &signer.key())));
    }

    proptest! {
        #[test]
        fn what_is_signed_is_opened(lines in prop::collection::vec("[^\\x00-\\x1f]*", 0..5)) {
            let signer = Signer::new("sums.example.com", 1);
            let text = lines.concat() + "\n";
            let note = signer.sign(&text);
            prop_assert_eq!(open(note.as_bytes(), &signer.key()), Ok(text.as_str()));
        }

        #[test]
        fn a_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let signer = Signer::new("sums.example.com", 1);
            let note = signer.sign("go.sum database tree\n7\n");
            let mut bytes = note.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
            prop_assert!(open(&bytes, &signer.key()).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), text in "[a\n \u{2014}=]*") {
            let key = Signer::new("a", 1).key();
            prop_assert!(open(&bytes, &key).is_err());
            prop_assert!(open(text.as_bytes(), &key).is_err());
        }
    }
}
