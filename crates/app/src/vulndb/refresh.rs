//! Bringing the copy up to date from its source, by the database's HTTP API: only what was changed is fetched.
//!
//! The API is `index/{db,modules,vulns}.json.gz` and `ID/<id>.json.gz`. `db` says when anything was changed; `vulns` says
//! it of each entry. What came is put together with what is kept and checked whole before it takes the copy's place, so
//! a source that changes in the middle of it shows as an index that does not go with its entries, and is asked again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use upstream::{PlainFiles, UpstreamError};
use vulnerability_db::{
    Copy, Draft, Index, LARGEST_ENTRY, LARGEST_INDEX, VulnerabilityDbError, unpacked,
};

use super::blocking;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::job::{Progress, Reporter};

/// How many entries are asked for at once.
const AT_ONCE: usize = 8;
/// How often a source that changes under our hands is asked.
const TRIES: u32 = 3;
/// How long it is left alone in between.
const PAUSE: Duration = Duration::from_secs(2);
/// The most that entries may have on their way, packed, in bytes.
const LARGEST_FETCH: usize = 64 << 20;

/// What came of it.
pub(crate) struct Refreshed {
    pub(crate) copy: Copy,
    /// How many entries were fetched.
    pub(crate) fetched: u64,
}

/// Brings the copy up to date.
///
/// # Errors
/// `not-found` where no source is set, or it does not give what it should; the copy then stays.
pub(crate) async fn refresh(app: &App, reporter: &Reporter) -> Result<Refreshed, Failure> {
    let turn = app.vulndb_turn().take()?;
    let source = Source::of(app).await?;
    let path = app.places().vulndb();
    let opened = path.clone();
    // A damaged one is made anew.
    let kept = match blocking(move || Kept::open(opened)).await {
        Ok(kept) => kept,
        Err(failure) => {
            tracing::warn!("{failure}");
            None
        }
    };
    let work = source.bring(path, kept.map(Arc::new), reporter);
    let refreshed = tokio::select! {
        done = work => done,
        () = reporter.cancel().cancelled() => {
            let message = "cancelled; the copy that was kept stays as it is";
            Err(Failure::new(Code::Cancelled, message))
        }
    };
    drop(turn);
    refreshed
}

/// The kept copy and its index.
struct Kept {
    copy: Copy,
    index: Index,
}

impl Kept {
    fn open(path: PathBuf) -> Result<Option<Self>, VulnerabilityDbError> {
        let Some(copy) = Copy::open(&path)? else {
            return Ok(None);
        };
        let index = copy.index()?;
        Ok(Some(Self { copy, index }))
    }
}

/// What was fetched of an entry, as gzip, and of when the index said it was.
type Fetched = BTreeMap<String, (Timestamp, Bytes)>;

struct Source {
    files: PlainFiles,
}

impl Source {
    async fn of(app: &App) -> Result<Self, Failure> {
        let settings = app.settings();
        let Some(url) = &settings.vulnerability_database else {
            return Err(Failure::new(
                Code::NotFound,
                "no source of the vulnerability database is set, so the copy is never refreshed",
            )
            .hint("set vulnerability-database in settings.toml to where its HTTP API is served")
            .hint("or take in a newer copy: larder vulndb import FOLDER|ZIP"));
        };
        let profile = settings.known(&app.profile_in_use())?;
        let parts = app.around().await?.parts(profile).await?;
        let files = PlainFiles::at(url, &parts).map_err(|error| {
            let message = format!("vulnerability-database can't be used: {error}");
            Failure::new(Code::BadSettings, message)
        })?;
        Ok(Self { files })
    }

