//! `profile-draft`, `profile-check`, `profile-save`: a profile edited as a whole, checked as it is typed, and saved or not.

use go_module::{ProxyEntry, ProxyList};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use upstream::{Chain, ChainParts};

use super::check::new_ways_out;
use super::draft::ProfileDraft;
use super::put::{put, renamed};
use super::read::{ProfileComplaint, Read, read};
use super::{Put, on_disk};
use crate::app::App;
use crate::command::Call;
use crate::failure::{Code, Failure};
use crate::go_env;
use crate::settings::{ProfileSettings, RuleTarget, Settings};
use crate::surroundings::Surroundings;

/// Asks for a profile, to be edited.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct ProfileDrafted {
    /// Its name; where there is none, a new one is begun.
    #[serde(default)]
    pub name: Option<String>,
}

impl Call for ProfileDrafted {
    const NAME: &'static str = "profile-draft";
    type Answer = ProfileDraft;

    async fn run(self, app: &App) -> Result<ProfileDraft, Failure> {
        let settings = on_disk(app).await?;
        let profile = match &self.name {
            Some(name) => settings.known(name)?.clone(),
            None => ProfileSettings::new(""),
        };
        let why_not = why_no_safety_net(app, &settings, &profile).await;
        Ok(ProfileDraft {
            safety_net_stands: why_not.is_none(),
            safety_net_why_not: why_not,
            ..ProfileDraft::of(&profile)
        })
    }
}

/// Asks what is wrong with a draft; nothing is changed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProfileCheck {
    /// The draft.
    pub draft: ProfileDraft,
    /// Whether it is to be a new profile; else it takes the place of the one of its name …
    pub is_new: bool,
    /// … or of this one, which is then called otherwise.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub was: Option<String>,
}

/// What is wrong with a draft, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProfileChecked {
    /// What is wrong, in the order of the fields.
    pub complaints: Vec<ProfileComplaint>,
    /// Its chain as GOPROXY has it, without passwords; nothing while the chain makes no sense.
    pub goproxy: String,
    /// Whether go would be given its list behind Larder if it was in use now.
    pub safety_net_stands: bool,
    /// Why not.
    pub safety_net_why_not: Option<String>,
}

impl Call for ProfileCheck {
    const NAME: &'static str = "profile-check";
    type Answer = ProfileChecked;

    async fn run(self, app: &App) -> Result<ProfileChecked, Failure> {
        let settings = on_disk(app).await?;
        let own = (!self.is_new).then(|| self.draft.name.trim().to_owned());
        let was = self.was.or(own);
        let (profile, complaints) = checked(app, &self.draft, was.as_deref(), &settings).await?;
        let goproxy = match &profile.upstreams {
            Some(_) if complaints.iter().any(|it| it.field.starts_with("chain")) => String::new(),
            Some(list) => list.to_string(),
            None if self.draft.default_chain => {
                let around = app.around().await?;
                let defaults = around.defaults().await;
                defaults.map_or_else(|_| String::new(), |it| it.goproxy.clone())
            }
            None => String::new(),
        };
        let settings = moved(settings, was.as_deref(), &profile);
        let why_not = why_no_safety_net(app, &settings, &profile).await;
        Ok(ProfileChecked {
            complaints,
            goproxy,
            safety_net_stands: why_not.is_none(),
            safety_net_why_not: why_not,
        })
    }
}

/// Saves a draft: all of it, or nothing where something is wrong with it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProfileSave {
    /// The draft.
    pub draft: ProfileDraft,
    /// What the profile was called before; none for a new one.
    pub was: Option<String>,
}

impl Call for ProfileSave {
    const NAME: &'static str = "profile-save";
    type Answer = Put;

    async fn run(self, app: &App) -> Result<Put, Failure> {
        let Self { draft, was } = self;
        let settings = on_disk(app).await?;
        if let Some(was) = &was {
            settings.known(was)?;
        }
        let (_, complaints) = checked(app, &draft, was.as_deref(), &settings).await?;
        refuse(complaints)?;
        put(app, was.clone(), move |settings| {
            if let Some(was) = &was {
                settings.known(was)?;
            }
            let read = read(&draft, was.as_deref(), settings);
            refuse(read.complaints)?;
            Ok(read.profile)
        })
        .await
    }
}

