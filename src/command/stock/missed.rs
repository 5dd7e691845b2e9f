//! What was asked for and missing while offline, brought.

use app::Places;
use app::command::StockMissed;
use app::stock::{MissedReport, Report};

use super::report::{self, Said};
use crate::command::with_client;
use crate::exit::Exit;
use crate::human;
use crate::job;
use crate::output;
use crate::trouble::Trouble;

pub(super) async fn run(places: &Places, json: bool) -> Result<Exit, Trouble> {
    let came = with_client(places, async |client| {
        job::carry_out(client, StockMissed {}, "stocking").await
    })
    .await?;
    if json {
        output::print_json(&came)?;
    } else {
        output::print(&text(&came))?;
    }
    let all = came.missing.is_empty() && came.brought.iter().all(Report::is_ready);
    Ok(if all { Exit::Done } else { Exit::Failed })
}

fn text(came: &MissedReport) -> String {
    let MissedReport {
        brought,
        nothing,
        missing,
        ..
    } = came;
    if brought.is_empty() && nothing.is_empty() && missing.is_empty() {
        return "nothing was missed\n".to_owned();
    }
    let mut text = report::render(brought, Said::Stocked);
    if !nothing.is_empty() {
        let count = human::count(nothing.len() as u64, "request was", "requests were");
        text += &format!("{count} for what does not exist\n");
    }
    for (what, reason) in missing {
        text += &format!("still missing: {}\n", human::plain(what));
        text += &human::wrapped(reason, 2);
    }
    text
}
