//! What comes of comparing: who says what of a file, whether they agree, and what to do where they don't.

use delivery::Cover;
use go_module::{FileKind, H1, ModuleVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Pin, Tree};
use ts_rs::TS;

/// What came of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Finding {
    /// The module's path.
    pub module: String,
    /// The version.
    pub version: String,
    /// `zip` or `mod`.
    pub kind: String,
    /// What came of it.
    pub verdict: Verdict,
    /// Who speaks for the path: `database`; else why it lies outside: `private`, `excepted`, `off` or `allowed`.
    pub cover: String,
    /// Who says what.
    pub hashes: Vec<Said>,
    /// Why, and what to do. It names no module unless it must, so that what has one reason can be told together.
    pub reason: Option<String>,
}

/// What came of comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The checksum database vouches for it, and all others say the same.
    Agrees,
    /// It lies outside the database; those who know it say the same.
    Outside,
    /// The database does not have it.
    Unknown,
    /// The database could not be asked, or there is nothing to compare.
    Unchecked,
    /// Somebody says something else.
    Disagrees,
}

/// Somebody's word on a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Said {
    /// Who.
    pub by: Party,
    /// The go.sum file, the database, the tree of the cache, or the upstream from which it was first seen.
    pub name: String,
    /// The hash.
    pub h1: String,
    /// Since when it is kept, or was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Who has a word on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// A go.sum file.
    GoSum,
    /// The checksum database.
    Database,
    /// The kept file.
    Cache,
    /// The hash with which it was seen first.
    FirstSight,
}

/// All that is known of a file.
pub(super) struct Facts {
    pub(super) module: ModuleVersion,
    pub(super) kind: FileKind,
    /// The database's name.
    pub(super) database: String,
    pub(super) word: Word,
    pub(super) kept: KeptFile,
    pub(super) first_sight: Option<Pin>,
    /// Why first sight could not be looked up.
    pub(super) trouble: Option<String>,
}

/// What the checksum database says.
pub(super) enum Word {
    /// This hash.
    Says(String),
    /// That it does not have it.
    NotThere(String),
    /// Nothing, for this reason.
    Silent(String),
    /// It is not asked about such a path.
    Outside(Cover),
}

/// The file that would be served.
pub(super) enum KeptFile {
    Absent,
    Whole {
        tree: Tree,
        h1: String,
        since: Timestamp,
        bytes: u64,
    },
    /// It proved damaged when it was opened, and was set aside.
    SetAside(String),
    /// Its bytes have no hash.
    Broken(String),
    /// The cache folder failed.
    Unknown(String),
}

impl Facts {
    /// Bytes that were hashed for it.
    pub(super) fn bytes(&self) -> u64 {
        match self.kept {
            KeptFile::Whole { bytes, .. } => bytes,
            KeptFile::Absent
            | KeptFile::SetAside(_)
            | KeptFile::Broken(_)
            | KeptFile::Unknown(_) => 0,
        }
    }

    /// Compares, with what a go.sum has.
    pub(super) fn judge(&self, go_sum: Option<H1>) -> Finding {
        let go_sum = go_sum.map(|h1| h1.to_string());
        let hashes = self.hashes(go_sum.as_deref());
        let (verdict, reason) = match self.disagreement(&hashes) {
            Some(reason) => (Verdict::Disagrees, Some(reason)),
            None => self.without_disagreement(&hashes),
        };
        Finding {
            module: self.module.path.to_string(),
            version: self.module.version.to_string(),
            kind: self.kind.extension().to_owned(),
            verdict,
            cover: match self.word {
                Word::Outside(cover) => word_of(cover),
                Word::Says(_) | Word::NotThere(_) | Word::Silent(_) => word_of(Cover::Database),
            }
            .to_owned(),
            hashes,
            reason,
        }
    }

    fn hashes(&self, go_sum: Option<&str>) -> Vec<Said> {
        let said = |by, name: &str, h1: &str, since| Said {
            by,
            name: name.to_owned(),
            h1: h1.to_owned(),
            since,
        };
        let mut hashes = Vec::new();
        hashes.extend(go_sum.map(|h1| said(Party::GoSum, "go.sum", h1, None)));
        if let Word::Says(h1) = &self.word {
            hashes.push(said(Party::Database, &self.database, h1, None));
        }
        if let KeptFile::Whole {
            tree, h1, since, ..
        } = &self.kept
        {
            hashes.push(said(Party::Cache, &tree.to_string(), h1, Some(*since)));
        }
        hashes.extend(self.first_sight.as_ref().map(|pin| {
            said(
                Party::FirstSight,
                &pin.upstream,
                &pin.h1.to_string(),
                Some(pin.seen_at),
            )
        }));
        hashes
    }

