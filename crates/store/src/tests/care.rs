//! Verification, repair and clearing.

use std::sync::Mutex;

use go_module::{FileKind, Request};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Home, files_below, found, keep, quiet, realm, verify};
use crate::{DamageReason, Filter, KeptAnswer, Progress, Store, Tree};

fn fill(store: &Store) {
    for (of, tree) in [
        ("corp.example/a@v1.0.0", Tree::Modules),
        ("corp.example/a@v1.1.0", Tree::Modules),
        ("corp.example/a/sub@v1.0.0", Tree::Modules),
        ("github.com/b/c@v0.1.0", Tree::Modules),
        ("corp.example/a@v1.0.0", realm()),
    ] {
        for kind in FileKind::ALL {
            keep(store, &tree, of, kind, format!("{of} {kind}").as_bytes());
        }
    }
}

async fn keep_answer(store: &Store, request: &str) {
    let now = Timestamp::now();
    let answer = KeptAnswer {
        body: "x".into(),
        fetched_at: now,
        checked_at: now,
        etag: None,
        last_modified: None,
    };
    store
        .keep_answer("up", &Request::parse(request).unwrap(), &answer)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_whole_cache_verifies() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    keep_answer(&store, "/corp.example/a/@v/list").await;
    // Checksum database records are in the tree and belong to no version.
    std::fs::create_dir_all(home.at("modules/sumdb/sum.golang.org")).unwrap();
    std::fs::write(home.at("modules/sumdb/sum.golang.org/supported"), "").unwrap();
    store.flush_index().await.unwrap();
    let seen = Mutex::new(Vec::new());
    let note = |progress: Progress| seen.lock().unwrap().push(progress);
    let report = store
        .verify(&note, false, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(
        (report.files, report.damaged.len(), report.repaired),
        (15, 0, 0)
    );
    assert_eq!(report.bytes, store.usage().await.unwrap().bytes);
    assert!(!report.cancelled);
    let seen = seen.into_inner().unwrap();
    assert_eq!(
        seen.last(),
        Some(&Progress {
            done: 15,
            total: 15,
            bytes: report.bytes
        })
    );
    assert!(seen.is_sorted_by_key(|progress| progress.done));
}

#[tokio::test]
async fn each_kind_of_damage_is_named_and_repaired() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    let at = |name: &str| home.at(&format!("modules/{name}"));
    std::fs::write(
        at("corp.example/a/@v/v1.0.0.zip"),
        "CORP.example/a@v1.0.0 zip",
    )
    .unwrap();
    std::fs::write(at("corp.example/a/@v/v1.0.0.mod"), "short").unwrap();
    std::fs::remove_file(at("corp.example/a/@v/v1.1.0.zip.larder")).unwrap();
    std::fs::write(at("corp.example/a/@v/v1.1.0.mod.larder"), "{\"schema\":1}").unwrap();
    std::fs::remove_file(at("corp.example/a/@v/v1.1.0.info")).unwrap();
    std::fs::write(at("corp.example/a/@v/list"), "v1.0.0\n").unwrap();
    std::fs::write(at(".DS_Store"), "").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", at("github.com/link")).unwrap();
    // A file made good again without a new sidecar's knowledge of its time: same bytes, all is well.
    std::fs::write(
        at("github.com/b/c/@v/v0.1.0.zip"),
        "github.com/b/c@v0.1.0 zip",
    )
    .unwrap();

    let report = verify(&store, false).await;
    let mut named: Vec<_> = report
        .damaged
        .iter()
        .map(|d| (d.path.to_str().unwrap().to_owned(), d.reason.clone()))
        .collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    let names: Vec<_> = named.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        names,
        [
            ".DS_Store",
            "corp.example/a/@v/list",
            "corp.example/a/@v/v1.0.0.mod",
            "corp.example/a/@v/v1.0.0.zip",
            "corp.example/a/@v/v1.1.0.mod",
            "corp.example/a/@v/v1.1.0.zip",
            "github.com/link",
        ]
    );
    let reasons: Vec<_> = named.into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons[0], DamageReason::Foreign);
    assert_eq!(reasons[1], DamageReason::Foreign);
    assert!(matches!(
        reasons[2],
        DamageReason::SizeDiffers { found: 5, .. }
    ));
    assert!(matches!(reasons[3], DamageReason::HashDiffers { .. }));
    assert!(matches!(reasons[4], DamageReason::SidecarUnreadable(_)));
    assert_eq!(reasons[5], DamageReason::SidecarMissing);
    assert_eq!(reasons[6], DamageReason::NotAFile);
    assert_eq!((report.files, report.repaired), (14, 0));
    assert_eq!(
        verify(&store, false).await,
        report,
        "naming changes nothing"
    );

    let repaired = verify(&store, true).await;
    assert_eq!((repaired.damaged.len(), repaired.repaired), (7, 7));
    assert!(verify(&store, false).await.damaged.is_empty());
    let orphan = at("corp.example/a/@v/v1.1.0.info.larder");
    assert!(
        !orphan.exists(),
        "a sidecar without its file is no damage, and tidied away"
    );
    assert_eq!(
        store.usage().await.unwrap().files,
        10,
        "the index was brought in line"
    );
    assert_eq!(found(&store, "corp.example/a@v1.0.0", FileKind::Zip), None);
    assert!(found(&store, "corp.example/a@v1.0.0", FileKind::Info).is_some());
    assert!(std::path::Path::new("/etc/hostname").exists());
    assert!(
        store.take_damage().is_empty(),
        "what verification found is in its report"
    );
}

