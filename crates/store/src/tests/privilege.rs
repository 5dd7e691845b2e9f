//! Folders that may not be written to. Root may write everywhere, so a child without privileges looks.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use go_module::FileKind;

use super::version;
use crate::{Places, Store, StoreError, Tree};

/// Where the child finds its folders.
const HOME: &str = "LARDER_TEST_DENIED_HOME";
const NOBODY: u32 = 65534;

/// No test of its own: the child of the test below.
#[tokio::test]
#[ignore = "run by folders_without_leave_to_write_are_told_of"]
async fn meets_folders_without_leave_to_write() {
    let Some(home) = std::env::var_os(HOME) else {
        return;
    };
    let home = std::path::PathBuf::from(home);
    let places = Places {
        cache: home.join("cache"),
        data: home.join("data"),
    };
    let mode = |folder: &str, mode| {
        std::fs::set_permissions(home.join(folder), PermissionsExt::from_mode(mode)).unwrap()
    };
    let store = Store::open(places.clone()).await.unwrap();
    super::keep(
        &store,
        &Tree::Modules,
        "corp.example/a@v1.0.0",
        FileKind::Mod,
        b"x",
    );

    mode("cache/tmp", 0o500);
    let denied = store
        .draft(
            Tree::Modules,
            &version("corp.example/a@v1.1.0"),
            FileKind::Mod,
        )
        .map(drop);
    assert!(
        matches!(denied, Err(StoreError::Denied { .. })),
        "{denied:?}"
    );
    mode("cache/tmp", 0o700);
    mode("cache/modules/corp.example/a/@v", 0o500);
    let draft = store
        .draft(
            Tree::Modules,
            &version("corp.example/a@v1.1.0"),
            FileKind::Mod,
        )
        .unwrap();
    let denied = draft.commit("x").map(drop);
    assert!(
        matches!(denied, Err(StoreError::Denied { .. })),
        "{denied:?}"
    );
    assert_eq!(
        super::found(&store, "corp.example/a@v1.0.0", FileKind::Mod).unwrap(),
        b"x",
        "hits go on"
    );
    let of = version("corp.example/a@v1.0.0");
    let realm = super::realm();
    let denied = store.move_to(&Tree::Modules, &realm, &of, FileKind::Mod, None);
    assert!(
        matches!(denied, Err(StoreError::Denied { .. })),
        "{denied:?}"
    );
    let trees = [realm, Tree::Modules];
    assert!(
        store
            .find_blocking(&trees, &of, FileKind::Mod)
            .unwrap()
            .is_some(),
        "it is where it was"
    );
    mode("data", 0o500);
    let denied = store.keep_heads("sum.golang.org", b"x");
    assert!(
        matches!(denied, Err(StoreError::Denied { .. })),
        "{denied:?}"
    );
    mode("data", 0o700);
    // Without the mark in the cache folder, no pin: its loss would go unnoticed.
    mode("cache/tmp", 0o500);
    let pin = super::pins::pin("corp.example/a@v1.0.0", FileKind::Zip, "a");
    let denied = store.pin(pin).await;
    assert!(
        matches!(denied, Err(StoreError::Denied { .. })),
        "{denied:?}"
    );
    mode("cache/tmp", 0o700);
    assert!(store.pins(&crate::Filter::all()).await.unwrap().is_empty());
    store.close().await;

    mode("cache", 0o500);
    mode("cache/tmp", 0o500);
    mode("cache/index.sqlite", 0o400);
    let refused = Store::open(places.clone()).await.map(drop).unwrap_err();
    assert!(matches!(refused, StoreError::Denied { .. }), "{refused}");
    mode("cache", 0o700);
    mode("cache/tmp", 0o700);
    mode("cache/index.sqlite", 0o600);
    mode("data/state.sqlite", 0o400);
    let refused = Store::open(places).await.map(drop).unwrap_err();
    assert!(matches!(refused, StoreError::Denied { .. }), "{refused}");
}

#[test]
fn folders_without_leave_to_write_are_told_of() {
    let home = tempfile::tempdir().unwrap();
    let binary = home.path().join("test");
    std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    let mut child = Command::new(binary);
    child
        .args([
            "tests::privilege::meets_folders_without_leave_to_write",
            "--exact",
            "--ignored",
        ])
        .env(HOME, home.path());
    if rustix::process::geteuid().is_root() {
        chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        child.uid(NOBODY).gid(NOBODY);
    }
    let output = child.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}
