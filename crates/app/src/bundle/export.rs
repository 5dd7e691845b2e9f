//! What is asked for goes into a tar file, from what is kept alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use delivery::{Cover, Delivery};
use go_module::{FileKind, ModulePath, ModuleVersion, Request, Version, list};
use serde::{Deserialize, Serialize};
use store::{Filter, Kept};
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

use crate::app::App;
use crate::command::LeftOut;
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};
use crate::stock::Subject;

/// What is to go into a bundle.
pub(crate) struct Wish {
    /// Projects by the absolute paths of their folders, and patterns.
    pub(crate) wants: Vec<String>,
    /// Where the bundle is to stand.
    pub(crate) file: PathBuf,
    /// Whether private modules go into it.
    pub(crate) private: bool,
}

/// What went into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "BundleReport")]
pub struct Exported {
    /// The bundle.
    pub file: String,
    /// Module versions in it.
    pub versions: u64,
    /// Their files.
    pub files: u64,
    /// The bytes of those.
    pub bytes: u64,
    /// Records of the checksum database in it.
    pub records: u64,
    /// Private module versions that were left out, because nobody said that they may leave this computer.
    pub private_left_out: u64,
    /// What was asked for and is not in it, and why.
    pub left_out: Vec<LeftOut>,
    /// What a person should know, a sentence each.
    pub warnings: Vec<String>,
}

/// Writes a bundle, whole or not at all.
pub(crate) async fn export(
    app: &App,
    wish: Wish,
    reporter: &Reporter,
) -> Result<Exported, Failure> {
    let delivery = app.delivery().await?;
    let profile = delivery.profile();
    let mut exported = Exported {
        file: wish.file.display().to_string(),
        ..Exported::default()
    };
    let (mut covered, mut others) = (Vec::new(), Vec::new());
    for module in wanted(app, &wish.wants, &mut exported).await? {
        match profile.route(module.path.as_str()).cover {
            Cover::Database => covered.push(module),
            Cover::Private if !wish.private => exported.private_left_out += 1,
            Cover::Private | Cover::Off | Cover::Excepted | Cover::Allowed => others.push(module),
        }
    }
    if !others.is_empty() {
        exported.warnings.push(format!(
            "{} of the module versions are outside the checksum database: go must be told so where the bundle is used (GONOSUMDB), and nobody vouches for them there",
            others.len()
        ));
    }
    let extract = delivery
        .extract(&covered)
        .await
        .map_err(|error| Failure::new(Code::Disk, error.to_string()))?;
    for (module, error) in &extract.without {
        covered.retain(|other| other != module);
        exported.leave_out(module, error);
    }
    let lookups = extract
        .files
        .keys()
        .filter(|path| path.starts_with("lookup/"));
    exported.records = lookups.count() as u64;
    covered.append(&mut others);
    covered.sort_unstable();
    let mut files = Vec::new();
    for module in covered {
        match found(delivery, app, &module).await? {
            kept if kept.is_empty() => exported.leave_out(&module, &"it is not kept"),
            kept => files.push((module, kept)),
        }
    }
    if files.is_empty() {
        let failure = Failure::new(Code::NotFound, "there is nothing to put into a bundle");
        return Err(exported
            .left_out
            .iter()
            .take(5)
            .map(|it| format!("{}: {}", it.what, it.reason))
            .fold(failure, Failure::hint)
            .hint("larder cache list shows what is kept; --private lets private modules leave this computer"));
    }
    let (reporter, file) = (reporter.clone(), wish.file);
    let database = extract.files.into_iter().map({
        let name = extract.name;
        move |(path, bytes)| (format!("sumdb/{name}/{path}"), bytes)
    });
    let database: Vec<(String, Vec<u8>)> = database.collect();
    let writing = tokio::task::spawn_blocking(move || {
        whole(&file, reporter.cancel(), |tar| {
            let mut progress = Progress {
                total: files.iter().map(|(_, kept)| kept.len() as u64).sum(),
                ..Progress::default()
            };
            for (path, bytes) in &database {
                tar.put(path, bytes.len() as u64, bytes.as_slice())?;
            }
            for (path, text) in lists(&files) {
                tar.put(&path, text.len() as u64, text.as_bytes())?;
            }
            for (module, kept) in files {
                exported.versions += 1;
                for (kind, kept) in kept {
                    let path = Request::File(module.clone(), kind).url_path();
                    tar.put(path.trim_start_matches('/'), kept.size, &kept.file)?;
                    exported.files += 1;
                    exported.bytes += kept.size;
                    progress.done += 1;
                    progress.bytes += kept.size;
                    reporter.report(progress);
                }
            }
            Ok(exported)
        })
    });
    writing
        .await
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?
}

