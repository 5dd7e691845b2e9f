//! The copy brought up to date from a source that is served, and one that is not what it should be.

use std::path::PathBuf;

use tempfile::TempDir;
use test_support::{Behaviour, FakeProxy, VulnerabilityDb};

use super::*;
use crate::command::{Call, Job, VulndbImport, VulndbRefreshed, VulndbShow};

/// An app whose settings name a source, and that source.
struct World {
    source: FakeProxy,
    app: App,
    home: TempDir,
}

impl World {
    async fn new() -> Self {
        let source = FakeProxy::start().await;
        let home = tempfile::tempdir().unwrap();
        let places = Places::under(&home.path().join("larder"));
        places.prepare().unwrap();
        let settings = format!("vulnerability-database = \"{}/db\"\n", source.url());
        std::fs::write(places.settings(), settings).unwrap();
        let app = App::open(places).await.unwrap().unwrap();
        Self { source, app, home }
    }

    async fn run<J: Job>(&self, job: J) -> Result<J::Answer, Failure> {
        let id = command::start_job(&self.app, job)?;
        let mut job = self.app.jobs().watch(id)?;
        let state = job.wait_for(|state| state.end.is_some()).await.unwrap();
        let answer = state.end.clone().unwrap()?;
        Ok(serde_json::from_value(answer).unwrap())
    }

    async fn refresh(&self) -> Result<VulndbRefreshed, Failure> {
        self.source.clear_log();
        self.run(VulndbRefresh {}).await
    }

    async fn import(&self, database: &VulnerabilityDb) {
        let from: PathBuf = self.home.path().join("given");
        let _ = std::fs::remove_dir_all(&from);
        database.write_to(&from);
        self.run(VulndbImport { from }).await.unwrap();
    }

    fn serve(&self, database: &VulnerabilityDb) {
        database.serve_at(&self.source, "/db");
    }

    /// The ids of the entries that were asked for.
    fn asked(&self) -> Vec<String> {
        let paths = self.source.paths();
        let ids = paths.iter().filter_map(|path| path.strip_prefix("/db/ID/"));
        let mut ids: Vec<String> = ids
            .map(|id| id.trim_end_matches(".json.gz").to_owned())
            .collect();
        ids.sort();
        ids
    }

    /// What is kept of an entry.
    async fn kept(&self, id: &str) -> Option<String> {
        let copy = open_vulndb(self.app.places()).await.unwrap()?;
        let json = copy.json(&format!("ID/{id}")).unwrap()?;
        Some(String::from_utf8(json).unwrap())
    }
}

const ONE: &str = "GO-2024-0001";
const TWO: &str = "GO-2024-0002";
const THREE: &str = "GO-2024-0003";

fn two() -> VulnerabilityDb {
    VulnerabilityDb::new()
        .entry(ONE, "example.com/hello", "1.1.0", &["Greet"])
        .entry(TWO, "example.com/other", "2.0.0", &["Run"])
}

#[tokio::test]
async fn only_what_was_changed_is_fetched() {
    let world = World::new().await;
    world.serve(&two());
    let first = world.refresh().await.unwrap();
    assert_eq!((first.fetched, first.kept.about.entries), (2, 2));
    assert_eq!(world.asked(), [ONE, TWO]);

    let again = world.refresh().await.unwrap();
    assert_eq!(again.fetched, 0);
    assert_eq!(
        world.source.paths(),
        ["/db/index/db.json.gz"],
        "one question, for the date"
    );
    assert!(again.kept.about.as_of > first.kept.about.as_of);

    let later = "2024-06-01T00:00:00Z";
    let changed = two()
        .entry_of(later, TWO, "example.com/other", "2.0.1", &["Run"])
        .entry_of(later, THREE, "example.com/third", "1.0.0", &["Open"]);
    world.serve(&changed);
    let third = world.refresh().await.unwrap();
    assert_eq!((third.fetched, third.kept.about.entries), (2, 3));
    assert_eq!(world.asked(), [TWO, THREE]);
    assert_eq!(third.kept.about.modified, Some(later.parse().unwrap()));
    assert!(world.kept(TWO).await.unwrap().contains("2.0.1"));
    assert!(world.kept(ONE).await.unwrap().contains("1.1.0"));
    let view = VulndbShow {}.run(&world.app).await.unwrap();
    assert_eq!(view.kept.unwrap(), third.kept);
}

#[tokio::test]
async fn what_was_taken_back_is_gone() {
    let world = World::new().await;
    world.import(&two()).await;
    let one = VulnerabilityDb::new().entry(ONE, "example.com/hello", "1.1.0", &["Greet"]);
    world.serve(&one.of("2024-07-01T00:00:00Z"));
    let refreshed = world.refresh().await.unwrap();
    assert_eq!((refreshed.fetched, refreshed.kept.about.entries), (0, 1));
    assert_eq!(world.kept(TWO).await, None);
}

#[tokio::test]
async fn without_dates_nothing_is_taken_to_be_unchanged() {
    let world = World::new().await;
    let undated = |fixed| {
        VulnerabilityDb::new().entry_of(
            VulnerabilityDb::UNDATED,
            ONE,
            "example.com/hello",
            fixed,
            &["Greet"],
        )
    };
    world.import(&undated("1.1.0")).await;
    world.serve(&undated("1.2.0"));
    let refreshed = world.refresh().await.unwrap();
    assert_eq!(
        (refreshed.fetched, refreshed.kept.about.modified),
        (1, None)
    );
    assert!(world.kept(ONE).await.unwrap().contains("1.2.0"));
    assert_eq!(world.refresh().await.unwrap().fetched, 1);
}

