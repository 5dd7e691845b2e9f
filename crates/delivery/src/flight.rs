//! One file on its way: it grows on disk while every waiting client reads it, and it ends once for all of them.
//!
//! The task that fetches (see `fetch`) owns the flight's states; readers watch them. A reader never holds the fetch
//! back: it reads the growing file at its own pace. What readers may see trails what has been written, so that no
//! client holds a complete body before it has proved right:
//!
//! - `.info` and `.mod` become visible when they are proven, whole;
//! - of a zip all but the last [`HELD_BACK`] bytes are visible as they come.

use std::collections::HashMap;
use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use go_module::{FileKind, ModuleVersion};
use tokio::sync::watch;

use crate::body::{BodyError, CHUNK, read_at};
use crate::error::DeliveryError;
use crate::event::Source;
use crate::story::Trace;
use crate::told;

/// How many of a zip's last bytes wait until it has proved right: the size of a zip's end record, without which
/// nobody can take the rest for a zip.
pub(crate) const HELD_BACK: u64 = 22;

/// Which file, seen through which profile snapshot.
pub(crate) type FlightKey = (u64, ModuleVersion, FileKind);

/// How far a flight is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// Known as soon as an upstream has begun to answer with a body.
    pub(crate) head: Option<Head>,
    /// How many bytes readers may have, from the first.
    pub(crate) visible: u64,
    /// Set once the whole body has proved right.
    pub(crate) proven: Option<Proven>,
    /// Set once, last: committed, or why not.
    pub(crate) end: Option<Result<(), DeliveryError>>,
}

/// What is known when the body begins.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// The growing file.
    pub(crate) file: Arc<File>,
    /// The body's length, where the upstream gave it.
    pub(crate) length: Option<u64>,
    /// Where it comes from.
    pub(crate) source: Source,
}

/// A body that has proved right.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    /// Its length in bytes.
    pub(crate) length: u64,
    /// All of it, where it is small.
    pub(crate) bytes: Option<Bytes>,
}

/// A flight, as its fetching task and its readers share it.
#[derive(Clone, Debug)]
pub(crate) struct Flight(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    progress: watch::Sender<Progress>,
    /// The story of the request that leads it.
    trace: Trace,
    /// How many have joined it since.
    joined: AtomicUsize,
}

impl Flight {
    fn new(trace: &Trace) -> Self {
        Self(Arc::new(Shared {
            progress: watch::Sender::new(Progress::default()),
            trace: trace.clone(),
            joined: AtomicUsize::new(0),
        }))
    }

    /// Where its steps are noted.
    pub(crate) fn trace(&self) -> &Trace {
        &self.0.trace
    }

    /// How many have joined the one that leads it.
    pub(crate) fn joined(&self) -> usize {
        self.0.joined.load(Ordering::Relaxed)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.0.progress.borrow().end.is_some()
    }

    pub(crate) fn begin(&self, head: Head) {
        self.0
            .progress
            .send_modify(|progress| progress.head = Some(head));
    }

    /// Forgets a beginning of which no reader has seen a byte: another upstream is asked.
    pub(crate) fn begin_anew(&self) {
        self.0.progress.send_modify(|progress| progress.head = None);
    }

    pub(crate) fn visible(&self) -> u64 {
        self.0.progress.borrow().visible
    }

    pub(crate) fn show(&self, until: u64) {
        self.0.progress.send_if_modified(|progress| {
            let more = until > progress.visible;
            progress.visible = progress.visible.max(until);
            more
        });
    }

    pub(crate) fn prove(&self, proven: Proven) {
        self.0.progress.send_modify(|progress| {
            progress.visible = proven.length;
            progress.proven = Some(proven);
        });
    }

    fn end(&self, end: Result<(), DeliveryError>) {
        self.0.progress.send_modify(|progress| {
            progress.end.get_or_insert(end);
        });
    }

