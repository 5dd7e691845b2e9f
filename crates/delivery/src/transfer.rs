//! An upstream's body becomes a proven file: batches to a draft, to the hasher, to the readers, to the check.
//!
//! One transfer may take several tries. A try that breaks off goes on where it stopped if the upstream's ETag allows a
//! Range; else it starts again, and what readers have seen already must come again byte for byte.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use go_module::h1::ZipHasher;
use go_module::{FileKind, ModuleVersion, Request};
use store::{Draft, Tree};
use upstream::{NodeUse, NodesAsked, Privacy, Resume, TraceContext, Upstream, UpstreamError};

use crate::error::{DeliveryError, malformed};
use crate::fetch::Ready;
use crate::flight::{Flight, Proven};
use crate::hashing::Hashing;
use crate::hot;
use crate::proof;
use crate::reception::{Beginning, Broken};
use crate::shared::Shared;
use crate::story::{Step, StepKind};
use crate::told;
use crate::verify::{Came, Measure};

/// How often a transfer that breaks midway is taken up again.
const TRIES: u32 = 3;

/// The transfer of one file from one upstream.
#[derive(Clone)]
pub(crate) struct Transfer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) upstream: Upstream,
    /// Whether it is a canary: then nobody sees a byte until all of it is proven, and what is wrong with it is its own
    /// matter.
    pub(crate) on_trial: bool,
    /// Who else may hear of the module.
    pub(crate) privacy: Privacy,
    /// The tree in which it is to be kept.
    pub(crate) home: Tree,
    pub(crate) measure: Measure,
    pub(crate) module: ModuleVersion,
    pub(crate) kind: FileKind,
    pub(crate) hops: Vec<String>,
    pub(crate) flight: Flight,
}

fn length_of(batch: &[Bytes]) -> u64 {
    batch.iter().map(|bytes| bytes.len() as u64).sum()
}

impl Transfer {
    /// The outer error lets the chain ask its next upstream; the inner one is final, for a reader may have seen bytes.
    pub(crate) async fn run(self) -> Result<Result<Ready, DeliveryError>, UpstreamError> {
        let (on_trial, flight, request) = (self.on_trial, self.flight.clone(), self.request());
        match self.all_tries().await {
            Ok(Err(
                error @ (DeliveryError::Mismatch(_)
                | DeliveryError::Changed(_)
                | DeliveryError::Malformed { .. }),
            )) if on_trial => {
                flight.begin_anew();
                Err(malformed(&request, error))
            }
            ended => ended,
        }
    }

    async fn all_tries(self) -> Result<Result<Ready, DeliveryError>, UpstreamError> {
        let mut came = Beginning::new(self.kind);
        // The nodes of a pool that broke or proved bad in this transfer.
        let mut avoid: Vec<String> = Vec::new();
        let (begun, name, nodes) = (Instant::now(), self.upstream.name(), NodesAsked::default());
        let trace = self.flight.trace().clone();
        let question = trace.question();
        for attempt in 1.. {
            let ask = upstream::Ask {
                avoid: avoid.clone(),
                nodes: nodes.clone(),
                trace: question.clone(),
                ..self.ask(came.resume())
            };
            let fetched = self.upstream.fetch(ask).await;
            let told = told::nodes(name, &nodes, &trace);
            let begun = told.answering_since.unwrap_or(begun);
            let span = told.answering_span;
            let span = span.or_else(|| question.as_ref().map(TraceContext::span));
            let (broken, node) = match fetched {
                Ok(reply) => {
                    let node = reply.node.clone();
                    came.etag = came.etag.or_else(|| reply.validators.etag.clone());
                    let head = told::head(&self.upstream, reply.status, reply.protocol);
                    match self
                        .receive(reply, &mut came.draft, &mut came.hashing)
                        .await
                    {
                        Ok(last) => {
                            let length = came.len() + length_of(&last);
                            let of = node.as_ref().map(NodeUse::name);
                            let came_so = told::came(name, of, head, Some(length), attempt);
                            trace.note(begun, came_so.traced(span));
                            let Beginning { draft, hashing, .. } =
                                std::mem::replace(&mut came, Beginning::new(self.kind));
                            let landed = self.land(draft, hashing, last).await;
                            if self.is_given_up(&landed, node.as_ref(), &mut avoid) {
                                continue;
                            }
                            return landed;
                        }
                        Err(Broken::Final(error)) => {
                            let step = Step::new(StepKind::Upstream, error.to_string());
                            trace.note(begun, step.with(name).failed(None).traced(span));
                            return Ok(Err(error));
                        }
                        Err(Broken::Upstream(error)) => (error, node),
                    }
                }
                Err(error) => (error, None),
            };
            if let Some(node) = &node {
                let step = told::of_node(name, node.name(), &broken);
                trace.note(begun, step.at(Some(node.name())).traced(span));
                if !broken.is_outage() {
                    node.blame(&broken);
                }
                if node.another(&avoid) {
                    avoid.push(node.name().to_owned());
                    continue;
                }
            }
            let tries = if self.on_trial { 1 } else { TRIES };
            if attempt < tries && came.draft.is_some() && broken.is_outage() {
                tracing::debug!(upstream = self.upstream.name(), module = %self.module, attempt, "a transfer broke off: {broken}");
                continue;
            }
            if !told.any {
                trace.note(begun, told::nothing(name, &broken).traced(span));
            }
            if self.flight.visible() > 0 {
                return Ok(Err(self.final_error(&broken)));
            }
            self.flight.begin_anew();
            return Err(broken);
        }
        unreachable!("the loop returns")
    }

