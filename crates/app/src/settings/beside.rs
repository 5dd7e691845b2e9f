//! What stands beside a profile's upstreams: a canary or a mirror, and how many of the modules it is for.

use delivery::Share;
use secret::SafeUrl;
use toml_edit::{InlineTable, Item, Value};

use super::address::written;
use super::reader::Reader;
use crate::failure::Failure;

/// A canary or a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// `to`: its URL.
    pub to: SafeUrl,
    /// `share`: for which part of the public modules.
    pub share: Share,
}

/// Reads one of them; a mirror is for all modules where nothing else is said, a canary says its share.
pub(super) fn read(
    reader: &Reader<'_>,
    prefix: &str,
    key: &str,
    item: &Item,
    usual: Option<Share>,
) -> Result<Beside, Failure> {
    let (mut to, mut share) = (None, usual);
    let table = item.as_table_like().ok_or_else(|| {
        let message = format!(
            "`{key}` must be a table, such as {key} = {{ to = \"https://next.corp.example\", share = 5 }}"
        );
        reader.complaint(item.span(), &message)
    })?;
    reader.table(table, &format!("{prefix}{key}."), |key, item| {
        match key {
            "to" => to = Some(reader.bare_address(key, item)?),
            "share" => share = Some(share_of(reader, key, item)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let lacks = |what: &str| reader.complaint(item.span(), &format!("`{key}` lacks {what}"));
    Ok(Beside {
        to: to.ok_or_else(|| lacks("`to`, the URL of the other upstream"))?,
        share: share.ok_or_else(|| lacks("`share`, the percentage of modules that it is for"))?,
    })
}

fn share_of(reader: &Reader<'_>, key: &str, item: &Item) -> Result<Share, Failure> {
    #[allow(clippy::cast_precision_loss)]
    let whole = item.as_integer().map(|percent| percent as f64);
    let percent = whole.or_else(|| item.as_float());
    let share = percent.and_then(|percent| Share::of_percent(percent).ok());
    share.ok_or_else(|| {
        let message = format!("`{key}` must be a percentage from 0.1 to 100, in steps of 0.1");
        reader.complaint(item.span(), &message)
    })
}

impl Beside {
    pub(super) fn to_value(&self) -> Value {
        let percent = self.share.percent();
        #[allow(clippy::cast_possible_truncation)]
        let share = if percent.fract() == 0.0 {
            Value::from(percent as i64)
        } else {
            Value::from(percent)
        };
        let mut table = InlineTable::new();
        table.insert("to", Value::from(written(&self.to)));
        table.insert("share", share);
        Value::InlineTable(table)
    }
}
