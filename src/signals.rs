//! Ctrl-C and its kin: the first asks for an orderly end, the second ends at once.

use std::future::Future;
use std::process;

use server::EndSignals;
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::trouble::Trouble;

/// A token that the first signal cancels; the second ends the process where it stands.
pub(crate) fn into_token(mut signals: EndSignals) -> CancellationToken {
    let end = CancellationToken::new();
    let asked = end.clone();
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("asked to end; requests under way finish first (once more ends at once)");
        asked.cancel();
        signals.next().await;
        at_once();
    });
    end
}

/// Ends the process where it stands. The system lets go of the lock, and what was half done is found at the next start.
pub(crate) fn at_once() -> ! {
    process::exit(Exit::Interrupted.code().into())
}

/// Goes on with some work until a signal asks for the end; the work is then dropped.
///
/// # Errors
/// Those of the work, and `cancelled` where a signal came first.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    let mut signals = EndSignals::take()?;
    tokio::select! {
        done = work => done,
        () = signals.next() => Err(Trouble::interrupted()),
    }
}
