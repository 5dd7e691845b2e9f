//! What takes a moment to find out, as it was seen last: how go stands to Larder, and sums over the log and the cache. Who
//! asks gets what is known, and has it looked at anew in the background; who shows it hears of what is new.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use go_tool::CallerEnv;
use jiff::{SignedDuration, Timestamp};
use store::Keeps;

use crate::app::App;
use crate::changes::Topic;
use crate::failure::Failure;
use crate::go_env::{self, EnvWinner, EnvWish};
use crate::room::{self, RoomReport};

/// For how long sums are not made again.
const SUMS_REST: Duration = Duration::from_secs(5);
/// For how long go is not asked again, which costs several children; a change of go env has it asked at once.
const GO_REST: Duration = Duration::from_secs(60);
/// Over how long shares are summed up.
const SHARES_OVER: SignedDuration = SignedDuration::from_hours(24);
/// Who wants to stay what a person pinned.
const PERSON: &str = "person";

/// How go stands, where this process was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GoLook {
    /// Its version; none where there is no go.
    pub(crate) version: Option<String>,
    /// Why go does not ask here though go env says so.
    pub(crate) why_not: Option<String>,
    /// What the shell sets over what Larder wants, and where that likely stands.
    pub(crate) overrides: Vec<(String, Option<String>)>,
}

/// Sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// How often each upstream was asked in a day, by its name.
    pub(crate) by_upstream: BTreeMap<String, u64>,
    /// How the room stands.
    pub(crate) room: RoomReport,
    /// Bytes that a person pinned.
    pub(crate) pinned: u64,
    /// Bytes that must stay for what is stocked, and that nobody pinned.
    pub(crate) stocked: u64,
}

/// One thing that is looked at, and when that was.
#[derive(Debug)]
struct Seen<T> {
    last: Mutex<Option<(Instant, Arc<T>)>>,
    is_looking: AtomicBool,
    is_outdated: AtomicBool,
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self {
            last: Mutex::default(),
            is_looking: AtomicBool::default(),
            is_outdated: AtomicBool::default(),
        }
    }
}

impl<T: PartialEq> Seen<T> {
    fn get(&self) -> Option<(Instant, Arc<T>)> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    /// Takes note of what was seen; says whether it is new.
    fn set(&self, seen: T) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = last.as_ref().is_none_or(|(_, before)| **before != seen);
        *last = Some((Instant::now(), Arc::new(seen)));
        is_new
    }

    /// Whether to look now; who is told so looks.
    fn is_due(&self, rest: Duration) -> bool {
        let is_old = self.get().is_none_or(|(at, _)| at.elapsed() >= rest);
        let is_due = is_old || self.is_outdated.load(Ordering::Relaxed);
        let is_due = is_due && !self.is_looking.swap(true, Ordering::Relaxed);
        if is_due {
            self.is_outdated.store(false, Ordering::Relaxed);
        }
        is_due
    }
}

/// What was seen last.
#[derive(Debug, Default)]
pub(crate) struct LastLook {
    go: Seen<GoLook>,
    numbers: Seen<Numbers>,
}

impl LastLook {
    /// How go stands, as it was seen last; none where nobody has looked yet.
    pub(crate) fn go(&self, app: &App) -> Option<Arc<GoLook>> {
        if self.go.is_due(GO_REST) {
            in_background(app, look_at_go);
        }
        self.go.get().map(|(_, seen)| seen)
    }

    /// How go stands has changed: the next who asks has it looked at.
    pub(crate) fn go_changed(&self) {
        self.go.is_outdated.store(true, Ordering::Relaxed);
    }

    /// What is kept, or must stay, has changed: the next who asks has the sums made anew.
    pub(crate) fn numbers_changed(&self) {
        self.numbers.is_outdated.store(true, Ordering::Relaxed);
    }