#[tokio::test]
async fn a_source_that_fails_or_lies_leaves_the_copy_as_it_is() {
    let world = World::new().await;
    world.import(&two()).await;
    let later = "2024-06-01T00:00:00Z";
    let changed = two().entry_of(later, TWO, "example.com/other", "2.0.1", &["Run"]);
    let page = || Behaviour::html();
    let cases = [
        ("index/db.json.gz", Behaviour::status(500, "broken"), "500"),
        ("index/db.json.gz", page(), "can't be used"),
        (
            "index/modules.json.gz",
            Behaviour::status(403, "no"),
            "index/modules",
        ),
        ("index/vulns.json.gz", page(), "can't be used"),
        (
            "ID/GO-2024-0002.json.gz",
            Behaviour::status(500, "broken"),
            "ID/GO-2024-0002",
        ),
        ("ID/GO-2024-0002.json.gz", page(), "can't be used"),
    ];
    let before = world.kept(TWO).await;
    for (path, behaviour, says) in cases {
        world.serve(&changed);
        world.source.clear_behaviours();
        world.source.on(&format!("/db/{path}"), behaviour);
        let failure = world.refresh().await.unwrap_err();
        let told = format!("{failure:?}");
        assert!(
            told.contains(says) && told.contains("stays"),
            "{path}: {told}"
        );
        assert_eq!(world.kept(TWO).await, before, "{path}");
    }
    world.source.clear_behaviours();
    assert_eq!(world.refresh().await.unwrap().fetched, 1);
}

#[tokio::test]
async fn a_source_that_is_changed_while_it_is_read_is_asked_again() {
    let world = World::new().await;
    let later = "2024-06-01T00:00:00Z";
    let changed = two().entry_of(later, TWO, "example.com/other", "2.0.1", &["Run"]);
    world.serve(&changed);
    // The index of before, and the entries of after: as it is found in the middle of a change.
    let old = FakeProxy::start().await;
    two().serve_at(&old, "/db");
    for name in ["db", "vulns", "modules"] {
        let path = format!("/db/index/{name}.json.gz");
        let body = test_support::http::get(&old.url_of(&path)).whole();
        let before = Behaviour::body(200, "application/gzip", body);
        world.source.on(&path, [before, Behaviour::normal()]);
    }
    let refreshed = world.refresh().await.unwrap();
    assert!(world.kept(TWO).await.unwrap().contains("2.0.1"));
    assert_eq!(refreshed.kept.about.modified, Some(later.parse().unwrap()));
}

#[tokio::test]
async fn an_older_source_does_not_take_the_place_of_a_newer_copy() {
    let world = World::new().await;
    world.import(&two().of("2024-08-01T00:00:00Z")).await;
    world.serve(&two());
    let failure = world.refresh().await.unwrap_err();
    assert!(
        failure.message.contains("older than the copy"),
        "{failure:?}"
    );
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn a_damaged_copy_is_made_anew() {
    let world = World::new().await;
    world.serve(&two());
    std::fs::write(world.app.places().vulndb(), "no zip").unwrap();
    let failure = open_vulndb(world.app.places()).await.unwrap_err();
    assert_eq!(failure.code, Code::Disk);
    assert!(
        failure.hints[0].contains("larder vulndb import"),
        "{failure:?}"
    );
    assert_eq!(world.refresh().await.unwrap().fetched, 2);
}

#[tokio::test]
async fn one_at_a_time_writes_it() {
    let world = World::new().await;
    let turn = world.app.vulndb_turn().take().unwrap();
    assert_eq!(world.refresh().await.unwrap_err().code, Code::BadInput);
    drop(turn);
    world.serve(&two());
    world.refresh().await.unwrap();
}

#[tokio::test]
async fn without_a_source_it_says_how_to_set_one() {
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(&home.path().join("larder"));
    let app = App::open(places).await.unwrap().unwrap();
    let id = command::start_job(&app, VulndbRefresh {}).unwrap();
    let mut job = app.jobs().watch(id).unwrap();
    let state = job
        .wait_for(|state| state.end.is_some())
        .await
        .unwrap()
        .clone();
    let failure = state.end.unwrap().unwrap_err();
    assert_eq!(failure.code, Code::NotFound);
    assert!(
        failure.hints[0].contains("vulnerability-database in settings.toml"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn the_source_is_asked_by_itself_where_the_copy_is_a_day_old() {
    let world = World::new().await;
    let now = Timestamp::now();
    let kept = || open_vulndb(world.app.places());
    assert!(is_due(kept().await, now), "there is none");
    world.serve(&two());
    world.refresh().await.unwrap();
    assert!(!is_due(kept().await, now + SignedDuration::from_hours(23)));
    assert!(is_due(kept().await, now + SignedDuration::from_hours(25)));
    std::fs::write(world.app.places().vulndb(), "no zip").unwrap();
    assert!(is_due(kept().await, now));
}

#[tokio::test]
async fn the_source_is_not_asked_by_itself_while_larder_is_offline() {
    let world = World::new().await;
    assert!(may_ask(&world.app));
    for (mode, may) in [
        (OfflineMode::On, false),
        (OfflineMode::Off, true),
        (OfflineMode::Auto, true),
    ] {
        let set = crate::command::SetOffline { mode: Some(mode) };
        set.run(&world.app).await.unwrap();
        assert_eq!(may_ask(&world.app), may, "{mode:?}");
    }
}
