//! The fake's life: it listens on a thread and runtime of its own, one task a connection, until it is told to end.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::oneshot};

use super::{Shared, request, response};

pub(super) enum State {
    Running {
        stop: oneshot::Sender<()>,
        thread: JoinHandle<()>,
    },
    /// The port refuses connections.
    Stopped,
}

/// Listens on a reserved port. A process that another test starts this very moment has a copy of an earlier listener until
/// it becomes another program: so this tries for a while.
pub(super) fn listen(addr: SocketAddr) -> TcpListener {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match TcpListener::bind(addr) {
            Ok(listener) => return listener,
            Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("{addr} is reserved and can't be listened on: {error}"),
        }
    }
}

/// Ends it, with all its connections.
pub(super) fn end(state: State) {
    if let State::Running { stop, thread } = state {
        // A server that is gone already has nobody to receive this.
        let _ = stop.send(());
        if thread.join().is_err() && !std::thread::panicking() {
            panic!("the fake proxy's thread panicked; its message stands above");
        }
    }
}

/// Serves until [`end`].
pub(super) fn launch(listener: TcpListener, shared: Arc<Shared>) -> State {
    let (stop, stopped) = oneshot::channel();
    let serve = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async move {
            listener
                .set_nonblocking(true)
                .expect("a listener can be made non-blocking");
            let listener =
                tokio::net::TcpListener::from_std(listener).expect("a listener on this runtime");
            tokio::select! {
                _ = stopped => {}
                () = accept(listener, shared) => {}
            }
        });
        // The runtime goes away with all connections: that is how they end.
    };
    let thread = std::thread::Builder::new()
        .name("fake-proxy".to_owned())
        .spawn(serve)
        .expect("a thread");
    State::Running { stop, thread }
}

async fn accept(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await.expect("loopback accepts");
        let shared = shared.clone();
        let number = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::spawn(async move {
            // An error is a fault that was asked for, or a client that left; either way the connection ends.
            let _ = converse(stream, number, &shared).await;
        });
    }
}

/// One connection: requests and answers until either side ends it.
async fn converse(mut stream: TcpStream, number: u64, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let request = match request::read(&mut stream, &mut buffer, number).await {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            Err(error) => {
                let answer =
                    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                stream.write_all(answer.as_bytes()).await?;
                return Err(error);
            }
        };
        shared.log.lock().unwrap().push(request.clone());
        let behaviour = shared.behaviour_for(&request);
        if !response::send(&mut stream, &request, &behaviour, || shared.found(&request)).await? {
            return Ok(());
        }
    }
}
