//! `larder vulndb`: a copy taken in, refreshed, shown; and what is refused.

use std::fs;
use std::path::{Path, PathBuf};

use test_support::{TempHome, VulnerabilityDb, zip};

use crate::{json, larder, proxy, serve};

/// Three entries of the real database.
fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vulndb")
}

fn import(home: &TempHome, from: &Path) -> test_support::Output {
    larder(home, &["vulndb", "import", from.to_str().unwrap()])
}

fn zipped(home: &TempHome, files: &[(String, Vec<u8>)], more: &[zip::Entry]) -> PathBuf {
    let entries = files
        .iter()
        .map(|(name, bytes)| zip::Entry::new(name.as_str(), bytes));
    let entries: Vec<zip::Entry> = entries.chain(more.iter().cloned()).collect();
    home.write("given.zip", zip::write(&entries))
}

#[test]
fn a_part_of_the_real_database_is_taken_in_and_shown() {
    let home = TempHome::new();
    let none = larder(&home, &["vulndb", "show"]).success();
    assert!(none.stdout.contains("No copy is kept"), "{none}");

    let taken = import(&home, &fixture()).success();
    assert!(
        taken.stdout.contains("3 entries about 3 modules"),
        "{taken}"
    );
    let view = json(&larder(&home, &["vulndb", "show", "--json"]).success());
    assert_eq!(view["kept"]["entries"], 3);
    assert!(
        view["kept"]["modified"].is_null(),
        "its dates are not set: {view}"
    );
    assert_eq!(view["kept"]["as_of"], view["kept"]["taken_in"]);
    assert!(view["source"].is_null());
    let shown = larder(&home, &["vulndb", "show"]).success();
    for says in [
        "it does not say when",
        "vulndb.zip",
        "nowhere (vulnerability-database",
    ] {
        assert!(shown.stdout.contains(says), "{shown}");
    }

    // What is kept can be taken in elsewhere, also by an instance that stands in another folder.
    let kept = PathBuf::from(view["kept"]["path"].as_str().unwrap());
    let (other, upstream) = (TempHome::new(), proxy());
    let instance = serve(&other, &upstream);
    fs::copy(kept, other.path().join("work/db.zip")).unwrap();
    let there = instance
        .run(&["vulndb", "import", "db.zip", "--json"])
        .success();
    assert_eq!(json(&there)["kept"]["entries"], 3);
}

#[test]
fn what_is_hostile_or_broken_is_refused_and_the_copy_stays() {
    let home = TempHome::new();
    import(&home, &fixture()).success();
    let before = json(&larder(&home, &["vulndb", "show", "--json"]).success());
    let good =
        VulnerabilityDb::new().entry("GO-2024-0001", "example.com/hello", "1.1.0", &["Version"]);
    let files = good.files();
    let climbing = zip::Entry::new("ID/../../../evil.json", b"{}");
    let link = zip::Entry::new("ID/GO-2024-0002.json", b"/etc/passwd").as_symlink();
    let bomb = zip::Entry::zeros("ID/GO-2024-0002.json", 64 << 20);
    let less: Vec<_> = files
        .iter()
        .filter(|(name, _)| !name.starts_with("ID/"))
        .cloned()
        .collect();
    let mut wrong = files.clone();
    for (name, bytes) in &mut wrong {
        if name.starts_with("ID/") {
            *bytes = b"<html>".to_vec();
        }
    }
    for (files, more, says) in [
        (&files, vec![climbing], "points outside"),
        // Where a zip does not say that it was made on Unix, this is a file like any other; no link is ever made.
        (&files, vec![link], "is not what it should be"),
        (&files, vec![bomb], "more than 1 MiB"),
        (&less, vec![], "there is no ID/GO-2024-0001.json"),
        (
            &wrong,
            vec![],
            "ID/GO-2024-0001.json is not what it should be",
        ),
        (&vec![], vec![], "no vulnerability database"),
    ] {
        let given = zipped(&home, files, &more);
        let refused = import(&home, &given).code(2);
        assert!(
            refused.stderr.contains(says),
            "{refused} does not say {says}"
        );
    }
    let given = home.write("given.zip", "no zip");
    assert!(
        import(&home, &given)
            .code(2)
            .stderr
            .contains("can't be read as a zip")
    );
    import(&home, &home.path().join("nowhere")).code(1);
    assert_eq!(
        json(&larder(&home, &["vulndb", "show", "--json"]).success()),
        before
    );
    let data: Vec<_> = fs::read_dir(home.larder_home().join("data"))
        .unwrap()
        .collect();
    assert!(
        !format!("{data:?}").contains("zip.new"),
        "no draft is left: {data:?}"
    );
    import(&home, &zipped(&home, &files, &[])).success();
}

#[test]
fn it_is_refreshed_from_where_the_settings_say_and_from_nowhere_else() {
    let (home, source) = (TempHome::new(), proxy());
    let refused = larder(&home, &["vulndb", "refresh"]).code(1);
    assert!(
        refused
            .stderr
            .contains("vulnerability-database in settings.toml"),
        "{refused}"
    );

    let database =
        VulnerabilityDb::new().entry("GO-2024-0001", "example.com/hello", "1.1.0", &["Version"]);
    database.serve_at(&source, "/vulndb");
    let url = source.url_of("/vulndb");
    let settings = home.larder_home().join("config/settings.toml");
    fs::write(&settings, format!("vulnerability-database = \"{url}\"\n")).unwrap();
    let refreshed = larder(&home, &["vulndb", "refresh"]).success();
    assert!(
        refreshed
            .stdout
            .contains("1 entry fetched: 1 entry about 1 module"),
        "{refreshed}"
    );
    let again = larder(&home, &["vulndb", "refresh"]).success();
    assert!(again.stdout.contains("nothing had been changed"), "{again}");
    let shown = larder(&home, &["vulndb", "show"]).success();
    assert!(shown.stdout.contains(&source.addr().to_string()), "{shown}");

    source.stop();
    let failed = larder(&home, &["vulndb", "refresh"]).code(1);
    assert!(failed.stderr.contains("stays as it is"), "{failed}");
    larder(&home, &["vulndb", "show"]).success();
}

#[test]
fn a_source_that_is_no_url_is_a_fault_of_the_settings() {
    let home = TempHome::new();
    for bad in [
        "\"ftp://x.example\"",
        "\"file:///srv/db\"",
        "\"hunter2:hunter2@x\"",
        "\"https://ann:hunter2@x.example\"",
        "1",
    ] {
        let settings = home.larder_home().join("config/settings.toml");
        fs::create_dir_all(settings.parent().unwrap()).unwrap();
        fs::write(&settings, format!("vulnerability-database = {bad}\n")).unwrap();
        let refused = larder(&home, &["vulndb", "show"]).code(6);
        assert!(refused.stderr.contains("settings.toml:1:"), "{refused}");
        assert!(!refused.stderr.contains("hunter2"), "{refused}");
    }
}
