//! `larder profile add` and `larder profile edit`.

use std::path::PathBuf;

use app::command::{Defaulted, ProfileAdd, ProfileChange, ProfileEdit, Put, RuleText, Typed};
use app::{Code, Failure, Places};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::super::ask;
use super::{notes, show};
use crate::exit::Exit;
use crate::output;
use crate::trouble::Trouble;

/// Add a profile
///
/// What is left out is as go has it; private paths then come from nowhere. Everything is checked before anything is
/// written.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder profile add company --upstreams https://proxy.corp.example,direct \\
    --private corp.example --private-upstreams https://proxy.corp.example
  larder profile add home --rule 'example.org/* -> https://mirror.example.com'
  larder profile add work --private-rule 'github.com/acme -> company'")]
pub(super) struct Add {
    /// Its name: a-z, 0-9 and -
    name: String,
    #[command(flatten)]
    given: Given,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// Change a profile
///
/// First what is reset or taken out is, then what is given is set or added. A list is added to; to begin it anew, reset it
/// in the same command. Everything is checked before anything is written.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder profile edit company --private github.com/acme           One pattern more
  larder profile edit company --remove-private corp.example       One less
  larder profile edit company --default private --private a.example
                                                                  These, and no others
  larder profile edit company --default upstreams                 Go's own again
  larder profile edit company --canary https://next.corp.example --canary-share 5
                                                                  Try another proxy with 5 % of the modules
  larder profile show company                                     Which rules have which number
  larder profile edit company --remove-rule 2")]
pub(super) struct Edit {
    /// Its name
    name: String,
    #[command(flatten)]
    given: Given,
    /// Put new rules before those there are, not behind them: the first that matches counts
    #[arg(long)]
    first: bool,
    /// A pattern that is private no longer; can be given several times
    #[arg(long, value_name = "PATTERN")]
    remove_private: Vec<String>,
    /// A pattern that is outside the checksum database no longer; can be given several times
    #[arg(long, value_name = "PATTERN")]
    remove_no_checksum_database: Vec<String>,
    /// A rule to take out, by its number in `larder profile show`; can be given several times
    #[arg(long, value_name = "N")]
    remove_rule: Vec<usize>,
    /// What is to be as in a new profile; can be given several times
    #[arg(long, value_name = "WHAT", value_parser = defaulted())]
    default: Vec<Defaulted>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// What a profile has.
#[derive(Args, Debug)]
struct Given {
    /// Where modules come from: a list as in GOPROXY
    #[arg(long, value_name = "LIST")]
    upstreams: Option<String>,
    /// What vouches for them: a value as in GOSUMDB
    #[arg(long, value_name = "VALUE")]
    checksum_database: Option<String>,
    /// Which paths are private: a glob as in GOPRIVATE; can be given several times
    ///
    /// A private path is told to no public upstream and to no checksum database, and comes from the private upstreams
    /// and private rules only.
    #[arg(long, value_name = "PATTERN")]
    private: Vec<String>,
    /// Where private modules come from: a list as in GOPROXY
    #[arg(long, value_name = "LIST")]
    private_upstreams: Option<String>,
    /// Where a redirect may lead the name of a private module, as `https://host`; can be given several times
    ///
    /// Private upstreams may redirect inside their own origin and to each other. One that keeps its files in a store
    /// elsewhere sends whoever asks for a zip there: name that store.
    #[arg(long, value_name = "ORIGIN")]
    private_redirect: Vec<String>,
    /// Which paths are not private in this profile though they are in another: a glob; can be given several times
    ///
    /// What is private in one profile is private in all, and comes from nowhere in those that have no place for it.
    #[arg(long, value_name = "PATTERN")]
    not_private: Vec<String>,
    /// Which public paths are outside the checksum database: a glob as in GONOSUMDB; can be given several times
    #[arg(long, value_name = "PATTERN")]
    no_checksum_database: Vec<String>,
    /// What requests to the upstreams go through: http://host:port, or off [default: what the environment says]
    #[arg(long, value_name = "URL")]
    http_proxy: Option<String>,
    /// A file in PEM with authorities to be trusted for the upstreams, besides those of the system
    #[arg(long, value_name = "FILE")]
    extra_ca: Option<PathBuf>,
    /// A file in PEM with a certificate and its key, to be shown to the upstreams; nobody else may be able to read it
    #[arg(long, value_name = "FILE")]
    client_certificate: Option<PathBuf>,
    /// A canary: another upstream that a share of the public modules is asked of first, always the same ones
    ///
    /// What it does not have or fails at comes as if it was not there. It is told of no private path and of none that has a
    /// rule.
    #[arg(long, value_name = "URL")]
    canary: Option<String>,
    /// Which share, in percent: 0.1 to 100
    #[arg(long, value_name = "PERCENT")]
    canary_share: Option<String>,
    /// A mirror: another upstream that is asked what an upstream answered; it is not waited for, its answers are compared
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
    /// For which share of the public modules, in percent [default: 100]
    #[arg(long, value_name = "PERCENT")]
    mirror_share: Option<String>,
    /// Whether go may be given the profile's list behind Larder, for when Larder does not answer (larder env)
    #[arg(long, value_name = "BOOL")]
    safety_net: Option<bool>,
    /// Public paths that come from elsewhere: `PATTERN[,PATTERN] -> TARGET`; can be given several times
    ///
    /// TARGET is the name of another profile, for its upstreams, or a list as in GOPROXY. The first rule that matches
    /// counts.
    #[arg(long, value_name = "RULE")]
    rule: Vec<String>,
    /// The same for paths that are private by that
    #[arg(long, value_name = "RULE")]
    private_rule: Vec<String>,
}

fn defaulted() -> impl TypedValueParser<Value = Defaulted> {
    PossibleValuesParser::new(Defaulted::ALL.map(Defaulted::key)).try_map(|key| {
        let found = Defaulted::ALL.into_iter().find(|it| it.key() == key);
        found.ok_or("there is no such thing")
    })
}

impl Given {
    fn into_change(self) -> Result<ProfileChange, Failure> {
        let rules = |texts: Vec<String>, private| {
            texts.into_iter().map(move |text| RuleText {
                text: Typed(text),
                private,
            })
        };
        Ok(ProfileChange {
            upstreams: self.upstreams.map(Typed),
            checksum_database: self.checksum_database.map(Typed),
            private: self.private,
            private_upstreams: self.private_upstreams.map(Typed),
            private_redirects: self.private_redirect.into_iter().map(Typed).collect(),
            not_private: self.not_private,
            no_checksum_database: self.no_checksum_database,
            safety_net: self.safety_net,
            http_proxy: self.http_proxy.map(Typed),
            extra_ca: self.extra_ca.map(absolute).transpose()?,
            client_certificate: self.client_certificate.map(absolute).transpose()?,
            canary: self.canary.map(Typed),
            canary_share: self.canary_share,
            mirror: self.mirror.map(Typed),
            mirror_share: self.mirror_share,
            rules: rules(self.rule, false)
                .chain(rules(self.private_rule, true))
                .collect(),
            ..ProfileChange::default()
        })
    }
}

/// From wherever this program was started, the settings must mean the same file.
fn absolute(path: PathBuf) -> Result<PathBuf, Failure> {
    std::path::absolute(&path).map_err(|error| {
        let message = format!("{} can't be used: {error}", path.display());
        Failure::new(Code::BadInput, message).hint("give the path of a file in PEM")
    })
}

pub(super) async fn add(options: Add, places: &Places) -> Result<Exit, Trouble> {
    let request = ProfileAdd {
        name: options.name,
        change: options.given.into_change()?,
    };
    let put = ask(places, async |client| client.call(request.clone()).await).await?;
    print(&put, options.json)
}

pub(super) async fn edit(options: Edit, places: &Places) -> Result<Exit, Trouble> {
    let request = ProfileEdit {
        name: options.name,
        change: ProfileChange {
            rules_first: options.first,
            remove_private: options.remove_private,
            remove_no_checksum_database: options.remove_no_checksum_database,
            remove_rules: options.remove_rule,
            defaults: options.default,
            ..options.given.into_change()?
        },
    };
    let put = ask(places, async |client| client.call(request.clone()).await).await?;
    print(&put, options.json)
}

/// Shows the profile as it is now.
pub(super) fn print(put: &Put, json: bool) -> Result<Exit, Trouble> {
    if json {
        output::print_json(put)?;
        return Ok(Exit::Done);
    }
    let mut text = show::render(&put.profile);
    if put.is_new && !put.profile.in_force {
        text += &format!("Use it: larder use {}\n", put.profile.name);
    }
    output::print(&text)?;
    if !put.changed {
        output::tell("It was like that already.\n");
    }
    output::tell(&notes(&put.notes));
    Ok(Exit::Done)
}
