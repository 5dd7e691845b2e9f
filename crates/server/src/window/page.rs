//! The page by which a browser is let in: a file of this person's own, with a code that works once, for a minute.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use app::{Failure, fresh_token, write_private};
use secret::Secret;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::keys::{CODE_LASTS, Keys};

/// How the names of these pages begin and end.
const NAME: (&str, &str) = ("open-window-", ".html");

/// Writes a page that lets in at this port, and sees to it that it goes when its code is spent or too old.
pub(super) async fn write(
    folder: &Path,
    port: u16,
    keys: &Keys,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<PathBuf, Failure> {
    let (code, spent) = keys.new_code(Instant::now())?;
    // A name that nobody guesses beforehand.
    let (from, to) = NAME;
    let path = folder.join(format!("{from}{}{to}", fresh_token()?.expose()));
    write_private(&path, text(port, &code).expose().as_bytes())?;
    let (removed, stop) = (path.clone(), stop.clone());
    tasks.spawn(async move {
        tokio::select! {
            () = sleep(CODE_LASTS) => {}
            () = spent.cancelled() => {}
            () = stop.cancelled() => {}
        }
        remove(&removed);
    });
    Ok(path)
}

/// Removes the pages that an instance left that did not end in good order.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(NAME.0) && name.ends_with(NAME.1) {
            remove(&entry.path());
        }
    }
}

fn remove(page: &Path) {
    if let Err(error) = fs::remove_file(page)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!("{} can't be removed: {error}", page.display());
    }
}

/// Posts the code by itself, or with the button where scripts are off. Its own rules let it do nothing else.
fn text(port: u16, code: &Secret) -> Secret {
    let code = code.expose();
    Secret::new(format!(
        r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="referrer" content="no-referrer" />
    <meta name="color-scheme" content="light dark" />
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; script-src 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='; form-action http://127.0.0.1:{port}" />
    <title>Larder</title>
  </head>
  <body>
    <form method="post" action="http://127.0.0.1:{port}/-/window/enter">
      <input type="hidden" name="code" value="{code}" />
      <button>Open Larder</button>
    </form>
    <script>{SUBMIT}</script>
  </body>
</html>
"#
    ))
}

/// Its hash stands in the page's rules.
const SUBMIT: &str = "document.forms[0].submit()";
