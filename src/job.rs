//! Long work, watched: a bar on a terminal, and Ctrl-C that cancels it.

use std::pin::pin;

use app::command::Job;
use app::{JobId, Progress};
use indicatif::{ProgressBar, ProgressStyle};
use server::{Client, EndSignals};

use crate::human;
use crate::signals;
use crate::trouble::Trouble;

/// Starts a job and watches it to its end. The first Ctrl-C cancels it, the second leaves it at once.
///
/// # Errors
/// Those of the job; `cancelled` where it was.
pub(crate) async fn carry_out<J: Job>(
    client: &Client,
    job: J,
    doing: &'static str,
) -> Result<J::Answer, Trouble> {
    let mut signals = EndSignals::take()?;
    let id: JobId = client.start(job).await?;
    let bar = Bar::new(doing);
    let mut end = pin!(client.watch::<J>(id, |progress| bar.show(progress)));
    tokio::select! {
        ended = &mut end => return Ok(ended?),
        () = signals.next() => bar.cancelling(),
    }
    client.cancel(id).await?;
    tokio::select! {
        ended = end => Ok(ended?),
        () = signals.next() => signals::at_once(),
    }
}

/// A bar on stderr where that is a terminal, else nothing.
struct Bar(ProgressBar);

impl Bar {
    fn new(doing: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(doing);
        bar.set_style(style("{spinner} {msg}"));
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        Self(bar)
    }

    fn show(&self, progress: Progress) {
        if progress.total > 0 && self.0.length() != Some(progress.total) {
            self.0.set_style(style(
                "{msg} [{bar:30}] {human_pos}/{human_len} files, {prefix}, {eta} left",
            ));
            self.0.set_length(progress.total);
        }
        self.0.set_prefix(human::bytes(progress.bytes));
        self.0.set_position(progress.done);
    }

    fn cancelling(&self) {
        self.0.set_message("cancelling");
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
