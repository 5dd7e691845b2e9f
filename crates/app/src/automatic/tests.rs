//! Which profile is chosen, by what answers, round after round.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;

/// A door that opens or not, and counts the knocks.
#[derive(Clone, Default)]
struct Fake(Arc<State>);

#[derive(Default)]
struct State {
    is_open: AtomicBool,
    is_silent: AtomicBool,
    /// Opens after so many knocks more.
    opens_in: AtomicUsize,
    knocks: AtomicUsize,
}

impl Fake {
    fn set(&self, is_open: bool) {
        self.0.is_open.store(is_open, Ordering::Relaxed);
    }

    fn knocks(&self) -> usize {
        self.0.knocks.swap(0, Ordering::Relaxed)
    }
}

impl Door for Fake {
    fn name(&self) -> &str {
        "door.example"
    }

    async fn knock(&self) -> Answer {
        self.0.knocks.fetch_add(1, Ordering::Relaxed);
        if self.0.is_silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if self.0.opens_in.load(Ordering::Relaxed) > 0 {
            self.0.opens_in.fetch_sub(1, Ordering::Relaxed);
            self.set(self.0.opens_in.load(Ordering::Relaxed) == 0);
        }
        match self.0.is_open.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err("shut".to_owned()),
        }
    }
}

/// `company`, `mirror` and `public`; the last has no door, for nobody knocks there.
fn three() -> (Candidates<Fake>, Fake, Fake) {
    let (company, mirror) = (Fake::default(), Fake::default());
    let names = ["company", "mirror", "public"].map(str::to_owned);
    let doors = [vec![company.clone()], vec![mirror.clone()], Vec::new()];
    let each = names.iter().cloned().zip(doors);
    let candidates = Candidates {
        among: Choice::FirstThatAnswers(names.to_vec()),
        each: each
            .map(|(name, doors)| Candidate { name, doors })
            .collect(),
    };
    (candidates, company, mirror)
}

fn name(chosen: Option<Chosen>) -> Option<String> {
    chosen.map(|chosen| chosen.name)
}

#[tokio::test(start_paused = true)]
async fn the_first_that_answers_is_chosen_and_it_is_said_why() {
    let (candidates, company, mirror) = three();
    let chosen = candidates.first().await;
    assert_eq!(chosen.name, "public");
    assert_eq!(
        chosen.why.unwrap(),
        "company does not answer (door.example: shut), mirror does not answer (door.example: shut)"
    );
    mirror.set(true);
    let chosen = candidates.first().await;
    assert_eq!(chosen.name, "mirror");
    assert_eq!(
        chosen.why.unwrap(),
        "its upstream answers, company does not answer (door.example: shut)"
    );
    company.set(true);
    let chosen = candidates.first().await;
    assert_eq!(chosen.name, "company");
    assert_eq!(chosen.why.unwrap(), "its upstream answers");
}

#[tokio::test(start_paused = true)]
async fn who_is_silent_does_not_answer_and_holds_up_little() {
    let (candidates, company, _) = three();
    company.0.is_silent.store(true, Ordering::Relaxed);
    let begun = tokio::time::Instant::now();
    let chosen = candidates.first().await;
    assert_eq!(chosen.name, "public");
    assert!(chosen.why.unwrap().contains("door.example: silent for 2 s"));
    assert_eq!(begun.elapsed(), PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn one_answer_moves_nobody_two_do() {
    let (candidates, company, mirror) = three();
    assert_eq!(candidates.instead_of("public", false).await, None);
    assert_eq!((company.knocks(), mirror.knocks()), (1, 1));

    // It answers the first time and not the second.
    company.set(true);
    let looking = candidates.instead_of("public", false);
    let (chosen, ()) = tokio::join!(looking, async {
        tokio::time::sleep(ONCE_MORE / 2).await;
        company.set(false);
    });
    assert_eq!(chosen, None);

    // The other way round.
    company.0.opens_in.store(2, Ordering::Relaxed);
    assert_eq!(candidates.instead_of("public", false).await, None);

    company.set(true);
    let chosen = candidates.instead_of("public", false).await;
    assert_eq!(name(chosen).as_deref(), Some("company"));
}

#[tokio::test(start_paused = true)]
async fn the_one_in_force_is_asked_only_where_something_failed() {
    let (candidates, company, mirror) = three();
    mirror.set(true);
    assert_eq!(candidates.instead_of("company", false).await, None);
    assert_eq!((company.knocks(), mirror.knocks()), (0, 0));

    company.set(true);
    assert_eq!(candidates.instead_of("company", true).await, None);
    assert_eq!(company.knocks(), 1);

    company.set(false);
    let chosen = candidates.instead_of("company", true).await;
    assert_eq!(name(chosen).as_deref(), Some("mirror"));
    assert_eq!(company.knocks(), 2);

    // Back again.
    company.set(true);
    let chosen = candidates.instead_of("mirror", false).await;
    assert_eq!(name(chosen).as_deref(), Some("company"));
    assert_eq!(
        candidates.instead_of("public", true).await.unwrap().name,
        "company"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_for_one_that_is_no_candidate_or_the_only_one() {
    let (candidates, company, _) = three();
    assert_eq!(candidates.instead_of("other", true).await, None);
    assert_eq!(company.knocks(), 0);
    let only = Candidates {
        among: Choice::default(),
        each: vec![Candidate {
            name: "public".to_owned(),
            doors: vec![company.clone()],
        }],
    };
    let chosen = only.first().await;
    assert_eq!((chosen.name.as_str(), chosen.why), ("public", None));
    assert_eq!(company.knocks(), 0);
}
