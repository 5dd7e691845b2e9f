//! The keyring's thread, over stores that are made up: what is asked for, how long, and what a failure becomes. The real
//! Secret Service is in `tests/keyring.rs`.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use secret::Secret;

use super::*;

/// A store in memory that does what a test wants of it.
#[derive(Debug, Default)]
struct Made {
    entries: Mutex<HashMap<(String, String), Vec<u8>>>,
    /// The next so many calls fail as a dead connection does.
    dead: AtomicUsize,
    /// Held by a test for as long as calls are to hang.
    gate: Mutex<()>,
    connections: AtomicUsize,
}

#[derive(Debug)]
struct MadeStore(Arc<Made>);

#[derive(Debug)]
struct MadeEntry {
    made: Arc<Made>,
    name: (String, String),
}

impl CredentialStoreApi for MadeStore {
    fn vendor(&self) -> String {
        "made up".to_owned()
    }

    fn id(&self) -> String {
        "made up".to_owned()
    }

    fn build(
        &self,
        service: &str,
        user: &str,
        modifiers: Option<&HashMap<&str, &str>>,
    ) -> keyring_core::Result<Entry> {
        let label = format!("Larder: {user}");
        assert_eq!(modifiers, Some(&platform::modifiers(&label)));
        Ok(Entry::new_with_credential(Arc::new(MadeEntry {
            made: self.0.clone(),
            name: (service.to_owned(), user.to_owned()),
        })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl MadeEntry {
    fn begin(&self) -> keyring_core::Result<()> {
        drop(self.made.gate.lock().unwrap());
        let dead = &self.made.dead;
        match dead.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        }) {
            Ok(_) => Err(Error::PlatformFailure("connection lost".into())),
            Err(_) => Ok(()),
        }
    }
}

impl CredentialApi for MadeEntry {
    fn set_secret(&self, secret: &[u8]) -> keyring_core::Result<()> {
        self.begin()?;
        let mut entries = self.made.entries.lock().unwrap();
        entries.insert(self.name.clone(), secret.to_vec());
        Ok(())
    }

    fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
        self.begin()?;
        let entries = self.made.entries.lock().unwrap();
        entries.get(&self.name).cloned().ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> keyring_core::Result<()> {
        self.begin()?;
        let mut entries = self.made.entries.lock().unwrap();
        entries.remove(&self.name).map(drop).ok_or(Error::NoEntry)
    }

    fn get_credential(&self) -> keyring_core::Result<Option<Arc<keyring_core::api::Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some(self.name.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn over(made: &Arc<Made>, deadline: Duration) -> Keyring {
    let made = made.clone();
    let connect = move || {
        made.connections.fetch_add(1, Ordering::SeqCst);
        Ok(Arc::new(MadeStore(made.clone())) as Arc<CredentialStore>)
    };
    Keyring::over(Arc::new(connect), deadline)
}

const LONG: Duration = Duration::from_secs(20);

fn origin() -> Origin {
    "https://a.example".parse().unwrap()
}

fn credential(password: &str) -> Credential {
    Credential::basic(origin(), "bob", Secret::new(password)).unwrap()
}

#[track_caller]
fn keyring_error<T: std::fmt::Debug>(result: Result<T, CredentialError>) -> KeyringError {
    match result {
        Err(CredentialError::Keyring(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_kept_comes_back() {
    let made = Arc::new(Made::default());
    let keyring = over(&made, LONG);
    assert_eq!(keyring.get(&origin()).unwrap(), None);
    keyring.set(&credential("one")).unwrap();
    keyring.set(&credential("two")).unwrap();
    assert_eq!(keyring.get(&origin()).unwrap(), Some(credential("two")));
    let elsewhere = "https://b.example".parse().unwrap();
    assert_eq!(keyring.get(&elsewhere).unwrap(), None);
    let listed = keyring.list(&[elsewhere, origin()]).unwrap();
    assert_eq!(listed, [Listed::of(&credential("two"), KeptIn::Keyring)]);
    assert!(keyring.remove(&origin()).unwrap());
    assert!(!keyring.remove(&origin()).unwrap());
    assert_eq!(made.connections.load(Ordering::SeqCst), 1);
}

#[test]
fn an_entry_of_somebody_else_is_told() {
    let made = Arc::new(Made::default());
    let name = ("larder".to_owned(), origin().as_str().to_owned());
    let keyring = over(&made, LONG);
    // Another's words, another origin's credential, and no text.
    for bytes in [
        &b"hunter2"[..],
        b"https://b.example\nbearer\nhunter2\n",
        b"\xff",
    ] {
        made.entries
            .lock()
            .unwrap()
            .insert(name.clone(), bytes.to_vec());
        let error = keyring_error(keyring.get(&origin()));
        assert_eq!(error, KeyringError::Foreign { origin: origin() });
        assert!(!error.to_string().contains("hunter2"));
    }
    keyring.set(&credential("new")).unwrap();
    assert_eq!(keyring.get(&origin()).unwrap(), Some(credential("new")));
}

#[test]
fn a_connection_that_died_is_made_anew_once() {
    let made = Arc::new(Made::default());
    let keyring = over(&made, LONG);
    keyring.set(&credential("one")).unwrap();
    made.dead.store(1, Ordering::SeqCst);
    assert_eq!(keyring.get(&origin()).unwrap(), Some(credential("one")));
    assert_eq!(made.connections.load(Ordering::SeqCst), 2);
    made.dead.store(2, Ordering::SeqCst);
    let error = keyring_error(keyring.get(&origin()));
    assert!(error.to_string().contains("connection lost"), "{error}");
    assert_eq!(keyring.get(&origin()).unwrap(), Some(credential("one")));
    assert_eq!(made.connections.load(Ordering::SeqCst), 4);
}

#[test]
fn a_keyring_that_starts_later_is_found() {
    let made = Arc::new(Made::default());
    let up = Arc::new(AtomicBool::new(false));
    let (is_up, store) = (up.clone(), made.clone());
    let connect = move || {
        if is_up.load(Ordering::SeqCst) {
            Ok(Arc::new(MadeStore(store.clone())) as Arc<CredentialStore>)
        } else {
            Err(Error::PlatformFailure("nobody there".into()))
        }
    };
    let keyring = Keyring::over(Arc::new(connect), LONG);
    let error = keyring_error(keyring.get(&origin()));
    assert!(matches!(error, KeyringError::None { .. }), "{error}");
    for choice in ["nobody there", "netrc", "passphrase"] {
        assert!(error.to_string().contains(choice), "{choice}: {error}");
    }
    assert_eq!(keyring.probe().unwrap_err(), error);
    up.store(true, Ordering::SeqCst);
    assert_eq!(keyring.probe(), Ok(()));
    assert_eq!(keyring.get(&origin()).unwrap(), None);
}

#[test]
fn a_keyring_that_hangs_costs_the_deadline_and_does_nothing_afterwards() {
    let made = Arc::new(Made::default());
    let deadline = Duration::from_millis(150);
    let keyring = over(&made, deadline);
    let gate = made.gate.lock().unwrap();
    let begun = Instant::now();
    let late = KeyringError::Deadline { after: deadline };
    assert_eq!(keyring_error(keyring.get(&origin())), late);
    // This one waits behind the first, and must not be done any more when the first comes through.
    assert_eq!(keyring_error(keyring.set(&credential("late"))), late);
    assert!(begun.elapsed() >= 2 * deadline && begun.elapsed() < LONG);
    drop(gate);
    assert_eq!(keyring.get(&origin()).unwrap(), None);
    assert!(made.entries.lock().unwrap().is_empty());
}

#[test]
fn no_crowd_waits_before_a_keyring_that_hangs() {
    let made = Arc::new(Made::default());
    let keyring = over(&made, Duration::from_millis(300));
    let gate = made.gate.lock().unwrap();
    thread::scope(|scope| {
        let crowd: Vec<_> = (0..3 * QUEUE)
            .map(|_| scope.spawn(|| keyring_error(keyring.get(&origin()))))
            .collect();
        for one in crowd {
            assert!(matches!(one.join().unwrap(), KeyringError::Deadline { .. }));
        }
    });
    drop(gate);
}

#[test]
fn the_thread_ends_with_the_keyring() {
    let made = Arc::new(Made::default());
    let keyring = over(&made, LONG);
    keyring.get(&origin()).unwrap();
    drop(keyring);
    let begun = Instant::now();
    // The thread holds the connection, and the connection the store.
    while Arc::strong_count(&made) > 1 {
        assert!(begun.elapsed() < LONG, "the thread goes on");
        thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn the_secret_services_causes_are_told_apart() {
    use secret_service::Error as Service;
    let of =
        |service: Service| KeyringError::of(&Error::PlatformFailure(Box::new(service)), &origin());
    let io =
        |kind: std::io::ErrorKind| Service::Zbus(zbus::Error::InputOutput(Arc::new(kind.into())));
    assert_eq!(of(Service::Locked), KeyringError::Locked);
    assert_eq!(of(Service::NoResult), KeyringError::Locked);
    assert_eq!(of(Service::Prompt), KeyringError::Denied);
    for none in [
        Service::Unavailable,
        io(std::io::ErrorKind::ConnectionRefused),
        Service::ZbusFdo(zbus::fdo::Error::ServiceUnknown(String::new())),
        Service::Zbus(zbus::Error::FDO(Box::new(zbus::fdo::Error::SpawnFailed(
            String::new(),
        )))),
    ] {
        let shown = none.to_string();
        assert!(matches!(of(none), KeyringError::None { .. }), "{shown}");
    }
    let failed = of(Service::Crypto("bad"));
    assert!(
        matches!(&failed, KeyringError::Failed { reason } if reason.contains("bad")),
        "{failed}"
    );
    let many = KeyringError::of(&Error::Ambiguous(Vec::new()), &origin());
    assert_eq!(many, KeyringError::Ambiguous { origin: origin() });
    // Bytes of an entry are not shown.
    let foreign = KeyringError::of(&Error::BadEncoding(b"hunter2".to_vec()), &origin());
    assert_eq!(foreign, KeyringError::Foreign { origin: origin() });
}
