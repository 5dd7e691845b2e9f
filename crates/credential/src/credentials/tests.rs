//! Which place is asked, in which order, how often, and what is remembered.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use secret::Secret;

use super::*;
use crate::keyring::KeyringError;

/// A place in memory that counts how often it was asked.
struct Place {
    kept_in: KeptIn,
    kept: Mutex<Vec<Credential>>,
    broken: AtomicBool,
    asked: AtomicUsize,
}

impl Place {
    fn of(kept_in: KeptIn, kept: Vec<Credential>) -> Arc<Self> {
        Arc::new(Self {
            kept_in,
            kept: Mutex::new(kept),
            broken: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Keep for Place {
    fn kept_in(&self) -> KeptIn {
        self.kept_in
    }

    fn get(&self, origin: &Origin) -> Result<Option<Credential>, CredentialError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            return Err(KeyringError::Locked.into());
        }
        let kept = self.kept.lock().unwrap();
        Ok(kept.iter().find(|one| one.origin() == origin).cloned())
    }

    fn set(&self, credential: &Credential) -> Result<(), CredentialError> {
        let mut kept = self.kept.lock().unwrap();
        kept.retain(|one| one.origin() != credential.origin());
        kept.push(credential.clone());
        Ok(())
    }

    fn remove(&self, _: &Origin) -> Result<bool, CredentialError> {
        unreachable!("nothing is removed by who presents")
    }
}

/// A clock that a test sets.
#[derive(Clone)]
struct Hands(Arc<Mutex<Timestamp>>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Timestamp::now())))
    }

    fn pass(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    fn over(&self, sources: Sources) -> Credentials {
        let hands = self.0.clone();
        Credentials::with_clock(sources, Arc::new(move || *hands.lock().unwrap()))
    }
}

fn origin() -> Origin {
    "https://proxy.corp.example".parse().unwrap()
}

fn credential(user: &str) -> Credential {
    Credential::basic(origin(), user, Secret::new("hunter2")).unwrap()
}

/// A helper that gives another token each time it runs: `t1`, `t2`, … and counts in this file.
fn counting(count: &std::path::Path, more: &str) -> BTreeMap<Origin, HelperCommand> {
    let script = format!(
        "echo x >> {0}; n=$(wc -l < {0}); printf 'token=t%s\\n{more}' $n",
        count.display()
    );
    let argv = ["sh", "-c", &script].map(str::to_owned).to_vec();
    BTreeMap::from([(origin(), HelperCommand::new(argv).unwrap())])
}

async fn header(credentials: &Credentials) -> String {
    let credential = credentials.present(&origin()).await.unwrap().unwrap();
    credential
        .authorization(&origin())
        .unwrap()
        .expose()
        .to_owned()
}

async fn user(credentials: &Credentials) -> Option<String> {
    let listed = credentials.tell(&origin()).await.unwrap()?;
    Some(format!(
        "{} from {}",
        listed.user.unwrap_or_default(),
        listed.kept_in
    ))
}

#[tokio::test]
async fn the_first_place_that_has_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    std::fs::write(
        &netrc,
        "machine proxy.corp.example login n password hunter2",
    )
    .unwrap();
    let mut sources = Sources {
        helpers: counting(&folder.path().join("count"), ""),
        keyring: Some(Place::of(KeptIn::Keyring, vec![credential("k")])),
        in_keyring: BTreeSet::from([origin()]),
        encrypted_file: Some(Place::of(KeptIn::EncryptedFile, vec![credential("f")])),
        netrc: Some(netrc),
    };
    let credentials = Credentials::new(sources.clone());
    assert_eq!(user(&credentials).await.unwrap(), " from helper command");
    sources.helpers.clear();
    credentials.use_sources(sources.clone());
    assert_eq!(user(&credentials).await.unwrap(), "k from keyring");
    sources.in_keyring.clear();
    credentials.use_sources(sources.clone());
    assert_eq!(user(&credentials).await.unwrap(), "f from encrypted file");
    sources.encrypted_file = None;
    credentials.use_sources(sources.clone());
    assert_eq!(user(&credentials).await.unwrap(), "n from netrc");
    sources.netrc = None;
    credentials.use_sources(sources);
    assert_eq!(user(&credentials).await, None);
}

#[tokio::test]
async fn an_origin_that_nothing_is_kept_for_costs_nothing() {
    let keyring = Place::of(KeptIn::Keyring, vec![credential("k")]);
    let credentials = Credentials::new(Sources {
        keyring: Some(keyring.clone()),
        in_keyring: BTreeSet::from([origin()]),
        ..Sources::default()
    });
    let public = "https://public.example".parse().unwrap();
    assert_eq!(credentials.present(&public).await, Ok(None));
    assert_eq!(keyring.asked(), 0);
}

