//! The `.info` file of a version, and the answer to `@latest` and to queries: JSON (cmd/go `internal/modfetch/repo.go`,
//! `RevInfo`).

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

/// What Larder reads of an info; other fields, such as `Origin`, are passed on with the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The version, as the upstream wrote it: not checked, but not empty.
    pub version: String,
    /// The commit's time, in RFC 3339.
    pub time: Option<String>,
}

/// Why bytes are no info.
#[derive(Debug, thiserror::Error)]
pub enum InfoError {
    /// Not one JSON object with texts where texts belong.
    #[error("the version info is no JSON that go could read: {0}")]
    Json(#[from] serde_json::Error),
    /// No version is named.
    #[error("the version info names no version")]
    NoVersion,
    /// The time is none.
    #[error("the version info has a time that is not in RFC 3339: {0:?}")]
    Time(String),
}

/// Reads an info. As in Go, the case of field names does not matter, the last of several fields counts, and `null` is
/// as good as no field.
///
/// # Errors
/// Where `go` would refuse it, or it names no version.
pub fn parse(json: &[u8]) -> Result<Info, InfoError> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let Fields { version, time } = deserializer.deserialize_map(InfoVisitor)?;
    deserializer.end()?;
    let version = version
        .filter(|version| !version.is_empty())
        .ok_or(InfoError::NoVersion)?;
    match time {
        Some(time) if !is_rfc3339(&time) => Err(InfoError::Time(time)),
        time => Ok(Info { version, time }),
    }
}

#[derive(Default)]
struct Fields {
    version: Option<String>,
    time: Option<String>,
}

struct InfoVisitor;

impl<'de> Visitor<'de> for InfoVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a Version and a Time")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<String>()? {
            let field = if key.eq_ignore_ascii_case("version") {
                &mut fields.version
            } else if key.eq_ignore_ascii_case("time") {
                &mut fields.time
            } else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if let Some(text) = map.next_value::<Option<String>>()? {
                *field = Some(text);
            }
        }
        Ok(fields)
    }
}

/// Whether `text` is a time in RFC 3339, as strict as Go reads it from JSON: `2018-08-07T14:01:17.5+02:00`.
pub(crate) fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |at: usize, digits: usize| -> Option<u32> {
        let digits = bytes
            .get(at..at + digits)
            .filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        Some(
            digits
                .iter()
                .fold(0, |value, digit| value * 10 + u32::from(digit - b'0')),
        )
    };
    let is = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    let within = |at: usize, range: std::ops::RangeInclusive<u32>| {
        number(at, 2).is_some_and(|value| range.contains(&value))
    };
    let Some((year, month, day)) = number(0, 4)
        .zip(number(5, 2))
        .zip(number(8, 2))
        .map(|((y, m), d)| (y, m, d))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    let clock = within(11, 0..=23)
        && is(13, b':')
        && within(14, 0..=59)
        && is(16, b':')
        && within(17, 0..=59);
    if !((1..=days).contains(&day) && is(4, b'-') && is(7, b'-') && is(10, b'T') && clock) {
        return false;
    }
    let mut zone = 19;
    if is(zone, b'.') {
        let digits = bytes[zone + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 {
            return false;
        }
        zone += 1 + digits;
    }
    if is(zone, b'Z') {
        return bytes.len() == zone + 1;
    }
    let offset = within(zone + 1, 0..=23) && is(zone + 3, b':') && within(zone + 4, 0..=59);
    (is(zone, b'+') || is(zone, b'-')) && offset && bytes.len() == zone + 6
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Info, InfoError, is_rfc3339, parse};

    fn info(version: &str, time: Option<&str>) -> Info {
        Info {
            version: version.to_owned(),
            time: time.map(str::to_owned),
        }
    }

    #[test]
    fn what_go_reads_is_read() {
        for (json, expected) in [
            (
                r#"{"Version":"v1.2.3","Time":"2018-08-07T14:01:17Z"}"#,
                info("v1.2.3", Some("2018-08-07T14:01:17Z")),
            ),
            (r#" {"Version":"v1.2.3"} "#, info("v1.2.3", None)),
            (r#"{"version":"v1.2.3","TIME":null}"#, info("v1.2.3", None)),
            (
                r#"{"Version":"v1.0.0","Origin":{"VCS":"git","Hash":"x"},"Version":"v1.2.3"}"#,
                info("v1.2.3", None),
            ),
            (
                r#"{"Version":"v1.2.3","Time":"2018-08-07T14:01:17.123456789+02:00"}"#,
                info("v1.2.3", Some("2018-08-07T14:01:17.123456789+02:00")),
            ),
        ] {
            assert_eq!(parse(json.as_bytes()).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for json in [
            "",
            "[]",
            "null",
            "\"v1.2.3\"",
            "<html>",
            r#"{"Version":1}"#,
            r#"{"Version":"v1.2.3"}x"#,
            r#"{"Version":"v1.2.3""#,
        ] {
            assert!(
                matches!(parse(json.as_bytes()), Err(InfoError::Json(_))),
                "{json}"
            );
        }
        assert!(matches!(parse(b"{}"), Err(InfoError::NoVersion)));
        assert!(matches!(
            parse(br#"{"Version":""}"#),
            Err(InfoError::NoVersion)
        ));
        assert!(matches!(
            parse(br#"{"Version":"v1.2.3","Time":"yesterday"}"#),
            Err(InfoError::Time(_))
        ));
        assert!(parse(b"{\"Version\":\"\xff\"}").is_err());
    }

    #[test]
    fn times_are_read_strictly() {
        for good in [
            "2000-02-29T00:00:00Z",
            "0001-01-01T23:59:59-23:59",
            "2024-12-31T00:00:00.0Z",
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
            "2024-12-31T00:00:00+24:00",
            "2024-12-31t00:00:00Z",
            "2024-12-31T0:00:00Z",
            "2é24-12-31T00:00:00Z",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_agree(version in "v[0-9.]{1,9}", time in prop::option::of("20[0-9]{2}-0[1-9]-[12][0-9]T0[0-9]:[0-5][0-9]:[0-5][0-9]Z")) {
            let json = serde_json::json!({"Version": version, "Time": time, "Origin": {"Version": 1}}).to_string();
            prop_assert_eq!(parse(json.as_bytes()).unwrap(), Info { version, time });
        }

        #[test]
        fn nothing_makes_it_panic(bytes in any::<Vec<u8>>(), text in any::<String>(), time in "[0-9:TZ.+-]*") {
            let _ = (parse(&bytes), is_rfc3339(&text), is_rfc3339(&time));
        }
    }
}
