//! A script that gives the go env file back without Larder: for the day when Larder is gone or does not start.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::location::folder_of;
use super::mark::Cksum;
use super::write::EnvRecord;

/// Bytes of the original that go on one line of the script.
const WIDTH: usize = 72;

impl EnvRecord {
    /// A POSIX shell script that puts the original back byte for byte and with its mode, or removes the file and the
    /// folders made for it. It needs `cksum`, `chmod`, `mv` and `rm`, and no Larder.
    ///
    /// It acts only on a file that is as this record's writes left it; on any other one it says so and stops with exit
    /// code 1, unless it is given `--force`. The file's content is compared by its checksum: the script holds no token.
    /// It does hold the person's own bytes, so it must be 0600. Bytes, not text: paths are not always UTF-8.
    ///
    /// Make it anew after each [`EnvRecord::plan`], before the write.
    #[must_use]
    pub fn restore_script(&self) -> Vec<u8> {
        let file = self.location.file();
        let sums: Vec<String> = self
            .left
            .iter()
            .filter(|left| left.whole)
            .filter_map(|left| left.cksum)
            .map(|cksum| format!("'{cksum}'"))
            .collect();
        let known = if sums.is_empty() {
            "'nothing was written'".to_owned()
        } else {
            sums.join("|")
        };
        let folders: Vec<u8> = self
            .original
            .missing_folders()
            .iter()
            .rev()
            .flat_map(|folder| [b" ".as_slice(), &quoted(folder)].concat())
            .collect();
        let mut script = Vec::new();
        let mut add = |parts: &[&[u8]]| script.extend(parts.concat());
        add(&[HEAD.as_bytes(), b"file=", &quoted(file), b"\n"]);
        add(&[b"folder=", &quoted(folder_of(file)), b"\n"]);
        match (self.original.bytes(), self.original.mode()) {
            (Some(bytes), Some(mode)) => {
                let original = Cksum::of(bytes);
                add(&[format!("mode={mode:04o}\noriginal='{original}'\n").as_bytes()]);
                add(&[b"content() {\n", &content(bytes), b"}\n"]);
                add(&[looked_at(&known).as_bytes(), RESTORE.as_bytes()]);
            }
            _ => {
                add(&[b"original=none\n", looked_at(&known).as_bytes()]);
                add(&[b"rm -f -- \"$file\"\n"]);
                if !folders.is_empty() {
                    // Only the empty ones go, and that one is not empty is no failure.
                    add(&[b"rmdir --", &folders, b" 2>/dev/null || :\n"]);
                }
                add(&[b"echo \"There was no $file before Larder, and there is none again.\"\n"]);
            }
        }
        script
    }
}

const HEAD: &str = r#"#!/bin/sh
# Gives the go env file back as it was before Larder first wrote it. It needs no Larder:
#
#     sh restore.sh            stops when somebody else has changed the file since
#     sh restore.sh --force    puts the old file in its place all the same
#
# What it holds may be private: keep it readable by you alone.
set -eu
umask 077
force=no
case "${1-}" in
'') ;;
--force) force=yes ;;
*)
    echo "usage: sh restore.sh [--force]" >&2
    exit 2
    ;;
esac
"#;

const RESTORE: &str = r#"draft="$folder/.larder-restore.$$"
trap 'rm -f -- "$draft"' EXIT
trap 'exit 1' HUP INT TERM
set -C
content > "$draft"
set +C
if [ "$(cksum < "$draft")" != "$original" ]; then
    echo "The original could not be written to $draft (is the disk full?). $file was not touched." >&2
    exit 1
fi
chmod "$mode" "$draft"
mv -f -- "$draft" "$file"
echo "$file is what it was before Larder."
"#;

/// The part that says what stands there now, and stops where nothing is to be done or the file is not Larder's.
fn looked_at(known: &str) -> String {
    format!(
        r#"if [ -f "$file" ] && [ ! -r "$file" ]; then
    echo "$file can't be read: run this as its owner." >&2
    exit 1
elif [ -f "$file" ]; then
    now=$(cksum < "$file")
else
    now=none
fi
case "$now" in
{known}) ;;
"$original") ;;
*)
    if [ "$force" != yes ]; then
        echo "$file is not as Larder left it, so somebody else has changed it since: nothing was done." >&2
        echo "Look into it, or run this again with --force to put the old file in its place all the same." >&2
        exit 1
    fi
    ;;
esac
"#
    )
}

/// `printf` commands that print the bytes. Letters stay letters, so that a person can read what will be restored; a
/// line of the original begins a line of the script.
fn content(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        for part in line.chunks(WIDTH) {
            text.extend_from_slice(b"    printf '%b' '");
            for byte in part {
                match byte {
                    b'\'' | b'\\' => text.extend(format!("\\0{byte:03o}").bytes()),
                    b' '..=b'~' => text.push(*byte),
                    _ => text.extend(format!("\\0{byte:03o}").bytes()),
                }
            }
            text.extend_from_slice(b"'\n");
        }
    }
    if text.is_empty() {
        text.extend_from_slice(b"    :\n");
    }
    text
}

/// A path in single quotes, which a shell takes as it is, byte for byte.
fn quoted(path: &Path) -> Vec<u8> {
    let mut text = vec![b'\''];
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'\'' => text.extend_from_slice(b"'\\''"),
            _ => text.push(*byte),
        }
    }
    text.push(b'\'');
    text
}
