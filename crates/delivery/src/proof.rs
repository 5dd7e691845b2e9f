//! What makes a body acceptable: the check that stands between an upstream and the cache.

use std::fs::File;
use std::io::{Read, Seek};

use go_module::h1::{self, ZipHasher};
use go_module::{FileKind, H1, ModuleVersion, Request, go_mod, info, list, zip};

/// The most bytes of a body, by what it is (cmd/go/internal/modfetch: MaxZipFile, MaxGoMod; the rest are ours).
pub(crate) fn cap(request: &Request) -> u64 {
    match request {
        Request::List(_) => 16 << 20,
        Request::Latest(_) | Request::Query { .. } | Request::File(_, FileKind::Info) => 1 << 20,
        Request::File(_, FileKind::Mod) => 16 << 20,
        Request::File(_, FileKind::Zip) => 500 << 20,
        // A record with its signed note, or a tile: 8 KiB at most.
        Request::SumDb { .. } => 1 << 20,
    }
}

/// Checks the form of a complete file of a version and gives its `h1:`, which an `.info` has none of; a zip's hasher was
/// handed all of it as it came. The error says what is wrong, in words for a person.
pub(crate) fn prove(
    mut file: &File,
    length: u64,
    module: &ModuleVersion,
    kind: FileKind,
    hasher: Option<ZipHasher>,
) -> Result<Option<H1>, String> {
    match kind {
        FileKind::Info => {
            let said = info::parse(&read(file)?).map_err(|error| error.to_string())?;
            if said.version != module.version.as_str() {
                return Err(format!(
                    "its Version is {:?}, not {}",
                    said.version, module.version
                ));
            }
            Ok(None)
        }
        FileKind::Mod => {
            let text = read(file)?;
            match go_mod::module_line(&text) {
                Some(_) => Ok(Some(h1::of_mod(&text))),
                None => Err(
                    "it has no module line, so it is no go.mod (a sign-in page, perhaps?)"
                        .to_owned(),
                ),
            }
        }
        FileKind::Zip => {
            zip::check(file, length, module).map_err(|error| error.to_string())?;
            file.rewind()
                .map_err(|error| format!("it could not be read back: {error}"))?;
            let hasher = hasher.unwrap_or_default();
            let h1 = hasher
                .finish(file, length)
                .map_err(|error| error.to_string())?;
            Ok(Some(h1))
        }
    }
}

/// Whether a zip can begin like this; told before any byte of it is shown.
pub(crate) fn begins_like_a_zip(first: &[u8]) -> bool {
    first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06")
}

/// Checks an answer that may change: a list, or the `.info` of latest or of a branch.
pub(crate) fn prove_answer(request: &Request, body: &[u8]) -> Result<(), String> {
    match request {
        Request::List(_) => list::parse(body)
            .map(drop)
            .map_err(|error| error.to_string()),
        Request::Latest(module) | Request::Query { path: module, .. } => {
            let said = info::parse(body).map_err(|error| error.to_string())?;
            let version =
                go_module::Version::parse(&said.version).map_err(|error| error.to_string())?;
            ModuleVersion::new(module.clone(), version)
                .map(drop)
                .map_err(|error| error.to_string())
        }
        Request::File(..) | Request::SumDb { .. } => Ok(()),
    }
}

fn read(mut file: &File) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    file.read_to_end(&mut all)
        .map_err(|error| format!("it could not be read back: {error}"))?;
    Ok(all)
}
