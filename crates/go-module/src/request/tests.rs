//! Tests of requests: what is read, what is refused, and that both forms agree.

use proptest::prelude::*;

use super::{FileKind, MAX_ELEMENT, Request, RequestError};
use crate::{ModulePath, ModuleVersion, Query, SumDbReason, VersionError};

fn path(text: &str) -> ModulePath {
    ModulePath::parse(text).unwrap()
}

fn file(text: &str, kind: FileKind) -> Request {
    Request::File(ModuleVersion::parse(text).unwrap(), kind)
}

fn query(module: &str, text: &str) -> Request {
    Request::Query {
        path: path(module),
        query: Query::parse(text).unwrap(),
    }
}

fn sum_db(name: &str, rest: &str) -> Request {
    Request::SumDb {
        name: name.to_owned(),
        rest: rest.to_owned(),
    }
}

#[test]
fn every_form_is_read_and_written() {
    for (url_path, request) in [
        (
            "example.com/x/@v/list",
            Request::List(path("example.com/x")),
        ),
        (
            "github.com/!azure/x/@latest",
            Request::Latest(path("github.com/Azure/x")),
        ),
        (
            "github.com/!azure/x/@v/v1.2.3.zip",
            file("github.com/Azure/x@v1.2.3", FileKind::Zip),
        ),
        (
            "example.com/x/v2/@v/v2.0.0-!r!c1.mod",
            file("example.com/x/v2@v2.0.0-RC1", FileKind::Mod),
        ),
        (
            "example.com/x/@v/v2.0.0+incompatible.info",
            file("example.com/x@v2.0.0+incompatible", FileKind::Info),
        ),
        ("example.com/x/@v/main.info", query("example.com/x", "main")),
        ("example.com/x/@v/v1.info", query("example.com/x", "v1")),
        (
            "example.com/x/@v/v2.0.0.info",
            query("example.com/x", "v2.0.0"),
        ),
        (
            "example.com/x/@v/v1.2.3.info.info",
            query("example.com/x", "v1.2.3.info"),
        ),
        (
            "example.com/x/@v/a%20b%23c%25.info",
            query("example.com/x", "a b#c%"),
        ),
        (
            "sumdb/sum.example.com/supported",
            sum_db("sum.example.com", "supported"),
        ),
        (
            "sumdb/sum.example.com/latest",
            sum_db("sum.example.com", "latest"),
        ),
        (
            "sumdb/example.com/a/sum/supported",
            sum_db("example.com/a/sum", "supported"),
        ),
        (
            "sumdb/localhost:8080/latest",
            sum_db("localhost:8080", "latest"),
        ),
        (
            "sumdb/sum.example.com/lookup/github.com/!azure/tile@v1.2.3",
            sum_db("sum.example.com", "lookup/github.com/!azure/tile@v1.2.3"),
        ),
        (
            "sumdb/sum.example.com/tile/8/0/x001/234.p/5",
            sum_db("sum.example.com", "tile/8/0/x001/234.p/5"),
        ),
    ] {
        assert_eq!(
            Request::parse(&format!("/{url_path}")).as_ref(),
            Ok(&request),
            "{url_path}"
        );
        assert_eq!(request.url_path(), url_path);
    }
}

#[test]
fn what_go_sends_percent_encoded_is_the_same_request() {
    assert_eq!(
        Request::parse("/github.com/%21azure/x/%40v/v1.2.3%2bincompatible.info").unwrap(),
        file("github.com/Azure/x@v1.2.3+incompatible", FileKind::Info)
    );
}

#[test]
fn a_lookup_names_its_module() {
    let request =
        Request::parse("/sumdb/sum.example.com/lookup/github.com/!azure/x@v1.2.3").unwrap();
    assert_eq!(
        request.lookup(),
        Some(ModuleVersion::parse("github.com/Azure/x@v1.2.3").unwrap())
    );
    assert_eq!(request.module(), None);
    assert_eq!(
        Request::parse("/sumdb/sum.example.com/latest")
            .unwrap()
            .lookup(),
        None
    );
    let request = Request::parse("/example.com/x/@latest").unwrap();
    assert_eq!(
        (request.module(), request.lookup()),
        (Some(&path("example.com/x")), None)
    );
}