impl Exported {
    fn leave_out(&mut self, module: &ModuleVersion, reason: &dyn std::fmt::Display) {
        self.left_out.push(LeftOut {
            what: module.to_string(),
            reason: reason.to_string(),
        });
    }
}

/// The versions that are asked for, each once.
async fn wanted(
    app: &App,
    wants: &[String],
    exported: &mut Exported,
) -> Result<BTreeSet<ModuleVersion>, Failure> {
    let mut modules = BTreeSet::new();
    for want in wants {
        if Path::new(want).is_absolute() {
            modules.extend(of_project(app, want).await?);
            continue;
        }
        let filter = crate::command::filter(Some(want))?;
        let listed = app.store().list(&filter).await?;
        if listed.is_empty() {
            exported.left_out.push(LeftOut {
                what: want.clone(),
                reason: "nothing of that is kept".to_owned(),
            });
        }
        let versions = listed
            .into_iter()
            .filter_map(|found| ModuleVersion::new(found.path, found.version).ok());
        modules.extend(versions);
    }
    Ok(modules)
}

/// What was stocked for a project.
async fn of_project(app: &App, at: &str) -> Result<Vec<ModuleVersion>, Failure> {
    let project = crate::command::read_project(at.into()).await?;
    let owner = Subject::Project(project.folder).owner();
    let keeps = app.store().keeps().await?;
    let found = keeps.into_iter().find(|keep| keep.owner == owner);
    found.map(|keep| keep.versions).ok_or_else(|| {
        Failure::new(Code::NotFound, format!("the project {at} is not stocked"))
            .hint(format!("stock it first: larder stock {at}"))
    })
}

/// The kept files of a version that the profile may give out.
async fn found(
    delivery: &Delivery,
    app: &App,
    module: &ModuleVersion,
) -> Result<Vec<(FileKind, Kept)>, Failure> {
    let profile = delivery.profile();
    let mut files = Vec::new();
    for kind in FileKind::ALL {
        let trees = profile.trees(module.path.as_str(), kind);
        if let Some(kept) = app.store().find(&trees, module, kind).await? {
            files.push((kind, kept));
        }
    }
    Ok(files)
}

/// For each module the versions that are whole in the bundle: what a list offers, `go` must be able to get.
fn lists(files: &[(ModuleVersion, Vec<(FileKind, Kept)>)]) -> Vec<(String, String)> {
    let mut versions: BTreeMap<&ModulePath, Vec<&Version>> = BTreeMap::new();
    for (module, kept) in files {
        let listed = versions.entry(&module.path).or_default();
        if kept.len() == FileKind::ALL.len() {
            listed.push(&module.version);
        }
    }
    let line = |(path, versions): (&ModulePath, Vec<&Version>)| {
        let path = Request::List(path.clone()).url_path();
        let text = list::render(
            &versions
                .iter()
                .map(|version| version.as_str())
                .collect::<Vec<_>>(),
        );
        (path.trim_start_matches('/').to_owned(), text)
    };
    versions.into_iter().map(line).collect()
}

/// A tar file of regular files, without anything that tells whose computer it was made on.
struct Tar<'a> {
    tar: tar::Builder<BufWriter<&'a File>>,
    cancel: &'a CancellationToken,
}

impl Tar<'_> {
    fn put(&mut self, path: &str, size: u64, bytes: impl Read) -> io::Result<()> {
        if self.cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(size);
        self.tar.append_data(&mut header, path, bytes)
    }
}

/// Writes a file beside its place and then puts it there.
fn whole<T>(
    file: &Path,
    cancel: &CancellationToken,
    write: impl FnOnce(&mut Tar<'_>) -> io::Result<T>,
) -> Result<T, Failure> {
    let failure = |error: &io::Error| match error.kind() {
        io::ErrorKind::Interrupted => {
            Failure::new(Code::Cancelled, "it was cancelled; there is no bundle")
        }
        _ => Failure::new(
            Code::Disk,
            format!("the bundle {} can't be written: {error}", file.display()),
        ),
    };
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    let partial = PathBuf::from(name);
    let written = (|| {
        let target = File::create(&partial)?;
        let mut tar = Tar {
            tar: tar::Builder::new(BufWriter::new(&target)),
            cancel,
        };
        let done = write(&mut tar)?;
        tar.tar.into_inner()?.flush()?;
        target.sync_all()?;
        std::fs::rename(&partial, file)?;
        Ok(done)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    written.map_err(|error| failure(&error))
}

/// Whether a want is a pattern that can be read; checked before anything is done.
pub(crate) fn check(wants: &[String]) -> Result<(), Failure> {
    if wants.is_empty() {
        return Err(Failure::new(
            Code::BadInput,
            "nothing is named that is to go into the bundle",
        ));
    }
    for want in wants.iter().filter(|want| !Path::new(want).is_absolute()) {
        let _: Filter = crate::command::filter(Some(want))?;
    }
    Ok(())
}
