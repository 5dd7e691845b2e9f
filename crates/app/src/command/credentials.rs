//! `credentials`: what is kept for upstreams, without the secrets; kept anew, removed, taken over.

use credential::{Credential, KeptIn, Listed, Netrc, Origin};
use secret::Secret;
use serde::{Deserialize, Serialize, Serializer};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::credentials::{
    EncryptedFileState, Into, apart, netrc_place, origins, target, user_infos, without_user_info,
};
use crate::failure::{Code, Failure};
use crate::settings::Settings;

/// A secret on its way between a command and the instance, over the control API and nowhere else. Nothing prints it.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct Carried(Secret);

impl Carried {
    /// Takes a secret along.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The secret.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

impl Serialize for Carried {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

/// Asks which upstream is meant, and where a login for it would be kept, before a person is asked for anything.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct LoginTarget {
    /// The URL of an upstream, or the name of a profile whose lists have one.
    pub upstream: String,
}

/// The upstream that is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Target {
    /// Its origin: a credential is for all of it.
    #[ts(type = "string")]
    pub origin: Origin,
    /// Whether the settings say that it is kept in the encrypted file.
    pub in_file: bool,
    /// How that file stands.
    pub file: EncryptedFileState,
}

impl Call for LoginTarget {
    const NAME: &'static str = "login-target";
    type Answer = Target;

    async fn run(self, app: &App) -> Result<Target, Failure> {
        let settings = app.settings();
        Ok(Target {
            origin: target(&settings, &self.upstream)?,
            in_file: settings.credentials.encrypted_file,
            file: app.credentials().file_state(),
        })
    }
}

/// Keeps a credential for an upstream. The next request to it shows it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Login {
    /// Whom it is for.
    #[ts(type = "string")]
    pub origin: Origin,
    /// The user's name; none for a bearer token.
    pub user: Option<String>,
    /// The password or token.
    pub secret: Carried,
    /// Whether it is to be kept in the encrypted file, whatever the settings say.
    pub in_file: bool,
    /// The passphrase of the encrypted file, where that is not open.
    pub passphrase: Option<Carried>,
}

impl Call for Login {
    const NAME: &'static str = "login";
    type Answer = Listed;

    async fn run(self, app: &App) -> Result<Listed, Failure> {
        let settings = app.settings();
        // A client may name any origin: the rules are the same as for what a person types.
        let origin = target(&settings, self.origin.as_str())?;
        let secret = self.secret.0;
        let credential = match self.user {
            Some(user) => Credential::basic(origin, user, secret),
            None => Credential::bearer(origin, secret),
        };
        let credential =
            credential.map_err(|unfit| Failure::new(Code::BadInput, unfit.to_string()))?;
        let into = if self.in_file || self.passphrase.is_some() {
            Into::EncryptedFile(self.passphrase.map(|passphrase| passphrase.0))
        } else {
            Into::AsSet
        };
        let mut listed = Listed::of(&credential, KeptIn::Keyring);
        listed.kept_in = app.credentials().keep(&settings, credential, into).await?;
        Ok(listed)
    }
}

/// Removes what is kept for an upstream.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Logout {
    /// The URL of an upstream, or the name of a profile whose lists have one.
    pub upstream: String,
}

/// It is removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LoggedOut {
    /// Whom it was for.
    #[ts(type = "string")]
    pub origin: Origin,
    /// Where it was.
    pub removed: Vec<KeptIn>,
    /// Where another one for this upstream still comes from.
    pub still: Option<KeptIn>,
}

impl Call for Logout {
    const NAME: &'static str = "logout";
    type Answer = LoggedOut;

    async fn run(self, app: &App) -> Result<LoggedOut, Failure> {
        let settings = app.settings();
        let origin = target(&settings, &self.upstream)?;
        let removed = app.credentials().remove(&settings, &origin).await?;
        let said = &settings.credentials;
        let still = if said.helpers.contains_key(&origin) {
            Some(KeptIn::Helper)
        } else if said.netrc
            && of_netrc(vec![origin.clone()])
                .await
                .is_ok_and(|all| !all.is_empty())
        {
            Some(KeptIn::Netrc)
        } else {
            None
        };
        if removed.is_empty() {
            let failure = Failure::new(Code::NotFound, format!("nothing is kept for {origin}"));
            return Err(match still {
                None => failure.hint("see what is: larder credentials"),
                Some(place) => failure.hint(format!(
                    "what it is shown comes from the {place}, which settings.toml names"
                )),
            });
        }
        Ok(LoggedOut {
            origin,
            removed,
            still,
        })
    }
}

/// Asks what is kept, without the secrets.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct CredentialsList {}

/// What is kept for upstreams, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptCredentials {
    /// In the keyring and the encrypted file.
    pub kept: Vec<Listed>,
    /// Helper commands, by their programs.
    pub helpers: Vec<HelperOf>,
    /// What netrc has for hosts over https.
    pub netrc: Vec<Listed>,
    /// Whether Larder reads netrc for its upstreams.
    pub netrc_is_read: bool,
    /// How the encrypted file stands.
    pub encrypted_file: EncryptedFileState,
    /// What could not be asked, a sentence each.
    pub troubles: Vec<String>,
}

