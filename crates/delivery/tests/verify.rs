//! Nothing unverified is taken for verified: files against the checksum database, and what it says to clients.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Engine, chain, profile, read, verifying};
use delivery::{Adopted, AlarmKind, DatabaseError, DeliveryError, Profile, Routes};
use go_module::{FileKind, ModuleVersion, Patterns};
use test_support::{Behaviour, FakeDatabase, FakeProxy, Module, Tamper};

const MOD: &str = "example.com/m/@v/v1.0.0.mod";
const ZIP: &str = "example.com/m/@v/v1.0.0.zip";
const INFO: &str = "example.com/m/@v/v1.0.0.info";
const LOOKUP: &str = "sumdb/sums.example.com/lookup/example.com/m@v1.0.0";

fn module() -> Module {
    Module::simple("example.com/m", "v1.0.0")
}

fn version() -> ModuleVersion {
    ModuleVersion::parse("example.com/m@v1.0.0").unwrap()
}

/// A proxy with the module, and a database that has its record and is passed on by the proxy.
async fn world() -> (FakeProxy, FakeDatabase) {
    let proxy = FakeProxy::start().await;
    proxy.add(&module());
    let database = FakeDatabase::start("sums.example.com").await;
    database.pad(1000);
    database.add_module(&module());
    database.publish();
    proxy.offer(&database);
    (proxy, database)
}

#[tokio::test]
async fn what_the_database_vouches_for_stands_in_its_own_tree() {
    let (proxy, database) = world().await;
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    engine.whole(ZIP).await;
    engine.until_kept(ZIP).await;
    engine.until_kept(MOD).await;
    let tree = engine
        .delivery
        .profile()
        .database()
        .unwrap()
        .tree()
        .to_string();
    assert!(tree.starts_with("realms/db-sums-example-com-"), "{tree}");
    let files = engine.files();
    for file in [ZIP, MOD] {
        assert!(files.contains(&format!("{tree}/{file}")), "{files:?}");
    }
    engine.end().await;
}

#[tokio::test]
async fn the_info_comes_to_stand_beside_what_is_verified() {
    let (proxy, database) = world().await;
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    engine.whole(INFO).await;
    engine.whole(ZIP).await;
    engine.until_kept(MOD).await;
    let tree = engine
        .delivery
        .profile()
        .database()
        .unwrap()
        .tree()
        .to_string();
    let place = format!("{tree}/{INFO}");
    for _ in 0..500 {
        if engine.files().contains(&place) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(engine.files().contains(&place), "{:?}", engine.files());
    assert!(!engine.whole(INFO).await.is_empty());
    engine.end().await;
}

#[tokio::test]
async fn a_zip_that_differs_is_never_whole_and_the_next_answer_says_why() {
    let (proxy, database) = world().await;
    let other = Module::simple("example.com/m", "v1.0.0").file("m.go", "package m // altered\n");
    let altered = FakeProxy::start().await;
    altered.add(&other);
    altered.offer(&database);
    drop(proxy);
    let mut engine = Engine::of(verifying(&altered.url(), &database)).await;
    let first = engine.ask(ZIP).await;
    if let Ok(answer) = first {
        assert!(
            read(answer).await.broken.is_some(),
            "the body must end short"
        );
    }
    let error = engine.ask(ZIP).await.unwrap_err();
    let DeliveryError::Mismatch(mismatch) = &error else {
        panic!("{error}")
    };
    let (got, want) = (&mismatch.got, &mismatch.want);
    assert_eq!(got, &other.zip_h1());
    assert_eq!(want, &module().zip_h1());
    let alarm = engine.alarms.recv().await.unwrap();
    assert_eq!(alarm.kind, AlarmKind::Mismatch);
    assert!(alarm.text.contains(got) && alarm.text.contains(want));
    assert!(
        !engine.files().iter().any(|file| file.ends_with(".zip")),
        "{:?}",
        engine.files()
    );
    engine.end().await;
}

#[tokio::test]
async fn a_go_mod_that_differs_is_refused() {
    let (proxy, database) = world().await;
    proxy.on(
        &format!("/{MOD}"),
        [Behaviour::body(
            200,
            "text/plain",
            "module example.com/m\n\ngo 1.99\n",
        )],
    );
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    let error = engine.get(MOD).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Mismatch(_)), "{error}");
    assert!(!engine.files().iter().any(|file| file.ends_with(".mod")));
    engine.end().await;
}

