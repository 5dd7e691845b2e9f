//! What holds Larder's port from login on, whether Larder runs or not: a socket unit of the person's own systemd, or,
//! where there is no systemd, Larder itself, started with every login.
//!
//! Without it another user of the machine could take the port and be believed while Larder does not run.

mod login;
mod systemctl;
mod units;

use std::env;
use std::fs;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use app::command::{PortIsHeld, Stop};
use app::{App, Code, Failure, Instance, Places, PortHold, Settings};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

pub use self::login::at_login;
use self::units::Start;
use crate::client::Client;
use crate::listen::{self, PortWish};

/// The unit that holds the port.
const SOCKET: &str = "larder.socket";
/// The unit that it starts.
const SERVICE: &str = "larder.service";
/// The entry of the autostart folder.
const ENTRY: &str = "larder.desktop";

/// How long the service may take to start.
const START: Duration = Duration::from_secs(20);
/// How long a running instance may take to end: requests under way are given half a minute.
const END: Duration = Duration::from_secs(40);
/// How often to look.
const PACE: Duration = Duration::from_millis(50);

/// How a port can be held on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By the person's own systemd.
    Systemd,
    /// By Larder, started with every login.
    Autostart,
}

/// What there is of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// How a port can be held here.
    pub way: Way,
    /// The files that are there.
    pub files: Vec<PathBuf>,
    /// What the socket unit does (`active`, `inactive`, `failed`…); `None` where there is none.
    pub socket: Option<String>,
    /// Where it listens, or would.
    pub addresses: Vec<String>,
    /// Who holds the port.
    pub hold: PortHold,
    /// The port; `None` before the first start.
    pub port: Option<u16>,
}

/// It is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// How the port is held.
    pub way: Way,
    /// The port.
    pub port: u16,
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// Whether an instance that ran in the foreground gave way to the service.
    pub gave_way: bool,
}

/// It is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The files that were taken away; none where it was not installed.
    pub files: Vec<PathBuf>,
}

/// Who holds this port while Larder does not run.
pub async fn hold(port: u16) -> PortHold {
    if systemctl::socket()
        .await
        .is_some_and(|state| state.holds(port))
    {
        return PortHold::Socket;
    }
    autostart()
}

/// Whether Larder is started with every login; without asking systemd.
#[must_use]
pub fn autostart() -> PortHold {
    let Ok(folders) = Folders::of_environment() else {
        return PortHold::Nobody;
    };
    match fs::read_to_string(folders.autostart()) {
        Ok(text) if !text.lines().any(|line| line.trim() == "Hidden=true") => PortHold::Autostart,
        Ok(_) | Err(_) => PortHold::Nobody,
    }
}

/// What there is of it.
///
/// # Errors
/// `bad-input` where there is no home; `bad-settings`.
pub async fn status(places: &Places) -> Result<ServiceStatus, Failure> {
    let folders = Folders::of_environment()?;
    let state = systemctl::socket().await;
    let port = match Instance::announced(places).filter(|_| is_alive(places)) {
        Some(instance) => Some(instance.port),
        None => Settings::read(&places.settings())?.port,
    };
    let holds = |port| state.as_ref().is_some_and(|state| state.holds(port));
    Ok(ServiceStatus {
        way: way().await,
        files: folders
            .all()
            .into_iter()
            .filter(|file| file.exists())
            .collect(),
        hold: if port.is_some_and(holds) {
            PortHold::Socket
        } else {
            autostart()
        },
        port,
        socket: state.as_ref().map(|state| state.active.clone()),
        addresses: state.map(|state| state.addresses).unwrap_or_default(),
    })
}

