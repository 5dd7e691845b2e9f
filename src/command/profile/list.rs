//! `larder profile list`: which profiles there are.

use app::command::{ProfileList, ProfileView, Profiles};
use app::{Choice, Places};
use clap::Args;

use super::super::ask;
use super::notes;
use crate::exit::Exit;
use crate::output::{self, FAINT, GOOD, STRONG};
use crate::table::{Cell, Columns, Side};
use crate::trouble::Trouble;

/// No column but the last is wider.
const WIDEST: usize = 64;

/// List the profiles, and say which is in force
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder profile list                                   All of them
  larder profile list --json | jq -r '.profiles[].name' For scripts")]
pub(super) struct Options {
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: &Options, places: &Places) -> Result<Exit, Trouble> {
    let profiles = ask(places, async |client| client.call(ProfileList {}).await).await?;
    if options.json {
        output::print_json(&profiles)?;
    } else {
        output::print(&render(&profiles))?;
        output::tell(&notes(&profiles.notes));
    }
    Ok(Exit::Done)
}

fn render(profiles: &Profiles) -> String {
    let heads = ["", "NAME", "UPSTREAMS", "CHECKSUM DB", "PRIVATE"];
    let lines: Vec<[Cell; 5]> = std::iter::once(heads.map(|head| Cell::styled(head, STRONG)))
        .chain(profiles.profiles.iter().map(line))
        .collect();
    let mut text = Columns::new([Side::Left; 5], WIDEST).render(&lines);
    if let Choice::FirstThatAnswers(names) = &profiles.choice {
        text += &format!(
            "Larder chooses by itself: the first that answers of {}.\n",
            names.join(", ")
        );
    }
    text
}

fn line(profile: &ProfileView) -> [Cell; 5] {
    let or_default = |text: &Option<String>| match text {
        Some(text) => text.as_str().into(),
        None => Cell::styled("go's own", FAINT),
    };
    let rules = profile.rules.iter().filter(|rule| rule.private);
    let of_rules = rules.flat_map(|rule| &rule.patterns);
    let private: Vec<&str> = profile
        .private
        .iter()
        .chain(of_rules)
        .map(String::as_str)
        .collect();
    [
        Cell::styled(if profile.in_force { "●" } else { "" }, GOOD),
        profile.name.as_str().into(),
        or_default(&profile.upstreams),
        or_default(&profile.checksum_database),
        match private.as_slice() {
            [] => Cell::styled("-", FAINT),
            private => private.join(" ").into(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::show::tests::{company, public};
    use super::*;

    #[test]
    fn a_table_and_who_chooses() {
        let profiles = Profiles {
            choice: Choice::FirstThatAnswers(vec!["company".to_owned(), "public".to_owned()]),
            profiles: vec![public(), company()],
            notes: Vec::new(),
        };
        let text = render(&profiles);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }
}
