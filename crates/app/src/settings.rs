//! `settings.toml`: hand-editable. Read with line and column in every complaint, rewritten with its comments kept.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use toml_edit::{Document, DocumentMut, Item, Table, value};

use crate::failure::{Code, Failure};
use crate::whole_file;

/// What a new file begins with.
const TEMPLATE: &str = "\
# Larder's settings. Edit them by hand if you like: comments are kept, and Larder reads them at its start.

# The port that Larder listens at on this computer, chosen at the first start and kept,
# so that GOPROXY stays the same.
# port = 4677

# How long lists, latest and branches are given from the cache before the upstream is asked again.
# fresh-for = \"60s\"

# How many modules may be fetched from version control at once, and how long one may take.
# [direct]
# at-once = 4
# deadline = \"5m\"

# How much of the activity log is kept.
# [activity]
# keep-days = 30
# keep-rows = 100000
";

/// The settings, as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `port`: where to listen; `None` before the first start.
    pub port: Option<u16>,
    /// `fresh-for`: how long what changes is given without asking.
    pub fresh_for: Duration,
    /// `direct.at-once`: children of `go` at once.
    pub direct_at_once: usize,
    /// `direct.deadline`: how long one may take.
    pub direct_deadline: Duration,
    /// `activity.keep-days`
    pub keep_days: u32,
    /// `activity.keep-rows`
    pub keep_rows: u64,
    /// Complaints that don't stop us: unknown keys, each with its place.
    pub warnings: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: None,
            fresh_for: Duration::from_secs(60),
            direct_at_once: 4,
            direct_deadline: Duration::from_secs(5 * 60),
            keep_days: 30,
            keep_rows: 100_000,
            warnings: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads the file; without one, the defaults hold.
    ///
    /// # Errors
    /// `bad-settings`, with line and column; the file is left as it is.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Failure::new(
                Code::BadSettings,
                format!("{} can't be read: {error}", path.display()),
            )),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let reader = Reader {
            path: path.to_owned(),
            text,
        };
        let document = reader.document()?;
        let mut settings = Self::default();
        reader.table(
            document.as_table(),
            "",
            &mut settings,
            |key, item, settings| {
                match key {
                    "port" => settings.port = Some(reader.whole(key, item, 1, u16::MAX.into())?),
                    "fresh-for" => {
                        settings.fresh_for = reader.duration(
                            key,
                            item,
                            Duration::ZERO,
                            Duration::from_secs(24 * 60 * 60),
                        )?
                    }
                    "direct" => reader.sub_table(key, item, settings, |key, item, settings| {
                        match key {
                            "at-once" => {
                                settings.direct_at_once = reader.whole(key, item, 1, 64)?
                            }
                            "deadline" => {
                                settings.direct_deadline = reader.duration(
                                    key,
                                    item,
                                    Duration::from_secs(1),
                                    Duration::from_secs(60 * 60),
                                )?
                            }
                            _ => return Ok(false),
                        }
                        Ok(true)
                    })?,
                    "activity" => {
                        reader.sub_table(key, item, settings, |key, item, settings| {
                            match key {
                                "keep-days" => {
                                    settings.keep_days = reader.whole(key, item, 1, 3650)?
                                }
                                "keep-rows" => {
                                    settings.keep_rows = reader.whole(key, item, 100, 10_000_000)?
                                }
                                _ => return Ok(false),
                            }
                            Ok(true)
                        })?
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            },
        )?;
        Ok(settings)
    }

    /// Writes the chosen port down, leaving all else of the file as it is.
    ///
    /// # Errors
    /// `bad-settings` where the file can't be parsed, `disk` where it can't be written; it is then as it was.
    pub fn remember_port(path: &Path, port: u16) -> Result<(), Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => TEMPLATE.to_owned(),
            Err(error) => {
                return Err(Failure::new(
                    Code::Disk,
                    format!("{} can't be read: {error}", path.display()),
                ));
            }
        };
        let text = with_port(path, &text, port)?;
        whole_file::write(path, text.as_bytes(), 0o600).map_err(|error| {
            Failure::new(
                Code::Disk,
                format!("{} can't be written: {error}", path.display()),
            )
        })
    }
}

fn with_port(path: &Path, text: &str, port: u16) -> Result<String, Failure> {
    let reader = Reader {
        path: path.to_owned(),
        text,
    };
    reader.document()?;
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| reader.complaint(error.span(), error.message()))?;
    if let Some(old) = document.get_mut("port").and_then(Item::as_value_mut) {
        // A comment behind it belongs to the value.
        let decor = old.decor().clone();
        *old = i64::from(port).into();
        *old.decor_mut() = decor;
        return Ok(document.to_string());
    }
    // A first port takes the place of the template's commented line, so that its explanation stays above it.
    if text.lines().any(|line| line.starts_with("# port = ")) {
        let lines = text.lines().map(|line| {
            if line.starts_with("# port = ") {
                format!("port = {port}\n")
            } else {
                format!("{line}\n")
            }
        });
        let replaced: String = lines.collect();
        if replaced
            .parse::<DocumentMut>()
            .is_ok_and(|read| read.get("port").and_then(Item::as_integer) == Some(port.into()))
        {
            return Ok(replaced);
        }
    }
    document["port"] = value(i64::from(port));
    Ok(document.to_string())
}

