//! A profile of the settings becomes one that can be put in force: its lists, its rules, its database.

use std::time::Duration;

use delivery::{Allowed, Beside, ChecksumDb, Database, Elsewhere, Profile, Routes, Rule};
use go_module::{ProxyEntry, ProxyList, ProxySource};
use upstream::{Chain, ChainParts, Deadlines, Upstream};

use crate::failure::{Code, Failure};
use crate::settings::{self, DatabaseChoice, ProfileSettings, RuleTarget, Settings, UpstreamList};
use crate::surroundings::Surroundings;

/// How long a canary or a mirror may take to begin to answer: who asked waits for the one, and many wait behind the other.
const BEGINS_WITHIN: Duration = Duration::from_secs(5);
/// The same with its retries; and the longest silence within a body.
const PATIENCE: Duration = Duration::from_secs(8);

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

/// What this run sets otherwise, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    upstreams: Option<UpstreamList>,
    database: Option<DatabaseChoice>,
}

impl Overrides {
    /// What stands in for the profile's, for a person to know.
    pub(crate) fn told(&self) -> Option<&'static str> {
        match (&self.upstreams, &self.database) {
            (None, None) => None,
            (Some(_), None) => Some(
                "this run was started with --upstreams, which stands in for the upstreams of every profile",
            ),
            (None, Some(_)) => Some(
                "this run was started with --sumdb, which stands in for the checksum database of every profile",
            ),
            (Some(_), Some(_)) => Some(
                "this run was started with --upstreams and --sumdb, which stand in for those of every profile",
            ),
        }
    }

    /// Reads what a run was told.
    ///
    /// # Errors
    /// `bad-input`.
    pub(crate) fn read(options: &ServeOptions) -> Result<Self, Failure> {
        let upstreams = options.upstreams.as_deref().map(str::parse::<UpstreamList>);
        let upstreams = upstreams.transpose().map_err(|error| {
            Failure::new(
                Code::BadInput,
                format!("the upstream list can't be used: {error}"),
            )
            .hint("it is written as GOPROXY is: URLs, `direct` or `off`, separated by `,` or `|`")
        })?;
        let database = options.sumdb.as_deref().map(str::parse::<DatabaseChoice>);
        let database = database.transpose().map_err(|error| {
            Failure::new(Code::BadInput, error.to_string()).hint("it is written as GOSUMDB is: off, a name, or name+hash+key, and a URL after it if need be")
        })?;
        Ok(Self {
            upstreams,
            database,
        })
    }

    /// The list that stands in for the profile's.
    pub(crate) fn upstreams(&self) -> Option<&UpstreamList> {
        self.upstreams.as_ref()
    }

    /// The database that stands in for the profile's.
    pub(crate) fn database(&self) -> Option<&DatabaseChoice> {
        self.database.as_ref()
    }
}

/// Builds the profile of this name.
///
/// # Errors
/// `bad-input` where a URL can't be used; `go` where Go's own defaults are wanted and there is no `go`.
pub(crate) async fn build(
    around: &Surroundings,
    settings: &Settings,
    name: &str,
    overrides: &Overrides,
    allowed: Vec<Allowed>,
) -> Result<Profile, Failure> {
    let said = settings.profile(name).ok_or_else(|| absent(name))?;
    let builder = Builder::of(around, settings, said).await?;
    let own = overrides.upstreams.as_ref().or(said.upstreams.as_ref());
    let chain = builder.chain(own).await?;
    let private_chain = match &said.private_upstreams {
        None => None,
        Some(list) => Some(builder.chain(Some(list)).await?),
    };
    let routes = Routes {
        private: said.private_patterns(),
        private_elsewhere: elsewhere(settings, name),
        not_private: said.not_private_patterns(),
        private_chain,
        rules: builder.rules(said).await?,
        no_database: said.no_checksum_db_patterns(),
        allowed,
        chain: chain.clone(),
    };
    let choice = overrides.database.as_ref().or(said.checksum_db.as_ref());
    let database = builder.database(choice, &chain).await?;
    let profile = Profile::new(name, routes, database);
    if overrides.upstreams.is_some() {
        // What this run was told stands in for all that the profile says of its upstreams.
        return Ok(profile);
    }
    Ok(profile
        .with_canary(builder.beside(said.canary.as_ref())?)
        .with_mirror(builder.beside(said.mirror.as_ref())?))
}

/// What the other profiles have private.
fn elsewhere(settings: &Settings, name: &str) -> Vec<Elsewhere> {
    let others = settings.others(name);
    let others = others.map(|other| Elsewhere {
        profile: other.name.clone(),
        patterns: other.private_patterns(),
    });
    others.collect()
}