#[tokio::test]
async fn a_place_is_asked_once_for_all_who_ask() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let credentials = Credentials::new(Sources {
        helpers: counting(&count, ""),
        ..Sources::default()
    });
    let crowd = join_all((0..20).map(|_| header(&credentials))).await;
    assert!(
        crowd.iter().all(|header| header == "Bearer t1"),
        "{crowd:?}"
    );
    assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\n");
}

#[tokio::test]
async fn when_the_first_gives_up_the_next_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let (started, go_on) = (folder.path().join("started"), folder.path().join("go-on"));
    let script = format!(
        "echo x >> {}; while ! [ -e {} ]; do sleep 0.02; done; echo token=t",
        started.display(),
        go_on.display()
    );
    let argv = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let credentials = Credentials::new(Sources {
        helpers: BTreeMap::from([(origin(), HelperCommand::new(argv).unwrap())]),
        ..Sources::default()
    });
    let given_up =
        tokio::time::timeout(std::time::Duration::from_millis(300), header(&credentials));
    assert!(given_up.await.is_err());
    std::fs::write(&go_on, "").unwrap();
    assert_eq!(header(&credentials).await, "Bearer t");
    assert_eq!(std::fs::read_to_string(&started).unwrap(), "x\nx\n");
}

#[tokio::test]
async fn a_token_is_renewed_shortly_before_it_runs_out() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let hands = Hands::new();
    let sources = |life: u32| Sources {
        helpers: counting(&count, &format!("expires={life}\\n")),
        ..Sources::default()
    };
    let credentials = hands.over(sources(600));
    assert_eq!(header(&credentials).await, "Bearer t1");
    hands.pass(569);
    assert_eq!(header(&credentials).await, "Bearer t1");
    hands.pass(1);
    assert_eq!(header(&credentials).await, "Bearer t2");
    // A short life is lived to its half.
    credentials.use_sources(sources(10));
    assert_eq!(header(&credentials).await, "Bearer t3");
    hands.pass(4);
    assert_eq!(header(&credentials).await, "Bearer t3");
    hands.pass(1);
    assert_eq!(header(&credentials).await, "Bearer t4");
}

#[tokio::test]
async fn a_refused_token_is_made_anew_once_for_all_who_saw_the_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let hands = Hands::new();
    let credentials = hands.over(Sources {
        helpers: counting(&folder.path().join("count"), ""),
        ..Sources::default()
    });
    let first = credentials.present(&origin()).await.unwrap().unwrap();
    assert!(credentials.refused(&first));
    // Another request with the same token comes back a moment later: before and after the new one is there.
    assert!(credentials.refused(&first));
    assert_eq!(header(&credentials).await, "Bearer t2");
    assert!(credentials.refused(&first));
    assert_eq!(header(&credentials).await, "Bearer t2");
    // The new one is refused as well: it stays, and no try is worth it, until a while has passed.
    let second = credentials.present(&origin()).await.unwrap().unwrap();
    assert!(!credentials.refused(&second));
    assert_eq!(header(&credentials).await, "Bearer t2");
    hands.pass(60);
    assert!(credentials.refused(&second));
    assert_eq!(header(&credentials).await, "Bearer t3");
}

#[tokio::test]
async fn a_refused_password_is_looked_up_anew_but_not_worth_another_try() {
    let keyring = Place::of(KeptIn::Keyring, vec![credential("old")]);
    let credentials = Credentials::new(Sources {
        keyring: Some(keyring.clone()),
        in_keyring: BTreeSet::from([origin()]),
        ..Sources::default()
    });
    let old = credentials.present(&origin()).await.unwrap().unwrap();
    keyring.set(&credential("new")).unwrap();
    assert_eq!(user(&credentials).await.unwrap(), "old from keyring");
    assert_eq!(keyring.asked(), 1);
    assert!(!credentials.refused(&old));
    assert_eq!(user(&credentials).await.unwrap(), "new from keyring");
    assert_eq!(keyring.asked(), 2);
    // Whoever sent the old one may try again with the new one.
    assert!(credentials.refused(&old));
    credentials.forget(&origin());
    assert_eq!(user(&credentials).await.unwrap(), "new from keyring");
    assert_eq!(keyring.asked(), 3);
}

#[tokio::test]
async fn nothing_found_and_what_netrc_says_are_believed_for_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    let hands = Hands::new();
    let credentials = hands.over(Sources {
        netrc: Some(netrc.clone()),
        ..Sources::default()
    });
    assert_eq!(user(&credentials).await, None);
    for (login, told) in [("a", "a from netrc"), ("b", "b from netrc")] {
        let before = user(&credentials).await;
        std::fs::write(
            &netrc,
            format!("machine proxy.corp.example login {login} password p"),
        )
        .unwrap();
        hands.pass(59);
        assert_eq!(user(&credentials).await, before);
        hands.pass(1);
        assert_eq!(user(&credentials).await.unwrap(), told);
    }
}

