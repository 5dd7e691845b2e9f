//! What Larder leaves behind for others to read: processes, environments, files; and the secrets looked for in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use test_support::TempHome;

use super::{CLIENTS, COMPANY, COMPANY_BASIC, MIRROR, MIRROR_BASIC};

/// Looks at the command lines and environments of all processes, again and again.
pub(super) struct Watch {
    end: Arc<AtomicBool>,
    thread: thread::JoinHandle<Vec<String>>,
}

impl Watch {
    pub(super) fn start() -> Self {
        let end = Arc::<AtomicBool>::default();
        let until = end.clone();
        let thread = thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !until.load(Ordering::Relaxed) {
                seen.extend(processes());
                thread::sleep(Duration::from_millis(20));
            }
            seen.into_iter().collect()
        });
        Self { end, thread }
    }

    pub(super) fn seen(self) -> Vec<String> {
        self.end.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// The command line and environment of each process.
fn processes() -> impl Iterator<Item = String> {
    let folders = fs::read_dir("/proc").unwrap().map_while(Result::ok);
    folders.filter_map(|folder| {
        // It may be gone by now, or be somebody else's.
        let command_line = fs::read(folder.path().join("cmdline")).ok()?;
        let environment = fs::read(folder.path().join("environ")).unwrap_or_default();
        let text = [command_line, environment].concat();
        Some(String::from_utf8_lossy(&text).into_owned())
    })
}

/// The files below a folder that hold this.
fn holding(folder: &Path, needle: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            holding(&path, needle, found);
        } else if kind.is_file() {
            // A journal or a temporary file of a running Larder may be gone by now.
            let bytes = fs::read(&path).unwrap_or_default();
            if bytes
                .windows(needle.len())
                .any(|part| part == needle.as_bytes())
            {
                found.push(path.display().to_string());
            }
        }
    }
}

fn files_with(folder: &Path, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    holding(folder, needle, &mut found);
    found.sort();
    found
}

/// Secrets and tokens are where they belong, and nowhere else.
pub(super) struct Secrets {
    home: TempHome,
    module: String,
    control: String,
}

impl Secrets {
    pub(super) fn of(home: &TempHome) -> Self {
        let read = |name: &str| {
            let path = home.larder_home().join("data").join(name);
            fs::read_to_string(path).unwrap().trim().to_owned()
        };
        Self {
            home: home.clone(),
            module: read("token.module"),
            control: read("token.control"),
        }
    }

    fn credentials() -> [&'static str; 5] {
        [
            COMPANY,
            &COMPANY_BASIC[6..],
            MIRROR,
            &MIRROR_BASIC[6..],
            &CLIENTS[7..],
        ]
    }

    pub(super) fn assert_in_no_text(&self, what: &str, texts: &[String]) {
        let tokens = [self.module.as_str(), &self.control];
        for secret in Self::credentials().into_iter().chain(tokens) {
            let told = texts.iter().find(|text| text.contains(secret));
            assert_eq!(told, None, "{secret} is in {what}");
        }
    }

    pub(super) fn assert_in_their_files_alone(&self, go_points_here: bool) {
        let home = self.home.larder_home();
        for secret in Self::credentials() {
            assert_eq!(files_with(&home, secret), [""; 0], "{secret}");
        }
        // Nor in what else there is in this home: the log that serve writes to stderr, temporary files.
        let data = |name: &str| home.join("data").join(name).display().to_string();
        let goenv = self.home.goenv_file().display().to_string();
        let goenv = go_points_here.then_some(goenv);
        let module = files_with(self.home.path(), &self.module);
        let theirs: Vec<String> = goenv.into_iter().chain([data("token.module")]).collect();
        assert_eq!(module, theirs);
        let control = files_with(self.home.path(), &self.control);
        assert_eq!(control, [data("token.control")]);
    }
}
