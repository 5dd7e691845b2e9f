//! Which profile is in force: one by its name, or the first of several whose upstreams answer.

use std::fmt;

use serde::{Deserialize, Serialize};
use toml_edit::{Array, Item, Value};
use ts_rs::TS;

use super::profiles::{self, ProfileSettings};
use super::reader::Reader;
use crate::failure::Failure;

/// What `profile` says in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The profile of this name.
    Named(String),
    /// The first whose upstreams answer, and the last where none does: two names or more, each once.
    FirstThatAnswers(Vec<String>),
}

impl Choice {
    /// A choice among these, in this order; a single one is simply named.
    ///
    /// # Errors
    /// What is wrong with them, as a sentence.
    pub fn among(names: Vec<String>) -> Result<Self, String> {
        let twice = names
            .iter()
            .enumerate()
            .find(|(at, name)| names[..*at].contains(name));
        if let Some((_, name)) = twice {
            return Err(format!("the profile {name} is named twice"));
        }
        match <[String; 1]>::try_from(names) {
            Ok([name]) => Ok(Self::Named(name)),
            Err(names) if names.is_empty() => Err("no profile is named".to_owned()),
            Err(names) => Ok(Self::FirstThatAnswers(names)),
        }
    }

    /// The profiles that may be in force, first the one that is liked most.
    #[must_use]
    pub fn candidates(&self) -> &[String] {
        match self {
            Self::Named(name) => std::slice::from_ref(name),
            Self::FirstThatAnswers(names) => names,
        }
    }

    /// Whether Larder chooses by itself.
    #[must_use]
    pub fn is_automatic(&self) -> bool {
        match self {
            Self::Named(_) => false,
            Self::FirstThatAnswers(_) => true,
        }
    }

    /// The name that is no profile's, if there is one.
    pub(super) fn unknown(&self, profiles: &[ProfileSettings]) -> Option<&str> {
        let is_known = |name: &String| profiles.iter().any(|profile| profile.name == *name);
        let mut names = self.candidates().iter();
        names.find(|name| !is_known(name)).map(String::as_str)
    }

    /// Reads the value of `profile`; whether its names are profiles' is to be seen once those are read.
    pub(super) fn read(reader: &Reader<'_>, key: &str, item: &Item) -> Result<Self, Failure> {
        let what = "the name of a profile, or a list of names";
        let Some(array) = item.as_array() else {
            let name = reader.text(key, item, what)?;
            return Ok(Self::Named(name.to_owned()));
        };
        let names = array.iter().map(|name| {
            let wrong = || reader.complaint(name.span(), &format!("`{key}` must be {what}"));
            name.as_str().map(str::to_owned).ok_or_else(wrong)
        });
        Self::among(names.collect::<Result<_, _>>()?)
            .map_err(|reason| reader.complaint(item.span(), &format!("`{key}`: {reason}")))
    }

    /// Complains of a name that is no profile's.
    pub(super) fn check(
        &self,
        reader: &Reader<'_>,
        span: Option<std::ops::Range<usize>>,
        profiles: &[ProfileSettings],
    ) -> Result<(), Failure> {
        match self.unknown(profiles) {
            None => Ok(()),
            Some(name) => {
                let message = profiles::unknown("`profile`", name, profiles);
                Err(reader.complaint(span, &message))
            }
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Named(name) => name.into(),
            Self::FirstThatAnswers(names) => Value::from(names.iter().collect::<Array>()),
        }
    }
}

impl Default for Choice {
    fn default() -> Self {
        Self::Named(profiles::PUBLIC.to_owned())
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::FirstThatAnswers(names) => {
                write!(f, "the first that answers of {}", names.join(", "))
            }
        }
    }
}
