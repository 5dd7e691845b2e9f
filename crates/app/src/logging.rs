//! What a program that serves logs: to stderr for who watches, and to a file a day for who comes later.

use std::fmt;
use std::path::Path;

use jiff::Zoned;
use tracing::{Metadata, Subscriber};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::{Code, Failure};

/// How many days of log files are kept.
const FILES: usize = 7;
/// How many lines may wait for the disk; more are dropped rather than waited for.
const LINES: usize = 4096;
/// The crates of this program, as their events are named.
const OURS: [&str; 10] = [
    "larder",
    "larder_tray",
    "app",
    "server",
    "delivery",
    "store",
    "upstream",
    "go_tool",
    "go_module",
    "secret",
];

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For eyes.
    #[default]
    Pretty,
    /// The same, in the colours of a terminal.
    Colored,
    /// One JSON object a line, and nothing else on stderr.
    Json,
}

/// The log of this process; what is still on its way to the file is written when this goes.
#[derive(Debug)]
pub struct Log(#[expect(dead_code, reason = "it is there to be dropped")] WorkerGuard);

/// Begins to log: to stderr in this format, and into the folder.
///
/// # Errors
/// `bad-input` where `LARDER_LOG` can't be understood; `disk` where there can't be a log file.
pub fn start_log(format: LogFormat, folder: &Path) -> Result<Log, Failure> {
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("larder")
        .filename_suffix("log")
        .max_log_files(FILES)
        .build(folder)
        .map_err(|error| {
            let text = format!("no log file can be made in {}: {error}", folder.display());
            Failure::new(Code::Disk, text)
        })?;
    let (file, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES)
        .thread_name("larder-log")
        .finish(file);
    let wanted = std::env::var("LARDER_LOG").unwrap_or_default();
    tracing_subscriber::registry()
        .with(lines(format, std::io::stderr, filter(&wanted)?))
        .with(lines(format.without_color(), file, filter(&wanted)?))
        .try_init()
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    Ok(Log(guard))
}

impl LogFormat {
    fn without_color(self) -> Self {
        match self {
            Self::Pretty | Self::Colored => Self::Pretty,
            Self::Json => Self::Json,
        }
    }
}

fn lines<S, W>(format: LogFormat, to: W, wanted: EnvFilter) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let common = layer()
        .with_writer(to)
        .with_timer(LocalTime)
        .with_ansi(format == LogFormat::Colored);
    let layer = match format {
        LogFormat::Pretty | LogFormat::Colored => common.compact().boxed(),
        LogFormat::Json => common.json().flatten_event(true).boxed(),
    };
    layer.with_filter(wanted.and(filter_fn(may_be_logged)))
}

/// What `LARDER_LOG` asks for; without it, what happens and what others warn of.
fn filter(wanted: &str) -> Result<EnvFilter, Failure> {
    let usual = || format!("warn,{}", OURS.map(|name| format!("{name}=info")).join(","));
    let directives = if wanted.trim().is_empty() {
        usual()
    } else {
        wanted.to_owned()
    };
    EnvFilter::builder().parse(directives).map_err(|error| {
        Failure::new(Code::BadInput, format!("LARDER_LOG is {wanted:?}: {error}"))
            .hint("set it to a level such as `debug`, or to some such as `warn,upstream=debug`")
    })
}

/// Our own events never show secrets, by type. What other crates say in detail may hold headers and whole URLs.
fn may_be_logged(event: &Metadata<'_>) -> bool {
    let name = event.target().split("::").next().unwrap_or_default();
    OURS.contains(&name) || *event.level() <= tracing::Level::INFO
}

/// The wall clock of whoever reads, with its distance from UTC.
struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        write!(to, "{}", Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z"))
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, wanted: &str) -> String {
        let kept = Kept::default();
        let to = kept.clone();
        let layer = lines(format, move || to.clone(), filter(wanted).unwrap());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!(target: "larder::activity", bytes = 3, "asked");
            tracing::debug!(target: "upstream::chain", "asks the next");
            tracing::warn!(target: "rustls", "a strange certificate");
            tracing::info!(target: "rustls", "a handshake");
            tracing::debug!(target: "h2", "a header");
        });
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn usually_what_happens_and_what_others_warn_of() {
        let text = logged(LogFormat::Pretty, "");
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("asked") && text.contains("bytes=3"), "{text}");
        assert!(text.contains("a strange certificate"), "{text}");
    }

    #[test]
    fn details_of_other_crates_stay_out_however_much_is_asked_for() {
        let text = logged(LogFormat::Pretty, "trace");
        assert!(
            text.contains("asks the next") && text.contains("a handshake"),
            "{text}"
        );
        assert!(!text.contains("a header"), "{text}");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let text = logged(LogFormat::Json, "larder=info");
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["target"], "larder::activity");
        assert_eq!(
            (&lines[0]["message"], &lines[0]["bytes"]),
            (&"asked".into(), &3.into())
        );
        assert!(
            lines[0]["timestamp"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .is_ok()
        );
    }

    #[test]
    fn nonsense_is_named() {
        let failure = filter("larder=loud").unwrap_err();
        assert_eq!(failure.code, Code::BadInput);
        assert!(
            failure.message.contains("LARDER_LOG is \"larder=loud\""),
            "{failure}"
        );
    }

    #[test]
    fn the_file_holds_it_once_the_guard_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        // The one test that sets the logger of this process.
        let guard = start_log(LogFormat::Colored, folder.path()).unwrap();
        tracing::info!(target: "larder::activity", "a mark");
        drop(guard);
        let files: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(files[0].path()).unwrap();
        assert!(
            text.contains("a mark") && !text.contains('\u{1b}'),
            "{text:?}"
        );
        assert!(
            start_log(LogFormat::Colored, folder.path()).is_err(),
            "there is one logger"
        );
    }
}
