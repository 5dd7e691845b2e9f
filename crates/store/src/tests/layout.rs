//! Where things are, and how places are read back.

use std::path::Path;

use go_module::{FileKind, ModulePath, ModuleVersion, Version};
use proptest::prelude::*;

use crate::layout::{Place, file_name, place, sidecar_name};
use crate::{RealmId, StoreError, Tree};

#[test]
fn trees_survive_their_text() {
    let realm = Tree::Realm(RealmId::for_origin("https://Proxy.corp.example:8443/go/"));
    assert!(
        realm
            .to_string()
            .starts_with("realms/proxy-corp-example-8443-go-"),
        "{realm}"
    );
    for tree in [Tree::Modules, realm] {
        assert_eq!(tree.to_string().parse::<Tree>().unwrap(), tree);
    }
    for text in [
        "",
        "Modules",
        "realms",
        "realms/",
        "realms/..",
        "realms/.x",
        "realms/a/b",
        "realms/A",
        "/modules",
        "realms/a b",
    ] {
        assert!(
            matches!(text.parse::<Tree>(), Err(StoreError::BadId { .. })),
            "{text}"
        );
    }
}

#[test]
fn origins_with_one_slug_stay_apart() {
    let ids = [
        "https://a.example/x",
        "https://a.example/X",
        "https://a.example/x/",
        "http://a.example/x",
        "",
        "///",
        "日本",
    ];
    let mut texts: Vec<_> = ids
        .iter()
        .map(|origin| RealmId::for_origin(origin))
        .collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), ids.len());
    assert_eq!(
        RealmId::for_origin("https://a.example/x"),
        RealmId::for_origin("https://a.example/x")
    );
}

#[test]
fn foreign_names_belong_to_no_version() {
    for path in [
        "github.com/a/b/@v/list",
        "github.com/a/b/@v/v1.0.0.zip.tmp",
        "github.com/a/b/@v/v1.0.0.ziphash",
        "github.com/a/b/@v/v1.0.0.lock",
        "github.com/a/b/@v/v1.zip",
        "github.com/a/b/@v/main.info",
        "github.com/A/b/@v/v1.0.0.zip",
        "github.com/a/b/v1.0.0.zip",
        "github.com/a/b/@v/x/v1.0.0.zip",
        "github.com/a/b/@v/v1.0.0.zip.larder.larder",
        "github.com/a/b/v2/@v/v1.0.0.zip",
        "@v/v1.0.0.zip",
        "/github.com/a/b/@v/v1.0.0.zip",
        "github.com/../b/@v/v1.0.0.zip",
        ".DS_Store",
        "",
    ] {
        assert_eq!(place(Path::new(path)), None, "{path}");
    }
}

proptest! {
    #[test]
    fn a_file_is_read_back_as_the_version_it_belongs_to(
        path in "[a-z]{1,6}\\.[a-z]{2}(/[A-Za-z][A-Za-z0-9]{0,5}){1,3}",
        numbers: (u8, u8),
        pre in "(-[a-zA-Z][a-zA-Z0-9]{0,6})?",
        kind in prop::sample::select(FileKind::ALL.to_vec()),
        is_sidecar: bool,
    ) {
        let text = format!("v1.{}.{}{pre}", numbers.0, numbers.1);
        let Ok(path) = ModulePath::parse(&path) else { return Ok(()) };
        // `/v2` has no v1.
        let Ok(version) = ModuleVersion::new(path, Version::parse(&text).unwrap()) else { return Ok(()) };
        let mut name = file_name(&version.version, kind);
        if is_sidecar {
            name = sidecar_name(&name);
        }
        let relative = format!("{}/@v/{name}", version.path.escaped());
        prop_assert_eq!(&relative, &relative.to_ascii_lowercase(), "nothing that a file system could fold");
        prop_assert_eq!(place(Path::new(&relative)), Some(Place { version, kind, is_sidecar }));
    }

    #[test]
    fn no_path_makes_the_reading_panic(path: String) {
        let _ = place(Path::new(&path));
    }

    #[test]
    fn an_id_for_any_origin_is_an_id(origin: String) {
        let id = RealmId::for_origin(&origin);
        prop_assert_eq!(id.as_str().parse::<RealmId>().unwrap(), id);
    }
}
