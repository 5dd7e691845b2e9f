//! `larder explain`: where a module would come from, what would vouch for it and where it is kept, and why.

use app::Places;
use app::command::{Explain, Explained, ExplainedFile, Standing};
use clap::Args;
use jiff::tz::TimeZone;

use super::ask;
use super::profile::notes;
use crate::exit::Exit;
use crate::human::{self, plain};
use crate::output::{self, FAINT, STRONG};
use crate::trouble::Trouble;

/// How many versions are named, the newest.
const NAMED: usize = 20;

/// Explain where a module would come from, and why, without fetching anything
///
/// Which rule decides, which upstreams are asked in which order, whether a checksum database vouches for it, in which trees
/// of the cache it is looked for, and what is kept of it there. Nobody is asked anything for this.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder explain github.com/acme/tool           Why it comes from where it comes from
  larder explain github.com/acme/tool@v1.2.3    And what is kept of that version, with its hashes
  larder explain corp.example/secret --json | jq .upstreams")]
pub(crate) struct Options {
    /// MODULE, or MODULE@VERSION
    module: String,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let request = Explain {
        module: options.module,
    };
    let explained = ask(&places, async |client| client.call(request.clone()).await).await?;
    if options.json {
        output::print_json(&explained)?;
    } else {
        output::print(&render(&explained, &TimeZone::system()))?;
        output::tell(&notes(&explained.notes));
    }
    Ok(Exit::Done)
}

fn render(explained: &Explained, zone: &TimeZone) -> String {
    let asked = match &explained.version {
        Some(version) => format!("{}@{version}", explained.module),
        None => explained.module.clone(),
    };
    let mut page = Page(format!("{STRONG}{}{STRONG:#}\n", plain(&asked)));
    page.entry("profile", &explained.profile);
    if let Some(why) = &explained.automatic {
        page.because(&format!("chosen automatically: {why}"));
    }
    match &explained.private {
        Some(by) => {
            page.entry("private", "yes");
            page.because(&format!(
                "{} is private in profile {}",
                by.pattern, by.profile
            ));
        }
        None => page.entry("private", "no"),
    }
    let nowhere = ["nowhere".to_owned()];
    page.entries("comes from", or(&explained.upstreams, &nowhere));
    page.because(&explained.upstreams_because);
    page.entries("pools", &explained.pools);
    if let Some(canary) = &explained.canary {
        page.entry("canary", &format!("{canary} is asked first"));
        page.because("its path is in the canary's share, and always the same paths are; what it does not have or fails at comes from those above");
    }
    if let Some(mirror) = &explained.mirror {
        page.entry(
            "mirror",
            &format!("{mirror} is asked as well, and its answers are compared"),
        );
    }
    let database = match &explained.database {
        Some(name) if explained.covered => format!("{name} vouches for it"),
        Some(name) => format!("not by {name}"),
        None => "not by any".to_owned(),
    };
    page.entry("verified", &database);
    page.because(&explained.database_because);
    let sumdb = if explained.sumdb {
        "answered"
    } else {
        "not answered"
    };
    page.entry("/sumdb for go", sumdb);
    page.because(&explained.sumdb_because);
    let none = ["none".to_owned()];
    page.entries("looked for in", or(&explained.trees, &none));
    let only_info = explained.info_trees.iter();
    let only_info: Vec<String> = only_info
        .filter(|tree| !explained.trees.contains(tree))
        .map(|tree| format!("{tree} (.info only)"))
        .collect();
    page.entries("", &only_info);
    page.entries("kept", &kept(explained, zone));
    page.entries("kept elsewhere", &explained.elsewhere);
    if !explained.elsewhere.is_empty() {
        page.because("that is not looked at for this module: another profile's, or not verified");
    }
    page.0
}

fn or<'a>(list: &'a [String], other: &'a [String]) -> &'a [String] {
    if list.is_empty() { other } else { list }
}

/// A text that grows by lines with a name in front.
struct Page(String);

impl Page {
    fn entry(&mut self, name: &str, value: &str) {
        self.0 += &format!("  {FAINT}{name:<14}{FAINT:#}  {}\n", plain(value));
    }

    fn entries(&mut self, name: &str, values: &[String]) {
        for (at, value) in values.iter().enumerate() {
            self.entry(if at == 0 { name } else { "" }, value);
        }
    }

    /// The reason for what stands above.
    fn because(&mut self, reason: &str) {
        if !reason.is_empty() {
            self.0 += &format!("  {:<14}  {FAINT}{}{FAINT:#}\n", "", plain(reason));
        }
    }
}

/// What is kept: the files of the version that was asked about, or the versions there are.
fn kept(explained: &Explained, zone: &TimeZone) -> Vec<String> {
    let is_about_one = explained.kept.iter().any(|file| file.standing.is_some());
    if explained.kept.is_empty() {
        return vec!["nothing".to_owned()];
    }
    if is_about_one {
        let files = explained.kept.iter();
        return files.flat_map(|file| lines(file, zone)).collect();
    }
    let mut versions: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for file in &explained.kept {
        match versions.last_mut() {
            Some((version, tree, kinds)) if *version == file.version && *tree == file.tree => {
                kinds.push(&file.kind);
            }
            _ => versions.push((&file.version, &file.tree, vec![&file.kind])),
        }
    }
    let more = versions.len().saturating_sub(NAMED);
    let shown = versions.iter().rev().take(NAMED);
    let shown =
        shown.map(|(version, tree, kinds)| format!("{version}  {}  {tree}", kinds.join(" ")));
    let more = (more > 0).then(|| {
        let count = human::count(more as u64, "more version", "more versions");
        format!("{count}: larder cache list {}", explained.module)
    });
    shown.chain(more).collect()
}

