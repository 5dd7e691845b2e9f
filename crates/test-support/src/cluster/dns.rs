//! A real DNS server: dnsmasq, on a port of loopback, with what is known of one company's names. It asks nobody.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The company's domain.
const DOMAIN: &str = "corp.example";
const PATIENCE: Duration = Duration::from_secs(10);

/// What it knows.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Addresses by name.
    pub addresses: Vec<(String, IpAddr)>,
    /// Services by name.
    pub services: Vec<Service>,
}

/// An SRV record.
#[derive(Clone, Debug)]
pub struct Service {
    /// Such as `_goproxy._tcp.corp.example`.
    pub name: String,
    /// The host.
    pub target: String,
    /// Its port.
    pub port: u16,
    /// Lower ones are asked first.
    pub priority: u16,
    /// The share among those of one priority.
    pub weight: u16,
}

/// A running dnsmasq. It ends with this value.
pub struct Dns {
    folder: TempDir,
    addr: SocketAddr,
    child: Option<Child>,
}

impl Dns {
    /// At this port of loopback; it does not run yet.
    pub fn new(port: u16) -> Self {
        let folder = tempfile::Builder::new().prefix("larder-dns-").tempdir();
        Self {
            folder: folder.expect("a temporary folder"),
            addr: (Ipv4Addr::LOCALHOST, port).into(),
            child: None,
        }
    }

    /// Where it answers.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// SIGKILL: from now on nobody answers. Gives its process id, if it ran.
    pub fn kill9(&mut self) -> Option<u32> {
        let mut child = self.child.take()?;
        let _ = child.kill();
        let _ = child.wait();
        Some(child.id())
    }

    /// Runs anew, knowing this and nothing else, and answers when this returns; in between nobody does. Gives its process id.
    pub fn run(&mut self, records: &Records) -> u32 {
        self.kill9();
        let file = self.folder.path().join("dnsmasq.conf");
        fs::write(&file, self.settings(records)).expect("a file in a temporary folder");
        let log = fs::File::create(self.folder.path().join("log")).expect("a log");
        let child = Command::new(program())
            // Neither in the background nor as another user.
            .arg("--no-daemon")
            .arg(format!("--conf-file={}", file.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("dnsmasq can be started; scripts/setup brings it");
        let pid = child.id();
        self.child = Some(child);
        self.wait();
        pid
    }

    fn settings(&self, records: &Records) -> String {
        let mut text = format!(
            "port={}\nlisten-address={}\nbind-interfaces\nno-resolv\nno-hosts\nlocal=/{DOMAIN}/\nlocal-ttl=1\n",
            self.addr.port(),
            self.addr.ip(),
        );
        for (name, address) in &records.addresses {
            text += &format!("host-record={name},{address}\n");
        }
        for Service {
            name,
            target,
            port,
            priority,
            weight,
        } in &records.services
        {
            text += &format!("srv-host={name},{target},{port},{priority},{weight}\n");
        }
        text
    }

    /// Until any answer comes to a question.
    fn wait(&mut self) {
        // Number 7, recursion wanted, one question: A of `corp.example`.
        let question = b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x04corp\x07example\0\0\x01\0\x01";
        let until = Instant::now() + PATIENCE;
        loop {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
            socket
                .connect(self.addr)
                .expect("a datagram socket connects");
            socket
                .set_read_timeout(Some(Duration::from_millis(100)))
                .expect("a timeout can be set");
            let answer = socket
                .send(question)
                .and_then(|_| socket.recv(&mut [0; 512]));
            if answer.is_ok() {
                return;
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok()?);
            assert!(
                ended.is_none() && Instant::now() < until,
                "dnsmasq does not answer: {}",
                fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGSTOP: questions are lost, until it is run anew.
    pub fn pause(&self) {
        if let Some(child) = &self.child {
            kill_process(Pid::from_child(child), Signal::STOP)
                .expect("our own child takes signals");
        }
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// Debian has it in a folder that not everybody's path has.
fn program() -> &'static str {
    let debian = "/usr/sbin/dnsmasq";
    if fs::exists(debian).unwrap_or(false) {
        debian
    } else {
        "dnsmasq"
    }
}
