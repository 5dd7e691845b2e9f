//! A profile that Larder chooses by itself: the first of several whose upstreams answer.
//!
//! Those that are liked more than the one in force are asked every half minute, and as soon as something fails; the one in
//! force only then. To leave it, two rounds in a row must say so: a single lost packet moves nobody. The last one of
//! the choice is never asked: it is what is left when no other answers.
//!
//! A switch that nobody asked for leads no private path out: see [`Settings::in_effect`].

use std::time::Duration;

use delivery::OfflineMode;
use futures_util::future::join_all;
use tokio::sync::watch;
use upstream::{Probe, Upstream, UpstreamKind};

use crate::app::WeakApp;
use crate::failure::Failure;
use crate::profile::{self, Overrides};
use crate::settings::{Choice, Settings};
use crate::surroundings::Surroundings;

/// How often those before the one in force are asked.
const EVERY: Duration = Duration::from_secs(30);
/// How long after a first round the second one is, that must say the same.
const ONCE_MORE: Duration = Duration::from_secs(1);
/// For how long nobody is asked again because something failed.
const REST: Duration = Duration::from_secs(5);
/// How long an upstream may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which profile is in force, and why it is that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Its name.
    pub(crate) name: String,
    /// Why, where Larder chose it, as the rest of a sentence.
    pub(crate) why: Option<String>,
    /// Among which.
    pub(crate) among: Choice,
}

impl Chosen {
    /// Tells of it in the log.
    pub(crate) fn tell(&self) {
        let profile = &self.name;
        match &self.why {
            Some(why) => tracing::info!(profile, "in force, chosen automatically: {why}"),
            None => tracing::info!(profile, "in force"),
        }
    }
}

/// Which profile is to be in force; where Larder is to choose, it asks them.
///
/// # Errors
/// Those of building the upstreams of a candidate.
pub(crate) async fn choose(
    around: &Surroundings,
    settings: &Settings,
    overrides: &Overrides,
) -> Result<Chosen, Failure> {
    let candidates = Candidates::of(around, settings, overrides).await?;
    Ok(candidates.first().await)
}

/// Watches over the choice for as long as modules are served.
pub(crate) async fn keep(
    app: WeakApp,
    mut chosen: watch::Receiver<Chosen>,
    mut trouble: watch::Receiver<u64>,
) {
    loop {
        let is_automatic = chosen.borrow_and_update().among.is_automatic();
        let is_troubled = tokio::select! {
            changed = chosen.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
            told = trouble.changed(), if is_automatic => match told {
                Ok(()) => true,
                Err(_) => return,
            },
            () = tokio::time::sleep(EVERY), if is_automatic => false,
        };
        let Some(app) = app.upgrade() else { return };
        // A person who says "offline" wants nobody asked.
        if app.settings().offline == OfflineMode::On {
            continue;
        }
        if let Err(failure) = app.look_around(is_troubled).await {
            tracing::warn!("the profile stays as it is: {failure}");
        }
        drop(app);
        if is_troubled {
            tokio::time::sleep(REST).await;
        }
    }
}

/// What can be asked whether it is there.
pub(crate) trait Door {
    /// What a person knows it by.
    fn name(&self) -> &str;
    /// Knocks.
    fn knock(&self) -> impl Future<Output = Answer>;
}

/// Whether something answers, and if not, why.
pub(crate) type Answer = Result<(), String>;

/// The profiles that may be in force, and whom to ask whether each one answers.
pub(crate) struct Candidates<D = Upstream> {
    among: Choice,
    each: Vec<Candidate<D>>,
}

struct Candidate<D> {
    name: String,
    doors: Vec<D>,
}

