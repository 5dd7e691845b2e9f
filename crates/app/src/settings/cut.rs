//! Cuts a key or a table out of a TOML text by its lines: all that stands elsewhere stays as it is, to the byte.

use std::ops::Range;

use toml_edit::{Document, DocumentMut, Item, Key, TableLike, TomlError};

/// The text without what stands at this path of keys, and without the comments right above it.
pub(super) fn out(text: &str, path: &[&str]) -> Result<String, TomlError> {
    let Some((last, above)) = path.split_last() else {
        return Ok(text.to_owned());
    };
    let document = Document::parse(text)?;
    let mut table: &dyn TableLike = document.as_table();
    let mut is_inline = false;
    for key in above {
        let Some(item) = table.get(key) else {
            return Ok(text.to_owned());
        };
        let Some(below) = item.as_table_like() else {
            return Ok(text.to_owned());
        };
        is_inline |= item.is_value();
        table = below;
    }
    let (Some(key), Some(item)) = (table.key(last), table.get(last)) else {
        return Ok(text.to_owned());
    };
    if is_inline {
        // It shares its line with what stays.
        return out_of_inline(text, above, last);
    }
    let mut spans = Vec::new();
    spans_of(key, item, &mut spans);
    Ok(without(text, spans))
}

/// The text without the lines of these spans.
fn without(text: &str, spans: Vec<Range<usize>>) -> String {
    let mut lines: Vec<Range<usize>> = spans.into_iter().map(|span| lines_of(text, span)).collect();
    lines.sort_by_key(|range| range.start);
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for range in lines {
        left += text.get(at..range.start).unwrap_or_default();
        at = at.max(range.end);
    }
    left + &text[at..]
}

/// The text without this entry of a list of tables at the top, and without the comments right above it.
pub(super) fn out_of_list(text: &str, key: &str, at: usize) -> Result<String, TomlError> {
    let document = Document::parse(text)?;
    match document.get(key) {
        Some(Item::ArrayOfTables(tables)) => {
            let mut spans = Vec::new();
            if let Some(table) = tables.get(at) {
                spans_of_table(table, &mut spans);
            }
            Ok(without(text, spans))
        }
        Some(Item::Value(_)) => {
            let mut document: DocumentMut = text.parse()?;
            if let Some(array) = document.get_mut(key).and_then(Item::as_array_mut) {
                array.remove(at);
            }
            Ok(document.to_string())
        }
        _ => Ok(text.to_owned()),
    }
}

fn out_of_inline(text: &str, above: &[&str], last: &str) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for key in above {
        let Some(below) = table.get_mut(key).and_then(Item::as_table_like_mut) else {
            return Ok(text.to_owned());
        };
        table = below;
    }
    table.remove(last);
    Ok(document.to_string())
}

/// Where all of an item stands: a value with its key, a table's head with its values, and so on below.
fn spans_of(key: &Key, item: &Item, spans: &mut Vec<Range<usize>>) {
    match item {
        Item::None => {}
        Item::Value(value) => {
            let start = key.span().map(|span| span.start);
            let end = value.span().map(|span| span.end);
            spans.extend(start.zip(end).map(|(start, end)| start..end));
        }
        Item::Table(table) => spans_of_table(table, spans),
        Item::ArrayOfTables(tables) => tables.iter().for_each(|table| spans_of_table(table, spans)),
    }
}

fn spans_of_table(table: &toml_edit::Table, spans: &mut Vec<Range<usize>>) {
    let mut below = Vec::new();
    for (key, item) in table.iter() {
        if let Some(key) = table.key(key) {
            let is_own =
                item.is_value() || item.as_table().is_some_and(toml_edit::Table::is_dotted);
            spans_of(key, item, if is_own { &mut below } else { spans });
        }
    }
    if table.is_implicit() || table.is_dotted() {
        spans.append(&mut below);
    } else if let Some(head) = table.span() {
        // What stands between a head and the last of its values is the table's too.
        let end = below.iter().map(|span| span.end).chain([head.end]).max();
        spans.extend(end.map(|end| head.start..end));
    }
}

/// The whole lines of a span, the comments right above it, and the empty line above those where another follows.
fn lines_of(text: &str, span: Range<usize>) -> Range<usize> {
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[span.end..]
        .find('\n')
        .map_or(text.len(), |newline| span.end + newline + 1);
    let mut start = line_start(span.start);
    let above = |start: usize| {
        start
            .checked_sub(1)
            .map(|newline| line_start(newline)..start)
    };
    while let Some(line) = above(start)
        && text[line.clone()].trim_start().starts_with('#')
    {
        start = line.start;
    }
    let next = text[end..].lines().next();
    if next.is_none_or(|line| line.trim().is_empty())
        && let Some(line) = above(start)
        && text[line.clone()].trim().is_empty()
    {
        start = line.start;
    }
    start..end
}
