//! What a person names: projects, and modules at a version.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use app::stock::Subject;
use app::{Code, Failure};

/// What is named, and what stands in the file; the project of this folder where nothing is.
///
/// # Errors
/// `bad-input` for what is neither there nor a module at a version; `disk`.
pub(super) fn subjects(named: &[OsString], from: Option<&Path>) -> Result<Vec<Subject>, Failure> {
    let mut subjects = Vec::new();
    for name in named {
        subjects.push(subject(name, Path::new(""))?);
    }
    if let Some(file) = from {
        let text = fs::read_to_string(file).map_err(|error| {
            let message = format!("{} can't be read: {error}", file.display());
            Failure::new(Code::BadInput, message)
        })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        for line in text.lines() {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if !line.is_empty() && !line.starts_with('#') {
                subjects.push(subject(OsStr::new(line), folder)?);
            }
        }
    } else if named.is_empty() {
        subjects.push(subject(OsStr::new("."), Path::new(""))?);
    }
    subjects.sort();
    subjects.dedup();
    Ok(subjects)
}

/// A path that is there is a project; else it is a module, where there is an `@`.
fn subject(name: &OsStr, folder: &Path) -> Result<Subject, Failure> {
    match fs::canonicalize(folder.join(name)) {
        Ok(path) => Ok(Subject::Project(path)),
        Err(error) => match name.to_str() {
            Some(text) if text.contains('@') => Ok(Subject::Module(text.to_owned())),
            _ => Err(Failure::new(
                Code::BadInput,
                format!("{}: {error}", name.display()),
            )
            .hint("name a project's folder, or a module at a version: example.com/cmd/tool@latest")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_projects_and_modules() {
        let folder = tempfile::tempdir().unwrap();
        let at = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(at.join("service")).unwrap();
        let list = at.join("list.txt");
        fs::write(
            &list,
            "# what I need\n\nservice # here\n  example.com/m@v1.2.3\n#example.com/n@v1.0.0\n",
        )
        .unwrap();
        let found = subjects(&[], Some(&list)).unwrap();
        assert_eq!(
            found,
            [
                Subject::Project(at.join("service")),
                Subject::Module("example.com/m@v1.2.3".to_owned()),
            ]
        );
        let failure = subjects(&["no/such/folder".into()], None).unwrap_err();
        assert_eq!(failure.code, Code::BadInput);
        assert!(!failure.hints.is_empty());
    }
}
