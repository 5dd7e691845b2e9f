//! A file's life: drafted, kept, found, damaged, kept again; and many at once.

use std::io::Read;

use go_module::FileKind;

use super::{Home, bytes, files_below, found, keep, realm, version};
use crate::{DamageReason, StoreError, Tree};

const V: &str = "github.com/Azure/x@v1.2.3";

#[tokio::test]
async fn what_is_kept_is_found_in_gos_own_layout() {
    let home = Home::new();
    let store = home.open().await;
    assert!(
        store
            .find(&[Tree::Modules], &version(V), FileKind::Zip)
            .await
            .unwrap()
            .is_none()
    );
    let kept = keep(&store, &Tree::Modules, V, FileKind::Zip, b"zip bytes");
    assert_eq!((kept.size, kept.origin.as_str()), (9, "proxy.example.com"));
    let hash = "5b7a2754b389130e138d57ba83f1eae7f05a41c66becacfa2dd2060143ae66db";
    assert_eq!(kept.sha256.to_string(), hash);
    assert_eq!(bytes(kept), b"zip bytes");
    let again = store
        .find(&[Tree::Modules], &version(V), FileKind::Zip)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.tree, Tree::Modules);
    assert_eq!(bytes(again), b"zip bytes");
    assert_eq!(
        files_below(&home.at("modules")),
        [
            "github.com/!azure/x/@v/v1.2.3.zip",
            "github.com/!azure/x/@v/v1.2.3.zip.larder"
        ]
    );
    assert!(files_below(&home.at("tmp")).is_empty());
}

#[tokio::test]
async fn the_first_tree_that_has_it_answers() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &realm(), V, FileKind::Mod, b"realm");
    let find = |trees: &[Tree]| {
        store
            .find_blocking(trees, &version(V), FileKind::Mod)
            .unwrap()
    };
    assert!(
        find(&[Tree::Modules]).is_none(),
        "a tree that the request may not see is not looked into"
    );
    assert!(find(&[]).is_none());
    assert_eq!(bytes(find(&[Tree::Modules, realm()]).unwrap()), b"realm");
    keep(&store, &Tree::Modules, V, FileKind::Mod, b"modules");
    assert_eq!(bytes(find(&[Tree::Modules, realm()]).unwrap()), b"modules");
    assert_eq!(bytes(find(&[realm(), Tree::Modules]).unwrap()), b"realm");
}

#[tokio::test]
async fn a_draft_that_is_not_committed_leaves_nothing() {
    let home = Home::new();
    let store = home.open().await;
    let mut draft = store
        .draft(Tree::Modules, &version(V), FileKind::Zip)
        .unwrap();
    draft.append(b"half").unwrap();
    assert_eq!(files_below(&home.at("tmp")).len(), 1);
    drop(draft);
    assert!(files_below(&home.at("tmp")).is_empty());
    assert!(files_below(&home.at("modules")).is_empty());
}

#[tokio::test]
async fn a_draft_can_be_read_while_it_grows_and_begin_anew() {
    let home = Home::new();
    let store = home.open().await;
    let mut draft = store
        .draft(Tree::Modules, &version(V), FileKind::Zip)
        .unwrap();
    assert!(draft.is_empty());
    let (mut reader, mut text) = (draft.reader().unwrap(), String::new());
    draft.append(b"one").unwrap();
    reader.read_to_string(&mut text).unwrap();
    draft.append(b"two").unwrap();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), draft.len()), ("onetwo", 6));
    draft.restart().unwrap();
    assert_eq!(draft.len(), 0);
    draft.append(b"three").unwrap();
    assert_eq!(bytes(draft.commit("direct").unwrap()), b"three");
    assert_eq!(found(&store, V, FileKind::Zip).unwrap(), b"three");
}

#[tokio::test]
async fn a_commit_over_a_kept_file_replaces_it() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &Tree::Modules, V, FileKind::Info, b"old");
    let mut old = store
        .find_blocking(&[Tree::Modules], &version(V), FileKind::Info)
        .unwrap()
        .unwrap();
    keep(&store, &Tree::Modules, V, FileKind::Info, b"newer");
    assert_eq!(found(&store, V, FileKind::Info).unwrap(), b"newer");
    let mut text = String::new();
    old.file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "old", "who reads the old one reads it to its end");
    keep(&store, &Tree::Modules, V, FileKind::Info, b"newer");
    assert_eq!(found(&store, V, FileKind::Info).unwrap(), b"newer");
    assert!(store.take_damage().is_empty());
}

