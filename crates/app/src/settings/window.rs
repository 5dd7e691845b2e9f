//! What tray and window go by: language, look, what is told, and whether Larder starts at login.

use serde::{Deserialize, Serialize};
use toml_edit::{Item, Value};
use ts_rs::TS;

use super::reader::Reader;
use crate::failure::Failure;

/// An enum of a setting, with its words.
macro_rules! words {
    ($(#[$about:meta])* $name:ident, $($(#[$each:meta])* $variant:ident = $word:literal),+) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $(
                $(#[$each])*
                $variant,
            )+
        }

        impl $name {
            /// As `settings.toml` has it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            fn read(reader: &Reader<'_>, key: &str, item: &Item) -> Result<Self, Failure> {
                let what = [$(concat!("\"", $word, "\"")),+].join(", ");
                match reader.text(key, item, &what)? {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(reader.complaint(item.span(), &format!("`{key}` must be one of {what}"))),
                }
            }
        }
    };
}

words! {
    /// Which language the window speaks.
    Language,
    /// That of the system.
    #[default]
    Auto = "auto",
    /// English.
    En = "en",
    /// Chinese.
    Zh = "zh"
}

words! {
    /// How light something is.
    Shade,
    /// As the desktop has it.
    #[default]
    Auto = "auto",
    /// Light.
    Light = "light",
    /// Dark.
    Dark = "dark"
}

/// What a person is told who does not look: one switch each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Tell {
    /// That another profile is in force.
    pub switched: bool,
    /// That Larder is offline, and back.
    pub offline: bool,
    /// That an upstream asks to sign in, or refused it.
    pub sign_in: bool,
    /// That a hash does not agree.
    pub hash: bool,
    /// That the disk is nearly full.
    pub disk: bool,
}

impl Default for Tell {
    fn default() -> Self {
        Self {
            switched: true,
            offline: true,
            sign_in: true,
            hash: true,
            disk: true,
        }
    }
}

/// What tray and window go by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowSettings {
    /// `language`
    pub language: Language,
    /// `appearance`
    pub appearance: Shade,
    /// `tray-icon`: which one is shown on Linux.
    pub tray_icon: Shade,
    /// `start-at-login`
    pub start_at_login: bool,
    /// `private-names`: whether notifications name private modules.
    pub private_names: bool,
    /// `tell`
    pub tell: Tell,
}

impl WindowSettings {
    /// Reads one key of the file; says whether it is one of these.
    pub(super) fn read(
        &mut self,
        reader: &Reader<'_>,
        key: &str,
        item: &Item,
    ) -> Result<bool, Failure> {
        match key {
            "language" => self.language = Language::read(reader, key, item)?,
            "appearance" => self.appearance = Shade::read(reader, key, item)?,
            "tray-icon" => self.tray_icon = Shade::read(reader, key, item)?,
            "start-at-login" => self.start_at_login = reader.yes_or_no(key, item)?,
            "private-names" => self.private_names = reader.yes_or_no(key, item)?,
            "tell" => reader.sub_table(key, item, |key, item| {
                let place = match key {
                    "switched" => &mut self.tell.switched,
                    "offline" => &mut self.tell.offline,
                    "sign-in" => &mut self.tell.sign_in,
                    "hash" => &mut self.tell.hash,
                    "disk" => &mut self.tell.disk,
                    _ => return Ok(false),
                };
                *place = reader.yes_or_no(key, item)?;
                Ok(true)
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What differs from `before`: table, key and value, as they are written.
    pub(super) fn written(&self, before: &Self) -> Vec<(&'static str, &'static str, Value)> {
        let mut written: Vec<(&str, &str, Value)> = Vec::new();
        if self.language != before.language {
            written.push(("", "language", self.language.word().into()));
        }
        if self.appearance != before.appearance {
            written.push(("", "appearance", self.appearance.word().into()));
        }
        if self.tray_icon != before.tray_icon {
            written.push(("", "tray-icon", self.tray_icon.word().into()));
        }
        let switches = [
            (
                "",
                "start-at-login",
                self.start_at_login,
                before.start_at_login,
            ),
            (
                "",
                "private-names",
                self.private_names,
                before.private_names,
            ),
            ("tell", "switched", self.tell.switched, before.tell.switched),
            ("tell", "offline", self.tell.offline, before.tell.offline),
            ("tell", "sign-in", self.tell.sign_in, before.tell.sign_in),
            ("tell", "hash", self.tell.hash, before.tell.hash),
            ("tell", "disk", self.tell.disk, before.tell.disk),
        ];
        let changed = switches
            .into_iter()
            .filter(|(_, _, now, before)| now != before);
        written.extend(changed.map(|(table, key, now, _)| (table, key, now.into())));
        written
    }
}
