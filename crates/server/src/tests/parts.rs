//! Conditional and range requests, on small files out of memory and large ones from the disk.

use test_support::http::Ended;

use super::{FOR_EVER, Instance, assert_headers, large, small};

#[test]
fn what_the_client_has_is_not_sent_again() {
    let larder = Instance::start();
    let module = large();
    larder.proxy.add(&module);
    for extension in ["mod", "zip"] {
        let path = module.url_path(extension);
        let get = larder.cached(&path);
        let tag = get.header("ETag").unwrap();
        for method in ["GET", "HEAD"] {
            let mut connection = larder.connect();
            for value in [
                tag.to_owned(),
                format!("W/{tag}"),
                "*".to_owned(),
                format!("\"x\", {tag}"),
            ] {
                connection
                    .send(&larder.ask(method, &path).header("If-None-Match", &value))
                    .unwrap();
                let reply = connection.reply(method).unwrap();
                assert_eq!((reply.status, reply.body.len()), (304, 0), "{value}");
                assert_headers(
                    &reply,
                    &[
                        ("ETag", Some(tag)),
                        ("Cache-Control", Some(FOR_EVER)),
                        ("X-Larder-Source", Some("cache")),
                        ("Content-Type", None),
                    ],
                );
            }
        }
        let other = larder.get(&path).header("If-None-Match", "\"other\"");
        assert_eq!(other.send().unwrap().body, get.body);
        let wants_other = larder
            .get(&path)
            .header("If-Match", "\"other\"")
            .send()
            .unwrap();
        assert_eq!((wants_other.status, wants_other.body.len()), (412, 0));
    }
}

#[test]
fn one_range_is_sent_and_several_are_the_whole() {
    let larder = Instance::start();
    let module = large();
    larder.proxy.add(&module);
    for extension in ["mod", "zip"] {
        let path = module.url_path(extension);
        let whole = larder.cached(&path);
        let tag = whole.header("ETag").unwrap().to_owned();
        let length = whole.body.len();
        let range = |value: &str| larder.get(&path).header("Range", value);
        for (value, from, until) in [
            ("bytes=0-4".to_owned(), 0, 5),
            (format!("bytes={}-", length - 3), length - 3, length),
            ("bytes=-7".to_owned(), length - 7, length),
            (format!("bytes=1-{}", length * 2), 1, length),
            (format!("bytes=0-{}", length - 1), 0, length),
        ] {
            let reply = range(&value).send().unwrap();
            assert_eq!(reply.status, 206, "{value}");
            assert_eq!(reply.ended, Ended::Complete);
            assert_eq!(reply.body, whole.body[from..until], "{value}");
            let content_range = format!("bytes {from}-{}/{length}", until - 1);
            assert_headers(
                &reply,
                &[
                    ("Content-Range", Some(&content_range)),
                    ("Content-Length", Some(&(until - from).to_string())),
                    ("ETag", Some(&tag)),
                    ("Content-Type", whole.header("Content-Type")),
                ],
            );
        }
        for value in ["bytes=0-1,3-4", "bytes=4-3", "lines=1-2", "bytes=x"] {
            let reply = range(value).send().unwrap();
            assert_eq!(
                (reply.status, reply.header("Content-Range")),
                (200, None),
                "{value}"
            );
            assert_eq!(reply.body, whole.body);
        }
        for value in [format!("bytes={length}-"), "bytes=-0".to_owned()] {
            let reply = range(&value).send().unwrap();
            assert_eq!((reply.status, reply.body.len()), (416, 0), "{value}");
            assert_eq!(
                reply.header("Content-Range"),
                Some(format!("bytes */{length}").as_str())
            );
            assert_eq!(reply.ended, Ended::Complete);
        }
        for (if_range, status) in [
            (tag.as_str(), 206),
            (&format!("W/{tag}"), 200),
            ("\"other\"", 200),
            ("Tue, 15 Nov 1994 12:45:26 GMT", 200),
        ] {
            let reply = range("bytes=0-1")
                .header("If-Range", if_range)
                .send()
                .unwrap();
            assert_eq!(reply.status, status, "{if_range}");
        }
        // RFC 9110 section 14.2: Range says nothing in other methods than GET; section 13.2.2: conditions come first.
        let head = larder
            .ask("HEAD", &path)
            .header("Range", "bytes=0-1")
            .send()
            .unwrap();
        assert_eq!(head.status, 200);
        let both = range("bytes=0-1")
            .header("If-None-Match", &tag)
            .send()
            .unwrap();
        assert_eq!(both.status, 304);
    }
}

#[test]
fn what_has_no_tag_has_no_ranges() {
    let larder = Instance::start();
    larder.proxy.add(&small());
    let list = larder.get("/example.com/!hello/@v/list");
    let reply = list.header("Range", "bytes=0-1").send().unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (200, "v1.2.3\n"));
}
