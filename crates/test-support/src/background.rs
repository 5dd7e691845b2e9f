//! A listener on loopback with a thread and runtime of its own: real time also where a test's clock is paused, and of use
//! to plain `#[test]` functions.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread::JoinHandle,
};

use tokio::{net::TcpStream, sync::oneshot};

/// Ends with its value, and all its connections with it.
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Has each connection to a new port of 127.0.0.1 taken care of by `converse`, one task each; gives that address.
    pub(crate) fn listen<F>(
        name: &str,
        converse: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> (SocketAddr, Self)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        let addr = listener
            .local_addr()
            .expect("a bound socket has an address");
        listener
            .set_nonblocking(true)
            .expect("a listener can be made non-blocking");
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener)
                    .expect("a listener on this runtime");
                let accept = async {
                    loop {
                        let (stream, _) = listener.accept().await.expect("loopback accepts");
                        tokio::spawn(converse(stream));
                    }
                };
                tokio::select! {
                    _ = stopped => {}
                    () = accept => {}
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(serve)
            .expect("a thread");
        let background = Self {
            stop: Some(stop),
            thread: Some(thread),
        };
        (addr, background)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // A thread that is gone already has nobody to receive this; if it panicked, its message has been seen.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