#[tokio::test]
async fn damage_is_noticed_set_aside_and_mended_by_the_next_commit() {
    let home = Home::new();
    let store = home.open().await;
    let file = home.at("modules/github.com/!azure/x/@v/v1.2.3.zip");
    let sidecar = home.at("modules/github.com/!azure/x/@v/v1.2.3.zip.larder");
    type Harm<'a> = (&'a str, Box<dyn Fn() + 'a>, fn(&DamageReason) -> bool);
    let harms: Vec<Harm> = vec![
        (
            "changed",
            Box::new(|| std::fs::write(&file, b"GOOD").unwrap()),
            |r| matches!(r, DamageReason::HashDiffers { .. }),
        ),
        (
            "cut",
            Box::new(|| std::fs::write(&file, b"g").unwrap()),
            |r| {
                matches!(
                    r,
                    DamageReason::SizeDiffers {
                        expected: 4,
                        found: 1
                    }
                )
            },
        ),
        (
            "emptied",
            Box::new(|| std::fs::write(&file, b"").unwrap()),
            |r| matches!(r, DamageReason::SizeDiffers { .. }),
        ),
        (
            "no sidecar",
            Box::new(|| std::fs::remove_file(&sidecar).unwrap()),
            |r| matches!(r, DamageReason::SidecarMissing),
        ),
        (
            "bad sidecar",
            Box::new(|| std::fs::write(&sidecar, b"{}").unwrap()),
            |r| matches!(r, DamageReason::SidecarUnreadable(_)),
        ),
        (
            "folder",
            Box::new(|| {
                std::fs::remove_file(&file).unwrap();
                std::fs::create_dir(&file).unwrap();
            }),
            |r| matches!(r, DamageReason::NotAFile),
        ),
    ];
    for (number, (name, harm, expected)) in harms.iter().enumerate() {
        keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
        assert_eq!(found(&store, V, FileKind::Zip).unwrap(), b"good");
        harm();
        assert_eq!(found(&store, V, FileKind::Zip), None, "{name}");
        let damage = store.take_damage();
        assert_eq!(damage.len(), 1, "{name}");
        assert!(expected(&damage[0].reason), "{name}: {}", damage[0].reason);
        assert_eq!(
            damage[0].path.to_str(),
            Some("github.com/!azure/x/@v/v1.2.3.zip")
        );
        assert_eq!(damage[0].version.as_ref().unwrap().as_str(), "v1.2.3");
        assert_eq!(store.damage_count(), number as u64 + 1);
        assert!(files_below(&home.at("modules")).is_empty(), "{name}");
        assert_eq!(found(&store, V, FileKind::Zip), None, "{name}");
        assert!(store.take_damage().is_empty(), "absent is not damaged");
    }
    store.flush_index().await.unwrap();
    assert_eq!(store.usage().await.unwrap().files, 0);
}

#[tokio::test]
async fn damage_done_while_closed_is_noticed_at_the_first_open() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    store.close().await;
    std::fs::write(
        home.at("modules/github.com/!azure/x/@v/v1.2.3.zip"),
        b"GOOD",
    )
    .unwrap();
    let store = home.open().await;
    assert_eq!(found(&store, V, FileKind::Zip), None);
    assert!(matches!(
        store.take_damage()[0].reason,
        DamageReason::HashDiffers { .. }
    ));
}

#[tokio::test]
async fn what_is_set_aside_stays_bounded() {
    let home = Home::new();
    let store = home.open().await;
    for number in 0..30 {
        keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
        std::fs::write(
            home.at("modules/github.com/!azure/x/@v/v1.2.3.zip"),
            format!("damage {number}"),
        )
        .unwrap();
        assert_eq!(found(&store, V, FileKind::Zip), None);
    }
    let kept = files_below(&home.at("damaged"));
    assert_eq!(kept.len(), 20);
    let texts: Vec<_> = kept
        .iter()
        .map(|name| std::fs::read_to_string(home.at("damaged").join(name)).unwrap())
        .collect();
    assert_eq!(
        texts.first().unwrap(),
        "damage 10",
        "the newest are kept, oldest first by name"
    );
    assert_eq!(texts.last().unwrap(), "damage 29");
    assert_eq!(store.damage_count(), 30);
}

