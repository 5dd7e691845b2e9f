//! `larder node`: what is seen of nodes, taken out and in by hand; and how the loss of one shows.

use serde_json::json;
use test_support::{Behaviour, http};

use crate::pool::{Pool, paths};
use crate::profile::{asked, serve};
use crate::{larder, until};

#[test]
fn a_node_taken_out_by_hand_is_asked_nothing_until_it_is_restored() {
    let pool = Pool::new();
    pool.set();
    let running = serve(&pool.home);
    let [one, two] = pool.names();
    let shared = pool.ask_all(&running);
    let ejected = asked(&pool.home, &["node", "eject", &one, "--json"]);
    assert_eq!(
        (&ejected["name"], &ejected["state"], &ejected["by_hand"]),
        (&json!(one), &json!("ejected"), &json!(true))
    );
    assert_eq!(pool.ask_all(&running), [0, 24]);
    let status = larder(&pool.home, &["status"]).success().stdout;
    let said = format!("1 of 2 nodes answers; {one} is ejected by hand");
    assert!(status.contains(&said), "{status}");
    let listed = larder(&pool.home, &["node", "list"]).success().stdout;
    assert!(
        listed.contains("ejected by hand") && listed.contains(&two),
        "{listed}"
    );

    // A pool is never stranded: where no other is left, it is asked.
    let told = larder(&pool.home, &["node", "eject", &two]).success();
    assert!(
        told.stdout.contains("only where no other node is left"),
        "{told}"
    );
    let [a, b] = pool.ask_all(&running);
    assert_eq!(a + b, 24);
    let shown = asked(&pool.home, &["status", "--json"]);
    assert_eq!(shown["pools"][0]["answering"], 0, "{shown}");

    for name in [&one, &two] {
        let restored = asked(&pool.home, &["node", "restore", name, "--json"]);
        assert_eq!(
            (&restored["state"], &restored["by_hand"]),
            (&json!("healthy"), &json!(false))
        );
    }
    assert_eq!(pool.ask_all(&running), shared);
    let status = larder(&pool.home, &["status"]).success().stdout;
    assert!(status.contains("all 2 nodes answer"), "{status}");

    for verb in ["eject", "restore"] {
        let unknown = larder(&pool.home, &["node", verb, "n9.corp.example:443"]);
        assert!(!unknown.status.success());
        assert!(
            unknown.stderr.contains(&one) && unknown.stderr.contains("larder node list"),
            "{unknown}"
        );
    }
}

#[test]
fn a_node_that_refuses_fails_no_request_and_its_loss_is_seen() {
    let pool = Pool::new();
    pool.set();
    let running = serve(&pool.home);
    let [one, _] = pool.names();
    pool.ask_all(&running);
    pool.nodes[0].stop();
    // No request fails, whosever modules they are.
    assert_eq!(pool.ask_all(&running), [0, 24]);
    until("it is ejected", || {
        pool.ask_all(&running);
        pool.node(&one)["state"] == "ejected"
    });
    let node = pool.node(&one);
    assert!(
        node["failed"].as_u64().unwrap() > 0 && node["why"].is_string(),
        "{node}"
    );
    let status = larder(&pool.home, &["status"]).success().stdout;
    let said = format!("1 of 2 nodes answers; {one} is ejected: ");
    assert!(status.contains(&said), "{status}");
    until("it is in the log", || {
        let log = running.log();
        log.contains("the node was healthy and is ejected now")
    });
    pool.nodes[0].restart();
    larder(&pool.home, &["node", "restore", &one]).success();
    let [back, _] = pool.ask_all(&running);
    assert!(back > 0, "it has its share again");
}

#[test]
fn a_node_that_fails_is_passed_over_within_the_request() {
    let pool = Pool::new();
    pool.set();
    let running = serve(&pool.home);
    pool.nodes[1].otherwise(vec![Behaviour::status(503, "busy")]);
    for path in paths() {
        let zip = http::get(&format!("{}/{path}/@v/v1.0.0.zip", running.goproxy()));
        assert_eq!(zip.status, 200, "{path}");
        zip.whole();
    }
    let failed = pool.node(&pool.names()[1])["failed"].as_u64().unwrap();
    assert!(failed > 0);
}