#[test]
fn info_of_a_version_is_a_file_and_of_anything_else_a_query() {
    assert_eq!(
        Request::info(path("example.com/x"), "v1.0.0"),
        Ok(file("example.com/x@v1.0.0", FileKind::Info))
    );
    assert_eq!(
        Request::info(path("example.com/x"), "v3.0.0"),
        Ok(query("example.com/x", "v3.0.0"))
    );
    assert!(Request::info(path("example.com/x"), "-v").is_err());
}

#[test]
fn malformed_paths_are_refused() {
    for (url_path, error) in [
        ("example.com/x/@v/list", RequestError::NoSlash),
        ("/example.com/x%2/@v/list", RequestError::Byte(b'/')),
        ("/example.com/x/@v/list%", RequestError::Escape),
        ("/example.com/x/@v/list%4", RequestError::Escape),
        ("/example.com/x/@v/list%+4", RequestError::Escape),
        ("/example.com/x/@v/%zz.info", RequestError::Escape),
        ("/example.com%2Fx/@v/list", RequestError::EscapedSlash),
        ("/example.com/x/@v/%00.info", RequestError::Byte(0)),
        ("/example.com/x/@v/a%0a.info", RequestError::Byte(b'\n')),
        ("/example.com/x/@v/a%c3%a9.info", RequestError::Byte(0xc3)),
        ("/example.com/x/@v/é.info", RequestError::Byte(0xc3)),
        ("/example.com/x/@v/a\\b.info", RequestError::Byte(b'\\')),
        ("/example.com/x/@v/a%5cb.info", RequestError::Byte(b'\\')),
        ("/example.com/x/@v/list?x", RequestError::Byte(b'?')),
        ("/example.com/x/@v/a b.info", RequestError::Byte(b' ')),
        ("/", RequestError::Unknown),
        ("/@v/list", RequestError::Unknown),
        ("/example.com/x", RequestError::Unknown),
        ("/example.com/x/@v", RequestError::Unknown),
        ("/example.com/x/@v/", RequestError::Unknown),
        ("/example.com/x/@v/list/", RequestError::Unknown),
        ("/example.com/x/@v/v1.0.0.ziphash", RequestError::Unknown),
        ("/example.com/x/@Latest", RequestError::Unknown),
        ("/example.com/x/@v/LIST", RequestError::Unknown),
    ] {
        match (url_path, error) {
            // "%2/" is a broken escape whichever way it is read.
            ("/example.com/x%2/@v/list", _) => {
                assert_eq!(Request::parse(url_path), Err(RequestError::Escape));
            }
            (url_path, error) => assert_eq!(Request::parse(url_path), Err(error), "{url_path:?}"),
        }
    }
    let long = format!("/example.com/{}/@v/list", "x/".repeat(3000));
    assert_eq!(
        Request::parse(&long),
        Err(RequestError::TooLong(long.len()))
    );
    let element = "x".repeat(MAX_ELEMENT);
    assert!(Request::parse(&format!("/example.com/{element}/@v/{element}.info")).is_ok());
    assert_eq!(
        Request::parse(&format!("/example.com/x{element}/@v/list")),
        Err(RequestError::LongElement)
    );
    assert_eq!(
        Request::parse(&format!("/example.com/x/@v/x{element}.info")),
        Err(RequestError::LongElement)
    );
}

#[test]
fn invalid_modules_and_versions_are_refused() {
    for url_path in [
        "/example.com/Azure/@v/list",
        "/example.com/../x/@v/list",
        "/localhost/x/@v/list",
        "/example.com//x/@latest",
    ] {
        assert!(
            matches!(Request::parse(url_path), Err(RequestError::Path(_))),
            "{url_path}"
        );
    }
    for url_path in [
        "/example.com/x/@v/v1.0.0-RC1.info",
        "/example.com/x/@v/-x.info",
        "/example.com/x/@v/a/b.info",
        "/example.com/x/@v/...info",
        "/example.com/x/@v/.info",
        "/example.com/x/@v/%3F.info",
    ] {
        assert!(
            matches!(Request::parse(url_path), Err(RequestError::Version(_))),
            "{url_path}"
        );
    }
    assert_eq!(
        Request::parse("/example.com/x/@v/main.zip"),
        Err(RequestError::NotAVersion {
            kind: FileKind::Zip,
            why: VersionError::NotSemver("main".to_owned())
        })
    );
    assert!(matches!(
        Request::parse("/example.com/x/@v/v2.0.0.mod"),
        Err(RequestError::NotAVersion {
            kind: FileKind::Mod,
            why: VersionError::Major { .. }
        })
    ));
}

