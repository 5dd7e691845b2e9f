//! A plain HTTP/1.1 client that takes times: what a client of a proxy waits for.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// An answer.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) times: Times,
}

/// From the request to the head, the first byte of the body, and the last.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) first_byte: Duration,
    pub(crate) total: Duration,
}

/// A connection that is kept.
pub(crate) struct Client {
    tcp: TcpStream,
    port: u16,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(port: u16, patience: Duration) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let tcp = TcpStream::connect_timeout(&address, patience)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(patience))?;
        tcp.set_write_timeout(Some(patience))?;
        Ok(Self {
            tcp,
            port,
            buffer: vec![0; 256 << 10],
        })
    }

    /// Asks for a path and gives the body to `take` as it comes.
    pub(crate) fn get_into(
        &mut self,
        path: &str,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(u16, Times)> {
        let begun = Instant::now();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUser-Agent: Go-http-client/1.1\r\n\r\n",
            self.port
        );
        self.tcp.write_all(request.as_bytes())?;
        let mut have = 0;
        let (body_at, head) = loop {
            let count = self.read(have)?;
            have += count;
            if let Some(at) = find(&self.buffer[..have], b"\r\n\r\n") {
                break (at + 4, Head::parse(&self.buffer[..at + 4])?);
            }
            if have == self.buffer.len() {
                bail!("the head of an answer does not end");
            }
        };
        let mut body = have - body_at;
        let mut first_byte = (body > 0 || head.length == 0).then(|| begun.elapsed());
        take(&self.buffer[body_at..have]);
        while body < head.length {
            let count = self.read(0)?;
            first_byte.get_or_insert_with(|| begun.elapsed());
            take(&self.buffer[..count]);
            body += count;
        }
        let total = begun.elapsed();
        Ok((
            head.status,
            Times {
                first_byte: first_byte.unwrap_or(total),
                total,
            },
        ))
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Got> {
        let mut body = Vec::new();
        let (status, times) = self.get_into(path, |bytes| body.extend_from_slice(bytes))?;
        Ok(Got {
            status,
            body,
            times,
        })
    }

    fn read(&mut self, at: usize) -> Result<usize> {
        loop {
            match self.tcp.read(&mut self.buffer[at..]) {
                Ok(0) => bail!("the connection ended within an answer"),
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("an answer did not come"),
            }
        }
    }
}

/// What counts of an answer's head.
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) length: usize,
}

impl Head {
    /// Reads a whole head, the empty line included.
    pub(crate) fn parse(head: &[u8]) -> Result<Self> {
        const LENGTH: &[u8] = b"content-length:";
        let status = head
            .get(9..12)
            .filter(|_| head.starts_with(b"HTTP/1.1 "))
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
            .context("an answer is no HTTP/1.1")?;
        for line in head.split(|byte| *byte == b'\n') {
            if line.len() > LENGTH.len() && line[..LENGTH.len()].eq_ignore_ascii_case(LENGTH) {
                let length = std::str::from_utf8(&line[LENGTH.len()..])?.trim().parse()?;
                return Ok(Self { status, length });
            }
        }
        bail!("an answer of status {status} has no Content-Length")
    }
}

/// Where a needle begins.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|part| part == needle)
}

/// One request on a connection of its own; the time includes connecting.
pub(crate) fn get(port: u16, path: &str, patience: Duration) -> Result<Got> {
    let begun = Instant::now();
    let mut client = Client::connect(port, patience)?;
    let connected = begun.elapsed();
    let mut got = client.get(path)?;
    got.times.first_byte += connected;
    got.times.total += connected;
    Ok(got)
}
