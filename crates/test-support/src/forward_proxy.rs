//! A forward HTTP proxy on loopback, as companies have one between their people and the rest: it tunnels (`CONNECT`) and
//! passes on plain http, to where a test says that a name leads.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use data_encoding::BASE64;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::background::Background;

/// A forward proxy that reaches nothing but what it was told of.
///
/// ```
/// use test_support::{FakeProxy, ForwardProxy};
///
/// let upstream = FakeProxy::start_blocking();
/// let forward = ForwardProxy::start();
/// forward.lead("proxy.corp.example:80", upstream.addr());
/// assert!(forward.asked().is_empty());
/// ```
pub struct ForwardProxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    _background: Background,
}

struct Shared {
    /// The value of the `Proxy-Authorization` that it wants.
    wanted: Option<String>,
    places: Mutex<HashMap<String, SocketAddr>>,
    heads: Mutex<Vec<String>>,
}

impl ForwardProxy {
    /// For everybody.
    pub fn start() -> Self {
        Self::launch(None)
    }

    /// For those only who show this user and password; to others it says 407.
    pub fn for_user(user: &str, password: &str) -> Self {
        let pair = BASE64.encode(format!("{user}:{password}").as_bytes());
        Self::launch(Some(format!("Basic {pair}")))
    }

    fn launch(wanted: Option<String>) -> Self {
        let shared = Arc::new(Shared {
            wanted,
            places: Mutex::default(),
            heads: Mutex::default(),
        });
        let for_listener = shared.clone();
        let (addr, background) = Background::listen("forward-proxy", move |stream| {
            let shared = for_listener.clone();
            async move {
                // An error is a side that left.
                let _ = converse(stream, &shared).await;
            }
        });
        Self {
            addr,
            shared,
            _background: background,
        }
    }

    /// From now on `place`, such as `proxy.corp.example:443`, leads to `to`. All other places are 502.
    pub fn lead(&self, place: &str, to: SocketAddr) {
        let mut places = self.shared.places.lock().unwrap();
        places.insert(place.to_owned(), to);
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its URL, without user info.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The heads of all requests as they came, those in tunnels excepted.
    pub fn heads(&self) -> Vec<String> {
        self.shared.heads.lock().unwrap().clone()
    }

    /// Method and target of all requests, such as `CONNECT proxy.corp.example:443`.
    pub fn asked(&self) -> Vec<String> {
        let asked = |head: &String| head.split(' ').take(2).collect::<Vec<_>>().join(" ");
        self.heads().iter().map(asked).collect()
    }
}

async fn converse(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    let head = read_head(&mut client).await?;
    shared.heads.lock().unwrap().push(head.clone());
    if let Some(wanted) = &shared.wanted
        && header(&head, "proxy-authorization") != Some(wanted)
    {
        let more = "Proxy-Authenticate: Basic realm=\"tests\"\r\n";
        return refuse(client, "407 Proxy Authentication Required", more).await;
    }
    let mut words = head.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let tunnel = method == "CONNECT";
    let (place, path) = if tunnel {
        (target.to_owned(), "")
    } else {
        let rest = target.strip_prefix("http://").unwrap_or_default();
        let at = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at(at);
        let port = if host.contains(':') { "" } else { ":80" };
        (format!("{host}{port}"), path)
    };
    let to = shared.places.lock().unwrap().get(&place).copied();
    let Some(to) = to else {
        return refuse(client, "502 Bad Gateway", "").await;
    };
    let mut server = TcpStream::connect(to).await?;
    if tunnel {
        client
            .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .await?;
    } else {
        let onward = onward(&head, method, path);
        server.write_all(onward.as_bytes()).await?;
    }
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The request as the server sees it: one for each connection, and nothing in it that was for the proxy.
fn onward(head: &str, method: &str, path: &str) -> String {
    let mut onward = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    for line in head.lines().skip(1).filter(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap_or_default().to_lowercase();
        if !name.starts_with("proxy-") && name != "connection" {
            onward.push_str(line);
            onward.push_str("\r\n");
        }
    }
    onward.push_str("\r\n");
    onward
}

async fn refuse(mut client: TcpStream, status: &str, headers: &str) -> io::Result<()> {
    let text = "said by the forward proxy of a test\n";
    let answer = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    client.write_all(answer.as_bytes()).await
}

#[cfg(test)]
mod tests {
    use super::ForwardProxy;
    use crate::{FakeProxy, http::Connection};

    fn ask(proxy: &ForwardProxy, head: &str) -> u16 {
        let mut connection = Connection::open(proxy.addr()).unwrap();
        connection.write(head.as_bytes()).unwrap();
        connection.reply("GET").unwrap().status
    }

    #[test]
    fn plain_http_goes_to_where_the_name_leads_and_the_rest_nowhere() {
        let upstream = FakeProxy::start_blocking();
        upstream.put("/x", "text/plain", "there");
        let proxy = ForwardProxy::start();
        proxy.lead("proxy.corp.example:80", upstream.addr());
        let get = |host: &str| {
            let head =
                format!("GET http://{host}/x HTTP/1.1\r\nHost: {host}\r\nProxy-X: y\r\n\r\n");
            ask(&proxy, &head)
        };
        assert_eq!(get("proxy.corp.example"), 200);
        assert_eq!(get("other.corp.example"), 502);
        assert_eq!(
            ask(&proxy, "CONNECT other.corp.example:443 HTTP/1.1\r\n\r\n"),
            502
        );
        assert_eq!(upstream.paths(), ["/x"]);
        assert_eq!(upstream.requests()[0].header("proxy-x"), None);
        assert_eq!(
            proxy.asked(),
            [
                "GET http://proxy.corp.example/x",
                "GET http://other.corp.example/x",
                "CONNECT other.corp.example:443"
            ]
        );
    }

    #[test]
    fn a_tunnel_passes_bytes_both_ways() {
        let upstream = FakeProxy::start_blocking();
        upstream.put("/x", "text/plain", "there");
        let proxy = ForwardProxy::start();
        proxy.lead("proxy.corp.example:443", upstream.addr());
        let mut connection = Connection::open(proxy.addr()).unwrap();
        let connect = "CONNECT proxy.corp.example:443 HTTP/1.1\r\n\r\n";
        connection.write(connect.as_bytes()).unwrap();
        assert_eq!(connection.head().unwrap().status, 200);
        connection
            .write(b"GET /x HTTP/1.1\r\nHost: proxy.corp.example\r\n\r\n")
            .unwrap();
        assert_eq!(connection.reply("GET").unwrap().text(), "there");
    }

    #[test]
    fn strangers_are_told_to_say_who_they_are() {
        let proxy = ForwardProxy::for_user("porter", "opensesame");
        let connect = |more: &str| {
            let head = format!("CONNECT proxy.corp.example:443 HTTP/1.1\r\n{more}\r\n");
            ask(&proxy, &head)
        };
        assert_eq!(connect(""), 407);
        assert_eq!(connect("Proxy-Authorization: Basic eDp5\r\n"), 407);
        // Let in, and led nowhere.
        let right = "Proxy-Authorization: Basic cG9ydGVyOm9wZW5zZXNhbWU=\r\n";
        assert_eq!(connect(right), 502);
    }
}