#[test]
fn requests_to_a_checksum_database_are_checked() {
    for (url_path, reason) in [
        ("/sumdb/sum.example.com", SumDbReason::Unknown),
        ("/sumdb/sum.example.com/supported/x", SumDbReason::Unknown),
        ("/sumdb/lookup/x", SumDbReason::Unknown),
        ("/sumdb/../x/latest", SumDbReason::Name),
        ("/sumdb/a//b/latest", SumDbReason::Name),
        ("/sumdb/Sum.example.com/latest", SumDbReason::Name),
        ("/sumdb/user@sum.example.com/latest", SumDbReason::Name),
        ("/sumdb/sum.example.com:x/latest", SumDbReason::Name),
        ("/sumdb/sum.example.com/tile/8/0/1", SumDbReason::Tile),
        (
            "/sumdb/sum.example.com/lookup/example.com/x",
            SumDbReason::Lookup,
        ),
        (
            "/sumdb/sum.example.com/lookup/example.com/x@main",
            SumDbReason::Lookup,
        ),
        (
            "/sumdb/sum.example.com/lookup/example.com/X@v1.0.0",
            SumDbReason::Lookup,
        ),
        (
            "/sumdb/sum.example.com/lookup/example.com/x@v1.0.0/go.mod",
            SumDbReason::Lookup,
        ),
    ] {
        assert_eq!(
            Request::parse(url_path),
            Err(RequestError::SumDb(reason)),
            "{url_path}"
        );
    }
}

#[test]
fn a_refusal_is_one_line_of_plain_text() {
    for url_path in [
        "/example.com/x/@v/a%0ab.info",
        "/a b",
        "/example.com/x\u{7f}/@v/list",
        "/example.com/X/@v/list",
        "/x",
    ] {
        let text = Request::parse(url_path).unwrap_err().to_string();
        assert!(
            !text.is_empty() && text.chars().all(|c| c == ' ' || c.is_ascii_graphic()),
            "{text:?}"
        );
    }
}

proptest! {
    #[test]
    fn both_forms_agree(
        module in "[a-z]{1,5}\\.(com|io)(/[A-Za-z]{1,6}){0,2}(/v[2-3])?",
        version in prop_oneof![
            "v[0-3]\\.[0-9]\\.[0-9](-[A-Za-z]{1,4})?(\\+incompatible)?",
            "[!-~]{1,12}",
            "[ -~]{1,4}",
        ],
        kind in prop::sample::select(FileKind::ALL.to_vec()),
    ) {
        // Chance finds the devices of Windows too, such as prn.com.
        let Ok(module) = ModulePath::parse(&module) else { return Ok(()) };
        let mut requests = vec![Request::List(module.clone()), Request::Latest(module.clone())];
        requests.extend(Request::info(module.clone(), &version));
        if let Ok(found) = ModuleVersion::parse(&format!("{module}@{version}")) {
            requests.push(Request::SumDb {
                name: "sum.example.com".to_owned(),
                rest: format!("lookup/{}@{}", found.path.escaped(), found.version.escaped()),
            });
            requests.push(Request::File(found, kind));
        }
        for request in requests {
            let url_path = request.url_path();
            prop_assert_eq!(Request::parse(&format!("/{url_path}")), Ok(request));
        }
    }

    #[test]
    fn what_is_read_is_written_back(url_path in "/(sumdb/[a-z./:-]{1,9}/(lookup/|tile/8/)?)?[a-z.!/A-Z0-9%]{1,20}(/@v/|/@|@)[a-z!0-9.%+A-Z]{0,12}(\\.info|\\.mod)?") {
        if let Ok(request) = Request::parse(&url_path) {
            prop_assert_eq!(Request::parse(&format!("/{}", request.url_path())), Ok(request));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), tail in "/[ -~]*") {
        let _ = (Request::parse(&text), Request::parse(&format!("/{text}")), Request::parse(&tail));
    }
}