    /// Waits until there is something to answer with: the whole of a small file, the beginning of a large one.
    pub(crate) async fn takeoff(&self) -> Result<Boarding, DeliveryError> {
        let mut watched = self.0.progress.subscribe();
        let progress = watched
            .wait_for(|progress| {
                progress.proven.is_some()
                    || progress.end.is_some()
                    || (progress.head.is_some() && progress.visible > 0)
            })
            .await
            .map_err(|_| DeliveryError::Stopping)?
            .clone();
        let Some(head) = progress.head else {
            return Err(progress
                .end
                .and_then(Result::err)
                .unwrap_or(DeliveryError::Stopping));
        };
        if let (None, Some(Err(error))) = (&progress.proven, &progress.end) {
            return Err(error.clone());
        }
        if let Some(Proven {
            bytes: Some(bytes), ..
        }) = &progress.proven
        {
            let bytes = bytes.clone();
            return Ok(Boarding::Whole {
                bytes,
                source: head.source,
            });
        }
        let length = progress.proven.map(|proven| proven.length).or(head.length);
        Ok(Boarding::Growing {
            length,
            source: head.source.clone(),
            chunks: read(watched, head.file),
        })
    }

    /// Where it came from and how many bytes it has; nothing where it never began.
    pub(crate) fn origin(&self) -> (Source, u64) {
        let progress = self.0.progress.borrow();
        let source = progress
            .head
            .as_ref()
            .map_or(Source::Nowhere, |head| head.source.clone());
        (source, progress.visible)
    }

    /// Waits for the end, whatever it is.
    pub(crate) async fn landed(&self) -> Result<(), DeliveryError> {
        let mut watched = self.0.progress.subscribe();
        let progress = watched
            .wait_for(|progress| progress.end.is_some())
            .await
            .map_err(|_| DeliveryError::Stopping)?;
        progress.end.clone().unwrap_or(Err(DeliveryError::Stopping))
    }
}

/// What one who joins a flight is handed.
pub(crate) enum Boarding {
    /// A small file, whole and proven.
    Whole { bytes: Bytes, source: Source },
    /// A file that may still be growing.
    Growing {
        length: Option<u64>,
        source: Source,
        chunks: BoxStream<'static, Result<Bytes, BodyError>>,
    },
}

/// Reads the growing file from its first byte to its proven end.
fn read(
    watched: watch::Receiver<Progress>,
    file: Arc<File>,
) -> BoxStream<'static, Result<Bytes, BodyError>> {
    stream::try_unfold(
        (watched, file, 0u64),
        |(mut watched, file, at)| async move {
            loop {
                let (visible, proven, failed) = {
                    let progress = watched.borrow_and_update();
                    let failed = progress
                        .end
                        .as_ref()
                        .and_then(|end| end.as_ref().err().cloned());
                    (
                        progress.visible,
                        progress.proven.as_ref().map(|proven| proven.length),
                        failed,
                    )
                };
                if at < visible {
                    let bytes = read_at(Arc::clone(&file), at, CHUNK.min(visible - at)).await?;
                    let next = at + bytes.len() as u64;
                    return Ok(Some((bytes, (watched, file, next))));
                }
                match (proven, failed) {
                    (Some(length), _) if at >= length => return Ok(None),
                    (None, Some(error)) => return Err(error.into()),
                    _ => {}
                }
                if watched.changed().await.is_err() {
                    return Err(DeliveryError::Stopping.into());
                }
            }
        },
    )
    .boxed()
}

/// The flights under way.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<FlightKey, Flight>>);

impl Flights {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether a file of this version is on its way.
    pub(crate) fn is_under_way(&self, module: &ModuleVersion) -> bool {
        let under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.keys().any(|(_, version, _)| version == module)
    }

    /// Joins the flight under way, or starts one, which is then part of this story: `start` is handed the ticket that ends it.
    pub(crate) fn join(
        self: &Arc<Self>,
        key: FlightKey,
        trace: &Trace,
        start: impl FnOnce(Ticket),
    ) -> Joined {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = under_way.get(&key) {
            flight.0.joined.fetch_add(1, Ordering::Relaxed);
            return Joined {
                flight: flight.clone(),
                waits: Some((trace.clone(), Instant::now())),
            };
        }
        let flight = Flight::new(trace);
        under_way.insert(key.clone(), flight.clone());
        drop(under_way);
        start(Ticket {
            flights: Arc::clone(self),
            key,
            flight: flight.clone(),
        });
        Joined {
            flight,
            waits: None,
        }
    }
}

/// A request's part in a flight.
pub(crate) struct Joined {
    pub(crate) flight: Flight,
    /// Where and since when it waits; nowhere where it leads.
    waits: Option<(Trace, Instant)>,
}

impl Joined {
    /// Whether the flight was started for this request.
    pub(crate) fn leads(&self) -> bool {
        self.waits.is_none()
    }