/// A file: what it is and how sure that is, and below its hash.
fn lines(file: &ExplainedFile, zone: &TimeZone) -> Vec<String> {
    let standing = match &file.standing {
        Some(Standing::Verified { by }) => format!("verified by {by}"),
        Some(Standing::Pinned { since, after_loss }) => {
            let since = human::minute(*since, zone);
            let lost = if *after_loss {
                " (after earlier hashes were lost)"
            } else {
                ""
            };
            format!("the same as first seen {since}{lost}")
        }
        Some(Standing::Uncovered) => "no database vouches for .info".to_owned(),
        Some(Standing::Unverified) => "not verified".to_owned(),
        None => String::new(),
    };
    let bytes = human::bytes(file.bytes);
    let line = format!("{:<4}  {bytes}  {}  {standing}", file.kind, file.tree);
    let from = format!(
        "      from {}, {}",
        file.origin,
        human::minute(file.kept_at, zone)
    );
    let h1 = file.h1.as_ref().map(|h1| format!("      {h1}"));
    std::iter::once(line).chain(h1).chain([from]).collect()
}

#[cfg(test)]
mod tests {
    use app::command::{PrivateBy, RuleBy};

    use super::*;

    fn shown(explained: &Explained) -> String {
        let text = render(explained, &TimeZone::UTC);
        anstream::adapter::strip_str(&text).to_string()
    }

    fn file(version: &str, kind: &str, standing: Option<Standing>) -> ExplainedFile {
        ExplainedFile {
            version: version.to_owned(),
            kind: kind.to_owned(),
            tree: "modules".to_owned(),
            bytes: 12_345,
            h1: standing
                .is_some()
                .then(|| "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()),
            standing,
            origin: "proxy.example.com".to_owned(),
            kept_at: "2026-03-01T12:00:00Z".parse().unwrap(),
        }
    }

    fn public() -> Explained {
        Explained {
            module: "example.com/hello".to_owned(),
            version: Some("v1.2.3".to_owned()),
            profile: "public".to_owned(),
            automatic: Some(
                "company does not answer (proxy.corp.example: silent for 2 s)".to_owned(),
            ),
            serving: true,
            private: None,
            rule: None,
            upstreams: vec!["proxy.example.com".to_owned(), "direct".to_owned()],
            upstreams_because: "no rule is for it: these are the upstreams of profile public"
                .to_owned(),
            pools: vec!["proxy.example.com: all 3 nodes answer".to_owned()],
            canary: Some("next.example.com".to_owned()),
            mirror: Some("other.example.com".to_owned()),
            database: Some("sum.example.com".to_owned()),
            covered: true,
            database_because: "it is public, and nothing excepts it".to_owned(),
            sumdb: true,
            sumdb_because: "as sum.example.com itself would, proven".to_owned(),
            trees: vec!["modules".to_owned()],
            info_trees: vec![
                "modules".to_owned(),
                "realms/proxy.example.com-0123abcd".to_owned(),
            ],
            kept: vec![
                file("v1.2.3", "info", Some(Standing::Uncovered)),
                file(
                    "v1.2.3",
                    "zip",
                    Some(Standing::Verified {
                        by: "sum.example.com".to_owned(),
                    }),
                ),
            ],
            elsewhere: vec!["realms/direct".to_owned()],
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_public_version() {
        insta::assert_snapshot!(shown(&public()));
    }

    #[test]
    fn a_private_module_with_no_place() {
        let explained = Explained {
            module: "corp.example/secret".to_owned(),
            version: None,
            automatic: None,
            private: Some(PrivateBy {
                pattern: "corp.example/*".to_owned(),
                profile: "company".to_owned(),
            }),
            rule: Some(RuleBy {
                number: 1,
                pattern: "corp.example/secret".to_owned(),
                to: None,
                private: true,
            }),
            upstreams: Vec::new(),
            upstreams_because:
                "it is private, and profile public names no place for private modules".to_owned(),
            pools: Vec::new(),
            canary: None,
            mirror: None,
            covered: false,
            database_because: "it is private".to_owned(),
            sumdb: false,
            sumdb_because: "refused (403)".to_owned(),
            trees: Vec::new(),
            info_trees: Vec::new(),
            kept: Vec::new(),
            elsewhere: Vec::new(),
            ..public()
        };
        insta::assert_snapshot!(shown(&explained));
    }

    #[test]
    fn of_many_versions_the_newest_are_named() {
        let kept = (0..25).flat_map(|minor| {
            let version = format!("v1.{minor}.0");
            [file(&version, "info", None), file(&version, "zip", None)]
        });
        let explained = Explained {
            version: None,
            kept: kept.collect(),
            ..public()
        };
        let text = shown(&explained);
        assert!(
            text.contains("kept            v1.24.0  info zip  modules\n"),
            "{text}"
        );
        assert!(
            !text.contains("v1.4.0") && text.contains("v1.5.0"),
            "{text}"
        );
        assert!(
            text.contains("5 more versions: larder cache list example.com/hello"),
            "{text}"
        );
    }
}
