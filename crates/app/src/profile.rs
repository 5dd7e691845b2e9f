//! The profile in force at a start: Go's own default list as `public`, or what this run's options put in its place.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use delivery::{ChecksumDb, Database, Profile, Routes};
use go_module::ProxyList;
use go_tool::{DirectOptions, Go, GoError};
use upstream::{Chain, ChainParts, Deadlines, HttpClients, OwnAddresses, Upstream};

use crate::direct::Direct;
use crate::failure::{Code, Failure};
use crate::places::Places;
use crate::settings::Settings;

/// What a run may set otherwise than the settings.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// The port that is listened at.
    pub port: u16,
    /// An upstream list in GOPROXY's grammar that stands in for the profile's, for this run only.
    pub upstreams: Option<String>,
    /// A GOSUMDB value that stands in for the profile's, for this run only.
    pub sumdb: Option<String>,
}

/// A profile ready to be put in force.
pub(crate) struct Built {
    pub(crate) profile: Profile,
    pub(crate) instance: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) direct: Option<Arc<Direct>>,
}

/// Builds the `public` profile: its upstreams and checksum database are Go's own defaults, unless this run says otherwise.
pub(crate) async fn build(
    places: &Places,
    settings: &Settings,
    options: &ServeOptions,
) -> Result<Built, Failure> {
    let mut warnings = Vec::new();
    let go = find_go().await?;
    let (upstreams, sumdb) = match (&options.upstreams, &options.sumdb, &go) {
        (Some(upstreams), Some(sumdb), _) => (upstreams.clone(), sumdb.clone()),
        (_, _, Ok(go)) => {
            let defaults = go.defaults().await.map_err(|error| go_failure(&error))?;
            (
                options.upstreams.clone().unwrap_or(defaults.goproxy),
                options.sumdb.clone().unwrap_or(defaults.gosumdb),
            )
        }
        (_, _, Err(error)) => {
            return Err(go_failure(error)
                .hint("or say yourself what to use: larder serve --upstreams LIST --sumdb VALUE"));
        }
    };
    let list = ProxyList::parse(&upstreams).map_err(|error| {
        Failure::new(
            Code::BadInput,
            format!("the upstream list can't be used: {error}"),
        )
        .hint("it is written as GOPROXY is: URLs, `direct` or `off`, separated by `,` or `|`")
    })?;
    let checksum_db = ChecksumDb::parse(&sumdb)
        .map_err(|error| Failure::new(Code::BadInput, error.to_string()).hint("it is written as GOSUMDB is: off, a name, or name+hash+key, and a URL after it if need be"))?;
    let instance = instance_id()?;
    let own = OwnAddresses::default();
    own.set(
        [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            .map(|ip: IpAddr| SocketAddr::new(ip, options.port)),
    );
    let direct = match go {
        Ok(go) => {
            let (at_most, deadline) = (settings.direct_at_once, settings.direct_deadline);
            let go = go_tool::Direct::new(DirectOptions {
                go,
                cache: places.cache.join("direct"),
                at_most,
                deadline,
            });
            Some(Arc::new(Direct::new(go)))
        }
        Err(error) => {
            warnings.push(format!(
                "nothing can be fetched from version control (direct): {error}"
            ));
            None
        }
    };
    let limits = Deadlines {
        direct: settings.direct_deadline,
        ..Deadlines::default()
    };
    let parts = ChainParts {
        http: HttpClients::new(&limits),
        direct: direct
            .clone()
            .map(|direct| direct as Arc<dyn upstream::Direct>),
        own,
        limits,
        instance: instance.clone(),
    };
    let chain = Chain::build(&list, &parts).map_err(|error| {
        Failure::new(
            Code::BadInput,
            format!("the upstream list can't be used: {error}"),
        )
        .hint("check each URL of the list")
    })?;
    let database = database(&checksum_db, &chain, &parts)?;
    let profile = Profile::new("public", Routes::all_to(chain), database);
    Ok(Built {
        profile,
        instance,
        warnings,
        direct,
    })
}
/// The profile's checksum database: at its own URL where the value gives one, else through the chain or by its name.
fn database(
    value: &ChecksumDb,
    chain: &Chain,
    parts: &ChainParts,
) -> Result<Option<Database>, Failure> {
    let ChecksumDb::Named { name, key, url } = value else {
        return Ok(None);
    };
    let bad = |error: &dyn std::fmt::Display| {
        Failure::new(
            Code::BadInput,
            format!("the checksum database can't be used: {error}"),
        )
    };
    let key = key.parse().map_err(|error| bad(&error))?;
    let place = url.clone().unwrap_or_else(|| format!("https://{name}"));
    let place = Upstream::checksum_database(&place, parts).map_err(|error| bad(&error))?;
    Ok(Some(match url {
        Some(_) => Database::at(key, place),
        None => Database::through(key, chain.clone(), place),
    }))
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