    /// Whether what landed so is given up, and another node of the pool is asked in place of the one that gave it. That is held
    /// against the one that gave it.
    fn is_given_up(
        &self,
        landed: &Result<Result<Ready, DeliveryError>, UpstreamError>,
        node: Option<&NodeUse>,
        avoid: &mut Vec<String>,
    ) -> bool {
        let Some(node) = node else { return false };
        match landed {
            Err(error) => node.blame(error),
            Ok(Err(error @ (DeliveryError::Mismatch(_) | DeliveryError::Changed(_)))) => {
                let of = self.request().url_path();
                tracing::error!(node = node.name(), "{error}");
                node.condemn(&format!("what it gave for {of} is not what it must be"));
            }
            Ok(_) => return false,
        }
        let another = self.flight.visible() == 0 && node.another(avoid);
        if another {
            self.flight.begin_anew();
            avoid.push(node.name().to_owned());
        }
        another
    }

    pub(crate) fn request(&self) -> Request {
        Request::File(self.module.clone(), self.kind)
    }

    fn ask(&self, resume: Option<Resume>) -> upstream::Ask {
        let request = self.request();
        let cap = proof::cap(&request);
        upstream::Ask {
            request,
            privacy: self.privacy,
            validators: None,
            resume,
            cap,
            hops: self.hops.clone(),
            avoid: Vec::new(),
            nodes: NodesAsked::default(),
            trace: None,
        }
    }

    pub(crate) fn final_error(&self, error: &UpstreamError) -> DeliveryError {
        DeliveryError::malformed(
            &self.module,
            self.kind,
            self.upstream.name(),
            error.to_string(),
        )
    }

    /// The last batch, the check of its form, its hash: one trip off the runtime. Then it is held against what it must be,
    /// and released to its readers.
    async fn land(
        &self,
        draft: Option<Draft>,
        hashing: Hashing,
        last: Vec<Bytes>,
    ) -> Result<Result<Ready, DeliveryError>, UpstreamError> {
        let (begun, trace) = (Instant::now(), self.flight.trace().clone());
        let hasher = match hashing.whole().await {
            Ok(hasher) => hasher,
            Err(error) => return Ok(Err(error)),
        };
        let landed = self
            .blocking(draft, move |this, draft| this.check(draft, hasher, &last))
            .await;
        let landed = match landed {
            Ok(landed) => landed,
            Err(Broken::Final(error)) => return Ok(Err(error)),
            Err(Broken::Upstream(error)) => {
                let step = Step::new(StepKind::Verified, error.in_short());
                trace.note(begun, step.failed(error.mend()));
                self.flight.begin_anew();
                return Err(error);
            }
        };
        if let Some(h1) = landed.h1 {
            let came = Came {
                module: &self.module,
                kind: self.kind,
                h1,
                upstream: self.upstream.name(),
                home: &self.home,
            };
            match self.measure.holds(&self.shared, &came).await {
                Ok(held) => trace.note(begun, told::agrees(&held, &h1)),
                Err(error) => {
                    trace.note(begun, told::differs(&error));
                    return Ok(Err(error));
                }
            }
        } else {
            let said = "it names this version; no checksum database covers an .info";
            trace.note(begun, Step::new(StepKind::Verified, said));
        }
        // Readers need not wait for the disk: what they have now is whole and right, kept or not.
        self.flight.prove(Proven {
            length: landed.draft.len(),
            bytes: landed.bytes.clone(),
        });
        Ok(Ok(landed))
    }

    /// Writes the last batch, and checks the form of the whole. Blocking.
    fn check(
        &self,
        draft: Option<Draft>,
        hasher: Option<Box<ZipHasher>>,
        last: &[Bytes],
    ) -> Result<Ready, Broken> {
        let all_at_hand = draft.is_none();
        let mut draft = self.begin(draft, last, None)?;
        for bytes in last {
            draft.append(bytes)?;
        }
        let length = draft.len();
        let hasher = hasher.map(|mut hasher| {
            last.iter().for_each(|bytes| hasher.push(bytes));
            *hasher
        });
        let h1 = match proof::prove(&draft.reader()?, length, &self.module, self.kind, hasher) {
            Ok(h1) => h1,
            Err(reason) => {
                let error = malformed(&self.request(), reason);
                return Err(if self.flight.visible() > 0 {
                    Broken::Final(self.final_error(&error))
                } else {
                    Broken::Upstream(error)
                });
            }
        };
        let bytes = (all_at_hand && length <= hot::LARGEST).then(|| Bytes::from(last.concat()));
        Ok(Ready {
            draft,
            upstream: self.upstream.name().to_owned(),
            h1: h1.filter(|_| self.measure.wants_h1()),
            bytes,
        })
    }

    /// Runs file work off the runtime. A stop waits for it, and then nothing of it is left behind.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        draft: Option<Draft>,
        work: impl FnOnce(&Self, Option<Draft>) -> Result<T, Broken> + Send + 'static,
    ) -> Result<T, Broken> {
        let this = self.clone();
        let working = self.shared.tasks.spawn_blocking(move || {
            let done = work(&this, draft);
            // Nobody takes it any more: its draft goes here, while the stop still waits.
            if this.shared.stop.is_cancelled() {
                return Err(Broken::Final(DeliveryError::Stopping));
            }
            done
        });
        match working.await {
            Ok(outcome) => outcome,
            Err(_) => Err(Broken::Final(DeliveryError::Stopping)),
        }
    }
}
