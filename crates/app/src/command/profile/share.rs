//! A profile as a file for others: whole in itself, and without secrets.

use delivery::ChecksumDb;
use secret::SafeUrl;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::on_disk;
use crate::app::App;
use crate::command::Call;
use crate::failure::Failure;
use crate::settings::{
    self, DatabaseChoice, HttpProxy, PUBLIC, ProfileSettings, RuleTarget, Settings, UpstreamList,
};

/// Asks for a profile as a file for others.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProfileExport {
    /// Its name.
    pub name: String,
}

/// A profile as a file for others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Exported {
    /// Its name.
    pub name: String,
    /// The file.
    pub toml: String,
    /// What it does not hold though the profile does, a sentence each.
    pub left_out: Vec<String>,
}

impl Call for ProfileExport {
    const NAME: &'static str = "profile-export";
    type Answer = Exported;

    async fn run(self, app: &App) -> Result<Exported, Failure> {
        let settings = on_disk(app).await?;
        let profile = settings.known(&self.name)?;
        let (shared, left_out) = shareable(profile, &settings);
        let mut head = vec![
            "A profile of Larder: where go modules come from. Take it in: larder profile import FILE"
                .to_owned(),
            "It holds no passwords and no tokens.".to_owned(),
        ];
        head.extend(left_out.iter().cloned());
        Ok(Exported {
            toml: settings::write_shared(&shared, &head),
            name: self.name,
            left_out,
        })
    }
}

/// The profile with nothing in it that is secret or means nothing elsewhere, and what was left out or put in other words.
fn shareable(profile: &ProfileSettings, settings: &Settings) -> (ProfileSettings, Vec<String>) {
    let mut left_out = Vec::new();
    let mut shared = profile.clone();
    let mut bare = |what: &str, list: &mut UpstreamList| {
        if let Some(cut) = without_secrets(list) {
            left_out.push(format!(
                "Left out of {what}: a user name, a password or a query in a URL; {list} is what it has."
            ));
            *list = cut;
        }
    };
    if let Some(list) = &mut shared.upstreams {
        bare("`upstreams`", list);
    }
    if let Some(list) = &mut shared.private_upstreams {
        bare("`private-upstreams`", list);
    }
    for rule in &mut shared.rules {
        // Others have profiles of other names; `public` they have as well.
        if let RuleTarget::Profile(name) = &rule.target
            && name != PUBLIC
        {
            let to = settings.profile(name).and_then(|to| to.upstreams.clone());
            rule.target = match to {
                Some(list) => RuleTarget::Upstreams(list),
                None => RuleTarget::Profile(PUBLIC.to_owned()),
            };
        }
        if let RuleTarget::Upstreams(list) = &mut rule.target {
            bare("a rule", list);
        }
    }
    if let Some(choice) = &mut shared.checksum_db
        && let Some(cut) = database_without_secrets(choice)
    {
        left_out.push(
            "Left out of `checksum-database`: a user name, a password or a query in its URL."
                .to_owned(),
        );
        *choice = cut;
    }
    if let Some(proxy) = &mut shared.http_proxy
        && let Some(cut) = proxy_without_secrets(proxy)
    {
        left_out.push(
            "Left out of `http-proxy`: a user name, a password or a query in its URL.".to_owned(),
        );
        *proxy = cut;
    }
    for (key, file) in [
        ("extra-ca", &mut shared.extra_ca),
        ("client-certificate", &mut shared.client_certificate),
    ] {
        if let Some(path) = file.take() {
            let path = path.display();
            left_out.push(format!(
                "Left out: `{key}`, which is a file of one computer ({path})."
            ));
        }
    }
    for pool in &settings.pools {
        if profile.named_upstreams().iter().any(|url| pool.is_of(url)) {
            left_out.push(format!(
                "Left out: that {} is several nodes here, which no profile says (larder pool set).",
                pool.name()
            ));
        }
    }
    (shared, left_out)
}

/// Whether a URL of the profile holds what is not for others.
pub(super) fn holds_secrets(profile: &ProfileSettings) -> bool {
    let of_rules = profile.rules.iter().filter_map(|rule| match &rule.target {
        RuleTarget::Upstreams(list) => Some(list),
        RuleTarget::Profile(_) => None,
    });
    let lists = [&profile.upstreams, &profile.private_upstreams];
    let mut lists = lists.into_iter().flatten().chain(of_rules);
    let database = profile.checksum_db.as_ref();
    lists.any(|list| without_secrets(list).is_some())
        || profile
            .http_proxy
            .as_ref()
            .is_some_and(|proxy| proxy_without_secrets(proxy).is_some())
        || database.is_some_and(|choice| database_without_secrets(choice).is_some())
}

/// The list without user info and queries, where it has any.
fn without_secrets(list: &UpstreamList) -> Option<UpstreamList> {
    let bare: UpstreamList = list.to_string().parse().ok()?;
    (bare.value() != list.value()).then_some(bare)
}

/// The same for the URL of an HTTP proxy.
fn proxy_without_secrets(proxy: &HttpProxy) -> Option<HttpProxy> {
    let bare: HttpProxy = proxy.to_string().parse().ok()?;
    (bare.value() != proxy.value()).then_some(bare)
}

/// The same for the URL of a database.
fn database_without_secrets(choice: &DatabaseChoice) -> Option<DatabaseChoice> {
    let ChecksumDb::Named { url: Some(url), .. } = choice.value() else {
        return None;
    };
    let mut words = choice.expose().split_whitespace();
    let key = words.next()?;
    let written = words.next()?;
    let bare = match SafeUrl::parse(url) {
        Ok(url) => format!("{key} {url}"),
        Err(_) => key.to_owned(),
    };
    let is_same = SafeUrl::parse(written).is_ok_and(|url| {
        url.user_info().is_none()
            && url.as_url().query().is_none()
            && url.as_url().fragment().is_none()
    });
    (!is_same).then(|| bare.parse().ok()).flatten()
}
