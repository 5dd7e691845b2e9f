//! What a person names: go.sum files and module versions.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use app::command::VerifyItem;
use app::{Code, Failure};

/// No go.sum is larger, in bytes.
const LARGEST: u64 = 64 << 20;

/// What is to be verified.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) items: Vec<VerifyItem>,
    /// The go.sum file that each comes from; none for those of a module version.
    pub(super) files: Vec<Option<String>>,
}

/// Reads what is named; the go.sum of this folder where nothing is.
///
/// # Errors
/// `bad-input` for what is neither a go.sum file nor a module version; `disk` for a file that can't be read.
pub(super) fn read(named: &[OsString]) -> Result<Asked, Failure> {
    let mut asked = Asked {
        items: Vec::new(),
        files: Vec::new(),
    };
    if named.is_empty() {
        asked.add_go_sum(Path::new("go.sum"))?;
    }
    for name in named {
        if is_go_sum(Path::new(name)) {
            asked.add_go_sum(Path::new(name))?;
        } else {
            let items = VerifyItem::of_module(&name.to_string_lossy())?;
            asked.files.extend(items.each_ref().map(|_| None));
            asked.items.extend(items);
        }
    }
    Ok(asked)
}

fn is_go_sum(path: &Path) -> bool {
    let is_named_so = path
        .file_name()
        .is_some_and(|name| name == OsStr::new("go.sum") || name == OsStr::new("go.work.sum"));
    is_named_so || path.is_file()
}

impl Asked {
    fn add_go_sum(&mut self, path: &Path) -> Result<(), Failure> {
        let name = path.display().to_string();
        let bytes = bytes(path).map_err(|error| unreadable(&name, &error))?;
        if bytes.len() as u64 > LARGEST {
            return Err(Failure::new(
                Code::BadInput,
                format!("{name} is no go.sum: it has more than {LARGEST} bytes"),
            )
            .hint("name a go.sum file, or a version of a module: example.com/m@v1.2.3"));
        }
        let items = VerifyItem::of_go_sum(&name, &bytes)?;
        self.files.extend(items.iter().map(|_| Some(name.clone())));
        self.items.extend(items);
        Ok(())
    }
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    let elsewhere = "go to the folder of a module, or say what to verify: larder verify path/to/go.sum, or larder verify example.com/m@v1.2.3";
    match error.kind() {
        io::ErrorKind::NotFound if name == "go.sum" => {
            Failure::new(Code::BadInput, "there is no go.sum in this folder").hint(elsewhere)
        }
        io::ErrorKind::NotFound => {
            Failure::new(Code::BadInput, format!("there is no file {name}")).hint(elsewhere)
        }
        io::ErrorKind::IsADirectory => {
            Failure::new(Code::BadInput, format!("{name} is a folder, and no go.sum"))
                .hint(elsewhere)
        }
        _ => Failure::new(Code::Disk, format!("{name} can't be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn files_and_modules_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("example.com@v1.0.0");
        std::fs::write(&file, format!("example.com/a v1.0.0 {HASH}\n")).unwrap();
        let asked = read(&[file.clone().into(), "example.com/b@v1.0.0".into()]).unwrap();
        let modules: Vec<String> = asked
            .items
            .iter()
            .map(|item| item.module.to_string())
            .collect();
        assert_eq!(
            modules,
            [
                "example.com/a@v1.0.0",
                "example.com/b@v1.0.0",
                "example.com/b@v1.0.0"
            ]
        );
        let files: Vec<Option<&str>> = asked.files.iter().map(Option::as_deref).collect();
        assert_eq!(files, [Some(file.to_str().unwrap()), None, None]);
    }

    #[test]
    fn what_is_neither_is_refused_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).into_os_string();
        std::fs::create_dir(at("go.sum")).unwrap();
        for name in [
            at("go.sum"),
            at("no/go.sum"),
            at("go.work.sum"),
            folder.path().into(),
            "example.com/a@latest".into(),
        ] {
            let failure = read(std::slice::from_ref(&name)).unwrap_err();
            assert_eq!(failure.code, Code::BadInput, "{name:?}: {failure}");
            assert!(!failure.hints.is_empty(), "{name:?}");
        }
    }

    #[test]
    fn a_file_that_is_far_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk.img");
        File::create(&path).unwrap().set_len(LARGEST + 10).unwrap();
        let failure = read(&[path.into()]).unwrap_err();
        assert!(failure.message.contains("is no go.sum"), "{failure}");
    }
}
