//! The jobs of the instance: their state, watching them, cancelling them.

use std::sync::Arc;

use app::JobId;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use futures_util::StreamExt;

use crate::control::Shared;
use crate::control::lines::lines;
use crate::control::reply::{Outcome, given, json};
use crate::feed;

pub(super) async fn state(
    State(shared): State<Arc<Shared>>,
    id: Result<Path<JobId>, PathRejection>,
) -> Outcome {
    let state = shared.app.jobs().watch(given(id)?.0)?.borrow().clone();
    json(&state)
}

pub(super) async fn watch(
    State(shared): State<Arc<Shared>>,
    id: Result<Path<JobId>, PathRejection>,
) -> Outcome {
    let states = feed::states(shared.app.jobs().watch(given(id)?.0)?);
    Ok(lines(&shared, states.map(|state| Ok(vec![state]))))
}

pub(super) async fn cancel(
    State(shared): State<Arc<Shared>>,
    id: Result<Path<JobId>, PathRejection>,
) -> Outcome {
    shared.app.jobs().cancel(given(id)?.0)?;
    json(&())
}