/// Has the port held from now on. An instance that runs without the service gives way to it.
///
/// # Errors
/// `bad-input`, `disk` or `internal` where it can't be arranged; what was written is taken away again then.
pub async fn install(places: &Places, program: &Path) -> Result<Installed, Failure> {
    let folders = Folders::of_environment()?;
    let way = way().await;
    let (home, path) = (env::var("LARDER_HOME").ok(), env::var("PATH").ok());
    let start = Start {
        program,
        home: home.as_deref().filter(|home| !home.is_empty()),
        path: path.as_deref(),
    };
    let port = port(places).await?;
    match way {
        Way::Autostart => {
            let file = folders.autostart();
            write(&file, &units::autostart(&start)?)?;
            tell(places, PortHold::Autostart).await?;
            Ok(Installed {
                way,
                port,
                files: vec![file],
                gave_way: false,
            })
        }
        Way::Systemd => {
            let text = units::service(&start)?;
            let with_v6 = listen::has_v6();
            let files = vec![folders.unit(SOCKET), folders.unit(SERVICE)];
            write(&files[0], &units::socket(port, with_v6))?;
            write(&files[1], &text)?;
            let arranged = arrange(places, port).await;
            match arranged {
                Ok(gave_way) => Ok(Installed {
                    way,
                    port,
                    files,
                    gave_way,
                }),
                Err(failure) => {
                    // As it was: nothing holds the port.
                    let _ = systemctl::order(&["disable", "--now", SOCKET]).await;
                    take_away(&files)?;
                    let _ = systemctl::order(&["daemon-reload"]).await;
                    tell(places, PortHold::Nobody).await?;
                    Err(failure)
                }
            }
        }
    }
}

/// Hands the port to systemd, and the work to the service; says whether an instance gave way.
async fn arrange(places: &Places, port: u16) -> Result<bool, Failure> {
    systemctl::order(&["daemon-reload"]).await?;
    // Before it ends: go env then stays as it is over the change.
    let held_already = hold(port).await == PortHold::Socket;
    tell(places, PortHold::Socket).await?;
    let gave_way = !held_already && give_way(places).await?;
    let enable: &[&str] = if held_already {
        &["enable", SOCKET]
    } else {
        &["enable", "--now", SOCKET]
    };
    systemctl::order(enable).await?;
    if hold(port).await != PortHold::Socket {
        return Err(Failure::new(
            Code::Internal,
            format!("systemd has started {SOCKET}, and yet does not hold port {port}"),
        )
        .hint(format!("see: systemctl --user status {SOCKET}")));
    }
    attach(places, port).await?;
    Ok(gave_way)
}

/// Holds the port no longer: the service ends, and go env is given back.
///
/// # Errors
/// `disk` or `internal` where it can't be taken away.
pub async fn remove(places: &Places) -> Result<Removed, Failure> {
    let folders = Folders::of_environment()?;
    let files = folders.all().into_iter().filter(|file| file.exists());
    let files: Vec<PathBuf> = files.collect();
    let has_units = systemctl::socket().await.is_some();
    if files.is_empty() && !has_units {
        return Ok(Removed { files });
    }
    tell(places, PortHold::Nobody).await?;
    if has_units {
        systemctl::order(&["disable", "--now", SOCKET]).await?;
        systemctl::order(&["stop", SERVICE]).await?;
        // How it ended last is nobody's concern any more.
        let _ = systemctl::order(&["reset-failed", SOCKET, SERVICE]).await;
    }
    take_away(&files)?;
    if has_units {
        systemctl::order(&["daemon-reload"]).await?;
    }
    // An instance that serves without the service gives go env back at its end; without one it is done now.
    tell(places, PortHold::Nobody).await?;
    Ok(Removed { files })
}

/// Lets the socket unit start the service, where it does not run yet, and gives the instance that then runs.
///
/// # Errors
/// `not-running` where it does not come up.
pub async fn attach(places: &Places, port: u16) -> Result<Client, Failure> {
    let until = Instant::now() + START;
    loop {
        // Whoever connects has it started.
        let knock = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
        let _ = timeout(PACE, knock).await;
        sleep(PACE).await;
        match Client::running(places).await {
            Ok(client) => return Ok(client),
            Err(failure) if Instant::now() >= until => {
                return Err(Failure::new(
                    Code::NotRunning,
                    format!(
                        "{SOCKET} holds port {port}, but the service does not come up: {failure}"
                    ),
                )
                .hint(format!("see why: journalctl --user -u {SERVICE}")));
            }
            Err(_) => {}
        }
    }
}

