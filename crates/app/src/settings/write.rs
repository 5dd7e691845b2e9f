//! Rewrites a settings file: one thing is changed, all else of the text stays, comments above all.
//!
//! Values are set with `toml_edit`, which keeps what stands around them. New tables are written at the end of the
//! file, and what is taken out is cut out of the text by lines, so that no comment changes its place. What came of it
//! is read again before it is written: a file of an unforeseen form is refused, never damaged.

use std::fs;
use std::io;
use std::path::Path;

use delivery::OfflineMode;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::choice::Choice;
use super::cut;
use super::profiles::check_name;
use super::size::{self, Quota};
use super::{
    Beside, PUBLIC, ProfileSettings, RedirectOrigin, RuleSettings, RuleTarget, Settings, TEMPLATE,
};
use crate::failure::{Code, Failure};
use crate::whole_file;

impl Settings {
    /// Writes the chosen port down, leaving all else of the file as it is.
    ///
    /// # Errors
    /// `bad-settings` where the file can't be used, `disk` where it can't be written; it is then as it was.
    pub fn remember_port(path: &Path, port: u16) -> Result<(), Failure> {
        let rewritten = rewrite(path, |text| with_port(path, text, port));
        rewritten.map(|_| ())
    }

    /// Writes down which profile is in force, and gives back the settings that now hold.
    ///
    /// # Errors
    /// `not-found` where there is none of this name; else as [`Settings::remember_port`].
    pub fn use_profile(path: &Path, choice: &Choice) -> Result<Self, Failure> {
        rewrite(path, |text| with_active(path, text, choice))
    }

    /// Writes down how much the cache may take, and how much is to stay free on its disk, where they are given.
    ///
    /// # Errors
    /// As [`Settings::remember_port`].
    pub fn set_room(
        path: &Path,
        quota: Option<Quota>,
        reserve: Option<u64>,
    ) -> Result<Self, Failure> {
        rewrite(path, |text| with_room(path, text, quota, reserve))
    }

    /// Writes down who says whether Larder is offline, and gives back the settings that now hold.
    ///
    /// # Errors
    /// As [`Settings::remember_port`].
    pub fn set_offline(path: &Path, mode: OfflineMode) -> Result<Self, Failure> {
        rewrite(path, |text| with_offline(path, text, mode))
    }

    /// Adds a profile.
    ///
    /// # Errors
    /// `bad-input` where there is one of this name, or it makes no sense; else as [`Settings::remember_port`].
    pub fn add_profile(path: &Path, profile: &ProfileSettings) -> Result<Self, Failure> {
        rewrite(path, |text| {
            let before = Settings::parse(path, text)?;
            if before.profile(&profile.name).is_some() {
                let message = format!("there is a profile {} already", profile.name);
                return Err(Failure::new(Code::BadInput, message)
                    .hint("take another name, or change the one there is"));
            }
            with_profile(path, text, profile)
        })
    }

    /// Puts a profile in the place of the one of its name. What it has in common with that stays as it is written.
    ///
    /// # Errors
    /// `not-found` where there is none of this name, `bad-input` where it makes no sense; else as
    /// [`Settings::remember_port`].
    pub fn replace_profile(path: &Path, profile: &ProfileSettings) -> Result<Self, Failure> {
        rewrite(path, |text| {
            let before = Settings::parse(path, text)?;
            if before.profile(&profile.name).is_none() {
                return Err(absent(&before, &profile.name));
            }
            with_profile(path, text, profile)
        })
    }

    /// Takes a profile out, with the comments right above it. `public` then is as go has it, and stays.
    ///
    /// # Errors
    /// `not-found` where there is none of this name, `bad-input` where it is in force or a rule leads to it; else as
    /// [`Settings::remember_port`].
    pub fn remove_profile(path: &Path, name: &str) -> Result<Self, Failure> {
        rewrite(path, |text| without_profile(path, text, name))
    }
}

/// Reads the text, or what a new file begins with, and writes what `change` makes of it.
pub(super) fn rewrite(
    path: &Path,
    change: impl FnOnce(&str) -> Result<String, Failure>,
) -> Result<Settings, Failure> {
    let failure = |what: &str, error: io::Error| {
        Failure::new(
            Code::Disk,
            format!("{} can't be {what}: {error}", path.display()),
        )
    };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => TEMPLATE.to_owned(),
        Err(error) => return Err(failure("read", error)),
    };
    let changed = change(&text)?;
    let settings = Settings::parse(path, &changed)?;
    if changed != text {
        whole_file::write(path, changed.as_bytes(), 0o600)
            .map_err(|error| failure("written", error))?;
    }
    Ok(settings)
}

