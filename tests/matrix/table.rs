//! What came of the cells, as a table, and as docs/OFFLINE.md has it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cell::Outcome;
use crate::projects;
use crate::rows;

/// Between these the page has the table of the small projects.
const BEGIN: &str = "<!-- Written by `LARDER_UPDATE_DOCS=1 cargo test --test matrix`. -->\n";
/// And here that of the real ones.
const BEGIN_REAL: &str = "<!-- Written by `LARDER_UPDATE_DOCS=1 make matrix`. -->\n";
const END: &str = "<!-- The end of what is written. -->\n";

/// The table, in Markdown; where a cell is not plainly yes, a note says why.
pub(crate) fn render(cells: &[Outcome]) -> String {
    let mut notes: Vec<&str> = Vec::new();
    let mut table = String::from("| command |");
    for project in &projects::ALL {
        write!(table, " {} |", project.name).unwrap();
    }
    writeln!(table, "\n|---|{}", "---|".repeat(projects::ALL.len())).unwrap();
    for (at, row) in rows::ALL.iter().enumerate() {
        write!(table, "| {} |", row.name).unwrap();
        for cell in cells.iter().filter(|cell| cell.row == at) {
            table += if cell.passes { " yes" } else { " no" };
            if let Some(remark) = cell.remark {
                let known = notes.iter().position(|note| *note == remark);
                let number = known.unwrap_or_else(|| {
                    notes.push(remark);
                    notes.len() - 1
                });
                write!(table, " ({})", number + 1).unwrap();
            }
            table += " |";
        }
        table.push('\n');
    }
    table.push('\n');
    for (at, note) in notes.iter().enumerate() {
        writeln!(table, "{}. {note}", at + 1).unwrap();
    }
    table
}

/// The page must have this table. With `LARDER_UPDATE_DOCS=1` it gets it.
#[track_caller]
pub(crate) fn hold_against_the_docs(cells: &[Outcome]) {
    let table = render(cells);
    if is_to_be_written() {
        write(BEGIN, &table);
    } else {
        let page = fs::read_to_string(page()).unwrap();
        assert!(
            page.contains(&between(BEGIN, &table)),
            "docs/OFFLINE.md has another table; `LARDER_UPDATE_DOCS=1 cargo test --test matrix` writes this one:\n{table}"
        );
    }
}

/// With `LARDER_UPDATE_DOCS=1` the page gets this table of the real projects. The times in it differ from run to run.
pub(crate) fn write_real(table: &str) {
    if is_to_be_written() {
        write(BEGIN_REAL, table);
    }
}

fn write(begin: &str, table: &str) {
    let text = fs::read_to_string(page()).unwrap();
    let (before, rest) = text.split_once(begin).expect("where the table begins");
    let (_, after) = rest.split_once(END).expect("where the table ends");
    fs::write(page(), format!("{before}{}{after}", between(begin, table))).unwrap();
}

fn between(begin: &str, table: &str) -> String {
    format!("{begin}\n{}\n\n{END}", table.trim_end())
}

fn is_to_be_written() -> bool {
    std::env::var_os("LARDER_UPDATE_DOCS").is_some_and(|value| value == "1")
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OFFLINE.md")
}