    /// As [`Flight::takeoff`], and notes the wait.
    pub(crate) async fn takeoff(&self) -> Result<Boarding, DeliveryError> {
        let boarding = self.flight.takeoff().await;
        self.note(boarding.as_ref().err());
        boarding
    }

    /// As [`Flight::landed`], and notes the wait.
    pub(crate) async fn landed(&self) -> Result<(), DeliveryError> {
        let landed = self.flight.landed().await;
        self.note(landed.as_ref().err());
        landed
    }

    fn note(&self, error: Option<&DeliveryError>) {
        if let Some((trace, since)) = &self.waits {
            let led_at = self.flight.trace().at();
            trace.note(*since, told::waited(error).led_at(led_at));
        }
    }
}

/// The duty to end a flight. Dropped without an end (the task was cancelled), the flight ends as stopping.
pub(crate) struct Ticket {
    flights: Arc<Flights>,
    key: FlightKey,
    pub(crate) flight: Flight,
}

impl Ticket {
    /// Ends it: from now on the next asker looks at what is kept, or starts anew.
    pub(crate) fn end(self, end: Result<(), DeliveryError>) {
        self.flight.end(end);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.flight.end(Err(DeliveryError::Stopping));
        self.flights
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn key() -> FlightKey {
        let path = go_module::ModulePath::parse("example.com/m").unwrap();
        let version = go_module::Version::parse("v1.0.0").unwrap();
        (1, ModuleVersion::new(path, version).unwrap(), FileKind::Zip)
    }

    fn start() -> (Arc<Flights>, Ticket) {
        let flights = Arc::new(Flights::default());
        let mut ticket = None;
        flights.join(key(), &Trace::default(), |mine| ticket = Some(mine));
        (flights, ticket.unwrap())
    }

    async fn collect(boarding: Boarding) -> (Vec<u8>, Option<BodyError>) {
        let Boarding::Growing { mut chunks, .. } = boarding else {
            panic!("expected a growing file")
        };
        let mut all = Vec::new();
        while let Some(chunk) = chunks.next().await {
            match chunk {
                Ok(bytes) => all.extend_from_slice(&bytes),
                Err(error) => return (all, Some(error)),
            }
        }
        (all, None)
    }

    #[tokio::test]
    async fn a_reader_sees_what_is_shown_and_ends_when_it_is_proven() {
        let (flights, ticket) = start();
        let mut file = tempfile::tempfile().unwrap();
        let joined = flights.join(key(), &Trace::default(), |_| {
            panic!("the flight is under way")
        });
        assert!(!joined.leads());
        assert_eq!(joined.flight.joined(), 1);
        let reader = joined.flight;
        file.write_all(b"hello, world").unwrap();
        ticket.flight.begin(Head {
            file: Arc::new(file),
            length: Some(12),
            source: Source::Upstream("u".into()),
        });
        ticket.flight.show(5);
        let boarding = reader.takeoff().await.unwrap();
        let body = tokio::spawn(collect(boarding));
        tokio::task::yield_now().await;
        assert!(!body.is_finished(), "seven bytes are still held back");
        ticket.flight.prove(Proven {
            length: 12,
            bytes: None,
        });
        assert_eq!(body.await.unwrap().0, b"hello, world");
        ticket.end(Ok(()));
        assert!(reader.landed().await.is_ok());
    }

    #[tokio::test]
    async fn a_failed_flight_ends_every_body_short() {
        let (_flights, ticket) = start();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"hello").unwrap();
        ticket.flight.begin(Head {
            file: Arc::new(file),
            length: Some(12),
            source: Source::Upstream("u".into()),
        });
        ticket.flight.show(3);
        let boarding = ticket.flight.takeoff().await.unwrap();
        ticket.end(Err(DeliveryError::NotKept));
        let (bytes, error) = collect(boarding).await;
        assert_eq!(bytes, b"hel");
        assert!(error.is_some());
    }

    #[tokio::test]
    async fn a_dropped_ticket_leaves_nobody_waiting() {
        let (flights, ticket) = start();
        let reader = ticket.flight.clone();
        drop(ticket);
        assert!(matches!(
            reader.takeoff().await,
            Err(DeliveryError::Stopping)
        ));
        let mut anew = false;
        flights.join(key(), &Trace::default(), |_| anew = true);
        assert!(anew);
    }
}
