//! The encrypted file: what is kept comes back, and what is wrong with it is told by cause.

use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;

fn passphrase() -> Secret {
    Secret::new("correct horse")
}

fn basic(origin: &str, user: &str, password: &str) -> Credential {
    Credential::basic(origin.parse().unwrap(), user, Secret::new(password)).unwrap()
}

fn little(path: &Path) -> EncryptedFile {
    EncryptedFile::create_at(path, &passphrase(), Cost::LITTLE).unwrap()
}

#[test]
fn what_is_kept_comes_back_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let one = basic("https://a.example", "bob", "hunter2");
    let other =
        Credential::bearer("https://b.example".parse().unwrap(), Secret::new("t0k3n")).unwrap();
    let file = little(&path);
    assert_eq!(file.get(one.origin()).unwrap(), None);
    file.set(&one).unwrap();
    file.set(&other).unwrap();
    file.set(&basic("https://a.example", "bob", "hunter3"))
        .unwrap();
    drop(file);

    let file = EncryptedFile::open(&path, &passphrase()).unwrap();
    assert_eq!(
        file.get(one.origin()).unwrap(),
        Some(basic("https://a.example", "bob", "hunter3"))
    );
    assert_eq!(file.get(other.origin()).unwrap(), Some(other.clone()));
    assert_eq!(
        file.get(&"http://a.example".parse().unwrap()).unwrap(),
        None
    );
    let listed = file.list(&[]).unwrap();
    assert_eq!(listed.len(), 2);
    assert!(
        listed
            .iter()
            .all(|one| one.kept_in == KeptIn::EncryptedFile)
    );
    assert!(file.remove(one.origin()).unwrap());
    assert!(!file.remove(one.origin()).unwrap());
    assert_eq!(
        file.list(&[]).unwrap(),
        [Listed::of(&other, KeptIn::EncryptedFile)]
    );
}

#[test]
fn the_file_is_for_its_owner_alone_and_holds_no_plain_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let file = little(&path);
    file.set(&basic(
        "https://a.example",
        "bob-the-user",
        "hunter2hunter2",
    ))
    .unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&path), 0o600);
    let bytes = fs::read(&path).unwrap();
    for plain in ["a.example", "bob-the-user", "hunter2", "correct horse"] {
        assert!(
            !bytes
                .windows(plain.len())
                .any(|window| window == plain.as_bytes()),
            "{plain}"
        );
    }
    assert!(!format!("{file:?}").contains("correct"));
    // Nothing is left beside it, and the same content never gives the same bytes.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    file.set(&basic(
        "https://a.example",
        "bob-the-user",
        "hunter2hunter2",
    ))
    .unwrap();
    assert_ne!(
        fs::read(&path).unwrap()[sealed::SALT..],
        bytes[sealed::SALT..]
    );
}

#[test]
fn the_cost_is_that_of_the_rfc_and_holds_for_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    drop(EncryptedFile::create(&path, &passphrase()).unwrap());
    let bytes = fs::read(&path).unwrap();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((number(20), number(24), number(28)), (65536, 3, 4));
    assert!(EncryptedFile::open(&path, &passphrase()).is_ok());
}

#[test]
fn a_wrong_passphrase_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    little(&path);
    let error = EncryptedFile::open(&path, &Secret::new("wrong horse")).unwrap_err();
    assert_eq!(
        error,
        EncryptedFileError::WrongPassphrase { path: path.clone() }
    );
    assert!(!error.to_string().contains("wrong horse"));
    for empty in [
        EncryptedFile::create(&folder.path().join("other"), &Secret::new("")).unwrap_err(),
        EncryptedFile::open(&path, &passphrase())
            .unwrap()
            .change_passphrase(&Secret::new(""))
            .unwrap_err(),
    ] {
        assert_eq!(empty, EncryptedFileError::EmptyPassphrase);
    }
}

