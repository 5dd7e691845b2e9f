//! The program from its start to its end.

use std::time::Duration;

use app::{Code, Failure, Places};
use server::EndSignals;
use tauri::{AppHandle, Manager, RunEvent, WindowEvent};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::args::{self, Opening, Wish};
use crate::bridge::{self, Followed};
use crate::clicks;
use crate::desktop;
use crate::engine::{self, Engine};
use crate::look::Look;
use crate::notify;
use crate::tray::{self, TrayHost};
use crate::window;

/// How long, after a login, somebody may take to show tray icons before the window is opened instead.
const TRAY_MAY_COME: Duration = Duration::from_secs(10);
/// The exit code of a second signal, as of Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Runs until the end is asked for: by Quit, by a signal, by `larder stop`. Then the tray is gone at once, and requests
/// under way finish.
///
/// # Errors
/// `internal` where the system or the toolkit refuses.
pub(crate) fn run(places: Places, opening: Opening) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(64)
        .enable_all()
        .build()
        .map_err(|error| internal(&format!("the runtime can't be started: {error}")))?;
    tauri::async_runtime::set(runtime.handle().clone());
    let end = CancellationToken::new();
    let (engine, keeper) = engine::engine(places.clone(), end.clone());

    let setup = {
        let (engine, end, places) = (engine.clone(), end.clone(), places.clone());
        move |app: &mut tauri::App| Ok(begin(app.handle(), &engine, end, &places, &opening)?)
    };
    let program = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|handle, args, _| {
            second_start(handle, args)
        }))
        .manage(engine.clone())
        .manage(places)
        .manage(Followed::default())
        .invoke_handler(tauri::generate_handler![
            bridge::call,
            bridge::start,
            bridge::watch,
            bridge::cancel,
            bridge::follow,
            bridge::unfollow,
            desktop::desktop,
            desktop::choose_folder,
            desktop::open_path,
            desktop::restart,
            desktop::close_window,
        ])
        .on_window_event(|window, event| {
            if let WindowEvent::Destroyed = event {
                window.state::<Followed>().end_all();
            }
        })
        .setup(setup)
        .build(tauri::generate_context!())
        .map_err(|error| internal(&format!("the desktop's toolkit can't be started: {error}")))?;

    let (handle, asked) = (program.handle().clone(), end.clone());
    let keeping = runtime.spawn(async move {
        let not_given_back = keeper.keep().await;
        if !asked.is_cancelled() {
            // Somebody asked the instance in this process to stop, and it has.
            handle.exit(0);
        }
        not_given_back
    });
    program.run_return(|_, event| {
        // Without a window it is the tray that goes on.
        if let RunEvent::ExitRequested {
            api, code: None, ..
        } = event
        {
            api.prevent_exit();
        }
    });
    end.cancel();
    let kept = runtime.block_on(keeping);
    if let Some(failure) = kept.map_err(|error| internal(&error.to_string()))? {
        runtime.block_on(notify::tell_not_given_back(&failure));
    }
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}

/// What is done once the toolkit is there, on the main thread.
fn begin(
    handle: &AppHandle,
    engine: &Engine,
    end: CancellationToken,
    places: &Places,
    opening: &Opening,
) -> tauri::Result<()> {
    let (look, host) = (Look::find(), TrayHost::watch());
    handle.manage(look.clone());
    handle.manage(host.clone());
    let tray = tray::put(handle, look, &places.runtime)?;
    clicks::follow(handle, tray.menu(), engine.clone());
    tauri::async_runtime::spawn(tray.follow(engine.clone()));
    tauri::async_runtime::spawn(notify::follow(handle.clone(), engine.clone()));
    tauri::async_runtime::spawn(end_at_signal(handle.clone(), end));
    if opening.at_login {
        let handle = handle.clone();
        tauri::async_runtime::spawn(async move {
            if timeout(TRAY_MAY_COME, host.comes()).await.is_err() {
                window::open(&handle, None);
            }
        });
    } else {
        window::open(handle, opening.route.as_deref());
    }
    Ok(())
}

/// Another start of the program shows the window of this one.
fn second_start(handle: &AppHandle, args: Vec<String>) {
    match args::read(args.into_iter().skip(1).map(Into::into)) {
        Ok(Wish::Run(opening)) if !opening.at_login => {
            window::open(handle, opening.route.as_deref())
        }
        _ => {}
    }
}

/// The first signal asks for an orderly end; the second ends the process where it stands.
async fn end_at_signal(handle: AppHandle, end: CancellationToken) {
    let mut signals = match EndSignals::take() {
        Ok(signals) => signals,
        Err(failure) => return tracing::warn!("{failure}"),
    };
    signals.next().await;
    tracing::info!("asked to end; requests under way finish first (once more ends at once)");
    end.cancel();
    handle.exit(0);
    signals.next().await;
    std::process::exit(INTERRUPTED);
}

fn internal(message: &str) -> Failure {
    Failure::new(Code::Internal, message)
}
