//! `h1:` hashes, counted here a second time so that tests do not trust the engine's own count.

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

/// The hash of a set of files by full name (`golang.org/x/mod/sumdb/dirhash`, `Hash1`): in a module zip the
/// names are `path@version/file`.
pub fn of_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_unstable_by_key(|(name, _)| *name);
    let mut summary = Sha256::new();
    for (name, content) in files {
        summary.update(format!("{}  {name}\n", hex_of(content)));
    }
    format!("h1:{}", BASE64.encode(&summary.finalize()))
}

/// The hash of a `go.mod`, as the `/go.mod` lines of `go.sum` hold it.
pub fn of_mod(bytes: &[u8]) -> String {
    of_files([("go.mod", bytes)])
}

/// The SHA-256 of `bytes` in lower-case hexadecimal.
pub fn hex_of(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::of_files;

    #[test]
    fn the_order_of_files_does_not_count_and_their_names_do() {
        let (a, b) = (("a", b"1".as_slice()), ("b", b"2".as_slice()));
        assert_eq!(of_files([a, b]), of_files([b, a]));
        assert_ne!(of_files([a, b]), of_files([("a", b.1), ("b", a.1)]));
    }

    /// A `go.sum` line as the public checksum database has it: `rsc.io/quote v1.5.2/go.mod`.
    #[test]
    fn agrees_with_a_published_go_sum_line() {
        let go_mod = b"module \"rsc.io/quote\"\n\nrequire \"rsc.io/sampler\" v1.3.0\n";
        assert_eq!(
            super::of_mod(go_mod),
            "h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0="
        );
    }
}
