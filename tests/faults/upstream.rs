//! Every way an upstream can fail, through the real binary: a client gets one whole body or a visible failure, an
//! outage is never "not found", nothing wrong is kept, and once the upstream is well all is well.

use std::thread;
use std::time::Duration;

use test_support::http::{self, Ended, Reply};
use test_support::{Behaviour, DeadAddress, FakeProxy, Module, Script, hostile, zip};

use crate::{World, assert_whole};

/// What a client must see.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    /// The whole body: the fault can be mended.
    Whole,
    /// A status from 500 on, or a body that ends visibly short.
    Failure,
    /// This status.
    Status(u16),
}

/// A fault, which script brings it about, and what a client sees of it.
type Fault = (&'static str, Script, Seen);

/// So much of a body comes before a fault in its midst.
const SOME: usize = 60_000;

fn module(name: &str) -> Module {
    let name = name.to_lowercase().replace([' ', ','], "-");
    let path = format!("example.com/{name}");
    Module::simple(&path, "v1.0.0").bulk("data.bin", 150_000)
}

/// Modules whose zips differ in nothing but digits, so that damage has the same place in all of them.
fn numbered(number: usize) -> Module {
    Module::simple("example.com/zips", &format!("v1.0.{}", 100 + number)).bulk("data.bin", 150_000)
}

/// Faults that can befall any file.
fn faults_of_any(elsewhere: &FakeProxy, dead: &DeadAddress) -> Vec<Fault> {
    use Seen::{Failure, Status, Whole};
    let normal = Behaviour::normal;
    let page = || Behaviour::html();
    let redirect = |to: &str| Script::from(Behaviour::redirect(to, 302));
    vec![
        ("500", Behaviour::status(500, "broken").into(), Failure),
        ("503", Behaviour::status(503, "busy").into(), Failure),
        ("418", Behaviour::status(418, "teapot").into(), Failure),
        ("401", Behaviour::status(401, "who?").into(), Status(401)),
        ("403", Behaviour::status(403, "no").into(), Status(403)),
        ("204", Behaviour::status(204, "").into(), Failure),
        (
            "a 206 that nobody asked for",
            Behaviour::status(206, "x").into(),
            Failure,
        ),
        (
            "a 304 that nobody asked for",
            Behaviour::status(304, "").into(),
            Failure,
        ),
        ("a sign-in page", page().into(), Failure),
        (
            "a sign-in page of the wrong type",
            page()
                .header("Content-Type", "application/octet-stream")
                .into(),
            Failure,
        ),
        (
            "an error in JSON with 200",
            Behaviour::body(200, "application/json", r#"{"errors":["no"]}"#).into(),
            Failure,
        ),
        ("no HTTP", Behaviour::raw("SSH-2.0-x\r\n").into(), Failure),
        (
            "a closed connection",
            Behaviour::close_before_head().into(),
            Failure,
        ),
        (
            "resets before the head",
            Behaviour::reset_before_head().into(),
            Failure,
        ),
        (
            "resets in the head",
            Behaviour::reset_in_head().into(),
            Failure,
        ),
        (
            "resets in the body",
            normal().reset_after(3).into(),
            Failure,
        ),
        ("truncations", normal().truncate_after(3).into(), Failure),
        (
            "truncations of chunks",
            normal().chunked().truncate_after(3).into(),
            Failure,
        ),
        (
            "a length too long",
            normal().length_too_long(10).into(),
            Failure,
        ),
        (
            "endless headers",
            Behaviour::endless_headers().into(),
            Failure,
        ),
        ("an endless body", Behaviour::endless_body().into(), Failure),
        (
            "silence before the head",
            normal().delay_head(Duration::from_secs(60)).into(),
            Status(504),
        ),
        (
            "silence in the head",
            normal().delay_in_head(Duration::from_secs(60)).into(),
            Status(504),
        ),
        ("redirects to nowhere", redirect(&dead.url()), Failure),
        (
            "redirects to a file",
            redirect("file:///etc/hostname"),
            Failure,
        ),
        (
            "redirects without a target",
            Behaviour::status(302, "").into(),
            Failure,
        ),
        (
            "redirects in a circle",
            redirect(&elsewhere.url_of("/circle")),
            Failure,
        ),
        (
            "redirects to a page",
            redirect(&elsewhere.url_of("/page")),
            Failure,
        ),
        (
            "a reset, then well",
            [Behaviour::reset_before_head(), normal()].into(),
            Whole,
        ),
        (
            "a 503, then well",
            [Behaviour::status(503, "busy"), normal()].into(),
            Whole,
        ),
        ("no length", normal().until_close().into(), Whole),
        (
            "small steps",
            normal().chunked().throttle(400_000).into(),
            Whole,
        ),
    ]
}

/// Faults in the midst of a zip.
fn faults_of_zips() -> Vec<Fault> {
    use Seen::{Failure, Whole};
    let normal = Behaviour::normal;
    let resumable = || Behaviour::normal().etag().ranges();
    let honest = numbered(0).zip();
    let directory = zip::directory_offset(&honest);
    let zip = |bytes: Vec<u8>| Script::from(Behaviour::body(200, "application/zip", bytes));
    vec![
        (
            "a break, resumed",
            [resumable().reset_after(SOME), resumable()].into(),
            Whole,
        ),
        (
            "two breaks, resumed",
            [
                resumable().reset_after(SOME),
                resumable().truncate_after(SOME / 2),
                resumable(),
            ]
            .into(),
            Whole,
        ),
        (
            "a break, begun again",
            [normal().truncate_after(SOME), normal()].into(),
            Whole,
        ),
        (
            "a break, and Range is not known any more",
            [resumable().truncate_after(SOME), normal()].into(),
            Whole,
        ),
        (
            "a break, and another ETag",
            [
                normal().fixed_etag("\"a\"").ranges().reset_after(SOME),
                normal().fixed_etag("\"b\"").ranges(),
            ]
            .into(),
            Whole,
        ),
        (
            "a break, then a 503",
            [
                resumable().reset_after(SOME),
                Behaviour::status(503, "busy"),
                resumable(),
            ]
            .into(),
            Whole,
        ),
        (
            "silence in the body, resumed",
            [
                resumable().delay_body(SOME, Duration::from_secs(60)),
                resumable(),
            ]
            .into(),
            Whole,
        ),
        (
            "breaks without an end",
            normal().reset_after(SOME).into(),
            Failure,
        ),
        (
            "a break, then a page",
            [normal().truncate_after(SOME), Behaviour::html()].into(),
            Failure,
        ),
        (
            "a break, then not found",
            [
                normal().truncate_after(SOME),
                Behaviour::status(404, "gone"),
            ]
            .into(),
            Failure,
        ),
        (
            "a break, then something else",
            [normal().truncate_after(SOME), normal().corrupt(SOME / 2)].into(),
            Failure,
        ),
        (
            "a length too short",
            normal().length_too_short(10).into(),
            Failure,
        ),
        (
            "a break without a length",
            normal().until_close().truncate_after(SOME).into(),
            Failure,
        ),
        ("nothing", zip(Vec::new()), Failure),
        ("three bytes", zip(b"PK\x03".to_vec()), Failure),
        (
            "half a zip",
            zip(honest[..honest.len() / 2].to_vec()),
            Failure,
        ),
        (
            "a zip without its last byte",
            zip(hostile::truncated(&honest, honest.len() - 1)),
            Failure,
        ),
        // What is damaged within a file's contents is found by its hash alone.
        ("another signature", normal().corrupt(0).into(), Failure),
        (
            "another name in a header",
            normal().corrupt(31).into(),
            Failure,
        ),
        (
            "a damaged directory",
            normal().corrupt(directory + 1).into(),
            Failure,
        ),
        (
            "a damaged end",
            normal().corrupt(honest.len() - 6).into(),
            Failure,
        ),
    ]
}

/// One of the proxy's files under a fault.
struct Case {
    what: String,
    path: String,
    honest: Vec<u8>,
    seen: Seen,
}

impl Case {
    /// Puts the module's file of this kind under the fault.
    fn new(world: &World, module: &Module, kind: &str, (what, script, seen): Fault) -> Self {
        let (path, honest) = match kind {
            "list" => (
                format!("/{}/@v/list", module.path()),
                format!("{}\n", module.version()).into_bytes(),
            ),
            "mod" => (module.url_path(kind), module.go_mod()),
            _ => (module.url_path(kind), module.zip()),
        };
        world.proxy.add(module);
        world.proxy.on(&path, script);
        Self {
            what: format!("{what} ({kind})"),
            path,
            honest,
            seen,
        }
    }

    fn ask(&self, world: &World) -> Reply {
        http::Request::get(&world.url(&self.path))
            .deadline(Duration::from_secs(60))
            .send()
            .unwrap_or_else(|error| panic!("{}: no reply came: {error}", self.what))
    }

    /// Whether the client saw what it must see.
    fn is_right(&self, reply: &Reply) -> bool {
        let complete = matches!(reply.ended, Ended::Complete | Ended::AtClose);
        let explained = complete && reply.body.len() > 20;
        match self.seen {
            Seen::Whole => reply.status == 200 && complete && reply.body == self.honest,
            Seen::Failure if reply.status == 200 => matches!(
                reply.ended,
                Ended::Short { .. } | Ended::NoLastChunk | Ended::Reset
            ),
            Seen::Failure => reply.status >= 500 && explained,
            Seen::Status(status) => reply.status == status && explained,
        }
    }
}

#[test]
fn no_fault_of_an_upstream_deceives_or_damages() {
    let world = World::new();
    let (elsewhere, dead) = (FakeProxy::start_blocking(), DeadAddress::new());
    elsewhere.on("/page", [Behaviour::html()]);
    elsewhere.on("/circle", [Behaviour::redirect("/circle", 302)]);

    let mut cases = Vec::new();
    for fault in faults_of_any(&elsewhere, &dead) {
        for kind in ["zip", "mod", "list"] {
            let module = module(&format!("{} {kind}", fault.0));
            cases.push(Case::new(&world, &module, kind, fault.clone()));
        }
    }
    for (number, fault) in faults_of_zips().into_iter().enumerate() {
        cases.push(Case::new(&world, &numbered(number), "zip", fault));
    }
    let (moved, looped) = (module("moved"), module("looped"));
    elsewhere.add(&moved);
    let there = Behaviour::redirect(&elsewhere.url_of(&moved.url_path("zip")), 307);
    let back = Behaviour::redirect(&world.url(&looped.url_path("zip")), 302);
    for (module, fault) in [
        (&moved, ("moved", there.into(), Seen::Whole)),
        (&looped, ("looped", back.into(), Seen::Status(508))),
    ] {
        cases.push(Case::new(&world, module, "zip", fault));
    }

    let wrong: Vec<String> = thread::scope(|scope| {
        let asking: Vec<_> = cases
            .iter()
            .map(|case| (case, scope.spawn(|| case.ask(&world))))
            .collect();
        let replies = asking
            .into_iter()
            .map(|(case, asked)| (case, asked.join().unwrap()));
        replies
            .filter(|(case, reply)| !case.is_right(reply))
            .map(|(case, reply)| {
                let shown: String = reply.text().chars().take(200).collect();
                format!(
                    "{}: {:?} was to be seen, not {} {:?}: {shown:?}",
                    case.what, case.seen, reply.status, reply.ended
                )
            })
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_whole(&world.home);

    world.proxy.clear_behaviours();
    for case in &cases {
        let again = case.ask(&world).whole();
        assert_eq!(again.len(), case.honest.len(), "{}", case.what);
        assert!(again == case.honest, "{}: well again", case.what);
    }
    world.assert_well();
}

#[test]
fn a_broken_transfer_asks_for_the_rest_alone_where_the_etag_allows() {
    let world = World::new();
    let resumable = || Behaviour::normal().etag().ranges();
    let module = numbered(0);
    world.proxy.add(&module);
    let path = module.url_path("zip");
    world
        .proxy
        .on(&path, [resumable().truncate_after(SOME), resumable()]);
    assert!(world.get(&path).whole() == module.zip());
    let asked: Vec<_> = world
        .proxy
        .requests()
        .into_iter()
        .filter(|request| request.path == path)
        .collect();
    assert_eq!(asked.len(), 2);
    assert_eq!(
        asked[1].header("Range"),
        Some(format!("bytes={SOME}-").as_str())
    );
    assert!(asked[1].header("If-Range").is_some());
}