pub(super) fn with_port(path: &Path, text: &str, port: u16) -> Result<String, Failure> {
    let expected = Settings {
        port: Some(port),
        ..Settings::parse(path, text)?
    };
    let changed = with_value(path, text, "port", i64::from(port).into())?;
    checked(path, changed, expected)
}

pub(super) fn with_room(
    path: &Path,
    text: &str,
    quota: Option<Quota>,
    reserve: Option<u64>,
) -> Result<String, Failure> {
    let mut expected = Settings::parse(path, text)?;
    let mut changed = text.to_owned();
    if let Some(quota) = quota.filter(|quota| *quota != expected.quota) {
        changed = with_value(path, &changed, "quota", exact(quota.0).into())?;
        expected.quota = quota;
    }
    if let Some(reserve) = reserve.filter(|reserve| Some(*reserve) != expected.reserve) {
        changed = with_value(path, &changed, "reserve", exact(Some(reserve)).into())?;
        expected.reserve = Some(reserve);
    }
    checked(path, changed, expected)
}

/// A size as a person would write it, or to the byte where that would be another.
fn exact(bytes: Option<u64>) -> String {
    let Some(bytes) = bytes else {
        return Quota(None).to_string();
    };
    let text = size::shown(bytes);
    if size::parse(&text) == Ok(bytes) {
        text
    } else {
        format!("{bytes} B")
    }
}

pub(super) fn with_active(path: &Path, text: &str, choice: &Choice) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    if before.active == *choice {
        return Ok(text.to_owned());
    }
    if let Some(name) = choice.unknown(&before.profiles) {
        return Err(absent(&before, name));
    }
    let expected = Settings {
        active: choice.clone(),
        ..before
    };
    let changed = with_value(path, text, "profile", choice.to_value())?;
    checked(path, changed, expected)
}

pub(super) fn with_offline(path: &Path, text: &str, mode: OfflineMode) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    if before.offline == mode {
        return Ok(text.to_owned());
    }
    let expected = Settings {
        offline: mode,
        ..before
    };
    let changed = with_value(path, text, "offline", mode.word().into())?;
    checked(path, changed, expected)
}

pub(super) fn with_profile(
    path: &Path,
    text: &str,
    profile: &ProfileSettings,
) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    check_name(&profile.name).map_err(|reason| Failure::new(Code::BadInput, reason))?;
    let expected = before.with(profile);
    if expected == before {
        return Ok(text.to_owned());
    }
    let mut changed = match before.profile(&profile.name) {
        Some(old) => changed_profile(path, text, old, profile)?,
        None => text.to_owned(),
    };
    // Also where it had nothing but what was taken out: then it is not there any more.
    if item_of(&parsed(path, &changed)?, &profile.name).is_none() && *profile != bare_public() {
        append(&mut changed, profile);
    }
    checked(path, changed, expected)
}

pub(super) fn without_profile(path: &Path, text: &str, name: &str) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    if before.profile(name).is_none() {
        return Err(absent(&before, name));
    }
    if name == PUBLIC {
        return with_profile_cut(path, text, name, before);
    }
    let refused = |message: String, hint: &str| {
        Err(Failure::new(Code::BadInput, message).hint(hint.to_owned()))
    };
    if before.active.candidates().iter().any(|used| used == name) {
        let message = match &before.active {
            Choice::Named(_) => format!("profile {name} is in force"),
            Choice::FirstThatAnswers(_) => {
                format!("profile {name} is one of those that Larder chooses among")
            }
        };
        return refused(message, "use another one first: larder use public");
    }
    let leads_here =
        |rule: &RuleSettings| matches!(&rule.target, RuleTarget::Profile(to) if to == name);
    if let Some(other) = before
        .profiles
        .iter()
        .find(|profile| profile.name != name && profile.rules.iter().any(leads_here))
    {
        return refused(
            format!("a rule of profile {} leads to profile {name}", other.name),
            "change or take out that rule first",
        );
    }
    with_profile_cut(path, text, name, before)
}

fn with_profile_cut(
    path: &Path,
    text: &str,
    name: &str,
    before: Settings,
) -> Result<String, Failure> {
    let changed = cut::out(text, &["profiles", name]).map_err(|_| unforeseen(path))?;
    let mut expected = before;
    expected.profiles.retain(|profile| profile.name != name);
    if name == PUBLIC {
        expected.profiles.insert(0, bare_public());
    }
    checked(path, changed, expected)
}