    /// The sums, as they were seen last; the first time they are made.
    ///
    /// # Errors
    /// `disk`.
    pub(crate) async fn numbers(&self, app: &App) -> Result<Arc<Numbers>, Failure> {
        if let Some((_, seen)) = self.numbers.get() {
            if self.numbers.is_due(SUMS_REST) {
                in_background(app, look_at_numbers);
            }
            return Ok(seen);
        }
        let seen = numbers(app).await?;
        self.numbers.set(seen.clone());
        Ok(Arc::new(seen))
    }
}

fn in_background<F>(app: &App, look: impl FnOnce(App) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    if let Ok(serving) = app.serving() {
        serving.spawn(look(app.clone()));
    }
}

async fn look_at_go(app: App) {
    let seen = go(&app).await;
    let looks = &app.last_look().go;
    looks.is_looking.store(false, Ordering::Relaxed);
    if looks.set(seen) {
        app.changes().tell(&[Topic::GoEnv, Topic::State]);
    }
}

async fn look_at_numbers(app: App) {
    let seen = numbers(&app).await;
    let looks = &app.last_look().numbers;
    looks.is_looking.store(false, Ordering::Relaxed);
    match seen {
        Ok(seen) => {
            if looks.set(seen) {
                app.changes().tell(&[Topic::Cache]);
            }
        }
        Err(failure) => tracing::debug!("the overview is not up to date: {failure}"),
    }
}

async fn go(app: &App) -> GoLook {
    let report = match go_env::show(app, CallerEnv::of_process()).await {
        Ok(report) => report,
        Err(failure) => {
            return GoLook {
                why_not: Some(failure.message),
                ..GoLook::default()
            };
        }
    };
    let mut look = GoLook {
        version: report.go.map(|go| go.version),
        ..GoLook::default()
    };
    for setting in report.settings {
        let from = setting.shell_from.first().cloned();
        let is_wanted = !matches!(setting.wants, None | Some(EnvWish::Nothing));
        if setting.key == "GOPROXY" && setting.wins != EnvWinner::Larder {
            look.why_not = why_not(&setting.wins, setting.file.is_some(), report.on);
        }
        if setting.wins == EnvWinner::Shell && is_wanted && report.on {
            look.overrides.push((setting.key, from));
        }
    }
    if look.version.is_none() {
        look.why_not = report.problems.into_iter().next().map(|it| it.message);
    }
    look
}

fn why_not(wins: &EnvWinner, has_line: bool, on: bool) -> Option<String> {
    Some(match wins {
        EnvWinner::Larder => return None,
        EnvWinner::Shell => "your shell sets GOPROXY".to_owned(),
        EnvWinner::OtherFile(path) => format!("{} sets GOPROXY", path.display()),
        EnvWinner::Installation(path) => {
            format!("the go of {} sets GOPROXY by itself", path.display())
        }
        EnvWinner::File if on => "go env was changed since".to_owned(),
        EnvWinner::File if has_line => "go env names another GOPROXY".to_owned(),
        EnvWinner::File | EnvWinner::Default => "go env is not pointed here".to_owned(),
    })
}

async fn numbers(app: &App) -> Result<Numbers, Failure> {
    let store = app.store();
    let room = room::report(app, false).await?;
    let (mut pinned, mut all) = (Keeps::default(), Keeps::default());
    let keeps = store.keeps().await?;
    let (by_person, rest): (Vec<_>, Vec<_>) =
        keeps.into_iter().partition(|keep| keep.owner == PERSON);
    let has_rest = !rest.is_empty();
    let has_pins = !by_person.is_empty();
    if has_pins {
        pinned = by_person.iter().cloned().collect();
    }
    if has_rest {
        all = by_person.into_iter().chain(rest).collect();
    }
    let pinned = match has_pins {
        true => store.covered(&pinned).await?.1,
        false => 0,
    };
    let all = match has_rest {
        true => store.covered(&all).await?.1,
        false => pinned,
    };
    let asked = store
        .asked_of_upstreams(Timestamp::now() - SHARES_OVER)
        .await?;
    Ok(Numbers {
        by_upstream: asked.into_iter().collect(),
        room,
        pinned,
        stocked: all.saturating_sub(pinned),
    })
}
