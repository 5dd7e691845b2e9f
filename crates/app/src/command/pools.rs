//! `pool-set`, `pool-remove`, `pool-list`: which upstreams are several nodes, in the settings and in force at once.

use secret::SafeUrl;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use upstream::{NodesFrom, PoolOptions};

use super::Call;
use super::nodes::{Nodes, PoolShown};
use super::profile::Typed;
use crate::app::App;
use crate::failure::{Code, Failure};
use crate::nodes::millis;
use crate::settings::{self, PoolSettings, Settings};

/// Makes an upstream a pool, or its pool another one. What is not said is as usual.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PoolSet {
    /// The URL by which profiles name the upstream.
    pub upstream: Typed,
    /// The nodes, by URLs of their own …
    pub nodes: Vec<Typed>,
    /// … or all addresses of the upstream's own host name …
    pub addresses: bool,
    /// … or the targets of these SRV records.
    pub srv: Option<String>,
    /// The DNS server to be asked: address and port.
    pub dns: Option<String>,
    /// After which time another node is asked too, such as `500ms`.
    pub slow_after: Option<String>,
    /// Whether small requests are asked a second time.
    pub hedge: bool,
}

/// The pool is as it was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct PoolPut {
    /// The pool.
    pub pool: PoolSaid,
    /// Whether the upstream had none before.
    pub is_new: bool,
    /// Whether anything is different now.
    pub changed: bool,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
}

/// A pool, as the settings say it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct PoolSaid {
    /// The upstream's URL.
    pub upstream: String,
    /// What the upstream is known by.
    pub name: String,
    /// The nodes that are listed.
    pub nodes: Vec<String>,
    /// Whether all addresses of its own name are nodes.
    pub addresses: bool,
    /// The name of the SRV records.
    pub srv: Option<String>,
    /// The DNS server that is asked.
    pub dns: Option<String>,
    /// After how many milliseconds another node is asked too.
    pub slow_after_ms: f64,
    /// Whether small requests are asked a second time.
    pub hedge: bool,
    /// Whether any profile names the upstream.
    pub named: bool,
    /// How it does now.
    pub shown: Option<PoolShown>,
}

impl Call for PoolSet {
    const NAME: &'static str = "pool-set";
    type Answer = PoolPut;

    async fn run(self, app: &App) -> Result<PoolPut, Failure> {
        let pool = self.read()?;
        let before = app.settings();
        let wanted = pool.clone();
        let settings = app
            .change_settings(move |path| Settings::set_pool(path, &wanted))
            .await?;
        let was = before.pool(&pool.upstream);
        let now = settings.pool(&pool.upstream).unwrap_or(&pool);
        let mut notes = Vec::new();
        if is_idle(&settings, now) {
            notes.push(idle(&now.name()));
        }
        Ok(PoolPut {
            pool: said(app, &settings, now).await?,
            is_new: was.is_none(),
            changed: was != Some(now),
            notes,
        })
    }
}

/// That a pool stands nowhere.
pub(crate) fn idle(name: &str) -> String {
    format!("the pool of {name} is of no use yet: no profile names that upstream")
}

fn is_idle(settings: &Settings, pool: &PoolSettings) -> bool {
    settings.idle_pools().contains(&pool)
}

impl PoolSet {
    fn read(&self) -> Result<PoolSettings, Failure> {
        let bad = |message: String| Failure::new(Code::BadInput, message);
        let nodes = self.nodes.iter().map(|node| {
            let url = settings::address(node.0.trim());
            url.map_err(|reason| bad(format!("a node can't be used: {reason}")))
        });
        let nodes: Vec<SafeUrl> = nodes.collect::<Result<_, _>>()?;
        let from = [!nodes.is_empty(), self.addresses, self.srv.is_some()];
        if from.iter().filter(|is_said| **is_said).count() != 1 {
            let message = "say where the nodes are, in one way";
            return Err(bad(message.to_owned())
                .hint("list them (--node URL, several times), or --addresses, or --srv NAME"));
        }
        let nodes = match &self.srv {
            Some(name) => NodesFrom::Srv(name.trim().to_owned()),
            None if self.addresses => NodesFrom::Addresses,
            None => NodesFrom::Listed(nodes),
        };
        let usual = PoolOptions::default();
        let dns = self.dns.as_deref().map(settings::dns).transpose();
        let slow_after = self.slow_after.as_deref();
        let slow_after = slow_after.map(settings::slow_after).transpose();
        let options = PoolOptions {
            nodes,
            dns: dns.map_err(|reason| bad(format!("the DNS server {reason}")))?,
            slow_after: slow_after
                .map_err(|reason| bad(format!("the time {reason}")))?
                .unwrap_or(usual.slow_after),
            hedge: self.hedge,
        };
        let upstream = upstream_of(&self.upstream)?;
        options
            .check(&upstream)
            .map_err(|error| bad(error.to_string()))?;
        Ok(PoolSettings { upstream, options })
    }
}

fn upstream_of(typed: &Typed) -> Result<SafeUrl, Failure> {
    settings::address(typed.0.trim()).map_err(|reason| {
        Failure::new(
            Code::BadInput,
            format!("the upstream can't be used: {reason}"),
        )
        .hint("write it as the profiles do: larder profile list")
    })
}

/// Makes an upstream one node again.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PoolRemove {
    /// Its URL, or what it is known by.
    pub upstream: Typed,
}

/// It is one node again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PoolRemoved {
    /// What the upstream is known by.
    pub name: String,
}

impl Call for PoolRemove {
    const NAME: &'static str = "pool-remove";
    type Answer = PoolRemoved;

    async fn run(self, app: &App) -> Result<PoolRemoved, Failure> {
        let text = self.upstream.0.trim();
        let settings = app.settings();
        let named = settings.pools.iter().find(|pool| pool.name() == text);
        let upstream = match named {
            Some(pool) => pool.upstream.clone(),
            None => upstream_of(&self.upstream)?,
        };
        let name = upstream::name(&upstream);
        app.change_settings(move |path| Settings::remove_pool(path, &upstream))
            .await?;
        Ok(PoolRemoved { name })
    }
}

/// Asks for the pools of the settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct PoolList {}

impl Call for PoolList {
    const NAME: &'static str = "pool-list";
    type Answer = Vec<PoolSaid>;

    async fn run(self, app: &App) -> Result<Vec<PoolSaid>, Failure> {
        let settings = app.settings();
        let mut all = Vec::new();
        for pool in &settings.pools {
            all.push(said(app, &settings, pool).await?);
        }
        Ok(all)
    }
}

async fn said(app: &App, settings: &Settings, pool: &PoolSettings) -> Result<PoolSaid, Failure> {
    let name = pool.name();
    let options = &pool.options;
    let (nodes, srv) = match &options.nodes {
        NodesFrom::Listed(nodes) => (nodes.iter().map(settings::written).collect(), None),
        NodesFrom::Addresses => (Vec::new(), None),
        NodesFrom::Srv(srv) => (Vec::new(), Some(srv.clone())),
    };
    let shown = match app.serving() {
        Ok(_) => Nodes {}.run(app).await?.pools,
        Err(_) => Vec::new(),
    };
    Ok(PoolSaid {
        upstream: settings::written(&pool.upstream),
        nodes,
        addresses: options.nodes == NodesFrom::Addresses,
        srv,
        dns: options.dns.map(|dns| dns.to_string()),
        slow_after_ms: millis(options.slow_after),
        hedge: options.hedge,
        named: !is_idle(settings, pool),
        shown: shown.into_iter().find(|shown| shown.upstream == name),
        name,
    })
}