impl Candidates {
    /// Those of the settings. The first upstream of each list that a profile gives itself stands for it, be the list for
    /// public modules or for private ones; where it gives none, the first of Go's default list. What can't be asked, such
    /// as `direct`, stands for nothing: a profile without any other upstream always answers.
    ///
    /// # Errors
    /// Those of building the upstreams.
    pub(crate) async fn of(
        around: &Surroundings,
        settings: &Settings,
        overrides: &Overrides,
    ) -> Result<Self, Failure> {
        let among = settings.active.clone();
        let mut each = Vec::new();
        for (at, name) in among.candidates().iter().enumerate() {
            let is_last = at + 1 == among.candidates().len();
            let chains = if is_last {
                Vec::new()
            } else {
                profile::own_chains(around, settings, name, overrides).await?
            };
            let first = chains.iter().filter_map(|chain| {
                let mut upstreams = chain.upstreams();
                upstreams.find(|upstream| upstream.kind() != UpstreamKind::Direct)
            });
            each.push(Candidate {
                name: name.clone(),
                doors: first.cloned().collect(),
            });
        }
        Ok(Self { among, each })
    }
}

impl<D: Door> Candidates<D> {
    /// The first that answers; the last where none does.
    async fn first(&self) -> Chosen {
        let found = self.look(0, true).await;
        let (at, why) = found.unwrap_or_else(|| (self.last(), String::new()));
        self.chosen(at, why)
    }

    /// Looks whether another one is to be in force than `now`; twice, where the first look says so.
    pub(crate) async fn instead_of(&self, now: &str, is_troubled: bool) -> Option<Chosen> {
        let now = self.each.iter().position(|each| each.name == now)?;
        let (at, _) = self.look(now, is_troubled).await?;
        if at == now {
            return None;
        }
        tokio::time::sleep(ONCE_MORE).await;
        let (again, why) = self.look(now, is_troubled).await?;
        (again == at).then(|| self.chosen(at, why))
    }

    /// One round: which one answers first, and why it is that one. Where nothing failed, the one in force is not asked:
    /// it works.
    async fn look(&self, now: usize, is_troubled: bool) -> Option<(usize, String)> {
        let mut answers = self.ask(0..now).await;
        if answers.iter().all(Result::is_err) {
            if !is_troubled {
                return None;
            }
            answers.extend(self.ask(now..self.last()).await);
        }
        let found = answers.iter().position(Result::is_ok);
        let at = found.unwrap_or_else(|| self.last());
        let own = found.map(|at| match self.each[at].doors.len() {
            0 => "it needs no upstream".to_owned(),
            1 => "its upstream answers".to_owned(),
            _ => "its upstreams answer".to_owned(),
        });
        let others = self.each.iter().zip(&answers).take(at);
        let others = others.filter_map(|(each, answer)| {
            let why = answer.as_ref().err()?;
            Some(format!("{} does not answer ({why})", each.name))
        });
        let reasons: Vec<String> = own.into_iter().chain(others).collect();
        Some((at, reasons.join(", ")))
    }

    async fn ask(&self, which: std::ops::Range<usize>) -> Vec<Answer> {
        join_all(self.each[which].iter().map(Candidate::answers)).await
    }

    fn last(&self) -> usize {
        self.each.len() - 1
    }

    fn chosen(&self, at: usize, why: String) -> Chosen {
        Chosen {
            name: self.each[at].name.clone(),
            why: self.among.is_automatic().then_some(why),
            among: self.among.clone(),
        }
    }
}

impl<D: Door> Candidate<D> {
    /// Whether all that stands for it answers: each has modules that no other may have.
    async fn answers(&self) -> Answer {
        let knocks = self.doors.iter().map(|door| async {
            let answer = tokio::time::timeout(PATIENCE, door.knock()).await;
            let answer =
                answer.unwrap_or_else(|_| Err(format!("silent for {} s", PATIENCE.as_secs())));
            answer.map_err(|why| format!("{}: {why}", door.name()))
        });
        join_all(knocks).await.into_iter().collect()
    }
}

impl Door for Upstream {
    fn name(&self) -> &str {
        Upstream::name(self)
    }

    /// One that does not let this person in is of no use either.
    async fn knock(&self) -> Answer {
        match self.probe().await {
            Ok(probe) if probe.authorised => Ok(()),
            Ok(Probe { status, .. }) => Err(match status {
                Some(status) => format!("it refuses ({status}), check its credentials"),
                None => "it refuses".to_owned(),
            }),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