/// The text, where it means what it should.
pub(super) fn checked(
    path: &Path,
    text: String,
    mut expected: Settings,
) -> Result<String, Failure> {
    let settings = Settings::parse(path, &text).map_err(|failure| {
        // Of what was asked, not of the file, which was good before.
        Failure::new(Code::BadInput, failure.message)
            .hint("the settings would be like that then; Larder has not changed them")
    })?;
    expected.warnings.clone_from(&settings.warnings);
    // Where a profile stands means nothing.
    let sorted = |mut settings: Settings| {
        settings
            .profiles
            .sort_by(|one, other| one.name.cmp(&other.name));
        settings
    };
    if sorted(settings) == sorted(expected) {
        Ok(text)
    } else {
        Err(unforeseen(path))
    }
}

pub(super) fn unforeseen(path: &Path) -> Failure {
    let message = format!(
        "{} is written in a form in which Larder can't make this change",
        path.display()
    );
    Failure::new(Code::BadSettings, message)
        .hint("make it by hand; Larder has not changed the file")
}

pub(super) fn absent(settings: &Settings, name: &str) -> Failure {
    let known: Vec<&str> = settings
        .profiles
        .iter()
        .map(|profile| profile.name.as_str())
        .collect();
    Failure::new(Code::NotFound, format!("there is no profile {name:?}"))
        .hint(format!("there is: {}", known.join(", ")))
}

fn bare_public() -> ProfileSettings {
    ProfileSettings::new(PUBLIC)
}

pub(super) fn parsed(path: &Path, text: &str) -> Result<DocumentMut, Failure> {
    text.parse().map_err(|_| unforeseen(path))
}

fn item_of<'d>(document: &'d DocumentMut, name: &str) -> Option<&'d Item> {
    document.get("profiles")?.as_table_like()?.get(name)
}

/// Sets a value at the top of the file. Where the template's commented line of it is still there, the value takes
/// that place, so that the explanation stays above it.
pub(super) fn with_value(
    path: &Path,
    text: &str,
    key: &str,
    value: Value,
) -> Result<String, Failure> {
    let mut document = parsed(path, text)?;
    if document.get(key).is_none() {
        let commented = format!("# {key} = ");
        let lines = text.split_inclusive('\n').map(|line| {
            if line.starts_with(&commented) {
                format!("{key} = {value}\n")
            } else {
                line.to_owned()
            }
        });
        let replaced: String = lines.collect();
        let is_set = |read: DocumentMut| {
            read.get(key)
                .is_some_and(|item| item.to_string().trim() == value.to_string().trim())
        };
        if replaced.parse().is_ok_and(is_set) {
            return Ok(replaced);
        }
    }
    set(document.as_table_mut(), key, value);
    Ok(document.to_string())
}

