//! What came of it: what disagrees one by one, what could not be checked by its reason, and one line in sum.

use app::command::{Finding, Party, Said, Verdict};
use serde::Serialize;

use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{CAUTION, ERROR, FAINT, GOOD, Style};

/// Where the text beside the verdict begins.
const INDENT: usize = 11;
/// How many files that share a reason are named.
const NAMED: usize = 5;

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    agree: usize,
    outside: usize,
    unknown: usize,
    unchecked: usize,
    disagree: usize,
    items: Vec<Item>,
}

/// What came of one line or file.
#[derive(Debug, Serialize)]
struct Item {
    /// The go.sum file that names it.
    file: Option<String>,
    #[serde(flatten)]
    finding: Finding,
}

impl Report {
    /// Of findings, and the go.sum files that they are about.
    pub(super) fn new(findings: Vec<Finding>, files: Vec<Option<String>>) -> Self {
        let mut items: Vec<Item> = findings
            .into_iter()
            .zip(files)
            .map(|(finding, file)| Item { file, finding })
            .collect();
        for Item { file, finding } in &mut items {
            let said = finding
                .hashes
                .iter_mut()
                .find(|said| said.by == Party::GoSum);
            if let (Some(file), Some(said)) = (file, said) {
                said.name.clone_from(file);
            }
        }
        let count = |verdict| {
            let found = items.iter().filter(|item| item.finding.verdict == verdict);
            found.count()
        };
        Self {
            agree: count(Verdict::Agrees),
            outside: count(Verdict::Outside),
            unknown: count(Verdict::Unknown),
            unchecked: count(Verdict::Unchecked),
            disagree: count(Verdict::Disagrees),
            items,
        }
    }

    /// How the program ends.
    pub(super) fn exit(&self) -> Exit {
        if self.disagree > 0 {
            Exit::Damaged
        } else if self.unknown + self.unchecked > 0 {
            Exit::Failed
        } else {
            Exit::Done
        }
    }

    /// For people: the worst stands last, where the eye is.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        for verdict in [Verdict::Outside, Verdict::Unchecked, Verdict::Unknown] {
            for group in self.groups(verdict) {
                text += &render_group(verdict, &group);
            }
        }
        let disagreeing = self
            .items
            .iter()
            .map(|item| &item.finding)
            .filter(|finding| finding.verdict == Verdict::Disagrees);
        text.extend(disagreeing.map(render_disagreement));
        text += &self.sum();
        text
    }

    /// Those of a verdict, together by their reasons.
    fn groups(&self, verdict: Verdict) -> Vec<Vec<&Finding>> {
        let mut groups: Vec<Vec<&Finding>> = Vec::new();
        let found = self
            .items
            .iter()
            .map(|item| &item.finding)
            .filter(|finding| finding.verdict == verdict);
        for finding in found {
            match groups
                .iter_mut()
                .find(|group| group[0].reason == finding.reason)
            {
                Some(group) => group.push(finding),
                None => groups.push(vec![finding]),
            }
        }
        groups
    }

    fn sum(&self) -> String {
        let total = self.items.len();
        if total == 0 {
            return "There is no line to verify.\n".to_owned();
        }
        let all_lines = self.items.iter().all(|item| item.file.is_some());
        let (one, many) = if all_lines {
            ("line", "lines")
        } else {
            ("file", "files")
        };
        let parts: Vec<String> = [
            (self.agree, "agrees", "agree"),
            (
                self.outside,
                "is outside the database",
                "are outside the database",
            ),
            (
                self.unknown,
                "is unknown to the database",
                "are unknown to the database",
            ),
            (
                self.unchecked,
                "could not be checked",
                "could not be checked",
            ),
            (self.disagree, "disagrees", "disagree"),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| human::count(count as u64, one, many))
        .collect();
        let style = match self.exit() {
            Exit::Done => GOOD,
            Exit::Damaged => ERROR,
            _ => CAUTION,
        };
        format!(
            "{style}{}{style:#}: {}.\n",
            human::count(total as u64, one, many),
            parts.join(", ")
        )
    }
}

fn name(finding: &Finding) -> String {
    format!(
        "{}@{} ({})",
        plain(&finding.module),
        plain(&finding.version),
        plain(&finding.kind)
    )
}

/// The verdict, and beside it these lines; then the reason.
fn block(word: &str, style: Style, lines: &[String], reason: Option<&str>) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let word = if at == 0 { word } else { "" };
        let pad = INDENT.saturating_sub(word.len());
        text += &format!("{style}{word}{style:#}{:pad$}{line}\n", "");
    }
    text += &human::wrapped(reason.unwrap_or_default(), INDENT);
    text
}

fn render_group(verdict: Verdict, group: &[&Finding]) -> String {
    let (word, style) = match verdict {
        Verdict::Agrees => ("agrees", GOOD),
        Verdict::Outside => ("outside", FAINT),
        Verdict::Unknown => ("unknown", CAUTION),
        Verdict::Unchecked => ("unchecked", CAUTION),
        Verdict::Disagrees => ("disagrees", ERROR),
    };
    let mut lines: Vec<String> = group
        .iter()
        .take(NAMED)
        .map(|finding| name(finding))
        .collect();
    let rest = group.len().saturating_sub(NAMED);
    if rest > 0 {
        lines.push(format!("and {rest} more; --json names them all"));
    }
    block(word, style, &lines, group[0].reason.as_deref())
}

