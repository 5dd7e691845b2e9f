//! One cell: a command in a copy of a project, by somebody whose module cache is empty.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use test_support::TempHome;

use crate::projects::{self, Project};
use crate::rows::{self, Plan, Program, Row, Step};
use crate::upstreams::Desk;
use crate::{bin, copy};

/// What came of a cell.
pub(crate) struct Outcome {
    pub(crate) row: usize,
    pub(crate) column: usize,
    /// Whether the command did what it is for.
    pub(crate) passes: bool,
    /// Why it can't, or how it is done here.
    pub(crate) remark: Option<&'static str>,
    surprise: Option<String>,
}

impl Outcome {
    /// How it is not as it should be.
    pub(crate) fn surprise(&self) -> Option<&str> {
        self.surprise.as_deref()
    }
}

/// Runs all cells, two at a time; gives them in the order of the table.
pub(crate) fn all(desks: &[Desk], govulncheck: &Path) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let columns = projects::ALL.len();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (row, column) = (at / columns, at % columns);
            if row >= rows::ALL.len() {
                return;
            }
            let desk = &desks[column];
            let somebody = Somebody::new(&desk.home, &format!("cell-{row}"), govulncheck);
            let outcome = somebody.outcome(row, column, &desk.folder);
            outcomes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(outcome);
        }
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    let mut outcomes = outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|outcome| (outcome.row, outcome.column));
    outcomes
}

/// Whose module cache and GOPATH are empty.
struct Somebody {
    home: TempHome,
    folder: PathBuf,
}

impl Somebody {
    fn new(home: &TempHome, name: &str, govulncheck: &Path) -> Self {
        let folder = home.path().join(name);
        fs::create_dir_all(folder.join("gopath/bin")).unwrap();
        fs::create_dir(folder.join("modcache")).unwrap();
        symlink(govulncheck, folder.join("gopath/bin/govulncheck")).unwrap();
        let home = home.clone();
        Self { home, folder }
    }

    fn outcome(&self, row: usize, column: usize, project: &Path) -> Outcome {
        let (of_row, of_column) = (&rows::ALL[row], &projects::ALL[column]);
        let plan = (of_row.plan)(of_column);
        let done = self.carry_out(&plan, of_column, project);
        let surprise = match (&done, plan.never) {
            (Ok(()), None) => None,
            (Err(said), Some((_, says))) if said.contains(says) => None,
            (Ok(()), Some((why, _))) => Some(format!("it works, and was thought not to: {why}")),
            (Err(said), _) => Some(said.clone()),
        };
        let Row { name, .. } = of_row;
        Outcome {
            row,
            column,
            passes: done.is_ok(),
            remark: plan.never.map(|(why, _)| why).or(plan.note),
            surprise: surprise.map(|said| format!("{name}, {}: {said}", of_column.name)),
        }
    }

    /// Carries a plan out; else says what went wrong.
    fn carry_out(&self, plan: &Plan, project: &Project, original: &Path) -> Result<(), String> {
        let copied = self.folder.join("project");
        copy(original, &copied);
        let at = copied.join(project.modules[0]);
        if let Some((name, text)) = &plan.file {
            fs::write(at.join(name), text).unwrap();
        }
        for step in &plan.steps {
            let output = test_support::run(self.command(step, plan).current_dir(&at));
            let said = format!("{}{}", output.stdout, output.stderr);
            if output.status.code() != Some(step.exit) {
                return Err(format!("not exit code {}: {output}", step.exit));
            }
            if let Some(lacking) = step.says.iter().find(|says| !said.contains(*says)) {
                return Err(format!("{lacking:?} is not said: {output}"));
            }
            if let Some(extra) = step.silent.iter().find(|says| said.contains(*says)) {
                return Err(format!("{extra:?} is said: {output}"));
            }
        }
        let read = |folder: &Path, file: &str| {
            let path = folder.join(project.modules[0]).join(file);
            fs::read_to_string(path).unwrap()
        };
        for requirement in &plan.requires {
            let go_mod = read(&copied, "go.mod");
            let is_there = |line: &str| {
                let line = line.trim().trim_start_matches("require ");
                line.trim_end_matches(" // indirect") == requirement
            };
            if !go_mod.lines().any(is_there) {
                return Err(format!("{requirement:?} is not in {go_mod}"));
            }
        }
        for file in ["go.mod", "go.sum"] {
            let (before, after) = (read(original, file), read(&copied, file));
            if plan.unchanged && before != after {
                return Err(format!("{file} was\n{before}\nand is\n{after}"));
            }
        }
        Ok(())
    }

    fn command(&self, step: &Step, plan: &Plan) -> Command {
        let gopath = self.folder.join("gopath");
        let args: Vec<&str> = step.args.iter().map(String::as_str).collect();
        let mut command = match step.program {
            Program::Go => self.home.go(&args),
            Program::Larder => {
                let mut larder = self.home.larder(bin());
                larder.args(&args);
                larder
            }
            Program::Installed => self.home.larder(&gopath.join("bin").join(args[0])),
        };
        command
            .env("GOPATH", &gopath)
            .env("GOMODCACHE", self.folder.join("modcache"));
        if plan.may_switch {
            command.env("GOTOOLCHAIN", "auto");
        }
        command
    }
}
