//! A company's proxy of several nodes: real processes on addresses of loopback, found through a real DNS server; what
//! befalls them; clients that ask all the while; and what those clients met.
//!
//! | piece | what it is for |
//! |---|---|
//! | [`Cluster`] | the nodes and their DNS, and the settings of a Larder before them |
//! | [`node`] | a node: killed, stopped, told to misbehave |
//! | [`Trouble`] | what befalls a cluster, and how it is mended |
//! | [`Load`] | clients that ask as `go` does |
//! | [`Watch`] | what Larder says of the nodes meanwhile |
//! | [`Trial`], [`Story`] | all of this together, before a Larder that runs |
//! | [`Figures`] | how it went for the clients |

mod dns;
mod figures;
mod load;
pub mod modules;
pub mod node;
mod trial;
mod trouble;
mod watch;

use std::{
    collections::{BTreeMap, HashMap},
    hash::BuildHasher as _,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    time::Duration,
};

pub use self::{
    dns::{Dns, Records, Service},
    figures::{Figures, Quiet},
    load::{Asking, Clients, Load},
    node::{Manner, Node, Program},
    trial::{Story, Trial},
    trouble::{Phase, Trouble},
    watch::{Seen, Watch},
};

/// The host that the company's people know.
pub const HOST: &str = "goproxy.corp.example";
/// The name of its SRV records.
pub const SERVICE: &str = "_goproxy._tcp.corp.example";
/// How many modules there are to ask for: so many that each node has some.
pub const MODULES: usize = 96;

/// How Larder finds the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// No pool: the first node is the upstream.
    Alone,
    /// No pool: [`HOST`] is the upstream, and the system looks it up.
    RoundRobin,
    /// Each by its own URL.
    Listed,
    /// By the addresses of [`HOST`].
    Addresses,
    /// By the SRV records of [`SERVICE`].
    Services,
}

/// Is told the ids of processes that would not end by themselves where this one is cut off; and when they have ended, or
/// would by now.
pub type Heard = fn(u32, Life);

/// Whether a process is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// From now on.
    Begins,
    /// No more.
    Ends,
}

/// Nodes and their DNS. They end with this value.
pub struct Cluster {
    program: Program,
    nodes: Vec<Node>,
    heard: Heard,
    dns: Dns,
    records: Records,
    port: u16,
}

impl Cluster {
    /// Starts so many nodes, at 127.0.0.2 and on, all at one port, and the DNS that knows them.
    pub fn start(program: Program, count: u8, heard: Heard) -> Self {
        Self::start_with_dns_at(None, program, count, heard)
    }

    /// The same, with the DNS at this port: 53 where the system's own look-up is to find it.
    pub fn start_with_dns_at(
        dns_port: Option<u16>,
        program: Program,
        count: u8,
        heard: Heard,
    ) -> Self {
        let (nodes, port) = (0..20)
            .find_map(|_| {
                let port = free_port();
                let addresses = (0..count).map(|number| address(number, port));
                let nodes: Option<Vec<_>> =
                    addresses.map(|addr| Node::start(program, addr)).collect();
                Some((nodes?, port))
            })
            .expect("a port that is free on all addresses");
        let records = Records {
            addresses: nodes
                .iter()
                .map(|node| (HOST.to_owned(), node.addr().ip()))
                .collect(),
            services: Vec::new(),
        };
        let mut cluster = Self {
            program,
            nodes,
            heard,
            dns: Dns::new(dns_port.unwrap_or(port)),
            records,
            port,
        };
        cluster.publish();
        cluster
    }

    /// Has the DNS know each node as a host of its own, with these weights and priorities, in order.
    pub fn offer_services(&mut self, weights: &[(u16, u16)]) {
        for (number, (node, (weight, priority))) in self.nodes.iter().zip(weights).enumerate() {
            let target = format!("n{number}.corp.example");
            self.records
                .addresses
                .push((target.clone(), node.addr().ip()));
            self.records.services.push(Service {
                name: SERVICE.to_owned(),
                target,
                port: self.port,
                priority: *priority,
                weight: *weight,
            });
        }
        self.publish();
    }

    /// The settings of a Larder that finds the nodes so.
    pub fn settings(&self, found: Found, slow_after: Duration) -> String {
        let upstream = match found {
            Found::Alone => format!("http://{}", self.nodes[0].addr()),
            Found::RoundRobin | Found::Listed | Found::Addresses | Found::Services => {
                format!("http://{HOST}:{}", self.port)
            }
        };
        // Lists are asked for anew each time, so that nothing but versions is answered from the cache.
        let mut text = format!(
            "profile = \"company\"\nfresh-for = \"0s\"\n\n[profiles.company]\nupstreams = \"{upstream}\"\nchecksum-database = \"off\"\n"
        );
        let nodes = match found {
            Found::Alone | Found::RoundRobin => return text,
            Found::Listed => {
                let urls: Vec<_> = self
                    .nodes
                    .iter()
                    .map(|node| format!("\"http://{}\"", node.addr()))
                    .collect();
                format!("nodes = [{}]", urls.join(", "))
            }
            Found::Addresses => format!("addresses = true\ndns = \"{}\"", self.dns.addr()),
            Found::Services => format!("srv = \"{SERVICE}\"\ndns = \"{}\"", self.dns.addr()),
        };
        text += &format!(
            "\n[[pools]]\nupstream = \"{upstream}\"\n{nodes}\nslow-after = \"{}ms\"\n",
            slow_after.as_millis()
        );
        text
    }

    /// The nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Which node was asked for each module most since this was last said, and how often each node was asked.
    pub fn take_owners(&mut self) -> (BTreeMap<usize, usize>, Vec<usize>) {
        let mut counts: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
        let mut shares = Vec::new();
        for (number, node) in self.nodes.iter_mut().enumerate() {
            let asked = node.take_asked();
            shares.push(asked.len());
            for asked in asked {
                *counts
                    .entry(asked.module)
                    .or_default()
                    .entry(number)
                    .or_default() += 1;
            }
        }
        let most = |counts: BTreeMap<usize, usize>| {
            counts
                .into_iter()
                .max_by_key(|(_, count)| *count)
                .map(|(node, _)| node)
        };
        let owners = counts
            .into_iter()
            .filter_map(|(module, counts)| Some((module, most(counts)?)));
        (owners.collect(), shares)
    }

    /// Has the DNS know what the records say now.
    fn publish(&mut self) {
        self.end_dns();
        let pid = self.dns.run(&self.records);
        (self.heard)(pid, Life::Begins);
    }

    fn end_dns(&mut self) {
        if let Some(pid) = self.dns.kill9() {
            (self.heard)(pid, Life::Ends);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end_dns();
    }
}

/// The address of a node: 127.0.0.2 and on.
fn address(number: u8, port: u16) -> SocketAddr {
    (loopback(2 + number), port).into()
}

fn loopback(last: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, last).into()
}

/// A port at which nothing listens, and that is given to nobody who asks for any: so that who ends can come back to it.
fn free_port() -> u16 {
    let own = HashMap::<(), ()>::new().hasher().hash_one(());
    let mut candidates = (0..1000).map(|more| 20_000 + (own.wrapping_add(more) % 12_000) as u16);
    let is_free = |port: &u16| {
        let of_nodes = TcpListener::bind((loopback(2), *port));
        let of_dns = (Ipv4Addr::LOCALHOST, *port);
        of_nodes.is_ok() && TcpListener::bind(of_dns).is_ok() && UdpSocket::bind(of_dns).is_ok()
    };
    candidates.find(is_free).expect("a free port")
}
