//! Whether and where traces are sent, and to which upstreams they are passed on: off, unless a person says so.

use std::path::Path;

use secret::SafeUrl;
use toml_edit::{Array, Item, Value};

use super::Settings;
use super::reader::Reader;
use super::write::{checked, rewrite};
use super::write_window::with_values_in;
use crate::failure::Failure;

/// Where traces go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TracesSettings {
    /// `traces.to`: the collector's base URL, below which `v1/traces` stands; nowhere where there is none.
    pub to: Option<SafeUrl>,
    /// `traces.environment`: what spans say of where they are from.
    pub environment: Option<String>,
    /// `traces.pass-on`: the hosts of upstreams that are told which trace a request belongs to.
    pub pass_on: Vec<String>,
}

impl TracesSettings {
    pub(super) fn read(reader: &Reader<'_>, item: &Item) -> Result<Self, Failure> {
        let mut read = Self::default();
        reader.sub_table("traces", item, |key, item| {
            match key {
                "to" => read.to = Some(reader.web_address(key, item)?),
                "environment" => {
                    let text = reader.text(key, item, "\"laptop\"")?;
                    read.environment = Some(text.to_owned());
                }
                "pass-on" => read.pass_on = hosts(reader, key, item)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(read)
    }
}

fn hosts(reader: &Reader<'_>, key: &str, item: &Item) -> Result<Vec<String>, Failure> {
    let wrong = |span| {
        let message =
            format!("`{key}` must be a list of hosts, such as [\"goproxy.corp.example\"]");
        reader.complaint(span, &message)
    };
    let array = item.as_array().ok_or_else(|| wrong(item.span()))?;
    let hosts = array.iter().map(|entry| {
        let host = entry.as_str().and_then(host_of);
        host.ok_or_else(|| wrong(entry.span()))
    });
    hosts.collect()
}

/// A host without anything around it, as it is compared; none where it is something else.
pub(crate) fn host_of(text: &str) -> Option<String> {
    let is_of_a_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    if !text.bytes().all(is_of_a_host) {
        return None;
    }
    let url = SafeUrl::parse(&format!("https://{text}/")).ok()?;
    let host = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    let typed = text.trim_end_matches('.');
    (host.eq_ignore_ascii_case(typed) && !host.is_empty()).then_some(host)
}

impl Settings {
    /// Writes down where traces go, and gives back the settings that now hold.
    ///
    /// # Errors
    /// As [`Settings::remember_port`].
    pub(crate) fn set_traces(path: &Path, traces: &TracesSettings) -> Result<Self, Failure> {
        rewrite(path, |text| with_traces(path, text, traces))
    }
}

fn with_traces(path: &Path, text: &str, traces: &TracesSettings) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    if before.traces == *traces {
        return Ok(text.to_owned());
    }
    let to = traces.to.as_ref().map(|url| url.to_string().into());
    let environment = traces.environment.as_deref().map(Value::from);
    let pass_on = (!traces.pass_on.is_empty())
        .then(|| Value::Array(traces.pass_on.iter().collect::<Array>()));
    let values = vec![
        ("to", to),
        ("environment", environment),
        ("pass-on", pass_on),
    ];
    let changed = with_values_in(path, text, "traces", values)?;
    let expected = Settings {
        traces: traces.clone(),
        ..before
    };
    checked(path, changed, expected)
}

#[cfg(test)]
mod tests {
    use super::super::TEMPLATE;
    use super::*;

    fn path() -> &'static Path {
        Path::new("settings.toml")
    }

    fn read(table: &str) -> Result<TracesSettings, Failure> {
        Ok(Settings::parse(path(), &format!("[traces]\n{table}\n"))?.traces)
    }

    #[test]
    fn they_are_off_and_written_and_taken_out_again() {
        assert_eq!(Settings::default().traces, TracesSettings::default());
        let traces = TracesSettings {
            to: Some(SafeUrl::parse("http://127.0.0.1:4318").unwrap()),
            environment: Some("laptop".to_owned()),
            pass_on: vec!["goproxy.corp.example".to_owned(), "10.0.0.7".to_owned()],
        };
        let on = with_traces(path(), TEMPLATE, &traces).unwrap();
        assert_eq!(
            on.strip_prefix(TEMPLATE),
            Some(
                "\n[traces]\nto = \"http://127.0.0.1:4318/\"\nenvironment = \"laptop\"\npass-on = [\"goproxy.corp.example\", \"10.0.0.7\"]\n"
            )
        );
        let off = with_traces(path(), &on, &TracesSettings::default()).unwrap();
        assert_eq!(off, TEMPLATE);
    }

    #[test]
    fn what_is_no_host_or_no_collector_is_refused_with_its_place() {
        for (table, complaint) in [
            (
                "pass-on = \"corp.example\"",
                "settings.toml:2:11: `pass-on` must be a list",
            ),
            (
                "pass-on = [\"https://corp.example\"]",
                "settings.toml:2:12:",
            ),
            ("pass-on = [\"corp.example:443\"]", "settings.toml:2:12:"),
            ("pass-on = [\"*.corp.example\"]", "settings.toml:2:12:"),
            ("pass-on = [\"\"]", "settings.toml:2:12:"),
            ("to = \"127.0.0.1:4318\"", "settings.toml:2:6: `to`"),
            ("to = \"grpc://127.0.0.1:4317\"", "settings.toml:2:6: `to`"),
            (
                "to = \"https://me:pw@c.example\"",
                "settings.toml:2:6: `to`",
            ),
            ("environment = 1", "settings.toml:2:15: `environment`"),
        ] {
            let refused = read(table).unwrap_err().message;
            assert!(refused.starts_with(complaint), "{table}: {refused}");
            assert!(!refused.contains("pw"), "{refused}");
        }
    }
}