/// Has the running instance end, where one runs; says whether one did.
async fn give_way(places: &Places) -> Result<bool, Failure> {
    let running = match Client::running(places).await {
        Ok(running) => running,
        Err(failure) if failure.code == Code::NotRunning => return Ok(false),
        Err(failure) => return Err(failure),
    };
    running.call(Stop {}).await?;
    let until = Instant::now() + END;
    while is_alive(places) {
        if Instant::now() >= until {
            return Err(Failure::new(
                Code::AlreadyRunning,
                "the Larder that runs does not end, so its port can't be handed over",
            )
            .hint("stop it, then try again: larder stop"));
        }
        sleep(PACE).await;
    }
    Ok(true)
}

/// Tells whoever writes go env who holds the port.
async fn tell(places: &Places, hold: PortHold) -> Result<(), Failure> {
    let client = Client::reach(places).await?;
    let told = client.call(PortIsHeld { hold }).await;
    client.close().await;
    told.map(drop)
}

/// The port to be held: that of every run; chosen and remembered where there was none yet.
async fn port(places: &Places) -> Result<u16, Failure> {
    if let Some(port) = Settings::read(&places.settings())?.port {
        return Ok(port);
    }
    loop {
        let port = match App::open(places.clone()).await? {
            Some(app) => {
                let chosen = listen::listen(PortWish::Remembered(None)).await;
                let remembered = chosen.and_then(|listeners| {
                    Settings::remember_port(&places.settings(), listeners.port())?;
                    Ok(listeners.port())
                });
                app.close().await;
                remembered?
            }
            // A run at a port of its own has not remembered it: the first choice is as good as any.
            None => match Client::running(places).await {
                Ok(_) => {
                    let chosen = listen::listen(PortWish::Remembered(None)).await?.port();
                    Settings::remember_port(&places.settings(), chosen)?;
                    chosen
                }
                Err(failure) if failure.code == Code::NotRunning => continue,
                Err(failure) => return Err(failure),
            },
        };
        return Ok(port);
    }
}

async fn way() -> Way {
    if systemctl::is_there().await {
        Way::Systemd
    } else {
        Way::Autostart
    }
}

fn is_alive(places: &Places) -> bool {
    Instance::is_alive(places).unwrap_or(false)
}

/// Where the person's own units and entries stand.
struct Folders {
    config: PathBuf,
}

impl Folders {
    /// As systemd and the desktop find them: below `XDG_CONFIG_HOME`, else `.config` of HOME.
    fn of_environment() -> Result<Self, Failure> {
        let folder = |name: &str| {
            let folder = PathBuf::from(env::var_os(name)?);
            folder.is_absolute().then_some(folder)
        };
        let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        let config = config.ok_or_else(|| {
            Failure::new(
                Code::BadInput,
                "there is no home folder for the service's files",
            )
            .hint("set HOME")
        })?;
        Ok(Self { config })
    }

    fn unit(&self, name: &str) -> PathBuf {
        self.config.join("systemd/user").join(name)
    }

    fn autostart(&self) -> PathBuf {
        self.config.join("autostart").join(ENTRY)
    }

    fn all(&self) -> [PathBuf; 3] {
        [self.unit(SOCKET), self.unit(SERVICE), self.autostart()]
    }
}

/// Writes a file whole: beside its place first, then under its name.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let draft = path.with_extension("larder-new");
    let written = (|| {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let _ = fs::remove_file(&draft);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    })();
    written.map_err(|error| {
        let _ = fs::remove_file(&draft);
        trouble(path, "written", &error)
    })
}

fn take_away(files: &[PathBuf]) -> Result<(), Failure> {
    for file in files {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(trouble(file, "removed", &error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn trouble(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::new(
        Code::Disk,
        format!("{} can't be {what}: {error}", path.display()),
    )
}
