//! `larder profile show`: all that one profile says.

use app::Places;
use app::command::{ProfileShow, ProfileView, RuleView};
use clap::Args;

use super::super::ask;
use crate::exit::Exit;
use crate::human::plain;
use crate::output::{self, FAINT, STRONG};
use crate::trouble::Trouble;

/// Show all that a profile says
///
/// What it leaves out is as go has it; private paths then come from nowhere. Passwords in URLs are not shown.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder profile show company                        At a glance
  larder profile show company --json | jq .private   For scripts")]
pub(super) struct Options {
    /// Its name
    name: String,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: Options, places: &Places) -> Result<Exit, Trouble> {
    let request = ProfileShow { name: options.name };
    let profile = ask(places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&profile)?;
    } else {
        output::print(&render(&profile))?;
    }
    Ok(Exit::Done)
}

/// A profile, one line for each thing that it says.
pub(super) fn render(profile: &ProfileView) -> String {
    let in_force = if profile.in_force { ", in force" } else { "" };
    let name = plain(&profile.name);
    let mut text = format!("{STRONG}{name}{STRONG:#}{in_force}\n");
    let mut entry = |name: &str, value: &str| {
        text += &format!("  {FAINT}{name:<20}{FAINT:#}  {}\n", plain(value));
    };
    let mut entries = |name: &str, values: &[String]| {
        for (at, value) in values.iter().enumerate() {
            entry(if at == 0 { name } else { "" }, value);
        }
    };
    let or = |text: &Option<String>, other: &str| {
        let text = text.clone();
        [text.unwrap_or_else(|| other.to_owned())]
    };
    entries("upstreams", &or(&profile.upstreams, "go's own"));
    entries(
        "checksum database",
        &or(&profile.checksum_database, "go's own"),
    );
    entries("private", &profile.private);
    let has_private = !profile.private.is_empty() || profile.rules.iter().any(|it| it.private);
    if has_private || profile.private_upstreams.is_some() {
        entries("private upstreams", &or(&profile.private_upstreams, "none"));
    }
    entries("private redirects", &profile.private_redirects);
    entries("not private", &profile.not_private);
    entries("outside the database", &profile.no_checksum_database);
    for (name, value) in [
        ("HTTP proxy", &profile.http_proxy),
        ("extra CA", &profile.extra_ca),
        ("client certificate", &profile.client_certificate),
    ] {
        entries(name, value.as_slice());
    }
    for (name, beside) in [("canary", &profile.canary), ("mirror", &profile.mirror)] {
        let line = beside
            .as_ref()
            .map(|it| format!("{}, {} % of the public modules", it.to, it.share));
        entries(name, line.as_slice());
    }
    if !profile.safety_net {
        entries("safety net", &["no".to_owned()]);
    }
    let rules = profile.rules.iter().enumerate();
    let rules: Vec<String> = rules.map(|(at, rule)| line(at + 1, rule)).collect();
    entries("rules", &rules);
    text
}

fn line(number: usize, rule: &RuleView) -> String {
    let to = match (&rule.to, &rule.upstreams) {
        (Some(name), _) => format!("the upstreams of {name}"),
        (None, Some(list)) => list.clone(),
        (None, None) => String::new(),
    };
    let private = if rule.private { " (private)" } else { "" };
    format!("{number}  {} -> {to}{private}", rule.patterns.join(","))
}

#[cfg(test)]
pub(super) mod tests {
    use app::command::BesideView;

    use super::*;

    pub(in super::super) fn public() -> ProfileView {
        ProfileView {
            name: "public".to_owned(),
            in_force: false,
            upstreams: None,
            checksum_database: None,
            private: Vec::new(),
            private_upstreams: None,
            private_redirects: Vec::new(),
            not_private: Vec::new(),
            no_checksum_database: Vec::new(),
            safety_net: true,
            http_proxy: None,
            extra_ca: None,
            client_certificate: None,
            canary: None,
            mirror: None,
            rules: Vec::new(),
        }
    }

    pub(in super::super) fn company() -> ProfileView {
        ProfileView {
            name: "company".to_owned(),
            in_force: true,
            upstreams: Some("https://proxy.corp.example,direct".to_owned()),
            checksum_database: Some("off".to_owned()),
            private: vec!["corp.example/*".to_owned(), "github.com/acme".to_owned()],
            private_upstreams: None,
            private_redirects: vec!["https://storage.corp.example".to_owned()],
            not_private: vec!["github.com/acme/open".to_owned()],
            no_checksum_database: vec!["example.org/*".to_owned()],
            safety_net: false,
            http_proxy: Some("http://gate.corp.example:3128".to_owned()),
            extra_ca: Some("/etc/corp/ca.pem".to_owned()),
            client_certificate: None,
            canary: Some(BesideView {
                to: "https://next.corp.example".to_owned(),
                share: "0.5".parse().unwrap(),
            }),
            mirror: None,
            rules: vec![
                RuleView {
                    patterns: vec!["example.net/a".to_owned(), "example.net/b".to_owned()],
                    to: Some("public".to_owned()),
                    upstreams: None,
                    private: false,
                },
                RuleView {
                    patterns: vec!["github.com/acme/tools".to_owned()],
                    to: None,
                    upstreams: Some("https://tools.corp.example".to_owned()),
                    private: true,
                },
            ],
        }
    }

    #[test]
    fn all_that_a_profile_can_say() {
        let text = render(&company());
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }

    #[test]
    fn defaults() {
        let text = render(&public());
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }
}