#[tokio::test]
async fn a_sidecar_of_a_newer_larder_is_left_alone() {
    let home = Home::new();
    let store = home.open().await;
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    let sidecar = home.at("modules/github.com/!azure/x/@v/v1.2.3.zip.larder");
    std::fs::write(&sidecar, b"{\"schema\":2}").unwrap();
    assert_eq!(found(&store, V, FileKind::Zip), None);
    assert!(store.take_damage().is_empty());
    assert_eq!(std::fs::read(&sidecar).unwrap(), b"{\"schema\":2}");
    keep(&store, &Tree::Modules, V, FileKind::Zip, b"good");
    assert_eq!(found(&store, V, FileKind::Zip).unwrap(), b"good");
}

#[tokio::test]
async fn an_h1_is_noted_beside_what_was_known() {
    let home = Home::new();
    let store = home.open().await;
    let h1 = go_module::h1::of_mod(b"module x\n");
    assert!(
        !store
            .set_h1(&Tree::Modules, &version(V), FileKind::Mod, h1)
            .unwrap()
    );
    let kept = keep(&store, &Tree::Modules, V, FileKind::Mod, b"module x\n");
    assert_eq!(kept.h1, None);
    assert!(
        store
            .set_h1(&Tree::Modules, &version(V), FileKind::Mod, h1)
            .unwrap()
    );
    let found = store
        .find_blocking(&[Tree::Modules], &version(V), FileKind::Mod)
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.h1, found.sha256, found.kept_at),
        (Some(h1), kept.sha256, kept.kept_at)
    );
}

#[tokio::test]
async fn concurrent_drafts_of_one_file_leave_one_whole_file() {
    let home = Home::new();
    let store = home.open().await;
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8u8)
            .map(|writer| {
                let store = &store;
                scope.spawn(move || {
                    for round in 0..20 {
                        let bytes = vec![writer; 100 * (usize::from(writer) + 1) + round];
                        keep(store, &Tree::Modules, V, FileKind::Zip, &bytes);
                    }
                })
            })
            .collect();
        while !writers.iter().all(|writer| writer.is_finished()) {
            if let Some(bytes) = found(&store, V, FileKind::Zip) {
                assert!(bytes.iter().all(|byte| *byte == bytes[0]));
            }
        }
    });
    assert!(found(&store, V, FileKind::Zip).is_some());
    assert!(
        store.take_damage().is_empty(),
        "a commit half-way is not damage"
    );
    assert!(files_below(&home.at("tmp")).is_empty());
}

#[tokio::test]
async fn names_that_no_file_system_takes_are_refused_before_a_byte_is_fetched() {
    let home = Home::new();
    let store = home.open().await;
    let too_long = |of: &str| {
        let drafted = store
            .draft(Tree::Modules, &version(of), FileKind::Zip)
            .map(drop);
        let found = store
            .find_blocking(&[Tree::Modules], &version(of), FileKind::Zip)
            .map(drop);
        for result in [drafted, found] {
            assert!(
                matches!(result, Err(StoreError::NameTooLong { .. })),
                "{result:?}"
            );
        }
    };
    too_long(&format!("github.com/{}@v1.0.0", "a".repeat(256)));
    // 128 capitals take 256 bytes escaped.
    too_long(&format!("github.com/{}@v1.0.0", "A".repeat(128)));
    too_long(&format!("github.com/a@v1.0.0-{}", "a".repeat(240)));
    let fits = format!("github.com/{}@v1.0.0-{}", "A".repeat(127), "a".repeat(200));
    for kind in FileKind::ALL {
        keep(&store, &Tree::Modules, &fits, kind, b"x");
    }
    assert_eq!(found(&store, &fits, FileKind::Zip).unwrap(), b"x");
    // Each element fits, the whole path does not.
    let deep = format!("github.com/{}@v1.0.0", vec!["a".repeat(250); 20].join("/"));
    keep(&store, &Tree::Modules, &deep, FileKind::Zip, b"deep");
    assert_eq!(found(&store, &deep, FileKind::Zip).unwrap(), b"deep");
}
