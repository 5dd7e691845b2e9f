//! Drafts filled from files.

use std::os::unix::fs::MetadataExt;

use go_module::FileKind;

use super::{Home, bytes, files_below, verify, version};
use crate::{Draft, Filling, Store, StoreError, Tree};

const V: &str = "corp.example/lib@v1.0.0";

fn draft(store: &Store) -> Draft {
    store
        .draft(Tree::Modules, &version(V), FileKind::Zip)
        .unwrap()
}

#[tokio::test]
async fn a_filled_draft_is_like_a_written_one() {
    let home = Home::new();
    let store = home.open().await;
    let from = home.folder.path().join("a.zip");
    let content: Vec<u8> = (0..600_000u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&from, &content).unwrap();
    let mut written = draft(&store);
    written.append(&content).unwrap();
    let sha256 = written.commit("o").unwrap().sha256;
    for how in [Filling::Copy, Filling::HardLink] {
        let mut filled = draft(&store);
        filled.fill(&from, 600_000, how).unwrap();
        assert_eq!(filled.len(), 600_000);
        let kept = filled.commit("o").unwrap();
        assert_eq!(kept.sha256, sha256, "{how:?}");
        assert_eq!(bytes(kept), content);
    }
    let kept = home.at("modules/corp.example/lib/@v/v1.0.0.zip");
    assert_eq!(
        std::fs::metadata(&kept).unwrap().nlink(),
        2,
        "the last one is linked"
    );
    assert!(verify(&store, false).await.damaged.is_empty());
}

#[tokio::test]
async fn what_is_no_file_or_too_large_is_refused_and_leaves_nothing() {
    let home = Home::new();
    let store = home.open().await;
    let at = |name: &str| home.folder.path().join(name);
    std::fs::write(at("file"), b"12345").unwrap();
    std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    for how in [Filling::Copy, Filling::HardLink] {
        for name in ["link", "pipe", "."] {
            let refused = draft(&store).fill(&at(name), 100, how);
            assert!(
                matches!(refused, Err(StoreError::NotAFile { .. })),
                "{name}: {refused:?}"
            );
        }
        let refused = draft(&store).fill(&at("file"), 4, how);
        assert!(matches!(refused, Err(StoreError::TooLarge { .. })));
        assert!(draft(&store).fill(&at("none"), 4, how).is_err());
    }
    assert!(files_below(&home.at("tmp")).is_empty());
}
