//! Starting at login as the running instance asks for it, which goes on running as it does: what `install` and `remove`
//! do, but from the next login on.

use std::env;
use std::path::Path;

use app::{Failure, Places, PortHold};

use super::units::{self, Start};
use super::{Folders, SERVICE, SOCKET, Way, port, systemctl, take_away, tell, way, write};
use crate::listen;

/// Has Larder started with the next login, or not any more. This run stays as it is.
///
/// # Errors
/// `bad-input`, `disk` or `internal` where it can't be arranged; what was written is taken away again then.
pub async fn at_login(places: &Places, program: &Path, wanted: bool) -> Result<(), Failure> {
    let folders = Folders::of_environment()?;
    let way = way().await;
    if !wanted {
        if way == Way::Systemd {
            // One that is not installed can't be disabled, and need not.
            if folders.unit(SOCKET).exists() {
                systemctl::order(&["disable", SOCKET]).await?;
            }
        }
        take_away(&folders.all())?;
        return tell(places, PortHold::Nobody).await;
    }
    let (home, path) = (env::var("LARDER_HOME").ok(), env::var("PATH").ok());
    let start = Start {
        program,
        home: home.as_deref().filter(|home| !home.is_empty()),
        path: path.as_deref(),
    };
    match way {
        Way::Autostart => {
            write(&folders.autostart(), &units::autostart(&start)?)?;
            tell(places, PortHold::Autostart).await
        }
        Way::Systemd => {
            let files = [folders.unit(SOCKET), folders.unit(SERVICE)];
            let text = units::service(&start)?;
            let port = port(places).await?;
            let enabling = async {
                write(&files[0], &units::socket(port, listen::has_v6()))?;
                write(&files[1], &text)?;
                systemctl::order(&["daemon-reload"]).await?;
                systemctl::order(&["enable", SOCKET]).await
            };
            let enabled = enabling.await;
            if enabled.is_err() {
                take_away(&files)?;
            }
            enabled
        }
    }
}