    async fn bring(
        &self,
        path: PathBuf,
        kept: Option<Arc<Kept>>,
        reporter: &Reporter,
    ) -> Result<Refreshed, Failure> {
        let mut fetched = Fetched::new();
        let mut tries = 0;
        loop {
            tries += 1;
            let tried = self.once(&path, &kept, &mut fetched, reporter).await;
            match tried {
                Err(Trouble::Moved(error)) if tries < TRIES => {
                    tracing::debug!("the source changed while it was read: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
                Err(Trouble::Moved(error)) => {
                    let message = format!("{} is not whole: {error}", self.files.name());
                    return Err(Failure::new(Code::NotFound, message).hint(STAYS));
                }
                Err(Trouble::Failure(failure)) => return Err(failure),
                Ok(copy) => {
                    let fetched = fetched.len() as u64;
                    return Ok(Refreshed { copy, fetched });
                }
            }
        }
    }

    async fn once(
        &self,
        path: &std::path::Path,
        kept: &Option<Arc<Kept>>,
        fetched: &mut Fetched,
        reporter: &Reporter,
    ) -> Result<Copy, Trouble> {
        let as_of = Timestamp::now();
        let [db, modules, vulns] = Index::ENDPOINTS;
        let db = self.index(db).await?;
        let modified = Index::modified_of(&db).map_err(|error| self.not_understood(&error))?;
        let before = kept.as_ref().and_then(|kept| kept.index.modified());
        if let (Some(modified), Some(before)) = (modified, before)
            && modified < before
        {
            let message = format!(
                "{} is of {modified}, older than the copy that is kept ({before}), which stays",
                self.files.name()
            );
            return Err(Trouble::Failure(Failure::new(Code::NotFound, message)));
        }
        let index = match kept {
            Some(kept) if modified.is_some() && modified == before => kept.index.clone(),
            Some(_) | None => {
                let files = [db, self.index(modules).await?, self.index(vulns).await?];
                Index::parse(files).map_err(|error| match error {
                    error @ VulnerabilityDbError::Disagree { .. } => Trouble::Moved(error),
                    error => self.not_understood(&error),
                })?
            }
        };
        self.fetch(
            &wanted(&index, kept.as_deref(), fetched),
            &index,
            fetched,
            reporter,
        )
        .await?;
        let (path, kept, fetched) = (path.to_owned(), kept.clone(), fetched.clone());
        let from = self.files.name().to_owned();
        let built = tokio::task::spawn_blocking(move || {
            put_together(&path, &index, kept.as_deref(), &fetched, &from, as_of)
        });
        match built.await {
            Ok(Ok(copy)) => Ok(copy),
            Ok(Err(error @ VulnerabilityDbError::Disagree { .. })) => Err(Trouble::Moved(error)),
            Ok(Err(error @ VulnerabilityDbError::Io { .. })) => Err(Trouble::Failure(error.into())),
            Ok(Err(error)) => Err(self.not_understood(&error)),
            Err(error) => {
                let failure = Failure::new(Code::Internal, error.to_string());
                Err(Trouble::Failure(failure))
            }
        }
    }

    /// Fetches these entries, some at a time.
    async fn fetch(
        &self,
        wanted: &[String],
        index: &Index,
        fetched: &mut Fetched,
        reporter: &Reporter,
    ) -> Result<(), Trouble> {
        let mut progress = Progress {
            total: wanted.len() as u64,
            ..Progress::default()
        };
        reporter.report(progress);
        let mut coming = stream::iter(wanted.to_vec())
            .map(|id| async move {
                let gz = self.get(&format!("ID/{id}"), LARGEST_ENTRY).await;
                gz.map(|gz| (id, gz))
            })
            .buffer_unordered(AT_ONCE);
        let mut room = LARGEST_FETCH;
        while let Some((id, gz)) = coming.try_next().await.map_err(|error| match error {
            // It was taken back since the index was read.
            (endpoint, UpstreamError::NotFound { .. }) => {
                Trouble::Moved(VulnerabilityDbError::Disagree {
                    reason: format!("there is no {endpoint}.json.gz"),
                })
            }
            (endpoint, error) => self.failed(&endpoint, &error),
        })? {
            room = room.checked_sub(gz.len()).ok_or_else(|| {
                self.not_understood(&VulnerabilityDbError::TooLarge {
                    what: "all that was changed".to_owned(),
                    most: format!("{} MiB", LARGEST_FETCH >> 20),
                })
            })?;
            progress.done += 1;
            progress.bytes += gz.len() as u64;
            reporter.report(progress);
            let modified = index.modified_at(&id).unwrap_or(Timestamp::MIN);
            fetched.insert(id, (modified, gz));
        }
        Ok(())
    }

    /// A file of the index, unpacked.
    async fn index(&self, endpoint: &'static str) -> Result<Vec<u8>, Trouble> {
        let got = self.get(endpoint, LARGEST_INDEX).await;
        let gz = got.map_err(|(endpoint, error)| self.failed(&endpoint, &error))?;
        unpacked(&format!("{endpoint}.json.gz"), &gz, LARGEST_INDEX)
            .map_err(|error| self.not_understood(&error))
    }

    async fn get(&self, endpoint: &str, most: u64) -> Result<Bytes, (String, UpstreamError)> {
        let path = format!("{endpoint}.json.gz");
        let got = self.files.get(&path, most).await;
        got.map_err(|error| (endpoint.to_owned(), error))
    }

    fn failed(&self, endpoint: &str, error: &UpstreamError) -> Trouble {
        let name = self.files.name();
        let message = format!("{name} did not give {endpoint}.json.gz: {error}");
        Trouble::Failure(Failure::new(Code::NotFound, message).hint(STAYS))
    }

    fn not_understood(&self, error: &VulnerabilityDbError) -> Trouble {
        let message = format!("what {} gave can't be used: {error}", self.files.name());
        Trouble::Failure(Failure::new(Code::NotFound, message).hint(STAYS))
    }
}

const STAYS: &str = "the copy that is kept stays as it is; try again later: larder vulndb refresh";

/// Why a try came to nothing.
enum Trouble {
    /// The source does not go together, mostly since it was just changed.
    Moved(VulnerabilityDbError),
    Failure(Failure),
}

/// Which entries are to be fetched: those whose date is not that of what is there already. One without a date is always
/// fetched: nothing else says whether it was changed.
fn wanted(index: &Index, kept: Option<&Kept>, fetched: &Fetched) -> Vec<String> {
    let is_there = |id: &str, modified: Timestamp| {
        let in_hand = fetched.get(id).map(|(of, _)| *of);
        let in_copy = kept.and_then(|kept| kept.index.modified_at(id));
        in_hand.or(in_copy) == Some(modified)
    };
    let entries = index.entries();
    entries
        .filter(|(id, modified)| !modified.is_some_and(|modified| is_there(id, modified)))
        .map(|(id, _)| id.to_owned())
        .collect()
}

fn put_together(
    path: &std::path::Path,
    index: &Index,
    kept: Option<&Kept>,
    fetched: &Fetched,
    from: &str,
    as_of: Timestamp,
) -> Result<Copy, VulnerabilityDbError> {
    let mut draft = Draft::begin(path)?;
    for (id, _) in index.entries() {
        let endpoint = format!("ID/{id}");
        let json = match (fetched.get(id), kept) {
            (Some((_, gz)), _) => Some(unpacked(&endpoint, gz, LARGEST_ENTRY)?),
            (None, Some(kept)) => kept.copy.json(&endpoint)?,
            (None, None) => None,
        };
        let json = json.ok_or_else(|| VulnerabilityDbError::Disagree {
            reason: format!("there is no {endpoint}.json"),
        })?;
        draft.add(id, &json)?;
    }
    draft.finish(index, from, as_of, Timestamp::now())
}