fn refuse(complaints: Vec<ProfileComplaint>) -> Result<(), Failure> {
    let mut complaints = complaints.into_iter();
    let Some(first) = complaints.next() else {
        return Ok(());
    };
    let hints = complaints.map(|it| format!("{}: {}", it.field, it.message));
    Err(Failure {
        hints: hints.collect(),
        ..Failure::new(
            Code::BadInput,
            format!("{}: {}", first.field, first.message),
        )
    })
}

/// The profile of a draft, and all that is wrong with it: what it says, whether it can be used, and where it leads.
async fn checked(
    app: &App,
    draft: &ProfileDraft,
    was: Option<&str>,
    settings: &Settings,
) -> Result<(ProfileSettings, Vec<ProfileComplaint>), Failure> {
    let Read {
        profile,
        mut complaints,
    } = read(draft, was, settings);
    let around = app.around().await?;
    complaints.extend(unusable(&around, &profile).await?);
    let public = around.public_hosts().await?.unwrap_or_default();
    let before = moved(settings.clone(), was, &profile);
    for way in new_ways_out(&before, &before.with(&profile), &public) {
        complaints.push(ProfileComplaint {
            field: way.field(&profile, &public),
            message: way.to_string(),
            mend: None,
        });
    }
    let mut told = std::collections::HashSet::new();
    complaints.retain(|it| told.insert(it.field.clone()));
    Ok((profile, complaints))
}

/// What reads well, and is no good to be used: a URL that can't be asked, a file that is not there.
async fn unusable(
    around: &Surroundings,
    profile: &ProfileSettings,
) -> Result<Vec<ProfileComplaint>, Failure> {
    let complaint = |field: String, message: String| ProfileComplaint {
        field,
        message,
        mend: None,
    };
    let mut complaints = Vec::new();
    // How they are reached is looked at by itself.
    let parts = around.parts(&ProfileSettings::new(&profile.name)).await?;
    for (field, list) in lists(profile) {
        for (at, entry) in list.entries.iter().enumerate() {
            if let Err(error) = built(entry, &parts) {
                complaints.push(complaint(format!("{field}.{at}.address"), error));
            }
        }
    }
    let alone = || ProfileSettings::new(&profile.name);
    let ways = [
        (
            "http_proxy",
            ProfileSettings {
                http_proxy: profile.http_proxy.clone(),
                ..alone()
            },
        ),
        (
            "extra_ca",
            ProfileSettings {
                extra_ca: profile.extra_ca.clone(),
                ..alone()
            },
        ),
        (
            "client_certificate",
            ProfileSettings {
                client_certificate: profile.client_certificate.clone(),
                ..alone()
            },
        ),
    ];
    for (field, way) in ways {
        if let Err(failure) = around.parts(&way).await {
            complaints.push(complaint(field.to_owned(), failure.message));
        }
    }
    Ok(complaints)
}

/// The lists of a profile, each by its field.
fn lists(profile: &ProfileSettings) -> Vec<(String, &ProxyList)> {
    let own = [
        ("chain", &profile.upstreams),
        ("private_chain", &profile.private_upstreams),
    ];
    let own = own
        .into_iter()
        .filter_map(|(field, list)| Some((field.to_owned(), list.as_ref()?.value())));
    let rules = profile.rules.iter().enumerate();
    let of_rules = rules.filter_map(|(at, rule)| match &rule.target {
        RuleTarget::Upstreams(list) => Some((format!("rules.{at}.chain"), list.value())),
        RuleTarget::Profile(_) => None,
    });
    own.chain(of_rules).collect()
}

fn built(entry: &ProxyEntry, parts: &ChainParts) -> Result<(), String> {
    let list = ProxyList {
        entries: vec![ProxyEntry {
            source: entry.source.clone(),
            then: None,
        }],
    };
    let chain = Chain::build(&list, parts);
    chain.map(|_| ()).map_err(|error| error.to_string())
}

fn moved(settings: Settings, was: Option<&str>, profile: &ProfileSettings) -> Settings {
    renamed(
        settings,
        was.filter(|was| *was != profile.name),
        &profile.name,
    )
}

async fn why_no_safety_net(
    app: &App,
    settings: &Settings,
    profile: &ProfileSettings,
) -> Option<String> {
    let effect = settings.with(profile).in_effect(&profile.name)?;
    go_env::why_no_safety_net(app, effect).await
}
