//! HTTP to the instance: one connection a request, to 127.0.0.1 alone, with a deadline on each step.

use std::net::Ipv4Addr;
use std::time::Duration;

use app::{By, Code, Failure};
use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use secret::Secret;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::client::not_understood;
use crate::control::BY;

/// The deadline for a connection on this machine.
const CONNECT: Duration = Duration::from_secs(2);
/// The deadline for the head of an answer: a call is carried out before it comes.
const HEAD: Duration = Duration::from_secs(30);
/// The deadline for the next part of a body. In a stream of lines there is a sign of life every 10 seconds.
const SILENCE: Duration = Duration::from_secs(35);
/// The largest answer that is read, in bytes: a list of all that is kept may be long.
const LARGEST: usize = 256 << 20;

/// An answer whose body is still to be read, with the task that keeps its connection going.
pub(super) struct Reply {
    response: Response<Incoming>,
    _connection: Connection,
}

/// Ends with its value.
struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks the instance at this port.
pub(super) async fn send(
    port: u16,
    token: &Secret,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<Reply, Failure> {
    let tcp = timeout(CONNECT, TcpStream::connect((Ipv4Addr::LOCALHOST, port)))
        .await
        .map_err(|_| silent("no connection came about", CONNECT))?
        .map_err(|error| gone(port, &error))?;
    let _ = tcp.set_nodelay(true);
    let (mut sender, connection) = http1::handshake(TokioIo::new(tcp))
        .await
        .map_err(|error| gone(port, &error))?;
    let connection = Connection(tokio::spawn(async move {
        // What goes wrong here shows in the answer or its body.
        let _ = connection.await;
    }));
    let response = timeout(
        HEAD,
        sender.send_request(request(port, token, method, path, body)?),
    )
    .await
    .map_err(|_| silent("no answer came", HEAD))?
    .map_err(|error| gone(port, &error))?;
    let reply = Reply {
        response,
        _connection: connection,
    };
    if reply.response.status().is_success() {
        Ok(reply)
    } else {
        Err(reply.failure().await)
    }
}

fn request(
    port: u16,
    token: &Secret,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Failure> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .map_err(|_| Failure::new(Code::Disk, "the control token is no token"))?;
    bearer.set_sensitive(true);
    let mut request = Request::builder();
    if let Some(by) = By::now() {
        request = request.header(BY, by.word());
    }
    request
        .method(method)
        .uri(path)
        .header(HOST, format!("127.0.0.1:{port}"))
        .header(AUTHORIZATION, bearer)
        .header(CONTENT_TYPE, "application/json")
        .header(CONNECTION, "close")
        .body(Full::new(body))
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))
}

impl Reply {
    /// All of the body.
    pub(super) async fn bytes(mut self) -> Result<Bytes, Failure> {
        let mut all = BytesMut::new();
        while let Some(bytes) = self.chunk().await? {
            if all.len() + bytes.len() > LARGEST {
                return Err(not_understood(&format!("it has more than {LARGEST} bytes")));
            }
            all.extend_from_slice(&bytes);
        }
        Ok(all.freeze())
    }

    /// The next part of the body; `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let frame = timeout(SILENCE, self.response.body_mut().frame())
                .await
                .map_err(|_| silent("nothing more of the answer came", SILENCE))?;
            match frame {
                None => return Ok(None),
                Some(Err(error)) => {
                    return Err(Failure::new(
                        Code::NotRunning,
                        format!(
                            "the running Larder's answer broke off ({error}); it may have been killed"
                        ),
                    ));
                }
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }

    /// What a status of 4xx or 5xx says.
    async fn failure(self) -> Failure {
        let status = self.response.status();
        let bytes = match self.bytes().await {
            Ok(bytes) => bytes,
            Err(failure) => return failure,
        };
        if status == http::StatusCode::FORBIDDEN {
            return Failure::new(Code::Protocol, "the running Larder refused this program's control token").hint("stop that instance (`larder serve` in its terminal, or by its process id) and start it again");
        }
        serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| not_understood(&format!("status {status}")))
    }
}

fn silent(what: &str, within: Duration) -> Failure {
    Failure::new(
        Code::Protocol,
        format!(
            "{what} from the running Larder within {} s",
            within.as_secs()
        ),
    )
    .hint("if it hangs, stop its process and start it again")
}

fn gone(port: u16, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Code::NotRunning,
        format!("the running Larder can't be reached at 127.0.0.1:{port}: {error}"),
    )
}
