//! What was found: said at once, and once more as a table at the end.

use std::time::Duration;

/// One line of the table.
struct Row {
    part: &'static str,
    what: String,
    larder: String,
    other: String,
    ratio: String,
    aim: String,
    verdict: &'static str,
}

/// All lines.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

/// What a measurement is held against.
pub(crate) enum Aim {
    /// Nothing: it is told for comparison.
    None,
    /// The aim in words, and whether it is met.
    Is(String, bool),
}

impl Aim {
    pub(crate) fn is(words: &str, met: bool) -> Self {
        Self::Is(words.to_owned(), met)
    }
}

impl Report {
    /// Adds a line; `other` and `ratio` are empty where there is nothing to compare with.
    pub(crate) fn row(
        &mut self,
        part: &'static str,
        what: impl Into<String>,
        larder: impl Into<String>,
        other: impl Into<String>,
        ratio: Option<f64>,
        aim: Aim,
    ) {
        let (aim, verdict) = match aim {
            Aim::None => (String::new(), ""),
            Aim::Is(aim, true) => (aim, "met"),
            Aim::Is(aim, false) => (aim, "missed"),
        };
        let row = Row {
            part,
            what: what.into(),
            larder: larder.into(),
            other: other.into(),
            ratio: ratio.map_or(String::new(), |ratio| format!("{ratio:.2}")),
            aim,
            verdict,
        };
        println!(
            "  {}: {} | {} {} {}",
            row.what, row.larder, row.other, row.ratio, row.verdict
        );
        self.rows.push(row);
    }

    /// The table, in Markdown that is readable as it stands.
    pub(crate) fn table(&self) -> String {
        let head = ["part", "what", "Larder", "the other", "ratio", "aim", ""];
        let mut lines: Vec<[&str; 7]> = vec![head];
        for row in &self.rows {
            lines.push([
                row.part,
                &row.what,
                &row.larder,
                &row.other,
                &row.ratio,
                &row.aim,
                row.verdict,
            ]);
        }
        let widths: Vec<usize> = (0..head.len())
            .map(|n| {
                lines
                    .iter()
                    .map(|line| line[n].chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for (at, line) in lines.iter().enumerate() {
            for (cell, width) in line.iter().zip(&widths) {
                text += &format!("| {cell:width$} ");
            }
            text += "|\n";
            if at == 0 {
                for width in &widths {
                    text += &format!("|{}", "-".repeat(width + 2));
                }
                text += "|\n";
            }
        }
        text
    }
}

/// The middle one; of an even number the mean of the two in the middle. 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

/// The same of times.
pub(crate) fn median_time(values: impl IntoIterator<Item = Duration>) -> Duration {
    Duration::from_secs_f64(median(values.into_iter().map(|value| value.as_secs_f64())))
}

/// A time, to three digits.
pub(crate) fn time(value: Duration) -> String {
    let seconds = value.as_secs_f64();
    match seconds {
        s if s >= 10.0 => format!("{s:.1} s"),
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 0.01 => format!("{:.0} ms", s * 1e3),
        s if s >= 0.001 => format!("{:.1} ms", s * 1e3),
        s => format!("{:.0} µs", s * 1e6),
    }
}

/// Bytes in MB (2^20), as the aims have them.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median([]).abs() < 1e-9);
    }

    #[test]
    fn times_are_told_in_a_fitting_unit() {
        let told =
            [12.34, 1.234, 0.1234, 0.0012, 0.000_12].map(|s| time(Duration::from_secs_f64(s)));
        assert_eq!(told, ["12.3 s", "1.23 s", "123 ms", "1.2 ms", "120 µs"]);
    }

    #[test]
    fn the_table_has_a_line_for_each_row() {
        let mut report = Report::default();
        report.row("warm", "rate", "2", "1", Some(2.0), Aim::is("1", true));
        let table = report.table();
        assert_eq!(table.lines().count(), 3);
        assert!(
            table.ends_with("| warm | rate | 2      | 1         | 2.00  | 1   | met |\n"),
            "{table}"
        );
    }
}
