//! The menu itself. It is made once; from then on its lines are changed in place, so that an open menu stays open.

use std::sync::Mutex;

use tauri::AppHandle;
use tauri::menu::{CheckMenuItem, Menu as Native, MenuItem, PredefinedMenuItem};

use super::face::{Face, label};

/// What a click means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Click {
    /// Use this profile.
    Profile(String),
    /// Show all profiles.
    AllProfiles,
    /// Offline, or no longer.
    Offline(bool),
    /// Show what was missed.
    Missing,
    /// Stock a folder.
    Stock,
    /// Pause, or resume.
    Pause(bool),
    /// Open the window.
    Open,
    /// Quit.
    Quit,
}

const OFFLINE: &str = "offline";
const MISSING: &str = "missing";
const STOCK: &str = "stock";
const PAUSE: &str = "pause";
const OPEN: &str = "open";
const QUIT: &str = "quit";
const ALL_PROFILES: &str = "all-profiles";
const PROFILE: &str = "profile-";

/// The lines before the profiles: the status and what parts it from them.
const BEFORE_PROFILES: usize = 2;
/// Between the profiles and the line about what was missed: a parting line, Offline, a parting line.
const BEFORE_MISSING: usize = 3;

/// The menu.
pub(crate) struct Menu {
    native: Native<tauri::Wry>,
    status: MenuItem<tauri::Wry>,
    all_profiles: MenuItem<tauri::Wry>,
    offline: CheckMenuItem<tauri::Wry>,
    missing: MenuItem<tauri::Wry>,
    stock: MenuItem<tauri::Wry>,
    pause: MenuItem<tauri::Wry>,
    shown: Mutex<Shown>,
}

/// What stands in it now.
struct Shown {
    face: Face,
    profiles: Vec<CheckMenuItem<tauri::Wry>>,
}

impl Menu {
    /// Makes it.
    ///
    /// # Errors
    /// Where the toolkit refuses.
    pub(crate) fn new(handle: &AppHandle) -> tauri::Result<Self> {
        let face = Face::starting();
        let item = |id: &str, text: &str, enabled| {
            MenuItem::with_id(handle, id, text, enabled, None::<&str>)
        };
        let status = item("status", &face.status, false)?;
        let all_profiles = item(ALL_PROFILES, "All profiles…", true)?;
        let offline =
            CheckMenuItem::with_id(handle, OFFLINE, "Offline", false, false, None::<&str>)?;
        let missing = item(MISSING, "", true)?;
        let stock = item(STOCK, "Stock a folder…", false)?;
        let pause = item(PAUSE, "Pause", false)?;
        let (open, quit) = (
            item(OPEN, "Open Larder", true)?,
            item(QUIT, "Quit Larder", true)?,
        );
        let line = || PredefinedMenuItem::separator(handle);
        let native = Native::with_items(
            handle,
            &[
                &status,
                &line()?,
                &line()?,
                &offline,
                &line()?,
                &stock,
                &pause,
                &line()?,
                &open,
                &quit,
            ],
        )?;
        let shown = Mutex::new(Shown {
            face,
            profiles: Vec::new(),
        });
        Ok(Self {
            native,
            status,
            all_profiles,
            offline,
            missing,
            stock,
            pause,
            shown,
        })
    }

    /// For the tray icon.
    pub(crate) fn native(&self) -> &Native<tauri::Wry> {
        &self.native
    }

    /// What a click on the line of this id means; `None` for a line that means nothing.
    pub(crate) fn click(&self, id: &str) -> Option<Click> {
        let face = self.lock().face.clone();
        Some(match id {
            OFFLINE => Click::Offline(!face.offline),
            MISSING => Click::Missing,
            STOCK => Click::Stock,
            PAUSE => Click::Pause(!face.paused),
            OPEN => Click::Open,
            QUIT => Click::Quit,
            ALL_PROFILES => Click::AllProfiles,
            _ => {
                let at: usize = id.strip_prefix(PROFILE)?.parse().ok()?;
                Click::Profile(face.profiles.get(at)?.name.clone())
            }
        })
    }

    /// Sets the checks as they are: the toolkit turns that of a line over that is clicked, whatever comes of it.
    ///
    /// # Errors
    /// Where the toolkit refuses.
    pub(crate) fn check(&self) -> tauri::Result<()> {
        let shown = self.lock();
        check(&self.offline, &shown)
    }

    /// Says what this face says.
    ///
    /// # Errors
    /// Where the toolkit refuses.
    pub(crate) fn show(&self, handle: &AppHandle, face: &Face) -> tauri::Result<()> {
        let mut shown = self.lock();
        if shown.face == *face {
            return Ok(());
        }
        let was = std::mem::replace(&mut shown.face, face.clone());
        if was.status != face.status {
            self.status.set_text(label(&face.status))?;
        }
        self.show_profiles(handle, &mut shown, &was)?;
        check(&self.offline, &shown)?;
        self.show_missing(&was, &shown)?;
        self.offline.set_enabled(face.answers)?;
        self.stock.set_enabled(face.answers && face.can_stock)?;
        self.pause.set_enabled(face.answers)?;
        if was.paused != face.paused {
            self.pause
                .set_text(if face.paused { "Resume" } else { "Pause" })?;
        }
        Ok(())
    }

    /// Lines that stay get their text; only those too many or too few go or come.
    fn show_profiles(
        &self,
        handle: &AppHandle,
        shown: &mut Shown,
        was: &Face,
    ) -> tauri::Result<()> {
        let face = &shown.face;
        for (at, profile) in face.profiles.iter().enumerate() {
            let text = label(&profile.name);
            match shown.profiles.get(at) {
                Some(_)
                    if was
                        .profiles
                        .get(at)
                        .is_some_and(|was| was.name == profile.name) => {}
                Some(item) => item.set_text(text)?,
                None => {
                    let id = format!("{PROFILE}{at}");
                    let item = CheckMenuItem::with_id(
                        handle,
                        id,
                        text,
                        true,
                        profile.in_use,
                        None::<&str>,
                    )?;
                    self.native.insert(&item, BEFORE_PROFILES + at)?;
                    shown.profiles.push(item);
                }
            }
        }
        for item in shown.profiles.drain(face.profiles.len()..) {
            self.native.remove(&item)?;
        }
        match (was.has_more, face.has_more) {
            (false, true) => self
                .native
                .insert(&self.all_profiles, BEFORE_PROFILES + shown.profiles.len()),
            (true, false) => self.native.remove(&self.all_profiles),
            _ => Ok(()),
        }
    }

    fn show_missing(&self, was: &Face, shown: &Shown) -> tauri::Result<()> {
        let at = BEFORE_PROFILES
            + shown.profiles.len()
            + usize::from(shown.face.has_more)
            + BEFORE_MISSING;
        match (was.missing(), shown.face.missing()) {
            (before, Some(text)) => {
                if before.as_ref() != Some(&text) {
                    self.missing.set_text(label(&text))?;
                }
                if before.is_none() {
                    self.native.insert(&self.missing, at)?;
                }
                Ok(())
            }
            (Some(_), None) => self.native.remove(&self.missing),
            (None, None) => Ok(()),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn check(offline: &CheckMenuItem<tauri::Wry>, shown: &Shown) -> tauri::Result<()> {
    for (item, profile) in shown.profiles.iter().zip(&shown.face.profiles) {
        item.set_checked(profile.in_use)?;
    }
    offline.set_checked(shown.face.offline)
}
