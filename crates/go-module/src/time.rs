//! Times in RFC 3339, as far as a version's info needs them: whether `go` reads one.

/// Whether Go reads `text` as a time in JSON: `2018-08-07T14:01:17.5+02:00` (Go's `time/format.go`, layout RFC3339).
///
/// As Go does, it lets an hour of one digit pass, a comma in front of the fraction, and an offset of up to 24:60.
pub(crate) fn is_rfc3339(text: &str) -> bool {
    let mut rest = Rest(text.as_bytes());
    rest.time().is_some() && rest.0.is_empty()
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn time(&mut self) -> Option<()> {
        let year = self.number(4)?;
        self.one_of(b"-")?;
        let month = self.number(2)?;
        self.one_of(b"-")?;
        let day = self.number(2)?;
        self.one_of(b"T")?;
        let hour = self.number(2).or_else(|| self.number(1))?;
        self.one_of(b":")?;
        let minute = self.number(2)?;
        self.one_of(b":")?;
        let second = self.number(2)?;
        if self.one_of(b".,").is_some() {
            self.number(1)?;
            while self.number(1).is_some() {}
        }
        if self.one_of(b"+-").is_some() {
            let hours = self.number(2)?;
            self.one_of(b":")?;
            let minutes = self.number(2)?;
            (hours <= 24 && minutes <= 60).then_some(())?;
        } else {
            self.one_of(b"Z")?;
        }
        let valid =
            (1..=days(year, month)).contains(&day) && hour < 24 && minute < 60 && second < 60;
        valid.then_some(())
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        if !bytes.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(())
    }

    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        if !number.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = rest;
        Some(
            number
                .iter()
                .fold(0, |value, digit| value * 10 + u32::from(digit - b'0')),
        )
    }
}

/// The days of a month; none of a month that there is not.
fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::is_rfc3339;

    #[test]
    fn what_go_reads_is_a_time() {
        for good in [
            "2000-02-29T00:00:00Z",
            "0001-01-01T23:59:59-23:59",
            "2024-12-31T00:00:00.0Z",
            "2024-12-31T00:00:00,123456789012Z",
            "2024-12-31T1:00:00+24:60",
        ] {
            assert!(is_rfc3339(good), "{good}");
        }
        for bad in [
            "",
            "2024",
            "2024-12-31",
            "2024-12-31T00:00:00",
            "2024-12-31 00:00:00Z",
            "2024-12-31T24:00:00Z",
            "1900-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-04-31T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-12-31T00:00:00.Z",
            "2024-12-31T00:00:60Z",
            "2024-12-31T00:00:00Zx",
            "2024-12-31T00:00:00+0200",
            "2024-12-31T00:00:00+25:00",
            "2024-12-31t00:00:00Z",
            "2024-12-31T0:0:00Z",
            "2é24-12-31T00:00:00Z",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(any in any::<String>(), near in "[0-9:TZ.+-]*") {
            let _ = (is_rfc3339(&any), is_rfc3339(&near));
        }
    }
}
