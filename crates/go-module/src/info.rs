//! The `.info` file of a version, and the answer to `@latest` and to queries: JSON (cmd/go `internal/modfetch/repo.go`,
//! `RevInfo`).

use std::fmt;

use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Unexpected, Visitor};

use crate::time::is_rfc3339;

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
    /// Not one JSON object with texts where texts belong, and a time that is one.
    #[error("the version info is no JSON that go could read: {0}")]
    Json(#[from] serde_json::Error),
    /// No version is named.
    #[error("the version info names no version")]
    NoVersion,
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
    Ok(Info { version, time })
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
            if key.eq_ignore_ascii_case("version") {
                fields.version = map.next_value::<Option<String>>()?.or(fields.version);
            } else if key.eq_ignore_ascii_case("time") {
                let time = map.next_value::<Option<String>>()?;
                if let Some(time) = time.as_deref().filter(|time| !is_rfc3339(time)) {
                    return Err(A::Error::invalid_value(
                        Unexpected::Str(time),
                        &"a time in RFC 3339",
                    ));
                }
                fields.time = time.or(fields.time);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Info, InfoError, parse};

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
            r#"{"Version":"v1.2.3","Time":"yesterday"}"#,
            r#"{"Version":"v1.2.3","Time":"","Time":null}"#,
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
        assert!(parse(b"{\"Version\":\"\xff\"}").is_err());
    }

    proptest! {
        #[test]
        fn both_forms_agree(version in "v[0-9.]{1,9}", time in prop::option::of("20[0-9]{2}-0[1-9]-(1[0-9]|2[0-8])T0[0-9]:[0-5][0-9]:[0-5][0-9]Z")) {
            let json = serde_json::json!({"Version": version, "Time": time, "Origin": {"Version": 1}}).to_string();
            prop_assert_eq!(parse(json.as_bytes()).unwrap(), Info { version, time });
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = parse(&bytes);
        }
    }
}
