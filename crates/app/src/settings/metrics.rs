//! Whether and where the metrics are served: off, unless a person says so.

use std::net::SocketAddr;
use std::path::Path;

use toml_edit::{Item, Value};

use super::Settings;
use super::reader::Reader;
use super::write::{checked, rewrite};
use super::write_window::with_values_in;
use crate::failure::Failure;

/// What may stand at `metrics.listen`.
const ADDRESS: &str =
    "an address of this computer alone and a port, such as \"127.0.0.1:9467\" or \"[::1]:9467\"";

/// Where the metrics are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricsSettings {
    /// `metrics.listen`: at this loopback address, to every program of this computer.
    pub listen: Option<SocketAddr>,
    /// `metrics.token`: at Larder's own port, to who has their token.
    pub token: bool,
}

impl MetricsSettings {
    /// Whether they are served at all.
    #[must_use]
    pub fn are_on(&self) -> bool {
        self.token || self.listen.is_some()
    }

    pub(super) fn read(reader: &Reader<'_>, item: &Item) -> Result<Self, Failure> {
        let mut read = Self::default();
        reader.sub_table("metrics", item, |key, item| {
            match key {
                "listen" => read.listen = Some(loopback(reader, key, item)?),
                "token" => read.token = reader.yes_or_no(key, item)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(read)
    }
}

fn loopback(reader: &Reader<'_>, key: &str, item: &Item) -> Result<SocketAddr, Failure> {
    let address = reader.text(key, item, ADDRESS)?.parse::<SocketAddr>().ok();
    address
        .filter(|address| address.ip().is_loopback() && address.port() != 0)
        .ok_or_else(|| reader.complaint(item.span(), &format!("`{key}` must be {ADDRESS}")))
}

impl Settings {
    /// Writes down where the metrics are served, and gives back the settings that now hold.
    ///
    /// # Errors
    /// As [`Settings::remember_port`].
    pub(crate) fn set_metrics(path: &Path, metrics: MetricsSettings) -> Result<Self, Failure> {
        rewrite(path, |text| with_metrics(path, text, metrics))
    }
}

fn with_metrics(path: &Path, text: &str, metrics: MetricsSettings) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    if before.metrics == metrics {
        return Ok(text.to_owned());
    }
    let listen = metrics.listen.map(|address| address.to_string().into());
    let token = metrics.token.then(|| Value::from(true));
    let changed = with_values_in(
        path,
        text,
        "metrics",
        vec![("listen", listen), ("token", token)],
    )?;
    checked(path, changed, Settings { metrics, ..before })
}

#[cfg(test)]
mod tests {
    use super::super::TEMPLATE;
    use super::*;

    fn path() -> &'static Path {
        Path::new("settings.toml")
    }

    fn read(table: &str) -> Result<MetricsSettings, Failure> {
        Ok(Settings::parse(path(), &format!("[metrics]\n{table}\n"))?.metrics)
    }

    #[test]
    fn they_are_off_and_served_where_it_is_said() {
        assert_eq!(Settings::default().metrics, MetricsSettings::default());
        assert!(!read("").unwrap().are_on());
        let listen = read("listen = \"127.0.0.1:9467\"").unwrap();
        assert_eq!(listen.listen, Some("127.0.0.1:9467".parse().unwrap()));
        assert!(read("listen = \"[::1]:1\"").unwrap().are_on());
        assert!(read("token = true").unwrap().token);
    }

    #[test]
    fn what_others_could_reach_is_refused_with_its_place() {
        for address in [
            "0.0.0.0:9467",
            "[::]:9467",
            "192.168.1.2:9467",
            "127.0.0.1",
            "127.0.0.1:0",
            "localhost:9467",
            ":9467",
        ] {
            let refused = read(&format!("listen = \"{address}\"")).unwrap_err();
            assert!(
                refused.message.starts_with("settings.toml:2:10: `listen`"),
                "{address}: {refused:?}"
            );
        }
    }

    #[test]
    fn they_are_switched_on_and_off_and_comments_stay() {
        let at = |port| MetricsSettings {
            listen: Some(([127, 0, 0, 1], port).into()),
            token: false,
        };
        let on = with_metrics(path(), TEMPLATE, at(9467)).unwrap();
        assert_eq!(
            on,
            format!("{TEMPLATE}\n[metrics]\nlisten = \"127.0.0.1:9467\"\n")
        );
        let text = "[metrics] # watched\nlisten = \"127.0.0.1:1\" # mine\n\n[tell]\ndisk = false\n";
        let changed = with_metrics(path(), text, at(2)).unwrap();
        assert_eq!(changed, text.replace(":1\"", ":2\""));
        let token = MetricsSettings {
            token: true,
            ..MetricsSettings::default()
        };
        let changed = with_metrics(path(), text, token).unwrap();
        assert_eq!(
            changed,
            "[metrics] # watched\ntoken = true\n\n[tell]\ndisk = false\n"
        );
        let off = with_metrics(path(), &on, MetricsSettings::default()).unwrap();
        assert_eq!(off, TEMPLATE);
    }
}