/// Reads values out of one file, complaining with its name, line and column.
struct Reader<'a> {
    path: PathBuf,
    text: &'a str,
}

impl Reader<'_> {
    fn document(&self) -> Result<Document<&str>, Failure> {
        Document::parse(self.text).map_err(|error| self.complaint(error.span(), error.message()))
    }

    /// Hands each key of a table to `read`; one that it doesn't know becomes a warning.
    fn table(
        &self,
        table: &Table,
        prefix: &str,
        settings: &mut Settings,
        read: impl Fn(&str, &Item, &mut Settings) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        for (key, item) in table.iter() {
            if !read(key, item, settings)? {
                let place = self.place(table.key(key).and_then(toml_edit::Key::span));
                settings.warnings.push(format!(
                    "{place}: Larder knows no setting `{prefix}{key}`; it is ignored"
                ));
            }
        }
        Ok(())
    }

    fn sub_table(
        &self,
        key: &str,
        item: &Item,
        settings: &mut Settings,
        read: impl Fn(&str, &Item, &mut Settings) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let table = item.as_table().ok_or_else(|| {
            self.complaint(item.span(), &format!("`{key}` must be a table: [{key}]"))
        })?;
        self.table(table, &format!("{key}."), settings, read)
    }

    fn whole<N: TryFrom<i64>>(
        &self,
        key: &str,
        item: &Item,
        least: i64,
        most: i64,
    ) -> Result<N, Failure> {
        item.as_integer()
            .filter(|number| (least..=most).contains(number))
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| {
                self.complaint(
                    item.span(),
                    &format!("`{key}` must be a whole number from {least} to {most}"),
                )
            })
    }

    fn duration(
        &self,
        key: &str,
        item: &Item,
        least: Duration,
        most: Duration,
    ) -> Result<Duration, Failure> {
        item.as_str()
            .and_then(|text| text.parse::<SignedDuration>().ok())
            .and_then(|duration| Duration::try_from(duration).ok())
            .filter(|duration| (least..=most).contains(duration))
            .ok_or_else(|| {
                let message = format!(
                    "`{key}` must be a time such as \"90s\" or \"5m\", from {}s to {}s",
                    least.as_secs(),
                    most.as_secs()
                );
                self.complaint(item.span(), &message)
            })
    }

    fn complaint(&self, span: Option<Range<usize>>, message: &str) -> Failure {
        Failure::new(Code::BadSettings, format!("{}: {}", self.place(span), message.trim()))
            .hint("mend that line, or move the file away to begin with the defaults; Larder has not changed it")
    }

    fn place(&self, span: Option<Range<usize>>) -> String {
        let Some(before) = span.and_then(|span| self.text.get(..span.start)) else {
            return self.path.display().to_string();
        };
        let line = before.matches('\n').count() + 1;
        let column = before
            .chars()
            .rev()
            .take_while(|char| *char != '\n')
            .count()
            + 1;
        format!("{}:{line}:{column}", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Settings, Failure> {
        Settings::parse(Path::new("settings.toml"), text)
    }

    #[test]
    fn every_key_is_read() {
        let text = "port = 5000\nfresh-for = \"90s\"\n[direct]\nat-once = 2\ndeadline = \"1m\"\n[activity]\nkeep-days = 3\nkeep-rows = 500\n";
        let settings = parse(text).unwrap();
        assert_eq!(settings.port, Some(5000));
        assert_eq!(settings.fresh_for, Duration::from_secs(90));
        assert_eq!(
            (settings.direct_at_once, settings.direct_deadline),
            (2, Duration::from_secs(60))
        );
        assert_eq!((settings.keep_days, settings.keep_rows), (3, 500));
        assert!(settings.warnings.is_empty());
    }

    #[test]
    fn the_template_is_all_defaults() {
        assert_eq!(parse(TEMPLATE).unwrap(), Settings::default());
        let uncommented: String = TEMPLATE
            .lines()
            .filter_map(|line| {
                line.strip_prefix("# ")
                    .filter(|rest| rest.contains(" = ") || rest.starts_with('['))
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let settings = parse(&uncommented).unwrap();
        assert_eq!(
            settings,
            Settings {
                port: Some(4677),
                ..Settings::default()
            },
            "the template shows the defaults"
        );
    }

    #[test]
    fn an_unknown_key_is_warned_about_with_its_place() {
        let settings = parse("\n  prot = 1\n[direct]\nat-most = 3\n").unwrap();
        assert_eq!(settings.warnings.len(), 2);
        assert!(
            settings.warnings[0].starts_with("settings.toml:2:3: "),
            "{}",
            settings.warnings[0]
        );
        assert!(
            settings.warnings[1].contains("`direct.at-most`"),
            "{}",
            settings.warnings[1]
        );
    }

    #[test]
    fn a_bad_file_is_named_with_line_and_column() {
        for (text, place, says) in [
            ("port = 0", ":1:8: ", "whole number from 1 to 65535"),
            ("# a\nport = \"x\"", ":2:8: ", "whole number"),
            ("fresh-for = 60", ":1:13: ", "a time such as"),
            ("fresh-for = \"-1s\"", ":1:13: ", "a time such as"),
            ("direct = 3", ":1:10: ", "must be a table"),
            ("port = \n", ":1:", ""),
            ("port = 1\nport = 2", ":2:1: ", "duplicate"),
        ] {
            let failure = parse(text).unwrap_err();
            assert_eq!(failure.code, Code::BadSettings);
            assert!(
                failure
                    .message
                    .starts_with(&format!("settings.toml{place}"))
                    && failure.message.contains(says),
                "{text:?}: {failure}"
            );
        }
    }

    #[test]
    fn the_port_is_remembered_and_comments_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        Settings::remember_port(&path, 4700).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("\nport = 4700\n")
                && text.contains("# The port that Larder listens at")
                && !text.contains("# port"),
            "{text}"
        );
        assert_eq!(Settings::read(&path).unwrap().port, Some(4700));

        fs::write(
            &path,
            "# mine\nport = 1 # here\n\n[direct] # few\nat-once = 1\n",
        )
        .unwrap();
        Settings::remember_port(&path, 4701).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("# mine\nport = 4701 # here\n")
                && text.ends_with("[direct] # few\nat-once = 1\n"),
            "{text}"
        );

        fs::write(&path, "port = [").unwrap();
        assert_eq!(
            Settings::remember_port(&path, 4702).unwrap_err().code,
            Code::BadSettings
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "port = [");
    }

    /// A line of a settings file: right, nearly right, or anything.
    fn line() -> impl Strategy<Value = String> {
        let key = prop::sample::select(vec![
            "port",
            "fresh-for",
            "direct",
            "direct.at-once",
            "at-once",
            "deadline",
            "activity",
            "keep-days",
            "keep-rows",
            "\"port\"",
            "prot",
        ]);
        let value = prop_oneof![
            (-1..70_000_i64).prop_map(|number| number.to_string()),
            "\"[0-9]{1,9}(s|m|h|ms| days)?\"",
            "\\PC{0,6}",
            Just("{ at-once = 2 }".to_owned()),
            Just("9999999999999999999".to_owned()),
            Just("\"P9999999999Y\"".to_owned()),
        ];
        prop_oneof![
            6 => (key, value, "( # [a-zé]{0,5})?").prop_map(|(key, value, comment)| format!("{key} = {value}{comment}")),
            2 => prop::sample::select(vec!["[direct]", "[activity]", "[[direct]]", "[port]", ""]).prop_map(str::to_owned),
            1 => "# [a-zé]{0,9}",
            1 => "\\PC{0,12}",
        ]
    }

    fn comments(text: &str) -> Vec<String> {
        let comments = text
            .lines()
            .filter_map(|line| line.split_once(" # ").map(|(_, comment)| comment));
        let whole = text.lines().filter_map(|line| line.strip_prefix("# "));
        let mut all: Vec<String> = comments.chain(whole).map(str::to_owned).collect();
        all.sort();
        all
    }

    proptest! {
        #[test]
        fn any_file_is_read_or_complained_about_and_a_port_changes_nothing_else(
            lines in prop::collection::vec(line(), 0..6),
            end in prop::sample::select(vec!["\n", "\r\n"]),
            port in 1..=u16::MAX,
        ) {
            let text: String = lines.iter().flat_map(|line| [line.as_str(), end]).collect();
            let path = Path::new("settings.toml");
            match parse(&text) {
                Err(failure) => {
                    prop_assert_eq!(failure.code, Code::BadSettings);
                    let place = failure.message.strip_prefix("settings.toml:").unwrap();
                    let line: usize = place.split(':').next().unwrap().parse().unwrap();
                    prop_assert!((1..=lines.len() + 1).contains(&line), "{failure}");
                }
                Ok(before) => {
                    prop_assert!(before.port != Some(0) && before.fresh_for <= Duration::from_secs(24 * 60 * 60));
                    prop_assert!((1..=64).contains(&before.direct_at_once) && (1..=3650).contains(&before.keep_days));
                    let written = with_port(path, &text, port).unwrap();
                    let after = parse(&written).unwrap();
                    prop_assert_eq!(after.warnings.len(), before.warnings.len());
                    let before = Settings { port: Some(port), warnings: after.warnings.clone(), ..before };
                    prop_assert_eq!(after, before);
                    prop_assert_eq!(comments(&written), comments(&text));
                }
            }
        }
    }
}