#[tokio::test]
async fn each_lie_of_the_database_is_refused() {
    let text = format!(
        "example.com/m v1.0.0 {0}\nexample.com/m v1.0.0/go.mod {0}\n",
        module().zip_h1()
    );
    for tamper in [
        Tamper::FlipTileBit {
            level: 0,
            n: 3,
            bit: 7,
        },
        Tamper::FlipTileBit {
            level: 1,
            n: 0,
            bit: 9,
        },
        Tamper::ForgeLeaf { id: 1000, text },
        Tamper::ForgeNote,
        Tamper::OtherKey,
    ] {
        let (proxy, database) = world().await;
        database.tamper(tamper.clone());
        let engine = Engine::of(verifying(&proxy.url(), &database)).await;
        let error = engine.get(MOD).await.unwrap_err();
        let refused = matches!(
            &error,
            DeliveryError::Unverified {
                cause: DatabaseError::Refused { .. },
                ..
            }
        );
        assert!(refused, "{tamper:?}: {error}");
        assert!(
            !engine.files().iter().any(|file| file.ends_with(".mod")),
            "{tamper:?}"
        );
        engine.end().await;
    }
}

#[tokio::test]
async fn a_fork_is_refused_told_and_kept_as_evidence() {
    let (proxy, database) = world().await;
    let second = Module::simple("example.com/second", "v1.0.0");
    let mut engine = Engine::of(verifying(&proxy.url(), &database)).await;
    engine.whole(MOD).await;
    database.tamper(Tamper::Fork { shared: 500 });
    database.add_module(&second);
    proxy.add(&second);
    database.publish();
    let error = engine
        .get("example.com/second/@v/v1.0.0.mod")
        .await
        .unwrap_err();
    let fork = matches!(
        &error,
        DeliveryError::Unverified {
            cause: DatabaseError::Fork { .. },
            ..
        }
    );
    assert!(fork, "{error}");
    assert_eq!(engine.alarms.recv().await.unwrap().kind, AlarmKind::Fork);
    let forks = engine.data().join("checksum-db/sums.example.com/forks");
    let kept = std::fs::read_dir(&forks).unwrap().count();
    assert_eq!(kept, 2, "both signed heads");
    // What was known before goes on being served.
    engine.whole(MOD).await;
    engine.end().await;
}

#[tokio::test]
async fn heads_that_are_lost_are_told_once_and_learned_anew() {
    let (proxy, database) = world().await;
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    engine.whole(MOD).await;
    std::fs::remove_dir_all(engine.data().join("checksum-db")).unwrap();
    let mut engine = engine
        .restart_with(verifying(&proxy.url(), &database))
        .await;
    engine.whole(LOOKUP).await;
    let alarm = engine.alarms.try_recv().unwrap();
    assert_eq!(alarm.kind, AlarmKind::HeadsLost);
    let mut engine = engine
        .restart_with(verifying(&proxy.url(), &database))
        .await;
    engine.whole(LOOKUP).await;
    assert!(engine.alarms.try_recv().is_err());
    engine.end().await;
}

#[tokio::test]
async fn a_module_that_the_database_does_not_have_is_refused_with_advice() {
    let (proxy, database) = world().await;
    proxy.add(&Module::simple("example.com/unknown", "v1.0.0"));
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    let error = engine
        .get("example.com/unknown/@v/v1.0.0.mod")
        .await
        .unwrap_err();
    let unknown = matches!(
        &error,
        DeliveryError::Unverified {
            cause: DatabaseError::NotThere { .. },
            ..
        }
    );
    assert!(unknown, "{error}");
    assert!(error.to_string().contains("private patterns"), "{error}");
    engine.end().await;
}

#[tokio::test]
async fn where_no_upstream_passes_it_on_the_database_is_asked_itself() {
    let (proxy, database) = world().await;
    database.supported(false);
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    engine.whole(MOD).await;
    assert_eq!(proxy.count("/sumdb/sums.example.com/supported"), 1);
    let lookups = database.asked_of("/lookup/");
    assert_eq!(lookups.len(), 1, "{lookups:?}");
    engine.end().await;
}

