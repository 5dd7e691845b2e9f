//! What `larder env` says.

use std::path::Path;

use app::{
    EnvGivenBack, EnvOffReport, EnvOnReport, EnvReport, EnvSetting, EnvWinner, EnvWish,
    GivenBackHow,
};

use crate::human::plain;
use crate::output::{self, CAUTION, ERROR, FAINT, GOOD, HINT, STRONG};
use crate::table::{Cell, Columns, Side};

/// No column but the last is wider.
const WIDEST: usize = 48;

pub(super) fn told_on(done: &EnvOnReport, home: Option<&Path>) -> String {
    let EnvOnReport {
        changed,
        taken_over,
        report,
    } = done;
    let file = plain(&report.file.display().to_string());
    let head = if *changed {
        "go is pointed at Larder"
    } else {
        "go was pointed at Larder already"
    };
    let mut text = format!("{GOOD}●{GOOD:#} {STRONG}{head}{STRONG:#}, in {file}\n");
    if let Some(taken) = taken_over {
        let profile = plain(&taken.profile);
        text += &if taken.new {
            format!(
                "What go had been told is now the profile {STRONG}{profile}{STRONG:#}, which is in use.\n"
            )
        } else {
            format!(
                "What go had been told is in the profile {STRONG}{profile}{STRONG:#}, which is in use.\n"
            )
        };
    }
    text += &table(report, home);
    text += if report.stays {
        "It stays when Larder ends.\n"
    } else {
        "It is given back when Larder ends; to have it stay: larder service install\n"
    };
    text += "As it was before: larder env off\n";
    text + &remarks(report)
}

pub(super) fn told(report: &EnvReport, home: Option<&Path>) -> String {
    let file = plain(&report.file.display().to_string());
    let mut text = if report.on {
        format!("{GOOD}●{GOOD:#} {STRONG}go is pointed at Larder{STRONG:#}, in {file}\n")
    } else {
        format!(
            "{FAINT}○{FAINT:#} {STRONG}go is not pointed at Larder{STRONG:#}; its file is {file}\n"
        )
    };
    let mut entry = |name: &str, value: &str| {
        text += &format!("  {FAINT}{name:<12}{FAINT:#}  {}\n", plain(value));
    };
    if let Some(target) = &report.link_to {
        entry("link to", &target.display().to_string());
    }
    entry("profile", &report.profile);
    if let Some(go) = &report.go {
        entry("go", &format!("{} ({})", go.path.display(), go.version));
    }
    for (at, go) in report.other_go.iter().enumerate() {
        let name = if at == 0 { "other go" } else { "" };
        entry(name, &format!("{} ({})", go.path.display(), go.version));
    }
    if report.on {
        let stays = if report.stays {
            "stays when Larder ends"
        } else {
            "is given back when Larder ends; larder service install has it stay"
        };
        entry("go env", stays);
    }
    entry(
        "safety net",
        &match &report.no_safety_net {
            None => "go asks the profile's own list where Larder does not answer".to_owned(),
            Some(why) => format!("none: {why}"),
        },
    );
    if let Some(script) = &report.restore_script {
        entry(
            "undo",
            &format!("larder env off, or without Larder: sh {}", script.display()),
        );
    }
    text += &table(report, home);
    if !report.on {
        text += "Point go at Larder: larder env on\n";
    }
    text + &remarks(report)
}

fn table(report: &EnvReport, home: Option<&Path>) -> String {
    let heads = [
        "KEY",
        "LARDER WANTS",
        "IN THE FILE",
        "IN THE SHELL",
        "WHO WINS",
    ];
    let heads = heads.map(|head| Cell::styled(head, STRONG));
    let line = |setting: &EnvSetting| -> [Cell; 5] {
        let wants = match &setting.wants {
            Some(EnvWish::Value(value)) => value.as_str(),
            Some(EnvWish::NoLine) => "(no line)",
            Some(EnvWish::Nothing) => "",
            None => "(not known yet)",
        };
        let wins = match &setting.wins {
            EnvWinner::Larder => Cell::styled("Larder", GOOD),
            EnvWinner::Default => "go's default".into(),
            EnvWinner::File => Cell::styled("the file", CAUTION),
            EnvWinner::Shell => Cell::styled(&shell(setting, home), CAUTION),
            EnvWinner::OtherFile(path) => Cell::styled(&path.display().to_string(), CAUTION),
            EnvWinner::Installation(path) => Cell::styled(&path.display().to_string(), CAUTION),
        };
        [
            setting.key.as_str().into(),
            wants.into(),
            setting.file.as_deref().unwrap_or("").into(),
            setting.shell.as_deref().unwrap_or("").into(),
            wins,
        ]
    };
    if report.settings.is_empty() {
        return String::new();
    }
    let lines: Vec<[Cell; 5]> = std::iter::once(heads)
        .chain(report.settings.iter().map(line))
        .collect();
    Columns::new([Side::Left; 5], WIDEST).render(&lines)
}