/// Sets a value, keeping the comment behind it.
pub(super) fn set(table: &mut dyn toml_edit::TableLike, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// The values of a profile or a rule, in the order in which a new one is written.
pub(super) type Fields = Vec<(&'static str, Option<Value>)>;

fn fields(profile: &ProfileSettings) -> Fields {
    let written = |text: Option<&str>| text.map(Value::from);
    vec![
        (
            "upstreams",
            written(profile.upstreams.as_ref().map(|list| list.expose())),
        ),
        (
            "checksum-database",
            written(profile.checksum_db.as_ref().map(|choice| choice.expose())),
        ),
        ("private", patterns(&profile.private)),
        (
            "private-upstreams",
            written(profile.private_upstreams.as_ref().map(|list| list.expose())),
        ),
        ("private-redirects", redirects(&profile.private_redirects)),
        ("not-private", patterns(&profile.not_private)),
        ("no-checksum-database", patterns(&profile.no_checksum_db)),
        (
            "safety-net",
            (!profile.safety_net).then(|| Value::from(false)),
        ),
        (
            "http-proxy",
            written(profile.http_proxy.as_ref().map(|proxy| proxy.expose())),
        ),
        ("extra-ca", file(profile.extra_ca.as_deref())),
        (
            "client-certificate",
            file(profile.client_certificate.as_deref()),
        ),
        ("canary", profile.canary.as_ref().map(Beside::to_value)),
        ("mirror", profile.mirror.as_ref().map(Beside::to_value)),
    ]
}

fn fields_of_rule(rule: &RuleSettings) -> Fields {
    let (to, upstreams) = match &rule.target {
        RuleTarget::Profile(name) => (Some(name.as_str()), None),
        RuleTarget::Upstreams(list) => (None, Some(list.expose())),
    };
    vec![
        ("patterns", patterns(&rule.patterns)),
        ("to", to.map(Value::from)),
        ("upstreams", upstreams.map(Value::from)),
        ("private", rule.private.then(|| Value::from(true))),
    ]
}

/// It came out of a text, or out of the command line, where a path that is no text is refused.
fn file(path: Option<&Path>) -> Option<Value> {
    path.map(|path| Value::from(path.to_string_lossy().into_owned()))
}

fn patterns(patterns: &[String]) -> Option<Value> {
    (!patterns.is_empty()).then(|| Value::from(patterns.iter().collect::<Array>()))
}

fn redirects(origins: &[RedirectOrigin]) -> Option<Value> {
    let texts = origins.iter().map(ToString::to_string);
    (!origins.is_empty()).then(|| Value::from(texts.collect::<Array>()))
}

/// The text with what differs between `old` and `new` changed, where the profile is written there.
fn changed_profile(
    path: &Path,
    text: &str,
    old: &ProfileSettings,
    new: &ProfileSettings,
) -> Result<String, Failure> {
    let mut document = parsed(path, text)?;
    let Some(item) = document
        .get_mut("profiles")
        .and_then(Item::as_table_like_mut)
        .and_then(|profiles| profiles.get_mut(&new.name))
    else {
        return Ok(text.to_owned());
    };
    let is_headed = item.as_table().is_some_and(|table| !table.is_dotted());
    let table = item.as_table_like_mut().ok_or_else(|| unforeseen(path))?;
    let mut gone = Vec::new();
    for ((key, before), (_, after)) in fields(old).into_iter().zip(fields(new)) {
        match after {
            Some(after)
                if before
                    .as_ref()
                    .is_none_or(|before| before.to_string() != after.to_string()) =>
            {
                set(table, key, after);
            }
            Some(_) => {}
            None if before.is_some() => gone.push(key),
            // What says the default in words stays.
            None => {}
        }
    }
    if new.rules.is_empty() {
        gone.push("rules");
    } else if new.rules != old.rules {
        set_rules(table, is_headed, &old.rules, &new.rules);
    }
    let mut changed = document.to_string();
    for key in gone {
        changed =
            cut::out(&changed, &["profiles", &new.name, key]).map_err(|_| unforeseen(path))?;
    }
    Ok(changed)
}

/// Sets the rules of a profile; those that stay keep their comments.
fn set_rules(
    profile: &mut dyn toml_edit::TableLike,
    is_headed: bool,
    old: &[RuleSettings],
    new: &[RuleSettings],
) {
    let headed = match profile.get("rules") {
        Some(rules) => rules.as_array_of_tables().cloned(),
        None => is_headed.then(ArrayOfTables::new),
    };
    let Some(headed) = headed else {
        let rules: Array = new.iter().map(inline_rule).collect();
        return set(profile, "rules", Value::from(rules));
    };
    let mut left: Vec<(&RuleSettings, &Table)> = old.iter().zip(headed.iter()).collect();
    let tables = new.iter().map(|rule| {
        let at = left.iter().position(|(old, _)| *old == rule);
        let mut table = at.map_or_else(|| headed_rule(rule), |at| left.remove(at).1.clone());
        // Each follows the one before it, wherever it stood.
        table.set_position(None);
        table
    });
    let tables: ArrayOfTables = tables.collect();
    profile.insert("rules", Item::ArrayOfTables(tables));
}

fn headed_rule(rule: &RuleSettings) -> Table {
    let mut table = Table::new();
    for (key, value) in fields_of_rule(rule) {
        if let Some(value) = value {
            table.insert(key, Item::Value(value));
        }
    }
    table
}

fn inline_rule(rule: &RuleSettings) -> InlineTable {
    let fields = fields_of_rule(rule).into_iter();
    fields
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
}

/// Writes the profile's tables at the end of the text.
pub(super) fn append(text: &mut String, profile: &ProfileSettings) {
    let name = &profile.name;
    table(text, &format!("[profiles.{name}]"), fields(profile));
    for rule in &profile.rules {
        table(
            text,
            &format!("[[profiles.{name}.rules]]"),
            fields_of_rule(rule),
        );
    }
}

pub(super) fn table(text: &mut String, head: &str, fields: Fields) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    if !text.is_empty() {
        text.push('\n');
    }
    *text += &format!("{head}\n");
    for (key, value) in fields {
        if let Some(value) = value {
            *text += &format!("{key} = {value}\n");
        }
    }
}
