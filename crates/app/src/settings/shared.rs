//! A file with one profile in it, to be shared: the table that it has in the settings, and comments at its head.

use std::path::Path;

use super::profiles::{self, ProfileSettings};
use super::reader::Reader;
use super::write::append;
use crate::failure::{Code, Failure};

/// The file, with these lines as comments at its head.
pub(crate) fn write_shared(profile: &ProfileSettings, head: &[String]) -> String {
    let head = head.iter().map(|line| format!("# {line}\n"));
    let mut text: String = head.collect();
    append(&mut text, profile);
    text
}

/// Reads such a file. It must hold one profile and nothing else; whether the profiles that its rules lead to are there is
/// not looked at.
///
/// # Errors
/// `bad-input`, with line and column.
pub(crate) fn read_shared(path: &Path, text: &str) -> Result<ProfileSettings, Failure> {
    let hint = "export it once more: larder profile export NAME";
    let complaint = |failure: Failure| Failure {
        code: Code::BadInput,
        hints: vec![hint.to_owned()],
        ..failure
    };
    let reader = Reader::new(path, text);
    let mut found = Vec::new();
    let read = reader.document().and_then(|document| {
        reader.table(document.as_table(), "", |key, item| {
            if key == "profiles" {
                found = profiles::read_alone(&reader, item)?;
            }
            Ok(key == "profiles")
        })
    });
    read.map_err(complaint)?;
    if let Some(warning) = reader.warnings().into_iter().next() {
        // What this Larder does not know may be what keeps a path private.
        return Err(
            Failure::new(Code::BadInput, warning.replace("; it is ignored", ""))
                .hint("take that line out, or use the Larder that it was made with"),
        );
    }
    match <[ProfileSettings; 1]>::try_from(found) {
        Ok([profile]) => Ok(profile),
        Err(found) => {
            let message = format!("{} holds {} profiles, not one", path.display(), found.len());
            Err(Failure::new(Code::BadInput, message).hint(hint))
        }
    }
}
