//! What is ready and what is not, as a person reads it.

use app::stock::{Lack, Purpose, Remembered, Report};
use jiff::tz::TimeZone;

use crate::human;
use crate::output::{CAUTION, FAINT, GOOD, STRONG};
use crate::table::{Cell, Columns, Side};

/// How many reasons are told of each kind; the rest is counted.
const LACKS: usize = 40;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// All was brought that could be.
    Stocked,
    /// It was only looked for.
    Looked,
}

/// One paragraph for each subject.
pub(super) fn render(reports: &[Report], said: Said) -> String {
    let paragraphs: Vec<String> = reports.iter().map(|report| one(report, said)).collect();
    paragraphs.join("\n")
}

fn one(report: &Report, said: Said) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#}\n", human::plain(&report.subject));
    let (colour, word) = if report.is_ready() {
        (GOOD, "ready for offline")
    } else {
        (CAUTION, "not ready for offline")
    };
    let size = match said {
        Said::Stocked => format!(
            "{}, {} of it fetched now",
            human::bytes(report.bytes),
            human::bytes(report.fetched)
        ),
        Said::Looked => human::bytes(report.bytes),
    };
    let work = report.work;
    text += &format!(
        "  {colour}{word}{colour:#}: {} of {} ({size})\n",
        work.ready, work.total
    );
    let upgrades = report.upgrades;
    if upgrades.total > 0 {
        text += &format!(
            "  upgrades within reach: {} of {}\n",
            upgrades.ready, upgrades.total
        );
    }
    text += &lacks(report, Purpose::Work, "missing");
    text += &lacks(report, Purpose::Upgrade, "out of reach for upgrades");
    if !report.lacks.is_empty() && said == Said::Looked {
        let name = human::plain(&report.subject);
        text += &format!("  with a network: larder stock {name}\n");
    }
    text
}

fn lacks(report: &Report, purpose: Purpose, heading: &str) -> String {
    let of_purpose = |lack: &&Lack| lack.purpose == purpose;
    let all: Vec<&Lack> = report.lacks.iter().filter(of_purpose).collect();
    if all.is_empty() {
        return String::new();
    }
    let mut text = format!("  {heading}:\n");
    for lack in all.iter().take(LACKS) {
        text += &format!("    {}\n", human::plain(&lack.what));
        text += &human::wrapped(&lack.reason, 6);
    }
    if all.len() > LACKS {
        text += &format!(
            "    {FAINT}and {} more (--json has all){FAINT:#}\n",
            all.len() - LACKS
        );
    }
    text
}

/// What was stocked, one a line.
pub(super) fn list(all: &[Remembered]) -> String {
    if all.is_empty() {
        return "nothing was stocked yet; begin with: larder stock\n".to_owned();
    }
    let zone = TimeZone::system();
    let line = |known: &Remembered| -> [Cell; 4] {
        let state = match &known.report {
            _ if known.under_way => Cell::styled("under way", CAUTION),
            None => "not yet".into(),
            Some(report) => {
                let count = format!("{} of {}", report.work.ready, report.work.total);
                Cell::styled(&count, if report.is_ready() { GOOD } else { CAUTION })
            }
        };
        let at = known.at().map(|at| human::minute(at, &zone));
        [
            known.subject.name().into(),
            state,
            at.unwrap_or_default().into(),
            if known.watched { "watched" } else { "" }.into(),
        ]
    };
    let lines: Vec<[Cell; 4]> = all.iter().map(line).collect();
    Columns::new([Side::Left, Side::Right, Side::Left, Side::Left], 60).render(&lines)
}

#[cfg(test)]
mod tests {
    use app::stock::Count;

    use super::*;

    fn report(ready: u64, lacks: Vec<Lack>) -> Report {
        Report {
            subject: "/home/me/service".to_owned(),
            at: "2026-03-01T22:04:05Z".parse().unwrap(),
            work: Count { ready, total: 214 },
            upgrades: Count {
                ready: 57,
                total: 58,
            },
            bytes: 340 << 20,
            fetched: 5 << 20,
            lacks,
        }
    }

    #[test]
    fn what_is_ready_and_what_is_not() {
        let lack = |purpose, what: &str| Lack {
            purpose,
            what: what.to_owned(),
            reason: "upstream corp could not be reached: connection refused".to_owned(),
        };
        let lacks = vec![
            lack(Purpose::Work, "example.com/m@v1.2.3"),
            lack(Purpose::Upgrade, "the versions of example.com/n"),
        ];
        let plain = |reports: &[Report], said| {
            anstream::adapter::strip_str(&render(reports, said)).to_string()
        };
        let both = [report(214, Vec::new()), report(213, lacks)];
        insta::assert_snapshot!("stocked", plain(&both, Said::Stocked));
        insta::assert_snapshot!("looked", plain(&both[1..], Said::Looked));
    }
}
