//! `larder doctor`: what stands in the way, each with the mend; and a report of it that can be shown to others.

mod report;

use std::path::PathBuf;

use app::command::{Diagnosis, Doctor, Status};
use app::doctor::{DoctorLine, Health, examine_without_instance};
use app::{CallerEnv, Code, Places, VERSION};
use clap::Args;

use super::ask;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{self, CAUTION, ERROR, FAINT, GOOD, HINT, STRONG};
use crate::trouble::Trouble;

/// Look for what stands in the way, and say what mends it
///
/// Looked at are Larder and its port, go and go env, upstreams, credentials, the checksum database, disk, clock, keyring and
/// settings, and what is let through or lost. The exit code is 1 where something is broken, and 0 where all is well
/// or only deserves a look.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder doctor                    Look at everything
  larder doctor --json | jq '.lines[] | select(.health != \"ok\")'
  larder doctor --report           The same, and larder-doctor.txt for who is to help:
                                   without tokens, passwords and module names")]
pub(crate) struct Options {
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// Write a report too, without secrets and module names; read it before you show it around
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        default_missing_value = "larder-doctor.txt"
    )]
    report: Option<PathBuf>,
    /// Let the report take the place of a file that is there
    #[arg(long, requires = "report")]
    force: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    if let Some(file) = &options.report {
        report::check(file, options.force)?;
    }
    let caller = CallerEnv::of_process();
    let asked = ask(&places, async |client| {
        let question = Doctor {
            caller: caller.clone(),
            version: VERSION.to_owned(),
        };
        let diagnosis = client.call(question).await?;
        Ok((diagnosis, client.call(Status {}).await.ok()))
    });
    let (diagnosis, status) = match asked.await {
        Ok(told) => told,
        // What keeps it from being asked is what is to be found out.
        Err(Trouble::Failure(failure)) if failure.code != Code::Cancelled => {
            let lines = examine_without_instance(&places, &caller, &failure).await;
            let version = VERSION.to_owned();
            (Diagnosis { version, lines }, None)
        }
        Err(trouble) => return Err(trouble),
    };
    if options.json {
        output::print_json(&diagnosis)?;
    } else {
        output::print(&render(&diagnosis.lines))?;
    }
    if let Some(file) = &options.report {
        report::write(file, options.force, &diagnosis, status.as_ref(), &places)?;
        let shown = plain(&file.display().to_string());
        output::tell(&format!(
            "The report is in {shown}. Read it before you show it around.\n"
        ));
    }
    let is_broken = |line: &DoctorLine| line.health == Health::Broken;
    Ok(if diagnosis.lines.iter().any(is_broken) {
        Exit::Failed
    } else {
        Exit::Done
    })
}

/// The lines, and how many deserve what.
fn render(lines: &[DoctorLine]) -> String {
    let mut text = String::new();
    for line in lines {
        let (style, word) = match line.health {
            Health::Ok => (GOOD, "ok"),
            Health::Warning => (CAUTION, "warning"),
            Health::Broken => (ERROR, "broken"),
        };
        let name = line.check.name();
        let found = human::wrapped(&line.found, 33);
        text += &format!(
            "{style}{word:<9}{style:#}{STRONG}{name:<22}{STRONG:#}  {}",
            found.trim_start()
        );
        for mend in &line.mend {
            let mend = human::wrapped(mend, 36);
            text += &format!("{:33}{HINT}→{HINT:#}  {}", "", mend.trim_start());
        }
    }
    let count = |health| lines.iter().filter(|line| line.health == health).count() as u64;
    let (broken, warnings) = (count(Health::Broken), count(Health::Warning));
    let sum = match (broken, warnings) {
        (0, 0) => "All is well.".to_owned(),
        (0, _) => human::count(warnings, "warning", "warnings") + ", nothing is broken.",
        (_, 0) => format!("{broken} broken."),
        _ => format!(
            "{broken} broken, {}.",
            human::count(warnings, "warning", "warnings")
        ),
    };
    text + &format!("{FAINT}{sum}{FAINT:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn lines() -> Vec<DoctorLine> {
        serde_json::from_value(serde_json::json!([
            {"check": "instance", "health": "ok", "found": "version 1.2.3 runs, process 12"},
            {"check": "port", "health": "broken", "mend": ["kill 99", "or give Larder another port"],
                "found": "4677 is held by another program: evil\u{1b}[2J, process 99"},
            {"check": "checksum-database", "health": "warning", "mend": ["larder doctor, once more"],
                "found": "sums.example.com, 1000 records, through proxy.example.com with a very long name that does not fit into one line, 5000 ms"},
            {"check": "disk", "health": "ok", "found": "18.3 GiB free for the cache in /home/ann/.cache/larder"},
            {"check": "settings", "health": "warning", "mend": ["edit /home/ann/.config/larder/settings.toml"],
                "found": "/home/ann/.config/larder/settings.toml:2:1: Larder knows no setting `corp.example/secret`"},
        ]))
        .unwrap()
    }

    #[test]
    fn what_is_well_and_what_is_not() {
        let text = render(&lines());
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
        assert!(render(&lines()[..1]).contains("All is well."));
    }
}
