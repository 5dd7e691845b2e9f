//! nginx over a folder: what a static file server of renown makes of the same files.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::ask;
use crate::guard;
use crate::process;

/// Where Debian has it, which is not on everybody's PATH.
const PROGRAM: &str = "/usr/sbin/nginx";

/// A running nginx with two workers.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) port: u16,
}

impl Nginx {
    /// Starts it over `root`, with its own files below `scratch`, and waits until it gives `path`.
    pub(crate) fn start(root: &Path, scratch: &Path, path: &str) -> Result<Self> {
        let port = process::free_port()?;
        let folder = scratch.join("nginx");
        fs::create_dir_all(&folder)?;
        let conf = folder.join("nginx.conf");
        fs::write(&conf, conf_text(root, &folder, port)?)?;
        let log = File::create(folder.join("out.log"))?;
        let child = Command::new(PROGRAM)
            .arg("-p")
            .arg(&folder)
            .arg("-e")
            .arg(folder.join("error.log"))
            .arg("-c")
            .arg(&conf)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| {
                format!("{PROGRAM} can't be started; `scripts/setup bench` brings it")
            })?;
        guard::started(child.id());
        let mut nginx = Self { child, port };
        let until = Instant::now() + Duration::from_secs(10);
        while !ask::get(port, path, Duration::from_secs(1)).is_ok_and(|got| got.status == 200) {
            let ended = nginx.child.try_wait()?.is_some();
            let log = fs::read_to_string(folder.join("error.log")).unwrap_or_default();
            ensure!(
                !ended && Instant::now() < until,
                "nginx does not serve:\n{log}"
            );
            thread::sleep(Duration::from_millis(10));
        }
        Ok(nginx)
    }

    /// The master and its workers.
    pub(crate) fn pids(&self) -> Result<Vec<u32>> {
        process::family(self.child.id())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = process::end(&mut self.child, Duration::from_secs(10));
    }
}

fn conf_text(root: &Path, folder: &Path, port: u16) -> Result<String> {
    let (root, folder) = (root.display(), folder.display());
    let mut text = String::new();
    // Workers of root's nginx belong to nobody, who may not read a private folder.
    if rustix::process::geteuid().is_root() {
        text += "user root;\n";
    }
    writeln!(
        text,
        "daemon off;
worker_processes 2;
worker_rlimit_nofile {};
pid {folder}/pid;
events {{ worker_connections 18000; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  default_type text/plain;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    # Each worker has a queue of its own, so that the kernel spreads connections over both.
    listen 127.0.0.1:{port} reuseport backlog=4096;
    root {root};
  }}
}}",
        crate::load::most_files().min(20_000)
    )?;
    Ok(text)
}
