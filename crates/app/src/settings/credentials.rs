//! The table `credentials`: where to look for what upstreams are shown. No secret stands in it.

use std::collections::BTreeMap;

use credential::{HelperCommand, Origin};
use toml_edit::{Item, Key};

use super::reader::Reader;
use crate::failure::Failure;

/// Where credentials for upstreams are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSettings {
    /// `keyring`: whether the OS keyring is used.
    pub keyring: bool,
    /// `netrc`: whether the person's netrc is read. It is never written.
    pub netrc: bool,
    /// `encrypted-file`: whether a login is kept in the file that a passphrase encrypts, in place of the keyring.
    pub encrypted_file: bool,
    /// `helpers`: the command that is asked for an origin's credential.
    pub helpers: BTreeMap<Origin, HelperCommand>,
}

impl Default for CredentialSettings {
    fn default() -> Self {
        Self {
            keyring: true,
            netrc: false,
            encrypted_file: false,
            helpers: BTreeMap::new(),
        }
    }
}

pub(super) fn read(reader: &Reader<'_>, item: &Item) -> Result<CredentialSettings, Failure> {
    let mut read = CredentialSettings::default();
    reader.sub_table("credentials", item, |key, item| {
        match key {
            "keyring" => read.keyring = reader.yes_or_no(key, item)?,
            "netrc" => read.netrc = reader.yes_or_no(key, item)?,
            "encrypted-file" => read.encrypted_file = reader.yes_or_no(key, item)?,
            "helpers" => read.helpers = helpers(reader, item)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(read)
}

fn helpers(reader: &Reader<'_>, item: &Item) -> Result<BTreeMap<Origin, HelperCommand>, Failure> {
    let mut helpers = BTreeMap::new();
    let table = reader.as_table("credentials.", "helpers", item)?;
    for (key, item) in table.iter() {
        let complaint = |reason: &str| reader.complaint(table.key(key).and_then(Key::span), reason);
        // The key is not quoted: a password may stand in such a URL.
        let origin: Origin = key.parse().map_err(|error| {
            complaint(&format!(
                "the upstream of this helper can't be used: {error}"
            ))
        })?;
        if !origin.is_private() {
            return Err(complaint(
                "over plain http a credential would travel in the open; write the upstream as https://…",
            ));
        }
        let wrong = || {
            reader.complaint(
                item.span(),
                "a helper is a list of texts: the program and its arguments, such as [\"/opt/corp/bin/token\", \"get\"]",
            )
        };
        let words = item.as_array().ok_or_else(wrong)?.iter();
        let words = words.map(|word| word.as_str().map(str::to_owned).ok_or_else(wrong));
        let command = HelperCommand::new(words.collect::<Result<_, _>>()?)
            .map_err(|error| reader.complaint(item.span(), &error.to_string()))?;
        if helpers.insert(origin, command).is_some() {
            return Err(complaint("this upstream has two helpers: keep one"));
        }
    }
    Ok(helpers)
}
