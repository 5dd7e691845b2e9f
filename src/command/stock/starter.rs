//! A list to begin with, as text that a person edits and `larder stock --from` takes.

use app::command::StockStarter;
use app::stock::Starter;
use app::{CallerEnv, Places};

use crate::command::ask;
use crate::exit::Exit;
use crate::output;
use crate::trouble::Trouble;

pub(super) async fn run(places: &Places, json: bool) -> Result<Exit, Trouble> {
    let found = ask(places, async |client| {
        let caller = CallerEnv::of_process();
        client.call(StockStarter { caller }).await
    })
    .await?;
    if json {
        output::print_json(&found)?;
    } else {
        output::print(&text(&found))?;
    }
    Ok(Exit::Done)
}

fn text(starter: &Starter) -> String {
    let mut text = "\
# What go has on this computer, and what was asked for through Larder: the newest version of each module.
# Edit it, and have it brought: larder stock --from FILE
# A line names a project's folder, or a module or package at a version, a branch or latest.
"
    .to_owned();
    for module in &starter.modules {
        text += &format!("{module}\n");
    }
    if !starter.older.is_empty() {
        text += "\n# Older versions of the same modules:\n";
        for module in &starter.older {
            text += &format!("#{module}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_versions_are_there_to_be_chosen() {
        let starter = Starter {
            modules: vec!["example.com/m@v1.2.3".parse().unwrap()],
            older: vec!["example.com/m@v1.0.0".parse().unwrap()],
        };
        insta::assert_snapshot!("starter", text(&starter));
    }
}