/// The shell, and where it likely has it from.
fn shell(setting: &EnvSetting, home: Option<&Path>) -> String {
    if setting.shell_from.is_empty() {
        return "the shell".to_owned();
    }
    let home = home
        .map(|home| home.display().to_string())
        .unwrap_or_default();
    let places = setting.shell_from.iter().map(|place| {
        let below = place
            .strip_prefix(&home)
            .filter(|below| below.starts_with('/'));
        match below.filter(|_| !home.is_empty()) {
            Some(below) => format!("~{below}"),
            None => place.clone(),
        }
    });
    let places: Vec<String> = places.collect();
    format!("the shell ({})", places.join(", "))
}

fn remarks(report: &EnvReport) -> String {
    let mut text = String::new();
    let mut say = |style: output::Style, word: &str, what: &str| {
        text += &format!("{style}{word}:{style:#} {}\n", plain(what));
    };
    let of_shell: Vec<&str> = report
        .settings
        .iter()
        .filter(|setting| setting.wins == EnvWinner::Shell)
        .filter(|setting| setting.wants != Some(EnvWish::Nothing))
        .map(|setting| setting.key.as_str())
        .collect();
    if !of_shell.is_empty() {
        let keys = of_shell.join(" ");
        say(
            CAUTION,
            "warning",
            &format!(
                "this shell sets {}, and that wins over the file",
                of_shell.join(", ")
            ),
        );
        say(
            HINT,
            "hint",
            &format!("take it out of the shell's start files, and: unset {keys}"),
        );
    }
    for note in &report.notes {
        say(CAUTION, "warning", note);
    }
    for problem in &report.problems {
        say(ERROR, "error", &problem.message);
        for hint in &problem.hints {
            say(HINT, "hint", hint);
        }
    }
    text
}

pub(super) fn told_off(given: &EnvOffReport) -> String {
    let mut text = String::new();
    for file in &given.files {
        text += &told_file(file);
    }
    for other in &given.elsewhere {
        let other = plain(&other.display().to_string());
        text += &format!(
            "{CAUTION}warning:{CAUTION:#} go is still pointed at Larder in {other}\n{HINT}hint:{HINT:#} GOENV={other} larder env off\n"
        );
    }
    for note in &given.notes {
        text += &format!("{CAUTION}warning:{CAUTION:#} {}\n", plain(note));
    }
    text
}

fn told_file(given: &EnvGivenBack) -> String {
    let file = plain(&given.file.display().to_string());
    let mut text = match given.how {
        GivenBackHow::Whole => format!("{file} is what it was before, byte for byte.\n"),
        GivenBackHow::Removed => format!("There was no {file} before, and there is none again.\n"),
        GivenBackHow::Leftovers => format!(
            "There is no record of what {file} was before Larder; {} was Larder's, and is taken out.\n{HINT}hint:{HINT:#} see whether the rest is as you want it: cat {file}\n",
            given.restored.join(", ")
        ),
        GivenBackHow::Nothing => {
            format!("{file} is not pointed at Larder: there was nothing to do.\n")
        }
        GivenBackHow::KeysOnly => {
            let restored = match given.restored.as_slice() {
                [] => "nothing of Larder's was left in it".to_owned(),
                keys => format!("{} are what they were", keys.join(", ")),
            };
            format!("Somebody else has changed {file} since: {restored}.\n")
        }
    };
    for (key, value) in &given.kept_by_others {
        text += &match value {
            Some(value) => format!("  {key} stays as they set it: {}\n", plain(value)),
            None => format!("  {key} stays as they left it: without a line\n"),
        };
    }
    text
}

#[cfg(test)]
mod tests;
