//! `settings.toml`: hand-editable. Read with line and column in every complaint, rewritten with its comments kept.

mod address;
mod beside;
mod choice;
mod credentials;
mod cut;
mod metrics;
mod pools;
mod profiles;
mod reader;
mod rename;
mod shared;
mod size;
#[cfg(test)]
mod tests;
mod traces;
mod ways_out;
mod window;
mod write;
mod write_pools;
mod write_window;
mod written;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use delivery::OfflineMode;
use secret::SafeUrl;
use toml_edit::Item;

use self::reader::Reader;
use crate::failure::{Code, Failure};

pub(crate) use self::address::{address, written};
pub use self::beside::Beside;
pub use self::choice::Choice;
pub use self::credentials::CredentialSettings;
pub use self::metrics::MetricsSettings;
pub use self::pools::PoolSettings;
pub(crate) use self::pools::{dns, slow_after};
pub(crate) use self::profiles::check_name;
pub use self::profiles::{PUBLIC, ProfileSettings, RuleSettings, RuleTarget};
pub(crate) use self::shared::{read_shared, write_shared};
pub use self::size::Quota;
pub(crate) use self::size::{parse as parse_size, shown};
pub use self::traces::TracesSettings;
pub(crate) use self::traces::host_of;
pub(crate) use self::ways_out::{PublicHosts, WayOut, ways_out, ways_out_of};
pub use self::window::{Language, Shade, Tell, WindowSettings};
pub use self::written::{
    DatabaseChoice, DatabaseChoiceError, HttpProxy, HttpProxyError, ProxyWish, RedirectOrigin,
    RedirectOriginError, UpstreamList, Written,
};

/// What a new file begins with.
const TEMPLATE: &str = "\
# Larder's settings. Edit them by hand if you like: comments are kept, and Larder reads them at its start.

# The port that Larder listens at on this computer, chosen at the first start and kept,
# so that GOPROXY stays the same.
# port = 4677

# How long lists, latest and branches are given from the cache before the upstream is asked again.
# fresh-for = \"60s\"

# How much the cache may take (or \"unlimited\"), and how much is to stay free on its disk: what was not used for longest
# goes then, but for what is pinned (larder pin) and what stocked projects need.
# quota = \"10 GB\"
# reserve = \"1 GB\"

# The profile that is in force. `public` is always there: the upstreams and the checksum database that go itself uses.
# Of a list, such as [\"company\", \"public\"], it is the first whose upstreams answer, and the last where none does.
# profile = \"public\"

# Where the HTTP API of the Go vulnerability database is served, for `larder vulncheck`: the kept copy is refreshed from
# there once a day and at `larder vulndb refresh`. Without it nothing is ever asked.
# vulnerability-database = \"https://vulndb.corp.example\"

# Whether Larder is offline: \"auto\", it notices by itself that there is no way to any upstream; \"on\"; or \"off\", never.
# offline = \"auto\"

# The window: its language (\"auto\", \"en\", \"zh\"), how light it is (\"auto\", \"light\", \"dark\"), and which icon the tray shows on
# Linux; whether Larder starts at login; and whether notifications name private modules.
# language = \"auto\"
# appearance = \"auto\"
# tray-icon = \"auto\"
# start-at-login = false
# private-names = false

# How many modules may be fetched from version control at once, and how long one may take.
# [direct]
# at-once = 4
# deadline = \"5m\"

# How much of the activity log is kept.
# [activity]
# keep-days = 30
# keep-rows = 100000

# What notifications tell of.
# [tell]
# switched = true
# offline = true
# sign-in = true
# hash = true
# disk = true

# What can be counted, for Prometheus (larder metrics): at a port of this computer, open to all its programs; or at Larder's
# own port, to who has the token. Off where this stands nowhere.
# [metrics]
# listen = \"127.0.0.1:9467\"
# token = true

# Where traces go (larder traces): a collector of OpenTelemetry's, OTLP over HTTP; what they say of where they are from; and the
# hosts of upstreams that are told which trace a request belongs to, never one of go's own default list. Off without `to`.
# [traces]
# to = \"http://127.0.0.1:4318\"
# environment = \"laptop\"
# pass-on = [\"goproxy.corp.example\"]

# Where Larder looks for what upstreams want to be shown (larder login). No secret stands in this file. A helper is a
# command that prints a short-lived one, asked as git asks its credential helpers.
# [credentials]
# keyring = true
# netrc = false
# encrypted-file = false
# [credentials.helpers]
# \"https://proxy.corp.example\" = [\"/opt/corp/bin/token\", \"get\"]

