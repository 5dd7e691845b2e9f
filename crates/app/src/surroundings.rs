//! What a run finds around it, the same for all profiles: `go` and its defaults, the way to the network, version control.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use delivery::Toolchains;
use go_module::GoVersion;
use go_tool::{Defaults, DirectOptions, Go, GoError};
use secret::SafeUrl;
use tokio::sync::OnceCell;
use upstream::{
    ChainParts, Deadlines, HealthBook, HttpClients, OwnAddresses, PassOn, PoolOptions, Pools,
};

use crate::app::App;
use crate::direct::Direct;
use crate::failure::{Code, Failure};
use crate::settings::{ProfileSettings, PublicHosts, Settings};
use crate::way::Ways;

/// The upstreams that are several nodes, as settings say it.
pub(crate) type PoolsSaid = Vec<(SafeUrl, PoolOptions)>;

/// What a run finds around it.
pub(crate) struct Surroundings {
    go: Result<Go, GoError>,
    defaults: OnceCell<Defaults>,
    go_path: OnceCell<Option<PathBuf>>,
    /// What chains of upstreams are made with, but for their way.
    parts: ChainParts,
    /// The pools of these parts.
    pools_said: Mutex<PoolsSaid>,
    ways: Ways,
    /// Version control, where there is a `go` to reach it with.
    pub(crate) direct: Option<Arc<Direct>>,
    /// Names this run in the hop header.
    pub(crate) instance: String,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Surroundings({})", self.instance)
    }
}

impl Surroundings {
    /// Looks around, for a run that listens at this port.
    pub(crate) async fn look(app: &App, settings: &Settings, port: u16) -> Result<Self, Failure> {
        let go = find_go().await?;
        let instance = instance_id()?;
        let own = OwnAddresses::default();
        own.set(
            [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
                .map(|ip: IpAddr| SocketAddr::new(ip, port)),
        );
        let direct = go.as_ref().ok().map(|go| {
            let go = go_tool::Direct::new(DirectOptions {
                go: go.clone(),
                cache: app.places().cache.join("direct"),
                at_most: settings.direct_at_once,
                deadline: settings.direct_deadline,
            });
            Arc::new(Direct::new(go))
        });
        let limits = Deadlines {
            direct: settings.direct_deadline,
            ..Deadlines::default()
        };
        let ways = Ways::new(limits.clone());
        let (pools, pools_said) = (Pools::default(), pools_of(settings));
        pools.set(pools_said.clone());
        let parts = ChainParts {
            direct: direct
                .clone()
                .map(|direct| direct as Arc<dyn upstream::Direct>),
            own,
            credentials: Some(app.credentials().clone()),
            pools,
            ..ChainParts::new(ways.usual().clone(), limits, instance.clone())
        };
        Ok(Self {
            go,
            defaults: OnceCell::new(),
            go_path: OnceCell::new(),
            parts,
            pools_said: Mutex::new(pools_said),
            ways,
            direct,
            instance,
        })
    }

    /// What the upstreams of this profile are made with.
    ///
    /// # Errors
    /// `bad-input` where the way to them can't be gone.
    pub(crate) async fn parts(&self, profile: &ProfileSettings) -> Result<ChainParts, Failure> {
        Ok(ChainParts {
            http: self.ways.of(profile).await?,
            private_redirects: profile.private_redirects(),
            ..self.parts.clone()
        })
    }

    /// What is known of the ways to upstreams.
    pub(crate) fn health(&self) -> &HealthBook {
        &self.parts.health
    }

    /// The upstreams that are several nodes, and what is known of those.
    pub(crate) fn pools(&self) -> &Pools {
        &self.parts.pools
    }

    /// Lets the pools be as the settings say, and gives back how they were. Upstreams that are made after this are so.
    pub(crate) fn set_pools(&self, settings: &Settings) -> PoolsSaid {
        self.let_pools_be(pools_of(settings))
    }

    /// Lets the pools be so, and gives back how they were.
    pub(crate) fn let_pools_be(&self, now: PoolsSaid) -> PoolsSaid {
        let mut said = self
            .pools_said
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *said != now {
            self.parts.pools.set(now.clone());
        }
        std::mem::replace(&mut *said, now)
    }

    /// The hosts of upstreams that are told of traces.
    pub(crate) fn pass_on(&self) -> &PassOn {
        &self.parts.pass_on
    }

    /// The way to what is not an upstream of any profile.
    pub(crate) fn http(&self) -> &HttpClients {
        &self.parts.http
    }

    /// The version of the `go` that is there, such as `go1.26.8`.
    pub(crate) fn go_version(&self) -> Option<&str> {
        self.go.as_ref().ok().map(Go::version)
    }

    /// What is missing around it, for a person to know.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let missing = self.go.as_ref().err();
        missing
            .map(|error| format!("nothing can be fetched from version control (direct): {error}"))
            .into_iter()
            .collect()
    }

    /// Which toolchains are here besides those that are kept.
    pub(crate) fn toolchains(&self) -> Toolchains {
        let installed = self.go.as_ref().ok();
        let version = installed.and_then(|go| GoVersion::of_toolchain(go.version()));
        Toolchains {
            installed: version.into_iter().collect(),
            ..Toolchains::default()
        }
    }

    /// Go's own default list and database, read from `go`.
    pub(crate) async fn defaults(&self) -> Result<&Defaults, Failure> {
        let go = self.go.as_ref().map_err(|error| {
            go_failure(error)
                .hint("or say yourself what to use: larder serve --upstreams LIST --sumdb VALUE")
        })?;
        let read = || async { go.defaults().await.map_err(|error| go_failure(&error)) };
        self.defaults.get_or_try_init(read).await
    }

    /// The same, where it was read already.
    pub(crate) fn known_defaults(&self) -> Option<&Defaults> {
        self.defaults.get()
    }

    /// Which hosts are public: those of Go's own default list; none where there is no `go` that could say it.
    pub(crate) async fn public_hosts(&self) -> Result<Option<PublicHosts>, Failure> {
        let defaults = match self.defaults().await {
            Ok(defaults) => defaults,
            Err(failure) if failure.code == Code::Go => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let list = defaults.goproxy.parse();
        Ok(list.ok().map(|list| PublicHosts::of(&list)))
    }

    /// The first folder of GOPATH, where `go` keeps the head of a checksum database.
    pub(crate) async fn go_path(&self) -> Option<PathBuf> {
        let read = || async {
            let go = self.go.as_ref().ok()?;
            let said = go.env(&["GOPATH"]).await.ok()?;
            std::env::split_paths(said.get("GOPATH")?)
                .next()
                .filter(|folder| folder.is_absolute())
        };
        self.go_path.get_or_init(read).await.clone()
    }
}

fn pools_of(settings: &Settings) -> PoolsSaid {
    let pools = settings.pools.iter();
    pools
        .map(|pool| (pool.upstream.clone(), pool.options.clone()))
        .collect()
}

/// Looks for `go` off the runtime: it walks the PATH and runs a child.
async fn find_go() -> Result<Result<Go, GoError>, Failure> {
    tokio::task::spawn_blocking(|| Go::find(std::env::var_os("PATH").as_deref()))
        .await
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))
}

fn go_failure(error: &GoError) -> Failure {
    Failure::new(Code::Go, error.to_string())
}

fn instance_id() -> Result<String, Failure> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(
            Code::Internal,
            format!("the system gives no random bytes: {error}"),
        )
    })?;
    Ok(HEXLOWER.encode(&bytes))
}
