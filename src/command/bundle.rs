//! `larder bundle`: modules in one file, for a computer without a network or a colleague.

use std::fs::{self, File};
use std::io;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use app::command::{BundleExport, BundleImport, BundleReport};
use app::{Code, Failure, Places};
use clap::{Args, Subcommand};

use super::{import, with_client};
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::job;
use crate::output::{self, CAUTION};
use crate::trouble::Trouble;

/// Carry modules to a computer without a network
///
/// A bundle is a tar file of module versions with what the checksum database says of them. Another Larder takes it in
/// verified. It is of use without Larder as well: unpacked, its folder is a GOPROXY=file:///… that go verifies with the
/// checksum database that it always uses.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder bundle export ~/src/shop -o shop.tar    What a stocked project needs
  larder bundle import shop.tar                  On the other computer")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Export(Export),
    Import(Import),
}

/// Put what is kept into a bundle
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder bundle export ~/src/shop -o shop.tar              What a stocked project needs
  larder bundle export example.com/m@v1.2.3 > m.tar        One version
  larder bundle export 'github.com/acme/*' -o acme.tar     All that is kept of acme's")]
struct Export {
    /// A stocked project's folder, or modules: globs as in GOPRIVATE, with `@` and a glob for the version if need be
    #[arg(value_name = "PROJECT|MODULE", required = true)]
    wants: Vec<String>,
    /// The bundle; without it, it goes to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Put private modules into it as well; nobody vouches for them where it is used
    #[arg(long)]
    private: bool,
    /// Print one JSON document, on stderr where the bundle goes to stdout
    #[arg(long)]
    json: bool,
}

/// Take in a bundle, verified
///
/// What the checksum database covers is held against the records in the bundle, which are proven under its signed head, or
/// against the database itself. What is not what it should be is left out and named; nothing outside the cache is touched.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder bundle import shop.tar             A file
  ssh desk cat shop.tar | larder bundle import -    What comes on stdin")]
struct Import {
    /// The bundle, or `-` for stdin
    file: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::Export(options) => options.json,
            What::Import(options) => options.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        What::Export(options) => export(options, &places).await,
        What::Import(options) => take_in(options, &places).await,
    }
}

async fn export(options: Export, places: &Places) -> Result<Exit, Trouble> {
    let to_stdout = options.output.is_none();
    if to_stdout && io::stdout().is_terminal() {
        return Err(
            Failure::new(Code::BadInput, "a bundle is nothing for a terminal")
                .hint("larder bundle export … -o FILE")
                .into(),
        );
    }
    let spool = Spool::new(places, "export");
    let file = match &options.output {
        Some(file) => import::absolute(file)?,
        None => spool.0.clone(),
    };
    let wants = options.wants.iter().map(|want| project_or_pattern(want));
    let job = BundleExport {
        wants: wants.collect::<Result<_, _>>()?,
        file,
        private: options.private,
    };
    let exported = with_client(places, async |client| {
        job::carry_out(client, job, "bundling").await
    })
    .await?;
    if to_stdout {
        let mut bundle = File::open(&spool.0)?;
        io::copy(&mut bundle, &mut io::stdout().lock())?;
    }
    let text = if options.json {
        format!(
            "{}\n",
            serde_json::to_string_pretty(&exported).map_err(io::Error::from)?
        )
    } else {
        render(&exported)
    };
    if to_stdout {
        output::tell(&text);
    } else {
        output::print(&text)?;
    }
    Ok(if exported.left_out.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// A project is named by its folder: the instance has another working folder than the caller.
fn project_or_pattern(want: &str) -> Result<String, Failure> {
    let path = Path::new(want);
    if !want.starts_with(['.', '/']) && !path.is_dir() {
        return Ok(want.to_owned());
    }
    let folder = fs::canonicalize(path).map_err(|error| {
        Failure::new(
            Code::NotFound,
            format!("the project {want} can't be found: {error}"),
        )
    })?;
    let folder = folder.into_os_string().into_string();
    folder.map_err(|_| Failure::new(Code::BadInput, format!("the path of {want} is no text")))
}

async fn take_in(options: Import, places: &Places) -> Result<Exit, Trouble> {
    let from_stdin = options.file == Path::new("-");
    let spool = Spool::new(places, "import");
    let imported = with_client(places, async |client| {
        let file = if from_stdin {
            spool.fill()?;
            spool.0.clone()
        } else {
            import::absolute(&options.file)?
        };
        job::carry_out(client, BundleImport { file }, "importing").await
    })
    .await?;
    if options.json {
        output::print_json(&imported)?;
    } else {
        output::print(&import::render(&imported))?;
    }
    Ok(import::ended(&imported))
}

/// A bundle on its way from or to a stream, among what else is on its way; it goes with its value.
struct Spool(PathBuf);

impl Spool {
    fn new(places: &Places, what: &str) -> Self {
        let name = format!("bundle-{what}-{}.tar", std::process::id());
        Self(places.cache.join("tmp").join(name))
    }

    fn fill(&self) -> Result<(), Failure> {
        let filled = File::create_new(&self.0)
            .and_then(|mut file| io::copy(&mut io::stdin().lock(), &mut file));
        filled.map(drop).map_err(|error| {
            Failure::new(
                Code::Disk,
                format!("the bundle can't be read from stdin: {error}"),
            )
        })
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // Nothing is there where it was not needed.
        let _ = fs::remove_file(&self.0);
    }
}

fn render(exported: &BundleReport) -> String {
    let mut text = String::new();
    for left_out in &exported.left_out {
        let (what, reason) = (plain(&left_out.what), plain(&left_out.reason));
        text += &format!("{CAUTION}left out{CAUTION:#}  {what}\n          {reason}\n");
    }
    text += &format!(
        "Bundled {} in {}, {}, with {}.\n",
        human::count(exported.versions, "module version", "module versions"),
        human::count(exported.files, "file", "files"),
        human::bytes(exported.bytes),
        human::count(exported.records, "checksum record", "checksum records"),
    );
    if exported.private_left_out > 0 {
        let versions = human::count(
            exported.private_left_out,
            "private module version",
            "private module versions",
        );
        text += &format!("Without {versions}: --private lets them leave this computer.\n");
    }
    for warning in &exported.warnings {
        text += &format!("{CAUTION}warning:{CAUTION:#} {}\n", plain(warning));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_it() {
        let exported = BundleReport {
            versions: 2,
            files: 6,
            bytes: 70_000,
            records: 1,
            private_left_out: 1,
            warnings: vec!["1 of the module versions are outside the checksum database".to_owned()],
            ..BundleReport::default()
        };
        let text = anstream::adapter::strip_str(&render(&exported)).to_string();
        insta::assert_snapshot!(text, @r"
        Bundled 2 module versions in 6 files, 68.4 KiB, with 1 checksum record.
        Without 1 private module version: --private lets them leave this computer.
        warning: 1 of the module versions are outside the checksum database
        ");
    }
}