#[tokio::test]
async fn private_and_excepted_paths_are_never_asked_about_and_pinned() {
    let (proxy, database) = world().await;
    let private = Module::simple("corp.example/secret", "v1.0.0");
    let excepted = Module::simple("example.org/excepted", "v1.0.0");
    proxy.add(&private);
    proxy.add(&excepted);
    let routes = Routes {
        private: Patterns::parse("corp.example/*"),
        private_chain: Some(chain(&proxy.url())),
        no_database: Patterns::parse("example.org/*"),
        ..Routes::all_to(chain(&proxy.url()))
    };
    let through = common::through(&proxy.url(), &database);
    let mut engine = Engine::of(Profile::new("p", routes, Some(through))).await;
    for path in ["corp.example/secret", "example.org/excepted"] {
        engine.whole(&format!("{path}/@v/v1.0.0.zip")).await;
        let lookup = format!("sumdb/sums.example.com/lookup/{path}@v1.0.0");
        let error = engine.get(&lookup).await.unwrap_err();
        assert!(
            matches!(error, DeliveryError::OutsideDatabase { .. }),
            "{error}"
        );
        engine.until_kept(&format!("{path}/@v/v1.0.0.mod")).await;
    }
    assert!(
        database.asked().iter().all(|path| path == "/supported"),
        "{:?}",
        database.asked()
    );
    // The same version with other contents: refused, also once the cache was cleared.
    let filter = store::Filter::all();
    engine.store.clear(&filter, &|_| {}).await.unwrap();
    engine.delivery.forget();
    let other =
        Module::simple("corp.example/secret", "v1.0.0").file("m.go", "package m // altered\n");
    proxy.add(&other);
    let first = engine.ask("corp.example/secret/@v/v1.0.0.zip").await;
    if let Ok(answer) = first {
        assert!(read(answer).await.broken.is_some());
    }
    let error = engine
        .ask("corp.example/secret/@v/v1.0.0.zip")
        .await
        .unwrap_err();
    assert!(matches!(error, DeliveryError::Changed(_)), "{error}");
    assert_eq!(engine.alarms.recv().await.unwrap().kind, AlarmKind::Changed);
    engine.end().await;
}

#[tokio::test]
async fn a_private_path_without_a_place_is_asked_of_nobody() {
    let (proxy, database) = world().await;
    let routes = Routes {
        private: Patterns::parse("corp.example/*"),
        ..Routes::all_to(chain(&proxy.url()))
    };
    let through = common::through(&proxy.url(), &database);
    let engine = Engine::of(Profile::new("p", routes, Some(through))).await;
    for path in [
        "corp.example/x/@v/v1.0.0.zip",
        "corp.example/x/@v/list",
        "corp.example/x/@latest",
    ] {
        let error = engine.get(path).await.unwrap_err();
        assert!(
            matches!(error, DeliveryError::PrivateNowhere { .. }),
            "{path}: {error}"
        );
    }
    assert!(proxy.requests().is_empty() && database.asked().is_empty());
    engine.end().await;
}

#[tokio::test]
async fn a_realm_serves_no_profile_that_does_not_allow_its_upstream_and_nothing_as_verified() {
    let (proxy, database) = world().await;
    let elsewhere = FakeProxy::start().await;
    let engine = Engine::of(profile(&proxy.url())).await;
    engine.whole(ZIP).await;
    engine.until_kept(ZIP).await;
    engine.delivery.set_profile(profile(&elsewhere.url()));
    assert!(
        engine.kept_only(ZIP).await.is_err(),
        "another upstream's realm"
    );
    engine
        .delivery
        .set_profile(verifying(&proxy.url(), &database));
    assert!(engine.kept_only(ZIP).await.is_err(), "not verified yet");
    engine
        .delivery
        .set_profile(verifying(&elsewhere.url(), &database));
    assert!(engine.kept_only(ZIP).await.is_err());
    engine.end().await;
}

#[tokio::test]
async fn what_is_verified_is_shared_by_all_profiles_of_the_database() {
    let (proxy, database) = world().await;
    let elsewhere = FakeProxy::start().await;
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    engine.whole(ZIP).await;
    engine.until_kept(ZIP).await;
    engine
        .delivery
        .set_profile(verifying(&elsewhere.url(), &database));
    assert!(engine.kept_only(ZIP).await.is_ok());
    let other = FakeDatabase::start("other.example.com").await;
    engine
        .delivery
        .set_profile(verifying(&elsewhere.url(), &other));
    assert!(
        engine.kept_only(ZIP).await.is_err(),
        "another database vouches for nothing here"
    );
    engine.end().await;
}

