//! `larder vulncheck`: govulncheck on the kept copy of the vulnerability database, with no network.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use app::{
    CallerEnv, Code, Failure, Places, VULNDB_IS_OLD_AFTER, VulndbAbout, find_govulncheck,
    no_vulndb, open_vulndb,
};
use clap::Args;
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use server::{EndSignals, VulndbRun};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::exit::Exit;
use crate::human;
use crate::output;
use crate::trouble::Trouble;

/// How long govulncheck may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// Run govulncheck on the kept copy of the vulnerability database
///
/// govulncheck is found in your PATH, or where `go install` puts programs; it is given your arguments as they are, and
/// `-db` with an address that is there for this run alone. Nothing is asked outside of this computer for the database;
/// the modules that your project needs come by your GOPROXY as ever. Larder need not be running.
///
/// The copy: `larder vulndb`. The exit code is govulncheck's own (3: your code calls what is vulnerable); it is 1 where
/// there is no copy or no govulncheck, and 2 for an argument `-db`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder vulncheck ./...                 This module
  larder vulncheck -C ../other ./...     Another one
  larder vulncheck -show verbose ./...   Any argument of govulncheck, see govulncheck -help
  larder vulncheck -mode binary ./app    What a program was built of")]
pub(crate) struct Options {
    /// Arguments for govulncheck
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    args: Vec<OsString>,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    if let Some(arg) = options.args.iter().find(|arg| is_db(arg)) {
        let message = format!(
            "{} is what larder vulncheck sets: it gives govulncheck the kept copy",
            arg.to_string_lossy()
        );
        let failure = Failure::new(Code::BadInput, message)
            .hint("for another database, run govulncheck itself");
        return Err(failure.into());
    }
    let copy = open_vulndb(&places).await?.ok_or_else(no_vulndb)?;
    let program = find_govulncheck(&CallerEnv::of_process()).await?;
    if let Some(note) = age(copy.about(), Timestamp::now()) {
        output::tell(&note);
    }
    let mut signals = EndSignals::take()?;
    let run = VulndbRun::begin(copy).await?;
    let mut child = Command::new(&program)
        .arg("-db")
        .arg(run.url().expose())
        .args(&options.args)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            let message = format!("{} can't be started: {error}", program.display());
            Failure::new(Code::NotFound, message)
        })?;
    let ended = tokio::select! {
        ended = child.wait() => Some(ended),
        () = signals.next() => None,
    };
    match ended {
        Some(Ok(status)) => Ok(exit_of(status)),
        Some(Err(error)) => {
            let message = format!("govulncheck can't be waited for: {error}");
            Err(Failure::new(Code::Internal, message).into())
        }
        None => {
            end(&mut child).await;
            Err(Trouble::interrupted())
        }
    }
}

/// `-db`, in the forms in which Go's flags are written.
fn is_db(arg: &OsString) -> bool {
    let arg = arg.to_string_lossy();
    let name = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-'));
    name.is_some_and(|name| name == "db" || name.starts_with("db="))
}

/// Asks govulncheck to end, as its own terminal may have done already, and sees to it that it does.
async fn end(child: &mut Child) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid.and_then(Pid::from_raw) {
        // It may be gone this very moment.
        let _ = kill_process(pid, Signal::TERM);
    }
    if timeout(GRACE, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

/// As a shell has it: its own code, or 128 and the signal that ended it.
fn exit_of(status: ExitStatus) -> Exit {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    let code = code.and_then(|code| u8::try_from(code).ok());
    Exit::Theirs(code.unwrap_or(1))
}

/// What a person is told of a copy that is old.
fn age(about: &VulndbAbout, now: Timestamp) -> Option<String> {
    let age = now.duration_since(about.as_of);
    if age < VULNDB_IS_OLD_AFTER {
        return None;
    }
    let days = u64::try_from(age.as_hours() / 24).unwrap_or_default();
    Some(format!(
        "note: the kept vulnerability database is {} old (as of {}): larder vulndb refresh, or take in a newer one with larder vulndb import\n",
        human::count(days, "day", "days"),
        about.as_of.strftime("%Y-%m-%d")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn db_is_known_in_all_its_forms() {
        for is in ["-db", "--db", "-db=https://x.example", "--db="] {
            assert!(is_db(&is.into()), "{is}");
        }
        for is_not in ["db", "./db", "-dbx", "---db", "-d", "", "-", "./...=db"] {
            assert!(!is_db(&is_not.into()), "{is_not}");
        }
    }

    #[test]
    fn the_exit_code_is_theirs() {
        assert_eq!(exit_of(ExitStatus::from_raw(3 << 8)), Exit::Theirs(3));
        assert_eq!(exit_of(ExitStatus::from_raw(0)), Exit::Theirs(0));
        assert_eq!(exit_of(ExitStatus::from_raw(9)), Exit::Theirs(137));
    }

    #[test]
    fn an_old_copy_is_told_in_days() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let about = VulndbAbout {
            from: "x".to_owned(),
            taken_in: at("2026-03-01T00:00:00Z"),
            as_of: at("2026-03-01T00:00:00Z"),
            modified: None,
            entries: 1,
            modules: 1,
        };
        assert_eq!(age(&about, at("2026-03-07T23:00:00Z")), None);
        assert_eq!(
            age(&about, at("2026-02-01T00:00:00Z")),
            None,
            "a clock that went back"
        );
        let note = age(&about, at("2026-03-13T05:00:00Z")).unwrap();
        assert!(note.contains("12 days old (as of 2026-03-01)"), "{note}");
        assert!(
            age(&about, at("2026-03-08T00:00:00Z"))
                .unwrap()
                .contains("7 days")
        );
    }
}
