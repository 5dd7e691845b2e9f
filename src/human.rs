//! Numbers, times and foreign text as a person reads them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How wide text of several lines may become, as that of the help.
const WIDTH: usize = 100;

const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/// Bytes in powers of 1024, to three figures or so: `512 B`, `1.2 MiB`, `340 MiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // In tenths of a unit and rounded, so that 1023.97 KiB becomes 1.0 MiB and never 1024.0 KiB.
    let mut tenths = u128::from(bytes) * 10;
    let mut unit = 0;
    let rounded = loop {
        let rounded = (tenths + 512) / 1024;
        if rounded < 10_240 || unit + 1 == UNITS.len() {
            break rounded;
        }
        tenths /= 1024;
        unit += 1;
    };
    if rounded < 1000 {
        format!("{}.{} {}", rounded / 10, rounded % 10, UNITS[unit])
    } else {
        format!("{} {}", (rounded + 5) / 10, UNITS[unit])
    }
}

/// Bytes in powers of ten, as disks are sold and quotas are set: `512 B`, `1.5 MB`, `10 GB`.
pub(crate) fn decimal(bytes: u64) -> String {
    let text = bytesize::ByteSize(bytes).display().si().to_string();
    text.replace(".0 ", " ")
}

/// How much of its quota the cache takes.
pub(crate) fn room(room: &app::RoomReport) -> String {
    let used = decimal(room.used);
    match room.quota {
        Some(quota) => format!("{used} of {}", decimal(quota)),
        None => format!("{used}, without a limit"),
    }
}

/// A short time: `35 ms`, `1.2 s`, `2 min 3 s`.
pub(crate) fn millis(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => duration(Duration::from_millis(millis)),
    }
}

/// A longer time in its two greatest units: `42 s`, `2 min 3 s`, `3 h 12 min`, `5 d 1 h`.
pub(crate) fn duration(duration: Duration) -> String {
    const STEPS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let seconds = duration.as_secs();
    let first = STEPS
        .iter()
        .position(|(step, _)| seconds >= *step)
        .unwrap_or(STEPS.len() - 1);
    let (step, unit) = STEPS[first];
    let (count, rest) = (seconds / step, seconds % step);
    match STEPS.get(first + 1) {
        Some((step, smaller)) if rest / step > 0 => {
            format!("{count} {unit} {} {smaller}", rest / step)
        }
        _ => format!("{count} {unit}"),
    }
}

/// A moment, to the second.
pub(crate) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// A moment, to the minute.
pub(crate) fn minute(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Text from outside as one line that cannot steer the terminal: control characters, and those that turn the
/// direction of writing around, are shown as escapes.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\t' => shown.push(' '),
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(char.escape_unicode());
            }
            _ if char.is_control() => shown.extend(char.escape_unicode()),
            _ => shown.push(char),
        }
    }
    shown
}

/// Text from outside in lines, each set in by so many characters and broken between words; a line that begins with a tab
/// is set in further.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let mut shown = String::new();
    for line in text.lines() {
        let (line, indent) = match line.strip_prefix('\t') {
            Some(line) => (line, indent + 2),
            None => (line, indent),
        };
        let mut width = 0;
        for word in plain(line).split(' ').filter(|word| !word.is_empty()) {
            let takes = word.chars().count();
            if width > 0 && width + 1 + takes <= WIDTH {
                shown.push(' ');
                width += 1 + takes;
            } else {
                if width > 0 {
                    shown.push('\n');
                }
                shown.extend(std::iter::repeat_n(' ', indent));
                width = indent + takes;
            }
            shown.push_str(word);
        }
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_figures_or_so() {
        const MIB: u64 = 1024 * 1024;
        for (given, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (102_400, "100 KiB"),
            (MIB - 1, "1.0 MiB"),
            (MIB * 5 / 2, "2.5 MiB"),
            (MIB * 1024 * 340, "340 GiB"),
            (u64::MAX, "16384 PiB"),
        ] {
            assert_eq!(bytes(given), shown, "{given}");
        }
    }

    #[test]
    fn times_are_short() {
        for (given, shown) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1250, "1.2 s"),
            (59_999, "59.9 s"),
            (60_000, "1 min"),
            (123_000, "2 min 3 s"),
            (3_600_000, "1 h"),
            (11_520_000, "3 h 12 min"),
            (86_400_000 * 5 + 3_600_000, "5 d 1 h"),
            (86_400_000 + 60_000, "1 d"),
        ] {
            assert_eq!(millis(given), shown, "{given}");
        }
    }

    #[test]
    fn moments_are_local() {
        let at: Timestamp = "2026-03-01T22:04:05.6Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(moment(at, &zone), "2026-03-02 00:04:05");
        assert_eq!(minute(at, &zone), "2026-03-02 00:04");
    }

    #[test]
    fn foreign_text_is_one_harmless_line() {
        assert_eq!(plain("a\tb\nc"), "a b c");
        assert_eq!(plain("\u{1b}[31mred\r\u{7}"), "\\u{1b}[31mred\\u{d}\\u{7}");
        assert_eq!(plain("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(plain("größe 文"), "größe 文");
    }

    #[test]
    fn long_text_is_broken_between_words() {
        let text = format!(
            "{}\n\tx: {}\nlast\u{7}",
            "word ".repeat(25),
            "y".repeat(120)
        );
        let shown = wrapped(&text, 4);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], format!("    {}", ["word"; 19].join(" ")));
        assert_eq!(lines[1], format!("    {}", ["word"; 6].join(" ")));
        assert_eq!(lines[2], "      x:");
        assert_eq!(lines[3], format!("      {}", "y".repeat(120)));
        assert_eq!(lines[4], "    last\\u{7}");
        assert_eq!(lines.len(), 5);
        assert_eq!(wrapped("", 4), "");
    }
}