#[tokio::test]
async fn what_was_kept_before_is_verified_and_moved() {
    let (proxy, database) = world().await;
    let engine = Engine::of(profile(&proxy.url())).await;
    engine.whole(ZIP).await;
    engine.until_kept(MOD).await;
    engine.until_kept(INFO).await;
    let engine = engine
        .restart_with(verifying(&proxy.url(), &database))
        .await;
    let before = proxy.count(&format!("/{ZIP}"));
    let adopted = engine
        .delivery
        .adopt(&version(), FileKind::Zip)
        .await
        .unwrap();
    assert_eq!(adopted, Adopted::Verified);
    engine.whole(ZIP).await;
    // Asked for before its turn came: verified on the way, not fetched anew.
    engine.whole(MOD).await;
    assert_eq!(proxy.count(&format!("/{ZIP}")), before);
    let tree = engine
        .delivery
        .profile()
        .database()
        .unwrap()
        .tree()
        .to_string();
    for file in [ZIP, MOD, INFO] {
        assert!(
            engine.files().contains(&format!("{tree}/{file}")),
            "{:?}",
            engine.files()
        );
    }
    engine.end().await;
}

#[tokio::test]
async fn kept_files_that_prove_wrong_are_set_aside_and_fetched_anew() {
    let (proxy, database) = world().await;
    let other = Module::simple("example.com/m", "v1.0.0").file("m.go", "package m // altered\n");
    let altered = FakeProxy::start().await;
    altered.add(&other);
    let engine = Engine::of(profile(&altered.url())).await;
    engine.whole(ZIP).await;
    engine.until_kept(ZIP).await;
    let list = format!("{},{}", proxy.url(), altered.url());
    let mut engine = engine.restart_with(verifying(&list, &database)).await;
    let adopted = engine
        .delivery
        .adopt(&version(), FileKind::Zip)
        .await
        .unwrap();
    assert_eq!(adopted, Adopted::SetAside);
    assert_eq!(
        engine.alarms.recv().await.unwrap().kind,
        AlarmKind::Mismatch
    );
    assert_eq!(engine.whole(ZIP).await, module().zip());
    engine.end().await;
}

#[tokio::test]
async fn clients_are_served_offline_from_what_is_kept() {
    let (proxy, database) = world().await;
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    engine.whole(MOD).await;
    let online = engine.whole(LOOKUP).await;
    let engine = engine
        .restart_with(verifying("http://127.0.0.1:9", &database))
        .await;
    database.down(true);
    assert!(
        engine
            .whole("sumdb/sums.example.com/supported")
            .await
            .is_empty()
    );
    assert_eq!(engine.whole(LOOKUP).await, online);
    for tile in ["tile/8/0/003.p/233", "tile/8/1/000.p/3"] {
        let bytes = engine
            .whole(&format!("sumdb/sums.example.com/{tile}"))
            .await;
        assert_eq!(bytes.len() % 32, 0, "{tile}");
    }
    let narrower = engine
        .whole("sumdb/sums.example.com/tile/8/0/003.p/200")
        .await;
    assert_eq!(narrower.len(), 200 * 32);
    engine.end().await;
}

#[tokio::test]
async fn a_damaged_tile_or_record_is_asked_for_afresh() {
    let (proxy, database) = world().await;
    let engine = Engine::of(verifying(&proxy.url(), &database)).await;
    engine.whole(MOD).await;
    let tree = engine
        .delivery
        .profile()
        .database()
        .unwrap()
        .tree()
        .to_string();
    let sumdb = engine.cache().join(&tree).join("sumdb/sums.example.com");
    let engine = engine
        .restart_with(verifying(&proxy.url(), &database))
        .await;
    for file in ["tile/8/0/003.p/233", "lookup/example.com/m@v1.0.0"] {
        let path = sumdb.join(file);
        let mut bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        bytes[6] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    let answer = engine.whole(LOOKUP).await;
    assert!(
        String::from_utf8(answer)
            .unwrap()
            .contains(&module().zip_h1())
    );
    engine.end().await;
}
