//! Pools written into a settings file, and taken out of it; all else of the text stays.

use std::path::Path;
use std::time::Duration;

use secret::SafeUrl;
use toml_edit::{Array, InlineTable, Item, TableLike, Value};
use upstream::{NodesFrom, PoolOptions};

use super::address::written;
use super::pools::PoolSettings;
use super::write::{checked, parsed, rewrite, set, table, unforeseen};
use super::{Settings, cut};
use crate::failure::{Code, Failure};

impl Settings {
    /// Writes a pool down, in the place of the one of its upstream where there is one.
    ///
    /// # Errors
    /// `bad-input` where it makes no sense; else as [`Settings::remember_port`].
    pub fn set_pool(path: &Path, pool: &PoolSettings) -> Result<Self, Failure> {
        rewrite(path, |text| with_pool(path, text, pool))
    }

    /// Takes the pool of this upstream out, with the comments right above it.
    ///
    /// # Errors
    /// `not-found` where there is none; else as [`Settings::remember_port`].
    pub fn remove_pool(path: &Path, upstream: &SafeUrl) -> Result<Self, Failure> {
        rewrite(path, |text| without_pool(path, text, upstream))
    }
}

pub(super) fn with_pool(path: &Path, text: &str, pool: &PoolSettings) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    let at = before.pools.iter().position(|it| it.is_of(&pool.upstream));
    let mut expected = before.clone();
    let Some(at) = at else {
        expected.pools.push(pool.clone());
        return checked(path, added(path, text, pool)?, expected);
    };
    // As the file writes it.
    let pool = PoolSettings {
        upstream: before.pools[at].upstream.clone(),
        ..pool.clone()
    };
    if before.pools[at] == pool {
        return Ok(text.to_owned());
    }
    let mut document = parsed(path, text)?;
    let item = document.get_mut("pools").ok_or_else(|| unforeseen(path))?;
    let table = nth(item, at).ok_or_else(|| unforeseen(path))?;
    let old = before.pools[at].options.clone();
    for ((key, was), (_, is)) in fields(&old).into_iter().zip(fields(&pool.options)) {
        let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
        match is {
            Some(value) if text(&was) != Some(value.to_string()) => set(table, key, value),
            Some(_) => {}
            None => {
                table.remove(key);
            }
        }
    }
    expected.pools[at] = pool;
    checked(path, document.to_string(), expected)
}

pub(super) fn without_pool(path: &Path, text: &str, upstream: &SafeUrl) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    let Some(at) = before.pools.iter().position(|it| it.is_of(upstream)) else {
        return Err(no_pool(&before, upstream));
    };
    let changed = cut::out_of_list(text, "pools", at).map_err(|_| unforeseen(path))?;
    let mut expected = before;
    expected.pools.remove(at);
    checked(path, changed, expected)
}

/// That there is no pool of this upstream.
fn no_pool(settings: &Settings, upstream: &SafeUrl) -> Failure {
    let message = format!("{} has no pool", upstream::name(upstream));
    let names: Vec<String> = settings
        .pools
        .iter()
        .map(|it| it.upstream.to_string())
        .collect();
    let hint = match names.as_slice() {
        [] => "there are no pools; one is made by: larder pool set UPSTREAM --node URL".to_owned(),
        names => format!("these have one: {}", names.join(", ")),
    };
    Failure::new(Code::NotFound, message).hint(hint)
}

/// The text with one pool more: where the others are written in one line, there; else a table at the end.
fn added(path: &Path, text: &str, pool: &PoolSettings) -> Result<String, Failure> {
    let mut document = parsed(path, text)?;
    let mut all = vec![("upstream", Some(Value::from(written(&pool.upstream))))];
    all.extend(fields(&pool.options));
    if let Some(array) = document.get_mut("pools").and_then(Item::as_array_mut) {
        let fields = all.into_iter();
        let inline: InlineTable = fields
            .filter_map(|(key, value)| Some((key, value?)))
            .collect();
        array.push(inline);
        return Ok(document.to_string());
    }
    let mut changed = text.to_owned();
    table(&mut changed, "[[pools]]", all);
    Ok(changed)
}

/// The pool at this place, however the list is written.
fn nth(item: &mut Item, at: usize) -> Option<&mut dyn TableLike> {
    match item {
        Item::ArrayOfTables(tables) => Some(tables.get_mut(at)?),
        Item::Value(Value::Array(array)) => Some(array.get_mut(at)?.as_inline_table_mut()?),
        _ => None,
    }
}

/// What a pool says besides its upstream; what is as usual is left out.
fn fields(options: &PoolOptions) -> Vec<(&'static str, Option<Value>)> {
    let usual = PoolOptions::default();
    let (nodes, addresses, srv) = match &options.nodes {
        NodesFrom::Listed(nodes) => {
            let nodes: Array = nodes.iter().map(written).collect();
            (Some(Value::from(nodes)), None, None)
        }
        NodesFrom::Addresses => (None, Some(Value::from(true)), None),
        NodesFrom::Srv(name) => (None, None, Some(Value::from(name))),
    };
    let differs = |is: bool, value: Value| is.then_some(value);
    vec![
        ("nodes", nodes),
        ("addresses", addresses),
        ("srv", srv),
        ("dns", options.dns.map(|dns| Value::from(dns.to_string()))),
        (
            "slow-after",
            differs(
                options.slow_after != usual.slow_after,
                time(options.slow_after).into(),
            ),
        ),
        ("hedge", differs(options.hedge != usual.hedge, true.into())),
    ]
}

fn time(time: Duration) -> String {
    if time.subsec_nanos() == 0 {
        format!("{}s", time.as_secs())
    } else {
        format!("{}ms", time.as_millis())
    }
}
