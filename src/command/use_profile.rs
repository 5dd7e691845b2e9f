//! `larder use`: another profile in force.

use app::command::{ActiveProfile, InForce, UseProfile};
use app::{Choice, Code, Failure, Places};
use clap::Args;

use super::ask;
use super::profile::notes;
use crate::exit::Exit;
use crate::human::plain;
use crate::output::{self, FAINT, STRONG};
use crate::trouble::Trouble;

/// Put a profile in force
///
/// Where Larder runs it is in force at once: requests from now on go by it, those under way end as they began. Else it is
/// from the next start on. settings.toml is read anew, so that what was edited by hand is in force as well.
///
/// With --auto, Larder chooses by itself: the first of the profiles whose upstreams answer, and the last where none does. It
/// asks them at its start, when something fails, and every half minute; to leave the one in force, two answers in a row must
/// say so. What is private in one profile is private in all, by whatever switch.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder use company                 The company's upstreams from now on
  larder use --auto company,public   The company's when they answer, else go's own
  larder use public                  Go's own")]
pub(crate) struct Options {
    /// Its name
    #[arg(required_unless_present = "auto")]
    name: Option<String>,
    /// Profiles to choose among, first the one that is liked most
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        conflicts_with = "name"
    )]
    auto: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let choice = choice(options.name, options.auto)?;
    let request = UseProfile { choice };
    let in_force = ask(&places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&in_force)?;
    } else {
        output::print(&render(&in_force))?;
        output::tell(&notes(&in_force.notes));
    }
    Ok(Exit::Done)
}

fn choice(name: Option<String>, auto: Vec<String>) -> Result<Choice, Failure> {
    let refused = |reason: String| {
        Failure::new(Code::BadInput, reason)
            .hint("name two or more, first the one that is liked most: --auto company,public")
    };
    if let Some(name) = name {
        return Ok(Choice::Named(name));
    }
    let choice = Choice::among(auto).map_err(refused)?;
    if !choice.is_automatic() {
        return Err(refused(
            "there is nothing to choose among one profile".to_owned(),
        ));
    }
    Ok(choice)
}

fn render(in_force: &InForce) -> String {
    let when = if in_force.serving {
        "is in force from now on"
    } else {
        "is in force from the next start on"
    };
    match (&in_force.profile, &in_force.choice) {
        (Some(profile), choice) => {
            let name = plain(&profile.name);
            let chosen = match (choice, &profile.automatic) {
                (Choice::FirstThatAnswers(_), Some(why)) => {
                    format!(", chosen automatically: {}", plain(why))
                }
                _ => String::new(),
            };
            format!("{STRONG}{name}{STRONG:#} {when}{chosen}\n{}", ways(profile))
        }
        (None, Choice::Named(name)) => format!("{STRONG}{}{STRONG:#} {when}\n", plain(name)),
        (None, Choice::FirstThatAnswers(names)) => format!(
            "Larder chooses by itself from the next start on: the first that answers of {}\n",
            plain(&names.join(", "))
        ),
    }
}

/// Where modules come from, and what vouches for them.
fn ways(profile: &ActiveProfile) -> String {
    let mut text = String::new();
    let mut entry = |name: &str, value: &str| {
        text += &format!("  {FAINT}{name:<12}{FAINT:#}  {}\n", plain(value));
    };
    if profile.upstreams.is_empty() {
        entry("upstreams", "none");
    }
    for (at, upstream) in profile.upstreams.iter().enumerate() {
        entry(if at == 0 { "upstreams" } else { "" }, upstream);
    }
    entry("checksum db", &profile.checksum_db);
    for (name, beside) in [("canary", &profile.canary), ("mirror", &profile.mirror)] {
        if let Some(beside) = beside {
            entry(
                name,
                &format!("{}, {} % of the public modules", beside.name, beside.share),
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(in_force: &InForce) -> String {
        anstream::adapter::strip_str(&render(in_force)).to_string()
    }

    fn company() -> InForce {
        InForce {
            serving: true,
            choice: Choice::Named("company".to_owned()),
            profile: Some(ActiveProfile {
                name: "company".to_owned(),
                automatic: None,
                upstreams: vec!["proxy.corp.example".to_owned(), "direct".to_owned()],
                checksum_db: "off".to_owned(),
                canary: None,
                mirror: None,
            }),
            notes: Vec::new(),
        }
    }

    #[test]
    fn named() {
        assert_eq!(
            shown(&company()),
            "company is in force from now on\n  upstreams     proxy.corp.example\n                direct\n  checksum db   off\n"
        );
        let idle = InForce {
            serving: false,
            ..company()
        };
        assert!(shown(&idle).starts_with("company is in force from the next start on\n"));
    }

    #[test]
    fn chosen() {
        let mut in_force = company();
        in_force.choice = choice(None, vec!["company".to_owned(), "public".to_owned()]).unwrap();
        if let Some(profile) = &mut in_force.profile {
            profile.automatic = Some("its upstream answers".to_owned());
        }
        assert!(shown(&in_force).starts_with(
            "company is in force from now on, chosen automatically: its upstream answers\n"
        ));
        let idle = InForce {
            serving: false,
            profile: None,
            ..in_force
        };
        assert_eq!(
            shown(&idle),
            "Larder chooses by itself from the next start on: the first that answers of company, public\n"
        );
        for names in [&["company"][..], &["company", "company"], &[]] {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(choice(None, names).unwrap_err().code, Code::BadInput);
        }
    }
}