#[tokio::test]
async fn a_place_that_fails_is_passed_over_and_left_alone_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    let keyring = Place::of(KeptIn::Keyring, vec![credential("k")]);
    keyring.broken.store(true, Ordering::SeqCst);
    let hands = Hands::new();
    let credentials = hands.over(Sources {
        keyring: Some(keyring.clone()),
        in_keyring: BTreeSet::from([origin()]),
        netrc: Some(netrc.clone()),
        ..Sources::default()
    });
    let locked = Err(CredentialError::Keyring(KeyringError::Locked));
    assert_eq!(credentials.present(&origin()).await, locked);
    assert_eq!(credentials.present(&origin()).await, locked);
    assert_eq!(keyring.asked(), 1);
    std::fs::write(&netrc, "machine proxy.corp.example login n password p").unwrap();
    hands.pass(30);
    assert_eq!(user(&credentials).await.unwrap(), "n from netrc");
    keyring.broken.store(false, Ordering::SeqCst);
    hands.pass(60);
    assert_eq!(user(&credentials).await.unwrap(), "k from keyring");
}

#[tokio::test]
async fn a_helper_that_fails_is_told_unless_another_place_has_one() {
    let argv = ["sh", "-c", "exit 1"].map(str::to_owned).to_vec();
    let mut sources = Sources {
        helpers: BTreeMap::from([(origin(), HelperCommand::new(argv).unwrap())]),
        ..Sources::default()
    };
    let credentials = Credentials::new(sources.clone());
    let error = credentials.present(&origin()).await.unwrap_err();
    assert!(matches!(error, CredentialError::Helper(_)), "{error}");
    sources.encrypted_file = Some(Place::of(KeptIn::EncryptedFile, vec![credential("f")]));
    credentials.use_sources(sources);
    assert_eq!(user(&credentials).await.unwrap(), "f from encrypted file");
}

#[tokio::test]
async fn so_many_origins_are_remembered_and_the_oldest_goes_first() {
    let many: Vec<Origin> = (0..=memory::ORIGINS)
        .map(|n| format!("https://h{n}.example").parse().unwrap())
        .collect();
    let kept = many
        .iter()
        .map(|origin| Credential::bearer(origin.clone(), Secret::new("t")).unwrap());
    let keyring = Place::of(KeptIn::Keyring, kept.collect());
    let credentials = Credentials::new(Sources {
        keyring: Some(keyring.clone()),
        in_keyring: many.iter().cloned().collect(),
        ..Sources::default()
    });
    for origin in &many[..memory::ORIGINS] {
        assert!(credentials.present(origin).await.unwrap().is_some());
    }
    // The first is used again, so that the second is the oldest when one more comes.
    for origin in [&many[0], &many[memory::ORIGINS], &many[0]] {
        assert!(credentials.present(origin).await.unwrap().is_some());
    }
    assert_eq!(keyring.asked(), many.len());
    assert!(credentials.present(&many[1]).await.unwrap().is_some());
    assert_eq!(keyring.asked(), many.len() + 1);
}

#[tokio::test]
async fn the_list_has_all_places_and_tells_which_failed() {
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    std::fs::write(&netrc, "machine n.example login n password hunter2").unwrap();
    let keyring = Place::of(KeptIn::Keyring, vec![credential("k")]);
    let credentials = Credentials::new(Sources {
        keyring: Some(keyring.clone()),
        in_keyring: BTreeSet::from([origin(), "https://gone.example".parse().unwrap()]),
        netrc: Some(netrc),
        ..Sources::default()
    });
    let (listed, failed) = credentials.list().await;
    let told: Vec<_> = listed
        .iter()
        .map(|one| {
            format!(
                "{} {} {}",
                one.origin,
                one.user.as_deref().unwrap(),
                one.kept_in
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "https://proxy.corp.example k keyring",
            "https://n.example n netrc"
        ]
    );
    assert!(failed.is_empty());
    keyring.broken.store(true, Ordering::SeqCst);
    let (listed, failed) = credentials.list().await;
    assert_eq!(
        (listed.len(), failed),
        (1, vec![KeyringError::Locked.into()])
    );
}

#[tokio::test]
async fn nothing_of_it_prints_a_secret() {
    let credentials = Credentials::new(Sources {
        encrypted_file: Some(Place::of(KeptIn::EncryptedFile, vec![credential("f")])),
        ..Sources::default()
    });
    let presented = credentials.present(&origin()).await;
    let told = credentials.tell(&origin()).await;
    let shown = format!("{credentials:?} {presented:?} {told:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
