//! The system's dialog for a folder.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use app::{Code, Failure};
use gtk::prelude::*;
use tauri::AppHandle;
use tokio::sync::oneshot;

/// Asks for a folder, beginning at `start`; `None` where the person thought better of it.
///
/// # Errors
/// `internal` where the program is ending.
pub(crate) async fn choose(
    handle: &AppHandle,
    title: &str,
    start: Option<PathBuf>,
) -> Result<Option<PathBuf>, Failure> {
    let ending = || {
        Failure::new(
            Code::Internal,
            "no folder can be asked for: Larder is ending",
        )
    };
    let (answer, answered) = oneshot::channel();
    let title = title.to_owned();
    let asked = handle.run_on_main_thread(move || ask(&title, start, answer));
    asked.map_err(|_| ending())?;
    answered.await.map_err(|_| ending())
}

/// Opens the dialog; it lives until it is answered.
fn ask(title: &str, start: Option<PathBuf>, answer: oneshot::Sender<Option<PathBuf>>) {
    let action = gtk::FileChooserAction::SelectFolder;
    let dialog = gtk::FileChooserNative::new(Some(title), gtk::Window::NONE, action, None, None);
    if let Some(start) = start {
        dialog.set_current_folder(start);
    }
    let open = Rc::new(RefCell::new(Some((dialog.clone(), answer))));
    dialog.connect_response(move |_, response| {
        if let Some((dialog, answer)) = open.borrow_mut().take() {
            let chosen = (response == gtk::ResponseType::Accept).then(|| dialog.filename());
            let _ = answer.send(chosen.flatten());
        }
    });
    dialog.show();
}
