//! What befalls a cluster, and how it is mended.

use std::{
    fmt::{self, Display},
    thread,
    time::Duration,
};

use super::{Cluster, HOST, Life, Manner, Node, loopback, modules::now};
use crate::{Behaviour, FakeProxy};

/// What befalls a cluster. All but those of the DNS befall one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// The node is killed.
    Killed,
    /// The node is stopped: it takes connections, and answers none.
    Paused,
    /// The node misbehaves.
    Manner(Manner),
    /// The DNS dies; then a node does.
    DnsDead,
    /// The DNS takes questions and answers none; then a node dies.
    DnsSilent,
    /// The DNS says that there is no such name.
    DnsForgets,
    /// The DNS names two more addresses: at one nobody listens, at the other something that is no module proxy.
    DnsLies,
    /// It names these two only.
    DnsOnlyLies,
    /// The node is taken out of the DNS, and ended a while after.
    Removed,
    /// One more node is started, then named by the DNS.
    Added,
}

impl Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "quiet",
            Self::Killed => "killed (SIGKILL)",
            Self::Paused => "paused (SIGSTOP)",
            Self::Manner(Manner::Well) => "well",
            Self::Manner(Manner::Slow(by)) => return write!(f, "slow, by {by:?}"),
            Self::Manner(Manner::Status(status)) => return write!(f, "{status} to everything"),
            Self::Manner(Manner::Html) => "a page for every file",
            Self::Manner(Manner::Garbage) => "garbage for zips",
            Self::Manner(Manner::Breaks) => "every body breaks midway",
            Self::DnsDead => "DNS dies, then a node",
            Self::DnsSilent => "DNS is silent, then a node dies",
            Self::DnsForgets => "DNS knows no such name",
            Self::DnsLies => "DNS names two wrong addresses too",
            Self::DnsOnlyLies => "DNS names wrong addresses only",
            Self::Removed => "taken out of DNS, then ended",
            Self::Added => "one more in DNS",
        })
    }
}

/// A stretch of time in which something befell the cluster. Times are since 1970.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What it was.
    pub trouble: Trouble,
    /// The node, where it was one; counted from 0.
    pub node: Option<usize>,
    /// When it began.
    pub from: Duration,
    /// When it was mended.
    pub mended: Duration,
    /// When the next thing could begin.
    pub to: Duration,
    /// How often the node was asked between the beginning and the end; unknown of a dead one.
    pub asked: Option<usize>,
    /// When it was last asked before it was mended.
    pub last_asked: Option<Duration>,
}

impl Cluster {
    /// Has it befall a node for so long, mends it, and leaves the cluster alone for a while.
    pub fn suffer(
        &mut self,
        trouble: Trouble,
        node: usize,
        lasting: Duration,
        rest: Duration,
    ) -> Phase {
        let from = now();
        let mended = match trouble {
            Trouble::None => {
                thread::sleep(lasting);
                now()
            }
            Trouble::Killed => {
                self.nodes[node].kill9();
                thread::sleep(lasting);
                self.revive(node);
                now()
            }
            Trouble::Paused => {
                let paused = &self.nodes[node];
                (self.heard)(paused.pid(), Life::Begins);
                paused.pause();
                thread::sleep(lasting);
                let until = now();
                paused.resume();
                (self.heard)(paused.pid(), Life::Ends);
                until
            }
            Trouble::Manner(manner) => {
                self.nodes[node].take_asked();
                self.nodes[node].be(manner);
                thread::sleep(lasting);
                let asked = self.nodes[node].take_asked();
                self.nodes[node].be(Manner::Well);
                let mended = now();
                thread::sleep(rest);
                return Phase {
                    asked: Some(asked.len()),
                    last_asked: asked.last().map(|asked| asked.at),
                    ..phase(trouble, Some(node), from, mended)
                };
            }
            Trouble::DnsDead | Trouble::DnsSilent => {
                if trouble == Trouble::DnsDead {
                    self.end_dns();
                } else {
                    self.dns.pause();
                }
                thread::sleep(lasting / 2);
                self.nodes[node].kill9();
                thread::sleep(lasting / 2);
                self.revive(node);
                self.publish();
                now()
            }
            Trouble::DnsForgets | Trouble::DnsLies | Trouble::DnsOnlyLies => {
                self.lie(trouble, lasting)
            }
            Trouble::Removed => {
                let ip = self.nodes[node].addr().ip();
                self.records.addresses.retain(|(_, address)| *address != ip);
                self.publish();
                thread::sleep(lasting);
                self.nodes[node].kill9();
                now()
            }
            Trouble::Added => {
                self.revive(node);
                let ip = self.nodes[node].addr().ip();
                self.records.addresses.retain(|(_, address)| *address != ip);
                self.records.addresses.push((HOST.to_owned(), ip));
                self.publish();
                thread::sleep(lasting);
                now()
            }
        };
        thread::sleep(rest);
        let of_node = !matches!(
            trouble,
            Trouble::None | Trouble::DnsForgets | Trouble::DnsLies | Trouble::DnsOnlyLies
        );
        phase(trouble, of_node.then_some(node), from, mended)
    }

    fn lie(&mut self, trouble: Trouble, lasting: Duration) -> Duration {
        let stranger = FakeProxy::start_at((loopback(77), self.port).into());
        stranger.otherwise(Behaviour::html());
        let truth = self.records.clone();
        let wrong = [66, 77].map(|last| (HOST.to_owned(), loopback(last)));
        if trouble != Trouble::DnsLies {
            self.records.addresses.clear();
        }
        if trouble != Trouble::DnsForgets {
            self.records.addresses.extend(wrong);
        }
        self.publish();
        thread::sleep(lasting);
        self.records = truth;
        self.publish();
        let mended = now();
        // It is there until nobody can be told of it any more.
        thread::sleep(Duration::from_millis(1500));
        mended
    }

    fn revive(&mut self, node: usize) {
        let addr = self.nodes[node].addr();
        self.nodes[node].kill9();
        self.nodes[node] = Node::start(self.program, addr).expect("its own address is free again");
    }
}

/// Until now.
fn phase(trouble: Trouble, node: Option<usize>, from: Duration, mended: Duration) -> Phase {
    Phase {
        trouble,
        node,
        from,
        mended,
        to: now(),
        asked: None,
        last_asked: None,
    }
}
