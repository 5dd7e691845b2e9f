//! The activity log: a page of it, its end, and its end as it grows.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::control::Shared;
use crate::control::lines::lines;
use crate::control::reply::{Outcome, given, json};
use crate::feed;

/// How many entries are given at once, at most, and where nothing is said.
const MOST: usize = 10_000;
const USUAL: usize = 100;

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: i64,
    limit: Option<usize>,
}

type Asked = Result<Query<Page>, QueryRejection>;

impl Page {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(USUAL).min(MOST)
    }
}

pub(super) async fn after(State(shared): State<Arc<Shared>>, page: Asked) -> Outcome {
    let Query(page) = given(page)?;
    json(
        &shared
            .app
            .activity()
            .after(page.after, page.limit())
            .await?,
    )
}

pub(super) async fn last(State(shared): State<Arc<Shared>>, page: Asked) -> Outcome {
    let Query(page) = given(page)?;
    json(&shared.app.activity().last(page.limit()).await?)
}

pub(super) async fn follow(State(shared): State<Arc<Shared>>, page: Asked) -> Outcome {
    let Query(page) = given(page)?;
    Ok(lines(
        &shared,
        feed::follow(shared.app.activity().clone(), page.after),
    ))
}
