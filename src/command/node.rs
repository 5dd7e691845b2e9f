//! `larder node`: the nodes of pools, as Larder sees them, and taken out and in by hand.

use app::Places;
use app::command::{
    NodeDoes, NodeEject, NodeRestore, NodeShown, Nodes, NodesShown, PoolFrom, PoolShown,
};
use clap::{Args, Subcommand};

use super::ask;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{self, CAUTION, ERROR, FAINT, GOOD, STRONG, Style};
use crate::table::{Cell, Columns, Side};
use crate::trouble::Trouble;

/// No column is wider.
const WIDEST: usize = 44;

/// See the nodes of upstreams, and take them out and in
///
/// An upstream may be several nodes (`larder pool`). Larder sees how each does: one that fails is ejected by itself, tried
/// again after a while, and takes its share again when it is well.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder node list                              How each of them does
  larder node eject n2.corp.example:8443        Ask the others from now on
  larder node restore n2.corp.example:8443      Ask it again")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Eject(Eject),
    Restore(Restore),
}

/// Show how each node does
///
/// Its share of the modules while all nodes are well, how often it was asked and failed, and what half of its latest
/// answers and nineteen of twenty took at most to begin.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder node list
  larder node list --json | jq -r '.pools[].nodes[] | select(.state != \"healthy\").name'")]
struct List {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Take a node out: the others are asked from now on
///
/// Until it is restored, or Larder ends. Where no other node is left, it is asked all the same: a pool is never without one.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder node eject n2.corp.example:8443      Before it is worked on
  larder node eject 10.0.0.7:443 --json")]
struct Eject {
    /// Its name, as `larder node list` shows it
    name: String,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Take a node in again, and forget what was held against it
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder node restore n2.corp.example:8443    It is well again
  larder node restore 10.0.0.7:443 --json")]
struct Restore {
    /// Its name, as `larder node list` shows it
    name: String,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::List(options) => options.json,
            What::Eject(options) => options.json,
            What::Restore(options) => options.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        What::List(List { json }) => {
            let shown = ask(&places, async |client| client.call(Nodes {}).await).await?;
            if json {
                output::print_json(&shown)?;
            } else {
                output::print(&render(&shown))?;
            }
        }
        What::Eject(Eject { name, json }) => {
            let request = NodeEject { node: name };
            let node = ask(&places, async |client| client.call(request.clone()).await).await?;
            tell(
                &node,
                json,
                "is ejected: it is asked only where no other node is left",
            )?;
        }
        What::Restore(Restore { name, json }) => {
            let request = NodeRestore { node: name };
            let node = ask(&places, async |client| client.call(request.clone()).await).await?;
            tell(&node, json, "is asked again")?;
        }
    }
    Ok(Exit::Done)
}

fn tell(node: &NodeShown, json: bool, said: &str) -> Result<(), Trouble> {
    if json {
        output::print_json(node)?;
    } else {
        output::print(&format!("{STRONG}{}{STRONG:#} {said}\n", plain(&node.name)))?;
    }
    Ok(())
}

fn render(shown: &NodesShown) -> String {
    if shown.pools.is_empty() {
        return "No upstream is a pool. Make one: larder pool set UPSTREAM --node URL --node URL\n"
            .to_owned();
    }
    let mut text: String = shown.pools.iter().map(pool).collect();
    if !shown.serving {
        text += "Larder is not running, so nothing is known of how they do.\n";
    }
    text
}

/// A pool with its nodes below it.
pub(super) fn pool(pool: &PoolShown) -> String {
    let from = match (pool.from, &pool.srv) {
        (PoolFrom::Nodes, _) => "listed".to_owned(),
        (PoolFrom::Addresses, _) => "all addresses of its name".to_owned(),
        (PoolFrom::Srv, name) => format!("from {}", name.as_deref().unwrap_or("SRV records")),
    };
    let mut text = format!(
        "{STRONG}{}{STRONG:#}  {FAINT}{}{FAINT:#}  {}\n",
        plain(&pool.upstream),
        plain(&from),
        plain(&pool.said)
    );
    if pool.nodes.is_empty() {
        return text;
    }
    let head = [
        "  node", "state", "share", "asked", "failed", "p50", "p95", "why",
    ];
    let mut lines = vec![head.map(|name| Cell::styled(name, FAINT))];
    lines.extend(pool.nodes.iter().map(line));
    let sides = [
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
    ];
    text += &Columns::new(sides, WIDEST).render(&lines);
    text
}

fn line(node: &NodeShown) -> [Cell; 8] {
    let (state, style) = state(node);
    let time = |time: Option<f64>| time.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0} ms"));
    let why = node
        .why
        .as_deref()
        .filter(|_| node.state != NodeDoes::Healthy);
    [
        format!("  {}", node.name).into(),
        Cell::styled(&state, style),
        format!("{:.0} %", node.share * 100.0).into(),
        node.asked.to_string().into(),
        node.failed.to_string().into(),
        time(node.p50_ms).into(),
        time(node.p95_ms).into(),
        why.unwrap_or_default().into(),
    ]
}

fn state(node: &NodeShown) -> (String, Style) {
    let (state, style) = match node.state {
        NodeDoes::Healthy => ("healthy", GOOD),
        NodeDoes::Slow => ("slow", CAUTION),
        NodeDoes::Ejected if node.by_hand => ("ejected by hand", CAUTION),
        NodeDoes::Ejected => ("ejected", ERROR),
        NodeDoes::Probation => ("probation", CAUTION),
    };
    let gone = if node.departed {
        ", gone from the DNS"
    } else {
        ""
    };
    (format!("{state}{gone}"), style)
}

/// `3 nodes`.
pub(super) fn count(nodes: usize) -> String {
    human::count(nodes as u64, "node", "nodes")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn some() -> PoolShown {
        let node = |name: &str, state| NodeShown {
            name: name.to_owned(),
            state,
            by_hand: false,
            departed: false,
            share: 0.334,
            in_flight: 0,
            asked: 120,
            failed: 0,
            state_changes: 0,
            p50_ms: Some(12.4),
            p95_ms: Some(1180.0),
            latencies_ms: vec![12.4],
            weight: 1,
            priority: 0,
            changed_at: None,
            why: Some("it answered".to_owned()),
        };
        PoolShown {
            upstream: "goproxy.corp.example".to_owned(),
            id: "goproxy.corp.example-01234567".to_owned(),
            from: PoolFrom::Srv,
            srv: Some("_goproxy._tcp.corp.example".to_owned()),
            in_use: true,
            said: "1 of 3 nodes answers".to_owned(),
            resolved_at: None,
            dns_trouble: None,
            retry_budget_left: 32.0,
            nodes: vec![
                node("n1.corp.example:8443", NodeDoes::Healthy),
                NodeShown {
                    failed: 3,
                    p50_ms: None,
                    p95_ms: None,
                    why: Some("connection refused".to_owned()),
                    ..node("n2.corp.example:8443", NodeDoes::Ejected)
                },
                NodeShown {
                    by_hand: true,
                    departed: true,
                    why: Some("ejected by hand".to_owned()),
                    ..node("n3.corp.example:8443", NodeDoes::Ejected)
                },
            ],
        }
    }

    #[test]
    fn nodes_stand_in_a_table() {
        let shown = NodesShown {
            serving: true,
            pools: vec![some()],
        };
        let text = render(&shown);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
        let none = render(&NodesShown::default());
        assert!(none.contains("larder pool set"), "{none}");
    }
}
