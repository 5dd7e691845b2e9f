//! A profile gets another name: everywhere it is named, at once, with its comments.

use std::path::Path;

use toml_edit::{Item, TableLike, Value};

use super::choice::Choice;
use super::write::{checked, parsed, rewrite, set, unforeseen, with_profile};
use super::{PUBLIC, ProfileSettings, RuleTarget, Settings};
use crate::failure::{Code, Failure};

impl Settings {
    /// The settings with a profile under another name, wherever it is named.
    pub(crate) fn renamed(&self, from: &str, to: &str) -> Self {
        let mut settings = self.clone();
        let rename = |name: &mut String| {
            if name == from {
                to.clone_into(name);
            }
        };
        for profile in &mut settings.profiles {
            rename(&mut profile.name);
            for rule in &mut profile.rules {
                if let RuleTarget::Profile(name) = &mut rule.target {
                    rename(name);
                }
            }
        }
        match &mut settings.active {
            Choice::Named(name) => rename(name),
            Choice::FirstThatAnswers(names) => names.iter_mut().for_each(rename),
        }
        settings
    }

    /// Puts a profile in the place of another one of another name. What it has in common with that stays as it is written.
    ///
    /// # Errors
    /// `not-found` where there is none of that name, `bad-input` where there is one of the new name or the profile makes
    /// no sense; else as [`Settings::remember_port`].
    pub(crate) fn replace_renamed(
        path: &Path,
        from: &str,
        profile: &ProfileSettings,
    ) -> Result<Self, Failure> {
        rewrite(path, |text| {
            let renamed = with_renamed(path, text, from, &profile.name)?;
            with_profile(path, &renamed, profile)
        })
    }
}

pub(super) fn with_renamed(
    path: &Path,
    text: &str,
    from: &str,
    to: &str,
) -> Result<String, Failure> {
    let before = Settings::parse(path, text)?;
    before.known(from)?;
    if from == PUBLIC || before.profile(to).is_some() {
        let message = match from {
            PUBLIC => "public can have no other name".to_owned(),
            _ => format!("there is a profile {to} already"),
        };
        return Err(Failure::new(Code::BadInput, message));
    }
    let expected = before.renamed(from, to);
    let mut document = parsed(path, text)?;
    let profiles = document
        .get_mut("profiles")
        .and_then(Item::as_table_like_mut)
        .ok_or_else(|| unforeseen(path))?;
    // A table keeps its place in the text and what stands above it.
    let profile = profiles.remove(from).ok_or_else(|| unforeseen(path))?;
    profiles.insert(to, profile);
    for (_, profile) in profiles.iter_mut() {
        lead_to(profile, from, to);
    }
    if expected.active != before.active {
        set(
            document.as_table_mut(),
            "profile",
            expected.active.to_value(),
        );
    }
    checked(path, document.to_string(), expected)
}

/// Lets the rules of a profile that lead to `from` lead to `to`.
fn lead_to(profile: &mut Item, from: &str, to: &str) {
    let Some(rules) = profile
        .as_table_like_mut()
        .and_then(|profile| profile.get_mut("rules"))
    else {
        return;
    };
    let mut tables: Vec<&mut dyn TableLike> = match rules {
        Item::ArrayOfTables(tables) => tables
            .iter_mut()
            .map(|table| table as &mut dyn TableLike)
            .collect(),
        Item::Value(Value::Array(array)) => array
            .iter_mut()
            .filter_map(Value::as_inline_table_mut)
            .map(|table| table as &mut dyn TableLike)
            .collect(),
        _ => Vec::new(),
    };
    for table in &mut tables {
        if table.get("to").and_then(Item::as_str) == Some(from) {
            set(*table, "to", to.into());
        }
    }
}