# A profile of one's own: where modules come from (as in GOPROXY), the checksum database that vouches for them
# (as in GOSUMDB), which paths are private (as in GOPRIVATE) and where those come from, and which public ones are
# outside the database (as in GONOSUMDB). What is left out is as go has it; private paths then come from nowhere. A
# What is private in one profile is so in all, but for what one says is `not-private` in it. A
# redirect of a private path is followed inside the upstream's own origin, and to the `private-redirects`.
# With the safety net, `larder env on` gives go the profile's own list too, for when Larder does not answer, as long as
# nothing of the profile would be walked around by that.
# [profiles.company]
# upstreams = \"https://proxy.corp.example,direct\"
# checksum-database = \"off\"
# private = [\"corp.example\", \"github.com/acme\"]
# private-upstreams = \"https://athens.corp.example\"
# private-redirects = [\"https://storage.corp.example\"]
# not-private = [\"github.com/acme/open-source\"]
# no-checksum-database = [\"example.org/*\"]
# http-proxy = \"http://proxy.corp.example:3128\"
# extra-ca = \"/etc/corp/ca.pem\"
# client-certificate = \"/home/me/.config/corp/client.pem\"
# safety-net = true

# A canary: another upstream that a share of the public modules is asked of first, in percent, always the same modules; what
# it does not have or fails at comes as ever. A mirror: what an upstream answered is asked of another one as well, never
# waited for, and differences are reported (larder mirror report). Neither is told of what is private or has a rule.
# canary = { to = \"https://next.corp.example\", share = 5 }
# mirror = { to = \"https://other.corp.example\", share = 100 }

# Paths that come from elsewhere; the first rule that matches counts. Either `to`, another profile's upstreams, or
# `upstreams`, a list of its own. With `private`, its patterns are private too, and it is for private paths only.
# [[profiles.company.rules]]
# patterns = [\"github.com/acme/tools/*\"]
# upstreams = \"https://tools.corp.example\"
# private = true

# An upstream that is several nodes, wherever profiles name it: they share its modules among them, and one that fails is
# passed over before go notices. Its nodes are listed in `nodes`, each by a URL of its own, which are shown the upstream's
# credentials; or in place of that they are all addresses of its host name, with `addresses` true, or the targets of SRV
# records, with `srv` their name, such as _goproxy._tcp.corp.example.
# `dns` is asked in the place of the system's. A node is slow that gives no answer within `slow-after`; with `hedge`, small
# requests are asked of a second node when the first takes longer than it mostly does.
# [[pools]]
# upstream = \"https://proxy.corp.example\"
# nodes = [\"https://n1.corp.example:8443\", \"https://n2.corp.example:8443\"]
# dns = \"127.0.0.1:8600\"
# slow-after = \"1s\"
# hedge = false
";

