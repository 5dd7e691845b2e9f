//! Reads values out of one settings file, complaining with its name, line and column.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use go_module::patterns;
use jiff::SignedDuration;
use secret::SafeUrl;
use toml_edit::{Document, Item, Key, TableLike};

use super::{address, size};
use crate::failure::{Code, Failure};

/// Something, and where it stands.
type Placed<T> = (T, Option<Range<usize>>);

/// One settings file, and what is odd about it so far.
pub(super) struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    warnings: RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self {
            path,
            text,
            warnings: RefCell::default(),
        }
    }

    /// The file as TOML.
    pub(super) fn document(&self) -> Result<Document<&'a str>, Failure> {
        Document::parse(self.text).map_err(|error| self.complaint(error.span(), error.message()))
    }

    /// What was odd but did not stop us.
    pub(super) fn warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }

    /// Hands each key of a table to `read`; one that it doesn't know becomes a warning.
    pub(super) fn table(
        &self,
        table: &dyn TableLike,
        prefix: &str,
        mut read: impl FnMut(&str, &Item) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        for (key, item) in table.iter() {
            if !read(key, item)? {
                let message = format!("Larder knows no setting `{prefix}{key}`; it is ignored");
                self.warn(table.key(key).and_then(Key::span), &message);
            }
        }
        Ok(())
    }

    /// The table of this name, below those in `prefix`.
    pub(super) fn as_table<'i>(
        &self,
        prefix: &str,
        key: &str,
        item: &'i Item,
    ) -> Result<&'i dyn TableLike, Failure> {
        item.as_table_like().ok_or_else(|| {
            let message = format!("`{key}` must be a table: [{prefix}{key}]");
            self.complaint(item.span(), &message)
        })
    }

    /// As [`Reader::table`], for the table of this name.
    pub(super) fn sub_table(
        &self,
        key: &str,
        item: &Item,
        read: impl FnMut(&str, &Item) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        self.table(self.as_table("", key, item)?, &format!("{key}."), read)
    }

    /// A list of tables, in either form, each with its place.
    pub(super) fn tables<'i>(
        &self,
        prefix: &str,
        key: &str,
        item: &'i Item,
    ) -> Result<Vec<Placed<&'i dyn TableLike>>, Failure> {
        if let Some(tables) = item.as_array_of_tables() {
            let tables = tables.iter();
            return Ok(tables
                .map(|table| (table as &dyn TableLike, table.span()))
                .collect());
        }
        let complaint = |span| {
            let message = format!("`{key}` must be a list of tables: [[{prefix}{key}]]");
            self.complaint(span, &message)
        };
        let array = item.as_array().ok_or_else(|| complaint(item.span()))?;
        let tables = array.iter().map(|value| {
            let table = value
                .as_inline_table()
                .ok_or_else(|| complaint(value.span()))?;
            Ok((table as &dyn TableLike, table.span()))
        });
        tables.collect()
    }

    pub(super) fn whole<N: TryFrom<i64>>(
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
                let message = format!("`{key}` must be a whole number from {least} to {most}");
                self.complaint(item.span(), &message)
            })
    }

    pub(super) fn duration(
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

    pub(super) fn yes_or_no(&self, key: &str, item: &Item) -> Result<bool, Failure> {
        item.as_bool().ok_or_else(|| {
            let message = format!("`{key}` must be true or false, without quotes");
            self.complaint(item.span(), &message)
        })
    }

    /// A text; `what` says what stands in it.
    pub(super) fn text<'i>(
        &self,
        key: &str,
        item: &'i Item,
        what: &str,
    ) -> Result<&'i str, Failure> {
        item.as_str().ok_or_else(|| {
            self.complaint(
                item.span(),
                &format!("`{key}` must be a text in quotes: {what}"),
            )
        })
    }

    /// A text that something else reads. Its complaint must hold no secret.
    pub(super) fn parsed<T>(&self, key: &str, item: &Item, what: &str) -> Result<T, Failure>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        self.text(key, item, what)?
            .parse()
            .map_err(|error| self.complaint(item.span(), &format!("`{key}`: {error}")))
    }

    /// A size with its unit, in bytes.
    pub(super) fn size(&self, key: &str, item: &Item) -> Result<u64, Failure> {
        let text = self.text(key, item, "1 GB")?;
        size::parse(text).map_err(|error| self.complaint(item.span(), &format!("`{key}`: {error}")))
    }

    /// An http(s) URL. The complaint quotes nothing of it: a password may stand there.
    pub(super) fn web_address(&self, key: &str, item: &Item) -> Result<SafeUrl, Failure> {
        let text = self.text(key, item, "a URL, such as \"https://vulndb.corp.example\"")?;
        let complaint = |reason: &dyn std::fmt::Display| {
            self.complaint(item.span(), &format!("`{key}`: {reason}"))
        };
        let url = SafeUrl::parse(text).map_err(|error| complaint(&error))?;
        if url.user_info().is_some() {
            return Err(complaint(
                &"a user name and a password would stand in settings.toml in plain text; leave them out, and keep them with larder login",
            ));
        }
        match url.scheme() {
            "http" | "https" => Ok(url),
            _ => Err(complaint(&"this is no http or https URL")),
        }
    }

    /// An http(s) URL that is asked and nothing more: no user info, no query. The complaint quotes nothing of it.
    pub(super) fn bare_address(&self, key: &str, item: &Item) -> Result<SafeUrl, Failure> {
        let text = self.text(key, item, "a URL, such as \"https://proxy.corp.example\"")?;
        address::address(text)
            .map_err(|reason| self.complaint(item.span(), &format!("`{key}`: {reason}")))
    }

    /// Patterns: a list of texts, or one text with commas between them.
    pub(super) fn patterns(&self, key: &str, item: &Item) -> Result<Vec<String>, Failure> {
        let wrong = |span| {
            let message = format!(
                "`{key}` must be a list of patterns in quotes, such as [\"corp.example/*\"]"
            );
            self.complaint(span, &message)
        };
        let texts: Vec<Placed<&str>> = match item.as_str() {
            Some("") => Vec::new(),
            Some(text) => vec![(text, item.span())],
            None => {
                let array = item.as_array().ok_or_else(|| wrong(item.span()))?;
                let texts = array.iter().map(|entry| {
                    let text = entry.as_str().ok_or_else(|| wrong(entry.span()))?;
                    Ok((text, entry.span()))
                });
                texts.collect::<Result<_, Failure>>()?
            }
        };
        let mut all = Vec::new();
        for (text, span) in texts {
            patterns::check(text)
                .map_err(|error| self.complaint(span, &format!("`{key}`: {error}")))?;
            let entries = text.split(',').filter(|entry| !entry.is_empty());
            all.extend(entries.map(str::to_owned));
        }
        Ok(all)
    }

    /// Tells of something odd that doesn't stop us.
    pub(super) fn warn(&self, span: Option<Range<usize>>, message: &str) {
        let warning = format!("{}: {message}", self.place(span));
        self.warnings.borrow_mut().push(warning);
    }

    pub(super) fn complaint(&self, span: Option<Range<usize>>, message: &str) -> Failure {
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