/// The helper command of an upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HelperOf {
    /// Whom it is asked for.
    #[ts(type = "string")]
    pub origin: Origin,
    /// The program; its arguments are not shown.
    pub program: String,
}

impl Call for CredentialsList {
    const NAME: &'static str = "credentials-list";
    type Answer = KeptCredentials;

    async fn run(self, app: &App) -> Result<KeptCredentials, Failure> {
        let settings = app.settings();
        let (kept, mut troubles) = app.credentials().list().await;
        let netrc = match read_netrc().await {
            Ok(netrc) => netrc.list(),
            Err(failure) => {
                if !troubles.contains(&failure.message) {
                    troubles.push(failure.message);
                }
                Vec::new()
            }
        };
        let helpers = settings.credentials.helpers.iter();
        let helpers = helpers.map(|(origin, helper)| HelperOf {
            origin: origin.clone(),
            program: helper.program().to_owned(),
        });
        Ok(KeptCredentials {
            kept,
            helpers: helpers.collect(),
            netrc,
            netrc_is_read: settings.credentials.netrc,
            encrypted_file: app.credentials().file_state(),
            troubles,
        })
    }
}

/// Opens the encrypted file until Larder ends.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CredentialsUnlock {
    /// Its passphrase.
    pub passphrase: Carried,
}

/// It is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Unlocked {
    /// How many credentials are in it.
    pub credentials: usize,
}

impl Call for CredentialsUnlock {
    const NAME: &'static str = "credentials-unlock";
    type Answer = Unlocked;

    async fn run(self, app: &App) -> Result<Unlocked, Failure> {
        // Where nothing listens the file would be open for this one command, and of no use to anybody.
        app.serving()?;
        let settings = app.settings();
        let opening = app.credentials().open_file(&settings, self.passphrase.0);
        let credentials = opening.await?;
        Ok(Unlocked { credentials })
    }
}

/// Takes credentials over from where they lie in the open.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialsImport {
    /// What netrc has for the upstreams of the profiles. It is left as it is.
    Netrc,
    /// The user info in the URLs of this profile, which is then taken out of settings.toml.
    Profile(String),
}

/// They are taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Imported {
    /// What is kept now.
    pub kept: Vec<Listed>,
    /// Whether settings.toml was cleaned.
    pub settings_cleaned: bool,
}

impl Call for CredentialsImport {
    const NAME: &'static str = "credentials-import";
    type Answer = Imported;

    async fn run(self, app: &App) -> Result<Imported, Failure> {
        let settings = app.settings();
        match self {
            Self::Netrc => {
                let mut all: Vec<Origin> = settings.profiles.iter().flat_map(origins).collect();
                all.sort();
                all.dedup();
                let found = of_netrc(all).await?;
                if found.is_empty() {
                    return Err(Failure::new(
                        Code::NotFound,
                        "netrc has nothing for an upstream of your profiles",
                    )
                    .hint("an entry is found by the host of the upstream, with its port where the URL has one"));
                }
                Ok(Imported {
                    kept: keep_all(app, &settings, found).await?,
                    settings_cleaned: false,
                })
            }
            Self::Profile(name) => {
                let profile = settings.profile(&name).ok_or_else(|| {
                    let known = settings.profiles.iter();
                    let known: Vec<&str> = known.map(|one| one.name.as_str()).collect();
                    Failure::new(Code::NotFound, format!("there is no profile {name:?}"))
                        .hint(format!("there is: {}", known.join(", ")))
                })?;
                let found = user_infos(profile)?;
                if found.is_empty() {
                    return Err(Failure::new(
                        Code::NotFound,
                        format!(
                            "no upstream URL of profile {name} has a user name or password in it"
                        ),
                    ));
                }
                let clean = without_user_info(profile)?;
                // First kept, then taken out: what fails in between loses nothing.
                let kept = keep_all(app, &settings, found).await?;
                app.change_settings(move |path| Settings::replace_profile(path, &clean))
                    .await?;
                Ok(Imported {
                    kept,
                    settings_cleaned: true,
                })
            }
        }
    }
}

async fn keep_all(
    app: &App,
    settings: &Settings,
    found: Vec<Credential>,
) -> Result<Vec<Listed>, Failure> {
    let mut kept = Vec::new();
    for credential in found {
        let mut listed = Listed::of(&credential, KeptIn::Keyring);
        let keeping = app.credentials().keep(settings, credential, Into::AsSet);
        listed.kept_in = keeping.await?;
        kept.push(listed);
    }
    Ok(kept)
}

async fn read_netrc() -> Result<Netrc, Failure> {
    apart(|| match netrc_place() {
        Some(path) => Ok(Netrc::read(&path)?),
        None => Ok(Netrc::default()),
    })
    .await
}

/// What netrc has for these origins.
async fn of_netrc(origins: Vec<Origin>) -> Result<Vec<Credential>, Failure> {
    let netrc = read_netrc().await?;
    let mut found = Vec::new();
    for origin in &origins {
        let credential = netrc
            .credential(origin)
            .map_err(credential::CredentialError::from)?;
        found.extend(credential);
    }
    Ok(found)
}