/// The settings, as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `port`: where to listen; `None` before the first start.
    pub port: Option<u16>,
    /// `fresh-for`: how long what changes is given without asking.
    pub fresh_for: Duration,
    /// `quota`: the most that the cache may take.
    pub quota: Quota,
    /// `reserve`: the least bytes that are to stay free on the disk of the cache; where there is none, the disk decides.
    pub reserve: Option<u64>,
    /// `offline`: who says whether Larder is offline.
    pub offline: OfflineMode,
    /// `profile`: which one is in force; its names are among the profiles.
    pub active: Choice,
    /// `vulnerability-database`: where its HTTP API is served; `None`: the kept copy is never refreshed.
    pub vulnerability_database: Option<SafeUrl>,
    /// `direct.at-once`: children of `go` at once.
    pub direct_at_once: usize,
    /// `direct.deadline`: how long one may take.
    pub direct_deadline: Duration,
    /// `activity.keep-days`
    pub keep_days: u32,
    /// `activity.keep-rows`
    pub keep_rows: u64,
    /// `metrics`: where they are served.
    pub metrics: MetricsSettings,
    /// `traces`: where they go.
    pub traces: TracesSettings,
    /// What tray and window go by.
    pub window: WindowSettings,
    /// `credentials`: where those for upstreams are looked for.
    pub credentials: CredentialSettings,
    /// `profiles`: `public` first, then the others as they stand. The names that their rules lead to are among them.
    pub profiles: Vec<ProfileSettings>,
    /// `pools`: upstreams that are several nodes.
    pub pools: Vec<PoolSettings>,
    /// Complaints that don't stop us, such as unknown keys, each with its place.
    pub warnings: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: None,
            fresh_for: Duration::from_secs(60),
            quota: Quota::default(),
            reserve: None,
            offline: OfflineMode::default(),
            active: Choice::default(),
            vulnerability_database: None,
            direct_at_once: 4,
            direct_deadline: Duration::from_secs(5 * 60),
            keep_days: 30,
            keep_rows: 100_000,
            metrics: MetricsSettings::default(),
            traces: TracesSettings::default(),
            window: WindowSettings::default(),
            credentials: CredentialSettings::default(),
            profiles: vec![ProfileSettings::new(PUBLIC)],
            pools: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads the file; without one, the defaults hold.
    ///
    /// # Errors
    /// `bad-settings`, with line and column; the file is left as it is.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Failure::new(
                Code::BadSettings,
                format!("{} can't be read: {error}", path.display()),
            )),
        }
    }

    /// The profile of this name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&ProfileSettings> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// `not-found`, with the names there are.
    pub(crate) fn known(&self, name: &str) -> Result<&ProfileSettings, Failure> {
        self.profile(name).ok_or_else(|| write::absent(self, name))
    }

    /// The settings with this profile in the place of the one of its name, or behind the others.
    pub(crate) fn with(&self, profile: &ProfileSettings) -> Self {
        let mut settings = self.clone();
        let mut profiles = settings.profiles.iter_mut();
        match profiles.find(|old| old.name == profile.name) {
            Some(old) => *old = profile.clone(),
            None => settings.profiles.push(profile.clone()),
        }
        settings
    }

    /// All profiles but the one of this name.
    pub(crate) fn others(&self, name: &str) -> impl Iterator<Item = &ProfileSettings> {
        self.profiles.iter().filter(move |other| other.name != name)
    }

    /// What is private in other profiles and by that in this one, where it has no place: their names, and the patterns that
    /// this one has nothing to say about.
    pub(crate) fn private_elsewhere(&self, name: &str) -> Vec<(&str, Vec<&String>)> {
        let Some(own) = self.profile(name) else {
            return Vec::new();
        };
        let is_said = |pattern: &str| {
            let mut said = own.all_private().chain(&own.not_private);
            said.any(|said| profiles::covers(said, pattern))
        };
        let others = self.others(name).map(|other| {
            let patterns = other.all_private().filter(|pattern| !is_said(pattern));
            (other.name.as_str(), patterns.collect::<Vec<_>>())
        });
        others
            .filter(|(_, patterns)| !patterns.is_empty())
            .collect()
    }

    /// The profile of this name as it is where it is in force: what is private in any profile is private in it as well, but
    /// for what it says is not. A switch must not lead private paths out.
    #[must_use]
    pub fn in_effect(&self, name: &str) -> Option<ProfileSettings> {
        let mut profile = self.profile(name)?.clone();
        let elsewhere = self.private_elsewhere(name);
        for pattern in elsewhere.into_iter().flat_map(|(_, patterns)| patterns) {
            if !profile.private.contains(pattern) {
                profile.private.push(pattern.clone());
            }
        }
        Some(profile)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let reader = Reader::new(path, text);
        let document = reader.document()?;
        let mut settings = Self::default();
        let mut active = None;
        reader.table(document.as_table(), "", |key, item| {
            match key {
                "port" => settings.port = Some(reader.whole(key, item, 1, u16::MAX.into())?),
                "fresh-for" => {
                    settings.fresh_for = reader.duration(key, item, Duration::ZERO, DAY)?
                }
                "quota" => settings.quota = reader.parsed(key, item, "10 GB")?,
                "reserve" => settings.reserve = Some(reader.size(key, item)?),
                "offline" => settings.offline = offline(&reader, key, item)?,
                "profile" => {
                    active = Some((Choice::read(&reader, key, item)?, item.span()));
                }
                "vulnerability-database" => {
                    settings.vulnerability_database = Some(reader.web_address(key, item)?);
                }
                "direct" => reader.sub_table(key, item, |key, item| {
                    match key {
                        "at-once" => settings.direct_at_once = reader.whole(key, item, 1, 64)?,
                        "deadline" => {
                            settings.direct_deadline = reader.duration(key, item, SECOND, HOUR)?;
                        }
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                "activity" => reader.sub_table(key, item, |key, item| {
                    match key {
                        "keep-days" => settings.keep_days = reader.whole(key, item, 1, 3650)?,
                        "keep-rows" => {
                            settings.keep_rows = reader.whole(key, item, 100, 10_000_000)?;
                        }
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                "metrics" => settings.metrics = MetricsSettings::read(&reader, item)?,
                "traces" => settings.traces = TracesSettings::read(&reader, item)?,
                "credentials" => settings.credentials = credentials::read(&reader, item)?,
                "pools" => settings.pools = pools::read(&reader, item)?,
                "profiles" => settings.profiles = profiles::read(&reader, item)?,
                _ => return settings.window.read(&reader, key, item),
            }
            Ok(true)
        })?;
        if let Some((choice, span)) = active {
            choice.check(&reader, span, &settings.profiles)?;
            settings.active = choice;
        }
        settings.warnings = reader.warnings();
        Ok(settings)
    }
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn offline(reader: &Reader<'_>, key: &str, item: &Item) -> Result<OfflineMode, Failure> {
    let what = "\"auto\", \"on\" or \"off\"";
    let text = reader.text(key, item, what)?;
    OfflineMode::from_word(text)
        .ok_or_else(|| reader.complaint(item.span(), &format!("`{key}` must be {what}")))
}