#[tokio::test]
async fn foreign_names_that_are_no_text_are_repaired_too() {
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    std::fs::write(
        home.at("modules")
            .join(std::ffi::OsStr::from_bytes(b"bad\xff.zip")),
        "",
    )
    .unwrap();
    assert_eq!(verify(&store, true).await.repaired, 1);
    assert!(verify(&store, false).await.damaged.is_empty());
}

#[tokio::test]
async fn a_cancelled_verification_tells_what_it_found() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let report = store.verify(&quiet, false, &cancel).await.unwrap();
    assert!(report.cancelled);
    assert_eq!(report.files, 0);
}

#[tokio::test]
async fn a_filter_says_what_is_cleared() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    for request in [
        "/corp.example/a/@v/list",
        "/corp.example/a/@latest",
        "/corp.example/a/@v/main.info",
        "/github.com/b/c/@v/list",
    ] {
        keep_answer(&store, request).await;
    }
    let one = store
        .clear(&Filter::parse("corp.example/a@v1.0.0").unwrap(), &quiet)
        .await
        .unwrap();
    // The prefix matches the module below too, and both trees.
    assert_eq!((one.versions, one.files, one.answers), (3, 9, 0));
    assert_eq!(found(&store, "corp.example/a@v1.0.0", FileKind::Zip), None);
    assert!(found(&store, "corp.example/a@v1.1.0", FileKind::Zip).is_some());
    assert_eq!(store.usage().await.unwrap().files, 6);
    assert!(
        !home.at("modules/corp.example/a/sub").exists(),
        "emptied folders go"
    );
    assert!(!home.at("realms/corp-0badcafe/corp.example").exists());

    let rest = store
        .clear(&Filter::parse("corp.example").unwrap(), &quiet)
        .await
        .unwrap();
    assert_eq!((rest.versions, rest.files, rest.answers), (1, 3, 3));
    assert!(!home.at("modules/corp.example").exists());
    assert_eq!(
        files_below(&home.at("answers")),
        ["up/github.com/b/c/@v/list"]
    );
    assert_eq!(store.list(&Filter::all()).await.unwrap().len(), 1);
    assert!(
        store
            .list(&Filter::parse("corp.example").unwrap())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn all_is_cleared_on_demand() {
    let home = Home::new();
    let store = home.open().await;
    fill(&store);
    keep_answer(&store, "/corp.example/a/@v/list").await;
    keep_answer(&store, "/sumdb/sum.golang.org/tile/8/0/001").await;
    std::fs::create_dir_all(home.at("modules/sumdb/sum.golang.org")).unwrap();
    std::fs::write(home.at("modules/sumdb/sum.golang.org/supported"), "").unwrap();
    std::fs::write(home.at("modules/corp.example/a/@v/v1.0.0.zip"), "damaged").unwrap();
    assert_eq!(found(&store, "corp.example/a@v1.0.0", FileKind::Zip), None);
    let mut reading = store
        .find_blocking(
            &[Tree::Modules],
            &super::version("corp.example/a@v1.1.0"),
            FileKind::Zip,
        )
        .unwrap()
        .unwrap();

    let cleared = store.clear(&Filter::all(), &quiet).await.unwrap();
    assert_eq!(
        (cleared.versions, cleared.files, cleared.answers),
        (5, 14, 2)
    );
    assert!(files_below(&home.at("modules")).is_empty());
    assert!(files_below(&home.at("realms")).is_empty());
    assert!(files_below(&home.at("answers")).is_empty());
    assert!(!home.at("damaged").exists());
    let usage = store.usage().await.unwrap();
    assert_eq!((usage.versions, usage.files, usage.bytes), (0, 0, 0));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut reading.file, &mut text).unwrap();
    assert_eq!(text, "corp.example/a@v1.1.0 zip");
    fill(&store);
    assert!(found(&store, "corp.example/a@v1.0.0", FileKind::Zip).is_some());
}

#[tokio::test]
async fn commits_and_clears_side_by_side_leave_a_whole_cache() {
    let home = Home::new();
    let store = home.open().await;
    let other = store.clone();
    let busy = tokio::task::spawn_blocking(move || {
        for number in 0..150 {
            keep(
                &other,
                &Tree::Modules,
                &format!("corp.example/a{}@v1.{number}.0", number % 3),
                FileKind::Mod,
                b"x",
            );
        }
    });
    while !busy.is_finished() {
        store.clear(&Filter::all(), &quiet).await.unwrap();
    }
    busy.await.unwrap();
    assert!(verify(&store, false).await.damaged.is_empty());
    store.flush_index().await.unwrap();
    let listed = store.list(&Filter::all()).await.unwrap();
    super::rebuild(&store).await;
    assert_eq!(listed, store.list(&Filter::all()).await.unwrap());
}