#[test]
fn another_passphrase_takes_the_place_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let credential = basic("https://a.example", "bob", "hunter2");
    let file = little(&path);
    file.set(&credential).unwrap();
    let elsewhere = EncryptedFile::open(&path, &passphrase()).unwrap();
    let new = Secret::new("battery staple");
    file.change_passphrase(&new).unwrap();

    assert_eq!(
        file.get(credential.origin()).unwrap(),
        Some(credential.clone())
    );
    let wrong = EncryptedFileError::WrongPassphrase { path: path.clone() };
    assert_eq!(
        EncryptedFile::open(&path, &passphrase()).unwrap_err(),
        wrong
    );
    // One that was opened before can neither read it nor write over it.
    assert!(
        matches!(elsewhere.get(credential.origin()), Err(CredentialError::EncryptedFile(error)) if error == wrong)
    );
    assert!(elsewhere.set(&credential).is_err());
    let again = EncryptedFile::open(&path, &new).unwrap();
    assert_eq!(again.get(credential.origin()).unwrap(), Some(credential));
}

#[test]
fn every_byte_that_is_changed_or_missing_shows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let file = little(&path);
    file.set(&basic("https://a.example", "bob", "hunter2"))
        .unwrap();
    let whole = fs::read(&path).unwrap();
    let damaged = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        // The file that is open already, so that not every try pays for a key.
        match file.get(&"https://a.example".parse().unwrap()) {
            Err(CredentialError::EncryptedFile(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        match damaged(&bytes) {
            EncryptedFileError::Damaged { .. } => {}
            EncryptedFileError::Unknown { .. } => assert!((18..20).contains(&at), "{at}"),
            other => panic!("{at}: {other}"),
        }
        assert!(
            matches!(damaged(&whole[..at]), EncryptedFileError::Damaged { .. }),
            "{at}"
        );
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(matches!(
        damaged(&longer),
        EncryptedFileError::Damaged { .. }
    ));
}

#[test]
fn what_is_changed_and_hashed_anew_shows_as_well() {
    use sha2::{Digest, Sha256};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let file = little(&path);
    file.set(&basic("https://a.example", "bob", "hunter2"))
        .unwrap();
    let whole = fs::read(&path).unwrap();
    let end = whole.len() - 32;
    for at in [20, 24, 28, 32, 47, 48, 79, 80, 103, 104, end - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let sum = Sha256::digest(&bytes[..end]);
        bytes[end..].copy_from_slice(&sum);
        fs::write(&path, &bytes).unwrap();
        let error = EncryptedFile::open(&path, &passphrase()).unwrap_err();
        match at {
            // The cost, the salt or the check are what the key is made of and tried against.
            20..80 => assert!(
                matches!(
                    error,
                    EncryptedFileError::WrongPassphrase { .. } | EncryptedFileError::Unknown { .. }
                ),
                "{at}: {error}"
            ),
            _ => assert!(
                matches!(error, EncryptedFileError::Damaged { .. }),
                "{at}: {error}"
            ),
        }
    }
}

#[test]
fn a_cost_beyond_bearing_is_not_paid() {
    use sha2::{Digest, Sha256};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    little(&path);
    let whole = fs::read(&path).unwrap();
    let end = whole.len() - 32;
    for at in [20, 24, 28] {
        let mut bytes = whole.clone();
        bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        let sum = Sha256::digest(&bytes[..end]);
        bytes[end..].copy_from_slice(&sum);
        fs::write(&path, &bytes).unwrap();
        let error = EncryptedFile::open(&path, &passphrase()).unwrap_err();
        assert!(
            matches!(error, EncryptedFileError::Unknown { .. }),
            "{error}"
        );
    }
}

#[test]
fn nothing_is_created_over_or_found_where_there_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let absent = EncryptedFile::open(&path, &passphrase()).unwrap_err();
    assert_eq!(absent, EncryptedFileError::Absent { path: path.clone() });
    fs::write(&path, "mine").unwrap();
    let exists = EncryptedFile::create(&path, &passphrase()).unwrap_err();
    assert_eq!(exists, EncryptedFileError::Exists { path: path.clone() });
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let nowhere = EncryptedFile::create(&folder.path().join("no/such/folder"), &passphrase());
    assert!(matches!(
        nowhere,
        Err(EncryptedFileError::Disk {
            doing: "written",
            ..
        })
    ));
    let a_folder = EncryptedFile::open(folder.path(), &passphrase()).unwrap_err();
    assert!(matches!(a_folder, EncryptedFileError::Damaged { .. }));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), good_start: bool) {
        let mut bytes = bytes;
        if good_start {
            bytes.splice(0..0, *b"larder-credential\n\x01\x00");
        }
        let key = Key::new(&passphrase(), Cost::LITTLE, [7; sealed::SALT]);
        prop_assert!(key.open(&bytes).is_err());
    }
}