/// The lists that a profile gives itself, for its modules and for private ones; Go's default list where it gives none.
///
/// # Errors
/// As [`build`].
pub(crate) async fn own_chains(
    around: &Surroundings,
    settings: &Settings,
    name: &str,
    overrides: &Overrides,
) -> Result<Vec<Chain>, Failure> {
    let said = settings.profile(name).ok_or_else(|| absent(name))?;
    let builder = Builder::of(around, settings, said).await?;
    let own = overrides.upstreams.as_ref().or(said.upstreams.as_ref());
    let lists = own.into_iter().chain(&said.private_upstreams);
    let mut chains = Vec::new();
    for list in lists {
        chains.push(builder.chain(Some(list)).await?);
    }
    if chains.is_empty() {
        chains.push(builder.chain(None).await?);
    }
    Ok(chains)
}

fn absent(name: &str) -> Failure {
    Failure::new(Code::NotFound, format!("there is no profile {name}"))
        .hint("settings.toml has the profiles; `public` is always there")
}

struct Builder<'a> {
    around: &'a Surroundings,
    settings: &'a Settings,
    /// What the profile's own upstreams are made with.
    parts: ChainParts,
}

impl<'a> Builder<'a> {
    async fn of(
        around: &'a Surroundings,
        settings: &'a Settings,
        said: &ProfileSettings,
    ) -> Result<Self, Failure> {
        Ok(Self {
            around,
            settings,
            parts: around.parts(said).await?,
        })
    }

    /// The upstreams of a list; of Go's default list where there is none.
    async fn chain(&self, list: Option<&UpstreamList>) -> Result<Chain, Failure> {
        self.chain_of(list, &self.parts).await
    }

    async fn chain_of(
        &self,
        list: Option<&UpstreamList>,
        parts: &ChainParts,
    ) -> Result<Chain, Failure> {
        let bad = |error: &dyn std::fmt::Display| {
            Failure::new(
                Code::BadInput,
                format!("the upstream list can't be used: {error}"),
            )
            .hint("check each URL of the list")
        };
        let built = match list {
            Some(list) => Chain::build(list.value(), parts),
            None => {
                let list = &self.around.defaults().await?.goproxy;
                let list = ProxyList::parse(list).map_err(|error| bad(&error))?;
                Chain::build(&list, parts)
            }
        };
        built.map_err(|error| bad(&error))
    }

    /// A canary or a mirror, which is given little time.
    fn beside(&self, said: Option<&settings::Beside>) -> Result<Option<Beside>, Failure> {
        let Some(said) = said else { return Ok(None) };
        let parts = ChainParts {
            limits: Deadlines {
                first_byte: BEGINS_WITHIN,
                overall: PATIENCE,
                idle: PATIENCE,
                ..self.parts.limits.clone()
            },
            ..self.parts.clone()
        };
        let list = ProxyList {
            entries: vec![ProxyEntry {
                source: ProxySource::Url(said.to.as_url().to_string()),
                then: None,
            }],
        };
        let chain = Chain::build(&list, &parts).map_err(|error| {
            let message = format!("{} can't be used: {error}", said.to);
            Failure::new(Code::BadInput, message).hint("check its URL")
        })?;
        Ok(chain.upstreams().next().map(|upstream| Beside {
            upstream: upstream.clone(),
            share: said.share,
        }))
    }

    async fn rules(&self, said: &ProfileSettings) -> Result<Vec<Rule>, Failure> {
        let mut rules = Vec::new();
        for rule in &said.rules {
            let chain = match &rule.target {
                RuleTarget::Upstreams(list) => self.chain(Some(list)).await?,
                // The other profile's upstreams are reached on that one's way.
                RuleTarget::Profile(name) => match self.settings.profile(name) {
                    Some(other) => {
                        let parts = self.around.parts(other).await?;
                        self.chain_of(other.upstreams.as_ref(), &parts).await?
                    }
                    None => self.chain(None).await?,
                },
            };
            rules.push(Rule {
                patterns: rule.patterns(),
                private: rule.private,
                chain,
            });
        }
        Ok(rules)
    }

    /// The checksum database: at its own URL where the value gives one, else through the chain or by its name; Go's own
    /// where there is no value.
    async fn database(
        &self,
        choice: Option<&DatabaseChoice>,
        chain: &Chain,
    ) -> Result<Option<Database>, Failure> {
        let bad = |error: &dyn std::fmt::Display| {
            Failure::new(
                Code::BadInput,
                format!("the checksum database can't be used: {error}"),
            )
        };
        let choice = match choice {
            Some(choice) => choice.value().clone(),
            None => ChecksumDb::parse(&self.around.defaults().await?.gosumdb)
                .map_err(|error| bad(&error))?,
        };
        let ChecksumDb::Named { name, key, url } = choice else {
            return Ok(None);
        };
        let key = key.parse().map_err(|error| bad(&error))?;
        let place = url.clone().unwrap_or_else(|| format!("https://{name}"));
        let place =
            Upstream::checksum_database(&place, &self.parts).map_err(|error| bad(&error))?;
        let database = match url {
            Some(_) => Database::at(key, place),
            None => Database::through(key, chain.clone(), place),
        };
        Ok(Some(match self.around.go_path().await {
            Some(folder) => {
                let file = folder.join("pkg/sumdb").join(&name).join("latest");
                database.with_go_latest(file)
            }
            None => database,
        }))
    }
}
