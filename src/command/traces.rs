//! `larder traces`: whether and where OpenTelemetry traces are sent.

use app::Places;
use app::command::{TracesReport, TracesSet, TracesShow};
use clap::{Args, Subcommand};

use super::ask;
use crate::exit::Exit;
use crate::human::plain;
use crate::output::{self, CAUTION, FAINT, GOOD, STRONG};
use crate::trouble::Trouble;

/// Send traces to an OpenTelemetry collector, or no longer
///
/// A trace shows what was done for one request, and how long each step of it took: the rule, the cache, each upstream and node,
/// the verification. Traces are off until you name a collector. Private modules are not named in them, and no upstream hears of
/// them but those whose hosts you name, never one of go's own default list.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder traces on --to http://127.0.0.1:4318
  larder traces on --to https://otlp.corp.example --environment laptop --pass-on goproxy.corp.example
  larder traces off
  larder traces show")]
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

/// Send them from now on
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder traces on --to http://127.0.0.1:4318
  larder traces on --to http://127.0.0.1:4318 --pass-on goproxy.corp.example --pass-on athens.corp.example")]
struct On {
    /// The collector's base URL, where it takes OTLP over HTTP
    #[arg(long, value_name = "URL")]
    to: String,
    /// What they say of where they are from
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// The host of an upstream that is told which trace a request belongs to (traceparent, tracestate)
    #[arg(long, value_name = "HOST")]
    pass_on: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Send them no longer
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder traces off")]
struct Off {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Show where they are sent
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  larder traces show
  larder traces show --json | jq -r .to")]
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
        What::On(on) => Some(TracesSet {
            to: Some(on.to),
            environment: on.environment,
            pass_on: on.pass_on,
        }),
        What::Off(_) => Some(TracesSet::default()),
        What::Show(_) => None,
    };
    let report = ask(&places, async |client| match &set {
        Some(set) => client.call(set.clone()).await,
        None => client.call(TracesShow {}).await,
    })
    .await?;
    if json {
        output::print_json(&report)?;
    } else {
        output::print(&render(&report))?;
    }
    Ok(Exit::Done)
}

fn render(report: &TracesReport) -> String {
    let Some(to) = &report.to else {
        return format!(
            "{FAINT}○{FAINT:#} {STRONG}No traces{STRONG:#} are sent; larder traces on --to URL sends them\n"
        );
    };
    let mut text = match (&report.trouble, report.serving) {
        (Some(_), _) => format!("{CAUTION}○{CAUTION:#} {STRONG}Traces{STRONG:#} are not taken\n"),
        (None, true) => format!("{GOOD}●{GOOD:#} {STRONG}Traces{STRONG:#} are sent\n"),
        (None, false) => {
            format!("{FAINT}○{FAINT:#} {STRONG}Traces{STRONG:#} are sent once Larder runs\n")
        }
    };
    let mut entry = |name: &str, value: &str| {
        text += &format!("  {FAINT}{name:<11}{FAINT:#}  {}\n", plain(value));
    };
    entry("to", to);
    if let Some(why) = &report.trouble {
        entry("why", why);
    }
    if let Some(environment) = &report.environment {
        entry("environment", environment);
    }
    entry(
        "passed on",
        &match &report.pass_on[..] {
            [] => "to no upstream".to_owned(),
            hosts => format!("to {}", hosts.join(", ")),
        },
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendered() {
        let on = |serving, trouble: Option<&str>, pass_on: &[&str]| TracesReport {
            to: Some("http://127.0.0.1:4318/".to_owned()),
            environment: Some("laptop".to_owned()),
            pass_on: pass_on.iter().map(|host| (*host).to_owned()).collect(),
            serving,
            trouble: trouble.map(str::to_owned),
        };
        let off = TracesReport {
            to: None,
            environment: None,
            ..on(true, None, &[])
        };
        let texts = [
            off,
            on(true, None, &["goproxy.corp.example"]),
            on(true, Some("could not be reached: connection refused"), &[]),
            on(false, None, &[]),
        ]
        .map(|report| render(&report));
        insta::assert_snapshot!(anstream::adapter::strip_str(&texts.concat()));
    }
}
