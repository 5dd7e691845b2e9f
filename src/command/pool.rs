//! `larder pool`: which upstreams are several nodes.

use app::Places;
use app::command::{PoolList, PoolPut, PoolRemove, PoolSaid, PoolSet, Typed};
use clap::{Args, Subcommand};

use super::profile::notes;
use super::{ask, node};
use crate::exit::Exit;
use crate::human::plain;
use crate::output::{self, FAINT, STRONG};
use crate::trouble::Trouble;

/// Say which upstreams are several nodes
///
/// An upstream may be several nodes: listed by their URLs, all addresses of its host name, or the targets of SRV records.
/// Its modules are shared among them, always the same ones to the same node. A node that does not answer, or badly, is
/// passed over before go notices, and gets its share again when it is well (`larder node list`).
///
/// A pool stands wherever profiles name its upstream. What is kept, and what is shown to the upstream (`larder login`), is
/// the upstream's as before. All of it stands in settings.toml, and a change is in force at once.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder pool set https://goproxy.corp.example --node https://n1.corp.example:8443 \\
    --node https://n2.corp.example:8443       Two nodes, by their own names
  larder pool set https://goproxy.corp.example --srv _goproxy._tcp.corp.example
  larder pool list                            Which there are, and how they do
  larder pool remove goproxy.corp.example     One upstream again")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Set(Set),
    Remove(Remove),
    List(List),
}

/// Make an upstream a pool, or its pool another one
///
/// What is not said is as usual, whatever it was before.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder pool set https://goproxy.corp.example --addresses    All addresses of its name
  larder pool set https://goproxy.corp.example --srv goproxy.service.consul --dns 127.0.0.1:8600
  larder pool set https://goproxy.corp.example --node https://n1.corp.example \\
    --node https://n2.corp.example --slow-after 500ms --hedge")]
struct Set {
    /// The URL by which the profiles name it
    upstream: String,
    /// A node, by a URL of its own; can be given several times
    ///
    /// It proves its own name in TLS, and is shown what is kept for the upstream: you named it.
    #[arg(long, value_name = "URL", required_unless_present_any = ["addresses", "srv"])]
    node: Vec<String>,
    /// All addresses (A and AAAA) of its host name are nodes; they prove the upstream's name in TLS
    #[arg(long, conflicts_with_all = ["node", "srv"])]
    addresses: bool,
    /// The targets of these SRV records are nodes, with their weights and priorities; they prove the upstream's name in TLS
    #[arg(long, value_name = "NAME", conflicts_with = "node")]
    srv: Option<String>,
    /// The DNS server to be asked, such as 127.0.0.1:8600 for Consul [default: the system's]
    #[arg(long, value_name = "ADDR")]
    dns: Option<String>,
    /// After which time without an answer another node is asked too: 100ms to 10s [default: 1s]
    #[arg(long, value_name = "TIME")]
    slow_after: Option<String>,
    /// Ask small things of a second node when the first takes longer than it mostly does
    #[arg(long)]
    hedge: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Make a pool one upstream again
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder pool remove https://goproxy.corp.example
  larder pool remove goproxy.corp.example")]
struct Remove {
    /// Its URL, or what `larder pool list` calls it
    upstream: String,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Show the pools, and how their nodes do
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder pool list
  larder pool list --json | jq -r '.[].upstream'")]
struct List {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::Set(options) => options.json,
            What::Remove(options) => options.json,
            What::List(options) => options.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    match options.what {
        What::Set(options) => set(options, &places).await,
        What::Remove(options) => remove(options, &places).await,
        What::List(options) => list(&options, &places).await,
    }
}

async fn set(options: Set, places: &Places) -> Result<Exit, Trouble> {
    let request = PoolSet {
        upstream: Typed(options.upstream),
        nodes: options.node.into_iter().map(Typed).collect(),
        addresses: options.addresses,
        srv: options.srv,
        dns: options.dns,
        slow_after: options.slow_after,
        hedge: options.hedge,
    };
    let put = ask(places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&put)?;
        return Ok(Exit::Done);
    }
    let PoolPut {
        pool,
        changed,
        notes: told,
        ..
    } = &put;
    output::print(&render(pool))?;
    if !changed {
        output::tell("It was like that already.\n");
    }
    output::tell(&notes(told));
    Ok(Exit::Done)
}

async fn remove(options: Remove, places: &Places) -> Result<Exit, Trouble> {
    let request = PoolRemove {
        upstream: Typed(options.upstream),
    };
    let removed = ask(places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&removed)?;
    } else {
        let name = plain(&removed.name);
        output::print(&format!(
            "{STRONG}{name}{STRONG:#} is one upstream again.\n"
        ))?;
    }
    Ok(Exit::Done)
}

async fn list(options: &List, places: &Places) -> Result<Exit, Trouble> {
    let pools = ask(places, async |client| client.call(PoolList {}).await).await?;
    if options.json {
        output::print_json(&pools)?;
    } else if pools.is_empty() {
        output::tell(
            "No upstream is a pool. Make one: larder pool set UPSTREAM --node URL --node URL\n",
        );
    } else {
        output::print(&pools.iter().map(render).collect::<String>())?;
    }
    Ok(Exit::Done)
}

/// A pool: as it does where that is known, else as it is said.
fn render(pool: &PoolSaid) -> String {
    let mut text = match &pool.shown {
        Some(shown) => node::pool(shown),
        None => {
            let from = match &pool.srv {
                Some(name) => format!("the targets of {name}"),
                None if pool.addresses => "all addresses of its name".to_owned(),
                None => format!(
                    "{}: {}",
                    node::count(pool.nodes.len()),
                    pool.nodes.join(", ")
                ),
            };
            format!(
                "{STRONG}{}{STRONG:#}  {}\n",
                plain(&pool.name),
                plain(&from)
            )
        }
    };
    let mut more = vec![format!("slow after {} ms", pool.slow_after_ms)];
    more.extend(
        pool.dns
            .as_ref()
            .map(|dns| format!("asks the DNS at {dns}")),
    );
    more.extend(pool.hedge.then(|| "hedges small requests".to_owned()));
    more.extend((!pool.named).then(|| "named by no profile".to_owned()));
    text += &format!("  {FAINT}{}{FAINT:#}\n", plain(&more.join("; ")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pool: &PoolSaid) -> String {
        anstream::adapter::strip_str(&render(pool)).to_string()
    }

    #[test]
    fn a_pool_is_shown_as_it_does_or_as_it_is_said() {
        let said = PoolSaid {
            upstream: "https://goproxy.corp.example".to_owned(),
            name: "goproxy.corp.example".to_owned(),
            nodes: ["https://n1.corp.example", "https://n2.corp.example"]
                .map(str::to_owned)
                .to_vec(),
            addresses: false,
            srv: None,
            dns: None,
            slow_after_ms: 1000.0,
            hedge: false,
            named: false,
            shown: None,
        };
        assert_eq!(
            shown(&said),
            "goproxy.corp.example  2 nodes: https://n1.corp.example, https://n2.corp.example\n  slow after 1000 ms; named by no profile\n"
        );
        let alive = PoolSaid {
            dns: Some("127.0.0.1:8600".to_owned()),
            hedge: true,
            named: true,
            shown: Some(node::tests::some()),
            ..said
        };
        let text = shown(&alive);
        assert!(text.contains("n2.corp.example:8443  ejected"), "{text}");
        assert!(
            text.ends_with(
                "  slow after 1000 ms; asks the DNS at 127.0.0.1:8600; hedges small requests\n"
            ),
            "{text}"
        );
    }
}
