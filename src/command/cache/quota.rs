//! `larder cache quota`: how much the cache may take.

use app::Places;
use app::command::{CacheQuota, QuotaReport};
use clap::Args;

use super::super::ask;
use crate::exit::Exit;
use crate::human::{self, decimal, plain};
use crate::output::{self, CAUTION, FAINT};
use crate::trouble::Trouble;

/// Show or set how much room the cache may take
///
/// When the cache grows over its quota, or the disk has less than the reserve left, what was not used for longest goes.
/// What is pinned (`larder pin`), what stocked projects need and what is in use stays: a quota below that is said, and
/// nothing of it goes. Records and tiles of the checksum database, answers and clones count as well.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder cache quota                      How much is taken, and how much may be
  larder cache quota 20GB                 Room for more
  larder cache quota unlimited            As long as the disk has room
  larder cache quota --reserve 5GB        Leave the disk 5 GB")]
pub(super) struct Options {
    /// The most that the cache may take: a number and its unit, or `unlimited`
    size: Option<String>,
    /// How much is to stay free on the disk; without it ever set, 1 GB or a twentieth of the disk, what is less
    #[arg(long, value_name = "SIZE")]
    reserve: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: Options, places: &Places) -> Result<Exit, Trouble> {
    let request = CacheQuota {
        quota: options.size,
        reserve: options.reserve,
    };
    let report = ask(places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&report)?;
    } else {
        output::print(&render(&report))?;
    }
    Ok(Exit::Done)
}

fn render(report: &QuotaReport) -> String {
    let room = &report.room;
    let mut text = String::new();
    let mut entry = |name: &str, value: &str| {
        text += &format!("{FAINT}{name:<13}{FAINT:#} {value}\n");
    };
    entry("used", &human::room(room));
    entry("must stay", &decimal(room.must_stay.unwrap_or(0)));
    let free = room.free.map_or_else(|| "unknown".to_owned(), decimal);
    entry(
        "free on disk",
        &format!("{free}; {} are to stay free", decimal(room.reserve)),
    );
    if report.evicted_versions > 0 {
        let versions = human::count(report.evicted_versions, "module version", "module versions");
        text += &format!("{versions} went, {}.\n", decimal(report.evicted_bytes));
    }
    for warning in &room.warnings {
        text += &format!("{CAUTION}warning:{CAUTION:#} {}\n", plain(warning));
    }
    text
}

#[cfg(test)]
mod tests {
    use app::RoomReport;

    use super::*;

    fn shown(report: &QuotaReport) -> String {
        anstream::adapter::strip_str(&render(report)).to_string()
    }

    #[test]
    fn within_it_and_over_it() {
        let mut report = QuotaReport {
            room: RoomReport {
                quota: Some(10_000_000_000),
                reserve: 1_000_000_000,
                used: 4_812_000_000,
                free: Some(120_000_000_000),
                must_stay: Some(2_000_000),
                warnings: Vec::new(),
            },
            evicted_versions: 0,
            evicted_bytes: 0,
        };
        insta::assert_snapshot!(shown(&report));
        report.evicted_versions = 12;
        report.evicted_bytes = 345_000_000;
        report.room.warnings =
            vec!["the quota of the cache is less than what must stay".to_owned()];
        insta::assert_snapshot!(shown(&report));
    }
}
