//! What Larder says of the nodes, asked all the while through its control API.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::Value;

use super::modules::now;
use crate::http::Request;

/// How finely changes are told.
const EVERY: Duration = Duration::from_millis(15);

/// A node was seen in another state than before.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Since 1970.
    pub at: Duration,
    /// As Larder names it.
    pub node: String,
    /// As Larder names it.
    pub state: String,
    /// Why, where Larder says it.
    pub why: String,
}

/// Asks on.
pub struct Watch {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Seen>>>,
}

impl Watch {
    /// Asks the instance at this `GOPROXY` value, with the token of its control API.
    pub fn start(goproxy: &str, token: &str) -> Self {
        let host = goproxy
            .strip_prefix("http://")
            .and_then(|rest| rest.split('/').next());
        let url = format!(
            "http://{}/-/call/nodes",
            host.expect("http://address:port/token")
        );
        let request = Request::new("POST", &url)
            .header("Authorization", &format!("Bearer {}", token.trim()))
            .header("Content-Type", "application/json")
            .body("{}");
        let end = Arc::<AtomicBool>::default();
        let thread = thread::spawn({
            let end = end.clone();
            move || {
                let mut seen = Vec::new();
                let mut states = BTreeMap::new();
                while !end.load(Ordering::Relaxed) {
                    if let Ok(reply) = request.send() {
                        note(&reply.body, &mut states, &mut seen);
                    }
                    thread::sleep(EVERY);
                }
                seen
            }
        });
        Self {
            end,
            thread: Some(thread),
        }
    }

    /// Stops; gives all changes in order.
    pub fn end(mut self) -> Vec<Seen> {
        self.end.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("it ends once");
        thread.join().expect("it does not panic")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
    }
}

fn note(answer: &[u8], states: &mut BTreeMap<String, String>, seen: &mut Vec<Seen>) {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        return;
    };
    let pools = answer["pools"].as_array().into_iter().flatten();
    for node in pools.flat_map(|pool| pool["nodes"].as_array().into_iter().flatten()) {
        let word = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
        let (name, mut state) = (word("name"), word("state"));
        if node["departed"].as_bool().unwrap_or(false) {
            state += ", departed";
        }
        if states.get(&name) != Some(&state) {
            seen.push(Seen {
                at: now(),
                node: name.clone(),
                state: state.clone(),
                why: word("why"),
            });
            states.insert(name, state);
        }
    }
}