fn render_disagreement(finding: &Finding) -> String {
    let who: Vec<String> = finding.hashes.iter().map(who).collect();
    let width = who
        .iter()
        .map(|who| who.chars().count())
        .max()
        .unwrap_or_default();
    let mut lines = vec![name(finding)];
    for (who, said) in who.iter().zip(&finding.hashes) {
        let pad = width - who.chars().count();
        let since = said.since.map_or_else(String::new, |since| {
            format!("  {FAINT}{}{FAINT:#}", since.strftime("%Y-%m-%d"))
        });
        lines.push(format!("  {who}{:pad$}  {}{since}", "", plain(&said.h1)));
    }
    block("disagrees", ERROR, &lines, finding.reason.as_deref())
}

fn who(said: &Said) -> String {
    match said.by {
        Party::GoSum | Party::Database => plain(&said.name),
        Party::Cache => "kept file".to_owned(),
        Party::FirstSight => format!("first seen ({})", plain(&said.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASHES: [&str; 2] = [
        "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=",
    ];

    fn said(by: Party, name: &str, hash: usize) -> Said {
        Said {
            by,
            name: name.to_owned(),
            h1: HASHES[hash].to_owned(),
            since: None,
        }
    }

    fn finding(module: &str, verdict: Verdict, reason: Option<&str>) -> Finding {
        Finding {
            module: module.to_owned(),
            version: "v1.0.0".to_owned(),
            kind: "zip".to_owned(),
            verdict,
            cover: "database".to_owned(),
            hashes: vec![
                said(Party::GoSum, "go.sum", 0),
                said(Party::Database, "sum.example.com", 0),
            ],
            reason: reason.map(str::to_owned),
        }
    }

    fn report(findings: Vec<Finding>) -> Report {
        let files = vec![Some("sub/go.sum".to_owned()); findings.len()];
        Report::new(findings, files)
    }

    fn shown(report: &Report) -> String {
        anstream::adapter::strip_str(&report.render()).to_string()
    }

    #[test]
    fn everything_there_is_to_say() {
        let mut changed = finding(
            "example.com/changed",
            Verdict::Disagrees,
            Some("go.sum has another hash than sum.example.com vouches for.\nThe kept file too."),
        );
        changed.hashes[0].h1 = HASHES[1].to_owned();
        changed.hashes.push(Said {
            since: Some("2026-03-01T12:00:00Z".parse().unwrap()),
            ..said(Party::Cache, "modules", 0)
        });
        let mut private = finding(
            "corp.example/secret",
            Verdict::Disagrees,
            Some("it is private in this profile, so nobody else can say who is right"),
        );
        private.hashes[1] = Said {
            since: Some("2026-03-01T12:00:00Z".parse().unwrap()),
            ..said(Party::FirstSight, "proxy.corp.example", 1)
        };
        let mut findings = vec![
            finding("example.com/good", Verdict::Agrees, None),
            changed,
            private,
            finding(
                "example.com/new\u{1b}",
                Verdict::Unknown,
                Some("the checksum database sum.example.com does not have it"),
            ),
        ];
        let away = "the checksum database sum.example.com could not be asked";
        for number in 0..7 {
            let module = format!("example.com/m{number}");
            findings.push(finding(&module, Verdict::Unchecked, Some(away)));
        }
        for module in ["corp.example/a", "corp.example/b"] {
            let why = "it is private in this profile; it was compared with the kept file";
            findings.push(finding(module, Verdict::Outside, Some(why)));
        }
        let report = report(findings);
        insta::assert_snapshot!(shown(&report));
        assert_eq!(report.exit(), Exit::Damaged);
    }

    #[test]
    fn where_all_is_well_one_line_says_so() {
        let all = |count| {
            report(vec![
                finding("example.com/good", Verdict::Agrees, None);
                count
            ])
        };
        assert_eq!(shown(&all(0)), "There is no line to verify.\n");
        assert_eq!(shown(&all(1)), "1 line: 1 agrees.\n");
        assert_eq!(shown(&all(214)), "214 lines: 214 agree.\n");
        assert_eq!(all(214).exit(), Exit::Done);
        let module = Report::new(
            vec![finding("example.com/good", Verdict::Agrees, None)],
            vec![None],
        );
        assert_eq!(shown(&module), "1 file: 1 agrees.\n");
    }

    #[test]
    fn the_exit_code_tells_the_worst() {
        for (verdicts, exit) in [
            (&[Verdict::Agrees, Verdict::Outside][..], Exit::Done),
            (&[Verdict::Agrees, Verdict::Unknown], Exit::Failed),
            (&[Verdict::Outside, Verdict::Unchecked], Exit::Failed),
            (&[Verdict::Disagrees, Verdict::Unchecked], Exit::Damaged),
        ] {
            let findings = verdicts
                .iter()
                .map(|verdict| finding("example.com/m", *verdict, None))
                .collect();
            assert_eq!(report(findings).exit(), exit, "{verdicts:?}");
        }
    }

    #[test]
    fn scripts_get_the_sums_and_all_items() {
        let json = serde_json::to_value(report(vec![
            finding("example.com/a", Verdict::Agrees, None),
            finding("example.com/b", Verdict::Disagrees, Some("so")),
        ]))
        .unwrap();
        assert_eq!((&json["agree"], &json["disagree"]), (&1.into(), &1.into()));
        let item = &json["items"][1];
        assert_eq!(item["file"], "sub/go.sum");
        assert_eq!(item["module"], "example.com/b");
        assert_eq!(item["verdict"], "disagrees");
        assert_eq!(item["hashes"][0]["name"], "sub/go.sum");
        assert_eq!(item["hashes"][0]["by"], "go-sum");
    }
}
