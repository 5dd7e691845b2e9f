//! A project: what its go.mod, go.work and go.sum files say.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use go_module::go_mod::{self, GoMod, PathVersion};
use go_module::graph::{Folder, Roots};
use go_module::{FileKind, GoModError, GoVersion, ModulePath, ModuleVersion, go_sum, go_work};

use crate::failure::{Code, Failure};

/// A project, as its files have it.
pub(crate) struct Project {
    /// Where it is: the folder of its go.work or go.mod.
    pub(crate) folder: PathBuf,
    /// The graphs to walk: that of the workspace, if it is one, and that of each main module by itself, with the folder that
    /// its paths are relative to.
    pub(super) roots: Vec<(PathBuf, Roots)>,
    /// What its main modules import themselves, by their go.mod files.
    pub(super) direct: BTreeSet<ModulePath>,
    /// Package paths of its tools.
    pub(super) tools: Vec<String>,
    /// Module versions whose zips its go.sum files name.
    pub(super) sums: BTreeSet<ModuleVersion>,
    /// What its go.mod files exclude.
    pub(super) exclude: Vec<PathVersion>,
    /// The newest of its go and toolchain lines.
    pub(super) toolchain: Option<GoVersion>,
    /// Whether something that is imported is not in go.sum yet: `go mod tidy` will look further than go.mod says.
    pub(super) is_untidy: bool,
    /// The files that say all this.
    pub(super) files: Vec<PathBuf>,
}

impl Project {
    /// Reads a project: `at` is its folder, one within it, or its go.mod or go.work. As `go` does, it looks in the folders
    /// above too, and takes the go.work there that uses the module. Blocks on the disk.
    ///
    /// # Errors
    /// `bad-input` where there is no project or a file can't be understood; `disk`.
    pub(crate) fn read(at: &Path) -> Result<Self, Failure> {
        let (go_mod, go_work) = find(at)?;
        if let Some(go_work) = go_work {
            let project = Self::of_workspace(&go_work)?;
            let is_used = go_mod
                .as_ref()
                .is_none_or(|file| project.files.contains(file));
            if is_used {
                return Ok(project);
            }
        }
        match go_mod {
            Some(go_mod) => Self::of_module(&go_mod),
            None => Err(Failure::new(
                Code::BadInput,
                format!("there is no go.mod or go.work in {}, nor above it", at.display()),
            )
            .hint("name the folder of a project, or a module: larder stock example.com/cmd/tool@v1.2.3")),
        }
    }

    fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            roots: Vec::new(),
            direct: BTreeSet::new(),
            tools: Vec::new(),
            sums: BTreeSet::new(),
            exclude: Vec::new(),
            toolchain: None,
            is_untidy: false,
            files: Vec::new(),
        }
    }

    fn of_module(file: &Path) -> Result<Self, Failure> {
        let mut project = Self::new(folder_of(file));
        let module = project.take_in(file)?;
        project.add_module(file, module);
        Ok(project)
    }

    fn of_workspace(file: &Path) -> Result<Self, Failure> {
        let folder = folder_of(file);
        let mut project = Self::new(folder.clone());
        let work = go_work::parse(&read(file)?).map_err(|error| malformed(file, &error))?;
        project.files.push(file.to_owned());
        project.wants(work.go.as_ref(), work.toolchain.as_deref());
        project.add_sums(&file.with_extension("work.sum"))?;
        let mut modules = Vec::new();
        for used in &work.r#use {
            let file = normal(&folder.join(used)).join("go.mod");
            let module = project.take_in(&file)?;
            modules.push((used.clone(), module.clone()));
            project.add_module(&file, module);
        }
        let roots = Roots::workspace(&work, &modules);
        project.roots.insert(0, (folder, roots));
        Ok(project)
    }

    /// Reads a main module's files.
    fn take_in(&mut self, file: &Path) -> Result<GoMod, Failure> {
        let module = go_mod::parse(&read(file)?).map_err(|error| malformed(file, &error))?;
        self.files.push(file.to_owned());
        self.wants(module.go.as_ref(), module.toolchain.as_deref());
        self.add_sums(&file.with_extension("sum"))?;
        Ok(module)
    }

    fn add_module(&mut self, file: &Path, module: GoMod) {
        for require in module.require.iter().filter(|require| !require.indirect) {
            let Some(required) = require.module.module() else {
                continue;
            };
            self.is_untidy |= !self.sums.contains(&required);
            self.direct.insert(required.path);
        }
        self.tools.extend(module.tool.iter().cloned());
        self.exclude.extend(module.exclude.iter().cloned());
        self.roots.push((folder_of(file), Roots::module(module)));
    }

    fn wants(&mut self, go: Option<&GoVersion>, toolchain: Option<&str>) {
        let named = toolchain.and_then(GoVersion::of_toolchain);
        self.toolchain = self.toolchain.take().max(go.cloned()).max(named);
    }

    fn add_sums(&mut self, file: &Path) -> Result<(), Failure> {
        self.files.push(file.to_owned());
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(unreadable(file, &error)),
        };
        let lines = go_sum::parse(&bytes).map_err(|error| {
            let message = format!("{}:{}: {}", file.display(), error.line, error.reason);
            Failure::new(Code::BadInput, message)
                .hint("mend that line, or delete it and run: go mod tidy")
        })?;
        let zips = lines.into_iter().filter(|line| line.kind == FileKind::Zip);
        self.sums.extend(zips.map(|line| line.module));
        Ok(())
    }

    /// The go.mod of a folder that stands for a module; `at` is what the graph's paths are relative to.
    pub(super) fn read_folder(at: &Path, folder: &Folder) -> Option<Vec<u8>> {
        fs::read(at.join(&folder.base).join(&folder.path).join("go.mod")).ok()
    }

    /// How many main modules it has.
    pub(crate) fn main_modules(&self) -> usize {
        self.files
            .iter()
            .filter(|file| file.ends_with("go.mod"))
            .count()
    }

    /// How many module versions its go.sum files name.
    pub(crate) fn needs(&self) -> usize {
        self.sums.len()
    }

    /// A text that changes when one of its files does.
    pub(crate) fn fingerprint(&self) -> String {
        let states = self.files.iter().map(|file| match fs::metadata(file) {
            Ok(found) => {
                let changed = found.modified().ok();
                let since = changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
                let nanos = since.unwrap_or_default().as_nanos();
                format!("{} {} {nanos}\n", file.display(), found.len())
            }
            Err(_) => format!("{} -\n", file.display()),
        });
        states.collect()
    }
}

/// The go.mod and the go.work that hold at a place.
fn find(at: &Path) -> Result<(Option<PathBuf>, Option<PathBuf>), Failure> {
    match fs::metadata(at) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => {
            return match at.file_name().and_then(|name| name.to_str()) {
                Some("go.mod") => Ok((Some(at.to_owned()), None)),
                Some("go.work") => Ok((None, Some(at.to_owned()))),
                _ => Err(Failure::new(
                    Code::BadInput,
                    format!(
                        "{} is neither a folder nor a go.mod or go.work file",
                        at.display()
                    ),
                )),
            };
        }
        Err(error) => return Err(unreadable(at, &error)),
    }
    let above = |name: &str| {
        let mut files = at.ancestors().map(|folder| folder.join(name));
        files.find(|file| file.is_file())
    };
    Ok((above("go.mod"), above("go.work")))
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

/// A path without `.` and `..`, as text: links are not looked at.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| unreadable(file, &error))
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::new(Code::BadInput, format!("there is no {}", file.display()))
        }
        _ => Failure::new(
            Code::Disk,
            format!("{} can't be read: {error}", file.display()),
        ),
    }
}

fn malformed(file: &Path, error: &GoModError) -> Failure {
    let message = format!("{}:{}: {}", file.display(), error.line, error.reason);
    Failure::new(Code::BadInput, message)
}