    /// What is wrong, and what to do about it; `None` where nobody disagrees.
    fn disagreement(&self, hashes: &[Said]) -> Option<String> {
        let clear = format!("larder cache clear {}", self.module);
        match &self.kept {
            KeptFile::SetAside(reason) => {
                return Some(format!(
                    "the kept file was damaged ({reason}) and is set aside; it is fetched anew when it is asked for"
                ));
            }
            KeptFile::Broken(reason) => {
                return Some(format!(
                    "the kept file has no hash: {reason}. Remove it, and it is fetched anew: {clear}"
                ));
            }
            KeptFile::Absent | KeptFile::Whole { .. } | KeptFile::Unknown(_) => {}
        }
        if hashes.iter().all(|said| said.h1 == hashes[0].h1) {
            return None;
        }
        let by = |party| hashes.iter().find(|said| said.by == party);
        let differs = |party, truth: &Said| by(party).is_some_and(|said| said.h1 != truth.h1);
        let Self { database, .. } = self;
        if let Some(truth) = by(Party::Database) {
            let mut reasons = Vec::new();
            if differs(Party::GoSum, truth) {
                reasons.push(format!(
                    "go.sum has another hash than {database} vouches for: that line was changed, or the module itself was, before the database saw it. Ask who wrote the line; to have the database's hash, delete it and run: go mod tidy"
                ));
            }
            if differs(Party::Cache, truth) {
                reasons.push(format!(
                    "the kept file is not the one that {database} vouches for. Remove it, and it is fetched anew: {clear}"
                ));
            }
            return Some(reasons.join("\n"));
        }
        let mut reasons = vec![match &self.word {
            Word::Outside(cover) => format!(
                "{}, so there is no third who knows which one is right",
                why(*cover)
            ),
            Word::NotThere(reason) | Word::Silent(reason) => reason.clone(),
            Word::Says(_) => String::new(),
        }];
        if let Some(first) = by(Party::FirstSight) {
            if differs(Party::GoSum, first) {
                reasons.push(format!(
                    "go.sum has another hash than Larder saw first: ask who wrote that line. If the module was changed on purpose: larder trust forget {}",
                    self.module
                ));
            }
            if differs(Party::Cache, first) {
                reasons.push(format!(
                    "the kept file is not the one that was seen first. Remove it, and it is fetched anew: {clear}"
                ));
            }
        }
        Some(reasons.join("\n"))
    }

    fn without_disagreement(&self, hashes: &[Said]) -> (Verdict, Option<String>) {
        if let KeptFile::Unknown(reason) = &self.kept {
            return (
                Verdict::Unchecked,
                Some(format!("what is kept can't be read: {reason}")),
            );
        }
        if let Some(trouble) = &self.trouble {
            return (
                Verdict::Unchecked,
                Some(format!("what was seen first can't be read: {trouble}")),
            );
        }
        let alone = hashes.len() < 2;
        match &self.word {
            Word::Says(_) if alone => (
                Verdict::Unchecked,
                Some(format!(
                    "{} vouches for it, but nothing of it is kept that could be compared",
                    self.database
                )),
            ),
            Word::Says(_) => (Verdict::Agrees, None),
            Word::NotThere(reason) => (Verdict::Unknown, Some(reason.clone())),
            Word::Silent(reason) => (Verdict::Unchecked, Some(reason.clone())),
            Word::Outside(cover) if alone => (
                Verdict::Unchecked,
                Some(format!(
                    "{}, and Larder has nothing to compare it with: it was not fetched through it yet",
                    why(*cover)
                )),
            ),
            Word::Outside(cover) => (
                Verdict::Outside,
                Some(format!(
                    "{}; it was compared with {}",
                    why(*cover),
                    self.instead(hashes)
                )),
            ),
        }
    }

    /// What a path outside the database was compared with.
    fn instead(&self, hashes: &[Said]) -> String {
        let after_loss = self.first_sight.as_ref().is_some_and(|pin| pin.after_loss);
        let parties = hashes.iter().filter_map(|said| match said.by {
            Party::Cache => Some("the kept file"),
            Party::FirstSight if after_loss => {
                Some("what was seen first since earlier hashes were lost")
            }
            Party::FirstSight => Some("what was seen first"),
            Party::GoSum | Party::Database => None,
        });
        parties.collect::<Vec<_>>().join(" and ")
    }
}

fn word_of(cover: Cover) -> &'static str {
    match cover {
        Cover::Database => "database",
        Cover::Off => "off",
        Cover::Private => "private",
        Cover::Excepted => "excepted",
        Cover::Allowed => "allowed",
    }
}

fn why(cover: Cover) -> &'static str {
    match cover {
        Cover::Database => "the checksum database covers it",
        Cover::Off => "this profile has no checksum database",
        Cover::Private => "it is private in this profile",
        Cover::Excepted => "it is excepted from the checksum database in this profile",
        Cover::Allowed => "it is let through unverified for a time (larder trust list)",
    }
}

#[cfg(test)]
mod tests;
