//! `larder metrics`: whether and where Prometheus finds what can be counted.

use app::Places;
use app::command::{MetricsReport, MetricsSet, MetricsShow};
use clap::{Args, Subcommand};

use super::ask;
use crate::exit::Exit;
use crate::human::plain;
use crate::output::{self, CAUTION, FAINT, GOOD, STRONG};
use crate::trouble::Trouble;

/// The port that is listened at where none is given.
const PORT: u16 = 9467;

/// Serve metrics for Prometheus, or no longer
///
/// They count requests, upstreams, nodes and the cache; no module is ever named. They are off until you switch them on, at a
/// port of their own that every program of this computer can read (other computers can't), or at Larder's own port for who
/// has their token. docs/monitoring has alerts and a dashboard for them.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder metrics on                      At 127.0.0.1:9467
  larder metrics on --token              At Larder's own port, under a token
  larder metrics off                     Nowhere
  larder metrics show                    Where they are")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    On(On),
    Off(Off),
    Show(Show),
}

/// Serve them from now on
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder metrics on
  larder metrics on --port 9500
  larder metrics on --token
  curl -H \"Authorization: Bearer $(cat FILE)\" http://127.0.0.1:4677/metrics
                                         With the file that it names")]
struct On {
    /// At this port of 127.0.0.1
    #[arg(long, value_name = "N", default_value_t = PORT, conflicts_with = "token")]
    port: u16,
    /// At Larder's own port, for who has their token, which opens nothing else
    #[arg(long)]
    token: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Serve them no longer
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder metrics off")]
struct Off {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Show where they are served
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder metrics show
  larder metrics show --json | jq -r .urls[0]")]
struct Show {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Whether errors too are to be JSON.
    pub(super) fn json(&self) -> bool {
        match &self.what {
            What::On(options) => options.json,
            What::Off(options) => options.json,
            What::Show(options) => options.json,
        }
    }
}

pub(crate) async fn run(options: Options, places: Places) -> Result<Exit, Trouble> {
    let json = options.json();
    let set = match options.what {
        What::On(On { port, token, .. }) => Some(MetricsSet {
            port: (!token).then_some(port),
            token,
        }),
        What::Off(_) => Some(MetricsSet::default()),
        What::Show(_) => None,
    };
    let report = ask(&places, async |client| match &set {
        Some(set) => client.call(set.clone()).await,
        None => client.call(MetricsShow {}).await,
    })
    .await?;
    if json {
        output::print_json(&report)?;
    } else {
        output::print(&render(&report))?;
    }
    Ok(Exit::Done)
}

fn render(report: &MetricsReport) -> String {
    if !report.on {
        return format!(
            "{FAINT}○{FAINT:#} {STRONG}No metrics{STRONG:#} are served; larder metrics on serves them\n"
        );
    }
    let mut text = match (&report.trouble, report.serving) {
        (Some(why), _) => format!(
            "{CAUTION}○{CAUTION:#} {STRONG}Metrics{STRONG:#} are not served: {}\n",
            plain(why)
        ),
        (None, true) => format!("{GOOD}●{GOOD:#} {STRONG}Metrics{STRONG:#} are served\n"),
        (None, false) => {
            format!("{FAINT}○{FAINT:#} {STRONG}Metrics{STRONG:#} are served once Larder runs\n")
        }
    };
    let mut entry = |name: &str, value: &str| {
        text += &format!("  {FAINT}{name:<5}{FAINT:#}  {}\n", plain(value));
    };
    for url in &report.urls {
        entry("at", url);
    }
    if let Some(file) = &report.token_file {
        entry("token", &format!("{file}, as Authorization: Bearer"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendered() {
        let report = |urls: &[&str], token: bool, serving, trouble: Option<&str>| MetricsReport {
            on: !urls.is_empty(),
            serving,
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            token_file: token.then(|| "/home/me/.local/share/larder/token.metrics".to_owned()),
            trouble: trouble.map(str::to_owned),
        };
        let own = "http://127.0.0.1:9467/metrics";
        let texts = [
            report(&[], false, true, None),
            report(&[own], false, true, None),
            report(&["http://127.0.0.1:4677/metrics"], true, false, None),
            report(
                &[own],
                false,
                true,
                Some("port 9467 on this computer is taken by another program"),
            ),
        ]
        .map(|report| render(&report));
        insta::assert_snapshot!(anstream::adapter::strip_str(&texts.concat()));
    }
}
