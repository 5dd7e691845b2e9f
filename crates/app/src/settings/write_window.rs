//! Rewrites what the window's screen of settings can change, all of it or nothing.

use std::path::Path;

use toml_edit::{Item, Value};

use super::Settings;
use super::cut;
use super::write::{checked, parsed, rewrite, set, unforeseen, with_value};
use crate::failure::Failure;

impl Settings {
    /// Writes down what `change` makes of the settings, as far as the window's screen of settings goes: what is in
    /// [`WindowSettings`](super::WindowSettings), `port`, `fresh-for` and `direct.at-once`.
    ///
    /// # Errors
    /// As [`Settings::remember_port`].
    pub(crate) fn set_preferences(
        path: &Path,
        change: impl FnOnce(&mut Self),
    ) -> Result<Self, Failure> {
        rewrite(path, |text| with_preferences(path, text, change))
    }
}

pub(super) fn with_preferences(
    path: &Path,
    text: &str,
    change: impl FnOnce(&mut Settings),
) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    let mut wanted = before.clone();
    change(&mut wanted);
    let mut written = wanted.window.written(&before.window);
    if let Some(port) = wanted.port.filter(|_| wanted.port != before.port) {
        written.push(("", "port", i64::from(port).into()));
    }
    if wanted.fresh_for != before.fresh_for {
        let text = format!("{}s", wanted.fresh_for.as_secs());
        written.push(("", "fresh-for", text.into()));
    }
    if wanted.direct_at_once != before.direct_at_once {
        let count = i64::try_from(wanted.direct_at_once).unwrap_or(i64::MAX);
        written.push(("direct", "at-once", count.into()));
    }
    let mut text = text.to_owned();
    for (table, key, value) in written {
        text = match table {
            "" => with_value(path, &text, key, value)?,
            table => with_value_in(path, text, table, key, value)?,
        };
    }
    checked(path, text, wanted)
}

/// Sets a value of a table, which is made at the end of the file where it is not there.
fn with_value_in(
    path: &Path,
    mut text: String,
    table: &str,
    key: &str,
    value: Value,
) -> Result<String, Failure> {
    let mut document = parsed(path, &text)?;
    match document.get_mut(table) {
        Some(item) => {
            let table = item.as_table_like_mut().ok_or_else(|| unforeseen(path))?;
            set(table, key, value);
            Ok(document.to_string())
        }
        None => {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text += &format!(
                "\n[{table}]\n{key} = {}\n",
                Item::Value(value).to_string().trim()
            );
            Ok(text)
        }
    }
}

/// Sets the values of a table that are there, and takes out those that are not; a table that has nothing left goes too.
pub(super) fn with_values_in(
    path: &Path,
    text: &str,
    table: &str,
    values: Vec<(&str, Option<Value>)>,
) -> Result<String, Failure> {
    let mut text = text.to_owned();
    for (key, value) in values {
        text = match value {
            Some(value) => with_value_in(path, text, table, key, value)?,
            None => cut::out(&text, &[table, key]).map_err(|_| unforeseen(path))?,
        };
    }
    let document = parsed(path, &text)?;
    let left = document.get(table).and_then(Item::as_table_like);
    match left {
        Some(left) if left.is_empty() => {
            let cut = cut::out(&text, &[table]).map_err(|_| unforeseen(path))?;
            // The blank line that was put above it.
            Ok(match cut.strip_suffix("\n\n") {
                Some(kept) if !text.ends_with("\n\n") => format!("{kept}\n"),
                _ => cut,
            })
        }
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Language, Shade, TEMPLATE};
    use super::*;

    fn changed(text: &str, change: impl FnOnce(&mut Settings)) -> Result<String, Failure> {
        with_preferences(Path::new("settings.toml"), text, change)
    }

    #[test]
    fn what_is_changed_is_set_and_comments_stay() {
        let text = "# mine\nlanguage = \"zh\" # 中文\n\n[tell] # quiet\ndisk = false\n";
        let done = changed(text, |settings| {
            settings.window.language = Language::En;
            settings.window.tell.disk = true;
            settings.window.tell.hash = false;
            settings.window.start_at_login = true;
            settings.port = Some(4680);
            settings.fresh_for = Duration::from_secs(300);
            settings.direct_at_once = 8;
        })
        .unwrap();
        assert_eq!(
            done,
            "# mine\nlanguage = \"en\" # 中文\nstart-at-login = true\nport = 4680\nfresh-for = \"300s\"\n\n\
             [tell] # quiet\ndisk = true\nhash = false\n\n[direct]\nat-once = 8\n"
        );
        assert_eq!(changed(&done, |_| {}).unwrap(), done, "nothing, nothing");
    }

    #[test]
    fn in_a_new_file_a_value_stands_below_its_explanation() {
        let done = changed(TEMPLATE, |settings| {
            settings.window.appearance = Shade::Dark;
            settings.window.private_names = true;
            settings.window.tell.switched = false;
        })
        .unwrap();
        assert!(done.contains("\nappearance = \"dark\"\n"), "{done}");
        assert!(done.contains("\nprivate-names = true\n"), "{done}");
        assert!(done.ends_with("\n[tell]\nswitched = false\n"), "{done}");
        assert_eq!(done.lines().count(), TEMPLATE.lines().count() + 3);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        for (text, what) in [
            (
                "language = \"fr\"",
                "settings.toml:1:12: `language` must be one of \"auto\", \"en\", \"zh\"",
            ),
            ("appearance = 1", "`appearance` must be a text in quotes"),
            (
                "start-at-login = \"yes\"",
                "`start-at-login` must be true or false",
            ),
            ("tell = true", "`tell` must be a table: [tell]"),
            (
                "[tell]\nhash = 1",
                "settings.toml:2:8: `hash` must be true or false",
            ),
        ] {
            let failure = Settings::parse(Path::new("settings.toml"), text).unwrap_err();
            assert!(failure.message.contains(what), "{failure}");
        }
        let odd = Settings::parse(Path::new("settings.toml"), "[tell]\nall = true\n").unwrap();
        assert!(odd.warnings[0].contains("`tell.all`"), "{odd:?}");
        let refused = changed("", |settings| settings.direct_at_once = 1000).unwrap_err();
        assert!(refused.message.contains("from 1 to 64"), "{refused}");
    }
}
